//! What a kernel was asked for the lessons: the simulator ends each as the kernel did, and in no other way.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/kernel/asked")
}

/// The ends that a recording shows: outcome, and which source the answering pod saw.
fn ends(file: &Value) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let observed = file["observed"].as_array().expect("a list of results");
    observed
        .iter()
        .map(|one| {
            let outcome = text(&one["outcome"]);
            let source = match outcome.as_str() {
                "reply" => text(&one["source_seen"]),
                _ => String::new(),
            };
            (outcome, source)
        })
        .collect()
}

#[test]
fn the_simulator_ends_as_the_kernel_did() {
    let mut cases = 0;
    for entry in fs::read_dir(folder()).expect("the folder is there") {
        let path = entry.expect("an entry can be read").path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a case is UTF-8");
        let theirs: Value = serde_json::from_str(&text).expect("a case is JSON");
        let load = |name: &str| fs::read_to_string(folder().join(name)).ok();
        let mut ours = BTreeSet::new();
        for seed in 0..12 {
            let played = recording::play(&text, &load, seed).expect("the case is read");
            let played: Value = serde_json::from_str(&played).expect("what is printed is JSON");
            ours.extend(ends(&played));
        }
        assert_eq!(ours, ends(&theirs), "{}", path.display());
        cases += 1;
    }
    assert!(cases >= 9, "the cases were found: {cases}");
}
