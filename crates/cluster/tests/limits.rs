//! Each limit says so at its place, with what to do, and soon; whatever is hostile in a text is shown
//! so that it can be seen.

mod support;

use expect_test::{Expect, expect};
use support::load_text;

fn service(n: usize) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{n}}}\nspec: {{selector: {{app: a}}, ports: [{{port: 80}}]}}\n"
    )
}

fn deployment(replicas: u64) -> String {
    format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: d}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: a}}}}
  template:
    metadata: {{labels: {{app: a}}}}
    spec: {{containers: [{{name: c, image: c, ports: [{{containerPort: 80}}]}}]}}
"
    )
}

/// A node with addresses for all pods that can be asked for.
const ROOMY: &str = "---
apiVersion: v1
kind: Node
metadata: {name: wide}
spec: {podCIDR: 10.42.0.0/16}
";

/// Prints the errors, or all where there is none, at most four.
#[track_caller]
fn check(text: &str, expected: Expect) {
    let (_, diagnostics) = load_text(text);
    let errors = diagnostics
        .iter()
        .any(|one| one.severity == cluster::Severity::Error);
    let shown = diagnostics
        .iter()
        .filter(|one| !errors || one.severity == cluster::Severity::Error);
    let lines: Vec<String> = shown
        .take(4)
        .map(|one| {
            let place = one.span.map_or("-".to_owned(), |span| {
                format!("{}:{}", span.line, span.column)
            });
            format!("{place} {:?}: {} {}\n", one.severity, one.message, one.help)
        })
        .collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn bytes() {
    check(
        &"# x\n".repeat(25_000_000),
        expect![[r#"
        1:1 Error: The text has 100000000 bytes; at most 67108864 are read. Leave out what this question does not need: other namespaces, logs, custom resources.
    "#]],
    );
}

#[test]
fn documents() {
    let (_, diagnostics) = load_text(&"---\na: b\n".repeat(50_001));
    let limit = &diagnostics[999];
    assert_eq!(limit.span.map(|span| span.line), Some(100_002));
    assert!(
        limit.message.contains("At most 50000 documents"),
        "{limit:?}"
    );
    assert!(!limit.help.is_empty());
}

#[test]
fn objects_of_a_list() {
    let items = "- {apiVersion: v1, kind: Secret}\n".repeat(50_001);
    check(
        &format!("apiVersion: v1\nkind: List\nitems:\n{items}"),
        expect![[r#"
            50004:3 Error: A cluster here has at most 50000 objects; this is one more. Leave out what this question does not need: other namespaces, custom resources.
        "#]],
    );
}

#[test]
fn depth() {
    check(
        &"[".repeat(1_000_000),
        expect![[r#"
        1:256 Error: Lists and mappings are nested too deeply here. No Kubernetes object needs more than a few dozen levels: look for a bracket too many.
    "#]],
    );
    check(
        &"- ".repeat(1_000_000),
        expect![[r#"
        1:513 Error: Values are nested more than 256 deep here. No Kubernetes object needs more than a few dozen levels: look for a bracket too many.
    "#]],
    );
    check(
        &format!("{{\"a\":{}", "[".repeat(1_000_000)),
        expect![[r#"
        1:261 Error: Values are nested more than 256 deep here. No Kubernetes object needs more than a few dozen levels: look for a bracket too many.
    "#]],
    );
}

#[test]
fn aliases() {
    let mut bomb = "a0: &a0 [lol, lol]\n".to_owned();
    for i in 1..30 {
        let alias = format!("*a{},", i - 1).repeat(9);
        bomb.push_str(&format!("a{i}: &a{i} [{alias}]\n"));
    }
    check(
        &bomb,
        expect![[r#"
        6:34 Error: Anchors and aliases repeat too much: the document would grow beyond all measure. Write the values out, or use fewer aliases.
    "#]],
    );
}

#[test]
fn replicas() {
    check(
        &format!("{ROOMY}{}{}", deployment(1_000_000_000), service(0)),
        expect![[r#"
            11:13 Warning: Chainwalk makes at most 5000 pods in all; the rest of these are left out. Ask for fewer replicas.
            15:24 Remark: Every pod of Deployment d is taken to listen on TCP 80, since a container declares it. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
        "#]],
    );
}

#[test]
fn endpoints() {
    let services: String = (0..60).map(service).collect();
    check(
        &format!("{ROOMY}{}{services}", deployment(4_000)),
        expect![[r#"
            50:18 Error: At most 200000 endpoints are made for all Services; this one goes beyond. So do 9 more Services. Ask for fewer replicas, or let fewer Services select the same pods.
        "#]],
    );
}

#[test]
fn one_large_object() {
    // Each port counts 11 bytes at least, `{"port":80}`.
    let ports = "{port: 80},".repeat(290_000);
    check(
        &service(0).replace("{port: 80}", &ports),
        expect![[r#"
        2:1 Error: This object is larger than 3 MiB, the most that an API server takes in one request. Split it: several Services, or slices of at most 1,000 endpoints each.
    "#]],
    );
    let note = format!("s0, annotations: {{a: {}}}", "x".repeat(4_000_000));
    check(
        &service(0).replace("s0", &note),
        expect![[r#"
        2:1 Error: This object is larger than 3 MiB, the most that an API server takes in one request. Split it: several Services, or slices of at most 1,000 endpoints each.
    "#]],
    );
}

#[test]
fn findings() {
    // As many as a request holds, and each of them wrong.
    let ports = "{port: 80},".repeat(20_000);
    let (_, diagnostics) = load_text(&service(0).replace("{port: 80}", &ports));
    assert_eq!(diagnostics.len(), 1001);
    let last = diagnostics.last().expect("there are some");
    assert!(last.message.ends_with("more findings are not told."));
    let errors = diagnostics
        .iter()
        .filter(|one| one.severity == cluster::Severity::Error);
    assert_eq!(errors.count(), 1000);
}

#[test]
fn names() {
    let long = "x".repeat(10_000);
    for at in ["s0", "Service", "selector", "app", "port"] {
        let (_, diagnostics) = load_text(&service(0).replacen(at, &long, 1));
        assert!(!diagnostics.is_empty(), "{at}");
        for one in diagnostics {
            let all = [one.message, one.help, one.field].concat();
            assert!(all.len() < 600, "{at}: {all}");
        }
    }
    check(
        &service(0).replace("s0", &long),
        expect![[r#"
        4:18 Error: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` is not a valid `metadata.name`: it has more than 63 characters. Rename it, for example to `my-name`.
    "#]],
    );
    check(
        &service(0).replace("Service", &long),
        expect![[r#"
        3:7 Error: There is no kind `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` in version `v1`. Look for a slip in kind and apiVersion; `kubectl api-resources` lists both.
    "#]],
    );
}

#[test]
fn what_cannot_be_seen() {
    check(
        &service(0).replace("s0", "s\0"),
        expect![[r#"
        4:19 Error: The control character U+0000 stands here, which YAML forbids. Remove it; in double quotes, an escape such as `\x07` may stand for it.
    "#]],
    );
    check(
        &service(0).replace("s0", "\"s\\0\""),
        expect![[r#"
        4:18 Error: `s\u{0}` is not a valid `metadata.name`: it must consist of lower case letters, digits and `-`, and begin and end with a letter or digit. Rename it, for example to `my-name`.
    "#]],
    );
    check(
        &service(0).replace("s0", "\"s\u{202e}0\""),
        expect![[r#"
        4:18 Error: `s\u{202e}0` is not a valid `metadata.name`: it must consist of lower case letters, digits and `-`, and begin and end with a letter or digit. Rename it, for example to `my-name`.
    "#]],
    );
    check(
        &service(0).replace("s0", "\"s\\uD800\""),
        expect![[r#"
        4:18 Error: This escape names half of a surrogate pair, which is no character. Write the character itself, or `\U` and its eight digits.
    "#]],
    );
    check(
        &service(0).replace("Service", "Ser\u{200b}vice"),
        expect![[r#"
            3:7 Error: There is no kind `Ser\u{200b}vice` in version `v1`. Did you mean `kind: Service` with `apiVersion: v1`?
        "#]],
    );
    check(
        &service(0).replace("app:", "\"a\u{2066}p\":"),
        expect![[r#"
            5:19 Error: `a\u{2066}p` is not a valid label key: it must consist of letters, digits, `-`, `_` and `.`, and begin and end with a letter or digit. Write a key such as `app` or `example.com/app`.
        "#]],
    );
}
