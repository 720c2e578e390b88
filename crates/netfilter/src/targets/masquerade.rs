//! `-j MASQUERADE`: SNAT to the address of the outgoing device.

use std::fmt;

use super::{Effect, Extension};
use crate::hook::{Hook, TableName};
use crate::matches::{Opt, Taken};
use crate::packet::Skb;
use crate::rule::{IpFields, NatRange};
use crate::traverse::{Env, Manip, NatRequest, Verdict};
use crate::words::{Args, PortRange, ports};

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
        match option.name {
            "--to-ports" => {
                self.ports = Some(ports(args.value(option.name)?, '-', option.name)?);
            }
            "--random" => self.random = true,
            "--random-fully" => self.random_fully = true,
            _ => return Ok(Taken::No),
        }
        option.upright()?;
        Ok(Taken::Detail)
    }

    fn check(&self, ip: &IpFields) -> Result<(), String> {
        match self.ports {
            Some(_) => super::ports_need_protocol(ip, "--to-ports"),
            None => Ok(()),
        }
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
        if let Some(ports) = self.ports {
            write!(f, " --to-ports {}", PortRange(ports, '-'))?;
        }
        if self.random {
            f.write_str(" --random")?;
        }
        if self.random_fully {
            f.write_str(" --random-fully")?;
        }
        Ok(())
    }
}
