//! Changes by place: what is written, what is kept, and what is refused.

use cluster::ObjectId;
use edit::{Change, Literal, Mark, Step, apply, path};
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn set(object: usize, names: &str, value: impl Into<Literal>) -> Change {
    Change::Set(ObjectId(object), path(names), value.into())
}

fn unset(object: usize, names: &str) -> Change {
    Change::Unset(ObjectId(object), path(names))
}

fn item(
    object: usize,
    names: &str,
    (name, is): (&str, &str),
    then: &str,
    value: impl Into<Literal>,
) -> Change {
    let mut steps = path(names);
    steps.push(Step::Item(name.into(), is.into()));
    steps.extend(path(then));
    Change::Set(ObjectId(object), steps, value.into())
}

/// The text afterwards, with `+` before each line that was written and `-` before one above which
/// something went.
#[track_caller]
fn check(text: &str, changes: &[Change], expected: Expect) {
    let shown = match apply(text, changes) {
        None => "refused\n".to_owned(),
        Some(edited) => {
            let mut out = String::new();
            let lines: Vec<&str> = edited.text.split_inclusive('\n').collect();
            for (index, line) in lines.iter().enumerate() {
                let here = |mark| {
                    let mut marks = edited.lines.iter();
                    marks.any(|l| l.mark == mark && (l.first..=l.last).contains(&(index + 1)))
                };
                out.push(match (here(Mark::Written), here(Mark::Gone)) {
                    (true, _) => '+',
                    (_, true) => '-',
                    _ => '.',
                });
                out.push('|');
                out.push_str(&line.replace('\r', "<CR>"));
            }
            out
        }
    };
    expected.assert_eq(&shown);
}

const SERVICE: &str = "\
# mine
kind: Service   # a comment
metadata: {name: web, labels: {a: b}}
spec:
  type: \"NodePort\"  # as it was
  ports:
  - port: 80
    targetPort: 8080
  - name: b
    port: 81

# the end
";

#[test]
fn a_value_is_replaced_where_it_stands() {
    check(
        SERVICE,
        &[set(0, "spec.type", "LoadBalancer")],
        expect![[r#"
            .|# mine
            .|kind: Service   # a comment
            .|metadata: {name: web, labels: {a: b}}
            .|spec:
            +|  type: "LoadBalancer"
            .|  ports:
            .|  - port: 80
            .|    targetPort: 8080
            .|  - name: b
            .|    port: 81
            .|
            .|# the end
        "#]],
    );
}

#[test]
fn a_missing_value_stands_below_the_last() {
    check(
        SERVICE,
        &[set(0, "spec.sessionAffinity", "ClientIP")],
        expect![[r#"
            .|# mine
            .|kind: Service   # a comment
            .|metadata: {name: web, labels: {a: b}}
            .|spec:
            .|  type: "NodePort"  # as it was
            .|  ports:
            .|  - port: 80
            .|    targetPort: 8080
            .|  - name: b
            .|    port: 81
            +|  sessionAffinity: ClientIP
            .|
            .|# the end
        "#]],
    );
}

#[test]
fn a_missing_mapping_is_made() {
    check(
        SERVICE,
        &[set(0, "status.loadBalancer.x", Literal::Int(1))],
        expect![[r#"
            .|# mine
            .|kind: Service   # a comment
            .|metadata: {name: web, labels: {a: b}}
            .|spec:
            .|  type: "NodePort"  # as it was
            .|  ports:
            .|  - port: 80
            .|    targetPort: 8080
            .|  - name: b
            .|    port: 81
            +|status:
            +|  loadBalancer:
            +|    x: 1
            .|
            .|# the end
        "#]],
    );
}

#[test]
fn braces_take_new_names_first() {
    check(
        SERVICE,
        &[
            set(0, "metadata.namespace", "demo"),
            set(0, "metadata.labels.a", "no"),
        ],
        expect![[r#"
            .|# mine
            .|kind: Service   # a comment
            +|metadata: {namespace: demo, name: web, labels: {a: "no"}}
            .|spec:
            .|  type: "NodePort"  # as it was
            .|  ports:
            .|  - port: 80
            .|    targetPort: 8080
            .|  - name: b
            .|    port: 81
            .|
            .|# the end
        "#]],
    );
}

#[test]
fn an_item_is_found_by_a_name() {
    check(
        SERVICE,
        &[item(
            0,
            "spec.ports",
            ("name", "b"),
            "nodePort",
            Literal::Int(30000),
        )],
        expect![[r#"
            .|# mine
            .|kind: Service   # a comment
            .|metadata: {name: web, labels: {a: b}}
            .|spec:
            .|  type: "NodePort"  # as it was
            .|  ports:
            .|  - port: 80
            .|    targetPort: 8080
            .|  - name: b
            .|    port: 81
            +|    nodePort: 30000
            .|
            .|# the end
        "#]],
    );
    check(
        SERVICE,
        &[item(
            0,
            "spec.ports",
            ("name", "c"),
            "port",
            Literal::Int(82),
        )],
        expect![[r#"
            .|# mine
            .|kind: Service   # a comment
            .|metadata: {name: web, labels: {a: b}}
            .|spec:
            .|  type: "NodePort"  # as it was
            .|  ports:
            .|  - port: 80
            .|    targetPort: 8080
            .|  - name: b
            .|    port: 81
            +|  - name: c
            +|    port: 82
            .|
            .|# the end
        "#]],
    );
}

#[test]
fn an_entry_goes_with_its_line() {
    check(
        SERVICE,
        &[unset(0, "spec.type"), unset(0, "metadata.labels")],
        expect![[r#"
            .|# mine
            .|kind: Service   # a comment
            -|metadata: {name: web}
            .|spec:
            -|  ports:
            .|  - port: 80
            .|    targetPort: 8080
            .|  - name: b
            .|    port: 81
            .|
            .|# the end
        "#]],
    );
}

#[test]
fn what_held_nothing_else_goes_too() {
    check(
        "a:\n  b:\n    c: 1\nd: 2\n",
        &[unset(0, "a.b.c")],
        expect![[r#"
            -|d: 2
        "#]],
    );
}

#[test]
fn nothing_is_no_value() {
    check(
        "kind: A\nspec:\nstatus: ~\n",
        &[set(0, "spec.x", "y"), set(0, "status.z", "w")],
        expect![[r#"
            .|kind: A
            .|spec:
            +|  x: "y"
            +|status: {"z":"w"}
        "#]],
    );
}

#[test]
fn documents_come_and_go() {
    let two = "kind: A\n---\n# about b\nkind: B\n---\nkind: C\n";
    check(
        two,
        &[Change::Drop(ObjectId(0))],
        expect![[r#"
            -|# about b
            .|kind: B
            .|---
            .|kind: C
        "#]],
    );
    check(
        two,
        &[Change::Drop(ObjectId(1))],
        expect![[r#"
            .|kind: A
            -|---
            .|kind: C
        "#]],
    );
    check(
        two,
        &[Change::Drop(ObjectId(2))],
        expect![[r#"
            .|kind: A
            .|---
            .|# about b
            .|kind: B
        "#]],
    );
    let document = Literal::map([
        ("kind", "D".into()),
        (
            "spec",
            Literal::map([("x", Literal::Seq(vec!["y".into()]))]),
        ),
    ]);
    check(
        "kind: A",
        &[Change::Append(document.clone())],
        expect![[r#"
            .|kind: A
            +|---
            +|kind: D
            +|spec:
            +|  x:
            +|    - "y"
        "#]],
    );
    check(
        "kind: A\n---\n",
        &[Change::Append(document)],
        expect![[r#"
            .|kind: A
            .|---
            +|kind: D
            +|spec:
            +|  x:
            +|    - "y"
        "#]],
    );
}

#[test]
fn items_of_a_list_are_objects() {
    let list = "kind: List\nitems:\n- kind: A\n  x: 1\n- kind: B\n  x: 2\n";
    check(
        list,
        &[set(1, "x", Literal::Int(3)), Change::Drop(ObjectId(0))],
        expect![[r#"
            .|kind: List
            .|items:
            -|- kind: B
            +|  x: 3
        "#]],
    );
}

#[test]
fn json_stays_json() {
    let json = "{\n  \"kind\": \"A\",\n  \"spec\": {\"replicas\": 3},\n  \"empty\": {}\n}\n";
    check(
        json,
        &[
            set(0, "spec.replicas", Literal::Int(4)),
            set(0, "spec.x", "y"),
            set(0, "empty.z", "w"),
            set(0, "top", "t"),
        ],
        expect![[r#"
            .|{
            +|  "top": "t",
            .|  "kind": "A",
            +|  "spec": {"x": "y", "replicas": 4},
            +|  "empty": {"z": "w"}
            .|}
        "#]],
    );
    check(
        json,
        &[unset(0, "spec"), unset(0, "kind")],
        expect![[r#"
            .|{
            -|  "empty": {}
            .|}
        "#]],
    );
}

#[test]
fn lines_end_as_they_did() {
    check(
        "kind: A\r\nspec:\r\n  a: 1\r\n",
        &[set(0, "spec.b.c", "d")],
        expect![[r#"
            .|kind: A<CR>
            .|spec:<CR>
            .|  a: 1<CR>
            +|  b:<CR>
            +|    c: d<CR>
        "#]],
    );
}

#[test]
fn text_blocks_stay_whole() {
    check(
        "spec:\n  note: |\n    a: 1\n\n    b\nkind: A\n",
        &[set(0, "spec.b", "c")],
        expect![[r#"
            .|spec:
            .|  note: |
            .|    a: 1
            .|
            .|    b
            +|  b: c
            .|kind: A
        "#]],
    );
    check(
        "spec:\n  note: |\n    a: 1\n\n    b\n  x: y\n",
        &[unset(0, "spec.note")],
        expect![[r#"
            .|spec:
            -|  x: y
        "#]],
    );
}

#[test]
fn what_is_shared_is_not_touched() {
    check(
        "a: &x {n: 1}\nb: *x\n",
        &[set(0, "b.n", Literal::Int(2))],
        expect![[r#"
            refused
        "#]],
    );
    check(
        "a: &x\n  n: 1\nb:\n  <<: *x\n",
        &[set(0, "b.m", Literal::Int(2))],
        expect![[r#"
            .|a: &x
            .|  n: 1
            .|b:
            .|  <<: *x
            +|  m: 2
        "#]],
    );
}

fn any_change() -> impl Strategy<Value = Change> {
    let names = prop::sample::select(vec![
        "spec",
        "spec.type",
        "spec.ports",
        "a",
        "a.b",
        "metadata.labels",
        "kind",
    ]);
    (0usize..3, names, 0u8..4).prop_map(|(object, names, what)| match what {
        0 => set(object, names, "word"),
        1 => unset(object, names),
        2 => Change::Drop(ObjectId(object)),
        _ => Change::Append(Literal::map([("kind", "X".into())])),
    })
}

proptest! {
    #[test]
    fn any_text_is_edited_without_a_panic(text in "[ \\-:{}\\[\\]a-c#\\n\\r\"'&*|>~é]{0,60}", change in any_change()) {
        let _ = apply(&text, &[change]);
    }

    #[test]
    fn lines_that_are_not_marked_are_as_they_were(change in any_change()) {
        if let Some(edited) = apply(SERVICE, &[change]) {
            let before: Vec<&str> = SERVICE.lines().collect();
            for (index, line) in edited.text.lines().enumerate() {
                let marked = edited.lines.iter().any(|l| (l.first..=l.last).contains(&(index + 1)));
                prop_assert!(marked || before.contains(&line) || line == "---", "{line}");
            }
        }
    }
}
