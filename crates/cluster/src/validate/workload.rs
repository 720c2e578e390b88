//! What makes pods: pkg/apis/apps/validation/validation.go, and ReplicationController of core.

use super::meta::{Scope, object_meta};
use super::place::{At, Faults};
use super::pod;
use super::selector::{self, Selects};
use super::text::{dns_subdomain, percent};
use crate::diagnostic::Kind;

/// `ValidateDeployment`
pub(super) fn deployment(faults: &mut Faults, root: &At<'_>) {
    object_meta(faults, root, Scope::Namespaced, dns_subdomain);
    let spec = root.child("spec");
    faults.not_negative(&spec.child("replicas"));
    selected_template(faults, &spec);
    strategy(faults, &spec.child("strategy"));
    let ready = spec.child("minReadySeconds");
    faults.not_negative(&ready);
    faults.not_negative(&spec.child("revisionHistoryLimit"));
    let deadline = spec.child("progressDeadlineSeconds");
    faults.not_negative(&deadline);
    // SetDefaults_Deployment: 600 seconds.
    let seconds = if deadline.stated() {
        deadline.int()
    } else {
        600
    };
    if seconds <= ready.int() {
        let message = format!(
            "`{deadline}` is {seconds}, which is not above minReadySeconds, {}.",
            ready.int()
        );
        faults.add_at(
            Kind::Invalid,
            &deadline,
            if deadline.stated() {
                deadline.span()
            } else {
                ready.span()
            },
            message,
            "Give the rollout more time, or ask for less.",
        );
    }
}

/// `ValidateReplicaSet`
pub(super) fn replica_set(faults: &mut Faults, root: &At<'_>) {
    object_meta(faults, root, Scope::Namespaced, dns_subdomain);
    let spec = root.child("spec");
    faults.not_negative(&spec.child("replicas"));
    faults.not_negative(&spec.child("minReadySeconds"));
    selected_template(faults, &spec);
}

/// Selector and template of Deployment and ReplicaSet.
fn selected_template(faults: &mut Faults, spec: &At<'_>) {
    let at = spec.child("selector");
    stated_selector(faults, &at);
    let template = spec.child("template");
    match labels_of(&at, &template) {
        Selects::Unknown => unusable(faults, &at),
        Selects::No => not_selected(faults, &template),
        Selects::Yes => {}
    }
    if labels_of(&at, &template) != Selects::Unknown {
        pod::template(faults, &template);
        always(faults, &template);
    }
}

fn stated_selector(faults: &mut Faults, at: &At<'_>) {
    if !at.stated() {
        faults.required(at, "Select the pods by the labels of the template.");
        return;
    }
    selector::validate(faults, at);
    if selector::is_empty(at) {
        faults.invalid(
            at,
            "is empty",
            "Select the pods by the labels of the template.",
        );
    }
}

fn labels_of(selector: &At<'_>, template: &At<'_>) -> Selects {
    let meta = template.child("metadata");
    selector::selects(selector, &meta.child("labels"))
}

fn unusable(faults: &mut Faults, at: &At<'_>) {
    let message = "This selector cannot be used as it is.";
    faults.add(
        Kind::Invalid,
        at,
        message,
        "Correct what is wrong inside it.",
    );
}

fn not_selected(faults: &mut Faults, template: &At<'_>) {
    let meta = template.child("metadata");
    let labels = meta.child("labels");
    let message = "The selector does not select the template's own labels.";
    let help = "Make the template's labels and the selector agree.";
    faults.add(Kind::Invalid, &labels, message, help);
}

/// What keeps pods running restarts them always.
fn always(faults: &mut Faults, template: &At<'_>) {
    let spec = template.child("spec");
    let restart = spec.child("restartPolicy");
    if !matches!(restart.string(), "" | "Always") {
        faults.not_supported(&restart, &["Always"]);
    }
    let deadline = spec.child("activeDeadlineSeconds");
    if deadline.stated() {
        let why = "Pods that are kept running have no deadline.";
        faults.forbidden(&deadline, why, "Remove it, or use a Job.");
    }
}

/// `ValidateDeploymentStrategy`
fn strategy(faults: &mut Faults, at: &At<'_>) {
    let kind = at.child("type");
    let rolling = at.child("rollingUpdate");
    match kind.string() {
        "Recreate" => {
            if rolling.stated() {
                let why = "Recreate ends all pods before it makes new ones.";
                faults.forbidden(&rolling, why, "Remove it, or make the type RollingUpdate.");
            }
        }
        "" | "RollingUpdate" => rolling_update(faults, &rolling),
        _ => faults.not_supported(&kind, &["Recreate", "RollingUpdate"]),
    }
}

/// `ValidateRollingUpdateDeployment`; both are 25% where nothing is said.
fn rolling_update(faults: &mut Faults, at: &At<'_>) {
    let unavailable = at.child("maxUnavailable");
    let surge = at.child("maxSurge");
    number_or_percent(faults, &unavailable);
    number_or_percent(faults, &surge);
    if value_of(&unavailable) == 0 && value_of(&surge) == 0 {
        let why = "is 0 like maxSurge, so that nothing could ever be replaced";
        faults.invalid(&unavailable, why, "Make one of the two 1 or more.");
    }
    no_more_than_all(faults, &unavailable);
}

/// `ValidatePositiveIntOrPercent`
fn number_or_percent(faults: &mut Faults, at: &At<'_>) {
    match at.text() {
        Some(text) => {
            for wrong in percent(text) {
                faults.invalid(at, wrong, "Write a number or a percentage such as `25%`.");
            }
        }
        None => faults.not_negative(at),
    }
}

/// `getIntOrPercentValue`
fn value_of(at: &At<'_>) -> i64 {
    match at.text() {
        Some(text) if percent(text).is_empty() => {
            text.trim_end_matches('%').parse().unwrap_or(i64::MAX)
        }
        Some(_) => 0,
        None if at.stated() => at.int(),
        None => 25,
    }
}

/// `IsNotMoreThan100Percent`
fn no_more_than_all(faults: &mut Faults, at: &At<'_>) {
    if at.text().is_some_and(|text| percent(text).is_empty()) && value_of(at) > 100 {
        faults.invalid(at, "is more than all", "Use 100% at most.");
    }
}

/// `ValidateDaemonSet`
pub(super) fn daemon_set(faults: &mut Faults, root: &At<'_>) {
    object_meta(faults, root, Scope::Namespaced, dns_subdomain);
    let spec = root.child("spec");
    let at = spec.child("selector");
    let template = spec.child("template");
    if at.stated() {
        selector::validate(faults, &at);
    } else {
        faults.required(&at, "Select the pods by the labels of the template.");
    }
    if labels_of(&at, &template) == Selects::No {
        not_selected(faults, &template);
    }
    if at.stated() && selector::is_empty(&at) {
        faults.invalid(
            &at,
            "is empty",
            "Select the pods by the labels of the template.",
        );
    }
    pod::template(faults, &template);
    always(faults, &template);
    faults.not_negative(&spec.child("minReadySeconds"));
    let update = spec.child("updateStrategy");
    let kind = update.child("type");
    match kind.string() {
        "" | "RollingUpdate" => {
            let rolling = update.child("rollingUpdate");
            let unavailable = rolling.child("maxUnavailable");
            number_or_percent(faults, &unavailable);
            no_more_than_all(faults, &unavailable);
            number_or_percent(faults, &rolling.child("maxSurge"));
        }
        "OnDelete" => {}
        _ => faults.not_supported(&kind, &["OnDelete", "RollingUpdate"]),
    }
    faults.not_negative(&spec.child("revisionHistoryLimit"));
}

/// `ValidateStatefulSet`
pub(super) fn stateful_set(faults: &mut Faults, root: &At<'_>) {
    object_meta(faults, root, Scope::Namespaced, dns_subdomain);
    let spec = root.child("spec");
    let policy = spec.child("podManagementPolicy");
    if !matches!(policy.string(), "" | "OrderedReady" | "Parallel") {
        faults.invalid(
            &policy,
            "is no such policy",
            "Use OrderedReady or Parallel.",
        );
    }
    let update = spec.child("updateStrategy");
    let kind = update.child("type");
    let rolling = update.child("rollingUpdate");
    match kind.string() {
        "" | "RollingUpdate" => {
            faults.not_negative(&rolling.child("partition"));
            let unavailable = rolling.child("maxUnavailable");
            number_or_percent(faults, &unavailable);
            no_more_than_all(faults, &unavailable);
        }
        "OnDelete" => {
            if rolling.stated() {
                let why = "belongs to the type RollingUpdate";
                faults.invalid(&rolling, why, "Remove it, or make the type RollingUpdate.");
            }
        }
        _ => {
            let message = format!("`{}` is no way to update.", kind.shown());
            let help = "Use OnDelete or RollingUpdate.";
            faults.add_at(Kind::Invalid, &update, kind.span(), message, help);
        }
    }
    faults.not_negative(&spec.child("replicas"));
    faults.not_negative(&spec.child("minReadySeconds"));
    let ordinals = spec.child("ordinals");
    let start = ordinals.child("start");
    if start.int() < 0 {
        faults.invalid(&start, "is below zero", "Use 0 or more.");
    }
    let at = spec.child("selector");
    let template = spec.child("template");
    stated_selector(faults, &at);
    match labels_of(&at, &template) {
        Selects::Unknown => unusable(faults, &at),
        Selects::No => not_selected(faults, &template),
        Selects::Yes => {}
    }
    if labels_of(&at, &template) != Selects::Unknown {
        pod::template(faults, &template);
    }
    always(faults, &template);
}

/// `ValidateReplicationController`
pub(super) fn replication_controller(faults: &mut Faults, root: &At<'_>) {
    object_meta(faults, root, Scope::Namespaced, dns_subdomain);
    let spec = root.child("spec");
    faults.not_negative(&spec.child("minReadySeconds"));
    faults.not_negative(&spec.child("replicas"));
    let template = spec.child("template");
    if !template.stated() {
        faults.required(&template, "Describe the pods to make.");
        return;
    }
    let meta = template.child("metadata");
    let labels = meta.child("labels");
    // SetDefaults_ReplicationController takes the template's labels where there is no selector.
    let selector = spec.child("selector");
    let selected = selector.entries().iter().all(|(key, value)| {
        labels.node.and_then(|node| node.get(&key.name)?.as_str()) == value.as_str()
    });
    if selector.entries().is_empty() && labels.entries().is_empty() {
        faults.required(&selector, "Select the pods by the labels of the template.");
    } else if !selected {
        not_selected(faults, &template);
    }
    pod::template(faults, &template);
    always(faults, &template);
}
