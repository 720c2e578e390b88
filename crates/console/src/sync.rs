//! What kube-proxy's next sync does to rules that a person has changed.

use netfilter::Ruleset;

/// What kube-proxy's next sync makes of rules that a person has changed: its own chains are written
/// anew, those of its that nobody needs any more go, and everything else stays (`iptables-restore
/// --noflush` in `syncProxyRules`).
pub fn resync(ruleset: &mut Ruleset, old: &lab::ProxyRules, new: &lab::ProxyRules) {
    // What a person broke so that it can't be restored stays broken, as it would on a node.
    let _ = ruleset.apply_restore(&new.restore());
    let (old, new) = (old.ruleset(), new.ruleset());
    for (name, table) in &mut ruleset.tables {
        let chains = |of: &Ruleset| -> Vec<String> {
            let table = of.tables.get(name);
            let chains = table.map(|t| t.chains.as_slice()).unwrap_or_default();
            chains.iter().map(|c| c.name.as_str().to_owned()).collect()
        };
        let kept = chains(&new);
        for gone in chains(&old).into_iter().filter(|c| !kept.contains(c)) {
            table.remove(&gone);
        }
    }
}
