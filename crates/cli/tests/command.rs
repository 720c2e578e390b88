//! The command as a person runs it: arguments in, text and exit codes out.

mod support;

use serde_json::Value;

use support::{DEMO, json, out, root, run, run_with};

#[test]
fn a_walk_speaks_the_recordings_words() {
    let walk = |seed: &str| {
        let to = "demo/demo-cluster-ip-svc:8711";
        run(&[
            "walk",
            DEMO,
            "--from",
            "pod/demo/client",
            "--to",
            to,
            "--seed",
            seed,
            "--json",
        ])
    };
    let trip = json(&walk("1"));
    assert_eq!(trip["outcome"], "reply");
    assert_eq!(trip["source_seen"], "10.42.1.50");
    assert_eq!(trip["source_port"], "kept");
    assert_eq!(trip["resolved"]["address"], "10.43.169.48");
    assert_eq!(trip["first_packet"][0][0], "pi-w1");
    assert_eq!(trip["first_packet"][0][1][0], "nat/PREROUTING#1");
    assert!(trip.get("signal_from").is_none());
    let draw = &trip["draws"][0];
    assert_eq!(draw["threshold"], 715_827_883, "a third of 2^31, rounded");
    let below = draw["drawn"].as_u64() < draw["threshold"].as_u64();
    assert_eq!(draw["hit"], below);
    assert_eq!(json(&walk("1")), trip, "the same seed, the same walk");
    let endings: std::collections::BTreeSet<String> = (1..=12)
        .map(|seed| json(&walk(&seed.to_string()))["answered_by"].to_string())
        .collect();
    assert_eq!(endings.len(), 3, "twelve seeds find all three pods");
}

#[test]
fn many_connections_add_up() {
    let totals = json(&run(&[
        "walk",
        DEMO,
        "--from",
        "outside",
        "--to",
        "10.43.169.48:8711",
        "--connections",
        "400",
        "--json",
    ]));
    assert_eq!(totals["outcomes"]["reply"], 400);
    assert_eq!(totals["masqueraded"], 400);
    let endpoints = totals["endpoints"].as_object().expect("an object");
    assert_eq!(
        endpoints.values().filter_map(Value::as_u64).sum::<u64>(),
        400
    );
    assert!(endpoints.contains_key("10.42.2.22:8080"));
}

#[test]
fn many_connections_are_told_with_what_chance_allows() {
    let told = |from: &str, connections: &str| {
        out(&run(&[
            "walk",
            DEMO,
            "--from",
            from,
            "--to",
            "10.43.169.48:8711",
            "--seed",
            "7",
            "--connections",
            connections,
        ]))
    };
    let text = told("pod/demo/client", "10000");
    let lines: Vec<&str> = text
        .lines()
        .filter(|l| l.trim_start().starts_with("to 10.42."))
        .collect();
    assert_eq!(lines.len(), 3, "{text}");
    for line in lines {
        assert!(line.contains("expected  33.3 %"), "{line}");
        assert!(line.contains("side 3241 to 3426"), "{line}");
    }
    assert!(
        text.contains("95 of 100 runs stay inside each band. Chance alone"),
        "{text}"
    );
    assert!(
        told("outside", "10").contains("too few connections to judge"),
        "{text}"
    );
}

#[test]
fn a_refused_packet_says_who_refused() {
    let yaml = "apiVersion: v1\nkind: Service\nmetadata: {name: lost}\nspec: {selector: {app: nobody}, ports: [{port: 80}]}\n";
    let walk = [
        "walk",
        "-",
        "--from",
        "node/node1",
        "--to",
        "default/lost:80",
        "--json",
    ];
    let trip = json(&run_with(yaml, &walk));
    assert_eq!(trip["outcome"], "icmp-unreach-code3");
    assert!(trip["signal_from"].is_string());
    assert!(trip.get("answered_by").is_none());
}

#[test]
fn check_points_at_the_value() {
    let yaml =
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 87110\n";
    let checked = run_with(yaml, &["check", "-", "--json"]);
    assert_eq!(checked.status.code(), Some(1));
    let list = json(&checked);
    let fault = list
        .as_array()
        .expect("a list")
        .iter()
        .find(|d| d["server"] == true);
    let fault = fault.expect("the server would refuse it");
    assert_eq!(fault["type"], "Invalid");
    assert_eq!(fault["field"], "spec.ports[0].port");
    assert_eq!((&fault["line"], &fault["column"]), (&7.into(), &11.into()));
    let told = run_with(yaml, &["check", "-"]);
    let text = String::from_utf8(told.stdout).expect("UTF-8");
    assert!(
        text.contains("standard input:7:11: error: spec.ports[0].port: "),
        "{text}"
    );
}

#[test]
fn what_cannot_be_done_is_said_in_one_line() {
    let refusal = |arguments: &[&str]| {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let no_node = refusal(&["rules", DEMO, "--node", "nowhere"]);
    assert_eq!(
        no_node,
        "chainwalk: there is no node \"nowhere\"; the nodes are pi-cp, pi-w1, pi-w2, pi-w5\n"
    );
    let version = refusal(&["rules", DEMO, "--kube-proxy", "soon"]);
    assert!(
        version.contains("write a version such as v1.30"),
        "{version}"
    );
    assert!(refusal(&["check", "no-such-file.yaml"]).contains("cannot read no-such-file.yaml"));
    let sender = refusal(&[
        "walk",
        DEMO,
        "--from",
        "pod/demo",
        "--to",
        "10.43.169.48:8711",
    ]);
    assert!(sender.contains("Write pod/NAMESPACE/NAME"), "{sender}");
    let rules = refusal(&[
        "walk",
        DEMO,
        "--from",
        "outside",
        "--to",
        "10.43.169.48:8711",
        "--rules",
        "pi-w1",
    ]);
    assert!(rules.contains("write NODE=FILE"), "{rules}");
}

#[test]
fn a_nodes_rules_can_be_replaced() {
    let rules = std::env::temp_dir().join(format!("chainwalk-rules-{}.txt", std::process::id()));
    std::fs::write(&rules, "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n").expect("written");
    let replace = format!("pi-w1={}", rules.display());
    let walk = [
        "walk",
        DEMO,
        "--from",
        "pod/demo/client",
        "--to",
        "10.42.2.22:8080",
        "--rules",
        &replace,
        "--json",
    ];
    let trip = json(&run(&walk));
    std::fs::remove_file(&rules).expect("removed");
    assert_eq!(trip["outcome"], "timeout");
}

#[test]
fn nothing_that_is_pasted_makes_it_fail() {
    for text in [
        "",
        "\u{0}",
        "a: [",
        "- - - -",
        "{{{{",
        "kind: Service",
        "\t\tx",
        "--- |",
        "&a [*a]",
        "[]",
        "null",
    ] {
        let output = run_with(text, &["check", "-", "--json"]);
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{text:?}: {output:?}"
        );
        assert!(json(&output).is_array(), "{text:?}");
    }
}

#[test]
fn odds_and_the_draws_that_force_them() {
    let walk = |more: &[&str]| {
        let mut arguments = vec![
            "walk",
            DEMO,
            "--from",
            "pod/demo/client",
            "--to",
            "10.43.169.48:8711",
            "--json",
        ];
        arguments.extend(more);
        json(&run(&arguments))
    };
    let odds = walk(&["--odds"]);
    let odds = odds.as_array().expect("a list");
    assert_eq!(odds.len(), 3);
    let total: f64 = odds.iter().filter_map(|o| o["probability"].as_f64()).sum();
    assert!((total - 1.0).abs() < 1e-12);
    assert_eq!(odds[1]["force"], serde_json::json!(["miss", "hit"]));
    let forced = walk(&["--force", "miss,hit"]);
    assert_eq!(forced["draws"][0]["hit"], false);
    assert_eq!(forced["draws"][1]["hit"], true);
    assert_eq!(forced["first_packet"][1][0], "pi-w2");
    assert_eq!(walk(&["--force", "0"])["draws"][0]["drawn"], 0);
    let wrong = run(&[
        "walk", DEMO, "--from", "outside", "--to", "pi-w1:1", "--force", "maybe",
    ]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_recording_is_played_in_the_same_form() {
    let file = "tests/oracle/kernel/cases/cip-pod.json";
    let played = json(&run(&["play", file]));
    let text = std::fs::read_to_string(root().join(file)).expect("the recording is there");
    let recorded: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(played["backend_set"], recorded["backend_set"]);
    assert_eq!(played["topology"], recorded["topology"]);
    let seen = |file: &Value| {
        let observed = file["observed"].as_array().expect("a list").clone();
        let mut entries: Vec<String> = observed
            .into_iter()
            .map(|mut entry| {
                entry.as_object_mut().expect("an object").remove("trials");
                entry.to_string()
            })
            .collect();
        entries.sort();
        entries
    };
    assert_eq!(
        seen(&played),
        seen(&recorded),
        "the simulator did what the kernel did"
    );
}

#[test]
fn a_tutorial_s_commands_run_on_a_node() {
    let out = |arguments: &[&str]| {
        let done = run(arguments);
        (
            String::from_utf8_lossy(&done.stdout).into_owned(),
            done.status.code(),
        )
    };
    let line = "sudo iptables -t nat -L KUBE-SERVICES -n | grep demo-cluster-ip-svc";
    let (piped, status) = out(&["run", DEMO, "--node", "pi-w2", "--", line]);
    assert_eq!(status, Some(0));
    assert!(
        piped.starts_with("KUBE-SVC-P7QE5OVRKZMQ43FN  tcp"),
        "{piped}"
    );
    assert_eq!(piped.lines().count(), 1);
    let words = [
        "run",
        DEMO,
        "--",
        "iptables",
        "-t",
        "nat",
        "-S",
        "KUBE-SVC-P7QE5OVRKZMQ43FN",
    ];
    assert_eq!(out(&words).0.lines().count(), 5);
    assert_eq!(
        out(&["run", DEMO, "--", "iptables", "-L", "NOPE"]).1,
        Some(1)
    );
    assert_eq!(
        out(&["run", DEMO, "--node", "nowhere", "--", "true"]).1,
        Some(2)
    );
}
