//! What the page does beside drawing: the clock that plays, keys, pastes, sizes, marks for measuring.

use std::sync::Arc;

use player::conversation::Talk;
use player::editor::Editor;
use player::late::Presence;
use player::late::browser::Take;
use player::many::Deed;
use player::probe::Question;
use player::samples::Sample;
use player::session::{Notice, Panel, Tab, Theme};
use player::settings::Settings;
use player::shelf::{DRAFT, DRAFTS};
use player::timeline;
use player::{Action, Session, Shared};

use crate::Dispatch;
use crate::browser::{self, Listener, Timeout};

/// Everything that runs, each ended by being dropped.
#[derive(Default)]
pub struct Effects {
    listeners: Vec<Listener>,
    clock: Option<Clock>,
    session: std::rc::Rc<std::cell::RefCell<Option<Session>>>,
    theme: Option<Theme>,
    /// What opened the dialog that is open.
    opener: Option<&'static str>,
    settling: Option<(Shared<Editor>, Timeout)>,
    counting: Option<(u64, Timeout)>,
    asking: bool,
    edited: bool,
    ready: bool,
    editor_asked: bool,
    sample: Sample,
    live: bool,
    /// The last text of the rules browser that was copied or kept.
    taken: u32,
    begin: Option<Timeout>,
    /// The link in the address.
    link: Option<Arc<str>>,
    /// Whether what the first view does without is on its way.
    late_asked: bool,
    late_here: bool,
    keeping: Option<(Kept, Timeout)>,
    /// Whether it was told that nothing is kept.
    told: std::rc::Rc<std::cell::Cell<bool>>,
    /// Whether anybody has done anything: a page that was only looked at begins as ever.
    touched: std::rc::Rc<std::cell::Cell<bool>>,
}

/// The name under which a tab keeps what a reload shall not lose.
pub const SAVED: &str = "chainwalk";

/// What is worth writing down at once; the moment on screen is written down when the page is left.
#[derive(PartialEq)]
struct Kept {
    editor: Shared<Editor>,
    question: Question,
    settings: Settings,
    talk: Talk,
    seed: u64,
    name: Option<String>,
}

/// Writes down what is on screen: for this tab, and for whoever finds that this tab is gone.
fn keep(session: &Session) -> bool {
    if session.embed.is_some() {
        // What stands in somebody else's frame begins as its host says.
        return true;
    }
    let Some(bytes) = player::saved::save(session) else {
        browser::store(SAVED, None);
        return false;
    };
    let number = browser::tab();
    let number = number.unwrap_or_else(|| browser::new_tab().1);
    let draft = format!("{DRAFT}{number}");
    browser::keep(&draft, &player::shelf::write(browser::now(), &bytes));
    let drafts = player::shelf::list(&browser::kept_all(), DRAFT);
    for old in drafts.iter().skip(DRAFTS) {
        browser::forget(&format!("{DRAFT}{}", old.name));
    }
    browser::store(SAVED, Some(&bytes))
}

/// A copy of a tab has its number, too: each page that begins takes its own.
fn number_tab() {
    if let (Some(had), _) = browser::new_tab() {
        browser::forget(&format!("{DRAFT}{had}"));
    }
}

struct Clock {
    of: Moment,
    _timeout: Timeout,
}

type Moment = (
    usize,
    player::session::Grain,
    player::session::Speed,
    Shared<player::Play>,
);

/// How long nobody has typed before a long text is read, in milliseconds.
const SETTLE: u32 = 300;

impl Effects {
    /// Before an action is done.
    pub fn before(&mut self, action: &Action) {
        let by_itself = matches!(
            action,
            Action::Tick
                | Action::Resized(..)
                | Action::Settled
                | Action::EditorArrived
                | Action::LateCame(_)
                | Action::LateLost
                | Action::Many(Deed::On)
        );
        if !by_itself {
            self.touched.set(true);
        }
        if matches!(action, Action::Edited(_)) {
            browser::mark("chainwalk:edit-begin");
            self.edited = true;
        }
    }

    /// After the page was drawn.
    pub fn rendered(&mut self, first: bool, session: &Session, dispatch: &Dispatch) {
        if first {
            self.listen(dispatch);
            if session.embed.is_none() {
                number_tab();
            }
        }
        *self.session.borrow_mut() = Some(session.clone());
        self.tick(session, dispatch);
        if self.theme != Some(session.theme) {
            self.theme = Some(session.theme);
            browser::set_theme(match session.theme {
                Theme::System => None,
                Theme::Light => Some("light"),
                Theme::Dark => Some("dark"),
            });
        }
        self.settle(session, dispatch);
        self.keep(session, dispatch);
        self.fetch(session, dispatch);
        self.count(session, dispatch);
        if self.link != session.link && session.wanted.is_none() {
            // Who copies the address gets what the page began with, and a reload finds its own again.
            self.link = session.link.clone();
            browser::set_fragment(session.link.as_deref());
        }
        let asking = session.guess.asking.is_some();
        if std::mem::replace(&mut self.asking, asking) != asking && asking {
            // The play has stopped to ask: the keyboard goes to the answers.
            browser::focus("[aria-label='Your guess'] button");
        }
        let opener = match session.panel {
            _ if session.wants_late() => None,
            Panel::Help => Some("[aria-label=Keys]"),
            Panel::Settings => Some(".settings-open"),
            Panel::Rules { .. } => Some(".chain-open"),
            Panel::Share(_) => Some(".share-open"),
            Panel::Export => Some(".export-open"),
            Panel::Clusters => Some(".clusters-open"),
            _ => None,
        };
        if self.opener != opener {
            // The keyboard goes into what opened, and back to what opened it.
            let closed = std::mem::replace(&mut self.opener, opener);
            browser::focus(match opener {
                Some(".chain-open") => ".rules-bar > .button",
                Some(_) => "[role=dialog] button",
                None => closed.unwrap_or_default(),
            });
        }
        self.take(session);
        if self.edited && session.is_settled() {
            self.edited = false;
            browser::measure("chainwalk:edit", "chainwalk:edit-begin");
        }
        if !self.ready && session.play.is_some() {
            self.ready = true;
            browser::mark("chainwalk:ready");
        }
        if !self.live && session.is_settled() && session.trouble.is_none() {
            self.live = true;
            browser::mark("chainwalk:live");
        }
        self.late(session, dispatch);
    }

    /// What the first view does without comes when that is complete, or when somebody wants it.
    fn late(&mut self, session: &Session, dispatch: &Dispatch) {
        match session.late.presence {
            Presence::Coming if !self.late_asked && (self.live || session.wants_late()) => {
                self.late_asked = true;
                crate::late::load(dispatch);
            }
            Presence::Coming => {}
            Presence::Failed => self.late_asked = false,
            Presence::Here(_) if !self.late_here => {
                self.late_here = true;
                browser::mark("chainwalk:late");
            }
            Presence::Here(_) => {}
        }
    }

    /// Once something stands on the screen.
    pub fn after_first_frame(&mut self, run: impl FnOnce() + 'static) {
        self.begin = Some(Timeout::new(0, run));
    }

    /// What is only needed by those who look at the text comes when they do.
    fn fetch(&mut self, session: &Session, dispatch: &Dispatch) {
        let seen = match session.is_phone() {
            true => session.tab == Tab::Yaml,
            false => session.editor_open,
        };
        if seen && !self.editor_asked {
            self.editor_asked = true;
            let dispatch = dispatch.clone();
            browser::load_editor(move || dispatch.send(Action::EditorArrived));
        }
        if self.sample != session.sample {
            self.sample = session.sample.clone();
            if let Sample::Fetching(file) = self.sample {
                let dispatch = dispatch.clone();
                browser::fetch_text(file, move |text| {
                    dispatch.send(Action::SampleArrived(file, text.map(Into::into)));
                });
            }
        }
    }

    /// A text that was fetched to be copied or kept goes there.
    fn take(&mut self, session: &Session) {
        let taken = session.browser.as_ref().and_then(|b| b.taken.as_ref());
        let Some(taken) = taken.filter(|taken| taken.number != self.taken) else {
            return;
        };
        self.taken = taken.number;
        match taken.take {
            Take::Copy => browser::copy(&taken.text),
            Take::Download => browser::download(&taken.file, &taken.text),
        }
    }

    /// What was changed is written down soon, since a crash doesn't say good-bye.
    fn keep(&mut self, session: &Session, dispatch: &Dispatch) {
        let now = Kept {
            editor: session.editor.clone(),
            question: session.question.clone(),
            settings: session.settings.clone(),
            talk: session.talk.clone(),
            seed: session.seed,
            name: session.name.clone(),
        };
        if !self.touched.get() || self.keeping.as_ref().is_some_and(|(of, _)| *of == now) {
            return;
        }
        let (current, dispatch, told) = (self.session.clone(), dispatch.clone(), self.told.clone());
        let timeout = Timeout::new(SETTLE, move || {
            let kept = current.borrow().as_ref().is_some_and(keep);
            if !kept && !told.replace(true) {
                dispatch.send(Action::Tell(Some(Notice {
                    message: "The browser keeps nothing of this page.".into(),
                    help: "Its storage is full or switched off, or the text is too long: a reload begins anew. Save what you need as a file.".into(),
                })));
            }
        });
        self.keeping = Some((now, timeout));
    }

    /// A long text is read when nobody has typed for a moment.
    fn settle(&mut self, session: &Session, dispatch: &Dispatch) {
        let text = &session.editor;
        match &self.settling {
            _ if !session.unread => self.settling = None,
            Some((of, _)) if of == text => {}
            _ => {
                let dispatch = dispatch.clone();
                let timeout = Timeout::new(SETTLE, move || dispatch.send(Action::Settled));
                self.settling = Some((text.clone(), timeout));
            }
        }
    }

    /// The next of many connections are made once what is known is on screen.
    fn count(&mut self, session: &Session, dispatch: &Dispatch) {
        let many = &session.many;
        let next = (many.running && many.waiting.is_none()).then_some(many.made());
        match (&self.counting, next) {
            (_, None) => self.counting = None,
            (Some((of, _)), Some(made)) if *of == made => {}
            (_, Some(made)) => {
                let dispatch = dispatch.clone();
                let on = move || dispatch.send(Action::Many(Deed::On));
                self.counting = Some((made, Timeout::new(0, on)));
            }
        }
    }

    fn tick(&mut self, session: &Session, dispatch: &Dispatch) {
        let moment = match (&session.play, session.playing) {
            (Some(play), true) => (session.cursor, session.grain, session.speed, play.clone()),
            _ => {
                self.clock = None;
                return;
            }
        };
        if self.clock.as_ref().is_some_and(|clock| clock.of == moment) {
            return;
        }
        let dwell = timeline::dwell(&moment.3, moment.0, moment.1);
        let dispatch = dispatch.clone();
        let timeout = Timeout::new(session.speed.scale(dwell), move || {
            dispatch.send(Action::Tick);
        });
        self.clock = Some(Clock {
            of: moment,
            _timeout: timeout,
        });
    }

    fn listen(&mut self, dispatch: &Dispatch) {
        let (session, touched) = (self.session.clone(), self.touched.clone());
        self.listeners.extend(browser::on_leave(move || {
            if let (Some(session), true) = (session.borrow().as_ref(), touched.get()) {
                keep(session);
            }
        }));
        let send = dispatch.clone();
        self.listeners.extend(browser::on_drop(move |files| {
            // What was exported from here goes back onto the shelf.
            match files.iter().any(|(_, text)| player::shelf::is_export(text)) {
                true => send.send(Action::Late(player::shelf::dropped(files))),
                false => send.send(Action::Replaced(player::text::joined(&files).into())),
            }
        }));
        let session = self.session.clone();
        let send = dispatch.clone();
        self.listeners.push(browser::on_key(move |key| {
            let action = session
                .borrow()
                .as_ref()
                .and_then(|s| player::keys::action(s, key));
            let known = action.is_some();
            if let Some(action) = action {
                send.send(action);
            }
            known
        }));
        let send = dispatch.clone();
        self.listeners
            .push(browser::on_resize(move |width, height| {
                send.send(Action::Resized(width, height));
            }));
        let (begins, ends) = (dispatch.clone(), dispatch.clone());
        self.listeners.extend(browser::on_print(
            move || begins.send(Action::PrintBegins),
            move || ends.send(Action::PrintEnds),
        ));
        let (known, send) = (self.session.clone(), dispatch.clone());
        self.listeners.push(browser::on_fragment(move |fragment| {
            let link = player::linked(&fragment).map(Arc::from);
            let known = known.borrow().as_ref().and_then(|s| s.link.clone());
            if let Some(link) = link.filter(|link| Some(link) != known.as_ref()) {
                send.send(Action::Follow(link));
            }
        }));
        let send = dispatch.clone();
        self.listeners.push(browser::on_paste(move |text| {
            send.send(Action::Replaced(text.into()));
        }));
    }
}
