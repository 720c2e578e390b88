//! Random clusters, as the YAML a person would paste, and random questions about them.

use std::fmt::Write;

use crate::draw::Draw;

/// Nodes: name, address, the pods' network without its last byte.
const NODES: [(&str, &str, &str); 3] = [
    ("node1", "192.168.1.11", "10.42.1"),
    ("node2", "192.168.1.12", "10.42.2"),
    ("node3", "192.168.1.13", "10.42.5"),
];
const CLUSTER_IP: &str = "10.43.169.48";
const LB_IP: &str = "203.0.113.10";
const EXTERNAL_IP: &str = "203.0.113.77";
const NODE_PORT: u16 = 30123;
const PORT: u16 = 8711;
const TARGET: u16 = 8080;
/// A port at which nobody listens and of which no Service knows.
const NOBODY: u16 = 8999;

/// A cluster and what is asked of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The cluster.
    pub yaml: String,
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    ClusterIp,
    NodePort,
    LoadBalancer,
    Headless,
}

struct Service {
    kind: Type,
    protocol: &'static str,
    external_local: bool,
    internal_local: bool,
    affinity: bool,
    ranges: Option<&'static str>,
    external_ip: bool,
    endpoints: &'static str,
    /// Pod, node's place, condition.
    backends: Vec<(String, usize, &'static str)>,
}

/// One case of a seed.
pub fn case(seed: u64, number: u64) -> Case {
    let mut draw = Draw::new(seed, number);
    let mut facets = Vec::new();
    let mut yaml = String::new();
    network(&mut draw, &mut yaml, &mut facets);
    for (name, ip, pods) in NODES {
        let _ = write!(
            yaml,
            "---\napiVersion: v1\nkind: Node\nmetadata: {{name: {name}}}\n\
             spec: {{podCIDR: {pods}.0/24, podCIDRs: [{pods}.0/24]}}\n\
             status: {{addresses: [{{type: InternalIP, address: {ip}}}]}}\n"
        );
    }
    let service = service(&mut draw);
    facets.push(("Service type", type_name(service.kind).to_owned()));
    facets.push(("externalTrafficPolicy", policy(service.external_local)));
    facets.push(("internalTrafficPolicy", policy(service.internal_local)));
    facets.push(("protocol", service.protocol.to_owned()));
    facets.push(("endpoints", service.endpoints.to_owned()));
    facets.push((
        "sessionAffinity",
        if service.affinity { "ClientIP" } else { "None" }.to_owned(),
    ));
    let ranges = if service.ranges.is_some() {
        "given"
    } else {
        "none"
    };
    facets.push(("loadBalancerSourceRanges", ranges.to_owned()));
    write_service(&service, &mut yaml);
    if draw.percent(30) {
        another_service(&mut draw, &mut yaml);
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
            None => question(&mut draw, &service, &facets),
        };
        questions.push(question);
    }
    Case { yaml, questions }
}

fn policy(local: bool) -> String {
    if local { "Local" } else { "Cluster" }.to_owned()
}

fn type_name(kind: Type) -> &'static str {
    match kind {
        Type::ClusterIp => "ClusterIP",
        Type::NodePort => "NodePort",
        Type::LoadBalancer => "LoadBalancer",
        Type::Headless => "headless",
    }
}

/// The network's object and kube-proxy's configuration.
fn network(draw: &mut Draw, yaml: &mut String, facets: &mut Vec<(&'static str, String)>) {
    let attach = draw.weighted(&[(50, "bridge"), (25, "ptp"), (25, "calico")]);
    let vxlan = attach == "bridge" && draw.percent(30);
    let wire = if vxlan { "vxlan" } else { "host-gw" };
    let hairpin = !draw.percent(20);
    let bridge_nf = !draw.percent(15);
    let forward = if draw.percent(25) { "DROP" } else { "ACCEPT" };
    let _ = write!(
        yaml,
        "apiVersion: chainwalk/v1\nkind: Network\nspec:\n  attach: {attach}\n  network: {wire}\n  \
         hairpin: {hairpin}\n  bridge_nf: {bridge_nf}\n  forward_policy: {forward}\n"
    );
    if draw.percent(12) {
        yaml.push_str("  sysctl: {net.ipv4.conf.all.route_localnet: 0}\n");
    }
    if draw.percent(12) {
        let (node, ..) = draw.of(&NODES);
        let _ = writeln!(yaml, "  nodes: {{{node}: {{default_route: false}}}}");
    }
    facets.push(("attach", attach.to_owned()));
    facets.push(("network", wire.to_owned()));
    facets.push(("FORWARD policy", forward.to_owned()));
    let detect = match attach {
        "bridge" => draw.weighted(&[
            (60, "ClusterCIDR"),
            (20, "NodeCIDR"),
            (20, "BridgeInterface"),
        ]),
        _ => draw.weighted(&[
            (60, "ClusterCIDR"),
            (20, "NodeCIDR"),
            (20, "InterfaceNamePrefix"),
        ]),
    };
    // A prefix says how pods are attached, so it stands only where that is so anyway.
    let detect = if attach == "calico" && detect == "InterfaceNamePrefix" {
        "ClusterCIDR"
    } else {
        detect
    };
    facets.push(("detectLocalMode", detect.to_owned()));
    let _ = write!(
        yaml,
        "---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n\
         mode: iptables\nclusterCIDR: 10.42.0.0/16\ndetectLocalMode: {detect}\n"
    );
    match detect {
        "BridgeInterface" => yaml.push_str("detectLocal: {bridgeInterface: cni0}\n"),
        "InterfaceNamePrefix" => yaml.push_str("detectLocal: {interfaceNamePrefix: veth}\n"),
        _ => {}
    }
    if draw.percent(12) {
        yaml.push_str("nodePortAddresses: [192.168.1.0/24]\n");
    }
    let _ = writeln!(
        yaml,
        "iptables: {{masqueradeAll: {}, localhostNodePorts: {}}}",
        draw.percent(12),
        !draw.percent(15)
    );
}

fn service(draw: &mut Draw) -> Service {
    let kind = draw.weighted(&[
        (28, Type::ClusterIp),
        (32, Type::NodePort),
        (32, Type::LoadBalancer),
        (8, Type::Headless),
    ]);
    let outward = matches!(kind, Type::NodePort | Type::LoadBalancer);
    let external_ip = kind != Type::Headless && draw.percent(30);
    let endpoints = draw.weighted(&[
        (55, "ready"),
        (12, "some terminating"),
        (12, "only terminating"),
        (10, "not ready"),
        (11, "none"),
    ]);
    let count = if endpoints == "none" {
        0
    } else {
        1 + draw.below(4)
    };
    let crowded = draw.percent(30).then(|| draw.below(NODES.len()));
    let backends = (0..count)
        .map(|at| {
            let node = crowded.unwrap_or_else(|| draw.below(NODES.len()));
            let condition = match endpoints {
                "some terminating" if at > 0 => draw.of(&["terminating", "ready", "gone"]),
                "only terminating" => draw.weighted(&[(75, "terminating"), (25, "gone")]),
                "not ready" => "not ready",
                _ => "ready",
            };
            (format!("ep{}", at + 1), node, condition)
        })
        .collect();
    Service {
        kind,
        protocol: draw.weighted(&[(50, "TCP"), (32, "UDP"), (18, "SCTP")]),
        external_local: (outward || external_ip) && draw.percent(45),
        internal_local: kind != Type::Headless && draw.percent(22),
        affinity: kind != Type::Headless && draw.percent(22),
        ranges: (kind == Type::LoadBalancer && draw.percent(45)).then(|| {
            draw.of(&[
                "192.168.1.0/24",
                "198.51.100.0/24",
                "10.42.0.0/16",
                "192.168.1.12/32",
            ])
        }),
        external_ip,
        endpoints,
        backends,
    }
}

fn write_service(service: &Service, yaml: &mut String) {
    let kind = match service.kind {
        Type::Headless => "ClusterIP",
        kind => type_name(kind),
    };
    let cluster_ip = if service.kind == Type::Headless {
        "None"
    } else {
        CLUSTER_IP
    };
    let _ = write!(
        yaml,
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: demo}}\nspec:\n  \
         type: {kind}\n  clusterIP: {cluster_ip}\n"
    );
    let outward = matches!(service.kind, Type::NodePort | Type::LoadBalancer);
    let node_port = if outward {
        format!(", nodePort: {NODE_PORT}")
    } else {
        String::new()
    };
    let _ = writeln!(
        yaml,
        "  ports: [{{port: {PORT}, targetPort: {TARGET}, protocol: {}{node_port}}}]",
        service.protocol
    );
    if service.external_local {
        yaml.push_str("  externalTrafficPolicy: Local\n");
    }
    if service.internal_local {
        yaml.push_str("  internalTrafficPolicy: Local\n");
    }
    if service.affinity {
        yaml.push_str("  sessionAffinity: ClientIP\n");
    }
    if let Some(ranges) = service.ranges {
        let _ = writeln!(yaml, "  loadBalancerSourceRanges: [{ranges}]");
    }
    if service.external_ip {
        let _ = writeln!(yaml, "  externalIPs: [{EXTERNAL_IP}]");
    }
    if service.kind == Type::LoadBalancer {
        let _ = writeln!(
            yaml,
            "status: {{loadBalancer: {{ingress: [{{ip: {LB_IP}}}]}}}}"
        );
    }
    yaml.push_str(
        "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: web-1\n  \
         namespace: demo\n  labels: {kubernetes.io/service-name: web}\naddressType: IPv4\n",
    );
    let _ = writeln!(
        yaml,
        "ports: [{{port: {TARGET}, protocol: {}}}]",
        service.protocol
    );
    if service.backends.is_empty() {
        yaml.push_str("endpoints: []\n");
        return;
    }
    yaml.push_str("endpoints:\n");
    for (at, (_, node, condition)) in service.backends.iter().enumerate() {
        let (ready, serving, terminating) = match *condition {
            "ready" => (true, true, false),
            "terminating" => (false, true, true),
            "gone" => (false, false, true),
            _ => (false, false, false),
        };
        let _ = writeln!(
            yaml,
            "- {{addresses: [{}], nodeName: {}, conditions: {{ready: {ready}, serving: {serving}, \
             terminating: {terminating}}}}}",
            backend_ip(*node, at),
            NODES[*node].0
        );
    }
}

/// A Service that the questions do not touch, so that there are more chains than those on the way.
fn another_service(draw: &mut Draw, yaml: &mut String) {
    if draw.percent(30) {
        yaml.push_str(
            "---\napiVersion: v1\nkind: Service\nmetadata: {name: elsewhere, namespace: demo}\n\
             spec: {type: ExternalName, externalName: example.com}\n",
        );
        return;
    }
    let _ = write!(
        yaml,
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: idle, namespace: demo}}\nspec:\n  \
         clusterIP: 10.43.7.7\n  ports: [{{port: 9000, targetPort: {TARGET}}}]\n---\n\
         apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: idle-1\n  \
         namespace: demo\n  labels: {{kubernetes.io/service-name: idle}}\naddressType: IPv4\n\
         ports: [{{port: {TARGET}, protocol: TCP}}]\nendpoints:\n\
         - {{addresses: [10.42.1.50], nodeName: node1, conditions: {{ready: true}}}}\n"
    );
}

fn backend_ip(node: usize, at: usize) -> String {
    format!("{}.{}", NODES[node].2, 16 + at)
}

/// The backends, and one pod on each node that only asks.
fn pods(draw: &mut Draw, service: &Service, yaml: &mut String) {
    let mut pod = |name: &str, ip: &str, node: &str, listen: &str| {
        let _ = write!(
            yaml,
            "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: demo\n  \
             annotations: {{chainwalk/listen: \"{listen}\"}}\n\
             spec: {{nodeName: {node}, containers: [{{name: main, image: app}}]}}\n\
             status: {{phase: Running, podIP: {ip}, podIPs: [{{ip: {ip}}}]}}\n"
        );
    };
    for (at, (name, node, _)) in service.backends.iter().enumerate() {
        let protocol = service.protocol.to_ascii_lowercase();
        // Now and then the process is not where the Service believes it.
        let port = if draw.percent(6) { TARGET + 1 } else { TARGET };
        let listen = format!("{protocol}:{port}");
        pod(name, &backend_ip(*node, at), NODES[*node].0, &listen);
    }
    for (at, (node, _, net)) in NODES.iter().enumerate() {
        pod(
            &format!("cli{}", at + 1),
            &format!("{net}.50"),
            node,
            "tcp:9000",
        );
    }
}

fn question(draw: &mut Draw, service: &Service, common: &[(&'static str, String)]) -> Question {
    let mut facets = common.to_vec();
    facets.push(("when", "first".to_owned()));
    let node = draw.below(NODES.len());
    let near = service.backends.first().map(|backend| backend.1);
    let source = draw.weighted(&[
        (18, "pod on a backend's node"),
        (18, "pod elsewhere"),
        (16, "backend itself"),
        (20, "process on a node"),
        (20, "outside"),
        (8, "process, to localhost"),
    ]);
    let mut node = match (source, near) {
        ("pod on a backend's node", Some(near)) => near,
        ("pod elsewhere", Some(near)) => {
            let without: Vec<usize> = (0..NODES.len())
                .filter(|at| service.backends.iter().all(|backend| backend.1 != *at))
                .collect();
            match without.is_empty() {
                true => (near + 1) % NODES.len(),
                false => draw.of(&without),
            }
        }
        _ => node,
    };
    let mut via = None;
    let from = match source {
        "backend itself" if !service.backends.is_empty() => {
            let (name, at, _) = draw.of(&service.backends);
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
    let mut choices: Vec<(usize, &'static str)> = vec![(6, "wrong port"), (5, "ping")];
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
        choices.push((8, "pod's address"));
    }
    let destination = match source {
        "process, to localhost" => "localhost",
        "outside" if draw.percent(18) => "a node's localhost",
        _ => draw.weighted(&choices),
    };
    facets.push(("destination", destination.to_owned()));
    if source == "outside" && destination == "NodePort of another node" {
        via = Some(NODES[other].0.to_owned());
    }
    let some_pod = |draw: &mut Draw| match service.backends.is_empty() {
        true => format!("{}.50", NODES[other].2),
        false => {
            let at = draw.below(service.backends.len());
            backend_ip(service.backends[at].1, at)
        }
    };
    let to = match destination {
        "ClusterIP" => format!("{CLUSTER_IP}:{PORT}/{protocol}"),
        "NodePort of the entry node" => format!("{}:{NODE_PORT}/{protocol}", NODES[node].1),
        "NodePort of another node" => format!("{}:{NODE_PORT}/{protocol}", NODES[other].1),
        "load balancer's address" => format!("{LB_IP}:{PORT}/{protocol}"),
        "external IP" => format!("{EXTERNAL_IP}:{PORT}/{protocol}"),
        "pod's address" => format!("{}:{TARGET}/{protocol}", some_pod(draw)),
        "localhost" | "a node's localhost" => format!(
            "127.0.0.1:{}/{protocol}",
            if outward { NODE_PORT } else { NOBODY }
        ),
        "ping" => {
            let pod = some_pod(draw);
            format!(
                "{}/icmp",
                draw.of(&[CLUSTER_IP.to_owned(), NODES[other].1.to_owned(), pod])
            )
        }
        _ => {
            let pod = some_pod(draw);
            let host = draw.of(&[
                CLUSTER_IP.to_owned(),
                NODES[other].1.to_owned(),
                pod,
                LB_IP.to_owned(),
            ]);
            format!("{host}:{NOBODY}/{protocol}")
        }
    };
    if destination == "ping" {
        facets.retain(|(dimension, _)| *dimension != "protocol");
        facets.push(("protocol", "ICMP".to_owned()));
    }
    // TCP would not use a port again so soon; UDP does, and then conntrack knows the flow.
    let udp = protocol == "udp" && destination != "ping";
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
