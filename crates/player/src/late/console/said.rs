//! What crosses the boundary: what the core is asked about the console, and what it says.

use std::sync::Arc;

use lab::{IpFamily, TableName};
use serde::{Deserialize, Serialize};

use crate::engine::{Lane, Walked};
use crate::probe::Transport;

/// What the core is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// Run a line. An empty one only says where one is.
    Line {
        /// The line.
        line: String,
        /// Where, as `node/NAME` or `pod/NAMESPACE/NAME`; nowhere yet means the core's choice.
        place: Option<String>,
        /// How many lines were run before it: a core that has run fewer has begun anew since.
        ran: u32,
        /// Whether the text on screen may be changed.
        text: Text,
    },
    /// What the last word of a line may become.
    Words {
        /// The line.
        line: String,
        /// Where.
        place: Option<String>,
    },
    /// Show the walk of a packet that was sent.
    Watch {
        /// Which.
        packet: u64,
    },
}

/// Whether the text on screen is the one that the cluster is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Text {
    /// It is.
    Shown,
    /// It has errors, or is not read yet; the cluster is that of an older one.
    Behind,
}

/// What the core says.
#[derive(Debug, Serialize, Deserialize)]
pub enum Say {
    /// A line was run.
    Done(Box<Done>),
    /// What a word may become.
    Words(Vec<String>),
    /// A packet's walk.
    Walk(Walked),
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Where one is now.
    pub spot: Spot,
    /// What was printed.
    pub out: Vec<Piece>,
    /// The exit status.
    pub status: u8,
    /// The packets that were sent.
    pub packets: Vec<Packet>,
    /// The network, where the line changed it.
    pub changed: Option<Changed>,
}

/// A place, and how the prompt tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// `node/NAME` or `pod/NAMESPACE/NAME`
    pub place: String,
    /// `root@node1:~#`
    pub prompt: String,
}

/// A part of an output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Its text.
    pub text: String,
    /// Where it leads to.
    pub to: Option<Leads>,
}

/// Where a word leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Leads {
    /// To a chain.
    Chain {
        /// On which node.
        node: String,
        /// Of which family.
        #[serde(with = "crate::wire::plain")]
        family: IpFamily,
        /// In which table.
        #[serde(with = "crate::wire::plain")]
        table: TableName,
        /// Which.
        chain: String,
    },
    /// To a line of the YAML.
    Line {
        /// What stands there.
        name: String,
        /// Which.
        line: usize,
    },
}

/// A packet that a line sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packet {
    /// Its number in the core.
    pub id: u64,
    /// Who sent it, as `--from`.
    pub from: String,
    /// To whom, as `--to`.
    pub to: String,
    /// Over what.
    pub transport: Transport,
    /// The seed of its draws.
    pub seed: u64,
    /// What became of it, in a few words.
    pub outcome: String,
}

/// What a line made of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The manifest, where it is another now.
    pub text: Option<Arc<str>>,
    /// [`crate::settings::Settings::by_hand`] from now on.
    pub by_hand: Arc<str>,
}

impl Ask {
    /// What it is about. A packet's walk is a walk like any other.
    pub fn lane(&self) -> Lane {
        match self {
            Ask::Line { .. } => Lane::Console,
            Ask::Words { .. } => Lane::Words,
            Ask::Watch { .. } => Lane::Walk,
        }
    }
}
