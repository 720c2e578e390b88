//! Lesson mode: which lesson is open, where the learner is in it, and what that puts on the page.
//!
//! What a lesson is and whether an answer is right, is the core's ([`crate::teaching`]); where a learner is, is
//! [`lesson::Run`]'s. This joins both with the session: a step's cluster goes into the editor, its walk onto the
//! views, what the learner does into the answer.

use std::rc::Rc;
use std::sync::Arc;

use lesson::workshop::Workshop;
use lesson::{
    AsksView, Attempt, Did, Given, LessonView, Move, Progress, QuestionView, Run, Stage, Wanted,
};

use crate::conversation::Step;
use crate::desk::Deed;
use crate::editor::Editor;
use crate::engine::{Request, Work};
use crate::frames::Play;
use crate::history::Doing;
use crate::probe::{Question, Transport};
use crate::session::{Panel, Session, Shared};
use crate::teaching::{About, Set, Shown, Taught, Teach};

/// Lesson mode, while it is on.
#[derive(Debug, Clone, Default)]
pub struct Learning {
    /// The list of lessons.
    pub workshop: Option<Rc<Workshop>>,
    /// The lesson that is open, by its file's name without its end.
    pub name: Option<String>,
    /// Its text.
    text: Arc<str>,
    /// All that is drawn of it, once it was read.
    pub view: Option<Rc<LessonView>>,
    /// Where the learner is.
    pub run: Option<Run>,
    /// What stands on the stage of the step on screen.
    pub laid: Option<Rc<Laid>>,
    /// How far all lessons are.
    pub progress: Progress,
    /// Which of two walks is on the views.
    pub side: Side,
    /// What could not be had, and what to do.
    pub trouble: Option<String>,
    /// What was done since the step began.
    did: Vec<Did>,
    /// The step that was asked for before the lesson was read.
    wanted: Option<usize>,
    /// Whether the stage's walk is on the views already.
    placed: Placed,
}

/// One of two walks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// The step's own.
    #[default]
    First,
    /// The one beside it.
    Beside,
}

/// Whether a stage's walk is on the views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Placed {
    /// Not yet: the core still reads the cluster.
    #[default]
    Not,
    /// Its first moment alone, since the learner has not committed.
    Held,
    /// All of it.
    Whole,
}

/// A step's stage.
#[derive(Debug)]
pub struct Laid {
    /// Which step's.
    pub step: usize,
    /// What it is set with.
    pub stage: Stage,
    /// The walk.
    pub walk: Option<Stop>,
    /// The one beside it.
    pub beside: Option<Stop>,
}

/// A walk that is to be shown up to a moment.
#[derive(Debug, Clone)]
pub struct Stop {
    /// The walk.
    pub play: Shared<Play>,
    /// The frame at which it stops.
    pub stop: Option<usize>,
    /// The frame at which it parts from the other.
    pub parts: Option<usize>,
}

impl Stop {
    fn of(shown: Shown) -> Stop {
        Stop {
            play: Shared::new(shown.play),
            stop: shown.stop,
            parts: shown.parts,
        }
    }

    /// The frame that it is about.
    pub fn aim(&self) -> usize {
        let last = self.play.frames.len().saturating_sub(1);
        self.parts.or(self.stop).unwrap_or(last).min(last)
    }
}

/// The lesson mode of a session, while it is on.
pub fn of(session: &Session) -> Option<&Learning> {
    session.desk.learning.get()
}

/// Opens the list of lessons, or goes back to it.
pub fn list(workshop: Workshop, progress: Progress) -> Deed {
    Deed::new(move |session| {
        let learning = Learning {
            workshop: Some(Rc::new(workshop.clone())),
            progress: progress.clone(),
            ..Learning::default()
        };
        session.desk.learning.put(learning);
        session.panel = Panel::None;
        Vec::new()
    })
}

/// More is known of how far the lessons are.
pub fn known(progress: Progress) -> Deed {
    with(move |_, learning| {
        learning.progress = progress.clone();
        learning.trouble = None;
        Vec::new()
    })
}

/// What could not be had.
pub fn lost(what: String) -> Deed {
    with(move |_, learning| {
        learning.trouble = Some(what.clone());
        Vec::new()
    })
}

/// Goes back to the list.
pub fn leave_lesson() -> Deed {
    with(|_, learning| {
        *learning = Learning {
            workshop: learning.workshop.clone(),
            progress: learning.progress.clone(),
            ..Learning::default()
        };
        Vec::new()
    })
}

/// Ends lesson mode. The lesson's cluster stays, to be tried freely; what was there before is an undo away.
pub fn leave() -> Deed {
    Deed::new(|session| {
        session.desk.learning.clear();
        Vec::new()
    })
}

/// Opens a lesson by its text, at a step.
pub fn open(name: String, text: Arc<str>, step: Option<usize>) -> Deed {
    with(move |session, learning| {
        *learning = Learning {
            workshop: learning.workshop.clone(),
            progress: learning.progress.clone(),
            name: Some(name.clone()),
            text: text.clone(),
            wanted: step,
            ..Learning::default()
        };
        session.taught = None;
        vec![session.teach(&text, About::Whole)]
    })
}

/// Takes what the core said about the lesson.
pub fn heard() -> Deed {
    with(|session, learning| {
        let said = session.taught.take().and_then(|bytes| Taught::read(&bytes));
        match said {
            Some(Taught::Whole(view)) => begun(session, learning, *view),
            Some(Taught::Stage(step, set)) => {
                match set {
                    Ok(set) => return staged(session, learning, step, *set),
                    Err(why) => learning.trouble = Some(why),
                }
                Vec::new()
            }
            Some(Taught::Verdict(step, given, verdict)) => {
                if let Some(run) = &mut learning.run {
                    run.judged(step, &given, *verdict);
                    learning.progress.note(run);
                }
                Vec::new()
            }
            None => Vec::new(),
        }
    })
}

fn begun(session: &mut Session, learning: &mut Learning, view: LessonView) -> Vec<Request> {
    let name = learning.name.clone().unwrap_or_default();
    let mut run = Run::begin(&name, &view);
    learning.progress.resume(&mut run);
    let mut run = run.fitting(&view);
    if let Some(step) = learning.wanted.take() {
        run.make(Move::Go(step), &view);
    }
    session.remember(Doing::Replaced);
    let stage =
        (!view.steps.is_empty()).then(|| session.teach(&learning.text, About::Stage(run.at)));
    learning.view = Some(Rc::new(view));
    learning.run = Some(run);
    stage.into_iter().collect()
}

fn staged(session: &mut Session, learning: &mut Learning, step: usize, set: Set) -> Vec<Request> {
    if learning.run.as_ref().map(|run| run.at) != Some(step) {
        return Vec::new();
    }
    let laid = Laid {
        step,
        stage: set.stage,
        walk: set.walk.map(|w| Stop::of(*w)),
        beside: set.beside.map(|w| Stop::of(*w)),
    };
    learning.placed = Placed::Not;
    learning.side = Side::First;
    learning.did.clear();
    let stage = &laid.stage;
    session.editor = Shared::new(Editor::new(stage.cluster.clone()));
    if let Some(version) = &stage.version {
        session.settings.version = version.clone();
    }
    if let Some(question) = &stage.question {
        session.question = asked(question);
    }
    session.seed = stage.seed;
    session.talk = Default::default();
    session.anew = false;
    session.begin = Some(0);
    session.playing = false;
    let panel = match stage.view.as_deref() {
        Some("many") => Panel::Many,
        _ => Panel::None,
    };
    if session.panel != panel {
        session.panel = panel;
    }
    session.editor_open = stage.view.as_deref() == Some("yaml");
    learning.laid = Some(Rc::new(laid));
    vec![session.load()]
}

/// A move of the learner.
pub fn make(made: Move) -> Deed {
    with(move |session, learning| {
        let (Some(run), Some(view)) = (&mut learning.run, &learning.view) else {
            return Vec::new();
        };
        let wanted = run.make(made.clone(), view);
        learning.progress.note(run);
        learning.trouble = None;
        match wanted {
            Wanted::Nothing => Vec::new(),
            Wanted::Stage(step) => {
                learning.laid = None;
                vec![session.teach(&learning.text, About::Stage(step))]
            }
            Wanted::Verdict(step, given) => {
                vec![session.teach(&learning.text, About::Verdict(step, given))]
            }
        }
    })
}

/// Asks whether the task is done, as everything stands now.
pub fn check() -> Deed {
    Deed::new(|session| {
        let Some(learning) = of(session) else {
            return Vec::new();
        };
        let given = Given::Task(attempt(session, learning));
        make(Move::Give(given)).done(session)
    })
}

/// Puts the task's cluster and question back as they were.
pub fn anew() -> Deed {
    with(|session, learning| match &learning.run {
        Some(run) => vec![session.teach(&learning.text, About::Stage(run.at))],
        None => Vec::new(),
    })
}

/// Shows one of the two walks.
pub fn look(side: Side) -> Deed {
    with(move |session, learning| {
        learning.side = side;
        if let Some(stop) = learning.stop() {
            session.playing = false;
            session.cursor = stop.aim();
            session.play = Some(stop.play);
        }
        Vec::new()
    })
}

/// After the page was drawn: puts the step's walk onto the views once the cluster has been read, lets it run once
/// the learner has committed, and keeps account of what was done.
pub fn follow() -> Deed {
    with(|session, learning| {
        if !session.is_settled() {
            return Vec::new();
        }
        place(session, learning);
        account(session, learning);
        Vec::new()
    })
}

/// Whether [`follow`] has anything to do.
pub fn has_to_follow(session: &Session) -> bool {
    of(session).is_some_and(|learning| {
        session.is_settled() && (learning.due() != learning.placed || is_past(session, learning))
    }) || of(session)
        .is_some_and(|learning| learning.is_task() && unaccounted(session, learning).is_some())
}

impl Learning {
    /// The walk that is looked at.
    fn stop(&self) -> Option<Stop> {
        let laid = self.laid.as_ref()?;
        match self.side {
            Side::First => laid.walk.clone(),
            Side::Beside => laid.beside.clone(),
        }
    }

    fn asks(&self) -> Option<&AsksView> {
        let (view, run) = (self.view.as_ref()?, self.run.as_ref()?);
        view.steps.get(run.at).map(|step| &step.asks)
    }

    fn is_task(&self) -> bool {
        matches!(self.asks(), Some(AsksView::Task { .. }))
    }

    /// How much of the walk should be on the views.
    fn due(&self) -> Placed {
        match (&self.laid, &self.view, &self.run) {
            (Some(_), Some(view), Some(run)) if run.may_play(view) => Placed::Whole,
            (Some(_), Some(_), Some(_)) => Placed::Held,
            _ => self.placed,
        }
    }
}

/// Whether the walk has run to where it stops.
fn is_past(session: &Session, learning: &Learning) -> bool {
    let stop = learning.stop().filter(|_| !learning.is_task());
    stop.is_some_and(|stop| {
        session.playing && session.play.as_ref() == Some(&stop.play) && session.cursor >= stop.aim()
    })
}

fn place(session: &mut Session, learning: &mut Learning) {
    let due = learning.due();
    if is_past(session, learning) {
        session.playing = false;
    }
    if due == learning.placed {
        return;
    }
    learning.placed = due;
    let Some(laid) = learning.laid.clone() else {
        return;
    };
    let Some(stop) = learning.stop() else { return };
    session.forced = laid.stage.forced.clone();
    match due {
        // A task's own walk is the page's, where that is the same.
        Placed::Whole if learning.is_task() && laid.stage.plain => {}
        Placed::Whole => {
            session.play = Some(stop.play.clone());
            session.refusal = None;
            session.cursor = 0;
            session.playing = session.panel == Panel::None;
        }
        Placed::Held => {
            // The walk that is not to be seen yet is not there.
            let mut first = Play::clone(&stop.play);
            first.frames.truncate(1);
            first.turns.clear();
            first.listings.clear();
            session.play = Some(Shared::new(first));
            session.refusal = None;
            session.cursor = 0;
            session.playing = false;
        }
        Placed::Not => {}
    }
}

/// What was done that is not in the account yet.
fn unaccounted(session: &Session, learning: &Learning) -> Option<Did> {
    let laid = learning.laid.as_ref()?;
    let text = session.editor.text();
    let last = learning.did.iter().rev().find_map(|did| match did {
        Did::Edit(text) => Some(text),
        _ => None,
    });
    if last.unwrap_or(&laid.stage.cluster) != text && !session.stale {
        return Some(Did::Edit(text.clone()));
    }
    if session
        .many
        .shown
        .as_ref()
        .is_some_and(|tallies| tallies.done())
    {
        let did = Did::Many {
            question: words(&session.question),
            connections: session.many.wanted,
            requests: 1,
        };
        if learning.did.last() != Some(&did) {
            return Some(did);
        }
    }
    let did = Did::Walk {
        question: words(&session.question),
        forced: session.forced.clone(),
    };
    let walked = session.play.is_some() && session.talk.steps.is_empty();
    (walked && !learning.did.contains(&did)).then_some(did)
}

fn account(session: &mut Session, learning: &mut Learning) {
    if learning.is_task()
        && let Some(did) = unaccounted(session, learning)
    {
        learning.did.push(did);
    }
}

/// What the learner has done, for the core to judge.
fn attempt(session: &Session, learning: &Learning) -> Attempt {
    let mut did = learning.did.clone();
    let question = words(&session.question);
    for step in &session.talk.steps {
        did.push(match step {
            Step::Again | Step::Connect => Did::Walk {
                question: question.clone(),
                forced: Vec::new(),
            },
            Step::Wait(time) => Did::Wait(*time),
            Step::Conntrack { node, args } => Did::Conntrack {
                node: node.clone(),
                args: args.clone(),
            },
        });
    }
    Attempt {
        cluster: session.editor.text().clone(),
        question: Some(question),
        forced: session.forced.clone(),
        did,
    }
}

/// A question in the page's words.
fn asked(question: &QuestionView) -> Question {
    let (to, transport) = Transport::ALL
        .into_iter()
        .find_map(|transport| {
            let end = match transport {
                Transport::Tcp => "/tcp",
                Transport::Udp => "/udp",
                Transport::Sctp => "/sctp",
                Transport::Icmp => "/icmp",
            };
            Some((question.to.strip_suffix(end)?, transport))
        })
        .unwrap_or((&question.to, Transport::Tcp));
    let from = match &question.via {
        Some(node) => format!("{}@{node}", question.from),
        None => question.from.clone(),
    };
    Question {
        from,
        to: to.to_owned(),
        transport,
        extent: Default::default(),
    }
}

/// A question in a lesson's words.
fn words(question: &Question) -> QuestionView {
    let end = match question.transport {
        Transport::Tcp => "",
        Transport::Udp => "/udp",
        Transport::Sctp => "/sctp",
        Transport::Icmp => "/icmp",
    };
    QuestionView {
        from: question.from.clone(),
        to: format!("{}{end}", question.to),
        via: None,
    }
}

impl Session {
    fn teach(&mut self, text: &Arc<str>, about: About) -> Request {
        let teach = Teach {
            text: text.clone(),
            about,
        };
        self.request(Work::Lesson(teach.bytes()))
    }
}

fn with(does: impl Fn(&mut Session, &mut Learning) -> Vec<Request> + 'static) -> Deed {
    Deed::new(move |session| {
        let Some(mut learning) = of(session).cloned() else {
            return Vec::new();
        };
        let requests = does(session, &mut learning);
        session.desk.learning.put(learning);
        requests
    })
}
