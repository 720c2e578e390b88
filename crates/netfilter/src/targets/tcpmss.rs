//! `-j TCPMSS`: clamps the segment size; addresses and ports stay.

/// `-j TCPMSS`: clamps the segment size; addresses and ports stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tcpmss {
    /// Options as written.
    pub rest: Vec<String>,
}
