//! One endpoint at a time: unready, gone, elsewhere.

use cluster::yaml::Node;
use cluster::{ClusterState, EndpointSlice, ObjectId, Pod, Service};

use super::{EndpointOffers, MOST_ENDPOINTS, Offer, WORKLOADS, offer, slices};
use crate::pods::{self, Said, value};
use crate::{Change, Literal, Step, path};

/// What could be done to each endpoint.
pub(super) fn offers(cluster: &ClusterState, service: &Service) -> Vec<EndpointOffers> {
    let mut found: Vec<EndpointOffers> = Vec::new();
    for slice in slices(cluster, service) {
        for (index, endpoint) in slice.endpoints.iter().enumerate() {
            let Some(address) = endpoint.addresses.first().copied() else {
                continue;
            };
            let pod = endpoint
                .pod
                .as_ref()
                .and_then(|(ns, name)| cluster.pod(ns, name));
            let (name, offers) = match (slice.made, pod) {
                (true, Some(pod)) => (pod.name.clone(), of_pod(cluster, pod)),
                (true, None) => continue,
                (false, pod) => {
                    let name = pod.map_or(address.to_string(), |p| p.name.clone());
                    let offers = of_stated(cluster, slice, index, &name);
                    (name, offers)
                }
            };
            // In a dual-stack cluster a pod stands in two slices.
            if !offers.is_empty()
                && found.len() < MOST_ENDPOINTS
                && found.iter().all(|e| e.name != name)
            {
                found.push(EndpointOffers {
                    name,
                    address,
                    offers,
                });
            }
        }
    }
    found
}

fn of_pod(cluster: &ClusterState, pod: &Pod) -> Vec<Offer> {
    let id = |what: &str| format!("{what}/{}/{}", pod.namespace, pod.name);
    let say = |said| pods::say(cluster, pod, said);
    let name = &pod.name;
    let mut found = vec![match pod.ready {
        true => offer(
            id("unready"),
            "Make it unready",
            format!("Pod {name} fails its readiness probe."),
            say(Said::Ready(false)),
        ),
        false => offer(
            id("ready"),
            "Make it ready",
            format!("Pod {name} passes its readiness probe."),
            say(Said::Ready(true)),
        ),
    }];
    let then = match workload_of(cluster, pod) {
        Some(workload) => format!("{workload} starts another in its place"),
        None => "nobody starts another".to_owned(),
    };
    found.push(offer(
        id("kill"),
        "Kill it",
        format!("Pod {name} has failed and runs no more; {then}."),
        say(Said::Failed),
    ));
    let others = cluster
        .nodes
        .iter()
        .filter(|n| Some(&n.name) != pod.node.as_ref() && !n.unschedulable);
    for node in others.take(MOST_NODES) {
        found.push(offer(
            format!("{}/{}", id("move"), node.name),
            format!("Move it to {}", node.name),
            format!(
                "Pod {name} runs on {} instead, with an address from there.",
                node.name
            ),
            say(Said::On(&node.name)),
        ));
    }
    found
}

/// Who starts a pod again, in words.
fn workload_of(cluster: &ClusterState, pod: &Pod) -> Option<String> {
    if let Some(made_from) = &pod.made_from {
        return Some(made_from.clone());
    }
    let objects = cluster.origins.objects.iter().enumerate();
    let workload = objects.into_iter().find(|(index, object)| {
        let labels = value(cluster, ObjectId(*index), "spec.selector.matchLabels");
        let labels = labels.map_or(&[][..], Node::entries);
        let has = |name: &str, is: &Node| pod.labels.get(name).map(String::as_str) == is.as_str();
        WORKLOADS.contains(&object.kind.as_str())
            && object.namespace == pod.namespace
            && !labels.is_empty()
            && labels.iter().all(|(key, is)| has(&key.name, is))
    });
    workload.map(|(_, object)| format!("{} {}", object.kind, object.name))
}

/// To how many nodes a pod may be moved.
const MOST_NODES: usize = 20;

fn of_stated(
    cluster: &ClusterState,
    slice: &EndpointSlice,
    index: usize,
    name: &str,
) -> Vec<Offer> {
    let kind = cluster
        .origins
        .objects
        .get(slice.object.0)
        .map(|o| o.kind.as_str());
    if kind != Some("EndpointSlice") {
        return Vec::new();
    }
    let at = |rest: &str| {
        let mut steps = vec![Step::Key("endpoints".into()), Step::Index(index)];
        if !rest.is_empty() {
            steps.extend(path(rest));
        }
        steps
    };
    let ready = slice.endpoints[index].ready;
    let mut changes = vec![Change::Set(
        slice.object,
        at("conditions.ready"),
        Literal::Bool(!ready),
    )];
    let items = value(cluster, slice.object, "endpoints").map_or(&[][..], Node::items);
    let stated = items
        .get(index)
        .and_then(|e| e.get("conditions")?.get("serving"));
    if stated.is_some() {
        changes.push(Change::Set(
            slice.object,
            at("conditions.serving"),
            Literal::Bool(!ready),
        ));
    }
    let (id, label, about) = match ready {
        true => (
            "unready",
            "Make it unready",
            format!("The endpoint {name} is not ready any more."),
        ),
        false => (
            "ready",
            "Make it ready",
            format!("The endpoint {name} is ready."),
        ),
    };
    let place = format!("{}/{}/{index}", slice.namespace, slice.name);
    vec![
        offer(format!("{id}/{place}"), label, about, changes),
        offer(
            format!("kill/{place}"),
            "Kill it",
            format!("EndpointSlice {} loses the endpoint {name}.", slice.name),
            vec![Change::Unset(slice.object, at(""))],
        ),
    ]
}
