//! What an expression comes to in a cluster. Asking changes nothing: probes go over a copy of the memory.
//!
//! What is asked of a walk, of odds and of rules is in [`crate::ask`].

use std::collections::BTreeMap;
use std::rc::Rc;

use fabric::Ns;
use lab::{Dice, Forced, IpFamily};
use netfilter::Family;

use crate::act;
use crate::bench::{Bench, Walked};
use crate::expr::{Expr, Op, Probe, Quantity};
use crate::value::{NEAR, Value, same};

/// Paths through the draws after which the odds are given up.
const PATHS: usize = 4096;

/// The endings' words, and a few more that stand for themselves.
const WORDS: [&str; 32] = [
    "answered",
    "reply",
    "timeout",
    "tcp-rst",
    "icmp-unreach-code3",
    "ENETUNREACH",
    "EHOSTUNREACH",
    "EPERM",
    "EINVAL",
    "unmodelled",
    "no-endpoints",
    "closed-pod-port",
    "closed-node-port",
    "no-such-port",
    "no-local-endpoints",
    "dropped-by-policy",
    "dropped-by-a-rule",
    "rejected-by-a-rule",
    "lost",
    "cannot-send",
    "raw",
    "mangle",
    "nat",
    "filter",
    "PREROUTING",
    "INPUT",
    "FORWARD",
    "OUTPUT",
    "POSTROUTING",
    "original",
    "src",
    "dst",
];

/// Where an expression is looked at.
pub struct Scope<'b, 'l> {
    /// The cluster.
    pub bench: &'b Bench<'l>,
    /// Names that stand for a while.
    vars: Vec<(String, Value)>,
    /// The walk that is meant where none is named.
    pub subject: Option<Rc<Walked>>,
}

pub(crate) type Result<T = Value> = std::result::Result<T, String>;

impl<'b, 'l> Scope<'b, 'l> {
    /// Over a cluster; the walk that is meant where none is named is `w`, or what the learner asked.
    pub fn new(bench: &'b Bench<'l>) -> Self {
        let walks = &bench.walks;
        Scope {
            bench,
            vars: Vec::new(),
            subject: walks.get("asked").or_else(|| walks.get("w")).cloned(),
        }
    }

    /// Whether a condition holds.
    ///
    /// # Errors
    /// Why that can't be said.
    pub fn holds(&mut self, expr: &Expr) -> Result<bool> {
        match self.value(expr)? {
            Value::Yes(yes) => Ok(yes),
            other => Err(format!(
                "A condition must be yes or no; this is {}.",
                other.kind()
            )),
        }
    }

    /// What an expression comes to.
    ///
    /// # Errors
    /// Why it comes to nothing.
    pub fn value(&mut self, expr: &Expr) -> Result {
        Ok(match expr {
            Expr::Number(n) => Value::Number(*n),
            Expr::Addr(addr) => Value::Addr(*addr),
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Name(name) => self.named(name)?,
            Expr::Rule(pattern) => Value::Pattern((**pattern).clone()),
            Expr::Probe(probe, text) => self.probe(*probe, text)?,
            Expr::Call(name, args) => self.call(name, args)?,
            Expr::Of(value, name, args) => {
                let value = self.value(value)?;
                self.of(&value, name, args)?
            }
            Expr::List(items) => Value::List(
                items
                    .iter()
                    .map(|item| self.value(item))
                    .collect::<Result<_>>()?,
            ),
            Expr::Not(inner) => Value::Yes(!self.holds(inner)?),
            Expr::Two(Op::And, a, b) => Value::Yes(self.holds(a)? && self.holds(b)?),
            Expr::Two(Op::Or, a, b) => Value::Yes(self.holds(a)? || self.holds(b)?),
            Expr::Two(op, a, b) => {
                let (a, b) = (self.value(a)?, self.value(b)?);
                self.two(*op, &a, &b)?
            }
            Expr::Between(value, low, high) => {
                let value = self.number(value)?;
                let (low, high) = (self.number(low)?, self.number(high)?);
                Value::Yes(value >= low - NEAR && value <= high + NEAR)
            }
            Expr::For(quantity, name, list, body) => {
                self.quantified(*quantity, name, list, body)?
            }
        })
    }

    /// A number.
    pub(crate) fn number(&mut self, expr: &Expr) -> Result<f64> {
        match self.value(expr)? {
            Value::Number(n) => Ok(n),
            other => Err(format!("A number must stand there, not {}.", other.words())),
        }
    }

    fn two(&mut self, op: Op, a: &Value, b: &Value) -> Result {
        let numbers = || match (a, b) {
            (Value::Number(a), Value::Number(b)) => Ok((*a, *b)),
            _ => Err(format!(
                "{} and {} are not two numbers.",
                a.words(),
                b.words()
            )),
        };
        let yes = |yes| Ok(Value::Yes(yes));
        match op {
            Op::Equal => yes(self.equal(a, b)?),
            Op::Unequal => yes(!self.equal(a, b)?),
            Op::Has => yes(self.has(a, b)?),
            Op::Lacks => yes(!self.has(a, b)?),
            Op::Less => numbers().and_then(|(a, b)| yes(a < b - NEAR)),
            Op::AtMost => numbers().and_then(|(a, b)| yes(a <= b + NEAR)),
            Op::More => numbers().and_then(|(a, b)| yes(a > b + NEAR)),
            Op::AtLeast => numbers().and_then(|(a, b)| yes(a >= b - NEAR)),
            Op::Plus => numbers().map(|(a, b)| Value::Number(a + b)),
            Op::Minus => numbers().map(|(a, b)| Value::Number(a - b)),
            Op::Times => numbers().map(|(a, b)| Value::Number(a * b)),
            Op::Over => match numbers()? {
                (_, 0.0) => Err("Nothing can be divided by 0.".into()),
                (a, b) => Ok(Value::Number(a / b)),
            },
            Op::And | Op::Or => Err("\"and\" and \"or\" join conditions.".into()),
        }
    }

    /// Whether two values are the same; a rule that was met is the same as what means it.
    pub fn equal(&mut self, a: &Value, b: &Value) -> Result<bool> {
        match (a, b) {
            (Value::Met(..) | Value::Draw(..), Value::Pattern(_)) => self.has(a, b),
            (Value::Pattern(_), Value::Met(..) | Value::Draw(..)) => self.has(b, a),
            (Value::Met(a, _), Value::Met(b, _)) => Ok(a == b),
            _ => Ok(same(a, b)),
        }
    }

    fn has(&mut self, all: &Value, one: &Value) -> Result<bool> {
        if let Value::Pattern(pattern) = one {
            let (path, lab): (Vec<_>, _) = match all {
                Value::Path(path, lab) => (path.clone(), lab),
                Value::Walk(walk) => (self.path(walk, None, None), &walk.lab),
                Value::Met(met, lab) | Value::Draw(met, _, lab) => (vec![(met.clone(), true)], lab),
                other => return Err(format!("{} has no rules.", other.words())),
            };
            let mut found = false;
            let mut known: BTreeMap<String, Vec<_>> = BTreeMap::new();
            for (met, took) in path {
                let Ns::Node(node) = &met.ns else {
                    continue;
                };
                if !known.contains_key(node) {
                    let rules = lab.rules(node, IpFamily::Ipv4);
                    let mut meant = self.bench.meant(lab, &rules.ruleset, pattern)?;
                    let rules = lab.rules(node, IpFamily::Ipv6);
                    meant.extend(self.bench.meant(lab, &rules.ruleset, pattern)?);
                    known.insert(node.clone(), meant);
                }
                found |= known[node]
                    .iter()
                    .any(|m| m.is(&met.rule) && (took || m.number.is_none()));
            }
            return Ok(found);
        }
        match (all, one) {
            (Value::List(items), one) => Ok(items.iter().any(|item| match (item, one) {
                (Value::Text(text), Value::Text(part)) => text.contains(part.as_str()),
                (Value::Text(text), Value::Addr(addr)) => text.contains(&addr.to_string()),
                (item, one) => same(item, one),
            })),
            (Value::Text(text), Value::Text(part)) => Ok(text.contains(part.as_str())),
            (Value::Nothing, _) => Ok(false),
            (all, _) => Err(format!("{} is not something that has others.", all.kind())),
        }
    }

    fn quantified(&mut self, quantity: Quantity, name: &str, list: &Expr, body: &Expr) -> Result {
        let items = match self.value(list)? {
            Value::List(items) => items,
            Value::Nothing => Vec::new(),
            other => return Err(format!("\"for\" needs a list, not {}.", other.kind())),
        };
        let outer = self.subject.clone();
        let mut holds = quantity == Quantity::Each;
        for item in items {
            if let Value::Walk(walk) = &item {
                self.subject = Some(walk.clone());
            }
            self.vars.push((name.to_owned(), item));
            let one = self.holds(body);
            self.vars.pop();
            self.subject.clone_from(&outer);
            let one = one?;
            match quantity {
                Quantity::Each => holds &= one,
                Quantity::Some => holds |= one,
            }
        }
        Ok(Value::Yes(holds))
    }

    fn named(&mut self, name: &str) -> Result {
        if let Some((_, value)) = self.vars.iter().rev().find(|(n, _)| n == name) {
            return Ok(value.clone());
        }
        let bench = self.bench;
        if let Some(walk) = bench.walks.get(name) {
            return Ok(Value::Walk(walk.clone()));
        }
        match name {
            "none" | "nobody" | "nothing" => return Ok(Value::Nothing),
            "yes" => return Ok(Value::Yes(true)),
            "no" => return Ok(Value::Yes(false)),
            "history" => {
                return Ok(Value::List(
                    bench.history.iter().cloned().map(Value::Walk).collect(),
                ));
            }
            "runs" => {
                let run =
                    |run: &Rc<crate::bench::Counted>| Value::Many(run.clone(), bench.lab.clone());
                return Ok(Value::List(bench.runs.iter().map(run).collect()));
            }
            "nodes" => return Ok(Value::List(self.nodes())),
            "it" => {
                let walk = self
                    .subject
                    .clone()
                    .ok_or("There is no walk that \"it\" could be.")?;
                return Ok(Value::Walk(walk));
            }
            _ => {}
        }
        if WORDS.contains(&name) {
            return Ok(Value::Text(name.to_owned()));
        }
        if let Some(known) = self.somebody(name) {
            return Ok(known);
        }
        if crate::ask::is_of_walk(name) {
            let walk = self.subject.clone();
            let walk =
                walk.ok_or_else(|| format!("It is not said of which walk {name} is meant."))?;
            return self.of(&Value::Walk(walk), name, &[]);
        }
        Err(format!(
            "Nothing is called \"{name}\": it is no name of the lesson, no pod, node or walk, and no word."
        ))
    }

    fn nodes(&self) -> Vec<Value> {
        let nodes = &self.bench.lab.cluster().nodes;
        nodes
            .iter()
            .map(|n| Value::Who(n.name.clone(), n.internal_ips.clone()))
            .collect()
    }

    /// A name of the lesson, a node or a pod.
    fn somebody(&self, name: &str) -> Option<Value> {
        let bench = self.bench;
        let cluster = bench.lab.cluster();
        let node = |name: &str| {
            let node = cluster.node(name)?;
            Some(Value::Who(node.name.clone(), node.internal_ips.clone()))
        };
        let Some(value) = bench.lesson.names.get(name) else {
            let pod = || cluster.pods.iter().find(|p| p.name == name);
            let pod =
                || pod().map(|p| Value::Who(format!("{}/{}", p.namespace, p.name), p.ips.clone()));
            let outside = || (name == "outside").then(|| self.outside());
            return node(name).or_else(pod).or_else(outside);
        };
        if let Some(path) = value.strip_prefix("pod/") {
            let (namespace, pod) = path.split_once('/')?;
            let ips = cluster
                .pod(namespace, pod)
                .map(|p| p.ips.clone())
                .unwrap_or_default();
            return Some(Value::Who(path.to_owned(), ips));
        }
        if value == "outside" {
            return Some(self.outside());
        }
        let named = value.strip_prefix("node/").unwrap_or(value);
        let addr = || bench.address(&bench.lab, name).map(Value::Addr);
        let number = || value.parse().ok().map(Value::Number);
        node(named)
            .or_else(number)
            .or_else(addr)
            .or_else(|| Some(Value::Text(value.clone())))
    }

    fn outside(&self) -> Value {
        let addrs = lab::wiring::outside_addresses(self.bench.lab.cluster());
        Value::Who("outside".into(), addrs)
    }

    /// What stands for loop names in who sends to whom.
    fn words(&self) -> Vec<(String, String)> {
        let words = |value: &Value| match value {
            Value::Who(name, _)
                if self.bench.lab.cluster().node(name).is_none() && name.contains('/') =>
            {
                format!("pod/{name}")
            }
            other => other.words(),
        };
        self.vars
            .iter()
            .map(|(name, value)| (name.clone(), words(value)))
            .collect()
    }

    fn probe(&mut self, probe: Probe, text: &str) -> Result {
        let send = act::send(text).map_err(|(message, help)| format!("{message} {help}"))?;
        let vars = self.words();
        let bench = self.bench;
        match probe {
            Probe::Walk => Ok(Value::Walk(bench.try_walk(&send, &vars)?)),
            Probe::Many => {
                let counted = bench.many(&send, &vars, &mut bench.memory.clone())?;
                Ok(Value::Many(Rc::new(counted), bench.lab.clone()))
            }
            Probe::Odds => {
                let ask = bench.ask(&send, &vars)?;
                Ok(Value::Odds(Rc::new(self.paths(&ask)?)))
            }
        }
    }

    /// Every path through the draws, each with its share.
    fn paths(&self, ask: &lab::Ask) -> Result<Vec<(f64, Rc<Walked>)>> {
        let mut found = Vec::new();
        let mut open: Vec<Vec<Forced>> = vec![Vec::new()];
        while let Some(script) = open.pop() {
            if found.len() == PATHS {
                return Err(format!(
                    "There are more than {PATHS} paths through the draws."
                ));
            }
            let forced = script.len();
            let walked = self.bench.try_ask(ask, &mut Dice::scripted(script, 0))?;
            let throws = &walked.trip.journey.throws;
            let way = |hit: bool| if hit { Forced::Hit } else { Forced::Miss };
            let mut share = 1.0;
            let mut taken: Vec<Forced> = Vec::new();
            for (at, throw) in throws.iter().enumerate() {
                let hit = throw.draw.threshold.as_f64();
                let (this, other) = match throw.draw.hit {
                    true => (hit, 1.0 - hit),
                    false => (1.0 - hit, hit),
                };
                share *= this;
                if at >= forced && other > 0.0 {
                    open.push(
                        taken
                            .iter()
                            .copied()
                            .chain([way(!throw.draw.hit)])
                            .collect(),
                    );
                }
                taken.push(way(throw.draw.hit));
            }
            found.push((share, walked));
        }
        Ok(found)
    }

    fn call(&mut self, name: &str, args: &[Expr]) -> Result {
        let bench = self.bench;
        match (name, args) {
            ("again", [of]) => {
                let name = match of {
                    Expr::Name(name) => name,
                    _ => return Err("again(…) needs the name of a walk.".into()),
                };
                let of = bench.walk(name)?;
                let Some(flow) = &of.flow else {
                    return Err(format!("The connection of {name} is not open."));
                };
                let mut memory = bench.memory.clone();
                let again = bench.lab.again(&mut memory, flow, &mut bench.dice(&[]));
                let (trip, flow) = again.ok_or_else(|| format!("The client of {name} is gone."))?;
                Ok(Value::Walk(Rc::new(Walked {
                    lab: bench.lab.clone(),
                    ask: of.ask.clone(),
                    trip,
                    flow,
                })))
            }
            ("fresh", [Expr::Name(of)]) => {
                let of = bench.walk(of)?;
                bench.labs.luck.set(true);
                Ok(Value::Walk(bench.try_ask(&of.ask, &mut bench.dice(&[]))?))
            }
            ("holders", [addr]) => {
                let addr = self.value(addr)?;
                self.holders(&addr)
            }
            ("rules", [node, rule]) => {
                let node = self.node(node)?;
                let Value::Pattern(pattern) = self.value(rule)? else {
                    return Err("rules(NODE, RULE) needs a rule such as SVC.pick(1).".into());
                };
                let rules = bench.lab.rules(&node, IpFamily::Ipv4);
                let meant = bench.meant(&bench.lab, &rules.ruleset, &pattern)?;
                Ok(Value::Rules(node, bench.lab.clone(), meant))
            }
            ("counter", [node, rule]) => {
                let node = self.node(node)?;
                let Value::Pattern(pattern) = self.value(rule)? else {
                    return Err("counter(NODE, RULE) needs a rule such as SEP(any).dnat.".into());
                };
                let rules = bench.lab.rules(&node, IpFamily::Ipv4);
                let meant = bench.meant(&bench.lab, &rules.ruleset, &pattern)?;
                let counters = bench.memory.counters(&Ns::Node(node), Family::Ipv4);
                let counted = counters
                    .iter()
                    .filter(|(rule, _)| meant.iter().any(|m| m.is(rule)));
                Ok(Value::Number(counted.map(|(_, n)| *n as f64).sum()))
            }
            ("endpoints", []) => match &bench.lesson.service {
                Some(service) => Ok(Value::List(self.endpoints(service))),
                None => Err(
                    "It is not said which Service is meant: endpoints(\"NAMESPACE/NAME\").".into(),
                ),
            },
            ("endpoints", [Expr::Text(service)]) => Ok(Value::List(self.endpoints(service))),
            ("count", [list]) => match self.value(list)? {
                Value::List(items) => Ok(Value::Number(items.len() as f64)),
                Value::Nothing => Ok(Value::Number(0.0)),
                other => Err(format!("{} cannot be counted.", other.kind())),
            },
            ("distinct", [list]) => match self.value(list)? {
                Value::List(items) => {
                    let mut seen: Vec<Value> = Vec::new();
                    for item in items {
                        if !seen.iter().any(|s| same(s, &item)) {
                            seen.push(item);
                        }
                    }
                    Ok(Value::Number(seen.len() as f64))
                }
                other => Err(format!("{} cannot be counted.", other.kind())),
            },
            ("diff", []) => Ok(Value::Number(self.diff() as f64)),
            ("conntrack", [node]) => {
                let node = Ns::Node(self.node(node)?);
                let lines = bench.memory.conntrack(&node);
                Ok(Value::List(lines.into_iter().map(Value::Text).collect()))
            }
            ("recent", [node]) => {
                let node = Ns::Node(self.node(node)?);
                let lists = bench.memory.recent(&node);
                let all = lists
                    .into_values()
                    .flatten()
                    .map(|entry| Value::Addr(entry.addr));
                Ok(Value::List(all.collect()))
            }
            _ if crate::ask::is_of_walk(name) => {
                let walk = self.subject.clone();
                let walk =
                    walk.ok_or_else(|| format!("It is not said of which walk {name} is meant."))?;
                self.of(&Value::Walk(walk), name, args)
            }
            _ => Err(format!(
                "{name}(…) means nothing with {} values. There are walk, odds, many, again, fresh, holders, rules, counter, endpoints, count, distinct, diff, conntrack and recent.",
                args.len()
            )),
        }
    }

    /// A node's name.
    pub(crate) fn node(&mut self, expr: &Expr) -> Result<String> {
        match self.value(expr)? {
            Value::Who(name, _) if self.bench.lab.cluster().node(&name).is_some() => Ok(name),
            other => Err(format!("{} is no node.", other.words())),
        }
    }

    pub(crate) fn with_subject<T>(
        &mut self,
        walk: &Rc<Walked>,
        then: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = self.subject.replace(walk.clone());
        let done = then(self);
        self.subject = outer;
        done
    }
}
