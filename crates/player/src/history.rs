//! Undo and redo of the text and the settings, whoever changed them: a hand, a click, a paste.

use std::rc::Rc;

use crate::editor::Editor;
use crate::session::Shared;
use crate::settings::Settings;

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    /// Somebody typed.
    ByHand,
    /// A click, by its label, and what it did to whom.
    Done {
        /// As the button said it.
        label: String,
        /// In a sentence.
        about: String,
    },
    /// Another text was put in place of the old one.
    Replaced,
}

/// A state to go back to.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// The text.
    pub editor: Shared<Editor>,
    /// The settings.
    pub settings: Settings,
    /// What was done next.
    pub next: Doing,
}

/// All states to go back and forth to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    past: Rc<Vec<Past>>,
    future: Rc<Vec<Past>>,
    /// Where the last letter was typed, while typing goes on there.
    typing: Option<usize>,
}

/// As many bytes of old texts are kept, and no more.
const BYTES: usize = 16 << 20;
/// As many steps are kept.
const STEPS: usize = 500;

impl History {
    /// Something was done to this state.
    pub fn push(&mut self, editor: &Shared<Editor>, settings: &Settings, next: Doing) {
        self.future = Rc::default();
        self.typing = None;
        let past = Rc::make_mut(&mut self.past);
        past.push(Past {
            editor: editor.clone(),
            settings: settings.clone(),
            next,
        });
        let bytes = |past: &[Past]| past.iter().map(|p| p.editor.text().len()).sum::<usize>();
        while past.len() > 1 && (past.len() > STEPS || bytes(past) > BYTES) {
            past.remove(0);
        }
    }

    /// The shown text was changed by hand. Letters typed one behind the other are one step.
    pub fn typed(&mut self, editor: &Shared<Editor>, settings: &Settings, shown: &str) {
        let before = editor.shown();
        let same = before
            .bytes()
            .zip(shown.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        let grown = shown.len().checked_sub(before.len());
        let at = match grown {
            Some(grown @ 1..=4) => Some(same + grown),
            Some(_) => None,
            None => (before.len() - shown.len() <= 4).then_some(same),
        };
        let end = before.len().max(shown.len());
        let breaks = grown.is_some_and(|grown| {
            shown.as_bytes()[same.min(end)..]
                .iter()
                .take(grown)
                .any(|b| *b == b'\n')
        });
        let goes_on = self.typing.is_some_and(|last| last.abs_diff(same) <= 4)
            && at.is_some()
            && !breaks
            && self.last().is_some_and(|past| past.next == Doing::ByHand);
        if !goes_on {
            self.push(editor, settings, Doing::ByHand);
        }
        self.future = Rc::default();
        self.typing = at;
    }

    /// What was done last.
    pub fn last(&self) -> Option<&Past> {
        self.past.last()
    }

    /// What would be done again.
    pub fn undone(&self) -> Option<&Past> {
        self.future.last()
    }

    /// The state before the last thing that was done; a run of edits by hand is one thing.
    pub fn before_last(&self) -> Option<&Past> {
        let by_hand = |past: &&Past| past.next == Doing::ByHand;
        let run = self.past.iter().rev().take_while(by_hand).count();
        self.past.get(self.past.len().checked_sub(run.max(1))?)
    }

    /// The state after the last text was put in place of another: what one began with.
    pub fn beginning(&self) -> Option<&Past> {
        let replaced = self.past.iter().rposition(|p| p.next == Doing::Replaced);
        self.past.get(replaced.map_or(0, |at| at + 1))
    }

    /// One step back, from this state.
    pub fn undo(&mut self, editor: &Shared<Editor>, settings: &Settings) -> Option<Past> {
        let past = Rc::make_mut(&mut self.past).pop()?;
        self.typing = None;
        Rc::make_mut(&mut self.future).push(Past {
            editor: editor.clone(),
            settings: settings.clone(),
            next: past.next.clone(),
        });
        Some(past)
    }

    /// One step forth, from this state.
    pub fn redo(&mut self, editor: &Shared<Editor>, settings: &Settings) -> Option<Past> {
        let again = Rc::make_mut(&mut self.future).pop()?;
        self.typing = None;
        Rc::make_mut(&mut self.past).push(Past {
            editor: editor.clone(),
            settings: settings.clone(),
            next: again.next.clone(),
        });
        Some(again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Desk {
        history: History,
        editor: Shared<Editor>,
    }

    impl Desk {
        fn new(text: &str) -> Desk {
            Desk {
                history: History::default(),
                editor: Shared::new(Editor::new(text.into())),
            }
        }

        fn write(&mut self, text: &str) {
            self.history.typed(&self.editor, &Settings::default(), text);
            self.editor = Shared::new(self.editor.edited(text.into()));
        }

        fn click(&mut self, text: &str) {
            let done = Doing::Done {
                label: text.into(),
                about: String::new(),
            };
            self.history.push(&self.editor, &Settings::default(), done);
            self.editor = Shared::new(Editor::new(text.into()));
        }

        fn undo(&mut self) -> &str {
            if let Some(past) = self.history.undo(&self.editor, &Settings::default()) {
                self.editor = past.editor;
            }
            self.editor.shown()
        }

        fn redo(&mut self) -> &str {
            if let Some(past) = self.history.redo(&self.editor, &Settings::default()) {
                self.editor = past.editor;
            }
            self.editor.shown()
        }
    }

    #[test]
    fn letters_typed_together_are_one_step() {
        let mut desk = Desk::new("a: 1");
        for text in ["a: 12", "a: 123", "a: 12", "a: 124"] {
            desk.write(text);
        }
        desk.write("b\na: 124");
        assert_eq!(desk.undo(), "a: 124");
        assert_eq!(desk.undo(), "a: 1");
        assert_eq!(desk.undo(), "a: 1");
        assert_eq!(desk.redo(), "a: 124");
        assert_eq!(desk.redo(), "b\na: 124");
        assert_eq!(desk.redo(), "b\na: 124");
    }

    #[test]
    fn a_click_is_a_step_of_its_own() {
        let mut desk = Desk::new("a");
        desk.write("ab");
        desk.click("c");
        desk.write("cd");
        desk.write("cde");
        let before = |desk: &Desk| {
            desk.history
                .before_last()
                .map(|p| p.editor.shown().to_owned())
        };
        assert_eq!(before(&desk).as_deref(), Some("c"));
        assert_eq!(desk.undo(), "c");
        assert_eq!(before(&desk).as_deref(), Some("ab"));
        assert_eq!(desk.undo(), "ab");
        assert_eq!(desk.undo(), "a");
        assert_eq!(before(&desk), None);
    }

    #[test]
    fn what_is_done_after_an_undo_has_no_redo() {
        let mut desk = Desk::new("a");
        desk.click("b");
        desk.undo();
        desk.write("x");
        assert_eq!(desk.redo(), "x");
    }

    #[test]
    fn old_steps_make_room() {
        let mut desk = Desk::new("a");
        let long = "x".repeat(BYTES / 4);
        for n in 0..9 {
            desk.click(&format!("{long}{n}"));
        }
        assert!(desk.history.past.len() <= 5);
        for n in 0..STEPS * 2 {
            desk.click(&n.to_string());
        }
        assert!(desk.history.past.len() <= STEPS);
    }
}
