//! What is looked up in a cluster: who holds an address, which endpoints are ready, how rules differ.

use std::collections::BTreeMap;

use lab::IpFamily;

use crate::eval::{Result, Scope};
use crate::value::Value;

impl Scope<'_, '_> {
    pub(crate) fn holders(&self, addr: &Value) -> Result {
        let wanted = match addr {
            Value::Addr(addr) => vec![*addr],
            Value::Who(_, addrs) => addrs.clone(),
            other => {
                return Err(format!(
                    "holders(…) needs an address, not {}.",
                    other.words()
                ));
            }
        };
        let topology = lab::wiring::topology(
            self.bench.lab.cluster(),
            self.bench.lab.options(),
            &lab::wiring::Extra::default(),
        );
        let holds = |ips: &[std::net::IpAddr]| ips.iter().any(|ip| wanted.contains(ip));
        let mut found = Vec::new();
        for node in &topology.nodes {
            let state = self.bench.lab.cluster().node(&node.name);
            let gateways = state.map(gateways_of).unwrap_or_default();
            if holds(&node.ips) || holds(&gateways) {
                found.push(Value::Who(node.name.clone(), node.ips.clone()));
            }
        }
        for pod in &topology.pods {
            if holds(&pod.ips) {
                found.push(Value::Who(pod.name.clone(), pod.ips.clone()));
            }
        }
        for host in &topology.external {
            if holds(&host.ips) {
                found.push(Value::Who(host.name.clone(), host.ips.clone()));
            }
        }
        Ok(Value::List(found))
    }

    /// The endpoints that get traffic.
    pub(crate) fn endpoints(&self, service: &str) -> Vec<Value> {
        ready(&self.bench.lab, service)
            .into_iter()
            .map(Value::Addr)
            .collect()
    }

    /// How many rules differ between the cluster that the step began with and this one, on all nodes.
    pub(crate) fn diff(&self) -> usize {
        let bench = self.bench;
        let mut differ = 0;
        for node in &bench.lab.cluster().nodes {
            for family in [IpFamily::Ipv4, IpFamily::Ipv6] {
                let mut lines: BTreeMap<String, i64> = BTreeMap::new();
                for (lab, by) in [(&bench.start, -1), (&bench.lab, 1)] {
                    for line in lab.rules(&node.name, family).ruleset.to_string().lines() {
                        *lines.entry(line.to_owned()).or_default() += by;
                    }
                }
                differ += lines.values().filter(|n| **n != 0).count();
            }
        }
        differ
    }
}

/// The addresses that a node's bridge and tunnel carry: the first of its range, and the range's own.
fn gateways_of(node: &cluster::Node) -> Vec<std::net::IpAddr> {
    let ranges = node.pod_cidrs.iter();
    ranges.flat_map(|range| range.hosts().next()).collect()
}

/// The first addresses of a Service's ready endpoints, in order, each once.
pub fn ready(lab: &lab::Lab, service: &str) -> Vec<std::net::IpAddr> {
    let (namespace, name) = service.split_once('/').unwrap_or(("default", service));
    let name = name.split(':').next().unwrap_or(name);
    let slices = lab.cluster().slices.iter();
    let own = slices.filter(|s| s.namespace == namespace && s.service.as_deref() == Some(name));
    let mut found = Vec::new();
    for endpoint in own.flat_map(|slice| &slice.endpoints).filter(|e| e.ready) {
        if let Some(addr) = endpoint.addresses.first()
            && !found.contains(addr)
        {
            found.push(*addr);
        }
    }
    found
}
