//! The ribbon: the packet as two lines side by side, its source over its destination in reading direction.
//! Each half changes its look where its own address changes, and both are thin from the cursor on.

use std::collections::BTreeMap;

use super::{Form, Shape};
use crate::frames::{Kind, Play};
use crate::layout::Point;

/// A point of a way, and the moment at which the packet gets there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pt {
    /// Where.
    pub at: Point,
    /// When.
    pub frame: usize,
}

/// Who wrote an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// Whoever sent the packet.
    Sender,
    /// Whoever sent it, and no machine has it: a Service's.
    Service,
    /// DNAT.
    Dnat,
    /// SNAT.
    Snat,
}

/// Who wrote every address of a journey.
#[derive(Debug, Default)]
pub struct Writers<'a> {
    by_address: BTreeMap<&'a str, Writer>,
}

impl<'a> Writers<'a> {
    /// Learned from the first time that an address is put anywhere.
    pub fn of(play: &'a Play) -> Writers<'a> {
        let mut by_address: BTreeMap<&str, Writer> = BTreeMap::new();
        if let Some(ghost) = &play.scene.ghost {
            by_address.insert(&ghost.addr, Writer::Service);
        }
        for frame in &play.frames {
            let (src, dst) = (frame.header.src.as_str(), frame.header.dst.as_str());
            match (&frame.before, frame.kind) {
                (Some((was, _)), Kind::Snat) if was != src => {
                    by_address.entry(src).or_insert(Writer::Snat);
                }
                (Some((_, was)), Kind::Dnat) if was != dst => {
                    by_address.entry(dst).or_insert(Writer::Dnat);
                }
                (Some(_), _) => {}
                (None, _) => {
                    by_address.entry(src).or_insert(Writer::Sender);
                    by_address.entry(dst).or_insert(Writer::Sender);
                }
            }
        }
        Writers { by_address }
    }

    /// Who wrote this one.
    pub fn who(&self, address: &str) -> Writer {
        let found = self.by_address.get(address);
        found.copied().unwrap_or(Writer::Sender)
    }
}

/// The class of a half: who wrote it, and whether the packet has been there.
pub fn look(writer: Writer, been: bool) -> &'static str {
    match (writer, been) {
        (Writer::Sender, true) => "half",
        (Writer::Sender, false) => "half later",
        (Writer::Service, true) => "half service",
        (Writer::Service, false) => "half service later",
        (Writer::Dnat, true) => "half by-dnat",
        (Writer::Dnat, false) => "half by-dnat later",
        (Writer::Snat, true) => "half by-snat",
        (Writer::Snat, false) => "half by-snat later",
    }
}

/// Half of the distance between the two lines.
const HALF: f64 = 3.25;
const CORNER: f64 = 8.0;

/// Both halves of a way that runs to the right (1) or to the left (-1).
pub fn ribbon(play: &Play, writers: &Writers, way: &[Pt], side: f64, cursor: usize) -> Vec<Shape> {
    let mut out = Vec::new();
    let here = play.frame(cursor);
    for half in [1.0, -1.0] {
        let line = beside(way, side * half * HALF);
        let address = |frame: usize| {
            let header = &play.frame(frame).header;
            match half > 0.0 {
                true => header.src.as_str(),
                false => header.dst.as_str(),
            }
        };
        // What the packet carries on the way to a point is what it had at the one before.
        let style = |k: usize| {
            let from = way[k - 1].frame;
            let been = way[k].frame <= cursor || play.frame(way[k].frame).packet < here.packet;
            look(writers.who(address(from)), been)
        };
        let mut k = 1;
        while k < way.len() {
            let class = style(k);
            let first = k - 1;
            while k < way.len() && style(k) == class {
                k += 1;
            }
            out.push(Shape {
                class,
                form: Form::Path(rounded(&line[first..k])),
            });
        }
    }
    out
}

/// A line beside another, to its left for a positive distance.
pub fn beside(way: &[Pt], distance: f64) -> Vec<Point> {
    let unit = |a: Point, b: Point| {
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        (length > 0.01).then(|| ((b.0 - a.0) / length, (b.1 - a.1) / length))
    };
    // Left of a direction, where y grows downwards.
    let left = |d: Point| (d.1, -d.0);
    (0..way.len())
        .map(|k| {
            let at = way[k].at;
            let before = (0..k).rev().find_map(|j| unit(way[j].at, at));
            let after = (k + 1..way.len()).find_map(|j| unit(at, way[j].at));
            let (a, b) = match (before, after) {
                (Some(a), Some(b)) => (left(a), left(b)),
                (Some(a), None) | (None, Some(a)) => (left(a), left(a)),
                (None, None) => ((0.0, -1.0), (0.0, -1.0)),
            };
            // The mitre; where the way turns back it is the normal itself.
            let (mx, my) = (a.0 + b.0, a.1 + b.1);
            let scale = 2.0 / (mx * mx + my * my).max(0.5);
            (at.0 + distance * mx * scale, at.1 + distance * my * scale)
        })
        .collect()
}

/// A path through points, its corners rounded.
pub fn rounded(points: &[Point]) -> String {
    let mut d = String::new();
    let push = |d: &mut String, letter: char, points: &[Point]| {
        d.push(letter);
        for (i, p) in points.iter().enumerate() {
            if i > 0 {
                d.push(' ');
            }
            d.push_str(&format!("{:.1} {:.1}", p.0, p.1));
        }
    };
    let towards = |from: Point, to: Point| {
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let r = CORNER.min(length / 2.0);
        match length > 0.01 {
            true => (
                from.0 + (to.0 - from.0) / length * r,
                from.1 + (to.1 - from.1) / length * r,
            ),
            false => from,
        }
    };
    for (k, p) in points.iter().enumerate() {
        match (k, points.get(k + 1)) {
            (0, _) => push(&mut d, 'M', &[*p]),
            (_, None) => push(&mut d, 'L', &[*p]),
            (_, Some(next)) => {
                push(&mut d, 'L', &[towards(*p, points[k - 1])]);
                push(&mut d, 'Q', &[*p, towards(*p, *next)]);
            }
        }
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(points: &[Point]) -> Vec<Pt> {
        points.iter().map(|&at| Pt { at, frame: 0 }).collect()
    }

    #[track_caller]
    fn stands(points: &[Point], distance: f64, want: &[Point]) {
        let got = beside(&way(points), distance);
        for (g, w) in got.iter().zip(want) {
            assert!(
                (g.0 - w.0).abs() < 0.01 && (g.1 - w.1).abs() < 0.01,
                "{got:?}"
            );
        }
    }

    #[test]
    fn to_the_right_the_source_is_above() {
        stands(
            &[(0.0, 10.0), (20.0, 10.0)],
            3.0,
            &[(0.0, 7.0), (20.0, 7.0)],
        );
    }

    #[test]
    fn to_the_left_the_sides_are_swapped() {
        stands(
            &[(20.0, 10.0), (0.0, 10.0)],
            -3.0,
            &[(20.0, 7.0), (0.0, 7.0)],
        );
    }

    #[test]
    fn a_corner_is_kept_at_its_distance() {
        let points = [(0.0, 10.0), (20.0, 10.0), (20.0, 30.0)];
        stands(&points, 3.0, &[(0.0, 7.0), (23.0, 7.0), (23.0, 30.0)]);
    }

    #[test]
    fn corners_are_rounded() {
        let d = rounded(&[(0.0, 0.0), (20.0, 0.0), (20.0, 20.0)]);
        assert_eq!(d, "M0.0 0.0L12.0 0.0Q20.0 0.0 20.0 8.0L20.0 20.0");
    }
}
