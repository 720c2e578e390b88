//! The box under the chain: a draw as a staircase, or an address before and after.

use crate::frames::{Frame, Kind, Play};
use crate::text::{draw_and_threshold, short_fraction};

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

/// One bar: what is left of the whole when this rule is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// The rule's number.
    pub rule: usize,
    /// Where it leads.
    pub name: String,
    /// Where the bar begins on the whole, 0 to 1; it ends at 1.
    pub start: f64,
    /// How much of the bar hits, 0 to 1; 1 for the rule that takes the rest.
    pub share: f64,
    /// The threshold as written short; `None` for the rule that takes the rest.
    pub threshold: Option<String>,
    /// Where the draw fell on the bar, and the number.
    pub drawn: Option<(f64, String)>,
    /// Whether the draw at the cursor is this one.
    pub current: bool,
    /// In words: `hit`, `miss: on to rule 3`, `not tried`.
    pub state: String,
    /// The sum: `1/2 of the other 2/3 = 1/3`.
    pub sum: String,
}

/// One draw in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// The number.
    pub number: String,
    /// Its threshold.
    pub threshold: String,
    /// Whether it hit.
    pub hit: bool,
}

/// The draws of one chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Stairs {
    /// The draw at the cursor; `None` at the rule that takes the rest.
    pub draw: Option<Drawn>,
    /// The bars around the cursor.
    pub bars: Vec<Bar>,
    /// How many bars are not shown: above, below.
    pub hidden: (usize, usize),
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

/// Up to so many bars are all shown.
const ALL_BARS: usize = 4;
/// Of more, so many are shown: the one at the cursor and its neighbours.
const SOME_BARS: usize = 3;

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

fn stairs(play: &Play, cursor: usize) -> Option<Stairs> {
    let frame = play.frame(cursor);
    let at = frame.at?;
    let chain = play.chains.get(at.chain)?;
    let draw = frame.draw.map(|d| {
        let (number, threshold) = draw_and_threshold(d.drawn, d.threshold.0);
        Drawn {
            number,
            threshold,
            hit: d.hit,
        }
    });
    let mut bars: Vec<Bar> = Vec::new();
    let mut left = Left::whole();
    let last_draw = chain.rules.iter().rposition(|r| r.probability.is_some())?;
    for rule in &chain.rules {
        let share = match &rule.probability {
            Some((_, share)) => *share,
            // The rule after the last draw takes the rest, when it asks nothing.
            None if rule.number == last_draw + 2 && rule.conditions.is_empty() => 1.0,
            None => continue,
        };
        let whole = &play.frames[..=cursor];
        let made = whole.iter().rev().find(|f| {
            f.traversal == frame.traversal
                && f.draw.is_some()
                && f.at
                    .is_some_and(|a| a.chain == at.chain && a.number == rule.number)
        });
        let name = rule
            .leads_to
            .as_deref()
            .map(|s| play.names.of_socket(s).unwrap_or(s).to_owned())
            .unwrap_or_else(|| rule.target.replacen("-j ", "", 1));
        let state = match made.map(|f| f.kind) {
            Some(Kind::Hit) => "hit".into(),
            Some(_) => format!("miss: on to rule {}", rule.number + 1),
            None if rule.number == at.number => "takes the rest".into(),
            None if frame.kind == Kind::Hit => "not tried".into(),
            None => String::new(),
        };
        bars.push(Bar {
            rule: rule.number,
            name,
            start: 1.0 - left.value,
            share,
            threshold: rule
                .probability
                .as_ref()
                .map(|(_, p)| short_fraction(*p, 3)),
            drawn: made.and_then(|f| f.draw).map(|d| {
                let place = f64::from(d.drawn) / f64::from(netfilter::Probability::WHOLE);
                (place, draw_and_threshold(d.drawn, d.threshold.0).0)
            }),
            current: rule.number == at.number,
            state,
            sum: left.take(share),
        });
    }
    // A jump in a chain that draws is a moment of chance only where it takes what the draws left.
    let here = bars.iter().position(|b| b.current)?;
    let (first, shown) = match bars.len() <= ALL_BARS {
        true => (0, bars.len()),
        false => (
            here.saturating_sub(1).min(bars.len() - SOME_BARS),
            SOME_BARS,
        ),
    };
    let after = bars.len() - (first + shown);
    bars.drain(..first);
    bars.truncate(shown);
    Some(Stairs {
        draw,
        bars,
        hidden: (first, after),
    })
}

/// What is left of the whole, exactly where every threshold is one part of so many.
struct Left {
    value: f64,
    exact: Option<(u64, u64)>,
    first: bool,
}

impl Left {
    fn whole() -> Left {
        Left {
            value: 1.0,
            exact: Some((1, 1)),
            first: true,
        }
    }

    /// Takes a share of what is left and says so.
    fn take(&mut self, share: f64) -> String {
        let parts = (1.0 / share).round();
        // kube-proxy writes ten digits of 1/n (`computeProbability`), so anything nearer is 1/n.
        let is_part = (1.0..=1e6).contains(&parts) && (share * parts - 1.0).abs() < 1e-6;
        let text = match self.exact.filter(|_| is_part) {
            Some((n, d)) => {
                let k = parts as u64;
                let taken = reduce(n, d.saturating_mul(k));
                let taken = format!("{}/{}", taken.0, taken.1);
                let text = match (k, self.first) {
                    (1, true) => "all of the whole".into(),
                    (1, false) => format!("all of the last {n}/{d} = {taken}"),
                    (k, true) => format!("1/{k} of the whole = {taken}"),
                    (k, false) => format!("1/{k} of the other {n}/{d} = {taken}"),
                };
                self.exact = n
                    .checked_mul(k.saturating_sub(1))
                    .zip(d.checked_mul(k))
                    .map(|(n, d)| reduce(n, d));
                text
            }
            None => {
                self.exact = None;
                let percent = |v: f64| format!("{} %", short_fraction(v * 100.0, 1));
                match self.first {
                    true => format!("{} of the whole", percent(share)),
                    false => format!(
                        "{} of the other {} = {}",
                        percent(share),
                        percent(self.value),
                        percent(self.value * share)
                    ),
                }
            }
        };
        self.value *= 1.0 - share;
        self.first = false;
        text
    }
}

fn reduce(n: u64, d: u64) -> (u64, u64) {
    let (mut a, mut b) = (n.max(1), d.max(1));
    while b != 0 {
        (a, b) = (b, a % b);
    }
    (n / a, d.max(1) / a)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn sums(shares: &[f64], expected: &[&str]) {
        let mut left = Left::whole();
        let said: Vec<String> = shares.iter().map(|s| left.take(*s)).collect();
        assert_eq!(said, expected);
    }

    #[test]
    fn equal_steps_come_out_equal() {
        sums(
            &[0.33333333349, 0.5, 1.0],
            &[
                "1/3 of the whole = 1/3",
                "1/2 of the other 2/3 = 1/3",
                "all of the last 1/3 = 1/3",
            ],
        );
        sums(&[1.0], &["all of the whole"]);
    }

    #[test]
    fn a_hundred_endpoints_each_get_a_hundredth() {
        let mut left = Left::whole();
        for k in (1..=100u32).rev() {
            let said = left.take(1.0 / f64::from(k));
            assert!(said.ends_with("1/100"), "{k}: {said}");
        }
    }

    #[test]
    fn odd_shares_are_told_in_percent() {
        sums(
            &[0.7, 0.5],
            &["70 % of the whole", "50 % of the other 30 % = 15 %"],
        );
        sums(&[0.0], &["0 % of the whole"]);
    }
}
