//! Prints every case with its native answer as JSON: a list of `{name, yaml, asks, answer}`.
//!
//! The manifests are those that other tests judge: our own cases with their questions, and the
//! recordings of kube-proxy and of the API server.

use std::io::Write;
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    // Compiling this for wasm is not wanted, only possible.
    #[cfg(not(target_arch = "wasm32"))]
    std::io::stdout().write_all(json(&cases()).as_bytes())?;
    std::io::stdout().flush()
}

struct Case {
    name: String,
    yaml: String,
    asks: String,
}

fn cases() -> Vec<Case> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut cases = Vec::new();
    for folder in sorted(&tests.join("cases")) {
        let yaml = match read(&folder.join("input.path")) {
            Some(path) => read(&tests.join("..").join(path.trim())),
            None => read(&folder.join("input.yaml")),
        };
        cases.extend(yaml.map(|yaml| Case {
            name: name(&folder),
            yaml,
            asks: questions(&read(&folder.join("asks.txt")).unwrap_or_default()),
        }));
    }
    for folder in sorted(&tests.join("oracle/kube-proxy/cases")) {
        cases.extend(read(&folder.join("input.yaml")).map(|yaml| Case {
            name: name(&folder),
            asks: first_service(&yaml),
            yaml,
        }));
    }
    for file in sorted(&tests.join("oracle/apiserver/cases")) {
        if file.extension().is_some_and(|end| end == "yaml") {
            cases.extend(read(&file).map(|yaml| Case {
                name: name(&file),
                yaml,
                asks: String::new(),
            }));
        }
    }
    cases
}

/// A question to the first address that the manifest gives a Service, from two sides.
fn first_service(yaml: &str) -> String {
    let value = |key: &str| {
        let line = yaml.lines().find_map(|l| l.trim().strip_prefix(key))?;
        let value = line.trim().trim_matches(['"', '\'']);
        (!value.is_empty() && value != "None").then(|| value.to_owned())
    };
    match value("clusterIP:") {
        Some(ip) => (1..=3)
            .map(|seed| match ip.contains(':') {
                true => format!("outside [{ip}]:80 {seed}\n"),
                false => format!("outside {ip}:80 {seed}\n"),
            })
            .collect(),
        None => String::new(),
    }
}

fn questions(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|l| !l.trim().is_empty() && !l.starts_with('#'));
    lines.map(|l| format!("{l}\n")).collect()
}

fn sorted(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

#[cfg(not(target_arch = "wasm32"))]
fn json(cases: &[Case]) -> String {
    let list = cases.iter().map(|case| {
        serde_json::json!({
            "name": case.name,
            "yaml": case.yaml,
            "asks": case.asks,
            "answer": wasm_cases::answer(&case.yaml, &case.asks),
        })
    });
    serde_json::Value::Array(list.collect()).to_string()
}
