//! The open hook: the line dives from chain to chain, falls through the draws, and comes back or ends.

use super::draws;
use super::hook::{self, BEND, FOLD, SIGN, Unit};
use super::place::Draft;
use super::ribbon::Pt;
use super::track::Track;
use super::words::{FAINT, HEAD, NAME, SAID, wrap};
use super::{Anchor, Form, Shape, Stop};
use crate::frames::{Frame, Kind, Play};
use crate::layout::{Point, Rect};
use crate::text::count;

impl Draft<'_> {
    /// The hook that dives into its chains.
    pub(super) fn dive(
        &mut self,
        way: &mut Vec<Pt>,
        track: &Track,
        visit: usize,
        station: usize,
        (x, end): (f64, f64),
        y: f64,
    ) {
        let Some(open) = self.open.take() else { return };
        let d = track.way();
        let lane = self.lane;
        let base_at = (x + d * 8.0, y);
        let stair = open.plan.units.iter().find_map(|u| match u {
            Unit::Draws(frames, _) => Some((
                hook::depth(self.play.frame(frames[0])),
                draws::bars(self.play, frames, self.cursor),
            )),
            _ => None,
        });
        let below = stair.map_or(0.0, |(_, n)| self.stairs_height(n));
        let height = |depth: usize| {
            let more = stair.is_some_and(|(at, _)| depth > at);
            y + d * (depth as f64 * lane + if more { below } else { 0.0 })
        };
        self.capsule(base_at, (10.0, 22.0));
        self.head(track, visit, station, base_at);
        let mut pen = Pen {
            at: base_at,
            depth: 0,
        };
        let mut x = x + d * 30.0 - d * open.plan.near;
        let mut marks: Vec<Mark> = Vec::new();
        let mut begun = false;
        let units = open.plan.units.len();
        for (n, unit) in open.plan.units.iter().enumerate() {
            let first = unit.first();
            let depth = match unit {
                Unit::Base(_) | Unit::Nat(_) => 0,
                _ => hook::depth(self.play.frame(first)),
            };
            let level = height(depth);
            match unit {
                Unit::Base(i) if *i > 0 && is_dead(self.play, *i) => {
                    self.push(way, pen.at, *i);
                    self.stops.push(Stop {
                        at: pen.at,
                        frame: *i,
                    });
                }
                Unit::Base(i) => {
                    // What is on the line comes before the chains, or after all of them.
                    let at = match begun {
                        false => base_at,
                        true => (
                            if pen.depth > 0 {
                                x + d * 22.0
                            } else {
                                pen.at.0 + d * 10.0
                            },
                            y,
                        ),
                    };
                    if pen.depth > 0 {
                        x += d * 10.0;
                    }
                    self.go(way, &mut pen, at, 0, *i, d);
                    self.stops.push(Stop { at, frame: *i });
                }
                Unit::Nat(i) => {
                    begun = true;
                    x = x.max_along(pen.at.0, d) + d * (SIGN + 8.0);
                    self.go(way, &mut pen, (x, y), 0, *i, d);
                    self.stops.push(Stop {
                        at: (x, y),
                        frame: *i,
                    });
                    self.sign(*i, (x, y));
                }
                Unit::Bend(i) => {
                    // A policy with no rule before it decides on the line itself.
                    let at = match begun || depth > 0 {
                        true => {
                            begun = true;
                            x += d * BEND;
                            (x, level)
                        }
                        false => base_at,
                    };
                    self.go(way, &mut pen, at, depth, *i, d);
                    self.stops.push(Stop { at, frame: *i });
                }
                Unit::Rule(i) => {
                    begun = true;
                    let hand = open.plan.is_at_hand(self.play, *i);
                    let wide = open.plan.is_wide(self.play, n);
                    x += d * if wide { open.plan.wide } else { open.plan.near };
                    self.go(way, &mut pen, (x, level), depth, *i, d);
                    self.stops.push(Stop {
                        at: (x, level),
                        frame: *i,
                    });
                    marks.push(Mark {
                        frame: *i,
                        at: (x, level),
                        hand,
                        shown: true,
                    });
                    if self.play.frame(*i).kind.is_nat() {
                        x += d * SIGN;
                        self.go(way, &mut pen, (x, level), depth, *i, d);
                        self.sign(*i, (x, level));
                        let column = self.tracks.column_of(visit).unwrap_or(0);
                        self.signs.push((self.play.frame(*i).kind, column, x));
                    }
                }
                Unit::Fold(a, b) => {
                    begun = true;
                    x += d * FOLD / 2.0;
                    self.go(way, &mut pen, (x, level), depth, *a, d);
                    for frame in *a..=*b {
                        self.stops.push(Stop {
                            at: (x, level),
                            frame,
                        });
                    }
                    way.push(Pt {
                        at: (x, level),
                        frame: *b,
                    });
                    self.fold((*a, *b), (x, level));
                    x += d * FOLD / 2.0;
                }
                Unit::Draws(frames, _) => {
                    begun = true;
                    // The chains behind it hang below it.
                    let width = (end - d * 34.0 - x).abs();
                    let bars = stair.map_or(0, |(_, n)| n);
                    let near = x + d * 26.0;
                    let rect = Rect {
                        x: near.min(near + d * (width - 26.0)),
                        y: match d > 0.0 {
                            true => level + 24.0,
                            false => level - below + 8.0,
                        },
                        w: width - 26.0,
                        h: self.step * bars as f64 - 2.0,
                    };
                    let placed = draws::place(
                        self.play,
                        frames,
                        self.cursor,
                        rect,
                        self.step,
                        &mut self.words,
                    );
                    self.back.extend(placed.under);
                    for (frame, at) in placed.needles {
                        // Along the lane to where the number is, then down.
                        let before = pen.at;
                        let bend = match pen.depth == depth && before.1 == level {
                            true => level,
                            false => draws::bend(before, at),
                        };
                        self.push(way, (before.0, bend), frame);
                        self.push(way, (at.0, bend), frame);
                        self.push(way, at, frame);
                        pen = Pen { at, depth };
                        self.stops.push(Stop { at, frame });
                        marks.push(Mark {
                            frame,
                            at,
                            hand: true,
                            shown: false,
                        });
                    }
                    // What comes next falls from the last bar.
                    if n + 1 < units {
                        let next = hook::depth(self.play.frame(open.plan.units[n + 1].first()));
                        if next > depth {
                            let last = way.last().map_or(first, |p| p.frame);
                            let at = (pen.at.0, height(next));
                            self.push(way, at, last);
                            pen = Pen { at, depth: next };
                        }
                    }
                    x = pen.at.0;
                }
            }
        }
        // Back to the line at the hook's end.
        if pen.depth > 0 {
            let out = (end - d * 12.0).max_along(pen.at.0 + d * 12.0, d);
            let last = way.last().map_or(0, |p| p.frame);
            // The next moment finds the packet back on the line, so the way there belongs to it.
            let next = (last + 1).min(self.play.frames.len() - 1);
            let ends = is_dead(self.play, last);
            if !ends && next <= self.tracks.last {
                self.push(way, (out, pen.at.1), next);
                self.push(way, (out, y), next);
            }
        }
        self.open = Some(open);
        for mark in &marks {
            self.stop(mark);
        }
        self.take_ways(way);
        self.chain_words(&marks, d);
    }

    pub(super) fn push(&mut self, way: &mut Vec<Pt>, at: Point, frame: usize) {
        if way.last().is_none_or(|p| p.at != at) {
            way.push(Pt { at, frame });
        } else if let Some(last) = way.last().filter(|p| p.frame < frame) {
            way.push(Pt { at: last.at, frame });
        }
    }

    /// Takes the line to a point, down by a slope and up by a right angle.
    pub(super) fn go(
        &mut self,
        way: &mut Vec<Pt>,
        pen: &mut Pen,
        to: Point,
        depth: usize,
        frame: usize,
        d: f64,
    ) {
        let from = pen.at;
        if depth > pen.depth && from.1 != to.1 {
            let room = (to.0 - from.0).abs();
            let start = (room * 0.3).min(9.0);
            self.push(way, (from.0 + d * start, from.1), frame);
            self.push(way, (to.0 - d * start, to.1), frame);
        } else if depth < pen.depth && from.1 != to.1 {
            let x = from.0 + d * ((to.0 - from.0).abs() / 2.0).min(11.0);
            self.push(way, (x, from.1), frame);
            self.push(way, (x, to.1), frame);
        }
        self.push(way, to, frame);
        *pen = Pen { at: to, depth };
    }

    pub(super) fn stop(&mut self, mark: &Mark) {
        let frame = self.play.frame(mark.frame);
        let hit = !matches!(frame.kind, Kind::Pass | Kind::Miss);
        let r = if mark.hand { 6.5 } else { 5.0 };
        self.words.take(Rect {
            x: mark.at.0 - r,
            y: mark.at.1 - r,
            w: 2.0 * r,
            h: 2.0 * r,
        });
        self.over.push(Shape {
            class: if hit { "stop hit" } else { "stop" },
            form: Form::Circle(mark.at, r),
        });
    }

    pub(super) fn fold(&mut self, (a, b): (usize, usize), at: Point) {
        let rect = Rect {
            x: at.0 - 15.0,
            y: at.1 - 6.0,
            w: 30.0,
            h: 12.0,
        };
        self.words.take(rect);
        self.over.push(Shape {
            class: "stop",
            form: Form::Box(rect, 6.0),
        });
        let number = |i: usize| self.play.frame(i).at.map_or(0, |at| at.number);
        let said = [format!("#{} to #{}", number(a), number(b))];
        let places = [
            (at.0, at.1 + 21.0),
            (at.0, at.1 - 12.0),
            (at.0, at.1 + 35.0),
        ];
        let words = self.words.write(FAINT, Anchor::Middle, &said, &places);
        self.said.extend(words.unwrap_or_default());
        let mut reasons: Vec<&str> = (a..=b).map(|i| self.play.frame(i).why.as_str()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        let said = match reasons.as_slice() {
            [one] => wrap(one, 16, 3),
            many => vec![format!("for {}", count(many.len(), "reason", "reasons"))],
        };
        let places = [(at.0, at.1 + 36.0), (at.0, at.1 - 27.0)];
        let words = self.words.write(FAINT, Anchor::Middle, &said, &places);
        self.said.extend(words.unwrap_or_default());
    }

    pub(super) fn head(&mut self, track: &Track, visit: usize, station: usize, at: Point) {
        let up = track.way();
        let station = &self.play.visits[visit].stations[station];
        let here = self.play.frame(self.cursor);
        let tables: Vec<&str> = station
            .parts
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let when = match station.label.as_str() {
            "PREROUTING" => "before the routing decision",
            "INPUT" => "for this node itself",
            "FORWARD" => "through this node",
            "OUTPUT" => "from a process of this node",
            "POSTROUTING" => "after the routing decision",
            _ => "",
        };
        let under = match here.table.filter(|_| here.visit == visit) {
            Some(table) => format!("{when}; {table} table"),
            None => format!("{when}; {}", tables.join(", ")),
        };
        let side = match up > 0.0 {
            true => Anchor::Start,
            false => Anchor::End,
        };
        for k in [0.0, 40.0, 80.0] {
            let x = at.0 - up * (6.0 - k);
            let y = match up > 0.0 {
                true => at.1 - 54.0,
                false => at.1 + 36.0,
            };
            let name = [station.label.clone()];
            let Some(found) = self.words.write(HEAD, side, &name, &[(x, y)]) else {
                continue;
            };
            self.said.extend(found);
            let found =
                self.words
                    .write(SAID, side, std::slice::from_ref(&under), &[(x, y + 17.0)]);
            self.said.extend(found.unwrap_or_default());
            return;
        }
    }

    pub(super) fn take_ways(&mut self, way: &[Pt]) {
        for pair in way.windows(2) {
            self.words.take_way(pair[0].at, pair[1].at, 5.0);
        }
    }

    /// A packet that goes no further.
    pub(super) fn dead_end(&mut self, way: &[Pt], track: &Track) {
        let Some(end) = way.last() else { return };
        if !is_dead(self.play, end.frame) {
            return;
        }
        // What ended it, and not that it is gone.
        let ended = way.iter().find(|p| dead(self.play.frame(p.frame)));
        let ended = ended.map_or(end.frame, |p| p.frame);
        let last = way.iter().rev().find(|p| p.frame == ended).unwrap_or(end);
        let frame = self.play.frame(last.frame);
        let d = track.way();
        let (x, y) = last.at;
        if let Some((_, column)) = track.stays.last() {
            self.dead.push((*column, x));
        }
        let form = match frame.kind {
            Kind::Unmodelled => Form::Path(format!(
                "M{:.1} {:.1}l5 6l-5 6l5 6l-5 6",
                x + d * 13.0,
                y - 12.0
            )),
            _ => Form::Path(format!(
                "M{:.1} {:.1}v20m{:.1} -20v20",
                x + d * 12.0,
                y - 10.0,
                d * 4.0
            )),
        };
        self.over.push(Shape {
            class: "buffer",
            form,
        });
        let word = match frame.kind {
            Kind::Reject => "refused here",
            Kind::Drop => "dropped here",
            Kind::NoRoute => "no route from here",
            Kind::Unmodelled => "not modelled from here on",
            _ => "it ends here",
        };
        let side = match d > 0.0 {
            true => Anchor::Start,
            false => Anchor::End,
        };
        let said = [word.to_owned()];
        let places = [
            (x + d * 24.0, y + 4.0),
            (x + d * 24.0, y - 18.0),
            (x + d * 24.0, y + 26.0),
            (x + d * 8.0, y + 58.0),
            (x + d * 8.0, y - 40.0),
        ];
        let face = super::words::Face {
            class: "bad name",
            ..NAME
        };
        let found = self.words.write(face, side, &said, &places);
        self.said.extend(found.unwrap_or_default());
    }
}

/// Where the line has got to.
pub(super) struct Pen {
    pub(super) at: Point,
    pub(super) depth: usize,
}

/// A rule's place in the open hook.
pub(super) struct Mark {
    pub(super) frame: usize,
    pub(super) at: Point,
    pub(super) hand: bool,
    /// Whether its number and words stand beside it, and not at its bar.
    pub(super) shown: bool,
}

/// The farther of two places in a direction.
pub(super) trait Along {
    fn max_along(self, other: f64, d: f64) -> f64;
}

pub(super) fn dead(frame: &Frame) -> bool {
    matches!(
        frame.kind,
        Kind::Drop | Kind::Reject | Kind::NoRoute | Kind::Gone | Kind::Unmodelled
    )
}

/// Whether the packet has come to nothing at a moment or just before it.
pub(super) fn is_dead(play: &Play, frame: usize) -> bool {
    let ended = |f: &Frame| dead(f) || f.kind == Kind::Answered;
    let packet = play.frame(frame).packet;
    let before = frame.checked_sub(1).map(|i| play.frame(i));
    ended(play.frame(frame)) || before.is_some_and(|f| f.packet == packet && dead(f))
}

impl Along for f64 {
    fn max_along(self, other: f64, d: f64) -> f64 {
        match d > 0.0 {
            true => self.max(other),
            false => self.min(other),
        }
    }
}
