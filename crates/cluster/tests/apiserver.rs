//! What Kubernetes' own code said to faulty and tricky manifests, type by type and field by field.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cluster::validate::{Release, Server};
use cluster::{Diagnostic, Kind, yaml};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/apiserver/cases")
}

/// The recording's word for a kind.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Required => "Required",
        Kind::Invalid => "Invalid",
        Kind::Duplicate => "Duplicate",
        Kind::NotSupported => "NotSupported",
        Kind::Forbidden => "Forbidden",
        Kind::TooLong => "TooLong",
        Kind::TooMany => "TooMany",
        Kind::NotFound => "NotFound",
        Kind::StrictDecode => "StrictDecode",
        Kind::Decode => "Decode",
        Kind::Client => "Client",
        Kind::NoMatch => "NoMatch",
        Kind::InternalError => "InternalError",
        Kind::Note => "Note",
    }
}

/// What we say to the last object of a file, the others created before it.
fn say(slug: &str, text: &str) -> Vec<Diagnostic> {
    say_as(Release::V1_36, slug, text)
}

fn say_as(release: Release, slug: &str, text: &str) -> Vec<Diagnostic> {
    let mut cidrs = vec!["10.96.0.0/12".parse().expect("a range")];
    if slug.ends_with("-dual") {
        cidrs.push("fd00:10:96::/112".parse().expect("a range"));
    }
    let mut server = Server::new(&cidrs).release(release);
    let (documents, mut diagnostics) = yaml::read(0, text);
    if diagnostics.iter().any(|diagnostic| diagnostic.server) {
        return diagnostics;
    }
    for document in documents {
        diagnostics = server.take(&Arc::new(document.root)).diagnostics;
    }
    diagnostics
}

#[test]
fn every_recorded_manifest_is_answered_as_the_server_answers() {
    compare(Release::V1_36);
}

/// What differs from 1.36 is recorded beside it; the rest was answered alike.
#[test]
fn every_recorded_manifest_is_answered_as_the_older_server_answers() {
    compare(Release::V1_30);
}

fn compare(release: Release) {
    let mut paths: Vec<_> = fs::read_dir(cases())
        .expect("the recordings are there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    paths.sort();
    let mut failures = Vec::new();
    let mut count = 0;
    for path in paths {
        let slug = path
            .file_stem()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        if slug.ends_with(".old") {
            continue;
        }
        count += 1;
        let mut text = fs::read_to_string(&path).expect("readable");
        // The object that was there before stands first.
        if let Ok(old) = fs::read_to_string(path.with_extension("old.yaml")) {
            text = format!("{old}---\n{text}");
        }
        let recorded = path.with_extension("json");
        let older = path.with_extension("k8s-1.30.json");
        let recorded = match release {
            Release::V1_30 if older.exists() => older,
            Release::V1_30 | Release::V1_36 => recorded,
        };
        let recorded = fs::read_to_string(recorded).expect("its recording");
        let recorded: Vec<serde_json::Value> = serde_json::from_str(&recorded).expect("JSON");
        let theirs: Vec<(String, String)> = recorded
            .iter()
            .map(|item| {
                let part = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
                (part("type"), part("field"))
            })
            .collect();
        let diagnostics = say_as(release, &slug, &text);
        let ours: Vec<(String, String)> = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.server)
            .map(|diagnostic| (word(diagnostic.kind).to_owned(), diagnostic.field.clone()))
            .collect();
        if ours != theirs {
            failures.push(format!("{slug}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
        for diagnostic in &diagnostics {
            let placed = diagnostic
                .span
                .is_some_and(|span| span.line >= 1 && span.column >= 1);
            if !placed || diagnostic.message.is_empty() || diagnostic.help.is_empty() {
                failures.push(format!(
                    "{slug}: without a place, sentence or help: {diagnostic:?}"
                ));
            }
        }
    }
    assert!(count >= 222, "{count} manifests");
    assert!(
        failures.is_empty(),
        "{} of {count} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// Manifests that the server takes though they are odd, and what our remark is about.
#[test]
fn odd_but_accepted_manifests_are_remarked_on() {
    for (slug, about) in [
        ("007-service-nodeport-on-externalname", "node port"),
        ("028-service-port-exponent", "fraction"),
        ("031-service-targetport-zero", "becomes the port"),
        ("055-service-lb-kubelet-port", "kubelet"),
        ("107-service-affinity-config-with-none", "no effect"),
        ("140-service-name-starts-with-digit", "letter"),
        ("218-pod-ports-duplicate-number", "already"),
        ("256-endpointslice-port-zero", "no port"),
        ("257-endpointslice-port-70000", "no port"),
        ("272-node-podcidrs-mismatch", "differ"),
        ("287-namespace-with-namespace", "no namespace"),
    ] {
        let text = fs::read_to_string(cases().join(format!("{slug}.yaml"))).expect("readable");
        let diagnostics = say(slug, &text);
        assert!(
            diagnostics.iter().all(|diagnostic| !diagnostic.server),
            "{slug}"
        );
        let remark = diagnostics
            .iter()
            .find(|diagnostic| diagnostic.message.contains(about));
        assert!(remark.is_some(), "{slug}: {diagnostics:?}");
    }
}

/// Where a fault stands, and what is said, for faults of every kind.
#[test]
fn faults_stand_at_the_value() {
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n";
    for (tail, place, words) in [
        ("  ports:\n  - port: 70000\n", (7, 11), "1 to 65535"),
        (
            "  ports:\n  - port: 80\n    nodPort: 3\n",
            (8, 5),
            "nodPort",
        ),
        (
            "  type: Nodeport\n  ports: [{port: 80}]\n",
            (6, 9),
            "Nodeport",
        ),
        (
            "  selector:\n    app: my web\n  ports: [{port: 80}]\n",
            (7, 10),
            "my web",
        ),
        (
            "  selector:\n    my app: web\n  ports: [{port: 80}]\n",
            (7, 5),
            "my app",
        ),
        ("  ports: 80\n", (6, 10), "a list"),
        ("  type: NodePort\n", (5, 1), "spec.ports"),
    ] {
        let text = format!("{service}{tail}");
        let diagnostics = say("", &text);
        let first = diagnostics.first().expect("a fault");
        let span = first.span.expect("a place");
        assert_eq!((span.line, span.column), place, "{text}");
        assert!(first.message.contains(words), "{}", first.message);
    }
}

mod any {
    use super::*;
    use proptest::prelude::*;

    /// A recorded manifest with lines dropped, doubled, indented or given another value.
    fn mutated() -> impl Strategy<Value = String> {
        let mut texts: Vec<String> = fs::read_dir(cases())
            .expect("the recordings are there")
            .map(|entry| entry.expect("readable").path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "yaml")
            })
            .map(|path| fs::read_to_string(path).expect("readable"))
            .collect();
        texts.sort();
        let values = prop_oneof![
            Just("null"),
            Just("[]"),
            Just("{}"),
            Just("-1"),
            Just("99999999999999999999"),
            Just("\"\""),
            Just("é"),
            Just("[{}, null]"),
            Just("1e300"),
            Just("::"),
            Just("{a: {b: 1}}")
        ];
        let change = (any::<prop::sample::Index>(), 0..4u8, values);
        (
            prop::sample::select(texts),
            prop::collection::vec(change, 1..5),
        )
            .prop_map(|(text, changes)| {
                let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                for (index, change, value) in changes {
                    let at = index.index(lines.len().max(1));
                    let Some(line) = lines.get(at).cloned() else {
                        continue;
                    };
                    match (change, line.split_once(':')) {
                        (0, _) => drop(lines.remove(at)),
                        (1, _) => lines.insert(at, line),
                        (2, _) => lines[at] = format!("  {line}"),
                        (_, Some((key, _))) => lines[at] = format!("{key}: {value}"),
                        (_, None) => {}
                    }
                }
                lines.join("\n")
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

        #[test]
        fn any_manifest_gets_an_answer(text in mutated()) {
            let (documents, _) = yaml::read(0, &text);
            let mut server = Server::new(&[]);
            for document in documents {
                let root = Arc::new(document.root);
                let mut said = server.take(&root).diagnostics;
                said.extend(server.take(&root).diagnostics);
                for diagnostic in said {
                    prop_assert!(diagnostic.span.is_some());
                    prop_assert!(!diagnostic.help.is_empty());
                }
            }
        }
    }
}

/// What may change in an object that is there, and what may not: old, new, the answer.
#[test]
fn updates_keep_what_is_fixed() {
    let service = |spec: &str| {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {spec}\n")
    };
    let set = |spec: &str| {
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db}}\nspec:\n  {spec}\n  selector: {{matchLabels: {{app: db}}}}\n  template:\n    metadata: {{labels: {{app: db}}}}\n    spec: {{containers: [{{name: db, image: x}}]}}\n"
        )
    };
    let pod = |image: &str, rest: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {{containers: [{{name: web, image: {image}}}]{rest}}}\n"
        )
    };
    let slice = |kind: &str| {
        format!(
            "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: web-1}}\naddressType: {kind}\nendpoints: []\n"
        )
    };
    for (old, new, expected) in [
        (
            service("{clusterIP: 10.96.0.10, ports: [{port: 80}]}"),
            service("{ports: [{port: 80}, {port: 81, name: b}]}"),
            vec![("Required", "spec.ports[0].name")],
        ),
        (
            service("{clusterIP: None, ports: [{port: 80}]}"),
            service("{clusterIP: 10.96.0.10, ports: [{port: 80}]}"),
            vec![("Invalid", "spec.clusterIPs[0]")],
        ),
        (
            service("{type: NodePort, ports: [{port: 80, nodePort: 30080}]}"),
            service("{type: NodePort, ports: [{port: 81, nodePort: 30080}]}"),
            vec![],
        ),
        (
            service("{type: LoadBalancer, loadBalancerClass: a.b/c, ports: [{port: 80}]}"),
            service("{type: LoadBalancer, loadBalancerClass: a.b/d, ports: [{port: 80}]}"),
            vec![("Invalid", "spec.loadBalancerClass")],
        ),
        (
            service("{type: ExternalName, externalName: a.b}"),
            service("{clusterIP: 192.168.0.1, ports: [{port: 80}]}"),
            vec![("Invalid", "spec.clusterIPs")],
        ),
        (set("replicas: 1"), set("replicas: 2"), vec![]),
        (
            set("serviceName: a"),
            set("serviceName: b"),
            vec![("Forbidden", "spec")],
        ),
        (pod("a", ""), pod("b", ""), vec![]),
        (
            pod("a", ""),
            pod("a", ", nodeName: n1"),
            vec![("Forbidden", "spec")],
        ),
        (
            slice("IPv4"),
            slice("IPv6"),
            vec![("Invalid", "addressType")],
        ),
    ] {
        let text = format!("{old}---\n{new}");
        let diagnostics = say("", &text);
        let said: Vec<_> = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.server)
            .map(|diagnostic| (word(diagnostic.kind), diagnostic.field.as_str()))
            .collect();
        assert_eq!(said, expected, "{text}");
    }
}

/// Applying the same text again changes nothing.
#[test]
fn what_was_accepted_is_accepted_again() {
    for entry in fs::read_dir(cases()).expect("the recordings are there") {
        let path = entry.expect("readable").path();
        let slug = path
            .file_stem()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        if path.extension().is_none_or(|extension| extension != "yaml") || slug.starts_with("167") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("readable");
        let refused = |diagnostics: &[Diagnostic]| diagnostics.iter().any(|d| d.server);
        if !refused(&say(&slug, &text)) {
            let twice = format!("{text}---\n{text}");
            assert!(!refused(&say(&slug, &twice)), "{slug}");
        }
    }
}
