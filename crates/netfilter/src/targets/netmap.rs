//! `-j NETMAP`: maps one network onto another.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::{Effect, Extension};
use crate::family::Family;
use crate::hook::{Hook, TableName};
use crate::matches::{Opt, Taken};
use crate::packet::Skb;
use crate::rule::NatRange;
use crate::traverse::{Env, Manip, NatRequest};
use crate::words::Args;

/// `-j NETMAP`: maps one network onto another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Netmap {
    /// `--to`.
    pub to: IpNet,
}

impl Netmap {
    pub(super) fn start(family: Family) -> Self {
        let to = match family {
            Family::Ipv4 => IpNet::from(IpAddr::from(Ipv4Addr::UNSPECIFIED)),
            Family::Ipv6 => IpNet::from(IpAddr::from(Ipv6Addr::UNSPECIFIED)),
        };
        Netmap { to }
    }

    /// The address with its network part replaced, its host part kept.
    fn mapped(&self, addr: IpAddr) -> IpAddr {
        match (addr, self.to) {
            (IpAddr::V4(addr), IpNet::V4(to)) => {
                let mask = u32::from(to.netmask());
                Ipv4Addr::from((u32::from(addr) & !mask) | (u32::from(to.addr()) & mask)).into()
            }
            (IpAddr::V6(addr), IpNet::V6(to)) => {
                let mask = u128::from(to.netmask());
                Ipv6Addr::from((u128::from(addr) & !mask) | (u128::from(to.addr()) & mask)).into()
            }
            (addr, _) => addr,
        }
    }
}

impl Extension for Netmap {
    const NEEDS: usize = 1;
    const TABLES: &'static [TableName] = &[TableName::Nat];

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        if option.name != "--to" {
            return Ok(Taken::No);
        }
        option.upright()?;
        let family = Family::of(self.to.addr());
        self.to = crate::fixed::parse_net(args.value(option.name)?, family, option.name)?.trunc();
        Ok(Taken::Main)
    }

    /// `netmap_tg` in `xt_NETMAP.c`: the destination before routing, the source after it.
    fn apply(&self, hook: Hook, skb: &mut Skb, env: &mut dyn Env) -> Effect {
        let (manip, addr) = match hook {
            Hook::Prerouting | Hook::Output => (Manip::Destination, skb.packet.dst),
            _ => (Manip::Source, skb.packet.src),
        };
        let mapped = self.mapped(addr);
        let request = NatRequest {
            manip,
            range: NatRange {
                addrs: Some((mapped, mapped)),
                ports: None,
            },
            random_port: false,
            persistent: false,
        };
        Effect::Verdict(env.nat(skb, &request))
    }
}

impl fmt::Display for Netmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-j NETMAP --to {}", self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_part_stays() {
        for (to, addr, mapped) in [
            ("10.9.0.0/16", "192.168.3.4", "10.9.3.4"),
            ("fd01::/64", "fd00::5", "fd01::5"),
            ("10.9.0.1/32", "192.168.3.4", "10.9.0.1"),
        ] {
            let netmap = Netmap {
                to: to.parse().unwrap(),
            };
            let mapped: IpAddr = mapped.parse().unwrap();
            assert_eq!(netmap.mapped(addr.parse().unwrap()), mapped);
        }
    }
}
