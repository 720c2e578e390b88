//! The scheduler: which node a pod runs on.
//!
//! Filters as kube-scheduler does (name, taints, nodeSelector, required node affinity), then spreads:
//! fewest pods of the same owner, fewest pods at all, first in the text. Resources and the other scores
//! are not modelled.

use std::collections::BTreeMap;

use crate::decode::node::WrittenNode;
use crate::decode::pod::{PodSpec, Toleration};
use crate::selector::selects;
use crate::source::ObjectId;

/// Whose pod is to be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Anybody's.
    Anyone,
    /// A DaemonSet's, which tolerates a cordon (daemonset controller, `AddOrUpdateDaemonPodTolerations`).
    DaemonSet,
}

/// The taint of a cordoned node.
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

fn tolerates(toleration: &Toleration, key: &str, value: &str, effect: &str) -> bool {
    // core/v1 `Toleration.ToleratesTaint`.
    let same = |said: &Option<String>, taint: &str| said.as_ref().is_none_or(|said| said == taint);
    same(&toleration.key, key) && same(&toleration.value, value) && same(&toleration.effect, effect)
}

/// Whether a pod may run on a node.
pub fn fits(written: &WrittenNode, spec: &PodSpec, who: For) -> bool {
    let node = &written.node;
    let tolerated = |key: &str, value: &str, effect: &str| {
        let standing = who == For::DaemonSet && key.starts_with("node.kubernetes.io/");
        let mut tolerations = spec.tolerations.iter();
        standing || tolerations.any(|toleration| tolerates(toleration, key, value, effect))
    };
    let cordon = written.cordoned && !tolerated(UNSCHEDULABLE, "", "NoSchedule");
    let tolerated = !cordon
        && written
            .taints
            .iter()
            .all(|taint| tolerated(&taint.key, &taint.value, &taint.effect));
    let affine = spec.node_affinity.is_empty()
        || spec.node_affinity.iter().any(|term| {
            !term.is_empty()
                && term
                    .iter()
                    .all(|expression| expression.matches(&node.labels))
        });
    tolerated && selects(&spec.node_selector, &node.labels) && affine
}

/// Counts pods by node, and places more.
pub struct Scheduler<'a> {
    nodes: &'a [WrittenNode],
    by_name: BTreeMap<&'a str, usize>,
    pods: Vec<usize>,
    of_owner: BTreeMap<ObjectId, Vec<usize>>,
}

impl<'a> Scheduler<'a> {
    /// Starts with empty nodes.
    pub fn new(nodes: &'a [WrittenNode]) -> Self {
        let names = nodes.iter().enumerate();
        Scheduler {
            nodes,
            by_name: names
                .map(|(index, written)| (written.node.name.as_str(), index))
                .collect(),
            pods: vec![0; nodes.len()],
            of_owner: BTreeMap::new(),
        }
    }

    /// The index of a node.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Notes that a pod runs on a node.
    pub fn count(&mut self, node: usize, owner: ObjectId) {
        if let Some(pods) = self.pods.get_mut(node) {
            *pods += 1;
            self.of_owner
                .entry(owner)
                .or_insert_with(|| vec![0; self.nodes.len()])[node] += 1;
        }
    }

    /// Chooses a node and counts the pod there. `None` where it fits nowhere.
    pub fn place(&mut self, spec: &PodSpec, owner: ObjectId) -> Option<usize> {
        let own = self.of_owner.get(&owner);
        let node = (0..self.nodes.len())
            .filter(|index| fits(&self.nodes[*index], spec, For::Anyone))
            .min_by_key(|index| (own.map_or(0, |own| own[*index]), self.pods[*index], *index))?;
        self.count(node, owner);
        Some(node)
    }
}
