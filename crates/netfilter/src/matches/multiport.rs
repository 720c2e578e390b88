//! `-m multiport`: up to 15 ports or ranges.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::rule::{IpFields, Not};
use crate::walk::Trial;
use crate::words::{Args, PortRange, ports};

/// `-m multiport`: up to 15 ports or ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Multiport {
    /// Which port is compared.
    pub side: PortSide,
    /// First and last of each.
    pub ports: Not<Vec<(u16, u16)>>,
}

/// Which port `-m multiport` compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PortSide {
    /// `--sports`
    Source,
    /// `--dports`
    Destination,
    /// `--ports`
    Either,
}

/// `XT_MULTI_PORTS` in `xt_multiport.h`; a range takes two places.
const PLACES: usize = 15;

impl Multiport {
    pub(super) fn start() -> Self {
        Multiport {
            side: PortSide::Either,
            ports: Not::plain(Vec::new()),
        }
    }
}

impl Extension for Multiport {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        self.side = match option.name {
            "--sports" | "--source-ports" => PortSide::Source,
            "--dports" | "--destination-ports" => PortSide::Destination,
            "--ports" => PortSide::Either,
            _ => return Ok(Taken::No),
        };
        let list = args
            .value(option.name)?
            .split(',')
            .map(|range| ports(range, ':', option.name))
            .collect::<Result<Vec<_>, _>>()?;
        let places: usize = list.iter().map(|(a, b)| if a == b { 1 } else { 2 }).sum();
        if places > PLACES {
            return Err(format!(
                "{} takes at most {PLACES} ports, a range counting as two",
                option.name
            ));
        }
        self.ports = option.not(list);
        Ok(Taken::Main)
    }

    fn check(&self, ip: &IpFields) -> Result<(), String> {
        use crate::packet::Protocol::{Other, Sctp, Tcp, Udp};
        match &ip.protocol {
            Some(Not {
                inverted: false,
                value: Tcp | Udp | Sctp | Other(33 | 136),
            }) => Ok(()),
            _ => Err("-m multiport needs -p tcp, udp or sctp".to_owned()),
        }
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        // A packet without ports never matches, inverted or not (`multiport_mt`).
        let Some((sport, dport)) = trial.skb.packet.ports() else {
            return Truth::No;
        };
        let within = |port| {
            self.ports
                .value
                .iter()
                .any(|&(a, b)| (a..=b).contains(&port))
        };
        let truth = match self.side {
            PortSide::Source => within(sport),
            PortSide::Destination => within(dport),
            PortSide::Either => within(sport) || within(dport),
        };
        self.ports.holds(truth).into()
    }

    fn why(&self, trial: &Trial<'_>) -> String {
        let Some((sport, dport)) = trial.skb.packet.ports() else {
            return "packet has no ports".to_owned();
        };
        let port = match self.side {
            PortSide::Source => sport,
            PortSide::Destination | PortSide::Either => dport,
        };
        match self.ports.inverted {
            true => format!("port {port} is listed"),
            false => format!("port {port} is not listed"),
        }
    }
}

impl fmt::Display for Multiport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let option = match self.side {
            PortSide::Source => "--sports",
            PortSide::Destination => "--dports",
            PortSide::Either => "--ports",
        };
        write!(f, "-m multiport{} {option} ", self.ports.bang())?;
        for (i, &range) in self.ports.value.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{}", PortRange(range, ':'))?;
        }
        Ok(())
    }
}
