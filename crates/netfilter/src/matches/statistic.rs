//! `-m statistic`: by chance, or every n-th.

use crate::rule::Not;
use crate::rule::Probability;

/// `-m statistic`: by chance, or every n-th.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statistic {
    /// How.
    pub mode: StatisticMode,
}

/// How `-m statistic` chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatisticMode {
    /// `--mode random --probability P`
    Random(Not<Probability>),
    /// `--mode nth --every N --packet P`
    Nth {
        /// `--every`, and whether `!` stood before it.
        every: Not<u32>,
        /// `--packet`
        packet: u32,
    },
}
