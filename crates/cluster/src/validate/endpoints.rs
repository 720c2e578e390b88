//! EndpointSlice (pkg/apis/discovery/validation) and Endpoints (pkg/apis/core/validation).

use std::collections::BTreeSet;

use super::address;
use super::meta::{Scope, labels, object_meta};
use super::place::{At, Faults};
use super::release::Release;
use super::service::or_default;
use super::text::{dns_label, dns_subdomain, label_value, qualified_name};
use crate::diagnostic::Kind;

const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];

/// `ValidateEndpointSliceCreate`
pub(super) fn slice(faults: &mut Faults, root: &At<'_>) {
    object_meta(faults, root, Scope::Namespaced, dns_subdomain);
    let kind = root.child("addressType");
    const TYPES: &[&str] = &["FQDN", "IPv4", "IPv6"];
    match kind.string() {
        "" => faults.required(&kind, "Write IPv4, IPv6 or FQDN."),
        text if !TYPES.contains(&text) => faults.not_supported(&kind, TYPES),
        _ => {}
    }
    endpoints(faults, &root.child("endpoints"), kind.string());
    slice_ports(faults, &root.child("ports"));
}

/// `validateEndpoints`
fn endpoints(faults: &mut Faults, list: &At<'_>, kind: &str) {
    if list.len() > 1000 {
        faults.too_many(list, 1000);
        return;
    }
    for endpoint in list.items() {
        let addresses = endpoint.child("addresses");
        if addresses.len() == 0 {
            faults.required(&addresses, "Give the endpoint at least one address.");
        } else if addresses.len() > 100 {
            faults.too_many(&addresses, 100);
        }
        for at in addresses.items() {
            match kind {
                "IPv4" | "IPv6" => endpoint_address(faults, &addresses, &at, kind),
                "FQDN" => full_name(faults, &at),
                _ => {}
            }
        }
        let node = endpoint.child("nodeName");
        if node.stated() {
            for wrong in dns_subdomain(node.string()) {
                faults.invalid(
                    &node,
                    wrong,
                    "Write the node's name as `kubectl get nodes` shows it.",
                );
            }
        }
        let topology = endpoint.child("deprecatedTopology");
        labels(faults, &topology);
        let hostname = endpoint.child("hostname");
        if hostname.stated() {
            for wrong in dns_label(hostname.string()) {
                faults.invalid(&hostname, wrong, "Write a plain host name such as `web-0`.");
            }
        }
        let hints = endpoint.child("hints");
        for name in ["forZones", "forNodes"] {
            hint_list(faults, &hints.child(name));
        }
    }
}

fn endpoint_address(faults: &mut Faults, list: &At<'_>, at: &At<'_>, kind: &str) {
    if faults.release() == Release::V1_30 {
        return older_endpoint_address(faults, at, kind);
    }
    let Some(ip) = address::ip(faults, at, at.string()) else {
        return;
    };
    address::not_special(faults, at, ip);
    if ip.is_ipv4() != (kind == "IPv4") {
        let message = format!("`{ip}` is no {kind} address, while `addressType` is {kind}.");
        let help = "Put it into a slice of the other address type.";
        faults.add_at(Kind::Invalid, list, at.span(), message, help);
    }
}

/// `IsValidIPv4Address` and `IsValidIPv6Address` of 1.30, then `ValidateNonSpecialIP`: each says it of
/// what is no address at all.
fn older_endpoint_address(faults: &mut Faults, at: &At<'_>, kind: &str) {
    let ip = address::sloppy(at.string()).map(|sloppy| sloppy.ip);
    if ip.is_none_or(|ip| ip.is_ipv4() != (kind == "IPv4")) {
        let help = "Put it into a slice of the other address type, or correct it.";
        faults.invalid(at, &format!("is no {kind} address"), help);
    }
    if let Some(ip) = address::ip(faults, at, at.string()) {
        address::not_special(faults, at, ip);
    }
}

/// `IsFullyQualifiedDomainName`
fn full_name(faults: &mut Faults, at: &At<'_>) {
    const HELP: &str = "Write a full name such as `db.example.com`.";
    let name = at.string();
    if name.is_empty() {
        faults.required(at, HELP);
        return;
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    let wrongs = dns_subdomain(name);
    if wrongs.is_empty() && !name.contains('.') {
        faults.invalid(at, "has one part only", HELP);
    }
    for wrong in wrongs {
        faults.invalid(at, wrong, HELP);
    }
}

/// `validateHints`
fn hint_list(faults: &mut Faults, list: &At<'_>) {
    if list.len() > 8 {
        faults.too_many(list, 8);
    }
    let mut seen = BTreeSet::new();
    for hint in list.items() {
        let name = hint.child("name");
        if !seen.insert(name.string().to_owned()) {
            faults.duplicate(&name, "Name each once.");
        }
        for wrong in label_value(name.string()) {
            faults.invalid(&name, wrong, "Write the zone's or node's name.");
        }
    }
}

/// `validatePorts`
fn slice_ports(faults: &mut Faults, list: &At<'_>) {
    if list.len() > 20_000 {
        faults.too_many(list, 20_000);
        return;
    }
    let mut names = BTreeSet::new();
    for port in list.items() {
        let name = port.child("name");
        let text = name.string();
        if !text.is_empty() {
            for wrong in dns_label(text) {
                faults.invalid(&name, wrong, "Use the Service port's name.");
            }
        }
        if !names.insert(text.to_owned()) {
            let message = match text {
                "" => "Two ports have no name.".to_owned(),
                text => format!("Two ports are named `{text}`."),
            };
            let help = "Give each port a name of its own.";
            faults.add(Kind::Duplicate, &name, message, help);
        }
        let protocol = port.child("protocol");
        if protocol.stated() && !PROTOCOLS.contains(&protocol.string()) {
            faults.not_supported(&protocol, PROTOCOLS);
        }
        app_protocol(faults, &port);
    }
}

fn app_protocol(faults: &mut Faults, port: &At<'_>) {
    let app = port.child("appProtocol");
    if app.stated() {
        for wrong in qualified_name(app.string()) {
            faults.invalid(
                &app,
                wrong,
                "Write a name such as `http` or `example.com/name`.",
            );
        }
    }
}

/// `ValidateEndpointsCreate`
pub(super) fn endpoints_object(faults: &mut Faults, root: &At<'_>) {
    object_meta(faults, root, Scope::Namespaced, dns_subdomain);
    for subset in root.child("subsets").items() {
        let ready = subset.child("addresses");
        let not_ready = subset.child("notReadyAddresses");
        if ready.len() == 0 && not_ready.len() == 0 {
            faults.required(&subset, "Give it `addresses` or `notReadyAddresses`.");
        }
        for address in ready.items() {
            subset_address(faults, &address);
        }
        for address in not_ready.items() {
            subset_address(faults, &address);
        }
        let ports = subset.child("ports");
        for port in ports.items() {
            subset_port(faults, &port, ports.len() > 1);
        }
    }
}

/// `validateEndpointAddress`
fn subset_address(faults: &mut Faults, address: &At<'_>) {
    let at = address.child("ip");
    let ip = address::ip(faults, &at, at.string());
    let hostname = address.child("hostname");
    if !hostname.string().is_empty() {
        for wrong in dns_label(hostname.string()) {
            faults.invalid(&hostname, wrong, "Write a plain host name such as `web-0`.");
        }
    }
    let node = address.child("nodeName");
    if node.stated() {
        for wrong in dns_subdomain(node.string()) {
            faults.invalid(
                &node,
                wrong,
                "Write the node's name as `kubectl get nodes` shows it.",
            );
        }
    }
    if let Some(ip) = ip {
        address::not_special(faults, &at, ip);
    }
}

/// `validateEndpointPort`
fn subset_port(faults: &mut Faults, port: &At<'_>, needs_name: bool) {
    let name = port.child("name");
    match name.string() {
        "" if needs_name => faults.required(&name, "Several ports need a name each."),
        "" => {}
        text => {
            for wrong in dns_label(text) {
                faults.invalid(&name, wrong, "Use the Service port's name.");
            }
        }
    }
    let number = port.child("port");
    faults.port_number(&number, number.int());
    let protocol = port.child("protocol");
    if !PROTOCOLS.contains(&or_default(&protocol, "TCP")) {
        faults.not_supported(&protocol, PROTOCOLS);
    }
    app_protocol(faults, port);
}
