//! Probes and lifecycle hooks: `validateProbe`, `validateHandler` in pkg/apis/core/validation.

use super::place::{At, Faults};
use super::service::{or_default, port_or_name};
use crate::diagnostic::Kind;

/// What a container is asked while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Probe {
    Liveness,
    Readiness,
    Startup,
}

/// The three probes of a container.
pub(super) fn container_probes(faults: &mut Faults, container: &At<'_>) {
    for (field, kind) in [
        ("livenessProbe", Probe::Liveness),
        ("readinessProbe", Probe::Readiness),
        ("startupProbe", Probe::Startup),
    ] {
        let at = container.child(field);
        if at.stated() {
            probe(faults, &at, kind);
        }
    }
}

fn probe(faults: &mut Faults, at: &At<'_>, kind: Probe) {
    handler(faults, at, &["exec", "httpGet", "tcpSocket", "grpc"]);
    for field in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        faults.not_negative(&at.child(field));
    }
    let grace = at.child("terminationGracePeriodSeconds");
    if grace.stated() && grace.int() <= 0 {
        faults.invalid(&grace, "is not above zero", "Use 1 or more.");
    }
    let success = at.child("successThreshold");
    match kind {
        Probe::Readiness if grace.stated() => {
            let why = "belongs to probes that end a container, which a readiness probe does not";
            faults.invalid(&grace, why, "Remove it.");
        }
        Probe::Readiness => {}
        Probe::Liveness | Probe::Startup if !matches!(success.int(), 0 | 1) => {
            faults.invalid(
                &success,
                "must be 1 for this probe",
                "Write 1, or remove it.",
            );
        }
        Probe::Liveness | Probe::Startup => {}
    }
}

/// `validateLifecycle`
pub(super) fn lifecycle(faults: &mut Faults, at: &At<'_>) {
    for hook in ["postStart", "preStop"] {
        let at = at.child(hook);
        if at.stated() {
            handler(faults, &at, &["exec", "httpGet", "tcpSocket", "sleep"]);
        }
    }
}

/// `validateHandler`: exactly one way.
fn handler(faults: &mut Faults, at: &At<'_>, ways: &[&str]) {
    let mut count = 0;
    for way in ways {
        let action = at.child(way);
        if !action.stated() {
            continue;
        }
        count += 1;
        if count > 1 {
            let why = "One way to ask stands here already.";
            faults.forbidden(&action, why, "Keep one of them.");
            continue;
        }
        match *way {
            "exec" => {
                let command = action.child("command");
                if command.len() == 0 {
                    faults.required(&command, "Write the command to run.");
                }
            }
            "httpGet" => {
                port(faults, &action.child("port"));
                let scheme = action.child("scheme");
                if !["HTTP", "HTTPS"].contains(&or_default(&scheme, "HTTP")) {
                    faults.not_supported(&scheme, &["HTTP", "HTTPS"]);
                }
                headers(faults, &action.child("httpHeaders"));
            }
            "sleep" => {
                let seconds = action.child("seconds");
                if seconds.int() < 0 {
                    faults.invalid(&action, "asks for less than no sleep", "Use 0 or more.");
                }
            }
            _ => port(faults, &action.child("port")),
        }
    }
    if count == 0 {
        let message = format!("`{at}` says nothing of how to ask.");
        let help = format!("Give it one of: {}.", ways.join(", "));
        faults.add(Kind::Required, at, message, help);
    }
}

fn port(faults: &mut Faults, at: &At<'_>) {
    match at.text() {
        Some(name) => port_or_name(faults, at, name),
        None => faults.port_number(at, at.int()),
    }
}

/// `IsHTTPHeaderName`: `[-A-Za-z0-9]+`.
fn headers(faults: &mut Faults, list: &At<'_>) {
    for header in list.items() {
        let name = header.child("name");
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if name.string().is_empty() || !name.string().bytes().all(fits) {
            let message = format!("`{}` is no name of an HTTP header.", name.shown());
            let help = "Use letters, digits and `-`.";
            faults.add_at(Kind::Invalid, list, name.span(), message, help);
        }
    }
}
