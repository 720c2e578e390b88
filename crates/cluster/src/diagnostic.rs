//! What is wrong or remarkable, where, and what to do.

use crate::source::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A cluster would refuse this; the last good cluster stays.
    Error,
    /// Accepted, but hardly meant: the walk shows how it ends.
    Warning,
    /// Worth knowing: something was assumed or ignored.
    Remark,
}

/// The API machinery's word for the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A required value is missing.
    Required,
    /// A value is not allowed.
    Invalid,
    /// A value stands twice.
    Duplicate,
    /// A value is none of those supported.
    NotSupported,
    /// A value may not stand here.
    Forbidden,
    /// Too long.
    TooLong,
    /// Too many.
    TooMany,
    /// Nothing of that name.
    NotFound,
    /// An unknown field.
    StrictDecode,
    /// A wrong JSON type.
    Decode,
    /// kubectl itself refuses.
    Client,
    /// An unknown kind or version.
    NoMatch,
    /// A fault inside the server.
    InternalError,
    /// Ours: nothing that a server would say.
    Note,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where; `None` only where there is no text at all.
    pub span: Option<Span>,
    /// How bad.
    pub severity: Severity,
    /// The API machinery's word.
    pub kind: Kind,
    /// The field as the API server names it: `spec.ports[0].nodePort`.
    pub field: String,
    /// What is wrong, as a sentence of ours.
    pub message: String,
    /// What to do next, as a sentence.
    pub help: String,
    /// Whether the API server or kubectl would itself report it.
    pub server: bool,
}
