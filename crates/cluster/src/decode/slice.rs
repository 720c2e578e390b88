//! EndpointSlice, and Endpoints read as the slices that the mirroring controller makes of it.

use std::net::IpAddr;

use super::meta::{self, Scope};
use super::service::protocol;
use super::view::View;
use crate::names;
use crate::source::ObjectId;
use crate::state::{Endpoint, EndpointPort, EndpointSlice, IpFamily};

/// The label that ties a slice to its Service (discovery/v1 `LabelServiceName`).
const SERVICE_NAME: &str = "kubernetes.io/service-name";

fn target(view: View<'_>, namespace: &str) -> Option<(String, String)> {
    let target = view.get("targetRef");
    let name = target.get("name").word()?;
    (target.get("kind").text() == Some("Pod")).then(|| {
        let namespace = target.get("namespace").word().unwrap_or(namespace);
        (namespace.to_owned(), name.to_owned())
    })
}

fn hint_names(view: View<'_>) -> Vec<String> {
    view.items()
        .filter_map(|hint| hint.get("name").word())
        .map(str::to_owned)
        .collect()
}

fn endpoint(view: View<'_>, namespace: &str) -> Endpoint {
    let conditions = view.get("conditions");
    // kube-proxy's endpointslicecache.go (addEndpoints): nil ready and nil serving count as true, nil
    // terminating as false. The API's comment would have nil serving follow ready; kube-proxy does not.
    let ready = conditions.get("ready").flag().unwrap_or(true);
    let hints = view.get("hints");
    Endpoint {
        addresses: view
            .get("addresses")
            .strings()
            .filter_map(super::ip)
            .collect(),
        ready,
        serving: conditions.get("serving").flag().unwrap_or(true),
        terminating: conditions.get("terminating").flag().unwrap_or(false),
        node: view.get("nodeName").word().map(str::to_owned),
        zone: view.get("zone").word().map(str::to_owned),
        pod: target(view, namespace),
        zone_hints: hint_names(hints.get("forZones")),
        node_hints: hint_names(hints.get("forNodes")),
    }
}

fn ports(view: View<'_>) -> Vec<EndpointPort> {
    view.items()
        .map(|port| EndpointPort {
            name: port.get("name").string(),
            port: port.get("port").port(),
            protocol: protocol(port.get("protocol")),
        })
        .collect()
}

/// Reads an EndpointSlice.
pub fn decode(root: View<'_>, object: ObjectId) -> EndpointSlice {
    let meta = meta::decode(root, object, Scope::Namespaced);
    let service = meta
        .labels
        .get(SERVICE_NAME)
        .filter(|name| !name.is_empty())
        .cloned();
    EndpointSlice {
        object,
        service,
        family: match root.get("addressType").text() {
            Some("IPv4") => Some(IpFamily::Ipv4),
            Some("IPv6") => Some(IpFamily::Ipv6),
            _ => None,
        },
        endpoints: root
            .get("endpoints")
            .items()
            .map(|view| endpoint(view, &meta.namespace))
            .collect(),
        ports: ports(root.get("ports")),
        made: false,
        namespace: meta.namespace,
        name: meta.name,
        labels: meta.labels,
    }
}

/// Reads Endpoints: one slice for each subset and family, as the endpointslicemirroring controller does.
pub fn decode_endpoints(root: View<'_>, object: ObjectId) -> Vec<EndpointSlice> {
    let meta = meta::decode(root, object, Scope::Namespaced);
    let mut slices = Vec::new();
    for (index, subset) in root.get("subsets").items().enumerate() {
        let mut endpoints: Vec<(IpAddr, Endpoint)> = Vec::new();
        for (field, ready) in [("addresses", true), ("notReadyAddresses", false)] {
            for address in subset.get(field).items() {
                let Some(ip) = address.get("ip").text().and_then(super::ip) else {
                    continue;
                };
                let endpoint = Endpoint {
                    addresses: vec![ip],
                    ready,
                    serving: ready,
                    terminating: false,
                    node: address.get("nodeName").word().map(str::to_owned),
                    zone: None,
                    pod: target(address, &meta.namespace),
                    zone_hints: Vec::new(),
                    node_hints: Vec::new(),
                };
                endpoints.push((ip, endpoint));
            }
        }
        for family in [IpFamily::Ipv4, IpFamily::Ipv6] {
            let chosen: Vec<Endpoint> = endpoints
                .iter()
                .filter(|(ip, _)| IpFamily::of(*ip) == family)
                .map(|(_, endpoint)| endpoint.clone())
                .collect();
            if chosen.is_empty() {
                continue;
            }
            let which = format!("{index}/{family:?}");
            slices.push(EndpointSlice {
                object,
                namespace: meta.namespace.clone(),
                name: format!(
                    "{}-{}",
                    meta.name,
                    names::suffix(&[&meta.namespace, &meta.name, &which])
                ),
                labels: meta.labels.clone(),
                service: Some(meta.name.clone()),
                family: Some(family),
                endpoints: chosen,
                ports: ports(subset.get("ports")),
                made: false,
            });
        }
    }
    slices
}
