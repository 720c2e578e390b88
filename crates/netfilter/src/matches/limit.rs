//! `-m limit`: a token bucket.

/// `-m limit`: a token bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub per: u32,
    /// In how long.
    pub unit: LimitUnit,
    /// `--limit-burst`.
    pub burst: u32,
}

/// The unit of `--limit N/UNIT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitUnit {
    /// `/sec`
    Second,
    /// `/min`
    Minute,
    /// `/hour`
    Hour,
    /// `/day`
    Day,
}
