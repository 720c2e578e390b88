//! What stands still: nodes, ends, the wire between them, the title and the key to the signs.

use fabric::{Direction, Ns};

use super::place::{Draft, END, MARGIN, TOP};
use super::ribbon::Writer;
use super::track::Sort;
use super::words::text;
use super::{Anchor, Form, Shape};
use crate::frames::Play;
use crate::layout::{Point, Rect};
use crate::text::{elide, thousands};

impl Draft<'_> {
    /// Nodes, ends, wires, title and key.
    pub(super) fn bands(&mut self) {
        let (top, bottom) = (TOP, self.size.1 - 8.0);
        let rows: Vec<(f64, f64)> = self.rows.iter().flatten().copied().collect();
        let (first, last) = (rows[0].0, rows[rows.len() - 1].1);
        let columns = self.tracks.columns.clone();
        let bare = |i: usize| self.columns[i];
        let is_pod =
            |i: usize| matches!(columns.get(i), Some(c) if matches!(c.ns, Ns::Pod(_)) && !c.hidden);
        let mut shapes = Vec::new();
        let mut ends = Vec::new();
        for (i, column) in columns.iter().enumerate() {
            let (x0, x1) = bare(i);
            let name = name_of(self.play, &column.ns);
            match (column.sort, column.hidden) {
                (_, true) => {
                    let begins = i == 0 || !columns[i - 1].hidden;
                    if begins {
                        let run = columns[i..].iter().take_while(|c| c.hidden).count();
                        let said = format!("{} more", thousands(run));
                        shapes.push(turned(
                            "small faint",
                            (x0 + 26.0, (first + last) / 2.0),
                            said,
                        ));
                    }
                }
                (Sort::Node, _) => {
                    let left = match i > 0 && is_pod(i - 1) {
                        true => bare(i - 1).0 - 10.0,
                        false => x0 - 12.0,
                    };
                    let right = match is_pod(i + 1) {
                        true => bare(i + 1).1 + 10.0,
                        false => x1 + 12.0,
                    };
                    let rect = Rect {
                        x: left,
                        y: top,
                        w: right - left,
                        h: bottom - top,
                    };
                    shapes.push(Shape {
                        class: "band",
                        form: Form::Box(rect, 4.0),
                    });
                    let addr = self.play.scene.nodes.iter().find(|n| n.ns == column.ns);
                    let addr = addr.map(|n| n.addr.as_str()).unwrap_or_default();
                    let letters = (rect.w - 20.0) / 7.6;
                    let name = elide(&name, letters as usize);
                    let at = (left + 10.0, top + 18.0);
                    let used = name.chars().count() as f64 * 7.6;
                    shapes.push(text("name", at, Anchor::Start, name));
                    let mut taken = used;
                    if used + addr.len() as f64 * 6.65 + 34.0 < rect.w {
                        shapes.push(text(
                            "mono small faint",
                            (at.0 + used + 8.0, at.1),
                            Anchor::Start,
                            addr,
                        ));
                        taken += 8.0 + addr.len() as f64 * 6.65;
                    }
                    self.words.take(Rect {
                        x: at.0,
                        y: at.1 - 12.0,
                        w: taken,
                        h: 16.0,
                    });
                }
                (Sort::End, _) => {
                    let rect = Rect {
                        x: x0,
                        y: first - 14.0,
                        w: END,
                        h: last - first + 28.0,
                    };
                    ends.push(Shape {
                        class: "end",
                        form: Form::Box(rect, 4.0),
                    });
                    self.words.take(rect);
                    let again = columns[..i].iter().any(|c| c.ns == column.ns);
                    let addr = self.address_of(&column.ns);
                    let said = match again {
                        true => format!("{name}: the same pod"),
                        false => format!("{name} {addr}"),
                    };
                    let letters = ((rect.h - 12.0) / 7.8) as usize;
                    let middle = (rect.mid() + 4.0, (rect.y + rect.bottom()) / 2.0);
                    ends.push(turned("name", middle, elide(said.trim(), letters)));
                }
            }
            if i > 0
                && column.sort == Sort::Node
                && columns[i - 1].sort == Sort::Node
                && !column.hidden
                && !columns[i - 1].hidden
            {
                let x = (bare(i - 1).1 + x0) / 2.0 + 4.0;
                let said = self.wire_between(i - 1, i);
                let half = said.len() as f64 * 3.2;
                self.words.take(Rect {
                    x: x - 12.0,
                    y: (first + last) / 2.0 - half,
                    w: 16.0,
                    h: 2.0 * half,
                });
                shapes.push(turned("small faint", (x, (first + last) / 2.0), said));
            }
        }
        self.back.extend(shapes);
        self.back.extend(ends);
        self.title();
    }

    pub(super) fn address_of(&self, ns: &Ns) -> String {
        let scene = &self.play.scene;
        let pod = scene
            .nodes
            .iter()
            .flat_map(|n| &n.pods)
            .find(|p| p.ns == *ns);
        let host = || scene.hosts.iter().find(|h| h.ns == *ns).map(|h| &h.addr);
        let found = pod.map(|p| &p.addr).or_else(host);
        found.cloned().unwrap_or_default()
    }

    /// `the wire, eth0 to eth0`, read in the direction of the first packet that passes.
    pub(super) fn wire_between(&self, a: usize, b: usize) -> String {
        let door = |label: &str| {
            label
                .split_whitespace()
                .last()
                .unwrap_or_default()
                .to_owned()
        };
        for track in self
            .tracks
            .tracks
            .iter()
            .filter(|t| t.direction == Direction::Original)
        {
            for pair in track.stays.windows(2) {
                if (pair[0].1, pair[1].1) != (a, b) {
                    continue;
                }
                let out = self.play.visits[pair[0].0]
                    .stations
                    .last()
                    .filter(|s| s.door);
                let into = self.play.visits[pair[1].0]
                    .stations
                    .first()
                    .filter(|s| s.door);
                if let (Some(out), Some(into)) = (out, into) {
                    return format!("the wire, {} to {}", door(&out.label), door(&into.label));
                }
            }
        }
        "the wire".into()
    }

    pub(super) fn title(&mut self) {
        let from = self
            .tracks
            .columns
            .first()
            .map(|c| name_of(self.play, &c.ns));
        let to = match &self.play.scene.ghost {
            Some(ghost) => ghost.name.clone(),
            None => self.play.frames[0].header.dst.clone(),
        };
        let title = elide(&format!("{} to {to}", from.unwrap_or_default()), 56);
        let y = 18.0;
        let mut x = MARGIN + 10.0;
        self.said
            .push(text("name", (x, y), Anchor::Start, title.as_str()));
        x += title.chars().count() as f64 * 7.4 + 22.0;
        let key = |out: &mut Draft, x: &mut f64, width: f64, said: &str| {
            if *x + width + said.len() as f64 * 6.5 > out.size.0 - 12.0 {
                return false;
            }
            let at = (*x + width + 6.0, y);
            out.said.push(text("small second", at, Anchor::Start, said));
            *x += width + 6.0 + said.len() as f64 * 6.2 + 18.0;
            true
        };
        let at = x;
        if key(self, &mut x, 36.0, "source over destination") {
            for (class, y) in [("half", y - 7.5), ("half", y - 1.0)] {
                let d = format!("M{at:.1} {y:.1}h34");
                self.said.push(Shape {
                    class,
                    form: Form::Path(d),
                });
            }
        }
        let at = x;
        if self.play.scene.ghost.is_some()
            && key(self, &mut x, 28.0, "a Service's, no machine has it")
        {
            let d = format!("M{at:.1} {:.1}h28", y - 4.0);
            self.said.push(Shape {
                class: "half service",
                form: Form::Path(d),
            });
        }
        for (class, said) in [("stop hit", "matched"), ("stop", "tried and passed")] {
            let at = x;
            if key(self, &mut x, 8.0, said) {
                self.said.push(Shape {
                    class,
                    form: Form::Circle((at + 5.0, y - 4.0), 4.5),
                });
            }
        }
        let at = x;
        if key(
            self,
            &mut x,
            16.0,
            "rewritten: source above, destination below",
        ) {
            let sign = nat_sign((at + 8.0, y - 4.0), (false, true), Writer::Dnat, 0.7);
            self.said.extend(sign);
        }
    }
}

pub(super) fn turned(class: &'static str, at: Point, words: String) -> Shape {
    Shape {
        class,
        form: Form::Text {
            at,
            anchor: Anchor::Middle,
            words,
            turn: -90,
        },
    }
}

/// The sign of a rewriting: two bars, source over destination, and the rewritten one is filled.
pub(super) fn nat_sign(
    at: Point,
    (src, dst): (bool, bool),
    writer: Writer,
    scale: f64,
) -> Vec<Shape> {
    let rect = |x: f64, y: f64, w: f64, h: f64| Rect {
        x: at.0 + x * scale,
        y: at.1 + y * scale,
        w: w * scale,
        h: h * scale,
    };
    let (frame, full, empty) = match writer {
        Writer::Snat => ("nat by-snat", "nat by-snat full", "nat by-snat"),
        _ => ("nat by-dnat", "nat by-dnat full", "nat by-dnat"),
    };
    let bar = |filled: bool, y: f64| Shape {
        class: if filled { full } else { empty },
        form: Form::Box(rect(-6.5, y, 13.0, 6.0), 2.0),
    };
    vec![
        Shape {
            class: frame,
            form: Form::Box(rect(-10.5, -11.5, 21.0, 23.0), 4.0),
        },
        bar(src, -7.5),
        bar(dst, 1.5),
    ]
}

pub(super) fn name_of(play: &Play, ns: &Ns) -> String {
    let scene = &play.scene;
    let host = scene.hosts.iter().find(|h| h.ns == *ns);
    match (ns, host) {
        (Ns::Pod(_), _) => format!("pod {}", crate::names::short(ns)),
        (_, Some(host)) => host.name.clone(),
        _ => crate::names::short(ns),
    }
}
