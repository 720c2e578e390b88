//! `-m comment`: words for people; always true.

/// `-m comment`: words for people; always true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The words.
    pub text: String,
}
