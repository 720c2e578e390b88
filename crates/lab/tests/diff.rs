//! Differences between two clusters: by node and family, with nodes that differ alike together.

use lab::diff::{Differences, Scope, diff};
use lab::{Companion, IpFamily, Lab, Options, Source};

const DUAL: &str = "apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {podCIDRs: [10.42.0.0/24, fd42::/64]}
---
apiVersion: v1
kind: Node
metadata: {name: n2}
spec: {podCIDRs: [10.42.1.0/24, fd42:0:0:1::/64]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIPs: [10.43.0.9, 'fd43::9'], clusterIP: 10.43.0.9, ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]}
";

fn lab_with(text: &str, options: Options) -> Lab {
    let source = Source {
        name: "input.yaml".into(),
        text: text.into(),
    };
    let lab = Lab::load(&[source], options);
    assert!(!lab.has_errors(), "{:?}", lab.diagnostics());
    lab
}

fn lab(text: &str) -> Lab {
    lab_with(text, Options::default())
}

fn groups(found: &Differences) -> Vec<(Vec<&str>, IpFamily)> {
    let nodes = |group: &'_ lab::diff::NodesDiff| group.nodes.len();
    assert!(found.nodes.iter().all(|group| nodes(group) > 0));
    let groups = found.nodes.iter();
    groups
        .map(|g| (g.nodes.iter().map(String::as_str).collect(), g.family))
        .collect()
}

#[test]
fn a_cluster_does_not_differ_from_itself() {
    assert!(diff(&lab(DUAL), &lab(DUAL), Scope::default()).is_empty());
}

#[test]
fn nodes_that_differ_alike_stand_together_in_each_family() {
    let after = DUAL.replace("port: 80", "port: 81");
    let found = diff(&lab(DUAL), &lab(&after), Scope::default());
    assert_eq!(
        groups(&found),
        [
            (vec!["n1", "n2"], IpFamily::Ipv4),
            (vec!["n1", "n2"], IpFamily::Ipv6)
        ]
    );
    assert!(
        found
            .nodes
            .iter()
            .all(|group| group.diff.counts().changed == 1)
    );
    let scope = Scope {
        node: Some("n2"),
        family: Some(IpFamily::Ipv6),
    };
    let one = diff(&lab(DUAL), &lab(&after), scope);
    assert_eq!(groups(&one), [(vec!["n2"], IpFamily::Ipv6)]);
}

#[test]
fn one_familys_address_changes_that_familys_rules() {
    let after = DUAL.replace("fd43::9", "fd43::a");
    let found = diff(&lab(DUAL), &lab(&after), Scope::default());
    assert_eq!(groups(&found), [(vec!["n1", "n2"], IpFamily::Ipv6)]);
}

#[test]
fn nodes_come_and_go() {
    let after = DUAL.replace("name: n2", "name: n3");
    let found = diff(&lab(DUAL), &lab(&after), Scope::default());
    assert_eq!(
        (found.gone, found.came),
        (vec!["n2".to_owned()], vec!["n3".to_owned()])
    );
    assert_eq!(found.nodes, []);
    let scope = Scope {
        node: Some("n1"),
        family: None,
    };
    assert!(diff(&lab(DUAL), &lab(&after), scope).is_empty());
}

#[test]
fn companions_are_a_difference_too() {
    let with = Options {
        companions: Companion::ALL.to_vec(),
        ..Options::default()
    };
    let found = diff(&lab(DUAL), &lab_with(DUAL, with), Scope::default());
    let chains: usize = found.nodes[0]
        .diff
        .tables
        .iter()
        .map(|t| t.chains.len())
        .sum();
    assert_eq!(chains, 7, "three canaries of each, and the hint");
}
