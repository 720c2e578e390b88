//! What a document is once read: values that know where they stand.
//!
//! The values are those of JSON, since that is what kubectl makes of YAML before anything else looks
//! at it. What a value should be (a port, a name) is not decided here.

use std::fmt;

use super::memory::Moves;
use crate::source::Span;

/// One document of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its value: a mapping, when it is to be a Kubernetes object.
    pub root: Node,
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it is written. What comes through an alias keeps the place of its anchor.
    pub span: Span,
}

/// A value, as JSON has them.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true`, `false`, and in YAML also `yes`, `no`, `on`, `off`, `y`, `n`.
    Bool(bool),
    /// A whole number of 64 bits, signed or not.
    Int(Int),
    /// Any other number.
    Float(Float),
    /// A string.
    Str(String),
    /// A sequence.
    Seq(Vec<Node>),
    /// A mapping, in written order. No name stands twice: the last one won.
    Map(Vec<(Key, Node)>),
}

/// The name of an entry and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The name. Numbers and booleans have become strings, as in JSON.
    pub name: String,
    /// Where it is written.
    pub span: Span,
}

/// A whole number between `i64::MIN` and `u64::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Int {
    /// What fits 64 bits with a sign.
    Signed(i64),
    /// What fits only without one.
    Unsigned(u64),
}

impl Int {
    /// The number, where 64 bits with a sign hold it.
    pub fn to_i64(self) -> Option<i64> {
        match self {
            Int::Signed(int) => Some(int),
            Int::Unsigned(int) => i64::try_from(int).ok(),
        }
    }
}

impl fmt::Display for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Int::Signed(int) => int.fmt(f),
            Int::Unsigned(int) => int.fmt(f),
        }
    }
}

/// A number that is not written as a whole one.
#[derive(Debug, Clone, PartialEq)]
pub struct Float {
    /// Its value, always finite.
    pub value: f64,
    /// Its text in JSON: from YAML as Go prints it (`80.0` is `80`), from JSON as written.
    pub text: Box<str>,
}

impl Moves for Node {
    fn moved(&self, lines: isize) -> Node {
        let value = match &self.value {
            Value::Seq(items) => Value::Seq(items.iter().map(|item| item.moved(lines)).collect()),
            Value::Map(entries) => {
                let moved = entries.iter().map(|(key, node)| {
                    let key = Key {
                        name: key.name.clone(),
                        span: key.span.moved(lines),
                    };
                    (key, node.moved(lines))
                });
                Value::Map(moved.collect())
            }
            scalar => scalar.clone(),
        };
        Node {
            value,
            span: self.span.moved(lines),
        }
    }
}

impl Moves for Document {
    fn moved(&self, lines: isize) -> Document {
        Document {
            root: self.root.moved(lines),
        }
    }
}

impl Value {
    /// What JSON calls this type, as the API server does in its messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::Float(_) => "number",
            Value::Str(_) => "string",
            Value::Seq(_) => "array",
            Value::Map(_) => "object",
        }
    }
}

impl Node {
    /// The value under a name, where this is a mapping that has it.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|(_, node)| node)
    }

    /// The entry of that name, where this is a mapping that has it.
    pub fn entry(&self, name: &str) -> Option<(&Key, &Node)> {
        match &self.value {
            Value::Map(entries) => entries
                .iter()
                .find(|(key, _)| key.name == name)
                .map(|(key, node)| (key, node)),
            _ => None,
        }
    }

    /// The string, where it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, where it is one. `80.0` is not: it is a [`Float`] that happens to be whole.
    pub fn as_int(&self) -> Option<i64> {
        match &self.value {
            Value::Int(int) => int.to_i64(),
            _ => None,
        }
    }

    /// The items, where it is a sequence; else none.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Seq(items) => items,
            _ => &[],
        }
    }

    /// The entries, where it is a mapping; else none.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value as JSON, names in written order.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut String) {
        match &self.value {
            Value::Null => out.push_str("null"),
            Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Value::Int(int) => out.push_str(&int.to_string()),
            Value::Float(float) => out.push_str(&float.text),
            Value::Str(text) => write_json_string(text, out),
            Value::Seq(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write_json(out);
                }
                out.push(']');
            }
            Value::Map(entries) => {
                out.push('{');
                for (index, (key, node)) in entries.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_json_string(&key.name, out);
                    out.push(':');
                    node.write_json(out);
                }
                out.push('}');
            }
        }
    }
}

/// RFC 8259, section 7: what must be escaped, and nothing else.
fn write_json_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}
