//! `-m sctp`: ports of SCTP.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::packet::L4;
use crate::rule::Not;
use crate::walk::Trial;
use crate::words::Args;

/// `-m sctp`: ports of SCTP.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sctp {
    /// First and last source port.
    pub sport: Option<Not<(u16, u16)>>,
    /// First and last destination port.
    pub dport: Option<Not<(u16, u16)>>,
    /// `--chunk-types` and its words as written; it makes the match unmodelled.
    pub chunks: Option<Not<Vec<String>>>,
}

impl Extension for Sctp {
    const NEEDS: usize = 0;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        if super::udp::ports_option(option, args, &mut self.sport, &mut self.dport)? {
            return Ok(Taken::Detail);
        }
        if option.name != "--chunk-types" {
            return Ok(Taken::No);
        }
        let how = args.value(option.name)?.to_owned();
        let which = args.value(option.name)?.to_owned();
        self.chunks = Some(option.not(vec![how, which]));
        Ok(Taken::Detail)
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        let L4::Sctp { sport, dport, .. } = trial.skb.packet.l4 else {
            return Truth::No;
        };
        let fits = super::udp::port_holds(&self.sport, sport)
            && super::udp::port_holds(&self.dport, dport);
        match &self.chunks {
            Some(_) if fits => Truth::Unmodelled("-m sctp --chunk-types".to_owned()),
            _ => fits.into(),
        }
    }

    fn why(&self, trial: &Trial<'_>) -> String {
        let L4::Sctp { sport, dport, .. } = trial.skb.packet.l4 else {
            return "protocol is not sctp".to_owned();
        };
        super::udp::ports_why(&self.sport, sport, &self.dport, dport).unwrap_or_default()
    }
}

impl fmt::Display for Sctp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-m sctp")?;
        super::udp::print_ports(f, &self.sport, &self.dport)?;
        if let Some(chunks) = &self.chunks {
            write!(
                f,
                "{} --chunk-types {}",
                chunks.bang(),
                chunks.value.join(" ")
            )?;
        }
        Ok(())
    }
}
