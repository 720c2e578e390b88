//! A packet's stays in namespaces, and the stops in each.

use fabric::Event;
use netfilter::Hook;

use super::Composer;
use crate::frames::{Frame, Station, Visit};
use crate::names::short;

/// Where on the rail a frame belongs.
pub(super) enum Stop {
    Hook(Hook, Option<String>),
    Routing(String),
    Door(String),
    Here(Option<String>),
}

impl Composer<'_> {
    pub(super) fn open_visit(&mut self, event: &Event) {
        let fits = self.visits.last().is_some_and(|v| {
            v.ns.as_ref() == Some(&event.ns)
                && v.packet == event.packet
                // A packet that comes back into a namespace it has left begins a new stay there.
                && !(v.stations.last().is_some_and(|s| s.door) && v.stations.len() > 1)
        });
        if fits {
            return;
        }
        let at = self.frames.len();
        self.visits.push(Visit {
            ns: Some(event.ns.clone()),
            label: short(&event.ns),
            packet: event.packet,
            direction: event.direction,
            frames: (at, at),
            stations: Vec::new(),
        });
    }

    pub(super) fn station(&mut self, label: &str, door: bool) {
        let first = self.frames.len();
        let visit = self.visits.last_mut().expect("a visit was opened");
        if visit.stations.last().is_none_or(|s| s.label != label) {
            visit.stations.push(Station {
                label: label.to_owned(),
                door,
                parts: Vec::new(),
                first,
            });
        }
    }

    pub(super) fn push_hook(&mut self, frame: Frame, event: &Event, part: Option<String>) {
        match event.hook {
            Some(hook) => self.push(frame, Stop::Hook(hook, part)),
            None => self.push(frame, Stop::Here(part)),
        }
    }

    pub(super) fn push(&mut self, mut frame: Frame, stop: Stop) {
        let ns = frame.ns.clone().expect("an event is somewhere");
        let opens = self
            .visits
            .last()
            .is_none_or(|v| v.ns.as_ref() != Some(&ns) || v.packet != frame.packet);
        if opens {
            let at = self.frames.len();
            self.visits.push(Visit {
                ns: Some(ns.clone()),
                label: short(&ns),
                packet: frame.packet,
                direction: frame.direction,
                frames: (at, at),
                stations: Vec::new(),
            });
        }
        let part = match stop {
            Stop::Hook(hook, part) => {
                self.station(hook.name(), false);
                part
            }
            Stop::Routing(part) => {
                self.station("routing", false);
                Some(part)
            }
            Stop::Door(label) => {
                self.station(&label, true);
                None
            }
            Stop::Here(part) => {
                let empty = self.visits.last().is_none_or(|v| v.stations.is_empty());
                if empty {
                    self.station(&short(&ns), true);
                }
                part
            }
        };
        let at = self.frames.len();
        let place = (ns, frame.packet, frame.hook, frame.table);
        if self.last_place.as_ref() != Some(&place) {
            self.traversal += 1;
            self.last_place = Some(place);
        }
        frame.traversal = self.traversal;
        frame.visit = self.visits.len() - 1;
        let visit = self.visits.last_mut().expect("a visit was opened");
        visit.frames.1 = at;
        frame.station = visit.stations.len().saturating_sub(1);
        if let (Some(part), Some(station)) = (part, visit.stations.last_mut())
            && station.parts.iter().all(|(name, _)| *name != part)
        {
            station.parts.push((part, at));
        }
        self.frames.push(frame);
    }
}
