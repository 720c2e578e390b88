//! `-j CT`, `-j NOTRACK`: conntrack settings for one packet.

use std::fmt;

use super::{Effect, Extension};
use crate::hook::{Hook, TableName};
use crate::matches::{Opt, Taken};
use crate::packet::Skb;
use crate::traverse::Env;
use crate::words::{Args, Raw};

/// `-j CT`, `-j NOTRACK`: conntrack settings for one packet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ct {
    /// `--notrack`.
    pub notrack: bool,
    /// Other options as written; they make the target unmodelled.
    pub rest: Vec<String>,
    /// Written as `-j NOTRACK`.
    pub spelled_notrack: bool,
}

impl Ct {
    pub(super) fn notrack() -> Self {
        Ct {
            notrack: true,
            rest: Vec::new(),
            spelled_notrack: true,
        }
    }
}

impl Extension for Ct {
    /// `xt_CT.c`: `.table = "raw"`.
    const TABLES: &'static [TableName] = &[TableName::Raw];

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        if self.spelled_notrack {
            return Ok(Taken::No);
        }
        match option.name {
            "--notrack" => self.notrack = true,
            "--helper" | "--timeout" | "--ctevents" | "--expevents" | "--zone" | "--zone-orig"
            | "--zone-reply" => {
                self.rest.push(option.name.to_owned());
                self.rest.push(args.value(option.name)?.to_owned());
            }
            _ => return Ok(Taken::No),
        }
        option.upright()?;
        Ok(Taken::Detail)
    }

    fn apply(&self, _: Hook, _: &mut Skb, env: &mut dyn Env) -> Effect {
        if !self.rest.is_empty() {
            return Effect::Unmodelled(format!("-j CT{}", Raw(&self.rest)));
        }
        if self.notrack {
            env.notrack();
        }
        Effect::Continue
    }
}

impl fmt::Display for Ct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.spelled_notrack {
            return f.write_str("-j NOTRACK");
        }
        f.write_str("-j CT")?;
        if self.notrack {
            f.write_str(" --notrack")?;
        }
        write!(f, "{}", Raw(&self.rest))
    }
}
