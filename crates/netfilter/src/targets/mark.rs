//! `-j MARK`: mark = (mark & !mask) ^ value, as `--set-xmark VALUE/MASK` says.

/// `-j MARK`: mark = (mark & !mask) ^ value, as `--set-xmark VALUE/MASK` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetMark {
    /// VALUE.
    pub value: u32,
    /// MASK.
    pub mask: u32,
}
