//! What a lesson says, as plain data that a page can draw: paragraphs, lists, code.
//!
//! How it was written is for [`crate::markdown`].

use serde::{Deserialize, Serialize};

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A list.
    List {
        /// The first number, where items are numbered.
        first: Option<u64>,
        /// Its items.
        items: Vec<Item>,
    },
    /// What stands behind `>`.
    Quote(Vec<Block>),
    /// Lines that stand as they are.
    Code {
        /// What stands behind the fence: `yaml`.
        info: String,
        /// The lines.
        text: String,
    },
    /// A heading.
    Heading {
        /// 1 to 6.
        level: u8,
        /// Its words.
        words: Vec<Inline>,
    },
    /// A line across.
    Rule,
}

/// An item of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The line it begins at, from 1.
    pub line: usize,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Inline {
    /// Words. What looks like HTML is words too.
    Text(String),
    /// Words in monospace.
    Code(String),
    /// Words that matter.
    Strong(Vec<Inline>),
    /// Words said in another voice.
    Emphasis(Vec<Inline>),
    /// A link to a page by http or https, or to one beside this one.
    Link {
        /// Where to.
        to: String,
        /// Its words.
        words: Vec<Inline>,
    },
    /// A new line.
    Break,
}

/// The words alone.
pub fn plain(inlines: &[Inline]) -> String {
    let mut out = String::new();
    for inline in inlines {
        match inline {
            Inline::Text(text) | Inline::Code(text) => out.push_str(text),
            Inline::Strong(words) | Inline::Emphasis(words) | Inline::Link { words, .. } => {
                out.push_str(&plain(words));
            }
            Inline::Break => out.push(' '),
        }
    }
    out
}

/// The words of blocks, a line for each; code is left out where only what is read counts.
pub fn plain_blocks(blocks: &[Block]) -> String {
    let mut lines = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph(words) | Block::Heading { words, .. } => lines.push(plain(words)),
            Block::List { items, .. } => {
                lines.extend(items.iter().map(|item| plain_blocks(&item.blocks)));
            }
            Block::Quote(blocks) => lines.push(plain_blocks(blocks)),
            Block::Code { .. } | Block::Rule => {}
        }
    }
    lines.join("\n")
}

/// How many words a reader has to read.
pub fn count_words(blocks: &[Block]) -> usize {
    let words = plain_blocks(blocks);
    let has_letter = |word: &&str| word.chars().any(char::is_alphanumeric);
    words.split_whitespace().filter(has_letter).count()
}
