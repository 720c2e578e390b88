//! State and words of what is loaded after the first view.
//!
//! The first view holds such state and hands on such answers without knowing what is in them: what is done
//! to it comes with the action, as a [`Deed`], and what the core says about it stays bytes until it is drawn.

use std::any::Any;
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
    /// Files that were dropped for the shelf, by name and text.
    pub dropped: Vec<(String, String)>,
    /// Lesson mode, while it is on ([`crate::late::learning::Learning`]).
    pub learning: Slot,
}

/// Lesson mode begins; what is in it comes with the part of the page that draws it.
pub fn begin_learning() -> Deed {
    Deed::new(|session| {
        session.desk.learning.put(());
        Vec::new()
    })
}

/// Something whose kind only that part knows. It is equal to itself alone.
#[derive(Clone, Default)]
pub struct Slot(Option<Rc<dyn Any>>);

impl Slot {
    /// What is in it.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.as_ref()?.downcast_ref()
    }

    /// Puts something in.
    pub fn put<T: 'static>(&mut self, value: T) {
        self.0 = Some(Rc::new(value));
    }

    /// Takes it out.
    pub fn clear(&mut self) {
        self.0 = None;
    }

    /// Whether something is in it.
    pub fn is_full(&self) -> bool {
        self.0.is_some()
    }
}

impl PartialEq for Slot {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(another)) => Rc::ptr_eq(one, another),
            (one, another) => one.is_none() && another.is_none(),
        }
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_full() {
            "Slot(full)"
        } else {
            "Slot(empty)"
        })
    }
}
