//! `-m physdev`: bridge ports.

use crate::rule::DevPattern;
use crate::rule::Not;

/// `-m physdev`: bridge ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Physdev {
    /// `--physdev-in`.
    pub in_dev: Option<Not<DevPattern>>,
    /// `--physdev-out`.
    pub out_dev: Option<Not<DevPattern>>,
    /// `--physdev-is-in`.
    pub is_in: Option<Not<()>>,
    /// `--physdev-is-out`.
    pub is_out: Option<Not<()>>,
    /// `--physdev-is-bridged`.
    pub is_bridged: Option<Not<()>>,
}
