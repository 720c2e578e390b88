//! What an expression comes to, and when two values are the same.

use std::net::IpAddr;
use std::rc::Rc;

use fabric::Ns;
use lab::Lab;

use crate::bench::{Counted, Walked};
use crate::expr::Pattern;
use crate::facts::Met;
use crate::meaning::Meant;

/// How far two numbers may lie apart and still be one: thresholds are parts of 2^31.
pub const NEAR: f64 = 1e-6;

/// A value.
#[derive(Clone)]
pub enum Value {
    /// Nothing: no answer came, nobody holds it.
    Nothing,
    /// Yes or no.
    Yes(bool),
    /// A number.
    Number(f64),
    /// A word.
    Text(String),
    /// An address.
    Addr(IpAddr),
    /// Somebody: a pod, a node, a host.
    Who(String, Vec<IpAddr>),
    /// Several.
    List(Vec<Value>),
    /// A walk.
    Walk(Rc<Walked>),
    /// Every way that a walk can take, each with its share.
    Odds(Rc<Vec<(f64, Rc<Walked>)>>),
    /// Many connections.
    Many(Rc<Counted>, Rc<Lab>),
    /// A pattern of rules.
    Pattern(Pattern),
    /// Rules of a node.
    Rules(String, Rc<Lab>, Vec<Meant>),
    /// One rule of a node.
    Met(Met, Rc<Lab>),
    /// Rules that a packet met, each with whether it took the packet.
    Path(Vec<(Met, bool)>, Rc<Lab>),
    /// One draw.
    Draw(Met, netfilter::Draw, Rc<Lab>),
    /// A packet of a walk, from 0.
    Packet(Rc<Walked>, usize),
}

impl Value {
    /// What kind of value it is, for a message.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Nothing => "nothing",
            Value::Yes(_) => "yes or no",
            Value::Number(_) => "a number",
            Value::Text(_) => "a word",
            Value::Addr(_) => "an address",
            Value::Who(..) => "somebody",
            Value::List(_) => "a list",
            Value::Walk(_) => "a walk",
            Value::Odds(_) => "odds",
            Value::Many(..) => "many connections",
            Value::Pattern(_) => "a rule",
            Value::Rules(..) => "rules of a node",
            Value::Met(..) => "a rule that was met",
            Value::Path(..) => "the rules that a packet met",
            Value::Draw(..) => "a draw",
            Value::Packet(..) => "a packet",
        }
    }

    /// In words, for a message or as an answer.
    pub fn words(&self) -> String {
        match self {
            Value::Nothing => "none".into(),
            Value::Yes(true) => "yes".into(),
            Value::Yes(false) => "no".into(),
            Value::Number(n) if n.fract() == 0.0 && n.abs() < 1e15 => format!("{n:.0}"),
            Value::Number(n) => format!("{n:.6}"),
            Value::Text(text) => text.clone(),
            Value::Addr(addr) => addr.to_string(),
            Value::Who(name, _) => name.clone(),
            Value::List(items) if items.is_empty() => "none".into(),
            Value::List(items) => {
                let words: Vec<String> = items.iter().take(12).map(Value::words).collect();
                words.join(", ")
            }
            Value::Met(met, _) | Value::Draw(met, ..) => {
                let rule = &met.rule;
                format!(
                    "{} {}/{}#{}",
                    place(&met.ns),
                    rule.table,
                    rule.chain,
                    rule.number
                )
            }
            other => other.kind().into(),
        }
    }
}

/// The bare name of a place.
pub fn place(ns: &Ns) -> &str {
    match ns {
        Ns::Node(name) | Ns::Pod(name) | Ns::External(name) => name,
        Ns::Router => "router",
    }
}

/// Whether two values are the same.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Nothing, Value::List(l)) | (Value::List(l), Value::Nothing) => l.is_empty(),
        (Value::Nothing, Value::Nothing) => true,
        (Value::Yes(a), Value::Yes(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => (a - b).abs() <= NEAR,
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Addr(a), Value::Addr(b)) => a == b,
        (Value::Who(a, _), Value::Who(b, _)) => a == b,
        (Value::Who(_, addrs), Value::Addr(addr)) | (Value::Addr(addr), Value::Who(_, addrs)) => {
            addrs.contains(addr)
        }
        (Value::Who(name, _), Value::Text(text)) | (Value::Text(text), Value::Who(name, _)) => {
            name == text || name.rsplit('/').next() == Some(text)
        }
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        // One in a list alone is that one.
        (Value::List(l), other) | (other, Value::List(l)) => {
            matches!(&l[..], [one] if same(one, other))
        }
        _ => false,
    }
}
