//! A workshop: a list of lessons with a title of its own, in one text file.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::markdown;
use crate::text::{Block, Inline, plain};

/// The longest file, in bytes.
const LONGEST: usize = 64 * 1024;
/// The most lessons.
const LESSONS: usize = 100;

const HELP: &str = "Write a list: - [Its title](its-file.md) 10 min";

/// A workshop.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Workshop {
    /// Its title.
    pub title: String,
    /// What is said about it.
    pub intro: Vec<Block>,
    /// Its lessons, in order.
    pub lessons: Vec<Entry>,
}

/// A lesson of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its line in the file.
    pub line: usize,
    /// The lesson's file, beside the workshop's: `01-who-owns.md`.
    pub file: String,
    /// What it is called here.
    pub title: String,
    /// What is said behind it: how long it takes, who does it.
    pub words: Vec<Inline>,
}

/// Reads a workshop: a heading, words, and a list of links to lessons.
pub fn read(text: &str) -> (Workshop, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut workshop = Workshop::default();
    if text.len() > LONGEST {
        let message = format!(
            "The file has {} bytes; at most {LONGEST} are read.",
            text.len()
        );
        faults.push(Fault::new(1, message, "A workshop is a short list."));
        return (workshop, faults);
    }
    for placed in markdown::read(text, 1, &mut faults) {
        match placed.block {
            Block::Heading { level: 1, words } if workshop.title.is_empty() => {
                workshop.title = plain(&words);
            }
            Block::List { items, .. } => {
                for item in items {
                    match entry(item.line, &item.blocks) {
                        Ok(entry) => workshop.lessons.push(entry),
                        Err(fault) => faults.push(fault),
                    }
                }
            }
            other => workshop.intro.push(other),
        }
    }
    if workshop.title.is_empty() {
        faults.push(Fault::new(
            1,
            "The workshop has no title.",
            "Begin with a heading: # A title",
        ));
    }
    if workshop.lessons.is_empty() {
        faults.push(Fault::new(1, "The workshop has no lessons.", HELP));
    }
    if workshop.lessons.len() > LESSONS {
        let message = format!("The workshop has more than {LESSONS} lessons.");
        faults.push(Fault::new(1, message, "Make two of it."));
    }
    (workshop, faults)
}

fn entry(line: usize, blocks: &[Block]) -> Result<Entry, Fault> {
    let words = match blocks {
        [Block::Paragraph(words)] => words.as_slice(),
        _ => &[],
    };
    let Some((Inline::Link { to, words: title }, rest)) = words.split_first() else {
        return Err(Fault::new(line, "This item links to no lesson.", HELP));
    };
    let is_file = to.ends_with(".md")
        && !to.contains("..")
        && to
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && !to.starts_with('/');
    if !is_file {
        let message = format!("\"{to}\" is no lesson's file.");
        return Err(Fault::new(
            line,
            message,
            "Link to a file beside this one: its-file.md",
        ));
    }
    Ok(Entry {
        line,
        file: to.clone(),
        title: plain(title),
        words: rest.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_links_is_a_workshop() {
        let (read, faults) =
            read("# Two hours\n\nFor pairs.\n\n- [One](01-a.md) 10 min\n- [Two](x/02-b.md)\n");
        assert_eq!(faults, []);
        assert_eq!(read.title, "Two hours");
        let files: Vec<&str> = read.lessons.iter().map(|l| l.file.as_str()).collect();
        assert_eq!(files, ["01-a.md", "x/02-b.md"]);
        assert_eq!(read.lessons[1].line, 6);
    }

    #[test]
    fn faults_have_lines() {
        let lines = |text| read(text).1.iter().map(|f| f.line).collect::<Vec<_>>();
        assert_eq!(lines("# T\n\n- one\n"), [3, 1]);
        assert_eq!(lines("# T\n\n- [a](../a.md)\n"), [3, 1]);
        assert_eq!(lines("# T\n\n- [a](https://a.b/c.md)\n"), [3, 1]);
        assert_eq!(lines("- [a](a.md)\n"), [1]);
    }
}
