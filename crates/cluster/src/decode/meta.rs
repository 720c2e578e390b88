//! `metadata`, the part that every object has alike.

use std::collections::BTreeMap;

use super::view::View;
use crate::names;
use crate::source::ObjectId;

/// What an object says of itself.
#[derive(Debug, Clone)]
pub struct Meta {
    /// Its place.
    pub object: ObjectId,
    /// `metadata.namespace`; empty for cluster-scoped kinds.
    pub namespace: String,
    /// `metadata.name`, or what `generateName` makes of it.
    pub name: String,
    /// `metadata.labels`
    pub labels: BTreeMap<String, String>,
    /// `metadata.annotations`
    pub annotations: BTreeMap<String, String>,
    /// Kind and name of the controller in `metadata.ownerReferences`.
    pub controller: Option<(String, String)>,
    /// Whether `metadata.deletionTimestamp` is set.
    pub terminating: bool,
}

/// Whether a kind lives in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In a namespace; `default` when none is said.
    Namespaced,
    /// In none, whatever the text says.
    Cluster,
}

/// Name and namespace of an object. A `generateName` is completed as the API server does it, with five
/// characters, but always the same ones.
pub fn name_of(root: View<'_>, scope: Scope) -> (String, String) {
    let meta = root.get("metadata");
    let namespace = match scope {
        Scope::Namespaced => meta.get("namespace").word().unwrap_or("default").to_owned(),
        Scope::Cluster => String::new(),
    };
    let name = match (meta.get("name").word(), meta.get("generateName").word()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(base)) => format!("{base}{}", names::suffix(&[&namespace, base])),
        (None, None) => String::new(),
    };
    (namespace, name)
}

/// Reads `metadata`.
pub fn decode(root: View<'_>, object: ObjectId, scope: Scope) -> Meta {
    let meta = root.get("metadata");
    let (namespace, name) = name_of(root, scope);
    let controller = meta
        .get("ownerReferences")
        .items()
        .find(|owner| owner.get("controller").flag() == Some(true))
        .map(|owner| (owner.get("kind").string(), owner.get("name").string()));
    Meta {
        object,
        namespace,
        name,
        labels: meta.get("labels").string_map(),
        annotations: meta.get("annotations").string_map(),
        controller,
        terminating: meta.get("deletionTimestamp").stated(),
    }
}
