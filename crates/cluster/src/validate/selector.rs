//! Label selectors: apimachinery's pkg/apis/meta/v1/validation, and whether one matches.

use super::meta;
use super::place::{At, Faults};
use super::text::{label_value, qualified_name};

/// What a workload's selector comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selects {
    /// It is faulty (`LabelSelectorAsSelector` gives an error).
    Unknown,
    /// It is there and selects the labels; an empty one selects everything.
    Yes,
    /// It does not select them; one that is missing selects nothing.
    No,
}

/// `ValidateLabelSelector`, strict.
pub(super) fn validate(faults: &mut Faults, at: &At<'_>) {
    meta::labels(faults, &at.child("matchLabels"));
    for expression in at.child("matchExpressions").items() {
        let operator = expression.child("operator");
        let values = expression.child("values");
        match operator.string() {
            "In" | "NotIn" => {
                if values.len() == 0 {
                    faults.required(&values, "`In` and `NotIn` need at least one value.");
                }
            }
            "Exists" | "DoesNotExist" => {
                if values.len() > 0 {
                    let why = "`Exists` and `DoesNotExist` take no values.";
                    faults.forbidden(&values, why, "Remove the values, or use `In` or `NotIn`.");
                }
            }
            _ => faults.invalid(
                &operator,
                "is no operator of selectors",
                "Use `In`, `NotIn`, `Exists` or `DoesNotExist`.",
            ),
        }
        let key = expression.child("key");
        for wrong in qualified_name(key.string()) {
            faults.invalid(
                &key,
                wrong,
                "Write a key such as `app` or `example.com/app`.",
            );
        }
        for value in values.items() {
            for wrong in label_value(value.string()) {
                faults.invalid(&value, wrong, "Write a value such as `web`.");
            }
        }
    }
}

/// Whether a selector matches labels (`LabelSelectorAsSelector`, then `Matches`).
pub(super) fn selects(selector: &At<'_>, labels: &At<'_>) -> Selects {
    if !selector.stated() {
        return Selects::No;
    }
    let mut faults = Faults::default();
    validate(&mut faults, selector);
    if !faults.0.is_empty() {
        return Selects::Unknown;
    }
    let label = |key: &str| {
        let entries = labels.entries().iter();
        entries
            .filter(|(name, _)| name.name == key)
            .map(|(_, value)| value.as_str().unwrap_or_default())
            .next()
    };
    let equal = selector
        .child("matchLabels")
        .entries()
        .iter()
        .all(|(key, value)| label(&key.name) == Some(value.as_str().unwrap_or_default()));
    let expressions = selector.child("matchExpressions");
    let met = expressions.items().all(|expression| {
        let value = label(expression.child("key").string());
        let values = expression.child("values");
        let listed = || values.items().any(|item| value == Some(item.string()));
        match expression.child("operator").string() {
            "In" => listed(),
            "NotIn" => !listed(),
            "Exists" => value.is_some(),
            _ => value.is_none(),
        }
    });
    if equal && met {
        Selects::Yes
    } else {
        Selects::No
    }
}

/// Whether a selector is there and says nothing.
pub(super) fn is_empty(selector: &At<'_>) -> bool {
    selector.child("matchLabels").entries().is_empty()
        && selector.child("matchExpressions").len() == 0
}
