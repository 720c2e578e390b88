//! What differs between the rules of two clusters, on every node and in both families.
//!
//! Most nodes of a cluster differ in the same way, so those that do stand together.

use netfilter::diff::Diff;

use crate::{IpFamily, Lab};

/// What differs between two clusters' rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Differences {
    /// Nodes that only the first cluster has.
    pub gone: Vec<String>,
    /// Nodes that only the second has.
    pub came: Vec<String>,
    /// What differs on nodes that both have; the nodes are in the first cluster's order.
    pub nodes: Vec<NodesDiff>,
}

/// Nodes whose rules of one family differ in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodesDiff {
    /// The nodes.
    pub nodes: Vec<String>,
    /// The family.
    pub family: IpFamily,
    /// What differs.
    pub diff: Diff,
}

/// Which nodes and families are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope<'a> {
    /// This node alone.
    pub node: Option<&'a str>,
    /// This family alone.
    pub family: Option<IpFamily>,
}

impl Differences {
    /// Whether the rules are the same everywhere.
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.came.is_empty() && self.nodes.is_empty()
    }
}

/// What leads from the rules of one cluster to those of another.
pub fn diff(before: &Lab, after: &Lab, scope: Scope<'_>) -> Differences {
    let names = |lab: &Lab| -> Vec<String> {
        let nodes = lab.cluster().nodes.iter().map(|node| node.name.clone());
        nodes
            .filter(|name| scope.node.is_none_or(|only| only == name))
            .collect()
    };
    let missing = |from: &[String], lab: &Lab| -> Vec<String> {
        let from = from
            .iter()
            .filter(|name| lab.cluster().node(name).is_none());
        from.cloned().collect()
    };
    let (old, new) = (names(before), names(after));
    let mut found: Vec<NodesDiff> = Vec::new();
    for node in old.iter().filter(|n| after.cluster().node(n).is_some()) {
        for family in [IpFamily::Ipv4, IpFamily::Ipv6] {
            if scope.family.is_some_and(|only| only != family) {
                continue;
            }
            let diff = Diff::between(
                &before.rules(node, family).ruleset,
                &after.rules(node, family).ruleset,
            );
            if diff.is_empty() {
                continue;
            }
            let alike = |d: &&mut NodesDiff| d.family == family && d.diff == diff;
            match found.iter_mut().find(alike) {
                Some(group) => group.nodes.push(node.clone()),
                None => found.push(NodesDiff {
                    nodes: vec![node.clone()],
                    family,
                    diff,
                }),
            }
        }
    }
    Differences {
        gone: missing(&old, after),
        came: missing(&new, before),
        nodes: found,
    }
}
