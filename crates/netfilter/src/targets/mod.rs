//! The `-j` targets, one file each.

mod checksum;
mod connmark;
mod ct;
mod dnat;
mod log;
mod mark;
mod masquerade;
mod netmap;
mod redirect;
mod reject;
mod snat;
mod tcpmss;

pub use crate::matches::Unknown;
pub use checksum::*;
pub use connmark::*;
pub use ct::*;
pub use dnat::*;
pub use log::*;
pub use mark::*;
pub use masquerade::*;
pub use netmap::*;
pub use redirect::*;
pub use reject::*;
pub use snat::*;
pub use tcpmss::*;
