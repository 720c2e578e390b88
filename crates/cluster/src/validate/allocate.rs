//! What a Service asks of the cluster, before it is validated: families, addresses, node ports.
//!
//! `beginCreate` in pkg/registry/core/service/storage. The first step that fails ends the create.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::address;
use super::place::{At, Faults};
use super::service::{
    cluster_ip_fields, cluster_ips, needs_health_check, or_default, service_type,
};
use crate::diagnostic::Kind;

/// The default of `--service-node-port-range`.
const NODE_PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;

/// What was handed out to the Services before, as far as they stated it.
#[derive(Debug, Clone, Default)]
pub(super) struct Allocated {
    pub ips: BTreeSet<IpAddr>,
    pub ports: BTreeSet<i64>,
}

impl Allocated {
    /// Takes in what another allocation brought.
    pub(super) fn extend(&mut self, other: &Allocated) {
        self.ips.extend(&other.ips);
        self.ports.extend(&other.ports);
    }

    /// Gives back what an object had.
    pub(super) fn remove(&mut self, other: &Allocated) {
        for ip in &other.ips {
            self.ips.remove(ip);
        }
        for port in &other.ports {
            self.ports.remove(port);
        }
    }
}

/// The address ranges that the cluster gives Services addresses from; none where nothing states them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranges<'a>(pub &'a [IpNet]);

impl Ranges<'_> {
    fn has(self, family: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|range| name_of(range.addr()) == family)
    }

    /// The family of the first range, which a Service gets that names none.
    pub(super) fn default_family(self) -> Option<&'static str> {
        self.0.first().map(|range| name_of(range.addr()))
    }

    pub(super) fn is_dual(self) -> bool {
        self.has("IPv4") && self.has("IPv6")
    }

    /// The allocator leaves out the network's own address and, in IPv4, the broadcast address.
    fn hold(self, ip: IpAddr) -> bool {
        self.0.is_empty()
            || self.0.iter().any(|range| {
                range.contains(&ip)
                    && range.network() != ip
                    && (ip.is_ipv6() || range.broadcast() != ip)
            })
    }
}

fn name_of(ip: IpAddr) -> &'static str {
    if ip.is_ipv4() { "IPv4" } else { "IPv6" }
}

/// Runs the allocations of one Service. Gives what it takes, also when something is wrong.
pub(super) fn allocate(
    faults: &mut Faults,
    root: &At<'_>,
    ranges: Ranges<'_>,
    taken: &Allocated,
    keeps: Keeps,
) -> Allocated {
    let mut own = Allocated::default();
    let spec = root.child("spec");
    if service_type(&spec) == "ExternalName" {
        return own;
    }
    families(faults, &spec, ranges);
    if faults.0.is_empty() {
        match keeps {
            Keeps::Nothing => addresses(faults, &spec, ranges, taken, &mut own),
            Keeps::Address => {
                let ips = cluster_ips(&spec).into_iter();
                own.ips
                    .extend(ips.filter_map(|ip| Some(address::sloppy(ip)?.ip)));
            }
        }
    }
    if faults.0.is_empty() {
        node_ports(faults, &spec, taken, &mut own);
    }
    if faults.0.is_empty() {
        health_check(faults, &spec, taken, &mut own);
    }
    own
}

/// What a Service has already when its allocations run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    Nothing,
    Address,
}

/// `initIPFamilyFields`
fn families(faults: &mut Faults, spec: &At<'_>, ranges: Ranges<'_>) {
    cluster_ip_fields(faults, spec);
    if !faults.0.is_empty() {
        return;
    }
    let policy = spec.child("ipFamilyPolicy");
    let list = spec.child("ipFamilies");
    let cluster_list = spec.child("clusterIPs");
    let ips = cluster_ips(spec);
    // Headless without a selector may ask for anything, and gets both families by default.
    let headless = ips.first() == Some(&"None");
    let anything = headless && spec.child("selector").entries().is_empty();
    let default = if anything {
        "RequireDualStack"
    } else {
        "SingleStack"
    };
    if or_default(&policy, default) == "SingleStack" {
        for (count, what) in [(ips.len(), "cluster addresses"), (list.len(), "families")] {
            if count == 2 {
                let message = format!(
                    "Two {what} are asked for, while `{policy}` is SingleStack, as it is when nothing is said."
                );
                let help = "Set `ipFamilyPolicy` to PreferDualStack or RequireDualStack.";
                faults.add(Kind::Invalid, &policy, message, help);
            }
        }
    }
    for (index, ip) in ips.iter().enumerate() {
        let Some(ip) = address::sloppy(ip) else { break };
        let family = name_of(ip.ip);
        if index >= list.len() && !ranges.has(family) {
            let mut at = cluster_list.index(index);
            if cluster_list.len() == 0 {
                at.node = spec.child("clusterIP").node;
            }
            let why = format!("is {family}, which this cluster has no service range for");
            faults.invalid(
                &at,
                &why,
                "Use an address of a family that the cluster has.",
            );
        }
    }
    if !faults.0.is_empty() {
        return;
    }
    if anything {
        return;
    }
    if policy.string() == "RequireDualStack" && !ranges.is_dual() {
        let why = "asks for two families, and this cluster has one";
        faults.invalid(&policy, why, "Use PreferDualStack or SingleStack.");
    }
    for family in list.items() {
        if !ranges.has(family.string()) {
            let why = "is a family that this cluster has no service range for";
            faults.invalid(&family, why, "Use a family that the cluster has.");
        }
    }
}

/// `allocClusterIPs`: what is stated must be free and in range.
fn addresses(
    faults: &mut Faults,
    spec: &At<'_>,
    ranges: Ranges<'_>,
    taken: &Allocated,
    own: &mut Allocated,
) {
    if !matches!(
        service_type(spec),
        "ClusterIP" | "NodePort" | "LoadBalancer"
    ) {
        return;
    }
    let ips = cluster_ips(spec);
    if ips.first() == Some(&"None") {
        return;
    }
    for ip in ips {
        let Some(ip) = address::sloppy(ip).map(|sloppy| sloppy.ip) else {
            continue;
        };
        let mut at = spec.child("clusterIPs");
        if !at.stated() {
            at.node = spec.child("clusterIP").node;
        }
        if !ranges.hold(ip) {
            let list = ranges.0.iter().map(ToString::to_string).collect::<Vec<_>>();
            let why = format!(
                "is no address that the service range {} gives out",
                list.join(", ")
            );
            faults.invalid(
                &at,
                &why,
                "Choose one inside the range, or let the cluster choose.",
            );
            return;
        }
        if taken.ips.contains(&ip) || !own.ips.insert(ip) {
            let why = "belongs to another Service already";
            faults.invalid(&at, why, "Choose another one, or let the cluster choose.");
            return;
        }
    }
}

/// `initNodePorts`: equal ports of several protocols share a node port.
fn node_ports(faults: &mut Faults, spec: &At<'_>, taken: &Allocated, own: &mut Allocated) {
    if !matches!(service_type(spec), "NodePort" | "LoadBalancer") {
        return;
    }
    let ports = spec.child("ports");
    // Then only ports that ask for one have one (shouldAllocateNodePorts).
    let allocate = spec.child("allocateLoadBalancerNodePorts");
    let on_demand = service_type(spec) == "LoadBalancer" && allocate.stated() && !allocate.yes();
    let mut by_port: BTreeMap<i64, i64> = BTreeMap::new();
    for port in ports.items() {
        let number = port.child("port").int();
        let stated = port.child("nodePort");
        if on_demand && stated.int() == 0 {
            continue;
        }
        let asked = match by_port.get(&number) {
            None => {
                let asked = ports
                    .items()
                    .find(|other| {
                        other.child("port").int() == number && other.child("nodePort").int() != 0
                    })
                    .map(|other| other.child("nodePort").int());
                let Some(asked) = asked else { continue };
                by_port.insert(number, asked);
                asked
            }
            Some(shared) if stated.int() == 0 || stated.int() == *shared => continue,
            Some(_) => stated.int(),
        };
        if let Err(why) = take_port(asked, taken, own) {
            faults.invalid(
                &stated,
                why,
                "Choose another one, or let the cluster choose.",
            );
            return;
        }
    }
}

fn take_port(port: i64, taken: &Allocated, own: &mut Allocated) -> Result<(), &'static str> {
    if !NODE_PORTS.contains(&port) {
        return Err("is not within 30000 and 32767, the ports that nodes keep for Services");
    }
    if taken.ports.contains(&port) || !own.ports.insert(port) {
        return Err("is in use already, over whichever protocol");
    }
    Ok(())
}

/// `initHealthCheckNodePort`, whose failure is an internal error.
fn health_check(faults: &mut Faults, spec: &At<'_>, taken: &Allocated, own: &mut Allocated) {
    let at = spec.child("healthCheckNodePort");
    if !needs_health_check(spec) || at.int() == 0 {
        return;
    }
    if let Err(why) = take_port(at.int(), taken, own) {
        let message = format!("`{}` cannot be the `{at}`: it {why}.", at.shown());
        let help = "Choose another one, or let the cluster choose.";
        faults.add(Kind::InternalError, &at, message, help);
        // The server names no field in an internal error.
        if let Some(fault) = faults.0.last_mut() {
            fault.field.clear();
        }
    }
}
