//! `-j TCPMSS`: clamps the segment size; addresses and ports stay.

use std::fmt;

use super::{Effect, Extension};
use crate::hook::Hook;
use crate::matches::{Opt, Taken};
use crate::packet::{Protocol, Skb};
use crate::rule::{IpFields, Not};
use crate::traverse::Env;
use crate::words::{Args, Raw, number};

/// `-j TCPMSS`: clamps the segment size; addresses and ports stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tcpmss {
    /// Options as written.
    pub rest: Vec<String>,
}

impl Extension for Tcpmss {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        match option.name {
            "--clamp-mss-to-pmtu" => self.rest = vec![option.name.to_owned()],
            "--set-mss" => {
                let mss = number(args.value(option.name)?, option.name)?;
                self.rest = vec![option.name.to_owned(), mss.to_string()];
            }
            _ => return Ok(Taken::No),
        }
        option.upright()?;
        Ok(Taken::Main)
    }

    fn check(&self, ip: &IpFields) -> Result<(), String> {
        if ip.protocol != Some(Not::plain(Protocol::Tcp)) {
            return Err("-j TCPMSS needs -p tcp and --tcp-flags SYN,RST SYN".to_owned());
        }
        Ok(())
    }

    fn apply(&self, _: Hook, _: &mut Skb, _: &mut dyn Env) -> Effect {
        Effect::Continue
    }
}

impl fmt::Display for Tcpmss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-j TCPMSS{}", Raw(&self.rest))
    }
}
