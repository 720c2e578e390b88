//! What is wrong with a lesson file, at its line, with what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, as a sentence.
    pub message: String,
    /// What to do, as a sentence.
    pub help: String,
}

impl Fault {
    /// A fault.
    pub fn new(line: usize, message: impl Into<String>, help: impl Into<String>) -> Fault {
        Fault {
            line,
            message: message.into(),
            help: help.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)?;
        match self.help.is_empty() {
            true => Ok(()),
            false => write!(f, " {}", self.help),
        }
    }
}

impl std::error::Error for Fault {}
