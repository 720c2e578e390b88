//! One YAML document made into nodes: the parser's events, with Go's rules for keys, merges and aliases.
//!
//! saphyr-parser decides what is YAML; where Go's library (version 2, a YAML 1.1 reader) is stricter,
//! the difference is in `strict`. What scalars stand for is in `scalar`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Mark};

use super::entries::{Entries, twice};
use super::fault::{self, Fault, Position};
use super::node::{Key, Node, Value};
use super::scalar::{self, Scalar, Tag, Unusable};
use super::split::{Part, shorten};
use super::strict;
use crate::diagnostic::Diagnostic;
use crate::limits::{MAX_DEPTH, MAX_REPEATED};
use crate::source::Span;

/// How often a tab behind a colon is made a space, each time with a fresh start.
const MAX_TABS: usize = 64;

/// Reads one part of a text. `None` when it holds no value at all.
pub(super) fn document(
    source: usize,
    part: Part<'_>,
) -> Result<(Option<Node>, Vec<Diagnostic>), Fault> {
    // Go's reader drops a byte order mark at the start of each stream, and each part is one.
    let text = part.text.strip_prefix('\u{feff}').unwrap_or(part.text);
    let mut text = Cow::Borrowed(text);
    for _ in 0..MAX_TABS {
        match attempt(source, &text, part.line) {
            Err(Stop::TabAfterColon(tabs)) => {
                // saphyr-parser refuses `key:<tab>value`, which libyaml takes.
                let spaces = " ".repeat(tabs.len());
                text.to_mut().replace_range(tabs, &spaces);
            }
            Err(Stop::Fault(fault)) => return Err(fault),
            Ok(read) => return Ok(read),
        }
    }
    Err(Fault::new(
        Position {
            line: part.line,
            column: 1,
        },
        "This document has too many tabs behind colons.",
        "Replace them by spaces.",
    ))
}

/// Why an attempt ended.
enum Stop {
    Fault(Fault),
    /// These bytes are tabs between a colon and its value.
    TabAfterColon(Range<usize>),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}

fn attempt(
    source: usize,
    text: &str,
    first_line: usize,
) -> Result<(Option<Node>, Vec<Diagnostic>), Stop> {
    let lines = strict::Lines::new(text, first_line);
    strict::characters(&lines)?;
    let mut tabs = strict::Tabs::new(&lines);
    let mut builder = Builder {
        source,
        first_line,
        lines: &lines,
        frames: Vec::new(),
        root: None,
        anchors: BTreeMap::new(),
        repeated: 0,
        remarks: Vec::new(),
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, mark) = event.map_err(|error| {
            let marker = error.marker();
            let at = Position {
                line: marker.line() + first_line - 1,
                column: marker.col() + 1,
            };
            if error.info().contains("valid YAML whitespace")
                && let Some(tabs) = lines.tabs_before(at)
            {
                return Stop::TabAfterColon(tabs);
            }
            // A tab is met before it is judged: point at it, not behind it.
            let tabs = lines
                .tabs_before(at)
                .filter(|_| error.info().contains("tab"));
            let at = tabs.map_or(at, |tabs| lines.position(tabs.start));
            Stop::Fault(match builder.open_bracket(at) {
                Some(open) => fault::unclosed(open, at),
                None => fault::explain(at, error.info()),
            })
        })?;
        let span = builder.span(mark);
        tabs.check(&event, span, builder.indent())?;
        // Go decodes the first document of a stream; what follows `...` is never looked at.
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        builder.event(event, span)?;
    }
    Ok((builder.root, builder.remarks))
}

/// A collection that is not closed yet.
struct Frame {
    anchor: usize,
    start: Span,
    content: Content,
}

enum Content {
    Seq(Vec<Node>),
    Map {
        entries: Entries,
        pending: Option<Pending>,
    },
}

/// The key whose value comes next.
enum Pending {
    Named(Key),
    /// `<<`
    Merge(Span),
}

/// What an anchor stands for.
enum Anchored {
    /// Still open: an alias to it would contain itself.
    Open,
    Ready {
        node: Node,
        weight: usize,
        depth: usize,
    },
}

struct Builder<'a> {
    source: usize,
    first_line: usize,
    lines: &'a strict::Lines<'a>,
    frames: Vec<Frame>,
    root: Option<Node>,
    anchors: BTreeMap<usize, Anchored>,
    /// Bytes that anchors and aliases have copied.
    repeated: usize,
    remarks: Vec<Diagnostic>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map_or(Tag::None, |tag| Tag::of(&tag.handle, &tag.suffix));
                self.scalar(&text, style, anchor, tag, span)
            }
            Event::SequenceStart(anchor, _) => self.open(anchor, span, Content::Seq(Vec::new())),
            Event::MappingStart(anchor, _) => {
                let content = Content::Map {
                    entries: Entries::default(),
                    pending: None,
                };
                self.open(anchor, span, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            _ => Ok(()),
        }
    }

    fn span(&self, mark: Mark) -> Span {
        Span {
            source: self.source,
            line: mark.start.line() + self.first_line - 1,
            column: mark.start.col() + 1,
            end_line: mark.end.line() + self.first_line - 1,
            end_column: mark.end.col() + 1,
        }
    }

    /// The 1-based column of the innermost collection.
    fn indent(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.start.column)
    }

    /// Where the innermost bracket was opened, when that was on a line before.
    fn open_bracket(&self, at: Position) -> Option<Position> {
        let span = self.frames.last()?.start;
        let bracket = (span.line, span.column) != (span.end_line, span.end_column);
        (bracket && span.line < at.line).then(|| position(span))
    }

    fn wants_key(&self) -> bool {
        matches!(
            self.frames.last(),
            Some(Frame {
                content: Content::Map { pending: None, .. },
                ..
            })
        )
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Tag,
        span: Span,
    ) -> Result<(), Fault> {
        if style == ScalarStyle::DoubleQuoted {
            strict::escapes(self.lines, span)?;
        }
        let plain = style == ScalarStyle::Plain;
        let span = if plain && text.is_empty() {
            self.span_of_nothing(span)
        } else {
            span
        };
        if self.wants_key() {
            strict::key(self.lines, span)?;
            if plain && text.is_empty() && tag == Tag::None && !self.lines.has_question(span) {
                return Err(Fault::new(
                    position(span),
                    "The key before this colon is missing.",
                    "Write the key, or `\"\"` for an empty one.",
                ));
            }
        }
        // `isMerge` in Go: the plain text, or the tag.
        if self.wants_key() && text == "<<" && (tag == Tag::Merge || (plain && tag == Tag::None)) {
            return self.set_pending(Pending::Merge(span));
        }
        let scalar = if !plain && tag == Tag::None {
            Scalar::Str(text.to_owned())
        } else {
            scalar::resolve(tag, text).map_err(|why| unusable(&why, text, span))?
        };
        if self.wants_key() {
            if anchor != 0 {
                let value = scalar.clone().into_value();
                let value = value.map_err(|why| unusable(&why, text, span))?;
                self.remember(anchor, &Node { value, span }, 0)?;
            }
            let name = scalar
                .into_key()
                .map_err(|why| unusable(&why, text, span))?;
            return self.set_pending(Pending::Named(Key { name, span }));
        }
        let value = scalar
            .into_value()
            .map_err(|why| unusable(&why, text, span))?;
        self.complete(anchor, Node { value, span }, 0)
    }

    /// A value that is not written stands behind its key. (The parser says: at the next token.)
    fn span_of_nothing(&self, span: Span) -> Span {
        match self.frames.last() {
            Some(Frame {
                content:
                    Content::Map {
                        pending: Some(Pending::Named(key)),
                        ..
                    },
                ..
            }) => Span {
                line: key.span.end_line,
                column: key.span.end_column,
                end_line: key.span.end_line,
                end_column: key.span.end_column + 1,
                ..key.span
            },
            _ => span,
        }
    }

    fn open(&mut self, anchor: usize, start: Span, content: Content) -> Result<(), Fault> {
        if self.wants_key() {
            return Err(Fault::new(
                position(start),
                "A list or mapping stands where a key should: JSON's keys are strings.",
                "Put a template such as `{{ … }}` in quotes, or fill it in before.",
            ));
        }
        self.check_depth(0, start)?;
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored::Open);
        }
        self.frames.push(Frame {
            anchor,
            start,
            content,
        });
        Ok(())
    }

    fn check_depth(&self, below: usize, span: Span) -> Result<(), Fault> {
        if self.frames.len() + below < MAX_DEPTH {
            return Ok(());
        }
        Err(Fault::new(
            position(span),
            format!("Values are nested more than {MAX_DEPTH} deep here."),
            "No Kubernetes object needs more than a few dozen levels: look for a bracket too many.",
        ))
    }

    fn close(&mut self, end: Span) -> Result<(), Fault> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        // A closing bracket has an extent; a block ends with its last value.
        let bracket = (end.line, end.column) != (end.end_line, end.end_column);
        let (value, last) = match frame.content {
            Content::Seq(items) => {
                let last = items.last().map(|node| node.span);
                (Value::Seq(items), last)
            }
            Content::Map { entries, .. } => {
                let entries = entries.into_list();
                let last = entries.last().map(|(_, node)| node.span);
                (Value::Map(entries), last)
            }
        };
        let mut span = frame.start;
        let end = if bracket { Some(end) } else { last };
        // An alias or a merge keeps the place of its anchor, which may lie before.
        if let Some(end) =
            end.filter(|end| (end.end_line, end.end_column) > (span.end_line, span.end_column))
        {
            span.end_line = end.end_line;
            span.end_column = end.end_column;
        }
        self.complete(frame.anchor, Node { value, span }, 1)
    }

    /// A value is whole: it goes where it belongs.
    fn complete(&mut self, anchor: usize, node: Node, depth: usize) -> Result<(), Fault> {
        if anchor != 0 {
            let depth = if depth == 0 { 0 } else { depth_of(&node) };
            self.remember(anchor, &node, depth)?;
        }
        self.place(node)
    }

    fn place(&mut self, node: Node) -> Result<(), Fault> {
        let Some(frame) = self.frames.last_mut() else {
            self.root.get_or_insert(node);
            return Ok(());
        };
        match &mut frame.content {
            Content::Seq(items) => items.push(node),
            Content::Map { entries, pending } => match pending.take() {
                Some(Pending::Named(key)) => {
                    if entries.find(&key.name).is_some() {
                        self.remarks.push(twice(&key));
                    }
                    entries.put(key, node);
                }
                Some(Pending::Merge(span)) => merge(entries, node, span)?,
                None => {}
            },
        }
        Ok(())
    }

    fn set_pending(&mut self, key: Pending) -> Result<(), Fault> {
        if let Some(Frame {
            content: Content::Map { pending, .. },
            ..
        }) = self.frames.last_mut()
        {
            *pending = Some(key);
        }
        Ok(())
    }

    fn remember(&mut self, anchor: usize, node: &Node, depth: usize) -> Result<(), Fault> {
        let weight = weight_of(node);
        self.charge(weight, node.span)?;
        self.anchors.insert(
            anchor,
            Anchored::Ready {
                node: node.clone(),
                weight,
                depth,
            },
        );
        Ok(())
    }

    fn charge(&mut self, weight: usize, span: Span) -> Result<(), Fault> {
        self.repeated = self.repeated.saturating_add(weight);
        if self.repeated <= MAX_REPEATED {
            return Ok(());
        }
        Err(Fault::new(
            position(span),
            "Anchors and aliases repeat too much: the document would grow beyond all measure.",
            "Write the values out, or use fewer aliases.",
        ))
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Fault> {
        let (node, weight, depth) = match self.anchors.get(&anchor) {
            Some(Anchored::Ready {
                node,
                weight,
                depth,
            }) => (node, *weight, *depth),
            Some(Anchored::Open) | None => {
                return Err(Fault::new(
                    position(span),
                    "This alias stands inside the very value that it refers to.",
                    "Refer to a value that is complete above this line.",
                ));
            }
        };
        self.check_depth(depth, span)?;
        let node = if self.repeated.saturating_add(weight) > MAX_REPEATED {
            None
        } else {
            Some(node.clone())
        };
        self.charge(weight, span)?;
        let Some(node) = node else { return Ok(()) };
        if self.wants_key() {
            let scalar = match node.value {
                Value::Null => Scalar::Null,
                Value::Bool(flag) => Scalar::Bool(flag),
                Value::Int(int) => Scalar::Int(int),
                Value::Float(float) => Scalar::Float(float.value),
                Value::Str(text) => Scalar::Str(text),
                Value::Seq(_) | Value::Map(_) => {
                    return Err(Fault::new(
                        position(span),
                        "This alias makes a list or mapping the key of another.",
                        "Use a text as the key.",
                    ));
                }
            };
            let name = scalar.into_key().map_err(|why| unusable(&why, "", span))?;
            return self.set_pending(Pending::Named(Key { name, span }));
        }
        self.place(node)
    }
}

/// `<<`: Go merges where it stands, so that what follows overrides it and it overrides what came before.
fn merge(entries: &mut Entries, node: Node, span: Span) -> Result<(), Fault> {
    let maps = match node.value {
        Value::Map(map) => vec![map],
        // The first of a list wins, so it comes last.
        Value::Seq(items) => {
            let maps = items.into_iter().rev().map(|item| match item.value {
                Value::Map(map) => Ok(map),
                _ => Err(not_a_mapping(item.span)),
            });
            maps.collect::<Result<Vec<_>, _>>()?
        }
        _ => return Err(not_a_mapping(span)),
    };
    for (key, node) in maps.into_iter().flatten() {
        entries.put(key, node);
    }
    Ok(())
}

fn not_a_mapping(span: Span) -> Fault {
    Fault::new(
        position(span),
        "`<<` merges mappings, and this is none.",
        "Give it an alias of a mapping or a list of such; for a key named so, write `\"<<\"`.",
    )
}

fn position(span: Span) -> Position {
    Position {
        line: span.line,
        column: span.column,
    }
}

fn unusable(why: &Unusable, text: &str, span: Span) -> Fault {
    let text = shorten(text);
    let (message, help) = match why {
        Unusable::Tag { claimed } => (
            format!("`{text}` is not what its tag `{claimed}` claims."),
            "Remove the tag, or write a value of that type.",
        ),
        Unusable::Base64 => (
            "The text under `!!binary` is not base64.".into(),
            "Encode it, or remove the tag.",
        ),
        Unusable::NotFinite => (
            format!("`{text}` is no number in JSON, which kubectl turns YAML into."),
            "Write a finite number, or put the text in quotes.",
        ),
        Unusable::NullKey => ("`null` cannot be a key.".into(), "Put the key in quotes."),
        Unusable::LargeKey => (
            format!("`{text}` is too large a number for a key."),
            "Put the key in quotes.",
        ),
    };
    Fault::new(position(span), message, help)
}

/// Roughly the bytes that a copy takes.
fn weight_of(node: &Node) -> usize {
    const NODE: usize = 96;
    NODE + match &node.value {
        Value::Str(text) => text.len(),
        Value::Seq(items) => items.iter().map(weight_of).sum(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, node)| NODE + key.name.len() + weight_of(node))
            .sum(),
        _ => 0,
    }
}

/// Levels below: 0 for a scalar.
fn depth_of(node: &Node) -> usize {
    match &node.value {
        Value::Seq(items) => 1 + items.iter().map(depth_of).max().unwrap_or(0),
        Value::Map(entries) => {
            1 + entries
                .iter()
                .map(|(_, node)| depth_of(node))
                .max()
                .unwrap_or(0)
        }
        _ => 0,
    }
}
