//! The whole story as a text of its own, plain or in Markdown: every sentence in order, where it happens, and
//! the rule or what a machine would print.

use crate::captions::{Caption, Piece};
use crate::frames::{Frame, Play};
use crate::probe::Question;

/// In which words it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Plain text.
    Text,
    /// Markdown, CommonMark's.
    Markdown,
}

/// The question in a sentence.
pub fn title(question: &Question, seed: u64) -> String {
    format!(
        "{} sends {} to {}, with seed {seed}.",
        question.from,
        question.transport.name(),
        question.to
    )
}

/// The story up to a moment, that one included.
pub fn story(play: &Play, title: &str, last: usize, form: Form) -> String {
    let mut out = match form {
        Form::Text => format!("Chainwalk\n\n{title}\n"),
        Form::Markdown => format!("# Chainwalk\n\n{}\n", escaped(title)),
    };
    let mut place = String::new();
    for (i, frame) in play.frames.iter().enumerate().take(last + 1) {
        let here = stands(frame);
        if here != place && !here.is_empty() {
            out += &match form {
                Form::Text => format!("\n{here}\n"),
                Form::Markdown => format!("\n## {}\n\n", escaped(&here)),
            };
            place = here;
        }
        let number = i + 1;
        let rule = frame.at.and_then(|at| play.rule(at)).map(|r| &r.full);
        let machine = rule.or(frame.machine.as_ref());
        match form {
            Form::Text => {
                out += &format!("{number:>4}. {}\n", frame.caption.text());
                out += &machine.map_or(String::new(), |m| format!("      {m}\n"));
            }
            Form::Markdown => {
                out += &format!("{number}. {}\n", marked(&frame.caption));
                // A list's part is indented as far as its words are.
                let margin = " ".repeat(number.to_string().len() + 2);
                let block = |m: &String| format!("\n{margin}    {m}\n\n");
                out += &machine.map_or(String::new(), block);
            }
        }
    }
    out
}

fn stands(frame: &Frame) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(frame.ns.as_ref().map(crate::names::short));
    if frame.ns.is_some() && frame.direction == fabric::Direction::Reply {
        words.push("reply".into());
    }
    words.extend(frame.hook.map(|h| h.name().to_owned()));
    words.join(", ")
}

fn marked(caption: &Caption) -> String {
    let pieces = caption.pieces.iter().map(|piece| match piece {
        Piece::Plain(text) => escaped(text),
        Piece::Strong(text) => format!("**{}**", escaped(text)),
    });
    pieces.collect()
}

/// A text in which nothing is Markdown's: whatever a name is, it stays a name.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        // CommonMark lets every mark of ASCII be escaped; these are the ones that mean something in a line.
        if "\\`*_[]<>#|~!&".contains(letter) {
            out.push('\\');
        }
        out.push(if letter.is_control() { ' ' } else { letter });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn becomes(text: &str, want: &str) {
        assert_eq!(escaped(text), want);
    }

    #[test]
    fn names_stay_names() {
        becomes("a*b_c", "a\\*b\\_c");
        becomes("<script>", "\\<script\\>");
        becomes("one\ntwo", "one two");
        becomes("10.0.0.1:80", "10.0.0.1:80");
    }

    #[test]
    fn what_matters_is_strong() {
        let caption = Caption::new("goes to *{}* now", &["web_1"]);
        assert_eq!(marked(&caption), "goes to **web\\_1** now");
    }
}
