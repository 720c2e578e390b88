//! The chart of many connections as shapes: each endpoint's running share over how many were made, on a
//! logarithmic axis, and the band that chance allows. Only numbers: drawing is left to the page.

use crate::many::Tallies;

/// A point in CSS pixels.
pub type Point = (f64, f64);

/// One endpoint's way.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Index in [`Tallies::endpoints`].
    pub of: usize,
    /// Its points.
    pub points: Vec<Point>,
    /// Whether it stands out, and how it is dashed: 0 is solid.
    pub dash: Option<usize>,
}

/// A name at the right end.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// Index in [`Tallies::endpoints`].
    pub of: usize,
    /// The line's end.
    pub from: Point,
    /// Where the name stands.
    pub at: Point,
    /// The name.
    pub name: String,
    /// The share.
    pub share: String,
}

/// The chart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chart {
    /// The area of the lines: left, top, right, bottom.
    pub area: (f64, f64, f64, f64),
    /// Marks below: where, and how many connections.
    pub across: Vec<(f64, String)>,
    /// Marks at the left: where, and which share.
    pub up: Vec<(f64, String)>,
    /// Expected shares: where, and their words.
    pub expected: Vec<(f64, String)>,
    /// The bands, each as its upper edge forth and its lower edge back.
    pub bands: Vec<Vec<Point>>,
    /// The lines; those that stand out come last, so that they are drawn above the others.
    pub lines: Vec<Line>,
    /// The names.
    pub labels: Vec<Label>,
}

/// Up to so many endpoints are all named; of more, the most and the least chosen.
const NAMED: usize = 6;
/// From label to label.
const LABEL: f64 = 20.0;
/// Room for names at the right; a phone has less.
const RIGHT: f64 = 172.0;
const RIGHT_NARROW: f64 = 132.0;
/// Room at the left, above and below.
const LEFT: f64 = 46.0;
const TOP: f64 = 12.0;
const BELOW: f64 = 24.0;
/// A chart narrower than this is a phone's.
pub const NARROW: f64 = 520.0;
/// Where a chart of many begins: the shares of the first few leap from 0 to 1.
const BEGIN: u64 = 10;

impl Chart {
    /// Lays it out.
    pub fn of(tallies: &Tallies, width: f64, height: f64) -> Chart {
        let first = begin(tallies);
        let right = match width < NARROW {
            true => RIGHT_NARROW,
            false => RIGHT,
        };
        let area = (
            LEFT,
            TOP,
            (width - right).max(LEFT + 40.0),
            (height - BELOW).max(TOP + 40.0),
        );
        let decades = (tallies.wanted.max(first + 1) as f64 / first as f64).log10();
        let x = |made: u64| {
            area.0 + (made as f64 / first as f64).log10().max(0.0) / decades * (area.2 - area.0)
        };
        let top = top_of(tallies, first);
        let y = |share: f64| area.3 - (share / top).min(1.0) * (area.3 - area.1);
        let shown = |made: u64| made >= first;

        let across = (0..=6u32)
            .map(|power| 10u64.pow(power))
            .chain([tallies.wanted])
            .filter(|n| (first..=tallies.wanted).contains(n))
            .map(|n| (x(n), crate::text::thousands(n as usize)));
        let mut across: Vec<(f64, String)> = across.collect();
        across.dedup();
        // The last one says how many there will be, so a neighbour gives way to it.
        while let [.., (before, _), (last, text)] = across.as_slice()
            && last - before < 14.0 + text.len() as f64 * 7.0
        {
            across.remove(across.len() - 2);
        }
        let bands: Vec<Vec<Point>> = tallies
            .bands
            .iter()
            .map(|band| {
                let points = band.points.iter().filter(|(made, _, _)| shown(*made));
                let edge = |made: u64, count: u64| (x(made), y(count as f64 / made as f64));
                let upper = points.clone().map(|(made, _, high)| edge(*made, *high));
                let lower = points.rev().map(|(made, low, _)| edge(*made, *low));
                upper.chain(lower).collect()
            })
            .filter(|band: &Vec<Point>| !band.is_empty())
            .collect();
        let mut expected: Vec<(f64, String)> = Vec::new();
        for lane in &tallies.endpoints {
            let Some(share) = lane.share.filter(|_| tallies.tied.is_none()) else {
                continue;
            };
            let at = y(share);
            if !expected.iter().any(|(y, _)| (y - at).abs() < 12.0) {
                let words = crate::odds::fraction(share);
                expected.push((at, words.unwrap_or_else(|| crate::odds::percent(share))));
            }
        }
        let up = ticks(top)
            .into_iter()
            .map(|share| (y(share), format!("{} %", (share * 100.0).round())))
            .filter(|(at, _)| !expected.iter().any(|(y, _)| (y - at).abs() < 12.0))
            .collect();
        let named = named(tallies);
        let mut lines: Vec<Line> = (0..tallies.endpoints.len())
            .map(|of| Line {
                of,
                points: tallies
                    .samples
                    .iter()
                    .filter(|s| shown(s.made))
                    .map(|s| {
                        let count = s.counts.get(of).copied().unwrap_or(0);
                        (x(s.made), y(count as f64 / s.made as f64))
                    })
                    .collect(),
                dash: named.iter().position(|n| *n == of),
            })
            .collect();
        lines.sort_by_key(|line| line.dash.is_some());
        let labels = labels(tallies, &lines, area, width);
        Chart {
            area,
            across,
            up,
            expected,
            bands,
            lines,
            labels,
        }
    }
}

/// Where the chart begins: once one connection is expected of the least likely endpoint, since before
/// that shares only leap; but not so late that nothing is left to see.
fn begin(tallies: &Tallies) -> u64 {
    let least = tallies
        .endpoints
        .iter()
        .filter_map(|lane| lane.share.filter(|share| *share > 0.0))
        .fold(1.0, f64::min);
    let mut first = BEGIN;
    while (first as f64) * least < 0.999 && first < tallies.wanted {
        first *= 10;
    }
    while first > 1 && first.saturating_mul(10) > tallies.wanted {
        first /= 10;
    }
    first
}

/// The endpoints that are named, in their order.
fn named(tallies: &Tallies) -> Vec<usize> {
    let lanes = &tallies.endpoints;
    if tallies.tied.is_some() {
        return (0..lanes.len())
            .filter(|i| lanes[*i].count > 0)
            .take(NAMED)
            .collect();
    }
    if lanes.len() <= NAMED {
        return (0..lanes.len()).collect();
    }
    let most = (0..lanes.len()).max_by_key(|i| (lanes[*i].count, std::cmp::Reverse(*i)));
    let least = (0..lanes.len()).min_by_key(|i| (lanes[*i].count, *i));
    let mut both: Vec<usize> = most.into_iter().chain(least).collect();
    both.dedup();
    both
}

/// The names, from top to bottom, none over another.
fn labels(tallies: &Tallies, lines: &[Line], area: (f64, f64, f64, f64), width: f64) -> Vec<Label> {
    let room = width - area.2;
    let letters = match room < RIGHT {
        true => 6,
        false => 11,
    };
    let mut ends: Vec<(usize, Point)> = lines
        .iter()
        .filter(|line| line.dash.is_some())
        .filter_map(|line| Some((line.of, *line.points.last()?)))
        .collect();
    ends.sort_by(|a, b| a.1.1.total_cmp(&b.1.1).then(a.0.cmp(&b.0)));
    let wished: Vec<f64> = ends.iter().map(|(_, p)| p.1).collect();
    let at = spread(&wished, area.1 + 4.0, area.3);
    ends.iter()
        .zip(&at)
        .map(|((of, from), y)| {
            let lane = &tallies.endpoints[*of];
            let share = lane.count as f64 / tallies.made.max(1) as f64;
            Label {
                of: *of,
                from: *from,
                at: (area.2 + 38.0_f64.min(room / 5.0), *y),
                name: crate::text::elide(&lane.name, letters),
                share: crate::odds::percent(share),
            }
        })
        .collect()
}

/// Places for names at these heights: as near to them as their neighbours let them, none over another,
/// within these bounds as far as there is room.
fn spread(wished: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    // Those that would overlap stand together, around the middle of where they wish to be.
    let mut groups: Vec<(usize, f64)> = Vec::new();
    let height = |n: usize| (n - 1) as f64 * LABEL;
    let settle = |n: usize, sum: f64| {
        let middle = sum / n as f64;
        let first = (middle - height(n) / 2.0).min(bottom - height(n)).max(top);
        (first, first + height(n))
    };
    for &wish in wished {
        groups.push((1, wish));
        while let [.., (m, before), (n, sum)] = groups[..]
            && settle(n, sum).0 - settle(m, before).1 < LABEL
        {
            groups.truncate(groups.len() - 2);
            groups.push((m + n, before + sum));
        }
    }
    groups
        .into_iter()
        .flat_map(|(n, sum)| {
            let first = settle(n, sum).0;
            (0..n).map(move |i| first + i as f64 * LABEL)
        })
        .collect()
}

/// The share at the chart's upper edge: all that is shown fits under it.
fn top_of(tallies: &Tallies, first: u64) -> f64 {
    let bands = tallies
        .bands
        .iter()
        .flat_map(|band| &band.points)
        .filter(|(made, _, _)| *made >= first)
        .map(|(made, _, high)| *high as f64 / *made as f64);
    let lines = tallies
        .samples
        .iter()
        .filter(|s| s.made >= first)
        .filter_map(|s| Some(*s.counts.iter().max()? as f64 / s.made as f64));
    let shares = tallies.endpoints.iter().filter_map(|lane| lane.share);
    let most = bands.chain(lines).chain(shares).fold(0.0, f64::max);
    let steps = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
    let wanted = most * 1.04;
    steps.into_iter().find(|s| *s >= wanted).unwrap_or(1.0)
}

/// Three or four round shares up to the upper edge, and none.
fn ticks(top: f64) -> Vec<f64> {
    let step = match top {
        t if t <= 0.02 => 0.01,
        t if t <= 0.05 => 0.01,
        t if t <= 0.1 => 0.02,
        t if t <= 0.2 => 0.05,
        t if t <= 0.4 => 0.1,
        t if t <= 0.7 => 0.2,
        _ => 0.25,
    };
    (0..)
        .map(|i| f64::from(i) * step)
        .take_while(|share| *share <= top + 1e-9)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::many::{Band, Lane, Sample};

    fn tallies(ways: usize, made: u64) -> Tallies {
        let share = 1.0 / ways as f64;
        let points: Vec<u64> = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000]
            .into_iter()
            .filter(|n| *n < made)
            .chain([made])
            .collect();
        Tallies {
            wanted: made,
            made,
            seed: 7,
            endpoints: (0..ways)
                .map(|i| Lane {
                    name: format!("endpoint-{i}"),
                    socket: format!("10.0.0.{i}:80"),
                    count: made / ways as u64 + i as u64 % 3,
                    share: Some(share),
                    band: None,
                })
                .collect(),
            endings: vec![],
            masqueraded: 0,
            samples: points
                .iter()
                .map(|&made| Sample {
                    made,
                    counts: (0..ways as u64)
                        .map(|i| made / ways as u64 + i % 3)
                        .collect(),
                })
                .collect(),
            bands: vec![Band {
                share,
                points: points
                    .iter()
                    .map(|&n| {
                        let (low, high) = lab::chance::band(n, share);
                        (n, low, high)
                    })
                    .collect(),
            }],
            verdict: String::new(),
            test: String::new(),
            usual: None,
            tied: None,
        }
    }

    #[test]
    fn everything_lies_within_the_area_whatever_is_shown() {
        for ways in [1, 2, 3, 10, 37, 100] {
            for made in [1, 2, 10, 100, 10_000] {
                for width in [280.0, 900.0] {
                    let chart = Chart::of(&tallies(ways, made), width, 220.0);
                    let (left, top, right, bottom) = chart.area;
                    let inside = |(x, y): &Point| {
                        (left - 0.01..=right + 0.01).contains(x)
                            && (top - 0.01..=bottom + 0.01).contains(y)
                    };
                    for line in &chart.lines {
                        assert!(line.points.iter().all(inside), "{ways} {made} {line:?}");
                    }
                    for band in &chart.bands {
                        assert!(band.iter().all(inside), "{ways} {made} {band:?}");
                    }
                    for pair in chart.labels.windows(2) {
                        assert!(pair[1].at.1 - pair[0].at.1 >= LABEL - 0.01, "{ways} {made}");
                    }
                    for label in &chart.labels {
                        assert!((top..=bottom + 0.01).contains(&label.at.1), "{label:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_few_are_all_named_and_of_many_the_ends() {
        let names = |ways: usize| Chart::of(&tallies(ways, 10_000), 900.0, 220.0).labels.len();
        assert_eq!([names(2), names(6), names(7), names(100)], [2, 6, 2, 2]);
    }

    #[test]
    fn names_stand_where_their_lines_end_or_as_near_as_may_be() {
        let at = |wished: &[f64]| spread(wished, 10.0, 200.0);
        assert_eq!(at(&[50.0, 100.0]), [50.0, 100.0]);
        assert_eq!(at(&[99.0, 100.0, 101.0]), [80.0, 100.0, 120.0]);
        assert_eq!(at(&[10.0, 10.0]), [10.0, 30.0]);
        assert_eq!(at(&[200.0, 200.0]), [180.0, 200.0]);
        assert_eq!(
            at(&[10.0, 200.0, 200.0, 200.0]),
            [10.0, 160.0, 180.0, 200.0]
        );
        assert!(at(&[]).is_empty());
    }

    #[test]
    fn marks_are_apart() {
        let chart = Chart::of(&tallies(3, 10_000), 900.0, 220.0);
        let words: Vec<&str> = chart.across.iter().map(|(_, t)| t.as_str()).collect();
        assert_eq!(words, ["10", "100", "1,000", "10,000"]);
        let chart = Chart::of(&tallies(3, 1_100), 900.0, 220.0);
        let words: Vec<&str> = chart.across.iter().map(|(_, t)| t.as_str()).collect();
        assert_eq!(words, ["10", "100", "1,100"]);
        assert_eq!(chart.expected.len(), 1);
        assert_eq!(chart.expected[0].1, "1/3");
        assert!(chart.up.iter().any(|(_, t)| t == "0 %"));
    }
}
