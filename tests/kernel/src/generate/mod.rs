//! Random clusters, as the YAML a person would paste, and random questions about them.

use std::fmt::Write;

use crate::draw::Draw;

mod corner;
mod plan;
mod question;
mod service;

use corner::Corner;
use plan::{Fixed, NODES, Stack, fixed, node_ip, pod_cidr};
use question::question;
use service::{another_service, pods, service, type_name, write_service};

const NODE_PORT: u16 = 30123;
const HEALTH_PORT: u16 = 32123;
const PORT: u16 = 8711;
const TARGET: u16 = 8080;
/// A port at which nobody listens and of which no Service knows.
const NOBODY: u16 = 8999;

/// A cluster and what is asked of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The cluster.
    pub yaml: String,
    /// As `--kube-proxy`.
    pub kube_proxy: &'static str,
    /// The questions, one after the other.
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Debug, Clone)]
pub struct Question {
    /// As `--from`.
    pub from: String,
    /// As `--to`.
    pub to: String,
    /// As `--via`.
    pub via: Option<String>,
    /// The client's port, where it is not left to the kernel.
    pub sport: Option<u16>,
    /// Whether conntrack still knows what went before.
    pub remembers: bool,
    /// What this covers: dimension and value.
    pub facets: Vec<(&'static str, String)>,
}

/// One case of a seed.
pub fn case(seed: u64, number: u64) -> Case {
    let mut draw = Draw::new(seed, number);
    let mut facets = Vec::new();
    let mut yaml = String::new();
    let kube_proxy = draw.weighted(&[(60, "v1.30"), (40, "newest")]);
    facets.push(("kube-proxy", kube_proxy.to_owned()));
    let stack = Stack::draw(&mut draw);
    facets.push(("families", stack.name().to_owned()));
    let corner = Corner::of(number);
    network(&mut draw, stack, corner, &mut yaml, &mut facets);
    let first = stack.families()[0];
    for (at, (name, ..)) in NODES.iter().enumerate() {
        let _ = write!(
            yaml,
            "---\napiVersion: v1\nkind: Node\nmetadata: {{name: {name}}}\n\
             spec: {{podCIDR: \"{}\", podCIDRs: [{}]}}\n\
             status: {{addresses: [{}]}}\n",
            pod_cidr(first, at),
            stack.list(|family| format!("\"{}\"", pod_cidr(family, at))),
            stack.list(|family| format!(
                "{{type: InternalIP, address: \"{}\"}}",
                node_ip(family, at)
            ))
        );
    }
    let service = service(&mut draw, stack, corner);
    facets.push(("Service type", type_name(service.kind).to_owned()));
    facets.push(("externalTrafficPolicy", policy(service.external_local)));
    facets.push(("internalTrafficPolicy", policy(service.internal_local)));
    facets.push(("protocol", service.protocol.to_owned()));
    facets.push(("endpoints", service.endpoints.to_owned()));
    facets.push((
        "sessionAffinity",
        if service.affinity { "ClientIP" } else { "None" }.to_owned(),
    ));
    let host = service.backends.iter().any(|backend| backend.on_host);
    let host = if host {
        "one on its node's"
    } else {
        "their own"
    };
    facets.push(("backends' network", host.to_owned()));
    let ranges = if service.ranges.is_some() {
        "given"
    } else {
        "none"
    };
    facets.push(("loadBalancerSourceRanges", ranges.to_owned()));
    write_service(&service, &mut yaml);
    if draw.percent(30) {
        another_service(&mut draw, stack, &mut yaml);
    }
    pods(&mut draw, &service, &mut yaml);
    let mut questions: Vec<Question> = Vec::new();
    let count = 1 + draw.below(3);
    while questions.len() < count {
        let again = draw.percent(40);
        let question = match questions.last().filter(|_| again) {
            Some(last) => {
                let mut again = last.clone();
                again.remembers = true;
                again.facets.retain(|(dimension, _)| *dimension != "when");
                again.facets.push(("when", "again".to_owned()));
                again
            }
            None => question(&mut draw, &service, corner, &facets),
        };
        questions.push(question);
    }
    Case {
        yaml,
        kube_proxy,
        questions,
    }
}

/// The network's object and kube-proxy's configuration.
fn network(
    draw: &mut Draw,
    stack: Stack,
    corner: Option<Corner>,
    yaml: &mut String,
    facets: &mut Vec<(&'static str, String)>,
) {
    let attach = draw.weighted(&[(50, "bridge"), (25, "ptp"), (25, "calico")]);
    let vxlan = attach == "bridge" && draw.percent(30);
    let wire = if vxlan { "vxlan" } else { "host-gw" };
    let hairpin = !draw.percent(20);
    let bridge_nf = !draw.percent(15);
    let forward = if draw.percent(25) { "DROP" } else { "ACCEPT" };
    let masquerade = draw.percent(40);
    let plugin = match (masquerade, attach) {
        (false, _) => "none",
        (true, "bridge") => "flannel's",
        (true, "ptp") => "kindnet's",
        (true, _) => "calico's",
    };
    let _ = write!(
        yaml,
        "apiVersion: chainwalk/v1\nkind: Network\nspec:\n  attach: {attach}\n  network: {wire}\n  \
         hairpin: {hairpin}\n  bridge_nf: {bridge_nf}\n  forward_policy: {forward}\n  \
         masquerade: {masquerade}\n"
    );
    let sysctl = [
        (12, "net.ipv4.conf.all.route_localnet: 0"),
        (15, "net.ipv4.conf.all.rp_filter: 1"),
    ];
    let sysctl = sysctl.map(|(chances, line)| draw.percent(chances).then_some(line));
    let stated: Vec<&str> = sysctl.into_iter().flatten().collect();
    if !stated.is_empty() {
        let _ = writeln!(yaml, "  sysctl: {{{}}}", stated.join(", "));
    }
    facets.push((
        "rp_filter",
        if sysctl[1].is_some() { "strict" } else { "off" }.to_owned(),
    ));
    if draw.percent(12) {
        let (node, ..) = draw.of(&NODES);
        let _ = writeln!(yaml, "  nodes: {{{node}: {{default_route: false}}}}");
    }
    facets.push(("attach", attach.to_owned()));
    facets.push(("network", wire.to_owned()));
    facets.push(("FORWARD policy", forward.to_owned()));
    facets.push(("plugin's rules", plugin.to_owned()));
    let on_off = |on| if on { "on" } else { "off" }.to_owned();
    facets.push(("hairpin", on_off(hairpin)));
    facets.push(("bridge_nf", on_off(bridge_nf)));
    let detect = match attach {
        "bridge" => draw.weighted(&[
            (38, "ClusterCIDR"),
            (17, "NodeCIDR"),
            (45, "BridgeInterface"),
        ]),
        _ => draw.weighted(&[
            (38, "ClusterCIDR"),
            (17, "NodeCIDR"),
            (45, "InterfaceNamePrefix"),
        ]),
    };
    // A prefix says how pods are attached, so it stands only where that is so anyway.
    let detect = if attach == "calico" && detect == "InterfaceNamePrefix" {
        "ClusterCIDR"
    } else {
        match (corner, attach) {
            (Some(Corner::Internal), "bridge") => "BridgeInterface",
            _ => detect,
        }
    };
    facets.push(("detectLocalMode", detect.to_owned()));
    let _ = write!(
        yaml,
        "---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n\
         mode: iptables\nclusterCIDR: \"{}\"\ndetectLocalMode: {detect}\n",
        stack
            .list(|family| fixed(family, Fixed::PodRange).to_owned())
            .replace(' ', "")
    );
    match detect {
        "BridgeInterface" => yaml.push_str("detectLocal: {bridgeInterface: cni0}\n"),
        "InterfaceNamePrefix" => yaml.push_str("detectLocal: {interfaceNamePrefix: veth}\n"),
        _ => {}
    }
    if draw.percent(12) {
        let ranges = stack.list(|family| format!("\"{}\"", fixed(family, Fixed::NodeRange)));
        let _ = writeln!(yaml, "nodePortAddresses: [{ranges}]");
    }
    let _ = writeln!(
        yaml,
        "iptables: {{masqueradeAll: {}, localhostNodePorts: {}}}",
        draw.percent(20),
        !draw.percent(15)
    );
}

fn policy(local: bool) -> String {
    if local { "Local" } else { "Cluster" }.to_owned()
}
