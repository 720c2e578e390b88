//! The address plan: what the text states, what the text implies, what a preset fills in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::Plan;
use crate::decode::service::FamilyPolicy;
use crate::decode::{of_family, push_per_family};
use crate::state::{AddressPlan, IpFamily, Preset};
use crate::written::Written;

/// What a kind of cluster has, by family: pods and services.
///
/// k3s: server options `--cluster-cidr`, `--service-cidr` and their IPv6 example. kubeadm: the default
/// `serviceSubnet`, flannel's pod network and the IPv6 example of the dual-stack page. kind:
/// pkg/apis/config/v1alpha4 defaults. calico: the pool of its manifest (`CALICO_IPV4POOL_CIDR`) and
/// kubeadm's services; it has no IPv6 pool of its own, so that one is ours.
fn preset_ranges(preset: Preset, family: IpFamily) -> (IpNet, IpNet) {
    let (pods, services) = match (preset, family) {
        (Preset::K3s, IpFamily::Ipv4) => ("10.42.0.0/16", "10.43.0.0/16"),
        (Preset::K3s, IpFamily::Ipv6) => ("2001:cafe:42::/56", "2001:cafe:43::/112"),
        (Preset::Kubeadm, IpFamily::Ipv4) => ("10.244.0.0/16", "10.96.0.0/12"),
        (Preset::Kubeadm, IpFamily::Ipv6) => ("2001:db8:42::/56", "2001:db8:42:1::/112"),
        (Preset::Kind, IpFamily::Ipv4) => ("10.244.0.0/16", "10.96.0.0/16"),
        (Preset::Kind, IpFamily::Ipv6) => ("fd00:10:244::/56", "fd00:10:96::/112"),
        (Preset::Calico, IpFamily::Ipv4) => ("192.168.0.0/16", "10.96.0.0/12"),
        (Preset::Calico, IpFamily::Ipv6) => ("fd00:192:168::/56", "2001:db8:42:1::/112"),
    };
    let range = |text: &str| text.parse().expect("the table holds ranges");
    (range(pods), range(services))
}

/// How the plan was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Something states it: the text, the options or the preset.
    Known,
    /// Nothing does.
    Assumed,
}

/// Addresses that stand in the text.
struct Evidence {
    pod_ranges: Vec<IpNet>,
    pod_ips: Vec<IpAddr>,
    service_ips: Vec<IpAddr>,
    families: Vec<IpFamily>,
}

fn evidence(written: &Written) -> Evidence {
    let pod_ranges: Vec<IpNet> = written
        .nodes
        .iter()
        .flat_map(|written| written.node.pod_cidrs.iter().copied())
        .collect();
    let on_pod_network = written.pods.iter().filter(|pod| !pod.spec.host_network);
    let mut pod_ips: Vec<IpAddr> = on_pod_network
        .flat_map(|pod| pod.ips.iter().copied())
        .collect();
    let slices = written
        .slices
        .iter()
        .chain(written.endpoints.iter().flat_map(|(_, slices)| slices));
    pod_ips.extend(slices.flat_map(|slice| {
        slice
            .endpoints
            .iter()
            .flat_map(|endpoint| endpoint.addresses.iter().copied())
    }));
    let services = || written.services.iter().map(|written| &written.service);
    let service_ips: Vec<IpAddr> = services()
        .flat_map(|s| s.cluster_ips.iter().copied())
        .collect();
    let mut families: Vec<IpFamily> = Vec::new();
    families.extend(pod_ranges.iter().map(|range| IpFamily::of(range.addr())));
    families.extend(
        pod_ips
            .iter()
            .chain(&service_ips)
            .map(|ip| IpFamily::of(*ip)),
    );
    families.extend(services().flat_map(|service| service.ip_families.iter().copied()));
    let dual = |written: &crate::decode::service::WrittenService| {
        written.family_policy == Some(FamilyPolicy::RequireDual)
    };
    if written.services.iter().any(dual) {
        families.extend([IpFamily::Ipv4, IpFamily::Ipv6]);
    }
    Evidence {
        pod_ranges,
        pod_ips,
        service_ips,
        families,
    }
}

/// The network of `prefix` bits around an address.
fn around(ip: IpAddr, prefix: u8) -> IpNet {
    IpNet::new(ip, prefix)
        .expect("callers give at most 32 bits for IPv4 and 128 for IPv6")
        .trunc()
}

/// The smallest range that holds all, but never smaller than a cluster's (/16, /56). Where only a range
/// wider than /8 (/32) would hold them, they have nothing in common and the first alone counts.
fn covering(ranges: &[IpNet]) -> Option<IpNet> {
    let first = ranges.first()?;
    let (smallest, widest) = match first.addr() {
        IpAddr::V4(_) => (16, 8),
        IpAddr::V6(_) => (56, 32),
    };
    let start = smallest.min(first.prefix_len());
    (widest..=start)
        .rev()
        .map(|prefix| around(first.addr(), prefix))
        .find(|range| ranges.iter().all(|inner| range.contains(inner)))
        .or_else(|| Some(around(first.addr(), start)))
}

fn singles(ips: &[IpAddr], family: IpFamily) -> Vec<IpNet> {
    ips.iter()
        .filter(|ip| IpFamily::of(**ip) == family)
        .map(|ip| IpNet::from(*ip))
        .collect()
}

/// Which kind of cluster the addresses look like.
fn likeness(evidence: &Evidence, stated: &[IpNet]) -> Option<Preset> {
    let k3s =
        |ip: &IpAddr| matches!(ip, IpAddr::V4(v4) if matches!(v4.octets(), [10, 42 | 43, ..]));
    let kubeadm = |ip: &IpAddr| matches!(ip, IpAddr::V4(v4) if matches!(v4.octets(), [10, 244, ..] | [10, 96..=111, ..]));
    let ranges = evidence.pod_ranges.iter().chain(stated).map(IpNet::addr);
    let all = ranges
        .chain(evidence.service_ips.iter().copied())
        .chain(evidence.pod_ips.iter().copied());
    for ip in all {
        if k3s(&ip) {
            return Some(Preset::K3s);
        }
        if kubeadm(&ip) {
            return Some(Preset::Kubeadm);
        }
    }
    None
}

/// The families the cluster has, its own first.
fn families(plan: &Plan, stated_pods: &[IpNet], evidence: &Evidence) -> Vec<IpFamily> {
    let mut families: Vec<IpFamily> = Vec::new();
    let mut add = |family: IpFamily| {
        if !families.contains(&family) {
            families.push(family);
        }
    };
    let of = |range: &IpNet| IpFamily::of(range.addr());
    // What the options say is the whole truth: a cluster with one service range has one family.
    if !plan.service_cidrs.is_empty() {
        plan.service_cidrs.iter().map(of).for_each(&mut add);
        return families;
    }
    stated_pods.iter().map(of).for_each(&mut add);
    let in_nodes: Vec<IpFamily> = evidence.pod_ranges.iter().map(of).collect();
    if stated_pods.is_empty() && !in_nodes.is_empty() {
        in_nodes.into_iter().for_each(&mut add);
    } else if stated_pods.is_empty() {
        // IPv4 first, unless everything that is stated is IPv6.
        let mut seen = evidence.families.clone();
        seen.sort_unstable();
        seen.into_iter().for_each(&mut add);
    }
    evidence.families.iter().copied().for_each(&mut add);
    if families.is_empty() {
        families.push(IpFamily::Ipv4);
    }
    families
}

/// Finds the plan. What the options and the text state goes first; a preset only fills in.
pub fn find(written: &Written, plan: &Plan) -> (AddressPlan, Vec<IpFamily>, Source) {
    let evidence = evidence(written);
    let mut stated_pods = plan.pod_cidrs.clone();
    let configured = written
        .proxy
        .as_ref()
        .map(|proxy| proxy.cluster_cidrs.as_slice());
    for range in configured.unwrap_or_default() {
        push_per_family(&mut stated_pods, *range);
    }
    let families = families(plan, &stated_pods, &evidence);
    let like = plan.preset.or_else(|| likeness(&evidence, &stated_pods));
    let preset = like.unwrap_or(Preset::K3s);

    let mut found = AddressPlan::default();
    let mut source = Source::Known;
    for &family in &families {
        let (preset_pods, preset_services) = preset_ranges(preset, family);
        let node_ranges: Vec<IpNet> = evidence
            .pod_ranges
            .iter()
            .filter(|range| IpFamily::of(range.addr()) == family)
            .copied()
            .collect();
        // A range around stated addresses, unless the preset's own range holds them.
        let implied = |inner: Vec<IpNet>, preset: IpNet| {
            if inner.iter().all(|range| preset.contains(range)) {
                return None;
            }
            covering(&inner)
        };
        let pods = of_family(&stated_pods, family)
            .or_else(|| implied(node_ranges.clone(), preset_pods))
            .or_else(|| {
                let loose = like.is_none() && node_ranges.is_empty();
                loose
                    .then(|| implied(singles(&evidence.pod_ips, family), preset_pods))
                    .flatten()
            });
        let services = of_family(&plan.service_cidrs, family).or_else(|| {
            let none_chosen = plan.preset.is_none();
            let ips = singles(&evidence.service_ips, family);
            let known = none_chosen.then(|| known_service_range(&ips)).flatten();
            known.or_else(|| none_chosen.then(|| implied(ips, preset_services)).flatten())
        });
        if pods.is_none() && services.is_none() && like.is_none() {
            source = Source::Assumed;
        }
        found.pod_cidrs.push(pods.unwrap_or(preset_pods));
        found
            .service_cidrs
            .push(services.unwrap_or(preset_services));
    }
    (found, families, source)
}

/// The range of a well-known kind of cluster that holds all these Service addresses.
fn known_service_range(ips: &[IpNet]) -> Option<IpNet> {
    if ips.is_empty() {
        return None;
    }
    // k3s, kubeadm, EKS (two), OpenShift, GKE.
    let known = [
        (Ipv4Addr::new(10, 43, 0, 0), 16),
        (Ipv4Addr::new(10, 96, 0, 0), 12),
        (Ipv4Addr::new(10, 100, 0, 0), 16),
        (Ipv4Addr::new(172, 20, 0, 0), 16),
        (Ipv4Addr::new(172, 30, 0, 0), 16),
        (Ipv4Addr::new(34, 118, 224, 0), 20),
    ];
    known
        .into_iter()
        .map(|(ip, prefix)| around(IpAddr::V4(ip), prefix))
        .find(|range| ips.iter().all(|ip| range.contains(ip)))
}

/// An address as a number.
fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(u32::from(ip)),
        IpAddr::V6(ip) => u128::from(ip),
    }
}

/// The address that stands `offset` after a range's first one, if the range holds it.
pub fn nth(range: IpNet, offset: u128) -> Option<IpAddr> {
    let number = number(range.network()).checked_add(offset)?;
    let ip = match range {
        IpNet::V4(_) => IpAddr::V4(Ipv4Addr::from(u32::try_from(number).ok()?)),
        IpNet::V6(_) => IpAddr::V6(Ipv6Addr::from(number)),
    };
    range.contains(&ip).then_some(ip)
}

/// How many addresses a range holds.
pub fn size(range: IpNet) -> u128 {
    1u128
        .checked_shl(u32::from(range.max_prefix_len() - range.prefix_len()))
        .unwrap_or(u128::MAX)
}

/// The `index`-th network of `prefix` bits inside a range.
pub fn subnet(range: IpNet, prefix: u8, index: u128) -> Option<IpNet> {
    let bits = u32::from(range.max_prefix_len().checked_sub(prefix)?);
    let offset = index.checked_mul(1u128.checked_shl(bits)?)?;
    Some(around(nth(range, offset)?, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> IpNet {
        text.parse().expect("a range")
    }

    #[test]
    fn subnets_and_hosts_are_counted_from_the_start() {
        let pods = range("10.42.0.0/16");
        assert_eq!(subnet(pods, 24, 5), Some(range("10.42.5.0/24")));
        assert_eq!(subnet(pods, 24, 256), None);
        assert_eq!(nth(range("10.42.5.0/24"), 2), "10.42.5.2".parse().ok());
        assert_eq!(nth(range("10.42.5.0/24"), 256), None);
        assert_eq!(
            subnet(range("fd00::/56"), 64, 3),
            Some(range("fd00:0:0:3::/64"))
        );
        assert_eq!(size(range("::/0")), u128::MAX);
        assert_eq!(nth(range("255.255.255.255/32"), 1), None);
    }

    #[test]
    fn the_covering_range_is_a_clusters() {
        let cover =
            |ranges: &[&str]| covering(&ranges.iter().map(|text| range(text)).collect::<Vec<_>>());
        assert_eq!(cover(&[]), None);
        assert_eq!(
            cover(&["10.7.1.0/24", "10.7.9.0/24"]),
            Some(range("10.7.0.0/16"))
        );
        assert_eq!(
            cover(&["10.6.1.0/24", "10.7.9.0/24"]),
            Some(range("10.6.0.0/15"))
        );
        assert_eq!(
            cover(&["10.6.1.0/24", "192.168.0.0/24"]),
            Some(range("10.6.0.0/16"))
        );
        assert_eq!(cover(&["fd00:1::/64"]), Some(range("fd00:1::/56")));
    }
}
