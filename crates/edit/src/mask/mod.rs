//! What in a manifest tells whose cluster it is, and the same manifest without that.
//!
//! Each name becomes another, the same one everywhere, and each address another of its own subnet; what is
//! Kubernetes' own vocabulary stays, and so does the text's layout, line by line. Comments keep the names
//! that stand in them, as replaced, and lose every other word. Sorted names stay sorted among those of their
//! role, since kube-proxy writes its rules in that order.

mod addresses;
mod pieces;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use cluster::Span;
use cluster::yaml::{Node, Value};

use addresses::Addresses;
use pieces::{Piece, pieces};
use words::{is_public, is_public_key};

/// What a text tells of its cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Private {
    /// Names, those of objects first, each role sorted.
    pub names: Vec<String>,
    /// Addresses, sorted; those that every cluster has are left out.
    pub addresses: Vec<String>,
    /// How many comments there are.
    pub comments: usize,
}

/// Which addresses are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All that tell something.
    NamesAndAddresses,
    /// None: only names are.
    Names,
}

/// What is replaced by what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mask {
    names: BTreeMap<String, String>,
    addresses: Addresses,
}

/// A text after that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The text.
    pub text: String,
    /// What was replaced.
    pub mask: Mask,
}

/// What a text tells of its cluster; `None` where it can't be read.
pub fn private(text: &str) -> Option<Private> {
    let found = scan(text)?;
    let mut addresses: BTreeSet<IpAddr> = found.addresses.iter().map(|(ip, _)| *ip).collect();
    addresses.retain(|ip| !addresses::is_everyones(*ip));
    let rank = |role: &str| ROLES.iter().position(|r| *r == role);
    let mut names: Vec<_> = found.names.into_iter().collect();
    names.sort_by_key(|(_, role)| rank(role));
    Some(Private {
        names: names.into_iter().map(|(name, _)| name).collect(),
        addresses: addresses.iter().map(IpAddr::to_string).collect(),
        comments: found.comments,
    })
}

/// The text with its names, and perhaps its addresses, replaced; `None` where it can't be read, or could not
/// be read any more.
pub fn masked(text: &str, which: Which) -> Option<Masked> {
    let found = scan(text)?;
    let mask = Mask {
        names: replacements(&found.names),
        addresses: match which {
            Which::NamesAndAddresses => Addresses::of(&found.addresses),
            Which::Names => Addresses::default(),
        },
    };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for scalar in &found.scalars {
        out.push_str(&mask.between(&text[at..scalar.start]));
        let raw = &text[scalar.start..scalar.end];
        match scalar.kept {
            true => out.push_str(raw),
            false => out.push_str(&mask.scalar(raw, &scalar.value)),
        }
        at = scalar.end;
    }
    out.push_str(&mask.between(&text[at..]));
    let lines = |text: &str| text.split('\n').count();
    let whole = crate::read(&out).is_some() && lines(&out) == lines(text);
    whole.then_some(Masked { text: out, mask })
}

impl Mask {
    /// What stands for the names and addresses in some words: a question, a command.
    pub fn of(&self, words: &str) -> String {
        let mut out = String::new();
        for piece in pieces(words) {
            match piece {
                Piece::Word(word) => out.push_str(&self.word(word).unwrap_or(word.to_owned())),
                Piece::Address(ip, _) => out.push_str(&self.addresses.instead(ip)),
                Piece::Other(other) => out.push_str(other),
            }
        }
        out
    }

    /// The names and what stands for them.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names.iter().map(|(a, b)| (a.as_str(), b.as_str()))
    }

    fn word(&self, word: &str) -> Option<String> {
        if let Some(name) = self.names.get(word) {
            return Some(name.clone());
        }
        // What a controller made of a name: `web-7d9f8-x2x4z`, `db-0`.
        let mut end = word.len();
        while let Some(dash) = word[..end].rfind('-') {
            if let Some(base) = self.names.get(&word[..dash]) {
                let rest = &word[dash..];
                let made = rest[1..].split('-').all(is_made);
                return made.then(|| format!("{base}{rest}"));
            }
            end = dash;
        }
        None
    }

    /// A value as it is written, with its quotes.
    fn scalar(&self, raw: &str, value: &str) -> String {
        if raw.starts_with('"') && raw.contains('\\') {
            return quoted(&self.of(value));
        }
        self.of(raw)
    }

    /// What stands between values: marks, anchors and comments.
    fn between(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('#') {
            out.push_str(&self.of(&rest[..at]));
            let end = rest[at..].find('\n').map_or(rest.len(), |end| at + end);
            out.push_str(&self.comment(&rest[at..end]));
            rest = &rest[end..];
        }
        out.push_str(&self.of(rest));
        out
    }

    fn comment(&self, comment: &str) -> String {
        let mut out = String::new();
        let mut gone = false;
        for piece in pieces(comment) {
            let kept = match piece {
                Piece::Word(word) => match self.word(word) {
                    Some(name) => Some(name),
                    None => is_public(word).then(|| word.to_owned()),
                },
                Piece::Address(ip, _) => Some(self.addresses.instead(ip)),
                Piece::Other(other) => {
                    let plain = |c: char| c.is_ascii_punctuation() || c.is_ascii_whitespace();
                    other.chars().all(plain).then(|| other.to_owned())
                }
            };
            match kept {
                // Between two words that are gone there is nothing to keep.
                Some(kept) if gone && kept.trim().is_empty() => {}
                Some(kept) => {
                    if gone && !kept.starts_with(|c: char| c.is_ascii_punctuation()) {
                        out.push(' ');
                    }
                    out.push_str(&kept);
                    gone = false;
                }
                None if gone => {}
                None => {
                    out.push('…');
                    gone = true;
                }
            }
        }
        out
    }
}

/// A string with every character escaped that a double-quoted one can't hold as it is (YAML 1.2, 5.7).
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether this is a number or the kind of letters that a controller puts behind a name
/// (apimachinery's util/rand.go leaves out vowels and what looks like them).
fn is_made(part: &str) -> bool {
    let drawn = |c: char| "bcdfghjklmnpqrstvwxz2456789".contains(c);
    let hash = |c: char| c.is_ascii_digit() || drawn(c);
    (1..=10).contains(&part.len())
        && (part.chars().all(|c| c.is_ascii_digit()) || (part.len() >= 5 && part.chars().all(hash)))
}

struct Scalar {
    start: usize,
    end: usize,
    value: String,
    kept: bool,
}

#[derive(Default)]
struct Found {
    scalars: Vec<Scalar>,
    /// Each name and its role.
    names: BTreeMap<String, &'static str>,
    addresses: BTreeSet<(IpAddr, Option<u8>)>,
    comments: usize,
}

/// Whether this is a moment (RFC 3339), which names nobody.
fn is_time(value: &str) -> bool {
    let mut chars = value.chars();
    let mut next = |n| chars.nth(n).unwrap_or_default();
    next(4) == '-' && next(2) == '-' && next(2) == 'T' && value.ends_with('Z')
}

/// The roles of names; where one has several, the first of these counts.
const ROLES: [&str; 12] = [
    "namespace",
    "node",
    "service",
    "deployment",
    "statefulset",
    "daemonset",
    "pod",
    "slice",
    "port",
    "image",
    "label",
    "name",
];

fn scan(text: &str) -> Option<Found> {
    let documents = crate::read(text)?;
    let lines = Lines::of(text);
    let mut found = Found::default();
    let mut walk = Walk {
        lines: &lines,
        found: &mut found,
        kind: "name",
        path: Vec::new(),
    };
    for document in &documents {
        walk.kind = role_of_kind(document.root.get("kind").and_then(Node::as_str));
        walk.node(&document.root, false);
    }
    let mut scalars = std::mem::take(&mut found.scalars);
    scalars.sort_by_key(|s| (s.start, s.end));
    // What an alias repeats stands once.
    scalars.dedup_by_key(|s| s.start);
    let apart = scalars.windows(2).all(|pair| pair[0].end <= pair[1].start);
    if !apart {
        return None;
    }
    let mut at = 0;
    for scalar in &scalars {
        found.comments += text[at..scalar.start].matches('#').count();
        at = scalar.end;
    }
    found.comments += text[at..].matches('#').count();
    found.scalars = scalars;
    Some(found)
}

fn role_of_kind(kind: Option<&str>) -> &'static str {
    match kind.unwrap_or_default() {
        "Namespace" => "namespace",
        "Node" => "node",
        "Service" | "Endpoints" => "service",
        "Deployment" | "ReplicaSet" => "deployment",
        "StatefulSet" => "statefulset",
        "DaemonSet" => "daemonset",
        "Pod" => "pod",
        "EndpointSlice" => "slice",
        _ => "name",
    }
}

struct Walk<'a> {
    lines: &'a Lines<'a>,
    found: &'a mut Found,
    kind: &'static str,
    path: Vec<&'a str>,
}

/// Maps whose names are people's own.
const OWN: [&str; 8] = [
    "labels",
    "annotations",
    "matchLabels",
    "nodeSelector",
    "data",
    "stringData",
    "binaryData",
    "selector",
];

impl<'a> Walk<'a> {
    fn node(&mut self, node: &'a Node, kept: bool) {
        match &node.value {
            Value::Map(entries) => {
                let own = self.path.last().is_some_and(|name| OWN.contains(name));
                // A Deployment's selector holds a map of people's own, and is none.
                let own = own && node.get("matchLabels").is_none();
                let kind = self.kind;
                if let Some(inner) = node.get("kind").and_then(Node::as_str) {
                    self.kind = role_of_kind(Some(inner));
                }
                for (key, value) in entries {
                    let public = !own || is_public_key(&key.name);
                    self.scalar(key.span, &key.name, public, "label");
                    self.path.push(&key.name);
                    self.node(value, matches!(&*key.name, "kind" | "apiVersion"));
                    self.path.pop();
                }
                self.kind = kind;
            }
            Value::Seq(items) => {
                for item in items {
                    self.node(item, kept);
                }
            }
            Value::Str(value) => {
                let role = self.role();
                self.scalar(node.span, value, kept || is_time(value), role);
            }
            _ => {}
        }
    }

    fn role(&self) -> &'static str {
        let last = self.path.last().copied().unwrap_or_default();
        let before = self.path.len().checked_sub(2).map(|i| self.path[i]);
        match (before, last) {
            (_, "namespace") => "namespace",
            (_, "nodeName" | "hostname" | "kubernetes.io/hostname") => "node",
            (_, "serviceName" | "kubernetes.io/service-name") => "service",
            (Some("metadata"), "name") => self.kind,
            (Some("ports"), "name") | (_, "targetPort" | "port") => "port",
            (_, "image") => "image",
            (Some(map), _) if OWN.contains(&map) => "label",
            _ => "name",
        }
    }

    fn scalar(&mut self, span: Span, value: &str, kept: bool, role: &'static str) {
        let Some((start, end)) = self.lines.range(span) else {
            return;
        };
        if start >= end {
            return;
        }
        self.found.scalars.push(Scalar {
            start,
            end,
            value: value.to_owned(),
            kept,
        });
        if kept {
            return;
        }
        let single = pieces(value).count() == 1;
        for piece in pieces(value) {
            match piece {
                Piece::Word(word) if !is_public(word) => {
                    let role = if single { role } else { "name" };
                    let rank = |role: &str| ROLES.iter().position(|r| *r == role);
                    let known = self.found.names.entry(word.to_owned()).or_insert(role);
                    if rank(role) < rank(known) {
                        *known = role;
                    }
                }
                Piece::Address(ip, prefix) => {
                    self.found.addresses.insert((ip, prefix));
                }
                _ => {}
            }
        }
    }
}

/// Another name for each, in the same order within its role.
fn replacements(names: &BTreeMap<String, &'static str>) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for role in ROLES {
        let own: Vec<&String> = names
            .iter()
            .filter(|(_, r)| **r == role)
            .map(|(name, _)| name)
            .collect();
        // What was made of another name follows that one.
        let own: Vec<&String> = own
            .iter()
            .copied()
            .filter(|name| !is_made_of(name, names))
            .collect();
        let width = own.len().to_string().len();
        for (n, name) in (1..).zip(own) {
            out.insert(name.clone(), format!("{role}-{n:0width$}"));
        }
    }
    out
}

fn is_made_of(name: &str, names: &BTreeMap<String, &'static str>) -> bool {
    let mut end = name.len();
    while let Some(dash) = name[..end].rfind('-') {
        if names.contains_key(&name[..dash]) && !is_made_of(&name[..dash], names) {
            return name[dash + 1..].split('-').all(is_made);
        }
        end = dash;
    }
    false
}

/// Where each line begins.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Lines<'a> {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(breaks).collect();
        Lines { text, starts }
    }

    fn range(&self, span: Span) -> Option<(usize, usize)> {
        let start = self.offset(span.line, span.column)?;
        let end = self.offset(span.end_line, span.end_column)?;
        (start <= end).then_some((start, end))
    }

    fn offset(&self, line: usize, column: usize) -> Option<usize> {
        let start = *self.starts.get(line.checked_sub(1)?)?;
        let line = self.text[start..].split('\n').next().unwrap_or_default();
        let within = line.char_indices().nth(column.checked_sub(1)?);
        Some(start + within.map_or(line.len(), |(i, _)| i))
    }
}
