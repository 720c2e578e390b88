//! What a play may weigh: it goes from the core to the page at every answer, so of a large cluster it
//! holds what can be seen from the walk, and counts the rest.

use std::collections::{BTreeMap, BTreeSet};

use lab::TableName;

use crate::chains::ChainView;
use crate::frames::{CHAINS_LISTED, Chains, Frame};
use crate::names::Names;

/// So many rules behind the last one that was tried are shown; a tall screen has room for half of them.
const RULES_AHEAD: usize = 100;

/// Names and lengths of all chains of a node, by table.
type All = BTreeMap<TableName, Vec<(String, usize)>>;

/// The chains of each node: the first, and those that were walked.
pub(super) fn tables(
    nodes: BTreeMap<String, All>,
    walked: &[ChainView],
) -> BTreeMap<String, BTreeMap<TableName, Chains>> {
    let walked: BTreeSet<(TableName, &str)> =
        walked.iter().map(|c| (c.table, c.name.as_str())).collect();
    let bound = |(table, mut listed): (TableName, Vec<(String, usize)>)| {
        let count = listed.len();
        let rules = listed.iter().map(|(_, rules)| rules).sum();
        let mut at = 0;
        listed.retain(|(name, _)| {
            at += 1;
            at <= CHAINS_LISTED || walked.contains(&(table, name))
        });
        (
            table,
            Chains {
                listed,
                count,
                rules,
            },
        )
    };
    let nodes = nodes.into_iter();
    nodes
        .map(|(node, all)| (node, all.into_iter().map(bound).collect()))
        .collect()
}

/// Leaves out rules that no frame comes near. Draws stay whole, since their odds make up one.
pub(super) fn chains(chains: &mut [ChainView], frames: &[Frame]) {
    let mut needed = vec![0; chains.len()];
    for at in frames.iter().flat_map(|f| f.callers.iter().chain(&f.at)) {
        if let Some(needed) = needed.get_mut(at.chain) {
            *needed = at.number.max(*needed);
        }
    }
    for (chain, needed) in chains.iter_mut().zip(needed) {
        let draws = chain.rules.iter().rposition(|r| r.probability.is_some());
        // A draw's last rule is the one behind it, which takes the rest.
        let draws = draws.map_or(0, |last| last + 2);
        let kept = needed.max(draws) + RULES_AHEAD;
        chain.left_out = chain.rules.len().saturating_sub(kept);
        chain.rules.truncate(kept);
    }
}

/// Keeps the names of who is met and of where draws lead.
pub(super) fn names(names: &mut Names, frames: &[Frame], chains: &[ChainView]) {
    let headers = frames.iter().flat_map(|f| {
        let before = f.before.iter().flat_map(|(src, dst)| [src, dst]);
        [&f.header.src, &f.header.dst].into_iter().chain(before)
    });
    let rules = chains.iter().flat_map(|c| &c.rules);
    let led_to = rules.filter_map(|r| r.leads_to.as_ref());
    names.keep(headers.chain(led_to).map(String::as_str));
}
