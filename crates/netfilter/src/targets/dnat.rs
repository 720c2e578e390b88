//! `-j DNAT`: a new destination for the whole connection.

use std::fmt;

use super::{Effect, Extension, nat};
use crate::hook::{Hook, TableName};
use crate::matches::{Opt, Taken};
use crate::packet::Skb;
use crate::rule::{IpFields, NatRange};
use crate::traverse::{Env, Manip, NatRequest};
use crate::words::Args;

/// `-j DNAT`: a new destination for the whole connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dnat {
    /// `--to-destination`.
    pub to: NatRange,
    /// `--random`.
    pub random: bool,
    /// `--persistent`.
    pub persistent: bool,
}

impl Dnat {
    pub(super) fn start() -> Self {
        Dnat {
            to: NatRange::default(),
            random: false,
            persistent: false,
        }
    }
}

impl Extension for Dnat {
    const NEEDS: usize = 1;
    const TABLES: &'static [TableName] = &[TableName::Nat];

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        if option.name == "--to-destination" {
            self.to = nat::range(option, args)?;
            return Ok(Taken::Main);
        }
        nat::switch(
            option,
            &mut [
                ("--random", &mut self.random),
                ("--persistent", &mut self.persistent),
            ],
        )
    }

    fn check(&self, ip: &IpFields) -> Result<(), String> {
        nat::check_ports(self.to.ports, ip, "--to-destination")
    }

    fn apply(&self, _: Hook, skb: &mut Skb, env: &mut dyn Env) -> Effect {
        let request = NatRequest {
            manip: Manip::Destination,
            range: self.to,
            random_port: self.random,
            persistent: self.persistent,
        };
        Effect::Verdict(env.nat(skb, &request))
    }
}

impl fmt::Display for Dnat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-j DNAT --to-destination {}", self.to)?;
        nat::write_switches(
            f,
            &[("--random", self.random), ("--persistent", self.persistent)],
        )
    }
}
