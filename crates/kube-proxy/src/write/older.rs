//! A service port's rules before v1.24: outside traffic under policy Local has a chain of its own (XLB),
//! every load-balancer address goes through a firewall chain (FW), and what may not pass is marked for
//! kubelet's KUBE-MARK-DROP.
//!
//! Written after `syncProxyRules` of v1.20 and v1.23. v1.20 marks for masquerade where it matches an
//! address, in KUBE-SERVICES and KUBE-NODEPORTS; v1.23 does it in the service's chain, puts the
//! endpoints' chains first and writes addresses without a prefix length.

use cluster::IpFamily;

use super::{EXTERNAL_SERVICES, MARK_MASQ, NODEPORTS, SERVICES, Turn, Writer};
use crate::Dialect;
use crate::names::{Name, Prefix};
use crate::node::NodePortPlaces;
use crate::reason::{ChainWhy, Why};

const MARK_DROP: &str = "KUBE-MARK-DROP";

struct Chains {
    service: Name,
    local: Name,
    firewall: Name,
}

impl Chains {
    /// Where outside traffic goes.
    fn chosen(&self, turn: &Turn) -> Name {
        if turn.port.external_local {
            self.local
        } else {
            self.service
        }
    }
}

impl Writer<'_> {
    /// All rules of one service port, in the older versions' order.
    pub(super) fn older_port(&mut self, turn: &Turn) {
        let chains = Chains {
            service: turn.hash.chain(Prefix::Svc),
            local: turn.hash.chain(Prefix::Xlb),
            firewall: turn.hash.chain(Prefix::Fw),
        };
        let endpoints_first = self.dialect() >= Dialect::V1_23;
        if endpoints_first {
            self.endpoint_lines(turn);
            for &at in &turn.usable.reachable {
                self.endpoint_chain(turn, at, "");
            }
        }
        if turn.usable.any {
            self.nat.chain(chains.service, ChainWhy::Svc(turn.number));
        }
        if turn.port.external_local {
            self.nat.chain(chains.local, ChainWhy::Xlb(turn.number));
        }
        self.older_cluster_ip(turn, &chains);
        self.older_external_ips(turn, &chains);
        self.older_balancer_ips(turn, &chains);
        if self.older_node_port(turn, &chains).is_break() {
            return;
        }
        if endpoints_first {
            self.health_check(turn);
        }
        if !turn.usable.any {
            return;
        }
        let most = turn.usable.cluster.len().max(turn.usable.local.len());
        self.prepare_probabilities(most);
        self.older_sticky(turn, chains.service, &turn.usable.cluster, self.large);
        if endpoints_first {
            self.older_draws(turn, chains.service, &turn.usable.cluster);
        } else {
            self.endpoint_lines(turn);
            let suffix = self.suffix();
            let last = turn.usable.cluster.len();
            for (i, &at) in turn.usable.cluster.iter().enumerate() {
                let name = self.name_comment(turn);
                self.older_draw(turn, chains.service, at, last - i, &name);
                self.endpoint_chain(turn, at, suffix);
            }
        }
        if turn.port.external_local {
            self.local_chain(turn, &chains);
        }
    }

    /// What v1.20 puts behind an address (`utilproxy.ToCIDR`).
    fn suffix(&self) -> &'static str {
        match (self.dialect(), self.family) {
            (Dialect::V1_20, IpFamily::Ipv4) => "/32",
            (Dialect::V1_20, IpFamily::Ipv6) => "/128",
            _ => "",
        }
    }

    fn endpoint_lines(&mut self, turn: &Turn) {
        for &at in &turn.usable.reachable {
            self.nat.chain(
                turn.all[at].chain,
                ChainWhy::Sep {
                    port: turn.number,
                    endpoint: turn.endpoint_number(at),
                },
            );
        }
    }

    /// The chain in which a packet that needs it is marked for masquerade: v1.23 has a chain at hand.
    fn marking_chain(&self, chains: &Chains, matching: Name) -> Name {
        if self.dialect() >= Dialect::V1_23 {
            chains.service
        } else {
            matching
        }
    }

    fn older_cluster_ip(&mut self, turn: &Turn, chains: &Chains) {
        let port = turn.port;
        if !turn.usable.any {
            let address = [port.cluster_ip.as_str(), self.suffix()].concat();
            self.refuse_empty(turn, Why::ClusterIpEmpty, 0, SERVICES, &address);
            return;
        }
        let condition = self.condition(turn, " cluster IP", &port.cluster_ip);
        let marking = self.marking_chain(chains, SERVICES);
        if self.config.masquerade_all {
            let parts = [condition.as_str(), " -j ", MARK_MASQ.as_str()];
            self.nat.rule(marking, turn.reason(Why::MarkAll), &parts);
        } else if let Some(detector) = &self.detector {
            let parts = [
                condition.as_str(),
                " ",
                &detector.if_not_local,
                " -j ",
                MARK_MASQ.as_str(),
            ];
            self.nat
                .rule(marking, turn.reason(Why::MarkOutsiders), &parts);
        }
        self.nat.rule(
            SERVICES,
            turn.reason(Why::ClusterIp),
            &[&condition, " -j ", chains.service.as_str()],
        );
    }

    /// `-m comment --comment "NAME cluster IP" -m tcp -p tcp -d ADDRESS --dport PORT`
    fn condition(&self, turn: &Turn, what: &str, address: &str) -> String {
        [
            "-m comment --comment \"",
            &turn.port.label,
            what,
            "\" ",
            turn.transport.matches,
            "-d ",
            address,
            self.suffix(),
            " --dport ",
            &turn.port.port,
        ]
        .concat()
    }

    fn refuse_empty(&mut self, turn: &Turn, why: Why, item: u32, chain: Name, address: &str) {
        self.filter.rule(
            chain,
            turn.reason_of(why, item),
            &[
                "-m comment --comment \"",
                &turn.port.label,
                " has no endpoints\" ",
                turn.transport.matches,
                "-d ",
                address,
                " --dport ",
                &turn.port.port,
                " -j REJECT",
            ],
        );
    }

    fn older_external_ips(&mut self, turn: &Turn, chains: &Chains) {
        let to = chains.chosen(turn);
        for ip in &turn.port.external_ips {
            if !turn.usable.any {
                let address = [ip.text.as_str(), self.suffix()].concat();
                let why = Why::ExternalIpEmpty;
                self.refuse_empty(turn, why, ip.index, EXTERNAL_SERVICES, &address);
                continue;
            }
            let condition = self.condition(turn, " external IP", &ip.text);
            if self.dialect() >= Dialect::V1_23 {
                self.external_ip_v1_23(turn, chains, ip.index, &condition);
                continue;
            }
            let nat = &mut self.nat;
            if !turn.port.external_local {
                nat.rule(
                    SERVICES,
                    turn.reason_of(Why::ExternalIpMark, ip.index),
                    &[&condition, " -j ", MARK_MASQ.as_str()],
                );
            }
            // "Not from a bridge and not from this node" was how v1.20 said "from outside".
            nat.rule(
                SERVICES,
                turn.reason_of(Why::ExternalIpFromOutside, ip.index),
                &[
                    &condition,
                    " -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ",
                    to.as_str(),
                ],
            );
            nat.rule(
                SERVICES,
                turn.reason_of(Why::ExternalIpOfNode, ip.index),
                &[&condition, " -m addrtype --dst-type LOCAL -j ", to.as_str()],
            );
        }
    }

    fn external_ip_v1_23(&mut self, turn: &Turn, chains: &Chains, item: u32, condition: &str) {
        let nat = &mut self.nat;
        if !turn.port.external_local {
            let (space, unless) = match &self.detector {
                Some(detector) => (" ", detector.if_not_local.as_str()),
                None => ("", ""),
            };
            nat.rule(
                chains.service,
                turn.reason_of(Why::ExternalIpMark, item),
                &[condition, space, unless, " -j ", MARK_MASQ.as_str()],
            );
        }
        nat.rule(
            SERVICES,
            turn.reason_of(Why::ExternalIp, item),
            &[condition, " -j ", chains.chosen(turn).as_str()],
        );
    }

    fn older_balancer_ips(&mut self, turn: &Turn, chains: &Chains) {
        let port = turn.port;
        for ip in &port.balancer_ips {
            if !turn.usable.any {
                let address = [ip.text.as_str(), self.suffix()].concat();
                let why = Why::BalancerIpEmpty;
                self.refuse_empty(turn, why, ip.index, EXTERNAL_SERVICES, &address);
                continue;
            }
            let condition = self.condition(turn, " loadbalancer IP", &ip.text);
            let own = [ip.text.as_str(), self.suffix()].concat();
            let nat = &mut self.nat;
            // Once for each address, as those versions wrote it.
            nat.chain(chains.firewall, ChainWhy::FwOlder(turn.number));
            nat.rule(
                SERVICES,
                turn.reason_of(Why::BalancerIp, ip.index),
                &[&condition, " -j ", chains.firewall.as_str()],
            );
            let comment = [
                "-m comment --comment \"",
                port.label.as_str(),
                " loadbalancer IP\" ",
            ]
            .concat();
            let to = chains.chosen(turn);
            if !port.external_local {
                nat.rule(
                    chains.firewall,
                    turn.reason(Why::ExternalMark),
                    &[&comment, "-j ", MARK_MASQ.as_str()],
                );
            }
            if port.source_ranges.is_empty() {
                nat.rule(
                    chains.firewall,
                    turn.reason(Why::BalancerOn),
                    &[&comment, "-j ", to.as_str()],
                );
            }
            let mut holds_node = false;
            for range in &port.source_ranges {
                holds_node |= self.node_ip.is_some_and(|ip| range.net.contains(&ip));
                nat.rule(
                    chains.firewall,
                    turn.reason_of(Why::RangeAllowed, range.index),
                    &[&comment, "-s ", &range.net.to_string(), " -j ", to.as_str()],
                );
            }
            if holds_node {
                nat.rule(
                    chains.firewall,
                    turn.reason_of(Why::BalancerItself, ip.index),
                    &[&comment, "-s ", &own, " -j ", to.as_str()],
                );
            }
            nat.rule(
                chains.firewall,
                turn.reason(Why::MarkForDrop),
                &[&comment, "-j ", MARK_DROP],
            );
        }
    }

    /// `Break` where v1.20 gives the service port up because no address of the node is in
    /// `nodePortAddresses`.
    fn older_node_port(&mut self, turn: &Turn, chains: &Chains) -> std::ops::ControlFlow<()> {
        use std::ops::ControlFlow::{Break, Continue};
        let port = turn.port;
        let Some(node_port) = port.node_port.as_deref() else {
            return Continue(());
        };
        if matches!(&self.node_ports.places, NodePortPlaces::Only(found) if found.is_empty()) {
            return if self.dialect() == Dialect::V1_20 {
                Break(())
            } else {
                Continue(())
            };
        }
        if !turn.usable.any {
            self.filter.rule(
                EXTERNAL_SERVICES,
                turn.reason(Why::NodePortEmpty),
                &[
                    "-m comment --comment \"",
                    &port.label,
                    " has no endpoints\" -m addrtype --dst-type LOCAL ",
                    turn.transport.matches,
                    "--dport ",
                    node_port,
                    " -j REJECT",
                ],
            );
            return Continue(());
        }
        let condition = [
            "-m comment --comment ",
            port.label.as_str(),
            " ",
            turn.transport.matches,
            "--dport ",
            node_port,
        ]
        .concat();
        if port.external_local {
            let loopback = match self.family {
                IpFamily::Ipv4 => " -s 127.0.0.0/8 -j ",
                IpFamily::Ipv6 => " -s ::1/128 -j ",
            };
            self.nat.rule(
                NODEPORTS,
                turn.reason(Why::NodePortMarkLoopback),
                &[&condition, loopback, MARK_MASQ.as_str()],
            );
        } else {
            self.nat.rule(
                self.marking_chain(chains, NODEPORTS),
                turn.reason(Why::NodePortMark),
                &[&condition, " -j ", MARK_MASQ.as_str()],
            );
        }
        self.nat.rule(
            NODEPORTS,
            turn.reason(Why::NodePort),
            &[&condition, " -j ", chains.chosen(turn).as_str()],
        );
        Continue(())
    }

    /// `-m comment --comment NAME `, or nothing in a large cluster (`appendServiceCommentLocked`).
    fn name_comment(&self, turn: &Turn) -> String {
        if self.large {
            String::new()
        } else {
            ["-m comment --comment ", &turn.port.label, " "].concat()
        }
    }

    fn older_sticky(&mut self, turn: &Turn, chain: Name, endpoints: &[usize], plain: bool) {
        let Some(seconds) = turn.port.affinity_seconds.as_deref() else {
            return;
        };
        let label = turn.port.label.as_str();
        let (comment, name, space) = if plain {
            ("", "", "")
        } else {
            ("-m comment --comment ", label, " ")
        };
        for &at in endpoints {
            let to = turn.all[at].chain;
            self.nat.rule(
                chain,
                turn.endpoint_reason(Why::Sticky, at),
                &[
                    comment,
                    name,
                    space,
                    "-m recent --name ",
                    to.as_str(),
                    " --rcheck --seconds ",
                    seconds,
                    " --reap -j ",
                    to.as_str(),
                ],
            );
        }
    }

    fn older_draws(&mut self, turn: &Turn, chain: Name, endpoints: &[usize]) {
        let comment = self.name_comment(turn);
        for (i, &at) in endpoints.iter().enumerate() {
            self.older_draw(turn, chain, at, endpoints.len() - i, &comment);
        }
    }

    /// One draw, with `left` endpoints to choose from.
    fn older_draw(&mut self, turn: &Turn, chain: Name, at: usize, left: usize, comment: &str) {
        let (statistic, probability, space) = if left > 1 {
            (
                "-m statistic --mode random --probability ",
                self.probabilities[left].as_str(),
                " ",
            )
        } else {
            ("", "", "")
        };
        self.nat.rule(
            chain,
            turn.endpoint_reason(Why::Draw, at),
            &[
                comment,
                statistic,
                probability,
                space,
                "-j ",
                turn.all[at].chain.as_str(),
            ],
        );
    }

    /// The chain of outside traffic that stays on this node.
    fn local_chain(&mut self, turn: &Turn, chains: &Chains) {
        let label = turn.port.label.as_str();
        let chain = chains.local;
        let nat = &mut self.nat;
        if let Some(detector) = &self.detector {
            nat.rule(
                chain,
                turn.reason(Why::ExternalPods),
                &[
                    "-m comment --comment \"Redirect pods trying to reach external loadbalancer VIP to clusterIP\" ",
                    &detector.if_local,
                    " -j ",
                    chains.service.as_str(),
                ],
            );
        }
        nat.rule(
            chain,
            turn.reason(Why::ExternalMarkNode),
            &[
                "-m comment --comment \"masquerade LOCAL traffic for ",
                label,
                " LB IP\" -m addrtype --src-type LOCAL -j ",
                MARK_MASQ.as_str(),
            ],
        );
        nat.rule(
            chain,
            turn.reason(Why::ExternalNode),
            &[
                "-m comment --comment \"route LOCAL traffic for ",
                label,
                " LB IP to service chain\" -m addrtype --src-type LOCAL -j ",
                chains.service.as_str(),
            ],
        );
        let local = &turn.usable.local;
        if local.is_empty() {
            nat.rule(
                chain,
                turn.reason(Why::NothingHere),
                &[
                    "-m comment --comment \"",
                    label,
                    " has no local endpoints\" -j ",
                    MARK_DROP,
                ],
            );
            return;
        }
        if self.dialect() >= Dialect::V1_23 {
            self.older_sticky(turn, chain, local, self.large);
            self.older_draws(turn, chain, local);
            return;
        }
        // v1.20 keeps these comments however large the cluster is.
        self.older_sticky(turn, chain, local, false);
        for (i, &at) in local.iter().enumerate() {
            let comment = format!("-m comment --comment \"Balancing rule {i} for {label}\" ");
            self.older_draw(turn, chain, at, local.len() - i, &comment);
        }
    }
}
