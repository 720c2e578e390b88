//! Changes worth one click: what could be otherwise about a Service, its endpoints and kube-proxy.
//!
//! Each offer is made only where it changes something for the Service at hand. What came of it (rules,
//! odds, connections) is for those who ask.

mod endpoints;
mod network;
mod scale;

use std::net::IpAddr;

use cluster::{ClusterState, EndpointSlice, ObjectId, Service, ServiceType, TrafficPolicy};

use crate::pods::value;
use crate::{Change, Literal, Step, path};

/// A change worth a click.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Tells it from the others, as long as the text stays.
    pub id: String,
    /// What it does, as a button says it: `Scale demo 3 to 4`.
    pub label: String,
    /// What it does to whom, in a sentence.
    pub about: String,
    /// The change.
    pub changes: Vec<Change>,
}

/// What could be done to one endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointOffers {
    /// The pod's name, or the address where no pod is known.
    pub name: String,
    /// Its address.
    pub address: IpAddr,
    /// What could be done.
    pub offers: Vec<Offer>,
}

/// Everything on offer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Offers {
    /// More or fewer endpoints.
    pub scale: Vec<Offer>,
    /// By endpoint, in the Service's order.
    pub endpoints: Vec<EndpointOffers>,
    /// The Service's own fields.
    pub service: Vec<Offer>,
    /// kube-proxy's configuration.
    pub proxy: Vec<Offer>,
    /// The network under the cluster.
    pub network: Vec<Offer>,
}

/// More endpoints than this are not offered one by one.
const MOST_ENDPOINTS: usize = 100;

impl Offers {
    /// What is on offer for a Service; without one, what concerns every packet.
    pub fn of(cluster: &ClusterState, service: Option<&Service>) -> Offers {
        let mut offers = Offers {
            proxy: proxy(cluster),
            network: network::offers(cluster),
            ..Offers::default()
        };
        if let Some(service) = service {
            offers.scale = scale::offers(cluster, service);
            offers.endpoints = endpoints::offers(cluster, service);
            offers.service = fields(cluster, service);
        }
        offers
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Offer> {
        let endpoints = self.endpoints.iter().flat_map(|e| &e.offers);
        self.scale
            .iter()
            .chain(endpoints)
            .chain(&self.service)
            .chain(&self.proxy)
            .chain(&self.network)
    }
}

fn offer(
    id: impl Into<String>,
    label: impl Into<String>,
    about: impl Into<String>,
    changes: Vec<Change>,
) -> Offer {
    Offer {
        id: id.into(),
        label: label.into(),
        about: about.into(),
        changes,
    }
}

fn set(object: ObjectId, names: &str, value: impl Into<Literal>) -> Change {
    Change::Set(object, path(names), value.into())
}

/// Where a name stands, the change that takes it away.
fn unset(cluster: &ClusterState, object: ObjectId, names: &str) -> Option<Change> {
    value(cluster, object, names).map(|_| Change::Unset(object, path(names)))
}

fn slices<'a>(
    cluster: &'a ClusterState,
    service: &'a Service,
) -> impl Iterator<Item = &'a EndpointSlice> {
    cluster
        .slices
        .iter()
        .filter(|s| s.namespace == service.namespace && s.service.as_ref() == Some(&service.name))
}

/// Whether the control plane fills the Service's slices.
fn is_filled(cluster: &ClusterState, service: &Service) -> bool {
    !service.selector.is_empty() && slices(cluster, service).all(|slice| slice.made)
}

/// The kinds that keep a number of pods running.
const WORKLOADS: [&str; 4] = [
    "Deployment",
    "StatefulSet",
    "ReplicaSet",
    "ReplicationController",
];

fn fields(cluster: &ClusterState, service: &Service) -> Vec<Offer> {
    let (object, name) = (service.object, &service.name);
    let mut found = Vec::new();
    let reached_from_outside = matches!(
        service.service_type,
        ServiceType::NodePort | ServiceType::LoadBalancer
    ) || (service.service_type == ServiceType::ClusterIp
        && !service.external_ips.is_empty());
    if reached_from_outside {
        let mut changes = vec![set(
            object,
            "spec.externalTrafficPolicy",
            other(service.external_policy),
        )];
        if service.external_policy == TrafficPolicy::Local {
            // The API server takes this field beside Local alone (`validateServiceExternalTrafficPolicy`).
            changes.extend(unset(cluster, object, "spec.healthCheckNodePort"));
        }
        found.push(policy(
            "external",
            service.external_policy,
            "from outside",
            changes,
        ));
    }
    if !service.cluster_ips.is_empty() {
        let changes = vec![set(
            object,
            "spec.internalTrafficPolicy",
            other(service.internal_policy),
        )];
        found.push(policy(
            "internal",
            service.internal_policy,
            "from inside the cluster",
            changes,
        ));
        found.push(match service.affinity_seconds {
            None => offer(
                "affinity",
                "ClientIP affinity",
                format!(
                    "Service {name} keeps a client with the endpoint it got first, for three hours."
                ),
                vec![set(object, "spec.sessionAffinity", "ClientIP")],
            ),
            Some(_) => offer(
                "affinity",
                "No affinity",
                format!("Service {name} draws an endpoint for every connection."),
                [set(object, "spec.sessionAffinity", "None")]
                    .into_iter()
                    .chain(unset(cluster, object, "spec.sessionAffinityConfig"))
                    .collect(),
            ),
        });
    }
    if let Some((label, is)) = service
        .selector
        .iter()
        .next()
        .filter(|_| is_filled(cluster, service))
    {
        let typo = match is.len() + TYPO.len() <= LONGEST_LABEL {
            true => format!("{is}{TYPO}"),
            false => TYPO.trim_start_matches('-').to_owned(),
        };
        let steps = vec![
            Step::Key("spec".into()),
            Step::Key("selector".into()),
            Step::Key(label.clone()),
        ];
        found.push(offer(
            "selector",
            "Selector matches nothing",
            format!("Service {name} asks for {label}: {typo}, which no pod has."),
            vec![Change::Set(object, steps, Literal::Str(typo))],
        ));
    }
    found
}

/// What a mistyped label ends with.
const TYPO: &str = "-typo";
/// A label's value has at most 63 characters (`LabelValueMaxLength` in apimachinery's validation).
const LONGEST_LABEL: usize = 63;

fn other(policy: TrafficPolicy) -> &'static str {
    match policy {
        TrafficPolicy::Cluster => "Local",
        TrafficPolicy::Local => "Cluster",
    }
}

fn policy(which: &str, now: TrafficPolicy, whose: &str, changes: Vec<Change>) -> Offer {
    let about = match now {
        TrafficPolicy::Cluster => {
            format!("What comes {whose} goes only to endpoints on the node that it came to.")
        }
        TrafficPolicy::Local => format!("What comes {whose} goes to endpoints on any node."),
    };
    offer(
        which,
        format!("{which}TrafficPolicy: {}", other(now)),
        about,
        changes,
    )
}

fn proxy(cluster: &ClusterState) -> Vec<Offer> {
    let now = cluster.proxy.masquerade_all;
    let (label, about) = match now {
        false => (
            "masqueradeAll: true",
            "Whatever goes to a cluster IP gets its node's address as its source.",
        ),
        true => (
            "masqueradeAll: false",
            "Only what must be masqueraded gets its node's address as its source.",
        ),
    };
    let kind = cluster
        .proxy
        .object
        .and_then(|o| cluster.origins.objects.get(o.0));
    let changes = match (cluster.proxy.object, kind) {
        (Some(object), Some(origin)) if origin.kind == "KubeProxyConfiguration" => {
            vec![set(object, "iptables.masqueradeAll", Literal::Bool(!now))]
        }
        (None, _) => vec![Change::Append(configuration(cluster, !now))],
        // The configuration is a text in a ConfigMap: its places are not the text's.
        _ => return Vec::new(),
    };
    vec![offer("masquerade-all", label, about, changes)]
}

/// kube-proxy's configuration as it is without one in the text, but for one value.
fn configuration(cluster: &ClusterState, masquerade_all: bool) -> Literal {
    let ranges: Vec<String> = cluster
        .proxy
        .cluster_cidrs
        .iter()
        .map(ToString::to_string)
        .collect();
    Literal::map([
        ("apiVersion", "kubeproxy.config.k8s.io/v1alpha1".into()),
        ("kind", "KubeProxyConfiguration".into()),
        ("clusterCIDR", Literal::Str(ranges.join(","))),
        (
            "iptables",
            Literal::map([("masqueradeAll", Literal::Bool(masquerade_all))]),
        ),
    ])
}
