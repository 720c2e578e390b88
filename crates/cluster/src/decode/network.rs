//! `kind: Network` (chainwalk/v1), our own object: the network under the cluster.
//!
//! No server knows it, so what is wrong with it is said here.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::fault::Fault;
use super::view::View;
use crate::diagnostic::{Kind, Severity};
use crate::state::{NetworkHost, NetworkNode, NetworkSpec, Transport};

/// Every field of `spec`.
const FIELDS: [&str; 10] = [
    "attach",
    "network",
    "hairpin",
    "bridge_nf",
    "masquerade",
    "forward_policy",
    "sysctl",
    "nodes",
    "external",
    "sets",
];

/// The switches of a namespace that change a walk; a `*` stands for a device or another part of the name.
const SYSCTLS: [&str; 17] = [
    "net.ipv4.ip_forward",
    "net.ipv4.ip_default_ttl",
    "net.ipv4.icmp_ratelimit",
    "net.ipv4.conf.all.forwarding",
    "net.ipv4.conf.*.route_localnet",
    "net.ipv4.conf.*.rp_filter",
    "net.ipv4.conf.*.accept_local",
    "net.ipv6.conf.all.forwarding",
    "net.ipv6.conf.all.hop_limit",
    "net.ipv6.icmp.ratelimit",
    "net.netfilter.nf_conntrack_tcp_loose",
    "net.netfilter.nf_conntrack_tcp_timeout_*",
    "net.netfilter.nf_conntrack_sctp_timeout_*",
    "net.netfilter.nf_conntrack_*_timeout",
    "net.netfilter.nf_conntrack_udp_timeout_stream",
    "net.bridge.bridge-nf-call-iptables",
    "net.bridge.bridge-nf-call-ip6tables",
];

struct Reader {
    faults: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, kind: Kind, field: &str, message: String, help: String) {
        self.faults.push(Fault::error(kind, field, message, help));
    }

    /// Says so where something is stated that is no mapping.
    fn map(&mut self, view: View<'_>, path: &str, example: &str) {
        if view.stated() && !view.is_map() {
            self.fault(
                Kind::Decode,
                path,
                format!("{path} is no mapping from names to values."),
                format!("Write it as {example}."),
            );
        }
    }

    /// Says so where something is stated that is no list.
    fn list(&mut self, view: View<'_>, path: &str, example: &str) {
        if view.stated() && !view.is_list() {
            self.fault(
                Kind::Decode,
                path,
                format!("{path} is no list."),
                format!("Write it as {example}."),
            );
        }
    }

    fn known(&mut self, view: View<'_>, path: &str, known: &[&str]) {
        for (name, _) in view.entries() {
            if !known.contains(&name) {
                self.fault(
                    Kind::StrictDecode,
                    &format!("{path}.{name}"),
                    format!("A Network has no field {path}.{name}."),
                    format!("The fields here are {}.", known.join(", ")),
                );
            }
        }
    }

    fn choice(&mut self, view: View<'_>, path: &str, choices: &[&str], default: &str) -> String {
        match view.text() {
            Some(word) if choices.contains(&word) => return word.to_owned(),
            None if !view.stated() => {}
            _ => self.fault(
                Kind::NotSupported,
                path,
                format!("{path} has a value that Chainwalk does not model."),
                format!("Write one of {}.", choices.join(", ")),
            ),
        }
        default.to_owned()
    }

    fn flag(&mut self, view: View<'_>, path: &str) -> Option<bool> {
        if view.stated() && view.flag().is_none() {
            self.fault(
                Kind::Decode,
                path,
                format!("{path} is neither true nor false."),
                "Write true or false, without quotes.".to_owned(),
            );
        }
        view.flag()
    }

    fn sysctl(&mut self, view: View<'_>, path: &str) -> BTreeMap<String, String> {
        let mut settings = BTreeMap::new();
        self.map(view, path, "{net.ipv4.ip_forward: 1}");
        for (name, value) in view.entries() {
            let field = format!("{path}[{name}]");
            let text = match (value.text(), value.int(), value.flag()) {
                (Some(text), ..) => text.to_owned(),
                (_, Some(int), _) => int.to_string(),
                (.., Some(flag)) => u8::from(flag).to_string(),
                _ => {
                    self.fault(
                        Kind::Decode,
                        &field,
                        format!("The sysctl {name} has no plain value."),
                        "Write a number, as the file under /proc/sys shows it.".to_owned(),
                    );
                    continue;
                }
            };
            if !SYSCTLS.iter().any(|known| is_sysctl(known, name)) {
                self.faults.push(Fault::note(
                    Severity::Warning,
                    &field,
                    format!(
                        "Chainwalk does not model the sysctl {name}, so it changes nothing here."
                    ),
                    "Those that it models stand in docs/network.md.",
                ));
            } else if text.trim().parse::<u32>().is_err() {
                self.fault(
                    Kind::Invalid,
                    &field,
                    format!("The sysctl {name} is a number, and \"{text}\" is none."),
                    "Write a number, as the file under /proc/sys shows it.".to_owned(),
                );
            }
            settings.insert(name.to_owned(), text);
        }
        settings
    }

    fn listen(&mut self, view: View<'_>, path: &str) -> Vec<(Transport, u16)> {
        let mut ports = Vec::new();
        if view.stated() && view.text().is_none() {
            self.list(view, path, "[\"tcp:8080\", \"udp:53\"]");
        }
        let words: Vec<(String, View<'_>)> = match view.text() {
            Some(_) => vec![(path.to_owned(), view)],
            None => view
                .items()
                .enumerate()
                .map(|(index, item)| (format!("{path}[{index}]"), item))
                .collect(),
        };
        for (path, word) in words {
            let parsed = match (word.text(), word.port()) {
                (Some(text), _) => listen_list(text),
                (None, Some(port)) => Some(vec![(Transport::Tcp, port)]),
                (None, None) => None,
            };
            match parsed {
                Some(mut parsed) => ports.append(&mut parsed),
                None => self.fault(
                    Kind::Invalid,
                    &path,
                    format!("{path} does not name a protocol and a port."),
                    "Write protocol and port, as tcp:8080 or udp:53.".to_owned(),
                ),
            }
        }
        ports
    }

    /// `{10.96.0.0/12: node1}`, or a list of `{dst, via}`.
    fn routes(&mut self, view: View<'_>, path: &str) -> Vec<(IpNet, String)> {
        if view.stated() && !view.is_list() {
            self.map(view, path, "{10.96.0.0/12: node1}");
        }
        let mut routes = Vec::new();
        let listed = view.items().enumerate().map(|(index, route)| {
            let dst = route.get("dst").text().or(route.get("to").text());
            (format!("{path}[{index}]"), dst, route.get("via").text())
        });
        let mapped = view
            .entries()
            .map(|(dst, via)| (format!("{path}[{dst}]"), Some(dst), via.text()));
        for (field, dst, via) in listed.chain(mapped) {
            match (dst.and_then(super::cidr), dst, via) {
                (Some(dst), _, Some(via)) => routes.push((dst, via.to_owned())),
                (None, Some(dst), _) => self.fault(
                    Kind::Invalid,
                    &field,
                    format!("A route goes to {dst}, which is no range of addresses."),
                    "Write a range, as 10.96.0.0/12.".to_owned(),
                ),
                (_, None, _) => self.fault(
                    Kind::Required,
                    &field,
                    "A route does not say to which addresses it leads.".to_owned(),
                    "Write a range and a node, as {dst: 10.96.0.0/12, via: node1}.".to_owned(),
                ),
                (Some(_), _, None) => self.fault(
                    Kind::Required,
                    &field,
                    "A route does not say by which node it goes.".to_owned(),
                    "Name a node, as {dst: 10.96.0.0/12, via: node1}.".to_owned(),
                ),
            }
        }
        routes
    }

    /// The members of sets: addresses and ranges.
    fn sets(&mut self, view: View<'_>, path: &str) -> BTreeMap<String, Vec<IpNet>> {
        const EXAMPLE: &str = "{blocked: [198.51.100.7, 203.0.113.0/24]}";
        self.map(view, path, EXAMPLE);
        let mut sets = BTreeMap::new();
        for (name, members) in view.entries() {
            let path = format!("{path}[{name}]");
            self.list(members, &path, EXAMPLE);
            let mut found = Vec::new();
            for (index, member) in members.items().enumerate() {
                let text = member.text();
                let net =
                    text.and_then(|text| super::cidr(text).or(super::ip(text).map(IpNet::from)));
                match net {
                    Some(net) => found.push(net),
                    None => self.fault(
                        Kind::Invalid,
                        &format!("{path}[{index}]"),
                        format!("A member of the set {name} is no address and no range."),
                        "Write addresses and ranges; sets of ports or of pairs are not modelled."
                            .to_owned(),
                    ),
                }
            }
            sets.insert(name.to_owned(), found);
        }
        sets
    }

    fn host(&mut self, view: View<'_>, path: &str) -> Option<NetworkHost> {
        self.map(view, path, "{name: client, ip: 192.168.1.100}");
        self.known(view, path, &["name", "ip", "routes"]);
        let name = view.get("name").word().map(str::to_owned);
        if name.is_none() {
            self.fault(
                Kind::Required,
                &format!("{path}.name"),
                "A host outside has no name.".to_owned(),
                "Give it one, as name: client.".to_owned(),
            );
        }
        let ip = view.get("ip").text().and_then(super::ip);
        if ip.is_none() {
            self.fault(
                Kind::Invalid,
                &format!("{path}.ip"),
                "A host outside has no valid address.".to_owned(),
                "Give it one on the nodes' network, as ip: 192.168.1.100.".to_owned(),
            );
        }
        let routes = self.routes(view.get("routes"), &format!("{path}.routes"));
        Some(NetworkHost {
            name: name?,
            ip: ip?,
            routes,
        })
    }
}

/// Whether a sysctl's name is one that `known` stands for.
fn is_sysctl(known: &str, name: &str) -> bool {
    match known.split_once('*') {
        None => known == name,
        Some((before, after)) => name
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|dev| !dev.is_empty() && !dev.contains('.')),
    }
}

/// Reads `tcp:8080,udp:53`. `None` where any part is not protocol and port.
pub fn listen_list(text: &str) -> Option<Vec<(Transport, u16)>> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (protocol, port) = part.split_once([':', '/'])?;
            let protocol = match protocol.trim().to_ascii_lowercase().as_str() {
                "tcp" => Transport::Tcp,
                "udp" => Transport::Udp,
                "sctp" => Transport::Sctp,
                _ => return None,
            };
            let port: u16 = port.trim().parse().ok().filter(|port| *port != 0)?;
            Some((protocol, port))
        })
        .collect()
}

/// Reads a Network. `base` holds what it leaves unsaid.
pub fn decode(root: View<'_>, base: &NetworkSpec) -> (NetworkSpec, Vec<Fault>) {
    let mut reader = Reader { faults: Vec::new() };
    reader.known(root, "", &["apiVersion", "kind", "metadata", "spec"]);
    let spec = root.get("spec");
    reader.map(spec, "spec", "{attach: bridge, network: vxlan}");
    reader.known(spec, "spec", &FIELDS);
    let mut nodes = BTreeMap::new();
    const NODES: &str = "{node1: {default_route: false}}";
    reader.map(spec.get("nodes"), "spec.nodes", NODES);
    for (name, view) in spec.get("nodes").entries() {
        let path = format!("spec.nodes[{name}]");
        reader.map(view, &path, "{default_route: false}");
        reader.known(view, &path, &["default_route", "sysctl", "listen"]);
        let node = NetworkNode {
            default_route: reader.flag(view.get("default_route"), &format!("{path}.default_route")),
            sysctl: reader.sysctl(view.get("sysctl"), &format!("{path}.sysctl")),
            listen: reader.listen(view.get("listen"), &format!("{path}.listen")),
        };
        nodes.insert(name.to_owned(), node);
    }
    let mut external: Vec<NetworkHost> = Vec::new();
    const HOSTS: &str = "[{name: client, ip: 192.168.1.100}]";
    reader.list(spec.get("external"), "spec.external", HOSTS);
    for (index, view) in spec.get("external").items().enumerate() {
        let path = format!("spec.external[{index}]");
        let Some(host) = reader.host(view, &path) else {
            continue;
        };
        for (field, twice) in [
            ("name", external.iter().any(|other| other.name == host.name)),
            ("ip", external.iter().any(|other| other.ip == host.ip)),
        ] {
            if twice {
                reader.fault(
                    Kind::Duplicate,
                    &format!("{path}.{field}"),
                    format!("Two hosts outside have the same {field}."),
                    "Give each one of its own.".to_owned(),
                );
            }
        }
        external.push(host);
    }
    let mut sysctl = base.sysctl.clone();
    sysctl.extend(reader.sysctl(spec.get("sysctl"), "spec.sysctl"));
    let network = NetworkSpec {
        attach: reader.choice(
            spec.get("attach"),
            "spec.attach",
            &["bridge", "ptp", "calico"],
            &base.attach,
        ),
        network: reader.choice(
            spec.get("network"),
            "spec.network",
            &["host-gw", "vxlan"],
            &base.network,
        ),
        hairpin: reader
            .flag(spec.get("hairpin"), "spec.hairpin")
            .unwrap_or(base.hairpin),
        bridge_nf: reader
            .flag(spec.get("bridge_nf"), "spec.bridge_nf")
            .unwrap_or(base.bridge_nf),
        masquerade: reader
            .flag(spec.get("masquerade"), "spec.masquerade")
            .unwrap_or(base.masquerade),
        forward_policy: reader.choice(
            spec.get("forward_policy"),
            "spec.forward_policy",
            &["ACCEPT", "DROP"],
            &base.forward_policy,
        ),
        sysctl,
        nodes,
        external,
        sets: reader.sets(spec.get("sets"), "spec.sets"),
    };
    if network.attach == "calico" && network.network == "vxlan" {
        reader.faults.push(Fault::note(
            Severity::Warning,
            "spec.network",
            "calico's tunnel has a device and rules that Chainwalk does not know; flannel's stand in."
                .to_owned(),
            "Write network: host-gw, which is calico with BGP.",
        ));
    }
    (network, reader.faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sysctl_of_any_device_is_known() {
        let known = |name: &str| SYSCTLS.iter().any(|known| is_sysctl(known, name));
        assert!(known("net.ipv4.ip_forward"));
        assert!(known("net.ipv4.conf.eth0.rp_filter"));
        assert!(!known("net.ipv4.conf..rp_filter"));
        assert!(!known("net.ipv4.conf.eth0.log_martians"));
        assert!(!known("net.core.somaxconn"));
    }

    #[test]
    fn listen_lists_are_read_whole_or_not_at_all() {
        let both = vec![(Transport::Tcp, 8080), (Transport::Udp, 53)];
        assert_eq!(listen_list("tcp:8080,udp:53"), Some(both.clone()));
        assert_eq!(listen_list(" TCP:8080 , udp/53,"), Some(both));
        assert_eq!(listen_list("tcp:8080,53"), None);
        assert_eq!(listen_list("tcp:0"), None);
        assert_eq!(listen_list(""), Some(Vec::new()));
    }
}
