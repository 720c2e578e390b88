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

/// Whether the page is shown to a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Present {
    /// It is somebody's own.
    #[default]
    Off,
    /// It is: larger, and with fewer things.
    On,
    /// It is, and the room looks at whoever speaks.
    Blank,
}

/// What a projector is laid out as, in CSS pixels.
const ROOM: (u32, u32) = (1280, 720);

impl Present {
    /// How much larger a screen of this size is drawn, in percent: in quarters, so that text stays sharp.
    pub fn zoom(self, screen: (u32, u32)) -> u32 {
        if self == Present::Off {
            return 100;
        }
        let of = |pixels: u32, room: u32| pixels.saturating_mul(100) / room;
        let fits = of(screen.0, ROOM.0).min(of(screen.1, ROOM.1));
        (fits / 25 * 25).clamp(100, 300)
    }
}

impl Session {
    /// Begins or ends showing the page to a room.
    pub(crate) fn set_present(&mut self, present: Present) {
        if present == Present::On && self.present == Present::Off {
            self.playing = false;
            self.editor_open = false;
            self.tab = Tab::Walk;
            self.panel = Panel::None;
        }
        self.present = present;
        self.set_screen(self.screen);
    }

    /// The page has this much of the screen.
    pub(crate) fn set_screen(&mut self, screen: (u32, u32)) {
        let zoom = self.present.zoom(screen);
        self.screen = screen;
        // Whatever size is told, even an absurd one: a share of it is never more than it.
        let shown = |pixels: u32| {
            let shown = u64::from(pixels) * 100 / u64::from(zoom);
            u32::try_from(shown).unwrap_or(u32::MAX)
        };
        self.viewport = (shown(screen.0), shown(screen.1));
    }

    /// Another stage; what lay over the old one is closed.
    pub(crate) fn set_stage(&mut self, stage: Stage) {
        self.stage = stage;
        self.tab = Tab::Walk;
        if !matches!(self.panel, Panel::Help | Panel::Settings) {
            self.panel = Panel::None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn zooms(screen: (u32, u32), want: u32) {
        assert_eq!(Present::On.zoom(screen), want);
        assert_eq!(Present::Off.zoom(screen), 100);
    }

    #[test]
    fn projectors() {
        zooms((1280, 720), 100);
        zooms((1366, 768), 100);
        zooms((1600, 900), 125);
        zooms((1920, 1080), 150);
        zooms((2560, 1440), 200);
        zooms((800, 600), 100);
        zooms((10_000, 10_000), 300);
    }
}
