//! Where Go's YAML library refuses what saphyr-parser takes.
//!
//! Each check names the rule of libyaml (which Go's library is a port of) that it stands for.

use saphyr_parser::{Event, ScalarStyle};

use super::fault::{Fault, Position};
use crate::source::Span;

/// A text by lines, so that a place becomes an offset again.
pub(super) struct Lines<'a> {
    text: &'a str,
    first: usize,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Indexes a text whose first line has that number.
    pub(super) fn new(text: &'a str, first: usize) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            let break_here = match byte {
                b'\n' => true,
                b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            if break_here {
                starts.push(at + 1);
            }
        }
        Lines {
            text,
            first,
            starts,
        }
    }

    fn offset(&self, line: usize, column: usize) -> usize {
        let index = line.saturating_sub(self.first);
        let Some(&start) = self.starts.get(index) else {
            return self.text.len();
        };
        let rest = &self.text[start..];
        let skip = column.saturating_sub(1);
        start
            + rest
                .char_indices()
                .nth(skip)
                .map_or(rest.len(), |(at, _)| at)
    }

    /// Line and column of a byte.
    pub(super) fn position(&self, offset: usize) -> Position {
        let index = self
            .starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1);
        let column = self.text[self.starts[index]..offset].chars().count() + 1;
        Position {
            line: self.first + index,
            column,
        }
    }

    fn slice(&self, span: Span) -> (usize, &'a str) {
        let start = self.offset(span.line, span.column);
        let end = self.offset(span.end_line, span.end_column).max(start);
        (start, &self.text[start..end])
    }

    /// The tabs right before a place.
    pub(super) fn tabs_before(&self, at: Position) -> Option<std::ops::Range<usize>> {
        let end = self.offset(at.line, at.column);
        let start = self.text[..end].trim_end_matches([' ', '\t']).len();
        self.text[start..end].contains('\t').then_some(start..end)
    }

    /// Whether the last thing before a place is the `?` that announces a key.
    pub(super) fn has_question(&self, span: Span) -> bool {
        let start = self.offset(span.line, span.column);
        self.text[..start].trim_end().ends_with('?') || self.text[start..].starts_with('?')
    }
}

/// `yaml_parser_update_buffer`: which characters may stand in a YAML stream at all.
pub(super) fn characters(lines: &Lines<'_>) -> Result<(), Fault> {
    let strange = lines.text.char_indices().find(|(_, character)| {
        !matches!(character,
            '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}'
            | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    });
    let Some((at, character)) = strange else {
        return Ok(());
    };
    Err(Fault::new(
        lines.position(at),
        format!(
            "The control character U+{:04X} stands here, which YAML forbids.",
            u32::from(character)
        ),
        "Remove it; in double quotes, an escape such as `\\x07` may stand for it.",
    ))
}

/// `yaml_parser_scan_flow_scalar`: YAML 1.1 has no `\/`, which JSON and YAML 1.2 have.
pub(super) fn escapes(lines: &Lines<'_>, span: Span) -> Result<(), Fault> {
    let (start, text) = lines.slice(span);
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' && matches!(characters.next(), Some((_, '/'))) {
            return Err(Fault::new(
                lines.position(start + at),
                "`\\/` is no escape in YAML 1.1, which kubectl reads.",
                "Write `/` alone.",
            ));
        }
    }
    Ok(())
}

/// `yaml_parser_stale_simple_keys`: a key stands on one line and has at most 1024 characters up to its
/// colon, unless `?` announces it.
pub(super) fn key(lines: &Lines<'_>, span: Span) -> Result<(), Fault> {
    let at = Position {
        line: span.line,
        column: span.column,
    };
    let one_line = span.line == span.end_line;
    if one_line && span.end_column.saturating_sub(span.column) <= 1024 {
        return Ok(());
    }
    let end = lines.offset(span.end_line, span.end_column);
    let has_value = lines.text[end..].trim_start().starts_with(':');
    if !has_value || lines.has_question(span) {
        return Ok(());
    }
    if one_line {
        Err(Fault::new(
            at,
            "A key has more than 1024 characters.",
            "Shorten it; a longer one must be announced by `? `.",
        ))
    } else {
        Err(Fault::new(
            at,
            "A key runs over more than one line.",
            "Look for a missing comma or quote; YAML has no `//` comments.",
        ))
    }
}

/// Lines that hold nothing but white space or a comment and begin with a tab (or spaces and a tab).
///
/// libyaml refuses them outside brackets and texts (`yaml_parser_scan_to_next_token`: a tab begins no
/// token), and behind a plain text where they are indented less than it must be
/// (`yaml_parser_scan_plain_scalar`). saphyr-parser takes them as blank.
pub(super) struct Tabs {
    /// Line and column of each first tab, in order; what was looked at is gone.
    rest: std::iter::Peekable<std::vec::IntoIter<Position>>,
    brackets: usize,
    behind: Behind,
}

/// What stands before a gap between two tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Behind {
    PlainText,
    /// After `|` or `>`: its lines are its own.
    Block,
    Other,
}

impl Tabs {
    pub(super) fn new(lines: &Lines<'_>) -> Self {
        let mut found = Vec::new();
        if lines.text.contains('\t') {
            for (index, line) in lines.text.split('\n').enumerate() {
                let blank = line.trim_start_matches([' ', '\t']);
                let lead = &line[..line.len() - blank.len()];
                let nothing = blank.is_empty() || blank == "\r" || blank.starts_with('#');
                if let (true, Some(at)) = (nothing, lead.find('\t')) {
                    found.push(Position {
                        line: lines.first + index,
                        column: at + 1,
                    });
                }
            }
        }
        Tabs {
            rest: found.into_iter().peekable(),
            brackets: 0,
            behind: Behind::Other,
        }
    }

    /// Looks at the gap before an event, given the column of the innermost collection (0: none).
    pub(super) fn check(
        &mut self,
        event: &Event<'_>,
        span: Span,
        indent: usize,
    ) -> Result<(), Fault> {
        if self.rest.peek().is_none() {
            return Ok(());
        }
        while let Some(tab) = self.rest.next_if(|tab| tab.line < span.line) {
            let fits = match self.behind {
                _ if self.brackets > 0 => true,
                Behind::Block => true,
                Behind::PlainText => tab.column > indent,
                Behind::Other => false,
            };
            if !fits {
                return Err(Fault::new(
                    tab,
                    "A tab stands at the start of a line, where only spaces may.",
                    "Remove it, also from lines that look empty: YAML forbids tabs there.",
                ));
            }
        }
        // Inside a text over several lines, a tab is white space.
        while self.rest.next_if(|tab| tab.line <= span.end_line).is_some() {}
        let is_bracket = (span.line, span.column) != (span.end_line, span.end_column);
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..)
                if self.brackets > 0 || is_bracket =>
            {
                self.brackets += 1;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.brackets = self.brackets.saturating_sub(1);
            }
            _ => {}
        }
        self.behind = match event {
            Event::Scalar(text, ScalarStyle::Plain, _, _) if !text.is_empty() => Behind::PlainText,
            Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, _, _) => Behind::Block,
            Event::SequenceEnd | Event::MappingEnd if !is_bracket => self.behind,
            _ => Behind::Other,
        };
        Ok(())
    }
}
