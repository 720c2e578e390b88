//! `-j CHECKSUM --checksum-fill`: fills the checksum in; nothing we model changes.

use std::fmt;

use super::{Effect, Extension};
use crate::hook::{Hook, TableName};
use crate::matches::{Opt, Taken};
use crate::packet::Skb;
use crate::traverse::Env;
use crate::words::Args;

/// `-j CHECKSUM --checksum-fill`: fills the checksum in; nothing we model changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum;

impl Extension for Checksum {
    const NEEDS: usize = 1;
    const TABLES: &'static [TableName] = &[TableName::Mangle];

    fn option(&mut self, option: &Opt<'_>, _: &mut Args<'_, '_>) -> Result<Taken, String> {
        if option.name != "--checksum-fill" {
            return Ok(Taken::No);
        }
        option.upright()?;
        Ok(Taken::Main)
    }

    fn apply(&self, _: Hook, _: &mut Skb, _: &mut dyn Env) -> Effect {
        Effect::Continue
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-j CHECKSUM --checksum-fill")
    }
}
