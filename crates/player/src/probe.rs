//! Who can send, and to whom: the two lists of the question, and the question itself.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use cluster::{ClusterState, ServiceType};
use lab::{Ask, AskError};
use serde::{Deserialize, Serialize};

/// The transport that a person chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Transport {
    /// TCP
    #[default]
    Tcp,
    /// UDP
    Udp,
    /// SCTP
    Sctp,
    /// A ping.
    Icmp,
}

impl Transport {
    /// All of them.
    pub const ALL: [Transport; 4] = [
        Transport::Tcp,
        Transport::Udp,
        Transport::Sctp,
        Transport::Icmp,
    ];

    /// Its name on the page.
    pub fn name(self) -> &'static str {
        match self {
            Transport::Tcp => "TCP",
            Transport::Udp => "UDP",
            Transport::Sctp => "SCTP",
            Transport::Icmp => "ping",
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Transport::Tcp => "/tcp",
            Transport::Udp => "/udp",
            Transport::Sctp => "/sctp",
            Transport::Icmp => "/icmp",
        }
    }
}

/// How much of an exchange is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Extent {
    /// The first packet and the answer to it: all that the nat table ever sees, and its undoing.
    #[default]
    FirstAndReply,
    /// Every packet, from the first to the last.
    Whole,
}

impl Extent {
    /// Both.
    pub const ALL: [Extent; 2] = [Extent::FirstAndReply, Extent::Whole];

    /// Its name on the page.
    pub fn name(self) -> &'static str {
        match self {
            Extent::FirstAndReply => "First packet and reply",
            Extent::Whole => "Whole exchange",
        }
    }
}

/// A question in the words of `chainwalk walk`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Question {
    /// As `--from`.
    pub from: String,
    /// As `--to`, without the protocol.
    pub to: String,
    /// Over what.
    pub transport: Transport,
    /// How much of it is told.
    pub extent: Extent,
}

impl Question {
    /// Reads it.
    pub fn ask(&self) -> Result<Ask, AskError> {
        let to = self.to.trim();
        let bare = ["/tcp", "/udp", "/sctp", "/icmp"]
            .iter()
            .find_map(|s| to.strip_suffix(s))
            .unwrap_or(to);
        let to = match self.transport {
            // A ping goes to an address, whatever port the list's entry had.
            Transport::Icmp => format!("{}/icmp", without_port(bare)),
            transport => format!("{bare}{}", transport.suffix()),
        };
        Ask::parse(&self.from, &to, None)
    }
}

fn without_port(to: &str) -> &str {
    match to.rsplit_once(':') {
        Some((host, _)) if !host.contains(':') || host.ends_with(']') => host,
        _ => to,
    }
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What is asked when it is chosen.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// For a destination, its transport.
    pub transport: Transport,
}

/// A named part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its entries.
    pub choices: Vec<Choice>,
}

/// The part of the list with the nodes' ports.
pub const NODE_PORTS: &str = "Services, by node port";

/// Both lists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Choices {
    /// Who can send.
    pub from: Vec<Group>,
    /// To whom.
    pub to: Vec<Group>,
    /// The sender to begin with.
    pub first_from: String,
    /// The destination to begin with, where one is better than the first.
    pub first_to: Option<String>,
}

/// More entries than this in one part of a list are left out; what is left out can be typed.
const MOST: usize = 300;

impl Choices {
    /// The lists of a cluster.
    pub fn of(cluster: &ClusterState) -> Choices {
        let entry = |value: String, label: String| Choice {
            value,
            label,
            transport: Transport::Tcp,
        };
        let with_address = || cluster.pods.iter().filter(|p| !p.ips.is_empty());
        let pods: Vec<Choice> = with_address()
            .filter(|p| p.node.is_some() && !p.host_network)
            .take(MOST)
            .map(|p| {
                let node = p.node.as_deref().unwrap_or_default();
                entry(
                    format!("pod/{}/{}", p.namespace, p.name),
                    format!("{}, pod on {node}", p.name),
                )
            })
            .collect();
        let nodes: Vec<Choice> = cluster
            .nodes
            .iter()
            .take(MOST)
            .map(|n| entry(format!("node/{}", n.name), format!("process on {}", n.name)))
            .collect();
        let mut outside = vec![entry("outside".into(), "client outside".into())];
        outside.extend(
            cluster
                .network
                .external
                .iter()
                .map(|h| entry(h.ip.to_string(), format!("{}, outside", h.name))),
        );
        let first_from = first_sender(cluster)
            .or(pods.first().map(|c| c.value.clone()))
            .or(nodes.first().map(|c| c.value.clone()))
            .unwrap_or_else(|| "outside".into());
        Choices {
            from: groups([("Pods", pods), ("Nodes", nodes), ("Outside", outside)]),
            to: destinations(cluster),
            first_from,
            first_to: first_destination(cluster),
        }
    }

    /// The question itself where the cluster still has both ends, else one that fits.
    ///
    /// `before` is what it was chosen from. What stands in no list was typed, and is kept.
    pub fn keep_or_choose(&self, mut question: Question, before: Option<&Choices>) -> Question {
        let typed = |groups: fn(&Choices) -> &Vec<Group>, value: &str| {
            !value.is_empty() && before.is_none_or(|b| find(groups(b), value).is_none())
        };
        if find(&self.from, &question.from).is_none() && !typed(|c| &c.from, &question.from) {
            question.from.clone_from(&self.first_from);
        }
        if find(&self.to, &question.to).is_none() && !typed(|c| &c.to, &question.to) {
            // The same Service by another address or port is what was meant.
            let name = before
                .and_then(|b| find(&b.to, &question.to))
                .map(|c| c.subject().to_owned());
            let all = || self.to.iter().flat_map(|g| &g.choices);
            let same = all().find(|c| name.as_deref() == Some(c.subject()));
            let first = || self.first_to.as_ref().and_then(|to| find(&self.to, to));
            match same.or_else(first).or_else(|| all().next()) {
                Some(choice) => {
                    question.to.clone_from(&choice.value);
                    question.transport = choice.transport;
                }
                None => question.to = String::new(),
            }
        }
        question
    }

    /// The part of the list that a destination stands in.
    pub fn group(&self, value: &str) -> Option<&str> {
        let has = |g: &&Group| g.choices.iter().any(|c| c.value == value);
        self.to.iter().find(has).map(|g| &*g.name)
    }

    /// The sender with this value.
    pub fn sender(&self, value: &str) -> Option<&Choice> {
        find(&self.from, value)
    }

    /// The entry with this value.
    pub fn destination(&self, value: &str) -> Option<&Choice> {
        find(&self.to, value)
    }
}

impl Choice {
    /// What it is an address of, by the beginning of its label.
    fn subject(&self) -> &str {
        self.label.split([':', ',']).next().unwrap_or_default()
    }
}

fn find<'a>(groups: &'a [Group], value: &str) -> Option<&'a Choice> {
    groups
        .iter()
        .flat_map(|g| &g.choices)
        .find(|c| c.value == value)
}

/// A pod that is nobody's endpoint shows the plainest walk: it never meets itself.
fn first_sender(cluster: &ClusterState) -> Option<String> {
    let endpoints = cluster.slices.iter().flat_map(|s| &s.endpoints);
    let serving: BTreeSet<IpAddr> = endpoints.flat_map(|e| &e.addresses).copied().collect();
    let serves = |ips: &[IpAddr]| ips.iter().any(|ip| serving.contains(ip));
    cluster
        .pods
        .iter()
        .filter(|p| p.node.is_some() && !p.host_network && !p.ips.is_empty())
        .find(|p| !serves(&p.ips))
        .map(|p| format!("pod/{}/{}", p.namespace, p.name))
        .or_else(|| cluster.nodes.first().map(|n| format!("node/{}", n.name)))
}

/// A Service that somebody answers for, and that is no part of the cluster's own machinery.
fn first_destination(cluster: &ClusterState) -> Option<String> {
    let ready = |slice: &&cluster::EndpointSlice| slice.endpoints.iter().any(|e| e.ready);
    let answering = cluster.slices.iter().filter(ready);
    let answering: BTreeSet<(&str, &str)> = answering
        .filter_map(|slice| Some((slice.namespace.as_str(), slice.service.as_deref()?)))
        .collect();
    let answered = |s: &&cluster::Service| answering.contains(&(&*s.namespace, &*s.name));
    let own = |s: &&cluster::Service| {
        s.namespace == "kube-system" || (s.namespace == "default" && s.name == "kubernetes")
    };
    let candidates = || {
        let usable = |s: &&cluster::Service| !s.cluster_ips.is_empty() && !s.ports.is_empty();
        cluster.services.iter().filter(usable)
    };
    let service = candidates()
        .filter(answered)
        .find(|s| !own(s))
        .or_else(|| candidates().find(|s| !own(s)))?;
    let (ip, port) = (service.cluster_ips.first()?, service.ports.first()?);
    Some(crate::text::socket(*ip, Some(port.port)))
}

fn destinations(cluster: &ClusterState) -> Vec<Group> {
    let transport = |t: cluster::Transport| match t {
        cluster::Transport::Tcp => Transport::Tcp,
        cluster::Transport::Udp => Transport::Udp,
        cluster::Transport::Sctp => Transport::Sctp,
    };
    let (mut by_ip, mut by_name, mut by_node, mut by_balancer, mut pods) =
        (vec![], vec![], vec![], vec![], vec![]);
    for service in &cluster.services {
        for port in &service.ports {
            let transport = transport(port.protocol);
            let entry = |value: String, label: String| Choice {
                value,
                label,
                transport,
            };
            for ip in &service.cluster_ips {
                let socket = crate::text::socket(*ip, Some(port.port));
                let label = match service.cluster_ips.len() {
                    1 => format!("{}:{}", service.name, port.port),
                    _ => format!("{}:{}, {ip}", service.name, port.port),
                };
                by_ip.push(entry(socket, label));
            }
            if service.service_type != ServiceType::ExternalName {
                by_name.push(entry(
                    format!(
                        "{}.{}.svc.cluster.local:{}",
                        service.name, service.namespace, port.port
                    ),
                    format!("{}.{}.svc:{}", service.name, service.namespace, port.port),
                ));
            }
            if let Some(node_port) = port.node_port {
                for node in cluster.nodes.iter().take(MOST) {
                    by_node.push(entry(
                        format!("{}:{node_port}", node.name),
                        format!("{}, {}:{node_port}", service.name, node.name),
                    ));
                }
            }
            let ingress = service.ingress.iter().filter_map(|i| i.ip);
            for ip in service.external_ips.iter().copied().chain(ingress) {
                let socket = crate::text::socket(ip, Some(port.port));
                by_balancer.push(entry(socket.clone(), format!("{}, {socket}", service.name)));
            }
        }
    }
    for pod in cluster.pods.iter().filter(|p| !p.host_network) {
        for (protocol, port, _) in &pod.listen {
            for ip in &pod.ips {
                pods.push(Choice {
                    value: crate::text::socket(*ip, Some(*port)),
                    label: format!("{}, {}", pod.name, crate::text::socket(*ip, Some(*port))),
                    transport: transport(*protocol),
                });
            }
        }
    }
    for list in [
        &mut by_ip,
        &mut by_name,
        &mut by_node,
        &mut by_balancer,
        &mut pods,
    ] {
        list.truncate(MOST);
    }
    groups([
        ("Services, by cluster IP", by_ip),
        (NODE_PORTS, by_node),
        ("Services, by outside address", by_balancer),
        ("Services, by DNS name", by_name),
        ("Pods", pods),
    ])
}

fn groups<const N: usize>(parts: [(&'static str, Vec<Choice>); N]) -> Vec<Group> {
    parts
        .into_iter()
        .filter(|(_, choices)| !choices.is_empty())
        .map(|(name, choices)| Group {
            name: name.into(),
            choices,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn words(to: &str, transport: Transport) -> String {
        let question = Question {
            from: "outside".into(),
            to: to.into(),
            transport,
            extent: Extent::Whole,
        };
        match question.ask() {
            Ok(ask) => ask.to_words(),
            Err(error) => error.message,
        }
    }

    #[test]
    fn the_protocol_chosen_is_the_one_asked() {
        assert_eq!(words("10.0.0.1:80", Transport::Tcp), "10.0.0.1:80");
        assert_eq!(words("10.0.0.1:53", Transport::Udp), "10.0.0.1:53/udp");
        assert_eq!(words("10.0.0.1:53/udp", Transport::Tcp), "10.0.0.1:53");
        assert_eq!(words("10.0.0.1:80", Transport::Icmp), "10.0.0.1/icmp");
        assert_eq!(words("[fd00::1]:80", Transport::Icmp), "[fd00::1]/icmp");
        assert_eq!(words("fd00::1", Transport::Icmp), "[fd00::1]/icmp");
        assert_eq!(words("a.b.svc:80", Transport::Sctp), "b/a:80/sctp");
    }
}
