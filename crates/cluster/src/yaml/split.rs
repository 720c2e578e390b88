//! Where one document ends and the next begins, by the rules of kubectl's reader.
//!
//! kubectl cuts the text at `---` lines before any YAML parser sees it (`YAMLReader` in
//! apimachinery's util/yaml/decoder.go), so that a separator inside quotes cuts too.

use super::fault::{Fault, Position};

/// A part of the text that is one document for the YAML parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// The text.
    pub text: &'a str,
    /// The byte of the source at which it starts.
    pub start: usize,
    /// The 1-based line at which it starts.
    pub line: usize,
}

/// Cuts a text into documents, one after the other.
pub(super) struct Parts<'a> {
    rest: &'a str,
    offset: usize,
    line: usize,
}

impl<'a> Parts<'a> {
    /// Starts at `text`, which itself starts at that byte and line of the source.
    pub(super) fn new(text: &'a str, offset: usize, line: usize) -> Self {
        Parts {
            rest: text,
            offset,
            line,
        }
    }

    /// The next document. A separator line begins a document only where nothing stands before it;
    /// else it ends the one before and is dropped.
    pub(super) fn next(&mut self) -> Option<Result<Part<'a>, Fault>> {
        let start = self.rest;
        let (begin, first_line) = (self.offset, self.line);
        let mut length = 0;
        while length < start.len() {
            let tail = &start[length..];
            let line_length = tail.find('\n').map_or(tail.len(), |at| at + 1);
            let line = &tail[..line_length];
            let at = self.line;
            self.line += 1;
            self.offset = begin + length + line_length;
            self.rest = &tail[line_length..];
            if let Some(after) = line.strip_prefix("---") {
                let text = after.trim();
                if !text.is_empty() && !text.starts_with('#') {
                    let indent = after.len() - after.trim_start().len();
                    return Some(Err(Fault {
                        at: Position {
                            line: at,
                            column: 4 + after[..indent].chars().count(),
                        },
                        message: format!(
                            "`{}` stands on the line of a document separator, where only a comment may stand.",
                            shorten(text)
                        ),
                        help: "Put it on the next line, and leave `---` alone on its own.".into(),
                    }));
                }
                if length != 0 {
                    return Some(Ok(Part {
                        text: &start[..length],
                        start: begin,
                        line: first_line,
                    }));
                }
            }
            length += line_length;
        }
        (length != 0).then(|| {
            Ok(Part {
                text: &start[..length],
                start: begin,
                line: first_line,
            })
        })
    }
}

/// The first characters of a text, for a message.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
