//! The draws of the chain at hand, inside the line: one bar for each rule, as long as what the one above it
//! left over, and the line falls through the bar at the number that was drawn.

use super::words::{DRAWN, FAINT, MONO, Words, text};
use super::{Anchor, Form, Shape};
use crate::frames::Play;
use crate::layout::{Point, Rect};
use crate::stairs::{Bar, Stairs, stairs};
use crate::text::{draw_and_threshold, elide};
use netfilter::Draw;

/// A bar's height.
const BAR: f64 = 13.0;

/// A staircase, placed.
pub struct Placed {
    /// What is drawn under the line, and over it.
    pub under: Vec<Shape>,
    /// Where each frame's draw fell: on its bar.
    pub needles: Vec<(usize, Point)>,
}

/// How many bars the draws of these frames show.
pub fn bars(play: &Play, frames: &[usize], cursor: usize) -> usize {
    told(play, frames, cursor).map_or(frames.len(), |s| s.bars.len())
}

/// The staircase around the draw at the cursor, or around the last one.
fn told(play: &Play, frames: &[usize], cursor: usize) -> Option<Stairs> {
    let here = frames.iter().find(|f| **f == cursor).or(frames.last())?;
    stairs(play, *here)
}

/// Draws the staircase into a box whose left edge is where the whole begins, whichever way the line runs.
pub fn place(
    play: &Play,
    frames: &[usize],
    cursor: usize,
    within: Rect,
    gap: f64,
    words: &mut Words,
) -> Placed {
    let mut out = Placed {
        under: Vec::new(),
        needles: Vec::new(),
    };
    let Some(found) = told(play, frames, cursor) else {
        let middle = |k: usize| (within.mid(), within.y + gap * k as f64 + BAR / 2.0);
        out.needles = frames
            .iter()
            .enumerate()
            .map(|(k, f)| (*f, middle(k)))
            .collect();
        return out;
    };
    // The rightmost part says what is left.
    let sums = 150.0_f64.min(within.w * 0.34);
    let scale = within.w - sums;
    let x = |part: f64| within.x + part * scale;
    let bottom = within.bottom();
    for (k, bar) in found.bars.iter().enumerate() {
        let y = within.y + gap * k as f64;
        let (start, end) = (x(bar.start), x(1.0));
        let hit = x(bar.start + (1.0 - bar.start) * bar.share);
        let at = frames
            .iter()
            .find(|f| play.frame(**f).at.is_some_and(|at| at.number == bar.rule));
        let draw = at.and_then(|f| play.frame(*f).draw);
        let tried = at.is_some();
        let boxed = |class, x0: f64, x1: f64, y: f64, h: f64| Shape {
            class,
            form: Form::Box(
                Rect {
                    x: x0,
                    y,
                    w: (x1 - x0).max(1.0),
                    h,
                },
                0.0,
            ),
        };
        out.under
            .push(boxed("wash", start, hit, y + BAR, bottom - y - BAR));
        out.under.push(boxed(
            if tried { "bar" } else { "bar open" },
            start,
            end,
            y,
            BAR,
        ));
        out.under.push(boxed(
            if tried { "bar hit" } else { "bar open" },
            start,
            hit,
            y,
            BAR,
        ));
        words.take(Rect {
            x: start,
            y,
            w: end - start,
            h: BAR,
        });
        // Where the line falls.
        let whole = f64::from(netfilter::Probability::WHOLE);
        let fell = draw.map_or(0.5, |d| f64::from(d.drawn) / whole);
        let needle = (x(bar.start + (1.0 - bar.start) * fell), y + BAR / 2.0);
        if let Some(frame) = at {
            out.needles.push((*frame, needle));
        }
        let before = match k.checked_sub(1).and(out.needles.len().checked_sub(2)) {
            Some(n) => out.needles[n].1,
            None => (needle.0, within.y - 24.0),
        };
        if draw.is_some() && k > 0 {
            let level = bend(before, needle);
            words.take_way((before.0, level), (needle.0, level), 5.0);
        }
        label(&mut out, words, (bar, draw), (start, hit, end), y, needle);
        // The line falls through what hit; the name stands at its wider side.
        let falls = draw.is_some_and(|d| d.hit) || (draw.is_none() && tried);
        let (from, to) = match falls {
            true if needle.0 - start > hit - needle.0 => (start, needle.0 - 9.0),
            true => (needle.0 + 9.0, hit),
            false => (start, hit),
        };
        if to - from > 40.0 {
            let letters = ((to - from - 6.0) / 6.65) as usize;
            let name = [elide(&bar.name, letters)];
            let at = [(from + 4.0, y + BAR + 28.0), (from + 4.0, bottom - 6.0)];
            let words = words.write(MONO, Anchor::Start, &name, &at);
            out.under.extend(words.unwrap_or_default());
        }
        let sum = bar.sum.split(" = ").next().unwrap_or_default();
        let letters = ((sums - 12.0) / 6.5) as usize;
        let sum = [elide(sum, letters)];
        let at = [(end + 10.0, y + BAR - 2.0)];
        out.under.extend(
            words
                .write(FAINT, Anchor::Start, &sum, &at)
                .unwrap_or_default(),
        );
    }
    for shape in &out.under {
        if let ("wash", Form::Box(rect, _)) = (shape.class, &shape.form) {
            words.take(*rect);
        }
    }
    let hidden = found.hidden.0 + found.hidden.1;
    if hidden > 0 {
        let said = [format!(
            "and {} more",
            crate::text::count(hidden, "rule", "rules")
        )];
        let at = [(within.x, bottom - 4.0), (within.x, within.y - 6.0)];
        out.under.extend(
            words
                .write(FAINT, Anchor::Start, &said, &at)
                .unwrap_or_default(),
        );
    }
    // A draw whose bar has no room is passed between those that are shown.
    let shown: Vec<(usize, Point)> = out.needles.clone();
    for frame in frames {
        if !shown.iter().any(|(f, _)| f == frame) {
            let near = shown
                .iter()
                .rev()
                .find(|(f, _)| f < frame)
                .or(shown.first());
            let at = near.map_or((within.x, within.y), |(f, p)| match f < frame {
                true => (p.0, p.1 + gap / 2.0),
                false => (p.0, p.1 - gap / 2.0),
            });
            out.needles.push((*frame, at));
        }
    }
    out.needles.sort_by_key(|(f, _)| *f);
    out
}

/// The height at which the line crosses from one bar to the next: under the numbers of the one, over the
/// words of the other.
pub fn bend(from: Point, to: Point) -> f64 {
    let down = (to.1 - from.1).signum();
    match down > 0.0 {
        true => (to.1 - 28.0).max(from.1 + 13.0),
        false => (to.1 + 28.0).min(from.1 - 13.0),
    }
}

fn label(
    out: &mut Placed,
    words: &mut Words,
    (bar, draw): (&Bar, Option<Draw>),
    (start, hit, end): (f64, f64, f64),
    y: f64,
    needle: Point,
) {
    let number = [format!("#{}", bar.rule)];
    let at = [(start - 6.0, y + BAR - 2.0)];
    out.under.extend(
        words
            .write(super::words::NAME, Anchor::End, &number, &at)
            .unwrap_or_default(),
    );
    let below = y + BAR + 12.0;
    if let Some(threshold) = &bar.threshold {
        let anchor = match hit > end - 24.0 {
            true => Anchor::End,
            false => Anchor::Middle,
        };
        out.under.push(text(
            "mono small faint",
            (hit, below),
            anchor,
            threshold.as_str(),
        ));
        words.take(Rect {
            x: hit - 18.0,
            y: y + BAR,
            w: 36.0,
            h: 14.0,
        });
    }
    let zero = [("0".to_owned(), start), ("1".to_owned(), end - 7.0)];
    for (digit, x) in zero {
        let at = [(x, below)];
        out.under.extend(
            words
                .write(FAINT, Anchor::Start, &[digit], &at)
                .unwrap_or_default(),
        );
    }
    if let Some(draw) = draw {
        let number = draw_and_threshold(draw.drawn, draw.threshold.0).0;
        let did = match draw.hit {
            true => "match",
            false => "no match",
        };
        let said = [format!("drew {number}, {did}")];
        let right = [(needle.0 + 11.0, y - 4.0)];
        let found = words.write(DRAWN, Anchor::Start, &said, &right);
        let found =
            found.or_else(|| words.write(DRAWN, Anchor::End, &said, &[(needle.0 - 11.0, y - 4.0)]));
        // With little room between the bars, in what did not match.
        let inside = needle.0.max(hit) + 10.0;
        let found = found.or_else(|| {
            let at = (inside, y + BAR - 2.0);
            let said = match end - inside {
                room if room > 120.0 => Some(said[0].clone()),
                room if room > 68.0 => Some(format!("drew {number}")),
                _ => None,
            };
            said.map(|said| vec![text("drawn", at, Anchor::Start, said)])
        });
        out.under.extend(found.unwrap_or_default());
    }
}
