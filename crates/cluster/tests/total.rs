//! Loading never fails, whatever the text: no panic, no hang, and always the same answer.

mod support;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use support::load_text;

/// Every manifest at hand: the recordings' and our own.
fn manifests() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for folder in ["../../tests/oracle/apiserver/cases", "tests/manifests"] {
        for entry in fs::read_dir(root.join(folder)).expect("the folder is there") {
            let path = entry.expect("readable").path();
            if path
                .extension()
                .is_some_and(|extension| extension == "yaml")
            {
                texts.push(fs::read_to_string(path).expect("readable"));
            }
        }
    }
    texts.push(support::demo());
    texts.sort();
    texts
}

/// What people and mutation put where something else stood.
const WORDS: &[&str] = &[
    "0",
    "-1",
    "65535",
    "65536",
    "1e99",
    ".nan",
    "true",
    "null",
    "~",
    "[]",
    "{}",
    "\"\"",
    "None",
    "10.42.0.1",
    "10.42.0.0/33",
    "0.0.0.0/0",
    "::/0",
    "::",
    "255.255.255.255/32",
    "fd00::/127",
    "9223372036854775808",
    "LoadBalancer",
    "ExternalName",
    "List",
    "Pod",
    "Node",
    "kind: Service",
    "spec:",
    "- ",
    "---",
    "&a",
    "*a",
    "\t",
    "\u{feff}",
    "\u{0}",
    "é",
];

#[test]
fn every_manifest_gives_the_same_cluster_twice() {
    for text in manifests() {
        assert_eq!(load_text(&text), load_text(&text), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_text_loads(text in any::<String>()) {
        load_text(&text);
    }

    #[test]
    fn mutated_manifests_load(
        which in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..12usize, 0..WORDS.len()), 1..4),
    ) {
        let texts = manifests();
        let mut text: Vec<char> = which.get(&texts).chars().collect();
        for (at, length, word) in cuts {
            let at = at.index(text.len() + 1);
            let end = (at + length).min(text.len());
            text.splice(at..end, WORDS[word].chars());
        }
        let text: String = text.into_iter().collect();
        load_text(&text);
        load_text(&format!("{text}\n---\n{}", other.get(&texts)));
    }

    #[test]
    fn values_of_other_types_load(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..WORDS.len()), 1..5),
    ) {
        let texts = manifests();
        let mut lines: Vec<String> = which.get(&texts).lines().map(str::to_owned).collect();
        for (line, word) in changes {
            if lines.is_empty() {
                break;
            }
            let line = line.index(lines.len());
            if let Some(colon) = lines[line].find(": ") {
                lines[line].replace_range(colon + 2.., WORDS[word]);
            }
        }
        load_text(&lines.join("\n"));
    }
}
