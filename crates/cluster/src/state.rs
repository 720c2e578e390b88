//! A cluster as it is meant: every default filled in, every name checked, everything decided.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::source::{ObjectId, Origins};

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IpFamily {
    /// `IPv4`
    Ipv4,
    /// `IPv6`
    Ipv6,
}

impl IpFamily {
    /// The family of an address.
    pub fn of(addr: IpAddr) -> Self {
        if addr.is_ipv4() {
            IpFamily::Ipv4
        } else {
            IpFamily::Ipv6
        }
    }
}

/// Transport protocol of a Service or container port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// `TCP`
    Tcp,
    /// `UDP`
    Udp,
    /// `SCTP`
    Sctp,
}

impl Transport {
    /// As Kubernetes writes it.
    pub fn upper(self) -> &'static str {
        match self {
            Transport::Tcp => "TCP",
            Transport::Udp => "UDP",
            Transport::Sctp => "SCTP",
        }
    }
    /// As iptables writes it.
    pub fn lower(self) -> &'static str {
        match self {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
            Transport::Sctp => "sctp",
        }
    }
}

/// A kind of cluster whose address plan and network plugin a person may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// k3s with flannel: pods 10.42.0.0/16, services 10.43.0.0/16.
    K3s,
    /// kubeadm: services 10.96.0.0/12, pods 10.244.0.0/16.
    Kubeadm,
    /// kind with kindnet: services 10.96.0.0/16, pods 10.244.0.0/16.
    Kind,
    /// calico on a cluster of kubeadm's: services 10.96.0.0/12, pods 192.168.0.0/16.
    Calico,
}

/// A whole cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClusterState {
    /// kube-proxy's configuration, as given or as a cluster of this kind has it.
    pub proxy: ProxyConfig,
    /// In order of the text; made ones are `node1`, `node2`, `node3`.
    pub nodes: Vec<Node>,
    /// Sorted by namespace and name.
    pub pods: Vec<Pod>,
    /// Sorted by namespace and name.
    pub services: Vec<Service>,
    /// Sorted by namespace and name; those in the text and those the control plane made.
    pub slices: Vec<EndpointSlice>,
    /// The address plan that was found or chosen.
    pub addresses: AddressPlan,
    /// The network, from a `kind: Network` object, a preset or kube-proxy's configuration.
    pub network: NetworkSpec,
    /// Where everything stands in the text.
    pub origins: Origins,
}

impl ClusterState {
    /// The node of this name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|n| n.name == name)
    }
    /// The Service of this name.
    pub fn service(&self, namespace: &str, name: &str) -> Option<&Service> {
        self.services
            .iter()
            .find(|s| s.namespace == namespace && s.name == name)
    }
    /// The pod of this name.
    pub fn pod(&self, namespace: &str, name: &str) -> Option<&Pod> {
        self.pods
            .iter()
            .find(|p| p.namespace == namespace && p.name == name)
    }
}

/// The ranges addresses come from, where known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressPlan {
    /// At most one per family.
    pub pod_cidrs: Vec<IpNet>,
    /// At most one per family.
    pub service_cidrs: Vec<IpNet>,
}

/// How kube-proxy tells a pod's packet from others (`detectLocalMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DetectLocal {
    /// By `clusterCIDR`.
    #[default]
    ClusterCidr,
    /// By the node's own podCIDR.
    NodeCidr,
    /// By the name of the bridge the pods hang on.
    BridgeInterface,
    /// By a prefix of the pods' interfaces.
    InterfaceNamePrefix,
    /// Not at all.
    None,
}

/// `mode:` of kube-proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ProxyMode {
    /// `iptables`, or nothing said.
    #[default]
    Iptables,
    /// `nftables`, which is shown as the iptables rules it would otherwise be, and said so.
    Nftables,
    /// `ipvs`, likewise.
    Ipvs,
}

/// KubeProxyConfiguration, as meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyConfig {
    /// Where it stands, when it does.
    pub object: Option<ObjectId>,
    /// `hostnameOverride`: the node whose configuration this is.
    pub hostname_override: Option<String>,
    /// `mode`
    pub mode: ProxyMode,
    /// `clusterCIDR`, at most one per family.
    pub cluster_cidrs: Vec<IpNet>,
    /// `detectLocalMode`
    pub detect_local: DetectLocal,
    /// `detectLocal.bridgeInterface`
    pub bridge_interface: String,
    /// `detectLocal.interfaceNamePrefix`
    pub interface_name_prefix: String,
    /// `iptables.masqueradeAll`
    pub masquerade_all: bool,
    /// `iptables.masqueradeBit`, 0 to 31.
    pub masquerade_bit: u8,
    /// `iptables.localhostNodePorts`
    pub localhost_node_ports: bool,
    /// `nodePortAddresses`; empty means all. `primary` stands for the node's own addresses.
    pub node_port_addresses: Vec<NodePortAddress>,
    /// `conntrack.tcpBeLiberal`
    pub conntrack_tcp_be_liberal: bool,
}

/// One entry of `nodePortAddresses`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodePortAddress {
    /// A range.
    Cidr(IpNet),
    /// The word `primary`.
    Primary,
}

impl Default for ProxyConfig {
    /// kube-proxy's own defaults.
    fn default() -> Self {
        ProxyConfig {
            object: None,
            hostname_override: None,
            mode: ProxyMode::default(),
            cluster_cidrs: Vec::new(),
            detect_local: DetectLocal::default(),
            bridge_interface: String::new(),
            interface_name_prefix: String::new(),
            masquerade_all: false,
            masquerade_bit: 14,
            localhost_node_ports: true,
            node_port_addresses: Vec::new(),
            conntrack_tcp_be_liberal: false,
        }
    }
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its place.
    pub object: ObjectId,
    /// `metadata.name`
    pub name: String,
    /// `metadata.labels`
    pub labels: BTreeMap<String, String>,
    /// InternalIP addresses, at most one per family, the primary first.
    pub internal_ips: Vec<IpAddr>,
    /// Every other address the status names.
    pub other_ips: Vec<IpAddr>,
    /// `spec.podCIDRs`, at most one per family.
    pub pod_cidrs: Vec<IpNet>,
    /// `spec.unschedulable`, or a NoSchedule taint that pods do not tolerate.
    pub unschedulable: bool,
    /// Whether it was made because the text has no Node.
    pub made: bool,
}

impl Node {
    /// `topology.kubernetes.io/zone`
    pub fn zone(&self) -> Option<&str> {
        self.labels
            .get("topology.kubernetes.io/zone")
            .map(String::as_str)
    }
}

/// Why a pod listens on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListenReason {
    /// The annotation `chainwalk/listen`.
    Annotation,
    /// A container declares it: assumed, since a containerPort opens nothing.
    ContainerPort,
    /// A Service that selects the pod sends there: assumed.
    TargetPort,
    /// An EndpointSlice or Endpoints without a Pod names it: assumed.
    Endpoint,
}

/// A pod with an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    /// Its place, or that of the object it was made from.
    pub object: ObjectId,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Its node; `None` for an endpoint that is a host outside.
    pub node: Option<String>,
    /// Its addresses, at most one per family, the primary first.
    pub ips: Vec<IpAddr>,
    /// `spec.hostNetwork`
    pub host_network: bool,
    /// Whether it would be Ready.
    pub ready: bool,
    /// Whether it is going (`metadata.deletionTimestamp`).
    pub terminating: bool,
    /// Declared container ports: name, number, protocol.
    pub container_ports: Vec<(String, u16, Transport)>,
    /// Where it listens, and why.
    pub listen: Vec<(Transport, u16, ListenReason)>,
    /// What made it: `Deployment demo/demo`, or `None` when it stands in the text.
    pub made_from: Option<String>,
}

/// `spec.type`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceType {
    /// `ClusterIP`
    ClusterIp,
    /// `NodePort`
    NodePort,
    /// `LoadBalancer`
    LoadBalancer,
    /// `ExternalName`
    ExternalName,
}

/// `externalTrafficPolicy`, `internalTrafficPolicy`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrafficPolicy {
    /// `Cluster`
    Cluster,
    /// `Local`
    Local,
}

/// `status.loadBalancer.ingress[]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadBalancerIngress {
    /// `ip`
    pub ip: Option<IpAddr>,
    /// `hostname`
    pub hostname: Option<String>,
    /// `ipMode: Proxy` rather than VIP.
    pub proxy_mode: bool,
    /// Whether our simulated provider gave it.
    pub made: bool,
}

/// `targetPort`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetPort {
    /// A number.
    Number(u16),
    /// A container port's name.
    Name(String),
}

/// One of a Service's ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name, may be empty.
    pub name: String,
    /// `protocol`
    pub protocol: Transport,
    /// `port`
    pub port: u16,
    /// `targetPort`
    pub target_port: TargetPort,
    /// `nodePort`, where it has one.
    pub node_port: Option<u16>,
    /// Its index in `spec.ports`, for [`Origins::span`].
    pub index: usize,
}

/// A Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its place.
    pub object: ObjectId,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// `metadata.labels` (two of them keep kube-proxy away).
    pub labels: BTreeMap<String, String>,
    /// Annotations (topology hints read them).
    pub annotations: BTreeMap<String, String>,
    /// `spec.type`
    pub service_type: ServiceType,
    /// Cluster addresses, at most one per family, the primary first. Empty when headless or ExternalName.
    pub cluster_ips: Vec<IpAddr>,
    /// `clusterIP: None`
    pub headless: bool,
    /// `spec.ipFamilies`
    pub ip_families: Vec<IpFamily>,
    /// `spec.externalName`
    pub external_name: Option<String>,
    /// Its ports, in written order.
    pub ports: Vec<ServicePort>,
    /// `spec.selector`
    pub selector: BTreeMap<String, String>,
    /// `spec.externalIPs`, in written order.
    pub external_ips: Vec<IpAddr>,
    /// `status.loadBalancer.ingress`, in written order.
    pub ingress: Vec<LoadBalancerIngress>,
    /// `spec.loadBalancerSourceRanges`, in written order, with the host bits that were written: older
    /// versions of kube-proxy write them too.
    pub source_ranges: Vec<IpNet>,
    /// `externalTrafficPolicy`
    pub external_policy: TrafficPolicy,
    /// `internalTrafficPolicy`
    pub internal_policy: TrafficPolicy,
    /// `sessionAffinity: ClientIP` with its timeout in seconds.
    pub affinity_seconds: Option<u32>,
    /// `healthCheckNodePort`
    pub health_check_node_port: Option<u16>,
    /// `publishNotReadyAddresses`
    pub publish_not_ready: bool,
    /// `trafficDistribution`
    pub traffic_distribution: Option<String>,
}

/// One endpoint of a slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The addresses (kube-proxy takes the first).
    pub addresses: Vec<IpAddr>,
    /// `conditions.ready` (nil counts as true).
    pub ready: bool,
    /// `conditions.serving` (nil counts as true, as kube-proxy reads it).
    pub serving: bool,
    /// `conditions.terminating`
    pub terminating: bool,
    /// `nodeName`
    pub node: Option<String>,
    /// `zone`
    pub zone: Option<String>,
    /// `targetRef` to a Pod: namespace and name.
    pub pod: Option<(String, String)>,
    /// `hints.forZones`
    pub zone_hints: Vec<String>,
    /// `hints.forNodes`
    pub node_hints: Vec<String>,
}

/// A port of a slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointPort {
    /// `name`, which is the Service port's.
    pub name: String,
    /// `port`; nil means all ports and makes no rule.
    pub port: Option<u16>,
    /// `protocol`
    pub protocol: Transport,
}

/// An EndpointSlice, from the text, from Endpoints, or made by the control plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointSlice {
    /// Its place, or that of the Endpoints or Service it was made from.
    pub object: ObjectId,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// `metadata.labels`; none where the control plane made it.
    pub labels: BTreeMap<String, String>,
    /// The Service it belongs to (`kubernetes.io/service-name`).
    pub service: Option<String>,
    /// `addressType`; `None` for FQDN, which kube-proxy ignores.
    pub family: Option<IpFamily>,
    /// Its endpoints.
    pub endpoints: Vec<Endpoint>,
    /// Its ports.
    pub ports: Vec<EndpointPort>,
    /// Whether the control plane made it.
    pub made: bool,
}

/// The network under the cluster, in the words of `kind: Network` (`chainwalk/v1`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkSpec {
    /// `attach`: `bridge`, `ptp`, `calico`.
    pub attach: String,
    /// `network`: `host-gw`, `vxlan`.
    pub network: String,
    /// `hairpin`
    pub hairpin: bool,
    /// `bridge_nf`
    pub bridge_nf: bool,
    /// `masquerade`: whether the network plugin's own masquerade rules are there.
    pub masquerade: bool,
    /// `forward_policy`: `ACCEPT` or `DROP`.
    pub forward_policy: String,
    /// `sysctl`
    pub sysctl: BTreeMap<String, String>,
    /// `nodes`: name to what differs there.
    pub nodes: BTreeMap<String, NetworkNode>,
    /// `external`
    pub external: Vec<NetworkHost>,
    /// `sets`: the members of ipsets that rules ask about, on every node.
    pub sets: BTreeMap<String, Vec<IpNet>>,
}

/// What one node's network has of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkNode {
    /// `default_route`; nil counts as true.
    pub default_route: Option<bool>,
    /// `sysctl`
    pub sysctl: BTreeMap<String, String>,
    /// `listen`, as protocol and port.
    pub listen: Vec<(Transport, u16)>,
}

/// A host outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkHost {
    /// Its name.
    pub name: String,
    /// Its address.
    pub ip: IpAddr,
    /// Destination to the node it goes by.
    pub routes: Vec<(IpNet, String)>,
}

impl NetworkSpec {
    /// The network of a kind of cluster: how its plugin attaches pods and crosses from node to node,
    /// and that the plugin's own rules are there. kubeadm brings no plugin.
    pub fn of_preset(preset: Preset) -> Self {
        let (attach, network, masquerade) = match preset {
            // k3s embeds flannel, whose backend is vxlan unless told otherwise (`--flannel-backend`).
            Preset::K3s => ("bridge", "vxlan", true),
            Preset::Kind => ("ptp", "host-gw", true),
            Preset::Calico => ("calico", "host-gw", true),
            Preset::Kubeadm => return NetworkSpec::default(),
        };
        NetworkSpec {
            attach: attach.into(),
            network: network.into(),
            masquerade,
            ..NetworkSpec::default()
        }
    }
}

impl Default for NetworkSpec {
    /// The recordings' own: a bridge with hairpin and br_netfilter, plain routes, ACCEPT.
    fn default() -> Self {
        NetworkSpec {
            attach: "bridge".into(),
            network: "host-gw".into(),
            hairpin: true,
            bridge_nf: true,
            masquerade: false,
            forward_policy: "ACCEPT".into(),
            sysctl: BTreeMap::new(),
            nodes: BTreeMap::new(),
            external: Vec::new(),
            sets: BTreeMap::new(),
        }
    }
}
