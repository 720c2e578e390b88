//! Namespaces joined by devices, and a packet's way through them.
//!
//! [`topology`] says what there is, in the words of a network engineer; [`Fabric`] is that, built;
//! [`exchange`](exchange()) lets a client talk to an address and returns a [`journey::Journey`]. No
//! Kubernetes is known here: a node is a namespace with rules, a pod is one without.

mod asked;
mod build;
mod dice;
mod exchange;
mod fabric;
mod flow;
pub mod journey;
mod many;
mod memory;
mod routing;
mod source;
mod space;
pub mod topology;
mod walk;

pub use dice::{Dice, Forced};
pub use exchange::{Summary, exchange, exchange_drawn, exchange_quiet};
pub use fabric::Fabric;
pub use flow::{Flow, again, open};
pub use journey::*;
pub use many::{Many, Reached, Turnout, exchange_each, exchange_many};
pub use memory::{Memory, RecentEntry};
pub use topology::*;
