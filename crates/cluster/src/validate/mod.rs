//! What kubectl and the API server would refuse, in their order and with their fields.
//!
//! The steps are those of `kubectl create`: kubectl's own look at the object, strict decoding, a
//! Service's allocations, validation. A step that fails ends the real run; what later steps would have
//! found is shown too, but not marked as the server's. The rules are those of Kubernetes 1.36, read in
//! its sources, and where [`Release`] says so those of 1.30; the sentences are ours. What an accepted object means is left to [`crate::decode`].

pub(crate) mod address;
mod allocate;
mod container;
mod endpoints;
mod kinds;
mod meta;
mod node;
mod odd;
mod place;
mod pod;
mod probe;
mod quantity;
mod release;
mod schema;
mod security;
mod selector;
mod service;
mod text;
mod update;
mod workload;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ipnet::IpNet;

use crate::diagnostic::{Diagnostic, Kind, Severity};
use crate::limits;
use crate::yaml::{Node, Value};
use allocate::{Allocated, Keeps, Ranges};
use kinds::Known;
use place::{At, Fault, Faults, Since};
pub use release::Release;

/// An API server with kubectl before it: it takes objects in the order of the text.
#[derive(Debug, Clone, Default)]
pub struct Server {
    service_cidrs: Vec<IpNet>,
    release: Release,
    objects: BTreeMap<ObjectKey, Stored>,
    allocated: Allocated,
}

/// Kind, namespace and name.
type ObjectKey = (String, String, String);

/// An object that was accepted.
#[derive(Debug, Clone)]
struct Stored {
    root: Arc<Node>,
    /// What it states of what is given out once.
    own: Allocated,
}

/// What became of an object.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// What is wrong, the server's own findings first and in its order.
    pub diagnostics: Vec<Diagnostic>,
}

/// What is to be said of an object by itself; what comes of it beside others, [`Server::take`] knows.
#[derive(Debug)]
pub(crate) struct Alone {
    /// Whether the server's own steps are reached.
    admitted: bool,
    answer: Answer,
    faults: Vec<Fault>,
    remarks: Vec<Diagnostic>,
}

impl Answer {
    /// Whether the object is refused.
    pub fn refused(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

impl Server {
    /// A server whose Services get addresses from these ranges. Without any, every address is in range.
    pub fn new(service_cidrs: &[IpNet]) -> Self {
        Server {
            service_cidrs: service_cidrs.to_vec(),
            ..Server::default()
        }
    }

    /// The same, as an older release answers.
    pub fn release(mut self, release: Release) -> Self {
        self.release = release;
        self
    }

    /// Takes one object in as `kubectl apply` would: it is created, or updated where an object of its
    /// kind, namespace and name was accepted before. What an accepted Service states is taken then.
    pub fn take(&mut self, root: &Arc<Node>) -> Answer {
        let alone = self.look(root);
        self.take_looked_at(root, &alone)
    }

    /// What is to be said of an object whatever else there is.
    pub(crate) fn look(&self, root: &Node) -> Alone {
        let mut answer = Answer::default();
        let kind = admit(&mut answer, root);
        let (mut faults, mut remarks) = (Faults::of(self.release), Faults::default());
        if let Some(kind) = kind {
            validate(&mut faults, &At::root(root), kind);
            odd::remarks(&mut remarks, &At::root(root), kind);
        }
        let remarks = remarks.0.into_iter();
        Alone {
            admitted: kind.is_some(),
            answer,
            faults: faults.0,
            remarks: remarks
                .map(|fault| fault.diagnostic(Severity::Remark, false))
                .collect(),
        }
    }

    /// As [`Self::take`], given what [`Self::look`] said of the same object.
    pub(crate) fn take_looked_at(&mut self, root: &Arc<Node>, alone: &Alone) -> Answer {
        let mut answer = alone.answer.clone();
        if !alone.admitted {
            return answer;
        }
        let kind = root.get("kind").and_then(Node::as_str).unwrap_or_default();
        let key = key_of(root, kind);
        let old = key.as_ref().and_then(|key| self.objects.remove(key));
        if let Some(old) = &old {
            self.allocated.remove(&old.own);
        }
        let whole = match &old {
            Some(old) if kind == "Service" => update::carried(&old.root, root),
            _ => Arc::clone(root),
        };
        let known = old.is_none().then_some(alone.faults.as_slice());
        let own = self.store(&mut answer, old.as_ref(), &whole, kind, known);
        let stored = if answer.refused() {
            old
        } else {
            Some(Stored { root: whole, own })
        };
        if let (Some(stored), Some(key)) = (stored, key) {
            self.allocated.extend(&stored.own);
            self.objects.insert(key, stored);
        }
        answer.diagnostics.extend(alone.remarks.iter().cloned());
        answer
    }

    /// The server's own steps: allocation, then validation, whose findings may be known.
    fn store(
        &self,
        answer: &mut Answer,
        old: Option<&Stored>,
        root: &Node,
        kind: &str,
        known: Option<&[Fault]>,
    ) -> Allocated {
        let new = At::root(root);
        let old = old.map(|old| At::root(&old.root));
        let mut own = Allocated::default();
        if kind == "Service" {
            let mut faults = Faults::of(self.release);
            let ranges = Ranges(&self.service_cidrs);
            own = match &old {
                Some(old) => update::allocate(&mut faults, old, &new, ranges, &self.allocated),
                None => {
                    let keeps = Keeps::Nothing;
                    allocate::allocate(&mut faults, &new, ranges, &self.allocated, keeps)
                }
            };
            answer.step(faults);
        }
        let mut faults = Faults::of(self.release);
        if let Some(old) = &old {
            update::before(&mut faults, old, &new, kind);
        }
        match known {
            Some(known) => faults.0.extend_from_slice(known),
            None => validate(&mut faults, &new, kind),
        }
        if let Some(old) = &old {
            update::after(&mut faults, old, &new, kind);
        }
        answer.step(faults);
        own
    }
}

/// What comes before the server's own steps: kubectl's look at the object, and strict decoding. Gives the
/// kind, where there is something left to look at.
fn admit<'a>(answer: &mut Answer, root: &'a Node) -> Option<&'a str> {
    let (version, kind) = match client(root) {
        Ok(gvk) => gvk,
        Err(fault) => {
            let diagnostic = fault.diagnostic(Severity::Error, true);
            answer.diagnostics.push(diagnostic);
            return None;
        }
    };
    if kinds::known(version, kind) == Known::NotForServers {
        return None;
    }
    if let Some(diagnostic) = limits::too_large(root) {
        answer.diagnostics.push(diagnostic);
        return None;
    }
    let decoded = if schema::knows(kind) {
        schema::decode(kind, root)
    } else {
        schema::Decoded::default()
    };
    let in_meta = |path: &str| path.starts_with("metadata");
    // kubectl reads metadata itself before it asks which kinds there are.
    let client_fault = decoded.wrong.iter().position(|(path, _, _)| in_meta(path));
    if let Some(first) = client_fault {
        wrong_types(answer, &decoded, first, Kind::Client);
        return None;
    }
    if let Some(diagnostic) = served(root, version, kind) {
        answer.diagnostics.push(diagnostic);
        return None;
    }
    if !decoded.wrong.is_empty() {
        wrong_types(answer, &decoded, 0, Kind::Decode);
        unknown_fields(answer, &decoded, Voice::Ours);
        return None;
    }
    unknown_fields(answer, &decoded, Voice::Server);
    Some(kind)
}

/// What an object is known by; `None` where it has no name yet.
fn key_of(root: &Node, kind: &str) -> Option<ObjectKey> {
    let meta = root.get("metadata")?;
    let text = |name: &str| {
        meta.get(name)
            .and_then(Node::as_str)
            .filter(|text| !text.is_empty())
    };
    let namespace = match kind {
        "Node" | "Namespace" => "",
        _ => text("namespace").unwrap_or("default"),
    };
    Some((
        kind.to_owned(),
        namespace.to_owned(),
        text("name")?.to_owned(),
    ))
}

/// Whose finding it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voice {
    Server,
    Ours,
}

impl Answer {
    /// Adds what a step of the server found. Behind a failed step it is ours, and only what stands in
    /// the text: what is missing may be there once the first fault is mended.
    fn step(&mut self, faults: Faults) {
        let first = !self.diagnostics.iter().any(|before| before.server);
        let before = self.diagnostics.iter();
        let mut said: BTreeSet<String> = before.map(|before| before.field.clone()).collect();
        for fault in faults.0 {
            if first || (fault.kind != Kind::Required && said.insert(fault.field.clone())) {
                self.diagnostics
                    .push(fault.diagnostic(Severity::Error, first));
            }
        }
    }
}

/// What kubectl looks at before anything else (`ValidateSchema`, then the builder's decoder).
fn client(root: &Node) -> Result<(&str, &str), Box<Fault>> {
    let at = At::root(root);
    let fault = |at: &At<'_>, message: String, help: &str| {
        let mut faults = Faults::default();
        faults.add(Kind::Client, at, message, help);
        let mut fault = faults.0.remove(0);
        fault.field.clear();
        Box::new(fault)
    };
    if !matches!(root.value, Value::Map(_)) {
        let message = format!(
            "A document is a mapping with apiVersion and kind; this one is `{}`.",
            at.shown()
        );
        let help = "Look for a missing space behind a colon, or a missing `---`.";
        return Err(fault(&at, message, help));
    }
    for (name, example) in [("apiVersion", "apiVersion: v1"), ("kind", "kind: Service")] {
        let field = at.child(name);
        let help = format!("Write for example `{example}`.");
        match field.text() {
            Some("") | None if !field.stated() || field.text() == Some("") => {
                return Err(fault(&field, format!("`{name}` is missing."), &help));
            }
            None => {
                let message = format!("`{}` is no `{name}`: a string is wanted.", field.shown());
                return Err(fault(&field, message, &help));
            }
            Some(_) => {}
        }
    }
    let version = at.child("apiVersion");
    let text = version.string();
    // ParseGroupVersion
    if text.matches('/').count() > 1 {
        let message = format!(
            "`{text}` is no apiVersion: it is a group and a version with one `/`, or a version."
        );
        return Err(fault(
            &version,
            message,
            "Write for example `v1` or `apps/v1`.",
        ));
    }
    Ok((
        root.get("apiVersion")
            .and_then(Node::as_str)
            .unwrap_or_default(),
        root.get("kind").and_then(Node::as_str).unwrap_or_default(),
    ))
}

/// Values of a wrong type. Go's decoder reports the first one.
fn wrong_types(answer: &mut Answer, decoded: &schema::Decoded<'_>, first: usize, kind: Kind) {
    for (index, (path, node, wanted)) in decoded.wrong.iter().enumerate() {
        let shown = At::root(node).shown();
        let number = |text: &str| text.parse::<i64>().is_ok();
        let help = match (&node.value, *wanted) {
            (Value::Bool(_), "a string") => {
                "Put the value in quotes: YAML takes yes, no, on, off, y and n for true and false."
                    .to_owned()
            }
            (Value::Int(_) | Value::Float(_), "a string") => "Put the value in quotes.".to_owned(),
            (Value::Str(text), wanted) if wanted.contains("number") && number(text) => {
                "Remove the quotes.".to_owned()
            }
            (Value::Str(text), wanted)
                if wanted.contains("`true`") && matches!(text.as_str(), "true" | "false") =>
            {
                "Remove the quotes.".to_owned()
            }
            (_, "a list") => "Write a list: begin each item with `- `.".to_owned(),
            (_, wanted) => format!("Write {wanted}."),
        };
        let fault = Fault {
            kind,
            // The decoder's error has a text and no field.
            field: String::new(),
            span: Some(node.span),
            message: format!(
                "`{path}` must be {wanted}; `{shown}` is of type {}.",
                node.value.type_name()
            ),
            help,
            since: Since::Ever,
        };
        let diagnostic = fault.diagnostic(Severity::Error, index == first);
        if index == first {
            answer.diagnostics.insert(0, diagnostic);
        } else {
            answer.diagnostics.push(diagnostic);
        }
    }
}

/// Fields that the type does not have: strict decoding reports them all.
fn unknown_fields(answer: &mut Answer, decoded: &schema::Decoded<'_>, voice: Voice) {
    for (path, key, names) in &decoded.unknown {
        let help = match kinds::similar(names, &key.name) {
            Some(name) => format!("Did you mean `{name}`?"),
            None => "Remove it, or look whether it is indented as it should be.".to_owned(),
        };
        let fault = Fault {
            kind: Kind::StrictDecode,
            field: path.clone(),
            span: Some(key.span),
            message: format!("There is no field `{path}`."),
            help,
            since: Since::Ever,
        };
        answer
            .diagnostics
            .push(fault.diagnostic(Severity::Error, voice == Voice::Server));
    }
}

/// Whether the cluster serves the kind (kubectl's RESTMapper).
fn served(root: &Node, version: &str, kind: &str) -> Option<Diagnostic> {
    let at = At::root(root);
    let (severity, message, help) = match kinds::known(version, kind) {
        Known::Served | Known::NotForServers => return None,
        Known::Foreign => (
            Severity::Warning,
            format!(
                "A cluster knows `{kind}` of `{version}` only once its CustomResourceDefinition is there."
            ),
            "Nothing to do here: it makes no rules of kube-proxy's.".to_owned(),
        ),
        Known::Unknown => {
            let help = match kinds::nearest(version, kind) {
                Some((version, kind)) => {
                    format!("Did you mean `kind: {kind}` with `apiVersion: {version}`?")
                }
                None => {
                    "Look for a slip in kind and apiVersion; `kubectl api-resources` lists both."
                        .to_owned()
                }
            };
            let message = format!("There is no kind `{kind}` in version `{version}`.");
            (Severity::Error, message, help)
        }
    };
    // Point at the half that is wrong: the version, where the kind is right elsewhere.
    let right_kind = kinds::nearest(version, kind).is_some_and(|(_, near)| near == kind);
    let field = at.child(if right_kind { "apiVersion" } else { "kind" });
    let fault = Fault {
        kind: Kind::NoMatch,
        field: String::new(),
        span: field.span(),
        message,
        help,
        since: Since::Ever,
    };
    Some(fault.diagnostic(severity, true))
}

/// The kind's own validation.
fn validate(faults: &mut Faults, root: &At<'_>, kind: &str) {
    match kind {
        "Service" => service::validate(faults, root),
        "EndpointSlice" => endpoints::slice(faults, root),
        "Endpoints" => endpoints::endpoints_object(faults, root),
        "Node" => node::node(faults, root),
        "Namespace" => node::namespace(faults, root),
        "Pod" => pod::pod(faults, root),
        "Deployment" => workload::deployment(faults, root),
        "ReplicaSet" => workload::replica_set(faults, root),
        "DaemonSet" => workload::daemon_set(faults, root),
        "StatefulSet" => workload::stateful_set(faults, root),
        "ReplicationController" => workload::replication_controller(faults, root),
        _ => {}
    }
}
