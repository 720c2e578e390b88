//! One network namespace's packet filter as a value.
//!
//! This crate reads and prints iptables rules ([`ruleset`]), tries a packet against them rule by
//! rule as the kernel does ([`traverse`]), and remembers connections as the kernel does
//! ([`conntrack`]). It knows no Kubernetes and no topology: which address is local, what number a
//! `statistic` rule draws and where a packet goes next are answered by its caller through
//! [`traverse::Env`].

pub mod conntrack;
pub mod diff;
pub mod family;
mod fixed;
pub mod hook;
pub mod listing;
pub mod matches;
pub mod packet;
mod parse;
pub mod prepared;
mod print;
mod restore;
pub mod rule;
pub mod ruleset;
mod services;
pub mod targets;
pub mod traverse;
mod walk;
mod words;

pub use family::Family;
pub use hook::{Hook, TableName};
pub use packet::{DevName, IcmpMessage, L4, Packet, Protocol, SctpChunk, Skb, TcpFlags};
pub use prepared::Prepared;
pub use rule::{ChainName, IpFields, Match, Not, Probability, Rule, Target};
pub use ruleset::{Chain, ChainKind, ParseError, Policy, Ruleset, Table};
pub use traverse::{
    Draw, Env, RuleRef, Step, StepKind, Traversal, Verdict, traverse, traverse_quiet,
};
