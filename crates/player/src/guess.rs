//! Guess first: the play stops before each draw, the learner says how it will fall, then it is shown.
//!
//! The moment before the draw stays on screen until then, so nothing tells the answer early.

use std::collections::BTreeSet;

use crate::frames::{Kind, Play};
use crate::session::{Action, Session};
use crate::stairs::{Stairs, unrevealed};

/// What is guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bet {
    /// The draw is below the threshold.
    Hit,
    /// It is not.
    Miss,
    /// The rule of this number takes it in the end.
    Rule(usize),
}

/// What can be done about guessing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Begin to guess, or leave it.
    Toggle,
    /// A guess.
    Bet(Bet),
    /// Show the draw without one.
    Skip,
}

/// A guess that is made, and when it turns out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Made {
    /// At which moment it turns out.
    at: usize,
    right: Right,
    said: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    Yes,
    No,
}

/// The state of guessing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guess {
    /// Whether draws are guessed.
    pub on: bool,
    /// The moment of the draw that is to be guessed now.
    pub asking: Option<usize>,
    /// How many guesses were right, and how many there were.
    pub score: (u32, u32),
    /// What came of the last guess, and at which moment.
    pub said: Option<(usize, String)>,
    made: Option<Made>,
    shown: BTreeSet<usize>,
}

/// What is asked of the learner.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The rule.
    pub rule: usize,
    /// What it does.
    pub text: String,
    /// What a hit means, what a miss means.
    pub ways: [String; 2],
    /// The endpoints that are still to be had, by their rule.
    pub endpoints: Vec<(usize, String)>,
    /// The staircase without its number.
    pub stairs: Stairs,
}

impl Guess {
    /// Another walk: what was to be guessed is of the past, the score is not.
    pub fn forget(&mut self) {
        self.asking = None;
        self.said = None;
        self.made = None;
        self.shown.clear();
    }

    /// The score in words.
    pub fn words(&self) -> Option<String> {
        match self.score {
            (_, 0) => None,
            (right, made) => Some(format!("{right} of {made} guessed")),
        }
    }

    fn bet(&mut self, play: &Play, draw: usize, bet: Bet) {
        let (at, right) = match bet {
            Bet::Hit => (draw, play.frame(draw).kind == Kind::Hit),
            Bet::Miss => (draw, play.frame(draw).kind != Kind::Hit),
            Bet::Rule(rule) => turns_out(play, draw, rule),
        };
        let said = said(play, at, bet, right);
        // What lies between is part of the same guess.
        self.shown
            .extend((draw..=at).filter(|i| play.frame(*i).draw.is_some()));
        self.made = Some(Made {
            at,
            right: match right {
                true => Right::Yes,
                false => Right::No,
            },
            said,
        });
    }

    /// The cursor has come to a moment.
    fn reached(&mut self, cursor: usize) {
        if let Some(made) = self.made.take_if(|made| made.at <= cursor) {
            self.score.1 += 1;
            self.score.0 += u32::from(made.right == Right::Yes);
            self.said = Some((made.at, made.said));
        }
    }
}

/// When it is known whether a rule takes the connection, and whether it does: when it hits or misses,
/// when one before it hits, or when the rest is taken.
fn turns_out(play: &Play, draw: usize, rule: usize) -> (usize, bool) {
    let first = play.frame(draw);
    let Some(chain) = first.at.map(|at| at.chain) else {
        return (draw, false);
    };
    let same = |i: usize| {
        let frame = play.frame(i);
        frame.traversal == first.traversal && frame.at.is_some_and(|at| at.chain == chain)
    };
    for i in (draw..play.frames.len()).filter(|i| same(*i)) {
        let frame = play.frame(i);
        let number = frame.at.map_or(0, |at| at.number);
        match frame.kind {
            Kind::Hit | Kind::Jump => return (i, number == rule),
            Kind::Miss if number == rule => return (i, false),
            _ => {}
        }
    }
    (draw, false)
}

fn said(play: &Play, at: usize, bet: Bet, right: bool) -> String {
    let fell = match play.frame(at).kind {
        Kind::Hit => "it hit",
        Kind::Miss => "it missed",
        _ => "it takes the rest",
    };
    let guessed = match bet {
        Bet::Hit => "a hit".to_owned(),
        Bet::Miss => "a miss".to_owned(),
        Bet::Rule(rule) => format!("rule {rule}"),
    };
    match (right, bet) {
        (true, Bet::Rule(_)) => format!("You said {guessed}, and so it is."),
        (true, _) => format!("You said {guessed}, and {fell}."),
        (false, Bet::Rule(_)) => format!("You said {guessed}; chance went elsewhere."),
        (false, _) => format!("You said {guessed}; this time {fell}."),
    }
}

/// What is to be guessed now.
pub fn question(session: &Session) -> Option<Question> {
    let play = session.play.as_ref()?;
    let draw = session.guess.asking?;
    let stairs = unrevealed(play, draw)?;
    let frame = play.frame(draw);
    let at = frame.at?;
    let chain = play.chains.get(at.chain)?;
    let bar = stairs.bars.iter().find(|b| b.current)?;
    let threshold = bar.threshold.clone().unwrap_or_default();
    let last = chain.rules.iter().rposition(|r| r.probability.is_some())? + 1;
    let endpoints = chain
        .rules
        .iter()
        .filter(|r| r.number >= at.number && r.number <= last + 1)
        .filter_map(|r| {
            let socket = r.leads_to.as_deref()?;
            let name = play.names.of_socket(socket).unwrap_or(socket);
            Some((r.number, name.to_owned()))
        })
        .collect();
    Some(Question {
        rule: at.number,
        text: format!(
            "Rule {} is about to draw, from 0 up to 1. Below {threshold} it is a hit. What do you say?",
            at.number
        ),
        ways: [
            format!("Hit: to {}", crate::text::elide(&bar.name, 14)),
            format!("Miss: on to rule {}", at.number + 1),
        ],
        endpoints,
        stairs,
    })
}

/// Does one of the [`Deed`]s.
pub fn act(session: &mut Session, deed: Deed) {
    match (deed, session.guess.asking, session.play.clone()) {
        (Deed::Toggle, _, _) => {
            session.guess.on = !session.guess.on;
            session.guess.asking = None;
        }
        (Deed::Bet(bet), Some(draw), Some(play)) => {
            session.guess.bet(&play, draw, bet);
            session.guess.asking = None;
            session.cursor = draw;
            session.guess.reached(draw);
        }
        (Deed::Skip, Some(draw), Some(_)) => {
            session.guess.shown.insert(draw);
            session.guess.asking = None;
            session.cursor = draw;
        }
        _ => {}
    }
}

/// How an action moves the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moves {
    /// On through the walk, moment by moment.
    On,
    /// To wherever it wants.
    Anyhow,
}

/// How an action moves the cursor.
pub fn way(action: &Action) -> Moves {
    match action {
        Action::Step | Action::Tick | Action::Next(_) => Moves::On,
        _ => Moves::Anyhow,
    }
}

/// Holds the play back before a draw that is to be guessed. `before` is the session as it was.
pub fn hold(before: &Session, next: &mut Session, way: Moves) {
    if next.play != before.play {
        next.guess.forget();
        return;
    }
    if next.cursor != before.cursor && before.guess.asking == next.guess.asking {
        next.guess.asking = None;
    }
    if next.guess.on
        && way == Moves::On
        && let Some(play) = next.play.clone()
    {
        let passed = before.cursor + 1..=next.cursor.max(before.cursor);
        let draw = passed
            .clone()
            .find(|i| play.frame(*i).draw.is_some() && !next.guess.shown.contains(i));
        match draw {
            // Who steps on without a guess wants to see it.
            Some(draw) if before.guess.asking == Some(draw) => {
                next.guess.shown.insert(draw);
                next.guess.asking = None;
                next.cursor = draw;
            }
            Some(draw) => {
                next.guess.asking = Some(draw);
                next.cursor = draw.saturating_sub(1).max(before.cursor);
                next.playing = false;
            }
            None => {}
        }
    }
    next.guess.reached(next.cursor);
}
