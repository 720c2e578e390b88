//! `-m state`: the older spelling of `-m conntrack --ctstate`.

use std::fmt;

use super::conntrack::states_why;
use super::{CtStates, Extension, Opt, Taken, Truth};
use crate::rule::Not;
use crate::walk::Trial;
use crate::words::Args;

/// `-m state`: the older spelling of `-m conntrack --ctstate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// `--state`.
    pub states: Not<CtStates>,
}

impl Extension for State {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        if option.name != "--state" {
            return Ok(Taken::No);
        }
        let states = CtStates::parse(args.value(option.name)?, option.name)?;
        if states.0 & (CtStates::SNAT | CtStates::DNAT) != 0 {
            return Err("--state knows no SNAT or DNAT; use -m conntrack --ctstate".to_owned());
        }
        self.states = option.not(states);
        Ok(Taken::Main)
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        let has = CtStates::of(&trial.env.conntrack());
        self.states.holds(self.states.value.0 & has.0 != 0).into()
    }

    fn why(&self, trial: &Trial<'_>) -> String {
        states_why(&self.states, CtStates::of(&trial.env.conntrack()))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "-m state{} --state {}",
            self.states.bang(),
            self.states.value
        )
    }
}
