//! What a person asks and what they are told, from YAML to ending.

use std::net::IpAddr;

use fabric::Ending;
use lab::{Ask, Dice, IpFamily, Lab, Memory, Ns, Options, RuleRef, Source, TableName, Trip, text};
use netfilter::ChainName;

fn load(name: &str, text: &str) -> Lab {
    let source = Source {
        name: name.into(),
        text: text.into(),
    };
    Lab::load(&[source], Options::default())
}

fn demo() -> Lab {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../www/demo.yaml");
    load(
        "demo.yaml",
        &std::fs::read_to_string(path).expect("the demo is there"),
    )
}

fn web(extra: &str) -> Lab {
    load(
        "web.yaml",
        &format!(
            "apiVersion: v1
kind: Service
metadata: {{name: web, namespace: shop}}
spec:
  type: NodePort
  selector: {{app: web}}
  ports: [{{port: 80, targetPort: 8080, nodePort: 30080}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: web, image: 'web:1', ports: [{{containerPort: 8080}}]}}]}}
{extra}"
        ),
    )
}

#[track_caller]
fn try_send(lab: &Lab, from: &str, to: &str, via: Option<&str>) -> Result<Trip, String> {
    let ask = Ask::parse(from, to, via).map_err(|e| e.message)?;
    lab.send(&mut Memory::default(), &ask, &mut Dice::seeded(1))
        .map_err(|e| e.message)
}

#[track_caller]
fn outcome(lab: &Lab, from: &str, to: &str) -> String {
    match try_send(lab, from, to, None) {
        Ok(trip) => trip.journey.ending.word().into(),
        Err(message) => message,
    }
}

#[test]
fn the_demo_has_the_chains_of_the_recording() {
    let lab = demo();
    assert!(!lab.has_errors(), "{:?}", lab.diagnostics());
    for node in ["pi-cp", "pi-w1", "pi-w2", "pi-w5"] {
        let rules = lab.rules(node, IpFamily::Ipv4).proxy.restore();
        for chain in [
            "KUBE-SVC-P7QE5OVRKZMQ43FN",
            "KUBE-SEP-5GSOMUMCTEFLXZNQ",
            "KUBE-SEP-YDSBTQTOO7DVNDMV",
            "KUBE-SEP-3DAK6EL2JD2M5WTS",
        ] {
            assert!(
                rules.contains(&format!(":{chain} - [0:0]")),
                "{chain} on {node}"
            );
        }
    }
}

#[test]
fn the_demo_alone_keeps_the_name_of_its_chain() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../www/demo.yaml");
    let whole = std::fs::read_to_string(path).expect("the demo is there");
    let wanted = |doc: &&str| doc.contains("kind: Deployment") || doc.contains("kind: Service\n");
    let part: Vec<&str> = whole.split("\n---\n").filter(wanted).collect();
    assert_eq!(part.len(), 2);
    let part = part
        .join("\n---\n")
        .replace("  clusterIP: 10.43.169.48\n", "");
    let lab = load("part.yaml", &part);
    assert!(!lab.has_errors(), "{:?}", lab.diagnostics());
    let node = lab.default_node().expect("nodes are made").to_owned();
    let rules = lab.rules(&node, IpFamily::Ipv4).proxy.restore();
    assert!(rules.contains("KUBE-SVC-P7QE5OVRKZMQ43FN"));
    assert!(
        !rules.contains("KUBE-SEP-5GSOMUMCTEFLXZNQ"),
        "the addresses are others"
    );
    assert_eq!(rules.matches("--to-destination").count(), 3);
}

#[test]
fn the_same_seed_gives_the_same_walk() {
    let lab = demo();
    let walk =
        || try_send(&lab, "pod/demo/client", "10.43.169.48:8711", None).expect("can be asked");
    assert_eq!(walk(), walk());
    assert!(!walk().journey.throws.is_empty());
}

#[test]
fn a_name_is_looked_up_but_not_walked() {
    let trip = try_send(
        &demo(),
        "pod/demo/client",
        "demo/demo-cluster-ip-svc:8711",
        None,
    );
    let (name, addr) = trip
        .expect("can be asked")
        .resolved
        .expect("a name was looked up");
    assert_eq!(name, "demo-cluster-ip-svc.demo.svc.cluster.local");
    assert_eq!(addr, IpAddr::from([10, 43, 169, 48]));
}

#[test]
fn endings() {
    let lab = web("");
    assert_eq!(outcome(&lab, "outside", "node1:30080"), "reply");
    assert_eq!(outcome(&lab, "node/node1", "shop/web:80"), "reply");
    assert_eq!(outcome(&lab, "outside", "node1:31999"), "tcp-rst");
    assert_eq!(outcome(&lab, "node/node2", "shop/web:81"), "ENETUNREACH");
    assert_eq!(
        outcome(&lab, "outside", "shop/nothing:80"),
        "There is no Service shop/nothing."
    );
    assert_eq!(
        outcome(&lab, "node/node9", "shop/web:80"),
        "There is no node \"node9\"."
    );
    assert_eq!(
        outcome(&lab, "pod/shop/gone", "shop/web:80"),
        "There is no pod shop/gone."
    );
    assert_eq!(
        outcome(&lab, "outside", "shop/web:http"),
        "Service shop/web has no port named \"http\"."
    );
}

#[test]
fn a_client_outside_enters_where_it_is_told() {
    let lab = web("");
    let entered = |to: &str, via: Option<&str>| {
        let trip = try_send(&lab, "outside", to, via).expect("can be asked");
        let first = trip.journey.events.iter().find_map(|e| match &e.ns {
            Ns::Node(name) => Some(name.clone()),
            _ => None,
        });
        first.expect("it enters a node")
    };
    assert_eq!(entered("node2:30080", None), "node2");
    assert_eq!(entered("shop/web:80", None), "node1");
    assert_eq!(entered("shop/web:80", Some("node3")), "node3");
    assert_eq!(entered("node2:30080", Some("node1")), "node1");
}

#[test]
fn an_address_enters_where_it_belongs() {
    let lab = demo();
    let source_seen = |from: &str| {
        let trip = try_send(&lab, from, "10.43.169.48:8711", None).expect("can be asked");
        let first = trip
            .journey
            .events
            .first()
            .expect("something happened")
            .ns
            .clone();
        let seen = match trip.journey.ending {
            Ending::Reply { source_seen, .. } => source_seen.to_string(),
            other => format!("{other:?}"),
        };
        (text::ns(&first), seen)
    };
    // A pod of pi-w2's own range that the YAML does not have.
    assert_eq!(
        source_seen("10.42.2.99@pi-w2"),
        ("pod 10.42.2.99".into(), "10.42.2.99".into())
    );
    // A client far away, which the rules take for no pod.
    let (from, seen) = source_seen("100.99.0.1@pi-w1");
    assert_eq!(from, "host 100.99.0.1");
    assert_ne!(seen, "100.99.0.1", "masqueraded");
    // A node's own address is one of its processes.
    assert_eq!(source_seen("192.168.7.11@pi-w1").0, "node pi-w1");
}

#[test]
fn connections_are_counted() {
    let lab = demo();
    let ask = Ask::parse("pod/demo/client", "10.43.169.48:8711", None).expect("reads");
    let (mut memory, mut dice) = (Memory::default(), Dice::seeded(1));
    let totals = lab
        .send_many(&mut memory, &ask, &mut dice, 300)
        .expect("can be asked");
    assert_eq!(totals.outcomes.values().sum::<u64>(), 300);
    assert_eq!(totals.endpoints.values().sum::<u64>(), 300);
    assert_eq!(totals.endpoints.len(), 3);
    assert!(
        totals.endpoints.values().all(|&n| (60..=140).contains(&n)),
        "{totals:?}"
    );
    assert_eq!(totals.masqueraded, 0, "a pod's packet keeps its source");
}

#[test]
fn a_rule_knows_its_line() {
    let lab = web("");
    let rule = |chain: &str, number| RuleRef {
        table: TableName::Nat,
        chain: ChainName::new(chain).expect("a chain's name"),
        number,
    };
    let of = |chain: &str, number| lab.origin("node1", IpFamily::Ipv4, &rule(chain, number));
    let node_port = of("KUBE-NODEPORTS", 1).expect("it has a reason");
    assert_eq!(node_port.field, "spec.ports[0].nodePort");
    assert_eq!(node_port.span.expect("it stands in the text").line, 7);
    assert_eq!(of("KUBE-NODEPORTS", 9), None);
}

#[test]
fn a_person_may_replace_a_nodes_rules() {
    let mut lab = demo();
    let own = lab.rules("pi-w1", IpFamily::Ipv4).proxy.restore();
    lab.replace_rules("pi-w1", &own)
        .expect("kube-proxy's own text reads");
    assert_eq!(
        outcome(&lab, "pod/demo/client", "10.43.169.48:8711"),
        "reply",
        "laid over the jumps"
    );
    lab.replace_rules("pi-w1", "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n")
        .expect("reads");
    assert_eq!(
        outcome(&lab, "pod/demo/client", "10.42.2.22:8080"),
        "timeout"
    );
    let error = lab
        .replace_rules("pi-w1", "*nat\n-A PREROUTING -j\nCOMMIT\n")
        .expect_err("no target");
    assert_eq!(error.line, 2);
}

#[test]
fn odds_are_computed_and_add_up() {
    let lab = demo();
    let ask = Ask::parse("pod/demo/client", "10.43.169.48:8711", None).expect("reads");
    let odds = lab
        .odds(&Memory::default(), &ask)
        .expect("can be asked")
        .expect("few paths");
    let total: f64 = odds.iter().map(|o| o.probability).sum();
    assert!((total - 1.0).abs() < 1e-12, "{odds:?}");
    let order: Vec<String> = odds
        .iter()
        .map(|o| o.endpoint.expect("an endpoint").0.to_string())
        .collect();
    assert_eq!(
        order,
        ["10.42.1.16", "10.42.2.22", "10.42.5.23"],
        "in the order of the rules"
    );
    assert!(
        odds.iter()
            .all(|o| (o.probability - 1.0 / 3.0).abs() < 1e-9),
        "{odds:?}"
    );
    for odds in odds {
        let mut dice = Dice::scripted(odds.draws.clone(), 99);
        let trip = lab
            .send(&mut Memory::default(), &ask, &mut dice)
            .expect("can be asked");
        assert_eq!(
            trip.journey.ending.word(),
            odds.outcome,
            "its draws force it"
        );
    }
}

#[test]
fn odds_agree_with_many_draws() {
    let lab = web("");
    let ask = Ask::parse("outside", "node2:30080", None).expect("reads");
    let odds = lab
        .odds(&Memory::default(), &ask)
        .expect("can be asked")
        .expect("few paths");
    let connections = 4_000;
    let totals = lab
        .send_many(
            &mut Memory::default(),
            &ask,
            &mut Dice::seeded(7),
            connections,
        )
        .expect("can be asked");
    for odds in odds {
        let seen = totals.endpoints[&odds.endpoint.expect("an endpoint")] as f64;
        let (n, p) = (connections as f64, odds.probability);
        let sigma = (n * p * (1.0 - p)).sqrt();
        assert!((seen - n * p).abs() < 5.0 * sigma, "{odds:?}: {seen}");
    }
}
