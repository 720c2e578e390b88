//! The open chain at the cursor: which rules were tried, what became of them, which are to come.

use crate::frames::{At, Frame, Kind, Play};

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowState {
    /// The rule at the cursor.
    Lit,
    /// Tried before.
    Done,
    /// Not tried, or not yet.
    Next,
}

/// A line of the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A rule.
    Rule {
        /// Its number.
        number: usize,
        /// How it stands.
        state: RowState,
        /// What became of it.
        note: String,
        /// Whether it drew, and hit.
        draw: Option<bool>,
    },
    /// Rules that are only counted.
    Fold {
        /// First and last number.
        numbers: (usize, usize),
        /// What became of them.
        note: String,
    },
    /// The end of the chain.
    End {
        /// Whether the cursor is there.
        lit: bool,
        /// What it does.
        text: String,
        /// In three words.
        note: String,
    },
}

/// The card's lines, about as many as there is room for.
pub fn rows(play: &Play, cursor: usize, room: usize) -> Vec<Line> {
    let room = room.max(3);
    let frame = play.frame(cursor);
    let Some(at) = frame.at else {
        return Vec::new();
    };
    let Some(chain) = play.chains.get(at.chain) else {
        return Vec::new();
    };
    let count = chain.count();
    let (first, last) = match count <= room {
        true => (1, count),
        false => {
            // Two lines say what is left out; most of the others show what was tried before.
            let shown = room - 2;
            let middle = at.number.min(count);
            let last = (middle + shown / 3).max(shown).min(count);
            (last + 1 - shown, last)
        }
    };
    let tried = tried(play, cursor, at);
    let ends_here = decides(frame);
    let mut lines = Vec::new();
    if first > 1 {
        lines.push(Line::Fold {
            numbers: (1, first - 1),
            note: "tried before".into(),
        });
    }
    for number in first..=last {
        let lit = number == at.number;
        let before = tried
            .iter()
            .find(|f| f.at.map(|a| a.number) == Some(number));
        let (state, note, draw) = match (lit, before) {
            (true, _) => (RowState::Lit, frame.why.clone(), draw_of(frame)),
            (false, Some(f)) => (RowState::Done, past(f), draw_of(f)),
            (false, None) if number < at.number => (RowState::Done, String::new(), None),
            (false, None) => {
                let note = match ends_here {
                    true => "not tried",
                    false => "",
                };
                (RowState::Next, note.into(), None)
            }
        };
        lines.push(Line::Rule {
            number,
            state,
            note,
            draw,
        });
    }
    if last < count {
        lines.push(Line::Fold {
            numbers: (last + 1, count),
            note: match ends_here {
                true => "not tried".into(),
                false => String::new(),
            },
        });
    }
    if at.number > count {
        lines.push(Line::End {
            lit: true,
            text: match &chain.policy {
                Some(policy) => format!("end of the built-in chain: policy {policy}"),
                None if count == 0 => "no rules: back to the caller".into(),
                None => "end of the chain: back to the caller".into(),
            },
            note: frame.why.clone(),
        });
    }
    lines
}

/// Whether a moment leaves the chain, so that what follows in it is not tried.
fn decides(frame: &Frame) -> bool {
    !matches!(
        frame.kind,
        Kind::Pass | Kind::Miss | Kind::Continue | Kind::Mark | Kind::Jump
    )
}

fn draw_of(frame: &Frame) -> Option<bool> {
    frame.draw.map(|_| frame.kind == Kind::Hit)
}

fn past(frame: &Frame) -> String {
    match frame.kind {
        Kind::Jump | Kind::Hit => "came back".into(),
        Kind::Mark => match frame.why.strip_prefix("sets") {
            Some(rest) => format!("set{rest}"),
            None => match frame.why.strip_prefix("clears") {
                Some(rest) => format!("cleared{rest}"),
                None => frame.why.clone(),
            },
        },
        _ => frame.why.clone(),
    }
}

/// The earlier moments of this call of this chain, the latest first.
fn tried(play: &Play, cursor: usize, at: At) -> Vec<&Frame> {
    let here = play.frame(cursor);
    let mut out = Vec::new();
    let mut upper = at.number;
    for frame in play.frames[..cursor].iter().rev() {
        if frame.traversal != here.traversal || frame.packet != here.packet {
            break;
        }
        let Some(there) = frame.at else { break };
        if there.chain != at.chain || frame.callers != here.callers {
            // A shorter stack is a caller: this call of the chain began after it.
            if frame.callers.len() < here.callers.len() {
                break;
            }
            continue;
        }
        // Within one call the numbers only rise.
        if there.number >= upper {
            break;
        }
        upper = there.number;
        out.push(frame);
    }
    out
}
