//! `securityContext` of pods and containers, as far as numbers and contradictions go
//! (`validatePodSpecSecurityContext` and `ValidateSecurityContext` in pkg/apis/core/validation).

use super::place::{At, Faults};

const HELP: &str = "Write the number by which the image knows its user or group.";

/// `IsValidUserID` and `IsValidGroupID`.
fn id(faults: &mut Faults, at: &At<'_>) {
    if at.stated() && !(0..=i64::from(i32::MAX)).contains(&at.int()) {
        faults.invalid(at, "is not within 0 and 2147483647", HELP);
    }
}

/// A pod's.
pub(super) fn pod(faults: &mut Faults, at: &At<'_>) {
    for field in ["fsGroup", "runAsUser", "runAsGroup"] {
        id(faults, &at.child(field));
    }
    for group in at.child("supplementalGroups").items() {
        id(faults, &group);
    }
}

/// A container's.
pub(super) fn container(faults: &mut Faults, at: &At<'_>) {
    id(faults, &at.child("runAsUser"));
    id(faults, &at.child("runAsGroup"));
    let escalation = at.child("allowPrivilegeEscalation");
    if !escalation.stated() || escalation.yes() {
        return;
    }
    const HELP: &str = "Leave `allowPrivilegeEscalation` out, or take the privilege away.";
    if at.child("privileged").yes() {
        faults.invalid(at, "is privileged and may not gain privileges", HELP);
    }
    let capabilities = at.child("capabilities");
    for added in capabilities.child("add").items() {
        if added.string() == "CAP_SYS_ADMIN" {
            let why = "adds CAP_SYS_ADMIN and may not gain privileges";
            faults.invalid(at, why, HELP);
        }
    }
}
