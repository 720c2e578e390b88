//! `chainwalk diff` as a person runs it.

mod support;

use std::path::PathBuf;

use serde_json::Value;

use support::{DEMO, json, root, run, run_with};

/// A file that is gone when the test is.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("chainwalk-diff-{}-{name}.yaml", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).expect("written");
        Scratch(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A Service `web` with these endpoints, on two nodes.
fn web(service: &str, addresses: &[&str]) -> String {
    let mut text = String::new();
    for (at, node) in ["n1", "n2"].iter().enumerate() {
        text += &format!(
            "apiVersion: v1\nkind: Node\nmetadata: {{name: {node}}}\nspec: {{podCIDR: 10.42.{at}.0/24}}\n---\n"
        );
    }
    text += &format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{clusterIP: 10.43.0.9, ports: [{{port: 80, targetPort: 8080}}]{service}}}\n---\n"
    );
    text += "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\naddressType: IPv4\nports: [{port: 8080, name: \"\"}]\nendpoints:\n";
    for address in addresses {
        text += &format!("- {{addresses: [{address}], nodeName: n1}}\n");
    }
    text
}

const THREE: [&str; 3] = ["10.42.0.3", "10.42.0.4", "10.42.0.5"];

fn compare(before: &str, after: &str, more: &[&str]) -> (Option<i32>, String) {
    let file = Scratch::new(&format!("{:p}", before.as_ptr()), before);
    let arguments = [&["diff", file.path(), "-"], more].concat();
    let output = run_with(after, &arguments);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    (output.status.code(), text)
}

#[test]
fn a_cluster_does_not_differ_from_itself() {
    let same = run(&["diff", DEMO, DEMO]);
    assert_eq!(
        (same.status.code(), same.stdout.as_slice()),
        (Some(0), &b""[..])
    );
    let told = run(&["diff", DEMO, DEMO, "--json"]);
    assert_eq!(told.status.code(), Some(0));
    assert_eq!(json(&told)["equal"], true);
}

#[test]
fn an_endpoint_more_changes_the_odds_and_brings_a_chain() {
    let (code, text) = compare(
        &web("", &THREE[..2]),
        &web("", &THREE),
        &["--family", "ipv4"],
    );
    assert_eq!(code, Some(1));
    let lines: Vec<&str> = text.lines().collect();
    let chain = |name: &str| lines.iter().filter(|l| l.starts_with(name)).count();
    assert_eq!(lines[..2], ["  nodes n1, n2, ipv4", "  *nat"]);
    assert_eq!(chain("+ :KUBE-SEP-"), 1, "{text}");
    assert_eq!(chain("  :KUBE-SVC-"), 1, "{text}");
    assert!(
        text.contains("\n       statistic: --mode random --probability 0.50000000000 -> --mode random --probability 0.33333333349\n"),
        "{text}"
    );
    assert!(
        text.contains("\n       statistic: none -> --mode random --probability 0.50000000000\n"),
        "{text}"
    );
    assert_eq!(
        chain("+ "),
        4,
        "the chain, its two rules and the one to it: {text}"
    );
    assert_eq!(chain("- ") + chain("> "), 0, "{text}");
}

#[test]
fn a_local_policy_differs_by_node() {
    let service = ", type: NodePort, externalTrafficPolicy: ";
    let (before, after) = (format!("{service}Cluster"), format!("{service}Local"));
    let (code, text) = compare(
        &web(&before, &THREE),
        &web(&after, &THREE),
        &["--family", "ipv4", "--json"],
    );
    assert_eq!(code, Some(1));
    let told: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(told["equal"], false);
    let groups = told["differences"].as_array().expect("a list");
    let nodes: Vec<&Value> = groups.iter().map(|group| &group["nodes"]).collect();
    assert_eq!(nodes, [&Value::from(vec!["n1"]), &Value::from(vec!["n2"])]);
    let tables = |group: &Value| group["tables"].as_array().map_or(0, Vec::len);
    assert_eq!((tables(&groups[0]), tables(&groups[1])), (1, 2), "n2 drops");
    let only = ["--family", "ipv4", "--json", "--node", "n2"];
    let (_, text) = compare(&web(&before, &THREE), &web(&after, &THREE), &only);
    let one: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(one["differences"][0], groups[1]);
}

#[test]
fn the_json_says_which_part_changed() {
    let after = web("", &THREE).replace("10.43.0.9", "10.43.0.10");
    let (_, text) = compare(&web("", &THREE), &after, &["--json", "--node", "n1"]);
    let told: Value = serde_json::from_str(&text).expect("JSON");
    let group = &told["differences"][0];
    assert_eq!((&group["changed"], &group["added"]), (&2.into(), &0.into()));
    let rule = &group["tables"][0]["chains"][0]["rules"][0];
    assert_eq!(
        (&rule["change"], &rule["from"], &rule["to"]),
        (&"changed".into(), &1.into(), &1.into())
    );
    let part = &rule["parts"][0];
    assert_eq!(part["part"], "-d");
    assert_eq!(part["before"], "-d 10.43.0.9/32");
    assert_eq!(part["after"], "-d 10.43.0.10/32");
}

#[test]
fn nodes_and_versions_differ_too() {
    let fewer = web("", &[]).replacen("---\n", "", 1);
    let fewer = &fewer[fewer
        .find("apiVersion: v1\nkind: Node\nmetadata: {name: n2}")
        .expect("n2")..];
    let (code, text) = compare(&web("", &[]), fewer, &[]);
    assert_eq!((code, text.lines().next()), (Some(1), Some("- node n1")));
    let (code, text) = compare(fewer, &web("", &[]), &[]);
    assert_eq!((code, text.lines().next()), (Some(1), Some("+ node n1")));
    let newer = run(&[
        "diff",
        DEMO,
        DEMO,
        "--kube-proxy",
        "v1.23",
        "--to-kube-proxy",
        "v1.30",
    ]);
    let text = String::from_utf8(newer.stdout).expect("UTF-8");
    assert_eq!(newer.status.code(), Some(1));
    assert!(text.contains("+ :KUBE-PROXY-FIREWALL\n"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_said_in_one_line() {
    for (arguments, said) in [
        (
            &["-", "-"][..],
            "only one of the two can come from standard input",
        ),
        (&[DEMO, "none.yaml"], "cannot read none.yaml"),
        (&[DEMO, DEMO, "--node", "none"], "there is no node \"none\""),
        (&[DEMO], "required"),
    ] {
        let output = run(&[&["diff"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let error = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(error.contains(said), "{error}");
    }
    let help = String::from_utf8(run(&["diff", "--help"]).stdout).expect("UTF-8");
    assert!(
        help.contains("0 the rules are the same; 1 they differ; 2"),
        "{help}"
    );
}

#[test]
fn every_recorded_pair_can_be_compared() {
    let folder = root().join("tests/oracle/kube-proxy/cases");
    let input = |case: &str| format!("{}/{case}/input.yaml", folder.display());
    let (a, b) = (
        input("004-clusterip-five-endpoints"),
        input("005-clusterip-ten-endpoints"),
    );
    assert_eq!(run(&["diff", &a, &b]).status.code(), Some(1));
    assert_eq!(run(&["diff", &b, &b]).status.code(), Some(0));
}
