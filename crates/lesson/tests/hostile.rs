//! Files that mean harm: nothing hangs, nothing panics, and what can't be read is said at its line.

use lesson::check::{Seeds, check};
use lesson::{Course, workshop};

fn around(step: &str) -> String {
    format!(
        "---\ntitle: T\nminutes: 3\n---\n\n```yaml cluster\napiVersion: v1\nkind: Node\nmetadata: {{name: node1}}\n```\n\n{step}"
    )
}

#[test]
fn html_and_scripts_are_words() {
    let text = around(
        "## Show: <img src=x onerror=alert(1)>\n\n<script>alert(1)</script>\n\nA link: [x](javascript:alert(1))\n",
    );
    let course = Course::open(&text);
    let view = format!("{:?}", course.view());
    assert!(!view.contains("Link"), "{view}");
    assert!(
        course.faults().iter().any(|f| f.message.contains("A link")),
        "{:?}",
        course.faults()
    );
    assert!(
        view.contains("<script>alert(1)</script>"),
        "it is shown as words"
    );
}

#[test]
fn what_is_too_large_is_refused() {
    let huge = around(&"a ".repeat(200_000));
    assert_eq!(Course::open(&huge).faults().len(), 1);
    let many = around(&"## Show: x\n\n".repeat(5000));
    assert!(
        Course::open(&many)
            .faults()
            .iter()
            .any(|f| f.message.contains("40 steps"))
    );
    assert!(!workshop::read(&"- [a](a.md)\n".repeat(50_000)).1.is_empty());
}

#[test]
fn what_is_deep_stays_shallow() {
    for deep in [">", "- ", "**a ", "[", "(", "* > "] {
        let text = around(&format!("## Show: x\n\n{} x\n", deep.repeat(20_000)));
        Course::open(&text).view();
    }
    let condition = "(".repeat(1000);
    let text = around(&format!("## Predict: x\n\n- `{condition}` a\n"));
    assert!(!Course::open(&text).faults().is_empty());
}

#[test]
fn what_costs_too_much_is_not_done() {
    for answer in [
        "many(1000000000 a -> b).total",
        "many(1000 node1 -> 10.0.0.1:80 requests 1000).total",
    ] {
        let text = around(&format!(
            "## Predict: x\n\n- `1` a\n\n```step\nanswer: {answer}\n```\n"
        ));
        assert!(!check(&text, Seeds(1)).faults.is_empty(), "{answer}");
    }
}

#[test]
fn every_cut_of_a_lesson_is_read_without_a_panic() {
    let text = include_str!("../../../lessons/07-refused-or-silent.md");
    for end in (0..text.len()).step_by(97) {
        if let Some(cut) = text.get(..end) {
            Course::open(cut).view();
        }
    }
    // And with each word of it in another's place.
    let words: Vec<&str> = text.split(' ').collect();
    for shift in (1..words.len()).step_by(41) {
        let mixed: Vec<&str> = words[shift..]
            .iter()
            .chain(&words[..shift])
            .copied()
            .collect();
        Course::open(&format!("---\ntitle: x\n---\n{}", mixed.join(" "))).view();
    }
}

#[test]
fn faults_stand_at_their_lines() {
    let text = around(
        "## Predict: x\n\n- `outcome = ` a\n- b\n\n```step\nwalk: nobody\nstop: never\nkepe: yaml\n```\n\n## Jump: y\n",
    );
    let lines: Vec<(usize, String)> = Course::open(&text)
        .faults()
        .iter()
        .map(|f| (f.line, f.message.clone()))
        .collect();
    let at = |line: usize| lines.iter().any(|(l, _)| *l == line);
    assert!(
        at(14) && at(15) && at(18) && at(19) && at(20) && at(23),
        "{lines:?}"
    );
}
