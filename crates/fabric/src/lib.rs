//! Namespaces joined by devices, and a packet's way through them.
//!
//! [`topology`] says what there is, in the words of a network engineer; [`Fabric`] is that, built;
//! [`exchange`](exchange()) lets a client talk to an address and returns a [`journey::Journey`]. No
//! Kubernetes is known here: a node is a namespace with rules, a pod is one without.

pub mod journey;
pub mod topology;

pub use journey::*;
pub use topology::*;
