//! The rules browser: what of a node's rules is asked for, and what comes back.
//!
//! A node may have hundreds of thousands of rules, so the page holds a window of them; names, search
//! and listings are the core's (`browsing`). Where one is and has been is [`super::browser`]'s.

use std::borrow::Cow;

use lab::{IpFamily, TableName};
use serde::{Deserialize, Serialize};

use crate::chains::RuleView;
use crate::conversation::Talk;
use crate::probe::Question;

/// How many rows or lines one page has.
pub const PAGE: usize = 200;

/// How many chains the index shows at once.
pub const INDEX: usize = 200;

/// How the rules are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum View {
    /// Chain by chain, each rule with who wrote it and where it leads.
    #[default]
    Rules,
    /// `iptables -L`
    List,
    /// `iptables -S`
    Spec,
    /// `iptables-save`
    Save,
    /// What kube-proxy hands to `iptables-restore`.
    Restore,
}

impl View {
    /// All of them.
    pub const ALL: [View; 5] = [
        View::Rules,
        View::List,
        View::Spec,
        View::Save,
        View::Restore,
    ];

    /// Its name on the page.
    pub fn name(self) -> &'static str {
        match self {
            View::Rules => "Rules",
            View::List => "-L",
            View::Spec => "-S",
            View::Save => "save",
            View::Restore => "restore",
        }
    }

    /// What it is, for those who don't know the name.
    pub fn about(self) -> &'static str {
        match self {
            View::Rules => "Chain by chain, with who wrote each rule",
            View::List => "The list that iptables -L prints",
            View::Spec => "The commands that iptables -S prints",
            View::Save => "The text that iptables-save prints",
            View::Restore => "The text that kube-proxy hands to iptables-restore",
        }
    }
}

/// Which rules of a chain are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Show {
    /// All.
    #[default]
    All,
    /// Those that a packet of the walk on screen is tried against.
    Tried,
    /// Those that one matches.
    Matched,
}

impl Show {
    /// All of them.
    pub const ALL: [Show; 3] = [Show::All, Show::Tried, Show::Matched];

    /// Its name on the page.
    pub fn name(self) -> &'static str {
        match self {
            Show::All => "all rules",
            Show::Tried => "rules this walk tries",
            Show::Matched => "rules this walk matches",
        }
    }
}

/// The options of the listings that can be switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switches {
    /// `-n`
    pub numeric: Switch,
    /// `-v`; with `iptables-save`, `-c`.
    pub verbose: Switch,
    /// `--line-numbers`
    pub numbers: Switch,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Switch {
    /// Off.
    Off,
    /// On.
    On,
}

impl Switch {
    /// The other.
    pub(super) fn other(self) -> Switch {
        match self {
            Switch::Off => Switch::On,
            Switch::On => Switch::Off,
        }
    }
}

impl Default for Switches {
    fn default() -> Self {
        Switches {
            numeric: Switch::On,
            verbose: Switch::On,
            numbers: Switch::On,
        }
    }
}

/// An option of the listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opt {
    /// `-n`
    Numeric,
    /// `-v` or `-c`
    Verbose,
    /// `--line-numbers`
    Numbers,
}

/// Whether a part is wanted or the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Amount {
    /// One page.
    #[default]
    Page,
    /// All of it, to be copied or kept.
    Whole,
}

/// Which walk's packets count: the one on screen.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Counted {
    /// Who sends to whom.
    pub question: Question,
    /// The seed.
    pub seed: u64,
    /// Numbers forced on the first draws.
    pub forced: Vec<u32>,
    /// What follows the first connection.
    pub talk: Talk,
    /// How many rules had been tried when the moment on screen came, in the part that is shown.
    pub until: usize,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// Whose rules; a name that no node has stands for the first.
    pub node: String,
    /// iptables' or ip6tables'.
    #[serde(with = "crate::wire::plain")]
    pub family: IpFamily,
    /// Which table.
    #[serde(with = "crate::wire::plain")]
    pub table: TableName,
    /// Which chain; none for all of them.
    pub chain: Option<String>,
    /// How it is shown.
    pub view: View,
    /// The listings' options.
    pub switches: Switches,
    /// What is searched for.
    pub search: String,
    /// Which rules.
    pub show: Show,
    /// How much.
    pub amount: Amount,
    /// The first row or line wanted, counted from 0.
    pub from: usize,
    /// The first chain wanted for the index, counted from 0.
    pub index_from: usize,
    /// Whose packets are counted.
    pub counted: Counted,
}

/// A part of a longer list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window<T> {
    /// The part.
    pub rows: Vec<T>,
    /// Where it begins, counted from 0.
    pub from: usize,
    /// How long the whole is.
    pub total: usize,
}

impl<T> Window<T> {
    /// `201 to 400 of 12,345`; nothing where all is shown.
    pub fn words(&self) -> Option<String> {
        (self.rows.len() < self.total).then(|| {
            format!(
                "{} to {} of {}",
                crate::text::thousands(self.from + 1),
                crate::text::thousands(self.from + self.rows.len()),
                crate::text::thousands(self.total),
            )
        })
    }
}

/// How large a table is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Its name.
    #[serde(with = "crate::wire::plain")]
    pub table: TableName,
    /// Its chains.
    pub chains: usize,
    /// Its rules.
    pub rules: usize,
}

/// A chain in the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its table.
    #[serde(with = "crate::wire::plain")]
    pub table: TableName,
    /// Its name.
    pub name: String,
    /// How many rules it has.
    pub rules: usize,
    /// How many of them have what is searched for, where something is.
    pub hits: usize,
    /// Whether the walk on screen comes here.
    pub walked: bool,
}

/// The head of the chain that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its table.
    #[serde(with = "crate::wire::plain")]
    pub table: TableName,
    /// Its name.
    pub name: String,
    /// `ACCEPT` or `DROP` for a base chain.
    pub policy: Option<Cow<'static, str>>,
    /// What it is for, as a sentence, where that is known.
    pub purpose: String,
    /// How many rules it has.
    pub rules: usize,
    /// Packets and bytes that came to its policy.
    pub counters: (u64, u64),
    /// How many rules jump here.
    pub references: usize,
    /// The first of those: chain and number.
    pub callers: Vec<(String, usize)>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its table.
    #[serde(with = "crate::wire::plain")]
    pub table: TableName,
    /// Its chain.
    pub chain: String,
    /// The rule.
    pub rule: RuleView,
    /// What its `comment` match says.
    pub comment: String,
    /// Packets and bytes that it has matched up to the moment on screen.
    pub counters: (u64, u64),
    /// How often the walk on screen tries it, and how often it matches then.
    pub tried: (usize, usize),
}

/// A line of a chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Line {
    /// A rule.
    Rule(Box<Row>),
    /// So many rules are folded away here.
    Folded(usize),
}

/// What stands beside the index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Body {
    /// Nothing is chosen: what the first chains of the table are for.
    Purposes(Vec<(String, String)>),
    /// A chain.
    Chain {
        /// Its head.
        head: Head,
        /// Its rules.
        lines: Window<Line>,
    },
    /// The rules that have what is searched for, and whether there are more than were counted.
    Hits(Window<Row>, Counting),
    /// Lines as a tool prints them.
    Text(Window<String>),
    /// The whole text.
    Whole(String),
    /// There is no such chain here.
    NoChain(String),
}

/// Whether a count is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Counting {
    /// It is.
    Exact,
    /// There are more.
    AtLeast,
}

/// How many rules a packet is tried against on this node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Of the first packet of the connection, by table.
    pub first: Vec<(Table, usize)>,
    /// Of the second that the client sends; none where there was no connection to send it over.
    pub second: Option<Vec<(Table, usize)>>,
    /// Whether the nat table was asked for the second at all.
    pub nat_again: bool,
}

/// A table's name, as it crosses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table(#[serde(with = "crate::wire::plain")] pub TableName);

/// What came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Whose rules.
    pub node: String,
    /// Every node, as far as a list can hold them.
    pub nodes: Vec<String>,
    /// How many nodes that leaves out.
    pub more_nodes: usize,
    /// The tables that this node has.
    pub sizes: Vec<Size>,
    /// Its chains.
    pub index: Window<Listed>,
    /// What stands beside them.
    pub body: Body,
    /// The command that prints it on the node; nothing where none does.
    pub command: String,
    /// What a lookup costs here; none where the packet does not come here.
    pub cost: Option<Cost>,
}
