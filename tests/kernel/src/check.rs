//! One case: built of real namespaces and of the simulator's, asked the same, compared.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use fabric::{
    Dice, Ending, Fabric, Forced, Journey, Memory, Ns, Probe, Sender, Topology, exchange,
};
use lab::wiring::{self, Extra};
use lab::{Ask, Dialect, IpFamily, Lab, Options, Ruleset, Severity, Source};
use netfilter::conntrack::Timeouts;
use netfilter::{Family, Protocol};
use recording::Ports;

use crate::fault;
use crate::generate::{Case, Question};
use crate::named;
use crate::network::{Built, families};
use crate::spaces::{Done, Home};
use crate::talk::{Attempt, Call, Heard, Servers};
use crate::trace::{Passage, Tracer, first_of_each};
use crate::words::{block, drawn, entry, head, label, outcome, plain_ports, without_braces};

/// How a client's attempt is told on either side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// The end and what belongs to it: outcome, who answered, source seen, its port, signal's source.
    pub end: BTreeMap<&'static str, String>,
    /// For each node its packets, one block of lines each.
    pub packets: BTreeMap<String, Vec<Vec<String>>>,
    /// For each node its conntrack entries, sorted.
    pub conntrack: BTreeMap<String, Vec<String>>,
}

/// One question, answered by both.
pub struct Answer {
    /// What the kernel did.
    pub kernel: Told,
    /// What the simulator did.
    pub ours: Told,
    /// Whether a connection was left half open. TCP then goes on by itself, a second later and in
    /// the middle of whatever is asked next, so nothing more is asked.
    pub hangs: bool,
    /// In which family it was asked.
    pub family: Family,
    /// Every rule that the kernel matched: node, table, chain, number.
    pub matched: Vec<(String, String, String, usize)>,
}

/// A case, answered.
pub struct Answers {
    /// Answers, as far as one came.
    pub answers: Vec<Answer>,
    /// The rules as loaded, by node.
    pub rules: BTreeMap<(String, Family), Ruleset>,
    /// In how many chains a fault was planted.
    pub planted: usize,
}

/// Builds a case and asks all its questions, until the first disagreement.
pub fn run(home: &Home, case: &Case, broken: Option<&str>) -> Done<Answers> {
    let source = Source {
        name: "case.yaml".to_owned(),
        text: case.yaml.as_str().into(),
    };
    let (dialect, _) = Dialect::parse(case.kube_proxy).ok_or("there is no such kube-proxy")?;
    let options = Options {
        dialect,
        ..Options::default()
    };
    let lab = Lab::load(&[source], options);
    let faults: Vec<&str> = lab
        .diagnostics()
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| d.message.as_str())
        .collect();
    if !faults.is_empty() {
        return Err(format!(
            "the generated cluster is refused: {}",
            faults.join(" ")
        ));
    }
    let mut bench = Bench::new(home, &lab, broken)?;
    let mut answers = Vec::new();
    for question in &case.questions {
        let answer = bench.ask(question)?;
        let over = answer.hangs || answer.kernel != answer.ours;
        answers.push(answer);
        if over {
            break;
        }
    }
    Ok(Answers {
        answers,
        rules: bench.rules,
        planted: bench.planted,
    })
}

/// The same cluster twice.
struct Bench<'a> {
    home: &'a Home,
    lab: &'a Lab,
    topology: Topology,
    built: Built,
    servers: Servers,
    tracers: BTreeMap<String, Tracer>,
    rules: BTreeMap<(String, Family), Ruleset>,
    /// The simulator's copy of the rules, with a fault where one was asked for.
    copy: BTreeMap<(String, Family), Ruleset>,
    planted: usize,
    memory: Memory,
    plain: BTreeSet<u16>,
    /// How many questions there were.
    asked: u64,
    /// Ports that clients had so far: the kernel's clients, ours.
    clients: (BTreeSet<u16>, BTreeSet<u16>),
}

impl<'a> Bench<'a> {
    fn new(home: &'a Home, lab: &'a Lab, broken: Option<&str>) -> Done<Bench<'a>> {
        let topology = wiring::topology(lab.cluster(), lab.options(), &Extra::default());
        let built = Built::new(home, &topology)?;
        let mut rules = BTreeMap::new();
        let mut copy = BTreeMap::new();
        let mut tracers = BTreeMap::new();
        let mut planted = 0;
        let families = families(&topology);
        for node in &topology.nodes {
            let space = built.space(&Ns::Node(node.name.clone()))?;
            named::sets(home, space, &topology.sets)?;
            for &family in &families {
                let (of, tool) = match family {
                    Family::Ipv4 => (IpFamily::Ipv4, "iptables-nft-restore"),
                    Family::Ipv6 => (IpFamily::Ipv6, "ip6tables-nft-restore"),
                };
                let ruleset = lab.rules(&node.name, of).ruleset.clone();
                named::counters(home, space, &ruleset)?;
                home.run(space, &[tool], &ruleset.to_string())?;
                let mut ours = ruleset.clone();
                if let Some(chain) = broken {
                    planted += fault::plant(&mut ours, chain);
                }
                copy.insert((node.name.clone(), family), ours);
                rules.insert((node.name.clone(), family), ruleset);
            }
            tracers.insert(node.name.clone(), Tracer::new(home, space, &families)?);
        }
        let servers = Servers::new(home, &topology, &built)?;
        let plain = plain_ports(lab, &topology);
        Ok(Bench {
            home,
            lab,
            topology,
            built,
            servers,
            tracers,
            rules,
            copy,
            planted,
            memory: Memory::default(),
            plain,
            asked: 0,
            clients: Default::default(),
        })
    }

    fn ask(&mut self, question: &Question) -> Done<Answer> {
        let ask = Ask::parse(&question.from, &question.to, question.via.as_deref())
            .map_err(|error| error.to_string())?;
        let wired = wiring::wire(self.lab.cluster(), &ask).map_err(|error| error.to_string())?;
        let mut probe = Probe {
            sport: question.sport,
            ..wired.probe
        };
        let outside = Ns::External(wiring::OUTSIDE.to_owned());
        if let Some(node) = &question.via
            && probe.dst.is_loopback()
            && probe.from == Sender::Process(outside)
        {
            let host = self
                .topology
                .external
                .iter()
                .find(|host| host.name == wiring::OUTSIDE);
            let src = host.and_then(|host| same_family(&host.ips, probe.dst));
            probe.from = Sender::Wire {
                node: node.clone(),
                src: src.ok_or("the host outside has no address")?,
            };
        }
        let nodes: Vec<Ns> = self
            .topology
            .nodes
            .iter()
            .map(|node| Ns::Node(node.name.clone()))
            .collect();
        if !question.remembers {
            for node in &nodes {
                self.memory.flush_conntrack(node);
                let space = self.built.space(node)?;
                for family in ["ipv4", "ipv6"] {
                    self.home
                        .run(space, &["conntrack", "-F", "-f", family], "")?;
                }
            }
        }
        let (attempt, passages) = self.kernel(&probe, &wired.extra)?;
        let kernel = self.kernel_told(&probe, &attempt, &passages, &nodes)?;
        self.forget_way(&wired.extra)?;
        let topology = wiring::topology(self.lab.cluster(), self.lab.options(), &wired.extra);
        let fabric = Fabric::new(&topology, self.copy.clone());
        let journey = self.ours(&fabric, &probe, &passages);
        let ours = self.ours_told(&journey, &probe, &nodes);
        self.memory.wait(match journey.ending {
            Ending::Timeout => 400,
            _ => 20,
        });
        let accepted = passages
            .values()
            .flatten()
            .flat_map(|passage| &passage.seen)
            .map(|(_, wire)| wire)
            .chain(&attempt.wire)
            .any(|wire| wire.kind == "tcp[SA]");
        let matched = passages.iter().flat_map(|(node, passages)| {
            passages
                .iter()
                .flat_map(|passage| &passage.matched)
                .map(|(table, chain, number)| (node.clone(), table.clone(), chain.clone(), *number))
        });
        Ok(Answer {
            family: Family::of(probe.dst),
            hangs: attempt.heard == Heard::Timeout && probe.protocol == Protocol::Tcp && accepted,
            matched: matched.collect(),
            kernel,
            ours,
        })
    }

    /// Sends it for real.
    fn kernel(
        &mut self,
        probe: &Probe,
        extra: &Extra,
    ) -> Done<(Attempt, BTreeMap<String, Vec<Passage>>)> {
        let outside = Ns::External(wiring::OUTSIDE.to_owned());
        let from = match &probe.from {
            Sender::Process(from) => from,
            Sender::Wire { .. } => {
                self.built.forget_loopback(self.home, &outside)?;
                &outside
            }
        };
        if let Some((node, dst)) = &extra.via {
            let node = self.topology.nodes.iter().find(|n| n.name == *node);
            let via = node.and_then(|node| same_family(&node.ips, *dst));
            let via = via.ok_or("the node to enter at has no address")?;
            // One that is on the same link is reached directly, whatever a route says.
            if *dst != via {
                self.built.route(self.home, &outside, *dst, via)?;
            }
        }
        for tracer in self.tracers.values_mut() {
            tracer.clear();
        }
        let call = Call {
            from: from.clone(),
            dst: probe.dst,
            dport: probe.dport,
            protocol: probe.protocol,
            sport: probe.sport,
        };
        let attempt = self
            .servers
            .call(self.home, &self.built, &call, &mut self.tracers)?;
        if let Some(client) = attempt.client.filter(|client| client.port() != 0) {
            self.clients.0.insert(client.port());
        }
        let (clients, plain) = (&self.clients.0, &self.plain);
        let label = |port| label(port, clients, plain, probe.dport);
        let mut passages = BTreeMap::new();
        for (node, tracer) in &self.tracers {
            passages.insert(node.clone(), tracer.passages(&label)?);
        }
        let mut all = passages.values().flatten().peekable();
        if all.peek().is_some() && all.all(|passage| passage.ct.is_none()) {
            return Err(
                "The kernel's trace says nothing of conntrack; Linux 6.16 and newer do.".into(),
            );
        }
        Ok((attempt, passages))
    }

    /// Takes away the client's route by a certain node, once all is told: a TCP that was left half
    /// open would find the shorter way with what it sends again.
    fn forget_way(&self, extra: &Extra) -> Done {
        let outside = Ns::External(wiring::OUTSIDE.to_owned());
        if let Some((node, dst)) = &extra.via {
            let node = self.topology.nodes.iter().find(|n| n.name == *node);
            if node.is_some_and(|node| !node.ips.contains(dst)) {
                self.built.unroute(self.home, &outside, *dst)?;
            }
        }
        Ok(())
    }

    fn kernel_told(
        &self,
        probe: &Probe,
        attempt: &Attempt,
        passages: &BTreeMap<String, Vec<Passage>>,
        nodes: &[Ns],
    ) -> Done<Told> {
        let mut told = Told::default();
        let (outcome, from) = outcome(probe, attempt, passages);
        told.end.insert("outcome", outcome);
        if let Some(from) = from {
            told.end.insert("signal_from", from.to_string());
        }
        if let Heard::Reply { by, source, port } = &attempt.heard {
            told.end.insert("answered_by", by.clone());
            told.end.insert("source_seen", source.to_string());
            let kept = attempt.client.is_some_and(|client| client.port() == *port);
            let word = if kept { "kept" } else { "rewritten" };
            told.end.insert("source_port", word.to_owned());
        }
        for (node, passages) in passages {
            let firsts = first_of_each(passages.clone());
            let blocks: Vec<Vec<String>> = firsts.into_iter().map(block).collect();
            if !blocks.is_empty() {
                told.packets.insert(node.clone(), blocks);
            }
        }
        for node in nodes {
            let space = self.built.space(node)?;
            let family = match Family::of(probe.dst) {
                Family::Ipv4 => "ipv4",
                Family::Ipv6 => "ipv6",
            };
            let argv = ["conntrack", "-L", "-f", family];
            let listing = self.home.run(space, &argv, "")?;
            let (clients, plain) = (&self.clients.0, &self.plain);
            let lines = listing.lines().map(|line| {
                // The third word says for how long the entry will live.
                let words = line.split_whitespace().enumerate();
                let words = words.filter(|(at, _)| *at != 2).map(|(_, word)| word);
                entry(words, &|port| label(port, clients, plain, probe.dport))
            });
            let mut lines: Vec<String> = lines.collect();
            lines.sort();
            if !lines.is_empty() {
                told.conntrack.insert(space.name.clone(), lines);
            }
        }
        Ok(told)
    }

    /// Walks it, with the draws that the kernel made.
    fn ours(
        &mut self,
        fabric: &Fabric,
        probe: &Probe,
        passages: &BTreeMap<String, Vec<Passage>>,
    ) -> Journey {
        // Ports that MASQUERADE chooses are others each time, as the kernel's are.
        self.asked += 1;
        let before = self.memory.clone();
        let mut forced: Vec<Forced> = Vec::new();
        // A draw that falls otherwise changes which come after it, so they are found one by one.
        loop {
            let mut memory = before.clone();
            let mut dice = Dice::scripted(forced.clone(), self.asked);
            let journey = exchange(fabric, &mut memory, probe, &mut dice);
            let wanted = drawn(&journey, passages);
            let agreed = forced
                .iter()
                .zip(&wanted)
                .take_while(|(a, b)| a == b)
                .count();
            if agreed == forced.len() && forced.len() >= wanted.len() || forced.len() > 200 {
                self.memory = memory;
                return journey;
            }
            if agreed < forced.len() {
                self.memory = memory;
                return journey;
            }
            forced.push(wanted[agreed]);
        }
    }

    fn ours_told(&mut self, journey: &Journey, probe: &Probe, nodes: &[Ns]) -> Told {
        let mut told = Told::default();
        told.end
            .insert("outcome", recording::outcome(&journey.ending).to_owned());
        if let Ending::Unmodelled { what } = &journey.ending {
            told.end.insert("what", what.clone());
        }
        if let Some(from) = recording::signal_from(journey) {
            told.end.insert("signal_from", from.to_string());
        }
        let is_ping = matches!(probe.protocol, Protocol::Icmp | Protocol::Icmpv6);
        if let Some((by, source, port)) = recording::source_seen(&journey.ending)
            && !is_ping
        {
            let (Ns::Node(name) | Ns::Pod(name) | Ns::External(name)) = by else {
                return told;
            };
            told.end.insert("answered_by", name.clone());
            told.end.insert("source_seen", source.to_string());
            told.end.insert("source_port", port.to_owned());
        }
        let first = journey.events.first();
        if let Some((port, _)) = first.and_then(|event| event.after.packet.ports())
            && port != 0
        {
            self.clients.1.insert(port);
        }
        let ports = Ports::of(journey).and_plain(self.plain.iter().copied());
        let packets = recording::packets_with(journey, &ports);
        for packet in packets.as_array().into_iter().flatten() {
            let node = packet["node"].as_str().unwrap_or_default().to_owned();
            let mut lines = vec![head(packet["ct"].as_str(), packet["dir"].as_str())];
            let steps = packet["steps"].as_array().into_iter().flatten();
            lines.extend(steps.filter_map(|step| step.as_str()).map(without_braces));
            told.packets.entry(node).or_default().push(lines);
        }
        let (clients, plain) = (&self.clients.1, &self.plain);
        for node in nodes {
            let lines = self.memory.listing(node, Timeouts::Hidden);
            let mut lines: Vec<String> = lines
                .iter()
                .map(|line| {
                    entry(line.split(' '), &|port| {
                        label(port, clients, plain, probe.dport)
                    })
                })
                .collect();
            lines.sort();
            if let (Ns::Node(name), false) = (node, lines.is_empty()) {
                told.conntrack.insert(name.clone(), lines);
            }
        }
        told
    }
}

fn same_family(ips: &[IpAddr], like: IpAddr) -> Option<IpAddr> {
    let mut ips = ips.iter().copied();
    ips.find(|ip| ip.is_ipv4() == like.is_ipv4())
}
