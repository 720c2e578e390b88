//! Markdown to blocks, each with its line. HTML stays words, and links lead only to pages.
//!
//! What the blocks mean to a lesson is for [`crate::read`].

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use crate::fault::Fault;
use crate::text::{Block, Inline, Item};

/// How deep lists and quotes may stand in one another.
const DEEPEST: usize = 8;

/// A block and the line it begins at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The line, from 1.
    pub line: usize,
    /// The block.
    pub block: Block,
}

/// Reads Markdown that begins at line `first` of its file.
pub fn read(text: &str, first: usize, faults: &mut Vec<Fault>) -> Vec<Placed> {
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let mut builder = Builder {
        first,
        starts,
        faults,
        open: vec![Open::new(Frame::Top, 0)],
    };
    for (event, range) in Parser::new(text).into_offset_iter() {
        builder.event(event, range.start);
    }
    builder.finish()
}

/// Something that was begun and is not at its end.
struct Open {
    frame: Frame,
    line: usize,
    blocks: Vec<Placed>,
    inlines: Vec<Inline>,
    items: Vec<Item>,
}

enum Frame {
    Top,
    Paragraph,
    Heading(u8),
    Quote,
    Code(String),
    List(Option<u64>),
    Item,
    Strong,
    Emphasis,
    Link(Option<String>),
    /// What has no form here: its words stand where it stood.
    Plain,
}

impl Open {
    fn new(frame: Frame, line: usize) -> Open {
        Open {
            frame,
            line,
            blocks: Vec::new(),
            inlines: Vec::new(),
            items: Vec::new(),
        }
    }

    /// Words that stand among blocks are a paragraph (items of a tight list).
    fn settle(&mut self) {
        if !self.inlines.is_empty() && self.holds_blocks() {
            let words = std::mem::take(&mut self.inlines);
            let line = self.line;
            self.blocks.push(Placed {
                line,
                block: Block::Paragraph(words),
            });
        }
    }

    fn holds_blocks(&self) -> bool {
        matches!(self.frame, Frame::Top | Frame::Quote | Frame::Item)
    }
}

struct Builder<'a> {
    first: usize,
    starts: Vec<usize>,
    faults: &'a mut Vec<Fault>,
    open: Vec<Open>,
}

impl Builder<'_> {
    fn line(&self, offset: usize) -> usize {
        self.first + self.starts.partition_point(|&start| start <= offset) - 1
    }

    fn top(&mut self) -> &mut Open {
        self.open.last_mut().expect("the whole text is never ended")
    }

    fn event(&mut self, event: Event<'_>, offset: usize) {
        let line = self.line(offset);
        match event {
            Event::Start(tag) => self.start(tag, line),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.words(&text),
            Event::Code(text) => self.inline(Inline::Code(text.to_string())),
            Event::SoftBreak => self.words(" "),
            Event::HardBreak => self.inline(Inline::Break),
            Event::Rule => self.block(line, Block::Rule),
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.words(&text);
            }
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, line: usize) {
        let frame = match tag {
            Tag::Paragraph | Tag::HtmlBlock => Frame::Paragraph,
            Tag::Heading { level, .. } => Frame::Heading(level as u8),
            Tag::BlockQuote(_) => Frame::Quote,
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => Frame::Code(info.trim().to_owned()),
            Tag::CodeBlock(CodeBlockKind::Indented) => Frame::Code(String::new()),
            Tag::List(first) => Frame::List(first),
            Tag::Item => Frame::Item,
            Tag::Strong => Frame::Strong,
            Tag::Emphasis => Frame::Emphasis,
            Tag::Link { dest_url, .. } => Frame::Link(self.address(&dest_url, line)),
            _ => Frame::Plain,
        };
        if matches!(
            frame,
            Frame::Paragraph | Frame::Heading(_) | Frame::Quote | Frame::Code(_) | Frame::List(_)
        ) {
            self.top().settle();
        }
        // What stands deeper stays words, so that no text makes a tree that is too deep to walk.
        let frame = match self.open.len() < DEEPEST * 2 {
            true => frame,
            false => Frame::Plain,
        };
        self.open.push(Open::new(frame, line));
        if self.open.len() == DEEPEST * 2 + 1 {
            self.faults.push(Fault::new(
                line,
                "Lists or quotes stand too deep in one another.",
                format!("Keep to {DEEPEST} levels."),
            ));
        }
    }

    /// Where a link may lead: by http or https, or to a page beside this one.
    fn address(&mut self, to: &str, line: usize) -> Option<String> {
        let to = to.trim();
        let before_path = to.split(['/', '?', '#']).next().unwrap_or_default();
        let scheme = before_path.split_once(':').map(|(scheme, _)| scheme);
        let plain = !to
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '\\');
        let allowed = match scheme {
            None => !to.starts_with("//"),
            Some(scheme) => {
                scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
            }
        };
        if plain && allowed && !to.is_empty() {
            return Some(to.to_owned());
        }
        self.faults.push(Fault::new(
            line,
            "A link may lead only to a page: by http or https, or to a file beside this one.",
            "Write https://… or the name of a file.",
        ));
        None
    }

    fn end(&mut self, _: TagEnd) {
        if self.open.len() < 2 {
            return;
        }
        let mut done = self.open.pop().expect("there are two at least");
        done.settle();
        let line = done.line;
        match done.frame {
            Frame::Paragraph if done.inlines.is_empty() => {}
            Frame::Paragraph => self.block(line, Block::Paragraph(done.inlines)),
            Frame::Heading(level) => {
                let words = done.inlines;
                self.block(line, Block::Heading { level, words });
            }
            Frame::Quote => self.block(line, Block::Quote(bare(done.blocks))),
            Frame::Code(info) => {
                let text = crate::text::plain(&done.inlines);
                self.block(line, Block::Code { info, text });
            }
            Frame::List(first) => {
                let items = done.items;
                self.block(line, Block::List { first, items });
            }
            Frame::Item => {
                let blocks = bare(done.blocks);
                self.top().items.push(Item { line, blocks });
            }
            Frame::Strong => self.inline(Inline::Strong(done.inlines)),
            Frame::Emphasis => self.inline(Inline::Emphasis(done.inlines)),
            Frame::Link(Some(to)) => {
                let words = done.inlines;
                self.inline(Inline::Link { to, words });
            }
            Frame::Link(None) | Frame::Plain | Frame::Top => {
                for inline in done.inlines {
                    self.inline(inline);
                }
                self.top().blocks.extend(done.blocks);
            }
        }
    }

    fn block(&mut self, line: usize, block: Block) {
        let top = self.top();
        match top.holds_blocks() {
            true => {
                top.settle();
                top.blocks.push(Placed { line, block });
            }
            // A block in something that holds words alone.
            false => top.blocks.push(Placed { line, block }),
        }
    }

    fn words(&mut self, text: &str) {
        match self.top().inlines.last_mut() {
            Some(Inline::Text(words)) => words.push_str(text),
            _ => self.top().inlines.push(Inline::Text(text.to_owned())),
        }
    }

    fn inline(&mut self, inline: Inline) {
        match inline {
            Inline::Text(text) => self.words(&text),
            other => self.top().inlines.push(other),
        }
    }

    fn finish(mut self) -> Vec<Placed> {
        while self.open.len() > 1 {
            self.end(TagEnd::Paragraph);
        }
        let top = self.top();
        top.settle();
        std::mem::take(&mut top.blocks)
    }
}

fn bare(placed: Vec<Placed>) -> Vec<Block> {
    placed.into_iter().map(|p| p.block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> (Vec<Placed>, Vec<Fault>) {
        let mut faults = Vec::new();
        let found = read(text, 1, &mut faults);
        (found, faults)
    }

    #[test]
    fn lists_items_and_notes_have_their_lines() {
        let (found, faults) = blocks("# T\n\n- `a` one\n  > note\n- `b` two\n");
        assert_eq!(faults, []);
        assert_eq!(found[0].line, 1);
        let Block::List { items, first: None } = &found[1].block else {
            panic!("a list: {found:?}");
        };
        assert_eq!((items[0].line, items[1].line), (3, 5));
        let code = Inline::Code("a".into());
        assert_eq!(
            items[0].blocks[0],
            Block::Paragraph(vec![code, Inline::Text(" one".into())])
        );
        assert!(matches!(&items[0].blocks[1], Block::Quote(note) if note.len() == 1));
    }

    #[test]
    fn html_is_words() {
        let (found, _) = blocks("<script>alert(1)</script>\n\na <b onclick=x>b</b>\n");
        let said: Vec<Block> = found.into_iter().map(|p| p.block).collect();
        let said = crate::text::plain_blocks(&said);
        assert!(said.contains("<script>alert(1)</script>"), "{said}");
        assert!(said.contains("<b onclick=x>b</b>"), "{said}");
    }

    #[test]
    fn links_lead_to_pages_alone() {
        for good in [
            "https://kubernetes.io/",
            "http://a.b",
            "other.md",
            "../a/b.md#c",
        ] {
            assert_eq!(blocks(&format!("[x]({good})")).1, [], "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "//evil.example",
            "vbscript:x",
            "<java\tscript:x>",
        ] {
            let (found, faults) = blocks(&format!("[x]({bad})"));
            assert!(
                faults.len() == 1 || !format!("{found:?}").contains("Link"),
                "{bad}"
            );
        }
    }

    #[test]
    fn depth_has_an_end() {
        let deep = ">".repeat(5000);
        let (_, faults) = blocks(&format!("{deep} x"));
        assert_eq!(faults.len(), 1);
        blocks(&"- ".repeat(5000));
    }
}
