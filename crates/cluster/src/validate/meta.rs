//! `metadata`: `ValidateObjectMeta` in apimachinery's pkg/api/validation/objectmeta.go.

use super::place::{At, Faults};
use super::text::{Wrongs, dns_label, label_value, mask_trailing_dash, qualified_name};
use crate::diagnostic::Kind;

/// Whether a kind lives in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Namespaced,
    Cluster,
}

/// Checks `metadata`, the name by the kind's own rule.
pub(super) fn object_meta(
    faults: &mut Faults,
    root: &At<'_>,
    scope: Scope,
    rule: fn(&str) -> Wrongs,
) {
    let meta = root.child("metadata");
    let base = meta.child("generateName");
    let prefix = base.string();
    if !prefix.is_empty() {
        for wrong in rule(&mask_trailing_dash(prefix)) {
            faults.invalid(&base, wrong, NAME);
        }
    }
    let name = meta.child("name");
    match name.string() {
        "" if prefix.is_empty() => faults.required(&name, "Give the object a name."),
        "" => {
            // The server puts five characters behind what fits (names/generate.go).
            let cut: String = prefix.chars().take(58).collect();
            for wrong in rule(&format!("{cut}abcde")) {
                faults.invalid(&name, wrong, NAME);
            }
        }
        text => {
            for wrong in rule(text) {
                faults.invalid(&name, wrong, NAME);
            }
        }
    }
    if scope == Scope::Namespaced {
        let namespace = meta.child("namespace");
        let text = namespace.string();
        // kubectl fills in the default namespace.
        if !text.is_empty() {
            for wrong in dns_label(text) {
                faults.invalid(&namespace, wrong, NAME);
            }
        }
    }
    labels(faults, &meta.child("labels"));
    annotations(faults, &meta.child("annotations"));
    owners(faults, &meta.child("ownerReferences"));
    for finalizer in meta.child("finalizers").items() {
        let list = meta.child("finalizers");
        for wrong in qualified_name(finalizer.string()) {
            let message = format!(
                "`{}` is not a valid finalizer: it {wrong}.",
                finalizer.shown()
            );
            faults.add_at(Kind::Invalid, &list, finalizer.span(), message, NAME);
        }
    }
    for finalizer in meta.child("finalizers").items() {
        own_finalizer(faults, &finalizer, finalizer.string());
    }
}

/// `validateKubeFinalizerName`: without a prefix only the few that Kubernetes itself knows.
pub(super) fn own_finalizer(faults: &mut Faults, at: &At<'_>, name: &str) {
    let known = matches!(name, "kubernetes" | "orphan" | "foregroundDeletion");
    if !name.contains('/') && !known {
        let help = "Give it a prefix, as in `example.com/name`.";
        faults.invalid(at, "has no prefix and is none of Kubernetes' own", help);
    }
}

const NAME: &str = "Rename it, for example to `my-name`.";

/// `ValidateLabels`: labels and plain selectors.
pub(super) fn labels(faults: &mut Faults, at: &At<'_>) {
    for (key, value) in at.entries() {
        for wrong in qualified_name(&key.name) {
            let message = format!("`{}` is not a valid label key: it {wrong}.", key.name);
            let help = "Write a key such as `app` or `example.com/app`.";
            faults.add_at(Kind::Invalid, at, Some(key.span), message, help);
        }
        for wrong in label_value(value.as_str().unwrap_or_default()) {
            let value_at = at.key(&key.name);
            let message = format!(
                "`{}` is not a valid label value: it {wrong}.",
                value_at.shown()
            );
            let help = "Write a value such as `web` or `v1.2`; put free text into an annotation.";
            faults.add_at(Kind::Invalid, at, Some(value.span), message, help);
        }
    }
}

/// `ValidateAnnotations`
pub(super) fn annotations(faults: &mut Faults, at: &At<'_>) {
    // TotalAnnotationSizeLimitB
    const LIMIT: usize = 256 * 1024;
    let mut size = 0;
    for (key, value) in at.entries() {
        for wrong in qualified_name(&key.name.to_lowercase()) {
            let message = format!("`{}` is not a valid annotation key: it {wrong}.", key.name);
            let help = "Write a key such as `note` or `example.com/note`.";
            faults.add_at(Kind::Invalid, at, Some(key.span), message, help);
        }
        size += key.name.len() + value.as_str().map_or(0, str::len);
    }
    if size > LIMIT {
        let message = format!("The annotations have {size} bytes; at most {LIMIT} are allowed.");
        faults.add(
            Kind::TooLong,
            at,
            message,
            "Put long texts into a ConfigMap.",
        );
    }
}

/// `ValidateOwnerReferences`
fn owners(faults: &mut Faults, at: &At<'_>) {
    const HELP: &str = "Copy the owner's own value, or leave the reference out.";
    let mut controllers = 0;
    for owner in at.items() {
        for field in ["apiVersion", "kind", "name", "uid"] {
            let at = owner.child(field);
            if at.string().is_empty() {
                faults.invalid(&at, "may not be empty", HELP);
            }
        }
        controllers += usize::from(owner.child("controller").yes());
    }
    if controllers > 1 {
        faults.invalid(
            at,
            "names more than one controller",
            "Keep `controller: true` at one owner.",
        );
    }
}
