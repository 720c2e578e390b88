//! How kubectl reads YAML: every recorded input, document by document.

use std::fs;
use std::path::{Path, PathBuf};

use cluster::yaml;

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/yaml/cases")
}

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
    for path in &names {
        if let Err(why) = compare(path) {
            failures.push(format!("{}: {why}", path.display()));
        }
    }
    assert!(
        failures.is_empty(),
        "{} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// Where we knowingly differ: none of the recordings, but texts that kubectl takes and we refuse.
#[test]
fn what_kubectl_takes_and_we_refuse() {
    let repeated = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(1 << 20),
        "*a, ".repeat(40)
    );
    let differences = [
        // Go stops at 10,000 levels, whose stack a browser does not have.
        ("deeper than 256 levels", "[".repeat(300) + &"]".repeat(300)),
        // Go counts aliases, not bytes; a page has less room than kubectl.
        ("more than 16 MiB through aliases", repeated),
        // libyaml knows this escape of YAML 1.1; YAML 1.2 has dropped it.
        ("an escaped apostrophe", "a: \"it\\'s\"\n".to_owned()),
    ];
    for (what, text) in differences {
        let (_, diagnostics) = yaml::read(0, &text);
        assert!(
            diagnostics.iter().any(|diagnostic| diagnostic.server),
            "{what}"
        );
    }
}

/// Compares one input: its documents (what is `skipped` there, empty documents, is left out here too),
/// whether it breaks and at which line, and the names that stand twice. `kubectl` and `kubectlError` are
/// the builder's word on objects, which is checked with whole manifests in `apiserver.rs`.
fn compare(path: &Path) -> Result<(), String> {
    let recorded = fs::read_to_string(path.with_extension("json")).expect("its recording");
    let recorded = json(&recorded);
    let bytes = fs::read(path).expect("readable");
    let (documents, diagnostics) = match yaml::text_of(0, bytes.clone()) {
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
    // The strict reader also counts names that only merge keys bring, which is what they are for.
    let merged = ["019-merge-key-after", "020-merge-list"];
    if !merged
        .iter()
        .any(|slug| path.ends_with(format!("{slug}.yaml")))
    {
        doubled(&recorded, &diagnostics)?;
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
            let Some(theirs) = recorded["line"].as_u64() else {
                return Ok(());
            };
            // Their line is counted inside the document, and is that of the mark or the one before.
            let text = String::from_utf8_lossy(&bytes);
            let before = text.lines().take(span.line - 1);
            let begin = before
                .enumerate()
                .filter(|(_, line)| line.starts_with("---"))
                .last()
                .map_or(0, |(index, _)| index + 1);
            let ours = u64::try_from(span.line - begin).unwrap_or_default();
            // Quotes that nothing closes are noticed at the end, and mended where they were opened.
            let opened = fault.message.contains("quote");
            if ours == theirs || ours == theirs + 1 || (opened && ours < theirs) {
                Ok(())
            } else {
                Err(format!("line {ours}, recorded {theirs}: {}", fault.message))
            }
        }
    }
}

/// Names that stand twice: `strictErrors` has one line for each, and we one remark. Where the document
/// breaks, and where a merge key brings the name, there is nothing to remark on.
fn doubled(
    recorded: &serde_json::Value,
    diagnostics: &[cluster::Diagnostic],
) -> Result<(), String> {
    let strict = recorded["strictErrors"].as_array();
    let theirs: Vec<&str> = strict
        .into_iter()
        .flatten()
        .filter_map(|error| error.as_str())
        .flat_map(str::lines)
        .filter(|line| line.contains("already set in map"))
        .collect();
    let ours: Vec<_> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.message.contains("stands twice in this mapping"))
        .collect();
    if recorded["error"].is_null() && ours.len() != theirs.len() {
        return Err(format!(
            "names that stand twice: {ours:?}, recorded {theirs:?}"
        ));
    }
    Ok(())
}

/// serde_json stops at 128 levels, and a recording has 200.
fn json(text: &str) -> serde_json::Value {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut reader).expect("JSON")
}

/// Broken texts: the line and column where a person must look, and a word of what is said.
#[test]
fn faults_stand_where_the_text_breaks() {
    let mut wrong = Vec::new();
    for (text, place, word) in [
        ("a:\n\tb: 1\n", (2, 1), "tab"),
        ("a: 1\n\t\nb: 2\n", (2, 1), "tab"),
        ("a: b: c\n", (1, 5), "second"),
        ("a: \"x\n", (1, 4), "quote"),
        ("a: [1, 2\nb: 3\n", (1, 4), "bracket"),
        ("a: *nope\n", (1, 4), "anchor"),
        ("a: @x\n", (1, 4), "character"),
        ("x: 1\n---\n\na: .inf\n", (4, 4), "number"),
        ("x: 1\n--- y\n", (2, 5), "separator"),
        ("~: a\n", (1, 1), "key"),
        ("{\"a\": 1,\n \"b\" 2}\n", (2, 6), "colon"),
        ("{\"a\": \"x\\q\"}\n", (1, 10), "escape"),
        ("é: 'x'\né: \"\\/\"\n", (2, 5), "escape"),
        ("a: {{ .Values.x }}\n", (1, 5), "key"),
        ("a: x\u{7}y\n", (1, 5), "control"),
    ] {
        let (_, diagnostics) = yaml::read(0, text);
        let fault = diagnostics.iter().find(|diagnostic| diagnostic.server);
        let fault = fault.unwrap_or_else(|| panic!("no fault in {text:?}"));
        let span = fault.span.expect("a place");
        let said = format!("{} {}", fault.message, fault.help).to_lowercase();
        if (span.line, span.column) != place || !said.contains(&word.to_lowercase()) {
            wrong.push(format!("{text:?} at {}:{} {said}", span.line, span.column));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Texts that are made to harm end in a fault, quickly.
#[test]
fn bombs_end_in_a_fault() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let before = level - 1;
        let aliases = vec![format!("*a{before}"); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let nested_anchors: String = (0..400)
        .map(|depth| format!("{}k: &a{depth}\n", " ".repeat(depth)))
        .collect();
    let wide = nested_anchors + &format!("{}x: {}\n", " ".repeat(400), "y".repeat(1 << 20));
    let deep_block: String = (0..100_000).map(|_| "- ").collect();
    let deep_map: String = (0..3000)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    for (what, text) in [
        ("aliases of aliases", bomb),
        ("anchors in anchors", wide),
        ("brackets", "[".repeat(100_000)),
        ("braces", "{\"a\":".repeat(100_000)),
        ("dashes", deep_block),
        ("mappings", deep_map),
        ("question marks", "? ".repeat(50_000)),
    ] {
        let (_, diagnostics) = yaml::read(0, &text);
        assert!(
            diagnostics.iter().any(|diagnostic| diagnostic.server),
            "{what}"
        );
    }
}

/// A value's place is its own, and a key's too.
#[test]
fn every_value_has_its_place() {
    let text = "a: 1\nb:\n  - c: \"é\"\n    d:\n  - {e: [x, 'y']}\nf: |\n  z\n";
    let (documents, _) = yaml::read(7, text);
    let root = &documents[0].root;
    let place = |node: &yaml::Node| {
        let span = node.span;
        assert_eq!(span.source, 7);
        (span.line, span.column, span.end_line, span.end_column)
    };
    let b = root.get("b").expect("b");
    let first = &b.items()[0];
    let e = b.items()[1].get("e").expect("e");
    assert_eq!(place(root.get("a").expect("a")), (1, 4, 1, 5));
    assert_eq!(place(first.get("c").expect("c")), (3, 8, 3, 11));
    assert_eq!(first.entry("d").expect("d").0.span.line, 4);
    assert_eq!(place(first.get("d").expect("d")), (4, 6, 4, 7));
    assert_eq!(place(&b.items()[1]), (5, 5, 5, 18));
    assert_eq!(place(&e.items()[1]), (5, 13, 5, 16));
    assert_eq!(root.get("f").and_then(yaml::Node::as_str), Some("z\n"));
}
