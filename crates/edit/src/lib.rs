//! Changes to a manifest's text, by place: every byte that a change does not need stays as it was.
//!
//! [`apply`] edits; [`whatif`] knows which changes are worth one click. After each change the text is read
//! again and must say what was meant, no more and no less; a change for which that can't be had is refused
//! rather than half done. What a cluster makes of the text is [`cluster`]'s.

mod literal;
pub mod mask;
mod meant;
mod pods;
mod text;
pub mod whatif;

pub use literal::Literal;

use cluster::yaml::{self, Document};
use cluster::{ClusterState, ObjectId, Pod};

use text::Draft;

/// One step of a path from an object to a value in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The value of this name.
    Key(String),
    /// The item at this index; where there is none, it is made at the end.
    Index(usize),
    /// The item in which a name has this value; it is made at the end where there is none.
    Item(String, String),
}

/// A path of names, as `spec.replicas`.
pub fn path(names: &str) -> Vec<Step> {
    names
        .split('.')
        .map(|name| Step::Key(name.to_owned()))
        .collect()
}

/// One change to a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A value becomes this one; what is missing on the way is made.
    Set(ObjectId, Vec<Step>, Literal),
    /// An entry goes, and what held nothing else with it.
    Unset(ObjectId, Vec<Step>),
    /// A whole object goes.
    Drop(ObjectId),
    /// A document comes at the end.
    Append(Literal),
}

/// What `kubectl delete pod` comes to: a pod that stands in the text goes from it; one that a workload
/// made is written down as failed, so that the workload makes another.
pub fn delete_pod(cluster: &ClusterState, pod: &Pod) -> Vec<Change> {
    match pods::is_written(cluster, pod) {
        true => vec![Change::Drop(pod.object)],
        false => pods::say(cluster, pod, pods::Said::Failed),
    }
}

/// The pods of a workload, written or made, in the cluster's order.
pub fn pods_of(cluster: &ClusterState, workload: ObjectId) -> Vec<&Pod> {
    let Some(object) = cluster.origins.objects.get(workload.0) else {
        return Vec::new();
    };
    let labels = pods::value(cluster, workload, "spec.selector.matchLabels");
    let labels = labels.map(cluster::yaml::Node::entries).unwrap_or_default();
    let selects = |pod: &Pod| {
        !labels.is_empty()
            && labels
                .iter()
                .all(|(key, is)| pod.labels.get(&key.name).map(String::as_str) == is.as_str())
    };
    let own = |pod: &&Pod| {
        pod.namespace == object.namespace
            && !pod.terminating
            && match pod.made_from {
                Some(_) => pod.object == workload,
                None => pods::is_written(cluster, pod) && selects(pod),
            }
    };
    cluster.pods.iter().filter(own).collect()
}

/// What `kubectl scale` comes to: the number, and where pods stand in the text that would be too many,
/// those that stand last go.
pub fn scale(cluster: &ClusterState, workload: ObjectId, replicas: i64) -> Vec<Change> {
    let mut changes = vec![Change::Set(
        workload,
        path("spec.replicas"),
        Literal::Int(replicas),
    )];
    let own = pods_of(cluster, workload);
    let mut written: Vec<ObjectId> = own
        .iter()
        .filter(|pod| pods::is_written(cluster, pod))
        .map(|pod| pod.object)
        .collect();
    written.sort();
    let keep = usize::try_from(replicas).unwrap_or(0).min(written.len());
    // From the end: objects are counted anew after each that goes.
    changes.extend(written[keep..].iter().rev().copied().map(Change::Drop));
    changes
}

/// What became of some lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// They are new or say something else.
    Written,
    /// Something is gone before this line.
    Gone,
}

/// Lines of the new text that a change touched, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    /// The first.
    pub first: usize,
    /// The last.
    pub last: usize,
    /// What became of them.
    pub mark: Mark,
}

/// A text after its changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The text.
    pub text: String,
    /// What was touched, from top to bottom.
    pub lines: Vec<Lines>,
}

/// Makes changes one after the other. `None` where one of them can't be made by place: the text is written
/// in a way (an alias, an odd layout) in which the change would touch something else, too.
///
/// Objects are counted as in [`cluster::Origins`], each time in the text as it is by then.
pub fn apply(text: &str, changes: &[Change]) -> Option<Edited> {
    let mut draft = Draft::new(text);
    let mut documents = read(text)?;
    for change in changes {
        let meant = meant::after(&documents, change)?;
        let tries = draft.tries(&documents, change);
        let (next, found) = tries.into_iter().find_map(|next| {
            let found = read(next.text())?;
            meant::same(&meant, &found).then_some((next, found))
        })?;
        (draft, documents) = (next, found);
    }
    Some(draft.finish())
}

/// Reads a text that has no fault.
fn read(text: &str) -> Option<Vec<Document>> {
    let (documents, faults) = yaml::read(0, text);
    let broken = faults
        .iter()
        .any(|f| f.severity == cluster::Severity::Error);
    (!broken).then_some(documents)
}
