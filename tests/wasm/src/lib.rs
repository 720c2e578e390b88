//! What the core answers to one manifest and some questions, as one text.
//!
//! Compiled natively and to wasm, where a `usize` has half the bits and nothing else may differ.
//! Whether an answer is right is for other tests to say.

use std::fmt::Write;

use lab::{Ask, Dice, IpFamily, Lab, Memory, Options, Reader, Source, text};
use wasm_bindgen::prelude::wasm_bindgen;

/// Every diagnostic, every node's rules, and a journey for each question (`FROM TO SEED` a line).
#[wasm_bindgen]
pub fn answer(yaml: &str, asks: &str) -> String {
    let lab = Lab::load(
        &[Source {
            name: "input.yaml".into(),
            text: yaml.into(),
        }],
        Options::default(),
    );
    let mut out = String::new();
    for diagnostic in lab.diagnostics() {
        let _ = writeln!(out, "{diagnostic:?}");
    }
    for node in &lab.cluster().nodes {
        for family in [IpFamily::Ipv4, IpFamily::Ipv6] {
            let _ = writeln!(out, "# {} {family:?}", node.name);
            out.push_str(&lab.rules(&node.name, family).ruleset.to_string());
        }
    }
    for line in asks.lines() {
        let _ = writeln!(out, "> {line}");
        match journey(&lab, line) {
            Some(journey) => out.push_str(&journey),
            None => out.push_str("not a question\n"),
        }
    }
    out
}

/// One question that is asked many times over, to measure how fast.
#[wasm_bindgen]
pub struct Repeated {
    lab: Lab,
    ask: Ask,
}

#[wasm_bindgen]
impl Repeated {
    /// A manifest, and who asks whom; `None` where that is no question.
    pub fn new(yaml: &str, from: &str, to: &str) -> Option<Repeated> {
        let source = Source {
            name: "input.yaml".into(),
            text: yaml.into(),
        };
        Some(Repeated {
            lab: Lab::load(&[source], Options::default()),
            ask: Ask::parse(from, to, None).ok()?,
        })
    }

    /// Makes so many connections as the page counts them: each way through the draws is walked once
    /// and known from then on. Says how many were answered.
    pub fn counted(&self, connections: u32) -> u32 {
        let (mut memory, mut dice) = (Memory::default(), Dice::seeded(1));
        let sent = self
            .lab
            .send_many(&mut memory, &self.ask, &mut dice, connections.into());
        sent.as_ref().map_or(0, answered)
    }

    /// The same with each connection walked packet by packet.
    pub fn walked(&self, connections: u32) -> u32 {
        let (mut memory, mut dice) = (Memory::default(), Dice::seeded(1));
        let sent = self
            .lab
            .send_each(&mut memory, &self.ask, &mut dice, connections.into());
        sent.as_ref().map_or(0, answered)
    }
}

fn answered(totals: &lab::Totals) -> u32 {
    let count = totals.outcomes.get("reply").copied().unwrap_or(0);
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// From text to the rules of one node: how long kube-proxy's text is.
#[wasm_bindgen]
pub fn rules(yaml: &str, node: &str) -> usize {
    let source = Source {
        name: "input.yaml".into(),
        text: yaml.into(),
    };
    let lab = Lab::load(&[source], Options::default());
    lab.proxy_rules(node, IpFamily::Ipv4).restore().len()
}

/// A text that is read again after each edit, as the page does.
#[wasm_bindgen]
#[derive(Default)]
pub struct Edited {
    reader: Reader,
    /// The cluster before, which the page takes down once an answer is given.
    before: Option<Lab>,
}

#[wasm_bindgen]
impl Edited {
    /// One that has read nothing.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Edited {
        Edited::default()
    }

    /// From text to every rule that a walk needs and to the walk: how many events it has.
    pub fn walk(&mut self, yaml: &str, from: &str, to: &str) -> usize {
        let source = Source {
            name: "input.yaml".into(),
            text: yaml.into(),
        };
        let lab = Lab::load_with(&mut self.reader, &[source], Options::default());
        let events = Ask::parse(from, to, None).and_then(|ask| {
            let trip = lab.send(&mut Memory::default(), &ask, &mut Dice::seeded(1));
            trip.map(|trip| trip.journey.events.len())
        });
        self.before = Some(lab);
        events.unwrap_or_default()
    }

    /// Takes the cluster before down.
    pub fn tidy(&mut self) {
        self.before = None;
    }
}

fn journey(lab: &Lab, line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let (from, to, seed) = (words.next()?, words.next()?, words.next()?);
    let ask = Ask::parse(from, to, None).ok()?;
    let mut dice = Dice::seeded(seed.parse().ok()?);
    Some(match lab.send(&mut Memory::default(), &ask, &mut dice) {
        Ok(trip) => text::trip(&trip),
        Err(error) => format!("{error}\n"),
    })
}
