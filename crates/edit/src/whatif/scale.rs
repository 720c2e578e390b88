//! More and fewer endpoints: replicas of the workload behind a Service, or the slices that the text states.

use std::collections::BTreeSet;
use std::net::IpAddr;

use cluster::yaml::Node;
use cluster::{ClusterState, EndpointSlice, ObjectId, Pod, Service};

use super::{Offer, WORKLOADS, is_filled, offer, set, slices};
use crate::pods::{self, value};
use crate::{Change, Literal, Step};

/// More or fewer replicas, or endpoints where the text states those.
pub(super) fn offers(cluster: &ClusterState, service: &Service) -> Vec<Offer> {
    if !is_filled(cluster, service) {
        return stated_slices(cluster, service);
    }
    let workloads = cluster
        .origins
        .objects
        .iter()
        .enumerate()
        .filter(|(_, object)| {
            object.made_by.is_none()
                && object.namespace == service.namespace
                && WORKLOADS.contains(&object.kind.as_str())
        });
    let mut found = Vec::new();
    for (index, object) in workloads {
        let id = ObjectId(index);
        let labels = value(cluster, id, "spec.template.metadata.labels");
        let label = |name: &str| labels?.get(name)?.as_str();
        let selected = service
            .selector
            .iter()
            .all(|(name, value)| label(name) == Some(value));
        // What a Deployment made is scaled by the Deployment.
        let owned = value(cluster, id, "metadata.ownerReferences").is_some();
        if !selected || owned {
            continue;
        }
        let name = &object.name;
        let matches = |pod: &&Pod| {
            pod.namespace == object.namespace
                && !pod.terminating
                && service
                    .selector
                    .iter()
                    .all(|(name, value)| pod.labels.get(name) == Some(value))
        };
        let written: Vec<&Pod> = cluster
            .pods
            .iter()
            .filter(matches)
            .filter(|p| pods::is_written(cluster, p))
            .collect();
        let stated = value(cluster, id, "spec.replicas")
            .and_then(Node::as_int)
            .unwrap_or(1);
        let now = stated.max(i64::try_from(written.len()).unwrap_or(i64::MAX));
        let to = |n: i64| set(id, "spec.replicas", Literal::Int(n));
        found.push(offer(
            format!("scale-up/{index}"),
            format!("Scale {name} {now} to {}", now + 1),
            format!("{} {name} gets one more replica.", object.kind),
            vec![to(now + 1)],
        ));
        if now > 0 {
            let mut changes = vec![to(now - 1)];
            // The pods that the text states would stay otherwise.
            let surplus = i64::try_from(written.len()).unwrap_or(0) > now - 1;
            changes.extend(
                written
                    .iter()
                    .map(|p| p.object)
                    .max()
                    .filter(|_| surplus)
                    .map(Change::Drop),
            );
            found.push(offer(
                format!("scale-down/{index}"),
                format!("Scale {name} {now} to {}", now - 1),
                format!("{} {name} loses its last replica.", object.kind),
                changes,
            ));
        }
    }
    found
}

/// More and fewer endpoints where the text states them itself.
fn stated_slices(cluster: &ClusterState, service: &Service) -> Vec<Offer> {
    let written = |slice: &&EndpointSlice| {
        let object = cluster.origins.objects.get(slice.object.0);
        object.is_some_and(|o| o.kind == "EndpointSlice") && !slice.made
    };
    let Some(slice) = slices(cluster, service).find(written) else {
        return Vec::new();
    };
    let count = slice.endpoints.len();
    let mut found = Vec::new();
    let free = slice
        .endpoints
        .last()
        .and_then(|last| Some((last, free_address(cluster, *last.addresses.first()?)?)));
    if let Some((last, address)) = free {
        let mut item = vec![(
            "addresses".to_owned(),
            Literal::Seq(vec![Literal::Str(address.to_string())]),
        )];
        item.extend(
            last.node
                .as_ref()
                .map(|node| ("nodeName".to_owned(), Literal::Str(node.clone()))),
        );
        let steps = vec![Step::Key("endpoints".into()), Step::Index(count)];
        found.push(offer(
            "endpoint-more",
            "One endpoint more",
            format!("EndpointSlice {} gets the endpoint {address}.", slice.name),
            vec![Change::Set(slice.object, steps, Literal::Map(item))],
        ));
    }
    if let Some(last) = slice.endpoints.last().and_then(|e| e.addresses.first()) {
        let steps = vec![Step::Key("endpoints".into()), Step::Index(count - 1)];
        found.push(offer(
            "endpoint-less",
            "One endpoint less",
            format!("EndpointSlice {} loses the endpoint {last}.", slice.name),
            vec![Change::Unset(slice.object, steps)],
        ));
    }
    found
}

/// The next address behind one that nobody has, on the same node where its range says so.
fn free_address(cluster: &ClusterState, after: IpAddr) -> Option<IpAddr> {
    let taken: BTreeSet<IpAddr> = cluster
        .pods
        .iter()
        .flat_map(|p| &p.ips)
        .chain(cluster.nodes.iter().flat_map(|n| &n.internal_ips))
        .chain(
            cluster
                .slices
                .iter()
                .flat_map(|s| &s.endpoints)
                .flat_map(|e| &e.addresses),
        )
        .copied()
        .collect();
    let range = cluster
        .nodes
        .iter()
        .flat_map(|n| &n.pod_cidrs)
        .find(|cidr| cidr.contains(&after));
    let mut address = after;
    for _ in 0..=taken.len() {
        address = match address {
            IpAddr::V4(a) => IpAddr::V4(u32::from(a).checked_add(1)?.into()),
            IpAddr::V6(a) => IpAddr::V6(u128::from(a).checked_add(1)?.into()),
        };
        if range.is_some_and(|range| !range.contains(&address) || range.broadcast() == address) {
            return None;
        }
        if !taken.contains(&address) {
            return Some(address);
        }
    }
    None
}
