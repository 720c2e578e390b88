//! What the four NAT targets share: switches that take no value, ports, and how both are printed.

use std::fmt;

use crate::matches::{Opt, Taken};
use crate::packet::Protocol::{Other, Sctp, Tcp, Udp};
use crate::rule::{IpFields, NatRange, Not};
use crate::words::{Args, PortRange, ports};

/// Sets the switch that an option names, where it names one of these.
pub(super) fn switch(
    option: &Opt<'_>,
    switches: &mut [(&str, &mut bool)],
) -> Result<Taken, String> {
    let named = switches.iter_mut().find(|(name, _)| *name == option.name);
    let Some((_, set)) = named else {
        return Ok(Taken::No);
    };
    option.upright()?;
    **set = true;
    Ok(Taken::Detail)
}

/// `--to-destination` or `--to-source`: an address or a range, without which there is no rule.
pub(super) fn range(option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<NatRange, String> {
    option.upright()?;
    NatRange::parse(args.value(option.name)?, option.name)
}

/// `--to-ports PORT[-PORT]`.
pub(super) fn to_ports(option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<(u16, u16), String> {
    option.upright()?;
    ports(args.value(option.name)?, '-', option.name)
}

/// NAT with ports needs a protocol that has ports (`nat_core.c`: "Need TCP, UDP, SCTP or DCCP with
/// port specification").
pub(super) fn check_ports(
    ports: Option<(u16, u16)>,
    ip: &IpFields,
    option: &str,
) -> Result<(), String> {
    match (ports, &ip.protocol) {
        (None, _) => Ok(()),
        (
            _,
            Some(Not {
                inverted: false,
                value: Tcp | Udp | Sctp | Other(33 | 136),
            }),
        ) => Ok(()),
        _ => Err(format!("{option} with a port needs -p tcp, udp or sctp")),
    }
}

/// Prints `--to-ports` where there are some.
pub(super) fn write_ports(f: &mut fmt::Formatter<'_>, ports: Option<(u16, u16)>) -> fmt::Result {
    match ports {
        Some(ports) => write!(f, " --to-ports {}", PortRange(ports, '-')),
        None => Ok(()),
    }
}

/// Prints the switches that are set, in this order.
pub(super) fn write_switches(f: &mut fmt::Formatter<'_>, switches: &[(&str, bool)]) -> fmt::Result {
    for (name, _) in switches.iter().filter(|(_, set)| *set) {
        write!(f, " {name}")?;
    }
    Ok(())
}
