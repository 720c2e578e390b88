//! `-j SNAT`: a new source for the whole connection.

use std::fmt;

use super::{Effect, Extension};
use crate::hook::{Hook, TableName};
use crate::matches::{Opt, Taken};
use crate::packet::Skb;
use crate::rule::{IpFields, NatRange};
use crate::traverse::{Env, Manip, NatRequest};
use crate::words::Args;

/// `-j SNAT`: a new source for the whole connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snat {
    /// `--to-source`.
    pub to: NatRange,
    /// `--random`.
    pub random: bool,
    /// `--random-fully`.
    pub random_fully: bool,
    /// `--persistent`.
    pub persistent: bool,
}

impl Snat {
    pub(super) fn start() -> Self {
        Snat {
            to: NatRange::default(),
            random: false,
            random_fully: false,
            persistent: false,
        }
    }
}

impl Extension for Snat {
    const NEEDS: usize = 1;
    const TABLES: &'static [TableName] = &[TableName::Nat];

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        match option.name {
            "--to-source" => {
                option.upright()?;
                self.to = NatRange::parse(args.value(option.name)?, option.name)?;
                return Ok(Taken::Main);
            }
            "--random" => self.random = true,
            "--random-fully" => self.random_fully = true,
            "--persistent" => self.persistent = true,
            _ => return Ok(Taken::No),
        }
        option.upright()?;
        Ok(Taken::Detail)
    }

    fn check(&self, ip: &IpFields) -> Result<(), String> {
        match self.to.ports {
            Some(_) => super::ports_need_protocol(ip, "--to-source"),
            None => Ok(()),
        }
    }

    fn apply(&self, _: Hook, skb: &mut Skb, env: &mut dyn Env) -> Effect {
        let request = NatRequest {
            manip: Manip::Source,
            range: self.to,
            random_port: self.random || self.random_fully,
            persistent: self.persistent,
        };
        Effect::Verdict(env.nat(skb, &request))
    }
}

impl fmt::Display for Snat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-j SNAT --to-source {}", self.to)?;
        for (flag, option) in [
            (self.random, " --random"),
            (self.random_fully, " --random-fully"),
            (self.persistent, " --persistent"),
        ] {
            if flag {
                f.write_str(option)?;
            }
        }
        Ok(())
    }
}
