//! YAML in, a cluster out.
//!
//! [`load`] reads manifests as kubectl does, refuses what the API server would refuse, fills in what
//! a real control plane would decide, and never fails: it returns the [`state::ClusterState`] it could
//! build and a list of [`diagnostic::Diagnostic`]s. It knows no netfilter and no packets.

mod control;
mod decode;
pub mod diagnostic;
mod limits;
mod load;
mod names;
mod report;
mod selector;
pub mod source;
pub mod state;
pub mod validate;
mod written;
pub mod yaml;

pub use diagnostic::{Diagnostic, Kind, Severity};
pub use limits::MOST_BYTES;
pub use load::{Reader, load};
pub use source::{ObjectId, Origins, Source, Span};
pub use state::*;

/// Options that a person states beside the YAML.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The preset chosen, if any. It only fills in what is missing.
    pub preset: Option<Preset>,
    /// Service ranges, where stated: at most one per family.
    pub service_cidrs: Vec<ipnet::IpNet>,
    /// Pod ranges, where stated: at most one per family.
    pub pod_cidrs: Vec<ipnet::IpNet>,
}
