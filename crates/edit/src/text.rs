//! The text under change: places become bytes, values become lines, and what was touched is remembered.
//!
//! There is often more than one way to write a change. [`Draft::tries`] gives them, the neatest first; which
//! one is right is for the reader to say, who reads each anew.

use std::ops::Range;

use cluster::Span;
use cluster::yaml::{Document, Key, Node, Value};

use crate::meant::{find, item, locate, outermost, steps, wrapped};
use crate::{Change, Edited, Lines, Literal, Mark, Step};

/// A text and what was touched in it.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    text: String,
    marks: Vec<(Range<usize>, Mark)>,
}

impl Draft {
    pub(crate) fn new(text: &str) -> Draft {
        Draft {
            text: text.to_owned(),
            marks: Vec::new(),
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The same with some bytes replaced.
    fn replaced(&self, range: Range<usize>, with: &str) -> Option<Draft> {
        let mut text = String::with_capacity(self.text.len() + with.len());
        text.push_str(self.text.get(..range.start)?);
        text.push_str(with);
        text.push_str(self.text.get(range.end..)?);
        let moved = |at: usize| match at {
            at if at >= range.end => at - range.end + range.start + with.len(),
            at => at.min(range.start),
        };
        let mut marks: Vec<(Range<usize>, Mark)> = Vec::new();
        for (marked, mark) in &self.marks {
            marks.push((moved(marked.start)..moved(marked.end), *mark));
        }
        // The line break before or behind is no line of its own.
        let lead = with.len() - with.trim_start_matches(['\r', '\n']).len();
        let tail = with.trim_end_matches(['\r', '\n', ' ']).len().max(lead);
        let touched = range.start + lead..range.start + tail;
        let mark = match with.trim().is_empty() {
            true => Mark::Gone,
            false => Mark::Written,
        };
        marks.push((touched, mark));
        Some(Draft { text, marks })
    }

    /// The text and the lines that were touched.
    pub(crate) fn finish(self) -> Edited {
        let bytes = self.text.as_bytes();
        let line = |at: usize| {
            1 + bytes[..at.min(bytes.len())]
                .iter()
                .filter(|b| **b == b'\n')
                .count()
        };
        let count = line(bytes.len());
        let mut lines: Vec<Lines> = self
            .marks
            .iter()
            .map(|(range, mark)| Lines {
                first: line(range.start).min(count),
                last: line(range.end.max(range.start + 1) - 1).min(count),
                mark: *mark,
            })
            .collect();
        lines.sort_by_key(|l| (l.first, l.last));
        lines.dedup();
        Edited {
            text: self.text,
            lines,
        }
    }

    /// Ways to write a change, the neatest first.
    pub(crate) fn tries(&self, documents: &[Document], change: &Change) -> Vec<Draft> {
        let found = match change {
            Change::Set(object, path, value) => {
                locate(documents, *object).map(|(document, item)| {
                    self.set(&documents[document].root, &steps(item, path), value)
                })
            }
            Change::Unset(object, path) => locate(documents, *object)
                .map(|(document, item)| self.unset(&documents[document].root, &steps(item, path))),
            Change::Drop(object) => locate(documents, *object).map(|(document, item)| match item {
                Some(index) => {
                    let path = [Step::Key("items".to_owned()), Step::Index(index)];
                    self.without(&documents[document].root, &path)
                }
                None => vec![self.without_document(&documents[document].root)],
            }),
            Change::Append(document) => Some(vec![self.appended(document)]),
        };
        found.into_iter().flatten().flatten().collect()
    }

    fn set(&self, root: &Node, path: &[Step], value: &Literal) -> Vec<Option<Draft>> {
        let (mut node, mut parent) = (root, None);
        let mut depth = 0;
        while let Some(step) = path.get(depth) {
            let Some(next) = find(node, step) else { break };
            (parent, node, depth) = (Some((node, step)), next, depth + 1);
        }
        let missing = &path[depth..];
        let Some(made) = wrapped(missing, value) else {
            return Vec::new();
        };
        let name = parent.and_then(|(node, step)| match step {
            Step::Key(name) => node.entry(name).map(|(key, _)| key),
            _ => None,
        });
        match (&node.value, &made) {
            (Value::Null, _) if !self.is_written(node) => {
                vec![name.and_then(|key| self.behind(key, &made))]
            }
            (Value::Null, made) => vec![self.over(node, made)],
            (_, made) if missing.is_empty() => vec![self.over(node, made)],
            (Value::Map(entries), Literal::Map(new)) => match self.opens(node, '{') {
                true => vec![self.in_braces(node, !entries.is_empty(), new)],
                false => vec![
                    self.at_end(node, entries, &made),
                    self.at_start(entries, &made),
                ],
            },
            (Value::Seq(items), Literal::Seq(new)) => match self.opens(node, '[') {
                true => vec![self.in_brackets(node, items, new)],
                false => vec![self.below(node, items, &made)],
            },
            _ => Vec::new(),
        }
    }

    /// Whether a value that is null has a text of its own.
    fn is_written(&self, node: &Node) -> bool {
        let text = self.slice(node.span).unwrap_or_default();
        matches!(text, "~" | "null" | "Null" | "NULL")
    }

    /// A value's text replaced.
    fn over(&self, node: &Node, value: &Literal) -> Option<Draft> {
        let json = self.slice(node.span)?.starts_with(['"', '{', '[']);
        let with = match json {
            true => value.json(),
            false => value.flow(),
        };
        self.replaced(self.range(node.span)?, &with)
    }

    /// A value behind a name that has none yet.
    fn behind(&self, key: &Key, value: &Literal) -> Option<Draft> {
        let end = self.range(key.span)?.end;
        let colon = end + self.text.get(end..)?.find(':')? + 1;
        let mut with = String::new();
        value.behind(key.span.column - 1, self.line_end(), &mut with);
        self.replaced(colon..colon, &with)
    }

    /// New entries below the last one of a block.
    fn at_end(&self, node: &Node, entries: &[(Key, Node)], made: &Literal) -> Option<Draft> {
        let indent = entries.first()?.0.span.column - 1;
        self.inserted(node.span, indent, made)
    }

    /// A new item below the last one of a block.
    fn below(&self, node: &Node, items: &[Node], made: &Literal) -> Option<Draft> {
        // The parser says of some lists that they begin at their name; the dash is where it is.
        let first = self.range(items.last()?.span)?.start;
        let line = self.line_start(first);
        let dash = self.text[line..first].find('-')?;
        self.inserted(node.span, dash, made)
    }

    fn inserted(&self, after: Span, indent: usize, made: &Literal) -> Option<Draft> {
        let end = self.range(after)?.end;
        let mut lines = " ".repeat(indent);
        made.block(indent, self.line_end(), &mut lines);
        // A block of text ends at the beginning of the line behind it.
        if end > 0 && self.text[..end].ends_with('\n') {
            return self.replaced(end..end, &(lines + self.line_end()));
        }
        let rest = &self.text[end..];
        let at = end + rest.find(['\n', '\r']).unwrap_or(rest.len());
        self.replaced(at..at, &format!("{}{lines}", self.line_end()))
    }

    /// New entries before the first one of a block.
    fn at_start(&self, entries: &[(Key, Node)], made: &Literal) -> Option<Draft> {
        let first = entries.first()?.0.span;
        let (at, indent) = (self.range(first)?.start, first.column - 1);
        let mut with = String::new();
        made.block(indent, self.line_end(), &mut with);
        with.push_str(self.line_end());
        with.push_str(&" ".repeat(indent));
        self.replaced(at..at, &with)
    }

    /// New entries behind an opening brace, each as what stands there is written.
    fn in_braces(&self, node: &Node, others: bool, new: &[(String, Literal)]) -> Option<Draft> {
        let at = self.range(node.span)?.start + 1;
        let rest = &self.text[at..];
        let space = &rest[..rest.len() - rest.trim_start().len()];
        let json = rest.trim_start().starts_with('"') || self.text.trim_start().starts_with('{');
        let entries: Vec<String> = new
            .iter()
            .map(|(name, value)| match json {
                true => format!("{}: {}", Literal::Str(name.clone()).json(), value.json()),
                false => format!("{}: {}", Literal::Str(name.clone()).flow(), value.flow()),
            })
            .collect();
        let between = match space.contains('\n') {
            true => format!(",{space}"),
            false => ", ".to_owned(),
        };
        let mut with = entries.join(&between);
        let mut from = at;
        if others {
            // What stands before the first name stands before the new one.
            from = at + space.len();
            with.push_str(&between);
        }
        self.replaced(from..from, &with)
    }

    /// A new item before a closing bracket.
    fn in_brackets(&self, node: &Node, items: &[Node], new: &[Literal]) -> Option<Draft> {
        let json = self.text.trim_start().starts_with('{');
        let written = new.iter().map(|item| match json {
            true => item.json(),
            false => item.flow(),
        });
        let with = written.collect::<Vec<_>>().join(", ");
        match items.last() {
            Some(last) => {
                let end = self.range(last.span)?.end;
                self.replaced(end..end, &format!(", {with}"))
            }
            None => {
                let at = self.range(node.span)?.start + 1;
                self.replaced(at..at, &with)
            }
        }
    }

    fn unset(&self, root: &Node, path: &[Step]) -> Vec<Option<Draft>> {
        match outermost(root, path) {
            Some(path) => self.without(root, path),
            None => Vec::new(),
        }
    }

    /// Without an entry or an item.
    fn without(&self, root: &Node, path: &[Step]) -> Vec<Option<Draft>> {
        let Some((last, above)) = path.split_last() else {
            return Vec::new();
        };
        let Some(node) = above.iter().try_fold(root, |node, step| find(node, step)) else {
            return Vec::new();
        };
        let (starts, ends): (Vec<Span>, Vec<Span>) = match &node.value {
            Value::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.span, value.span))
                .unzip(),
            Value::Seq(items) => items.iter().map(|item| (item.span, item.span)).unzip(),
            _ => return Vec::new(),
        };
        let index = match (last, &node.value) {
            (Step::Key(name), Value::Map(entries)) => {
                entries.iter().position(|(key, _)| key.name == *name)
            }
            (Step::Index(index), Value::Seq(_)) => Some(*index),
            (Step::Item(name, value), Value::Seq(items)) => item(items, name, value),
            _ => None,
        };
        let Some(index) = index.filter(|index| *index < starts.len()) else {
            return Vec::new();
        };
        let start = |i: usize| self.range(starts[i]).map(|r| r.start);
        let end = |i: usize| self.range(ends[i]).map(|r| r.end);
        if self.opens(node, '{') || self.opens(node, '[') {
            let range = match (index + 1 < starts.len(), index) {
                (true, _) => start(index).zip(start(index + 1)),
                (false, 0) => start(0).zip(end(0)),
                (false, _) => end(index - 1).zip(end(index)),
            };
            return vec![range.and_then(|(a, b)| self.replaced(a..b, ""))];
        }
        let whole_lines = || {
            let (from, to) = (
                self.line_start(start(index)?),
                self.behind_value(end(index)?),
            );
            let lead = &self.text[from..start(index)?];
            let alone = lead.chars().all(|c| c == ' ' || c == '-');
            alone.then(|| self.replaced(from..to, ""))?
        };
        let up_to_next = || {
            let next = (index + 1 < starts.len()).then(|| start(index + 1))??;
            self.replaced(start(index)?..next, "")
        };
        vec![whole_lines(), up_to_next()]
    }

    /// Without a document and the separator before it, or behind it where it is the first.
    fn without_document(&self, root: &Node) -> Option<Draft> {
        let range = self.range(root.span)?;
        let separator = |line: &str| line.trim_end() == "---" || line.starts_with("--- ");
        let mut from = 0;
        let mut at = 0;
        let mut to = self.text.len();
        for line in self.text.split_inclusive('\n') {
            if separator(line) && at <= range.start {
                from = at;
            } else if separator(line) && at >= range.end {
                to = at;
                break;
            }
            at += line.len();
        }
        // The first document has no separator before it: the next one's goes instead.
        if from == 0 && !self.text.starts_with("---") {
            to = self.after_line(to);
        }
        self.replaced(from..to, "")
    }

    /// With a document of its own at the end.
    fn appended(&self, document: &Literal) -> Option<Draft> {
        let end = self.line_end();
        let mut with = String::new();
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            with.push_str(end);
        }
        let separated = self
            .text
            .lines()
            .next_back()
            .is_some_and(|line| line.trim_end() == "---");
        if !separated && !self.text.trim().is_empty() {
            with.push_str("---");
            with.push_str(end);
        }
        document.block(0, end, &mut with);
        with.push_str(end);
        self.replaced(self.text.len()..self.text.len(), &with)
    }

    /// How lines end in this text.
    fn line_end(&self) -> &'static str {
        match self.text.contains("\r\n") {
            true => "\r\n",
            false => "\n",
        }
    }

    fn opens(&self, node: &Node, with: char) -> bool {
        self.slice(node.span)
            .is_some_and(|text| text.starts_with(with))
    }

    fn slice(&self, span: Span) -> Option<&str> {
        self.text.get(self.range(span)?)
    }

    /// The bytes of a place.
    fn range(&self, span: Span) -> Option<Range<usize>> {
        let start = self.offset(span.line, span.column)?;
        let end = self.offset(span.end_line, span.end_column)?;
        (start <= end).then_some(start..end)
    }

    /// The byte at which a character of a line begins. One behind the last is the line's end.
    fn offset(&self, line: usize, column: usize) -> Option<usize> {
        let mut at = 0;
        for _ in 1..line {
            at += self.text[at..].find('\n')? + 1;
        }
        let line = self.text[at..].split('\n').next().unwrap_or_default();
        let within = line
            .char_indices()
            .nth(column.checked_sub(1)?)
            .map_or(line.len(), |(i, _)| i);
        Some(at + within)
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |i| i + 1)
    }

    /// The beginning of the line behind a value that ends here. A block of text ends there already.
    fn behind_value(&self, at: usize) -> usize {
        match at > 0 && self.text[..at].ends_with('\n') {
            true => at,
            false => self.after_line(at),
        }
    }

    fn after_line(&self, at: usize) -> usize {
        self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |i| at + i + 1)
    }
}
