//! `-j CHECKSUM --checksum-fill`: fills the checksum in; nothing we model changes.

/// `-j CHECKSUM --checksum-fill`: fills the checksum in; nothing we model changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum;
