//! Which object, field and line made a rule.

use cluster::Span;

/// Why a rule is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOrigin {
    /// Who wrote it: `kube-proxy`, `kubelet`, the network plugin.
    pub written_by: &'static str,
    /// What it is for, in one sentence.
    pub why: String,
    /// Kind, namespace and name of the object that made it, where one did.
    pub object: Option<(String, String, String)>,
    /// The field.
    pub field: String,
    /// Its place in the text, where it stands there.
    pub span: Option<Span>,
}
