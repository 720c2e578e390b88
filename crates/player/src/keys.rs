//! Keys, and what they do.

use crate::many::Deed;
use crate::session::{Action, Grain, Panel, Session, Target};
use crate::stage::{Present, Stage};

/// What the list of keys says: the key, and what it does.
pub const KEYS: [(&str, &str); 22] = [
    ("Space", "play or pause"),
    ("← →", "one step back, one step on"),
    ("Home End", "to the beginning, to the end"),
    ("d", "next draw"),
    ("n", "next NAT"),
    ("v", "next verdict"),
    ("1 2 3 4", "step by hop, hook, table, rule"),
    ("r", "draw again, with another seed"),
    ("s", "send the packet again"),
    ("m", "many connections, or back to one packet"),
    ("e", "open or close the editor"),
    ("t", "tables: browse the rules of the node at hand, or back"),
    ("w", "what if: change something, see what it does"),
    ("l", "the whole journey as one line, or the call stack"),
    ("x", "pictures and the story, as files"),
    ("c", "console: iptables, conntrack, kubectl, curl"),
    (
        "p",
        "show it to a room; a remote steps, b or . blanks, Esc leaves",
    ),
    ("u U", "undo the last change to the YAML, do it again"),
    ("Esc", "close what is open"),
    ("Esc Tab", "leave the editor, where Tab indents"),
    ("F8", "in the editor: next mistake, and what to do about it"),
    ("?", "this list"),
];

/// What a key does, by the name that `KeyboardEvent.key` gives it.
pub fn action(session: &Session, key: &str) -> Option<Action> {
    if session.present != Present::Off {
        if let Some(action) = presenting(session.present, key) {
            return Some(action);
        }
        // Nothing is laid over what a room looks at.
        if matches!(key, "e" | "m" | "w" | "t" | "x" | "?" | "c") {
            return None;
        }
    }
    Some(match key {
        "p" => Action::Present(Present::On),
        " " if session.panel == Panel::Many => Action::Many(Deed::Toggle),
        " " => Action::Toggle,
        "ArrowRight" => Action::Step,
        "ArrowLeft" => Action::Back,
        "Home" => Action::Home,
        "End" => Action::End,
        "d" => Action::Next(Target::Draw),
        "n" => Action::Next(Target::Nat),
        "v" => Action::Next(Target::Verdict),
        "1" | "2" | "3" | "4" => {
            let index = usize::from(key.as_bytes()[0] - b'1');
            Action::Grain(Grain::ALL[index])
        }
        "r" => Action::DrawAgain,
        "s" => Action::Send,
        "e" => Action::ToggleEditor,
        "m" => Action::Open(match session.panel {
            Panel::Many => Panel::None,
            _ => Panel::Many,
        }),
        "t" => Action::Open(match session.panel {
            Panel::Rules { .. } => Panel::None,
            _ => session.rules_here()?,
        }),
        "w" => Action::Open(match session.panel {
            Panel::WhatIf => Panel::None,
            _ => Panel::WhatIf,
        }),
        "l" => Action::Stage(match session.stage {
            Stage::Stack => Stage::Line,
            Stage::Line => Stage::Stack,
        }),
        "x" => Action::Open(match session.panel {
            Panel::Export => Panel::None,
            _ => Panel::Export,
        }),
        "c" => Action::Open(match session.panel {
            Panel::Console => Panel::None,
            _ => Panel::Console,
        }),
        "u" => Action::Undo,
        "U" => Action::Redo,
        "?" => Action::Open(match session.panel {
            Panel::Help => Panel::None,
            _ => Panel::Help,
        }),
        "Escape" if session.panel != Panel::None => Action::Open(Panel::None),
        "Escape" if session.editor_open => Action::ToggleEditor,
        _ => return None,
    })
}

/// What a key does while the page is shown to a room. A remote sends Page Up and Page Down, and one of two keys
/// for a blank screen.
fn presenting(present: Present, key: &str) -> Option<Action> {
    Some(match (key, present) {
        ("Escape" | "p", _) => Action::Present(Present::Off),
        ("b" | ".", Present::Blank) => Action::Present(Present::On),
        ("b" | ".", _) => Action::Present(Present::Blank),
        // Whoever goes on wants to be seen going on: the first press shows the page again.
        ("PageDown" | "PageUp" | "ArrowRight" | "ArrowLeft" | " ", Present::Blank) => {
            Action::Present(Present::On)
        }
        ("PageDown", _) => Action::Step,
        ("PageUp", _) => Action::Back,
        _ => return None,
    })
}
