//! `-j MASQUERADE`: SNAT to the address of the outgoing device.

use std::fmt;

use super::{Effect, Extension, nat};
use crate::hook::{Hook, TableName};
use crate::matches::{Opt, Taken};
use crate::packet::Skb;
use crate::rule::{IpFields, NatRange};
use crate::traverse::{Env, Manip, NatRequest, Verdict};
use crate::words::Args;

/// `-j MASQUERADE`: SNAT to the address of the outgoing device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Masquerade {
    /// `--to-ports`.
    pub ports: Option<(u16, u16)>,
    /// `--random`.
    pub random: bool,
    /// `--random-fully`.
    pub random_fully: bool,
}

impl Extension for Masquerade {
    const TABLES: &'static [TableName] = &[TableName::Nat];

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        if option.name == "--to-ports" {
            self.ports = Some(nat::to_ports(option, args)?);
            return Ok(Taken::Detail);
        }
        nat::switch(
            option,
            &mut [
                ("--random", &mut self.random),
                ("--random-fully", &mut self.random_fully),
            ],
        )
    }

    fn check(&self, ip: &IpFields) -> Result<(), String> {
        nat::check_ports(self.ports, ip, "--to-ports")
    }

    /// `nf_nat_masquerade_ipv4`: without an address on the way out the packet is dropped.
    fn apply(&self, _: Hook, skb: &mut Skb, env: &mut dyn Env) -> Effect {
        let Some(addr) = env.primary_address(skb.out_dev.as_ref(), skb.packet.dst) else {
            return Effect::Verdict(Verdict::Drop);
        };
        let request = NatRequest {
            manip: Manip::Source,
            range: NatRange {
                addrs: Some((addr, addr)),
                ports: self.ports,
            },
            random_port: self.random || self.random_fully,
            persistent: false,
        };
        Effect::Verdict(env.nat(skb, &request))
    }
}

impl fmt::Display for Masquerade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-j MASQUERADE")?;
        nat::write_ports(f, self.ports)?;
        nat::write_switches(
            f,
            &[
                ("--random", self.random),
                ("--random-fully", self.random_fully),
            ],
        )
    }
}
