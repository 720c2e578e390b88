//! What was made of a text's documents, so that after an edit only what changed is read again.
//!
//! An edit changes a few documents; those before it stand where they stood, and those behind it have at
//! most moved by some lines. What they are made into, and how that moves, is the caller's to say.

use std::sync::Arc;

use super::split::Part;

/// Something that stands in lines, and can be had some lines further down.
pub(crate) trait Moves {
    /// The same, so many lines further down, or up where that is negative.
    fn moved(&self, lines: isize) -> Self;
}

/// The documents of one text.
#[derive(Debug)]
pub(crate) struct Memory<T> {
    text: Arc<str>,
    parts: Vec<Remembered<T>>,
}

#[derive(Debug)]
struct Remembered<T> {
    start: usize,
    length: usize,
    line: usize,
    made: T,
}

impl<T> Memory<T> {
    fn of(text: Arc<str>) -> Self {
        Memory {
            text,
            parts: Vec::new(),
        }
    }
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Memory::of(Arc::from(""))
    }
}

/// A new text beside the one that is remembered.
pub(super) struct Again<T> {
    old: Memory<T>,
    new: Memory<T>,
    /// How many parts of the old text were met, for as long as the new one is the same.
    alike: Option<usize>,
    /// From which part of the old text on both are the same again.
    tail: usize,
    /// How many bytes further down that is in the new one.
    apart: isize,
}

impl<T: Clone + Moves> Again<T> {
    pub(super) fn new(old: Memory<T>, text: &Arc<str>) -> Self {
        let ends = old.text.bytes().rev().zip(text.bytes().rev());
        let same = ends.take_while(|(a, b)| a == b).count();
        let from = old.text.len() - same;
        Again {
            alike: Some(0),
            tail: old.parts.partition_point(|part| part.start < from),
            apart: text.len() as isize - old.text.len() as isize,
            new: Memory::of(Arc::clone(text)),
            old,
        }
    }

    /// What was made of such a part before.
    pub(super) fn find(&mut self, part: &Part<'_>) -> Option<T> {
        if let Some(met) = self.alike {
            let before = self.old.parts.get(met);
            if let Some(before) = before.filter(|before| before.start == part.start)
                && let Some(made) = self.same(before, part)
            {
                self.alike = Some(met + 1);
                return Some(made);
            }
            self.alike = None;
        }
        let tail = self.old.parts.get(self.tail..)?;
        let start = part.start.checked_add_signed(-self.apart)?;
        let at = tail.binary_search_by_key(&start, |before| before.start);
        self.same(&tail[at.ok()?], part)
    }

    fn same(&self, before: &Remembered<T>, part: &Part<'_>) -> Option<T> {
        let text = &self.old.text[before.start..before.start + before.length];
        (text == part.text).then(|| match part.line as isize - before.line as isize {
            0 => before.made.clone(),
            lines => before.made.moved(lines),
        })
    }

    /// Remembers what was made of a part.
    pub(super) fn keep(&mut self, part: &Part<'_>, made: T) {
        self.new.parts.push(Remembered {
            start: part.start,
            length: part.text.len(),
            line: part.line,
            made,
        });
    }

    /// What to remember of the new text.
    pub(super) fn into_memory(self) -> Memory<T> {
        self.new
    }
}
