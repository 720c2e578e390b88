//! `walk --then`: a connection used again, time, conntrack and a changed cluster, as a person types it.

mod support;

use serde_json::Value;

use support::{DEMO, json, run};

/// The demo's client to the demo's Service, kept open, then these steps.
fn story(more: &[&str]) -> Vec<Value> {
    let to = "demo/demo-cluster-ip-svc:8711";
    let mut args = vec![
        "walk",
        DEMO,
        "--from",
        "pod/demo/client",
        "--to",
        to,
        "--json",
    ];
    args.extend(more);
    match json(&run(&args)) {
        Value::Array(steps) => steps,
        other => panic!("a list of steps: {other}"),
    }
}

fn answered(step: &Value) -> &str {
    step["walk"]["answered_by"].as_str().unwrap_or_default()
}

#[test]
fn an_endpoint_can_be_chosen() {
    for (endpoint, suffix) in [
        ("10.42.5.23", "w5"),
        ("10.42.2.22:8080", "w2"),
        ("10.42.1.16", "w1"),
    ] {
        let steps = story(&["--endpoint", endpoint, "--then", "again"]);
        let last = |step: &Value| {
            let nodes = step["walk"]["first_packet"].as_array().expect("a list");
            nodes.last().expect("a node").clone()
        };
        assert_eq!(last(&steps[0])[0], format!("pi-{suffix}"));
        assert_eq!(
            answered(&steps[1]),
            answered(&steps[0]),
            "the same connection"
        );
        assert_eq!(
            steps[1]["walk"]["draws"],
            Value::Array(vec![]),
            "nothing is drawn again"
        );
    }
    let to = "demo/demo-cluster-ip-svc:8711";
    let refused = run(&[
        "walk",
        DEMO,
        "--from",
        "pod/demo/client",
        "--to",
        to,
        "--endpoint",
        "10.42.5.99",
    ]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("No draw leads to 10.42.5.99"), "{said}");
    assert!(said.contains("10.42.5.23:8080"), "{said}");
}

#[test]
fn conntrack_is_listed_deleted_and_flushed() {
    let steps = story(&[
        "--endpoint",
        "10.42.2.22",
        "--then",
        "conntrack@pi-w1=-L -p tcp",
        "--then",
        "wait=60s",
        "--then",
        "conntrack@pi-w1=-D --orig-dst 10.43.169.48",
        "--then",
        "again",
        "--then",
        "conntrack=-F",
    ]);
    let listed = &steps[1]["conntrack"][0];
    assert_eq!(listed["node"], "pi-w1");
    let line = listed["lines"][0].as_str().expect("a line");
    assert!(
        line.starts_with("tcp      6 86400 ESTABLISHED src=10.42.1.50 dst=10.43.169.48 "),
        "{line}"
    );
    assert_eq!(
        listed["message"],
        "conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown."
    );
    assert_eq!(steps[2]["waited"]["milliseconds"], 60_000);
    assert_eq!(steps[3]["conntrack"][0]["code"], 0);
    // Nobody knows the connection any more: it is picked up in its middle, and the rules are asked.
    assert_eq!(
        steps[4]["walk"]["first_packet"][0][1][0],
        "nat/PREROUTING#1"
    );
    let flushed = steps[5]["conntrack"].as_array().expect("a list");
    assert_eq!(flushed.len(), 4, "on every node");
}

#[test]
fn a_changed_cluster_keeps_its_connections() {
    let demo = std::fs::read_to_string(support::root().join(DEMO)).expect("the demo is there");
    let changed = demo.replace("port: 8711", "port: 8712");
    assert_ne!(changed, demo);
    let file = std::env::temp_dir().join(format!("chainwalk-then-{}.yaml", std::process::id()));
    std::fs::write(&file, changed).expect("it can be written");
    let apply = format!("apply={}", file.display());
    let steps = story(&["--then", &apply, "--then", "again"]);
    std::fs::remove_file(&file).expect("it can be removed");
    assert_eq!(
        steps[1]["applied"]["rewritten"].as_array().map(Vec::len),
        Some(4)
    );
    assert_eq!(
        steps[1]["applied"]["cleaned"],
        Value::Array(vec![]),
        "TCP is left alone"
    );
    assert_eq!(answered(&steps[2]), answered(&steps[0]));
}

#[test]
fn steps_that_cannot_be_taken_say_why() {
    let to = "demo/demo-cluster-ip-svc:8711";
    for (step, why) in [
        ("conntrack=--bogus", "unknown option `--bogus'"),
        ("conntrack=-E", "conntrack -E is not modelled"),
        ("conntrack@nobody=-L", "nobody"),
        ("wait=5", "is no time"),
        ("sing", "is no step"),
    ] {
        let out = run(&[
            "walk",
            DEMO,
            "--from",
            "pod/demo/client",
            "--to",
            to,
            "--then",
            step,
        ]);
        assert_eq!(out.status.code(), Some(2), "{step}");
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(said.contains(why), "{step}: {said}");
    }
}
