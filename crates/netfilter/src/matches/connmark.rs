//! `-m connmark`: the mark of the connection.

use crate::rule::Not;

/// `-m connmark`: the mark of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connmark {
    /// Value and mask.
    pub mark: Not<(u32, u32)>,
}
