//! `kubectl get` and `kubectl exec` over the cluster that the YAML describes. What the YAML cannot
//! say (ages, versions) is printed as kubectl prints what it does not know.

use std::collections::BTreeMap;

use cluster::ClusterState;
use lab::Lab;

use crate::answer::Failed;
use crate::options::{self, Given, Known, Takes, Wrong, flag, value};

mod change;
mod rows;

use crate::table;
pub use change::{delete, exec, scale};
use rows::{pairs, rows};

/// Runs all but `exec`.
pub fn run(lab: &Lab, args: &[String]) -> Result<String, Failed> {
    let Some((verb, rest)) = args.split_first() else {
        return Err(Failed::new(
            1,
            "kubectl: known here are get, scale, delete pod, exec and version",
        ));
    };
    match verb.as_str() {
        "get" => get(lab.cluster(), rest),
        "version" => {
            Ok("# The rules shown follow the kube-proxy version chosen for this cluster.\n".into())
        }
        "describe" => Err(Failed::new(
            1,
            "kubectl: describe is not known here; get with -o wide comes closest",
        )),
        "apply" | "create" | "edit" | "patch" | "label" | "expose" | "set" | "rollout" | "run" => {
            Err(Failed::new(
                1,
                format!(
                    "kubectl: {verb} changes the cluster; change the YAML instead, and the rules follow"
                ),
            ))
        }
        other => {
            let near = crate::closest(
                other,
                ["get", "scale", "delete", "exec", "version"].map(str::to_owned),
            );
            Err(Failed::new(
                1,
                format!(
                    "error: unknown command \"{other}\" for \"kubectl\"\n# {}",
                    match near {
                        Some(near) => format!("{near} comes closest."),
                        None =>
                            "Known here are get, scale, delete pod, exec and version.".to_owned(),
                    }
                ),
            ))
        }
    }
}

const GET: [Known; 7] = [
    flag('A', "all-namespaces"),
    value('n', "namespace"),
    value('o', "output"),
    value('l', "selector"),
    flag(' ', "no-headers"),
    flag(' ', "show-labels"),
    Known {
        short: 'w',
        long: "watch",
        value: Takes::Nothing,
    },
];

/// How wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Output {
    Narrow,
    Wide,
    Name,
}

fn read(args: &[String], known: &[Known]) -> Result<Given, Failed> {
    options::read(known, args).map_err(|wrong| {
        Failed::new(
            1,
            match wrong {
                Wrong::Unknown(option) => format!("error: unknown flag: {option}"),
                Wrong::Bare(option) => format!("error: flag needs an argument: {option}"),
            },
        )
    })
}

/// A kind that `get` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nodes,
    Pods,
    Services,
    Endpoints,
    Slices,
    Deployments,
    Namespaces,
}

/// Each with its names and its full resource name.
const KINDS: [(Kind, &[&str], &str); 7] = [
    (Kind::Nodes, &["nodes", "node", "no"], "node"),
    (Kind::Pods, &["pods", "pod", "po"], "pod"),
    (Kind::Services, &["services", "service", "svc"], "service"),
    (Kind::Endpoints, &["endpoints", "ep"], "endpoints"),
    (
        Kind::Slices,
        &[
            "endpointslices",
            "endpointslice",
            "endpointslices.discovery.k8s.io",
        ],
        "endpointslice.discovery.k8s.io",
    ),
    (
        Kind::Deployments,
        &["deployments", "deployment", "deploy", "deployments.apps"],
        "deployment.apps",
    ),
    (
        Kind::Namespaces,
        &["namespaces", "namespace", "ns"],
        "namespace",
    ),
];

fn kind(word: &str) -> Result<Kind, Failed> {
    let lower = word.to_lowercase();
    if let Some((kind, ..)) = KINDS
        .iter()
        .find(|(_, names, _)| names.contains(&lower.as_str()))
    {
        return Ok(*kind);
    }
    let names = KINDS.iter().flat_map(|(_, names, _)| names.iter());
    let near = crate::closest(word, names.map(|n| (*n).to_owned()));
    let help = match near {
        Some(near) => format!("{near} comes closest."),
        None => {
            "Known here are nodes, pods, svc, endpoints, endpointslices, deployments, namespaces."
                .to_owned()
        }
    };
    Err(Failed::new(
        1,
        format!("error: the server doesn't have a resource type \"{word}\"\n# {help}"),
    ))
}

fn get(cluster: &ClusterState, args: &[String]) -> Result<String, Failed> {
    let given = read(args, &GET)?;
    if given.has("watch") {
        return Err(Failed::new(
            1,
            "kubectl: -w waits for changes; ask again instead",
        ));
    }
    let output = match given.value("output") {
        None => Output::Narrow,
        Some("wide") => Output::Wide,
        Some("name") => Output::Name,
        Some(other) => {
            return Err(Failed::new(
                1,
                format!("error: -o {other} is not known here; wide and name are"),
            ));
        }
    };
    let Some((first, names)) = given.rest.split_first() else {
        return Err(Failed::new(
            1,
            "You must specify the type of resource to get, as in kubectl get pods -o wide.",
        ));
    };
    // `svc/NAME` names one; `nodes,pods,svc` names several kinds.
    let mut wanted: Vec<(Kind, Vec<String>)> = Vec::new();
    let slashed = first.contains('/');
    match slashed {
        true => {
            for word in &given.rest {
                let Some((of, name)) = word.split_once('/') else {
                    return Err(Failed::new(
                        1,
                        format!(
                            "error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get {first}'): {word}"
                        ),
                    ));
                };
                wanted.push((kind(of)?, vec![name.to_owned()]));
            }
        }
        false => {
            for of in first.split(',').filter(|of| !of.is_empty()) {
                wanted.push((kind(of)?, names.to_vec()));
            }
        }
    }
    let all = given.has("all-namespaces");
    let namespace = given.value("namespace").unwrap_or("default");
    let several = wanted.len() > 1;
    let mut out = String::new();
    let mut missing = Vec::new();
    for (kind, names) in &wanted {
        let mut rows = rows(cluster, *kind);
        let scoped = !matches!(kind, Kind::Nodes | Kind::Namespaces);
        rows.rows
            .retain(|r| !scoped || all || r.namespace == namespace);
        if let Some(selector) = given.value("selector") {
            rows.rows.retain(|r| selects(selector, &r.labels));
        }
        let full = KINDS.iter().find(|(k, ..)| k == kind).map_or("", |k| k.2);
        for name in names {
            if !rows.rows.iter().any(|r| r.name == *name) {
                let plural = KINDS
                    .iter()
                    .find(|(k, ..)| k == kind)
                    .map_or("", |k| k.1[0]);
                let near = crate::closest(name, rows.rows.iter().map(|r| r.name.clone()));
                let elsewhere = self::rows(cluster, *kind).rows;
                let elsewhere = elsewhere.iter().find(|r| scoped && r.name == *name);
                let help = match (near, elsewhere) {
                    (_, Some(row)) => format!(
                        "\n# It is in namespace {}: add -n {}.",
                        row.namespace, row.namespace
                    ),
                    (Some(near), None) => format!("\n# {near} comes closest."),
                    (None, None) => String::new(),
                };
                missing.push(format!(
                    "Error from server (NotFound): {plural} \"{name}\" not found{help}"
                ));
            }
        }
        if !names.is_empty() {
            rows.rows.retain(|r| names.contains(&r.name));
        }
        if rows.rows.is_empty() {
            continue;
        }
        if several && !out.is_empty() && output != Output::Name {
            out.push('\n');
        }
        let prefix = match several || output == Output::Name {
            true => format!("{full}/"),
            false => String::new(),
        };
        if output == Output::Name {
            for row in &rows.rows {
                out.push_str(&format!("{prefix}{}\n", row.name));
            }
            continue;
        }
        let columns = match output {
            Output::Wide => rows.head.len(),
            _ => rows.head.len() - rows.wide,
        };
        let mut head: Vec<&str> = Vec::new();
        if scoped && all {
            head.push("NAMESPACE");
        }
        head.push("NAME");
        head.extend(&rows.head[..columns]);
        let labels = given.has("show-labels");
        if labels {
            head.push("LABELS");
        }
        let printed: Vec<Vec<String>> = rows
            .rows
            .into_iter()
            .map(|row| {
                let mut cells = Vec::new();
                if scoped && all {
                    cells.push(row.namespace);
                }
                cells.push(format!("{prefix}{}", row.name));
                cells.extend(row.cells.into_iter().take(columns));
                if labels {
                    cells.push(pairs(&row.labels));
                }
                cells
            })
            .collect();
        match given.has("no-headers") {
            true => out.push_str(&table::print(&[], &with_widths(&head, printed))),
            false => out.push_str(&table::print(&head, &printed)),
        }
    }
    if !missing.is_empty() {
        return Err(Failed::after(1, out, missing.join("\n")));
    }
    if out.is_empty() {
        let scoped = wanted
            .iter()
            .any(|(k, _)| !matches!(k, Kind::Nodes | Kind::Namespaces));
        let message = match scoped && !all {
            true => format!(
                "No resources found in {namespace} namespace.\n# -A asks in all namespaces."
            ),
            false => "No resources found".to_owned(),
        };
        // kubectl says so on standard error and succeeds.
        return Err(Failed::new(0, message));
    }
    Ok(out)
}

/// Without a head the columns are as wide as their cells alone.
fn with_widths(_: &[&str], rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|c| {
            let cells = rows.iter().filter_map(|r| r.get(c));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        })
        .collect();
    let pad = |(index, cell): (usize, String)| match index + 1 == columns {
        true => cell,
        false => format!("{cell:<width$}", width = widths[index]),
    };
    rows.into_iter()
        .map(|row| {
            vec![
                row.into_iter()
                    .enumerate()
                    .map(pad)
                    .collect::<Vec<_>>()
                    .join("   "),
            ]
        })
        .collect()
}

/// Whether `-l` chooses an object: `a=b`, `a==b`, `a!=b`, `a`, `!a`, joined by commas.
fn selects(selector: &str, labels: &BTreeMap<String, String>) -> bool {
    selector.split(',').map(str::trim).all(|one| {
        if let Some((key, value)) = one.split_once("!=") {
            return labels.get(key).is_none_or(|v| v != value);
        }
        if let Some((key, value)) = one.split_once('=') {
            let value = value.strip_prefix('=').unwrap_or(value);
            return labels.get(key).is_some_and(|v| v == value);
        }
        match one.strip_prefix('!') {
            Some(key) => !labels.contains_key(key),
            None => labels.contains_key(one),
        }
    })
}

/// Every pod's first address with each port that it listens on.
pub fn pod_addresses(cluster: &ClusterState) -> Vec<String> {
    let pods = cluster.pods.iter();
    pods.filter_map(|p| p.ips.first())
        .map(ToString::to_string)
        .collect()
}

/// The names of one kind, for completion.
pub fn names(cluster: &ClusterState, word: &str) -> Vec<String> {
    match kind(word) {
        Ok(kind) => rows(cluster, kind)
            .rows
            .into_iter()
            .map(|r| r.name)
            .collect(),
        Err(_) => Vec::new(),
    }
}

/// The words that `get` takes for a kind, for completion.
pub fn kinds() -> Vec<String> {
    KINDS
        .iter()
        .flat_map(|(_, names, _)| names.iter())
        .map(|n| (*n).to_owned())
        .collect()
}
