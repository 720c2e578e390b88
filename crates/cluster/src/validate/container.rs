//! Containers: `validateContainers` in pkg/apis/core/validation/validation.go.

use std::collections::BTreeSet;

use super::place::{At, Faults};
use super::pod::{Of, one_of};
use super::probe;
use super::quantity::Quantity;
use super::security;
use super::service::or_default;
use super::text::{dns_label, env_name, port_name, qualified_name};
use crate::diagnostic::Kind;
use crate::yaml::{Node, Value};

/// `standardResources` in pkg/apis/core/helper/helpers.go.
const STANDARD: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
    "storage",
    "requests.storage",
];

const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];

/// `validateContainers`
pub(super) fn containers(faults: &mut Faults, list: &At<'_>, volumes: &BTreeSet<&str>) {
    if list.len() == 0 {
        faults.required(list, "A pod needs at least one container.");
        return;
    }
    let mut names = BTreeSet::new();
    for container in list.items() {
        common(faults, &container, volumes);
        let name = container.child("name");
        if !names.insert(name.string().to_owned()) {
            faults.duplicate(&name, "Give each container a name of its own.");
        }
        probe::lifecycle(faults, &container.child("lifecycle"));
        probe::container_probes(faults, &container);
    }
    host_ports(faults, list);
}

/// `validateInitContainers`
pub(super) fn init_containers(
    faults: &mut Faults,
    list: &At<'_>,
    regular: &At<'_>,
    volumes: &BTreeSet<&str>,
) {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for container in regular.items() {
        names.insert(container.child("name").string().to_owned());
    }
    for container in list.items() {
        common(faults, &container, volumes);
        let name = container.child("name");
        // An init container that restarts always is a sidecar and may have probes.
        let sidecar = container.child("restartPolicy").string() == "Always";
        if !name.string().is_empty() && !names.insert(name.string().to_owned()) {
            faults.duplicate(&name, "Give each container a name of its own.");
        }
        host_ports_of(faults, &container, &mut BTreeSet::new());
        if sidecar {
            probe::lifecycle(faults, &container.child("lifecycle"));
            probe::container_probes(faults, &container);
            continue;
        }
        for field in [
            "lifecycle",
            "livenessProbe",
            "readinessProbe",
            "startupProbe",
        ] {
            let at = container.child(field);
            if at.stated() {
                let why = "An init container runs once and is not probed.";
                faults.forbidden(&at, why, "Remove it, or set `restartPolicy: Always`.");
            }
        }
    }
}

/// `validateContainerCommon`
fn common(faults: &mut Faults, container: &At<'_>, volumes: &BTreeSet<&str>) {
    let name = container.child("name");
    match name.string() {
        "" => faults.required(&name, "Give the container a name."),
        text => {
            for wrong in dns_label(text) {
                faults.invalid(&name, wrong, "Rename it, for example to `web`.");
            }
        }
    }
    let image = container.child("image");
    if image.string().is_empty() {
        faults.required(&image, "Name the image that the container runs.");
    }
    one_of(
        faults,
        &container.child("terminationMessagePolicy"),
        &["File", "FallbackToLogsOnError"],
    );
    ports(faults, &container.child("ports"));
    env(faults, &container.child("env"));
    mounts(faults, &container.child("volumeMounts"), volumes);
    one_of(
        faults,
        &container.child("imagePullPolicy"),
        &["Always", "IfNotPresent", "Never"],
    );
    resources(faults, &container.child("resources"));
    security::container(faults, &container.child("securityContext"));
}

/// `validateContainerPorts`
fn ports(faults: &mut Faults, list: &At<'_>) {
    let mut names = BTreeSet::new();
    for port in list.items() {
        let name = port.child("name");
        let text = name.string();
        if !text.is_empty() {
            let wrongs = port_name(text);
            if wrongs.is_empty() && !names.insert(text.to_owned()) {
                faults.duplicate(&name, "Give each port a name of its own.");
            }
            for wrong in wrongs {
                faults.invalid(&name, wrong, "Rename the port, for example to `http`.");
            }
        }
        let number = port.child("containerPort");
        match number.int() {
            0 => faults.required(&number, "Use a number from 1 to 65535."),
            int => faults.port_number(&number, int),
        }
        let host = port.child("hostPort");
        if host.int() != 0 {
            faults.port_number(&host, host.int());
        }
        let protocol = port.child("protocol");
        if !PROTOCOLS.contains(&or_default(&protocol, "TCP")) {
            faults.not_supported(&protocol, PROTOCOLS);
        }
    }
}

/// `checkHostPortConflicts`
fn host_ports(faults: &mut Faults, containers: &At<'_>) {
    let mut seen = BTreeSet::new();
    for container in containers.items() {
        host_ports_of(faults, &container, &mut seen);
    }
}

fn host_ports_of(
    faults: &mut Faults,
    container: &At<'_>,
    seen: &mut BTreeSet<(String, String, i64)>,
) {
    for port in container.child("ports").items() {
        let at = port.child("hostPort");
        let key = (
            or_default(&port.child("protocol"), "TCP").to_owned(),
            port.child("hostIP").string().to_owned(),
            at.int(),
        );
        if at.int() != 0 && !seen.insert(key) {
            faults.duplicate(&at, "Give each port a host port of its own.");
        }
    }
}

/// `validateHostNetwork`. A Pod's host ports are defaulted to its container ports before.
pub(super) fn host_network_ports(faults: &mut Faults, containers: &At<'_>, of: Of) {
    for container in containers.items() {
        for port in container.child("ports").items() {
            let at = port.child("hostPort");
            let wanted = port.child("containerPort").int();
            if at.int() != 0 && at.int() != wanted {
                let subject = match of {
                    Of::Pod => "the pod",
                    Of::Template => "each pod",
                };
                let why = format!(
                    "differs from containerPort {wanted}, while {subject} is in its node's network"
                );
                faults.invalid(&at, &why, "Remove `hostPort`, or make the two equal.");
            }
        }
    }
}

/// `ValidateEnv`
fn env(faults: &mut Faults, list: &At<'_>) {
    for variable in list.items() {
        let name = variable.child("name");
        match name.string() {
            "" => faults.required(&name, "Give the variable a name."),
            text => {
                for wrong in env_name(text) {
                    faults.invalid(&name, wrong, "Rename the variable.");
                }
            }
        }
        let from = variable.child("valueFrom");
        if !from.stated() {
            continue;
        }
        let sources = from
            .entries()
            .iter()
            .filter(|(_, node)| node.value != Value::Null)
            .count();
        if !variable.child("value").string().is_empty() {
            if sources > 0 {
                let why = "stands beside a `value` that is not empty";
                faults.invalid(&from, why, "Keep one of the two.");
            }
        } else if sources == 0 {
            let why = "names no source";
            faults.invalid(
                &from,
                why,
                "Name a fieldRef, resourceFieldRef, configMapKeyRef or secretKeyRef.",
            );
        } else if sources > 1 {
            faults.invalid(&from, "names more than one source", "Keep one of them.");
        }
        for field in ["configMapKeyRef", "secretKeyRef"] {
            let reference = from.child(field);
            if reference.stated() {
                for part in ["name", "key"] {
                    let at = reference.child(part);
                    if at.string().is_empty() {
                        faults.required(&at, "Say where the value comes from.");
                    }
                }
            }
        }
        let field = from.child("fieldRef");
        let path = field.child("fieldPath");
        if field.stated() && path.string().is_empty() {
            faults.required(&path, "Name a field such as `status.podIP`.");
        }
    }
}

/// `ValidateVolumeMounts`
fn mounts(faults: &mut Faults, list: &At<'_>, volumes: &BTreeSet<&str>) {
    let mut paths = BTreeSet::new();
    for mount in list.items() {
        let name = mount.child("name");
        if name.string().is_empty() {
            faults.required(&name, "Name the volume to mount.");
        }
        if !volumes.contains(name.string()) {
            let message = format!("The pod has no volume named `{}`.", name.shown());
            let help = "Add it under `volumes`, or correct the name.";
            faults.add(Kind::NotFound, &name, message, help);
        }
        let path = mount.child("mountPath");
        if path.string().is_empty() {
            faults.required(&path, "Say where in the container it is mounted.");
        }
        if !paths.insert(path.string().to_owned()) {
            faults.invalid(
                &path,
                "is mounted over twice",
                "Mount each volume at a path of its own.",
            );
        }
        let sub = mount.child("subPath");
        let expression = mount.child("subPathExpr");
        if !sub.string().is_empty() && !expression.string().is_empty() {
            faults.invalid(
                &expression,
                "stands beside `subPath`",
                "Keep one of the two.",
            );
        }
        for at in [&sub, &expression] {
            if at.string().starts_with('/') {
                faults.invalid(at, "is an absolute path", "Write a path inside the volume.");
            }
            if at.string().split('/').any(|part| part == "..") {
                faults.invalid(
                    at,
                    "leaves the volume by `..`",
                    "Write a path inside the volume.",
                );
            }
        }
    }
}

/// `ValidateContainerResources`; limits alone are the requests too.
fn resources(faults: &mut Faults, resources: &At<'_>) {
    let limits = resources.child("limits");
    let requests = resources.child("requests");
    for (key, _) in limits.entries() {
        amount(faults, &limits.key(&key.name), &key.name);
    }
    for (key, node) in requests.entries() {
        let at = requests.key(&key.name);
        amount(faults, &at, &key.name);
        // Only the standard resources may be promised more than once.
        let shared = !key.name.contains('/') && !key.name.starts_with("hugepages-");
        match limits.node.and_then(|node| node.get(&key.name)) {
            Some(limit) => {
                let (asked, most) = (quantity(node), quantity(limit));
                if asked > most || (asked != most && !shared) {
                    let message = format!(
                        "The request for {} is {}, its limit {}.",
                        key.name,
                        at.shown(),
                        limits.key(&key.name).shown()
                    );
                    let help = "Ask for no more than the limit.";
                    faults.add_at(Kind::Invalid, &requests, at.span(), message, help);
                }
            }
            None if !shared => faults.required(&limits, "This resource needs a limit."),
            None => {}
        }
    }
}

fn quantity(node: &Node) -> Option<Quantity> {
    match &node.value {
        Value::Str(text) => Quantity::parse(text.trim()),
        Value::Int(int) => Quantity::parse(&int.to_string()),
        Value::Float(float) => Quantity::parse(&float.text),
        _ => Quantity::parse("0"),
    }
}

/// `validateContainerResourceName`, then `ValidateResourceQuantityValue`.
fn amount(faults: &mut Faults, at: &At<'_>, name: &str) {
    const CONTAINERS: &[&str] = &["cpu", "memory", "ephemeral-storage"];
    const HELP: &str =
        "Use cpu, memory, ephemeral-storage, or a full name such as `example.com/gpu`.";
    let say = |faults: &mut Faults, why: &str| {
        let message = format!("`{name}` is not a valid resource: it {why}.");
        faults.add(Kind::Invalid, at, message, HELP);
    };
    let wrongs = qualified_name(name);
    let named = wrongs.is_empty();
    for wrong in wrongs {
        say(faults, wrong);
    }
    let page = name.starts_with("hugepages-");
    if !name.contains('/') {
        if named && !page && !STANDARD.contains(&name) {
            say(faults, "is no standard resource and no full name");
        }
        if !page && !CONTAINERS.contains(&name) {
            say(faults, "is no standard resource of containers");
        }
    }
    // IsExtendedResourceName; what Kubernetes itself names may stand here all the same.
    if name.starts_with("requests.") && name.contains('/') && !name.contains("kubernetes.io/") {
        say(faults, "begins with `requests.`, as only quotas do");
    }
    let Some(quantity) = at.node.and_then(quantity) else {
        return;
    };
    if quantity.is_negative() {
        faults.invalid(at, "is below zero", "Use 0 or more.");
    }
    if name.contains('/') && !quantity.is_whole() {
        faults.invalid(
            at,
            "is no whole number",
            "Use whole numbers of this resource.",
        );
    }
}
