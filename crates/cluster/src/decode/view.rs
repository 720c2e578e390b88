//! A cursor over a YAML node that asks for a type and takes absence for an answer.
//!
//! Whether a value has the right type is decided elsewhere; here a value of the wrong type is absent.

use std::collections::BTreeMap;

use crate::yaml::{Node, Value};

/// A node, or nothing where the text has none.
#[derive(Clone, Copy)]
pub struct View<'a>(Option<&'a Node>);

impl<'a> View<'a> {
    /// Looks at a node.
    pub fn of(node: &'a Node) -> Self {
        View(Some(node))
    }

    /// The value under a key.
    pub fn get(self, key: &str) -> View<'a> {
        match self.0.map(|node| &node.value) {
            Some(Value::Map(entries)) => {
                View(entries.iter().find(|(k, _)| k.name == key).map(|(_, v)| v))
            }
            _ => View(None),
        }
    }

    /// Whether the text has a value here that is not `null`.
    pub fn stated(self) -> bool {
        !matches!(self.0.map(|node| &node.value), None | Some(Value::Null))
    }

    /// A string.
    pub fn text(self) -> Option<&'a str> {
        match self.0.map(|node| &node.value) {
            Some(Value::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// A string, or the empty one.
    pub fn string(self) -> String {
        self.text().unwrap_or_default().to_owned()
    }

    /// A string that is not empty: Go's empty string is no value.
    pub fn word(self) -> Option<&'a str> {
        self.text().filter(|text| !text.is_empty())
    }

    /// A whole number; `80.0` is one, as for the API server's decoder.
    pub fn int(self) -> Option<i64> {
        match self.0.map(|node| &node.value) {
            Some(Value::Int(int)) => int.to_i64(),
            Some(Value::Float(float)) => {
                let value = float.value;
                // 2^53: beyond it a double no longer tells whole numbers apart.
                (value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0)
                    .then_some(value as i64)
            }
            _ => None,
        }
    }

    /// A port number, 1 to 65535; 0 is no value.
    pub fn port(self) -> Option<u16> {
        self.int()
            .and_then(|int| u16::try_from(int).ok())
            .filter(|port| *port != 0)
    }

    /// `true` or `false`.
    pub fn flag(self) -> Option<bool> {
        match self.0.map(|node| &node.value) {
            Some(Value::Bool(flag)) => Some(*flag),
            _ => None,
        }
    }

    /// Whether this is a mapping.
    pub fn is_map(self) -> bool {
        matches!(self.0.map(|node| &node.value), Some(Value::Map(_)))
    }

    /// Whether this is a sequence.
    pub fn is_list(self) -> bool {
        matches!(self.0.map(|node| &node.value), Some(Value::Seq(_)))
    }

    /// The items of a sequence; of anything else, none.
    pub fn items(self) -> impl Iterator<Item = View<'a>> {
        let items: &'a [Node] = match self.0.map(|node| &node.value) {
            Some(Value::Seq(items)) => items,
            _ => &[],
        };
        items.iter().map(View::of)
    }

    /// The entries of a mapping; of anything else, none.
    pub fn entries(self) -> impl Iterator<Item = (&'a str, View<'a>)> {
        let entries = match self.0.map(|node| &node.value) {
            Some(Value::Map(entries)) => entries.as_slice(),
            _ => &[],
        };
        entries
            .iter()
            .map(|(key, value)| (key.name.as_str(), View::of(value)))
    }

    /// A mapping from strings to strings, such as labels.
    pub fn string_map(self) -> BTreeMap<String, String> {
        self.entries()
            .filter_map(|(key, value)| Some((key.to_owned(), value.text()?.to_owned())))
            .collect()
    }

    /// The strings of a sequence.
    pub fn strings(self) -> impl Iterator<Item = &'a str> {
        self.items().filter_map(View::text)
    }

    /// A hash over all that is written here, whatever its layout.
    pub fn fingerprint(self) -> String {
        let text = self.0.map(Node::to_json).unwrap_or_default();
        crate::names::template_hash(&[&text])
    }
}
