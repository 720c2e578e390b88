//! Texts, places in them, and which place made what.

use std::collections::BTreeMap;
use std::sync::Arc;

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

/// An object that the text holds or the control plane made, by its index in [`Origins`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub usize);

/// What is known of one object's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectOrigin {
    /// `Service`, `EndpointSlice`, …
    pub kind: String,
    /// Namespace; empty for cluster-scoped kinds.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Who made it: `None` when it stands in the text, else the part of the control plane, as `endpointslice controller`.
    pub made_by: Option<&'static str>,
    /// Fields that stand in the text, by path: `spec.ports[0].port`. The empty path is the object.
    pub fields: BTreeMap<String, Span>,
}

/// Every object's place, so that a rule can name the line that made it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins {
    /// By [`ObjectId`].
    pub objects: Vec<ObjectOrigin>,
}

impl Origins {
    /// The place of a field, or of the nearest field above it that stands in the text.
    pub fn span(&self, object: ObjectId, field: &str) -> Option<Span> {
        let fields = &self.objects.get(object.0)?.fields;
        let mut path = field;
        loop {
            if let Some(span) = fields.get(path) {
                return Some(*span);
            }
            if path.is_empty() {
                return None;
            }
            path = &path[..path.rfind(['.', '[']).unwrap_or(0)];
        }
    }
}
