//! A recording, played by the simulator.

use std::collections::{BTreeMap, BTreeSet};

use fabric::{Dice, Ending, Fabric, Journey, Memory, Ns, Topology, exchange};
use netfilter::conntrack::{Timeouts, ToolCommand};
use netfilter::{Family, Hook, RuleRef, Ruleset, TableName};
use serde_json::ser::PrettyFormatter;
use serde_json::{Map, Serializer, Value, json};

use crate::read::{name, probe, text, topology};
use crate::words::{Ports, first_packet, outcome, packets_with, signal_from, source_seen};

/// How long a probe waits for an answer, in seconds, where it does not say.
const PATIENCE: f64 = 0.7;
/// How long a probe that is answered took to record, about, in seconds: what limits by time counts.
const ANSWERED: f64 = 0.1;

/// Plays a recording (a probe or a sequence) and returns the same file with `backend_set` and every
/// `observed` replaced by what the simulator did. `load` gives the text of a ruleset by its name.
pub fn play(
    recording: &str,
    load: &dyn Fn(&str) -> Option<String>,
    seed: u64,
) -> Result<String, String> {
    let mut file: Value =
        serde_json::from_str(recording).map_err(|error| format!("this is no JSON: {error}"))?;
    let mut stage = Stage::new(&file, load, seed)?;
    match text(&file, "kind")? {
        "probe" => play_probe(&mut stage, &mut file)?,
        "sequence" => play_sequence(&mut stage, &mut file)?,
        other => return Err(format!("a recording of kind {other} is not known")),
    }
    let mut out = Vec::new();
    let formatter = PrettyFormatter::with_indent(b" ");
    serde::Serialize::serialize(&file, &mut Serializer::with_formatter(&mut out, formatter))
        .map_err(|error| error.to_string())?;
    String::from_utf8(out).map_err(|error| error.to_string())
}

fn play_probe(stage: &mut Stage, file: &mut Value) -> Result<(), String> {
    stage.load(&file["rulesets"])?;
    let trials = file["trials"].as_u64().unwrap_or(1);
    let mut distinct: Vec<(u64, Value)> = Vec::new();
    let mut backends = BTreeSet::new();
    for _ in 0..trials {
        let seen = stage.probe(&file["probe"])?;
        if let Some(by) = seen["answered_by"].as_str() {
            backends.insert(by.to_owned());
        }
        match distinct.iter_mut().find(|(_, known)| *known == seen) {
            Some((count, _)) => *count += 1,
            None => distinct.push((1, seen)),
        }
    }
    file["backend_set"] = json!(backends);
    file["observed"] = distinct
        .into_iter()
        .map(|(count, seen)| {
            let mut entry = Map::new();
            entry.insert("trials".into(), json!(count));
            entry.extend(seen.as_object().cloned().unwrap_or_default());
            Value::Object(entry)
        })
        .collect();
    Ok(())
}

fn play_sequence(stage: &mut Stage, file: &mut Value) -> Result<(), String> {
    let Some(steps) = file["steps"].as_array_mut() else {
        return Err("a sequence has steps".to_owned());
    };
    for step in steps {
        match text(step, "do")? {
            "load" => stage.load(&step["rulesets"])?,
            "probe" => {
                let seen = stage.probe(&step["probe"])?;
                step["observed"] = seen;
            }
            "conntrack" => stage.conntrack(step)?,
            "unlisten" => stage.unlisten(step)?,
            "sleep" => stage.sleep(step["seconds"].as_f64().unwrap_or(0.0)),
            "recent" => {
                let lists = stage.recent(step);
                step["xt_recent"] = lists;
            }
            other => return Err(format!("a step that does {other} is not known")),
        }
    }
    Ok(())
}

/// The simulator in the kernel's place.
struct Stage<'l> {
    topology: Topology,
    fabric: Fabric,
    memory: Memory,
    dice: Dice,
    load: &'l dyn Fn(&str) -> Option<String>,
}

impl<'l> Stage<'l> {
    fn new(
        file: &Value,
        load: &'l dyn Fn(&str) -> Option<String>,
        seed: u64,
    ) -> Result<Self, String> {
        let topology = topology(&file["topology"])?;
        Ok(Stage {
            fabric: Fabric::new(&topology, BTreeMap::new()),
            topology,
            memory: Memory::default(),
            dice: Dice::seeded(seed),
            load,
        })
    }

    fn nodes(&self) -> Vec<Ns> {
        let nodes = self.topology.nodes.iter();
        nodes.map(|node| Ns::Node(node.name.clone())).collect()
    }

    /// Loads rulesets by name; `*` stands for every node that is not named.
    fn load(&mut self, rulesets: &Value) -> Result<(), String> {
        let mut read: BTreeMap<&str, Ruleset> = BTreeMap::new();
        let mut rules = BTreeMap::new();
        for node in &self.topology.nodes {
            let by_name = rulesets[node.name.as_str()].as_str();
            let Some(path) = by_name.or_else(|| rulesets["*"].as_str()) else {
                continue;
            };
            if !read.contains_key(path) {
                let text =
                    (self.load)(path).ok_or_else(|| format!("the ruleset {path} is not there"))?;
                let ruleset = Ruleset::parse(Family::Ipv4, &text)
                    .map_err(|error| format!("{path}: {error}"))?;
                read.insert(path, ruleset);
            }
            let ruleset = read[path].clone();
            rules.insert((node.name.clone(), Family::Ipv4), ruleset);
            self.memory.rules_loaded(&Ns::Node(node.name.clone()));
        }
        self.fabric.load(rules);
        Ok(())
    }

    /// One connection, told as a recording tells it.
    fn probe(&mut self, value: &Value) -> Result<Value, String> {
        let probe = probe(value)?;
        let nodes = self.nodes();
        if value["flush"].as_bool().unwrap_or(true) {
            for node in &nodes {
                self.memory.flush_conntrack(node);
            }
        }
        let before: Vec<_> = nodes.iter().map(|node| self.counters(node)).collect();
        let journey = exchange(&self.fabric, &mut self.memory, &probe, &mut self.dice);
        let ports = Ports::of(&journey);
        // Of earlier connections, too, the port that was listened on is told in conntrack's entries.
        let listed = ports.clone().and_plain(self.listened());
        let mut counted = Map::new();
        let mut entries = Map::new();
        for (node, before) in nodes.iter().zip(&before) {
            let after = self.counters(node);
            let rules = self.fabric.rules(node, Family::Ipv4);
            if let Some(rules) = nat_counters(before, &after, rules) {
                counted.insert(name(node).to_owned(), rules);
            }
            let lines = self.memory.listing(node, Timeouts::Hidden);
            if !lines.is_empty() {
                let lines: Value = lines.iter().map(|line| relabel(line, &listed)).collect();
                entries.insert(name(node).to_owned(), lines);
            }
        }
        self.sleep(match journey.ending {
            Ending::Timeout => value["timeout"].as_f64().unwrap_or(PATIENCE),
            _ => ANSWERED,
        });
        let mut seen = told(&journey, &ports);
        seen.insert("nat_counters".into(), counted.into());
        seen.insert("conntrack".into(), entries.into());
        Ok(seen.into())
    }

    /// Every port that somebody listens on.
    fn listened(&self) -> Vec<u16> {
        let topology = &self.topology;
        let nodes = topology.nodes.iter().map(|node| &node.listen);
        let pods = topology.pods.iter().map(|pod| &pod.listen);
        let external = topology.external.iter().map(|host| &host.listen);
        nodes
            .chain(pods)
            .chain(external)
            .flat_map(|listen| &listen.ports)
            .map(|&(_, port)| port)
            .collect()
    }

    fn counters(&self, node: &Ns) -> BTreeMap<RuleRef, u64> {
        self.memory.counters(node, Family::Ipv4)
    }

    fn conntrack(&mut self, step: &Value) -> Result<(), String> {
        let node = Ns::Node(text(step, "node")?.to_owned());
        let argv: Vec<&str> = step["argv"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let ["conntrack", rest @ ..] = argv.as_slice() else {
            return Err(format!("{} is not known", argv.join(" ")));
        };
        let command = ToolCommand::parse(rest).map_err(|error| error.to_string())?;
        self.memory.run_conntrack(&node, &command);
        Ok(())
    }

    /// Whoever the step names stops listening.
    fn unlisten(&mut self, step: &Value) -> Result<(), String> {
        let fields = step.as_object().into_iter().flatten();
        let named: Vec<&str> = fields
            .filter(|(key, _)| *key != "do")
            .filter_map(|(_, value)| value.as_str())
            .collect();
        let all: Vec<Ns> = self.fabric.namespaces().cloned().collect();
        let gone: Vec<&Ns> = all.iter().filter(|ns| named.contains(&name(ns))).collect();
        if gone.is_empty() {
            return Err("unlisten names nobody".to_owned());
        }
        for ns in gone {
            self.fabric.unlisten(ns);
        }
        Ok(())
    }

    fn sleep(&mut self, seconds: f64) {
        self.memory.wait((seconds.max(0.0) * 1000.0).round() as u64);
    }

    /// The lists of `-m recent` of the step's node, else of the first, with what does not vary.
    fn recent(&self, step: &Value) -> Value {
        let node = step["node"].as_str().map(str::to_owned);
        let node = node.or_else(|| self.topology.nodes.first().map(|n| n.name.clone()));
        let Some(node) = node.map(Ns::Node) else {
            return json!({});
        };
        let filled = self.memory.recent(&node);
        let mut lists = Map::new();
        // The kernel has a list as soon as a rule names it.
        for list in self.fabric.recent_lists(&node) {
            let entries = filled.get(&list).map(Vec::as_slice).unwrap_or_default();
            let lines: Value = entries
                .iter()
                .map(|entry| format!("src={} ttl: {} ", entry.addr, entry.ttl))
                .collect();
            lists.insert(list, lines);
        }
        lists.into()
    }
}

fn told(journey: &Journey, ports: &Ports) -> Map<String, Value> {
    let mut seen = Map::new();
    seen.insert("outcome".into(), json!(outcome(&journey.ending)));
    if let Ending::Unmodelled { what } = &journey.ending {
        seen.insert("what".into(), json!(what));
    }
    if let Some((by, source, port)) = source_seen(&journey.ending) {
        seen.insert("answered_by".into(), json!(name(by)));
        seen.insert("source_seen".into(), json!(source));
        seen.insert("source_port".into(), json!(port));
        let client = journey.events.first().map(|event| event.after.packet.src);
        seen.insert("client_ip".into(), json!(client));
    }
    if let Some(from) = signal_from(journey) {
        seen.insert("signal_from".into(), json!(from));
    }
    let first: Value = first_packet(journey)
        .into_iter()
        .map(|(node, rules)| {
            let mut row = vec![node];
            row.extend(rules);
            json!(row)
        })
        .collect();
    seen.insert("first_packet".into(), first);
    seen.insert("packets".into(), packets_with(journey, ports));
    seen
}

/// What the nat table's rules counted, in the order of `iptables-save`; `None` where no table
/// counted anything.
fn nat_counters(
    before: &BTreeMap<RuleRef, u64>,
    after: &BTreeMap<RuleRef, u64>,
    rules: Option<&Ruleset>,
) -> Option<Value> {
    let grown: Vec<(&RuleRef, u64)> = after
        .iter()
        .map(|(rule, &count)| {
            (
                rule,
                count.saturating_sub(before.get(rule).copied().unwrap_or(0)),
            )
        })
        .filter(|&(_, count)| count > 0)
        .collect();
    if grown.is_empty() {
        return None;
    }
    let base = |rule: &RuleRef| {
        let hooks = [
            Hook::Prerouting,
            Hook::Input,
            Hook::Output,
            Hook::Postrouting,
        ];
        hooks
            .iter()
            .position(|hook| hook.name() == rule.chain.as_str())
            .unwrap_or(hooks.len())
    };
    let mut nat: Vec<(&RuleRef, u64)> = grown
        .into_iter()
        .filter(|(rule, _)| rule.table == TableName::Nat && !is_policy(rule, rules))
        .collect();
    nat.sort_by_key(|&(rule, _)| (base(rule), rule.clone()));
    Some(
        nat.into_iter()
            .map(|(rule, count)| json!(["nat", rule.chain.as_str(), rule.number, count]))
            .collect(),
    )
}

/// A chain's policy counts under the number after its last rule.
fn is_policy(at: &RuleRef, rules: Option<&Ruleset>) -> bool {
    let chain = rules
        .and_then(|rules| rules.tables.get(&at.table))
        .and_then(|table| table.chain(&at.chain));
    chain.is_none_or(|chain| at.number > chain.rules.len())
}

/// Ports in a conntrack line as the recording's letters.
fn relabel(line: &str, ports: &Ports) -> String {
    let words = line.split(' ').map(|word| {
        for key in ["sport=", "dport="] {
            if let Some(port) = word.strip_prefix(key).and_then(|port| port.parse().ok()) {
                return format!("{key}{}", ports.label(port));
            }
        }
        word.to_owned()
    });
    words.collect::<Vec<_>>().join(" ")
}
