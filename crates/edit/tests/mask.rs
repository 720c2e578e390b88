//! A manifest without what tells whose it is: the same names become the same, and it stays a manifest.

use edit::mask::{Which, masked, private};

const SHOP: &str = r#"# The shop of Acme: pods of web answer on 10.42.3.9 (ask Alice)
apiVersion: v1
kind: Service
metadata:
  name: web # in front of the acme-shop
  namespace: acme-shop
  labels: {app: web, acme.com/team: payments}
  annotations:
    service.kubernetes.io/topology-mode: Auto
    note: "Call \u0041lice"
spec:
  type: NodePort
  clusterIP: 10.43.7.9
  selector: {app: web}
  ports:
    - {name: http, port: 80, targetPort: web-port, nodePort: 30080, protocol: TCP}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: acme-shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, acme.com/team: payments}}
    spec:
      containers:
        - name: server
          image: registry.acme.com/shop/web:1.4
          ports: [{name: web-port, containerPort: 8080}]
---
apiVersion: v1
kind: Pod
metadata: {name: web-7d9f8c6b5d-x2x4z, namespace: acme-shop, labels: {app: web}}
spec:
  nodeName: ams-rack7
  containers: [{name: server, image: x}]
status: {podIP: 10.42.3.9, phase: Running}
---
apiVersion: v1
kind: Node
metadata: {name: ams-rack7}
spec: {podCIDR: 10.42.3.0/24}
"#;

#[track_caller]
fn mask(text: &str) -> String {
    masked(text, Which::NamesAndAddresses)
        .expect("it can be read")
        .text
}

#[test]
fn nothing_of_its_owner_is_left() {
    let text = mask(SHOP);
    for word in [
        "acme", "Acme", "web", "Alice", "lice", "payments", "ams", "rack7", "server", "shop",
        "10.42.3", "10.43.7",
    ] {
        assert!(!text.contains(word), "{word} is left in\n{text}");
    }
    for word in [
        "kind: Service",
        "type: NodePort",
        "protocol: TCP",
        "name: http",
        "topology-mode: Auto",
        "nodePort: 30080",
        "phase: Running",
        "replicas: 2",
    ] {
        assert!(text.contains(word), "{word} is gone from\n{text}");
    }
    assert_eq!(text.lines().count(), SHOP.lines().count());
}

#[test]
fn the_same_name_becomes_the_same_everywhere() {
    let text = mask(SHOP);
    let name = |at: &str| {
        let from = text.find(at).expect(at) + at.len();
        text[from..]
            .split([',', '}', '\n', ' '])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let service = name("metadata:\n  name: ");
    assert_eq!(name("selector: {app: "), format!("{service}"));
    assert!(text.contains(&format!("{{matchLabels: {{app: {service}}}}}")));
    assert!(
        text.contains(&format!("name: {service}-7d9f8c6b5d-x2x4z")),
        "{text}"
    );
    let port = name("targetPort: ");
    assert!(
        text.contains(&format!("{{name: {port}, containerPort: 8080}}")),
        "{text}"
    );
    let node = name("nodeName: ");
    assert!(
        text.contains(&format!("metadata: {{name: {node}}}")),
        "{text}"
    );
    // The comment says the same name, and the same address as the pod has.
    let comment = text.lines().next().unwrap_or_default();
    assert!(
        comment.starts_with("# …") && comment.contains(&service),
        "{comment}"
    );
    assert!(comment.contains(&name("podIP: ")), "{comment}");
}

#[test]
fn addresses_stay_in_their_networks() {
    let text = mask(SHOP);
    let at = |field: &str| {
        let from = text.find(field).expect(field) + field.len();
        text[from..]
            .split([',', '}', '\n', '/'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let network = at("podCIDR: ");
    let pod = at("podIP: ");
    assert_eq!(
        network.rsplit_once('.').expect("dots").0,
        pod.rsplit_once('.').expect("dots").0
    );
    assert!(pod.ends_with(".9") && pod.starts_with("10.42."), "{pod}");
    let kept = masked(SHOP, Which::Names).expect("it can be read").text;
    assert!(kept.contains("podIP: 10.42.3.9") && !kept.contains("acme"));
}

#[test]
fn a_question_is_masked_alike() {
    let masked = masked(SHOP, Which::NamesAndAddresses).expect("it can be read");
    assert_eq!(masked.mask.of("outside"), "outside");
    assert_eq!(
        masked.mask.of("pod/acme-shop/web-7d9f8c6b5d-x2x4z"),
        "pod/namespace-1/service-1-7d9f8c6b5d-x2x4z"
    );
    assert_eq!(
        masked.mask.of("acme-shop/web:80"),
        "namespace-1/service-1:80"
    );
}

#[test]
fn what_it_tells_is_listed() {
    let private = private(SHOP).expect("it can be read");
    for name in ["web", "acme-shop", "ams-rack7", "payments"] {
        assert!(private.names.iter().any(|n| n == name), "{name}");
    }
    assert_eq!(private.addresses, ["10.42.3.0", "10.42.3.9", "10.43.7.9"]);
    assert_eq!(private.comments, 2);
    assert!(masked("kind: [", Which::Names).is_none());
}

#[test]
fn anchors_blocks_and_quotes_are_masked_too() {
    let text = "kind: ConfigMap\nmetadata: &acme\n  name: 'it''s-acme'\ndata:\n  secret.txt: |\n    acme # not a comment\n    line two\n  other: *acme\n";
    let text = mask(text);
    assert!(!text.contains("acme") && !text.contains("secret"), "{text}");
}

/// Every manifest of ours stays one, and says the same of itself.
#[test]
fn our_own_manifests_stay_manifests() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut seen = 0;
    for folder in ["www", "www/samples", "crates/cluster/tests/manifests"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|end| end != "yaml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a text");
            let load = |text: &str| {
                let text = text.into();
                let name = "a".into();
                cluster::load(&[cluster::Source { name, text }], &cluster::Plan::default())
            };
            let Some(masked) = masked(&text, Which::NamesAndAddresses) else {
                continue;
            };
            let (before, after) = (load(&text).0, load(&masked.text).0);
            let counts =
                |c: &cluster::ClusterState| (c.services.len(), c.pods.len(), c.nodes.len());
            assert_eq!(
                counts(&before),
                counts(&after),
                "{}\n{}",
                path.display(),
                masked.text
            );
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

proptest::proptest! {
    #[test]
    fn any_text_is_answered(text in "[a-z:#&*|'\"{}\\[\\], \n0-9./-]{0,80}") {
        let _ = private(&text);
        let _ = masked(&text, Which::NamesAndAddresses);
    }
}
