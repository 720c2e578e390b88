//! Label selectors: which labels an object must have to be meant.

use std::collections::BTreeMap;

use crate::decode::view::View;

/// `operator` of a match expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// The value is one of these.
    In,
    /// The value is none of these, or the key is absent.
    NotIn,
    /// The key is there.
    Exists,
    /// The key is not there.
    DoesNotExist,
    /// The value is a greater whole number (node affinity only).
    Gt,
    /// The value is a smaller whole number (node affinity only).
    Lt,
}

/// One of `matchExpressions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// `key`
    pub key: String,
    /// `operator`
    pub operator: Operator,
    /// `values`
    pub values: Vec<String>,
}

impl Expression {
    /// Whether labels satisfy it (k8s.io/apimachinery/pkg/labels, `Requirement.Matches`).
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.key);
        let listed = value.is_some_and(|value| self.values.contains(value));
        let compare = |holds: fn(&i64, &i64) -> bool| {
            let value = value.and_then(|value| value.parse::<i64>().ok());
            let bound = self
                .values
                .first()
                .and_then(|bound| bound.parse::<i64>().ok());
            matches!((value, bound), (Some(value), Some(bound)) if holds(&value, &bound))
        };
        match self.operator {
            Operator::In => listed,
            Operator::NotIn => !listed,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Gt => compare(i64::gt),
            Operator::Lt => compare(i64::lt),
        }
    }
}

/// Reads `matchExpressions`.
pub fn expressions(view: View<'_>) -> Vec<Expression> {
    view.items()
        .filter_map(|item| {
            Some(Expression {
                key: item.get("key").string(),
                operator: match item.get("operator").text()? {
                    "In" => Operator::In,
                    "NotIn" => Operator::NotIn,
                    "Exists" => Operator::Exists,
                    "DoesNotExist" => Operator::DoesNotExist,
                    "Gt" => Operator::Gt,
                    "Lt" => Operator::Lt,
                    _ => return None,
                },
                values: item.get("values").strings().map(str::to_owned).collect(),
            })
        })
        .collect()
}

/// `spec.selector` of a workload.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelSelector {
    /// `matchLabels`
    pub labels: BTreeMap<String, String>,
    /// `matchExpressions`
    pub expressions: Vec<Expression>,
}

impl LabelSelector {
    /// Reads `matchLabels` and `matchExpressions`.
    pub fn decode(view: View<'_>) -> Self {
        LabelSelector {
            labels: view.get("matchLabels").string_map(),
            expressions: expressions(view.get("matchExpressions")),
        }
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    /// Whether labels satisfy it. An empty selector of a workload is refused by the API server and matches nothing here.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        !self.is_empty()
            && selects(&self.labels, labels)
            && self
                .expressions
                .iter()
                .all(|expression| expression.matches(labels))
    }
}

/// Whether labels hold every pair of a Service's selector.
pub fn selects(selector: &BTreeMap<String, String>, labels: &BTreeMap<String, String>) -> bool {
    selector
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
}
