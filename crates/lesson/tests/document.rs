//! The page that tells how to write a lesson: its examples are what it says.

use lesson::check::{Report, Seeds, check};
use lesson::{Course, Given, workshop};

fn examples() -> Vec<String> {
    let page = include_str!("../../../docs/write-a-lesson.md");
    let mut parts = page.split("````");
    let mut found = Vec::new();
    while let (Some(_), Some(inner)) = (parts.next(), parts.next()) {
        let inner = inner
            .strip_prefix("markdown\n")
            .expect("examples are Markdown");
        found.push(inner.to_owned());
    }
    found
}

#[test]
fn the_example_lesson_holds() {
    let examples = examples();
    let report = check(&examples[0], Seeds(20));
    let Report {
        faults,
        advice,
        proved,
    } = report;
    assert_eq!((faults, advice), (Vec::new(), Vec::new()));
    assert!(proved.len() >= 5, "{proved:?}");
    let course = Course::open(&examples[0]);
    assert!(course.judge(1, &Given::Choice(0)).right);
}

#[test]
fn the_example_workshop_reads() {
    let examples = examples();
    let (read, faults) = workshop::read(&examples[1]);
    assert_eq!(faults, []);
    assert_eq!(read.lessons.len(), 1);
}

/// Everything that the page names is there: a word of it that nobody knows fails.
#[test]
fn what_the_page_names_can_be_asked() {
    let lesson = &examples()[0];
    let mut wrong = Vec::new();
    for asked in [
        "outcome = reply",
        "answered_by = second",
        "reached = second",
        "source_seen = client and sender = client",
        "source_port = sender_port and port_kept",
        "signal_from = none",
        "decided_by = none",
        "marked_by = none",
        "draws.count = 1",
        "draw(1).hit = no and draw(1).threshold = 0.5 and draw(1).drawn >= 0.5 and draw(1).rule = SVC.pick(1)",
        "path(node1) has SVC and first_packet(node1) has SEP(second).dnat",
        "packet(1).tried(nat) > 0 and packet(2).tried(nat) = 0",
        "mark(node1, FORWARD) = 0",
        "tried(nat) > 0",
        "rewritten_at(reply, src) = \"node1 POSTROUTING\"",
        "visited(node1) and not visited(first)",
        "cause = answered",
        "packets > 2 and not masqueraded and destination = 10.43.10.10",
        "walk(client -> vip:81).cause = no-such-port",
        "odds(client -> vip).reply = 1 and odds(client -> vip).outcome(reply) = 1",
        "odds(client -> vip).answered_by(first) = 1/2 and odds(client -> vip).reached(first) = 50 %",
        "odds(client -> vip).source_seen(client) = 1 and odds(client -> vip).masqueraded = 0",
        "odds(client -> vip).share(outcome = reply and answered_by = first) = 0.5",
        "count(odds(client -> vip).endpoints) = 2 and odds(client -> vip).some_empty(2) = 0.5",
        "many(100 client -> vip).total = 100 and many(100 client -> vip).outcome(reply) = 100",
        "many(100 client -> vip).least > 20 and many(100 client -> vip).most < 80",
        "many(100 client -> vip).distinct = 2 and many(100 client -> vip).count(first) between 20 and 80",
        "again(w).answered_by = second and fresh(w).outcome = reply",
        "holders(first) = \"demo/one\" and holders(vip) = none",
        "rules(node1, SVC.pick(1)).probability = 0.5 and rules(node1, SVC.pick(2)).probability = none",
        "rules(node1, SVC).count = 3 and rules(node1, SEP(first).dnat).to = \"10.42.1.10:8080\"",
        "rules(node1, SVC.pick(1)).comment has \"10.42.1.10\" and rules(node1, SVC.masq).text has \"MARK-MASQ\"",
        "counter(node1, SEP(second).dnat) = 1 and counter(node1, SEP(first).dnat) = 0",
        "count(endpoints()) = 2 and count(endpoints(\"demo/web\")) = 2",
        "conntrack(node1) has second and recent(node1) = none and diff() = 0",
        "distinct([1, 1, 2]) = 2",
        "for each n in nodes: n = node1",
        "not (for some h in history: h.outcome = reply)",
        "rules(node1, SVC.pick(1) of demo/web).count = 1 and rules(node1, nat/KUBE-POSTROUTING#3).count = 1",
    ] {
        let text = lesson.replace(
            "answer: answered_by",
            &format!("answer: answered_by\nclaim: {asked}"),
        );
        let report = check(&text, Seeds(1));
        wrong.extend(
            report
                .faults
                .iter()
                .map(|fault| format!("{asked}: {fault}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
