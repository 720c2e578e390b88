//! YAML and JSON read as kubectl reads them, every value with its place.
//!
//! What the values mean to Kubernetes is left to those who read the [`Node`]s.

mod node;

pub use node::{Document, Float, Int, Key, Node, Value};
