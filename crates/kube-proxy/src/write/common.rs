//! The rules of every cluster, before and after those of the Services.

use cluster::IpFamily;

use super::{
    EXTERNAL_SERVICES, FIREWALL, FORWARD, MARK_MASQ, NODEPORTS, POSTROUTING, PROXY_FIREWALL,
    SERVICES, Writer,
};
use crate::Dialect;
use crate::node::NodePortPlaces;
use crate::reason::{ChainWhy, Reason, Why};

/// The comment that every version puts on the jump to node ports.
const LAST: &str = "-m comment --comment \"kubernetes service nodeports; NOTE: this must be the last rule in this chain\" ";

impl Writer<'_> {
    /// Chains first, then the rules that stand before those of the Services.
    pub(super) fn begin(&mut self) {
        let dialect = self.dialect();
        let guard = dialect >= Dialect::V1_30 && self.node_ports.localhost;
        let filter = &mut self.filter;
        filter.chain(SERVICES, ChainWhy::FilterServices);
        filter.chain(EXTERNAL_SERVICES, ChainWhy::ExternalServices);
        filter.chain(FORWARD, ChainWhy::Forward);
        if dialect >= Dialect::V1_23 {
            filter.chain(NODEPORTS, ChainWhy::FilterNodePorts);
        }
        if dialect >= Dialect::V1_25 {
            filter.chain(PROXY_FIREWALL, ChainWhy::ProxyFirewall);
        }
        if guard {
            filter.chain(FIREWALL, ChainWhy::Firewall);
            // Against CVE-2020-8558: route_localnet would let neighbours in.
            filter.rule(FIREWALL, Reason::common(Why::GuardLocalnet), &[
                "-m comment --comment \"block incoming localnet connections\" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP",
            ]);
        }

        let nat = &mut self.nat;
        nat.chain(SERVICES, ChainWhy::Services);
        nat.chain(NODEPORTS, ChainWhy::NodePorts);
        nat.chain(POSTROUTING, ChainWhy::Postrouting);
        nat.chain(MARK_MASQ, ChainWhy::MarkMasq);
        let mark = self.mark.as_str();
        nat.rule(
            POSTROUTING,
            Reason::common(Why::SkipUnmarked),
            &["-m mark ! --mark ", mark, "/", mark, " -j RETURN"],
        );
        nat.rule(
            POSTROUTING,
            Reason::common(Why::TakeMarkOff),
            &["-j MARK --xor-mark ", mark],
        );
        let random = if self.options.random_fully {
            " --random-fully"
        } else {
            ""
        };
        nat.rule(
            POSTROUTING,
            Reason::common(Why::Masquerade),
            &[
                "-m comment --comment \"kubernetes service traffic requiring SNAT\" -j MASQUERADE",
                random,
            ],
        );
        nat.rule(
            MARK_MASQ,
            Reason::common(Why::PutMarkOn),
            &["-j MARK --or-mark ", mark],
        );
    }

    /// The jump to node ports, which has to be last, and what may be forwarded.
    pub(super) fn end(&mut self) {
        self.jump_to_node_ports();
        self.forward();
    }

    fn jump_to_node_ports(&mut self) {
        let reason = Reason::common(Why::TryNodePorts);
        let v6 = self.family == IpFamily::Ipv6;
        // Loopback is left out since v1.26: in IPv6 always, where node ports never worked on it.
        let knows = self.dialect().knows_localhost_node_ports();
        let nat = &mut self.nat;
        match &self.node_ports.places {
            NodePortPlaces::All => {
                let except = match (v6, self.node_ports.localhost) {
                    (true, _) if knows => "! -d ::1/128 ",
                    (false, false) => "! -d 127.0.0.0/8 ",
                    _ => "",
                };
                nat.rule(
                    SERVICES,
                    reason,
                    &[
                        LAST,
                        "-m addrtype --dst-type LOCAL ",
                        except,
                        "-j KUBE-NODEPORTS",
                    ],
                );
            }
            NodePortPlaces::Only(addresses) => {
                for ip in addresses {
                    if knows && ip.is_loopback() && !self.node_ports.localhost {
                        continue;
                    }
                    let ip = ip.to_string();
                    nat.rule(SERVICES, reason, &[LAST, "-d ", &ip, " -j KUBE-NODEPORTS"]);
                }
            }
        }
    }

    fn forward(&mut self) {
        let dialect = self.dialect();
        let filter = &mut self.filter;
        // With tcp_be_liberal conntrack calls far less invalid, and dropping is no longer needed.
        if !(dialect.knows_liberal_conntrack() && self.config.conntrack_tcp_be_liberal) {
            let counted = if dialect == Dialect::Newest && self.options.nfacct {
                "-m nfacct --nfacct-name ct_state_invalid_dropped_pkts "
            } else {
                ""
            };
            filter.rule(
                FORWARD,
                Reason::common(Why::DropInvalid),
                &["-m conntrack --ctstate INVALID ", counted, "-j DROP"],
            );
        }
        let mark = self.mark.as_str();
        filter.rule(
            FORWARD,
            Reason::common(Why::ForwardMarked),
            &[
                "-m comment --comment \"kubernetes forwarding rules\" -m mark --mark ",
                mark,
                "/",
                mark,
                " -j ACCEPT",
            ],
        );
        let known: &[(&str, Why)] = if dialect >= Dialect::V1_23 {
            &[("conntrack rule", Why::ForwardKnown)]
        } else {
            &[
                ("conntrack pod source rule", Why::ForwardKnownFromPods),
                ("conntrack pod destination rule", Why::ForwardKnownToPods),
            ]
        };
        for (name, why) in known {
            filter.rule(
                FORWARD,
                Reason::common(*why),
                &[
                    "-m comment --comment \"kubernetes forwarding ",
                    name,
                    "\" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
                ],
            );
        }
    }
}
