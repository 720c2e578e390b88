//! `-m connmark`: the mark of the connection.

use std::fmt;

use super::mark::{Masked, mark_holds, mark_option, mark_why};
use super::{Extension, Opt, Taken, Truth};
use crate::rule::Not;
use crate::traverse::CtState;
use crate::walk::Trial;
use crate::words::Args;

/// `-m connmark`: the mark of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connmark {
    /// Value and mask.
    pub mark: Not<(u32, u32)>,
}

impl Extension for Connmark {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        mark_option(&mut self.mark, option, args)
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        // Without a connection it never matches, inverted or not (`connmark_mt`).
        let ct = trial.env.conntrack();
        let tracked = !matches!(ct.state, CtState::Invalid | CtState::Untracked);
        (tracked && mark_holds(&self.mark, ct.mark)).into()
    }

    fn why(&self, trial: &Trial<'_>) -> String {
        let ct = trial.env.conntrack();
        if matches!(ct.state, CtState::Invalid | CtState::Untracked) {
            return "packet has no connection".to_owned();
        }
        mark_why("connection's mark", &self.mark, ct.mark)
    }
}

impl fmt::Display for Connmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = &self.mark;
        write!(
            f,
            "-m connmark{} --mark {}",
            mark.bang(),
            Masked(mark.value)
        )
    }
}
