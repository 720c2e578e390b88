//! What the first view does without, as far as it is state and words: reached through [`Hooks`] alone, so
//! that a page may load it after its first view.
//!
//! An action that [`crate::update`] doesn't know is done in [`act`]; what is asked of the core for it is
//! an [`Ask`], which is answered by a [`Reply`]. As long as the code isn't there, actions are remembered,
//! and done once it is.

mod act;
mod ask;
pub mod browser;
pub mod console;
pub mod learning;
pub mod line;
pub mod rules;
pub mod steps;
pub mod story;

use crate::engine::{Request, Work};
use crate::guess::Moves;
use crate::session::{Action, Panel, Session, Shared};
use crate::stage::Stage;
use crate::wire;

pub use ask::{Ask, Reply};

/// The way in. A page that is cut in two has these once its second part is there.
#[derive(Debug)]
pub struct Hooks {
    /// Does an action. The first session is the one before it.
    act: fn(&Session, &mut Session, Action) -> Vec<Request>,
    /// Takes an answer by its request's number.
    answered: fn(&mut Session, u64, &[u8]) -> Vec<Request>,
    /// After every action: what follows from it, and what is to be asked if nothing was.
    after: fn(&Session, &mut Session, Moves, &mut Vec<Request>),
}

/// All of it.
pub static HOOKS: Hooks = Hooks {
    act: act::act,
    answered: act::answered,
    after: act::after,
};

/// Whether the code is there.
#[derive(Debug, Clone, Copy, Default)]
pub enum Presence {
    /// It is on its way, or will be fetched soon.
    #[default]
    Coming,
    /// It is here.
    Here(&'static Hooks),
    /// It did not come.
    Failed,
}

impl PartialEq for Presence {
    /// There is only one way in.
    fn eq(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// The session's part that knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Late {
    /// Whether it is there.
    pub presence: Presence,
    /// What was wished for meanwhile.
    wishes: Option<Shared<Vec<Action>>>,
}

impl Default for Late {
    /// There, but for a page that is cut in two.
    fn default() -> Self {
        Late {
            #[cfg(not(feature = "split"))]
            presence: Presence::Here(&HOOKS),
            #[cfg(feature = "split")]
            presence: Presence::Coming,
            wishes: None,
        }
    }
}

impl Late {
    /// A page's whose second part has not come yet.
    pub fn coming() -> Late {
        Late {
            presence: Presence::Coming,
            wishes: None,
        }
    }

    fn hooks(&self) -> Option<&'static Hooks> {
        match self.presence {
            Presence::Here(hooks) => Some(hooks),
            _ => None,
        }
    }

    fn wish(&mut self, action: Action) {
        let mut all = self.wishes.take().map_or_else(Vec::new, |w| w.0.to_vec());
        all.push(action);
        self.wishes = Some(Shared::new(all));
    }
}

impl Session {
    /// Whether somebody waits for what isn't there.
    pub fn wants_late(&self) -> bool {
        let shown =
            self.panel != Panel::None || self.stage == Stage::Line || self.desk.learning.is_full();
        self.late.hooks().is_none() && (shown || self.late.wishes.is_some())
    }

    /// Asks the core for something.
    pub(crate) fn ask_late(&mut self, ask: Ask) -> Request {
        let what = Work::from(ask);
        self.request(what)
    }
}

impl From<Ask> for Work {
    fn from(ask: Ask) -> Work {
        Work::Late(ask.lane(), wire::encode(&ask))
    }
}

/// Does an action, now or as soon as that can be done.
pub(crate) fn act(before: &Session, next: &mut Session, action: Action) -> Vec<Request> {
    match action {
        Action::LateCame(hooks) => {
            next.late.presence = Presence::Here(hooks);
            let wishes = next.late.wishes.take();
            let wishes = wishes.map_or_else(Vec::new, |w| w.0.to_vec());
            let done = wishes
                .into_iter()
                .flat_map(|a| (hooks.act)(before, next, a));
            done.collect()
        }
        Action::LateLost => {
            next.late.presence = Presence::Failed;
            Vec::new()
        }
        Action::LateAgain => {
            next.late.presence = Presence::Coming;
            Vec::new()
        }
        action => match next.late.hooks() {
            Some(hooks) => (hooks.act)(before, next, action),
            None => {
                // What is opened stands there at once, if only to say that it is on its way.
                if let Action::Open(panel) = &action {
                    next.panel = panel.clone();
                    next.playing &= next.panel == Panel::None;
                }
                next.late.wish(action);
                next.late.presence = Presence::Coming;
                Vec::new()
            }
        },
    }
}

/// Takes an answer to an [`Ask`].
pub(crate) fn answered(session: &mut Session, number: u64, reply: &[u8]) -> Vec<Request> {
    let hooks = session.late.hooks();
    hooks.map_or_else(Vec::new, |hooks| (hooks.answered)(session, number, reply))
}

/// What follows from an action.
pub(crate) fn after(before: &Session, next: &mut Session, way: Moves, requests: &mut Vec<Request>) {
    if let Some(hooks) = next.late.hooks() {
        (hooks.after)(before, next, way, requests);
    }
}
