//! The objects of the recorded kube-proxy cases come out exactly as they are stated.

use std::fs;
use std::path::{Path, PathBuf};

use cluster::{ClusterState, Diagnostic, Plan, Severity, Source, load};

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/kube-proxy/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(root)
        .expect("the recordings are there")
        .map(|e| e.expect("readable").path())
        .collect();
    cases.sort();
    cases
}

fn load_case(case: &Path) -> (ClusterState, Vec<Diagnostic>, String) {
    let text = fs::read_to_string(case.join("input.yaml")).expect("every case has an input");
    let source = Source {
        name: "input.yaml".into(),
        text: text.as_str().into(),
    };
    let (state, diagnostics) = load(&[source], &Plan::default());
    (state, diagnostics, text)
}

fn count(text: &str, kind: &str) -> usize {
    text.lines()
        .filter(|line| *line == format!("kind: {kind}"))
        .count()
}

#[test]
fn every_object_is_there_and_none_is_refused() {
    let cases = cases();
    assert!(cases.len() >= 28);
    for case in cases {
        let (state, diagnostics, text) = load_case(&case);
        let errors: Vec<&Diagnostic> = diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{case:?}: {errors:#?}");
        assert_eq!(state.nodes.len(), count(&text, "Node"), "{case:?}");
        assert_eq!(state.services.len(), count(&text, "Service"), "{case:?}");
        assert_eq!(
            state.slices.iter().filter(|slice| !slice.made).count(),
            count(&text, "EndpointSlice"),
            "{case:?}"
        );
        assert!(state.proxy.object.is_some(), "{case:?}");
        assert!(state.nodes.iter().all(|node| !node.made), "{case:?}");
    }
}

#[test]
fn every_stated_address_and_port_is_kept() {
    for case in cases() {
        let (state, _, text) = load_case(&case);
        let mut expected: Vec<String> = Vec::new();
        for line in text.lines() {
            let line = line.trim().trim_start_matches("- ");
            if let Some(ip) = line.strip_prefix("clusterIP: ") {
                expected.push(ip.trim_matches('"').to_owned());
            }
            if let Some(port) = line.strip_prefix("nodePort: ") {
                expected.push(port.to_owned());
            }
        }
        let mut found: Vec<String> = Vec::new();
        for service in &state.services {
            if service.headless {
                found.push("None".to_owned());
            }
            found.extend(service.cluster_ips.first().map(ToString::to_string));
            found.extend(
                service
                    .ports
                    .iter()
                    .filter_map(|port| port.node_port)
                    .map(|port| port.to_string()),
            );
        }
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{case:?}");
    }
}

#[test]
fn every_endpoint_has_somebody_who_listens() {
    for case in cases() {
        let (state, ..) = load_case(&case);
        for slice in state.slices.iter().filter(|slice| !slice.made) {
            for endpoint in &slice.endpoints {
                let ip = endpoint.addresses[0];
                let pod = state.pods.iter().find(|pod| pod.ips.contains(&ip));
                let pod = pod.unwrap_or_else(|| panic!("{case:?}: nobody has {ip}"));
                assert_eq!(pod.node, endpoint.node, "{case:?}");
                for port in slice.ports.iter().filter_map(|port| port.port) {
                    assert!(
                        pod.listen.iter().any(|(_, number, _)| *number == port),
                        "{case:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn places_are_those_of_the_text() {
    for case in cases() {
        let (state, _, text) = load_case(&case);
        let lines: Vec<&str> = text.lines().collect();
        for service in &state.services {
            let span = state
                .origins
                .span(service.object, "metadata.name")
                .expect("it stands there");
            let line: Vec<char> = lines[span.line - 1].chars().collect();
            let word: String = line[span.column - 1..span.end_column - 1].iter().collect();
            assert_eq!(word, service.name, "{case:?}");
            for port in &service.ports {
                let field = format!("spec.ports[{}].port", port.index);
                let span = state
                    .origins
                    .span(service.object, &field)
                    .expect("it stands there");
                let line = lines[span.line - 1];
                assert!(
                    line.contains(&format!("port: {}", port.port)),
                    "{case:?}: {line}"
                );
            }
        }
    }
}
