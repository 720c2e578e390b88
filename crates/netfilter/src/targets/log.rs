//! `-j LOG`: a line in the kernel's log.

/// `-j LOG`: a line in the kernel's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// `--log-prefix`.
    pub prefix: String,
    /// Other options as written.
    pub rest: Vec<String>,
}
