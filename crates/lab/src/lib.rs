//! The façade: text in, plain data out.
//!
//! A [`Lab`] is a cluster with its rules on every node and the network under it. It wires the rooms
//! below together and adds nothing of its own: [`cluster`] reads and decides, [`kube_proxy`] writes the
//! rules, [`fabric`] walks the packets. Everything above (command line, page) talks to this crate.

pub mod ask;
pub mod carry;
pub mod chance;
pub mod diff;
mod duration;
pub mod flow;
mod ignored;
mod many;
pub mod odds;
pub mod origin;
pub mod rules;
pub mod text;
mod tuned;
pub mod wiring;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use ipnet::IpNet;
use netfilter::{Family, ParseError};

pub use ask::{Ask, AskError, Destination, From, Port};
pub use carry::{Carried, Cleaned, Cleaning};
pub use cluster::{
    ClusterState, Diagnostic, IpFamily, MOST_BYTES, Plan, Preset, Reader, Severity, Source, Span,
};
pub use duration::duration;
pub use fabric::{Dice, Fabric, Forced, Journey, Memory, Ns};
pub use flow::Flow;
pub use kube_proxy::{Companion, Dialect, ProxyRules};
pub use many::{Run, Totals};
pub use netfilter::{RuleRef, Ruleset, TableName};
pub use odds::{NotForced, Odds};
pub use origin::RuleOrigin;
pub use rules::NodeRules;

use wiring::{Extra, Wired};

/// How many networks with an extra client are kept built; each costs memory like the cluster's own.
const FABRICS_KEPT: usize = 4;

/// What a person states beside the YAML.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The address plan.
    pub plan: Plan,
    /// Which kube-proxy.
    pub dialect: Dialect,
    /// What a node's interfaces carry, exactly, by node name (`--address`).
    pub addresses: BTreeMap<String, Vec<IpNet>>,
    /// Rules that replace a node's own: iptables-save or iptables-restore text by node name.
    pub rules: BTreeMap<String, Ruleset>,
    /// Who else's rules stand beside kube-proxy's.
    pub companions: Vec<Companion>,
    /// Whether the network plugin's do, where the network has them.
    pub plugin: PluginRules,
    /// What the nodes' iptables and kernel lack of what kube-proxy uses where it can.
    pub lacks: Vec<Lack>,
    /// A node's rules as a person has changed them since, in each family.
    pub changed: BTreeMap<(String, Family), Ruleset>,
    /// What was set with `sysctl -w` since, by node.
    pub sysctls: BTreeMap<String, BTreeMap<String, String>>,
}

/// What kube-proxy finds out about its node and then leaves out of its rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// iptables before 1.6.2 has no `--random-fully` (`HasRandomFully` in pkg/util/iptables).
    RandomFully,
    /// The kernel has no nfacct counters (xt_nfacct), which the newest kube-proxy counts with.
    Nfacct,
}

/// Whether a node has the network plugin's rules, where the network says that they are there
/// (`masquerade`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PluginRules {
    /// It has, as packets meet them.
    #[default]
    Present,
    /// They are left out, to show what kube-proxy writes alone.
    LeftOut,
}

/// A cluster, its rules and its network.
pub struct Lab {
    cluster: ClusterState,
    diagnostics: Vec<Diagnostic>,
    options: Options,
    /// Computed when first asked for: most questions concern one node of many.
    rules: RefCell<BTreeMap<(String, IpFamily), Rc<NodeRules>>>,
    fabrics: RefCell<Vec<(Extra, Rc<Fabric>)>>,
}

/// One connection and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trip {
    /// The name that was looked up and the address it gave, where the destination was a name. The lookup itself is not walked.
    pub resolved: Option<(String, IpAddr)>,
    /// Destination address as sent.
    pub dst: IpAddr,
    /// Everything that happened.
    pub journey: Journey,
}

impl Lab {
    /// Reads everything. Never fails: what is wrong stands in [`Lab::diagnostics`].
    pub fn load(sources: &[Source], options: Options) -> Lab {
        Lab::load_with(&mut Reader::default(), sources, options)
    }

    /// The same by a reader that remembers the texts before, and reads only what is new in these.
    pub fn load_with(reader: &mut Reader, sources: &[Source], options: Options) -> Lab {
        let (cluster, mut diagnostics) = reader.load(sources, &options.plan);
        ignored::tell(&cluster, options.dialect, &mut diagnostics);
        Lab {
            cluster,
            diagnostics,
            options,
            rules: RefCell::default(),
            fabrics: RefCell::default(),
        }
    }

    /// The cluster.
    pub fn cluster(&self) -> &ClusterState {
        &self.cluster
    }

    /// Everything wrong or remarkable, in the order of the text.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Whether a cluster would refuse any of it.
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|d| d.severity == Severity::Error)
    }

    /// What was stated beside the YAML.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The node that is meant when none is named: `hostnameOverride`, else the first.
    pub fn default_node(&self) -> Option<&str> {
        let named = self.cluster.proxy.hostname_override.as_deref();
        named
            .filter(|name| self.cluster.node(name).is_some())
            .or_else(|| self.cluster.nodes.first().map(|n| n.name.as_str()))
    }

    /// A node's rules in one family. A name that no node has gets those of a node without addresses.
    pub fn rules(&self, node: &str, family: IpFamily) -> Rc<NodeRules> {
        let key = (node.to_owned(), family);
        if let Some(rules) = self.rules.borrow().get(&key) {
            return rules.clone();
        }
        let rules = Rc::new(NodeRules::compute(
            &self.cluster,
            &self.options,
            node,
            family,
        ));
        self.rules.borrow_mut().insert(key, rules.clone());
        rules
    }

    /// What kube-proxy alone writes on a node, computed anew and not read as the kernel would.
    pub fn proxy_rules(&self, node: &str, family: IpFamily) -> kube_proxy::ProxyRules {
        rules::proxy(&self.cluster, &self.options, node, family)
    }

    /// States what a node's interfaces carry, exactly.
    pub fn state_addresses(&mut self, node: &str, addresses: Vec<IpNet>) {
        self.options.addresses.insert(node.to_owned(), addresses);
        self.forget();
    }

    /// Puts iptables-save or iptables-restore text in the place of a node's rules.
    ///
    /// # Errors
    /// The line that could not be read, and why. The text is ip6tables' when it reads only so.
    pub fn replace_rules(&mut self, node: &str, text: &str) -> Result<(), ParseError> {
        let own = |family| kube_proxy::ProxyRules::clone(&self.rules(node, family).proxy);
        let read = rules::replacement(text, netfilter::Family::Ipv4, &own(IpFamily::Ipv4));
        let ruleset = read.or_else(|error| {
            let v6 = rules::replacement(text, netfilter::Family::Ipv6, &own(IpFamily::Ipv6));
            v6.map_err(|_| error)
        })?;
        self.options.rules.insert(node.to_owned(), ruleset);
        self.forget();
        Ok(())
    }

    /// Puts changed rules in the place of a node's own, in the family that they are of.
    pub fn change_rules(&mut self, node: &str, ruleset: Ruleset) {
        let family = match ruleset.family {
            Family::Ipv4 => IpFamily::Ipv4,
            Family::Ipv6 => IpFamily::Ipv6,
        };
        let key = (node.to_owned(), ruleset.family);
        self.options.changed.insert(key, ruleset);
        // No other node's rules depend on it.
        self.rules.get_mut().remove(&(node.to_owned(), family));
        self.fabrics.get_mut().clear();
    }

    /// Sets a sysctl on a node.
    pub fn set_sysctl(&mut self, node: &str, key: &str, value: &str) {
        let values = self.options.sysctls.entry(node.to_owned()).or_default();
        values.insert(key.to_owned(), value.to_owned());
        self.fabrics.get_mut().clear();
    }

    /// A sysctl that was set or stated for a node.
    pub fn sysctl(&self, node: &str, key: &str) -> Option<String> {
        let set = self.options.sysctls.get(node);
        let network = &self.cluster.network;
        let stated = network.nodes.get(node);
        set.and_then(|values| values.get(key))
            .or_else(|| stated.and_then(|n| n.sysctl.get(key)))
            .or_else(|| network.sysctl.get(key))
            .cloned()
    }

    /// What this version of kube-proxy does not know and therefore ignores, one sentence each.
    pub fn ignored(&self) -> Vec<String> {
        let ignored = kube_proxy::ignored(&self.cluster, self.options.dialect);
        ignored.into_iter().map(|i| i.message).collect()
    }

    fn forget(&mut self) {
        self.rules.get_mut().clear();
        self.fabrics.get_mut().clear();
    }

    /// Sends one packet and what follows from it. `memory` is what the network remembers so far.
    pub fn send(&self, memory: &mut Memory, ask: &Ask, dice: &mut Dice) -> Result<Trip, AskError> {
        let wired = wiring::wire(&self.cluster, ask)?;
        let fabric = self.fabric(&wired.extra);
        let journey = fabric::exchange(&fabric, memory, &wired.probe, dice);
        Ok(Trip {
            resolved: wired.resolved,
            dst: wired.probe.dst,
            journey,
        })
    }

    /// Makes `connections` connections one after the other from the same client.
    pub fn send_many(
        &self,
        memory: &mut Memory,
        ask: &Ask,
        dice: &mut Dice,
        connections: u64,
    ) -> Result<Totals, AskError> {
        let Wired { probe, extra, .. } = wiring::wire(&self.cluster, ask)?;
        Ok(many::send(
            &self.fabric(&extra),
            memory,
            &probe,
            dice,
            connections,
        ))
    }

    /// The same with each of them walked packet by packet, though their ways are known: slower, with
    /// the same result.
    ///
    /// # Errors
    /// Where the question means nothing in this cluster.
    pub fn send_each(
        &self,
        memory: &mut Memory,
        ask: &Ask,
        dice: &mut Dice,
        connections: u64,
    ) -> Result<Totals, AskError> {
        let Wired { probe, extra, .. } = wiring::wire(&self.cluster, ask)?;
        let fabric = self.fabric(&extra);
        Ok(many::send_each(&fabric, memory, &probe, dice, connections))
    }

    /// The same a part at a time: the connections are made by [`Run::go`].
    pub fn run(&self, memory: Memory, ask: &Ask, dice: Dice) -> Result<Run, AskError> {
        let Wired { probe, extra, .. } = wiring::wire(&self.cluster, ask)?;
        Ok(Run::new(self.fabric(&extra), memory, probe, dice))
    }

    /// The exact odds of every endpoint and ending; `None` where there are too many paths to count.
    pub fn odds(&self, memory: &Memory, ask: &Ask) -> Result<Option<Vec<Odds>>, AskError> {
        let Wired { probe, extra, .. } = wiring::wire(&self.cluster, ask)?;
        Ok(odds::odds(&self.fabric(&extra), memory, &probe))
    }

    /// Whether a connection is drawn anew with this memory, or what earlier ones left behind decides:
    /// whether the draws of `odds` lead where they led without it. A few ways tell, since what is left
    /// behind concerns the client and not one endpoint.
    pub fn draws_anew(&self, memory: &Memory, ask: &Ask, odds: &[Odds]) -> Result<bool, AskError> {
        for way in odds.first().into_iter().chain(odds.last()) {
            let mut dice = Dice::scripted(way.draws.clone(), 0);
            let trip = self.send(&mut memory.clone(), ask, &mut dice)?;
            let falls = trip.journey.throws.iter().map(|t| match t.draw.hit {
                true => Forced::Hit,
                false => Forced::Miss,
            });
            let same = falls.eq(way.draws.iter().copied());
            if !same || trip.journey.ending.word() != way.outcome {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The draws that lead to an endpoint (`--force`, [`Dice::scripted`]), or why none do. Without a
    /// port any of that address is meant.
    ///
    /// # Errors
    /// Where the question means nothing in this cluster; inside, where no draw leads there.
    pub fn force_endpoint(
        &self,
        memory: &Memory,
        ask: &Ask,
        endpoint: (IpAddr, Option<u16>),
    ) -> Result<Result<Vec<Forced>, NotForced>, AskError> {
        let Wired { probe, extra, .. } = wiring::wire(&self.cluster, ask)?;
        Ok(odds::lead_to(
            &self.fabric(&extra),
            memory,
            &probe,
            endpoint,
        ))
    }

    fn fabric(&self, extra: &Extra) -> Rc<Fabric> {
        if let Some((_, fabric)) = self.fabrics.borrow().iter().find(|(e, _)| e == extra) {
            return fabric.clone();
        }
        let mut topology = wiring::topology(&self.cluster, &self.options, extra);
        for node in &mut topology.nodes {
            let set = self.options.sysctls.get(&node.name);
            node.sysctl.extend(
                set.into_iter()
                    .flatten()
                    .map(|(k, v)| (k.clone(), v.clone())),
            );
        }
        let mut rules = BTreeMap::new();
        for node in &self.cluster.nodes {
            for (family, of) in [
                (IpFamily::Ipv4, netfilter::Family::Ipv4),
                (IpFamily::Ipv6, netfilter::Family::Ipv6),
            ] {
                let ruleset = self.rules(&node.name, family).ruleset.clone();
                rules.insert((node.name.clone(), of), ruleset);
            }
        }
        let fabric = Rc::new(Fabric::new(&topology, rules));
        let mut kept = self.fabrics.borrow_mut();
        if kept.len() >= FABRICS_KEPT {
            kept.remove(0);
        }
        kept.push((extra.clone(), fabric.clone()));
        fabric
    }
}
