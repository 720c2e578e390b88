//! The columns of `kubectl get`, kind by kind, as kubectl's own printers make them up.

use std::collections::BTreeMap;

use cluster::{ClusterState, Pod, Service, ServiceType};

use super::Kind;

/// A table before it is printed.
pub struct Rows {
    /// The columns after the name.
    pub head: Vec<&'static str>,
    /// How many of them, from the end, only `-o wide` shows.
    pub wide: usize,
    /// The objects.
    pub rows: Vec<Row>,
}

/// One object.
pub struct Row {
    /// Its namespace; empty where the kind has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its columns after the name.
    pub cells: Vec<String>,
}

/// Labels in one word, as `--show-labels` and SELECTOR print them.
pub fn pairs(labels: &BTreeMap<String, String>) -> String {
    match labels.is_empty() {
        true => "<none>".into(),
        false => {
            let pairs: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
            pairs.join(",")
        }
    }
}

/// What kubectl prints for an age when no creationTimestamp is known.
const UNKNOWN: &str = "<unknown>";
const NONE: &str = "<none>";

/// All objects of a kind.
pub fn rows(cluster: &ClusterState, kind: Kind) -> Rows {
    match kind {
        Kind::Nodes => nodes(cluster),
        Kind::Pods => pods(cluster),
        Kind::Services => services(cluster),
        Kind::Endpoints => endpoints(cluster),
        Kind::Slices => slices(cluster),
        Kind::Deployments => deployments(cluster),
        Kind::Namespaces => namespaces(cluster),
    }
}

fn nodes(cluster: &ClusterState) -> Rows {
    let rows = cluster.nodes.iter().map(|node| {
        let roles: Vec<&str> = node
            .labels
            .keys()
            .filter_map(|k| k.strip_prefix("node-role.kubernetes.io/"))
            .collect();
        let status = match node.unschedulable {
            true => "Ready,SchedulingDisabled",
            false => "Ready",
        };
        let ip = node.internal_ips.first();
        Row {
            namespace: String::new(),
            name: node.name.clone(),
            labels: node.labels.clone(),
            cells: vec![
                status.into(),
                match roles.is_empty() {
                    true => NONE.into(),
                    false => roles.join(","),
                },
                UNKNOWN.into(),
                String::new(),
                ip.map_or(NONE.into(), ToString::to_string),
                node.other_ips
                    .first()
                    .map_or(NONE.into(), ToString::to_string),
            ],
        }
    });
    Rows {
        head: vec![
            "STATUS",
            "ROLES",
            "AGE",
            "VERSION",
            "INTERNAL-IP",
            "EXTERNAL-IP",
        ],
        wide: 2,
        rows: rows.collect(),
    }
}

/// How many containers a pod's spec has; one where the text says nothing.
fn containers(cluster: &ClusterState, pod: &Pod) -> usize {
    let origin = cluster.origins.objects.get(pod.object.0);
    let text = origin.and_then(|o| o.text.as_deref());
    let spec = text.and_then(|t| t.get("spec"));
    let template = spec
        .and_then(|s| s.get("template"))
        .and_then(|t| t.get("spec"));
    let containers = template.or(spec).and_then(|s| s.get("containers"));
    containers.map_or(1, |c| c.items().len().max(1))
}

fn pods(cluster: &ClusterState) -> Rows {
    let rows = cluster.pods.iter().map(|pod| {
        let all = containers(cluster, pod);
        let ready = if pod.ready { all } else { 0 };
        let status = match (pod.terminating, pod.ips.is_empty()) {
            (true, _) => "Terminating",
            (false, true) => "Pending",
            (false, false) => "Running",
        };
        Row {
            namespace: pod.namespace.clone(),
            name: pod.name.clone(),
            labels: pod.labels.clone(),
            cells: vec![
                format!("{ready}/{all}"),
                status.into(),
                "0".into(),
                UNKNOWN.into(),
                pod.ips.first().map_or(NONE.into(), ToString::to_string),
                pod.node.clone().unwrap_or(NONE.into()),
                NONE.into(),
                NONE.into(),
            ],
        }
    });
    Rows {
        head: vec![
            "READY",
            "STATUS",
            "RESTARTS",
            "AGE",
            "IP",
            "NODE",
            "NOMINATED NODE",
            "READINESS GATES",
        ],
        wide: 4,
        rows: rows.collect(),
    }
}

fn type_name(of: ServiceType) -> &'static str {
    match of {
        ServiceType::ClusterIp => "ClusterIP",
        ServiceType::NodePort => "NodePort",
        ServiceType::LoadBalancer => "LoadBalancer",
        ServiceType::ExternalName => "ExternalName",
    }
}

/// The column EXTERNAL-IP, as `getServiceExternalIP` in kubectl's printers makes it up.
fn external_ip(service: &Service) -> String {
    let ingress = service.ingress.iter();
    let mut shown: Vec<String> = ingress
        .filter_map(|i| i.ip.map(|ip| ip.to_string()).or(i.hostname.clone()))
        .collect();
    shown.extend(service.external_ips.iter().map(ToString::to_string));
    match (service.service_type, shown.is_empty()) {
        (ServiceType::ExternalName, _) => service.external_name.clone().unwrap_or_default(),
        (ServiceType::LoadBalancer, true) => "<pending>".into(),
        (_, true) => NONE.into(),
        (_, false) => shown.join(","),
    }
}

fn services(cluster: &ClusterState) -> Rows {
    let rows = cluster.services.iter().map(|service| {
        let ports: Vec<String> = service
            .ports
            .iter()
            .map(|p| {
                let protocol = p.protocol.upper();
                match p.node_port {
                    Some(node) => format!("{}:{node}/{protocol}", p.port),
                    None => format!("{}/{protocol}", p.port),
                }
            })
            .collect();
        let ip = match (service.service_type, service.headless) {
            (ServiceType::ExternalName, _) => NONE.into(),
            (_, true) => "None".into(),
            _ => service
                .cluster_ips
                .first()
                .map_or(NONE.into(), ToString::to_string),
        };
        Row {
            namespace: service.namespace.clone(),
            name: service.name.clone(),
            labels: service.labels.clone(),
            cells: vec![
                type_name(service.service_type).into(),
                ip,
                external_ip(service),
                match ports.is_empty() {
                    true => NONE.into(),
                    false => ports.join(","),
                },
                UNKNOWN.into(),
                pairs(&service.selector),
            ],
        }
    });
    Rows {
        head: vec![
            "TYPE",
            "CLUSTER-IP",
            "EXTERNAL-IP",
            "PORT(S)",
            "AGE",
            "SELECTOR",
        ],
        wide: 1,
        rows: rows.collect(),
    }
}

/// At most three, as kubectl's printers cut lists off.
fn cut(items: Vec<String>, none: &str) -> String {
    match items.len() {
        0 => none.into(),
        1..=3 => items.join(","),
        n => format!("{} + {} more...", items[..3].join(","), n - 3),
    }
}

fn endpoints(cluster: &ClusterState) -> Rows {
    let rows = cluster
        .services
        .iter()
        .filter(|s| s.external_name.is_none());
    let rows = rows.map(|service| {
        let mut shown = Vec::new();
        for slice in &cluster.slices {
            let own = slice.namespace == service.namespace
                && slice.service.as_deref() == Some(&service.name);
            if !own {
                continue;
            }
            for endpoint in slice.endpoints.iter().filter(|e| e.ready) {
                let ports = slice.ports.iter().filter_map(|p| p.port);
                if let Some(addr) = endpoint.addresses.first() {
                    shown.extend(ports.map(|p| lab::text::endpoint(*addr, Some(p))));
                }
            }
        }
        Row {
            namespace: service.namespace.clone(),
            name: service.name.clone(),
            labels: service.labels.clone(),
            cells: vec![cut(shown, NONE), UNKNOWN.into()],
        }
    });
    Rows {
        head: vec!["ENDPOINTS", "AGE"],
        wide: 0,
        rows: rows.collect(),
    }
}

fn slices(cluster: &ClusterState) -> Rows {
    let rows = cluster.slices.iter().map(|slice| {
        let ports: Vec<String> = slice
            .ports
            .iter()
            .map(|p| p.port.map_or("*".into(), |p| p.to_string()))
            .collect();
        let addresses: Vec<String> = slice
            .endpoints
            .iter()
            .filter_map(|e| e.addresses.first())
            .map(ToString::to_string)
            .collect();
        Row {
            namespace: slice.namespace.clone(),
            name: slice.name.clone(),
            labels: slice.labels.clone(),
            cells: vec![
                match slice.family {
                    Some(cluster::IpFamily::Ipv4) => "IPv4".into(),
                    Some(cluster::IpFamily::Ipv6) => "IPv6".into(),
                    None => "FQDN".into(),
                },
                cut(ports, "<unset>"),
                cut(addresses, "<unset>"),
                UNKNOWN.into(),
            ],
        }
    });
    Rows {
        head: vec!["ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE"],
        wide: 0,
        rows: rows.collect(),
    }
}

fn deployments(cluster: &ClusterState) -> Rows {
    let objects = cluster.origins.objects.iter().enumerate();
    let rows = objects
        .filter(|(_, o)| o.kind == "Deployment")
        .map(|(index, object)| {
            let own = edit::pods_of(cluster, cluster::ObjectId(index));
            let all = own.len();
            let ready = own.iter().filter(|pod| pod.ready).count();
            Row {
                namespace: object.namespace.clone(),
                name: object.name.clone(),
                labels: BTreeMap::new(),
                cells: vec![
                    format!("{ready}/{all}"),
                    all.to_string(),
                    ready.to_string(),
                    UNKNOWN.into(),
                ],
            }
        });
    Rows {
        head: vec!["READY", "UP-TO-DATE", "AVAILABLE", "AGE"],
        wide: 0,
        rows: rows.collect(),
    }
}

fn namespaces(cluster: &ClusterState) -> Rows {
    let services = cluster.services.iter().map(|s| &s.namespace);
    let all = services.chain(cluster.pods.iter().map(|p| &p.namespace));
    let mut names: Vec<String> = all.cloned().collect();
    names.push("default".into());
    names.sort();
    names.dedup();
    Rows {
        head: vec!["STATUS", "AGE"],
        wide: 0,
        rows: names
            .into_iter()
            .map(|name| Row {
                namespace: String::new(),
                name,
                labels: BTreeMap::new(),
                cells: vec!["Active".into(), UNKNOWN.into()],
            })
            .collect(),
    }
}
