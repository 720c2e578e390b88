//! The defaults and allocations that the API server recorded are ours too.
//!
//! `stored.json` is what the server kept of a Service: read as a manifest, it must give the same Service
//! as the manifest it was made of. What was drawn at random there reads `<allocated>` and is
//! checked to be allocated here.

use std::fs;
use std::path::Path;

use cluster::{Plan, Service, Source, load};

fn recordings(suffix: &str) -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/apiserver/cases");
    let mut found: Vec<(String, String, String)> = fs::read_dir(&root)
        .expect("the recordings are there")
        .filter_map(|entry| {
            let name = entry
                .expect("readable")
                .file_name()
                .into_string()
                .expect("ASCII names");
            let slug = name.strip_suffix(suffix)?.to_owned();
            let read = |file: String| fs::read_to_string(root.join(file)).expect("readable");
            let (text, answer) = (read(format!("{slug}.yaml")), read(name));
            Some((slug, text, answer))
        })
        .collect();
    found.sort();
    found
}

fn plan(slug: &str) -> Plan {
    let mut ranges = vec!["10.96.0.0/12".parse().expect("a range")];
    if slug.ends_with("-dual") {
        ranges.push("fd00:10:96::/112".parse().expect("a range"));
    }
    Plan {
        service_cidrs: ranges,
        ..Plan::default()
    }
}

fn services(slug: &str, text: &str) -> Vec<Service> {
    load(
        &[Source {
            name: slug.into(),
            text: text.into(),
        }],
        &plan(slug),
    )
    .0
    .services
}

/// The recorded answer with our own allocations in place of the server's.
fn fill_in(answer: &str, ours: &Service) -> String {
    let mut ips = ours.cluster_ips.iter().map(ToString::to_string);
    let mut ports = ours.ports.iter();
    let mut in_ips = false;
    let mut filled = String::new();
    for line in answer.lines() {
        let mut line = line.to_owned();
        if line.contains("\"clusterIPs\"") {
            in_ips = true;
        }
        if line.contains("<allocated>") {
            let value = if line.contains("\"clusterIP\"") {
                format!(
                    "\"{}\"",
                    ours.cluster_ips.first().expect("a ClusterIP is allocated")
                )
            } else if line.contains("healthCheckNodePort") {
                ours.health_check_node_port
                    .expect("a port is allocated")
                    .to_string()
            } else if line.contains("nodePort") {
                let port = ports.find(|port| port.node_port.is_some()).expect("a port");
                port.node_port
                    .expect("a node port is allocated")
                    .to_string()
            } else if in_ips {
                format!(
                    "\"{}\"",
                    ips.next().expect("an address is allocated for each family")
                )
            } else {
                panic!("the recording allocates something new: {line}");
            };
            line = line.replace("\"<allocated>\"", &value);
        } else if in_ips && line.contains("\"1") {
            ips.next();
        }
        if line.contains(']') {
            in_ips = false;
        }
        filled.push_str(&line);
        filled.push('\n');
    }
    filled
}

#[test]
fn services_are_stored_as_the_server_stores_them() {
    let recordings = recordings(".stored.json");
    assert!(recordings.len() >= 20);
    let mut wrong = Vec::new();
    for (slug, text, answer) in recordings {
        let mut ours = services(&slug, &text);
        let Some(ours) = ours.pop() else {
            wrong.push(format!("{slug}: no Service"));
            continue;
        };
        let stored = fill_in(&answer, &ours);
        let mut theirs = services(&slug, &stored)
            .pop()
            .expect("what was stored is accepted");
        theirs.object = ours.object;
        // The fifth character of a completed generateName is drawn at random there.
        if answer.contains("generateName") {
            theirs.name.clone_from(&ours.name);
            theirs.ingress.clone_from(&ours.ingress);
        }
        if ours != theirs {
            wrong.push(format!("{slug}:\nours   {ours:?}\ntheirs {theirs:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn other_objects_mean_what_the_server_makes_of_them() {
    let recordings = recordings(".defaulted.json");
    let mut compared = 0;
    for (slug, text, answer) in recordings {
        let read = |text: &str| {
            load(
                &[Source {
                    name: slug.clone(),
                    text: text.into(),
                }],
                &plan(&slug),
            )
            .0
        };
        let (mut ours, mut theirs) = (read(&text), read(&answer));
        // A Service before allocation is less than ours; the test above compares it after.
        if !ours.services.is_empty() {
            continue;
        }
        // Pods' names carry a hash over the template as written.
        for state in [&mut ours, &mut theirs] {
            state.origins = cluster::Origins::default();
            // The recordings have no status.
            state
                .nodes
                .iter_mut()
                .for_each(|node| node.internal_ips.clear());
            for pod in &mut state.pods {
                if pod.made_from.is_some() {
                    pod.name.clear();
                    pod.labels.remove("pod-template-hash");
                }
            }
        }
        assert_eq!(ours, theirs, "{slug}");
        compared += 1;
    }
    assert!(compared >= 14, "{compared}");
}
