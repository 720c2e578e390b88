//! What addresses and namespaces are called, so that a sentence can say "pod web" for `10.42.1.16`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use cluster::ClusterState;
use fabric::Ns;
use serde::{Deserialize, Serialize};

/// What an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// A pod's.
    Pod,
    /// A node's.
    Node,
    /// A Service's cluster IP.
    ClusterIp,
    /// A Service's external or load balancer IP.
    ExternalIp,
    /// A host outside.
    Outside,
}

/// The names of a cluster.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Names {
    addresses: BTreeMap<IpAddr, (What, String)>,
    node_ports: BTreeMap<u16, String>,
}

impl Names {
    /// Collects them.
    pub fn of(cluster: &ClusterState) -> Names {
        let mut addresses = BTreeMap::new();
        let mut node_ports = BTreeMap::new();
        for service in &cluster.services {
            for ip in &service.cluster_ips {
                addresses.insert(*ip, (What::ClusterIp, service.name.clone()));
            }
            let ingress = service.ingress.iter().filter_map(|i| i.ip);
            for ip in service.external_ips.iter().copied().chain(ingress) {
                addresses.insert(ip, (What::ExternalIp, service.name.clone()));
            }
            for port in &service.ports {
                if let Some(node_port) = port.node_port {
                    node_ports.insert(node_port, service.name.clone());
                }
            }
        }
        for pod in &cluster.pods {
            if !pod.host_network {
                for ip in &pod.ips {
                    addresses.insert(*ip, (What::Pod, pod.name.clone()));
                }
            }
        }
        for node in &cluster.nodes {
            for ip in node.internal_ips.iter().chain(&node.other_ips) {
                addresses.insert(*ip, (What::Node, node.name.clone()));
            }
            // The bridge, or the node's end of every veth, carries the first address of the pods' range.
            for gateway in node
                .pod_cidrs
                .iter()
                .filter_map(|cidr| cidr.hosts().find(|a| *a != cidr.network()))
            {
                addresses
                    .entry(gateway)
                    .or_insert((What::Node, node.name.clone()));
            }
        }
        for host in &cluster.network.external {
            addresses.insert(host.ip, (What::Outside, host.name.clone()));
        }
        Names {
            addresses,
            node_ports,
        }
    }

    /// Adds the client's, which stands in no manifest.
    pub fn add_client(&mut self, addr: IpAddr) {
        self.addresses
            .entry(addr)
            .or_insert((What::Outside, "outside".into()));
    }

    /// Forgets whom none of these addresses and ports means: a large cluster has ten thousand names, and
    /// a walk needs a dozen.
    pub fn keep<'a>(&mut self, sockets: impl Iterator<Item = &'a str>) {
        let (mut addresses, mut ports) = (BTreeSet::new(), BTreeSet::new());
        for socket in sockets {
            addresses.extend(host(socket));
            ports.extend(port(socket));
        }
        self.addresses.retain(|addr, _| addresses.contains(addr));
        self.node_ports.retain(|number, _| ports.contains(number));
    }

    /// What an address is called.
    pub fn name(&self, addr: IpAddr) -> Option<&str> {
        self.addresses.get(&addr).map(|(_, name)| name.as_str())
    }

    /// What the host of `10.0.0.1:80` or `[fd00::1]:80` is called.
    pub fn of_socket(&self, socket: &str) -> Option<&str> {
        self.name(host(socket)?)
    }

    /// What an address is.
    pub fn what(&self, addr: IpAddr) -> Option<What> {
        self.addresses.get(&addr).map(|(what, _)| *what)
    }

    /// What a rewritten address and its port are, in a few words: `ClusterIP, Service port`.
    pub fn describe(&self, socket: &str) -> String {
        let Some(addr) = host(socket) else {
            return String::new();
        };
        let port = port(socket);
        match self.addresses.get(&addr) {
            Some((What::Pod, name)) => format!("pod {name}"),
            Some((What::Node, name)) => {
                match port.is_some_and(|p| self.node_ports.contains_key(&p)) {
                    true => format!("{name}'s address, nodePort"),
                    false => format!("{name}'s own address"),
                }
            }
            Some((What::ClusterIp, _)) => "ClusterIP, Service port".into(),
            Some((What::ExternalIp, _)) => "external IP, Service port".into(),
            Some((What::Outside, name)) if name == "outside" => "client outside".into(),
            Some((What::Outside, name)) => name.clone(),
            None if addr.is_loopback() => "loopback".into(),
            None => String::new(),
        }
    }
}

fn port(socket: &str) -> Option<u16> {
    let (_, port) = socket.rsplit_once(':')?;
    port.parse().ok()
}

fn host(socket: &str) -> Option<IpAddr> {
    if let Ok(addr) = socket.parse::<IpAddr>() {
        return Some(addr);
    }
    socket.parse::<std::net::SocketAddr>().ok().map(|s| s.ip())
}

/// A namespace's short name: a pod's without its Kubernetes namespace.
pub fn short(ns: &Ns) -> String {
    match ns {
        Ns::Node(name) | Ns::External(name) => name.clone(),
        Ns::Pod(name) => name.rsplit('/').next().unwrap_or(name).to_owned(),
        Ns::Router => "router".into(),
    }
}

/// A namespace in a sentence.
pub fn spoken(ns: &Ns) -> String {
    match ns {
        Ns::Node(name) => name.clone(),
        Ns::Pod(_) => format!("pod {}", short(ns)),
        Ns::External(name) if name == lab::wiring::OUTSIDE => "the client outside".into(),
        Ns::External(name) => name.clone(),
        Ns::Router => "the router".into(),
    }
}
