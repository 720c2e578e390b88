//! `-m rpfilter`: whether the way back leads out by the device it came in by.

/// `-m rpfilter`: whether the way back leads out by the device it came in by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rpfilter {
    /// `--loose`.
    pub loose: bool,
    /// `--validmark`.
    pub validmark: bool,
    /// `--accept-local`.
    pub accept_local: bool,
    /// `--invert`.
    pub invert: bool,
}
