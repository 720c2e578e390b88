//! `-j MARK`: mark = (mark & !mask) ^ value, as `--set-xmark VALUE/MASK` says.

use std::fmt;

use super::{Effect, Extension};
use crate::hook::Hook;
use crate::matches::{Opt, Taken};
use crate::packet::Skb;
use crate::traverse::Env;
use crate::words::{Args, masked, number};

/// `-j MARK`: mark = (mark & !mask) ^ value, as `--set-xmark VALUE/MASK` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetMark {
    /// VALUE.
    pub value: u32,
    /// MASK.
    pub mask: u32,
}

/// Reads one of the five spellings into `--set-xmark`'s value and mask (iptables-extensions(8)).
pub(super) fn xmark(
    option: &Opt<'_>,
    args: &mut Args<'_, '_>,
) -> Result<Option<(u32, u32)>, String> {
    let name = option.name;
    if !matches!(
        name,
        "--set-xmark" | "--set-mark" | "--and-mark" | "--or-mark" | "--xor-mark"
    ) {
        return Ok(None);
    }
    option.upright()?;
    let text = args.value(name)?;
    Ok(Some(match name {
        "--set-xmark" => masked(text, name)?,
        "--set-mark" => {
            let (value, mask) = masked(text, name)?;
            (value, value | mask)
        }
        "--and-mark" => (0, !number(text, name)?),
        "--or-mark" => {
            let bits = number(text, name)?;
            (bits, bits)
        }
        _ => (number(text, name)?, 0),
    }))
}

impl Extension for SetMark {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        let Some((value, mask)) = xmark(option, args)? else {
            return Ok(Taken::No);
        };
        *self = SetMark { value, mask };
        Ok(Taken::Main)
    }

    fn apply(&self, _: Hook, skb: &mut Skb, _: &mut dyn Env) -> Effect {
        skb.mark = (skb.mark & !self.mask) ^ self.value;
        Effect::Continue
    }
}

impl fmt::Display for SetMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-j MARK --set-xmark {:#x}/{:#x}", self.value, self.mask)
    }
}
