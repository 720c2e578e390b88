//! YAML and JSON read as kubectl reads them, every value with its place.
//!
//! What the values mean to Kubernetes is left to those who read the [`Node`]s.

mod build;
mod entries;
mod fault;
mod json;
mod memory;
mod node;
mod scalar;
mod split;
mod strict;

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::limits::{MOST_BYTES, MOST_DOCUMENTS};
use crate::source::Span;
use fault::{Fault, Position};
use memory::Again;
use split::Parts;

pub(crate) use memory::{Memory, Moves};
pub use node::{Document, Float, Int, Key, Node, Value};

/// Reads every document of a text, up to the first that cannot be read, as kubectl does. Empty
/// documents are left out. Each fault is a [`Diagnostic`] at its line and column.
///
/// The rules are those of `YAMLOrJSONDecoder` in apimachinery's util/yaml/decoder.go: a text that
/// begins with `{` is a row of JSON values for as long as it is JSON, and YAML from there on.
pub fn read(source_index: usize, text: &str) -> (Vec<Document>, Vec<Diagnostic>) {
    let mut reading = Reading {
        source: source_index,
        make: |root| Document { root },
        documents: Vec::new(),
        remarks: Vec::new(),
        again: None,
    };
    if let Err(fault) = reading.all(text) {
        reading.remarks.push(fault.diagnostic(source_index));
    }
    (reading.documents, reading.remarks)
}

/// The same, where `memory` knows what `make` made of the documents of the text that was read before
/// under this index, and afterwards of this one's.
pub(crate) fn read_again<T: Clone + Moves>(
    source_index: usize,
    text: &Arc<str>,
    memory: &mut Memory<Read<T>>,
    make: fn(Node) -> T,
) -> (Vec<T>, Vec<Diagnostic>) {
    let mut reading = Reading {
        source: source_index,
        make,
        documents: Vec::new(),
        remarks: Vec::new(),
        again: Some(Again::new(std::mem::take(memory), text)),
    };
    if let Err(fault) = reading.all(text) {
        reading.remarks.push(fault.diagnostic(source_index));
    }
    *memory = reading.again.map(Again::into_memory).unwrap_or_default();
    (reading.documents, reading.remarks)
}

/// What one part of a text said.
#[derive(Debug, Clone)]
pub(crate) struct Read<T> {
    /// Where its value stands, if it has one.
    span: Option<Span>,
    /// What was made of it, unless it is `null`.
    made: Option<T>,
    remarks: Vec<Diagnostic>,
}

impl<T: Moves> Moves for Read<T> {
    fn moved(&self, lines: isize) -> Self {
        let remarks = self.remarks.iter().map(|remark| Diagnostic {
            span: remark.span.map(|span| span.moved(lines)),
            ..remark.clone()
        });
        Read {
            span: self.span.map(|span| span.moved(lines)),
            made: self.made.as_ref().map(|made| made.moved(lines)),
            remarks: remarks.collect(),
        }
    }
}

struct Reading<T> {
    source: usize,
    make: fn(Node) -> T,
    documents: Vec<T>,
    remarks: Vec<Diagnostic>,
    again: Option<Again<Read<T>>>,
}

impl<T: Clone + Moves> Reading<T> {
    fn all(&mut self, text: &str) -> Result<(), Fault> {
        if text.len() > MOST_BYTES {
            return Err(Fault::new(
                Position { line: 1, column: 1 },
                format!(
                    "The text has {} bytes; at most {MOST_BYTES} are read.",
                    text.len()
                ),
                "Leave out what this question does not need: other namespaces, logs, custom resources.",
            ));
        }
        if !text.trim_start().starts_with('{') {
            return self.yaml(text, 0, 1);
        }
        let mut json = json::Reader::new(self.source, text);
        let mut count = 0;
        loop {
            let before = json.position();
            match json.next_value() {
                Ok(None) => return Ok(()),
                Ok(Some(root)) => {
                    count += 1;
                    let read = self.made(Some(root), json.take_remarks());
                    self.push(read)?;
                }
                Err(json_fault) => {
                    // Behind a JSON value, white space and the line break of its own line are gone.
                    let rest = if count == 0 {
                        before
                    } else {
                        json.skip_space(before)
                    };
                    let documents = self.documents.len();
                    let result = self.yaml(&text[rest.offset..], rest.offset, rest.line);
                    // Where YAML cannot read it either, and it began as JSON, JSON's fault is the clearer.
                    let nothing = self.documents.len() == documents;
                    return if nothing && looks_like_json(&text[rest.offset..]) {
                        result.map_err(|_| json_fault)
                    } else {
                        result
                    };
                }
            }
        }
    }

    fn yaml(&mut self, text: &str, offset: usize, line: usize) -> Result<(), Fault> {
        let mut parts = Parts::new(text, offset, line);
        while let Some(part) = parts.next() {
            let part = part?;
            let known = self.again.as_mut().and_then(|again| again.find(&part));
            let read = match known {
                Some(read) => read,
                None => {
                    let (root, remarks) = build::document(self.source, part)?;
                    self.made(root, remarks)
                }
            };
            if let Some(again) = &mut self.again {
                again.keep(&part, read.clone());
            }
            self.push(read)?;
        }
        Ok(())
    }

    fn made(&self, root: Option<Node>, remarks: Vec<Diagnostic>) -> Read<T> {
        let span = root.as_ref().map(|root| root.span);
        let root = root.filter(|root| root.value != Value::Null);
        Read {
            span,
            made: root.map(self.make),
            // A part without a value has nothing to say.
            remarks: if span.is_some() { remarks } else { Vec::new() },
        }
    }

    fn push(&mut self, read: Read<T>) -> Result<(), Fault> {
        let Some(span) = read.span else { return Ok(()) };
        if self.documents.len() >= MOST_DOCUMENTS {
            return Err(Fault::new(
                Position {
                    line: span.line,
                    column: span.column,
                },
                format!("At most {MOST_DOCUMENTS} documents are read; here begins one more."),
                "Leave out what this question does not need: other namespaces, custom resources.",
            ));
        }
        self.remarks.extend(read.remarks);
        self.documents.extend(read.made);
        Ok(())
    }
}

/// Whether a person meant JSON: a brace, then a quoted name. `{{` is a template, `{a` is YAML.
fn looks_like_json(text: &str) -> bool {
    let inside = text.trim_start().strip_prefix('{').map(str::trim_start);
    inside.is_some_and(|inside| inside.starts_with('"'))
}

/// The text in some bytes. kubectl's parser refuses what is not UTF-8 (`yaml_parser_update_buffer`);
/// UTF-16, which it could read, it never gets whole, since the text is cut at line feeds before.
pub fn text_of(source_index: usize, bytes: Vec<u8>) -> Result<String, Box<Diagnostic>> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.into_bytes();
        let before = String::from_utf8_lossy(&bytes[..valid]);
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        let fault = Fault::new(
            Position { line, column },
            format!(
                "The byte 0x{:02X} stands here, which is not UTF-8.",
                bytes[valid]
            ),
            "Save the file as UTF-8.",
        );
        Box::new(fault.diagnostic(source_index))
    })
}
