//! The boundary to the core: requests in, plain data out, each with a number.
//!
//! The page never holds a [`Lab`]. [`LabEngine`] holds one: natively in the tests, and in the browser on
//! the other side of [`crate::wire`], where [`crate::queue`] keeps the order. Nothing that crosses is
//! more than data; answers come when they come.

use std::collections::BTreeMap;
use std::sync::Arc;

use lab::{Dice, Forced, IpFamily, Lab, RuleRef, Severity, Source, TableName};
use netfilter::ChainName;
use serde::{Deserialize, Serialize};

use crate::chains::{self, ChainView, OriginView};
use crate::comparison::Comparison;
use crate::compose::{Rulebook, compose, compose_pause};
use crate::conversation::Talk;
use crate::counting::{self, Counting};
use crate::frames::Play;
use crate::made::Made;
use crate::making;
use crate::many::Tallies;
use crate::names::Names;
use crate::odds::OddsView;
use crate::probe::{Choices, Question};
use crate::replay::{Shown, replay};
use crate::session::{Note, Refusal, Shared};
use crate::settings::Settings;
use crate::whatif::{Edited, Offers};

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
    /// Compute the exact odds of a question.
    Odds {
        /// Who sends to whom.
        question: Question,
        /// The seed of the numbers that lead to each way.
        seed: u64,
    },
    /// Make many connections, or the next part of them.
    Many {
        /// Who sends to whom.
        question: Question,
        /// The seed.
        seed: u64,
        /// How many.
        wanted: u64,
        /// How many of them are made: 0 begins anew.
        made: u64,
    },
    /// Say which what-ifs are on offer.
    Offers {
        /// Who sends to whom.
        question: Question,
    },
    /// Write one of them into the text.
    Edit {
        /// Who sends to whom.
        question: Question,
        /// Which.
        id: String,
    },
    /// Compare another cluster with the one that was read last.
    Compare {
        /// The other's text.
        text: Arc<str>,
        /// What was stated beside it.
        settings: Settings,
        /// Who sends to whom.
        question: Question,
        /// The seed.
        seed: u64,
        /// The nodes that the walk on screen meets, in order.
        walked: Vec<String>,
    },
    /// Find the rules that an object of the text made.
    Made {
        /// A line of the object.
        line: usize,
        /// Of which family: whether the walk on screen is IPv6.
        #[serde(with = "crate::wire::plain")]
        family: IpFamily,
    },
    /// Show a chain.
    Chain {
        /// On which node.
        node: String,
        /// Of which family: whether the walk on screen is IPv6.
        #[serde(with = "crate::wire::plain")]
        family: IpFamily,
        /// In which table.
        #[serde(with = "crate::wire::plain")]
        table: TableName,
        /// Which.
        chain: String,
    },
}

/// What a request is about. Of two about the same thing the newer overtakes the older, and one about
/// another cluster overtakes them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    /// The chain that is looked at.
    Chain,
}

impl Work {
    /// What it is about.
    pub fn lane(&self) -> Lane {
        match self {
            Work::Load { .. } => Lane::Cluster,
            Work::Send { .. } => Lane::Walk,
            Work::Odds { .. } => Lane::Odds,
            Work::Many { .. } => Lane::Many,
            Work::Offers { .. } => Lane::Offers,
            Work::Edit { .. } => Lane::Edit,
            Work::Compare { .. } => Lane::Compare,
            Work::Made { .. } => Lane::Made,
            Work::Chain { .. } => Lane::Chain,
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
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Said {
    /// A request is under way.
    Progress(Progress),
    /// A request is answered.
    Answer(Answer),
}

/// What the core said.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    /// The request's number.
    pub number: u64,
    /// What.
    pub what: Outcome,
}

/// One kind of answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    /// The odds; none where the question cannot be asked, or has too many paths.
    Odds(Option<Box<OddsView>>),
    /// Many connections, as far as they are made.
    Many(Result<Box<Tallies>, Refusal>),
    /// What is on offer.
    Offers(Box<Offers>),
    /// The text after a what-if, or why it can't be written.
    Edited(Result<Box<Edited>, Refusal>),
    /// What differs, or why that can't be said.
    Compared(Result<Box<Comparison>, Refusal>),
    /// An object's rules; none where the line is no object's.
    Made(Option<Box<Made>>),
    /// A chain.
    Chain(Option<Box<ChainView>>),
}

impl Outcome {
    /// What it is about.
    pub fn lane(&self) -> Lane {
        match self {
            Outcome::Loaded { .. } => Lane::Cluster,
            Outcome::Walked(_) => Lane::Walk,
            Outcome::Odds(_) => Lane::Odds,
            Outcome::Many(_) => Lane::Many,
            Outcome::Offers(_) => Lane::Offers,
            Outcome::Edited(_) => Lane::Edit,
            Outcome::Compared(_) => Lane::Compare,
            Outcome::Made(_) => Lane::Made,
            Outcome::Chain(_) => Lane::Chain,
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
}

/// A [`Lab`] in the same thread.
#[derive(Default)]
pub struct LabEngine {
    good: Option<Lab>,
    /// The text of the good one.
    text: Arc<str>,
    /// Another cluster that it was compared with.
    other: Option<(Arc<str>, Settings, Lab)>,
    counting: Option<(Question, Counting)>,
}

impl Engine for LabEngine {
    fn answer_telling(&mut self, request: Request, tell: &mut dyn FnMut(Progress)) -> Answer {
        let what = match request.what {
            Work::Load {
                text,
                question,
                chosen,
                seed,
                talk,
                settings,
            } => {
                let chosen = chosen.as_deref();
                self.load((text, settings), question, chosen, seed, &talk, tell)
            }
            Work::Send {
                question,
                seed,
                forced,
                talk,
            } => Outcome::Walked(self.walk(&question, seed, &forced, &talk)),
            Work::Odds { question, seed } => Outcome::Odds(self.odds(&question, seed)),
            Work::Many {
                question,
                seed,
                wanted,
                made,
            } => Outcome::Many(self.many(question, seed, wanted, made)),
            Work::Offers { question } => Outcome::Offers(Box::new(self.offers(&question))),
            Work::Edit { question, id } => Outcome::Edited(self.edit(&question, &id)),
            Work::Compare {
                text,
                settings,
                question,
                seed,
                walked,
            } => Outcome::Compared(self.compare((text, settings), &question, seed, &walked)),
            Work::Made { line, family } => Outcome::Made(
                self.good
                    .as_ref()
                    .and_then(|lab| making::made(lab, line, family).map(Box::new)),
            ),
            Work::Chain {
                node,
                family,
                table,
                chain,
            } => Outcome::Chain(self.good.as_ref().and_then(|lab| {
                Book { lab, family }
                    .chain(&node, table, &chain)
                    .map(Box::new)
            })),
        };
        Answer {
            number: request.number,
            what,
        }
    }
}

impl LabEngine {
    fn load(
        &mut self,
        (text, settings): (Arc<str>, Settings),
        question: Question,
        chosen: Option<&Loaded>,
        seed: u64,
        talk: &Talk,
        tell: &mut dyn FnMut(Progress),
    ) -> Outcome {
        let mut stage = |stage: &str, part| {
            tell(Progress {
                stage: stage.into(),
                part,
            });
        };
        stage("Reading the YAML", None);
        let (lab, version) = read(text.clone(), &settings);
        let notes = lab.diagnostics().iter().map(note).collect();
        if lab.has_errors() {
            return Outcome::Loaded { notes, good: None };
        }
        let choices = Choices::of(lab.cluster());
        let question = choices.keep_or_choose(question, chosen.map(|l| &l.choices));
        let cluster = lab.cluster();
        let summary = [
            crate::text::count(cluster.services.len(), "Service", "Services"),
            crate::text::count(cluster.pods.len(), "pod", "pods"),
            crate::text::count(cluster.nodes.len(), "node", "nodes"),
        ]
        .join(", ");
        let proxy = crate::stated::notes(&lab, version);
        // The walk needs every node's rules, and they are most of the work.
        let nodes = cluster.nodes.len() as u64;
        for (done, node) in (0..).zip(&cluster.nodes) {
            stage("Writing each node's rules", Some((done, nodes)));
            for family in [IpFamily::Ipv4, IpFamily::Ipv6] {
                lab.rules(&node.name, family);
            }
        }
        stage("Walking the packet", None);
        self.good = Some(lab);
        self.text = text;
        self.counting = None;
        let walked = self.walk(&question, seed, &[], talk);
        Outcome::Loaded {
            notes,
            good: Some((
                Box::new(Loaded {
                    choices,
                    summary,
                    proxy,
                }),
                question,
                walked,
            )),
        }
    }

    fn offers(&self, question: &Question) -> Offers {
        let Some(lab) = &self.good else {
            return Offers::default();
        };
        crate::suggest::offers(lab.cluster(), question.ask().ok().as_ref())
    }

    fn edit(&self, question: &Question, id: &str) -> Result<Box<Edited>, Refusal> {
        let lab = self.good.as_ref().ok_or_else(no_cluster)?;
        let ask = question.ask().ok();
        crate::suggest::take(lab.cluster(), &self.text, ask.as_ref(), id).map(Box::new)
    }

    fn compare(
        &mut self,
        (text, settings): (Arc<str>, Settings),
        question: &Question,
        seed: u64,
        walked: &[String],
    ) -> Result<Box<Comparison>, Refusal> {
        let kept = self.other.take();
        let kept = kept.filter(|(of, with, _)| *of == text && *with == settings);
        let (text, settings, other) = kept.unwrap_or_else(|| {
            let (lab, _) = read(text.clone(), &settings);
            (text, settings, lab)
        });
        let refused = other.has_errors();
        self.other = Some((text, settings, other));
        let (Some((.., other)), Some(lab)) = (&self.other, &self.good) else {
            return Err(no_cluster());
        };
        if refused {
            return Err(Refusal {
                message: "The text before this one was no cluster: it had errors.".into(),
                help: "Compare with the beginning, or undo once more.".into(),
            });
        }
        let ask = question.ask().ok();
        Ok(Box::new(crate::compare::compare(
            other,
            lab,
            ask.as_ref(),
            seed,
            walked,
        )))
    }

    fn odds(&self, question: &Question, seed: u64) -> Option<Box<OddsView>> {
        let (lab, ask) = (self.good.as_ref()?, question.ask().ok()?);
        let names = Names::of(lab.cluster());
        counting::odds(lab, &names, &ask, seed).map(Box::new)
    }

    fn many(
        &mut self,
        question: Question,
        seed: u64,
        wanted: u64,
        made: u64,
    ) -> Result<Box<Tallies>, Refusal> {
        let refuse = |error: lab::AskError| Refusal {
            message: error.message,
            help: error.help,
        };
        let kept = self.counting.take();
        let goes_on = kept.filter(|(of, run)| {
            made > 0 && *of == question && run.is(seed, wanted) && run.made() == made
        });
        let mut run = match (goes_on, &self.good) {
            (Some((_, run)), _) => run,
            (None, Some(lab)) => {
                let ask = question.ask().map_err(refuse)?;
                Counting::new(lab, &ask, seed, wanted).map_err(refuse)?
            }
            (None, None) => {
                return Err(Refusal {
                    message: "There is no cluster yet.".into(),
                    help: "Paste YAML, or mend what the editor marks.".into(),
                });
            }
        };
        run.go();
        let tallies = run.tallies();
        self.counting = Some((question, run));
        Ok(Box::new(tallies))
    }

    fn walk(&self, question: &Question, seed: u64, forced: &[u32], talk: &Talk) -> Walked {
        let refuse = |message: String, help: String| Err(Refusal { message, help });
        let Some(lab) = &self.good else {
            return refuse(
                "There is no cluster yet.".into(),
                "Paste YAML, or mend what the editor marks.".into(),
            );
        };
        let ask = match question.ask() {
            Ok(ask) => ask,
            Err(error) => return refuse(error.message, error.help),
        };
        let mut dice = match forced {
            [] => Dice::seeded(seed),
            numbers => Dice::scripted(numbers.iter().map(|n| Forced::Number(*n)).collect(), seed),
        };
        let replayed = match replay(lab, &ask, question.extent, talk, &mut dice) {
            Ok(replayed) => replayed,
            Err(error) => return refuse(error.message, error.help),
        };
        let trip = &replayed.trip;
        let family = match trip.dst.is_ipv4() {
            true => IpFamily::Ipv4,
            false => IpFamily::Ipv6,
        };
        let book = Book { lab, family };
        let cluster = lab.cluster();
        let play = match &replayed.shown {
            Shown::Walk => compose(cluster, &book, trip, question.extent),
            Shown::Pause(told) => compose_pause(cluster, &book, trip, told),
        };
        Ok(Box::new(Play {
            turns: replayed.turns,
            earlier: replayed.earlier,
            listings: replayed.listings,
            ..play
        }))
    }
}

/// Reads a text as the settings say, and what is to be said about their version.
fn read(text: Arc<str>, settings: &Settings) -> (Lab, Option<String>) {
    let source = Source {
        name: "cluster.yaml".into(),
        text,
    };
    let (options, version) = crate::stated::options(settings);
    (Lab::load(&[source], options), version)
}

fn no_cluster() -> Refusal {
    Refusal {
        message: "There is no cluster yet.".into(),
        help: "Paste YAML, or mend what the editor marks.".into(),
    }
}

fn note(d: &lab::Diagnostic) -> Note {
    Note {
        severity: d.severity,
        place: d.span.map(|s| (s.line, s.column, s.end_line, s.end_column)),
        field: d.field.clone(),
        message: d.message.clone(),
        help: d.help.clone(),
    }
}

/// The rules of a lab's nodes in one family.
struct Book<'a> {
    lab: &'a Lab,
    family: IpFamily,
}

impl Rulebook for Book<'_> {
    fn chain(&self, node: &str, table: TableName, name: &str) -> Option<ChainView> {
        let rules = self.lab.rules(node, self.family);
        let mut view = chains::view(&rules.ruleset, table, name)?;
        for rule in &mut view.rules {
            rule.origin = self.origin(node, table, name, rule.number);
        }
        Some(view)
    }

    fn tables(&self, node: &str) -> BTreeMap<TableName, Vec<(String, usize)>> {
        let rules = self.lab.rules(node, self.family);
        rules
            .ruleset
            .tables
            .iter()
            .map(|(name, table)| {
                let chains = table
                    .chains
                    .iter()
                    .map(|c| (c.name.as_str().to_owned(), c.rules.len()))
                    .collect();
                (*name, chains)
            })
            .collect()
    }
}

impl Book<'_> {
    fn origin(
        &self,
        node: &str,
        table: TableName,
        chain: &str,
        number: usize,
    ) -> Option<OriginView> {
        let rule = RuleRef {
            table,
            chain: ChainName::new(chain)?,
            number,
        };
        let origin = self.lab.origin(node, self.family, &rule)?;
        Some(OriginView {
            written_by: origin.written_by.to_owned(),
            why: origin.why,
            object: origin
                .object
                .map(|(kind, namespace, name)| match namespace.is_empty() {
                    true => format!("{kind} {name}"),
                    false => format!("{kind} {namespace}/{name}"),
                }),
            made_by: origin.made_by.map(str::to_owned),
            field: origin.field,
            span: origin.span,
        })
    }
}

/// Whether any of the notes is an error.
pub fn has_errors(notes: &[Note]) -> bool {
    notes.iter().any(|n| n.severity == Severity::Error)
}
