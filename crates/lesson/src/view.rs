//! What crosses to a page: a lesson as it is drawn, what a learner gives, what is said to it. Plain data.
//!
//! [`crate::Course`] makes it; [`crate::Run`] keeps where a learner is.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::text::{Block, Inline};

/// A lesson, to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LessonView {
    /// Its title.
    pub title: String,
    /// How many minutes it takes.
    pub minutes: u32,
    /// What it answers, in a line.
    pub about: String,
    /// Lessons that come before it, by file name without its end.
    pub after: Vec<String>,
    /// When hints may be seen.
    pub fade: Fade,
    /// What is said before the first step.
    pub intro: Vec<Block>,
    /// The steps.
    pub steps: Vec<StepView>,
    /// What is wrong with the file. A lesson with faults can be shown, but not all of it may work.
    pub faults: Vec<Fault>,
}

/// When hints may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fade {
    /// They stand there from the beginning.
    Shown,
    /// One for each click.
    Click,
    /// One for each try that failed.
    AfterTry,
    /// Not at all.
    Never,
}

/// A step, to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepView {
    /// What it is about, in a line.
    pub title: Vec<Inline>,
    /// What is said.
    pub prose: Vec<Block>,
    /// What is asked.
    pub asks: AsksView,
    /// What to look at: `map`, `chains`, `draw`, `story`, `many`, `rules`, `console`, `conntrack`, `yaml`.
    pub view: Option<String>,
    /// Whether a walk stands on the stage.
    pub walks: bool,
    /// Whether another stands beside it, to be compared.
    pub compares: bool,
    /// Hints, from the first to the one that tells most.
    pub hints: Vec<Vec<Block>>,
    /// What is said when it is answered or done.
    pub right: Vec<Block>,
}

/// What a step asks, to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AsksView {
    /// Nothing: it shows.
    Nothing,
    /// One of these.
    Choice(Vec<Vec<Inline>>),
    /// A number.
    Number,
    /// A share of one, set by a needle.
    Needle,
    /// A rule, a node or a pod, picked on the screen.
    Pick,
    /// Each item is put into one of the bins.
    Sort {
        /// The bins.
        bins: Vec<Vec<Inline>>,
        /// The items.
        items: Vec<Vec<Inline>>,
    },
    /// A task.
    Task {
        /// What may be changed: `question`, `yaml`, `draws`, `console`, `many`, `wait`.
        tools: Vec<String>,
        /// What must stay as it is, in the lesson's words: `Deployment/demo.spec.replicas`.
        keeps: Vec<String>,
        /// How to do it, for those who ask for it at last.
        solution: Option<SolutionView>,
    },
}

/// A solution, to be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SolutionView {
    /// What is said about it.
    pub prose: Vec<Block>,
    /// The manifest after it.
    pub cluster: Arc<str>,
    /// Who sends to whom, where that is another.
    pub question: Option<QuestionView>,
    /// What else was done, a line each as in the file: `conntrack: -D -p udp`.
    pub acts: Vec<String>,
}

/// Who sends to whom, in the words of `chainwalk walk`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct QuestionView {
    /// As `--from`.
    pub from: String,
    /// As `--to`.
    pub to: String,
    /// As `--via`.
    pub via: Option<String>,
}

/// What stands on the stage of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// The manifest.
    pub cluster: Arc<str>,
    /// kube-proxy's version, where the lesson states one.
    pub version: Option<String>,
    /// Who sends to whom.
    pub question: Option<QuestionView>,
    /// The seed.
    pub seed: u64,
    /// The numbers of its draws, in order: with them the page's own walk is the lesson's.
    pub forced: Vec<u32>,
    /// Where the walk stops: an index among the journey's events.
    pub stop: Option<Moment>,
    /// What to look at.
    pub view: Option<String>,
    /// Whether the walk follows from the cluster and the question alone. Where it does not (earlier walks,
    /// waits, rules changed by the lesson), only the core can make it.
    pub plain: bool,
    /// Where two walks part, as the first event that differs in each.
    pub parts: Option<(Moment, Moment)>,
}

/// A moment of a walk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Which packet, from 0.
    pub packet: usize,
    /// Index among the journey's events.
    pub event: usize,
    /// Where: a pod's, node's or host's name.
    pub place: String,
    /// The rule tried then, where one was.
    pub rule: Option<RulePlace>,
}

/// A rule's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulePlace {
    /// The table.
    pub table: String,
    /// The chain.
    pub chain: String,
    /// Its number, from 1.
    pub number: usize,
}

/// What a learner gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Given {
    /// The choice of this index.
    Choice(usize),
    /// A number, or the needle's place from 0 to 1.
    Number(f64),
    /// Something picked on the screen.
    Pick(Pick),
    /// For each item the index of its bin.
    Sort(Vec<usize>),
    /// A task, as far as it is done.
    Task(Attempt),
}

/// Something picked on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pick {
    /// A rule of a node.
    Rule {
        /// The node.
        node: String,
        /// Its place there.
        rule: RulePlace,
    },
    /// A node, a pod (`demo/web-1`) or a host.
    Place(String),
}

/// A cluster after a learner changed it, and what else was done.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Attempt {
    /// The manifest as it is now.
    pub cluster: Arc<str>,
    /// Who sends to whom on the screen.
    pub question: Option<QuestionView>,
    /// The numbers forced on its draws.
    pub forced: Vec<u32>,
    /// What was done since the step began, in order.
    pub did: Vec<Did>,
}

/// One thing that a learner did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Did {
    /// A connection was made.
    Walk {
        /// Who to whom.
        question: QuestionView,
        /// The numbers forced on its draws.
        forced: Vec<u32>,
    },
    /// Many connections were made, with so many requests over each.
    Many {
        /// Who to whom.
        question: QuestionView,
        /// How many connections.
        connections: u64,
        /// How many requests over each.
        requests: u64,
    },
    /// Time passed.
    Wait(u64),
    /// `conntrack` was run on a node.
    Conntrack {
        /// The node.
        node: String,
        /// What stood behind `conntrack`.
        args: String,
    },
    /// The manifest became this one.
    Edit(Arc<str>),
}

/// What is said to what was given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether it is right, or done.
    pub right: bool,
    /// What is said: the note to a wrong belief, or what makes it right.
    pub note: Vec<Block>,
    /// The simulator's own answer, in words, where the question was one of numbers or names. To be shown
    /// once the learner has it right or gives up.
    pub answer: Option<String>,
    /// For a task: what does not hold yet.
    pub unmet: Vec<String>,
    /// For a task: what should have stayed as it was, in the lesson's words.
    pub broken: Vec<String>,
    /// For sorting: the items in a wrong bin.
    pub misplaced: Vec<usize>,
    /// Why the simulator could not say: a manifest with an error, a question that means nothing.
    pub trouble: Option<String>,
}
