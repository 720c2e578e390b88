//! A recording's topology and probes as the fabric's.

use std::collections::BTreeMap;
use std::net::IpAddr;

use fabric::{
    Attach, ExternalSpec, Listen, Network, NodeSpec, Ns, PodSpec, Probe, Sender, Topology,
};
use ipnet::IpNet;
use netfilter::Protocol;
use serde_json::Value;

/// Reads `topology`.
pub fn topology(value: &Value) -> Result<Topology, String> {
    let mut nodes = Vec::new();
    for node in list(value, "nodes") {
        nodes.push(NodeSpec {
            name: text(node, "name")?.to_owned(),
            ips: vec![addr(node, "ip")?],
            pod_cidrs: vec![net(text(node, "podCIDR")?)?],
            default_route: node["default_route"].as_bool().unwrap_or(true),
            sysctl: sysctl(&node["sysctl"]),
            listen: listen(&node["listen"]),
            addresses: None,
        });
    }
    let mut pods = Vec::new();
    for pod in list(value, "pods") {
        pods.push(PodSpec {
            name: text(pod, "name")?.to_owned(),
            ips: vec![addr(pod, "ip")?],
            node: text(pod, "node")?.to_owned(),
            listen: listen(&pod["listen"]),
        });
    }
    let mut external = Vec::new();
    for host in list(value, "external") {
        let mut routes = Vec::new();
        for (dst, via) in host["routes"].as_object().into_iter().flatten() {
            let via = via.as_str().ok_or("a route's node is no string")?;
            routes.push((net(dst)?, via.to_owned()));
        }
        external.push(ExternalSpec {
            name: text(host, "name")?.to_owned(),
            ips: vec![addr(host, "ip")?],
            routes,
            listen: listen(&host["listen"]),
        });
    }
    Ok(Topology {
        nodes,
        pods,
        external,
        attach: match value["attach"].as_str() {
            None | Some("bridge") => Attach::Bridge,
            Some("ptp") => Attach::Ptp,
            Some("calico") => Attach::Calico,
            Some(other) => return Err(format!("attach {other} is not known")),
        },
        network: match value["network"].as_str() {
            None | Some("host-gw") => Network::HostGw,
            Some("vxlan") => Network::Vxlan,
            Some(other) => return Err(format!("network {other} is not known")),
        },
        hairpin: value["hairpin"].as_bool().unwrap_or(true),
        bridge_nf: value["bridge_nf"].as_bool().unwrap_or(true),
        sets: BTreeMap::new(),
        sysctl: sysctl(&value["sysctl"]),
        bridge: "cni0".to_owned(),
        uplink: "eth0".to_owned(),
        veth_prefix: "veth".to_owned(),
    })
}

/// Reads `probe`.
pub fn probe(value: &Value) -> Result<Probe, String> {
    let from = value["from"]
        .as_object()
        .and_then(|from| from.iter().next());
    let (kind, name) = from.ok_or("a probe says from whom")?;
    let name = name
        .as_str()
        .ok_or("a sender's name is a string")?
        .to_owned();
    let ns = match kind.as_str() {
        "pod" => Ns::Pod(name),
        "node" => Ns::Node(name),
        "ext" | "external" => Ns::External(name),
        other => return Err(format!("a probe from {other} is not known")),
    };
    Ok(Probe {
        from: Sender::Process(ns),
        dst: addr(value, "dst")?,
        dport: port(value, "dport")?.unwrap_or(0),
        protocol: protocol(value["proto"].as_str().unwrap_or("tcp"))?,
        sport: port(value, "sport")?,
    })
}

/// Who a probe is from, as the recordings name it.
pub(crate) fn name(ns: &Ns) -> &str {
    match ns {
        Ns::Node(name) | Ns::Pod(name) | Ns::External(name) => name,
        Ns::Router => "router",
    }
}

fn protocol(name: &str) -> Result<Protocol, String> {
    Ok(match name {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        "icmp" => Protocol::Icmp,
        other => return Err(format!("protocol {other} is not known")),
    })
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value[key].as_array().into_iter().flatten()
}

pub(crate) fn text<'v>(value: &'v Value, key: &str) -> Result<&'v str, String> {
    value[key]
        .as_str()
        .ok_or_else(|| format!("{key} is missing or no string"))
}

fn addr(value: &Value, key: &str) -> Result<IpAddr, String> {
    let text = text(value, key)?;
    text.parse().map_err(|_| format!("{text} is no address"))
}

fn net(text: &str) -> Result<IpNet, String> {
    text.parse().map_err(|_| format!("{text} is no network"))
}

fn port(value: &Value, key: &str) -> Result<Option<u16>, String> {
    match &value[key] {
        Value::Null => Ok(None),
        number => number
            .as_u64()
            .and_then(|n| u16::try_from(n).ok())
            .map(Some)
            .ok_or_else(|| format!("{key} is no port")),
    }
}

fn sysctl(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs
        .map(|(key, value)| {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Bool(on) => u8::from(*on).to_string(),
                other => other.to_string(),
            };
            (key.clone(), value)
        })
        .collect()
}

fn listen(value: &Value) -> Listen {
    let mut listen = Listen::default();
    for (name, ports) in value.as_object().into_iter().flatten() {
        let Ok(protocol) = protocol(name) else {
            continue;
        };
        for port in ports.as_array().into_iter().flatten() {
            if let Some(port) = port.as_u64().and_then(|port| u16::try_from(port).ok()) {
                listen.ports.insert((protocol, port));
            }
        }
    }
    listen
}
