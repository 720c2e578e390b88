//! What a namespace remembers of connections, and the NAT that hangs on them.
//!
//! [`Conntrack`] is one namespace's table (`net/netfilter/nf_conntrack_core.c`): [`Conntrack::enter`]
//! is the hook that looks a packet up, [`Conntrack::confirm`] the one that puts a new entry into the
//! table. `nat` sets up and applies address translation, which is nothing but the difference between
//! an entry's two tuples. Sequence numbers and windows are not kept: a packet that the kernel would
//! call out of window is taken as inside.

mod filter;
mod lifetime;
mod listing;
mod nat;
mod sctp;
mod table;
mod tcp;
mod tool;
mod tuple;

pub use filter::{Filter, Rewritten, StatusWord};
pub use lifetime::{Lifetime, Lifetimes};
pub use listing::Timeouts;
pub use sctp::SctpState;
pub use table::{ConnId, Connection, Conntrack, L4State, Settings, Status, Tracked};
pub use tcp::TcpState;
pub use tool::{ToolCommand, ToolError, ToolOutput};
pub use tuple::{Direction, Tuple};
