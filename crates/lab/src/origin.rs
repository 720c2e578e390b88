//! Which object, field and line made a rule.

use cluster::Span;
use cluster::source::ObjectOrigin;
use netfilter::RuleRef;

use crate::{IpFamily, Lab};

/// Why a rule is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOrigin {
    /// Who wrote it: `kube-proxy`, `kubelet`, a network plugin's name, or `you` where a person replaced the node's rules.
    pub written_by: &'static str,
    /// What it is for, in one sentence; empty for a person's own rule.
    pub why: String,
    /// Kind, namespace and name of the object that made it, where one did.
    pub object: Option<(String, String, String)>,
    /// The part of the control plane that made the object, where it does not stand in the text.
    pub made_by: Option<&'static str>,
    /// The field.
    pub field: String,
    /// Its place in the text, where it stands there.
    pub span: Option<Span>,
}

impl Lab {
    /// Why a node has a rule; `None` for a rule that nobody accounts for.
    pub fn origin(&self, node: &str, family: IpFamily, rule: &RuleRef) -> Option<RuleOrigin> {
        let rules = self.rules(node, family);
        if rules.replaced {
            return Some(RuleOrigin {
                written_by: "you",
                why: String::new(),
                object: None,
                made_by: None,
                field: String::new(),
                span: None,
            });
        }
        let origin = rules
            .proxy
            .origin(rule.table, rule.chain.as_str(), rule.number)?;
        let origins = &self.cluster().origins;
        let place: Option<&ObjectOrigin> = origin.object.and_then(|id| origins.objects.get(id.0));
        Some(RuleOrigin {
            written_by: origin.written_by,
            why: origin.why,
            object: place.map(|o| (o.kind.clone(), o.namespace.clone(), o.name.clone())),
            made_by: place.and_then(|o| o.made_by),
            span: origin.object.and_then(|id| origins.span(id, &origin.field)),
            field: origin.field,
        })
    }
}
