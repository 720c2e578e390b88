//! From a trip to a [`Play`]: events become frames.
//!
//! What a rule's step says is told in `steps`, the stays and stops in `stays`, headers in `header`.

mod bounds;
mod header;
mod pause;
mod stays;
mod steps;

use std::collections::BTreeMap;

use cluster::ClusterState;
use fabric::{Direction, Ending, Event, EventKind, HookPoint, Journey, Ns, Route};
use lab::{RuleRef, TableName, Trip};
use netfilter::{Hook, Packet};

use crate::captions::{self, Caption};
use crate::chains::ChainView;
use crate::frames::{Frame, Header, Kind, Play, Station, Visit};
use crate::names::{Names, spoken};
use crate::probe::Extent;
use crate::scene;
use crate::text::socket;
use header::{header, machine_route};
use stays::Stop;

pub use pause::compose_pause;

/// Where chains are looked up.
pub trait Rulebook {
    /// A chain of a node, as it stands there.
    fn chain(&self, node: &str, table: TableName, name: &str) -> Option<ChainView>;
    /// Names and lengths of all chains of a node.
    fn tables(&self, node: &str) -> BTreeMap<TableName, Vec<(String, usize)>>;
}

/// Composes a play. `trip` has walked over `cluster`, whose rules `book` knows.
pub fn compose(cluster: &ClusterState, book: &dyn Rulebook, trip: &Trip, extent: Extent) -> Play {
    play(cluster, book, trip, |composer| {
        if let Some((name, addr)) = &trip.resolved {
            composer.lookup(name, &addr.to_string());
        }
        composer.walk(&trip.journey, extent);
        composer.ending(&trip.journey);
    })
}

/// The events that are told.
pub(crate) fn told(journey: &Journey, extent: Extent) -> impl Iterator<Item = &Event> {
    // What ends badly ends where it ends: only what goes well may be told shorter.
    let last = match (extent, &journey.ending) {
        (Extent::FirstAndReply, Ending::Reply { .. }) => 1,
        _ => usize::MAX,
    };
    journey.events.iter().filter(move |e| e.packet <= last)
}

/// What every play has, around the frames that `tell` makes.
fn play(
    cluster: &ClusterState,
    book: &dyn Rulebook,
    trip: &Trip,
    tell: impl FnOnce(&mut Composer<'_>),
) -> Play {
    let first = trip.journey.events.first().map(|e| &e.after.packet);
    let dport = first.and_then(|p| p.ports()).map(|p| p.1);
    let mut names = Names::of(cluster);
    if let Some(packet) = first {
        names.add_client(packet.src);
    }
    let mut composer = Composer {
        book,
        names: &names,
        bit: cluster.proxy.masquerade_bit,
        frames: Vec::new(),
        visits: Vec::new(),
        chains: Vec::new(),
        index: BTreeMap::new(),
        tables: BTreeMap::new(),
        traversal: 0,
        last_place: None,
        mark: 0,
        nat_pending: None,
    };
    tell(&mut composer);
    let Composer {
        frames,
        visits,
        mut chains,
        tables,
        ..
    } = composer;
    let tables = bounds::tables(tables, &chains);
    bounds::chains(&mut chains, &frames);
    bounds::names(&mut names, &frames, &chains);
    Play {
        scene: scene::scene(cluster, &trip.journey, trip.dst, dport),
        frames,
        visits,
        chains,
        tables,
        masquerade_bit: cluster.proxy.masquerade_bit,
        names,
        turns: Vec::new(),
        earlier: Vec::new(),
        listings: Vec::new(),
    }
}

type Place = (Ns, usize, Option<Hook>, Option<TableName>);

struct Composer<'a> {
    book: &'a dyn Rulebook,
    names: &'a Names,
    bit: u8,
    frames: Vec<Frame>,
    visits: Vec<Visit>,
    chains: Vec<ChainView>,
    index: BTreeMap<(String, TableName, String), usize>,
    tables: BTreeMap<String, BTreeMap<TableName, Vec<(String, usize)>>>,
    traversal: usize,
    last_place: Option<Place>,
    /// The mark before the event at hand.
    mark: u32,
    /// A rewriting that came before the rule that asked for it.
    nat_pending: Option<(RuleRef, Packet)>,
}

impl Composer<'_> {
    fn walk(&mut self, journey: &Journey, extent: Extent) {
        for event in told(journey, extent) {
            self.event(event);
            self.mark = match event.kind {
                EventKind::Moved { .. } => 0,
                _ => event.after.mark,
            };
        }
    }

    fn event(&mut self, event: &Event) {
        // Outside the nodes nobody has rules: what counts there is who sends and who receives.
        let quiet = !matches!(event.ns, Ns::Node(_));
        match &event.kind {
            EventKind::Sent { route } => {
                let header = header(&event.after);
                let caption = match route {
                    Route::None => captions::routed(&spoken(&event.ns), &header.dst, route),
                    _ => captions::sent(&event.ns, &header.transport, &header.src, &header.dst),
                };
                let kind = match route {
                    Route::None => Kind::NoRoute,
                    _ => Kind::Sent,
                };
                let mut frame = self.frame(event, kind, caption);
                frame.machine = machine_route(route);
                self.push(
                    frame,
                    Stop::Door(match event.ns {
                        Ns::Pod(_) => "pod".into(),
                        Ns::Node(_) => "process".into(),
                        _ => "client".into(),
                    }),
                );
            }
            EventKind::Hook { .. } | EventKind::Conntrack | EventKind::NotAsked { .. } if quiet => {
            }
            EventKind::Confirmed if quiet => {}
            EventKind::Hook {
                point: HookPoint::Enter,
            } => {
                let Some(hook) = event.hook else { return };
                let in_dev = event.after.in_dev.as_ref().map(|d| d.as_str());
                let out_dev = event.after.out_dev.as_ref().map(|d| d.as_str());
                let caption = captions::enter(&spoken(&event.ns), hook, in_dev, out_dev);
                if hook == Hook::Prerouting {
                    let label = match in_dev {
                        Some(dev) => format!("in {dev}"),
                        None => "in".into(),
                    };
                    self.open_visit(event);
                    self.station(&label, true);
                }
                let frame = self.frame(event, Kind::Enter, caption);
                self.push(frame, Stop::Hook(hook, None));
            }
            EventKind::Hook { .. } => {}
            EventKind::Conntrack => {
                let state = event.connection.as_ref().map(|c| c.ctstate);
                let caption = captions::conntrack(state, event.direction);
                let mut frame = self.frame(event, Kind::Conntrack, caption);
                frame.why = state.unwrap_or_default().to_owned();
                self.push_hook(frame, event, Some("conntrack".into()));
            }
            EventKind::Rule(step) => self.rule(event, step),
            EventKind::NotAsked { table, why } => {
                let caption =
                    Caption::new("The {} table is *not asked*: {}.", &[table.name(), why]);
                let mut frame = self.frame(event, Kind::NotAsked, caption);
                frame.table = Some(*table);
                frame.why = why.clone();
                self.push_hook(frame, event, Some(format!("{table}, not asked")));
            }
            EventKind::Nat { kind, rule, before } => self.nat(event, *kind, rule.as_ref(), before),
            EventKind::Routed(route) => {
                let dst = event.after.packet.dst.to_string();
                let caption = captions::routed(&spoken(&event.ns), &dst, route);
                let kind = match route {
                    Route::None => Kind::NoRoute,
                    _ => Kind::Routed,
                };
                let mut frame = self.frame(event, kind, caption);
                frame.machine = machine_route(route);
                let part = match route {
                    Route::Local => "for this node",
                    Route::Via { .. } if quiet => "out",
                    Route::Via { .. } => "not for this node",
                    Route::None => "no route",
                };
                frame.why = part.into();
                self.push(frame, Stop::Routing(part.into()));
            }
            EventKind::Confirmed => {
                let caption = Caption::new(
                    "conntrack on {} *writes the connection down*. Later packets find this entry.",
                    &[&spoken(&event.ns)],
                );
                let frame = self.frame(event, Kind::Confirmed, caption);
                self.push_hook(frame, event, Some("conntrack".into()));
            }
            EventKind::Moved {
                from,
                to,
                by,
                outer,
            } => {
                let tunnel = outer.map(|(a, b)| (a.to_string(), b.to_string()));
                let tunnel = tunnel.as_ref().map(|(a, b)| (a.as_str(), b.as_str()));
                let caption = captions::moved(from, to, by, self.mark, tunnel);
                let mut frame = self.frame(event, Kind::Moved, caption);
                frame.ns = Some(from.clone());
                frame.hook = None;
                frame.table = None;
                frame.to = Some(to.clone());
                self.push(frame, Stop::Door(format!("out {by}")));
            }
            EventKind::Wrapped { by, .. } => {
                let Packet { src, dst, .. } = &event.after.packet;
                let port = event.after.packet.ports().map_or(0, |(_, port)| port);
                let (src, dst) = (src.to_string(), dst.to_string());
                let caption = captions::wrapped(by.as_str(), &src, &dst, &port.to_string());
                let frame = self.frame(event, Kind::Tunnel, caption);
                self.push(frame, Stop::Door(format!("into {by}")));
            }
            EventKind::Unwrapped { by, .. } => {
                let Packet { src, dst, .. } = &event.after.packet;
                let (src, dst) = (src.to_string(), dst.to_string());
                let caption = captions::unwrapped(by.as_str(), &src, &dst);
                let frame = self.frame(event, Kind::Tunnel, caption);
                self.push(frame, Stop::Door(format!("out of {by}")));
            }
            EventKind::Delivered => {
                let src = socket(
                    event.after.packet.src,
                    event.after.packet.ports().map(|p| p.0),
                );
                let sender = self.names.describe(&src);
                let caption = captions::delivered(
                    &event.ns,
                    &src,
                    (!sender.is_empty()).then_some(sender.as_str()),
                    event.direction,
                );
                let frame = self.frame(event, Kind::Delivered, caption);
                self.push(frame, Stop::Door("delivered".into()));
            }
            EventKind::Gone { why } => {
                let caption = Caption::new(
                    "The packet is *gone* in {}: {}.",
                    &[&spoken(&event.ns), why],
                );
                let mut frame = self.frame(event, Kind::Gone, caption);
                frame.why = why.clone();
                self.push_hook(frame, event, None);
            }
            EventKind::Answered { what } => {
                let caption = Caption::new(
                    "*{}* answers by itself: {}.",
                    &[&captions::capital(&spoken(&event.ns)), what],
                );
                let mut frame = self.frame(event, Kind::Answered, caption);
                frame.why = what.clone();
                self.push_hook(frame, event, None);
            }
            EventKind::Unmodelled { what } => {
                let caption = Caption::new(
                    "The walk stops here: *{}* is not modelled, and Chainwalk does not guess.",
                    &[what],
                );
                let mut frame = self.frame(event, Kind::Unmodelled, caption);
                frame.why = what.clone();
                self.push_hook(frame, event, None);
            }
        }
    }

    fn lookup(&mut self, name: &str, addr: &str) {
        self.frames.push(Frame {
            caption: Caption::new(
                "{} is looked up first: it stands for *{}*. The lookup itself is not walked.",
                &[name, addr],
            ),
            why: "name to address".into(),
            machine: Some(format!("{name} {addr}")),
            ..blank(Kind::Lookup)
        });
        self.visits.push(Visit {
            ns: None,
            label: "name".into(),
            packet: 0,
            direction: Direction::Original,
            frames: (0, 0),
            stations: vec![Station {
                label: "name to address".into(),
                door: true,
                parts: Vec::new(),
                first: 0,
            }],
        });
    }

    fn ending(&mut self, journey: &Journey) {
        let kind = match &journey.ending {
            Ending::Reply { .. } => Kind::Ending,
            _ => Kind::Failed,
        };
        let mut frame = match self.frames.last() {
            Some(last) => Frame {
                kind,
                at: None,
                callers: Vec::new(),
                draw: None,
                before: None,
                mark_before: None,
                machine: None,
                hook: None,
                table: None,
                to: None,
                ..last.clone()
            },
            None => blank(kind),
        };
        frame.caption = captions::ending(&journey.ending);
        frame.why = "how it ends".into();
        if let Some(client) = journey.events.first().map(|e| e.ns.clone()) {
            frame.ns = Some(client);
        }
        let index = self.frames.len();
        frame.visit = self.visits.len();
        frame.station = 0;
        self.visits.push(Visit {
            ns: frame.ns.clone(),
            label: "the end".into(),
            packet: frame.packet,
            direction: frame.direction,
            frames: (index, index),
            stations: vec![Station {
                label: "the end".into(),
                door: true,
                parts: Vec::new(),
                first: index,
            }],
        });
        self.frames.push(frame);
    }

    /// The mark that asks for masquerading.
    fn asks(&self) -> u32 {
        1u32.checked_shl(self.bit.into()).unwrap_or(0)
    }

    /// The index of a chain's view, looked up once per node.
    fn chain(&mut self, node: &str, table: TableName, name: &str) -> usize {
        let key = (node.to_owned(), table, name.to_owned());
        if let Some(&at) = self.index.get(&key) {
            return at;
        }
        if !self.tables.contains_key(node) {
            self.tables.insert(node.to_owned(), self.book.tables(node));
        }
        let view = self.book.chain(node, table, name).unwrap_or(ChainView {
            table,
            name: name.to_owned(),
            policy: None,
            rules: Vec::new(),
            left_out: 0,
        });
        self.chains.push(view);
        self.index.insert(key, self.chains.len() - 1);
        self.chains.len() - 1
    }

    fn frame(&self, event: &Event, kind: Kind, caption: Caption) -> Frame {
        Frame {
            ns: Some(event.ns.clone()),
            hook: event.hook,
            table: event.table,
            packet: event.packet,
            direction: event.direction,
            header: header(&event.after),
            connection: event.connection.as_ref().map(Into::into),
            caption,
            ..blank(kind)
        }
    }
}

fn blank(kind: Kind) -> Frame {
    Frame {
        kind,
        ns: None,
        hook: None,
        table: None,
        packet: 0,
        direction: Direction::Original,
        visit: 0,
        station: 0,
        traversal: 0,
        header: Header::default(),
        before: None,
        mark_before: None,
        connection: None,
        callers: Vec::new(),
        at: None,
        why: String::new(),
        draw: None,
        to: None,
        caption: Caption::default(),
        machine: None,
    }
}
