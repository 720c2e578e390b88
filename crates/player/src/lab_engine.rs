//! The core behind the boundary: a [`Lab`] that answers requests in its own thread.
//!
//! What requests and answers are is [`crate::engine`]'s to say; the page contains nothing of this.

use std::collections::BTreeMap;
use std::sync::Arc;

use lab::{Dice, Forced, IpFamily, Lab, Memory, Reader, RuleRef, Source, TableName};
use netfilter::ChainName;

use crate::browsing::Browsing;
use crate::chains::{self, ChainView, OriginView};
use crate::comparison::Comparison;
use crate::compose::{Rulebook, compose, compose_pause};
use crate::consoling::{self, Consoling};
use crate::conversation::Talk;
use crate::counting::{self, Counting};
use crate::engine::{Answer, Engine, Loaded, Outcome, Progress, Request, Walked, Work};
use crate::frames::Play;
use crate::late::{Ask, Reply, console};
use crate::making;
use crate::many::Tallies;
use crate::names::Names;
use crate::odds::OddsView;
use crate::probe::{Choices, Question};
use crate::replay::{Shown, replay};
use crate::session::{Note, Refusal};
use crate::settings::Settings;
use crate::sharing;
use crate::teaching::Teacher;
use crate::whatif::{Edited, Offers};
use crate::wire;

/// A [`Lab`] in the same thread.
#[derive(Default)]
pub struct LabEngine {
    good: Option<Lab>,
    /// What is known of the text that was read last.
    reader: Reader,
    /// The one before the good one, until there is time to take it down.
    retired: Option<Lab>,
    /// The text of the good one.
    text: Arc<str>,
    /// What was stated beside it.
    settings: Settings,
    /// The console over the good one.
    console: Consoling,
    /// Another cluster that it was compared with.
    other: Option<(Arc<str>, Settings, Lab)>,
    counting: Option<(Question, Counting)>,
    browsing: Browsing,
    teacher: Teacher,
}

impl Engine for LabEngine {
    fn tidy(&mut self) {
        self.retired = None;
    }

    fn answer_telling(&mut self, request: Request, tell: &mut dyn FnMut(Progress)) -> Answer {
        let what = match request.what {
            Work::Load {
                text,
                good,
                question,
                chosen,
                seed,
                talk,
                settings,
            } => {
                let chosen = chosen.as_deref();
                let good = good.filter(|_| self.good.is_none());
                let texts = (text, good, settings);
                self.load(texts, question, chosen, seed, &talk, tell)
            }
            Work::Open(link) => Outcome::Opened(sharing::open(&link)),
            Work::Lesson(asked) => Outcome::Lesson(self.teacher.answer(&asked)),
            Work::Share(ask) => Outcome::Share(sharing::share(&ask)),
            Work::Send {
                question,
                seed,
                forced,
                talk,
            } => Outcome::Walked(self.walk(&question, seed, &forced, &talk)),
            Work::Late(lane, ask) => {
                let ask = wire::decode(&ask);
                let reply = ask.map(|ask| wire::encode(&self.reply(ask)));
                Outcome::Late(lane, reply.unwrap_or_default())
            }
        };
        Answer {
            number: request.number,
            what,
        }
    }
}

impl LabEngine {
    /// Answers what the first view doesn't ask.
    fn reply(&mut self, ask: Ask) -> Reply {
        match ask {
            Ask::Odds {
                question,
                seed,
                talk,
                earlier,
            } => Reply::Odds(self.odds(&question, seed, &talk, &earlier)),
            Ask::Many {
                question,
                seed,
                wanted,
                made,
            } => Reply::Many(self.many(question, seed, wanted, made)),
            Ask::Offers { question } => Reply::Offers(Box::new(self.offers(&question))),
            Ask::Edit { question, id } => Reply::Edited(self.edit(&question, &id)),
            Ask::Compare {
                text,
                settings,
                question,
                seed,
                walked,
            } => Reply::Compared(self.compare((text, settings), &question, seed, &walked)),
            Ask::Made { line, family } => Reply::Made(
                self.good
                    .as_ref()
                    .and_then(|lab| making::made(lab, line, family).map(Box::new)),
            ),
            Ask::Rules(ask) => Reply::Rules(
                self.good
                    .as_ref()
                    .and_then(|lab| self.browsing.find(lab, &ask).map(Box::new)),
            ),
            Ask::Console(ask) => Reply::Console(self.console(ask)),
        }
    }

    fn load(
        &mut self,
        (mut text, good, settings): (Arc<str>, Option<Arc<str>>, Settings),
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
        // What the console changed is here already.
        let same = self.text == text && self.settings == settings;
        let (mut lab, mut version) = match self.good.take_if(|_| same) {
            Some(lab) => (lab, crate::stated::options(&settings).1),
            None => read(&mut self.reader, text.clone(), &settings),
        };
        let notes = lab.diagnostics().iter().map(note).collect();
        if lab.has_errors() {
            let Some(good) = good else {
                return Outcome::Loaded { notes, good: None };
            };
            text = good;
            (lab, version) = read(&mut self.reader, text.clone(), &settings);
            if lab.has_errors() {
                return Outcome::Loaded { notes, good: None };
            }
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
        if let Some(before) = &self.good {
            self.console.moved(before, &lab, &text);
        }
        self.retired = self.good.replace(lab);
        self.text = text;
        self.settings = settings;
        self.counting = None;
        self.browsing = Browsing::default();
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
            let (lab, _) = read(&mut Reader::default(), text.clone(), &settings);
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

    fn odds(
        &self,
        question: &Question,
        seed: u64,
        talk: &Talk,
        earlier: &[u32],
    ) -> Option<Box<OddsView>> {
        let (lab, ask) = (self.good.as_ref()?, question.ask().ok()?);
        let names = Names::of(lab.cluster());
        let memory = match talk.shown {
            0 => Memory::default(),
            _ => {
                let numbers = earlier.iter().map(|n| Forced::Number(*n)).collect();
                let mut dice = Dice::scripted(numbers, seed);
                replay(lab, &ask, question.extent, talk, &mut dice)
                    .ok()?
                    .before
            }
        };
        counting::odds(lab, &names, &memory, &ask, seed).map(Box::new)
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

impl LabEngine {
    fn console(&mut self, ask: console::Ask) -> console::Say {
        let Some(lab) = self.good.take() else {
            return consoling::without_a_cluster(ask);
        };
        let over = consoling::Over {
            lab,
            text: self.text.clone(),
            settings: self.settings.clone(),
        };
        let (over, say) = self.console.answer(ask, over);
        self.good = Some(over.lab);
        self.text = over.text;
        if self.settings != over.settings {
            self.settings = over.settings;
            self.counting = None;
            self.browsing = Browsing::default();
        }
        say
    }
}

/// Reads a text as the settings say, and what is to be said about their version.
fn read(reader: &mut Reader, text: Arc<str>, settings: &Settings) -> (Lab, Option<String>) {
    let source = Source {
        name: "cluster.yaml".into(),
        text,
    };
    let (options, version) = crate::stated::options(settings);
    let mut lab = Lab::load_with(reader, std::slice::from_ref(&source), options);
    consoling::put_back(&mut lab, &source.text, settings);
    (lab, version)
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
pub(crate) struct Book<'a> {
    /// The lab.
    pub lab: &'a Lab,
    /// Which family.
    pub family: IpFamily,
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
    pub(crate) fn origin(
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
