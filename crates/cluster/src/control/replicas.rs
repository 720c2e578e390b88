//! The workload controllers: replicas become pods, beside those that the text already has.

use std::collections::{BTreeMap, BTreeSet};

use super::listen::Owner;
use super::schedule::{For, fits};
use crate::decode::node::WrittenNode;
use crate::decode::pod::{LISTEN, Phase, PodSpec, WrittenPod};
use crate::decode::workload::{Workload, WorkloadKind};
use crate::limits::MOST_PODS;
use crate::names;
use crate::report::Report;
use crate::source::ObjectId;
use crate::state::Pod;

/// A pod before it has a place and an address.
pub struct Draft<'a> {
    /// What is known of it.
    pub pod: Pod,
    /// Its spec.
    pub spec: &'a PodSpec,
    /// What spreads it: its workload, or itself.
    pub owner: ObjectId,
    /// The annotation that says where it listens, with its object's path to the annotations.
    pub listen: Option<(&'a str, &'static str)>,
    /// The path from its object to its spec.
    pub spec_path: &'static str,
    /// Kind and name of its controller, where that is not in the text.
    pub controller: Option<&'a (String, String)>,
}

impl Draft<'_> {
    /// Who answers for what is assumed of it.
    pub fn answers_for(&self) -> Owner {
        let itself = self.owner == self.pod.object || self.controller.is_some();
        Owner {
            object: self.owner,
            spec_path: if itself {
                self.spec_path
            } else {
                "spec.template.spec"
            },
            controller: self.controller.map(|(kind, name)| format!("{kind} {name}")),
        }
    }
}

fn from_text<'a>(written: &'a WrittenPod, owner: ObjectId) -> Draft<'a> {
    let meta = &written.meta;
    Draft {
        pod: Pod {
            object: meta.object,
            namespace: meta.namespace.clone(),
            name: meta.name.clone(),
            labels: meta.labels.clone(),
            node: written.spec.node_name.clone(),
            ips: written.ips.clone(),
            host_network: written.spec.host_network,
            ready: written.ready.unwrap_or(written.phase != Phase::Pending),
            terminating: meta.terminating,
            container_ports: written.spec.container_ports.clone(),
            listen: Vec::new(),
            made_from: None,
        },
        spec: &written.spec,
        owner,
        listen: meta
            .annotations
            .get(LISTEN)
            .map(|text| (text.as_str(), "metadata.annotations")),
        spec_path: "spec",
        controller: None,
    }
}

fn from_template<'a>(workload: &'a Workload, name: String, node: Option<String>) -> Draft<'a> {
    let template = &workload.template;
    let meta = &workload.meta;
    Draft {
        pod: Pod {
            object: meta.object,
            namespace: meta.namespace.clone(),
            name,
            labels: template.labels.clone(),
            node,
            ips: Vec::new(),
            host_network: template.spec.host_network,
            ready: true,
            terminating: false,
            container_ports: template.spec.container_ports.clone(),
            listen: Vec::new(),
            made_from: Some(format!(
                "{} {}/{}",
                workload.kind.name(),
                meta.namespace,
                meta.name
            )),
        },
        spec: &template.spec,
        owner: meta.object,
        listen: template
            .annotations
            .get(LISTEN)
            .map(|text| (text.as_str(), "spec.template.metadata.annotations")),
        spec_path: "spec.template.spec",
        controller: None,
    }
}

/// ReplicaSets in the text by the Deployment that made them.
type ReplicaSets<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a Workload>>;

fn replica_sets(workloads: &[Workload]) -> ReplicaSets<'_> {
    let mut sets: ReplicaSets<'_> = BTreeMap::new();
    for set in workloads
        .iter()
        .filter(|workload| workload.kind == WorkloadKind::ReplicaSet)
    {
        if let Some((_, deployment)) = deployment_of(set) {
            sets.entry((&set.meta.namespace, deployment))
                .or_default()
                .push(set);
        }
    }
    sets
}

fn deployment_of(workload: &Workload) -> Option<(&str, &str)> {
    let (kind, name) = workload.meta.controller.as_ref()?;
    (workload.kind == WorkloadKind::ReplicaSet && kind == "Deployment").then_some((kind, name))
}

/// Whether a pod in the text is one of a workload's: nobody else controls it, and the selector matches.
fn owns(workload: &Workload, sets: &[&Workload], pod: &WrittenPod) -> bool {
    let meta = &workload.meta;
    if pod.meta.namespace != meta.namespace || !workload.selector.matches(&pod.meta.labels) {
        return false;
    }
    let Some((kind, name)) = &pod.meta.controller else {
        return true;
    };
    match workload.kind {
        WorkloadKind::Deployment => {
            kind == "ReplicaSet"
                && (sets.iter().any(|set| set.meta.name == *name)
                    || name
                        .strip_prefix(meta.name.as_str())
                        .is_some_and(|rest| rest.starts_with('-')))
        }
        _ => kind == workload.kind.name() && *name == meta.name,
    }
}

/// Everything that runs, in order of the text: pods that stand there, and those that workloads make.
/// `taken` are the names of all that the text has, by namespace: also of those that run no more.
pub fn drafts<'a>(
    pods: &'a [WrittenPod],
    taken: &'a [(String, String)],
    workloads: &'a [Workload],
    nodes: &[WrittenNode],
    report: &mut Report,
) -> Vec<Draft<'a>> {
    let sets = replica_sets(workloads);
    let mut names: BTreeSet<(&str, String)> = taken
        .iter()
        .map(|(namespace, name)| (namespace.as_str(), name.clone()))
        .collect();
    let mut by_namespace: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, pod) in pods.iter().enumerate() {
        by_namespace
            .entry(pod.meta.namespace.as_str())
            .or_default()
            .push(index);
    }
    let deployments: BTreeSet<(&str, &str)> = workloads
        .iter()
        .filter(|workload| workload.kind == WorkloadKind::Deployment)
        .map(|workload| {
            (
                workload.meta.namespace.as_str(),
                workload.meta.name.as_str(),
            )
        })
        .collect();
    let mut owners: Vec<Option<ObjectId>> = vec![None; pods.len()];
    let mut made: Vec<Draft<'a>> = Vec::new();
    let mut left = MOST_PODS;
    for workload in workloads {
        let meta = &workload.meta;
        // A ReplicaSet whose Deployment is here is that Deployment's own business.
        if deployment_of(workload)
            .is_some_and(|(_, name)| deployments.contains(&(meta.namespace.as_str(), name)))
        {
            continue;
        }
        let own_sets = sets
            .get(&(meta.namespace.as_str(), meta.name.as_str()))
            .map(Vec::as_slice)
            .filter(|_| workload.kind == WorkloadKind::Deployment)
            .unwrap_or_default();
        let mut running = 0;
        let mut on_nodes: BTreeSet<&str> = BTreeSet::new();
        for &index in by_namespace
            .get(meta.namespace.as_str())
            .into_iter()
            .flatten()
        {
            let pod = &pods[index];
            if owners[index].is_some() || !owns(workload, own_sets, pod) {
                continue;
            }
            owners[index] = Some(meta.object);
            // controller.IsPodActive
            if !pod.meta.terminating && pod.phase != Phase::Finished {
                running += 1;
                on_nodes.extend(pod.spec.node_name.as_deref());
            }
        }
        if workload.kind == WorkloadKind::DaemonSet {
            let mut missing = false;
            for node in nodes {
                let spec = &workload.template.spec;
                let node_name = &node.node.name;
                let wanted = spec.node_name.as_ref().is_none_or(|only| only == node_name)
                    && fits(node, spec, For::DaemonSet)
                    && !on_nodes.contains(node_name.as_str());
                if wanted && left == 0 {
                    missing = true;
                } else if wanted {
                    left -= 1;
                    let suffix = names::suffix(&[&meta.namespace, &meta.name, node_name]);
                    let name = format!("{}-{suffix}", meta.name);
                    made.push(from_template(workload, name, Some(node_name.clone())));
                }
            }
            if missing {
                too_many(workload, report);
            }
            continue;
        }
        let wanted = workload.replicas.saturating_sub(running);
        if wanted > left {
            too_many(workload, report);
        }
        let wanted = wanted.min(left);
        let own_set = own_sets.iter().rfind(|set| set.replicas > 0);
        let base = match (workload.kind, own_set) {
            (WorkloadKind::Deployment, Some(set)) => set.meta.name.clone(),
            (WorkloadKind::Deployment, None) => format!("{}-{}", meta.name, workload.template.hash),
            _ => meta.name.clone(),
        };
        let mut count = 0;
        let mut number = 0u64;
        while count < wanted {
            let ordinal = workload.first_ordinal.saturating_add(number).to_string();
            number += 1;
            let name = match workload.kind {
                WorkloadKind::StatefulSet => format!("{base}-{ordinal}"),
                _ => format!(
                    "{base}-{}",
                    names::suffix(&[&meta.namespace, &base, &ordinal])
                ),
            };
            if !names.insert((meta.namespace.as_str(), name.clone())) {
                continue;
            }
            count += 1;
            left -= 1;
            let mut draft = from_template(workload, name, None);
            // What the controllers add to the template's labels.
            let labels = &mut draft.pod.labels;
            match workload.kind {
                WorkloadKind::Deployment => {
                    let hash = base
                        .strip_prefix(&format!("{}-", meta.name))
                        .unwrap_or(&base);
                    labels.insert("pod-template-hash".to_owned(), hash.to_owned());
                }
                WorkloadKind::StatefulSet => {
                    let name = draft.pod.name.clone();
                    labels.insert("statefulset.kubernetes.io/pod-name".to_owned(), name);
                    labels.insert("apps.kubernetes.io/pod-index".to_owned(), ordinal);
                }
                _ => {}
            }
            made.push(draft);
        }
    }
    // Pods of one controller that is not in the text belong together. A Node's are static pods, each its own.
    let mut orphans: BTreeMap<(&str, &str, &str), ObjectId> = BTreeMap::new();
    let mut all: Vec<Draft<'a>> = Vec::with_capacity(pods.len() + made.len());
    for (pod, owner) in pods.iter().zip(owners) {
        let meta = &pod.meta;
        let controller = meta
            .controller
            .as_ref()
            .filter(|(kind, _)| owner.is_none() && kind != "Node");
        let owner = owner.unwrap_or_else(|| match controller {
            Some((kind, name)) => *orphans
                .entry((&meta.namespace, kind, name))
                .or_insert(meta.object),
            None => meta.object,
        });
        all.push(Draft {
            controller,
            ..from_text(pod, owner)
        });
    }
    all.append(&mut made);
    all.sort_by_key(|draft| draft.pod.object);
    all
}

fn too_many(workload: &Workload, report: &mut Report) {
    let field = match workload.kind {
        WorkloadKind::DaemonSet => "",
        _ => "spec.replicas",
    };
    report.warn(
        workload.meta.object,
        field,
        format!("Chainwalk makes at most {MOST_PODS} pods in all; the rest of these are left out."),
        "Ask for fewer replicas.",
    );
}
