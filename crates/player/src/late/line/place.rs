//! Where everything stands: columns from left to right, a request's line over its reply's, the open hook
//! between them.

use fabric::Ns;

use super::hook::{self, Plan, SIGN, Unit};
use super::ribbon::{Pt, Writers, ribbon};
use super::track::{Column, Sort, Tracks};
use super::words::Words;
use super::{Extent, Form, Line, Shape, Stop, draws};
use crate::frames::{Kind, Play};
use crate::layout::{Point, Rect};

pub(super) const MARGIN: f64 = 12.0;
/// Where bands begin: over them stand the title and the key.
pub(super) const TOP: f64 = 30.0;
/// From a band's upper edge to the request: room for its name and for the names of hooks.
pub(super) const HEAD_ROOM: f64 = 96.0;
/// From the reply to a band's lower edge.
pub(super) const FOOT_ROOM: f64 = 74.0;
/// The bar of a pod or a host.
pub(super) const END: f64 = 24.0;
/// What a group takes that the moment is not in.
pub(super) const ASIDE: f64 = 78.0;
/// A comb's rules are so far apart, its levels so deep.
pub(super) const COMB: (f64, f64) = (3.6, 6.5);
/// A comb of more rules is a bar with their number.
pub(super) const MOST_TEETH: usize = 14;
/// Lanes of an open hook.
pub(super) const LANE: (f64, f64) = (26.0, 62.0);
/// Bars of a staircase.
pub(super) const STEP: (f64, f64) = (30.0, 48.0);

/// A stay's hooks, without its doors: the station, and its frames.
pub(super) fn stations(play: &Play, visit: usize, last: usize) -> Vec<(usize, (usize, usize))> {
    let visit = &play.visits[visit];
    let mut out = Vec::new();
    for (k, station) in visit.stations.iter().enumerate() {
        let end = match visit.stations.get(k + 1) {
            Some(next) => next.first.saturating_sub(1),
            None => visit.frames.1,
        };
        if !station.door && station.first <= last && station.first <= end {
            out.push((k, (station.first, end.min(last))));
        }
    }
    out
}

/// The hook that dives.
pub(super) struct Open {
    pub(super) visit: usize,
    pub(super) station: usize,
    pub(super) plan: Plan,
}

pub(super) struct Draft<'a> {
    pub(super) play: &'a Play,
    pub(super) writers: Writers<'a>,
    pub(super) tracks: Tracks,
    pub(super) cursor: usize,
    /// Left and right edge of every column.
    pub(super) columns: Vec<(f64, f64)>,
    /// Request's and reply's height of every group that is drawn.
    pub(super) rows: Vec<Option<(f64, f64)>>,
    pub(super) focus: usize,
    pub(super) open: Option<Open>,
    pub(super) lane: f64,
    pub(super) step: f64,
    pub(super) words: Words,
    pub(super) back: Vec<Shape>,
    pub(super) under: Vec<Shape>,
    pub(super) over: Vec<Shape>,
    pub(super) said: Vec<Shape>,
    pub(super) stops: Vec<Stop>,
    /// Where the open hook's rewritings stand, so that their undoing can stand there too.
    pub(super) signs: Vec<(Kind, usize, f64)>,
    /// Where a packet went no further: the column and the place.
    pub(super) dead: Vec<(usize, f64)>,
    /// Where names of hooks stand, by track.
    pub(super) named: Vec<(usize, f64)>,
    pub(super) size: (f64, f64),
}

pub(super) fn lay(play: &Play, cursor: usize, size: (u32, u32), extent: Extent) -> Line {
    let tracks = Tracks::of(play, cursor, extent);
    let mut draft = Draft {
        play,
        writers: Writers::of(play),
        focus: 0,
        tracks,
        cursor,
        columns: Vec::new(),
        rows: Vec::new(),
        open: None,
        lane: LANE.0,
        step: STEP.0,
        words: Words::default(),
        back: Vec::new(),
        under: Vec::new(),
        over: Vec::new(),
        said: Vec::new(),
        stops: Vec::new(),
        signs: Vec::new(),
        dead: Vec::new(),
        named: Vec::new(),
        size: (f64::from(size.0).max(320.0), f64::from(size.1).max(280.0)),
    };
    if draft.tracks.tracks.is_empty() {
        return Line {
            size: draft.size,
            ..Line::default()
        };
    }
    draft.choose();
    draft.spread_columns();
    draft.spread_rows();
    draft.words.bounds = Rect {
        x: 2.0,
        y: 0.0,
        w: draft.size.0 - 4.0,
        h: draft.size.1 - 2.0,
    };
    draft.bands();
    draft.take_rows();
    let mut ways = Vec::new();
    for t in 0..draft.tracks.tracks.len() {
        if draft.rows[draft.tracks.tracks[t].group].is_some() {
            let way = draft.track(t);
            ways.push((t, way));
        }
    }
    draft.finish(&ways)
}

impl Draft<'_> {
    /// Nothing is written over a line, whoever's.
    fn take_rows(&mut self) {
        let left = self.columns.first().map_or(0.0, |c| c.0);
        let right = self.columns.last().map_or(0.0, |c| c.1);
        for (up, down) in self.rows.clone().into_iter().flatten() {
            for y in [up, down] {
                self.words.take_way((left, y), (right, y), 3.0);
            }
        }
    }

    pub(super) fn in_focus(&self, t: usize) -> bool {
        self.tracks.tracks[t].group == self.focus
    }

    /// Which group has the room, and which hook in it dives.
    fn choose(&mut self) {
        let (play, tracks) = (self.play, &self.tracks);
        let here = play.frame(self.cursor).visit;
        let track = tracks.track_of(here);
        self.focus = match track {
            Some(t) => tracks.tracks[t].group,
            // Before anything is sent, and after the end.
            None if self.cursor < play.frames.len() / 2 => 0,
            None => tracks.groups - 1,
        };
        let mut found: Option<(usize, usize, (usize, usize), usize)> = None;
        for t in tracks.tracks.iter().filter(|t| t.group == self.focus) {
            for &(visit, column) in &t.stays {
                if tracks.columns[column].hidden {
                    continue;
                }
                for (station, frames) in stations(play, visit, tracks.last) {
                    let tried = hook::tried(play, frames);
                    if tried.is_empty() {
                        continue;
                    }
                    let at_cursor = (frames.0..=frames.1).contains(&self.cursor);
                    let rewrites = tried.iter().any(|i| play.frame(*i).kind.is_nat());
                    let chance = tried.iter().any(|i| play.frame(*i).draw.is_some());
                    let weight = match (at_cursor, chance, rewrites) {
                        (true, ..) => 1_000_000,
                        (_, true, _) => 100_000 + tried.len(),
                        (_, _, true) => 10_000 + tried.len(),
                        _ => tried.len(),
                    };
                    if found.is_none_or(|(.., best)| weight > best) {
                        found = Some((visit, station, frames, weight));
                    }
                }
            }
        }
        self.open = found.map(|(visit, station, frames, _)| Open {
            visit,
            station,
            // Its real width is known once the columns are.
            plan: Plan::of(play, frames, self.cursor, 0.0),
        });
    }

    /// What a hook takes when it does not dive.
    pub(super) fn compact(&self, visit: usize, station: usize, frames: (usize, usize)) -> f64 {
        let label = &self.play.visits[visit].stations[station].label;
        if label == "routing" {
            return 26.0;
        }
        let tried = hook::tried(self.play, frames).len().min(MOST_TEETH);
        let signs = self.signs_in(frames);
        (16.0 + COMB.0 * tried as f64 + signs as f64 * (SIGN + 4.0)).max(34.0)
    }

    pub(super) fn signs_in(&self, frames: (usize, usize)) -> usize {
        let frames = frames.0..=frames.1;
        frames.filter(|i| self.play.frame(*i).kind.is_nat()).count()
    }

    pub(super) fn width_of(&self, visit: usize) -> f64 {
        let list = stations(self.play, visit, self.tracks.last);
        let hooks: f64 = list.iter().map(|&(s, f)| self.compact(visit, s, f)).sum();
        hooks + 16.0
    }

    fn spread_columns(&mut self) {
        let columns = &self.tracks.columns;
        let mut content: Vec<f64> = columns
            .iter()
            .map(|c| match (c.hidden, c.sort) {
                (true, _) => 0.0,
                (false, Sort::End) => END,
                (false, Sort::Node) => 112.0,
            })
            .collect();
        for track in &self.tracks.tracks {
            for &(visit, column) in &track.stays {
                if columns[column].sort == Sort::Node && !columns[column].hidden {
                    content[column] = content[column].max(self.width_of(visit));
                }
            }
        }
        let gaps: Vec<f64> = (0..columns.len()).map(|i| gap(columns, i)).collect();
        let fixed: f64 = 2.0 * MARGIN + gaps.iter().sum::<f64>() + edge(columns.last());
        let mut spare = self.size.0 - fixed - content.iter().sum::<f64>();
        let open = self.open.as_ref().map(|o| (o.visit, o.station));
        let opened = open.and_then(|(visit, station)| {
            let column = self.tracks.column_of(visit)?;
            let list = stations(self.play, visit, self.tracks.last);
            let frames = list.iter().find(|(s, _)| *s == station)?.1;
            let others = self.width_of(visit) - self.compact(visit, station, frames);
            let room = content[column] + spare.max(0.0) - others;
            let plan = Plan::of(self.play, frames, self.cursor, room);
            Some((column, others + plan.width, plan))
        });
        match opened {
            Some((column, least, plan)) => {
                let had = content[column];
                content[column] = least.max(had);
                spare -= content[column] - had;
                if let Some(open) = &mut self.open {
                    open.plan = plan;
                }
            }
            None => self.open = None,
        }
        let nodes = content
            .iter()
            .zip(columns)
            .filter(|(_, c)| c.sort == Sort::Node && !c.hidden)
            .count();
        if spare < 0.0 {
            self.size.0 -= spare;
            spare = 0.0;
        }
        // What is left over is shared by the nodes; where there is none, the ways between are longer.
        let share = match nodes {
            0 => 0.0,
            n => spare / n as f64,
        };
        let stretch = match (nodes, columns.len()) {
            (0, n) if n > 1 => spare / (n - 1) as f64,
            _ => 0.0,
        };
        let mut x = MARGIN;
        for (i, column) in columns.iter().enumerate() {
            x += gaps[i] + if i > 0 { stretch } else { 0.0 };
            let width = content[i]
                + match (column.sort, column.hidden) {
                    (Sort::Node, false) => share,
                    _ => 0.0,
                };
            self.columns.push((x, x + width));
            x += width;
        }
    }

    fn spread_rows(&mut self) {
        let groups = self.tracks.groups;
        let shown = |g: usize| g.abs_diff(self.focus) <= 1;
        let aside = (0..groups).filter(|g| shown(*g)).count() - 1;
        let (mut stairs, mut deepest) = (0usize, 0usize);
        if let Some(open) = &self.open {
            deepest = open.plan.deepest;
            for unit in &open.plan.units {
                if let Unit::Draws(frames, _) = unit {
                    stairs = draws::bars(self.play, frames, self.cursor);
                }
            }
        }
        let stairs_least = match stairs {
            0 => 0.0,
            n => STEP.0 * n as f64 + 26.0,
        };
        let least = (deepest as f64 * LANE.0 + stairs_least + 46.0).max(112.0);
        let around = TOP + HEAD_ROOM + FOOT_ROOM + 8.0 + aside as f64 * ASIDE;
        let room = (self.size.1 - around).max(least);
        self.size.1 = self.size.1.max(around + room);
        let spare = room - least;
        if stairs > 0 {
            self.step = (STEP.0 + spare * 0.6 / stairs as f64).min(STEP.1);
        }
        let left = room - 46.0 - self.stairs_height(stairs);
        self.lane = (left / deepest.max(1) as f64).clamp(LANE.0, LANE.1);
        let mut y = TOP;
        for g in 0..groups {
            self.rows.push(None);
            if !shown(g) {
                continue;
            }
            let row = match g == self.focus {
                true => (y + HEAD_ROOM, y + HEAD_ROOM + room),
                false => (y + 30.0, y + 58.0),
            };
            self.rows[g] = Some(row);
            y = match g == self.focus {
                true => row.1 + FOOT_ROOM,
                false => y + ASIDE,
            };
        }
    }

    pub(super) fn stairs_height(&self, bars: usize) -> f64 {
        match bars {
            0 => 0.0,
            n => self.step * n as f64 + 26.0,
        }
    }

    fn finish(mut self, ways: &[(usize, Vec<Pt>)]) -> Line {
        for (_, way) in ways {
            self.take_ways(way);
        }
        let rows: Vec<(usize, (f64, f64))> = self
            .rows
            .iter()
            .enumerate()
            .filter_map(|(g, row)| Some((g, (*row)?)))
            .collect();
        for (g, row) in rows {
            self.row_words(g, row, ways);
        }
        self.plates(ways);
        let mut ribbons = Vec::new();
        for (t, way) in ways {
            self.rope(*t, way);
            let side = self.tracks.tracks[*t].way();
            ribbons.extend(ribbon(self.play, &self.writers, way, side, self.cursor));
        }
        let here = self.here();
        self.over.push(Shape {
            class: "here",
            form: Form::Circle(here, 11.0),
        });
        let mut shapes = self.back;
        shapes.extend(self.under);
        shapes.extend(ribbons);
        shapes.extend(self.over);
        shapes.extend(self.said);
        Line {
            size: self.size,
            shapes,
            stops: self.stops,
            here,
        }
    }

    /// Where the cursor is: its own stop, or the last one before it.
    pub(super) fn here(&self) -> Point {
        let before = self.stops.iter().filter(|s| s.frame <= self.cursor);
        let found = before.max_by_key(|s| s.frame).or(self.stops.first());
        found.map_or((0.0, 0.0), |s| s.at)
    }
}

/// The room before a column.
fn gap(columns: &[Column], i: usize) -> f64 {
    let column = &columns[i];
    let Some(before) = i.checked_sub(1).map(|b| &columns[b]) else {
        return match column.sort {
            Sort::Node => 26.0,
            Sort::End => edge(Some(column)),
        };
    };
    if column.hidden {
        return if before.hidden { 0.0 } else { 24.0 };
    }
    if before.hidden {
        return 44.0;
    }
    let inside = |c: &Column| matches!(c.ns, Ns::Pod(_));
    match (before.sort, column.sort) {
        (Sort::Node, Sort::Node) => 62.0,
        (Sort::End, Sort::End) => 60.0,
        (Sort::End, Sort::Node) if inside(before) => 14.0,
        (Sort::Node, Sort::End) if inside(column) => 14.0,
        _ => 40.0,
    }
}

/// The room beside a column at the drawing's edge.
fn edge(column: Option<&Column>) -> f64 {
    match column {
        Some(c) if matches!(c.ns, Ns::Pod(_)) => 10.0,
        Some(c) if c.sort == Sort::Node => 24.0,
        _ => 0.0,
    }
}
