//! What crosses from the core to the page stays small, however large the cluster is.

use std::fmt::Write;

use player::engine::{Loaded, Outcome, Walked};
use player::{Engine, LabEngine, Session, wire};

/// Services with one endpoint each, and a client.
fn cluster(services: usize) -> String {
    let mut text = String::from(
        "{apiVersion: v1, kind: Node, metadata: {name: a}, spec: {podCIDR: 10.16.0.0/16}, status: {addresses: [{type: InternalIP, address: 192.168.1.1}]}}\n\
         ---\n{apiVersion: v1, kind: Pod, metadata: {name: client}, spec: {nodeName: a, containers: [{name: c, image: c}]}, status: {podIP: 10.16.250.1}}\n",
    );
    for n in 0..services {
        let (high, low) = (n / 200 + 1, n % 200 + 1);
        let _ = write!(
            text,
            "---\n{{apiVersion: v1, kind: Service, metadata: {{name: s{n:04}}}, spec: {{clusterIP: 10.97.{high}.{low}, ports: [{{port: 80}}]}}}}\n\
             ---\n{{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {{name: s{n:04}-a, labels: {{kubernetes.io/service-name: s{n:04}}}}}, addressType: IPv4, ports: [{{port: 8080}}], endpoints: [{{addresses: [10.16.{high}.{low}], nodeName: a}}]}}\n",
        );
    }
    text
}

fn loaded(services: usize) -> (Loaded, Walked, usize) {
    let (_, requests) = Session::new(cluster(services).as_str().into());
    let request = requests
        .into_iter()
        .next()
        .expect("a session begins with a request");
    let answer = LabEngine::default().answer(request);
    let size = wire::encode(&answer).len();
    let Outcome::Loaded {
        good: Some((loaded, _, walked)),
        ..
    } = answer.what
    else {
        panic!("the cluster is good");
    };
    (*loaded, walked, size)
}

#[test]
fn a_larger_cluster_makes_no_larger_answer() {
    let (_, _, large) = loaded(900);
    let (_, _, larger) = loaded(1800);
    assert!(larger < large + large / 10, "{larger} bytes after {large}");
}

#[test]
fn what_is_left_out_is_counted() {
    let (_, walked, _) = loaded(900);
    let play = walked.expect("the walk is made");
    let nat = &play.tables["a"][&lab::TableName::Nat];
    // Two chains for each Service, and kube-proxy's own.
    assert!(
        nat.count > 1800 && nat.rules > 1800,
        "{} {}",
        nat.count,
        nat.rules
    );
    assert!(nat.listed.len() < 500);
    let services = play
        .chains
        .iter()
        .find(|c| c.name == "KUBE-SERVICES" && c.table == lab::TableName::Nat);
    let services = services.expect("the packet comes through it");
    assert_eq!(services.count(), 901);
    assert!(services.rules.len() < 300);
}

#[test]
fn what_was_walked_is_there() {
    let (_, walked, _) = loaded(900);
    let play = walked.expect("the walk is made");
    for frame in &play.frames {
        for at in frame.at.iter().chain(&frame.callers) {
            let chain = &play.chains[at.chain];
            assert!(
                at.number <= chain.rules.len() + 1,
                "{} {}",
                chain.name,
                at.number
            );
            let listed =
                |c: &player::frames::Chains| c.listed.iter().any(|(name, _)| *name == chain.name);
            assert!(
                play.tables["a"].get(&chain.table).is_some_and(listed),
                "{}",
                chain.name
            );
        }
    }
    assert_eq!(play.names.of_socket("10.97.1.1:80"), Some("s0000"));
    assert!(play.names.of_socket("10.16.1.1:8080").is_some());
}
