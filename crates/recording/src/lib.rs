//! Recordings of real kernels: read, played by the simulator, and printed in the same words.
//!
//! The format is that of `tests/oracle/README.md`. [`packets`], [`first_packet`] and [`outcome`]
//! tell a [`fabric::Journey`] as a recording would; [`play`] repeats a whole recording with the
//! simulator in the kernel's place. What a recording says is never looked at to decide what the
//! simulator does: only its topology, rules and probes are.

mod play;
mod read;
mod words;

pub use play::play;
pub use read::{probe, topology};
pub use words::{Ports, first_packet, outcome, packets, packets_with, signal_from, source_seen};
