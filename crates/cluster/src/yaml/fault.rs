//! What is wrong with a text as text: where, in which words, and what to do about it.
//!
//! The YAML parser's short remarks become sentences for a person here. Where the fault lies is the
//! parser's; what the values mean to Kubernetes is left to others.

use crate::diagnostic::{Diagnostic, Kind, Severity};
use crate::source::Span;

/// A line and a column, both 1-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub line: usize,
    pub column: usize,
}

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub at: Position,
    pub message: String,
    pub help: String,
}

impl Fault {
    pub(super) fn new(at: Position, message: impl Into<String>, help: impl Into<String>) -> Self {
        Fault {
            at,
            message: message.into(),
            help: help.into(),
        }
    }

    /// As a diagnostic: kubectl stops at such a text before it asks any server.
    pub(super) fn diagnostic(self, source: usize) -> Diagnostic {
        Diagnostic {
            span: Some(Span {
                source,
                line: self.at.line,
                column: self.at.column,
                end_line: self.at.line,
                end_column: self.at.column + 1,
            }),
            severity: Severity::Error,
            kind: Kind::Client,
            field: String::new(),
            message: self.message,
            help: self.help,
            server: true,
        }
    }
}

/// Part of the parser's remark, what we say, and what to do. The first line that fits counts.
const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "recursion limit",
        "Lists and mappings are nested too deeply here.",
        "No Kubernetes object needs more than a few dozen levels: look for a bracket too many.",
    ),
    (
        "mapping values are not allowed",
        "A second `key: value` stands where only a value can.",
        "Look for wrong indentation or a missing colon on the line before; put a text that holds `: ` in quotes.",
    ),
    (
        "illegal placement of ':'",
        "A colon stands where no key can.",
        "Look for a missing quote, comma or line break before it.",
    ),
    (
        "tab",
        "A tab stands where only spaces may.",
        "Indent with spaces: YAML forbids tabs there.",
    ),
    (
        "unknown escape character",
        "Between double quotes, this `\\` begins no escape that YAML knows.",
        "Write `\\\\` for a backslash, or use single quotes.",
    ),
    (
        "hexadecimal number",
        "This escape needs more hexadecimal digits.",
        "`\\x` takes two digits, `\\u` four, `\\U` eight.",
    ),
    (
        "invalid Unicode character escape",
        "This escape names half of a surrogate pair, which is no character.",
        "Write the character itself, or `\\U` and its eight digits.",
    ),
    (
        "unexpected document indicator",
        "The document ends inside a quoted text.",
        "Close the quote that was opened before this line.",
    ),
    (
        "quoted scalar, found unexpected end",
        "The text ends inside quotes.",
        "Close the quote: look for the last line that has an odd number of them.",
    ),
    (
        "invalid trailing content after double-quoted",
        "Something follows the closing quote.",
        "Put quotes around the whole value, or write a quote inside the text as `\\\"`.",
    ),
    (
        "invalid indentation in quoted",
        "A quoted text goes on at less indentation than it began.",
        "Indent its lines, or look for a missing closing quote.",
    ),
    (
        "flow sequence, expected",
        "A list in brackets is not closed, or a comma is missing.",
        "Look for a missing `]` or `,` before this place.",
    ),
    (
        "expected ',' or '}'",
        "A mapping in braces is not closed, or a comma is missing.",
        "Look for a missing `}` or `,` before this place.",
    ),
    (
        "misplaced bracket",
        "A bracket closes what was not opened.",
        "Remove it, or open it before; put a text that holds brackets in quotes.",
    ),
    (
        "flow construct",
        "A list in brackets or mapping in braces goes on at too little indentation.",
        "Indent it further than its key, or look for a missing closing bracket.",
    ),
    (
        "expected '-' indicator",
        "A list ends here, and what follows is none of its items.",
        "Begin the item with `- ` at the same indentation as those above, or indent it like the list's key.",
    ),
    (
        "block sequence entries are not allowed",
        "A list item stands where no list can begin.",
        "Put the list on a line of its own under its key.",
    ),
    (
        "block mapping, did not find expected key",
        "A key was expected at this indentation.",
        "Line it up with the keys of the mapping it belongs to.",
    ),
    (
        "simple key expect",
        "A key has no colon.",
        "Write `key: value`, with a space after the colon.",
    ),
    (
        "mapping keys are not allowed",
        "A key stands where only a value can.",
        "Start a new line for it.",
    ),
    (
        "invalid indentation",
        "The indentation fits nothing above it.",
        "Line it up with its neighbours.",
    ),
    (
        "unknown anchor",
        "`*` refers to an anchor that stands nowhere above in this document.",
        "Mark the value with `&name` before, in the same document; put a text that begins with `*` in quotes.",
    ),
    (
        "anchor or alias",
        "`&` or `*` needs a name.",
        "Put a text that begins with `&` or `*` in quotes.",
    ),
    (
        "unexpected character",
        "No value can begin with this character.",
        "Put the text in quotes.",
    ),
    (
        "block scalar",
        "The block of text after `|` or `>` is indented wrongly.",
        "Indent every line of the block at least as far as its first one.",
    ),
    (
        "plain scalar cannot start",
        "No text can begin like this without quotes.",
        "Put the text in quotes.",
    ),
    (
        "directive",
        "A line that begins with `%` is a directive, which kubectl does not accept.",
        "Remove the line; kubectl reads YAML 1.1 in any case.",
    ),
    (
        "document start",
        "The document has ended, and something follows it.",
        "Begin the next one with `---` on a line of its own.",
    ),
    (
        "after document end",
        "Something follows `...`, which ends a document.",
        "Begin the next document with `---` on a line of its own.",
    ),
    (
        "byte order mark",
        "A byte order mark stands inside the text.",
        "Remove this invisible character.",
    ),
    (
        "tag",
        "The tag after `!` cannot be read.",
        "Remove the tag, or put a text that begins with `!` in quotes.",
    ),
    (
        "handle",
        "The tag after `!` uses a handle that nothing declares.",
        "Remove the tag, or put a text that begins with `!` in quotes.",
    ),
    (
        "comment intercepting",
        "A comment stands in the middle of a text that runs over several lines.",
        "Put the text in quotes, or the comment before it.",
    ),
];

/// A sentence for the parser's remark.
pub(super) fn explain(at: Position, remark: &str) -> Fault {
    let known = SENTENCES.iter().find(|(part, _, _)| remark.contains(part));
    match known {
        Some((_, message, help)) => Fault::new(at, *message, *help),
        None => Fault::new(
            at,
            format!("This is not YAML: {remark}."),
            "Look at this line and the one before for indentation, colons and quotes.",
        ),
    }
}

/// A bracket or brace that is still open where the text stops making sense.
pub(super) fn unclosed(open: Position, stuck: Position) -> Fault {
    Fault::new(
        open,
        format!(
            "The bracket or brace that opens here is not closed, or a comma is missing: line {} does not fit inside it.",
            stuck.line
        ),
        "Close it, or put a comma behind each item.",
    )
}
