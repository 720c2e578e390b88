//! What is remembered when the cluster changes under running connections: rules are written anew,
//! pods come and go, and conntrack lives on, but for what kube-proxy cleans.

use std::collections::{BTreeMap, BTreeSet};

use fabric::{Memory, Ns};
use netfilter::conntrack::Timeouts;
use netfilter::{ChainName, Family};

use crate::wiring::pod_ns;
use crate::{Dialect, IpFamily, Lab, NodeRules, RuleRef, TableName};

/// Whether kube-proxy cleans conntrack behind itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cleaning {
    /// As its version does.
    #[default]
    KubeProxy,
    /// Not at all, as long ago, or as where the `conntrack` command was missing.
    Off,
}

/// What a change did to what was remembered.
#[derive(Debug, Clone)]
pub struct Carried {
    /// What is remembered now.
    pub memory: Memory,
    /// Nodes whose rules differ from before; the chains that kube-proxy wrote count from 0 again.
    pub rewritten: Vec<String>,
    /// Namespaces that are gone, with all that they remembered.
    pub gone: Vec<Ns>,
    /// Conntrack entries that kube-proxy deleted.
    pub cleaned: Vec<Cleaned>,
}

/// An entry that kube-proxy deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// On which node.
    pub node: String,
    /// The entry, as `conntrack -L` printed it.
    pub entry: String,
    /// Why, as a sentence.
    pub why: String,
}

impl Lab {
    /// What is remembered when the cluster of `before` becomes this one at once. No time passes.
    pub fn carry(&self, before: &Lab, memory: &Memory, cleaning: Cleaning) -> Carried {
        let mut memory = memory.clone();
        let gone = gone(before, self);
        for ns in &gone {
            memory.forget(ns);
        }
        let mut carried = Carried {
            memory,
            rewritten: Vec::new(),
            gone,
            cleaned: Vec::new(),
        };
        let kept = self.cluster.nodes.iter();
        let kept = kept.filter(|node| before.cluster.node(&node.name).is_some());
        for node in kept {
            let families = [IpFamily::Ipv4, IpFamily::Ipv6];
            let rules = families.map(|family| self.rules(&node.name, family));
            let old = families.map(|family| before.rules(&node.name, family));
            if (0..2).any(|at| rules[at].ruleset != old[at].ruleset) {
                let ns = Ns::Node(node.name.clone());
                let touched = [0, 1].map(|at| Untouched::between(&old[at], &rules[at]));
                carried.memory.rules_rewritten(&ns, |family, rule| {
                    touched[usize::from(family == Family::Ipv6)].holds(rule)
                });
                let named = rules.iter().flat_map(|rules| lists(&rules.ruleset));
                carried.memory.keep_recent(&ns, &named.collect());
                carried.rewritten.push(node.name.clone());
            }
        }
        if cleaning == Cleaning::KubeProxy {
            self.clean(before, &mut carried);
        }
        carried
    }

    fn clean(&self, before: &Lab, carried: &mut Carried) {
        for family in [IpFamily::Ipv4, IpFamily::Ipv6] {
            let dialect = self.options.dialect;
            let stale = kube_proxy::stale(&before.cluster, &self.cluster, family, dialect);
            for node in &self.cluster.nodes {
                let ns = Ns::Node(node.name.clone());
                for which in &stale {
                    let now = carried.memory.now();
                    let of_family = |addr: std::net::IpAddr| IpFamily::of(addr) == family;
                    carried.memory.delete_conntrack(&ns, |conn| {
                        let doomed = of_family(conn.original.dst) && which.matches(conn);
                        if doomed && conn.expires > now {
                            carried.cleaned.push(Cleaned {
                                node: node.name.clone(),
                                entry: conn.line(now, Timeouts::Shown),
                                why: which.why.clone(),
                            });
                        }
                        doomed
                    });
                }
            }
        }
    }
}

/// The chains that a change of rules leaves as they were, counters and all.
struct Untouched(BTreeSet<(TableName, ChainName)>);

impl Untouched {
    /// kube-proxy gives iptables-restore the chains that it means to have, and each of those begins
    /// anew, whether or not it differs. Up to v1.26 that is all of its own; from v1.27 on the chains
    /// of a Service are left out where nothing about the Service has changed (`tryPartialSync`).
    fn between(before: &NodeRules, after: &NodeRules) -> Untouched {
        let partial = matches!(after.proxy.dialect, Dialect::V1_30 | Dialect::Newest);
        let mut kept = BTreeSet::new();
        for (&name, table) in &after.ruleset.tables {
            let Some(old) = before.ruleset.tables.get(&name) else {
                continue;
            };
            for chain in &table.chains {
                let text = chain.name.as_str();
                let own = text.starts_with("KUBE-") && !OF_KUBELET.contains(&text);
                let of_service = OF_SERVICES.iter().any(|prefix| text.starts_with(prefix));
                let written = own && !(partial && of_service);
                let same = old.position(&chain.name).map(|at| &old.chains[at].rules);
                if !written && same == Some(&chain.rules) {
                    kept.insert((name, chain.name.clone()));
                }
            }
        }
        Untouched(kept)
    }

    fn holds(&self, rule: &RuleRef) -> bool {
        self.0.contains(&(rule.table, rule.chain.clone()))
    }
}

/// Chains that kube-proxy at most makes, and kubelet fills.
const OF_KUBELET: [&str; 4] = [
    "KUBE-FIREWALL",
    "KUBE-MARK-DROP",
    "KUBE-KUBELET-CANARY",
    "KUBE-PROXY-CANARY",
];

/// How the names of a Service's own chains begin.
const OF_SERVICES: [&str; 5] = [
    "KUBE-SVC-",
    "KUBE-SVL-",
    "KUBE-EXT-",
    "KUBE-FW-",
    "KUBE-SEP-",
];

/// Who is no longer there, or is somebody else of the same name: a pod that was made anew has another
/// address or another node.
fn gone(before: &Lab, after: &Lab) -> Vec<Ns> {
    let spaces = |lab: &Lab| -> BTreeMap<Ns, String> {
        let cluster = &lab.cluster;
        let nodes = cluster
            .nodes
            .iter()
            .map(|node| (Ns::Node(node.name.clone()), String::new()));
        let own = cluster.pods.iter().filter(|pod| !pod.host_network);
        let pods = own.map(|pod| {
            let name = pod_ns(&pod.namespace, &pod.name);
            (Ns::Pod(name), format!("{:?} {:?}", pod.ips, pod.node))
        });
        nodes.chain(pods).collect()
    };
    let (old, new) = (spaces(before), spaces(after));
    old.into_iter()
        .filter(|(ns, who)| new.get(ns) != Some(who))
        .map(|(ns, _)| ns)
        .collect()
}

/// The lists of `-m recent` that rules name. The kernel drops a list with its last rule.
fn lists(ruleset: &netfilter::Ruleset) -> BTreeSet<String> {
    let tables = ruleset.tables.values();
    let rules = tables
        .flat_map(|table| &table.chains)
        .flat_map(|c| &c.rules);
    rules
        .flat_map(|rule| &rule.matches)
        .filter_map(|m| match m {
            netfilter::Match::Recent(recent) => Some(recent.name.clone()),
            _ => None,
        })
        .collect()
}
