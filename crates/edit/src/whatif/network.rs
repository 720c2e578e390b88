//! Another network plugin under the cluster, said by a `kind: Network` (docs/network.md).

use cluster::yaml::Node;
use cluster::{ClusterState, NetworkSpec, ObjectId, Preset};

use super::{Offer, offer, set};
use crate::pods::value;
use crate::{Change, Literal};

/// The plugins that have a button.
const PLUGINS: [(Preset, &str, &str, &str); 3] = [
    (
        Preset::K3s,
        "flannel",
        "flannel, as in k3s",
        "Pods hang on a bridge, nodes reach each other's pods through a VXLAN tunnel, and flannel's own rules are there.",
    ),
    (
        Preset::Kind,
        "kindnet",
        "kindnet, as in kind",
        "Each pod has a veth of its own, nodes reach each other's pods by plain routes, and kindnet's own rules are there.",
    ),
    (
        Preset::Calico,
        "calico",
        "calico",
        "Nodes answer for their pods by proxy ARP, reach each other's pods by plain routes, and calico's own rules are there.",
    ),
];

/// Every plugin that is not the one at hand.
pub(super) fn offers(cluster: &ClusterState) -> Vec<Offer> {
    let mut ids = (0..cluster.origins.objects.len()).rev().map(ObjectId);
    // Others have kinds of this name, too.
    let is_ours = |id: &ObjectId| {
        let field = |name| value(cluster, *id, name).and_then(Node::as_str);
        field("kind") == Some("Network") && field("apiVersion") == Some("chainwalk/v1")
    };
    let written = ids.find(is_ours);
    let now = words(&cluster.network);
    let mut found: Vec<Offer> = PLUGINS
        .into_iter()
        .filter_map(|(preset, id, label, about)| {
            let then = NetworkSpec::of_preset(preset);
            let changes = changes(written, &then);
            (words(&then) != now).then(|| offer(format!("network/{id}"), label, about, changes))
        })
        .collect();
    if cluster.network.masquerade {
        let plain = NetworkSpec {
            masquerade: false,
            ..cluster.network.clone()
        };
        found.push(offer(
            "network/none",
            "Without the plugin's rules",
            "Pods and nodes stay connected as they are; only the network plugin's own rules are gone.",
            changes(written, &plain),
        ));
    }
    found
}

/// What the plugins differ in.
fn words(network: &NetworkSpec) -> (&str, &str, bool) {
    (&network.attach, &network.network, network.masquerade)
}

fn changes(written: Option<ObjectId>, then: &NetworkSpec) -> Vec<Change> {
    let fields = [
        ("attach", Literal::from(then.attach.as_str())),
        ("network", Literal::from(then.network.as_str())),
        ("masquerade", Literal::Bool(then.masquerade)),
    ];
    match written {
        Some(object) => fields
            .into_iter()
            .map(|(name, value)| set(object, &format!("spec.{name}"), value))
            .collect(),
        None => vec![Change::Append(Literal::map([
            ("apiVersion", "chainwalk/v1".into()),
            ("kind", "Network".into()),
            ("spec", Literal::map(fields)),
        ]))],
    }
}
