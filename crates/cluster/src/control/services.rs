//! Services: IP families, ClusterIPs, node ports and load balancer addresses.
//!
//! The API server's allocators draw at random; here the name decides, and stated values always win.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::ranges;
use crate::decode::of_family;
use crate::decode::service::{FamilyPolicy, LoadBalancerStatus, NodePorts, WrittenService};
use crate::names;
use crate::report::Report;
use crate::state::{
    AddressPlan, IpFamily, LoadBalancerIngress, Service, ServiceType, TrafficPolicy,
};

/// `--service-node-port-range`
const NODE_PORTS: std::ops::RangeInclusive<u16> = 30_000..=32_767;

/// What is given out already.
#[derive(Default)]
struct Taken {
    ips: BTreeSet<IpAddr>,
    ports: BTreeSet<u16>,
    /// Whether a search for a free node port came back empty: then none is made again.
    no_port_left: bool,
    load_balancer_ips: BTreeSet<IpAddr>,
}

/// `spec.ipFamilies` and how many of them a Service gets
/// (pkg/registry/core/service/storage, `initIPFamilyFields`).
fn settle_families(written: &mut WrittenService, cluster: &[IpFamily]) {
    let service = &mut written.service;
    if service.service_type == ServiceType::ExternalName {
        service.ip_families.clear();
        return;
    }
    let other = |family: &IpFamily| match family {
        IpFamily::Ipv4 => IpFamily::Ipv6,
        IpFamily::Ipv6 => IpFamily::Ipv4,
    };
    // The addresses say their families.
    for (index, ip) in service.cluster_ips.iter().enumerate() {
        if service.ip_families.len() <= index {
            service.ip_families.push(IpFamily::of(*ip));
        }
    }
    // Headless without a selector: somebody else fills in the endpoints, of whatever family.
    let open = service.headless && service.selector.is_empty();
    let policy = written
        .family_policy
        .unwrap_or(match service.ip_families.len() {
            0 if open => FamilyPolicy::RequireDual,
            1 if open => FamilyPolicy::RequireDual,
            0 | 1 => FamilyPolicy::Single,
            _ => FamilyPolicy::RequireDual,
        });
    if service.ip_families.is_empty() {
        service.ip_families.extend(cluster.first());
    }
    let wants_two = policy != FamilyPolicy::Single && (cluster.len() > 1 || open);
    if let (true, [only]) = (wants_two, service.ip_families.as_slice()) {
        let second = other(only);
        service.ip_families.push(second);
    }
    if policy == FamilyPolicy::Single {
        service.ip_families.truncate(1);
    }
    written.family_policy = Some(policy);
}

/// A free address of a range, beginning at the place that the name hashes to.
fn free_ip(range: IpNet, parts: &[&str], taken: &BTreeSet<IpAddr>) -> Option<IpAddr> {
    // Not the network's own address, not the first (the API server's own Service), not the broadcast address.
    let usable = ranges::size(range)
        .checked_sub(3)
        .filter(|usable| *usable > 0)?;
    let start = u128::from(names::hash(parts)) % usable;
    // Among `taken.len() + 1` different places one is free.
    let tries = usable.min(taken.len() as u128 + 1);
    (0..tries)
        .filter_map(|step| ranges::nth(range, 2 + (start + step) % usable))
        .find(|ip| !taken.contains(ip))
}

fn free_port(parts: &[&str], taken: &mut Taken) -> Option<u16> {
    if taken.no_port_left {
        return None;
    }
    let count = u64::from(NODE_PORTS.end() - NODE_PORTS.start() + 1);
    let start = names::hash(parts) % count;
    let port = (0..count)
        .map(|step| NODE_PORTS.start() + u16::try_from((start + step) % count).unwrap_or(0))
        .find(|port| !taken.ports.contains(port));
    taken.no_port_left = port.is_none();
    port
}

/// Reserves what is stated: whoever states it twice was refused before.
fn reserve(service: &Service, taken: &mut Taken) {
    taken.ips.extend(&service.cluster_ips);
    if service.service_type != ServiceType::ExternalName {
        taken
            .ports
            .extend(service.ports.iter().filter_map(|port| port.node_port));
        taken.ports.extend(service.health_check_node_port);
    }
    taken
        .load_balancer_ips
        .extend(service.ingress.iter().filter_map(|entry| entry.ip));
}

fn give_cluster_ips(
    service: &mut Service,
    plan: &AddressPlan,
    taken: &mut Taken,
    report: &mut Report,
) {
    if service.headless || service.service_type == ServiceType::ExternalName {
        return;
    }
    for family in service.ip_families.clone() {
        if service
            .cluster_ips
            .iter()
            .any(|ip| IpFamily::of(*ip) == family)
        {
            continue;
        }
        let Some(range) = of_family(&plan.service_cidrs, family) else {
            continue;
        };
        let key = [
            service.namespace.as_str(),
            service.name.as_str(),
            "clusterIP",
        ];
        match free_ip(range, &key, &taken.ips) {
            Some(ip) => {
                taken.ips.insert(ip);
                service.cluster_ips.push(ip);
            }
            None => report.warn(
                service.object,
                "spec.clusterIP",
                format!("The service range {range} has no free address left."),
                "Widen the service range.",
            ),
        }
    }
    // The order of the addresses is that of the families.
    let families = service.ip_families.clone();
    service.cluster_ips.sort_by_key(|ip| {
        families
            .iter()
            .position(|family| *family == IpFamily::of(*ip))
    });
}

fn give_node_ports(written: &mut WrittenService, taken: &mut Taken, report: &mut Report) {
    let service = &mut written.service;
    let allocate = match service.service_type {
        ServiceType::NodePort => true,
        ServiceType::LoadBalancer => written.node_ports == NodePorts::Allocate,
        ServiceType::ClusterIp | ServiceType::ExternalName => false,
    };
    let mut by_port: BTreeMap<u16, u16> = BTreeMap::new();
    for port in &service.ports {
        if let Some(node_port) = port.node_port {
            by_port.entry(port.port).or_insert(node_port);
        }
    }
    let mut exhausted = false;
    for port in service
        .ports
        .iter_mut()
        .filter(|port| allocate && port.node_port.is_none())
    {
        // Equal numbers over two protocols get one node port (storage/alloc.go, `initNodePorts`).
        port.node_port = by_port.get(&port.port).copied().or_else(|| {
            let number = port.port.to_string();
            free_port(&[&service.namespace, &service.name, &number], taken)
        });
        match port.node_port {
            Some(node_port) => {
                by_port.insert(port.port, node_port);
                taken.ports.insert(node_port);
            }
            None => exhausted = true,
        }
    }
    let local = service.service_type == ServiceType::LoadBalancer
        && service.external_policy == TrafficPolicy::Local;
    if local && service.health_check_node_port.is_none() {
        let key = [
            service.namespace.as_str(),
            service.name.as_str(),
            "healthCheckNodePort",
        ];
        service.health_check_node_port = free_port(&key, taken);
        match service.health_check_node_port {
            Some(port) => {
                taken.ports.insert(port);
            }
            None => exhausted = true,
        }
    }
    if exhausted {
        report.warn(
            service.object,
            "spec.ports",
            "Every node port from 30000 to 32767 is given out.".to_owned(),
            "Delete a Service of type NodePort or LoadBalancer.",
        );
    }
}

/// Our provider's addresses: ranges set aside for documentation (RFC 5737, RFC 3849), so that nobody
/// takes them for a network's own.
fn provider_range(family: IpFamily) -> IpNet {
    let (ip, prefix) = match family {
        IpFamily::Ipv4 => (IpAddr::V4(Ipv4Addr::new(203, 0, 113, 0)), 24),
        IpFamily::Ipv6 => (
            IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0x113, 0, 0, 0, 0)),
            112,
        ),
    };
    IpNet::new(ip, prefix).expect("24 and 112 bits are fewer than an address has")
}

fn give_ingress(written: &mut WrittenService, taken: &mut Taken, report: &mut Report) {
    let service = &mut written.service;
    if service.service_type != ServiceType::LoadBalancer
        || written.status == LoadBalancerStatus::Stated
    {
        return;
    }
    let mut given = Vec::new();
    for family in &service.ip_families {
        let range = provider_range(*family);
        let asked = written
            .requested_ip
            .filter(|ip| IpFamily::of(*ip) == *family);
        let key = [
            service.namespace.as_str(),
            service.name.as_str(),
            "loadBalancer",
        ];
        if let Some(ip) = asked.or_else(|| free_ip(range, &key, &taken.load_balancer_ips)) {
            taken.load_balancer_ips.insert(ip);
            given.push(ip);
            service.ingress.push(LoadBalancerIngress {
                ip: Some(ip),
                hostname: None,
                proxy_mode: false,
                made: true,
            });
        }
    }
    let given: Vec<String> = given.iter().map(IpAddr::to_string).collect();
    report.remark(
        service.object,
        "spec.type",
        format!(
            "A simulated provider gave this load balancer the address {}.",
            given.join(", ")
        ),
        "State the real one under status.loadBalancer.ingress to see its rules.",
    );
}

/// Everything a Service has once the API server and the provider are done with it.
/// Sorted by namespace and name.
pub fn settle(
    written: Vec<WrittenService>,
    plan: &AddressPlan,
    families: &[IpFamily],
    report: &mut Report,
) -> Vec<Service> {
    let mut taken = Taken::default();
    for range in &plan.service_cidrs {
        // `default/kubernetes` has the first address whether it is in the text or not; so has cluster DNS the tenth.
        taken.ips.extend(ranges::nth(*range, 10));
    }
    let mut accepted = written;
    for written in &mut accepted {
        reserve(&written.service, &mut taken);
        settle_families(written, families);
    }
    // In order of names, so that the order of the text decides nothing.
    accepted.sort_by(|a, b| {
        let (a, b) = (&a.service, &b.service);
        (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name))
    });
    for written in &mut accepted {
        give_cluster_ips(&mut written.service, plan, &mut taken, report);
        give_node_ports(written, &mut taken, report);
        give_ingress(written, &mut taken, report);
    }
    accepted
        .into_iter()
        .map(|written| written.service)
        .collect()
}
