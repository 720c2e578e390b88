//! Where a step, a jump or a tick of the clock lands.

use crate::frames::{Kind, Play};
use crate::session::{Grain, Target};

/// The moment after a step forward.
pub fn forward(play: &Play, cursor: usize, grain: Grain) -> usize {
    let last = play.frames.len() - 1;
    let here = group(play, cursor, grain);
    (cursor + 1..=last)
        .find(|&i| group(play, i, grain) != here)
        .unwrap_or(last)
}

/// The moment after a step back: the beginning of this group, or of the one before.
pub fn backward(play: &Play, cursor: usize, grain: Grain) -> usize {
    let start = start_of(play, cursor, grain);
    match (start == cursor, cursor) {
        (_, 0) => 0,
        (false, _) => start,
        (true, _) => start_of(play, cursor - 1, grain),
    }
}

/// The next moment of a kind.
pub fn next(play: &Play, cursor: usize, target: Target) -> Option<usize> {
    (cursor + 1..play.frames.len()).find(|&i| {
        let kind = play.frames[i].kind;
        match target {
            Target::Draw => kind.is_draw(),
            Target::Nat => kind.is_nat(),
            Target::Verdict => kind.is_verdict(),
        }
    })
}

/// How long a moment stands, in milliseconds at normal speed.
pub fn dwell(play: &Play, cursor: usize, grain: Grain) -> u32 {
    let frame = play.frame(cursor);
    // The first moment is met by someone who has just arrived.
    let least = match (cursor, grain) {
        (0, _) => 2600,
        (_, Grain::Hop | Grain::Hook) => 1600,
        _ => 0,
    };
    let kind = match frame.kind {
        // A long run of rules that do not match is the same sentence again and again.
        Kind::Pass if cursor > 2 && play.frames[cursor - 2].kind == Kind::Pass => 150,
        kind => kind.dwell(),
    };
    kind.max(least)
}

fn start_of(play: &Play, cursor: usize, grain: Grain) -> usize {
    let here = group(play, cursor, grain);
    let mut at = cursor;
    while at > 0 && group(play, at - 1, grain) == here {
        at -= 1;
    }
    at
}

fn group(play: &Play, index: usize, grain: Grain) -> (usize, usize, usize) {
    let frame = play.frame(index);
    match grain {
        Grain::Hop => (frame.visit, 0, 0),
        Grain::Hook => (frame.visit, frame.station, 0),
        Grain::Table => (frame.visit, frame.station, frame.traversal),
        Grain::Rule => (0, 0, index),
    }
}
