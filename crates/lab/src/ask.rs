//! Who sends to whom: the words of `--from` and `--to`, read once.

use std::net::IpAddr;

use netfilter::Protocol;

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum From {
    /// `pod/NAMESPACE/NAME`
    Pod {
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
    },
    /// `node/NAME`: a process on a node.
    Node(String),
    /// `outside`: a client on the nodes' network at an address that nobody has.
    Outside,
    /// `ADDRESS[@NODE]`
    Address {
        /// The source address.
        addr: IpAddr,
        /// The node at which it enters.
        node: Option<String>,
    },
}

/// The host part of a destination.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Destination {
    /// An address.
    Addr(IpAddr),
    /// A node's name.
    Node(String),
    /// `NAMESPACE/SERVICE`, or a Service's DNS name.
    Service {
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
    },
}

/// One question: who sends to whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ask {
    /// Who sends.
    pub from: From,
    /// To whom.
    pub to: Destination,
    /// To which port; 0 for a ping.
    pub port: u16,
    /// Over what.
    pub protocol: Protocol,
    /// At which node a client outside enters (`--via`).
    pub via: Option<String>,
}

/// Why a question could not be asked, with what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskError {
    /// What is wrong, as a sentence.
    pub message: String,
    /// What to do next, as a sentence.
    pub help: String,
}
