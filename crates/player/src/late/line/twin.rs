//! The line in words: where each packet is, hook by hook, for whoever does not see the drawing and for the
//! story as a text.

use crate::frames::{Kind, Play};
use crate::text::count;

/// One passage of a packet through one hook or one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Its first and last moment.
    pub frames: (usize, usize),
    /// `pi-w1, PREROUTING`
    pub place: String,
    /// `6 rules tried, 2 draws; DNAT to 10.42.2.22:8080`
    pub what: String,
}

/// All of them, in order.
pub fn twin(play: &Play) -> Vec<Passage> {
    let mut out = Vec::new();
    for visit in &play.visits {
        for (k, station) in visit.stations.iter().enumerate() {
            let last = match visit.stations.get(k + 1) {
                // A door and the hook behind it begin at the same moment: the hook tells it.
                Some(next) if next.first == station.first => continue,
                Some(next) => next.first - 1,
                None => visit.frames.1,
            };
            let way = match visit.direction {
                fabric::Direction::Original => "",
                fabric::Direction::Reply => ", reply",
            };
            out.push(Passage {
                frames: (station.first, last),
                place: format!("{}{way}, {}", visit.label, station.label),
                what: happened(play, (station.first, last)),
            });
        }
    }
    out
}

fn happened(play: &Play, frames: (usize, usize)) -> String {
    let all = play.frames.get(frames.0..=frames.1).unwrap_or_default();
    let rules = all
        .iter()
        .filter(|f| f.at.is_some_and(|at| play.rule(at).is_some()))
        .count();
    let draws = all.iter().filter(|f| f.draw.is_some()).count();
    let mut said = Vec::new();
    if rules > 0 {
        said.push(format!("{} tried", count(rules, "rule", "rules")));
    }
    if draws > 0 {
        said.push(count(draws, "draw", "draws"));
    }
    for frame in all {
        let header = &frame.header;
        match (&frame.before, frame.kind) {
            (Some((src, dst)), _) => {
                if *dst != header.dst {
                    said.push(format!("destination {dst} becomes {}", header.dst));
                }
                if *src != header.src {
                    said.push(format!("source {src} becomes {}", header.src));
                }
            }
            (None, Kind::Mark | Kind::Drop | Kind::Reject | Kind::NoRoute | Kind::Gone) => {
                said.push(frame.why.clone());
            }
            (None, Kind::Unmodelled) => said.push("not modelled from here on".into()),
            (None, Kind::Delivered) => said.push("delivered".into()),
            _ => {}
        }
    }
    said.retain(|s| !s.is_empty());
    said.join(", ")
}
