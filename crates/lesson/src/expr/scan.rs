//! A cursor over a line of an expression, and where it went wrong.

use std::fmt;

/// Why a line could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread {
    /// How many characters stand before the place.
    pub at: usize,
    /// What is wrong, as a sentence.
    pub message: String,
    /// What to do, as a sentence.
    pub help: String,
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.message, self.help)
    }
}

/// A cursor.
#[derive(Debug, Clone)]
pub struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scan<'t> {
    /// At the beginning of a text.
    pub fn new(text: &'t str) -> Self {
        Scan { text, at: 0 }
    }

    /// What is still to come, without the spaces before it.
    pub fn rest(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    /// What is still to come, spaces and all.
    pub fn bare(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Whether nothing comes any more.
    pub fn is_done(&mut self) -> bool {
        self.rest().is_empty()
    }

    /// Passes so many bytes.
    pub fn pass(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Passes a sign where it comes next.
    pub fn eat(&mut self, sign: &str) -> bool {
        let comes = self.rest().starts_with(sign);
        if comes {
            self.at += sign.len();
        }
        comes
    }

    /// Passes a sign where it comes without a space before it.
    pub fn eat_close(&mut self, sign: &str) -> bool {
        let comes = self.bare().starts_with(sign);
        if comes {
            self.at += sign.len();
        }
        comes
    }

    /// Passes a whole word where it comes next.
    pub fn eat_word(&mut self, word: &str) -> bool {
        let comes = self.peek_word() == word;
        if comes {
            self.at += word.len();
        }
        comes
    }

    /// The word that comes next: letters, digits, `_` and `-` within.
    pub fn peek_word(&mut self) -> &'t str {
        let rest = self.rest();
        let first = rest
            .chars()
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if !first {
            return "";
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        rest[..end].trim_end_matches('-')
    }

    /// Takes the word that comes next.
    pub fn word(&mut self) -> Option<&'t str> {
        let word = self.peek_word();
        self.at += word.len();
        (!word.is_empty()).then_some(word)
    }

    /// Takes the longest run of characters that `is_part` holds for.
    pub fn run(&mut self, is_part: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Takes what stands up to the parenthesis that closes an open one, and passes that.
    pub fn closed(&mut self) -> Result<&'t str, Misread> {
        let rest = self.bare();
        let mut depth = 0;
        for (at, c) in rest.char_indices() {
            match c {
                '(' => depth += 1,
                ')' if depth == 0 => {
                    self.at += at + 1;
                    return Ok(rest[..at].trim());
                }
                ')' => depth -= 1,
                _ => {}
            }
        }
        Err(self.wrong(
            "A parenthesis is not closed.",
            "Put a ) behind what belongs together.",
        ))
    }

    /// A fault at this place.
    pub fn wrong(&self, message: impl Into<String>, help: impl Into<String>) -> Misread {
        Misread {
            at: self.text[..self.at].chars().count(),
            message: message.into(),
            help: help.into(),
        }
    }
}
