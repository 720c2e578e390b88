//! `-m mark`: the fwmark of the packet, and what it shares with `-m connmark`.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::rule::Not;
use crate::walk::Trial;
use crate::words::{Args, masked};

/// `-m mark`: the fwmark of the packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Value and mask.
    pub mark: Not<(u32, u32)>,
}

impl Extension for Mark {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        mark_option(&mut self.mark, option, args)
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        mark_holds(&self.mark, trial.skb.mark).into()
    }

    fn why(&self, trial: &Trial<'_>) -> String {
        mark_why("mark", &self.mark, trial.skb.mark)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "-m mark{} --mark {}",
            self.mark.bang(),
            Masked(self.mark.value)
        )
    }
}

pub(super) fn mark_option(
    mark: &mut Not<(u32, u32)>,
    option: &Opt<'_>,
    args: &mut Args<'_, '_>,
) -> Result<Taken, String> {
    if option.name != "--mark" {
        return Ok(Taken::No);
    }
    *mark = option.not(masked(args.value(option.name)?, option.name)?);
    Ok(Taken::Main)
}

/// `mark_mt` in `xt_mark.c`: the masked mark is compared with the value as it was written.
pub(super) fn mark_holds(wanted: &Not<(u32, u32)>, mark: u32) -> bool {
    let (value, mask) = wanted.value;
    wanted.holds(mark & mask == value)
}

pub(super) fn mark_why(what: &str, wanted: &Not<(u32, u32)>, mark: u32) -> String {
    let (value, mask) = wanted.value;
    match (wanted.inverted, value == mask) {
        (false, true) => format!("{what} {value:#x} is not set"),
        (true, true) => format!("{what} {value:#x} is set"),
        (false, false) => format!("{what} is {:#x}, not {value:#x}", mark & mask),
        (true, false) => format!("{what} is {value:#x}"),
    }
}

/// Prints a mark, with its mask unless that is all ones (`print_mark` in `libxt_mark.c`).
pub(crate) struct Masked(pub (u32, u32));

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, mask) = self.0;
        write!(f, "{value:#x}")?;
        if mask != u32::MAX {
            write!(f, "/{mask:#x}")?;
        }
        Ok(())
    }
}
