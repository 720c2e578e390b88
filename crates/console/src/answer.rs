//! What a command gives back: text as the real tool prints it, and what the page can make of it.

use std::sync::Arc;

use lab::{IpFamily, TableName, Trip};

/// Why a command failed, with the exit status of the real tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Exit status.
    pub status: u8,
    /// What goes to standard error; may have several lines.
    pub message: String,
    /// What was printed all the same.
    pub out: String,
}

impl Failed {
    /// A failure.
    pub fn new(status: u8, message: impl Into<String>) -> Self {
        Failed {
            status,
            message: message.into(),
            out: String::new(),
        }
    }

    /// A failure after something was printed.
    pub fn after(status: u8, out: String, message: impl Into<String>) -> Self {
        Failed {
            out,
            ..Failed::new(status, message)
        }
    }
}

/// What became of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Standard output of the last commands, in order.
    pub out: String,
    /// Standard error of all, in order.
    pub errors: String,
    /// Exit status of the last command.
    pub status: u8,
    /// Every packet that was sent, each offered for viewing.
    pub trips: Vec<Sent>,
    /// The manifest, where a command changed it.
    pub text: Option<Arc<str>>,
    /// Whose rules were printed last, and of which family.
    pub rules: Option<(String, IpFamily)>,
    /// Of which table they were, where one was named.
    pub table: Option<TableName>,
}

/// One exchange that a command began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Who sent, in the words of `--from`.
    pub from: String,
    /// To whom, in the words of `--to`.
    pub to: String,
    /// The seed of its draws.
    pub seed: u64,
    /// What became of it.
    pub trip: Trip,
}
