//! One hook's moments as units: rules tried, ends of chains, rewritings on the line itself, and runs of
//! rules that did not match, folded. How wide each is, is decided here too.

use crate::frames::{Frame, Kind, Play};

/// What a frame is on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// It happens on the line itself, where its hook begins or where it is written down.
    Base,
    /// A rule is tried.
    Rule,
    /// A chain ends, or a policy decides: the line bends, and no rule stands there.
    Bend,
    /// conntrack rewrites: the sign stands on the line.
    Nat,
}

/// What a frame is on the line.
pub fn sort(play: &Play, frame: &Frame) -> Sort {
    match frame.at {
        Some(at) if play.rule(at).is_some() => Sort::Rule,
        Some(_) => Sort::Bend,
        None if frame.kind.is_nat() => Sort::Nat,
        None => Sort::Base,
    }
}

/// How deep in calls a frame is.
pub fn depth(frame: &Frame) -> usize {
    frame.callers.len()
}

/// One run through one chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    traversal: usize,
    chain: usize,
    callers: Vec<crate::frames::At>,
}

impl Call {
    /// The one a frame is in.
    pub fn of(frame: &Frame) -> Option<Call> {
        Some(Call {
            traversal: frame.traversal,
            chain: frame.at?.chain,
            callers: frame.callers.clone(),
        })
    }
}

/// What stands in the open hook, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Unit {
    /// A moment on the line itself.
    Base(usize),
    /// A rewriting on the line itself.
    Nat(usize),
    /// A rule tried.
    Rule(usize),
    /// A bend.
    Bend(usize),
    /// Rules that did not match, first and last frame.
    Fold(usize, usize),
    /// The draws of the chain at hand: their frames, and how many bars are shown.
    Draws(Vec<usize>, usize),
}

impl Unit {
    /// Its first frame.
    pub fn first(&self) -> usize {
        match self {
            Unit::Base(f) | Unit::Nat(f) | Unit::Rule(f) | Unit::Bend(f) | Unit::Fold(f, _) => *f,
            Unit::Draws(frames, _) => frames[0],
        }
    }
}

/// How an open hook is spread.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// In order.
    pub units: Vec<Unit>,
    /// The run through a chain that has the most room.
    pub call: Option<Call>,
    /// Distance of stops outside that run.
    pub near: f64,
    /// Distance of stops in it.
    pub wide: f64,
    /// Width of the draws.
    pub draws: f64,
    /// How deep it goes.
    pub deepest: usize,
    /// How wide all of it is.
    pub width: f64,
}

/// Room before the first stop.
const LEAD: f64 = 30.0;
/// Room behind the last.
pub const TAIL: f64 = 40.0;
/// A bend.
pub const BEND: f64 = 14.0;
/// A run of rules, whatever its length.
pub const FOLD: f64 = 54.0;
/// The sign of a rewriting.
pub const SIGN: f64 = 20.0;
const NEAR: (f64, f64) = (24.0, 42.0);
const WIDE: (f64, f64) = (46.0, 200.0);
const DRAWS: (f64, f64) = (230.0, 520.0);

impl Plan {
    /// Spreads the frames of a hook over a width.
    pub fn of(play: &Play, frames: (usize, usize), cursor: usize, room: f64) -> Plan {
        let inside = (frames.0..=frames.1).contains(&cursor);
        let call = inside
            .then(|| play.frame(cursor))
            .filter(|f| sort(play, f) == Sort::Rule || f.at.is_some())
            .and_then(Call::of);
        let mut plan = Plan {
            units: Vec::new(),
            call,
            near: NEAR.0,
            wide: WIDE.0,
            draws: 0.0,
            deepest: 0,
            width: 0.0,
        };
        for run in [6, 2] {
            plan.units = units(play, frames, plan.call.as_ref(), cursor, run);
            if plan.least(play) <= room {
                break;
            }
        }
        plan.deepest = (frames.0..=frames.1)
            .map(|i| depth(play.frame(i)))
            .max()
            .unwrap_or(0);
        plan.spread(play, room);
        plan
    }

    /// Whether a frame is a stop of the run that has the most room.
    pub fn is_at_hand(&self, play: &Play, frame: usize) -> bool {
        self.call.is_some() && Call::of(play.frame(frame)) == self.call
    }

    /// Whether a unit stands far from the one before it: both are rules of the run at hand.
    pub fn is_wide(&self, play: &Play, n: usize) -> bool {
        let hand = |unit: &Unit| match unit {
            Unit::Rule(f) => self.is_at_hand(play, *f),
            _ => false,
        };
        hand(&self.units[n]) && n.checked_sub(1).is_some_and(|b| hand(&self.units[b]))
    }

    /// How many stops at hand, how many others, how many draws, and what the rest takes.
    fn sizes(&self, play: &Play) -> (f64, f64, f64, f64) {
        let (mut wide, mut near, mut draws, mut fixed) = (0.0, 0.0, 0.0, LEAD + TAIL);
        for (n, unit) in self.units.iter().enumerate() {
            match unit {
                Unit::Rule(f) => {
                    match self.is_wide(play, n) {
                        true => wide += 1.0,
                        false => near += 1.0,
                    }
                    if play.frame(*f).kind.is_nat() {
                        fixed += SIGN;
                    }
                }
                Unit::Draws(..) => draws += 1.0,
                Unit::Fold(..) => fixed += FOLD,
                Unit::Bend(_) => fixed += BEND,
                Unit::Nat(_) => fixed += SIGN + 8.0,
                Unit::Base(_) => {}
            }
        }
        (wide, near, draws, fixed)
    }

    fn least(&self, play: &Play) -> f64 {
        let (wide, near, draws, fixed) = self.sizes(play);
        fixed + wide * WIDE.0 + near * NEAR.0 + draws * DRAWS.0
    }

    fn spread(&mut self, play: &Play, room: f64) {
        let (wide, near, draws, fixed) = self.sizes(play);
        let spare = (room - self.least(play)).max(0.0);
        let share = |part: f64, count: f64, (least, most): (f64, f64)| match count > 0.0 {
            true => (least + part / count).min(most),
            false => least,
        };
        let for_near = match wide + draws > 0.0 {
            true => spare * 0.3,
            false => spare,
        };
        self.near = share(for_near, near, NEAR);
        let left = spare - (self.near - NEAR.0) * near;
        let for_draws = match wide > 0.0 {
            true => left * 0.6,
            false => left,
        };
        self.draws = match draws > 0.0 {
            true => share(for_draws, draws, DRAWS),
            false => 0.0,
        };
        let left = match draws > 0.0 {
            true => left - (self.draws - DRAWS.0) * draws,
            false => left,
        };
        self.wide = share(left, wide, WIDE);
        self.width = fixed + wide * self.wide + near * self.near + draws * self.draws;
    }
}

fn units(
    play: &Play,
    frames: (usize, usize),
    at_hand: Option<&Call>,
    cursor: usize,
    longest_run: usize,
) -> Vec<Unit> {
    let mut out: Vec<Unit> = Vec::new();
    let mut i = frames.0;
    while i <= frames.1 {
        let frame = play.frame(i);
        let call = Call::of(frame);
        if call.is_some() && call.as_ref() == at_hand && is_draw(play, frame) {
            let mut draws = Vec::new();
            // Nothing else comes between the draws of one chain.
            while i <= frames.1 && is_draw(play, play.frame(i)) && Call::of(play.frame(i)) == call {
                draws.push(i);
                i += 1;
            }
            let shown = draws.len();
            out.push(Unit::Draws(draws, shown));
            continue;
        }
        if is_passed(frame) {
            let mut end = i;
            while end < frames.1
                && is_passed(play.frame(end + 1))
                && Call::of(play.frame(end + 1)) == call
            {
                end += 1;
            }
            if end + 1 - i > longest_run.max(3) {
                out.push(Unit::Rule(i));
                let inner = (i + 1, end - 1);
                match (inner.0..=inner.1).contains(&cursor) {
                    // The rule at the cursor is not folded away.
                    true => {
                        if inner.0 < cursor {
                            out.push(Unit::Fold(inner.0, cursor - 1));
                        }
                        out.push(Unit::Rule(cursor));
                        if cursor < inner.1 {
                            out.push(Unit::Fold(cursor + 1, inner.1));
                        }
                    }
                    false => out.push(Unit::Fold(inner.0, inner.1)),
                }
                out.push(Unit::Rule(end));
                i = end + 1;
                continue;
            }
        }
        out.push(match sort(play, frame) {
            Sort::Base => Unit::Base(i),
            Sort::Nat => Unit::Nat(i),
            Sort::Rule => Unit::Rule(i),
            Sort::Bend => Unit::Bend(i),
        });
        i += 1;
    }
    out
}

fn is_passed(frame: &Frame) -> bool {
    frame.kind == Kind::Pass && frame.at.is_some()
}

/// Whether a frame is a step of a staircase: a draw, or the rule that takes what the draws left.
pub fn is_draw(play: &Play, frame: &Frame) -> bool {
    let Some(at) = frame.at else { return false };
    let takes_rest = || {
        let chain = &play.chains[at.chain];
        let last = chain.rules.iter().rposition(|r| r.probability.is_some());
        frame.kind == Kind::Jump && last.is_some_and(|last| at.number == last + 2)
    };
    frame.kind.is_draw() || takes_rest()
}

/// How many rules a hook's comb has.
pub fn tried(play: &Play, frames: (usize, usize)) -> Vec<usize> {
    (frames.0..=frames.1)
        .filter(|i| sort(play, play.frame(*i)) == Sort::Rule)
        .collect()
}
