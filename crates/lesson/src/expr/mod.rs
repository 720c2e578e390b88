//! The language of conditions: what a lesson says about walks, odds and rules, as a tree.
//!
//! Reading is in [`parse`]; what a tree comes to in a cluster is for [`crate::eval`].

mod parse;
pub mod pattern;
mod scan;

use std::net::IpAddr;

pub use parse::parse;
pub use pattern::{Of, Part, Pattern};
pub use scan::{Misread, Scan};

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A number; `33 %` is 0.33.
    Number(f64),
    /// An address.
    Addr(IpAddr),
    /// Words in quotes.
    Text(String),
    /// A name: of the lesson, of the cluster, or a word such as `reply`.
    Name(String),
    /// `walk(…)`, `odds(…)` and their like, with who sends to whom as written.
    Probe(Probe, String),
    /// `holders(vip)`
    Call(String, Vec<Expr>),
    /// `w.outcome`, `w.mark(node1, FORWARD)`
    Of(Box<Expr>, String, Vec<Expr>),
    /// A rule by what it is for: `SVC.pick(2)`.
    Rule(Box<Pattern>),
    /// Two sides and what stands between them.
    Two(Op, Box<Expr>, Box<Expr>),
    /// `not …`
    Not(Box<Expr>),
    /// `… between a and b`
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `for each n in nodes: …`
    For(Quantity, String, Box<Expr>, Box<Expr>),
    /// `[a, b]`
    List(Vec<Expr>),
}

/// What sends something to find an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// One connection.
    Walk,
    /// Every path through the draws.
    Odds,
    /// Many connections.
    Many,
}

/// How many of a list must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// All.
    Each,
    /// At least one.
    Some,
}

/// What stands between two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `has`
    Has,
    /// `lacks`
    Lacks,
    /// `and`
    And,
    /// `or`
    Or,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`
    Over,
}
