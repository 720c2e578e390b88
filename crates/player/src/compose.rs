//! From a trip to a [`Play`]: events become frames, stays become visits.

use std::collections::BTreeMap;

use cluster::ClusterState;
use fabric::{Direction, Ending, Event, EventKind, HookPoint, Journey, NatKind, Ns, Route};
use lab::{RuleRef, TableName, Trip};
use netfilter::{Hook, IcmpMessage, L4, Packet, SctpChunk, Skb, Step, StepKind, Verdict};

use crate::captions::{self, Caption};
use crate::chains::{Act, ChainView};
use crate::frames::{At, Frame, Header, Kind, Play, Station, Visit};
use crate::names::{Names, short, spoken};
use crate::probe::Extent;
use crate::scene;
use crate::text::{draw_and_threshold, mark as mark_word, socket};

/// Where chains are looked up.
pub trait Rulebook {
    /// A chain of a node, as it stands there.
    fn chain(&self, node: &str, table: TableName, name: &str) -> Option<ChainView>;
    /// Names and lengths of all chains of a node.
    fn tables(&self, node: &str) -> BTreeMap<TableName, Vec<(String, usize)>>;
}

/// Composes a play. `trip` has walked over `cluster`, whose rules `book` knows.
pub fn compose(cluster: &ClusterState, book: &dyn Rulebook, trip: &Trip, extent: Extent) -> Play {
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
    if let Some((name, addr)) = &trip.resolved {
        composer.lookup(name, &addr.to_string());
    }
    composer.walk(&trip.journey, extent);
    composer.ending(&trip.journey);
    let Composer {
        frames,
        visits,
        chains,
        tables,
        ..
    } = composer;
    Play {
        scene: scene::scene(cluster, &trip.journey, trip.dst, dport),
        frames,
        visits,
        chains,
        tables,
        masquerade_bit: cluster.proxy.masquerade_bit,
        names,
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
        // What ends badly ends where it ends: only what goes well may be told shorter.
        let last = match (extent, &journey.ending) {
            (Extent::FirstAndReply, Ending::Reply { .. }) => 1,
            _ => usize::MAX,
        };
        for event in journey.events.iter().filter(|e| e.packet <= last) {
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
                let marked = self.mark != 0;
                let caption = captions::moved(from, to, by, marked, tunnel);
                let mut frame = self.frame(event, Kind::Moved, caption);
                frame.ns = Some(from.clone());
                frame.hook = None;
                frame.table = None;
                frame.to = Some(to.clone());
                self.push(frame, Stop::Door(format!("out {by}")));
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

    fn rule(&mut self, event: &Event, step: &Step) {
        let node = short(&event.ns);
        let chain = step.rule.chain.as_str().to_owned();
        let here = self.chain(&node, step.rule.table, &chain);
        let number = step.rule.number;
        let view = self.chains[here].rule(number).cloned();
        let is_base = self.chains[here].policy.is_some();
        let act = view.as_ref().map(|r| r.act.clone()).unwrap_or(Act::Nothing);
        let (drawn, threshold) = step
            .draw
            .map(|d| draw_and_threshold(d.drawn, d.threshold.0))
            .unwrap_or_default();
        let whom = view.as_ref().and_then(|r| r.leads_to.clone());
        let name = whom
            .as_deref()
            .and_then(|s| self.names.of_socket(s).or(Some(s)))
            .map(str::to_owned);
        let whom = name.as_deref().zip(whom.as_deref());
        let (kind, caption, why) = match &step.kind {
            StepKind::Passed { .. } if step.draw.is_some_and(|d| !d.hit) => (
                Kind::Miss,
                captions::miss(number, &drawn, &threshold),
                format!("miss: drew {drawn}"),
            ),
            StepKind::Passed { why } => {
                (Kind::Pass, captions::pass(number, &chain, why), why.clone())
            }
            StepKind::Jump(_) | StepKind::Goto(_) if step.draw.is_some() => (
                Kind::Hit,
                captions::hit(number, &drawn, &threshold, whom),
                format!("hit: drew {drawn}"),
            ),
            StepKind::Jump(to) | StepKind::Goto(to) => {
                let last_of_draws = self.chains[here]
                    .rules
                    .iter()
                    .any(|r| r.probability.is_some());
                let caption = match whom {
                    Some((name, socket)) if last_of_draws => {
                        captions::jump_to_endpoint(number, name, socket)
                    }
                    _ => captions::jump(number, to.as_str()),
                };
                (Kind::Jump, caption, "matches, jumps".into())
            }
            StepKind::Continue if step.mark != self.mark || act == Act::Mark => {
                let why = match step.mark == self.mark {
                    true => "mark stays as it is",
                    false if step.mark & !self.mark != 0 => "sets the mark",
                    false => "clears the mark",
                };
                (
                    Kind::Mark,
                    captions::mark(self.mark, step.mark, self.bit),
                    why.into(),
                )
            }
            StepKind::Continue => (
                Kind::Continue,
                Caption::new(
                    "Rule {} of {} matches and the next rule is *tried all the same*.",
                    &[&number.to_string(), &chain],
                ),
                "matches, goes on".into(),
            ),
            StepKind::Return => (
                Kind::Return,
                match chain == "KUBE-POSTROUTING" && step.mark & self.asks() == 0 {
                    true => captions::not_marked(&mark_word(self.asks()), &chain),
                    false => captions::returned(number, &chain, is_base),
                },
                "matches, returns".into(),
            ),
            StepKind::Accept => {
                let table = step.rule.table.name();
                match act {
                    Act::Dnat => (
                        Kind::Dnat,
                        captions::accept(number, &chain, table),
                        "rewrites destination".into(),
                    ),
                    Act::Snat => (
                        Kind::Snat,
                        captions::accept(number, &chain, table),
                        "rewrites source".into(),
                    ),
                    _ => (
                        Kind::Accept,
                        captions::accept(number, &chain, table),
                        "matches, accepts".into(),
                    ),
                }
            }
            StepKind::Drop => (
                Kind::Drop,
                captions::dropped(number, &chain),
                "matches, drops".into(),
            ),
            StepKind::Reject(with) => (
                Kind::Reject,
                captions::rejected(number, &chain, with),
                "matches, rejects".into(),
            ),
            StepKind::End => (
                Kind::End,
                captions::end(&chain, self.chains[here].rules.is_empty()),
                "back to the caller".into(),
            ),
            StepKind::Policy(verdict) => {
                let accepts = *verdict == Verdict::Accept;
                (
                    match accepts {
                        true => Kind::Policy,
                        false => Kind::Drop,
                    },
                    captions::policy(&chain, accepts),
                    match accepts {
                        true => "policy ACCEPT".into(),
                        false => "policy DROP".into(),
                    },
                )
            }
            StepKind::Unmodelled(what) => (
                Kind::Unmodelled,
                Caption::new(
                    "Rule {} of {} needs *{}*, which is not modelled.",
                    &[&number.to_string(), &chain, what],
                ),
                "not modelled".into(),
            ),
        };
        let mut frame = self.frame(event, kind, caption);
        // The entry changes with the rewriting, not with the rules that lead to it.
        frame.connection = self
            .frames
            .last()
            .filter(|last| last.packet == event.packet && last.ns.as_ref() == Some(&event.ns))
            .map_or(event.connection.clone(), |last| last.connection.clone());
        frame.table = Some(step.rule.table);
        frame.why = why;
        frame.draw = step.draw;
        if step.mark != self.mark {
            frame.mark_before = Some(self.mark);
        }
        frame.header.mark = step.mark;
        frame.at = Some(At {
            chain: here,
            number,
        });
        let mut callers = Vec::new();
        for caller in step.callers.iter() {
            callers.push(At {
                chain: self.chain(&node, caller.table, caller.chain.as_str()),
                number: caller.number,
            });
        }
        frame.callers = callers;
        if let Some((rule, before)) = self.nat_pending.take()
            && rule == step.rule
        {
            frame.connection.clone_from(&event.connection);
            rewrite(&mut frame, &before, self.names);
        }
        self.push_hook(frame, event, Some(step.rule.table.name().into()));
        self.mark = step.mark;
    }

    fn nat(&mut self, event: &Event, kind: NatKind, rule: Option<&RuleRef>, before: &Packet) {
        // A rule and its rewriting are one moment, whichever of the two is told first.
        if let Some(rule) = rule {
            let names = self.names;
            if let Some(last) = self.frames.last_mut()
                && last.packet == event.packet
                && last.ns.as_ref() == Some(&event.ns)
                && matches!(last.kind, Kind::Dnat | Kind::Snat)
                && last.before.is_none()
                && last.at.is_some_and(|at| {
                    self.chains[at.chain].name == rule.chain.as_str() && at.number == rule.number
                })
            {
                last.header = header(&event.after);
                last.connection.clone_from(&event.connection);
                rewrite(last, before, names);
                return;
            }
            self.nat_pending = Some((rule.clone(), before.clone()));
            return;
        }
        let (kind, why) = match kind {
            NatKind::Dnat => (Kind::Dnat, "rewrites destination"),
            NatKind::Snat => (Kind::Snat, "rewrites source"),
            NatKind::DnatAgain => (Kind::Again, "destination, as before"),
            NatKind::SnatAgain => (Kind::Again, "source, as before"),
            NatKind::UndoDnat => (Kind::UndoDnat, "puts the source back"),
            NatKind::UndoSnat => (Kind::UndoSnat, "puts the destination back"),
        };
        let mut frame = self.frame(event, kind, Caption::default());
        frame.why = why.into();
        frame.table = None;
        rewrite(&mut frame, before, self.names);
        self.push_hook(frame, event, Some("conntrack".into()));
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
            connection: event.connection.clone(),
            caption,
            ..blank(kind)
        }
    }

    fn open_visit(&mut self, event: &Event) {
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

    fn station(&mut self, label: &str, door: bool) {
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

    fn push_hook(&mut self, frame: Frame, event: &Event, part: Option<String>) {
        match event.hook {
            Some(hook) => self.push(frame, Stop::Hook(hook, part)),
            None => self.push(frame, Stop::Here(part)),
        }
    }

    fn push(&mut self, mut frame: Frame, stop: Stop) {
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

/// Where on the rail a frame belongs.
enum Stop {
    Hook(Hook, Option<String>),
    Routing(String),
    Door(String),
    Here(Option<String>),
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

/// Notes what was rewritten, and says so.
fn rewrite(frame: &mut Frame, before: &Packet, names: &Names) {
    let was = ends(before);
    let now = (frame.header.src.clone(), frame.header.dst.clone());
    frame.caption = rewritten(frame.kind, &was, &now, names);
    frame.before = Some(was);
}

fn rewritten(kind: Kind, was: &(String, String), now: &(String, String), names: &Names) -> Caption {
    match kind {
        Kind::Dnat if was.1 == now.1 => Caption::new(
            "The destination is rewritten to {}, which *it already was*.",
            &[&now.1],
        ),
        Kind::Dnat => Caption::new(
            "The destination {} disappears. It becomes *{}*: {}.",
            &[&was.1, &now.1, &described(names, &now.1)],
        ),
        Kind::Snat if was.0 == now.0 => Caption::new(
            "The source is rewritten to {}, which *it already was*: only conntrack notes it.",
            &[&now.0],
        ),
        Kind::Snat => Caption::new(
            "The source {} disappears. It becomes *{}*: {}.",
            &[&was.0, &now.0, &described(names, &now.0)],
        ),
        Kind::Again if was.1 != now.1 => Caption::new(
            "No rule is asked: conntrack rewrites the destination to *{}*, as for the first packet.",
            &[&now.1],
        ),
        Kind::Again => Caption::new(
            "No rule is asked: conntrack rewrites the source to *{}*, as for the first packet.",
            &[&now.0],
        ),
        Kind::UndoDnat => Caption::new(
            "The reply now seems to come from *{}*, the address that was asked. No rule did this: conntrack remembered.",
            &[&now.0],
        ),
        Kind::UndoSnat => Caption::new(
            "conntrack puts the client's own address *{}* back as the destination. No rule did this.",
            &[&now.1],
        ),
        _ => Caption::default(),
    }
}

fn described(names: &Names, socket: &str) -> String {
    match names.describe(socket) {
        what if what.is_empty() => "an address nobody here has".into(),
        what => what,
    }
}

fn ends(packet: &Packet) -> (String, String) {
    let ports = packet.ports();
    (
        socket(packet.src, ports.map(|p| p.0)),
        socket(packet.dst, ports.map(|p| p.1)),
    )
}

fn header(skb: &Skb) -> Header {
    let (src, dst) = ends(&skb.packet);
    Header {
        src,
        dst,
        transport: transport(&skb.packet),
        mark: skb.mark,
        in_dev: skb.in_dev.as_ref().map(ToString::to_string),
        out_dev: skb.out_dev.as_ref().map(ToString::to_string),
        ttl: skb.packet.ttl,
    }
}

fn transport(packet: &Packet) -> String {
    match &packet.l4 {
        L4::Tcp { flags, .. } => {
            let words: Vec<&str> = flags
                .to_string()
                .chars()
                .map(|c| match c {
                    'S' => "SYN",
                    'F' => "FIN",
                    'R' => "RST",
                    'P' => "PSH",
                    _ => "ACK",
                })
                .collect();
            format!("TCP {}", words.join(", ")).trim_end().to_owned()
        }
        L4::Udp { .. } => "UDP".into(),
        L4::Sctp { chunk, .. } => match chunk {
            SctpChunk::Init => "SCTP INIT".into(),
            SctpChunk::InitAck => "SCTP INIT ACK".into(),
            SctpChunk::CookieEcho => "SCTP COOKIE ECHO".into(),
            SctpChunk::CookieAck => "SCTP COOKIE ACK".into(),
            SctpChunk::Data => "SCTP DATA".into(),
            SctpChunk::Abort => "SCTP ABORT".into(),
        },
        L4::Icmp(IcmpMessage::EchoRequest { .. }) => "ICMP echo request".into(),
        L4::Icmp(IcmpMessage::EchoReply { .. }) => "ICMP echo reply".into(),
        L4::Icmp(IcmpMessage::Unreachable { .. }) => "ICMP unreachable".into(),
        L4::Icmp(IcmpMessage::TimeExceeded { .. }) => "ICMP time exceeded".into(),
        L4::Other { protocol } => format!("IP protocol {protocol}"),
    }
}

fn machine_route(route: &Route) -> Option<String> {
    match route {
        Route::Local => Some("local".into()),
        Route::Via {
            dev,
            gateway: Some(gateway),
            matched,
        } => Some(format!("{matched} via {gateway} dev {dev}")),
        Route::Via { dev, matched, .. } => Some(format!("{matched} dev {dev}")),
        Route::None => None,
    }
}
