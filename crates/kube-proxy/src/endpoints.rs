//! Each service port's endpoints, gathered from EndpointSlices, and which of them a node may use.
//!
//! The counterpart of kube-proxy's `EndpointSliceCache` and `CategorizeEndpoints`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::IpAddr;

use cluster::{ClusterState, Endpoint, IpFamily, ObjectId};

use crate::Dialect;
use crate::names::{Hash, Name};
use crate::services::{PortInfo, kept_from_us};

/// One endpoint of one service port.
#[derive(Debug, Clone)]
pub(crate) struct EndpointInfo<'a> {
    /// `ip:port`, by which endpoints are sorted and told apart.
    pub(crate) text: String,
    /// How much of the text is the address, and whether it stands in brackets.
    ip_len: usize,
    /// What the slice says of it.
    pub(crate) said: &'a Endpoint,
    /// Whether it is on the node at hand.
    pub(crate) local: bool,
    /// The slice, by its index in the cluster's list, and the endpoint's index in it.
    pub(crate) slice: usize,
    pub(crate) index: usize,
    /// Its own chain; filled in for those that get one.
    pub(crate) chain: Name,
}

impl<'a> EndpointInfo<'a> {
    /// The address alone.
    pub(crate) fn ip(&self) -> &str {
        let from = usize::from(self.text.starts_with('['));
        &self.text[from..from + self.ip_len]
    }

    /// kube-proxy takes a missing `ready` for true; [`cluster`] has decided that.
    pub(crate) fn ready(&self) -> bool {
        self.said.ready
    }

    fn leaving(&self) -> bool {
        self.said.serving && self.said.terminating
    }
}

/// Which slices belong to which Service, so that no Service has to look through all of them.
pub(crate) struct SliceIndex<'a> {
    cluster: &'a ClusterState,
    family: IpFamily,
    /// v1.20 forgets endpoints that are not ready as soon as it reads them.
    ready_only: bool,
    by_service: BTreeMap<(&'a str, &'a str), Vec<usize>>,
}

impl<'a> SliceIndex<'a> {
    pub(crate) fn new(cluster: &'a ClusterState, family: IpFamily, dialect: Dialect) -> Self {
        let mut by_service: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, slice) in cluster.slices.iter().enumerate() {
            let Some(service) = &slice.service else {
                continue;
            };
            if slice.family == Some(family) && kept_from_us(&slice.labels).is_none() {
                by_service
                    .entry((slice.namespace.as_str(), service.as_str()))
                    .or_default()
                    .push(at);
            }
        }
        SliceIndex {
            cluster,
            family,
            ready_only: dialect == Dialect::V1_20,
            by_service,
        }
    }

    /// The endpoints of a service port, sorted by their text, each once.
    pub(crate) fn endpoints(&self, port: &PortInfo, node: &str) -> Vec<EndpointInfo<'a>> {
        let service = &self.cluster.services[port.service];
        let key = (service.namespace.as_str(), service.name.as_str());
        let mut found = Vec::new();
        for &slice in self.by_service.get(&key).into_iter().flatten() {
            let said = &self.cluster.slices[slice];
            let numbers = said
                .ports
                .iter()
                .filter(|p| p.protocol == port.protocol && p.name == port.port_name)
                .filter_map(|p| p.port.filter(|number| *number != 0));
            for number in numbers {
                for (index, endpoint) in said.endpoints.iter().enumerate() {
                    // Only the first address counts (`endpointslicecache.go`, `addEndpoints`).
                    let Some(&ip) = endpoint.addresses.first() else {
                        continue;
                    };
                    let forgotten = self.ready_only && !endpoint.ready;
                    if IpFamily::of(ip) != self.family || forgotten {
                        continue;
                    }
                    let (text, ip_len) = endpoint_text(ip, number);
                    found.push(EndpointInfo {
                        text,
                        ip_len,
                        said: endpoint,
                        local: endpoint.node.as_deref() == Some(node),
                        slice,
                        index,
                        chain: Name::fixed(""),
                    });
                }
            }
        }
        merge(&mut found);
        found
    }

    /// The object and field that an endpoint's rules come from.
    pub(crate) fn origin(&self, endpoint: &EndpointInfo) -> (ObjectId, EndpointField) {
        let slice = &self.cluster.slices[endpoint.slice];
        if slice.made {
            let pod = endpoint.said.pod.as_ref();
            return match pod.and_then(|(namespace, name)| self.pod(namespace, name)) {
                Some(pod) => (pod, EndpointField::Whole),
                None => (slice.object, EndpointField::Selector),
            };
        }
        (slice.object, EndpointField::Entry(endpoint.index as u32))
    }

    /// Pods are sorted by namespace and name.
    fn pod(&self, namespace: &str, name: &str) -> Option<ObjectId> {
        let pods = &self.cluster.pods;
        let at = pods
            .binary_search_by(|pod| (&*pod.namespace, &*pod.name).cmp(&(namespace, name)))
            .ok()?;
        Some(pods[at].object)
    }
}

/// Which field of its object an endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndpointField {
    /// `endpoints[n]` of a slice.
    Entry(u32),
    /// The object as it stands: a Pod.
    Whole,
    /// `spec.selector` of a Service.
    Selector,
}

/// `net.JoinHostPort`.
fn endpoint_text(ip: IpAddr, port: u16) -> (String, usize) {
    let mut text = String::with_capacity(22);
    let open = match ip {
        IpAddr::V4(ip) => {
            write!(text, "{ip}").expect("writing to a String does not fail");
            0
        }
        IpAddr::V6(ip) => {
            write!(text, "[{ip}").expect("writing to a String does not fail");
            1
        }
    };
    let ip_len = text.len() - open;
    if open == 1 {
        text.push(']');
    }
    write!(text, ":{port}").expect("writing to a String does not fail");
    (text, ip_len)
}

/// Sorts by text and keeps one of each: the first, unless a later one is on this node.
fn merge(found: &mut Vec<EndpointInfo>) {
    found.sort_by(|a, b| a.text.cmp(&b.text));
    found.dedup_by(|later, kept| {
        let same = later.text == kept.text;
        if same && later.local {
            std::mem::swap(later, kept);
        }
        same
    });
}

/// What a service port's endpoints come to on one node, as indexes into the list of all.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Usable {
    /// For traffic policy Cluster; empty where that policy is not in use.
    pub(crate) cluster: Vec<usize>,
    /// For traffic policy Local; empty where that policy is not in use.
    pub(crate) local: Vec<usize>,
    /// Both together: those that get a chain.
    pub(crate) reachable: Vec<usize>,
    /// Whether the Service has a usable endpoint anywhere.
    pub(crate) any: bool,
}

/// What v1.20 and v1.23 do in `syncProxyRules` and `FilterEndpoints`: an internal policy Local narrows
/// the Service to this node as a whole, unless its external policy is Local.
fn categorize_older(all: &[EndpointInfo], port: &PortInfo) -> Usable {
    let here_only = port.internal_local && !port.external_local;
    let ready = |at: &usize| all[*at].ready() && (all[*at].local || !here_only);
    let cluster: Vec<usize> = (0..all.len()).filter(ready).collect();
    let local = if port.external_local {
        cluster
            .iter()
            .copied()
            .filter(|&at| all[at].local)
            .collect()
    } else {
        Vec::new()
    };
    Usable {
        reachable: cluster.clone(),
        any: !cluster.is_empty(),
        cluster,
        local,
    }
}

/// The node, as far as hints look at it.
pub(crate) struct Here<'a> {
    pub(crate) name: &'a str,
    pub(crate) zone: Option<&'a str>,
}

/// kube-proxy's `CategorizeEndpoints`.
pub(crate) fn categorize(
    all: &[EndpointInfo],
    port: &PortInfo,
    here: &Here,
    dialect: Dialect,
) -> Usable {
    if dialect < Dialect::V1_25 {
        return categorize_older(all, port);
    }
    let pick = |wanted: &dyn Fn(&EndpointInfo) -> bool| -> Vec<usize> {
        (0..all.len()).filter(|&at| wanted(&all[at])).collect()
    };
    let leaving = |e: &EndpointInfo| dialect.knows_terminating() && e.leaving();
    let mut usable = Usable {
        cluster: Vec::new(),
        local: Vec::new(),
        reachable: Vec::new(),
        any: false,
    };
    let mut closest = Closest::Anywhere;
    if port.uses_cluster_endpoints() {
        closest = closest_by_hints(all, port, here, dialect);
        usable.cluster = pick(&|e| e.ready() && closest.admits(e, here));
        if usable.cluster.is_empty() {
            usable.cluster = pick(&leaving);
        }
        usable.any = !usable.cluster.is_empty();
    }
    let mut local_are_leaving = false;
    if port.uses_local_endpoints() {
        usable.any |= all.iter().any(|e| e.ready() || leaving(e));
        usable.local = pick(&|e| e.local && e.ready());
        if usable.local.is_empty() {
            usable.local = pick(&|e| e.local && leaving(e));
            local_are_leaving = !usable.local.is_empty();
        }
    }
    usable.reachable = if !port.uses_cluster_endpoints() {
        usable.local.clone()
    } else if closest == Closest::Anywhere && !local_are_leaving {
        // Every ready endpoint is among the cluster's, so the local ones are too.
        usable.cluster.clone()
    } else {
        let mut both: Vec<usize> = usable
            .cluster
            .iter()
            .chain(&usable.local)
            .copied()
            .collect();
        both.sort_unstable();
        both.dedup();
        both
    };
    usable
}

/// Whether hints keep traffic close, and how close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closest {
    Anywhere,
    SameZone,
    SameNode,
}

impl Closest {
    fn admits(self, endpoint: &EndpointInfo, here: &Here) -> bool {
        match self {
            Closest::Anywhere => true,
            Closest::SameZone => hinted_zone(endpoint, here),
            Closest::SameNode => hinted_node(endpoint, here),
        }
    }
}

fn hinted_zone(endpoint: &EndpointInfo, here: &Here) -> bool {
    let zone = here.zone.unwrap_or("");
    endpoint.said.zone_hints.iter().any(|hint| hint == zone)
}

fn hinted_node(endpoint: &EndpointInfo, here: &Here) -> bool {
    endpoint
        .said
        .node_hints
        .iter()
        .any(|hint| hint == here.name)
}

/// kube-proxy's `canUseTopology` and, in newer versions, `topologyModeFromHints`: hints count only
/// where every ready endpoint has them and one of them names this place.
fn closest_by_hints(
    all: &[EndpointInfo],
    port: &PortInfo,
    here: &Here,
    dialect: Dialect,
) -> Closest {
    let ready = || all.iter().filter(|e| e.ready());
    if dialect == Dialect::Newest
        && ready().all(|e| !e.said.node_hints.is_empty())
        && ready().any(|e| hinted_node(e, here))
    {
        return Closest::SameNode;
    }
    let annotation = port.hints_annotation.as_str();
    let asked_for = match dialect {
        // `TopologyAwareHints` is off by default before v1.24.
        Dialect::V1_20 | Dialect::V1_23 => false,
        Dialect::V1_25 => matches!(annotation, "auto" | "Auto"),
        Dialect::V1_30 => !matches!(annotation, "" | "disabled" | "Disabled"),
        Dialect::Newest => true,
    };
    let zone_known = here.zone.is_some_and(|zone| !zone.is_empty());
    if asked_for
        && zone_known
        && ready().all(|e| !e.said.zone_hints.is_empty())
        && ready().any(|e| hinted_zone(e, here))
    {
        return Closest::SameZone;
    }
    Closest::Anywhere
}

/// Fills in the names of the endpoints that get a chain.
pub(crate) fn name_chains(all: &mut [EndpointInfo], reachable: &[usize], hash: &Hash) {
    for &at in reachable {
        all[at].chain = hash.endpoint(&all[at].text);
    }
}
