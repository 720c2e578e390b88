//! A value of an object together with its path, and the list of what is wrong with it.

use std::fmt;

use super::release::Release;
use crate::diagnostic::{Diagnostic, Kind, Severity};
use crate::source::Span;
use crate::yaml::{Key, Node, Value};

/// A value that may be there, and how the API server names its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub node: Option<&'a Node>,
    key: Option<&'a Key>,
    parent: Option<&'a At<'a>>,
    part: Part<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Root,
    Name(&'a str),
    Index(usize),
    Key(&'a str),
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.part {
            Part::Root => Ok(()),
            Part::Name(name) if self.parent.is_some_and(|parent| !parent.is_root()) => {
                write!(f, ".{name}")
            }
            Part::Name(name) => f.write_str(name),
            Part::Index(index) => write!(f, "[{index}]"),
            Part::Key(key) => write!(f, "[{key}]"),
        }
    }
}

impl<'a> At<'a> {
    /// The whole object.
    pub(super) fn root(node: &'a Node) -> Self {
        At {
            node: Some(node),
            key: None,
            parent: None,
            part: Part::Root,
        }
    }

    fn is_root(&self) -> bool {
        matches!(self.part, Part::Root)
    }

    /// The field of that name.
    pub(super) fn child(&'a self, name: &'a str) -> At<'a> {
        self.child_as(name, name)
    }

    /// The field of that name, which the API server calls otherwise.
    pub(super) fn child_as(&'a self, name: &str, shown: &'a str) -> At<'a> {
        let entry = self.node.and_then(|node| node.entry(name));
        At {
            node: entry.map(|(_, node)| node),
            key: entry.map(|(key, _)| key),
            parent: Some(self),
            part: Part::Name(shown),
        }
    }

    /// Another value under a path below this one, which is how the API server names it.
    pub(super) fn stands_for(&'a self, shown: &'a str, other: &At<'a>) -> At<'a> {
        At {
            node: other.node,
            key: other.key,
            parent: Some(self),
            part: Part::Name(shown),
        }
    }

    /// One entry of a mapping: `limits[cpu]`.
    pub(super) fn key(&'a self, name: &'a str) -> At<'a> {
        At {
            part: Part::Key(name),
            ..self.child(name)
        }
    }

    /// The item of that number.
    pub(super) fn index(&'a self, index: usize) -> At<'a> {
        At {
            node: self.node.and_then(|node| node.items().get(index)),
            key: None,
            parent: Some(self),
            part: Part::Index(index),
        }
    }

    /// The items of a list.
    pub(super) fn items(&'a self) -> impl Iterator<Item = At<'a>> {
        (0..self.len()).map(|index| self.index(index))
    }

    /// How many items a list has.
    pub(super) fn len(&self) -> usize {
        self.node.map_or(0, |node| node.items().len())
    }

    /// The entries of a mapping.
    pub(super) fn entries(&self) -> &'a [(Key, Node)] {
        self.node.map_or(&[], Node::entries)
    }

    /// Whether the text has a value here that is not `null`.
    pub(super) fn stated(&self) -> bool {
        self.node.is_some_and(|node| node.value != Value::Null)
    }

    /// The string, where it is one.
    pub(super) fn text(&self) -> Option<&'a str> {
        self.node.and_then(Node::as_str)
    }

    /// The string, or Go's zero value.
    pub(super) fn string(&self) -> &'a str {
        self.text().unwrap_or_default()
    }

    /// The whole number, or Go's zero value. `80.0` is whole once kubectl has turned it into JSON.
    pub(super) fn int(&self) -> i64 {
        self.node.and_then(whole).unwrap_or_default()
    }

    /// `true`
    pub(super) fn yes(&self) -> bool {
        self.node
            .is_some_and(|node| node.value == Value::Bool(true))
    }

    /// Where to point: the value, or the nearest thing above that stands in the text.
    pub(super) fn span(&self) -> Option<Span> {
        match (self.node, self.key) {
            (Some(node), Some(key)) if node.value == Value::Null => Some(key.span),
            (Some(node), _) => Some(node.span),
            (None, _) => self.parent.and_then(At::span_as_owner),
        }
    }

    /// Where to point when a part of this is missing: its key, or where it begins.
    fn span_as_owner(&self) -> Option<Span> {
        match (self.node, self.key) {
            (Some(_), Some(key)) => Some(key.span),
            (Some(node), None) => Some(Span {
                end_line: node.span.line,
                end_column: node.span.column + 1,
                ..node.span
            }),
            (None, _) => self.parent.and_then(At::span_as_owner),
        }
    }

    /// The value as it is put into a sentence.
    pub(super) fn shown(&self) -> String {
        match self.node.map(|node| &node.value) {
            None | Some(Value::Null) => "nothing".to_owned(),
            Some(Value::Str(text)) if text.is_empty() => "\"\"".to_owned(),
            Some(Value::Str(text)) => shorten(text),
            Some(_) => shorten(&self.node.map(Node::to_json).unwrap_or_default()),
        }
    }
}

/// The number as Go's decoder takes it for an integer field.
pub(super) fn whole(node: &Node) -> Option<i64> {
    match &node.value {
        Value::Int(int) => int.to_i64(),
        // encoding/json writes a double without a point up to 1e21; beyond 2^63 no integer holds it.
        Value::Float(float) if float.value.fract() == 0.0 && float.value.abs() < 9.3e18 => {
            format!("{:.0}", float.value).parse().ok()
        }
        _ => None,
    }
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub kind: Kind,
    pub field: String,
    pub span: Option<Span>,
    pub message: String,
    pub help: String,
    pub since: Since,
}

/// Which servers refuse it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// Every one.
    Ever,
    /// Only a new one (StrictIPCIDRValidation): what an older one stored so stays, and kube-proxy reads it.
    Lately,
}

impl Fault {
    /// As a diagnostic. What only new servers refuse leaves the object in the cluster, so it warns.
    pub(super) fn diagnostic(self, severity: Severity, server: bool) -> Diagnostic {
        let severity = match self.since {
            Since::Lately => severity.max(Severity::Warning),
            Since::Ever => severity,
        };
        Diagnostic {
            span: self.span,
            severity,
            kind: self.kind,
            field: self.field,
            message: self.message,
            help: self.help,
            server,
        }
    }
}

/// All that is wrong, in the API server's order.
#[derive(Debug, Default)]
pub(super) struct Faults(pub Vec<Fault>, Release);

impl Faults {
    /// None yet, of a server of that release.
    pub(super) fn of(release: Release) -> Self {
        Faults(Vec::new(), release)
    }

    /// Whose rules are asked.
    pub(super) fn release(&self) -> Release {
        self.1
    }

    /// Anything, with its sentence.
    pub(super) fn add(
        &mut self,
        kind: Kind,
        at: &At<'_>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add_at(kind, at, at.span(), message, help);
    }

    /// Anything, at a place of its own.
    pub(super) fn add_at(
        &mut self,
        kind: Kind,
        at: &At<'_>,
        span: Option<Span>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.0.push(Fault {
            kind,
            field: at.to_string(),
            span,
            message: message.into(),
            help: help.into(),
            since: Since::Ever,
        });
    }

    /// An odd spelling that only new servers refuse.
    pub(super) fn lately(&mut self, at: &At<'_>, why: &str, help: impl Into<String>) {
        if self.release() == Release::V1_30 {
            return;
        }
        let before = self.0.len();
        self.invalid(at, &format!("{why}, which older servers accept"), help);
        for fault in &mut self.0[before..] {
            fault.since = Since::Lately;
        }
    }

    /// A value is missing.
    pub(super) fn required(&mut self, at: &At<'_>, help: impl Into<String>) {
        let state = if at.stated() { "empty" } else { "missing" };
        let message = format!("`{at}` is required and {state}.");
        self.add(Kind::Required, at, message, help);
    }

    /// A value is not allowed; `why` goes on after "It".
    pub(super) fn invalid(&mut self, at: &At<'_>, why: &str, help: impl Into<String>) {
        let message = format!("`{}` is not a valid `{at}`: it {why}.", at.shown());
        self.add(Kind::Invalid, at, message, help);
    }

    /// A value may not stand here; `why` is a whole sentence.
    pub(super) fn forbidden(&mut self, at: &At<'_>, why: &str, help: impl Into<String>) {
        self.add(
            Kind::Forbidden,
            at,
            format!("`{at}` may not stand here. {why}"),
            help,
        );
    }

    /// A value stands twice.
    pub(super) fn duplicate(&mut self, at: &At<'_>, help: impl Into<String>) {
        let message = format!("`{}` stands twice: `{at}` must be unique.", at.shown());
        self.add(Kind::Duplicate, at, message, help);
    }

    /// A value is none of those supported.
    pub(super) fn not_supported(&mut self, at: &At<'_>, supported: &[&str]) {
        let value = at.string();
        let near = supported
            .iter()
            .find(|word| word.eq_ignore_ascii_case(value));
        let help = match near {
            Some(word) => format!("Did you mean `{word}`? Upper and lower case matter."),
            None => format!("Use one of: {}.", supported.join(", ")),
        };
        let message = format!("`{}` is not supported as `{at}`.", at.shown());
        self.add(Kind::NotSupported, at, message, help);
    }

    /// A list is too long.
    pub(super) fn too_many(&mut self, at: &At<'_>, max: usize) {
        let message = format!("`{at}` has {} items; at most {max} are allowed.", at.len());
        self.add(Kind::TooMany, at, message, "Split it over several objects.");
    }

    /// A number below zero.
    pub(super) fn not_negative(&mut self, at: &At<'_>) {
        if at.int() < 0 {
            self.invalid(at, "is below zero", "Use 0 or more.");
        }
    }

    /// A port number outside 1 to 65535 (`IsValidPortNum`).
    pub(super) fn port_number(&mut self, at: &At<'_>, number: i64) {
        if !(1..=65_535).contains(&number) {
            let message = match at.stated() {
                true => {
                    format!("`{number}` is not a valid `{at}`: a port is a number from 1 to 65535.")
                }
                false => format!(
                    "`{at}` is missing, which counts as 0; a port is a number from 1 to 65535."
                ),
            };
            self.add(Kind::Invalid, at, message, "Use a number from 1 to 65535.");
        }
    }
}
