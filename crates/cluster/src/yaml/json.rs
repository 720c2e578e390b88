//! A row of JSON values, read with the place of each.
//!
//! The grammar is RFC 8259's, as Go's encoding/json takes it: half surrogates become U+FFFD, of equal
//! names the last one counts. Numbers keep their written text, since `1.0` is no whole number in JSON.

use super::entries::{Entries, twice};
use super::fault::{Fault, Position};
use super::node::{Float, Int, Key, Node, Value};
use crate::diagnostic::Diagnostic;
use crate::limits::MAX_DEPTH;
use crate::source::Span;

/// A place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub offset: usize,
    pub line: usize,
    pub column: usize,
}

pub(super) struct Reader<'a> {
    source: usize,
    text: &'a str,
    at: Place,
    remarks: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: usize, text: &'a str) -> Self {
        let at = Place {
            offset: 0,
            line: 1,
            column: 1,
        };
        Reader {
            source,
            text,
            at,
            remarks: Vec::new(),
        }
    }

    pub(super) fn position(&self) -> Place {
        self.at
    }

    pub(super) fn take_remarks(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.remarks)
    }

    /// The first place from there on that is not white space.
    pub(super) fn skip_space(&mut self, from: Place) -> Place {
        self.at = from;
        self.space();
        self.at
    }

    /// The next value, or `None` at the end of the text.
    pub(super) fn next_value(&mut self) -> Result<Option<Node>, Fault> {
        self.space();
        if self.peek().is_none() {
            return Ok(None);
        }
        self.value(0).map(Some)
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at.offset..].chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at.offset += character.len_utf8();
        // A line break is `\n`, `\r\n` or a lone `\r`, as for the YAML parser.
        if character == '\n' || (character == '\r' && self.peek() != Some('\n')) {
            self.at.line += 1;
            self.at.column = 1;
        } else {
            self.at.column += 1;
        }
        Some(character)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.bump();
        }
    }

    fn span(&self, start: Place) -> Span {
        Span {
            source: self.source,
            line: start.line,
            column: start.column,
            end_line: self.at.line,
            end_column: self.at.column,
        }
    }

    fn fault(&self, message: &str, help: &str) -> Fault {
        let at = Position {
            line: self.at.line,
            column: self.at.column,
        };
        match self.peek() {
            Some(_) => Fault::new(at, message, help),
            None => Fault::new(
                at,
                "The JSON ends before it is complete.",
                "Close what is open: a quote, a bracket, a brace.",
            ),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Fault> {
        if depth >= MAX_DEPTH {
            return Err(self.fault(
                "Values are nested more than 256 deep here.",
                "No Kubernetes object needs more than a few dozen levels: look for a bracket too many.",
            ));
        }
        self.space();
        let start = self.at;
        let value = match self.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.array(depth)?,
            Some('"') => Value::Str(self.string()?),
            Some('-' | '0'..='9') => self.number()?,
            Some('t') => self.word("true", Value::Bool(true))?,
            Some('f') => self.word("false", Value::Bool(false))?,
            Some('n') => self.word("null", Value::Null)?,
            _ => {
                return Err(self.fault(
                    "No JSON value begins with this character.",
                    "Write a string in double quotes, a number, `true`, `false`, `null`, a list or an object; JSON has no comments.",
                ));
            }
        };
        Ok(Node {
            value,
            span: self.span(start),
        })
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Fault> {
        for expected in word.chars() {
            if self.peek() != Some(expected) {
                return Err(self.fault("This is no JSON value.", "Put the text in double quotes."));
            }
            self.bump();
        }
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Value, Fault> {
        self.bump();
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(']') {
            self.bump();
            return Ok(Value::Seq(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(',') => self.bump(),
                Some(']') => {
                    self.bump();
                    return Ok(Value::Seq(items));
                }
                _ => {
                    return Err(self.fault(
                        "A list goes on without a comma, or is not closed.",
                        "Write `,` or `]` here.",
                    ));
                }
            };
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Fault> {
        self.bump();
        let mut entries = Entries::default();
        self.space();
        if self.peek() == Some('}') {
            self.bump();
            return Ok(Value::Map(entries.into_list()));
        }
        loop {
            self.space();
            if self.peek() != Some('"') {
                return Err(self.fault(
                    "A name in double quotes was expected here.",
                    "JSON wants every name in double quotes, has no comments, and no comma before `}`.",
                ));
            }
            let start = self.at;
            let name = self.string()?;
            let key = Key {
                name,
                span: self.span(start),
            };
            self.space();
            if self.peek() != Some(':') {
                return Err(self.fault("A colon was expected after the name.", "Write `:` here."));
            }
            self.bump();
            let node = self.value(depth + 1)?;
            if entries.find(&key.name).is_some() {
                self.remarks.push(twice(&key));
            }
            entries.put(key, node);
            self.space();
            match self.peek() {
                Some(',') => self.bump(),
                Some('}') => {
                    self.bump();
                    return Ok(Value::Map(entries.into_list()));
                }
                _ => {
                    return Err(self.fault(
                        "An object goes on without a comma, or is not closed.",
                        "Write `,` or `}` here.",
                    ));
                }
            };
        }
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let start = self.at.offset;
        if self.peek() == Some('-') {
            self.bump();
        }
        if self.peek() == Some('0') {
            self.bump();
        } else {
            self.digits()?;
        }
        let mut whole = true;
        if self.peek() == Some('.') {
            whole = false;
            self.bump();
            self.digits()?;
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            whole = false;
            self.bump();
            if matches!(self.peek(), Some('+' | '-')) {
                self.bump();
            }
            self.digits()?;
        }
        let text = &self.text[start..self.at.offset];
        if whole && let Ok(int) = text.parse() {
            return Ok(Value::Int(Int::Signed(int)));
        }
        if whole && let Ok(int) = text.parse() {
            return Ok(Value::Int(Int::Unsigned(int)));
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Value::Float(Float {
                value,
                text: text.into(),
            })),
            _ => Err(self.fault(
                "This number is too large.",
                "Write one that a double can hold.",
            )),
        }
    }

    fn digits(&mut self) -> Result<(), Fault> {
        if !matches!(self.peek(), Some('0'..='9')) {
            return Err(self.fault("A digit was expected here.", "Complete the number."));
        }
        while matches!(self.peek(), Some('0'..='9')) {
            self.bump();
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, Fault> {
        self.bump();
        let mut out = String::new();
        loop {
            match self.peek() {
                Some('"') => {
                    self.bump();
                    return Ok(out);
                }
                Some('\\') => {
                    self.bump();
                    out.push(self.escape()?);
                }
                Some(character) if character >= ' ' => {
                    out.push(character);
                    self.bump();
                }
                _ => {
                    return Err(self.fault(
                        "A string in JSON may hold no line break and no control character.",
                        "Close the string, or write `\\n` for a line break.",
                    ));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let character = match self.peek() {
            Some(same @ ('"' | '\\' | '/')) => same,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                self.bump();
                return self.unicode();
            }
            _ => {
                return Err(self.fault(
                    "This `\\` begins no escape that JSON knows.",
                    "Write `\\\\` for a backslash.",
                ));
            }
        };
        self.bump();
        Ok(character)
    }

    fn unicode(&mut self) -> Result<char, Fault> {
        let first = self.four_digits()?;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        // Half of a pair: the other half must follow, else it stands for nothing.
        let before = self.at;
        if (0xd800..0xdc00).contains(&first) && self.text[self.at.offset..].starts_with("\\u") {
            self.bump();
            self.bump();
            let second = self.four_digits()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn four_digits(&mut self) -> Result<u32, Fault> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|character| character.to_digit(16)) else {
                return Err(self.fault(
                    "`\\u` needs four hexadecimal digits.",
                    "Complete the escape.",
                ));
            };
            code = code * 16 + digit;
            self.bump();
        }
        Ok(code)
    }
}
