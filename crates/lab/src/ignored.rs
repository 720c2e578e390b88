//! What the chosen kube-proxy passes over, among the diagnostics: in the order of the text. What it is
//! is decided in `kube_proxy`.

use cluster::{ClusterState, Diagnostic, Kind, Severity};
use kube_proxy::Dialect;

/// Adds a remark for each thing that stands in the text.
pub(crate) fn tell(cluster: &ClusterState, dialect: Dialect, diagnostics: &mut Vec<Diagnostic>) {
    for ignored in kube_proxy::ignored(cluster, dialect) {
        // What the control plane made follows from something that is told already.
        let Some(span) = cluster.origins.span(ignored.object, &ignored.field) else {
            continue;
        };
        let place = (span.source, span.line, span.column);
        let after = diagnostics.iter().rposition(|before| {
            before
                .span
                .is_some_and(|s| (s.source, s.line, s.column) <= place)
        });
        let remark = Diagnostic {
            span: Some(span),
            severity: Severity::Remark,
            kind: Kind::Note,
            field: ignored.field,
            message: ignored.message,
            help: ignored.help.to_owned(),
            server: false,
        };
        diagnostics.insert(after.map_or(0, |at| at + 1), remark);
    }
}
