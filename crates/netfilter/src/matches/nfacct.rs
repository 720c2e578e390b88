//! `-m nfacct`: counts into a named counter; always true.

/// `-m nfacct`: counts into a named counter; always true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nfacct {
    /// The counter.
    pub name: String,
}
