//! `kind: Network` (chainwalk/v1), our own object: the network under the cluster.
//!
//! No server knows it, so what is wrong with it is said here.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::view::View;
use crate::diagnostic::Kind;
use crate::state::{NetworkHost, NetworkNode, NetworkSpec, Transport};

/// Every field of `spec`.
const FIELDS: [&str; 9] = [
    "attach",
    "network",
    "hairpin",
    "bridge_nf",
    "masquerade",
    "forward_policy",
    "sysctl",
    "nodes",
    "external",
];

struct Reader {
    faults: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, kind: Kind, field: &str, message: String, help: String) {
        self.faults.push(Fault::error(kind, field, message, help));
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
        for (name, value) in view.entries() {
            let text = match (value.text(), value.int(), value.flag()) {
                (Some(text), ..) => text.to_owned(),
                (_, Some(int), _) => int.to_string(),
                (.., Some(flag)) => u8::from(flag).to_string(),
                _ => {
                    self.fault(
                        Kind::Decode,
                        &format!("{path}[{name}]"),
                        format!("The sysctl {name} has no plain value."),
                        "Write a number or a word.".to_owned(),
                    );
                    continue;
                }
            };
            settings.insert(name.to_owned(), text);
        }
        settings
    }

    fn listen(&mut self, view: View<'_>, path: &str) -> Vec<(Transport, u16)> {
        let mut ports = Vec::new();
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

    fn host(&mut self, view: View<'_>, path: &str) -> Option<NetworkHost> {
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
        let mut routes = Vec::new();
        // `10.96.0.0/12: node-a`, or a list of {dst, via}.
        let listed = view.get("routes").items().filter_map(|route| {
            let dst = route.get("dst").text().or(route.get("to").text())?;
            Some((dst, route.get("via").text()?))
        });
        let mapped = view
            .get("routes")
            .entries()
            .filter_map(|(dst, via)| Some((dst, via.text()?)));
        for (dst, via) in listed.chain(mapped) {
            match super::cidr(dst) {
                Some(dst) => routes.push((dst, via.to_owned())),
                None => self.fault(
                    Kind::Invalid,
                    &format!("{path}.routes"),
                    format!("A route goes to {dst}, which is no range of addresses."),
                    "Write a range, as 10.96.0.0/12.".to_owned(),
                ),
            }
        }
        Some(NetworkHost {
            name: name?,
            ip: ip?,
            routes,
        })
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
    reader.known(spec, "spec", &FIELDS);
    let mut nodes = BTreeMap::new();
    for (name, view) in spec.get("nodes").entries() {
        let path = format!("spec.nodes[{name}]");
        reader.known(view, &path, &["default_route", "sysctl", "listen"]);
        let node = NetworkNode {
            default_route: reader.flag(view.get("default_route"), &format!("{path}.default_route")),
            sysctl: reader.sysctl(view.get("sysctl"), &format!("{path}.sysctl")),
            listen: reader.listen(view.get("listen"), &format!("{path}.listen")),
        };
        nodes.insert(name.to_owned(), node);
    }
    let mut external = Vec::new();
    for (index, view) in spec.get("external").items().enumerate() {
        external.extend(reader.host(view, &format!("spec.external[{index}]")));
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
    };
    (network, reader.faults)
}

#[cfg(test)]
mod tests {
    use super::*;

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
