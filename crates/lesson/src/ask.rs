//! What can be asked of a value: a walk's ending, a rule's probability, a share of the odds.

use std::rc::Rc;

use fabric::{Direction, Ending, Ns};
use lab::IpFamily;
use netfilter::{Hook, TableName};

use crate::around::ready;
use crate::bench::Walked;
use crate::eval::{Result, Scope};
use crate::expr::Expr;
use crate::facts::{self, Field, Met};
use crate::meaning;
use crate::value::{Value, place, same};

/// What can be asked of a walk.
const OF_WALK: [&str; 24] = [
    "marked_by",
    "outcome",
    "answered_by",
    "reached",
    "source_seen",
    "source_port",
    "port_kept",
    "sender",
    "sender_port",
    "signal_from",
    "decided_by",
    "draws",
    "draw",
    "first_packet",
    "packet",
    "path",
    "mark",
    "tried",
    "rewritten_at",
    "visited",
    "cause",
    "packets",
    "destination",
    "masqueraded",
];

/// Whether a word asks something of a walk.
pub fn is_of_walk(name: &str) -> bool {
    OF_WALK.contains(&name)
}

fn yes_no(yes: bool) -> Result {
    Ok(Value::Yes(yes))
}

fn addr_or_nothing(addr: Option<std::net::IpAddr>) -> Result {
    Ok(addr.map_or(Value::Nothing, Value::Addr))
}

fn port_or_nothing(port: Option<u16>) -> Result {
    Ok(port.map_or(Value::Nothing, |port| Value::Number(f64::from(port))))
}

impl Scope<'_, '_> {
    /// What a value says about something.
    ///
    /// # Errors
    /// Where it says nothing about it.
    pub(crate) fn of(&mut self, value: &Value, name: &str, args: &[Expr]) -> Result {
        match value {
            Value::Walk(walk) => self.of_walk(&walk.clone(), name, args),
            Value::Packet(walk, packet) => self.of_packet(&walk.clone(), *packet, name, args),
            Value::Odds(ways) => self.of_odds(&ways.clone(), name, args),
            Value::Many(counted, lab) => {
                let (counted, lab) = (counted.clone(), lab.clone());
                self.of_many(&counted, &lab, name, args)
            }
            Value::Rules(node, lab, meant) => {
                let rules = lab.rules(node, IpFamily::Ipv4);
                let rules = meaning::rules(&rules.ruleset, meant);
                of_rules(&rules, name)
            }
            Value::Met(met, lab) => of_met(met, lab, name),
            Value::Draw(met, draw, lab) => match name {
                "hit" => yes_no(draw.hit),
                "threshold" => Ok(Value::Number(draw.threshold.as_f64())),
                "drawn" => {
                    let whole = f64::from(netfilter::Probability::WHOLE);
                    Ok(Value::Number(f64::from(draw.drawn) / whole))
                }
                "rule" => Ok(Value::Met(met.clone(), lab.clone())),
                _ => Err(no_such(value, name, "hit, threshold, drawn, rule")),
            },
            Value::List(items) if name == "count" => Ok(Value::Number(items.len() as f64)),
            Value::Nothing if name == "count" => Ok(Value::Number(0.0)),
            other => Err(no_such(other, name, "nothing")),
        }
    }

    fn of_walk(&mut self, walk: &Rc<Walked>, name: &str, args: &[Expr]) -> Result {
        let trip = &walk.trip;
        let ending = &trip.journey.ending;
        match (name, args) {
            ("outcome", []) => Ok(Value::Text(ending.word().into())),
            ("answered_by", []) => Ok(match ending {
                Ending::Reply { by, .. } => self.who(walk, by),
                _ => Value::Nothing,
            }),
            ("reached", []) => addr_or_nothing(facts::reached(trip).map(|(addr, _)| addr)),
            ("source_seen", []) => addr_or_nothing(facts::source(trip).map(|(addr, _)| addr)),
            ("source_port", []) => port_or_nothing(facts::source(trip).and_then(|(_, p)| p)),
            ("sender", []) => addr_or_nothing(facts::sender(trip).map(|(addr, _)| addr)),
            ("sender_port", []) => port_or_nothing(facts::sender(trip).and_then(|(_, p)| p)),
            ("destination", []) => Ok(Value::Addr(trip.dst)),
            ("port_kept", []) => {
                let port =
                    |found: Option<(std::net::IpAddr, Option<u16>)>| found.and_then(|(_, p)| p);
                yes_no(port(facts::source(trip)) == port(facts::sender(trip)))
            }
            ("masqueraded", []) => {
                yes_no(facts::source(trip).is_some_and(|s| Some(s) != facts::sender(trip)))
            }
            ("signal_from", []) => addr_or_nothing(match ending {
                Ending::TcpReset { from } | Ending::IcmpUnreachable { from, .. } => Some(*from),
                _ => None,
            }),
            ("decided_by", []) => Ok(match facts::decided_by(trip) {
                Some(met) => Value::Met(met, walk.lab.clone()),
                None => Value::Nothing,
            }),
            ("marked_by", []) => Ok(match facts::marked_by(trip) {
                Some(met) => Value::Met(met, walk.lab.clone()),
                None => Value::Nothing,
            }),
            ("draws", []) => {
                let throws = trip.journey.throws.iter();
                let draw = |t: &fabric::Throw| {
                    let met = Met {
                        ns: t.ns.clone(),
                        rule: t.rule.clone(),
                    };
                    Value::Draw(met, t.draw, walk.lab.clone())
                };
                Ok(Value::List(throws.map(draw).collect()))
            }
            ("draw", [nth]) => {
                let nth = self.number(nth)?;
                let Value::List(draws) = self.of_walk(walk, "draws", &[])? else {
                    return Ok(Value::Nothing);
                };
                let found = draws.into_iter().nth((nth as usize).saturating_sub(1));
                found.ok_or_else(|| format!("The walk has no draw {nth}."))
            }
            ("packets", []) => {
                let last = trip.journey.events.last();
                Ok(Value::Number(last.map_or(0.0, |e| e.packet as f64 + 1.0)))
            }
            ("packet", [nth]) => {
                let nth = self.number(nth)? as usize;
                match nth.checked_sub(1) {
                    Some(packet) => Ok(Value::Packet(walk.clone(), packet)),
                    None => Err("Packets are counted from 1.".into()),
                }
            }
            ("path", []) => Ok(Value::Path(self.path(walk, None, None), walk.lab.clone())),
            ("path", [node]) => {
                let node = self.node(node)?;
                Ok(Value::Path(
                    self.path(walk, None, Some(&node)),
                    walk.lab.clone(),
                ))
            }
            ("first_packet", _) => self.of_packet(walk, 0, "path", args),
            ("mark", _) => self.of_packet(walk, 0, "mark", args),
            ("tried", [table]) => {
                let table = self.table(table)?;
                Ok(Value::Number(facts::tried(trip, table, None) as f64))
            }
            ("rewritten_at", [direction, field]) => {
                let direction = match self.value(direction)?.words().as_str() {
                    "reply" => Direction::Reply,
                    "original" => Direction::Original,
                    other => {
                        return Err(format!("\"{other}\" is no direction: original or reply."));
                    }
                };
                let field = match self.value(field)?.words().as_str() {
                    "src" => Field::Src,
                    "dst" => Field::Dst,
                    other => return Err(format!("\"{other}\" is no field: src or dst.")),
                };
                Ok(match facts::rewritten(trip, direction, field) {
                    Some((ns, hook)) => Value::Text(format!("{} {}", place(&ns), hook.name())),
                    None => Value::Nothing,
                })
            }
            ("visited", [who]) => {
                let who = self.value(who)?;
                yes_no(facts::visited(trip, |ns| same(&self.who(walk, ns), &who)))
            }
            ("cause", []) => Ok(Value::Text(facts::cause(walk).into())),
            _ => Err(no_such(
                &Value::Walk(walk.clone()),
                name,
                &OF_WALK.join(", "),
            )),
        }
    }

    fn of_packet(&mut self, walk: &Rc<Walked>, packet: usize, name: &str, args: &[Expr]) -> Result {
        match (name, args) {
            ("path", []) => Ok(Value::Path(
                self.path(walk, Some(packet), None),
                walk.lab.clone(),
            )),
            ("path", [node]) => {
                let node = self.node(node)?;
                Ok(Value::Path(
                    self.path(walk, Some(packet), Some(&node)),
                    walk.lab.clone(),
                ))
            }
            ("tried", [table]) => {
                let table = self.table(table)?;
                Ok(Value::Number(
                    facts::tried(&walk.trip, table, Some(packet)) as f64
                ))
            }
            ("mark", [node, hook]) => {
                let node = self.node(node)?;
                let hook = self.value(hook)?.words();
                let hooks = [
                    Hook::Prerouting,
                    Hook::Input,
                    Hook::Forward,
                    Hook::Output,
                    Hook::Postrouting,
                ];
                let Some(hook) = hooks.into_iter().find(|h| h.name() == hook) else {
                    return Err(format!("\"{hook}\" is no hook."));
                };
                Ok(match facts::mark(&walk.trip, &node, hook, packet) {
                    Some(mark) => Value::Number(f64::from(mark)),
                    None => Value::Nothing,
                })
            }
            _ => Err(no_such(
                &Value::Packet(walk.clone(), packet),
                name,
                "path, tried, mark",
            )),
        }
    }

    fn of_odds(&mut self, ways: &Rc<Vec<(f64, Rc<Walked>)>>, name: &str, args: &[Expr]) -> Result {
        let sum = |scope: &mut Self,
                   test: &mut dyn FnMut(&mut Self, &Rc<Walked>) -> Result<bool>| {
            let mut share = 0.0;
            for (part, walk) in ways.iter() {
                if test(scope, walk)? {
                    share += part;
                }
            }
            Ok(Value::Number(share))
        };
        match (name, args) {
            ("reply", []) => sum(self, &mut |_, walk| {
                Ok(walk.trip.journey.ending.word() == "reply")
            }),
            ("masqueraded", []) => sum(self, &mut |scope, walk| {
                scope
                    .of_walk(walk, "masqueraded", &[])
                    .map(|v| same(&v, &Value::Yes(true)))
            }),
            ("share", [condition]) => sum(self, &mut |scope, walk| {
                scope.with_subject(walk, |scope| scope.holds(condition))
            }),
            ("outcome" | "answered_by" | "reached" | "source_seen", [wanted]) => {
                let wanted = self.value(wanted)?;
                sum(self, &mut |scope, walk| {
                    Ok(same(&scope.of_walk(walk, name, &[])?, &wanted))
                })
            }
            ("some_empty", [connections]) => {
                let connections = self.number(connections)? as u64;
                let mut shares: std::collections::BTreeMap<std::net::IpAddr, f64> =
                    Default::default();
                for (part, walk) in ways.iter() {
                    if let Some((addr, _)) = facts::reached(&walk.trip) {
                        *shares.entry(addr).or_default() += part;
                    }
                }
                let shares: Vec<f64> = shares.into_values().collect();
                match lab::chance::some_is_empty(connections, &shares) {
                    Some(chance) => Ok(Value::Number(chance)),
                    None => Err("Too many connections to count the chance.".into()),
                }
            }
            ("endpoints", []) => {
                let mut found: Vec<Value> = Vec::new();
                for (_, walk) in ways.iter() {
                    if let Some((addr, _)) = facts::reached(&walk.trip)
                        && !found.iter().any(|f| same(f, &Value::Addr(addr)))
                    {
                        found.push(Value::Addr(addr));
                    }
                }
                Ok(Value::List(found))
            }
            _ => Err(no_such(
                &Value::Odds(ways.clone()),
                name,
                "reply, masqueraded, share(CONDITION), outcome(…), answered_by(…), reached(…), source_seen(…), endpoints, some_empty(N)",
            )),
        }
    }

    fn of_many(
        &mut self,
        counted: &Rc<crate::bench::Counted>,
        lab: &Rc<lab::Lab>,
        name: &str,
        args: &[Expr],
    ) -> Result {
        let number = |n: u64| Ok(Value::Number(n as f64));
        let all = || {
            let service = self.bench.lesson.service.as_deref().unwrap_or_default();
            let mut ends = ready(lab, service);
            ends.extend(counted.reached.keys().copied());
            ends.sort();
            ends.dedup();
            let of = |addr| counted.reached.get(&addr).copied().unwrap_or(0);
            ends.into_iter().map(of).collect::<Vec<u64>>()
        };
        match (name, args) {
            ("total", []) => number(counted.total),
            ("distinct", []) => number(counted.reached.values().filter(|n| **n > 0).count() as u64),
            ("least", []) => number(all().into_iter().min().unwrap_or(0)),
            ("most", []) => number(all().into_iter().max().unwrap_or(0)),
            ("outcome", [word]) => {
                let word = self.value(word)?.words();
                number(counted.outcomes.get(&word).copied().unwrap_or(0))
            }
            ("count", [who]) => {
                let who = self.value(who)?;
                let is = |addr: &std::net::IpAddr| same(&Value::Addr(*addr), &who);
                number(
                    counted
                        .reached
                        .iter()
                        .filter(|(addr, _)| is(addr))
                        .map(|(_, n)| n)
                        .sum(),
                )
            }
            _ => Err(no_such(
                &Value::Many(counted.clone(), lab.clone()),
                name,
                "total, distinct, least, most, outcome(…), count(…)",
            )),
        }
    }

    /// The rules that packets met, in order.
    pub(crate) fn path(
        &self,
        walk: &Walked,
        packet: Option<usize>,
        node: Option<&str>,
    ) -> Vec<(Met, bool)> {
        facts::steps(&walk.trip)
            .filter(|(event, _)| packet.is_none_or(|p| p == event.packet))
            .filter(|(event, _)| node.is_none_or(|n| place(&event.ns) == n))
            .map(|(event, step)| {
                let met = Met {
                    ns: event.ns.clone(),
                    rule: step.rule.clone(),
                };
                (met, facts::matched(step))
            })
            .collect()
    }

    fn who(&self, walk: &Walked, ns: &Ns) -> Value {
        let cluster = walk.lab.cluster();
        match ns {
            Ns::Node(name) => {
                let ips = cluster.node(name).map(|n| n.internal_ips.clone());
                Value::Who(name.clone(), ips.unwrap_or_default())
            }
            Ns::Pod(name) => {
                let own = name
                    .split_once('/')
                    .and_then(|(namespace, pod)| cluster.pod(namespace, pod));
                Value::Who(name.clone(), own.map(|p| p.ips.clone()).unwrap_or_default())
            }
            Ns::External(name) if name == lab::wiring::OUTSIDE => {
                Value::Who(name.clone(), lab::wiring::outside_addresses(cluster))
            }
            Ns::External(name) => Value::Who(name.clone(), Vec::new()),
            Ns::Router => Value::Who("router".into(), Vec::new()),
        }
    }

    fn table(&mut self, expr: &Expr) -> Result<TableName> {
        let name = self.value(expr)?.words();
        let all = [
            TableName::Raw,
            TableName::Mangle,
            TableName::Nat,
            TableName::Filter,
            TableName::Security,
        ];
        all.into_iter()
            .find(|t| t.to_string() == name)
            .ok_or_else(|| format!("\"{name}\" is no table."))
    }
}

fn no_such(value: &Value, name: &str, there: &str) -> String {
    format!(
        "{} has no \"{name}\" that could be asked so; there is {there}.",
        value.kind()
    )
}

fn of_rules(rules: &[&netfilter::Rule], name: &str) -> Result {
    match name {
        "count" => Ok(Value::Number(rules.len() as f64)),
        "probability" => Ok(
            match rules.iter().find_map(|rule| meaning::probability(rule)) {
                Some(p) => Value::Number(p),
                None => Value::Nothing,
            },
        ),
        "comment" => Ok(match rules.iter().find_map(|rule| meaning::comment(rule)) {
            Some(comment) => Value::Text(comment.to_owned()),
            None => Value::Nothing,
        }),
        "text" => Ok(Value::List(
            rules.iter().map(|r| Value::Text(r.to_string())).collect(),
        )),
        "to" => {
            let to =
                |rule: &&&netfilter::Rule| matches!(rule.target, Some(netfilter::Target::Dnat(_)));
            Ok(match rules.iter().find(to) {
                Some(rule) => {
                    let text = rule.to_string();
                    let to = text.split("--to-destination ").nth(1).unwrap_or_default();
                    Value::Text(to.split_whitespace().next().unwrap_or_default().to_owned())
                }
                None => Value::Nothing,
            })
        }
        _ => Err(format!(
            "Rules have no \"{name}\"; there is count, probability, comment, to, text."
        )),
    }
}

fn of_met(met: &Met, lab: &lab::Lab, name: &str) -> Result {
    match name {
        "table" => return Ok(Value::Text(met.rule.table.to_string())),
        "chain" => return Ok(Value::Text(met.rule.chain.to_string())),
        "node" => return Ok(Value::Text(place(&met.ns).to_owned())),
        _ => {}
    }
    let one = [meaning::Meant {
        table: met.rule.table,
        chain: met.rule.chain.clone(),
        number: Some(met.rule.number),
    }];
    let rules = lab.rules(place(&met.ns), IpFamily::Ipv4);
    of_rules(&meaning::rules(&rules.ruleset, &one), name)
}
