//! The draws of one chain as a staircase: each bar is what is left of the whole when its rule is reached,
//! with its threshold, where the draw fell, and the sum in words. Only numbers and words: drawing is
//! left to the page.

use crate::frames::{Kind, Play};
use crate::text::{draw_and_threshold, short_fraction, thousands};

/// One bar: what is left of the whole when this rule is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// The rule's number.
    pub rule: usize,
    /// Where it leads.
    pub name: String,
    /// The same as an address and port, where the chain it leads to writes one.
    pub socket: Option<String>,
    /// Which draw of all that were made this was, where it was made.
    pub draw: Option<usize>,
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
    /// Both as the kernel keeps them, in parts of 2^31.
    pub fixed: String,
    /// Which draw of all that were made this is.
    pub index: usize,
}

/// How a rule's part of the whole stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// Its draw missed.
    Passed,
    /// The cursor is at it.
    Here,
    /// It was not tried, or not yet.
    Open,
}

/// One rule's part of the whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// Where it begins and how wide it is, of 1.
    pub from: f64,
    /// How wide it is.
    pub width: f64,
    /// How it stands.
    pub stand: Stand,
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
    /// The whole in pieces, where not all bars are shown.
    pub strip: Vec<Piece>,
    /// What is left of the whole, in words.
    pub left: String,
}

/// Up to so many bars are all shown.
const ALL_BARS: usize = 4;
/// Of more, so many are shown: the one at the cursor and its neighbours.
const SOME_BARS: usize = 3;

/// The staircase at the cursor.
pub fn stairs(play: &Play, cursor: usize) -> Option<Stairs> {
    build(play, cursor, Reveal::Drawn)
}

/// The staircase at a draw that is still to be guessed: without its number.
pub fn unrevealed(play: &Play, cursor: usize) -> Option<Stairs> {
    build(play, cursor, Reveal::Nothing)
}

/// Whether the draw at the cursor is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reveal {
    Drawn,
    Nothing,
}

fn build(play: &Play, cursor: usize, reveal: Reveal) -> Option<Stairs> {
    let frame = play.frame(cursor);
    let index = |at: usize| {
        let before = play.frames[..at].iter().filter(|f| f.draw.is_some());
        play.earlier.len() + before.count()
    };
    let at = frame.at?;
    let chain = play.chains.get(at.chain)?;
    let shown_draw = frame.draw.filter(|_| reveal == Reveal::Drawn);
    let draw = shown_draw.map(|d| {
        let (number, threshold) = draw_and_threshold(d.drawn, d.threshold.0);
        Drawn {
            number,
            threshold,
            hit: d.hit,
            fixed: format!(
                "{} drawn, of {} (2^31); below {} hits",
                thousands(d.drawn as usize),
                thousands(netfilter::Probability::WHOLE as usize),
                thousands(d.threshold.0 as usize)
            ),
            index: index(cursor),
        }
    });
    let mut bars: Vec<Bar> = Vec::new();
    let mut left = Left::whole();
    let mut left_here = (String::new(), String::new());
    let last_draw = chain.rules.iter().rposition(|r| r.probability.is_some())?;
    for rule in &chain.rules {
        let share = match &rule.probability {
            Some((_, share)) => *share,
            // The rule after the last draw takes the rest, when it asks nothing.
            None if rule.number == last_draw + 2 && rule.conditions.is_empty() => 1.0,
            None => continue,
        };
        // What is still to be guessed is not told by its bar.
        let end = match reveal {
            Reveal::Drawn => cursor + 1,
            Reveal::Nothing => cursor,
        };
        let made_at = play.frames[..end].iter().rposition(|f| {
            f.traversal == frame.traversal
                && f.draw.is_some()
                && f.at
                    .is_some_and(|a| a.chain == at.chain && a.number == rule.number)
        });
        let made = made_at.map(|i| &play.frames[i]);
        let name = rule
            .leads_to
            .as_deref()
            .map(|s| play.names.of_socket(s).unwrap_or(s).to_owned())
            .unwrap_or_else(|| rule.target.replacen("-j ", "", 1));
        let state = match made.map(|f| f.kind) {
            Some(Kind::Hit) => "hit".into(),
            Some(_) => format!("miss: on to rule {}", rule.number + 1),
            None if rule.number == at.number && reveal == Reveal::Nothing => "?".into(),
            None if rule.number == at.number => "takes the rest".into(),
            None if frame.kind == Kind::Hit && reveal == Reveal::Drawn => "not tried".into(),
            None => String::new(),
        };
        let before = left.words();
        bars.push(Bar {
            rule: rule.number,
            name,
            socket: rule.leads_to.clone(),
            draw: made_at.map(index),
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
        if rule.number == at.number {
            left_here = (before, left.words());
        }
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
    let to_come = bars.len() - here - 1;
    let left = match (&draw, frame.kind) {
        (Some(draw), _) if !draw.hit => format!(
            "{} of the whole is left, for {}.",
            left_here.1,
            crate::text::count(to_come, "endpoint", "endpoints")
        ),
        _ if left_here.0 == "1" => "The whole is at stake.".into(),
        _ => format!("{} of the whole was left here.", left_here.0),
    };
    let strip = match (first, after) {
        (0, 0) => Vec::new(),
        _ => bars
            .iter()
            .enumerate()
            .map(|(i, bar)| Piece {
                from: bar.start,
                width: (1.0 - bar.start) * bar.share,
                stand: match i {
                    i if i < here => Stand::Passed,
                    i if i == here => Stand::Here,
                    _ => Stand::Open,
                },
            })
            .collect(),
    };
    bars.drain(..first);
    bars.truncate(shown);
    Some(Stairs {
        draw,
        bars,
        hidden: (first, after),
        strip,
        left,
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

    /// What is left: `2/3`, or in percent.
    fn words(&self) -> String {
        match self.exact {
            Some((1, 1)) => "1".into(),
            Some((n, d)) => format!("{n}/{d}"),
            None => crate::odds::percent(self.value),
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
