//! What every file of the repository keeps to, so that nobody has to remember it in a review.
//!
//! Dependencies and layers are judged in `architecture.rs`; what code does, by the other tests.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Folders that are not ours: made by a build, got from npm, kept by git.
const NOT_OURS: [&str; 4] = ["target", "node_modules", "dist", ".git"];
/// Kept exactly as recorded, so no rule of ours holds there.
const RECORDED: &str = "tests/oracle";
/// Texts, by the end of their names.
const TEXTS: [&str; 12] = [
    "rs", "toml", "md", "css", "html", "mjs", "js", "json", "yaml", "yml", "svg", "txt",
];
/// A file is split when it has so many lines besides its tests.
const LINES: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    collect(root(), &mut paths);
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = relative(&path);
        let end = name.rsplit('.').next().unwrap_or_default();
        if TEXTS.contains(&end) && !name.starts_with(RECORDED) {
            let text = std::fs::read_to_string(&path);
            files.push((name, text.expect("a text is UTF-8")));
        }
    }
    assert!(files.len() > 100, "the repository's files were found");
    files
}

fn rust() -> impl Iterator<Item = (String, String)> {
    files()
        .into_iter()
        .filter(|(name, _)| name.ends_with(".rs"))
}

fn collect(dir: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a folder can be read") {
        let path = entry.expect("an entry can be read").path();
        let name = path.file_name().expect("an entry has a name");
        if path.is_dir() {
            if !NOT_OURS.iter().any(|folder| name == *folder) {
                collect(&path, paths);
            }
        } else {
            paths.push(path);
        }
    }
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("below the root");
    path.to_string_lossy().replace('\\', "/")
}

/// The code of a file without its unit tests, which stand at its end.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text)
}

fn is_test(name: &str) -> bool {
    name.contains("/tests/") || name.starts_with("tests/") || name.contains("/benches/")
}

#[track_caller]
fn none(faults: Vec<String>, rule: &str) {
    assert!(faults.is_empty(), "{rule}:\n  {}", faults.join("\n  "));
}

/// Lines that hold one of the words, as `file:line: word`.
fn holding(files: impl Iterator<Item = (String, String)>, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in files {
        for (i, line) in text.lines().enumerate() {
            found.extend(
                words
                    .iter()
                    .filter(|w| line.contains(**w))
                    .map(|w| format!("{name}:{}: {w}", i + 1)),
            );
        }
    }
    found
}

#[test]
fn every_rust_file_says_what_it_is_for() {
    let faults = rust()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(name, _)| name);
    none(faults.collect(), "Begin with a `//!` sentence");
}

#[test]
fn no_file_is_longer_than_can_be_read_at_once() {
    let faults = rust().filter_map(|(name, text)| {
        let lines = code(&text).lines().count();
        (lines > LINES && !is_test(&name)).then(|| format!("{name}: {lines} lines"))
    });
    none(faults.collect(), "Split what has more than 600 lines");
}

#[test]
fn lines_end_where_they_end() {
    let mut faults = Vec::new();
    for (name, text) in files() {
        for (i, line) in text.lines().enumerate() {
            // rustfmt sees to Rust; what stands in its strings may be meant.
            if !name.ends_with(".rs") && line.ends_with([' ', '\t', '\r']) {
                faults.push(format!("{name}:{}", i + 1));
            }
        }
        if !text.is_empty() && !text.ends_with('\n') {
            faults.push(format!("{name}: no line end at its end"));
        }
    }
    // Broken manifests are broken on purpose.
    faults.retain(|f| !f.starts_with("tests/cases/"));
    none(
        faults,
        "No space before a line's end, and a line end at the file's end",
    );
}

#[test]
fn nothing_is_left_for_later() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("X", "XX:"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("coming", " soon"),
        concat!("#[ign", "ore"),
    ];
    let ours = files()
        .into_iter()
        .filter(|(name, _)| name != "package-lock.json" && !name.ends_with("count.rs"));
    none(
        holding(ours, &words),
        "Do it now or write it into docs/roadmap.md",
    );
}

#[test]
fn nothing_may_panic_for_want_of_a_sentence() {
    let code = rust()
        .filter(|(name, _)| !is_test(name))
        .map(|(name, text)| (name, code(&text).to_owned()));
    none(
        holding(code, &[concat!(".unwrap", "()")]),
        "`expect` states the invariant",
    );
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let words = [
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/t", "mp/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
    ];
    none(
        holding(files().into_iter(), &words),
        "No path of one machine",
    );
}

#[test]
fn packages_come_from_where_everyone_gets_them() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let faults = lock
        .lines()
        .filter(|line| line.starts_with("source = ") && *line != public);
    none(
        faults.map(str::to_owned).collect(),
        "Cargo.lock: crates.io only",
    );
    let lock = std::fs::read_to_string(root().join("package-lock.json")).expect("package-lock");
    assert!(
        !lock.contains("\"resolved\""),
        "package-lock.json names hosts; .npmrc leaves them out, so write it again with npm install"
    );
}

#[test]
fn the_recordings_are_as_they_were_made() {
    let mut paths = Vec::new();
    collect(&root().join(RECORDED), &mut paths);
    paths.sort();
    let mut list = String::new();
    for path in &paths {
        let bytes = std::fs::read(path).expect("a recording can be read");
        let digest = Sha256::digest(&bytes);
        let hex = digest.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let _ = writeln!(list, "{hex}  {}", relative(path));
    }
    let kept = std::fs::read_to_string(root().join("tests/oracle.sha256")).expect("the list");
    let changed: Vec<&str> = list
        .lines()
        .filter(|line| !kept.contains(*line))
        .chain(kept.lines().filter(|line| !list.contains(*line)))
        .collect();
    assert!(
        changed.is_empty(),
        "recordings are never edited; these differ from tests/oracle.sha256:\n{}",
        changed.join("\n")
    );
}

#[test]
fn what_a_repository_needs_is_there() {
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "LICENSE",
        "index.html",
        "Trunk.toml",
        "rust-toolchain.toml",
        "clippy.toml",
        "deny.toml",
        ".ci/run",
        "package-lock.json",
        "Cargo.lock",
    ] {
        assert!(root().join(name).exists(), "{name} is missing");
    }
}
