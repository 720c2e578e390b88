//! Finds the rules that an object of the text made, on the core's side of the boundary.

use std::collections::BTreeMap;

use lab::{IpFamily, Lab, RuleRef, TableName};

use crate::made::{Made, MadeChain, MadeRule};
use crate::text::count;

/// More nodes than these have the same to say.
const NODES: usize = 16;
/// More rules than these are counted only.
const RULES: usize = 300;

/// A rule as it was found, and where.
struct Found {
    full: String,
    why: String,
    line: Option<usize>,
    nodes: Vec<String>,
}

/// The rules made by the object whose text has this line, in one family.
pub fn made(lab: &Lab, line: usize, family: IpFamily) -> Option<Made> {
    let origins = &lab.cluster().origins;
    let at = |o: &cluster::source::ObjectOrigin| {
        let span = o.text.as_deref()?.span;
        (o.made_by.is_none() && (span.line..=span.end_line).contains(&line)).then_some(span.line)
    };
    let (object, first) = origins.objects.iter().find_map(|o| Some((o, at(o)?)))?;
    let whose = (
        object.kind.clone(),
        object.namespace.clone(),
        object.name.clone(),
    );
    let nodes = &lab.cluster().nodes;
    let mut found: BTreeMap<(TableName, String), Vec<Found>> = BTreeMap::new();
    for node in nodes.iter().take(NODES) {
        let rules = lab.rules(&node.name, family);
        for (&table, chains) in &rules.ruleset.tables {
            for chain in &chains.chains {
                for (i, rule) in chain.rules.iter().enumerate() {
                    let place = RuleRef {
                        table,
                        chain: chain.name.clone(),
                        number: i + 1,
                    };
                    let Some(origin) = lab.origin(&node.name, family, &place) else {
                        continue;
                    };
                    if origin.object.as_ref() != Some(&whose) {
                        continue;
                    }
                    let full = format!("-A {} {rule}", chain.name);
                    let key = (table, chain.name.as_str().to_owned());
                    let known = found.entry(key).or_default();
                    match known.iter_mut().find(|f| f.full == full) {
                        Some(f) => f.nodes.push(node.name.clone()),
                        None => known.push(Found {
                            full,
                            why: origin.why,
                            line: origin.span.map(|s| s.line).filter(|l| *l != first),
                            nodes: vec![node.name.clone()],
                        }),
                    }
                }
            }
        }
    }
    let total = found.values().map(Vec::len).sum();
    let mut room = RULES;
    let mut chains = Vec::new();
    for ((table, chain), rules) in found {
        let node = rules[0].nodes[0].clone();
        let shown = rules.into_iter().take(room).map(|f| MadeRule {
            nodes: in_words(&f.nodes, nodes.len().min(NODES)),
            full: f.full,
            why: f.why,
            line: f.line,
        });
        let rules: Vec<MadeRule> = shown.collect();
        room -= rules.len();
        if !rules.is_empty() {
            chains.push(MadeChain {
                table,
                chain,
                node,
                rules,
            });
        }
    }
    let (kind, namespace, name) = whose;
    Some(Made {
        object: match namespace.is_empty() {
            true => format!("{kind} {name}"),
            false => format!("{kind} {namespace}/{name}"),
        },
        line: first,
        chains,
        count: total,
        left_out: nodes.len().saturating_sub(NODES),
    })
}

fn in_words(nodes: &[String], of: usize) -> String {
    match nodes {
        all if all.len() == of && of > 1 => "every node".into(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [first, rest @ ..] => format!("{first} and {}", count(rest.len(), "other", "others")),
        [] => String::new(),
    }
}
