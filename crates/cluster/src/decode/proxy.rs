//! KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1).

use super::fault::Fault;
use super::view::View;
use crate::diagnostic::{Kind, Severity};
use crate::source::ObjectId;
use crate::state::{DetectLocal, NodePortAddress, ProxyConfig, ProxyMode};

/// Reads a KubeProxyConfiguration; what it leaves out is kube-proxy's own default.
pub fn decode(root: View<'_>, object: ObjectId) -> ProxyConfig {
    let defaults = ProxyConfig::default();
    let iptables = root.get("iptables");
    let detect = root.get("detectLocal");
    let mut cluster_cidrs = Vec::new();
    let stated = root.get("clusterCIDR").text().unwrap_or_default();
    for cidr in stated.split(',').filter_map(super::cidr) {
        super::push_per_family(&mut cluster_cidrs, cidr);
    }
    ProxyConfig {
        object: Some(object),
        // `GetHostname` in component-helpers cuts white space off and makes it lower case.
        hostname_override: root
            .get("hostnameOverride")
            .word()
            .map(|name| name.trim().to_lowercase()),
        mode: match root.get("mode").text() {
            Some("nftables") => ProxyMode::Nftables,
            Some("ipvs") => ProxyMode::Ipvs,
            _ => ProxyMode::Iptables,
        },
        cluster_cidrs,
        detect_local: match root.get("detectLocalMode").text() {
            Some("NodeCIDR") => DetectLocal::NodeCidr,
            Some("BridgeInterface") => DetectLocal::BridgeInterface,
            Some("InterfaceNamePrefix") => DetectLocal::InterfaceNamePrefix,
            Some("None") => DetectLocal::None,
            _ => DetectLocal::ClusterCidr,
        },
        bridge_interface: detect.get("bridgeInterface").string(),
        interface_name_prefix: detect.get("interfaceNamePrefix").string(),
        masquerade_all: iptables.get("masqueradeAll").flag().unwrap_or(false),
        masquerade_bit: iptables
            .get("masqueradeBit")
            .int()
            .and_then(|bit| u8::try_from(bit).ok())
            .filter(|bit| *bit < 32)
            .unwrap_or(defaults.masquerade_bit),
        localhost_node_ports: iptables
            .get("localhostNodePorts")
            .flag()
            .unwrap_or(defaults.localhost_node_ports),
        node_port_addresses: root
            .get("nodePortAddresses")
            .strings()
            .filter_map(|address| match address {
                "primary" => Some(NodePortAddress::Primary),
                range => super::cidr(range).map(NodePortAddress::Cidr),
            })
            .collect(),
        conntrack_tcp_be_liberal: root
            .get("conntrack")
            .get("tcpBeLiberal")
            .flag()
            .unwrap_or(defaults.conntrack_tcp_be_liberal),
    }
}

/// The fields of v1alpha1, by the field they stand under.
const FIELDS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "apiVersion",
            "bindAddress",
            "bindAddressHardFail",
            "clientConnection",
            "clusterCIDR",
            "configSyncPeriod",
            "conntrack",
            "detectLocal",
            "detectLocalMode",
            "enableProfiling",
            "featureGates",
            "healthzBindAddress",
            "hostnameOverride",
            "iptables",
            "ipvs",
            "kind",
            "logging",
            "metadata",
            "metricsBindAddress",
            "mode",
            "nftables",
            "nodePortAddresses",
            "oomScoreAdj",
            "portRange",
            "showHiddenMetricsForVersion",
            "windowsRunAsService",
            "winkernel",
        ],
    ),
    (
        "iptables",
        &[
            "localhostNodePorts",
            "masqueradeAll",
            "masqueradeBit",
            "minSyncPeriod",
            "syncPeriod",
        ],
    ),
    ("detectLocal", &["bridgeInterface", "interfaceNamePrefix"]),
];

/// The fields that are read here, with the type they must have.
const TYPES: &[(&str, Type)] = &[
    ("hostnameOverride", Type::Text),
    ("mode", Type::Text),
    ("clusterCIDR", Type::Text),
    ("detectLocalMode", Type::Text),
    ("detectLocal.bridgeInterface", Type::Text),
    ("detectLocal.interfaceNamePrefix", Type::Text),
    ("iptables.masqueradeAll", Type::Flag),
    ("iptables.localhostNodePorts", Type::Flag),
    ("iptables.masqueradeBit", Type::Number),
    ("conntrack.tcpBeLiberal", Type::Flag),
];

#[derive(Clone, Copy)]
enum Type {
    Text,
    Flag,
    Number,
}

/// What kube-proxy itself would refuse at its start, or pass over
/// (pkg/proxy/apis/config/validation, and the lenient second decoding in cmd/kube-proxy).
pub fn faults(root: View<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (parent, known) in FIELDS {
        let view = if parent.is_empty() {
            root
        } else {
            root.get(parent)
        };
        for (name, _) in view.entries().filter(|(name, _)| !known.contains(name)) {
            let field = if parent.is_empty() {
                name.to_owned()
            } else {
                format!("{parent}.{name}")
            };
            faults.push(Fault::note(
                Severity::Warning,
                &field,
                format!("kube-proxy has no field {field} and passes it over."),
                "Look at its spelling; capitals count.",
            ));
        }
    }
    for (field, kind) in TYPES {
        let view = field.split('.').fold(root, View::get);
        let (right, word) = match kind {
            Type::Text => (view.text().is_some(), "a string"),
            Type::Flag => (view.flag().is_some(), "true or false"),
            Type::Number => (view.int().is_some(), "a whole number"),
        };
        if view.stated() && !right {
            faults.push(Fault::error(
                Kind::Decode,
                field,
                format!("{field} must be {word}."),
                format!("Write {word} here."),
            ));
        }
    }
    values(root, &mut faults);
    faults
}

fn values(root: View<'_>, faults: &mut Vec<Fault>) {
    let mut invalid = |field: &str, message: String, help: &str| {
        faults.push(Fault::error(Kind::Invalid, field, message, help.to_owned()));
    };
    let text = |field: &str| field.split('.').fold(root, View::get).word();
    match text("mode") {
        None | Some("iptables" | "nftables" | "ipvs") => {}
        Some(mode) => {
            let message = match mode {
                "kernelspace" => "The mode kernelspace is for nodes that run Windows; on Linux kube-proxy would not start. Shown are the rules of the mode iptables.".to_owned(),
                "userspace" => "The mode userspace is gone since v1.26, and kube-proxy would not start. Shown are the rules of the mode iptables.".to_owned(),
                _ => format!("kube-proxy has no mode {mode}."),
            };
            invalid("mode", message, "Write iptables, or leave it out.");
        }
    }
    let ranges: Vec<&str> = text("clusterCIDR")
        .map(|t| t.split(',').collect())
        .unwrap_or_default();
    let families: Vec<Option<bool>> = ranges
        .iter()
        .map(|range| {
            // kube-proxy does not cut white space off here.
            let written = super::cidr(range).filter(|_| range.trim() == *range);
            written.map(|range| range.addr().is_ipv4())
        })
        .collect();
    if families.contains(&None)
        || families.len() > 2
        || (families.len() == 2 && families[0] == families[1])
    {
        invalid(
            "clusterCIDR",
            "clusterCIDR is neither a range of addresses nor one for each family.".to_owned(),
            "Write it as 10.42.0.0/16, or 10.42.0.0/16,2001:cafe:42::/56 for both families.",
        );
    }
    if let Some(bit) = root.get("iptables").get("masqueradeBit").int()
        && !(0..32).contains(&bit)
    {
        invalid(
            "iptables.masqueradeBit",
            format!("The mark has the bits 0 to 31; {bit} is none of them."),
            "Leave it out for bit 14, the mark 0x4000.",
        );
    }
    for (index, address) in root.get("nodePortAddresses").strings().enumerate() {
        // validateKubeProxyNodePortAddress looks no further than the first `primary`.
        if address == "primary" {
            if index > 0 || root.get("nodePortAddresses").strings().nth(1).is_some() {
                invalid(
                    &format!("nodePortAddresses[{index}]"),
                    "The word primary stands beside ranges.".to_owned(),
                    "Write either the one word primary, or ranges.",
                );
            }
            break;
        }
        if super::cidr(address).is_none() {
            invalid(
                &format!("nodePortAddresses[{index}]"),
                format!("{address} is no range of addresses."),
                "Write a range, as 192.168.1.0/24, or the word primary.",
            );
        }
    }
    const MODES: [&str; 5] = [
        "ClusterCIDR",
        "NodeCIDR",
        "BridgeInterface",
        "InterfaceNamePrefix",
        "None",
    ];
    let mode = text("detectLocalMode");
    if let Some(mode) = mode
        && !MODES.contains(&mode)
    {
        invalid(
            "detectLocalMode",
            format!("kube-proxy has no detectLocalMode {mode}."),
            "Write ClusterCIDR, NodeCIDR, BridgeInterface or InterfaceNamePrefix.",
        );
    }
    for (needs, field) in [
        ("BridgeInterface", "detectLocal.bridgeInterface"),
        ("InterfaceNamePrefix", "detectLocal.interfaceNamePrefix"),
    ] {
        if mode == Some(needs) && text(field).is_none() {
            faults.push(Fault::error(
                Kind::Required,
                field,
                format!("detectLocalMode {needs} needs {field}."),
                format!("Say it under {field}."),
            ));
        }
    }
    notes(root, mode, faults);
}

fn notes(root: View<'_>, mode: Option<&str>, faults: &mut Vec<Fault>) {
    if mode == Some("None") {
        faults.push(Fault::note(
            Severity::Warning,
            "detectLocalMode",
            "kube-proxy itself takes no None here and would not start; it is shown as one that tells nobody apart."
                .to_owned(),
            "Leave detectLocalMode and clusterCIDR out: that is what it does then.",
        ));
    }
    let by_range = matches!(mode, None | Some("ClusterCIDR"));
    if by_range && root.get("clusterCIDR").word().is_none() {
        faults.push(Fault::note(
            Severity::Remark,
            "",
            "Without clusterCIDR kube-proxy cannot tell pods from others, so it does not masquerade what others send to a ClusterIP."
                .to_owned(),
            "State clusterCIDR, the pods' range, to change that.",
        ));
    }
}
