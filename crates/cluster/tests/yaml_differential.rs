//! Two readers beside each other: what ours and serde_yaml both accept, both read alike.
//!
//! serde_yaml reads YAML 1.2, kubectl's library YAML 1.1 with exceptions. [`REASONS`] lists where the
//! two are meant to differ; everything else must be equal.

use std::fs;
use std::path::Path;

use cluster::yaml::{self, Node, Value};
use proptest::prelude::*;

/// Why a difference is none of ours to mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// A string there is a boolean or number here: `yes`, `017`, `1_000`, `.5`, `0b1` as YAML 1.1 has them.
    Yaml11Scalar,
    /// A number is written otherwise: `1.0` is `1`.
    NumberText,
    /// Keys are numbers and booleans there and strings here: `1`, `on`.
    Keys,
    /// `<<` is an ordinary key there.
    Merge,
    /// A tag is kept there and has its effect here.
    Tag,
    /// Lines in the first column belong to a block scalar that is the whole document here, as YAML 1.2 has it
    /// (its parent's indentation is -1), and to nothing there. A document that is a string is no object to either.
    RootBlock,
}

const REASONS: &[Reason] = &[
    Reason::Yaml11Scalar,
    Reason::NumberText,
    Reason::Keys,
    Reason::Merge,
    Reason::Tag,
];

/// The documents as serde_yaml has them, or `None` where it refuses one.
fn theirs(text: &str) -> Option<Vec<serde_yaml::Value>> {
    let mut documents = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let value: serde_yaml::Value = serde::Deserialize::deserialize(document).ok()?;
        if !value.is_null() {
            documents.push(value);
        }
    }
    Some(documents)
}

fn ours(text: &str) -> Option<Vec<Node>> {
    let (documents, diagnostics) = yaml::read(0, text);
    let refused = diagnostics.iter().any(|diagnostic| diagnostic.server);
    (!refused).then(|| {
        documents
            .into_iter()
            .map(|document| document.root)
            .collect()
    })
}

/// The reasons for which the two differ; an error where there is none.
fn compare(text: &str) -> Result<Vec<Reason>, String> {
    let (Some(ours), Some(theirs)) = (ours(text), theirs(text)) else {
        return Ok(Vec::new());
    };
    let mut reasons = Vec::new();
    if ours.len() != theirs.len() {
        return Err(format!(
            "{} documents here, {} there",
            ours.len(),
            theirs.len()
        ));
    }
    // serde_yaml leaves base64 as it is.
    if text.contains("!!binary") {
        return Ok(vec![Reason::Tag]);
    }
    for (our, their) in ours.iter().zip(&theirs) {
        match (&our.value, their) {
            (Value::Str(_), serde_yaml::Value::String(_)) if begins_in_the_first_column(text) => {
                reasons.push(Reason::RootBlock);
            }
            _ => node(our, their, &mut reasons)?,
        }
    }
    Ok(reasons)
}

/// Whether a document is a block scalar whose lines are not indented.
fn begins_in_the_first_column(text: &str) -> bool {
    let mut lines = text.lines();
    lines.any(|line| line.starts_with(['|', '>']))
        && lines
            .find(|line| !line.trim().is_empty())
            .is_some_and(|line| !line.starts_with(' '))
}

fn node(our: &Node, their: &serde_yaml::Value, reasons: &mut Vec<Reason>) -> Result<(), String> {
    use serde_yaml::Value as Their;
    match (&our.value, their) {
        (Value::Null, Their::Null) => Ok(()),
        (Value::Bool(our), Their::Bool(their)) if our == their => Ok(()),
        (Value::Str(our), Their::String(their)) if our == their => Ok(()),
        (Value::Int(_) | Value::Float(_), Their::Number(their)) => {
            let our = our.to_json();
            if our != their.to_string() {
                let (our, their) = (our.parse::<f64>().ok(), their.as_f64());
                if our != their {
                    return Err(format!("{our:?} here, {their:?} there"));
                }
                reasons.push(Reason::NumberText);
            }
            Ok(())
        }
        (Value::Bool(_) | Value::Int(_) | Value::Float(_), Their::String(text)) => {
            let (documents, _) = yaml::read(0, text);
            if documents.len() == 1 && documents[0].root.value == our.value {
                reasons.push(Reason::Yaml11Scalar);
                return Ok(());
            }
            Err(format!("{our:?} here, the string {text:?} there"))
        }
        (_, Their::Tagged(_)) => {
            reasons.push(Reason::Tag);
            Ok(())
        }
        (Value::Seq(our), Their::Sequence(their)) if our.len() == their.len() => our
            .iter()
            .zip(their)
            .try_for_each(|(our, their)| node(our, their, reasons)),
        (Value::Map(our), Their::Mapping(their)) => {
            if their.contains_key("<<") {
                reasons.push(Reason::Merge);
                return Ok(());
            }
            let names = their.keys().filter_map(serde_yaml::Value::as_str);
            let known = names
                .filter(|name| our.iter().any(|(key, _)| key.name == *name))
                .count();
            if known < their.len() {
                // Each of these reads as kubectl's library does; which one wins is recorded.
                reasons.push(Reason::Keys);
                return Ok(());
            }
            for (key, value) in our {
                let Some(their) = their.get(key.name.as_str()) else {
                    return Err(format!("no {} there", key.name));
                };
                node(value, their, reasons)?;
            }
            Ok(())
        }
        _ => Err(format!("{our:?} here, {their:?} there")),
    }
}

#[test]
fn recorded_inputs_read_alike() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/yaml/cases");
    let mut met = Vec::new();
    for entry in fs::read_dir(folder).expect("the recordings are there") {
        let path = entry.expect("readable").path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        match compare(&text) {
            Ok(reasons) => met.extend(reasons),
            Err(why) => panic!("{}: {why}", path.display()),
        }
    }
    // A reason that nothing needs any more is to be struck off.
    for reason in REASONS {
        assert!(met.contains(reason), "nothing differs for {reason:?}");
    }
}

/// No recording has one.
#[test]
fn a_block_scalar_at_the_root_may_begin_in_the_first_column() {
    assert_eq!(compare("|\n# c\n"), Ok(vec![Reason::RootBlock]));
    assert_eq!(compare("|\n  c\n"), Ok(vec![]));
}

/// A line of YAML-like text, often well-formed.
fn line() -> impl Strategy<Value = String> {
    let indent = prop_oneof![8 => Just(0usize), 4 => Just(2), 2 => Just(4), 1 => 0usize..6];
    let key = prop_oneof![
        Just("a"),
        Just("b"),
        Just("spec"),
        Just("\"q\""),
        Just("1"),
        Just("on"),
        Just("<<"),
        Just("? c")
    ];
    let value = prop_oneof![
        Just(""),
        Just("1"),
        Just("x y"),
        Just("\"q: r\""),
        Just("'it''s'"),
        Just("yes"),
        Just("017"),
        Just("[1, 2]"),
        Just("{a: 1}"),
        Just("|"),
        Just(">-"),
        Just("&x 1"),
        Just("*x"),
        Just("~"),
        Just("1.50"),
        Just("# c"),
        Just("x # c"),
        Just("!!str 5"),
        Just("- 1"),
        Just("a: b"),
        Just("\t"),
        Just("\"un"),
        Just("[1"),
        Just("-1e3"),
        Just("0x1f")
    ];
    let shape = prop_oneof![
        6 => Just("KV"), 3 => Just("-V"), 2 => Just("-KV"), 1 => Just("---"), 1 => Just(""), 1 => Just("V")
    ];
    (indent, key, value, shape).prop_map(|(indent, key, value, shape)| {
        let body = match shape {
            "KV" => format!("{key}: {value}"),
            "-V" => format!("- {value}"),
            "-KV" => format!("- {key}: {value}"),
            "V" => value.to_owned(),
            other => other.to_owned(),
        };
        format!("{}{body}", " ".repeat(indent))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn lines_read_alike(lines in prop::collection::vec(line(), 0..8)) {
        let text = lines.join("\n") + "\n";
        if let Err(why) = compare(&text) {
            panic!("{why}\n{text}");
        }
    }

    #[test]
    fn anything_ends(text in "[-\\[\\]{}:,#&*!|>'\"%@`?a1~. \t\n\r\u{feff}\u{85}é\\\\u]{0,60}") {
        let (documents, diagnostics) = yaml::read(0, &text);
        for diagnostic in &diagnostics {
            let span = diagnostic.span.expect("a text has places");
            prop_assert!(span.line >= 1 && span.column >= 1);
            prop_assert!(span.line <= text.lines().count().max(1) + text.matches('\r').count() + 1);
        }
        for document in &documents {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&document.root.to_json()).is_ok());
        }
    }
}
