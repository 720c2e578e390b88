//! A packet's way along the line: through ends, over wires, past hooks that stay on the line with a comb of
//! their rules.

use fabric::Direction;

use super::bands::nat_sign;
use super::hook::{self, SIGN};
use super::place::{COMB, Draft, MOST_TEETH, stations};
use super::ribbon::{Pt, Writer, rounded};
use super::track::Sort;
use super::words::FAINT;
use super::{Anchor, Form, Shape, Stop};
use crate::frames::{Frame, Kind};
use crate::layout::{Point, Rect};
use crate::text::thousands;

impl Draft<'_> {
    /// One packet's way, and all that stands along it.
    pub(super) fn track(&mut self, t: usize) -> Vec<Pt> {
        let track = self.tracks.tracks[t].clone();
        let rows = self.rows[track.group].expect("it is drawn");
        let y = match track.direction {
            Direction::Original => rows.0,
            Direction::Reply => rows.1,
        };
        let mut way: Vec<Pt> = Vec::new();
        let count = track.stays.len();
        for (k, &(visit, column)) in track.stays.iter().enumerate() {
            let (x0, x1) = self.columns[column];
            let (first, end) = self.play.visits[visit].frames;
            let end = end.min(self.tracks.last);
            let (enter, leave) = match track.direction {
                Direction::Original => (x0, x1),
                // A refusal goes back from where the packet was refused.
                Direction::Reply if k == 0 => {
                    let refused = self.dead.iter().find(|(c, _)| *c == column);
                    let room = self.width_of(visit) + 60.0;
                    let from = refused.filter(|(_, x)| *x - x0 > room);
                    (from.map_or(x1, |(_, x)| *x), x0)
                }
                Direction::Reply => (x1, x0),
            };
            if self.tracks.columns[column].hidden {
                let at = ((x0 + x1) / 2.0 + 20.0, y);
                self.rest(&mut way, first..=end, at);
                continue;
            }
            match self.tracks.columns[column].sort {
                Sort::End => {
                    // It leaves at the side that it goes to, and arrives at the side that it comes from.
                    let moved = (first..=end)
                        .rev()
                        .find(|i| self.play.frame(*i).kind == Kind::Moved);
                    let edge = if k + 1 < count { leave } else { enter };
                    let stay_end = moved.map_or(end, |m| m.saturating_sub(1).max(first));
                    self.rest(&mut way, first..=stay_end, (edge, y));
                    if let Some(moved) = moved.filter(|m| *m > stay_end) {
                        self.rest(&mut way, moved..=moved, (edge + track.way() * 8.0, y));
                    }
                }
                Sort::Node => self.node(&mut way, t, visit, (enter, leave), y),
            }
        }
        self.dead_end(&way, &track);
        way
    }

    /// Moments that share a place.
    pub(super) fn rest(
        &mut self,
        way: &mut Vec<Pt>,
        frames: std::ops::RangeInclusive<usize>,
        at: Point,
    ) {
        for frame in frames {
            self.stops.push(Stop { at, frame });
            if way.last().is_none_or(|p| p.at != at) || way.last().is_some_and(|p| p.frame < frame)
            {
                way.push(Pt { at, frame });
            }
        }
    }

    pub(super) fn node(
        &mut self,
        way: &mut Vec<Pt>,
        t: usize,
        visit: usize,
        (enter, leave): (f64, f64),
        y: f64,
    ) {
        let track = self.tracks.tracks[t].clone();
        let d = track.way();
        let list = stations(self.play, visit, self.tracks.last);
        let (begin, end) = self.play.visits[visit].frames;
        let end = end.min(self.tracks.last);
        let open = self
            .open
            .as_ref()
            .filter(|o| o.visit == visit)
            .map(|o| o.station);
        // How wide each hook is, and where it begins.
        let widths: Vec<f64> = list
            .iter()
            .map(|&(s, f)| match (open == Some(s), &self.open) {
                (true, Some(open)) => open.plan.width,
                _ => self.compact(visit, s, f),
            })
            .collect();
        let column = self.tracks.column_of(visit).unwrap_or(0);
        let starts = self.starts(t, column, &list, &widths, (enter, leave));
        let first_hook = list.first().map_or(end + 1, |(_, f)| f.0);
        // A process of the node itself sends, or its kernel answers.
        if begin < first_hook {
            self.rest(way, begin..=first_hook - 1, (enter, y));
            let kernel = (0..begin).any(|i| {
                let before = self.play.frame(i);
                before.ns == self.play.visits[visit].ns
                    && matches!(before.kind, Kind::Answered | Kind::Reject)
            });
            self.process((enter, y), if kernel { "kernel" } else { "process" });
        }
        for (k, &(station, frames)) in list.iter().enumerate() {
            let (at, sign) = starts[k];
            match open == Some(station) {
                true => {
                    let to = at + d * widths[k];
                    self.dive(way, &track, visit, station, (at, to), y);
                }
                false => self.comb(way, t, visit, (station, frames), (at, y), sign),
            }
        }
        let last_hook = list.last().map_or(begin, |(_, f)| f.1 + 1);
        if last_hook <= end {
            let moved = self.play.frame(end).kind == Kind::Moved;
            let inside = if moved { end.saturating_sub(1) } else { end };
            if last_hook <= inside {
                self.rest(way, last_hook..=inside, (leave, y));
                if matches!(self.play.frame(inside).kind, Kind::Delivered) {
                    self.process((leave, y), "process");
                }
            }
            if moved {
                // On the wire, or just at the pod's door.
                self.rest(way, end..=end, (leave + d * 13.0, y));
            }
        }
    }

    /// Where each hook of a stay begins, and where its rewriting stands if that is given by an earlier one:
    /// what is put back stands where it was written.
    pub(super) fn starts(
        &self,
        t: usize,
        column: usize,
        list: &[(usize, (usize, usize))],
        widths: &[f64],
        (enter, leave): (f64, f64),
    ) -> Vec<(f64, Option<f64>)> {
        let track = &self.tracks.tracks[t];
        let d = track.way();
        let opens = self.open.as_ref().is_some_and(|o| {
            track
                .stays
                .iter()
                .any(|(v, c)| *v == o.visit && *c == column)
        });
        let mut fixed: Vec<(usize, f64)> = Vec::new();
        if !opens && track.direction == Direction::Reply && self.in_focus(t) {
            for (k, (_, frames)) in list.iter().enumerate() {
                let undone = (frames.0..=frames.1).find_map(|i| match self.play.frame(i).kind {
                    Kind::UndoDnat => Some(Kind::Dnat),
                    Kind::UndoSnat => Some(Kind::Snat),
                    _ => None,
                });
                let sign = self
                    .signs
                    .iter()
                    .find(|(kind, c, _)| Some(*kind) == undone && *c == column);
                if let Some((.., x)) = sign {
                    fixed.push((k, *x));
                }
            }
        }
        let mut out = Vec::new();
        let mut from = enter;
        let mut k = 0;
        loop {
            // As far as the next fixed one there is room that the others share.
            let next = fixed.iter().filter(|(f, _)| *f >= k).find(|(f, x)| {
                let before: f64 = widths[k..*f].iter().sum();
                let after: f64 = widths[*f + 1..].iter().sum();
                (*x - from) * d > before + 30.0 && (leave - *x) * d > after + SIGN
            });
            let (until, to) = match next {
                Some((f, x)) => (*f, *x - d * 34.0),
                None => (list.len(), leave),
            };
            let taken: f64 = widths[k..until].iter().sum();
            let spare = ((to - from) * d - taken).max(0.0);
            let count = (until - k) as f64;
            let between = match next {
                Some(_) => (spare / (count + 1.0)).min(40.0),
                None if opens => 0.0,
                None => spare / count.max(1.0),
            };
            let mut at = from + d * if opens { 8.0 } else { between / 2.0 };
            for width in &widths[k..until] {
                out.push((at, None));
                at += d * (width + between);
            }
            match next {
                Some((f, x)) => {
                    out.push((*x - d * 34.0, Some(*x)));
                    from = *x + d * (SIGN / 2.0 + 2.0);
                    k = f + 1;
                }
                None => return out,
            }
        }
    }

    pub(super) fn process(&mut self, at: Point, word: &str) {
        let rect = Rect {
            x: at.0 - 7.0,
            y: at.1 - 14.0,
            w: 14.0,
            h: 28.0,
        };
        self.over.push(Shape {
            class: "end",
            form: Form::Box(rect, 4.0),
        });
        let said = [word.to_owned()];
        let places = [(at.0, at.1 + 28.0), (at.0, at.1 - 20.0)];
        let words = self.words.write(FAINT, Anchor::Middle, &said, &places);
        self.said.extend(words.unwrap_or_default());
    }

    /// A hook that stays on the line: its capsule, and a comb of its rules.
    pub(super) fn comb(
        &mut self,
        way: &mut Vec<Pt>,
        t: usize,
        visit: usize,
        (station, frames): (usize, (usize, usize)),
        (x, y): Point,
        sign_at: Option<f64>,
    ) {
        let track = self.tracks.tracks[t].clone();
        let d = track.way();
        let label = self.play.visits[visit].stations[station].label.clone();
        if label == "routing" {
            let at = (x + d * 10.0, y);
            self.rest(way, frames.0..=frames.1, at);
            self.over.push(Shape {
                class: "hook",
                form: Form::Path(format!("M{:.1} {:.1}l8 8l-8 8l-8-8z", at.0, at.1 - 8.0)),
            });
            self.hook_name(t, at, &label, "small faint");
            return;
        }
        let at = (x + d * 6.0, y);
        self.capsule(at, (8.0, 18.0));
        self.hook_name(t, at, &label, "small second");
        let side = d;
        let teeth = hook::tried(self.play, frames);
        let many = teeth.len() > MOST_TEETH;
        let tooth = |k: usize| {
            let k = match many {
                true => k * MOST_TEETH / teeth.len(),
                false => k,
            };
            x + d * (15.0 + COMB.0 * k as f64)
        };
        let mut k = 0;
        let mut sign = match sign_at {
            Some(x) => x,
            None => x + d * (20.0 + COMB.0 * teeth.len().min(MOST_TEETH) as f64 + SIGN / 2.0),
        };
        let mut dots: Vec<(Point, bool)> = Vec::new();
        for i in frames.0..=frames.1 {
            let frame = self.play.frame(i);
            if frame.kind.is_nat() {
                self.rest(way, i..=i, (sign, y));
                self.sign(i, (sign, y));
                let column = self.tracks.column_of(visit).unwrap_or(0);
                self.signs.push((frame.kind, column, sign));
                sign += d * (SIGN + 4.0);
                k += usize::from(teeth.contains(&i));
                continue;
            }
            if hook::sort(self.play, frame) == hook::Sort::Rule {
                let dot = (
                    tooth(k),
                    y + side * (13.0 + COMB.1 * hook::depth(frame) as f64),
                );
                k += 1;
                dots.push((dot, frame.kind != Kind::Pass && frame.kind != Kind::Miss));
                self.stops.push(Stop { at: dot, frame: i });
                way.push(Pt {
                    at: (dot.0, y),
                    frame: i,
                });
                continue;
            }
            let here = match k {
                0 => at,
                k => (tooth(k - 1), y),
            };
            // Behind a rewriting there is no way back.
            let here = match way.last() {
                Some(last) if (last.at.0 - here.0) * d > 0.0 => (last.at.0, y),
                _ => here,
            };
            self.rest(way, i..=i, here);
        }
        if many {
            let d = rounded(&[
                (tooth(0), y + side * 16.0),
                (tooth(teeth.len() - 1), y + side * 16.0),
            ]);
            self.under.push(Shape {
                class: "thick",
                form: Form::Path(d),
            });
            let said = [thousands(teeth.len())];
            let places = [(
                (tooth(0) + tooth(teeth.len() - 1)) / 2.0,
                y + side * 30.0 + 4.0,
            )];
            let words = self.words.write(FAINT, Anchor::Middle, &said, &places);
            self.said.extend(words.unwrap_or_default());
        } else if dots.len() > 1 {
            let profile: Vec<Point> = dots.iter().map(|(p, _)| *p).collect();
            self.under.push(Shape {
                class: "profile",
                form: Form::Path(straight(&profile)),
            });
            for (p, hit) in dots {
                self.under.push(Shape {
                    class: if hit { "tooth hit" } else { "tooth" },
                    form: Form::Circle(p, 1.8),
                });
            }
        }
    }

    pub(super) fn capsule(&mut self, at: Point, (w, h): (f64, f64)) {
        let rect = Rect {
            x: at.0 - w / 2.0,
            y: at.1 - h / 2.0,
            w,
            h,
        };
        self.words.take(rect);
        self.over.push(Shape {
            class: "hook",
            form: Form::Box(rect, w / 2.0),
        });
    }

    /// A hook's name beside the line, at an angle as on a map of trains.
    pub(super) fn hook_name(&mut self, t: usize, at: Point, label: &str, class: &'static str) {
        if !self.in_focus(t) {
            return;
        }
        let up = self.tracks.tracks[t].way();
        let from = (at.0 + 5.0, at.1 - up * 15.0);
        let length = label.len() as f64 * 6.2;
        let to = (from.0 + length * 0.67, from.1 - up * length * 0.74);
        // Two names closer than a letter is high cannot both be read.
        if self
            .named
            .iter()
            .any(|(other, x)| *other == t && (x - at.0).abs() < 15.0)
        {
            return;
        }
        self.named.push((t, at.0));
        self.words.take_way(from, to, 7.0);
        let turn = if up > 0.0 { -48 } else { 48 };
        self.said.push(Shape {
            class,
            form: Form::Text {
                at: (from.0, from.1 + if up > 0.0 { 0.0 } else { 4.0 }),
                anchor: Anchor::Start,
                words: label.to_owned(),
                turn,
            },
        });
    }

    pub(super) fn sign(&mut self, i: usize, at: Point) {
        let frame = self.play.frame(i);
        let (src, dst) = changed(frame);
        let writer = match frame.kind {
            Kind::Snat | Kind::UndoSnat => Writer::Snat,
            Kind::Again if src => Writer::Snat,
            _ => Writer::Dnat,
        };
        self.words.take(Rect {
            x: at.0 - 11.0,
            y: at.1 - 12.0,
            w: 22.0,
            h: 24.0,
        });
        self.over.extend(nat_sign(at, (src, dst), writer, 1.0));
    }
}

pub(super) fn straight(points: &[Point]) -> String {
    let mut d = String::new();
    for (i, p) in points.iter().enumerate() {
        d.push(if i == 0 { 'M' } else { 'L' });
        d.push_str(&format!("{:.1} {:.1}", p.0, p.1));
    }
    d
}

pub(super) fn changed(frame: &Frame) -> (bool, bool) {
    match &frame.before {
        Some((src, dst)) => (*src != frame.header.src, *dst != frame.header.dst),
        None => (false, false),
    }
}
