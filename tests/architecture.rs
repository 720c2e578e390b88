//! The layers, the map and the dependencies, as ARCHITECTURE.md and deny.toml tell them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Who may know whom: a crate of ours and those below it that it may name. A new edge is a change
/// of its own, with its reason in ARCHITECTURE.md.
const MAY_KNOW: [(&str, &[&str]); 19] = [
    ("netfilter", &[]),
    ("fabric", &["netfilter"]),
    ("cluster", &[]),
    ("link", &[]),
    ("edit", &["cluster"]),
    ("kube-proxy", &["cluster", "netfilter"]),
    ("recording", &["fabric", "netfilter"]),
    (
        "lab",
        &["cluster", "kube-proxy", "fabric", "netfilter", "recording"],
    ),
    (
        "console",
        &["cluster", "edit", "fabric", "lab", "netfilter"],
    ),
    ("lesson", &["lab", "cluster", "fabric", "netfilter"]),
    (
        "player",
        &[
            "lesson",
            "console",
            "link",
            "lab",
            "cluster",
            "edit",
            "kube-proxy",
            "fabric",
            "netfilter",
        ],
    ),
    (
        "chainwalk",
        &["player", "lesson", "lab", "fabric", "netfilter", "cluster"],
    ),
    (
        "chainwalk-cli",
        &[
            "console",
            "lesson",
            "player",
            "lab",
            "recording",
            "cluster",
            "kube-proxy",
            "fabric",
            "netfilter",
        ],
    ),
    ("chainwalk-engine", &["player"]),
    ("wasm-cases", &["lab"]),
    (
        "kernel-check",
        &["cluster", "fabric", "lab", "netfilter", "recording"],
    ),
    ("xtask", &[]),
    ("xtask-bundle", &[]),
    ("xtask-docs", &[]),
];

/// Crates that compute: the same input gives the same output, so they use nothing that could
/// bring in the outside.
const PURE: [&str; 11] = [
    "netfilter",
    "fabric",
    "cluster",
    "edit",
    "kube-proxy",
    "recording",
    "lab",
    "console",
    "link",
    "lesson",
    "player",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn metadata(args: &[&str]) -> Value {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let output = Command::new(cargo)
        .current_dir(root())
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(args)
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo metadata: {said}");
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Each member's dependencies that are not for its tests alone.
fn members() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata(&["--no-deps"]);
    let packages = list(&metadata, "packages").iter();
    packages
        .map(|package| {
            let used = list(package, "dependencies").iter();
            let used = used.filter(|d| d["kind"].as_str() != Some("dev"));
            (
                text(package, "name").to_owned(),
                used.map(|d| text(d, "name").to_owned()).collect(),
            )
        })
        .collect()
}

#[test]
fn dependencies_point_downwards() {
    let members = members();
    let known: BTreeMap<&str, &[&str]> = MAY_KNOW.into_iter().collect();
    for (name, used) in &members {
        let allowed = known.get(name.as_str());
        let allowed = allowed.unwrap_or_else(|| panic!("{name} is new: say here whom it may know"));
        for other in used.iter().filter(|other| members.contains_key(*other)) {
            assert!(
                allowed.contains(&other.as_str()),
                "{name} must not know {other}"
            );
        }
    }
    for name in known.keys() {
        assert!(members.contains_key(*name), "{name} is gone: drop it here");
    }
}

#[test]
fn layers_have_no_cycle() {
    let mut settled: BTreeSet<&str> = BTreeSet::new();
    for (name, below) in MAY_KNOW {
        for other in below {
            assert!(settled.contains(other), "{name} stands above {other}");
        }
        settled.insert(name);
    }
}

#[test]
fn the_core_is_pure() {
    let outside = [
        "yew",
        "web-sys",
        "js-sys",
        "wasm-bindgen",
        "gloo",
        "tokio",
        "getrandom",
        "chrono",
        "clap",
    ];
    let members = members();
    for name in PURE {
        for other in outside {
            assert!(
                !members[name].contains(other),
                "{name} must not know {other}"
            );
        }
    }
}

#[test]
fn only_one_file_names_the_browser() {
    for entry in std::fs::read_dir(root().join("src/components")).expect("the components") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a text");
        let uses = text
            .lines()
            .any(|l| l.trim_start().starts_with("use web_sys"));
        assert!(
            !uses,
            "{}: only src/browser.rs uses web_sys",
            path.display()
        );
    }
}

#[test]
fn the_map_names_what_there_is() {
    let map = read("ARCHITECTURE.md");
    let named: BTreeSet<String> = map
        .lines()
        .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'))
        .map(str::to_owned)
        .collect();
    let made = ["target", "node_modules", "dist"];
    let mut there = BTreeSet::new();
    for entry in std::fs::read_dir(root()).expect("the root") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        if path.is_dir() && !name.starts_with('.') && !made.contains(&&*name) && name != "crates" {
            there.insert(name.into_owned());
        }
    }
    for entry in std::fs::read_dir(root().join("crates")).expect("the crates") {
        let path = entry.expect("an entry").path();
        if path.join("Cargo.toml").exists() {
            let name = path.file_name().expect("a name").to_string_lossy();
            there.insert(format!("crates/{name}"));
        }
    }
    let missing: Vec<_> = there.difference(&named).collect();
    let gone: Vec<_> = named.difference(&there).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "ARCHITECTURE.md does not name {missing:?} and names {gone:?}, which are not there"
    );
    // Packages inside those folders are named in passing.
    for inner in ["xtask/bundle", "xtask/docs", "tests/wasm", "tests/kernel"] {
        if root().join(inner).join("Cargo.toml").exists() {
            assert!(
                map.contains(&format!("`{inner}`")),
                "the map leaves out {inner}"
            );
        }
    }
}

#[test]
fn each_shared_dependency_has_its_reason() {
    let manifest = read("Cargo.toml");
    let shared = manifest
        .split("[workspace.dependencies]")
        .nth(1)
        .and_then(|rest| rest.split("\n[").next())
        .expect("the workspace's dependencies");
    let mut inside = false;
    for line in shared.lines() {
        let starts = line.contains(" = ") && !inside && !line.trim_start().starts_with('#');
        if starts && !line.contains("path = ") {
            assert!(line.contains(" # "), "no reason beside: {line}");
        }
        // An entry over several lines has its reason beside its first.
        inside = match inside {
            true => !line.contains('}'),
            false => starts && line.contains('{') && !line.contains('}'),
        };
    }
}

#[test]
fn the_glue_s_maker_is_of_the_page_s_version() {
    let lock = read("Cargo.lock");
    let version = |name: &str| {
        let mut packages = lock.split("[[package]]");
        let package = packages.find(|p| p.contains(&format!("\nname = \"{name}\"\n")));
        let line = package.and_then(|p| p.lines().find(|l| l.starts_with("version = ")));
        line.unwrap_or_else(|| panic!("{name} is not in Cargo.lock"))
            .to_owned()
    };
    assert_eq!(version("wasm-bindgen"), version("wasm-bindgen-cli-support"));
}

/// The licences of deny.toml.
fn allowed() -> BTreeSet<String> {
    let text = read("deny.toml");
    let inner = text
        .split("allow = [")
        .nth(1)
        .and_then(|rest| rest.split(']').next())
        .expect("deny.toml lists licences");
    let quoted = inner.split('"').skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
}

/// Whether an SPDX expression can be met with the licences allowed. `/` is crates.io's old OR.
fn can_be_met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.replace('/', " OR ");
    let mut words = Vec::new();
    for word in expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .split_whitespace()
    {
        words.push(word.to_owned());
    }
    let mut at = 0;
    any(&words, &mut at, allowed) && at == words.len()
}

fn any(words: &[String], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut met = all(words, at, allowed);
    while words.get(*at).is_some_and(|w| w == "OR") {
        *at += 1;
        met |= all(words, at, allowed);
    }
    met
}

fn all(words: &[String], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut met = one(words, at, allowed);
    while words.get(*at).is_some_and(|w| w == "AND") {
        *at += 1;
        met &= one(words, at, allowed);
    }
    met
}

fn one(words: &[String], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let Some(word) = words.get(*at) else {
        return false;
    };
    *at += 1;
    if word == "(" {
        let met = any(words, at, allowed);
        *at += 1;
        return met;
    }
    let mut name = word.clone();
    if words.get(*at).is_some_and(|w| w == "WITH") {
        name = format!(
            "{name} WITH {}",
            words.get(*at + 1).map_or("", String::as_str)
        );
        *at += 2;
    }
    allowed.contains(&name)
}

#[test]
fn licence_expressions_are_read() {
    let allowed = allowed();
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
    ] {
        assert!(can_be_met(good, &allowed), "{good}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(GPL-2.0 OR AGPL-3.0) AND MIT",
    ] {
        assert!(!can_be_met(bad, &allowed), "{bad}");
    }
}

#[test]
fn dependencies_have_licences_that_suit_ours() {
    let allowed = allowed();
    for platform in ["x86_64-unknown-linux-gnu", "wasm32-unknown-unknown"] {
        let metadata = metadata(&["--filter-platform", platform]);
        let packages = list(&metadata, "packages");
        assert!(packages.len() > 20, "the dependencies were found");
        // Packages of other platforms are listed too; only the resolved ones are built.
        let built: BTreeSet<&str> = list(&metadata["resolve"], "nodes")
            .iter()
            .map(|node| text(node, "id"))
            .collect();
        for package in packages.iter().filter(|p| built.contains(text(p, "id"))) {
            let (name, licence) = (text(package, "name"), text(package, "license"));
            assert!(
                can_be_met(licence, &allowed),
                "{name}: \"{licence}\" is not in deny.toml"
            );
        }
    }
}
