//! Pod and what every pod template shares: `ValidatePodSpec` in pkg/apis/core/validation/validation.go.

use std::collections::BTreeSet;

use super::address;
use super::container;
use super::meta::{self, Scope, object_meta};
use super::place::{At, Faults};
use super::security;
use super::text::{dns_label, dns_subdomain, label_value, qualified_name};
use crate::diagnostic::Kind;

/// Whose pod spec it is: some rules hold for pods only, or for templates only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Pod,
    Template,
}

/// `ValidatePodCreate`
pub(super) fn pod(faults: &mut Faults, root: &At<'_>) {
    object_meta(faults, root, Scope::Namespaced, dns_subdomain);
    let spec = root.child("spec");
    pod_spec(faults, &spec, Of::Pod);
    for list in ["containers", "initContainers"] {
        for container in spec.child(list).items() {
            let image = container.child("image");
            if image.string().trim() != image.string() {
                faults.invalid(
                    &image,
                    "begins or ends with white space",
                    "Remove the white space.",
                );
            }
        }
    }
    let ephemeral = spec.child("ephemeralContainers");
    if ephemeral.len() > 0 {
        let why = "Only `kubectl debug` adds ephemeral containers, to a running pod.";
        faults.forbidden(&ephemeral, why, "Make them ordinary containers.");
    }
    let node = spec.child("nodeName");
    if spec.child("schedulingGates").len() > 0 && !node.string().is_empty() {
        let why = "A pod with scheduling gates has no node yet.";
        faults.forbidden(&node, why, "Remove the gates or the node's name.");
    }
}

/// `ValidatePodTemplateSpec`
pub(super) fn template(faults: &mut Faults, template: &At<'_>) {
    let meta = template.child("metadata");
    // The server leaves out `metadata` in these two paths.
    let labels = meta.child("labels");
    meta::labels(faults, &template.stands_for("labels", &labels));
    let annotations = meta.child("annotations");
    meta::annotations(faults, &template.stands_for("annotations", &annotations));
    let spec = template.child("spec");
    pod_spec(faults, &spec, Of::Template);
    let ephemeral = spec.child("ephemeralContainers");
    if ephemeral.len() > 0 {
        let why = "Only `kubectl debug` adds ephemeral containers, to a running pod.";
        faults.forbidden(&ephemeral, why, "Make them ordinary containers.");
    }
}

/// `ValidatePodSpec`
fn pod_spec(faults: &mut Faults, spec: &At<'_>, of: Of) {
    let volumes = volumes(faults, &spec.child("volumes"));
    container::containers(faults, &spec.child("containers"), &volumes);
    container::init_containers(
        faults,
        &spec.child("initContainers"),
        &spec.child("containers"),
        &volumes,
    );
    if spec.child("hostNetwork").yes() {
        container::host_network_ports(faults, &spec.child("containers"), of);
    }
    one_of(
        faults,
        &spec.child("restartPolicy"),
        &["Always", "OnFailure", "Never"],
    );
    let dns = spec.child("dnsPolicy");
    let dns_policies = &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    one_of(faults, &dns, dns_policies);
    meta::labels(faults, &spec.child("nodeSelector"));
    security::pod(faults, &spec.child("securityContext"));
    affinity(faults, &spec.child("affinity"));
    dns_config(faults, &spec.child("dnsConfig"), dns.string());
    for gate in spec.child("readinessGates").items() {
        name(faults, &gate.child("conditionType"), qualified_name);
    }
    spread(faults, &spec.child("topologySpreadConstraints"));
    optional(faults, &spec.child("serviceAccountName"), dns_subdomain);
    optional(faults, &spec.child("nodeName"), dns_subdomain);
    let deadline = spec.child("activeDeadlineSeconds");
    if deadline.stated() && !(1..=i64::from(i32::MAX)).contains(&deadline.int()) {
        faults.invalid(
            &deadline,
            "is not within 1 and 2147483647",
            "Use a number of seconds.",
        );
    }
    optional(faults, &spec.child("hostname"), dns_label);
    optional(faults, &spec.child("subdomain"), dns_label);
    tolerations(faults, &spec.child("tolerations"));
    for alias in spec.child("hostAliases").items() {
        let ip = alias.child("ip");
        address::ip(faults, &ip, ip.string());
        for hostname in alias.child("hostnames").items() {
            name(faults, &hostname, dns_subdomain);
        }
    }
    optional(faults, &spec.child("priorityClassName"), dns_subdomain);
    optional(faults, &spec.child("runtimeClassName"), dns_subdomain);
    one_of(
        faults,
        &spec.child("preemptionPolicy"),
        &["PreemptLowerPriority", "Never"],
    );
}

/// A word out of a list; an empty one is defaulted.
pub(super) fn one_of(faults: &mut Faults, at: &At<'_>, words: &[&str]) {
    if !at.string().is_empty() && !words.contains(&at.string()) {
        faults.not_supported(at, words);
    }
}

fn name(faults: &mut Faults, at: &At<'_>, rule: fn(&str) -> super::text::Wrongs) {
    for wrong in rule(at.string()) {
        faults.invalid(at, wrong, "Rename it, for example to `my-name`.");
    }
}

fn optional(faults: &mut Faults, at: &At<'_>, rule: fn(&str) -> super::text::Wrongs) {
    if !at.string().is_empty() {
        name(faults, at, rule);
    }
}

/// `ValidateVolumes`, as far as names and the sources' own required names go. Gives the names.
fn volumes<'a>(faults: &mut Faults, list: &At<'a>) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    let Some(node) = list.node else { return names };
    for (index, volume_node) in node.items().iter().enumerate() {
        let volume = list.index(index);
        let own = volume_node
            .get("name")
            .and_then(|name| name.as_str())
            .unwrap_or_default();
        volume_sources(faults, &volume);
        let at = volume.child("name");
        if own.is_empty() {
            faults.required(&at, "Give the volume a name.");
            continue;
        }
        name(faults, &at, dns_label);
        if !names.insert(own) {
            faults.duplicate(&at, "Give each volume a name of its own.");
        }
    }
    names
}

fn volume_sources(faults: &mut Faults, volume: &At<'_>) {
    let mut count = 0;
    for (key, _) in volume.entries() {
        let source = volume.child(&key.name);
        if key.name == "name" || !source.stated() {
            continue;
        }
        count += 1;
        if count > 1 {
            let why = "A volume has one source.";
            faults.forbidden(&source, why, "Make it a volume of its own.");
            continue;
        }
        let needed = match key.name.as_str() {
            "hostPath" => "path",
            "secret" => "secretName",
            "configMap" => "name",
            "persistentVolumeClaim" => "claimName",
            "csi" => "driver",
            "nfs" => "server",
            _ => continue,
        };
        let at = source.child(needed);
        if at.string().is_empty() {
            faults.required(&at, "Say what the volume is made from.");
        }
    }
}

/// `validatePodDNSConfig`
fn dns_config(faults: &mut Faults, config: &At<'_>, policy: &str) {
    let servers = config.child("nameservers");
    if policy == "None" {
        const HELP: &str = "With `dnsPolicy: None` the pod needs `dnsConfig.nameservers`.";
        if !config.stated() {
            faults.required(config, HELP);
            return;
        }
        if servers.len() == 0 {
            faults.required(&servers, HELP);
        }
    }
    // MaxDNSNameservers
    if servers.len() > 3 {
        faults.invalid(
            &servers,
            "has more than three addresses",
            "Keep three at most.",
        );
    }
    for server in servers.items() {
        address::ip(faults, &server, server.string());
    }
    for option in config.child("options").items() {
        let at = option.child("name");
        if at.string().is_empty() {
            faults.required(&at, "Give the option a name.");
        }
    }
}

/// `ValidateTolerations`
fn tolerations(faults: &mut Faults, list: &At<'_>) {
    for toleration in list.items() {
        let key = toleration.child("key");
        let operator = toleration.child("operator");
        let effect = toleration.child("effect");
        let value = toleration.child("value");
        optional(faults, &key, qualified_name);
        if key.string().is_empty() && operator.string() != "Exists" {
            let why = "must be Exists where the key is empty, which means every key";
            faults.invalid(&operator, why, "Write `operator: Exists`, or a key.");
        }
        if toleration.child("tolerationSeconds").stated() && effect.string() != "NoExecute" {
            let why = "must be NoExecute where `tolerationSeconds` is set";
            faults.invalid(
                &effect,
                why,
                "Write `effect: NoExecute`, or remove the seconds.",
            );
        }
        match operator.string() {
            "" | "Equal" => {
                if let Some(wrong) = label_value(value.string()).first() {
                    let message = format!(
                        "`{}` is not a valid value of a taint: it {wrong}.",
                        value.shown()
                    );
                    faults.add_at(
                        Kind::Invalid,
                        &operator,
                        value.span(),
                        message,
                        "Write a value such as `db`.",
                    );
                }
            }
            "Exists" => {
                if !value.string().is_empty() {
                    let message = "`Exists` takes no value.";
                    faults.add_at(
                        Kind::Invalid,
                        &operator,
                        value.span(),
                        message,
                        "Remove the value, or use Equal.",
                    );
                }
            }
            _ => faults.not_supported(&operator, &["Equal", "Exists"]),
        }
        one_of(
            faults,
            &effect,
            &["NoSchedule", "PreferNoSchedule", "NoExecute"],
        );
    }
}

/// `validateAffinity`, as far as node selectors and topology keys go.
fn affinity(faults: &mut Faults, affinity: &At<'_>) {
    let node = affinity.child("nodeAffinity");
    let required = node.child("requiredDuringSchedulingIgnoredDuringExecution");
    let terms = required.child("nodeSelectorTerms");
    if required.stated() {
        if terms.len() == 0 {
            faults.required(&terms, "Give it at least one term.");
        }
        for term in terms.items() {
            node_expressions(faults, &term.child("matchExpressions"), Values::Checked);
        }
    }
    let preferred = node.child("preferredDuringSchedulingIgnoredDuringExecution");
    for term in preferred.items() {
        weight(faults, &term.child("weight"));
        let preference = term.child("preference");
        node_expressions(faults, &preference.child("matchExpressions"), Values::Free);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let pods = affinity.child(kind);
        let required = pods.child("requiredDuringSchedulingIgnoredDuringExecution");
        for term in required.items() {
            pod_term(faults, &term);
        }
        let preferred = pods.child("preferredDuringSchedulingIgnoredDuringExecution");
        for term in preferred.items() {
            weight(faults, &term.child("weight"));
            pod_term(faults, &term.child("podAffinityTerm"));
        }
    }
}

fn weight(faults: &mut Faults, at: &At<'_>) {
    if !(1..=100).contains(&at.int()) {
        faults.invalid(at, "is not within 1 and 100", "Use a number from 1 to 100.");
    }
}

fn pod_term(faults: &mut Faults, term: &At<'_>) {
    super::selector::validate(faults, &term.child("labelSelector"));
    let key = term.child("topologyKey");
    if key.string().is_empty() {
        faults.required(
            &key,
            "Name the node label that spreads, such as `kubernetes.io/hostname`.",
        );
    }
    for wrong in qualified_name(key.string()) {
        faults.invalid(&key, wrong, "Write a label's key.");
    }
}

/// `ValidateNodeSelectorRequirement`
fn node_expressions(faults: &mut Faults, list: &At<'_>, checked: Values) {
    for expression in list.items() {
        let operator = expression.child("operator");
        let values = expression.child("values");
        match operator.string() {
            "In" | "NotIn" if values.len() == 0 => {
                faults.required(&values, "`In` and `NotIn` need at least one value.");
            }
            "Exists" | "DoesNotExist" if values.len() > 0 => {
                let why = "`Exists` and `DoesNotExist` take no values.";
                faults.forbidden(&values, why, "Remove the values.");
            }
            "Gt" | "Lt" if values.len() != 1 => {
                faults.required(&values, "`Gt` and `Lt` need exactly one value.");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            _ => faults.invalid(
                &operator,
                "is no operator of node selectors",
                "Use In, NotIn, Exists, DoesNotExist, Gt or Lt.",
            ),
        }
        name(faults, &expression.child("key"), qualified_name);
        if checked == Values::Checked {
            for value in values.items() {
                for wrong in label_value(value.string()) {
                    faults.invalid(&value, wrong, "Write a label's value.");
                }
            }
        }
    }
}

/// Whether the values of a node selector must be ones that a label can have: a preference may hold
/// anything (`ValidatePreferredSchedulingTerms`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    Checked,
    Free,
}

/// `validateTopologySpreadConstraints`
fn spread(faults: &mut Faults, list: &At<'_>) {
    for constraint in list.items() {
        let skew = constraint.child("maxSkew");
        if skew.int() <= 0 {
            faults.invalid(&skew, "is not above zero", "Use 1 or more.");
        }
        let key = constraint.child("topologyKey");
        if key.string().is_empty() {
            faults.required(
                &key,
                "Name the node label that spreads, such as `kubernetes.io/hostname`.",
            );
        }
        let when = constraint.child("whenUnsatisfiable");
        let words = &["DoNotSchedule", "ScheduleAnyway"];
        if !words.contains(&when.string()) {
            faults.not_supported(&when, words);
        }
        super::selector::validate(faults, &constraint.child("labelSelector"));
    }
}
