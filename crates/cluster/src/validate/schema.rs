//! Which fields each type has and of which JSON type: what strict decoding refuses.
//!
//! `fields.txt` holds the field names and types of Kubernetes 1.36 (k8s.io/api), one type a line:
//! `s` string, `i` int32, `I` int64, `b` bool, `x` int or string, `q` quantity, `t` time, `o` anything,
//! `[]` a list of, `{}` a mapping to, or the name of another line.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::place::{At, whole};
use super::quantity::Quantity;
use crate::yaml::{Key, Node, Value};

type Fields = Vec<(&'static str, &'static str)>;

fn types() -> &'static BTreeMap<&'static str, Fields> {
    static TYPES: OnceLock<BTreeMap<&'static str, Fields>> = OnceLock::new();
    TYPES.get_or_init(|| {
        let line = |line: &'static str| {
            let mut words = line.split(' ');
            let name = words.next().unwrap_or_default();
            (
                name,
                words.filter_map(|word| word.split_once(':')).collect(),
            )
        };
        include_str!("fields.txt").lines().map(line).collect()
    })
}

/// Whether the fields of a kind are known.
pub(super) fn knows(kind: &str) -> bool {
    types().contains_key(kind)
}

/// What decoding finds, in the order of the JSON that kubectl sends: names sorted.
#[derive(Debug, Default)]
pub(super) struct Decoded<'a> {
    /// Values of a wrong type: path, value, what is wanted.
    pub wrong: Vec<(String, &'a Node, &'static str)>,
    /// Fields that the type does not have: path, key, the type's fields.
    pub unknown: Vec<(String, &'a Key, Vec<&'static str>)>,
}

/// Decodes an object of that kind.
pub(super) fn decode<'a>(kind: &str, root: &'a Node) -> Decoded<'a> {
    let mut decoded = Decoded::default();
    value(kind, &At::root(root), root, &mut decoded);
    decoded
}

fn value<'a>(code: &str, at: &At<'_>, node: &'a Node, decoded: &mut Decoded<'a>) {
    // Go's decoder leaves a field alone when the JSON says null.
    if node.value == Value::Null {
        return;
    }
    if let Some(code) = code.strip_prefix("[]") {
        match &node.value {
            Value::Seq(items) => {
                for (index, item) in items.iter().enumerate() {
                    value(code, &at.index(index), item, decoded);
                }
            }
            _ => decoded.wrong.push((at.to_string(), node, "a list")),
        }
        return;
    }
    if let Some(code) = code.strip_prefix("{}") {
        match &node.value {
            Value::Map(entries) => {
                for (key, item) in sorted(entries) {
                    value(code, &at.key(&key.name), item, decoded);
                }
            }
            _ => decoded.wrong.push((at.to_string(), node, "a mapping")),
        }
        return;
    }
    if let Some(wanted) = scalar(code, node) {
        if let Err(wanted) = wanted {
            decoded.wrong.push((at.to_string(), node, wanted));
        }
        return;
    }
    let Some(fields) = types().get(code) else {
        return;
    };
    let Value::Map(entries) = &node.value else {
        decoded.wrong.push((at.to_string(), node, "a mapping"));
        return;
    };
    for (key, item) in sorted(entries) {
        match fields.binary_search_by(|(name, _)| (*name).cmp(key.name.as_str())) {
            Ok(place) => value(fields[place].1, &at.child(&key.name), item, decoded),
            Err(_) => {
                let names = fields.iter().map(|(name, _)| *name).collect();
                decoded
                    .unknown
                    .push((at.child(&key.name).to_string(), key, names));
            }
        }
    }
}

/// kubectl sends the object as Go prints a map: sorted by name.
fn sorted(entries: &[(Key, Node)]) -> Vec<&(Key, Node)> {
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_unstable_by(|a, b| a.0.name.cmp(&b.0.name));
    entries
}

/// Whether a scalar fits. `None` when the code names no scalar.
fn scalar(code: &str, node: &Node) -> Option<Result<(), &'static str>> {
    let value = &node.value;
    let int32 = || whole(node).is_some_and(|int| i32::try_from(int).is_ok());
    let (fits, wanted) = match code {
        "o" => (true, ""),
        "s" => (matches!(value, Value::Str(_)), "a string"),
        "b" => (matches!(value, Value::Bool(_)), "`true` or `false`"),
        "i" => (int32(), "a whole number of 32 bits"),
        "I" => (whole(node).is_some(), "a whole number of 64 bits"),
        "x" => (
            matches!(value, Value::Str(_)) || int32(),
            "a whole number of 32 bits or a string",
        ),
        "q" => (
            match value {
                Value::Str(text) => Quantity::parse(text.trim()).is_some(),
                Value::Int(_) | Value::Float(_) => true,
                _ => false,
            },
            "a quantity, such as `500m`, `128Mi` or `2`",
        ),
        "t" => (
            matches!(value, Value::Str(text) if looks_like_time(text)),
            "a time, such as `2024-01-31T12:00:00Z`",
        ),
        _ => return None,
    };
    Some(if fits { Ok(()) } else { Err(wanted) })
}

/// RFC 3339, as far as Go's `time.Parse` looks at shape and ranges.
fn looks_like_time(text: &str) -> bool {
    let number = |from: usize, to: usize| -> Option<u32> {
        let digits = text.get(from..to)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let mark = |at: usize, mark: &str| text.get(at..at + 1) == Some(mark);
    let within = |from, to, low, high| number(from, to).is_some_and(|n| (low..=high).contains(&n));
    let date = number(0, 4).is_some()
        && mark(4, "-")
        && within(5, 7, 1, 12)
        && mark(7, "-")
        && within(8, 10, 1, 31);
    let time = mark(10, "T")
        && within(11, 13, 0, 23)
        && mark(13, ":")
        && within(14, 16, 0, 59)
        && mark(16, ":")
        && within(17, 19, 0, 59);
    let rest = text.get(19..).unwrap_or_default();
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let offset = zone == "Z" || {
        let bytes = zone.as_bytes();
        bytes.len() == 6 && matches!(bytes[0], b'+' | b'-') && bytes[3] == b':'
    };
    date && time && offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_named_is_there_and_sorted() {
        for (name, fields) in types() {
            assert!(fields.is_sorted(), "{name}");
            for (field, code) in fields {
                let code = code.trim_start_matches(['[', ']', '{', '}']);
                let scalar = matches!(code, "s" | "i" | "I" | "b" | "x" | "q" | "t" | "o");
                assert!(scalar || knows(code), "{name}.{field}: {code}");
            }
        }
    }

    #[test]
    fn times() {
        assert!(looks_like_time("2024-01-31T12:00:00Z"));
        assert!(looks_like_time("2024-01-31T12:00:00.123456+02:00"));
        assert!(!looks_like_time("2024-01-31"));
        assert!(!looks_like_time("2024-13-31T12:00:00Z"));
        assert!(!looks_like_time("é024-13-31T12:00:00Z"));
    }
}
