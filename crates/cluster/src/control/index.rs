//! Finds the pods that a selector means without looking at every pod.

use std::collections::BTreeMap;

use crate::selector::selects;
use crate::state::Pod;

/// Pods by namespace and label.
pub struct PodIndex {
    by_label: BTreeMap<(String, String, String), Vec<usize>>,
}

impl PodIndex {
    /// Indexes these pods; the index speaks of their places in the slice.
    pub fn new(pods: &[Pod]) -> Self {
        let mut by_label: BTreeMap<(String, String, String), Vec<usize>> = BTreeMap::new();
        for (index, pod) in pods.iter().enumerate() {
            for (key, value) in &pod.labels {
                let entry = (pod.namespace.clone(), key.clone(), value.clone());
                by_label.entry(entry).or_default().push(index);
            }
        }
        PodIndex { by_label }
    }

    /// The pods of a namespace that have every label of a selector, in order. An empty selector means none here.
    pub fn selected(
        &self,
        namespace: &str,
        selector: &BTreeMap<String, String>,
        pods: &[Pod],
    ) -> Vec<usize> {
        let lists = selector.iter().map(|(key, value)| {
            let entry = (namespace.to_owned(), key.clone(), value.clone());
            self.by_label
                .get(&entry)
                .map(Vec::as_slice)
                .unwrap_or_default()
        });
        let shortest = lists.min_by_key(|list| list.len()).unwrap_or_default();
        shortest
            .iter()
            .copied()
            .filter(|pod| selects(selector, &pods[*pod].labels))
            .collect()
    }
}
