//! `-j REDIRECT`: DNAT to this machine itself.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Effect, Extension, nat};
use crate::hook::{Hook, TableName};
use crate::matches::{Opt, Taken};
use crate::packet::Skb;
use crate::rule::{IpFields, NatRange};
use crate::traverse::{Env, Manip, NatRequest, Verdict};
use crate::words::Args;

/// `-j REDIRECT`: DNAT to this machine itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redirect {
    /// `--to-ports`.
    pub ports: Option<(u16, u16)>,
    /// `--random`.
    pub random: bool,
}

impl Extension for Redirect {
    const TABLES: &'static [TableName] = &[TableName::Nat];

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        if option.name == "--to-ports" {
            self.ports = Some(nat::to_ports(option, args)?);
            return Ok(Taken::Detail);
        }
        nat::switch(option, &mut [("--random", &mut self.random)])
    }

    fn check(&self, ip: &IpFields) -> Result<(), String> {
        nat::check_ports(self.ports, ip, "--to-ports")
    }

    /// `nf_nat_redirect_ipv4`: a packet made here goes to the loopback address, one that came in
    /// to the first address of the device it came in by; without one it is dropped.
    fn apply(&self, hook: Hook, skb: &mut Skb, env: &mut dyn Env) -> Effect {
        let addr = match (hook, skb.packet.dst) {
            (Hook::Output, IpAddr::V4(_)) => Some(Ipv4Addr::LOCALHOST.into()),
            (Hook::Output, IpAddr::V6(_)) => Some(Ipv6Addr::LOCALHOST.into()),
            _ => env.primary_address(skb.in_dev.as_ref(), skb.packet.src),
        };
        let Some(addr) = addr else {
            return Effect::Verdict(Verdict::Drop);
        };
        let request = NatRequest {
            manip: Manip::Destination,
            range: NatRange {
                addrs: Some((addr, addr)),
                ports: self.ports,
            },
            random_port: self.random,
            persistent: false,
        };
        Effect::Verdict(env.nat(skb, &request))
    }
}

impl fmt::Display for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-j REDIRECT")?;
        nat::write_ports(f, self.ports)?;
        nat::write_switches(f, &[("--random", self.random)])
    }
}
