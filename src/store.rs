//! Lends the session to Yew: the same `Rc` for as long as nothing changed.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use player::embed::Setup;
use player::{Action, Engine, Request, Session, kept, update};
use yew::Callback;

use crate::courier::{Courier, Event};

/// An engine that answers at once, as a property.
#[derive(Clone)]
pub struct Near(pub Rc<RefCell<dyn Engine>>);

impl std::fmt::Debug for Near {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Near")
    }
}

impl PartialEq for Near {
    /// An engine is chosen once, when the page begins.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Who answers.
enum Core {
    /// One that answers at once.
    Near(Near),
    /// One that answers later.
    Away(Box<Courier>),
}

/// The session, and who answers its requests.
pub struct Store {
    session: Rc<Session>,
    core: Core,
}

impl Store {
    /// A page with this text, as a host asks for it, or the one that a link leads to or this tab was left with.
    /// What was kept for it is shown at once.
    pub fn new(
        text: Arc<str>,
        saved: Option<&[u8]>,
        link: Option<&str>,
        setup: Option<&Setup>,
        near: Option<Near>,
        kept: Option<&[u8]>,
        events: Callback<Event>,
    ) -> Store {
        // Whoever reloads the page of a link wants what became of it.
        let saved = saved.filter(|saved| link.is_none_or(|l| player::saved::is_of(saved, l)));
        let back = saved.and_then(player::saved::resume);
        let (mut session, requests) = match (back, link, setup) {
            (Some(back), ..) => back,
            (None, _, Some(setup)) => Session::embedded(text, setup),
            (None, Some(link), None) => Session::following(text, link),
            (None, None, None) => Session::new(text),
        };
        if session.wanted.is_none() {
            session.link = link.map(Arc::from);
        }
        let mut store = Store {
            session: Rc::new(session),
            core: match near {
                Some(near) => Core::Near(near),
                None => Core::Away(Box::new(Courier::new(events))),
            },
        };
        let answer = match (kept, requests.as_slice()) {
            (Some(bytes), [request]) => kept::recall(bytes, request),
            _ => None,
        };
        if let (Some(_), Core::Away(courier)) = (&answer, &mut store.core) {
            courier.hold();
        }
        store.run(requests);
        if let Some(answer) = answer {
            store.dispatch(Action::Kept(answer.into()));
        }
        store
    }

    /// The state.
    pub fn session(&self) -> &Rc<Session> {
        &self.session
    }

    /// Does it, and says whether anything changed.
    pub fn dispatch(&mut self, action: Action) -> bool {
        let cancel = matches!(action, Action::Cancel);
        let (next, requests) = update(&self.session, action);
        let changed = next != *self.session;
        if changed {
            self.session = Rc::new(next);
        }
        if let (true, Core::Away(courier)) = (cancel, &mut self.core) {
            courier.cancel();
        }
        self.run(requests) || changed
    }

    /// Takes what happened on the line to the core, and says whether anything changed.
    pub fn hear(&mut self, event: Event) -> bool {
        let Core::Away(courier) = &mut self.core else {
            return false;
        };
        let mut changed = false;
        for action in courier.on(event) {
            changed |= self.dispatch(action);
        }
        changed
    }

    fn run(&mut self, requests: Vec<Request>) -> bool {
        let mut changed = false;
        for request in requests {
            match &mut self.core {
                Core::Near(near) => {
                    let answer = near.0.borrow_mut().answer(request);
                    changed |= self.dispatch(Action::Answered(answer.into()));
                }
                Core::Away(courier) => courier.ask(request),
            }
        }
        changed
    }
}
