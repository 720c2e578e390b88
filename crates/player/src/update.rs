//! The only way the page's state changes.

use std::rc::Rc;
use std::sync::Arc;

use crate::drawn::{draw_index, drawn, first_draw};
use crate::editor::Editor;
use crate::engine::{Answer, Lane, Outcome, Request, Walked, Work, has_errors};
use crate::probe::Question;
use crate::session::{Action, Panel, Session, Shared, Speed, Tab, Theme};
use crate::{beside, late, timeline};

/// The seed that a page begins with. Its first walk over the demo shows a draw that misses before one that
/// hits, on another node.
pub const FIRST_SEED: u64 = 7;

/// A text of more bytes than this takes longer to read than a keystroke may.
const LONG: usize = 60_000;

impl Session {
    /// The state of a page that shows this text, and the request that reads it.
    pub fn new(text: Arc<str>) -> (Session, Vec<Request>) {
        let mut session = Session {
            reading: text.clone(),
            editor: Shared::new(Editor::new(text)),
            loaded: None,
            notes: Rc::new(Vec::new()),
            stale: false,
            question: Default::default(),
            seed: FIRST_SEED,
            seed_draft: None,
            forced: Vec::new(),
            by_hand: Default::default(),
            chosen: None,
            talk: Default::default(),
            unread: false,
            anew: true,
            play: None,
            refusal: None,
            cursor: 0,
            playing: true,
            grain: Default::default(),
            speed: Speed::Normal,
            editor_open: false,
            question_open: false,
            tab: Tab::Walk,
            theme: Theme::System,
            stage: Default::default(),
            panel: Panel::None,
            embed: None,
            browser: None,
            made: None,
            taught: None,
            viewport: (1440, 900),
            screen: (1440, 900),
            present: Default::default(),
            settings: Default::default(),
            history: Default::default(),
            whatif: Default::default(),
            many: Default::default(),
            odds: Default::default(),
            guess: Default::default(),
            request: 0,
            asked: Default::default(),
            begin: None,
            waiting: None,
            trouble: None,
            reveal: None,
            field: Default::default(),
            sample: Default::default(),
            printing: false,
            good: None,
            link: None,
            wanted: None,
            opening: Panel::None,
            name: None,
            notice: None,
            desk: Default::default(),
            late: Default::default(),
        };
        let request = session.load();
        (session, vec![request])
    }

    /// The session of a page that was left and is come back to: it asks again, and stands still.
    pub(crate) fn come_back(mut self, cursor: usize, forced: Vec<u32>) -> (Session, Vec<Request>) {
        self.request = 0;
        self.asked = Default::default();
        self.anew = false;
        self.playing = false;
        let mut requests = vec![self.load()];
        if !forced.is_empty() {
            self.forced = forced;
            requests.push(self.send());
        }
        self.begin = Some(cursor);
        (self, requests)
    }

    pub(crate) fn load(&mut self) -> Request {
        self.forced.clear();
        self.unread = false;
        self.browse_anew();
        self.reading = self.editor.text().clone();
        // A core that has read nothing yet needs the cluster that the page goes on with.
        let good = match self.loaded {
            Some(_) => None,
            None => self.good.clone().filter(|good| *good != self.reading),
        };
        let what = Work::Load {
            text: self.reading.clone(),
            good,
            question: self.question.clone(),
            chosen: self.loaded.clone(),
            seed: self.seed,
            talk: self.talk.clone(),
            settings: self.settings.clone(),
        };
        self.request(what)
    }

    pub(crate) fn send(&mut self) -> Request {
        let what = Work::Send {
            question: self.question.clone(),
            seed: self.seed,
            forced: self.forced.clone(),
            talk: self.talk.clone(),
        };
        self.request(what)
    }

    /// Somebody else is asked, or asks: nothing has been said yet.
    fn ask_anew(&mut self) -> Vec<Request> {
        self.forced.clear();
        self.talk = Default::default();
        self.restart()
    }

    /// Sends anew, from the start.
    fn restart(&mut self) -> Vec<Request> {
        self.begin = Some(0);
        self.playing = true;
        vec![self.send()]
    }

    /// Another question, another cluster or another seed: what was counted is of the past.
    fn uncount(&mut self) {
        self.odds = Default::default();
        self.odds.talk = self.talk.clone();
        self.many.begin();
        self.many.running = self.panel == Panel::Many;
    }

    fn seek(&mut self, cursor: usize) {
        self.playing = false;
        let last = self.play.as_ref().map_or(0, |p| p.frames.len() - 1);
        self.cursor = cursor.min(last);
    }

    pub(crate) fn walked(&mut self, walked: Walked) {
        self.playing &= !self.panel.is_instead_of_the_walk();
        let of = (
            Question {
                extent: Default::default(),
                ..self.question.clone()
            },
            self.seed,
        );
        if self.odds.talk != self.talk {
            self.odds = Default::default();
            self.odds.talk = self.talk.clone();
        }
        if self.many.of.as_ref() != Some(&of) {
            self.whatif.forget();
            self.uncount();
            self.many.of = Some(of);
        }
        let begin = self.begin.take();
        match walked {
            Ok(play) => {
                self.cursor = begin.unwrap_or(self.cursor).min(play.frames.len() - 1);
                self.play = Some(Shared::new(*play));
                self.refusal = None;
            }
            Err(refusal) => {
                self.play = None;
                self.playing = false;
                self.cursor = 0;
                self.refusal = Some(refusal);
            }
        }
    }

    fn answered(&mut self, answer: Answer) -> Vec<Request> {
        let number = answer.number;
        match answer.what {
            Outcome::Late(_, reply) => return late::answered(self, number, &reply),
            Outcome::Loaded { notes, good } => {
                self.stale = has_errors(&notes);
                if !self.stale {
                    self.good = Some(self.reading.clone());
                }
                // Who pastes a text that cannot be read wants to see where it is wrong.
                self.editor_open |= self.stale && self.anew;
                if self.stale {
                    for note in &notes {
                        if let (lab::Severity::Error, Some(place)) = (note.severity, note.place) {
                            self.editor = Shared::new(self.editor.unfold_line(place.0));
                        }
                    }
                }
                self.notes = Rc::new(notes);
                if let Some((loaded, question, walked)) = good {
                    self.loaded = Some(Shared::new(*loaded));
                    self.whatif.forget();
                    // Who has asked something since gets an answer to that.
                    let newer = self.asked.contains_key(&Lane::Walk);
                    if !newer {
                        self.question = question;
                    }
                    if matches!(self.panel, Panel::Made(_)) {
                        self.panel = Panel::None;
                    }
                    if std::mem::take(&mut self.anew) {
                        self.begin = Some(0);
                        self.playing = true;
                    }
                    if !newer {
                        self.many.of = None;
                        self.walked(walked);
                    }
                }
                self.playing &= self.play.is_some();
            }
            Outcome::Opened(found) => return self.followed(found),
            Outcome::Share(bytes) => self.desk.share.answer = Some(bytes.into()),
            Outcome::Walked(walked) => self.walked(walked),
            Outcome::Lesson(said) => self.taught = Some(Shared::new(said)),
        }
        Vec::new()
    }
}

/// The state after an action, and what is to be asked of the core.
pub fn update(session: &Session, action: Action) -> (Session, Vec<Request>) {
    let mut next = session.clone();
    let way = crate::guess::way(&action);
    let mut requests = Vec::new();
    match action {
        Action::Edited(shown) => {
            next.remember_typed(&shown);
            next.editor = Shared::new(next.editor.edited(shown));
            next.unread = next.editor.text().len() > LONG;
            if !next.unread {
                requests.push(next.load());
            }
        }
        Action::Settled => {
            if next.unread {
                requests.push(next.load());
            }
        }
        Action::Replaced(text) if text.len() > lab::MOST_BYTES => next.refuse(text.len()),
        Action::Replaced(text) => requests.push(match crate::linked(&text) {
            Some(link) => next.follow(link),
            None => next.replace(text),
        }),
        Action::Follow(link) => requests.push(next.follow(&link)),
        Action::Late(deed) => requests = deed.done(&mut next),
        Action::Tell(notice) => next.notice = notice,
        Action::PrintBegins
        | Action::PrintEnds
        | Action::EditorArrived
        | Action::Stage(_)
        | Action::Present(_)
        | Action::SampleChosen(_)
        | Action::SampleArrived(..) => requests.extend(beside::update(&mut next, action)),
        Action::Unfold(index) => next.editor = Shared::new(next.editor.unfold(index)),
        Action::Answered(answer) => {
            if next.awaited(&answer)
                && let Some(answer) = Rc::into_inner(answer)
            {
                requests = next.answered(answer);
            }
        }
        Action::Kept(answer) => {
            if let Some(answer) = Rc::into_inner(answer) {
                requests = next.answered(answer);
            }
        }
        Action::Waiting(progress) => next.waiting = progress,
        Action::Lost(why) => next.lost(&why),
        Action::Restarted(why) => next.restarted(&why),
        Action::Cancel => next.cancelled(),
        Action::Retry => requests = next.retry(),
        Action::Dismiss => next.trouble = None,
        Action::From(from) => {
            next.question.from = from;
            requests = next.ask_anew();
        }
        Action::To(to) => {
            let known = next
                .loaded
                .as_ref()
                .and_then(|l| l.choices.destination(&to))
                .map(|c| c.transport);
            if let Some(transport) = known {
                next.question.transport = transport;
            }
            next.question.to = to;
            requests = next.ask_anew();
        }
        Action::Protocol(transport) => {
            next.question.transport = transport;
            requests = next.ask_anew();
        }
        Action::Extent(extent) => {
            next.question.extent = extent;
            requests.push(next.send());
        }
        Action::Send => {
            next.question_open = false;
            next.talk = Default::default();
            requests = next.restart();
        }
        Action::Then(step) => {
            next.talk.then(step);
            requests = next.restart();
        }
        Action::Part(part) => {
            next.talk.show(part);
            requests = next.restart();
        }
        Action::Afresh => {
            next.talk = Default::default();
            requests = next.restart();
        }
        Action::Seed(text) => match text.trim().parse() {
            Ok(seed) => {
                next.seed = seed;
                next.seed_draft = None;
                next.forced.clear();
                requests = next.restart();
            }
            Err(_) => next.seed_draft = Some(text),
        },
        Action::DrawAgain => {
            next.seed = next.seed.wrapping_add(1);
            next.seed_draft = None;
            next.forced.clear();
            let here = next.cursor;
            requests = next.restart();
            // Who watches a draw wants to see the same rule draw again.
            if session.frame().is_some_and(|f| f.kind.is_draw()) {
                next.begin = Some(first_draw(session).unwrap_or(here));
                next.playing = false;
            }
        }
        Action::Pin(number) => {
            let index = draw_index(session);
            next.forced = drawn(session);
            next.forced.truncate(index);
            next.forced.push(number.min((1 << 31) - 1));
            next.by_hand.retain(|i| *i < index);
            next.by_hand.insert(index);
            next.chosen = None;
            next.playing = false;
            requests.push(next.send());
        }
        Action::Unpin => {
            next.by_hand.clear();
            next.chosen = None;
            next.forced.clear();
            next.playing = false;
            requests.push(next.send());
        }
        Action::Seek(cursor) => next.seek(cursor),
        Action::Step => step(&mut next, true),
        Action::Back => step(&mut next, false),
        Action::Home => next.seek(0),
        Action::End => next.seek(usize::MAX),
        Action::Next(target) => {
            if let Some(at) = session
                .play
                .as_ref()
                .and_then(|play| timeline::next(play, session.cursor, target))
            {
                next.seek(at);
            }
        }
        Action::Toggle => {
            let last = next.play.as_ref().map_or(0, |p| p.frames.len() - 1);
            next.playing = !next.playing && next.play.is_some();
            if next.playing && next.cursor >= last {
                next.cursor = 0;
            }
        }
        Action::Tick => {
            // A walk that is about to be replaced doesn't go on meanwhile.
            if let Some(play) = &session.play
                && session.playing
                && !session.asked.contains_key(&Lane::Walk)
            {
                next.cursor = timeline::forward(play, session.cursor, session.grain);
                next.playing = next.cursor + 1 < play.frames.len();
            }
        }
        Action::Grain(grain) => next.grain = grain,
        Action::Speed(speed) => next.speed = speed,
        Action::ToggleEditor => {
            next.editor_open = !next.editor_open;
            if next.is_phone() {
                next.tab = match next.tab {
                    Tab::Yaml => Tab::Walk,
                    _ => Tab::Yaml,
                };
            }
        }
        Action::ToggleQuestion => next.question_open = !next.question_open,
        Action::Reveal(line) => next.reveal(line),
        Action::Tab(tab) => next.show_tab(tab),
        Action::SwitchTheme(system) => {
            let now = match next.theme {
                Theme::System => system,
                chosen => chosen,
            };
            next.theme = match now {
                Theme::Dark => Theme::Light,
                _ => Theme::Dark,
            };
        }
        Action::Resized(width, height) => next.set_screen((width, height)),
        action => requests = late::act(session, &mut next, action),
    }
    if let Some(panel) = next.opens() {
        let (opened, more) = update(&next, Action::Open(panel));
        requests.extend(more);
        next = opened;
    }
    late::after(session, &mut next, way, &mut requests);
    (next, requests)
}

fn step(session: &mut Session, on: bool) {
    let Some(play) = session.play.clone() else {
        return;
    };
    let to = match on {
        true => timeline::forward(&play, session.cursor, session.grain),
        false => timeline::backward(&play, session.cursor, session.grain),
    };
    session.seek(to);
}
