//! What kube-proxy's next sync does to rules that a person has changed.

use netfilter::Ruleset;

/// What kube-proxy's next sync makes of rules that a person has changed: its own chains are written
/// anew, those of a Service that nobody needs any more go, and everything else stays
/// (`iptables-restore --noflush` in `syncProxyRules`).
pub fn resync(ruleset: &mut Ruleset, proxy: &lab::ProxyRules) {
    // What a person broke so that it can't be restored stays broken, as it would on a node.
    let _ = ruleset.apply_restore(&proxy.restore());
    let wanted = proxy.ruleset();
    for (name, table) in &mut ruleset.tables {
        let kept = wanted.tables.get(name);
        let gone = |chain: &str| {
            OF_SERVICES.iter().any(|prefix| chain.starts_with(prefix))
                && kept.is_none_or(|table| table.position_of(chain).is_none())
        };
        let names = table.chains.iter().map(|c| c.name.as_str());
        let stale: Vec<String> = names.filter(|c| gone(c)).map(str::to_owned).collect();
        for chain in stale {
            table.remove(&chain);
        }
    }
}

/// How the names of the chains begin that kube-proxy deletes when it no longer needs them
/// (`isServiceChainName` in `pkg/proxy/iptables/proxier.go`).
const OF_SERVICES: [&str; 6] = [
    "KUBE-SVC-",
    "KUBE-SVL-",
    "KUBE-EXT-",
    "KUBE-FW-",
    "KUBE-SEP-",
    "KUBE-XLB-",
];
