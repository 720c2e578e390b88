//! The netfilter hooks: which tables and what conntrack does, in the kernel's order.
//!
//! Priorities (`enum nf_ip_hook_priorities`): raw -300, conntrack -200, mangle -150, nat for
//! destinations -100, filter 0, security 50, nat for sources 100, confirmation last.

use std::cell::Cell;
use std::net::IpAddr;

use netfilter::conntrack::{Direction, Tracked};
use netfilter::targets::RejectWith;
use netfilter::traverse::{CtState, Manip, Outcome};
use netfilter::{
    DevName, Family, Hook, Packet, Prepared, RuleRef, StepKind, Table, TableName, Verdict,
};

use super::env::HookEnv;
use super::{Flight, Keep, Walk};
use crate::journey::{EventKind, HookPoint, NatKind, Throw};
use crate::space::NsId;

/// What a hook says of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Accept,
    /// Gone, and why.
    Drop(String),
    /// Gone, and its sender shall be told.
    Reject(RejectWith, String),
    /// Stopped at something not modelled.
    Unmodelled(String),
}

/// The devices that a hook shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Devs {
    pub input: Option<DevName>,
    pub output: Option<DevName>,
    pub phys_in: Option<DevName>,
    pub phys_out: Option<DevName>,
    /// The next hop, where the packet is routed already.
    pub next_hop: Option<IpAddr>,
}

impl Walk<'_> {
    /// Shows the hook's devices on the packet.
    fn enter(&mut self, ns: NsId, hook: Hook, flight: &mut Flight, devs: &Devs) {
        flight.skb.in_dev.clone_from(&devs.input);
        flight.skb.out_dev.clone_from(&devs.output);
        flight.skb.phys_in.clone_from(&devs.phys_in);
        flight.skb.phys_out.clone_from(&devs.phys_out);
        self.point(ns, hook, HookPoint::Enter, flight);
    }

    fn point(&mut self, ns: NsId, hook: Hook, point: HookPoint, flight: &Flight) {
        if self.space(ns).is_node {
            self.note(ns, (Some(hook), None), flight, || EventKind::Hook { point });
        }
    }

    pub fn prerouting(&mut self, ns: NsId, flight: &mut Flight, devs: &Devs) -> Said {
        let hook = Hook::Prerouting;
        self.enter(ns, hook, flight, devs);
        let said = self
            .table(ns, hook, TableName::Raw, flight, devs)
            .and_then(|| self.conntrack(ns, hook, flight))
            .and_then(|| self.table(ns, hook, TableName::Mangle, flight, devs))
            .and_then(|| self.nat(ns, hook, Manip::Destination, flight, devs));
        if said == Said::Accept {
            self.point(ns, hook, HookPoint::AfterNat, flight);
        }
        said
    }

    pub fn input(&mut self, ns: NsId, flight: &mut Flight, devs: &Devs) -> Said {
        let hook = Hook::Input;
        self.enter(ns, hook, flight, devs);
        let said = self
            .table(ns, hook, TableName::Mangle, flight, devs)
            .and_then(|| self.table(ns, hook, TableName::Filter, flight, devs))
            .and_then(|| self.table(ns, hook, TableName::Security, flight, devs))
            .and_then(|| self.nat(ns, hook, Manip::Source, flight, devs));
        if said != Said::Accept {
            return said;
        }
        self.point(ns, hook, HookPoint::Leave, flight);
        self.confirm(ns, hook, flight)
    }

    pub fn forward(&mut self, ns: NsId, flight: &mut Flight, devs: &Devs) -> Said {
        let hook = Hook::Forward;
        self.enter(ns, hook, flight, devs);
        let said = self
            .table(ns, hook, TableName::Mangle, flight, devs)
            .and_then(|| self.table(ns, hook, TableName::Filter, flight, devs))
            .and_then(|| self.table(ns, hook, TableName::Security, flight, devs));
        if said == Said::Accept {
            self.point(ns, hook, HookPoint::Leave, flight);
        }
        said
    }

    /// The first half of OUTPUT, up to nat, after which the packet may be routed anew.
    pub fn output_to_nat(&mut self, ns: NsId, flight: &mut Flight, devs: &Devs) -> Said {
        let hook = Hook::Output;
        self.enter(ns, hook, flight, devs);
        self.table(ns, hook, TableName::Raw, flight, devs)
            .and_then(|| self.conntrack(ns, hook, flight))
            .and_then(|| self.table(ns, hook, TableName::Mangle, flight, devs))
            .and_then(|| self.nat(ns, hook, Manip::Destination, flight, devs))
    }

    /// The rest of OUTPUT. The hook still shows the device from before the routing anew.
    pub fn output_from_nat(&mut self, ns: NsId, flight: &mut Flight, devs: &Devs) -> Said {
        let hook = Hook::Output;
        self.point(ns, hook, HookPoint::AfterNat, flight);
        let said = self
            .table(ns, hook, TableName::Filter, flight, devs)
            .and_then(|| self.table(ns, hook, TableName::Security, flight, devs));
        if said == Said::Accept {
            self.point(ns, hook, HookPoint::Leave, flight);
        }
        said
    }

    pub fn postrouting(&mut self, ns: NsId, flight: &mut Flight, devs: &Devs) -> Said {
        let hook = Hook::Postrouting;
        self.enter(ns, hook, flight, devs);
        let said = self
            .table(ns, hook, TableName::Mangle, flight, devs)
            .and_then(|| self.nat(ns, hook, Manip::Source, flight, devs));
        if said != Said::Accept {
            return said;
        }
        self.point(ns, hook, HookPoint::Leave, flight);
        self.confirm(ns, hook, flight)
    }

    /// Whether rules in this namespace have made the kernel track connections of the packet's family.
    fn tracks(&self, ns: NsId, packet: &Packet) -> bool {
        self.space(ns)
            .rules
            .get(&Family::of(packet.src))
            .is_some_and(Prepared::tracks_connections)
    }

    fn conntrack(&mut self, ns: NsId, hook: Hook, flight: &mut Flight) -> Said {
        // A packet that has been through `lo`, or that the kernel made about another, has its
        // connection already (`nf_conntrack_in`: "previously seen").
        if flight.tracked.is_none() && self.tracks(ns, &flight.skb.packet) {
            let settings = &self.space(ns).sysctls.conntrack;
            let now = self.memory.now();
            let tracked = self
                .remembered(ns)
                .conntrack
                .enter(&flight.skb.packet, now, settings);
            flight.tracked = Some(tracked);
            self.touch(ns);
            if flight.index == 0
                && let Tracked::Entry { id, .. } = tracked
            {
                // A first packet that finds its connection there already goes by that.
                let memory = self.remembered(ns);
                memory.consulted |= memory.conntrack.get(id).status.confirmed;
            }
            self.note(ns, (Some(hook), None), flight, || EventKind::Conntrack);
        }
        self.point(ns, hook, HookPoint::AfterConntrack, flight);
        Said::Accept
    }

    fn confirm(&mut self, ns: NsId, hook: Hook, flight: &mut Flight) -> Said {
        let Some(Tracked::Entry { id, direction, .. }) = flight.tracked else {
            return Said::Accept;
        };
        let now = self.memory.now();
        let table = &mut self.remembered(ns).conntrack;
        let before = table.get(id).status.confirmed;
        if table.confirm(id, direction, now) == Verdict::Drop {
            return Said::Drop(
                "conntrack: another connection has these addresses and ports".into(),
            );
        }
        let confirmed = table.get(id).status.confirmed;
        if confirmed && !before {
            let entry = self.remembered(ns).conntrack.get(id);
            let tuples = [entry.original, entry.reply];
            self.asked.entered.push((ns, tuples));
            self.note(ns, (Some(hook), None), flight, || EventKind::Confirmed);
        }
        Said::Accept
    }

    /// One table at this hook, where the namespace has it.
    fn table(
        &mut self,
        ns: NsId,
        hook: Hook,
        name: TableName,
        flight: &mut Flight,
        devs: &Devs,
    ) -> Said {
        self.traverse(ns, hook, name, flight, devs).0
    }

    /// The same, with the last rule that was tried.
    fn traverse(
        &mut self,
        ns: NsId,
        hook: Hook,
        name: TableName,
        flight: &mut Flight,
        devs: &Devs,
    ) -> (Said, Option<RuleRef>) {
        let space = self.space(ns);
        let family = Family::of(flight.skb.packet.src);
        let Some(rules) = space.rules.get(&family) else {
            return (Said::Accept, None);
        };
        let Some(table) = rules.ruleset().tables.get(&name) else {
            return (Said::Accept, None);
        };
        let before = flight.skb.packet.clone();
        let now = self.memory.now();
        let mut env = HookEnv {
            fabric: self.fabric,
            id: ns,
            space,
            family,
            memory: self.memory.space(&space.ns),
            dice: self.dice,
            asked: &mut self.asked,
            tracked: &mut flight.tracked,
            tunnel: flight.inner.is_some(),
            now,
            next_hop: devs.next_hop,
            out_dev: devs.output.clone(),
            asked_address: Cell::new(false),
        };
        let skb = &mut flight.skb;
        let traversal = match self.keep {
            Keep::Events => rules.traverse(name, hook, skb, &mut env),
            Keep::Nothing => rules.traverse_brief(name, hook, skb, &mut env),
        };
        let counters = env.memory.counters.entry(family).or_default();
        for step in &traversal.steps {
            if !matches!(
                step.kind,
                StepKind::Passed { .. } | StepKind::End | StepKind::Unmodelled(_)
            ) {
                *counters.entry(step.rule.clone()).or_insert(0) += 1;
            }
        }
        let last = traversal.steps.last().map(|step| step.rule.clone());
        let after = std::mem::replace(&mut flight.skb.packet, before);
        let mark = flight.skb.mark;
        for step in traversal.steps {
            flight.skb.mark = step.mark;
            if let Some(draw) = step.draw {
                self.throws.push(Throw {
                    ns: space.ns.clone(),
                    rule: step.rule.clone(),
                    draw,
                });
            }
            if self.keep == Keep::Events && !matches!(step.kind, StepKind::Passed { .. }) {
                self.remember_target(ns, table, &step.rule);
            }
            self.note(ns, (Some(hook), Some(name)), flight, || {
                EventKind::Rule(step)
            });
        }
        flight.skb.packet = after;
        flight.skb.mark = mark;
        let by = || match &last {
            Some(rule) => format!("dropped by {rule}"),
            None => "dropped".to_owned(),
        };
        let said = match traversal.outcome {
            Outcome::Accept => Said::Accept,
            Outcome::Drop => Said::Drop(by()),
            Outcome::Reject(with) => Said::Reject(with, by().replacen("dropped", "rejected", 1)),
            Outcome::Unmodelled(what) => Said::Unmodelled(what),
        };
        (said, last)
    }

    /// Notes what a rule does, so that the journey can be told without the rules.
    fn remember_target(&mut self, ns: NsId, table: &Table, at: &RuleRef) {
        let target = table
            .chain(&at.chain)
            .and_then(|chain| chain.rules.get(at.number.wrapping_sub(1)))
            .and_then(|rule| rule.target.as_ref());
        if let Some(target) = target {
            let text = target.to_string();
            let text = text.split_once(' ').map_or("", |(_, rest)| rest).to_owned();
            self.targets
                .insert((self.space(ns).ns.clone(), at.clone()), text);
        }
    }

    /// The nat hook: for a connection's first packet the table is asked, for all the connection's
    /// tuples say what to rewrite (`nf_nat_inet_fn`, `nf_nat_ipv4_fn`).
    fn nat(
        &mut self,
        ns: NsId,
        hook: Hook,
        manip: Manip,
        flight: &mut Flight,
        devs: &Devs,
    ) -> Said {
        let space = self.space(ns);
        let family = Family::of(flight.skb.packet.src);
        let has_table = space
            .rules
            .get(&family)
            .is_some_and(|rules| rules.ruleset().tables.contains_key(&TableName::Nat));
        if !has_table {
            return Said::Accept;
        }
        let Some(
            tracked @ Tracked::Entry {
                id,
                state,
                direction,
            },
        ) = flight.tracked
        else {
            let why = match flight.tracked {
                None => "no rule here needs conntrack, without which there is no nat",
                Some(Tracked::Untracked) => "the packet is not tracked",
                _ => "the packet is INVALID",
            };
            self.not_asked(ns, hook, flight, why);
            return Said::Accept;
        };
        let before = flight.skb.packet.clone();
        let mut rule = None;
        if super::is_icmp_error(&before) && state == CtState::Related {
            self.not_asked(ns, hook, flight, "an ICMP error follows its connection");
        } else if matches!(state, CtState::New | CtState::Related)
            && !self.remembered(ns).conntrack.nat_settled(id, manip)
        {
            let before = (flight.skb.mark, self.asked.done.len());
            let (said, last) = self.traverse(ns, hook, TableName::Nat, flight, devs);
            // Two connections whose tunnels have the same ports share an entry, and of the second
            // the table is not asked.
            self.asked.unsure |=
                flight.inner.is_some() && before != (flight.skb.mark, self.asked.done.len());
            if said != Said::Accept {
                return said;
            }
            let now = self.memory.now();
            let memory = self.memory.space(&space.ns);
            let table = &mut memory.conntrack;
            if table.nat_settled(id, manip) {
                rule = last;
            } else {
                let dice = &mut *self.dice;
                table.nat_null_binding(id, manip, now, &mut || dice.port());
            }
        } else {
            let why = match state {
                CtState::New => "already settled for this connection",
                _ => "not the first packet of its connection",
            };
            self.not_asked(ns, hook, flight, why);
            if self.masqueraded_elsewhere(ns, hook, flight, devs) {
                return Said::Drop(
                    "conntrack: the masqueraded connection now leaves by another device".into(),
                );
            }
        }
        self.remembered(ns)
            .conntrack
            .translate(tracked, manip, &mut flight.skb.packet);
        if flight.skb.packet != before {
            let first = rule.is_some();
            let kind = match (manip, direction) {
                (Manip::Destination, Direction::Original) if first => NatKind::Dnat,
                (Manip::Source, Direction::Original) if first => NatKind::Snat,
                (Manip::Destination, Direction::Original) => NatKind::DnatAgain,
                (Manip::Source, Direction::Original) => NatKind::SnatAgain,
                (Manip::Destination, Direction::Reply) => NatKind::UndoSnat,
                (Manip::Source, Direction::Reply) => NatKind::UndoDnat,
            };
            self.note(ns, (Some(hook), Some(TableName::Nat)), flight, || {
                EventKind::Nat { kind, rule, before }
            });
        }
        Said::Accept
    }

    fn not_asked(&mut self, ns: NsId, hook: Hook, flight: &Flight, why: &str) {
        self.note(ns, (Some(hook), Some(TableName::Nat)), flight, || {
            EventKind::NotAsked {
                table: TableName::Nat,
                why: why.to_owned(),
            }
        });
    }

    /// `nf_nat_oif_changed`: a masqueraded connection whose route has moved is forgotten.
    fn masqueraded_elsewhere(
        &mut self,
        ns: NsId,
        hook: Hook,
        flight: &Flight,
        devs: &Devs,
    ) -> bool {
        let Some(Tracked::Entry { id, direction, .. }) = flight.tracked else {
            return false;
        };
        if hook != Hook::Postrouting || direction == Direction::Reply {
            return false;
        }
        let table = &mut self.remembered(ns).conntrack;
        let moved = table
            .get(id)
            .masquerade_dev
            .as_ref()
            .is_some_and(|dev| devs.output.as_ref() != Some(dev));
        if moved {
            table.kill(id);
        }
        moved
    }
}

impl Said {
    fn and_then(self, next: impl FnOnce() -> Said) -> Said {
        match self {
            Said::Accept => next(),
            other => other,
        }
    }
}
