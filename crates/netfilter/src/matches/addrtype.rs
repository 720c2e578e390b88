//! `-m addrtype`: what kind of address this is for the namespace.

use std::fmt;
use std::net::IpAddr;

use super::{Extension, Opt, Taken, Truth};
use crate::rule::Not;
use crate::walk::Trial;
use crate::words::Args;

/// `-m addrtype`: what kind of address this is for the namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Addrtype {
    /// `--src-type`.
    pub src: Option<Not<AddrTypes>>,
    /// `--dst-type`.
    pub dst: Option<Not<AddrTypes>>,
    /// `--limit-iface-in`.
    pub limit_in: bool,
    /// `--limit-iface-out`.
    pub limit_out: bool,
}

/// What kind of address something is for one namespace (`RTN_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddrType {
    /// No kind.
    Unspec,
    /// Routed elsewhere.
    Unicast,
    /// One of this namespace's own.
    Local,
    /// A broadcast address.
    Broadcast,
    /// An anycast address.
    Anycast,
    /// A multicast address.
    Multicast,
    /// A blackhole route.
    Blackhole,
    /// An unreachable route, or none.
    Unreachable,
    /// A prohibited route.
    Prohibit,
}

impl AddrType {
    /// Type and word, in the order of `rtn_names` in `libxt_addrtype.c`.
    const WORDS: [(AddrType, &'static str); 9] = [
        (AddrType::Unspec, "UNSPEC"),
        (AddrType::Unicast, "UNICAST"),
        (AddrType::Local, "LOCAL"),
        (AddrType::Broadcast, "BROADCAST"),
        (AddrType::Anycast, "ANYCAST"),
        (AddrType::Multicast, "MULTICAST"),
        (AddrType::Blackhole, "BLACKHOLE"),
        (AddrType::Unreachable, "UNREACHABLE"),
        (AddrType::Prohibit, "PROHIBIT"),
    ];
}

/// A set of [`AddrType`]s; iptables prints it in the order of the types' numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AddrTypes(pub Vec<AddrType>);

impl AddrTypes {
    fn parse(text: &str, option: &str) -> Result<Self, String> {
        let mut types = text
            .split(',')
            .map(|word| {
                AddrType::WORDS
                    .iter()
                    .find(|(_, known)| known.eq_ignore_ascii_case(word))
                    .map(|(kind, _)| *kind)
                    .ok_or_else(|| format!("{option}: \"{word}\" is no address type; use LOCAL, UNICAST, BROADCAST or MULTICAST"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        types.sort_unstable();
        types.dedup();
        Ok(AddrTypes(types))
    }
}

impl fmt::Display for AddrTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (kind, word) in AddrType::WORDS {
            if self.0.contains(&kind) {
                write!(f, "{separator}{word}")?;
                separator = ",";
            }
        }
        Ok(())
    }
}

impl Addrtype {
    /// Whether one side's condition holds; with `--limit-iface-*` only that device's addresses count.
    fn side_holds(&self, wanted: &Option<Not<AddrTypes>>, addr: IpAddr, trial: &Trial<'_>) -> bool {
        let Some(wanted) = wanted else { return true };
        let dev = match (self.limit_in, self.limit_out) {
            (true, _) => trial.skb.in_dev.as_ref(),
            (_, true) => trial.skb.out_dev.as_ref(),
            (false, false) => None,
        };
        wanted.holds(wanted.value.0.contains(&trial.env.address_type(addr, dev)))
    }
}

impl Extension for Addrtype {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        match option.name {
            "--src-type" => {
                let types = AddrTypes::parse(args.value(option.name)?, option.name)?;
                self.src = Some(option.not(types));
            }
            "--dst-type" => {
                let types = AddrTypes::parse(args.value(option.name)?, option.name)?;
                self.dst = Some(option.not(types));
            }
            "--limit-iface-in" | "--limit-iface-out" => {
                option.upright()?;
                if option.name.ends_with("in") {
                    self.limit_in = true;
                } else {
                    self.limit_out = true;
                }
                if self.limit_in && self.limit_out {
                    return Err(
                        "--limit-iface-in and --limit-iface-out exclude each other".to_owned()
                    );
                }
                return Ok(Taken::Detail);
            }
            _ => return Ok(Taken::No),
        }
        Ok(Taken::Main)
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        let packet = &trial.skb.packet;
        (self.side_holds(&self.src, packet.src, trial)
            && self.side_holds(&self.dst, packet.dst, trial))
        .into()
    }

    fn why(&self, trial: &Trial<'_>) -> String {
        let packet = &trial.skb.packet;
        let (what, wanted) = if self.side_holds(&self.src, packet.src, trial) {
            ("destination", &self.dst)
        } else {
            ("source", &self.src)
        };
        match wanted {
            Some(Not {
                inverted: true,
                value,
            }) => format!("{what} is {value} here"),
            Some(Not { value, .. }) => format!("{what} is not {value} here"),
            None => String::new(),
        }
    }
}

impl fmt::Display for Addrtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-m addrtype")?;
        for (option, types) in [("--src-type", &self.src), ("--dst-type", &self.dst)] {
            if let Some(types) = types {
                write!(f, "{} {option} {}", types.bang(), types.value)?;
            }
        }
        if self.limit_in {
            f.write_str(" --limit-iface-in")?;
        }
        if self.limit_out {
            f.write_str(" --limit-iface-out")?;
        }
        Ok(())
    }
}
