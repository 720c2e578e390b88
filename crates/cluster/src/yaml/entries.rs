//! The entries of a mapping while it is being read: of equal names the last one counts.

use std::collections::BTreeMap;

use super::node::{Key, Node};
use super::split::shorten;
use crate::diagnostic::{Diagnostic, Kind, Severity};

/// Below this many entries, looking through them all is quicker than an index.
const INDEX_FROM: usize = 16;

#[derive(Default)]
pub(super) struct Entries {
    list: Vec<(Key, Node)>,
    index: BTreeMap<String, usize>,
}

impl Entries {
    /// Where an entry of that name stands.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        if self.list.len() < INDEX_FROM {
            self.list.iter().position(|(key, _)| key.name == name)
        } else {
            self.index.get(name).copied()
        }
    }

    /// Adds an entry, or replaces the one of its name.
    pub(super) fn put(&mut self, key: Key, node: Node) {
        if let Some(place) = self.find(&key.name) {
            self.list[place] = (key, node);
            return;
        }
        let place = self.list.len();
        if place + 1 == INDEX_FROM {
            let named = self.list.iter().enumerate();
            self.index = named.map(|(at, (key, _))| (key.name.clone(), at)).collect();
        }
        if place + 1 >= INDEX_FROM {
            self.index.insert(key.name.clone(), place);
        }
        self.list.push((key, node));
    }

    pub(super) fn into_list(self) -> Vec<(Key, Node)> {
        self.list
    }
}

/// kubectl says nothing of a name that stands twice; we do.
pub(super) fn twice(key: &Key) -> Diagnostic {
    Diagnostic {
        span: Some(key.span),
        severity: Severity::Warning,
        kind: Kind::Note,
        field: String::new(),
        message: format!(
            "`{}` stands twice in this mapping; kubectl silently takes the last one.",
            shorten(&key.name)
        ),
        help: "Remove the one that is not meant.".into(),
        server: false,
    }
}
