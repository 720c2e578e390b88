//! `chainwalk lesson`: proves lessons, and says what is wrong with one at its line.

mod support;

use support::{out, run, run_with};

#[test]
fn a_lesson_that_holds_is_said_to_hold() {
    let said = out(&run(&[
        "lesson",
        "check",
        "--verbose",
        "--seeds",
        "5",
        "lessons/01-who-owns-a-clusterip.md",
        "lessons/first-course.md",
    ]));
    assert!(
        said.contains("01-who-owns-a-clusterip.md: it holds"),
        "{said}"
    );
    assert!(
        said.contains("one choice is right, \"No machine has it\""),
        "{said}"
    );
    assert!(
        said.contains("the start fails, the solution passes, 2 wrong fixes fail"),
        "{said}"
    );
}

#[test]
fn what_is_wrong_stands_at_its_line() {
    let text = include_str!("../../../lessons/01-who-owns-a-clusterip.md");
    let wrong = text.replace("- `none` No machine has it", "- `p2` No machine has it");
    let output = run_with(&wrong, &["lesson", "check", "--seeds", "5", "-"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("error: No choice is right. The simulator answers: none."),
        "{said}"
    );
    let line = text
        .lines()
        .position(|l| l.starts_with("## Predict: Who holds"))
        .map(|at| at + 1);
    assert!(
        said.starts_with(&format!("standard input:{}:", line.unwrap_or(0))),
        "{said}"
    );
}

#[test]
fn luck_is_found_out() {
    let text = include_str!("../../../lessons/01-who-owns-a-clusterip.md");
    // Without a pin any of three pods answers.
    let lucky = text.replace(
        "check: asked.outcome = reply",
        "check: asked.answered_by = p1",
    );
    let output = run_with(&lucky, &["lesson", "check", "--seeds", "50", "-"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("Luck decides") || said.contains("does not pass"),
        "{said}"
    );
}

#[test]
fn a_lesson_is_told_in_the_terminal() {
    let said = out(&run(&[
        "lesson",
        "show",
        "--answers",
        "lessons/02-is-it-fair.md",
    ]));
    for words in [
        "Is 0.333, then 0.5, then nothing fair? (8 minutes)",
        "walk pod/demo/client -> 10.43.169.48:8711",
        "answer: 0.333333",
        "right: Right: two thirds pass each rule",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_workshop_whose_lesson_is_missing_is_wrong() {
    let output = run_with("# T\n\n- [a](nowhere.md)\n", &["lesson", "check", "-"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("no file nowhere.md"), "{said}");
}
