//! A reader that remembers says what one says that remembers nothing, after any edits.

use std::sync::Arc;

use cluster::{Plan, Reader, Source, load};
use proptest::prelude::*;

const DEMO: &str = include_str!("../../../www/demo.yaml");

/// What there may be besides: a list, a fault, a remark, an empty part, anchors, and what comes twice.
const PARTS: [&str; 9] = [
    "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 1}]}}\n- {apiVersion: v1, kind: Pod, metadata: {name: p}}\n",
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  name: web\nspec:\n  clusterIP: 10.43.0.77\n  ports:\n  - port: 80\n",
    "apiVersion: v1\nkind: Service\nmetadata: {name: other}\nspec:\n  clusterIP: 10.43.0.77\n  ports: [{port: 99999}]\n",
    "# nothing\n",
    "null\n",
    "a: [\n",
    "x: &x {app: web}\napiVersion: v1\nkind: Service\nmetadata: {name: web, labels: *x}\nspec:\n  selector:\n    <<: *x\n  type: NodePort\n  ports:\n  - {port: 80, nodePort: 30080}\n",
    "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-a, labels: {kubernetes.io/service-name: web}}\naddressType: IPv4\nports: [{port: 80}]\nendpoints:\n- addresses: [10.42.9.9]\n  nodeName: nowhere\n",
    "{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"json\"}}\n",
];

const LINES: [&str; 8] = [
    "---",
    "  # a comment",
    "",
    "  replicas: 3",
    "    port: 81",
    "  clusterIP: 10.43.0.78",
    "\tx: y",
    "...",
];

/// A change of a text's lines, by a number that is taken modulo how many there are.
#[derive(Debug, Clone)]
enum Edit {
    Line(usize, usize),
    Insert(usize, usize),
    Remove(usize),
    Part(usize, usize),
    Twice(usize),
    Character(usize, char),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = || 0..400usize;
    prop_oneof![
        (at(), 0..LINES.len()).prop_map(|(at, line)| Edit::Line(at, line)),
        (at(), 0..LINES.len()).prop_map(|(at, line)| Edit::Insert(at, line)),
        at().prop_map(Edit::Remove),
        (at(), 0..PARTS.len()).prop_map(|(at, part)| Edit::Part(at, part)),
        at().prop_map(Edit::Twice),
        (at(), proptest::char::range(' ', 'z')).prop_map(|(at, c)| Edit::Character(at, c)),
    ]
}

fn apply(text: &str, edit: &Edit) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.push(String::new());
    let count = lines.len();
    match *edit {
        Edit::Line(at, line) => lines[at % count] = LINES[line].to_owned(),
        Edit::Insert(at, line) => lines.insert(at % count, LINES[line].to_owned()),
        Edit::Remove(at) => {
            lines.remove(at % count);
        }
        Edit::Part(at, part) => {
            let before = lines[..at % count].iter().rposition(|line| line == "---");
            lines.insert(before.unwrap_or(0), format!("---\n{}---", PARTS[part]));
        }
        Edit::Twice(at) => {
            let copy: Vec<String> = lines[at % count..].iter().take(12).cloned().collect();
            lines.splice(at % count..at % count, copy);
        }
        Edit::Character(at, c) => lines[at % count].push(c),
    }
    lines.join("\n")
}

fn source(text: &str) -> Source {
    Source {
        name: "cluster.yaml".into(),
        text: Arc::from(text),
    }
}

#[track_caller]
fn same(reader: &mut Reader, texts: &[&str]) {
    let sources: Vec<Source> = texts.iter().map(|text| source(text)).collect();
    let plan = Plan::default();
    let (state, said) = reader.load(&sources, &plan);
    let (fresh, fresh_said) = load(&sources, &plan);
    assert_eq!(said, fresh_said, "{texts:?}");
    assert!(state == fresh, "{texts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edits_are_read_as_if_all_were_new(edits in proptest::collection::vec(edit(), 1..12)) {
        let mut reader = Reader::default();
        let mut text = DEMO.to_owned();
        same(&mut reader, &[&text]);
        for edit in &edits {
            text = apply(&text, edit);
            same(&mut reader, &[&text]);
        }
        same(&mut reader, &[DEMO]);
    }
}

#[test]
fn lines_that_come_before_move_what_follows() {
    let mut reader = Reader::default();
    same(&mut reader, &[DEMO]);
    same(&mut reader, &[&format!("# one\n# two\n{DEMO}")]);
    same(&mut reader, &[DEMO]);
    same(&mut reader, &[&format!("{}---\n{DEMO}", PARTS[2])]);
}

#[test]
fn sources_come_and_go() {
    let mut reader = Reader::default();
    same(&mut reader, &[DEMO, PARTS[1]]);
    same(&mut reader, &[PARTS[1], DEMO]);
    same(&mut reader, &[PARTS[2]]);
    same(&mut reader, &[]);
    same(&mut reader, &[DEMO, PARTS[0], PARTS[8]]);
}

#[test]
fn json_before_yaml_moves_it_too() {
    let mut reader = Reader::default();
    for json in ["{\"a\":  1}\n", "{\"a\":\n1}\n", "{\n\n\"a\": 1}\n"] {
        same(
            &mut reader,
            &[&format!("{json}---\n{}---\n{}", PARTS[2], PARTS[1])],
        );
    }
}
