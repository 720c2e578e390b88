//! What is said along the line: names of chains, numbers and words of rules, from and to, the mark's rope.

use fabric::Direction;

use super::dive::Mark;
use super::hook::{self, SIGN};
use super::place::Draft;
use super::ribbon::{Pt, beside, look, rounded};
use super::way::straight;
use super::words::{FAINT, Face, MONO, MONO_BOLD, NAME, SAID, text, wrap};
use super::{Anchor, Form, Shape};
use crate::frames::{Glyph, Kind};
use crate::text::{count, elide};

impl Draft<'_> {
    /// Names of chains, numbers of rules, and what the rules at hand say.
    pub(super) fn chain_words(&mut self, marks: &[Mark], d: f64) {
        let play = self.play;
        let (start, _) = match d > 0.0 {
            true => (Anchor::Start, Anchor::End),
            false => (Anchor::End, Anchor::Start),
        };
        // The rule at the cursor speaks first.
        if let Some(mark) = marks.iter().find(|m| m.frame == self.cursor && m.shown) {
            self.number(mark, d);
            self.rule_words(mark, 30, d);
        }
        let mut named: Vec<hook::Call> = Vec::new();
        let mut order: Vec<&Mark> = marks.iter().collect();
        order.sort_by_key(|m| !m.hand);
        for mark in order {
            let frame = play.frame(mark.frame);
            let Some(call) = hook::Call::of(frame) else {
                continue;
            };
            if named.contains(&call) {
                continue;
            }
            named.push(call);
            let first = marks
                .iter()
                .find(|m| hook::Call::of(play.frame(m.frame)).as_ref() == named.last());
            let at = first.map_or(mark.at, |m| m.at);
            let Some(chain) = frame.at.and_then(|at| play.chains.get(at.chain)) else {
                continue;
            };
            // A base chain has the hook's name already.
            if chain.policy.is_some() || !first.is_some_and(|m| m.shown) {
                continue;
            }
            let face = if mark.hand { MONO_BOLD } else { MONO };
            let (above, below) = match d > 0.0 {
                true => (at.1 - 12.0, at.1 + 22.0),
                false => (at.1 + 20.0, at.1 - 14.0),
            };
            let places = [
                (at.0 - d * 6.0, above),
                (at.0 + d * 6.0, above),
                (at.0 - d * 2.0, below),
            ];
            let full = [chain.name.clone()];
            let short = [elide(&chain.name, 14)];
            let found = self.words.write(face, start, &full, &places);
            let found = found.or_else(|| self.words.write(face, start, &short, &places));
            self.said.extend(found.unwrap_or_default());
        }
        let cursor = self.cursor;
        for mark in marks.iter().filter(|m| m.frame != cursor && m.shown) {
            self.number(mark, d);
        }
        let wide = self.open.as_ref().map_or(0.0, |o| o.plan.wide);
        for mark in marks
            .iter()
            .filter(|m| m.hand && m.shown && m.frame != cursor)
        {
            if wide >= 98.0 {
                self.rule_words(mark, ((wide - 12.0) / 6.65) as usize, d);
            } else {
                self.why(mark, d);
            }
        }
        for mark in marks.iter().filter(|m| {
            play.frame(m.frame).kind == Kind::Dnat || play.frame(m.frame).kind == Kind::Snat
        }) {
            let header = &play.frame(mark.frame).header;
            let said = match play.frame(mark.frame).kind {
                Kind::Dnat => format!("to {}", header.dst),
                _ => format!("from {}", header.src),
            };
            let y = mark.at.1;
            let places = [
                (mark.at.0 + d * (SIGN + 16.0), y + d * 20.0 + 4.0),
                (mark.at.0 + d * (SIGN + 16.0), y - d * 16.0 + 4.0),
                (mark.at.0 - d * 4.0, y + d * 36.0 + 4.0),
            ];
            let found = self.words.write(MONO, start, &[said], &places);
            self.said.extend(found.unwrap_or_default());
        }
        self.not_reached(marks, d);
    }

    pub(super) fn number(&mut self, mark: &Mark, d: f64) {
        let Some(at) = self.play.frame(mark.frame).at else {
            return;
        };
        let said = [format!("#{}", at.number)];
        let y = mark.at.1;
        let below = y + d * 20.0 + if d > 0.0 { 0.0 } else { 8.0 };
        let above = y - d * 12.0 + if d > 0.0 { 0.0 } else { 8.0 };
        let places = [
            (mark.at.0, below),
            (mark.at.0 - d * 15.0, y + 4.0 + d * 12.0),
            (mark.at.0, above),
        ];
        let face = if mark.frame == self.cursor {
            NAME
        } else {
            FAINT
        };
        let found = self.words.write(face, Anchor::Middle, &said, &places);
        self.said.extend(found.unwrap_or_default());
    }

    /// The rule's own words under its number, and why it did what it did.
    pub(super) fn rule_words(&mut self, mark: &Mark, letters: usize, d: f64) {
        let frame = self.play.frame(mark.frame);
        let Some(rule) = frame.at.and_then(|at| self.play.rule(at)) else {
            return;
        };
        let asks = format!("{} {}", rule.conditions, rule.target);
        let lines = wrap(asks.trim(), letters, 4);
        let side = match d > 0.0 {
            true => Anchor::Start,
            false => Anchor::End,
        };
        let height = lines.len() as f64 * 14.0;
        let (x, y) = mark.at;
        let below = match d > 0.0 {
            true => y + 36.0,
            false => y - 22.0 - height,
        };
        let above = match d > 0.0 {
            true => y - 14.0 - height,
            false => y + 34.0,
        };
        let face = if mark.frame == self.cursor {
            MONO_BOLD
        } else {
            MONO
        };
        let places = [
            (x - d * 8.0, below),
            (x + d * 14.0, below),
            (x - d * 8.0, below + d * 14.0),
            (x + d * 14.0, above),
            (x - d * 8.0, above),
            (x + d * 60.0, below),
        ];
        let found = self.words.write(face, side, &lines, &places);
        let Some(found) = found else {
            self.why(mark, d);
            return;
        };
        let last = found.last().and_then(|s| match &s.form {
            Form::Text { at, .. } => Some(*at),
            _ => None,
        });
        self.said.extend(found);
        if let Some(last) = last {
            let why = wrap(&frame.why, (letters as f64 * 0.95) as usize, 2);
            let found = self
                .words
                .write(SAID, side, &why, &[(last.0, last.1 + 16.0)]);
            self.said.extend(found.unwrap_or_default());
        }
    }

    pub(super) fn why(&mut self, mark: &Mark, d: f64) {
        let frame = self.play.frame(mark.frame);
        let said = wrap(&frame.why, 22, 2);
        let (x, y) = mark.at;
        let below = y + d * 34.0 + if d > 0.0 { 0.0 } else { 4.0 };
        let (left, right) = (x - d * 10.0, x + d * 10.0);
        let away = match d > 0.0 {
            true => Anchor::End,
            false => Anchor::Start,
        };
        let found = self
            .words
            .write(FAINT, Anchor::Middle, &said, &[(x, below)]);
        let found = found.or_else(|| {
            self.words.write(
                FAINT,
                away,
                &said,
                &[(left, y + d * 20.0), (left, y + d * 34.0)],
            )
        });
        let found = found.or_else(|| {
            self.words
                .write(FAINT, Anchor::Middle, &said, &[(right, y - d * 26.0)])
        });
        self.said.extend(found.unwrap_or_default());
    }

    /// Rules behind the one that took the packet away.
    pub(super) fn not_reached(&mut self, marks: &[Mark], d: f64) {
        let play = self.play;
        let mut done: Vec<hook::Call> = Vec::new();
        for mark in marks.iter().rev() {
            let frame = play.frame(mark.frame);
            let (Some(call), Some(at)) = (hook::Call::of(frame), frame.at) else {
                continue;
            };
            if done.contains(&call) {
                continue;
            }
            done.push(call);
            let all = play.chains[at.chain].rules.len();
            let leaves = matches!(frame.kind, Kind::Jump | Kind::Hit);
            if all <= at.number || !leaves || !mark.shown {
                continue;
            }
            let said = match all - at.number {
                1 => format!("#{all} not reached"),
                _ => format!("#{} to #{all} not reached", at.number + 1),
            };
            let width = said.len() as f64 * 6.5;
            let (x, y) = mark.at;
            let start = match d > 0.0 {
                true => x + 56.0,
                false => x - 56.0 - width,
            };
            let found = self.words.place((width, 14.0), &[(start, y - 8.0)]);
            let Some(rect) = found else { continue };
            self.under.push(Shape {
                class: "stub",
                form: Form::Path(straight(&[(x + d * 18.0, y), (x + d * 52.0, y)])),
            });
            for k in 0..3 {
                self.under.push(Shape {
                    class: "tooth",
                    form: Form::Circle((x + d * (24.0 + 11.0 * f64::from(k)), y), 2.4),
                });
            }
            self.said
                .push(text("small faint", (rect.x, y + 4.0), Anchor::Start, said));
        }
    }

    /// From and to, where they change.
    pub(super) fn plates(&mut self, ways: &[(usize, Vec<Pt>)]) {
        for (t, way) in ways {
            if !self.in_focus(*t) {
                continue;
            }
            let d = self.tracks.tracks[*t].way();
            let mut was: Option<(&str, &str)> = None;
            let mut wanted: Vec<Pt> = Vec::new();
            for point in way {
                let header = &self.play.frame(point.frame).header;
                let now = (header.src.as_str(), header.dst.as_str());
                if was != Some(now) {
                    wanted.push(*point);
                    was = Some(now);
                }
            }
            for point in wanted {
                self.plate(way, point, d);
            }
        }
    }

    pub(super) fn plate(&mut self, way: &[Pt], point: Pt, d: f64) {
        let header = &self.play.frame(point.frame).header;
        let longest = header.src.len().max(header.dst.len()) as f64;
        let size = (52.0 + longest * 6.65 + 10.0, 40.0);
        // Beside the line from its place on, on the inner side first.
        let mut corners = Vec::new();
        let same = |p: &&Pt| {
            let other = &self.play.frame(p.frame).header;
            (&other.src, &other.dst) == (&header.src, &header.dst)
        };
        let along = way
            .iter()
            .skip_while(|p| p.frame < point.frame)
            .take_while(same);
        for at in along.map(|p| p.at) {
            for side in [12.0, 40.0, -52.0] {
                let y = match (d > 0.0, side > 0.0) {
                    (true, _) => at.1 + side,
                    (false, _) => at.1 - side - size.1,
                };
                for x in [at.0 + 6.0, at.0 - size.0 - 6.0] {
                    corners.push((x, y));
                }
            }
        }
        let Some(rect) = self.words.place(size, &corners) else {
            return;
        };
        self.said.push(Shape {
            class: "plate",
            form: Form::Box(rect, 4.0),
        });
        for (word, address, y) in [("from", &header.src, 16.0), ("to", &header.dst, 32.0)] {
            let at = (rect.x, rect.y + y);
            let writer = self.writers.who(address);
            self.said.push(Shape {
                class: look(writer, true),
                form: Form::Path(format!("M{:.1} {:.1}h12", at.0 + 7.0, at.1 - 4.0)),
            });
            self.said.push(text(
                "small faint",
                (at.0 + 23.0, at.1),
                Anchor::Start,
                word,
            ));
            self.said.push(text(
                "mono small",
                (at.0 + 52.0, at.1),
                Anchor::Start,
                address.as_str(),
            ));
        }
    }

    /// The mark's rope, from the rule that sets it to the one that clears it.
    pub(super) fn rope(&mut self, t: usize, way: &[Pt]) {
        let d = self.tracks.tracks[t].way();
        let bit = 1u32
            .checked_shl(u32::from(self.play.masquerade_bit))
            .unwrap_or(0);
        let has = |p: &Pt| self.play.frame(p.frame).header.mark & bit != 0;
        let Some(first) = way.iter().position(has) else {
            return;
        };
        // From the rule itself, and not from where its chain's slope begins.
        let set = way[first].frame;
        let first = way.iter().rposition(|p| p.frame == set).unwrap_or(first);
        let end = way[first..].iter().position(|p| !has(p));
        let run = &way[first..first + end.map_or(way.len() - first, |e| e + 1)];
        if run.len() < 2 {
            return;
        }
        let line = beside(run, d * 10.0);
        self.under.push(Shape {
            class: "rope",
            form: Form::Path(rounded(&line)),
        });
        let at = (line[0].0, line[0].1 - 10.0 * d.max(0.0));
        self.over.push(Shape {
            class: "flag",
            form: Form::Sign(Glyph::Flag, at),
        });
        let said = [format!("mark {bit:#x}")];
        let places = [
            (at.0 + 10.0, at.1),
            (at.0 + 10.0, at.1 - 14.0),
            (at.0 - 68.0, at.1),
            (at.0 + 10.0, at.1 + 40.0),
            (at.0 - 72.0, at.1 + 24.0),
        ];
        let face = Face {
            class: "small marked",
            ..FAINT
        };
        let found = self.words.write(face, Anchor::Start, &said, &places);
        self.said.extend(found.unwrap_or_default());
    }

    pub(super) fn row_words(&mut self, g: usize, row: (f64, f64), ways: &[(usize, Vec<Pt>)]) {
        for (t, way) in ways {
            let track = &self.tracks.tracks[*t];
            let Some(first) = way.first().filter(|_| track.group == g) else {
                continue;
            };
            let first = first.at;
            let (d, packet) = (track.way(), track.packet);
            let word = match track.direction {
                Direction::Original => "request",
                Direction::Reply => "reply",
            };
            let y = if d > 0.0 { row.0 - 14.0 } else { row.1 + 20.0 };
            let said = match self.tracks.groups {
                1 => word.to_owned(),
                _ => format!("{word}, packet {}", packet + 1),
            };
            let (said, side) = match d > 0.0 {
                true => (format!("{said} →"), Anchor::Start),
                false => (format!("← {said}"), Anchor::End),
            };
            let places = [
                (first.0 + d * 8.0, y),
                (first.0 + d * 8.0, y - d * 14.0),
                (first.0 + d * 90.0, y),
            ];
            let found = self.words.write(SAID, side, &[said], &places);
            self.said.extend(found.unwrap_or_default());
        }
        let hidden = (0..self.tracks.groups)
            .filter(|g| self.rows[*g].is_none())
            .count();
        if hidden > 0 && g == self.focus {
            let said = [format!(
                "and {} more not drawn here",
                count(hidden, "exchange", "exchanges")
            )];
            let places = [
                (self.size.0 - 24.0, self.size.1 - 16.0),
                (self.size.0 / 2.0, self.size.1 - 16.0),
            ];
            let found = self.words.write(FAINT, Anchor::End, &said, &places);
            self.said.extend(found.unwrap_or_default());
        }
    }
}
