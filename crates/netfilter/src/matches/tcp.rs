//! `-m tcp`: ports, flags and options of TCP.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::packet::{L4, TcpFlags};
use crate::rule::Not;
use crate::walk::Trial;
use crate::words::{Args, number};

/// `-m tcp`: ports, flags and options of TCP.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tcp {
    /// First and last source port.
    pub sport: Option<Not<(u16, u16)>>,
    /// First and last destination port.
    pub dport: Option<Not<(u16, u16)>>,
    /// `--tcp-flags MASK COMP`.
    pub flags: Option<Not<(u8, u8)>>,
    /// `--tcp-option`.
    pub option: Option<Not<u8>>,
}

/// The flags' names in the header's bit order, as `--tcp-flags` lists them.
const FLAG_NAMES: [(u8, &str); 6] = [
    (0x01, "FIN"),
    (0x02, "SYN"),
    (0x04, "RST"),
    (0x08, "PSH"),
    (0x10, "ACK"),
    (0x20, "URG"),
];

/// What `--syn` stands for (iptables-extensions(8)).
const SYN: (u8, u8) = (0x17, 0x02);

impl Extension for Tcp {
    const NEEDS: usize = 0;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        if super::udp::ports_option(option, args, &mut self.sport, &mut self.dport)? {
            return Ok(Taken::Detail);
        }
        match option.name {
            "--syn" => self.flags = Some(option.not(SYN)),
            "--tcp-flags" => {
                let mask = flags(args.value(option.name)?)?;
                let comp = flags(args.value(option.name)?)?;
                self.flags = Some(option.not((mask, comp)));
            }
            "--tcp-option" => {
                let kind = number(args.value(option.name)?, option.name)?;
                let kind = u8::try_from(kind)
                    .ok()
                    .filter(|&kind| kind != 0)
                    .ok_or("--tcp-option takes a number from 1 to 255")?;
                self.option = Some(option.not(kind));
            }
            _ => return Ok(Taken::No),
        }
        Ok(Taken::Detail)
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        let L4::Tcp {
            sport,
            dport,
            flags,
        } = trial.skb.packet.l4
        else {
            return Truth::No;
        };
        let fits = super::udp::port_holds(&self.sport, sport)
            && super::udp::port_holds(&self.dport, dport)
            && flags_hold(&self.flags, flags);
        match &self.option {
            Some(_) if fits => Truth::Unmodelled("-m tcp --tcp-option".to_owned()),
            _ => fits.into(),
        }
    }

    fn why(&self, trial: &Trial<'_>) -> String {
        let L4::Tcp {
            sport,
            dport,
            flags,
        } = trial.skb.packet.l4
        else {
            return "protocol is not tcp".to_owned();
        };
        if let Some(why) = super::udp::ports_why(&self.sport, sport, &self.dport, dport) {
            return why;
        }
        match &self.flags {
            Some(Not { inverted: true, .. }) => format!("TCP flags are {flags}"),
            Some(Not { value, .. }) => format!("TCP flags are {flags}, not {}", TcpFlags(value.1)),
            None => String::new(),
        }
    }
}

fn flags_hold(wanted: &Option<Not<(u8, u8)>>, flags: TcpFlags) -> bool {
    wanted
        .as_ref()
        .is_none_or(|wanted| wanted.holds(flags.0 & wanted.value.0 == wanted.value.1))
}

fn flags(text: &str) -> Result<u8, String> {
    text.split(',').try_fold(0, |flags, name| match name {
        "ALL" => Ok(flags | 0x3f),
        "NONE" => Ok(flags),
        name => FLAG_NAMES
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(name))
            .map(|(bit, _)| flags | bit)
            .ok_or_else(|| {
                format!("\"{name}\" is no TCP flag; use SYN, ACK, FIN, RST, URG, PSH, ALL or NONE")
            }),
    })
}

/// Prints flags as `--tcp-flags` takes them.
pub(crate) struct FlagList(pub u8);

impl fmt::Display for FlagList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (_, name) in FLAG_NAMES.iter().filter(|(bit, _)| self.0 & bit != 0) {
            write!(f, "{separator}{name}")?;
            separator = ",";
        }
        if separator.is_empty() {
            f.write_str("NONE")?;
        }
        Ok(())
    }
}

impl fmt::Display for Tcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-m tcp")?;
        super::udp::print_ports(f, &self.sport, &self.dport)?;
        if let Some(option) = &self.option {
            write!(f, "{} --tcp-option {}", option.bang(), option.value)?;
        }
        if let Some(flags) = &self.flags {
            let (mask, comp) = flags.value;
            write!(
                f,
                "{} --tcp-flags {} {}",
                flags.bang(),
                FlagList(mask),
                FlagList(comp)
            )?;
        }
        Ok(())
    }
}
