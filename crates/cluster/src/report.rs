//! Collects what is to be said, each at its object and field, and puts it into the order of the text.

use crate::decode::fault::Fault;
use crate::diagnostic::{Diagnostic, Kind, Severity};
use crate::source::{ObjectId, Origins, Span};

/// The collector.
#[derive(Debug, Default)]
pub struct Report {
    /// Every object's place.
    pub origins: Origins,
    /// What was said so far.
    pub diagnostics: Vec<Diagnostic>,
    /// Where each document begins, as (source, line).
    documents: Vec<(usize, usize)>,
}

impl Report {
    /// Notes that a document begins here.
    pub fn document(&mut self, span: Span) {
        self.documents.push((span.source, span.line));
    }

    /// A warning of ours at a field.
    pub fn warn(&mut self, object: ObjectId, field: &str, message: String, help: &str) {
        self.say(Severity::Warning, Kind::Note, object, field, message, help);
    }

    /// A remark of ours at a field.
    pub fn remark(&mut self, object: ObjectId, field: &str, message: String, help: &str) {
        self.say(Severity::Remark, Kind::Note, object, field, message, help);
    }

    /// What is wrong with an object that no server knows.
    pub fn faults(&mut self, object: ObjectId, faults: Vec<Fault>) {
        for fault in faults {
            let Fault {
                severity,
                kind,
                field,
                message,
                help,
            } = fault;
            self.say(severity, kind, object, &field, message, &help);
        }
    }

    fn say(
        &mut self,
        severity: Severity,
        kind: Kind,
        object: ObjectId,
        field: &str,
        message: String,
        help: &str,
    ) {
        self.diagnostics.push(Diagnostic {
            span: self.origins.span(object, field),
            severity,
            kind,
            field: field.to_owned(),
            message,
            help: help.to_owned(),
            server: false,
        });
    }

    /// Hands everything out, document by document: first what a server says, in its own order, then what
    /// we add, in the order of the text.
    pub fn finish(self) -> (Origins, Vec<Diagnostic>) {
        let Report {
            origins,
            mut diagnostics,
            mut documents,
        } = self;
        documents.sort_unstable();
        diagnostics.sort_by_key(|diagnostic| {
            let place = diagnostic
                .span
                .map_or((0, 0, 0), |span| (span.source, span.line, span.column));
            let document = documents.partition_point(|start| *start <= (place.0, place.1));
            let within = if diagnostic.server { (0, 0, 0) } else { place };
            (document, !diagnostic.server, within)
        });
        (origins, diagnostics)
    }
}
