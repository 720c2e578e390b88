//! What is wrong with an object that no API server knows, and so nobody else refuses.

use crate::diagnostic::{Kind, Severity};

/// Something wrong, by field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// How bad: an error leaves the whole object out.
    pub severity: Severity,
    /// The API machinery's word.
    pub kind: Kind,
    /// The field.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Fault {
    /// An error.
    pub fn error(kind: Kind, field: &str, message: String, help: String) -> Self {
        Fault {
            severity: Severity::Error,
            kind,
            field: field.to_owned(),
            message,
            help,
        }
    }

    /// Something of ours that is no error.
    pub fn note(severity: Severity, field: &str, message: String, help: &str) -> Self {
        Fault {
            severity,
            kind: Kind::Note,
            field: field.to_owned(),
            message,
            help: help.to_owned(),
        }
    }
}
