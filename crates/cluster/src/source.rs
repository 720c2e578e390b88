//! Texts, places in them, and which place made what.

use std::sync::Arc;

use crate::yaml::{Node, Value};

/// One text that a person gave: a file, a pasted buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What to call it: a path, or `standard input`.
    pub name: String,
    /// The text.
    pub text: Arc<str>,
}

/// A place in a source. Lines and columns are 1-based, columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Index of the source.
    pub source: usize,
    /// Line of the first character.
    pub line: usize,
    /// Column of the first character.
    pub column: usize,
    /// Line of the last character.
    pub end_line: usize,
    /// Column after the last character.
    pub end_column: usize,
}

impl Span {
    /// The same place so many lines further down.
    pub(crate) fn moved(self, lines: isize) -> Span {
        Span {
            line: self.line.saturating_add_signed(lines),
            end_line: self.end_line.saturating_add_signed(lines),
            ..self
        }
    }
}

/// An object that the text holds or the control plane made, by its index in [`Origins`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub usize);

/// What is known of one object's place.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectOrigin {
    /// `Service`, `EndpointSlice`, …
    pub kind: String,
    /// Namespace; empty for cluster-scoped kinds.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Who made it: `None` when it stands in the text, else the part of the control plane, as `endpointslice controller`.
    pub made_by: Option<&'static str>,
    /// The object as written, where it stands in the text. Places are looked up in it, since most are never asked for.
    pub text: Option<Arc<Node>>,
}

// The only value that could differ from itself is NaN, and a `Float` is always finite.
impl Eq for ObjectOrigin {}

/// Every object's place, so that a rule can name the line that made it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins {
    /// By [`ObjectId`].
    pub objects: Vec<ObjectOrigin>,
}

impl Origins {
    /// The place of a field, or of the nearest field above it that stands in the text.
    ///
    /// A field is written as the API server does: `spec.ports[0].port`, `metadata.labels[app]`.
    pub fn span(&self, object: ObjectId, field: &str) -> Option<Span> {
        let mut node = self.objects.get(object.0)?.text.as_deref()?;
        for step in steps(field) {
            let next = match (&node.value, step.parse::<usize>()) {
                (Value::Seq(items), Ok(index)) => items.get(index),
                _ => node.get(step),
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        Some(node.span)
    }
}

/// The steps of a field's path. A dot inside brackets belongs to a key.
fn steps(field: &str) -> impl Iterator<Item = &str> {
    let mut rest = field;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(['.', ']']);
        if rest.is_empty() {
            return None;
        }
        let end = match rest.strip_prefix('[') {
            Some(inner) => {
                rest = inner;
                inner.find(']')
            }
            None => rest.find(['.', '[']),
        };
        let (step, tail) = rest.split_at(end.unwrap_or(rest.len()));
        rest = tail;
        Some(step)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_fall_into_steps() {
        let split = |field| steps(field).collect::<Vec<_>>();
        assert_eq!(split(""), Vec::<&str>::new());
        assert_eq!(split("spec.ports[0].port"), ["spec", "ports", "0", "port"]);
        assert_eq!(
            split("metadata.labels[kubernetes.io/service-name]"),
            ["metadata", "labels", "kubernetes.io/service-name"]
        );
        assert_eq!(split("[0][1]"), ["0", "1"]);
        assert_eq!(split("a[b"), ["a", "b"]);
        assert_eq!(split("[]]."), Vec::<&str>::from([""]));
    }
}
