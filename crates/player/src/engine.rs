//! The boundary to the core: requests in, plain data out, each with a number.
//!
//! The page never holds a lab. [`crate::LabEngine`] holds one: natively in the tests, and in the browser on
//! the other side of [`crate::wire`], where [`crate::queue`] keeps the order. Nothing that crosses is
//! more than data; answers come when they come.

use std::sync::Arc;

use lab::Severity;
use serde::{Deserialize, Serialize};

use crate::conversation::Talk;
use crate::frames::Play;
use crate::probe::{Choices, Question};
use crate::session::{Note, Refusal, Shared};
use crate::settings::Settings;

/// What is asked of the core.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Later requests have higher numbers; of two about one thing the earlier one's answer is stale.
    pub number: u64,
    /// What.
    pub what: Work,
}

/// One kind of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Work {
    /// Read a text and walk.
    Load {
        /// The text.
        text: Arc<str>,
        /// The last one that was a cluster, for a core that has read none.
        good: Option<Arc<str>>,
        /// Who sends to whom, kept where the new cluster still has it.
        question: Question,
        /// The choices it was made from; what was typed beside them is kept as it is.
        chosen: Option<Shared<Loaded>>,
        /// The seed.
        seed: u64,
        /// What follows the first connection.
        talk: Talk,
        /// What is stated beside the text.
        settings: Settings,
    },
    /// Walk over the cluster that was read last.
    Send {
        /// Who sends to whom.
        question: Question,
        /// The seed.
        seed: u64,
        /// Numbers forced on the first draws, in order.
        forced: Vec<u32>,
        /// What follows the first connection.
        talk: Talk,
    },
    /// Something that the first view doesn't ask: a [`crate::late::Ask`], as bytes.
    Late(Lane, Vec<u8>),
    /// Ask a lesson: bytes of a [`crate::teaching::Teach`].
    Lesson(Vec<u8>),
    /// Say what a link holds, by its fragment.
    Open(Arc<str>),
    /// Make a link. What is asked is [`crate::share`]'s to say.
    Share(Vec<u8>),
}

/// What a request is about. Of two about the same thing the newer overtakes the older, and one about
/// another cluster overtakes them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lane {
    /// The cluster, and the first walk over it.
    Cluster,
    /// The walk on screen.
    Walk,
    /// The exact odds.
    Odds,
    /// Many connections.
    Many,
    /// The what-ifs on offer.
    Offers,
    /// A what-if, written into the text.
    Edit,
    /// What differs from another cluster.
    Compare,
    /// The rules that an object made.
    Made,
    /// The rules that are browsed.
    Rules,
    /// The lesson.
    Lesson,
    /// What a link holds.
    Open,
    /// A link of what is on screen.
    Share,
    /// A line at the console. No newer one overtakes it, and no other cluster.
    Console,
    /// What a word at the console may become.
    Words,
}

impl Work {
    /// What it is about.
    pub fn lane(&self) -> Lane {
        match self {
            Work::Load { .. } => Lane::Cluster,
            Work::Send { .. } => Lane::Walk,
            Work::Late(lane, _) => *lane,
            Work::Lesson(_) => Lane::Lesson,
            Work::Open(_) => Lane::Open,
            Work::Share(_) => Lane::Share,
        }
    }
}

/// How far a request has come, for those who wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done: `Reading the YAML`.
    pub stage: String,
    /// How much of how much is done, where that can be counted.
    pub part: Option<(u64, u64)>,
}

/// What comes back over the boundary.
#[derive(Debug, Serialize, Deserialize)]
pub enum Said {
    /// A request is under way.
    Progress(Progress),
    /// A request is answered.
    Answer(Answer),
}

/// What the core said.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The request's number.
    pub number: u64,
    /// What.
    pub what: Outcome,
}

/// One kind of answer.
#[derive(Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// A text was read.
    Loaded {
        /// What is wrong or remarkable.
        notes: Vec<Note>,
        /// The cluster, unless one would refuse the text; then the last good one stays.
        good: Option<(Box<Loaded>, Question, Walked)>,
    },
    /// A packet was sent.
    Walked(Walked),
    /// The answer to what the first view doesn't ask: a [`crate::late::Reply`], as bytes.
    Late(Lane, Vec<u8>),
    /// What a lesson says: bytes of a [`crate::teaching::Taught`].
    Lesson(Vec<u8>),
    /// What a link holds, as [`crate::saved`] writes it, or why that can't be said.
    Opened(Result<Vec<u8>, Refusal>),
    /// A link, as bytes.
    Share(Vec<u8>),
}

impl Outcome {
    /// What it is about.
    pub fn lane(&self) -> Lane {
        match self {
            Outcome::Loaded { .. } => Lane::Cluster,
            Outcome::Walked(_) => Lane::Walk,
            Outcome::Late(lane, _) => *lane,
            Outcome::Lesson(_) => Lane::Lesson,
            Outcome::Opened(_) => Lane::Open,
            Outcome::Share(_) => Lane::Share,
        }
    }
}

/// A walk, or why there is none.
pub type Walked = Result<Box<Play>, Refusal>;

/// What the page keeps of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// Who can send, and to whom.
    pub choices: Choices,
    /// In words: `2 Services, 3 pods, 3 nodes`.
    pub summary: String,
    /// What there is to say about kube-proxy's version and mode.
    pub proxy: Vec<String>,
}

/// Answers requests.
pub trait Engine {
    /// Answers one, telling how far it has come.
    fn answer_telling(&mut self, request: Request, tell: &mut dyn FnMut(Progress)) -> Answer;

    /// Answers one.
    fn answer(&mut self, request: Request) -> Answer {
        self.answer_telling(request, &mut |_| {})
    }

    /// Lets go of what no later answer needs. It is called once an answer is given, since taking a large
    /// cluster down takes as long as some answers.
    fn tidy(&mut self) {}
}

/// Whether any of the notes is an error.
pub fn has_errors(notes: &[Note]) -> bool {
    notes.iter().any(|n| n.severity == Severity::Error)
}
