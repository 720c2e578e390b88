//! `kubectl scale`, `delete pod` and `exec`: what they mean for the manifest, and where they go.

use lab::Lab;

use super::{Kind, kind, read};
use crate::Place;
use crate::answer::Failed;
use crate::options::{Known, flag, value};

const EXEC: [Known; 5] = [
    flag('i', "stdin"),
    flag('t', "tty"),
    value('n', "namespace"),
    value('c', "container"),
    flag('q', "quiet"),
];

/// Whose shell, and what is run there; nothing goes there to stay.
pub fn exec(lab: &Lab, args: &[String]) -> Result<(Place, Vec<String>), Failed> {
    let (own, inner) = match args.iter().position(|a| a == "--") {
        Some(at) => (&args[..at], args[at + 1..].to_vec()),
        None => (args, Vec::new()),
    };
    let given = read(own, &EXEC)?;
    let cluster = lab.cluster();
    let Some((name, rest)) = given.rest.split_first() else {
        return Err(Failed::new(
            1,
            "usage: kubectl exec [-it] POD [-n NAMESPACE] -- COMMAND",
        ));
    };
    let inner = match (inner.is_empty(), rest.is_empty()) {
        (true, false) => rest.to_vec(),
        _ => inner,
    };
    let namespace = given.value("namespace").unwrap_or("default");
    let (kind, bare) = name.split_once('/').unwrap_or(("pod", name));
    let found = match kind {
        "pod" | "pods" | "po" => cluster.pod(namespace, bare),
        _ => {
            let kind = SCALED.iter().find(|(_, names, _)| names.contains(&kind));
            let objects = &cluster.origins.objects;
            let owner = objects.iter().position(|o| {
                kind.is_some_and(|k| o.kind == k.0) && o.namespace == namespace && o.name == bare
            });
            let own = owner.map(|at| edit::pods_of(cluster, cluster::ObjectId(at)));
            own.and_then(|pods| pods.first().copied())
        }
    };
    match found {
        Some(pod) => Ok((
            Place::Pod {
                namespace: pod.namespace.clone(),
                name: pod.name.clone(),
            },
            inner,
        )),
        None => {
            let elsewhere = cluster.pods.iter().find(|p| p.name == bare);
            let help = match elsewhere {
                Some(pod) => format!(
                    "It is in namespace {}: add -n {}.",
                    pod.namespace, pod.namespace
                ),
                None => match crate::closest(bare, cluster.pods.iter().map(|p| p.name.clone())) {
                    Some(near) => format!("{near} comes closest."),
                    None => "kubectl get pods -A lists the pods.".into(),
                },
            };
            Err(Failed::new(
                1,
                format!("Error from server (NotFound): {kind}s \"{bare}\" not found\n# {help}"),
            ))
        }
    }
}

/// A change of the manifest, and what kubectl says when it is done.
pub struct Plan {
    /// The changes.
    pub changes: Vec<edit::Change>,
    /// What it prints.
    pub out: String,
}

/// The kinds that `scale` knows, with their names and what kubectl calls them.
const SCALED: [(&str, &[&str], &str); 3] = [
    (
        "Deployment",
        &["deployment", "deployments", "deploy", "deployment.apps"],
        "deployment.apps",
    ),
    (
        "StatefulSet",
        &["statefulset", "statefulsets", "sts", "statefulset.apps"],
        "statefulset.apps",
    ),
    (
        "ReplicaSet",
        &["replicaset", "replicasets", "rs", "replicaset.apps"],
        "replicaset.apps",
    ),
];

/// `kubectl scale deployment/NAME --replicas=N [-n NAMESPACE]`
pub fn scale(lab: &Lab, args: &[String]) -> Result<Plan, Failed> {
    let known = [value('n', "namespace"), value(' ', "replicas")];
    let given = read(args, &known)?;
    let replicas = given.value("replicas").and_then(|n| n.parse::<i64>().ok());
    let Some(replicas) = replicas.filter(|n| *n >= 0) else {
        return Err(Failed::new(
            1,
            "error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    };
    let words: Vec<&str> = given.rest.iter().map(String::as_str).collect();
    let (word, name) = match words.as_slice() {
        [one] => one.split_once('/').unwrap_or(("", one)),
        [kind, name] => (*kind, *name),
        _ => {
            return Err(Failed::new(
                1,
                "usage: kubectl scale deployment/NAME --replicas=N",
            ));
        }
    };
    let lower = word.to_lowercase();
    let Some((kind, _, full)) = SCALED
        .iter()
        .find(|(_, names, _)| names.contains(&lower.as_str()))
    else {
        return Err(Failed::new(
            1,
            format!(
                "error: the server could not scale \"{word}\"; deployments, statefulsets and replicasets can be"
            ),
        ));
    };
    let namespace = given.value("namespace").unwrap_or("default");
    let objects = &lab.cluster().origins.objects;
    let found = objects
        .iter()
        .position(|o| o.kind == *kind && o.namespace == namespace && o.name == name);
    let Some(found) = found else {
        let elsewhere = objects.iter().find(|o| o.kind == *kind && o.name == name);
        let help = match elsewhere {
            Some(o) => format!(
                "It is in namespace {}: add -n {}.",
                o.namespace, o.namespace
            ),
            None => {
                let all = objects.iter().filter(|o| o.kind == *kind);
                match crate::closest(name, all.map(|o| o.name.clone())) {
                    Some(near) => format!("{near} comes closest."),
                    None => format!("The manifest has no {kind} {name}."),
                }
            }
        };
        return Err(Failed::new(
            1,
            format!("Error from server (NotFound): {full} \"{name}\" not found\n# {help}"),
        ));
    };
    Ok(Plan {
        changes: edit::scale(lab.cluster(), cluster::ObjectId(found), replicas),
        out: format!("{full}/{name} scaled\n"),
    })
}

/// `kubectl delete pod NAME [-n NAMESPACE]`
pub fn delete(lab: &Lab, args: &[String]) -> Result<Plan, Failed> {
    let known = [
        value('n', "namespace"),
        flag(' ', "now"),
        flag(' ', "force"),
        value(' ', "grace-period"),
        value(' ', "wait"),
    ];
    let given = read(args, &known)?;
    let words: Vec<&str> = given.rest.iter().map(String::as_str).collect();
    let (word, name) = match words.as_slice() {
        [one] if one.contains('/') => one.split_once('/').unwrap_or(("", one)),
        [kind, name] => (*kind, *name),
        _ => {
            return Err(Failed::new(
                1,
                "usage: kubectl delete pod NAME [-n NAMESPACE]",
            ));
        }
    };
    if kind(word)? != Kind::Pods {
        return Err(Failed::new(
            1,
            format!("kubectl: delete {word} is not known here; take it out of the YAML instead"),
        ));
    }
    let namespace = given.value("namespace").unwrap_or("default");
    let cluster = lab.cluster();
    let Some(pod) = cluster.pod(namespace, name) else {
        let elsewhere = cluster.pods.iter().find(|p| p.name == name);
        let help = match elsewhere {
            Some(pod) => format!(
                "It is in namespace {}: add -n {}.",
                pod.namespace, pod.namespace
            ),
            None => match crate::closest(name, cluster.pods.iter().map(|p| p.name.clone())) {
                Some(near) => format!("{near} comes closest."),
                None => "kubectl get pods -A lists the pods.".into(),
            },
        };
        return Err(Failed::new(
            1,
            format!("Error from server (NotFound): pods \"{name}\" not found\n# {help}"),
        ));
    };
    Ok(Plan {
        changes: edit::delete_pod(cluster, pod),
        out: match namespace {
            "default" => format!("pod \"{name}\" deleted\n"),
            _ => format!("pod \"{name}\" deleted from {namespace} namespace\n"),
        },
    })
}
