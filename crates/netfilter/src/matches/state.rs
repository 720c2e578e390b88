//! `-m state`: the older spelling of `-m conntrack --ctstate`.

use crate::matches::CtStates;
use crate::rule::Not;

/// `-m state`: the older spelling of `-m conntrack --ctstate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// `--state`.
    pub states: Not<CtStates>,
}
