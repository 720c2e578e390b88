//! `-m set`: an ipset, whose members we do not know.

/// `-m set`: an ipset, whose members we do not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// The set.
    pub name: String,
    /// With `!`.
    pub inverted: bool,
    /// `src`, `dst,dst`, …
    pub directions: String,
    /// Other options as written.
    pub rest: Vec<String>,
}
