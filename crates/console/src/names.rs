//! Names to addresses, as a pod's or a node's resolver would answer. The lookup itself is not walked.

use std::net::IpAddr;

use cluster::{ClusterState, Service};

use crate::Place;

/// The domain of the cluster's own names; kubelet's default.
pub const CLUSTER_DOMAIN: &str = "cluster.local";

/// What a name resolves to.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer<'c> {
    /// A Service that has cluster addresses.
    Service(&'c Service),
    /// A headless Service: its endpoints' addresses.
    Headless(&'c Service, Vec<IpAddr>),
    /// An ExternalName: another name, outside the cluster.
    Elsewhere(&'c Service, &'c str),
}

/// A name's full form and what it is.
pub struct Found<'c> {
    /// `demo.demo.svc.cluster.local`
    pub full: String,
    /// What.
    pub answer: Answer<'c>,
}

/// Looks a name up from a place. A node's own resolver knows no cluster names.
pub fn look<'c>(cluster: &'c ClusterState, place: &Place, name: &str) -> Option<Found<'c>> {
    let Place::Pod { namespace, .. } = place else {
        return None;
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let name = name
        .strip_suffix(&format!(".svc.{CLUSTER_DOMAIN}"))
        .or_else(|| name.strip_suffix(".svc"))
        .unwrap_or(&name);
    let (service, namespace) = match name.split_once('.') {
        None => (name, namespace.as_str()),
        Some((service, namespace)) => (service, namespace),
    };
    let service = cluster.service(namespace, service)?;
    let full = format!(
        "{}.{}.svc.{CLUSTER_DOMAIN}",
        service.name, service.namespace
    );
    let answer = match (&service.external_name, service.headless) {
        (Some(target), _) => Answer::Elsewhere(service, target),
        (None, true) => Answer::Headless(service, endpoints(cluster, service)),
        (None, false) => Answer::Service(service),
    };
    Some(Found { full, answer })
}

/// The addresses of a Service's ready endpoints.
pub fn endpoints(cluster: &ClusterState, service: &Service) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = cluster
        .slices
        .iter()
        .filter(|s| s.namespace == service.namespace && s.service.as_deref() == Some(&service.name))
        .flat_map(|s| &s.endpoints)
        .filter(|e| e.ready)
        .filter_map(|e| e.addresses.first().copied())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
