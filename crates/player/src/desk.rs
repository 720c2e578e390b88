//! State and words of what is loaded after the first view.
//!
//! The first view holds such state and hands on such answers without knowing what is in them: what is done
//! to it comes with the action, as a [`Deed`], and what the core says about it stays bytes until it is drawn.

use std::fmt;
use std::rc::Rc;

use crate::engine::Request;
use crate::session::{Session, Shared};

type Does = dyn Fn(&mut Session) -> Vec<Request>;

/// Something that a part of the page does to the session, brought along by that part.
#[derive(Clone)]
pub struct Deed(Rc<Does>);

impl Deed {
    /// One that does this.
    pub fn new(does: impl Fn(&mut Session) -> Vec<Request> + 'static) -> Deed {
        Deed(Rc::new(does))
    }

    /// Does it.
    pub(crate) fn done(&self, session: &mut Session) -> Vec<Request> {
        (self.0)(session)
    }
}

impl fmt::Debug for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deed")
    }
}

/// What those parts keep in the session.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Desk {
    /// The dialog that makes a link.
    pub share: crate::share::Share,
    /// The console, once it was opened.
    pub console: Option<Shared<crate::late::console::Console>>,
}
