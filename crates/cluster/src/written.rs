//! Documents sorted by kind: everything that the text says, before anything is decided.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::decode::kinds::{Role, role};
use crate::decode::meta::{Scope, name_of};
use crate::decode::node::WrittenNode;
use crate::decode::pod::WrittenPod;
use crate::decode::service::WrittenService;
use crate::decode::view::View;
use crate::decode::workload::Workload;
use crate::decode::{self};
use crate::diagnostic::Severity;
use crate::report::Report;
use crate::source::{ObjectId, ObjectOrigin};
use crate::state::{EndpointSlice, ProxyConfig};
use crate::yaml::{Node, Value};

/// All that was written, in order of the text.
#[derive(Debug, Default)]
pub struct Written {
    /// KubeProxyConfiguration.
    pub proxy: Option<ProxyConfig>,
    /// Node.
    pub nodes: Vec<WrittenNode>,
    /// Pod.
    pub pods: Vec<WrittenPod>,
    /// Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController.
    pub workloads: Vec<Workload>,
    /// Service.
    pub services: Vec<WrittenService>,
    /// EndpointSlice.
    pub slices: Vec<EndpointSlice>,
    /// Endpoints, as slices, by the object they come from.
    pub endpoints: Vec<(ObjectId, Vec<EndpointSlice>)>,
    /// Network.
    pub network: Option<(ObjectId, Arc<Node>)>,
    /// The latest object of each kind, namespace and name.
    latest: BTreeMap<(String, String, String), ObjectId>,
}

/// Takes a document apart: the items of a List, or itself. `kubectl get -o yaml` prints lists.
pub fn flatten(root: Node) -> Vec<Node> {
    let view = View::of(&root);
    let kind = view.get("kind").string();
    let is_list = kind.ends_with("List")
        && root
            .get("items")
            .is_some_and(|items| matches!(items.value, Value::Seq(_)));
    if !is_list {
        return vec![root];
    }
    let version = root
        .entry("apiVersion")
        .map(|(key, node)| (key.clone(), node.clone()));
    let Value::Map(entries) = root.value else {
        return Vec::new();
    };
    let items = entries
        .into_iter()
        .find_map(|(key, node)| (key.name == "items").then_some(node));
    let Some(Node {
        value: Value::Seq(items),
        ..
    }) = items
    else {
        return Vec::new();
    };
    // In a ServiceList as the API gives it, the items leave out kind and apiVersion.
    let item_kind = kind.strip_suffix("List").unwrap_or_default();
    items
        .into_iter()
        .map(|mut item| {
            if !item_kind.is_empty()
                && let Value::Map(fields) = &mut item.value
                && !fields.iter().any(|(key, _)| key.name == "kind")
                && let Some((key, version)) = &version
            {
                let kind_key = crate::yaml::Key {
                    name: "kind".to_owned(),
                    span: key.span,
                };
                let kind = Node {
                    value: Value::Str(item_kind.to_owned()),
                    span: item.span,
                };
                fields.push((kind_key, kind));
                fields.push((key.clone(), version.clone()));
            }
            item
        })
        .collect()
}

impl Written {
    /// Sorts one object in.
    pub fn add(&mut self, object: ObjectId, root: &Arc<Node>, report: &mut Report) {
        let view = View::of(root);
        let kind = view.get("kind").string();
        let version = view.get("apiVersion").string();
        match role(&version, &kind) {
            Role::Service => self.services.push(decode::service::decode(view, object)),
            Role::EndpointSlice => self.slices.push(decode::slice::decode(view, object)),
            Role::Endpoints => {
                let slices = decode::slice::decode_endpoints(view, object);
                self.endpoints.push((object, slices));
            }
            Role::Node => self.nodes.push(decode::node::decode(view, object)),
            Role::Pod => self.pods.push(decode::pod::decode(view, object)),
            Role::Workload(kind) => {
                self.workloads
                    .push(decode::workload::decode(kind, view, object));
            }
            Role::Proxy => self.add_proxy(view, object, report),
            Role::Network => {
                if self.network.is_some() {
                    report.remark(
                        object,
                        "",
                        "There is more than one Network; the last one counts.".to_owned(),
                        "Keep one of them.",
                    );
                }
                self.network = Some((object, Arc::clone(root)));
            }
            Role::ConfigMap => self.add_config_map(view, object, report),
            Role::Silent => {}
            Role::Noted(what) => report.remark(
                object,
                "kind",
                format!("{kind} is known and has no part in what is shown here: {what}."),
                "Nothing to do.",
            ),
            Role::Unknown => {}
        }
    }

    fn add_proxy(&mut self, view: View<'_>, object: ObjectId, report: &mut Report) {
        if self.proxy.is_some() {
            report.remark(
                object,
                "",
                "There is more than one KubeProxyConfiguration; the first one counts.".to_owned(),
                "Keep the one of the node whose rules you want to see.",
            );
            return;
        }
        let faults = decode::proxy::faults(view);
        let refused = faults.iter().any(|fault| fault.severity == Severity::Error);
        report.faults(object, faults);
        if !refused {
            self.proxy = Some(decode::proxy::decode(view, object));
        }
    }

    /// kubeadm keeps kube-proxy's configuration in the ConfigMap kube-system/kube-proxy, as text.
    fn add_config_map(&mut self, view: View<'_>, object: ObjectId, report: &mut Report) {
        let (namespace, name) = name_of(view, Scope::Namespaced);
        let text = view.get("data").get("config.conf").text();
        let Some(text) = text.filter(|_| namespace == "kube-system" && name == "kube-proxy") else {
            return;
        };
        let (documents, _) = crate::yaml::read(0, text);
        for document in documents {
            let view = View::of(&document.root);
            if role(&view.get("apiVersion").string(), &view.get("kind").string()) == Role::Proxy {
                report.remark(
                    object,
                    "data[config.conf]",
                    "kube-proxy's configuration is taken from this ConfigMap.".to_owned(),
                    "Nothing to do.",
                );
                self.add_proxy(view, object, report);
            }
        }
    }

    /// Notes whose turn it is when two objects bear one name: the later one's, as after `kubectl apply`.
    pub fn name(&mut self, object: ObjectId, report: &mut Report) {
        let Some(ObjectOrigin {
            kind,
            namespace,
            name,
            ..
        }) = report.origins.objects.get(object.0)
        else {
            return;
        };
        if name.is_empty() {
            return;
        }
        let key = (kind.clone(), namespace.clone(), name.clone());
        let message = format!("{kind} {name} stands in the text before; this one replaces it.");
        if self.latest.insert(key, object).is_some() {
            report.remark(
                object,
                "metadata.name",
                message,
                "Keep one of them, or give this one another name.",
            );
        }
    }

    /// Leaves out what a later object replaced.
    pub fn settle(&mut self, report: &Report) {
        let latest = std::mem::take(&mut self.latest);
        let stays = |object: ObjectId| {
            report.origins.objects.get(object.0).is_none_or(|origin| {
                let key = (
                    origin.kind.clone(),
                    origin.namespace.clone(),
                    origin.name.clone(),
                );
                latest.get(&key).is_none_or(|last| *last == object)
            })
        };
        self.nodes.retain(|written| stays(written.node.object));
        self.pods.retain(|written| stays(written.meta.object));
        self.workloads.retain(|written| stays(written.meta.object));
        self.services
            .retain(|written| stays(written.service.object));
        self.slices.retain(|slice| stays(slice.object));
        self.endpoints.retain(|(object, _)| stays(*object));
    }
}
