//! The command as a person runs it: arguments in, text and exit codes out.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn run_with(input: &str, arguments: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_chainwalk"))
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // A command that refuses its arguments may be gone before it reads.
    let _ = child
        .stdin
        .take()
        .expect("piped")
        .write_all(input.as_bytes());
    child.wait_with_output().expect("it ends")
}

fn run(arguments: &[&str]) -> Output {
    run_with("", arguments)
}

#[track_caller]
fn out(output: &Output) -> String {
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("one JSON value")
}

const DEMO: &str = "www/demo.yaml";

fn recorded(case: &str, file: &str) -> String {
    let path = root()
        .join("tests/oracle/kube-proxy/cases")
        .join(case)
        .join(file);
    std::fs::read_to_string(path).expect("the recording is there")
}

#[test]
fn rules_are_the_recorded_text() {
    for case in [
        "001-seed-demo",
        "002-clusterip-one-endpoint",
        "003-clusterip-two-endpoints",
        "004-clusterip-five-endpoints",
        "005-clusterip-ten-endpoints",
        "006-multiport-named",
        "009-nodeport-cluster-policy",
    ] {
        let input = recorded(case, "input.yaml");
        let restore = out(&run_with(&input, &["rules", "-"]));
        assert_eq!(restore, recorded(case, "iptables.txt"), "{case}");
        let save = out(&run_with(&input, &["rules", "-", "--as", "save"]));
        assert_eq!(save, recorded(case, "iptables-save.txt"), "{case}");
    }
}

#[test]
fn newest_writes_what_newest_writes() {
    let input = recorded("009-nodeport-cluster-policy", "input.yaml");
    let text = out(&run_with(&input, &["rules", "-", "--kube-proxy", "newest"]));
    assert_eq!(
        text,
        recorded("009-nodeport-cluster-policy", "iptables-newest.txt")
    );
}

#[test]
fn stated_addresses_are_the_only_ones() {
    let input = recorded("027-nodeport-addresses", "input.yaml");
    let config: Value =
        serde_json::from_str(&recorded("027-nodeport-addresses", "config.json")).expect("JSON");
    let mut arguments = vec!["rules".to_owned(), "-".to_owned()];
    for address in config["interfaceAddresses"].as_array().expect("a list") {
        arguments.extend([
            "--address".to_owned(),
            address.as_str().expect("text").to_owned(),
        ]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let text = out(&run_with(&input, &arguments));
    assert_eq!(text, recorded("027-nodeport-addresses", "iptables.txt"));
}

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
