//! The fabric: namespaces, who answers for which address on which link, and every node's rules.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use netfilter::{Family, Match, Prepared, Ruleset};

use crate::build::{Built, PodNets, build};
use crate::space::{Namespace, NsId};
use crate::topology::{Attach, Network, Ns, Topology};

/// Namespaces joined by devices. Building it decides nothing that a walk could change.
#[derive(Debug, Clone)]
pub struct Fabric {
    pub(crate) spaces: Vec<Namespace>,
    pub(crate) segment: BTreeMap<IpAddr, NsId>,
    pub(crate) pod_nets: PodNets,
    pub(crate) pods: BTreeMap<(NsId, IpAddr), NsId>,
    pub(crate) vxlan: bool,
    pub(crate) proxy_arp: bool,
    names: BTreeMap<Ns, NsId>,
}

impl Fabric {
    /// Builds what a topology describes, with each node's rules.
    ///
    /// A node without rules filters nothing. Rules for a node that is not there are left out.
    pub fn new(topology: &Topology, rules: BTreeMap<(String, Family), Ruleset>) -> Fabric {
        let Built {
            spaces,
            segment,
            pod_nets,
            pods,
        } = build(topology);
        let mut names = BTreeMap::new();
        for (id, space) in spaces.iter().enumerate() {
            names.entry(space.ns.clone()).or_insert(id);
        }
        let mut fabric = Fabric {
            spaces,
            segment,
            pod_nets,
            pods,
            vxlan: topology.network == Network::Vxlan,
            proxy_arp: topology.attach == Attach::Calico,
            names,
        };
        fabric.load(rules);
        fabric
    }

    /// Replaces the rules of the nodes that are named; the others keep theirs.
    pub fn load(&mut self, rules: BTreeMap<(String, Family), Ruleset>) {
        for ((node, family), ruleset) in rules {
            if let Some(id) = self.id(&Ns::Node(node)) {
                self.spaces[id].rules.insert(family, Prepared::new(ruleset));
            }
        }
    }

    /// Nobody listens in this namespace any more.
    pub fn unlisten(&mut self, ns: &Ns) {
        if let Some(id) = self.id(ns) {
            self.spaces[id].listen.clear();
        }
    }

    /// All namespaces.
    pub fn namespaces(&self) -> impl Iterator<Item = &Ns> {
        self.spaces.iter().map(|space| &space.ns)
    }

    /// The rules of a node.
    pub fn rules(&self, ns: &Ns, family: Family) -> Option<&Ruleset> {
        let space = &self.spaces[self.id(ns)?];
        space.rules.get(&family).map(Prepared::ruleset)
    }

    /// The lists of `-m recent` that a node's rules name; the kernel makes them with the rules.
    pub fn recent_lists(&self, ns: &Ns) -> BTreeSet<String> {
        let rules = self.id(ns).map(|id| &self.spaces[id].rules);
        rules
            .into_iter()
            .flat_map(|rules| rules.values())
            .flat_map(|rules| rules.ruleset().tables.values())
            .flat_map(|table| &table.chains)
            .flat_map(|chain| &chain.rules)
            .flat_map(|rule| &rule.matches)
            .filter_map(|m| match m {
                Match::Recent(recent) => Some(recent.name.clone()),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn id(&self, ns: &Ns) -> Option<NsId> {
        self.names.get(ns).copied()
    }

    /// The node that holds the pods' network in which an address is.
    pub(crate) fn pod_net(&self, addr: IpAddr) -> Option<(IpNet, NsId)> {
        self.pod_nets.find(addr)
    }
}
