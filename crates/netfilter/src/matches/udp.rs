//! `-m udp`: ports of UDP, and what it shares with `-m tcp` and `-m sctp`.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::packet::L4;
use crate::rule::Not;
use crate::walk::Trial;
use crate::words::{Args, PortRange, ports};

/// `-m udp`: ports of UDP.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Udp {
    /// First and last source port.
    pub sport: Option<Not<(u16, u16)>>,
    /// First and last destination port.
    pub dport: Option<Not<(u16, u16)>>,
}

impl Extension for Udp {
    const NEEDS: usize = 0;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        let taken = ports_option(option, args, &mut self.sport, &mut self.dport)?;
        Ok(if taken { Taken::Detail } else { Taken::No })
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        let L4::Udp { sport, dport } = trial.skb.packet.l4 else {
            return Truth::No;
        };
        (port_holds(&self.sport, sport) && port_holds(&self.dport, dport)).into()
    }

    fn why(&self, trial: &Trial<'_>) -> String {
        let L4::Udp { sport, dport } = trial.skb.packet.l4 else {
            return "protocol is not udp".to_owned();
        };
        ports_why(&self.sport, sport, &self.dport, dport).unwrap_or_default()
    }
}

impl fmt::Display for Udp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-m udp")?;
        print_ports(f, &self.sport, &self.dport)
    }
}

/// Reads `--sport` or `--dport`. A range over all ports is no condition, as iptables keeps it.
pub(super) fn ports_option(
    option: &Opt<'_>,
    args: &mut Args<'_, '_>,
    sport: &mut Option<Not<(u16, u16)>>,
    dport: &mut Option<Not<(u16, u16)>>,
) -> Result<bool, String> {
    let side = match option.name {
        "--sport" | "--source-port" => sport,
        "--dport" | "--destination-port" => dport,
        _ => return Ok(false),
    };
    let range = option.not(ports(args.value(option.name)?, ':', option.name)?);
    *side = (range.inverted || range.value != (0, u16::MAX)).then_some(range);
    Ok(true)
}

pub(super) fn port_holds(wanted: &Option<Not<(u16, u16)>>, port: u16) -> bool {
    wanted.as_ref().is_none_or(|wanted| {
        let (first, last) = wanted.value;
        wanted.holds((first..=last).contains(&port))
    })
}

/// Why the ports did not fit, source before destination as the kernel compares them.
pub(super) fn ports_why(
    wanted_source: &Option<Not<(u16, u16)>>,
    sport: u16,
    wanted_destination: &Option<Not<(u16, u16)>>,
    dport: u16,
) -> Option<String> {
    for (wanted, port, what) in [
        (wanted_source, sport, "source port"),
        (wanted_destination, dport, "port"),
    ] {
        let Some(wanted) = wanted else { continue };
        let (first, last) = wanted.value;
        if !wanted.holds((first..=last).contains(&port)) {
            return Some(match (wanted.inverted, first == last) {
                (true, true) => format!("{what} is {port}"),
                (true, false) => format!("{what} {port} is within {first}:{last}"),
                (false, true) => format!("{what} is {port}, not {first}"),
                (false, false) => format!("{what} {port} is outside {first}:{last}"),
            });
        }
    }
    None
}

pub(super) fn print_ports(
    f: &mut fmt::Formatter<'_>,
    sport: &Option<Not<(u16, u16)>>,
    dport: &Option<Not<(u16, u16)>>,
) -> fmt::Result {
    for (option, ports) in [("--sport", sport), ("--dport", dport)] {
        if let Some(ports) = ports {
            write!(
                f,
                "{} {option} {}",
                ports.bang(),
                PortRange(ports.value, ':')
            )?;
        }
    }
    Ok(())
}
