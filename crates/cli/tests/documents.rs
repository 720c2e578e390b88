//! The walks in docs/ are run: each fenced `chainwalk` block must end as it says, so that no answer there can grow
//! old. How the site shows them is `xtask`'s.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One block: where it stands, its words and its manifest (the demo's where it has none).
struct Block {
    place: String,
    words: Vec<(String, String)>,
    manifest: String,
}

impl Block {
    fn word(&self, name: &str) -> Option<&str> {
        let found = self.words.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn blocks() -> Vec<Block> {
    let mut found = Vec::new();
    let docs = std::fs::read_dir(root().join("docs")).expect("there are documents");
    let mut files: Vec<PathBuf> = docs.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "md"));
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("it is text");
        let mut lines = text.lines().enumerate();
        while let Some((at, line)) = lines.next() {
            let Some(words) = line.strip_prefix("```chainwalk") else {
                continue;
            };
            let words = words
                .split_whitespace()
                .filter_map(|word| word.split_once('='));
            let inside = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| *line != "```");
            found.push(Block {
                place: format!("{}:{}", path.display(), at + 1),
                words: words
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .collect(),
                manifest: inside.map(|line| format!("{line}\n")).collect(),
            });
        }
    }
    found
}

fn walk(block: &Block) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainwalk"));
    command.arg("walk");
    match block.manifest.is_empty() {
        true => command.arg(root().join("www/demo.yaml")),
        false => command.arg("-"),
    };
    for name in ["from", "to", "seed"] {
        if let Some(value) = block.word(name) {
            command.args([&format!("--{name}"), value]);
        }
    }
    let mut child = command
        .arg("--json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut input = child.stdin.take().expect("it was piped");
    input
        .write_all(block.manifest.as_bytes())
        .expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let json: Result<serde_json::Value, _> = serde_json::from_str(&said);
    match json
        .ok()
        .and_then(|json| json["outcome"].as_str().map(str::to_owned))
    {
        Some(outcome) => outcome,
        None => format!(
            "no outcome: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}

#[test]
fn every_walk_in_the_documents_ends_as_it_says() {
    let blocks = blocks();
    assert!(
        blocks.len() >= 25,
        "the questions have their walks: {}",
        blocks.len()
    );
    let wrong: Vec<String> = blocks
        .iter()
        .filter_map(|block| {
            let expected = block.word("expect").unwrap_or("a word expect=…");
            let outcome = walk(block);
            (outcome != expected).then(|| format!("{}: {outcome}, not {expected}", block.place))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
