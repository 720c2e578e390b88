//! The core's side of what-ifs: which are on offer for a question, and the text after one of them.

use std::net::IpAddr;

use cluster::{ClusterState, Service};
use lab::{Ask, Destination, Port};

use crate::session::Refusal;
use crate::whatif::{ChangedLines, Edited, EndpointOffers, LineMark, Offer, Offers};

/// The Service that a question asks, by any of its addresses.
pub fn service<'a>(cluster: &'a ClusterState, ask: &Ask) -> Option<&'a Service> {
    let number = match ask.port {
        Port::Number(port) => Some(port),
        Port::Name(_) | Port::None => None,
    };
    let by_node_port = || {
        let mut all = cluster.services.iter();
        all.find(|s| {
            s.ports
                .iter()
                .any(|p| p.node_port.is_some() && p.node_port == number)
        })
    };
    match &ask.to {
        Destination::Service { namespace, name } => cluster.service(namespace, name),
        Destination::Node(_) => by_node_port(),
        Destination::Addr(addr) => {
            let owns = |s: &&Service| {
                let ingress = s.ingress.iter().filter_map(|i| i.ip);
                let mut all = s
                    .cluster_ips
                    .iter()
                    .chain(&s.external_ips)
                    .copied()
                    .chain(ingress);
                all.any(|ip| ip == *addr)
            };
            let listens = |s: &&Service| s.ports.iter().any(|p| Some(p.port) == number);
            let owners = || cluster.services.iter().filter(owns);
            let found = owners().find(listens).or_else(|| owners().next());
            found.or_else(|| is_node(cluster, *addr).then(by_node_port).flatten())
        }
    }
}

fn is_node(cluster: &ClusterState, addr: IpAddr) -> bool {
    let mut nodes = cluster.nodes.iter();
    nodes.any(|n| {
        n.internal_ips
            .iter()
            .chain(&n.other_ips)
            .any(|ip| *ip == addr)
    })
}

/// What is on offer for a question.
pub fn offers(cluster: &ClusterState, ask: Option<&Ask>) -> Offers {
    let service = ask.and_then(|ask| service(cluster, ask));
    let found = edit::whatif::Offers::of(cluster, service);
    let views = |list: &[edit::whatif::Offer]| list.iter().map(view).collect();
    Offers {
        service: service.map(|s| format!("{}/{}", s.namespace, s.name)),
        scale: views(&found.scale),
        endpoints: found
            .endpoints
            .iter()
            .map(|e| EndpointOffers {
                name: e.name.clone(),
                address: e.address.to_string(),
                offers: views(&e.offers),
            })
            .collect(),
        fields: views(&found.service),
        proxy: views(&found.proxy),
        network: views(&found.network),
    }
}

fn view(offer: &edit::whatif::Offer) -> Offer {
    Offer {
        id: offer.id.clone(),
        label: offer.label.clone(),
        about: offer.about.clone(),
    }
}

/// The text after one of them.
pub fn take(
    cluster: &ClusterState,
    text: &str,
    ask: Option<&Ask>,
    id: &str,
) -> Result<Edited, Refusal> {
    let service = ask.and_then(|ask| service(cluster, ask));
    let found = edit::whatif::Offers::of(cluster, service);
    let offer = found.all().find(|o| o.id == id).ok_or_else(|| Refusal {
        message: "This is not on offer for the cluster as it is now.".into(),
        help: "Choose from the list as it stands.".into(),
    })?;
    let edited = edit::apply(text, &offer.changes).ok_or_else(|| Refusal {
        message: format!("\"{}\" cannot be written into this text without touching something else.", offer.label),
        help: "The place is shared by an alias, or laid out in a way of its own. Make the change in the editor by hand; what it does to the rules is shown here all the same.".into(),
    })?;
    let lines = edited.lines.iter().map(|l| ChangedLines {
        first: l.first,
        last: l.last,
        mark: match l.mark {
            edit::Mark::Written => LineMark::Written,
            edit::Mark::Gone => LineMark::Gone,
        },
    });
    let mut done = view(offer);
    // Beside its endpoint a button says "it"; later the endpoint is no longer beside it.
    let whose = found
        .endpoints
        .iter()
        .find(|e| e.offers.iter().any(|o| o.id == id));
    if let Some(endpoint) = whose {
        let name = crate::text::elide(&endpoint.name, 14);
        done.label = done.label.replacen("it", &name, 1);
    }
    Ok(Edited {
        offer: done,
        lines: lines.collect(),
        text: edited.text,
    })
}
