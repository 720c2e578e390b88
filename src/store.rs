//! Lends the session to Yew: the same `Rc` for as long as nothing changed.

use std::rc::Rc;
use std::sync::Arc;

use player::{Action, Engine, LabEngine, Request, Session, update};

/// The session, and the engine that answers its requests.
pub struct Store {
    session: Rc<Session>,
    engine: LabEngine,
}

impl Store {
    /// A page with this text, read and walked.
    pub fn new(text: Arc<str>) -> Store {
        let (session, requests) = Session::new(text);
        let mut store = Store {
            session: Rc::new(session),
            engine: LabEngine::default(),
        };
        store.run(requests);
        store
    }

    /// The state.
    pub fn session(&self) -> &Rc<Session> {
        &self.session
    }

    /// Does it, and says whether anything changed.
    pub fn dispatch(&mut self, action: Action) -> bool {
        let (next, requests) = update(&self.session, action);
        let changed = next != *self.session;
        if changed {
            self.session = Rc::new(next);
        }
        self.run(requests) || changed
    }

    fn run(&mut self, requests: Vec<Request>) -> bool {
        let mut changed = false;
        for request in requests {
            let answer = self.engine.answer(request);
            changed |= self.dispatch(Action::Answered(answer));
        }
        changed
    }
}
