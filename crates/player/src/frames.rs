//! One [`Frame`] per event: everything the page needs to draw that moment, computed once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fabric::{Direction, Ns, TupleView};
use lab::TableName;
use netfilter::{Draw, Hook};
use serde::{Deserialize, Serialize};

use crate::captions::Caption;
use crate::chains::ChainView;
use crate::conversation::{Listing, Turn};
use crate::names::Names;
use crate::scene::Scene;

/// What kind of moment it is. It decides glyph, colour and where "next" stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A name was looked up before anything was sent.
    Lookup,
    /// A process sends.
    Sent,
    /// A hook begins.
    Enter,
    /// conntrack looked the packet up.
    Conntrack,
    /// A rule did not match.
    Pass,
    /// A rule drew, and missed.
    Miss,
    /// A rule drew, and hit.
    Hit,
    /// A rule matched and jumped.
    Jump,
    /// A rule changed the mark.
    Mark,
    /// A rule matched, did something else, and the next one is tried.
    Continue,
    /// The destination was rewritten.
    Dnat,
    /// The source was rewritten.
    Snat,
    /// conntrack rewrote a later packet as its connection's first.
    Again,
    /// conntrack put the Service's address back.
    UndoDnat,
    /// conntrack put the client's address back.
    UndoSnat,
    /// A chain ended and its caller goes on.
    End,
    /// A rule returned to its caller.
    Return,
    /// A rule accepted.
    Accept,
    /// A base chain's policy accepted.
    Policy,
    /// A rule or policy dropped.
    Drop,
    /// A rule rejected.
    Reject,
    /// A table was not asked.
    NotAsked,
    /// A routing decision.
    Routed,
    /// No route.
    NoRoute,
    /// conntrack wrote the entry down.
    Confirmed,
    /// From one namespace to another.
    Moved,
    /// A tunnel's device wrapped or unwrapped it.
    Tunnel,
    /// A process has it.
    Delivered,
    /// It is gone.
    Gone,
    /// A kernel answers by itself.
    Answered,
    /// Something is not modelled.
    Unmodelled,
    /// Time passes, or somebody does something, and nothing is sent.
    Waited,
    /// An entry is still remembered after a while.
    Kept,
    /// An entry is remembered no longer.
    Forgotten,
    /// How it all ended, as the client saw it: with an answer.
    Ending,
    /// How it all ended, as the client saw it: without one.
    Failed,
}

/// A colour of the page, by what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// The packet.
    Packet,
    /// DNAT and its undoing.
    Dnat,
    /// SNAT, its undoing, and the mark that asks for it.
    Snat,
    /// Chance.
    Draw,
    /// A verdict that lets the packet go on.
    Verdict,
    /// Drop, reject, not modelled.
    Error,
}

impl Tone {
    /// The word in class names.
    pub fn word(self) -> &'static str {
        match self {
            Tone::Plain => "plain",
            Tone::Packet => "packet",
            Tone::Dnat => "dnat",
            Tone::Snat => "snat",
            Tone::Draw => "draw",
            Tone::Verdict => "verdict",
            Tone::Error => "error",
        }
    }
}

/// A shape, so that colour is never the only sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Glyph {
    /// No match.
    Dot,
    /// A jump.
    Bar,
    /// A hook begins.
    Hook,
    /// conntrack, routing.
    Ring,
    /// Delivered.
    Disc,
    /// On the wire.
    Arrow,
    /// A draw that hit.
    Diamond,
    /// A draw that missed.
    DiamondHollow,
    /// DNAT.
    Up,
    /// DNAT put back, or done again by conntrack.
    UpHollow,
    /// SNAT.
    Down,
    /// SNAT put back, or done again by conntrack.
    DownHollow,
    /// The mark.
    Flag,
    /// A verdict.
    Square,
    /// RETURN.
    SquareHollow,
    /// Dropped, rejected, not modelled.
    Cross,
}

impl Kind {
    /// Its colour.
    pub fn tone(self) -> Tone {
        match self {
            Kind::Miss | Kind::Hit => Tone::Draw,
            Kind::Dnat | Kind::UndoDnat | Kind::Again => Tone::Dnat,
            Kind::Snat | Kind::UndoSnat | Kind::Mark => Tone::Snat,
            Kind::Accept | Kind::Policy | Kind::Return => Tone::Verdict,
            Kind::Drop
            | Kind::Reject
            | Kind::NoRoute
            | Kind::Gone
            | Kind::Answered
            | Kind::Unmodelled
            | Kind::Failed => Tone::Error,
            Kind::Sent | Kind::Moved | Kind::Tunnel | Kind::Delivered | Kind::Ending => {
                Tone::Packet
            }
            Kind::Lookup
            | Kind::Enter
            | Kind::Conntrack
            | Kind::Pass
            | Kind::Jump
            | Kind::Continue
            | Kind::End
            | Kind::NotAsked
            | Kind::Routed
            | Kind::Waited
            | Kind::Kept
            | Kind::Forgotten
            | Kind::Confirmed => Tone::Plain,
        }
    }

    /// Its shape.
    pub fn glyph(self) -> Glyph {
        match self {
            Kind::Pass | Kind::End | Kind::NotAsked | Kind::Continue => Glyph::Dot,
            Kind::Jump => Glyph::Bar,
            Kind::Enter => Glyph::Hook,
            Kind::Conntrack | Kind::Routed | Kind::Confirmed | Kind::Lookup | Kind::Kept => {
                Glyph::Ring
            }
            Kind::Waited => Glyph::Hook,
            Kind::Forgotten => Glyph::Dot,
            Kind::Sent | Kind::Delivered | Kind::Ending => Glyph::Disc,
            Kind::Moved | Kind::Tunnel => Glyph::Arrow,
            Kind::Hit => Glyph::Diamond,
            Kind::Miss => Glyph::DiamondHollow,
            Kind::Dnat => Glyph::Up,
            Kind::UndoDnat | Kind::Again => Glyph::UpHollow,
            Kind::Snat => Glyph::Down,
            Kind::UndoSnat => Glyph::DownHollow,
            Kind::Mark => Glyph::Flag,
            Kind::Accept | Kind::Policy => Glyph::Square,
            Kind::Return => Glyph::SquareHollow,
            Kind::Drop
            | Kind::Reject
            | Kind::NoRoute
            | Kind::Gone
            | Kind::Answered
            | Kind::Unmodelled
            | Kind::Failed => Glyph::Cross,
        }
    }

    /// How long it stays on screen at normal speed, in milliseconds: what is read longest, stands longest.
    pub fn dwell(self) -> u32 {
        match self {
            Kind::Pass | Kind::End => 450,
            Kind::Enter | Kind::Policy | Kind::NotAsked | Kind::Confirmed | Kind::Continue => 700,
            Kind::Jump | Kind::Moved | Kind::Return | Kind::Accept => 900,
            Kind::Conntrack | Kind::Routed | Kind::Sent | Kind::Lookup => 1400,
            Kind::Mark | Kind::Miss | Kind::Hit | Kind::Waited => 2400,
            Kind::Kept | Kind::Forgotten | Kind::Tunnel => 2000,
            Kind::Dnat | Kind::Snat | Kind::Again | Kind::UndoDnat | Kind::UndoSnat => 3000,
            Kind::Delivered
            | Kind::Drop
            | Kind::Reject
            | Kind::NoRoute
            | Kind::Gone
            | Kind::Answered
            | Kind::Unmodelled
            | Kind::Failed
            | Kind::Ending => 2600,
        }
    }

    /// Whether a rewriting of addresses is told.
    pub fn is_nat(self) -> bool {
        matches!(
            self,
            Kind::Dnat | Kind::Snat | Kind::Again | Kind::UndoDnat | Kind::UndoSnat
        )
    }
    /// Whether a number is drawn.
    pub fn is_draw(self) -> bool {
        matches!(self, Kind::Miss | Kind::Hit)
    }
    /// Whether something is decided.
    pub fn is_verdict(self) -> bool {
        matches!(
            self,
            Kind::Accept
                | Kind::Policy
                | Kind::Return
                | Kind::Drop
                | Kind::Reject
                | Kind::Delivered
                | Kind::NoRoute
                | Kind::Gone
                | Kind::Unmodelled
                | Kind::Ending
                | Kind::Failed
        )
    }
}

/// The packet's header and what the kernel hangs on it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Header {
    /// `10.0.0.1:40000`
    pub src: String,
    /// `10.43.0.1:80`
    pub dst: String,
    /// `TCP SYN`
    pub transport: String,
    /// The fwmark.
    pub mark: u32,
    /// Input device.
    pub in_dev: Option<String>,
    /// Output device.
    pub out_dev: Option<String>,
    /// Time to live.
    pub ttl: u8,
}

/// A rule's place in [`Play::chains`]: which chain, which 1-based number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct At {
    /// Index in [`Play::chains`].
    pub chain: usize,
    /// 1-based; one past the last rule for the end of the chain.
    pub number: usize,
}

/// A conntrack entry as it stood after an event; [`fabric::ConnectionView`], ready to cross the boundary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// The namespace that keeps it.
    #[serde(with = "crate::wire::plain")]
    pub ns: Ns,
    /// The tuple of its first packet.
    #[serde(with = "crate::wire::plain")]
    pub original: TupleView,
    /// The tuple expected of an answer.
    #[serde(with = "crate::wire::plain")]
    pub reply: TupleView,
    /// The packet's state: `NEW`, `ESTABLISHED`, `RELATED`, `INVALID`.
    pub ctstate: Cow<'static, str>,
    /// The protocol's own state as `conntrack -L` prints it, where it has one.
    pub protocol_state: Option<Cow<'static, str>>,
    /// Whether the entry is in the table yet.
    pub confirmed: bool,
    /// Whether traffic in both directions has made it `[ASSURED]`.
    pub assured: bool,
}

impl From<&fabric::ConnectionView> for ConnectionView {
    fn from(view: &fabric::ConnectionView) -> Self {
        ConnectionView {
            ns: view.ns.clone(),
            original: view.original,
            reply: view.reply,
            ctstate: view.ctstate.into(),
            protocol_state: view.protocol_state.map(Cow::from),
            confirmed: view.confirmed,
            assured: view.assured,
        }
    }
}

/// One moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// What kind.
    pub kind: Kind,
    /// Where; `None` before anything is sent.
    #[serde(with = "crate::wire::plain")]
    pub ns: Option<Ns>,
    /// At which hook.
    #[serde(with = "crate::wire::plain")]
    pub hook: Option<Hook>,
    /// In which table.
    #[serde(with = "crate::wire::plain")]
    pub table: Option<TableName>,
    /// Which packet of the exchange.
    pub packet: usize,
    /// Which way.
    #[serde(with = "crate::wire::plain")]
    pub direction: Direction,
    /// Index in [`Play::visits`].
    pub visit: usize,
    /// Index in that visit's stations.
    pub station: usize,
    /// Counts the walks through one table at one hook.
    pub traversal: usize,
    /// The packet afterwards.
    pub header: Header,
    /// The packet's addresses before, where this moment changed them.
    pub before: Option<(String, String)>,
    /// The mark before, where this moment changed it.
    pub mark_before: Option<u32>,
    /// The conntrack entry in this namespace, afterwards.
    pub connection: Option<ConnectionView>,
    /// The rules at which callers wait, outermost first.
    pub callers: Vec<At>,
    /// The rule tried, or the end of a chain.
    pub at: Option<At>,
    /// In three or four words, what became of it.
    pub why: String,
    /// The number drawn.
    #[serde(with = "crate::wire::plain")]
    pub draw: Option<Draw>,
    /// For a move: where to.
    #[serde(with = "crate::wire::plain")]
    pub to: Option<Ns>,
    /// The sentence.
    pub caption: Caption,
    /// What a machine would print about it, where it is no rule.
    pub machine: Option<String>,
}

/// One stop on a packet's way through one namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Station {
    /// `PREROUTING`, `routing`, `in cni0`.
    pub label: String,
    /// Whether it is where the packet comes in or goes out.
    pub door: bool,
    /// What is asked there: `conntrack`, `nat`, `nat, not asked`, each with its first frame.
    pub parts: Vec<(String, usize)>,
    /// Its first frame.
    pub first: usize,
}

/// One packet's stay in one namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Where.
    #[serde(with = "crate::wire::plain")]
    pub ns: Option<Ns>,
    /// What to call it.
    pub label: String,
    /// Which packet.
    pub packet: usize,
    /// Which way.
    #[serde(with = "crate::wire::plain")]
    pub direction: Direction,
    /// First and last frame.
    pub frames: (usize, usize),
    /// The stops, in order.
    pub stations: Vec<Station>,
}

/// The chains of one table on one node.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Chains {
    /// Names and lengths of the first [`CHAINS_LISTED`], and of those that the journey touched.
    pub listed: Vec<(String, usize)>,
    /// How many there are.
    pub count: usize,
    /// How many rules they have.
    pub rules: usize,
}

/// More chains than this are only counted: a node of a thousand Services has twelve thousand.
pub const CHAINS_LISTED: usize = 400;

/// A journey, ready to be shown: time travel is an index into [`Play::frames`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Play {
    /// Who is there.
    pub scene: Scene,
    /// What addresses are called.
    pub names: Names,
    /// One per moment; never empty.
    pub frames: Vec<Frame>,
    /// One per stay of a packet in a namespace.
    pub visits: Vec<Visit>,
    /// Every chain that the journey touched, each once per namespace.
    pub chains: Vec<ChainView>,
    /// What chains there are, by node and table.
    #[serde(with = "tables")]
    pub tables: BTreeMap<String, BTreeMap<TableName, Chains>>,
    /// Which bit of the mark asks for masquerading.
    pub masquerade_bit: u8,
    /// Every part of the conversation, this one among them.
    pub turns: Vec<Turn>,
    /// Every number drawn in the parts before this one.
    pub earlier: Vec<u32>,
    /// `conntrack -L` on every node that remembers something once this part is over.
    pub listings: Vec<Listing>,
}

impl Play {
    /// The frame at an index, or the last.
    pub fn frame(&self, cursor: usize) -> &Frame {
        let last = self.frames.len().saturating_sub(1);
        self.frames
            .get(cursor.min(last))
            .expect("a play has at least one frame")
    }

    /// The rule at a place.
    pub fn rule(&self, at: At) -> Option<&crate::chains::RuleView> {
        self.chains.get(at.chain)?.rule(at.number)
    }

    /// Every namespace's conntrack entry as it stood at the cursor; the packet's own first.
    pub fn connections(&self, cursor: usize) -> Vec<&ConnectionView> {
        let here = self.frame(cursor);
        let mut seen: Vec<&ConnectionView> = Vec::new();
        for frame in self.frames.iter().take(cursor + 1).rev() {
            if let Some(connection) = &frame.connection
                && !seen.iter().any(|c| c.ns == connection.ns)
            {
                seen.push(connection);
            }
        }
        seen.retain(|c| matches!(c.ns, Ns::Node(_)) || Some(&c.ns) == here.ns.as_ref());
        seen.sort_by_key(|c| Some(&c.ns) != here.ns.as_ref());
        seen
    }
}

/// How [`Play::tables`] crosses: the inner maps are by a lower room's type.
mod tables {
    use super::*;
    use crate::wire::keyed;

    #[derive(Serialize, Deserialize)]
    struct Node(#[serde(with = "keyed")] BTreeMap<TableName, Chains>);

    type Tables = BTreeMap<String, BTreeMap<TableName, Chains>>;

    pub fn serialize<S: serde::Serializer>(map: &Tables, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            map.iter()
                .map(|(node, tables)| (node, Node(tables.clone()))),
        )
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Tables, D::Error> {
        let nodes: BTreeMap<String, Node> = BTreeMap::deserialize(from)?;
        Ok(nodes
            .into_iter()
            .map(|(name, node)| (name, node.0))
            .collect())
    }
}
