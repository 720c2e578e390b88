//! Which words of an output name something that can be looked at: a chain of the node whose rules were
//! printed, or an object that stands in the manifest.

use std::collections::BTreeMap;
use std::ops::Range;

use lab::{IpFamily, Lab, TableName};

use crate::answer::Answer;

/// What a word leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// A chain.
    Chain {
        /// On which node.
        node: String,
        /// Of which family.
        family: IpFamily,
        /// In which table.
        table: TableName,
        /// Which.
        chain: String,
    },
    /// An object of the manifest.
    Object {
        /// `Service demo/web`
        name: String,
        /// The line that it begins on.
        line: usize,
    },
}

/// A word, by its bytes in the text, and what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// Where it stands.
    pub at: Range<usize>,
    /// What it leads to.
    pub to: Link,
}

/// The kinds whose names are links wherever they stand. The others are where their kind is written before
/// them: many a namespace, label and Deployment share one short name.
const PLAIN: [&str; 4] = ["Service", "Pod", "Node", "EndpointSlice"];

/// What kubectl calls a kind in `kind/name`.
const KINDS: [(&str, &str); 9] = [
    ("node", "Node"),
    ("pod", "Pod"),
    ("service", "Service"),
    ("endpointslice.discovery.k8s.io", "EndpointSlice"),
    ("endpoints", "Endpoints"),
    ("deployment.apps", "Deployment"),
    ("statefulset.apps", "StatefulSet"),
    ("replicaset.apps", "ReplicaSet"),
    ("namespace", "Namespace"),
];

/// The links of a text that an answer printed, in order.
pub fn links(lab: &Lab, answer: &Answer, text: &str) -> Vec<Linked> {
    let chains = answer.rules.as_ref().map(|(node, family)| {
        let rules = lab.rules(node, *family);
        let mut found: BTreeMap<String, Vec<TableName>> = BTreeMap::new();
        for (name, table) in &rules.ruleset.tables {
            for chain in &table.chains {
                let chain = chain.name.as_str().to_owned();
                found.entry(chain).or_default().push(*name);
            }
        }
        (node, *family, found)
    });
    let objects = objects(lab);
    let mut out = Vec::new();
    let mut table = answer.table;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        // iptables-save says which table it is in.
        if let Some(name) = line.strip_prefix('*') {
            table = TableName::parse(name.trim_end()).or(table);
        }
        for word in words(line) {
            let (at, name) = (start + word.start..start + word.end, &line[word.clone()]);
            let chain = chains.as_ref().and_then(|(node, family, found)| {
                let tables = found.get(name)?;
                let table = table
                    .filter(|t| tables.contains(t))
                    .or(tables.first().copied());
                Some(Link::Chain {
                    node: (*node).clone(),
                    family: *family,
                    table: table?,
                    chain: name.to_owned(),
                })
            });
            let object = || {
                let before = line[..word.start].strip_suffix('/');
                // In a sentence of our own a word may be just a word.
                if line.starts_with("# ") && before.is_none() {
                    return None;
                }
                let kind = before.and_then(|before| {
                    let kind = before.rsplit(char::is_whitespace).next()?;
                    KINDS.iter().find(|(word, _)| *word == kind)
                });
                let (kind, at) = objects.get(name)?.iter().find(|(of, _)| match kind {
                    Some((_, kind)) => of == kind,
                    None => PLAIN.contains(&of.as_str()),
                })?;
                Some(Link::Object {
                    name: format!("{kind} {name}"),
                    line: *at,
                })
            };
            if let Some(to) = chain.or_else(object) {
                out.push(Linked { at, to });
            }
        }
        start += line.len();
    }
    out
}

/// Kind and first line of every object that stands in the manifest, by its name. What a controller made
/// leads to whatever it was made from.
fn objects(lab: &Lab) -> BTreeMap<&str, Vec<(String, usize)>> {
    let origins = &lab.cluster().origins;
    let line = |id| origins.span(id, "").map(|span| span.line);
    let mut all: BTreeMap<&str, Vec<(String, usize)>> = BTreeMap::new();
    for (index, object) in origins.objects.iter().enumerate() {
        if let Some(line) = line(cluster::ObjectId(index)) {
            let of = all.entry(&object.name).or_default();
            of.push((object.kind.clone(), line));
        }
    }
    for pod in &lab.cluster().pods {
        let of = all.entry(&pod.name).or_default();
        let known = of.iter().any(|(kind, _)| kind == "Pod");
        if let (false, Some(line)) = (known, line(pod.object)) {
            of.push(("Pod".into(), line));
        }
    }
    all
}

/// The words of a line that may be names.
fn words(line: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + line[at..].find(of_name)?;
        let end = line[start..]
            .find(|c| !of_name(c))
            .map_or(line.len(), |n| start + n);
        at = end;
        Some(start..end)
    })
}
