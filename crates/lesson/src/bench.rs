//! A cluster in which a lesson happens: acts in order, each walk kept by its name.
//!
//! What is asked about it is for [`crate::eval`].

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use lab::{
    Ask, Cleaning, Companion, Dialect, Dice, Flow, Forced, IpFamily, Lab, Memory, Ns, Options,
    Source, Trip,
};
use netfilter::conntrack::ToolCommand;
use netfilter::matches::{Statistic, StatisticMode};
use netfilter::{Match, Not, Probability};

use crate::act::{Act, Override, Pin, Send, Who};
use crate::expr::Pattern;
use crate::meaning;
use crate::model::{Lesson, Said};

/// How many clusters are kept read.
const LABS: usize = 24;
/// The most exchanges that one act may come to.
const EXCHANGES: u64 = 100_000;

/// A cluster by its text and the version of its kube-proxy.
type Kept = (Arc<str>, Dialect, Rc<Lab>);

/// Clusters that were read already, by their text.
#[derive(Default)]
pub struct Labs {
    /// Whether chance has decided anything that was not pinned.
    pub luck: Cell<bool>,
    kept: RefCell<Vec<Kept>>,
}

impl Labs {
    /// Reads a cluster, or finds it again.
    pub fn load(&self, text: &Arc<str>, dialect: Dialect) -> Rc<Lab> {
        let mut kept = self.kept.borrow_mut();
        if let Some((.., lab)) = kept.iter().find(|(t, d, _)| t == text && *d == dialect) {
            return lab.clone();
        }
        let lab = Rc::new(load(text, options(dialect)));
        if kept.len() >= LABS {
            kept.remove(0);
        }
        kept.push((text.clone(), dialect, lab.clone()));
        lab
    }
}

/// What the page states where nobody states anything else.
fn options(dialect: Dialect) -> Options {
    Options {
        dialect,
        companions: Companion::ALL.to_vec(),
        ..Options::default()
    }
}

fn load(text: &Arc<str>, options: Options) -> Lab {
    let source = Source {
        name: "cluster.yaml".into(),
        text: text.clone(),
    };
    Lab::load(&[source], options)
}

/// A walk and the cluster that it went through.
pub struct Walked {
    /// The cluster.
    pub lab: Rc<Lab>,
    /// Who sent to whom.
    pub ask: Ask,
    /// What became of it.
    pub trip: Trip,
    /// The connection, where it is still open.
    pub flow: Option<Flow>,
}

/// What an act gives: a walk, where it is one.
type Done = Option<Rc<Walked>>;

/// A cluster at work.
pub struct Bench<'l> {
    /// The lesson.
    pub lesson: &'l Lesson,
    /// Clusters that were read already.
    pub labs: &'l Labs,
    dialect: Dialect,
    /// The cluster that it began with.
    pub start: Rc<Lab>,
    /// The cluster as it is.
    pub lab: Rc<Lab>,
    /// Its text as it is.
    pub text: Arc<str>,
    /// What is remembered.
    pub memory: Memory,
    /// Walks by name.
    pub walks: BTreeMap<String, Rc<Walked>>,
    /// The learner's walks.
    pub history: Vec<Rc<Walked>>,
    /// The learner's many connections, run by run.
    pub runs: Vec<Rc<Counted>>,
    seed: u64,
    sent: Cell<u64>,
    cleaning: Cleaning,
    overrides: Vec<(Who, Pattern, Override)>,
    sysctls: Vec<(Who, String, String)>,
}

impl<'l> Bench<'l> {
    /// A cluster of the lesson.
    pub fn new(lesson: &'l Lesson, labs: &'l Labs, text: &Arc<str>, seed: u64) -> Bench<'l> {
        let version = lesson.version.as_deref().and_then(Dialect::parse);
        let dialect = version.map(|(dialect, _)| dialect).unwrap_or_default();
        let lab = labs.load(text, dialect);
        Bench {
            lesson,
            labs,
            dialect,
            start: lab.clone(),
            lab,
            text: text.clone(),
            memory: Memory::default(),
            walks: BTreeMap::new(),
            history: Vec::new(),
            runs: Vec::new(),
            seed,
            sent: Cell::new(0),
            cleaning: Cleaning::KubeProxy,
            overrides: Vec::new(),
            sysctls: Vec::new(),
        }
    }

    /// The first error in the cluster's text, with its line.
    pub fn error(&self) -> Option<(usize, String)> {
        let mut found = self.lab.diagnostics().iter();
        let error = found.find(|d| d.severity == lab::Severity::Error)?;
        Some((error.span.map_or(1, |s| s.line), error.message.clone()))
    }

    /// Does one act.
    ///
    /// # Errors
    /// Why it can't be done, as sentences.
    pub fn act(&mut self, act: &Act) -> Result<Done, String> {
        match act {
            Act::Walk(name, send) => {
                let walked = self.open(send, &[])?;
                self.keep(name.as_deref(), walked.clone());
                Ok(Some(walked))
            }
            Act::Again(name, of) => {
                let walked = self.again(of)?;
                self.keep(name.as_deref(), walked.clone());
                Ok(Some(walked))
            }
            Act::Fresh(name, of) => {
                let of = self.walk(of)?;
                let walked = self.open_ask(&of.ask.clone(), Vec::new())?;
                self.keep(name.as_deref(), walked.clone());
                Ok(Some(walked))
            }
            Act::Many(send) => {
                let mut memory = std::mem::take(&mut self.memory);
                let made = self.many(send, &[], &mut memory);
                self.memory = memory;
                self.runs.push(Rc::new(made?));
                Ok(None)
            }
            Act::Wait(time) => {
                self.memory.wait(*time);
                Ok(None)
            }
            Act::Conntrack(who, args) => self.conntrack(who, args).map(|()| None),
            Act::Sysctl(who, key, value) => {
                self.sysctls.push((who.clone(), key.clone(), value.clone()));
                self.rebuild().map(|()| None)
            }
            Act::Override(who, pattern, what) => {
                self.overrides
                    .push((who.clone(), Pattern::clone(pattern), *what));
                self.rebuild().map(|()| None)
            }
            Act::Cluster(name) => {
                let lesson = self.lesson;
                let Some(text) = lesson.clusters.get(name) else {
                    return Err(format!("The lesson has no cluster \"{name}\"."));
                };
                self.change(text).map(|()| None)
            }
            Act::NoCleaning => {
                self.cleaning = Cleaning::Off;
                Ok(None)
            }
        }
    }

    /// Does several.
    ///
    /// # Errors
    /// The line of the first that can't be done, and why.
    pub fn acts(&mut self, acts: &[Said<Act>]) -> Result<(), (usize, String)> {
        for act in acts {
            self.act(&act.means).map_err(|why| (act.line, why))?;
        }
        Ok(())
    }

    fn keep(&mut self, name: Option<&str>, walked: Rc<Walked>) {
        self.walks.insert(name.unwrap_or("w").to_owned(), walked);
    }

    /// The cluster becomes another; what was remembered lives on as in a real one.
    ///
    /// # Errors
    /// Where a rule that was overridden is not there any more.
    pub fn change(&mut self, text: &Arc<str>) -> Result<(), String> {
        if *text == self.text {
            return Ok(());
        }
        let before = self.lab.clone();
        self.text = text.clone();
        self.lab = self.labs.load(text, self.dialect);
        if !(self.overrides.is_empty() && self.sysctls.is_empty()) {
            self.rebuild()?;
        }
        self.memory = self.lab.carry(&before, &self.memory, self.cleaning).memory;
        Ok(())
    }

    fn rebuild(&mut self) -> Result<(), String> {
        let mut lab = load(&self.text, options(self.dialect));
        let nodes: Vec<String> = lab.cluster().nodes.iter().map(|n| n.name.clone()).collect();
        let meant = |who: &Who| -> Vec<String> {
            let is = |name: &&String| match who {
                Who::All => true,
                Who::Node(node) => node == *name,
            };
            nodes.iter().filter(is).cloned().collect()
        };
        for (who, key, value) in &self.sysctls {
            for node in meant(who) {
                lab.set_sysctl(&node, key, value);
            }
        }
        for (who, pattern, what) in &self.overrides {
            let mut changed = false;
            for node in meant(who) {
                let mut rules = lab.rules(&node, IpFamily::Ipv4).ruleset.clone();
                let found = self.meant(&lab, &rules, pattern)?;
                for one in &found {
                    let table = rules.tables.get_mut(&one.table);
                    let chain = table.and_then(|table| table.chain_mut(&one.chain));
                    let (Some(chain), Some(number)) = (chain, one.number) else {
                        continue;
                    };
                    changed = true;
                    match what {
                        Override::Delete => {
                            chain.rules.remove(number - 1);
                        }
                        Override::Probability(p) => {
                            let p = Probability::from_f64(*p).unwrap_or(Probability(0));
                            set_probability(&mut chain.rules[number - 1].matches, p);
                        }
                    }
                }
                if !found.is_empty() {
                    lab.change_rules(&node, rules);
                }
            }
            if !changed {
                return Err("No node has the rule that is to be overridden.".into());
            }
        }
        self.lab = Rc::new(lab);
        Ok(())
    }

    fn conntrack(&mut self, who: &Who, args: &str) -> Result<(), String> {
        let args: Vec<&str> = args.split_whitespace().collect();
        let command = ToolCommand::parse(&args).map_err(|error| error.to_string())?;
        let nodes = self.lab.cluster().nodes.iter().map(|n| n.name.clone());
        let meant = nodes.filter(|name| match who {
            Who::All => true,
            Who::Node(node) => node == name,
        });
        let meant: Vec<String> = meant.collect();
        if meant.is_empty() {
            return Err("There is no such node.".into());
        }
        for node in meant {
            self.memory.run_conntrack(&Ns::Node(node), &command);
        }
        Ok(())
    }

    /// The walk of a name.
    ///
    /// # Errors
    /// Where none has it.
    pub fn walk(&self, name: &str) -> Result<Rc<Walked>, String> {
        self.walks
            .get(name.trim())
            .cloned()
            .ok_or_else(|| format!("No walk is called \"{}\".", name.trim()))
    }

    /// Dice for the next walk: the first draws as pinned, the rest by the seed.
    pub fn dice(&self, pins: &[Pin]) -> Dice {
        self.scripted(pins.iter().map(|pin| pin.forced()).collect())
    }

    fn scripted(&self, forced: Vec<Forced>) -> Dice {
        let sent = self.sent.replace(self.sent.get() + 1);
        Dice::scripted(forced, self.seed.wrapping_add(sent))
    }

    /// Remembers that chance decided, where more was drawn than was pinned.
    fn note(&self, trip: &Trip, pinned: usize) {
        if trip.journey.throws.len() > pinned {
            self.labs.luck.set(true);
        }
    }

    fn open(&mut self, send: &Send, vars: &[(String, String)]) -> Result<Rc<Walked>, String> {
        let ask = self.ask(send, vars)?;
        self.open_ask(&ask, send.pins.iter().map(|pin| pin.forced()).collect())
    }

    /// Opens a connection whose question is known.
    ///
    /// # Errors
    /// Where the question means nothing in this cluster.
    pub fn open_ask(&mut self, ask: &Ask, forced: Vec<Forced>) -> Result<Rc<Walked>, String> {
        let pinned = forced.len();
        let mut dice = self.scripted(forced);
        let opened = self.lab.open(&mut self.memory, ask, &mut dice);
        let (trip, flow) = opened.map_err(|error| error.to_string())?;
        self.note(&trip, pinned);
        Ok(Rc::new(Walked {
            lab: self.lab.clone(),
            ask: ask.clone(),
            trip,
            flow,
        }))
    }

    /// The next packet of a connection.
    ///
    /// # Errors
    /// Where it is no longer open.
    pub fn again(&mut self, name: &str) -> Result<Rc<Walked>, String> {
        let of = self.walk(name)?;
        let Some(flow) = &of.flow else {
            return Err(format!(
                "The connection of {name} is not open: nothing answered, or it was reset."
            ));
        };
        let mut dice = self.dice(&[]);
        let again = self.lab.again(&mut self.memory, flow, &mut dice);
        let Some((trip, flow)) = again else {
            return Err(format!("The client of {name} is no longer there."));
        };
        Ok(Rc::new(Walked {
            lab: self.lab.clone(),
            ask: of.ask.clone(),
            trip,
            flow,
        }))
    }

    /// One connection over a copy of the memory, so that asking changes nothing.
    ///
    /// # Errors
    /// Where the question means nothing in this cluster.
    pub fn try_walk(&self, send: &Send, vars: &[(String, String)]) -> Result<Rc<Walked>, String> {
        let ask = self.ask(send, vars)?;
        let mut dice = self.dice(&send.pins);
        let walked = self.try_ask(&ask, &mut dice)?;
        self.note(&walked.trip, send.pins.len());
        Ok(walked)
    }

    /// The same with dice of one's own.
    ///
    /// # Errors
    /// Where the question means nothing in this cluster.
    pub fn try_ask(&self, ask: &Ask, dice: &mut Dice) -> Result<Rc<Walked>, String> {
        let mut memory = self.memory.clone();
        let opened = self.lab.open(&mut memory, ask, dice);
        let (trip, flow) = opened.map_err(|error| error.to_string())?;
        Ok(Rc::new(Walked {
            lab: self.lab.clone(),
            ask: ask.clone(),
            trip,
            flow,
        }))
    }

    /// Many connections over a memory, counted by who answered or was reached.
    ///
    /// # Errors
    /// Where the question means nothing in this cluster, or there are too many.
    pub fn many(
        &self,
        send: &Send,
        vars: &[(String, String)],
        memory: &mut Memory,
    ) -> Result<Counted, String> {
        let ask = self.ask(send, vars)?;
        let mut dice = self.dice(&send.pins);
        self.labs.luck.set(true);
        let mut counted = Counted::default();
        if send.requests == 1 {
            let made = self
                .lab
                .send_many(memory, &ask, &mut dice, send.connections);
            let totals = made.map_err(|error| error.to_string())?;
            counted.total = totals.connections;
            for (word, count) in totals.outcomes {
                counted.outcomes.insert(word.to_owned(), count);
            }
            for ((addr, _), count) in totals.endpoints {
                *counted.reached.entry(addr).or_default() += count;
            }
            return Ok(counted);
        }
        if send.connections.saturating_mul(send.requests) > EXCHANGES {
            return Err(format!("More than {EXCHANGES} requests are too many."));
        }
        for _ in 0..send.connections {
            let opened = self.lab.open(memory, &ask, &mut dice);
            let (trip, mut flow) = opened.map_err(|error| error.to_string())?;
            let at = crate::facts::reached(&trip).map(|(addr, _)| addr);
            let mut count = |trip: &Trip| {
                let word = trip.journey.ending.word();
                *counted.outcomes.entry(word.to_owned()).or_default() += 1;
                counted.total += 1;
                if let Some(addr) = at {
                    *counted.reached.entry(addr).or_default() += 1;
                }
            };
            count(&trip);
            for _ in 1..send.requests {
                let Some((trip, left)) = flow
                    .as_ref()
                    .and_then(|f| self.lab.again(memory, f, &mut dice))
                else {
                    break;
                };
                count(&trip);
                flow = left;
            }
        }
        Ok(counted)
    }

    /// Which rules a pattern means on a node's rules.
    ///
    /// # Errors
    /// Where it names no Service or no address.
    pub fn meant(
        &self,
        lab: &Lab,
        rules: &netfilter::Ruleset,
        pattern: &Pattern,
    ) -> Result<Vec<meaning::Meant>, String> {
        let address = |name: &str| self.address(lab, name);
        meaning::find(rules, pattern, self.lesson.service.as_deref(), &address)
    }

    /// The address that a word stands for: itself, a name of the lesson, a pod, a node.
    pub fn address(&self, lab: &Lab, word: &str) -> Option<IpAddr> {
        let value = self.lesson.names.get(word).map_or(word, String::as_str);
        if let Ok(addr) = value.parse() {
            return Some(addr);
        }
        if let Ok(socket) = value.parse::<std::net::SocketAddr>() {
            return Some(socket.ip());
        }
        let cluster = lab.cluster();
        if let Some(pod) = value.strip_prefix("pod/") {
            let (namespace, name) = pod.split_once('/')?;
            return cluster.pod(namespace, name)?.ips.first().copied();
        }
        let node = value.strip_prefix("node/").unwrap_or(value);
        cluster.node(node)?.internal_ips.first().copied()
    }

    /// What who sends to whom means.
    ///
    /// # Errors
    /// Where it means nothing.
    pub fn ask(&self, send: &Send, vars: &[(String, String)]) -> Result<Ask, String> {
        let value = |word: &str| -> String {
            let var = vars.iter().rev().find(|(name, _)| name == word);
            match var {
                Some((_, value)) => value.clone(),
                None => self
                    .lesson
                    .names
                    .get(word)
                    .cloned()
                    .unwrap_or_else(|| word.to_owned()),
            }
        };
        let mut from = value(&send.from);
        if self.lab.cluster().node(&from).is_some() {
            from = format!("node/{from}");
        }
        let from = from
            .split(':')
            .next()
            .filter(|_| !from.contains("::"))
            .unwrap_or(&from)
            .to_owned();
        let to = self.destination(&send.to, &value);
        let via = send.via.as_deref().map(value);
        let via = via
            .as_deref()
            .map(|via| via.strip_prefix("node/").unwrap_or(via));
        Ask::parse(&from, &to, via).map_err(|error| error.to_string())
    }

    /// `vip`, `vip:80`, `node1:30080`, `vip/icmp`, with names in their places.
    fn destination(&self, to: &str, value: &dyn Fn(&str) -> String) -> String {
        let whole = value(to);
        if whole != to {
            return whole;
        }
        let (rest, protocol) = match to.rsplit_once('/') {
            Some((rest, p @ ("tcp" | "udp" | "sctp" | "icmp"))) => (rest, format!("/{p}")),
            _ => (to, String::new()),
        };
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') => (host, Some(port)),
            _ => (rest, None),
        };
        let meant = value(host);
        if meant == host {
            return to.to_owned();
        }
        let meant = meant.strip_prefix("node/").unwrap_or(&meant).to_owned();
        let meant = match meant.strip_prefix("pod/") {
            Some(_) => self
                .address(&self.lab, host)
                .map_or(meant.clone(), |a| a.to_string()),
            None => meant,
        };
        let (own, own_port) = match meant.rsplit_once(':') {
            Some((own, port)) if !own.contains(':') || own.ends_with(']') => {
                (own.to_owned(), Some(port))
            }
            _ => (meant.clone(), None),
        };
        match (port.or(own_port), protocol.as_str()) {
            (_, "/icmp") => format!("{own}/icmp"),
            (Some(port), _) => format!("{own}:{port}{protocol}"),
            (None, _) => format!("{own}{protocol}"),
        }
    }
}

/// Gives a rule a probability; one that drew nothing so far draws from now on.
fn set_probability(matches: &mut Vec<Match>, p: Probability) {
    let mode = StatisticMode::Random(Not::plain(p));
    let drawn = matches.iter_mut().find_map(|m| match m {
        Match::Statistic(statistic) => Some(statistic),
        _ => None,
    });
    match drawn {
        Some(statistic) => statistic.mode = mode,
        None => matches.push(Match::Statistic(Statistic { mode })),
    }
}

/// Many connections or requests, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// How many.
    pub total: u64,
    /// By ending.
    pub outcomes: BTreeMap<String, u64>,
    /// By the endpoint reached.
    pub reached: BTreeMap<IpAddr, u64>,
}
