//! A random question: who sends to whom.

use super::corner::Corner;
use super::plan::{Fixed, NODES, fixed, in_brackets, node_ip, pod_ip};
use super::service::{Backend, CLIENT, Service, Type};
use super::{HEALTH_PORT, NOBODY, NODE_PORT, PORT, Question, TARGET};
use crate::draw::Draw;

pub(super) fn question(
    draw: &mut Draw,
    service: &Service,
    corner: Option<Corner>,
    common: &[(&'static str, String)],
) -> Question {
    let mut facets = common.to_vec();
    let family = draw.of(service.stack.families());
    facets.push(("family", format!("{family:?}").replace("Ip", "IP")));
    let of = |what: Fixed| in_brackets(family, fixed(family, what));
    facets.push(("when", "first".to_owned()));
    let node = draw.below(NODES.len());
    let near = service.backends.first().map(|backend| backend.node);
    let source = draw.weighted(&[
        (18, "pod on a backend's node"),
        (18, "pod elsewhere"),
        (16, "backend itself"),
        (20, "process on a node"),
        (20, "outside"),
        (8, "process, to localhost"),
    ]);
    let source = corner.map_or(source, |corner| corner.source(draw));
    let without = |draw: &mut Draw| {
        let bare: Vec<usize> = (0..NODES.len())
            .filter(|at| service.backends.iter().all(|backend| backend.node != *at))
            .collect();
        (!bare.is_empty()).then(|| draw.of(&bare))
    };
    let mut node = match (source, near) {
        ("pod on a backend's node", Some(near)) => near,
        ("pod elsewhere", Some(near)) => without(draw).unwrap_or((near + 1) % NODES.len()),
        // Where a Local policy finds nobody.
        ("outside", Some(_)) if corner == Some(Corner::OneSided) => without(draw).unwrap_or(node),
        ("process on a node", Some(near)) if corner.is_some() => near,
        ("outside", Some(_)) if service.external_local && draw.percent(50) => {
            without(draw).unwrap_or(node)
        }
        _ => node,
    };
    let mut via = None;
    let from = match source {
        "backend itself" if !service.backends.is_empty() => {
            let Backend { name, node: at, .. } = draw.of(&service.backends);
            node = at;
            format!("pod/demo/{name}")
        }
        "process on a node" | "process, to localhost" => format!("node/{}", NODES[node].0),
        "outside" => {
            via = Some(NODES[node].0.to_owned());
            "outside".to_owned()
        }
        _ => format!("pod/demo/cli{}", node + 1),
    };
    let source = match source {
        "backend itself" if service.backends.is_empty() => "pod elsewhere",
        other => other,
    };
    facets.push(("source", source.to_owned()));
    let outward = matches!(service.kind, Type::NodePort | Type::LoadBalancer);
    let protocol = service.protocol.to_ascii_lowercase();
    let other = (node + 1 + draw.below(NODES.len() - 1)) % NODES.len();
    let mut choices: Vec<(usize, &'static str)> = vec![(8, "wrong port"), (5, "ping")];
    if service.kind != Type::Headless {
        choices.push((if outward { 22 } else { 45 }, "ClusterIP"));
    }
    if outward {
        choices.push((20, "NodePort of the entry node"));
        choices.push((14, "NodePort of another node"));
    }
    if service.kind == Type::LoadBalancer {
        choices.push((40, "load balancer's address"));
    }
    if service.external_ip {
        choices.push((40, "external IP"));
    }
    if !service.backends.is_empty() {
        // From outside, a node on the way may see one direction only.
        let weight = if source == "outside" { 24 } else { 12 };
        choices.push((weight, "pod's address"));
    }
    let destination = match source {
        "process, to localhost" => "localhost",
        "outside" if draw.percent(36) => "a node's localhost",
        _ => draw.weighted(&choices),
    };
    let destination = corner.map_or(destination, |corner| corner.destination(draw));
    facets.push(("destination", destination.to_owned()));
    if source == "outside" && destination == "NodePort of another node" {
        via = Some(NODES[other].0.to_owned());
    }
    let some_pod = |draw: &mut Draw| match service.backends.is_empty() {
        true => pod_ip(family, other, CLIENT),
        false => draw.of(&service.backends).ip(family),
    };
    let some_pod = |draw: &mut Draw| in_brackets(family, &some_pod(draw));
    let node_at = |at: usize| in_brackets(family, &node_ip(family, at));
    let health = service.kind == Type::LoadBalancer && service.external_local && draw.percent(85);
    let to = match destination {
        "ClusterIP" => format!("{}:{PORT}/{protocol}", of(Fixed::ClusterIp)),
        "NodePort of the entry node" => format!("{}:{NODE_PORT}/{protocol}", node_at(node)),
        "NodePort of another node" => format!("{}:{NODE_PORT}/{protocol}", node_at(other)),
        "load balancer's address" => format!("{}:{PORT}/{protocol}", of(Fixed::LoadBalancer)),
        "external IP" => format!("{}:{PORT}/{protocol}", of(Fixed::ExternalIp)),
        "pod's address" => format!("{}:{TARGET}/{protocol}", some_pod(draw)),
        "localhost" | "a node's localhost" => format!(
            "{}:{}/{protocol}",
            of(Fixed::Localhost),
            if outward { NODE_PORT } else { NOBODY }
        ),
        "ping" => {
            let pod = some_pod(draw);
            format!(
                "{}/icmp",
                draw.of(&[of(Fixed::ClusterIp), node_at(other), pod])
            )
        }
        // Nobody listens at the health check's port either, but there is a rule for it.
        "wrong port" if health => format!("{}:{HEALTH_PORT}", node_at(other)),
        _ => {
            let pod = some_pod(draw);
            let host = draw.of(&[
                of(Fixed::ClusterIp),
                node_at(other),
                pod,
                of(Fixed::LoadBalancer),
            ]);
            format!("{host}:{NOBODY}/{protocol}")
        }
    };
    let spoken = to.rsplit_once('/').map_or("tcp", |(_, protocol)| protocol);
    if spoken != protocol {
        facets.retain(|(dimension, _)| *dimension != "protocol");
        facets.push(("protocol", spoken.to_ascii_uppercase()));
    }
    // TCP would not use a port again so soon; UDP does, and then conntrack knows the flow.
    let udp = to.ends_with("/udp");
    let sport = (udp && draw.percent(50)).then_some(5555);
    Question {
        from,
        to,
        via,
        sport,
        remembers: false,
        facets,
    }
}
