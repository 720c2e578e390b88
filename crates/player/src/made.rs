//! The rules that one object of the text made, as the page shows them.

use lab::TableName;
use serde::{Deserialize, Serialize};

/// An object and its rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// `Service demo/web`.
    pub object: String,
    /// Its first line.
    pub line: usize,
    /// By chain, in the order of tables and names.
    pub chains: Vec<MadeChain>,
    /// How many rules that are in all, each counted once however many nodes have it.
    pub count: usize,
    /// Nodes that were not looked at, because there are so many.
    pub left_out: usize,
}

/// Its rules in one chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeChain {
    /// The table.
    #[serde(with = "crate::wire::plain")]
    pub table: TableName,
    /// The chain.
    pub chain: String,
    /// A node that has them: where the chain can be opened.
    pub node: String,
    /// The rules.
    pub rules: Vec<MadeRule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeRule {
    /// In the form that `iptables -S` prints.
    pub full: String,
    /// What it is for.
    pub why: String,
    /// The nodes that have it: `every node`, `node1 and node2`.
    pub nodes: String,
    /// The line that says so, where it is another than the object's first.
    pub line: Option<usize>,
}
