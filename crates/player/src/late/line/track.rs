//! Who is passed: every packet of the journey as a track through columns, each column a namespace.
//! Packets that go back pass the same columns the other way.

use fabric::{Direction, Ns};

use super::Extent;
use crate::frames::{Kind, Play, Visit};

/// One packet's way.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Which packet.
    pub packet: usize,
    /// Which way it runs.
    pub direction: Direction,
    /// Its stays, in its own order: index in [`Play::visits`], and the column.
    pub stays: Vec<(usize, usize)>,
    /// Tracks of one group hang between the same two lines: a request and its reply.
    pub group: usize,
}

impl Track {
    /// 1 where it runs to the right, -1 where it runs to the left.
    pub fn way(&self) -> f64 {
        match self.direction {
            Direction::Original => 1.0,
            Direction::Reply => -1.0,
        }
    }
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A pod, or a host outside: one bar from line to line.
    End,
    /// A namespace with hooks: a node or a router.
    Node,
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Whose.
    pub ns: Ns,
    /// What stands there.
    pub sort: Sort,
    /// Whether it is left out, because too many are passed.
    pub hidden: bool,
}

/// Everything that is passed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tracks {
    /// From left to right.
    pub columns: Vec<Column>,
    /// In the order of packets.
    pub tracks: Vec<Track>,
    /// How many groups there are.
    pub groups: usize,
    /// The last frame that is drawn.
    pub last: usize,
}

/// More columns than this are not all drawn.
const MOST_COLUMNS: usize = 10;
/// Of more, so many at both ends are.
const KEPT_COLUMNS: usize = 4;

impl Tracks {
    /// Those of a journey.
    pub fn of(play: &Play, cursor: usize, extent: Extent) -> Tracks {
        let last = match extent {
            Extent::Whole => play.frames.len().saturating_sub(1),
            Extent::SoFar => cursor,
        };
        let mut out = Tracks {
            last,
            ..Tracks::default()
        };
        let mut open = None;
        for (i, visit) in play.visits.iter().enumerate() {
            let Some(ns) = visit.ns.as_ref().filter(|_| moves(play, visit)) else {
                continue;
            };
            if visit.frames.0 > last {
                break;
            }
            let begins = out.tracks.last().is_none_or(|t| t.packet != visit.packet);
            if begins {
                // A reply joins the request before it, unless that has one already.
                let joins = visit.direction == Direction::Reply && open.take().is_some();
                if !joins {
                    out.groups += 1;
                }
                if visit.direction == Direction::Original {
                    open = Some(());
                }
                out.tracks.push(Track {
                    packet: visit.packet,
                    direction: visit.direction,
                    stays: Vec::new(),
                    group: out.groups - 1,
                });
            }
            let track = out.tracks.last_mut().expect("one was begun");
            // Two stays in a row in one namespace share a column.
            let _ = ns;
            track.stays.push((i, 0));
        }
        out.merge(play);
        out.hide(play, cursor);
        out
    }

    /// Finds one row of columns through which every track passes in order.
    fn merge(&mut self, play: &Play) {
        let mut columns: Vec<Ns> = Vec::new();
        let passed = |track: &Track| -> Vec<Ns> {
            let stays = track.stays.iter();
            let mut list: Vec<Ns> = stays
                .filter_map(|(v, _)| play.visits[*v].ns.clone())
                .collect();
            if track.direction == Direction::Reply {
                list.reverse();
            }
            list
        };
        for track in &self.tracks {
            columns = join(&columns, &passed(track));
        }
        for track in &mut self.tracks {
            let found = places(&columns, &passed(track));
            let count = track.stays.len();
            for (k, stay) in track.stays.iter_mut().enumerate() {
                stay.1 = match track.direction {
                    Direction::Original => found[k],
                    Direction::Reply => found[count - 1 - k],
                };
            }
        }
        self.columns = columns
            .into_iter()
            .map(|ns| Column {
                sort: match ns {
                    Ns::Pod(_) | Ns::External(_) => Sort::End,
                    Ns::Node(_) | Ns::Router => Sort::Node,
                },
                ns,
                hidden: false,
            })
            .collect();
    }

    fn hide(&mut self, play: &Play, cursor: usize) {
        let count = self.columns.len();
        if count <= MOST_COLUMNS {
            return;
        }
        let here = self.column_of(play.frame(cursor).visit);
        for (i, column) in self.columns.iter_mut().enumerate() {
            let near = here.is_some_and(|h| h.abs_diff(i) <= 1);
            column.hidden = i >= KEPT_COLUMNS && i + KEPT_COLUMNS < count && !near;
        }
    }

    /// The column of a stay.
    pub fn column_of(&self, visit: usize) -> Option<usize> {
        let mut stays = self.tracks.iter().flat_map(|t| &t.stays);
        stays.find(|(v, _)| *v == visit).map(|(_, column)| *column)
    }

    /// The track of a stay.
    pub fn track_of(&self, visit: usize) -> Option<usize> {
        let has = |t: &Track| t.stays.iter().any(|(v, _)| *v == visit);
        self.tracks.iter().position(has)
    }
}

/// Whether a packet is anywhere in it: nothing moves while time passes, and the end is no place.
fn moves(play: &Play, visit: &Visit) -> bool {
    let frames = &play.frames[visit.frames.0..=visit.frames.1];
    frames.iter().any(|f| {
        !matches!(
            f.kind,
            Kind::Ending
                | Kind::Failed
                | Kind::Waited
                | Kind::Kept
                | Kind::Forgotten
                | Kind::Lookup
        )
    })
}

/// The shortest row that holds both rows in order, as far as one table of common parts finds it.
fn join(a: &[Ns], b: &[Ns]) -> Vec<Ns> {
    let (n, m) = (a.len(), b.len());
    let mut common = vec![vec![0usize; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            common[i][j] = match a[i] == b[j] {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::with_capacity(n + m);
    while i < n || j < m {
        if i < n && j < m && a[i] == b[j] {
            out.push(a[i].clone());
            (i, j) = (i + 1, j + 1);
        } else if j >= m || (i < n && common[i + 1][j] >= common[i][j + 1]) {
            out.push(a[i].clone());
            i += 1;
        } else {
            out.push(b[j].clone());
            j += 1;
        }
    }
    out
}

/// Where each of a row's members stands in a row that holds them in order. From the right, so that a reply's
/// short way out of a loop ends where the request began.
fn places(columns: &[Ns], row: &[Ns]) -> Vec<usize> {
    let mut at = 0;
    row.iter()
        .map(|ns| {
            let found = columns[at..].iter().position(|c| c == ns);
            let here = at + found.expect("the row is part of the columns");
            at = here + 1;
            here
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(names: &str) -> Vec<Ns> {
        names
            .split_whitespace()
            .map(|n| Ns::Node(n.into()))
            .collect()
    }

    #[track_caller]
    fn joins(a: &str, b: &str, want: &str) {
        assert_eq!(join(&row(a), &row(b)), row(want), "{a} and {b}");
    }

    #[test]
    fn equal_rows_are_one() {
        joins("a b c", "a b c", "a b c");
    }

    #[test]
    fn a_reply_by_another_node_adds_a_column() {
        joins("a b c", "a d c", "a b d c");
    }

    #[test]
    fn a_refusal_ends_early() {
        joins("a b", "b", "a b");
    }

    #[test]
    fn a_hairpin_passes_its_pod_twice() {
        joins("a b a", "a b a", "a b a");
    }

    #[test]
    fn every_member_has_its_place() {
        assert_eq!(places(&row("a b d c"), &row("a d c")), [0, 2, 3]);
    }
}
