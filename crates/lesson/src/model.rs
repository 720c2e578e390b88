//! A lesson as it was read: what it says, which cluster it plays in, its steps with what they ask.
//!
//! Text becomes these types in [`crate::read`]; whether they hold in the simulator is for [`crate::check`].

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::act::{Act, Send};
use crate::expr::{Expr, Pattern};
use crate::text::{Block, Inline};
use crate::view::Fade;

/// A lesson.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// Its title.
    pub title: String,
    /// How long it takes.
    pub minutes: u32,
    /// Lessons that come before it, by file name without its end.
    pub after: Vec<String>,
    /// What it answers, in a line.
    pub about: String,
    /// The Service that rules are meant of: namespace and name, with a port's name where it has one.
    pub service: Option<String>,
    /// What stands for what: `vip` for `10.43.169.48:8711`.
    pub names: BTreeMap<String, String>,
    /// kube-proxy's version.
    pub version: Option<String>,
    /// The seed of its draws.
    pub seed: u64,
    /// When hints may be seen.
    pub fade: Fade,
    /// What is said before the first step.
    pub intro: Vec<Block>,
    /// Clusters by name; the one without is `""`.
    pub clusters: BTreeMap<String, Arc<str>>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One idea, and what the learner does about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The line of its heading.
    pub line: usize,
    /// What it is about, in a line.
    pub title: Vec<Inline>,
    /// What is said.
    pub prose: Vec<Block>,
    /// The manifest that it plays in.
    pub cluster: Arc<str>,
    /// The manifest that it has become by what happened before the step.
    pub now: Arc<str>,
    /// What has happened before it.
    pub before: Vec<Said<Act>>,
    /// The connection on screen.
    pub shown: Option<Said<Shown>>,
    /// One to stand beside it.
    pub beside: Option<Said<Send>>,
    /// Where the walk stops.
    pub stop: Option<Said<Stop>>,
    /// What to look at: `map`, `chains`, `draw`, `story`, `many`, `rules`, `console`.
    pub view: Option<String>,
    /// What its words claim, for the check alone.
    pub claims: Vec<Said<Expr>>,
    /// What is asked.
    pub asks: Asks,
    /// What is said when it is answered or done.
    pub right: Vec<Block>,
    /// Hints, from the first to the one that tells most.
    pub hints: Vec<Vec<Block>>,
}

/// Something written, and its line.
#[derive(Debug, Clone, PartialEq)]
pub struct Said<T> {
    /// The line.
    pub line: usize,
    /// As written.
    pub words: String,
    /// What it means.
    pub means: T,
}

/// What is on screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// A new connection.
    Walk(Send),
    /// The next packet of a named one.
    Again(String),
    /// Another connection of a named one's client.
    Fresh(String),
}

/// A moment of a walk, by what happens.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// Of which packet, where it was said: 0 is the first, the answer to it is 1.
    pub packet: Option<usize>,
    /// On which node, where it was said.
    pub node: Option<String>,
    /// What happens.
    pub what: Moment,
}

/// What happens at a moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Moment {
    /// A rule is tried.
    Rule(Box<Pattern>),
    /// A destination is rewritten.
    Dnat,
    /// A source is rewritten.
    Snat,
    /// The Service's address is put back.
    UndoDnat,
    /// The client's address is put back.
    UndoSnat,
    /// A number is drawn, the n-th.
    Draw(usize),
    /// A packet is dropped or refused.
    Lost,
    /// A table is not asked.
    NotAsked,
    /// conntrack looks a packet up.
    Conntrack,
    /// A process has the packet.
    Delivered,
    /// A tunnel wraps the packet.
    Wrapped,
    /// All is over.
    End,
}

/// What a step asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Asks {
    /// Nothing: it shows.
    Nothing,
    /// A prediction.
    Predict(Predict),
    /// A task.
    Task(Box<Task>),
}

/// A prediction. The simulator answers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Predict {
    /// How the learner answers.
    pub how: How,
    /// What the answer comes to; choices are compared with it. Without it each choice is a condition.
    pub answer: Option<Said<Expr>>,
    /// What can be chosen, or believed.
    pub choices: Vec<Choice>,
    /// What is to be sorted, each a walk.
    pub items: Vec<SortItem>,
}

/// How a learner answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum How {
    /// One of the choices.
    Choice,
    /// A number, right within so much.
    Number(f64),
    /// A share of one, set by a needle, right within so much.
    Needle(f64),
    /// A rule or node, picked on the screen.
    Pick,
    /// Each item is put under one of the choices.
    Sort,
}

/// A choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What it says, or when it is true.
    pub value: Said<Expr>,
    /// Its words.
    pub words: Vec<Inline>,
    /// What is said to those who chose it.
    pub note: Vec<Block>,
}

/// Something to sort.
#[derive(Debug, Clone, PartialEq)]
pub struct SortItem {
    /// Which walk it is.
    pub send: Said<Send>,
    /// Its words.
    pub words: Vec<Inline>,
}

/// A task.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// What must hold, each with words for those who are not there yet.
    pub checks: Vec<Check>,
    /// What must stay as it is.
    pub keeps: Vec<Said<Keep>>,
    /// What may be changed, in the page's words: `question`, `yaml`, `draws`, `console`.
    pub tools: Vec<String>,
    /// One way to do it.
    pub solution: Option<Fix>,
    /// Ways that tempt and do not do it.
    pub wrong: Vec<Fix>,
}

/// A condition of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What must hold.
    pub holds: Said<Expr>,
    /// What is said while it does not.
    pub words: String,
}

/// Something that must stay as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    /// The whole text.
    Yaml,
    /// The question.
    Question,
    /// Objects of a kind, or one of a name, or a field of them: `Deployment/demo.spec.replicas`.
    Objects {
        /// The kind.
        kind: String,
        /// The name, where one is meant.
        name: Option<String>,
        /// Names on the way to the field.
        path: Vec<String>,
    },
}

/// What somebody does about a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// The line of its heading.
    pub line: usize,
    /// What it is called.
    pub title: Vec<Inline>,
    /// What is said about it.
    pub prose: Vec<Block>,
    /// The manifest after it.
    pub cluster: Arc<str>,
    /// The question after it, where it is another.
    pub ask: Option<Said<Send>>,
    /// What was done.
    pub acts: Vec<Said<Act>>,
    /// What its words claim, for the check alone.
    pub claims: Vec<Said<Expr>>,
}
