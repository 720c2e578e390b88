//! The box under the chain: a draw as a staircase ([`crate::stairs`]), or an address before and after.

use crate::frames::{Frame, Kind, Play};
use crate::stairs::stairs;
pub use crate::stairs::{Bar, Drawn, Stairs};
use crate::text::draw_and_threshold;

/// What the box shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Moment {
    /// A draw.
    Draw(Stairs),
    /// A rewriting.
    Rewrite(Rewrite),
    /// How it all ended, or why it cannot go on.
    Note {
        /// Head.
        title: String,
        /// What there is to say.
        text: String,
    },
}

/// A rewriting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// Head.
    pub title: String,
    /// Why, or what follows.
    pub text: String,
    /// Source before and after.
    pub src: (String, String),
    /// Destination before and after.
    pub dst: (String, String),
    /// What they are, in a few words: source before, after, destination before, after.
    pub what: [String; 4],
}

/// The box at the cursor.
pub fn moment(play: &Play, cursor: usize) -> Option<Moment> {
    let frame = play.frame(cursor);
    match frame.kind {
        Kind::Hit | Kind::Miss | Kind::Jump => stairs(play, cursor).map(Moment::Draw),
        kind if kind.is_nat() => rewrite(play, cursor).map(Moment::Rewrite),
        Kind::Ending | Kind::Failed => Some(Moment::Note {
            title: "How it ends".into(),
            text: tally(play),
        }),
        Kind::Unmodelled => Some(Moment::Note {
            title: "Not modelled".into(),
            text: "What is known until here is shown. What comes next would be a guess, so it is left out.".into(),
        }),
        _ => None,
    }
}

fn rewrite(play: &Play, cursor: usize) -> Option<Rewrite> {
    let frame = play.frame(cursor);
    let before = frame.before.clone()?;
    let after = (frame.header.src.clone(), frame.header.dst.clone());
    let names = &play.names;
    let (title, text) = told(play, frame, &before, &after);
    Some(Rewrite {
        title,
        text,
        what: [&before.0, &after.0, &before.1, &after.1].map(|socket| names.describe(socket)),
        src: (before.0, after.0),
        dst: (before.1, after.1),
    })
}

fn told(
    play: &Play,
    frame: &Frame,
    before: &(String, String),
    after: &(String, String),
) -> (String, String) {
    let node = frame
        .ns
        .as_ref()
        .map(crate::names::spoken)
        .unwrap_or_default();
    let chain = |frame: &Frame| {
        frame
            .callers
            .last()
            .and_then(|at| play.chains.get(at.chain))
            .map(|c| c.name.clone())
    };
    match frame.kind {
        Kind::Dnat => {
            let draws: Vec<String> = play
                .frames
                .iter()
                .filter(|f| f.traversal == frame.traversal)
                .filter_map(|f| {
                    let draw = f.draw?;
                    let (drawn, _) = draw_and_threshold(draw.drawn, draw.threshold.0);
                    let did = match draw.hit {
                        true => "hit",
                        false => "missed",
                    };
                    Some(format!("rule {} {did} with {drawn}", f.at?.number))
                })
                .collect();
            let how = match (draws.len(), chain(frame)) {
                (0, _) => String::new(),
                (1..=3, _) => format!("{}. ", capital(&draws.join(", "))),
                (n, _) => format!("{n} draws led here. "),
            };
            (
                "DNAT: the destination is rewritten".into(),
                format!("{how}The rest of the connection follows without asking a rule again."),
            )
        }
        Kind::Snat => (
            format!("MASQUERADE: {node} as sender"),
            format!("The answer has to come back to {node}, the only one that knows who really asked."),
        ),
        Kind::Again => (
            "Rewritten again, by conntrack".into(),
            "What the rules decided for the first packet is written down in the entry, so no rule is asked.".into(),
        ),
        Kind::UndoDnat => (
            "The asked address is put back".into(),
            format!(
                "The client sent to {}. An answer from {}, whom it never called, would be thrown away.",
                after.0, before.0
            ),
        ),
        _ => (
            "The client's address is put back".into(),
            format!("Only {node} knows who asked: the answer came to {}.", before.1),
        ),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// What happened on the way, counted.
fn tally(play: &Play) -> String {
    let count = |test: &dyn Fn(&Frame) -> bool| play.frames.iter().filter(|f| test(f)).count();
    let tried = count(&|f| f.at.is_some_and(|at| play.rule(at).is_some()));
    let draws = count(&|f| f.draw.is_some());
    let packets = play.frames.iter().map(|f| f.packet).max().unwrap_or(0) + 1;
    format!(
        "{}, {}, {}.",
        crate::text::count(packets, "packet", "packets"),
        crate::text::count(tried, "rule tried", "rules tried"),
        crate::text::count(draws, "draw", "draws"),
    )
}
