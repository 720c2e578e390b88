//! Values that a change writes, and how they are written: in lines of their own, or in one line as JSON.

use cluster::yaml::{Int, Key, Node, Value};
use cluster::{Span, yaml};

/// A value to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// A word or any other text.
    Str(String),
    /// A number.
    Int(i64),
    /// `true` or `false`.
    Bool(bool),
    /// Names and values.
    Map(Vec<(String, Literal)>),
    /// Items.
    Seq(Vec<Literal>),
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Literal::Str(text.to_owned())
    }
}

impl Literal {
    /// A mapping.
    pub fn map<const N: usize>(entries: [(&str, Literal); N]) -> Literal {
        let entries = entries.into_iter();
        Literal::Map(
            entries
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }

    /// A value that was read, to be written elsewhere. Fractions are of no use here.
    pub fn of(node: &Node) -> Option<Literal> {
        Some(match &node.value {
            Value::Str(text) => Literal::Str(text.clone()),
            Value::Int(number) => Literal::Int(number.to_i64()?),
            Value::Bool(flag) => Literal::Bool(*flag),
            Value::Null | Value::Float(_) => return None,
            Value::Seq(items) => Literal::Seq(items.iter().filter_map(Literal::of).collect()),
            Value::Map(entries) => Literal::Map(
                entries
                    .iter()
                    .filter_map(|(key, value)| Some((key.name.clone(), Literal::of(value)?)))
                    .collect(),
            ),
        })
    }

    /// The same value as it is read; its place means nothing.
    pub(crate) fn node(&self) -> Node {
        let value = match self {
            Literal::Str(text) => Value::Str(text.clone()),
            Literal::Int(number) => Value::Int(Int::Signed(*number)),
            Literal::Bool(flag) => Value::Bool(*flag),
            Literal::Map(entries) => {
                let entry = |(name, value): &(String, Literal)| (key(name), value.node());
                Value::Map(entries.iter().map(entry).collect())
            }
            Literal::Seq(items) => Value::Seq(items.iter().map(Literal::node).collect()),
        };
        Node {
            value,
            span: NOWHERE,
        }
    }

    /// In one line, as JSON, which is YAML too.
    pub(crate) fn flow(&self) -> String {
        match self {
            Literal::Str(text) if is_plain(text) => text.clone(),
            _ => self.node().to_json(),
        }
    }

    /// In one line of JSON.
    pub(crate) fn json(&self) -> String {
        self.node().to_json()
    }

    /// In lines of its own, as what stands behind `name:` or `-` at a column.
    pub(crate) fn block(&self, indent: usize, end: &str, out: &mut String) {
        match self {
            Literal::Map(entries) if !entries.is_empty() => {
                for (index, (name, value)) in entries.iter().enumerate() {
                    if index > 0 {
                        out.push_str(end);
                        out.push_str(&" ".repeat(indent));
                    }
                    out.push_str(&Literal::Str(name.clone()).flow());
                    out.push(':');
                    value.behind(indent, end, out);
                }
            }
            Literal::Seq(items) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push_str(end);
                        out.push_str(&" ".repeat(indent));
                    }
                    out.push_str("- ");
                    item.block(indent + 2, end, out);
                }
            }
            _ => out.push_str(&self.flow()),
        }
    }

    /// What stands behind `name:`, where the name stands at a column.
    pub(crate) fn behind(&self, indent: usize, end: &str, out: &mut String) {
        let lines = match self {
            Literal::Map(entries) => !entries.is_empty(),
            Literal::Seq(items) => !items.is_empty(),
            _ => false,
        };
        if !lines {
            out.push(' ');
            return out.push_str(&self.flow());
        }
        out.push_str(end);
        out.push_str(&" ".repeat(indent + 2));
        self.block(indent + 2, end, out);
    }
}

/// Whether a text means itself when it stands in YAML without quotes: asked of the reader.
fn is_plain(text: &str) -> bool {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if text.is_empty()
        || !text.starts_with(|c: char| c.is_ascii_alphabetic())
        || !text.chars().all(safe)
    {
        return looks_like_address(text) && reads_back(text);
    }
    reads_back(text)
}

/// Addresses and ranges begin with a digit and are still words.
fn looks_like_address(text: &str) -> bool {
    text.matches('.').count() == 3 && text.chars().all(|c| c.is_ascii_digit() || "./".contains(c))
}

fn reads_back(text: &str) -> bool {
    let (documents, _) = yaml::read(0, &format!("a: {text}\n"));
    let found = documents.first().and_then(|d| d.root.get("a"));
    found.and_then(Node::as_str) == Some(text)
}

/// The place of what was not read from a text.
const NOWHERE: Span = Span {
    source: 0,
    line: 0,
    column: 0,
    end_line: 0,
    end_column: 0,
};

/// A name without a place.
pub(crate) fn key(name: &str) -> Key {
    Key {
        name: name.to_owned(),
        span: NOWHERE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn flow(text: &str, written: &str) {
        assert_eq!(Literal::from(text).flow(), written);
    }

    #[test]
    fn words_stand_without_quotes_where_they_mean_themselves() {
        flow("Local", "Local");
        flow("10.42.0.0/16", "10.42.0.0/16");
        flow("10.42.0.0/16,fd00::/64", "\"10.42.0.0/16,fd00::/64\"");
        flow("True", "\"True\"");
        flow("no", "\"no\"");
        flow("1.30", "\"1.30\"");
        flow("", "\"\"");
        flow("a: b", "\"a: b\"");
        flow("fd00::1", "\"fd00::1\"");
    }
}
