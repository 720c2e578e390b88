//! A service port's rules since v1.24: where its addresses are matched. What stands in the chains that
//! they lead to is written in [`super::chains`].
//!
//! Written after `syncProxyRules` in `pkg/proxy/iptables/proxier.go`.

use cluster::IpFamily;

use super::{EXTERNAL_SERVICES, NODEPORTS, PROXY_FIREWALL, SERVICES, Turn, Writer};
use crate::Dialect;
use crate::names::{Name, Prefix};
use crate::reason::{ChainWhy, Why};

/// The chains of one service port, whether they are needed or not.
pub(super) struct Chains {
    pub(super) cluster: Name,
    pub(super) local: Name,
    pub(super) external: Name,
    pub(super) firewall: Name,
}

/// What becomes of traffic that finds no endpoint, in the filter table.
#[derive(Clone, Copy)]
struct Refusal {
    /// ` has no endpoints" `
    comment: &'static str,
    /// `-j REJECT`
    target: &'static str,
    kind: Refused,
}

#[derive(Clone, Copy, PartialEq)]
enum Refused {
    Empty,
    NotHere,
}

const EMPTY: Refusal = Refusal {
    comment: " has no endpoints\" ",
    target: " -j REJECT",
    kind: Refused::Empty,
};
const NOT_HERE: Refusal = Refusal {
    comment: " has no local endpoints\" ",
    target: " -j DROP",
    kind: Refused::NotHere,
};

impl Refusal {
    fn why(self, empty: Why, not_here: Why) -> Why {
        match self.kind {
            Refused::Empty => empty,
            Refused::NotHere => not_here,
        }
    }
}

impl Writer<'_> {
    /// All rules of one service port.
    pub(super) fn port(&mut self, turn: &Turn) {
        let port = turn.port;
        let usable = &turn.usable;
        let chains = Chains {
            cluster: turn.hash.chain(Prefix::Svc),
            local: turn.hash.chain(Prefix::Svl),
            external: turn.hash.chain(Prefix::Ext),
            firewall: turn.hash.chain(Prefix::Fw),
        };
        let none_here = usable.local.is_empty();
        let internal = usable.any && !(port.internal_local && none_here);
        let external = usable.any && !(port.external_local && none_here);
        // Made as soon as any endpoint exists, since pods and the node itself are served by all of them.
        let uses_external = usable.any && port.externally_accessible();
        let uses_firewall =
            usable.any && !port.balancer_ips.is_empty() && !port.source_ranges.is_empty();

        self.chain_lines(turn, &chains, uses_external, uses_firewall);
        self.capture_cluster_ip(turn, &chains, internal);
        self.capture_outside(turn, &chains, external, uses_firewall);
        self.capture_node_port(turn, &chains, external);
        self.health_check(turn);

        if internal {
            self.mark_internal(turn, &chains);
        }
        if uses_external {
            self.external_chain(turn, &chains, external);
        }
        if uses_firewall {
            self.firewall_chain(turn, &chains);
        }
        let most = usable.cluster.len().max(usable.local.len());
        self.prepare_probabilities(most);
        self.choices(turn, chains.cluster, &usable.cluster);
        self.choices(turn, chains.local, &usable.local);
        self.endpoint_chains(turn);
    }

    fn chain_lines(&mut self, turn: &Turn, chains: &Chains, external: bool, firewall: bool) {
        let nat = &mut self.nat;
        let number = turn.number;
        if external {
            nat.chain(chains.external, ChainWhy::Ext(number));
        }
        if firewall {
            nat.chain(chains.firewall, ChainWhy::Fw(number));
        }
        if !turn.usable.cluster.is_empty() {
            nat.chain(chains.cluster, ChainWhy::Svc(number));
        }
        if !turn.usable.local.is_empty() {
            nat.chain(chains.local, ChainWhy::Svl(number));
        }
        for &at in &turn.usable.reachable {
            nat.chain(
                turn.all[at].chain,
                ChainWhy::Sep {
                    port: number,
                    endpoint: turn.endpoint_number(at),
                },
            );
        }
    }

    pub(super) fn internal_chain(turn: &Turn, chains: &Chains) -> Name {
        if turn.port.internal_local {
            chains.local
        } else {
            chains.cluster
        }
    }

    fn capture_cluster_ip(&mut self, turn: &Turn, chains: &Chains, internal: bool) {
        let port = turn.port;
        if internal {
            let to = Self::internal_chain(turn, chains);
            self.nat.rule(
                SERVICES,
                turn.reason(Why::ClusterIp),
                &[
                    "-m comment --comment \"",
                    &port.label,
                    " cluster IP\" ",
                    turn.transport.matches,
                    "-d ",
                    &port.cluster_ip,
                    " --dport ",
                    &port.port,
                    " -j ",
                    to.as_str(),
                ],
            );
            return;
        }
        let refusal = if turn.usable.any { NOT_HERE } else { EMPTY };
        let why = refusal.why(Why::ClusterIpEmpty, Why::ClusterIpNotHere);
        self.filter.rule(
            SERVICES,
            turn.reason(why),
            &[
                "-m comment --comment \"",
                &port.label,
                refusal.comment,
                turn.transport.matches,
                "-d ",
                &port.cluster_ip,
                " --dport ",
                &port.port,
                refusal.target,
            ],
        );
    }

    /// External IPs, then load-balancer IPs.
    fn capture_outside(
        &mut self,
        turn: &Turn,
        chains: &Chains,
        external: bool,
        uses_firewall: bool,
    ) {
        let port = turn.port;
        let refusal = if turn.usable.any { NOT_HERE } else { EMPTY };
        for ip in &port.external_ips {
            if turn.usable.any {
                self.nat.rule(
                    SERVICES,
                    turn.reason_of(Why::ExternalIp, ip.index),
                    &[
                        "-m comment --comment \"",
                        &port.label,
                        " external IP\" ",
                        turn.transport.matches,
                        "-d ",
                        &ip.text,
                        " --dport ",
                        &port.port,
                        " -j ",
                        chains.external.as_str(),
                    ],
                );
            }
            if !external {
                let why = refusal.why(Why::ExternalIpEmpty, Why::ExternalIpNotHere);
                self.refuse_outside(turn, why, ip.index, &ip.text, refusal);
            }
        }
        let to = if uses_firewall {
            chains.firewall
        } else {
            chains.external
        };
        for ip in &port.balancer_ips {
            if turn.usable.any {
                self.nat.rule(
                    SERVICES,
                    turn.reason_of(Why::BalancerIp, ip.index),
                    &[
                        "-m comment --comment \"",
                        &port.label,
                        " loadbalancer IP\" ",
                        turn.transport.matches,
                        "-d ",
                        &ip.text,
                        " --dport ",
                        &port.port,
                        " -j ",
                        to.as_str(),
                    ],
                );
            }
            if uses_firewall {
                self.filter.rule(
                    PROXY_FIREWALL,
                    turn.reason_of(Why::BalancerIpRefused, ip.index),
                    &[
                        "-m comment --comment \"",
                        &port.label,
                        " traffic not accepted by ",
                        chains.firewall.as_str(),
                        "\" ",
                        turn.transport.matches,
                        "-d ",
                        &ip.text,
                        " --dport ",
                        &port.port,
                        " -j DROP",
                    ],
                );
            }
        }
        if !external {
            for ip in &port.balancer_ips {
                let why = refusal.why(Why::BalancerIpEmpty, Why::BalancerIpNotHere);
                self.refuse_outside(turn, why, ip.index, &ip.text, refusal);
            }
        }
    }

    fn refuse_outside(&mut self, turn: &Turn, why: Why, item: u32, ip: &str, refusal: Refusal) {
        self.filter.rule(
            EXTERNAL_SERVICES,
            turn.reason_of(why, item),
            &[
                "-m comment --comment \"",
                &turn.port.label,
                refusal.comment,
                turn.transport.matches,
                "-d ",
                ip,
                " --dport ",
                &turn.port.port,
                refusal.target,
            ],
        );
    }

    fn capture_node_port(&mut self, turn: &Turn, chains: &Chains, external: bool) {
        let port = turn.port;
        let Some(node_port) = port.node_port.as_deref() else {
            return;
        };
        if turn.usable.any {
            // Counts who still comes by a loopback address, since v1.31.
            if self.dialect() == Dialect::Newest
                && self.options.nfacct
                && self.node_ports.localhost
                && self.family == IpFamily::Ipv4
            {
                self.nat.rule(
                    NODEPORTS,
                    turn.reason(Why::NodePortLoopback),
                    &[
                        "-m comment --comment ",
                        &port.label,
                        " ",
                        turn.transport.matches,
                        "-d 127.0.0.0/8 --dport ",
                        node_port,
                        " -m nfacct --nfacct-name localhost_nps_accepted_pkts -j ",
                        chains.external.as_str(),
                    ],
                );
            }
            self.nat.rule(
                NODEPORTS,
                turn.reason(Why::NodePort),
                &[
                    "-m comment --comment ",
                    &port.label,
                    " ",
                    turn.transport.matches,
                    "--dport ",
                    node_port,
                    " -j ",
                    chains.external.as_str(),
                ],
            );
        }
        if !external {
            let refusal = if turn.usable.any { NOT_HERE } else { EMPTY };
            let why = refusal.why(Why::NodePortEmpty, Why::NodePortNotHere);
            self.filter.rule(
                EXTERNAL_SERVICES,
                turn.reason(why),
                &[
                    "-m comment --comment \"",
                    &port.label,
                    refusal.comment,
                    "-m addrtype --dst-type LOCAL ",
                    turn.transport.matches,
                    "--dport ",
                    node_port,
                    refusal.target,
                ],
            );
        }
    }

    /// Always TCP, and once for each port of the Service.
    pub(super) fn health_check(&mut self, turn: &Turn) {
        let Some(health_check) = turn.port.health_check.as_deref() else {
            return;
        };
        self.filter.rule(
            NODEPORTS,
            turn.reason(Why::HealthCheck),
            &[
                "-m comment --comment \"",
                &turn.port.label,
                " health check node port\" -m tcp -p tcp --dport ",
                health_check,
                " -j ACCEPT",
            ],
        );
    }
}
