//! An extension or target that is not modelled: kept as written.

/// An extension or target that is not modelled: kept as written, and a walk that needs it stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Its name, as after `-m` or `-j`.
    pub name: String,
    /// Its options, as written.
    pub raw: Vec<String>,
}
