//! From texts to a cluster: read, refuse, sort by kind, decide.

use std::sync::Arc;

use crate::decode::kinds::{Role, role};
use crate::decode::meta::{Scope, name_of};
use crate::decode::view::View;
use crate::diagnostic::{Diagnostic, Severity};
use crate::report::Report;
use crate::source::{ObjectId, ObjectOrigin, Source};
use crate::state::ClusterState;
use crate::validate::Server;
use crate::written::{Written, flatten};
use crate::yaml::Node;
use crate::{Plan, control, limits, yaml};

/// Reads everything and decides the rest. Never fails and never panics, whatever the text.
pub fn load(sources: &[Source], plan: &Plan) -> (ClusterState, Vec<Diagnostic>) {
    let mut report = Report::default();
    let mut written = Written::default();
    let mut server = Server::new(&plan.service_cidrs);
    for (index, source) in sources.iter().enumerate() {
        let (documents, faults) = yaml::read(index, &source.text);
        // What could not be read stands behind the documents before it.
        let broken = faults
            .iter()
            .filter(|fault| fault.severity == Severity::Error);
        broken
            .filter_map(|fault| fault.span)
            .for_each(|span| report.document(span));
        report.diagnostics.extend(faults);
        for document in documents {
            report.document(document.root.span);
            for item in flatten(document.root) {
                if report.origins.objects.len() >= limits::MOST_DOCUMENTS {
                    report.diagnostics.push(limits::too_many_objects(item.span));
                    break;
                }
                add(item, &mut server, &mut written, &mut report);
            }
        }
    }
    written.settle(&report);
    let mut state = control::decide(written, plan, &mut report);
    let (origins, mut diagnostics) = report.finish();
    limits::bound(&mut diagnostics);
    state.origins = origins;
    (state, diagnostics)
}

/// Which scope an object's kind has.
fn scope(role: Role) -> Scope {
    match role {
        Role::Node | Role::Proxy | Role::Network => Scope::Cluster,
        _ => Scope::Namespaced,
    }
}

/// Takes one object in, unless it is refused.
fn add(root: Node, server: &mut Server, written: &mut Written, report: &mut Report) {
    let view = View::of(&root);
    let kind = view.get("kind").string();
    let role = role(&view.get("apiVersion").string(), &kind);
    let (namespace, name) = name_of(view, scope(role));
    let object = ObjectId(report.origins.objects.len());
    let root = Arc::new(root);
    report.origins.objects.push(ObjectOrigin {
        kind,
        namespace,
        name,
        made_by: None,
        text: Some(Arc::clone(&root)),
    });
    let answer = server.take(&root);
    let refused = answer.refused();
    report.diagnostics.extend(answer.diagnostics);
    if !refused {
        written.add(object, &root, report);
        written.name(object, report);
    }
}
