//! The rules themselves, written service port by service port as one kube-proxy or another writes them.
//!
//! What all versions share is here; [`current`] and [`chains`] hold v1.24 and later, [`older`] what came
//! before.

mod chains;
mod common;
mod current;
mod older;

use std::net::IpAddr;

use cluster::{ClusterState, IpFamily, ProxyConfig};
use netfilter::TableName;

use crate::endpoints::{EndpointInfo, Here, SliceIndex, Usable, categorize, name_chains};
use crate::names::{Hash, Name};
use crate::node::{Detector, NodePorts};
use crate::reason::{ConfigFacts, EndpointFacts, Facts, Reason, Why};
use crate::services::{self, PortInfo};
use crate::table::TableText;
use crate::{Dialect, Options};

/// The chains that every cluster has.
pub(crate) const SERVICES: Name = Name::fixed("KUBE-SERVICES");
pub(crate) const EXTERNAL_SERVICES: Name = Name::fixed("KUBE-EXTERNAL-SERVICES");
pub(crate) const FORWARD: Name = Name::fixed("KUBE-FORWARD");
pub(crate) const NODEPORTS: Name = Name::fixed("KUBE-NODEPORTS");
pub(crate) const PROXY_FIREWALL: Name = Name::fixed("KUBE-PROXY-FIREWALL");
pub(crate) const FIREWALL: Name = Name::fixed("KUBE-FIREWALL");
pub(crate) const POSTROUTING: Name = Name::fixed("KUBE-POSTROUTING");
pub(crate) const MARK_MASQ: Name = Name::fixed("KUBE-MARK-MASQ");

/// Beyond this many endpoints kube-proxy leaves comments out (`largeClusterEndpointsThreshold`).
const LARGE: usize = 1000;

/// Everything a sync writes to and looks at.
pub(crate) struct Writer<'a> {
    pub(crate) filter: TableText,
    pub(crate) nat: TableText,
    family: IpFamily,
    options: &'a Options,
    config: &'a ProxyConfig,
    detector: Option<Detector>,
    node_ports: NodePorts,
    node_ip: Option<IpAddr>,
    /// Whether there are so many endpoints that their comments are left out.
    large: bool,
    /// `0x00004000`
    mark: String,
    /// `1/n` as `--probability` takes it, by n.
    probabilities: Vec<String>,
}

/// One service port in the middle of a sync.
struct Turn<'a> {
    port: &'a PortInfo,
    /// Its index among the facts.
    number: u32,
    all: Vec<EndpointInfo<'a>>,
    /// Index of the first of `all` among the facts.
    first: u32,
    usable: Usable,
    hash: Hash,
    /// `tcp`, and `-m tcp -p tcp `.
    transport: Transported,
}

#[derive(Clone, Copy)]
struct Transported {
    /// `-m tcp -p tcp `
    matches: &'static str,
    lower: &'static str,
}

impl Transported {
    fn of(protocol: cluster::Transport) -> Self {
        Transported {
            matches: match protocol {
                cluster::Transport::Tcp => "-m tcp -p tcp ",
                cluster::Transport::Udp => "-m udp -p udp ",
                cluster::Transport::Sctp => "-m sctp -p sctp ",
            },
            lower: protocol.lower(),
        }
    }
}

impl Turn<'_> {
    fn reason(&self, why: Why) -> Reason {
        self.reason_of(why, 0)
    }

    fn reason_of(&self, why: Why, item: u32) -> Reason {
        Reason {
            why,
            port: self.number,
            item,
        }
    }

    /// A reason that names one of the endpoints.
    fn endpoint_reason(&self, why: Why, at: usize) -> Reason {
        self.reason_of(why, self.endpoint_number(at))
    }

    fn endpoint_number(&self, at: usize) -> u32 {
        self.first + at as u32
    }
}

/// Writes all rules of a node in one family.
pub(crate) fn write(
    cluster: &ClusterState,
    node: &str,
    family: IpFamily,
    options: &Options,
) -> (TableText, TableText, Facts) {
    let ports = services::ports(cluster, family, options.dialect);
    let slices = SliceIndex::new(cluster, family, options.dialect);
    let gathered: Vec<Vec<EndpointInfo>> = ports
        .iter()
        .map(|port| slices.endpoints(port, node))
        .collect();
    let total = gathered.iter().map(Vec::len).sum();
    let this = cluster.node(node);
    let here = Here {
        name: node,
        zone: this.and_then(|n| n.zone()),
    };
    let mut writer = Writer::new(cluster, this, family, options, total);
    writer.nat.reserve(ports.len(), total);
    writer.begin();
    let mut endpoints = Vec::with_capacity(total);
    for (number, (port, mut all)) in ports.iter().zip(gathered).enumerate() {
        let usable = categorize(&all, port, &here, options.dialect);
        let transport = Transported::of(port.protocol);
        let hash = Hash::of(&port.label, transport.lower);
        name_chains(&mut all, &usable.reachable, &hash);
        let mut turn = Turn {
            port,
            number: number as u32,
            all,
            first: endpoints.len() as u32,
            usable,
            hash,
            transport,
        };
        match options.dialect {
            Dialect::V1_20 | Dialect::V1_23 => writer.older_port(&turn),
            Dialect::V1_25 | Dialect::V1_30 | Dialect::Newest => writer.port(&turn),
        }
        endpoints.extend(turn.all.drain(..).map(|endpoint| {
            let (object, field) = slices.origin(&endpoint);
            EndpointFacts {
                text: endpoint.text,
                object,
                field,
            }
        }));
    }
    writer.end();
    let facts = Facts {
        config: ConfigFacts {
            object: cluster.proxy.object,
            masquerade_bit: cluster.proxy.masquerade_bit,
        },
        ports,
        endpoints,
    };
    (writer.filter, writer.nat, facts)
}

impl<'a> Writer<'a> {
    fn new(
        cluster: &'a ClusterState,
        node: Option<&cluster::Node>,
        family: IpFamily,
        options: &'a Options,
        endpoints: usize,
    ) -> Self {
        let config = &cluster.proxy;
        let own = node.map(|n| n.internal_ips.as_slice()).unwrap_or_default();
        let mark = 1u32.checked_shl(config.masquerade_bit.into()).unwrap_or(0);
        Writer {
            filter: TableText::new(TableName::Filter),
            nat: TableText::new(TableName::Nat),
            family,
            options,
            config,
            detector: Detector::of(config, node, family, options.dialect),
            node_ports: NodePorts::of(config, node, family, options),
            node_ip: own.iter().copied().find(|ip| IpFamily::of(*ip) == family),
            large: endpoints > LARGE,
            mark: format!("{mark:#010x}"),
            probabilities: vec![String::new()],
        }
    }

    fn dialect(&self) -> Dialect {
        self.options.dialect
    }

    /// Makes sure that `1/n` is at hand for all n up to `most`.
    fn prepare_probabilities(&mut self, most: usize) {
        for n in self.probabilities.len()..=most {
            self.probabilities.push(format!("{:.10}", 1.0 / n as f64));
        }
    }
}
