//! A part of a conversation in which nothing is sent: time passes, or somebody deletes entries.

use cluster::ClusterState;
use fabric::{Direction, Ns};
use lab::Trip;

use super::{Composer, blank};
use crate::frames::{Frame, Play, Station, Visit};
use crate::names::short;
use crate::replay::Told;

impl Composer<'_> {
    pub(super) fn pause(&mut self, told: &[Told]) {
        for told in told {
            let ns = told.node.clone().map(Ns::Node);
            let at = self.frames.len();
            let fits = self.visits.last().is_some_and(|v| v.ns == ns);
            if !fits {
                self.visits.push(Visit {
                    label: ns.as_ref().map_or("meanwhile".into(), short),
                    ns: ns.clone(),
                    packet: 0,
                    direction: Direction::Original,
                    frames: (at, at),
                    stations: Vec::new(),
                });
            }
            let visit = self.visits.last_mut().expect("a visit was pushed");
            visit.frames.1 = at;
            visit.stations.push(Station {
                label: told.why.clone(),
                door: true,
                parts: Vec::new(),
                first: at,
            });
            self.frames.push(Frame {
                ns,
                visit: self.visits.len() - 1,
                station: self.visits.last().map_or(0, |v| v.stations.len() - 1),
                caption: told.caption.clone(),
                why: told.why.clone(),
                machine: told.machine.clone(),
                ..blank(told.kind)
            });
        }
    }
}

/// Composes a play of a pause. `trip` is the connection made last before it.
pub fn compose_pause(
    cluster: &ClusterState,
    book: &dyn super::Rulebook,
    trip: &Trip,
    told: &[Told],
) -> Play {
    super::play(cluster, book, trip, |composer| composer.pause(told))
}
