//! What happens beside the walk: another text comes in place of this one, the editor arrives, a sample is
//! fetched, the browser prints. [`crate::update`] hands those actions on to here.

use std::sync::Arc;

use crate::editor::Editor;
use crate::engine::Request;
use crate::history::Doing;
use crate::samples::Sample;
use crate::session::{Action, Field, Session, Shared};

impl Session {
    /// Another text in place of this one.
    pub(crate) fn replace(&mut self, text: Arc<str>) -> Request {
        self.remember(Doing::Replaced);
        self.editor = Shared::new(Editor::new(text));
        self.talk = Default::default();
        self.anew = true;
        self.sample = Sample::None;
        self.load()
    }
}

/// Does one of those actions; any other does nothing here.
pub(crate) fn update(next: &mut Session, action: Action) -> Option<Request> {
    match action {
        Action::PrintBegins => {
            next.printing = true;
            next.playing = false;
        }
        Action::PrintEnds => next.printing = false,
        Action::Stage(stage) => next.set_stage(stage),
        Action::Present(present) => next.set_present(present),
        Action::EditorArrived => next.field = Field::Rich,
        Action::SampleChosen(file) => next.sample = Sample::Fetching(file),
        Action::SampleArrived(file, text) => match text {
            // Another one was chosen meanwhile, or a text was pasted.
            _ if next.sample != Sample::Fetching(file) => {}
            Some(text) => return Some(next.replace(text)),
            None => next.sample = Sample::Failed(file),
        },
        _ => {}
    }
    None
}
