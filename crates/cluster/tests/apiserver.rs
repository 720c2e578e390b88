//! What Kubernetes' own code said to faulty and tricky manifests, type by type and field by field.

use std::fs;
use std::path::{Path, PathBuf};

use cluster::validate::Server;
use cluster::{Diagnostic, Kind, yaml};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/apiserver/cases")
}

/// The recording's word for a kind.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Required => "Required",
        Kind::Invalid => "Invalid",
        Kind::Duplicate => "Duplicate",
        Kind::NotSupported => "NotSupported",
        Kind::Forbidden => "Forbidden",
        Kind::TooLong => "TooLong",
        Kind::TooMany => "TooMany",
        Kind::NotFound => "NotFound",
        Kind::StrictDecode => "StrictDecode",
        Kind::Decode => "Decode",
        Kind::Client => "Client",
        Kind::NoMatch => "NoMatch",
        Kind::InternalError => "InternalError",
        Kind::Note => "Note",
    }
}

/// What we say to the last object of a file, the others created before it.
fn say(slug: &str, text: &str) -> Vec<Diagnostic> {
    let mut cidrs = vec!["10.96.0.0/12".parse().expect("a range")];
    if slug.ends_with("-dual") {
        cidrs.push("fd00:10:96::/112".parse().expect("a range"));
    }
    let mut server = Server::new(&cidrs);
    let (documents, mut diagnostics) = yaml::read(0, text);
    if diagnostics.iter().any(|diagnostic| diagnostic.server) {
        return diagnostics;
    }
    for document in &documents {
        diagnostics = server.create(&document.root).diagnostics;
    }
    diagnostics
}

#[test]
fn every_recorded_manifest_is_answered_as_the_server_answers() {
    let mut paths: Vec<_> = fs::read_dir(cases())
        .expect("the recordings are there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    paths.sort();
    let mut failures = Vec::new();
    let mut count = 0;
    for path in paths {
        let slug = path
            .file_stem()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        if slug.ends_with(".old") || path.with_extension("old.yaml").exists() {
            continue;
        }
        count += 1;
        let text = fs::read_to_string(&path).expect("readable");
        let recorded = fs::read_to_string(path.with_extension("json")).expect("its recording");
        let recorded: Vec<serde_json::Value> = serde_json::from_str(&recorded).expect("JSON");
        let theirs: Vec<(String, String)> = recorded
            .iter()
            .map(|item| {
                let part = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
                (part("type"), part("field"))
            })
            .collect();
        let diagnostics = say(&slug, &text);
        let ours: Vec<(String, String)> = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.server)
            .map(|diagnostic| (word(diagnostic.kind).to_owned(), diagnostic.field.clone()))
            .collect();
        if ours != theirs {
            failures.push(format!("{slug}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
        for diagnostic in &diagnostics {
            let placed = diagnostic
                .span
                .is_some_and(|span| span.line >= 1 && span.column >= 1);
            if !placed || diagnostic.message.is_empty() || diagnostic.help.is_empty() {
                failures.push(format!(
                    "{slug}: without a place, sentence or help: {diagnostic:?}"
                ));
            }
        }
    }
    assert!(count >= 214, "{count} manifests");
    assert!(
        failures.is_empty(),
        "{} of {count} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
