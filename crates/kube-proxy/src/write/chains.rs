//! The chains of one service port since v1.24: one for outside traffic (EXT), one for source ranges
//! (FW), one for each traffic policy (SVC, SVL), one for each endpoint (SEP).
//!
//! Written after `syncProxyRules` and `writeServiceToEndpointRules` in `pkg/proxy/iptables/proxier.go`.

use super::current::Chains;
use super::{MARK_MASQ, Turn, Writer};
use crate::Dialect;
use crate::names::Name;
use crate::reason::Why;

impl Writer<'_> {
    /// Marks traffic to the cluster address that has to come back this way.
    pub(super) fn mark_internal(&mut self, turn: &Turn, chains: &Chains) {
        let port = turn.port;
        let (why, unless) = match &self.detector {
            _ if self.config.masquerade_all => (Why::MarkAll, None),
            Some(detector) => (Why::MarkOutsiders, Some(detector.if_not_local.as_str())),
            None => return,
        };
        let space = if unless.is_some() { " " } else { "" };
        self.nat.rule(
            Self::internal_chain(turn, chains),
            turn.reason(why),
            &[
                "-m comment --comment \"",
                &port.label,
                " cluster IP\" ",
                turn.transport.matches,
                "-d ",
                &port.cluster_ip,
                " --dport ",
                &port.port,
                space,
                unless.unwrap_or(""),
                " -j ",
                MARK_MASQ.as_str(),
            ],
        );
    }

    pub(super) fn external_chain(&mut self, turn: &Turn, chains: &Chains, external: bool) {
        let label = turn.port.label.as_str();
        let chain = chains.external;
        let cluster = chains.cluster.as_str();
        let nat = &mut self.nat;
        if turn.port.external_local {
            if let Some(detector) = &self.detector {
                nat.rule(
                    chain,
                    turn.reason(Why::ExternalPods),
                    &[
                        "-m comment --comment \"pod traffic for ",
                        label,
                        " external destinations\" ",
                        &detector.if_local,
                        " -j ",
                        cluster,
                    ],
                );
            }
            nat.rule(
                chain,
                turn.reason(Why::ExternalMarkNode),
                &[
                    "-m comment --comment \"masquerade LOCAL traffic for ",
                    label,
                    " external destinations\" -m addrtype --src-type LOCAL -j ",
                    MARK_MASQ.as_str(),
                ],
            );
            nat.rule(
                chain,
                turn.reason(Why::ExternalNode),
                &[
                    "-m comment --comment \"route LOCAL traffic for ",
                    label,
                    " external destinations\" -m addrtype --src-type LOCAL -j ",
                    cluster,
                ],
            );
        } else {
            nat.rule(
                chain,
                turn.reason(Why::ExternalMark),
                &[
                    "-m comment --comment \"masquerade traffic for ",
                    label,
                    " external destinations\" -j ",
                    MARK_MASQ.as_str(),
                ],
            );
        }
        if external {
            let to = if turn.port.external_local {
                chains.local
            } else {
                chains.cluster
            };
            nat.rule(chain, turn.reason(Why::ExternalOn), &["-j ", to.as_str()]);
        }
    }

    pub(super) fn firewall_chain(&mut self, turn: &Turn, chains: &Chains) {
        let label = turn.port.label.as_str();
        let external = chains.external.as_str();
        // Later versions parse the range and so drop its host bits; until then it is written as it stands.
        let normal = self.dialect() >= Dialect::V1_30;
        let mut holds_node = false;
        for range in &turn.port.source_ranges {
            holds_node |= self.node_ip.is_some_and(|ip| range.net.contains(&ip));
            let net = if normal { range.net.trunc() } else { range.net };
            self.nat.rule(
                chains.firewall,
                turn.reason_of(Why::RangeAllowed, range.index),
                &[
                    "-m comment --comment \"",
                    label,
                    " loadbalancer IP\" -s ",
                    &net.to_string(),
                    " -j ",
                    external,
                ],
            );
        }
        if holds_node {
            for ip in &turn.port.balancer_ips {
                self.nat.rule(
                    chains.firewall,
                    turn.reason_of(Why::BalancerItself, ip.index),
                    &[
                        "-m comment --comment \"",
                        label,
                        " loadbalancer IP\" -s ",
                        &ip.text,
                        " -j ",
                        external,
                    ],
                );
            }
        }
        if !normal {
            return;
        }
        // It only shows where the packet came out; the filter table drops it.
        self.nat.rule(
            chains.firewall,
            turn.reason(Why::RangeRest),
            &[
                "-m comment --comment \"other traffic to ",
                label,
                " will be dropped by KUBE-PROXY-FIREWALL\"",
            ],
        );
    }

    /// kube-proxy's `writeServiceToEndpointRules`: clients that are known first, then the draws.
    pub(super) fn choices(&mut self, turn: &Turn, chain: Name, endpoints: &[usize]) {
        let label = turn.port.label.as_str();
        let (open, arrow, close) = if self.large {
            ("", "", "")
        } else {
            ("-m comment --comment \"", " -> ", "\" ")
        };
        let name = if self.large { "" } else { label };
        let nat = &mut self.nat;
        if let Some(seconds) = turn.port.affinity_seconds.as_deref() {
            for &at in endpoints {
                let endpoint = &turn.all[at];
                let text = if self.large {
                    ""
                } else {
                    endpoint.text.as_str()
                };
                nat.rule(
                    chain,
                    turn.endpoint_reason(Why::Sticky, at),
                    &[
                        open,
                        name,
                        arrow,
                        text,
                        close,
                        "-m recent --name ",
                        endpoint.chain.as_str(),
                        " --rcheck --seconds ",
                        seconds,
                        " --reap -j ",
                        endpoint.chain.as_str(),
                    ],
                );
            }
        }
        for (i, &at) in endpoints.iter().enumerate() {
            let endpoint = &turn.all[at];
            let text = if self.large {
                ""
            } else {
                endpoint.text.as_str()
            };
            let left = endpoints.len() - i;
            let (statistic, probability, space) = if left > 1 {
                (
                    "-m statistic --mode random --probability ",
                    self.probabilities[left].as_str(),
                    " ",
                )
            } else {
                ("", "", "")
            };
            nat.rule(
                chain,
                turn.endpoint_reason(Why::Draw, at),
                &[
                    open,
                    name,
                    arrow,
                    text,
                    close,
                    statistic,
                    probability,
                    space,
                    "-j ",
                    endpoint.chain.as_str(),
                ],
            );
        }
    }

    pub(super) fn endpoint_chains(&mut self, turn: &Turn) {
        for &at in &turn.usable.reachable {
            self.endpoint_chain(turn, at, "");
        }
    }

    /// An endpoint's two rules; `suffix` is what a version adds to its address.
    pub(super) fn endpoint_chain(&mut self, turn: &Turn, at: usize, suffix: &str) {
        let endpoint = &turn.all[at];
        let chain = endpoint.chain;
        let (comment, name, space) = if self.large {
            ("", "", "")
        } else {
            ("-m comment --comment ", turn.port.label.as_str(), " ")
        };
        self.nat.rule(
            chain,
            turn.endpoint_reason(Why::Hairpin, at),
            &[
                comment,
                name,
                space,
                "-s ",
                endpoint.ip(),
                suffix,
                " -j ",
                MARK_MASQ.as_str(),
            ],
        );
        let (recent, list, set) = if turn.port.affinity_seconds.is_some() {
            ("-m recent --name ", chain.as_str(), " --set ")
        } else {
            ("", "", "")
        };
        self.nat.rule(
            chain,
            turn.endpoint_reason(Why::Rewrite, at),
            &[
                comment,
                name,
                space,
                recent,
                list,
                set,
                turn.transport.matches,
                "-j DNAT --to-destination ",
                &endpoint.text,
            ],
        );
    }
}
