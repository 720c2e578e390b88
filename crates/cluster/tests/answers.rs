//! What the API server answers to manifests of our own, as its sources have it: type by type and field
//! by field, one case a line in `answers/`. What was recorded is in `apiserver.rs`.

use std::sync::Arc;

use cluster::{Diagnostic, validate::Server, yaml};

/// What is said to the last of the objects.
fn say(text: &str, dual: bool) -> Vec<Diagnostic> {
    let mut cidrs = vec!["10.96.0.0/12".parse().expect("a range")];
    if dual {
        cidrs.push("fd00:10:96::/112".parse().expect("a range"));
    }
    let mut server = Server::new(&cidrs);
    let (documents, mut diagnostics) = yaml::read(0, text);
    for document in documents {
        diagnostics = server.take(&Arc::new(document.root)).diagnostics;
    }
    diagnostics
}

/// Checks every line of a file; `object` makes a manifest of what stands before the arrow.
fn check(cases: &str, object: fn(&str) -> String) {
    let mut wrong = Vec::new();
    for line in cases.lines().filter(|line| !line.starts_with('#')) {
        let (asked, expected) = line.split_once(" =>").expect("an arrow in each line");
        let (dual, asked) = match asked.strip_prefix("dual ") {
            Some(asked) => (true, asked),
            None => (false, asked),
        };
        let texts: Vec<String> = asked.split(" -> ").map(object).collect();
        let diagnostics = say(&texts.join("---\n"), dual);
        let ours: Vec<String> = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.server)
            .map(|diagnostic| format!("{:?} {}", diagnostic.kind, diagnostic.field))
            .map(|said| said.trim_end().to_owned())
            .collect();
        if ours.join("; ") != expected.trim() {
            wrong.push(format!("{line}\n  ours: {}", ours.join("; ")));
        }
        for diagnostic in &diagnostics {
            let told = !diagnostic.message.is_empty() && !diagnostic.help.is_empty();
            assert!(diagnostic.span.is_some() && told, "{line}: {diagnostic:?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn services() {
    check(include_str!("answers/services.txt"), |spec| {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {spec}\n")
    });
}

#[test]
fn other_objects() {
    check(include_str!("answers/objects.txt"), |object| {
        format!("{object}\n")
    });
}
