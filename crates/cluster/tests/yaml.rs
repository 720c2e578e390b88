//! How kubectl reads YAML: every recorded input, document by document.

use std::fs;
use std::path::{Path, PathBuf};

use cluster::yaml;

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/yaml/cases")
}

/// Recordings that we knowingly do not follow, each with the reason.
const DIFFERENCES: &[(&str, &str)] = &[];

#[test]
fn every_recorded_input_reads_as_kubectl_reads_it() {
    let mut names: Vec<_> = fs::read_dir(cases())
        .expect("the recordings are there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    names.sort();
    assert!(names.len() >= 168);
    let mut failures = Vec::new();
    let mut differing = Vec::new();
    for path in &names {
        let name = path
            .file_stem()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        let outcome = compare(path);
        if DIFFERENCES.iter().any(|(known, _)| name.starts_with(known)) {
            differing.push((name, outcome.is_err()));
        } else if let Err(why) = outcome {
            failures.push(format!("{name}: {why}"));
        }
    }
    assert!(
        failures.is_empty(),
        "{} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
    for (name, differs) in differing {
        assert!(
            differs,
            "{name} is as recorded by now: take it off the list"
        );
    }
}

fn compare(path: &Path) -> Result<(), String> {
    let recorded = fs::read_to_string(path.with_extension("json")).expect("its recording");
    let recorded = json(&recorded);
    let bytes = fs::read(path).expect("readable");
    let (documents, diagnostics) = match yaml::text_of(0, bytes) {
        Ok(text) => yaml::read(0, &text),
        Err(diagnostic) => (Vec::new(), vec![*diagnostic]),
    };
    let ours: Vec<_> = documents
        .iter()
        .map(|document| json(&document.root.to_json()))
        .collect();
    let theirs = recorded["documents"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if ours != theirs {
        let ours = serde_json::Value::from(ours).to_string();
        let theirs = recorded["documents"].to_string();
        return Err(format!(
            "documents {ours:.200} but recorded {theirs:.200} ({:?})",
            diagnostics.first().map(|diagnostic| &diagnostic.message)
        ));
    }
    let fault = diagnostics.iter().find(|diagnostic| diagnostic.server);
    match (fault, recorded["error"].as_str()) {
        (None, Some(error)) => Err(format!("no fault, but recorded {error}")),
        (Some(fault), None) => Err(format!("a fault that is not recorded: {}", fault.message)),
        (None, None) => Ok(()),
        (Some(fault), Some(_)) => {
            let span = fault.span.ok_or("a fault without a place")?;
            if span.line == 0 || span.column == 0 || fault.help.is_empty() {
                return Err(format!("a fault without a proper place or help: {fault:?}"));
            }
            Ok(())
        }
    }
}

/// serde_json stops at 128 levels, and a recording has 200.
fn json(text: &str) -> serde_json::Value {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut reader).expect("JSON")
}
