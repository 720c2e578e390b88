//! From texts to a cluster: read, refuse, sort by kind, decide.

use std::sync::{Arc, OnceLock};

use crate::decode::kinds::{Role, role};
use crate::decode::meta::{Scope, name_of};
use crate::decode::view::View;
use crate::diagnostic::{Diagnostic, Severity};
use crate::report::Report;
use crate::source::{ObjectId, ObjectOrigin, Source, Span};
use crate::state::ClusterState;
use crate::validate::{Alone, Server};
use crate::written::{Written, flatten};
use crate::yaml::{Memory, Moves, Node, Read};
use crate::{Plan, control, limits, yaml};

/// Reads everything and decides the rest. Never fails and never panics, whatever the text.
pub fn load(sources: &[Source], plan: &Plan) -> (ClusterState, Vec<Diagnostic>) {
    Reader::default().load(sources, plan)
}

/// Reads one version of some texts after the other, and of each only what is new. What it says is what
/// [`load`] says, which remembers nothing.
#[derive(Debug, Default)]
pub struct Reader {
    /// By the index of the source.
    sources: Vec<Memory<Read<Objects>>>,
}

/// The objects of one document, shared by what was read before and what is read now.
#[derive(Debug, Clone)]
struct Objects {
    span: Span,
    items: Arc<[Item]>,
}

/// One object, and what is wrong with it by itself, once somebody has looked.
#[derive(Debug)]
struct Item {
    root: Arc<Node>,
    alone: OnceLock<Alone>,
}

impl Item {
    fn new(root: Node) -> Item {
        Item {
            root: Arc::new(root),
            alone: OnceLock::new(),
        }
    }
}

impl Objects {
    fn of(root: Node) -> Objects {
        Objects {
            span: root.span,
            items: flatten(root).into_iter().map(Item::new).collect(),
        }
    }
}

impl Moves for Objects {
    fn moved(&self, lines: isize) -> Objects {
        let items = self.items.iter().map(|item| item.root.moved(lines));
        Objects {
            span: self.span.moved(lines),
            items: items.map(Item::new).collect(),
        }
    }
}

impl Reader {
    /// As [`load`].
    pub fn load(&mut self, sources: &[Source], plan: &Plan) -> (ClusterState, Vec<Diagnostic>) {
        self.sources.resize_with(sources.len(), Memory::default);
        load_with(&mut self.sources, sources, plan)
    }
}

fn load_with(
    memories: &mut [Memory<Read<Objects>>],
    sources: &[Source],
    plan: &Plan,
) -> (ClusterState, Vec<Diagnostic>) {
    let mut report = Report::default();
    let mut written = Written::default();
    let mut server = Server::new(&plan.service_cidrs);
    for (index, (source, memory)) in sources.iter().zip(memories).enumerate() {
        let (documents, faults) = yaml::read_again(index, &source.text, memory, Objects::of);
        // What could not be read stands behind the documents before it.
        let broken = faults
            .iter()
            .filter(|fault| fault.severity == Severity::Error);
        broken
            .filter_map(|fault| fault.span)
            .for_each(|span| report.document(span));
        report.diagnostics.extend(faults);
        for document in documents {
            report.document(document.span);
            for item in document.items.iter() {
                if report.origins.objects.len() >= limits::MOST_DOCUMENTS {
                    report
                        .diagnostics
                        .push(limits::too_many_objects(item.root.span));
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
fn add(item: &Item, server: &mut Server, written: &mut Written, report: &mut Report) {
    let root = &item.root;
    let view = View::of(root);
    let kind = view.get("kind").string();
    let role = role(&view.get("apiVersion").string(), &kind);
    let (namespace, name) = name_of(view, scope(role));
    let object = ObjectId(report.origins.objects.len());
    report.origins.objects.push(ObjectOrigin {
        kind,
        namespace,
        name,
        made_by: None,
        text: Some(Arc::clone(root)),
    });
    let alone = item.alone.get_or_init(|| server.look(root));
    let answer = server.take_looked_at(root, alone);
    let refused = answer.refused();
    report.diagnostics.extend(answer.diagnostics);
    if !refused {
        written.add(object, root, report);
        written.name(object, report);
    }
}
