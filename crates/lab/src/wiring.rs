//! A cluster and a question, wired into the network that the fabric walks.
//!
//! This is the only place where Kubernetes' words become a network engineer's: a Pod becomes a
//! namespace that listens, a Node one with rules, a client outside a host on the nodes' link.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cluster::{ClusterState, DetectLocal, Node, Pod, Transport};
use fabric::{
    Attach, ExternalSpec, Listen, Network, NodeSpec, Ns, PodSpec, Probe, Sender, Topology,
};
use ipnet::IpNet;
use netfilter::Protocol;

use crate::Options;
use crate::ask::{Ask, AskError, Destination, From, Port};

/// The namespace of the client outside.
pub const OUTSIDE: &str = "outside";

/// What a question needs the network to have beyond the cluster itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Extra {
    /// The node at which the client outside enters, where it is not the one that owns the destination.
    pub via: Option<(String, IpAddr)>,
    /// A pod that only sends: its address and node.
    pub pod: Option<(IpAddr, String)>,
    /// A client beyond the nodes' network: its address and the node it enters at.
    pub client: Option<(IpAddr, String)>,
}

/// A question, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wired {
    /// What to send.
    pub probe: Probe,
    /// What the network must have for it.
    pub extra: Extra,
    /// The name that was looked up and what it gave.
    pub resolved: Option<(String, IpAddr)>,
}

/// The name of a pod's namespace in the fabric.
pub fn pod_ns(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

/// The network under a cluster.
pub fn topology(cluster: &ClusterState, options: &Options, extra: &Extra) -> Topology {
    let net = &cluster.network;
    let by_prefix = cluster.proxy.detect_local == DetectLocal::InterfaceNamePrefix
        && !cluster.proxy.interface_name_prefix.is_empty();
    let by_bridge = cluster.proxy.detect_local == DetectLocal::BridgeInterface
        && !cluster.proxy.bridge_interface.is_empty();
    let attach = match net.attach.as_str() {
        "ptp" => Attach::Ptp,
        "calico" => Attach::Calico,
        _ => Attach::Bridge,
    };
    let mut pods: Vec<PodSpec> = Vec::new();
    let mut external: Vec<ExternalSpec> = Vec::new();
    for pod in &cluster.pods {
        let spec_name = pod_ns(&pod.namespace, &pod.name);
        match &pod.node {
            _ if pod.ips.is_empty() || pod.host_network => {}
            Some(node) => pods.push(PodSpec {
                name: spec_name,
                ips: pod.ips.clone(),
                node: node.clone(),
                listen: listen_of(pod),
            }),
            None => external.push(ExternalSpec {
                name: spec_name,
                ips: pod.ips.clone(),
                routes: Vec::new(),
                listen: listen_of(pod),
            }),
        }
    }
    if let Some((addr, node)) = &extra.pod {
        pods.push(PodSpec {
            name: addr.to_string(),
            ips: vec![*addr],
            node: node.clone(),
            listen: Listen::default(),
        });
    }
    for host in &net.external {
        external.push(ExternalSpec {
            name: host.name.clone(),
            ips: vec![host.ip],
            routes: host.routes.clone(),
            listen: Listen::default(),
        });
    }
    let first = cluster
        .nodes
        .first()
        .map(|n| n.name.clone())
        .unwrap_or_default();
    external.push(ExternalSpec {
        name: OUTSIDE.into(),
        ips: outside_addresses(cluster),
        routes: routes_by(&first, extra.via.as_ref()),
        listen: Listen::default(),
    });
    if let Some((addr, node)) = &extra.client {
        external.push(ExternalSpec {
            name: addr.to_string(),
            ips: vec![*addr],
            routes: routes_by(node, extra.via.as_ref()),
            listen: Listen::default(),
        });
    }
    Topology {
        nodes: cluster
            .nodes
            .iter()
            .map(|node| node_spec(cluster, options, node))
            .collect(),
        pods,
        external,
        attach,
        network: if net.network == "vxlan" {
            Network::Vxlan
        } else {
            Network::HostGw
        },
        hairpin: net.hairpin,
        bridge_nf: net.bridge_nf,
        sysctl: crate::tuned::sysctls(&net.sysctl),
        sets: sets(cluster),
        bridge: if by_bridge {
            cluster.proxy.bridge_interface.clone()
        } else {
            "cni0".into()
        },
        uplink: "eth0".into(),
        veth_prefix: match attach {
            _ if by_prefix => cluster.proxy.interface_name_prefix.clone(),
            Attach::Calico => "cali".into(),
            Attach::Bridge | Attach::Ptp => "veth".into(),
        },
    }
}

/// The ipsets that are known: those that the Network states, and those that its plugin makes.
fn sets(cluster: &ClusterState) -> BTreeMap<String, Vec<IpNet>> {
    let mut sets = cluster.network.sets.clone();
    for (name, members) in kube_proxy::plugin_sets(cluster) {
        sets.entry(name.to_owned()).or_insert(members);
    }
    sets
}

/// Everything by one node, and one destination by another where that was asked.
fn routes_by(node: &str, via: Option<&(String, IpAddr)>) -> Vec<(IpNet, String)> {
    let everything = [
        IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    ];
    let mut routes: Vec<(IpNet, String)> = everything
        .into_iter()
        .map(|any| {
            (
                IpNet::new(any, 0).expect("a prefix of 0 fits"),
                node.to_owned(),
            )
        })
        .collect();
    if let Some((node, dst)) = via {
        routes.push((IpNet::from(*dst), node.clone()));
    }
    routes
}

fn node_spec(cluster: &ClusterState, options: &Options, node: &Node) -> NodeSpec {
    let net = cluster.network.nodes.get(&node.name);
    let mut ports: BTreeSet<(Protocol, u16)> = net
        .map(|n| {
            n.listen
                .iter()
                .map(|&(t, port)| (protocol(t), port))
                .collect()
        })
        .unwrap_or_default();
    let on_host = |pod: &&Pod| pod.host_network && pod.node.as_deref() == Some(&node.name);
    for pod in cluster.pods.iter().filter(on_host) {
        ports.extend(listen_of(pod).ports);
    }
    NodeSpec {
        name: node.name.clone(),
        ips: node.internal_ips.clone(),
        pod_cidrs: node.pod_cidrs.clone(),
        default_route: net.and_then(|n| n.default_route).unwrap_or(true),
        sysctl: net.map(|n| n.sysctl.clone()).unwrap_or_default(),
        listen: Listen { ports },
        addresses: options.addresses.get(&node.name).cloned(),
    }
}

fn listen_of(pod: &Pod) -> Listen {
    Listen {
        ports: pod
            .listen
            .iter()
            .map(|&(t, port, _)| (protocol(t), port))
            .collect(),
    }
}

fn protocol(transport: Transport) -> Protocol {
    match transport {
        Transport::Tcp => Protocol::Tcp,
        Transport::Udp => Protocol::Udp,
        Transport::Sctp => Protocol::Sctp,
    }
}

/// An address on the first node's network that nobody has, for each family the node has.
pub fn outside_addresses(cluster: &ClusterState) -> Vec<IpAddr> {
    let taken: BTreeSet<IpAddr> = cluster
        .nodes
        .iter()
        .flat_map(|n| n.internal_ips.iter().chain(&n.other_ips))
        .chain(cluster.pods.iter().flat_map(|p| &p.ips))
        .chain(cluster.network.external.iter().map(|e| &e.ip))
        .chain(cluster.services.iter().flat_map(|s| s.external_ips.iter()))
        .chain(
            cluster
                .services
                .iter()
                .flat_map(|s| s.ingress.iter().filter_map(|i| i.ip.as_ref())),
        )
        .copied()
        .collect();
    let Some(node) = cluster.nodes.first() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for &ip in &node.internal_ips {
        let candidates = (100..=250).chain(2..100).map(|last| match ip {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                IpAddr::V4(Ipv4Addr::new(a, b, c, last))
            }
            IpAddr::V6(v6) => {
                let mut segments = v6.segments();
                segments[7] = 0x1000 + u16::from(last);
                IpAddr::V6(segments.into())
            }
        });
        found.extend(candidates.into_iter().find(|addr| !taken.contains(addr)));
    }
    found
}

/// Finds out what a question means in this cluster.
pub fn wire(cluster: &ClusterState, ask: &Ask) -> Result<Wired, AskError> {
    let (dst, resolved) = resolve(cluster, ask)?;
    let dport = port(cluster, ask)?;
    let mut extra = Extra::default();
    let check_node = |name: &String| match cluster.node(name) {
        Some(_) => Ok(name.clone()),
        None => Err(no_node(cluster, name)),
    };
    let via = ask.via.as_ref().map(check_node).transpose()?;
    let from = match &ask.from {
        From::Pod { namespace, name } => {
            let pod = cluster
                .pod(namespace, name)
                .ok_or_else(|| no_pod(cluster, namespace, name))?;
            sender_of(pod)?
        }
        From::Node(name) => Sender::Process(Ns::Node(check_node(name)?)),
        From::Outside => {
            extra.via = via.map(|node| (node, dst));
            Sender::Process(Ns::External(OUTSIDE.into()))
        }
        From::Address { addr, node } => {
            let at = node.as_ref().map(check_node).transpose()?.or(via);
            address_sender(cluster, *addr, at, dst, &mut extra)?
        }
    };
    let protocol = match ask.protocol {
        Protocol::Icmp | Protocol::Icmpv6 if dst.is_ipv6() => Protocol::Icmpv6,
        Protocol::Icmp | Protocol::Icmpv6 => Protocol::Icmp,
        other => other,
    };
    Ok(Wired {
        probe: Probe {
            from,
            dst,
            dport,
            protocol,
            sport: None,
        },
        extra,
        resolved,
    })
}

fn sender_of(pod: &Pod) -> Result<Sender, AskError> {
    match (&pod.node, pod.host_network) {
        (Some(node), true) => Ok(Sender::Process(Ns::Node(node.clone()))),
        (Some(_), false) if !pod.ips.is_empty() => {
            Ok(Sender::Process(Ns::Pod(pod_ns(&pod.namespace, &pod.name))))
        }
        (None, _) if !pod.ips.is_empty() => Ok(Sender::Process(Ns::External(pod_ns(
            &pod.namespace,
            &pod.name,
        )))),
        _ => Err(AskError::new(
            format!(
                "Pod {}/{} has no address yet, so it cannot send.",
                pod.namespace, pod.name
            ),
            "Choose a pod that is running, or give it a podIP and a nodeName.",
        )),
    }
}

/// `ADDRESS[@NODE]`: from a pod of the node's own range, from a process that owns it, or from the wire.
fn address_sender(
    cluster: &ClusterState,
    addr: IpAddr,
    at: Option<String>,
    dst: IpAddr,
    extra: &mut Extra,
) -> Result<Sender, AskError> {
    let owner = cluster
        .pods
        .iter()
        .find(|p| !p.host_network && p.ips.contains(&addr));
    let node = match &at {
        Some(name) => cluster.node(name),
        None => owner
            .and_then(|p| p.node.as_deref())
            .and_then(|name| cluster.node(name))
            .or_else(|| {
                cluster
                    .nodes
                    .iter()
                    .find(|n| n.internal_ips.contains(&addr))
            })
            .or_else(|| cluster.nodes.iter().find(|n| holds(n, addr)))
            .or_else(|| cluster.nodes.iter().find(|n| n.internal_ips.contains(&dst)))
            .or_else(|| cluster.nodes.first()),
    };
    let Some(node) = node else {
        return Err(AskError::new(
            "There is no node to enter at.",
            "Add a Node to the YAML.",
        ));
    };
    if let Some(pod) = owner.filter(|p| p.node.as_deref() == Some(&node.name)) {
        return sender_of(pod);
    }
    if node.internal_ips.contains(&addr) || addr.is_loopback() {
        return Ok(Sender::Process(Ns::Node(node.name.clone())));
    }
    if owner.is_none() && holds(node, addr) {
        extra.pod = Some((addr, node.name.clone()));
        return Ok(Sender::Process(Ns::Pod(addr.to_string())));
    }
    let someone_elses = owner.is_some()
        || cluster
            .nodes
            .iter()
            .any(|n| n.internal_ips.contains(&addr) || holds(n, addr));
    if someone_elses {
        return Ok(Sender::Wire {
            node: node.name.clone(),
            src: addr,
        });
    }
    extra.client = Some((addr, node.name.clone()));
    extra.via = Some((node.name.clone(), dst));
    Ok(Sender::Process(Ns::External(addr.to_string())))
}

fn holds(node: &Node, addr: IpAddr) -> bool {
    node.pod_cidrs.iter().any(|cidr| cidr.contains(&addr))
}

fn no_node(cluster: &ClusterState, name: &str) -> AskError {
    let names: Vec<&str> = cluster.nodes.iter().map(|n| n.name.as_str()).collect();
    AskError::new(
        format!("There is no node \"{name}\"."),
        format!("The nodes are {}.", list(&names)),
    )
}

fn no_pod(cluster: &ClusterState, namespace: &str, name: &str) -> AskError {
    let names: Vec<String> = cluster
        .pods
        .iter()
        .filter(|p| p.namespace == namespace || p.name == name)
        .map(|p| format!("pod/{}/{}", p.namespace, p.name))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let help = match names.is_empty() {
        true => "No pod has that namespace or name.".to_owned(),
        false => format!("Nearest are {}.", list(&names)),
    };
    AskError::new(format!("There is no pod {namespace}/{name}."), help)
}

/// At most six names, the rest counted.
fn list(names: &[&str]) -> String {
    match names {
        [] => "none".into(),
        _ if names.len() > 6 => format!("{} and {} more", names[..6].join(", "), names.len() - 6),
        _ => names.join(", "),
    }
}

type Resolved = (IpAddr, Option<(String, IpAddr)>);

fn resolve(cluster: &ClusterState, ask: &Ask) -> Result<Resolved, AskError> {
    match &ask.to {
        Destination::Addr(addr) => Ok((*addr, None)),
        Destination::Node(name) => {
            let node = cluster.node(name).ok_or_else(|| no_node(cluster, name))?;
            match node.internal_ips.first() {
                Some(&addr) => Ok((addr, Some((name.clone(), addr)))),
                None => Err(AskError::new(
                    format!("Node {name} has no InternalIP."),
                    "Give it one in status.addresses.",
                )),
            }
        }
        Destination::Service { namespace, name } => {
            let addr = service_address(cluster, namespace, name)?;
            Ok((
                addr,
                Some((format!("{name}.{namespace}.svc.cluster.local"), addr)),
            ))
        }
    }
}

/// What cluster DNS answers for a Service: its ClusterIP, or an endpoint's address when it is headless.
fn service_address(
    cluster: &ClusterState,
    namespace: &str,
    name: &str,
) -> Result<IpAddr, AskError> {
    let Some(service) = cluster.service(namespace, name) else {
        let names: Vec<String> = cluster
            .services
            .iter()
            .map(|s| format!("{}/{}", s.namespace, s.name))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        return Err(AskError::new(
            format!("There is no Service {namespace}/{name}."),
            format!("The Services are {}.", list(&names)),
        ));
    };
    if let Some(&addr) = service.cluster_ips.first() {
        return Ok(addr);
    }
    if let Some(target) = &service.external_name {
        return Err(AskError::new(
            format!(
                "{namespace}/{name} is an ExternalName: DNS answers with the name {target}, and no rule is involved."
            ),
            "What that name resolves to lies outside the cluster; send to its address instead.",
        ));
    }
    let of_service = |s: &&cluster::EndpointSlice| {
        s.namespace == namespace && s.service.as_deref() == Some(name)
    };
    let ready = cluster
        .slices
        .iter()
        .filter(of_service)
        .flat_map(|slice| &slice.endpoints)
        .filter(|e| e.ready || service.publish_not_ready)
        .find_map(|e| e.addresses.first());
    match ready {
        Some(&addr) => Ok(addr),
        None => Err(AskError::new(
            format!(
                "{namespace}/{name} is headless and has no ready endpoint, so DNS has no address for it."
            ),
            "Make one of its pods ready, or send to a pod's address.",
        )),
    }
}

fn port(cluster: &ClusterState, ask: &Ask) -> Result<u16, AskError> {
    match (&ask.port, &ask.to) {
        (Port::None, _) => Ok(0),
        (Port::Number(port), _) => Ok(*port),
        (Port::Name(wanted), Destination::Service { namespace, name }) => cluster
            .service(namespace, name)
            .and_then(|s| s.ports.iter().find(|p| p.name == *wanted))
            .map(|p| p.port)
            .ok_or_else(|| {
                AskError::new(
                    format!("Service {namespace}/{name} has no port named \"{wanted}\"."),
                    "Write the port's number, or one of its names in spec.ports.",
                )
            }),
        (Port::Name(wanted), _) => Err(AskError::new(
            format!("\"{wanted}\" is no port number."),
            "Only a Service's ports have names.",
        )),
    }
}
