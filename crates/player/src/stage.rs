//! What stands in the middle of the page, and whether the page is shown to a room.

use crate::session::{Panel, Session, Tab};

/// How the walk is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Stage {
    /// One moment: the chains that are open, as a stack.
    #[default]
    Stack,
    /// The whole journey as one line.
    Line,
}

impl Stage {
    /// Both.
    pub const ALL: [Stage; 2] = [Stage::Stack, Stage::Line];

    /// Its name on the page.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Stack => "Call stack",
            Stage::Line => "The line",
        }
    }
}

impl Session {
    /// Another stage; what lay over the old one is closed.
    pub(crate) fn set_stage(&mut self, stage: Stage) {
        self.stage = stage;
        self.tab = Tab::Walk;
        if !matches!(self.panel, Panel::Help | Panel::Settings) {
            self.panel = Panel::None;
        }
    }
}
