//! Why each rule and chain is there: the object and field that made it, and one sentence.
//!
//! A rule carries only a small [`Reason`]; its sentence is made when somebody asks, since a large
//! cluster has hundreds of thousands of rules and nobody reads them all.

use cluster::{ObjectId, Transport};

use crate::endpoints::EndpointField;
use crate::services::PortInfo;

/// Who wrote a rule and which field made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The object; `None` where the rule stands in every cluster.
    pub object: Option<ObjectId>,
    /// The field, as `spec.ports[0].port`; empty for the whole object.
    pub field: String,
    /// What the rule is for, in one sentence.
    pub why: String,
    /// Whose process wrote it: `kube-proxy`, `kubelet`.
    pub written_by: &'static str,
}

impl Origin {
    /// Of a rule that every node has.
    pub(crate) fn of_node(written_by: &'static str, why: &str) -> Self {
        Origin {
            object: None,
            field: String::new(),
            why: why.to_string(),
            written_by,
        }
    }
}

/// A rule's reason, small enough to keep beside every rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) why: Why,
    /// Index into [`Facts::ports`], where the rule belongs to a service port.
    pub(crate) port: u32,
    /// Index into [`Facts::endpoints`] or into one of the port's lists, as `why` has it.
    pub(crate) item: u32,
}

impl Reason {
    /// Of a rule that belongs to no Service.
    pub(crate) const fn common(why: Why) -> Self {
        Reason {
            why,
            port: 0,
            item: 0,
        }
    }
}

/// What a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    // Rules of every cluster.
    GuardLocalnet,
    DropInvalid,
    ForwardMarked,
    ForwardKnown,
    ForwardKnownFromPods,
    ForwardKnownToPods,
    SkipUnmarked,
    TakeMarkOff,
    Masquerade,
    PutMarkOn,
    TryNodePorts,
    // A service port's addresses.
    ClusterIp,
    ClusterIpEmpty,
    ClusterIpNotHere,
    ExternalIp,
    ExternalIpEmpty,
    ExternalIpNotHere,
    BalancerIp,
    BalancerIpEmpty,
    BalancerIpNotHere,
    BalancerIpRefused,
    NodePort,
    NodePortEmpty,
    NodePortNotHere,
    NodePortLoopback,
    HealthCheck,
    // Inside its chains.
    MarkAll,
    MarkOutsiders,
    ExternalMark,
    ExternalPods,
    ExternalMarkNode,
    ExternalNode,
    ExternalOn,
    RangeAllowed,
    BalancerItself,
    RangeRest,
    // One endpoint.
    Sticky,
    Draw,
    Hairpin,
    Rewrite,
    // Older versions.
    NodePortMark,
    NodePortMarkLoopback,
    ExternalIpMark,
    ExternalIpFromOutside,
    ExternalIpOfNode,
    BalancerOn,
    MarkForDrop,
    NothingHere,
}

/// kube-proxy's configuration, where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigFacts {
    pub(crate) object: Option<ObjectId>,
    pub(crate) masquerade_bit: u8,
}

/// Where an endpoint comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EndpointFacts {
    pub(crate) text: String,
    pub(crate) object: ObjectId,
    pub(crate) field: EndpointField,
}

/// What the sentences speak of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) config: ConfigFacts,
    pub(crate) ports: Vec<PortInfo>,
    pub(crate) endpoints: Vec<EndpointFacts>,
}

impl Facts {
    /// The reason, written out.
    pub(crate) fn origin(&self, reason: Reason) -> Origin {
        let (object, field) = self.place(reason);
        Origin {
            object,
            field,
            why: self.sentence(reason),
            written_by: "kube-proxy",
        }
    }

    fn place(&self, reason: Reason) -> (Option<ObjectId>, String) {
        use Why::*;
        let item = reason.item;
        let config = |field: &str| match self.config.object {
            Some(object) => (Some(object), field.to_string()),
            None => (None, String::new()),
        };
        let service = |field: String| {
            let port = self.ports.get(reason.port as usize);
            (port.map(|p| p.object), field)
        };
        let port_field = |name: &str| match self.ports.get(reason.port as usize) {
            Some(port) => service(format!("spec.ports[{}]{name}", port.index)),
            None => (None, String::new()),
        };
        match reason.why {
            GuardLocalnet => config("iptables.localhostNodePorts"),
            DropInvalid => config("conntrack.tcpBeLiberal"),
            ForwardMarked | SkipUnmarked | TakeMarkOff | Masquerade | PutMarkOn => {
                config("iptables.masqueradeBit")
            }
            TryNodePorts => config("nodePortAddresses"),
            ForwardKnown | ForwardKnownFromPods | ForwardKnownToPods => (None, String::new()),
            ClusterIp | ClusterIpEmpty => match self.ports.get(reason.port as usize) {
                Some(port) if port.cluster_ip_index > 0 => {
                    service(format!("spec.clusterIPs[{}]", port.cluster_ip_index))
                }
                _ => service("spec.clusterIP".into()),
            },
            ClusterIpNotHere => service("spec.internalTrafficPolicy".into()),
            ExternalIp
            | ExternalIpEmpty
            | ExternalIpMark
            | ExternalIpFromOutside
            | ExternalIpOfNode => service(format!("spec.externalIPs[{item}]")),
            BalancerIp | BalancerIpEmpty | BalancerItself => {
                service(format!("status.loadBalancer.ingress[{item}].ip"))
            }
            BalancerIpRefused | RangeRest => service("spec.loadBalancerSourceRanges".into()),
            RangeAllowed => service(format!("spec.loadBalancerSourceRanges[{item}]")),
            ExternalIpNotHere | BalancerIpNotHere | NodePortNotHere | ExternalMark
            | ExternalPods | ExternalMarkNode | ExternalNode | ExternalOn | NothingHere => {
                service("spec.externalTrafficPolicy".into())
            }
            NodePort | NodePortEmpty | NodePortLoopback | NodePortMark | NodePortMarkLoopback => {
                port_field(".nodePort")
            }
            HealthCheck => service("spec.healthCheckNodePort".into()),
            BalancerOn | MarkForDrop => service("status.loadBalancer.ingress".into()),
            MarkAll => config_or(config("iptables.masqueradeAll"), port_field(".port")),
            MarkOutsiders => port_field(".port"),
            Sticky => service("spec.sessionAffinity".into()),
            Draw | Hairpin | Rewrite => match self.endpoints.get(item as usize) {
                Some(endpoint) => (
                    Some(endpoint.object),
                    match endpoint.field {
                        EndpointField::Entry(index) => format!("endpoints[{index}]"),
                        EndpointField::Whole => String::new(),
                        EndpointField::Selector => "spec.selector".into(),
                    },
                ),
                None => (None, String::new()),
            },
        }
    }

    fn sentence(&self, reason: Reason) -> String {
        use Why::*;
        let Some(port) = self.ports.get(reason.port as usize) else {
            return common_sentence(reason.why, self.config.masquerade_bit);
        };
        let label = &port.label;
        let number = &port.port;
        let transport = transport(port.protocol);
        let node_port = port.node_port.as_deref().unwrap_or("");
        let external = || entry(&port.external_ips, reason.item);
        let balancer = || entry(&port.balancer_ips, reason.item);
        let cluster_ip = &port.cluster_ip;
        let endpoint = match self.endpoints.get(reason.item as usize) {
            Some(endpoint) => endpoint.text.as_str(),
            None => "",
        };
        match reason.why {
            ClusterIp => format!(
                "{transport} to {label}'s cluster address {cluster_ip}, port {number}, goes on to its chain."
            ),
            ClusterIpEmpty => format!(
                "{label} has no endpoint that could answer, so {transport} to its cluster address {cluster_ip}, port {number}, is refused at once."
            ),
            ClusterIpNotHere => format!(
                "internalTrafficPolicy Local keeps {label} on this node, and none of its endpoints is here, so packets to {cluster_ip} are dropped."
            ),
            ExternalIp => format!(
                "{transport} to {label}'s external address {}, port {number}, goes on to the chain for traffic from outside.",
                external()
            ),
            ExternalIpEmpty => format!(
                "{label} has no endpoint that could answer, so {transport} to its external address {}, port {number}, is refused at once.",
                external()
            ),
            ExternalIpNotHere => format!(
                "externalTrafficPolicy Local keeps {label}'s outside traffic on this node, and none of its endpoints is here, so packets to {} are dropped.",
                external()
            ),
            BalancerIp => format!(
                "{transport} to {label}'s load-balancer address {}, port {number}, is taken here already and spared the way by the load balancer.",
                balancer()
            ),
            BalancerIpEmpty => format!(
                "{label} has no endpoint that could answer, so {transport} to its load-balancer address {}, port {number}, is refused at once.",
                balancer()
            ),
            BalancerIpNotHere => format!(
                "externalTrafficPolicy Local keeps {label}'s outside traffic on this node, and none of its endpoints is here, so packets to {} are dropped.",
                balancer()
            ),
            BalancerIpRefused => format!(
                "A packet that still has {label}'s load-balancer address {} was let in by none of loadBalancerSourceRanges, and is dropped.",
                balancer()
            ),
            NodePort => {
                format!("{transport} to port {node_port} of this node is meant for {label}.")
            }
            NodePortEmpty => format!(
                "{label} has no endpoint that could answer, so {transport} to port {node_port} of this node is refused at once."
            ),
            NodePortNotHere => format!(
                "externalTrafficPolicy Local keeps {label}'s outside traffic on this node, and none of its endpoints is here, so packets to node port {node_port} are dropped."
            ),
            NodePortLoopback => format!(
                "The same for node port {node_port} by a loopback address, counted apart so that one sees who still relies on it."
            ),
            HealthCheck => format!(
                "The load balancer may ask on port {} whether this node has an endpoint of {label}.",
                port.health_check.as_deref().unwrap_or("")
            ),
            MarkAll => format!(
                "masqueradeAll: every packet to {label}'s cluster address is marked, so that its source becomes this node."
            ),
            MarkOutsiders => format!(
                "What comes to {label}'s cluster address from anything but a pod is marked, so that the answer finds its way back through this node."
            ),
            ExternalMark => format!(
                "Traffic from outside may leave for another node, so it is marked and the answer to {label}'s client comes back this way."
            ),
            ExternalPods => format!(
                "A pod that uses an outside address of {label} is treated as if it had used the cluster address."
            ),
            ExternalMarkNode => format!(
                "This node's own packets to an outside address of {label} are marked, since their source is that very address."
            ),
            ExternalNode => format!(
                "This node's own packets to an outside address of {label} may go to any endpoint."
            ),
            ExternalOn if port.external_local => format!(
                "What is left came from outside, and goes to {label}'s endpoints on this node, with its source kept."
            ),
            ExternalOn => format!("Traffic from outside goes to any endpoint of {label}."),
            RangeAllowed => {
                let range = port.source_ranges.iter().find(|r| r.index == reason.item);
                format!(
                    "loadBalancerSourceRanges lets clients in {} use {label}.",
                    range.map(|r| r.net.to_string()).unwrap_or_default()
                )
            }
            BalancerItself => format!(
                "The ranges hold this node, whose own packets to {} come back with that address as their source; they are let in too.",
                balancer()
            ),
            RangeRest => format!(
                "Whoever gets here was let in by no range of {label}; the filter table drops it later."
            ),
            Sticky => format!(
                "A client that reached {endpoint} within the last {} seconds is sent there again.",
                port.affinity_seconds.as_deref().unwrap_or("")
            ),
            Draw => format!(
                "By lot, or because it is the last that is left, this connection goes to {label}'s endpoint {endpoint}."
            ),
            Hairpin => format!(
                "When {endpoint} itself is the caller, its packet is marked, so that the answer does not short-cut past this node."
            ),
            Rewrite => {
                format!("The destination becomes {endpoint}, for every packet of this connection.")
            }
            NodePortMark => format!(
                "Traffic to node port {node_port} may leave for another node, so it is marked and the answer comes back this way."
            ),
            NodePortMarkLoopback => format!(
                "A loopback source means nothing to a pod, so packets to node port {node_port} that have one are marked."
            ),
            ExternalIpMark => format!(
                "Traffic to {label}'s external address {} may leave for another node, so it is marked.",
                external()
            ),
            ExternalIpFromOutside => format!(
                "What reaches {label}'s external address {} from off this machine goes on to its chain.",
                external()
            ),
            ExternalIpOfNode => format!(
                "Should {} be an address of this node itself, packets to it go on to {label}'s chain as well.",
                external()
            ),
            BalancerOn => format!(
                "{label} lets everybody use its load-balancer address, so the packet goes on."
            ),
            MarkForDrop => format!(
                "What is still here may not use {label}'s load-balancer address, and is marked to be dropped."
            ),
            NothingHere => format!(
                "externalTrafficPolicy Local, and none of {label}'s endpoints is on this node: the packet is marked to be dropped."
            ),
            _ => common_sentence(reason.why, self.config.masquerade_bit),
        }
    }
}

/// The configuration's field where there is one, else the port's.
fn config_or(
    config: (Option<ObjectId>, String),
    port: (Option<ObjectId>, String),
) -> (Option<ObjectId>, String) {
    if config.0.is_some() { config } else { port }
}

fn entry(list: &[crate::services::Listed], index: u32) -> &str {
    let found = list.iter().find(|listed| listed.index == index);
    found.map_or("", |listed| listed.text.as_str())
}

fn transport(protocol: Transport) -> &'static str {
    protocol.upper()
}

fn common_sentence(why: Why, bit: u8) -> String {
    match why {
        Why::GuardLocalnet => {
            "Loopback addresses answer on the network while node ports work on them, so nobody but this node may use them, unless kube-proxy itself sent the packet there.".into()
        }
        Why::DropInvalid => {
            "A packet that conntrack can place in no connection would reach its receiver without its addresses put back, and break the connection; it is dropped.".into()
        }
        Why::ForwardMarked => {
            "A packet that carries kube-proxy's mark is on its way by a Service and may pass, whatever FORWARD's policy is.".into()
        }
        Why::ForwardKnown => {
            "Later packets of a connection that was let through, and errors about it, may pass.".into()
        }
        Why::ForwardKnownFromPods => {
            "Later packets of a connection that was let through may pass; once this meant those from pods.".into()
        }
        Why::ForwardKnownToPods => {
            "Later packets of a connection that was let through may pass; once this meant those to pods.".into()
        }
        Why::SkipUnmarked => {
            "Only a marked packet has its source rewritten; all others leave as they are.".into()
        }
        Why::TakeMarkOff => {
            "The mark has done its work, and is taken off in case the packet passes through these rules again.".into()
        }
        Why::Masquerade => {
            "The source becomes this node's address on the way out, so that the answer comes back here.".into()
        }
        Why::PutMarkOn => format!(
            "Bit {bit} of the packet's mark is set; it stands for \"rewrite my source when I leave\"."
        ),
        _ => {
            "What is for none of the addresses above may still be for a node port, if it is for an address of this node.".into()
        }
    }
}

/// What a chain is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChainWhy {
    Services,
    FilterServices,
    ExternalServices,
    Forward,
    NodePorts,
    FilterNodePorts,
    ProxyFirewall,
    Firewall,
    Postrouting,
    MarkMasq,
    MarkDrop,
    Svc(u32),
    Svl(u32),
    Ext(u32),
    Fw(u32),
    FwOlder(u32),
    Xlb(u32),
    Sep { port: u32, endpoint: u32 },
}

impl Facts {
    /// The chain's purpose in one sentence.
    pub(crate) fn chain(&self, why: ChainWhy) -> String {
        let label = |port: u32| match self.ports.get(port as usize) {
            Some(port) => port.label.as_str(),
            None => "",
        };
        match why {
            ChainWhy::Services => "The switchboard: one rule for each address and port that a Service has.".into(),
            ChainWhy::FilterServices => "Cluster addresses that nothing can answer; packets to them are refused or dropped.".into(),
            ChainWhy::ExternalServices => "Outside addresses and node ports that nothing can answer; packets to them are refused or dropped.".into(),
            ChainWhy::Forward => "What may pass through this node because a Service sent it on its way.".into(),
            ChainWhy::NodePorts => "One rule for each node port, asked only for packets to this node itself.".into(),
            ChainWhy::FilterNodePorts => "Ports on which load balancers ask after this node's health; they are let in.".into(),
            ChainWhy::ProxyFirewall => "The end of packets that no range of loadBalancerSourceRanges let in.".into(),
            ChainWhy::Firewall => "Keeps strangers away from this node's loopback addresses.".into(),
            ChainWhy::Postrouting => "Rewrites the source of every packet that was marked on its way here.".into(),
            ChainWhy::MarkMasq => "Marks a packet, so that its source is rewritten when it leaves.".into(),
            ChainWhy::MarkDrop => "Marks a packet that the filter table then drops; kubelet fills this chain.".into(),
            ChainWhy::Svc(port) => format!("Chooses one of {}'s endpoints in the whole cluster.", label(port)),
            ChainWhy::Svl(port) => format!("Chooses one of {}'s endpoints on this node.", label(port)),
            ChainWhy::Ext(port) => format!("Receives traffic from outside for {}, before an endpoint is chosen.", label(port)),
            ChainWhy::Fw(port) => format!("Lets only the permitted clients use {}'s load-balancer address.", label(port)),
            ChainWhy::FwOlder(port) => format!("Receives traffic to {}'s load-balancer address and keeps out whom its ranges do not name.", label(port)),
            ChainWhy::Xlb(port) => format!("Receives traffic from outside for {}, which stays on this node.", label(port)),
            ChainWhy::Sep { port, endpoint } => {
                let text = self.endpoints.get(endpoint as usize);
                format!(
                    "Sends a packet for {} to the endpoint {}.",
                    label(port),
                    text.map_or("", |e| e.text.as_str())
                )
            }
        }
    }
}
