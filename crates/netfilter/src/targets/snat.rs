//! `-j SNAT`: a new source for the whole connection.

use std::fmt;

use super::{Effect, Extension, nat};
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
        if option.name == "--to-source" {
            self.to = nat::range(option, args)?;
            return Ok(Taken::Main);
        }
        nat::switch(
            option,
            &mut [
                ("--random", &mut self.random),
                ("--random-fully", &mut self.random_fully),
                ("--persistent", &mut self.persistent),
            ],
        )
    }

    fn check(&self, ip: &IpFields) -> Result<(), String> {
        nat::check_ports(self.to.ports, ip, "--to-source")
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
        nat::write_switches(
            f,
            &[
                ("--random", self.random),
                ("--random-fully", self.random_fully),
                ("--persistent", self.persistent),
            ],
        )
    }
}
