//! Carries requests to the core and what it says back, one at a time, and sees to it that nobody waits
//! without being told.
//!
//! [`player::queue`] keeps the order. Here is the clock: what has taken long is shown with its progress,
//! and what has taken long for nobody is stopped, by ending the worker and starting another. Slices in
//! the worker would save that start, and would cut every function of the core in pieces for it.

use player::queue::{After, Queue};
use player::{Action, Progress, Request, Said, wire};
use yew::Callback;

use crate::browser::Timeout;
use crate::line::Line;

/// What happens on the line.
#[derive(Debug)]
pub enum Event {
    /// The first frame was drawn.
    Begin,
    /// The core said something.
    Heard(Vec<u8>),
    /// The core will say nothing more.
    Lost(String),
    /// What runs has taken [`LONG`].
    Long,
}

/// How long an answer may take before the page says what it waits for, in milliseconds.
const LONG: u32 = 300;

/// The courier.
pub struct Courier {
    queue: Queue,
    line: Option<Line>,
    events: Callback<Event>,
    clock: Option<Timeout>,
    progress: Progress,
    /// Whether the page says that it waits.
    told: bool,
    /// Whether nothing is asked before the first frame.
    held: bool,
}

impl Courier {
    /// One without a core yet.
    pub fn new(events: Callback<Event>) -> Courier {
        Courier {
            queue: Queue::default(),
            line: None,
            events,
            clock: None,
            progress: starting(),
            told: false,
            held: false,
        }
    }

    /// Waits with the first request until [`Event::Begin`].
    pub fn hold(&mut self) {
        self.held = true;
    }

    /// Takes a request.
    pub fn ask(&mut self, request: Request) {
        self.queue.ask(request);
        match self.told && self.queue.is_overtaken() {
            true => self.restart(),
            false => self.go_on(),
        }
    }

    /// Stops what runs and forgets what waits.
    pub fn cancel(&mut self) {
        self.line = None;
        self.queue.cancelled();
        self.quiet();
    }

    /// What an event means to the page.
    pub fn on(&mut self, event: Event) -> Vec<Action> {
        match event {
            Event::Begin => {
                self.held = false;
                self.go_on();
                vec![]
            }
            Event::Heard(bytes) => match wire::decode(&bytes) {
                Some(Said::Progress(progress)) => {
                    self.progress = progress;
                    self.waiting()
                }
                Some(Said::Answer(answer)) => {
                    self.queue.answered(&answer);
                    let mut actions = vec![Action::Answered(answer.into())];
                    self.go_on();
                    if self.queue.is_idle() {
                        let told = self.told;
                        self.quiet();
                        actions.extend(told.then_some(Action::Waiting(None)));
                    }
                    actions
                }
                None => self.lost("the page and its core are of two builds".into()),
            },
            Event::Lost(why) => self.lost(why),
            Event::Long if self.queue.is_overtaken() => {
                self.restart();
                vec![]
            }
            Event::Long => {
                self.told = true;
                self.waiting()
            }
        }
    }

    fn waiting(&self) -> Vec<Action> {
        match self.told {
            true => vec![Action::Waiting(Some(self.progress.clone()))],
            false => vec![],
        }
    }

    fn lost(&mut self, why: String) -> Vec<Action> {
        self.line = None;
        match self.queue.core_stopped() {
            After::GoesOn => {
                self.go_on();
                vec![Action::Restarted(why)]
            }
            After::Ends => {
                self.quiet();
                vec![Action::Lost(why)]
            }
        }
    }

    fn quiet(&mut self) {
        self.told = false;
        self.clock = None;
    }

    fn restart(&mut self) {
        self.line = None;
        self.queue.core_gone();
        self.go_on();
    }

    fn go_on(&mut self) {
        if self.held {
            return;
        }
        let Some(request) = self.queue.take_next() else {
            return;
        };
        self.progress = match self.line {
            Some(_) => Progress {
                stage: "Computing".into(),
                part: None,
            },
            None => starting(),
        };
        let events = &self.events;
        let line = self.line.get_or_insert_with(|| {
            let (heard, lost) = (events.clone(), events.clone());
            Line::open(
                move |bytes| heard.emit(Event::Heard(bytes)),
                move |why| lost.emit(Event::Lost(why)),
            )
        });
        line.ask(wire::encode(&request));
        let events = self.events.clone();
        self.clock = Some(Timeout::new(LONG, move || events.emit(Event::Long)));
    }
}

fn starting() -> Progress {
    Progress {
        stage: "Loading the core".into(),
        part: None,
    }
}
