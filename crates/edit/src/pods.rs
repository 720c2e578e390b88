//! Pods written down that stand in no text yet: what the control plane made of a workload's template, so
//! that something can be said about one of them while its siblings stay what and where they are.

use cluster::yaml::Node;
use cluster::{ClusterState, ObjectId, Pod};

use crate::{Change, Literal, path};

/// With more siblings than this only the pod in question is written down.
const MOST_SIBLINGS: usize = 12;

/// What is said about a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<'a> {
    /// Whether it is ready.
    Ready(bool),
    /// It has failed, and runs no more.
    Failed,
    /// It runs on this node, with another address.
    On(&'a str),
}

/// Whether a pod stands in the text itself.
pub fn is_written(cluster: &ClusterState, pod: &Pod) -> bool {
    pod.made_from.is_none() && kind(cluster, pod.object) == Some("Pod")
}

fn kind(cluster: &ClusterState, object: ObjectId) -> Option<&str> {
    Some(cluster.origins.objects.get(object.0)?.kind.as_str())
}

/// The object as it is written.
pub fn written(cluster: &ClusterState, object: ObjectId) -> Option<&Node> {
    cluster.origins.objects.get(object.0)?.text.as_deref()
}

/// A value in it.
pub fn value<'a>(cluster: &'a ClusterState, object: ObjectId, names: &str) -> Option<&'a Node> {
    names
        .split('.')
        .try_fold(written(cluster, object)?, |node, name| node.get(name))
}

/// The changes that say it.
pub fn say(cluster: &ClusterState, pod: &Pod, said: Said<'_>) -> Vec<Change> {
    match is_written(cluster, pod) {
        true => say_of_written(cluster, pod, said),
        false => say_of_made(cluster, pod, said),
    }
}

fn say_of_written(cluster: &ClusterState, pod: &Pod, said: Said<'_>) -> Vec<Change> {
    let set = |names: &str, value: Literal| Change::Set(pod.object, path(names), value);
    match said {
        Said::Ready(ready) => {
            let mut steps = path("status.conditions");
            steps.push(crate::Step::Item("type".into(), "Ready".into()));
            steps.extend(path("status"));
            vec![Change::Set(pod.object, steps, condition(ready))]
        }
        Said::Failed => vec![set("status.phase", "Failed".into())],
        Said::On(node) => {
            // The address was of the other node's range; the new one is the control plane's to give.
            let stale = [
                "status.podIP",
                "status.podIPs",
                "status.hostIP",
                "status.hostIPs",
            ];
            let there = stale
                .into_iter()
                .filter(|names| value(cluster, pod.object, names).is_some());
            let gone = there.map(|names| Change::Unset(pod.object, path(names)));
            [set("spec.nodeName", node.into())]
                .into_iter()
                .chain(gone)
                .collect()
        }
    }
}

fn say_of_made(cluster: &ClusterState, pod: &Pod, said: Said<'_>) -> Vec<Change> {
    let siblings: Vec<&Pod> = cluster
        .pods
        .iter()
        .filter(|other| {
            other.object == pod.object && other.made_from.is_some() && other.name != pod.name
        })
        .collect();
    let others = match siblings.len() > MOST_SIBLINGS {
        true => Vec::new(),
        false => siblings,
    };
    let rest = others
        .into_iter()
        .map(|other| document(cluster, other, None));
    [document(cluster, pod, Some(said))]
        .into_iter()
        .chain(rest)
        .map(Change::Append)
        .collect()
}

fn condition(ready: bool) -> Literal {
    match ready {
        true => "True".into(),
        false => "False".into(),
    }
}

/// The pod as a document, as far as it matters here.
fn document(cluster: &ClusterState, pod: &Pod, said: Option<Said<'_>>) -> Literal {
    let names = |entries: &mut dyn Iterator<Item = (&String, &String)>| {
        Literal::Map(
            entries
                .map(|(k, v)| (k.clone(), Literal::Str(v.clone())))
                .collect(),
        )
    };
    let mut metadata = vec![
        ("name".to_owned(), Literal::Str(pod.name.clone())),
        ("namespace".to_owned(), Literal::Str(pod.namespace.clone())),
    ];
    if !pod.labels.is_empty() {
        metadata.push(("labels".to_owned(), names(&mut pod.labels.iter())));
    }
    let template = |names: &str| value(cluster, pod.object, &format!("spec.template.{names}"));
    if let Some(annotations) = template("metadata.annotations").and_then(Literal::of) {
        metadata.push(("annotations".to_owned(), annotations));
    }
    let mut spec = Vec::new();
    let node = match said {
        Some(Said::On(node)) => Some(node),
        _ => pod.node.as_deref(),
    };
    spec.extend(node.map(|node| ("nodeName".to_owned(), Literal::from(node))));
    if pod.host_network {
        spec.push(("hostNetwork".to_owned(), Literal::Bool(true)));
    }
    let containers = template("spec.containers").map_or(&[][..], Node::items);
    let container = |node: &Node| {
        let kept = ["name", "image", "ports"].into_iter();
        let entries =
            kept.filter_map(|name| Some((name.to_owned(), node.get(name).and_then(Literal::of)?)));
        Literal::Map(entries.collect())
    };
    spec.push((
        "containers".to_owned(),
        Literal::Seq(containers.iter().map(container).collect()),
    ));
    let status = status(pod, said);
    let mut document = vec![
        ("apiVersion".to_owned(), Literal::from("v1")),
        ("kind".to_owned(), Literal::from("Pod")),
        ("metadata".to_owned(), Literal::Map(metadata)),
        ("spec".to_owned(), Literal::Map(spec)),
    ];
    if !status.is_empty() {
        document.push(("status".to_owned(), Literal::Map(status)));
    }
    Literal::Map(document)
}

fn status(pod: &Pod, said: Option<Said<'_>>) -> Vec<(String, Literal)> {
    let mut status = Vec::new();
    if said == Some(Said::Failed) {
        status.push(("phase".to_owned(), Literal::from("Failed")));
    }
    if !matches!(said, Some(Said::On(_))) && !pod.host_network {
        let ips: Vec<String> = pod.ips.iter().map(ToString::to_string).collect();
        if let Some(first) = ips.first() {
            status.push(("podIP".to_owned(), Literal::from(first.as_str())));
        }
        if ips.len() > 1 {
            let each = ips
                .iter()
                .map(|ip| Literal::map([("ip", ip.as_str().into())]));
            status.push(("podIPs".to_owned(), Literal::Seq(each.collect())));
        }
    }
    let ready = match said {
        Some(Said::Ready(ready)) => ready,
        _ => pod.ready,
    };
    if !ready || matches!(said, Some(Said::Ready(_))) {
        let entry = Literal::map([("type", "Ready".into()), ("status", condition(ready))]);
        status.push(("conditions".to_owned(), Literal::Seq(vec![entry])));
    }
    status
}
