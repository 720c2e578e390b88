//! What the network plugin writes beside kube-proxy's rules: whose traffic leaves the cluster under a
//! node's address, and what may be forwarded.
//!
//! As the plugins' sources have it: flannel's `pkg/trafficmngr/iptables/iptables.go` (since v0.20; k3s
//! embeds it), kindnet's `images/kindnetd/cmd/kindnetd/masq.go` (until kind v0.24, whose successor
//! writes nftables), calico's `felix/rules/nat.go` and `static.go`, of which only the chains of nat are
//! here: calico's policy chains are not.

use std::borrow::Cow;

use cluster::{ClusterState, IpFamily};
use ipnet::IpNet;
use netfilter::TableName;
use netfilter::TableName::{Filter, Nat};

use crate::companions::{Beside, Companion, Place};

/// calico's sets of its pools: those to masquerade, and all (`felix/rules/rule_defs.go`).
const CALICO_SETS: [&str; 2] = ["cali40masq-ipam-pools", "cali40all-ipam-pools"];

/// A network plugin that writes rules of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plugin {
    /// flannel, as k3s has it: pods on a bridge.
    Flannel,
    /// kindnet, as kind has it: pods attached one by one.
    Kindnet,
    /// calico in iptables mode.
    Calico,
}

impl Plugin {
    /// The plugin that writes rules in this cluster: the one that attaches pods so, where the network
    /// says that its rules are there (`masquerade`).
    pub fn of(cluster: &ClusterState) -> Option<Plugin> {
        if !cluster.network.masquerade {
            return None;
        }
        Some(match cluster.network.attach.as_str() {
            "ptp" => Plugin::Kindnet,
            "calico" => Plugin::Calico,
            _ => Plugin::Flannel,
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Plugin::Flannel => "flannel",
            Plugin::Kindnet => "kindnet",
            Plugin::Calico => "calico",
        }
    }
}

/// The sets that the plugin's rules ask about, with their members.
pub fn plugin_sets(cluster: &ClusterState) -> Vec<(&'static str, Vec<IpNet>)> {
    if Plugin::of(cluster) != Some(Plugin::Calico) {
        return Vec::new();
    }
    let pools = cluster.addresses.pod_cidrs.iter().copied();
    let pools: Vec<IpNet> = pools.filter(|net| net.addr().is_ipv4()).collect();
    let sets = CALICO_SETS.into_iter();
    sets.map(|name| (name, pools.clone())).collect()
}

/// Everything the plugin writes on a node, in order.
pub(crate) fn rules(cluster: &ClusterState, node: &str, family: IpFamily) -> Vec<Beside> {
    let Some(plugin) = Plugin::of(cluster) else {
        return Vec::new();
    };
    let of_family = |nets: &[IpNet]| {
        let mut nets = nets.iter().copied();
        nets.find(|net| IpFamily::of(net.addr()) == family)
    };
    let Some(all) = of_family(&cluster.addresses.pod_cidrs) else {
        return Vec::new();
    };
    let mut out = Writer {
        plugin,
        place: match plugin {
            // felix keeps its jumps in front of everybody's (`ChainInsertMode: Insert`).
            Plugin::Calico => Place::Front,
            Plugin::Flannel | Plugin::Kindnet => Place::End,
        },
        rules: Vec::new(),
    };
    match plugin {
        Plugin::Flannel => {
            let own = cluster
                .node(node)
                .and_then(|node| of_family(&node.pod_cidrs));
            // flannel waits for the node's podCIDR before it writes anything.
            if let Some(own) = own {
                flannel(&mut out, all, own);
            }
        }
        Plugin::Kindnet => kindnet(&mut out, all),
        Plugin::Calico => calico(&mut out, family),
    }
    out.rules
}

struct Writer {
    plugin: Plugin,
    place: Place,
    rules: Vec<Beside>,
}

impl Writer {
    fn chain(&mut self, table: TableName, chain: &'static str, why: &'static str) {
        self.rule(table, chain, String::new(), why);
    }

    fn rule(
        &mut self,
        table: TableName,
        chain: &'static str,
        args: impl Into<Cow<'static, str>>,
        why: &'static str,
    ) {
        self.rules.push(Beside {
            who: Companion::Plugin,
            written_by: self.plugin.name(),
            place: self.place,
            table,
            chain,
            args: args.into(),
            why,
        });
    }
}

/// `masqRules` and `forwardRules`.
fn flannel(out: &mut Writer, all: IpNet, own: IpNet) {
    const POSTROUTING: &str = "FLANNEL-POSTRTG";
    const FORWARD: &str = "FLANNEL-FWD";
    const MASQ: &str = "-m comment --comment \"flanneld masq\"";
    const FWD: &str = "-m comment --comment \"flanneld forward\"";
    let multicast = match all {
        IpNet::V4(_) => "224.0.0.0/4",
        IpNet::V6(_) => "ff00::/8",
    };
    out.chain(
        Nat,
        POSTROUTING,
        "Gives what leaves the pods' network, or enters it from a node, a node's address; what stays inside keeps its own.",
    );
    out.rule(
        Nat,
        "POSTROUTING",
        format!("{MASQ} -j {POSTROUTING}"),
        "What leaves the node is asked whether flannel must change its source.",
    );
    out.rule(
        Nat,
        POSTROUTING,
        format!("-m mark --mark 0x4000/0x4000 {MASQ} -j RETURN"),
        "What still bears kube-proxy's mark for masquerade is left to kube-proxy, so that nothing is rewritten twice.",
    );
    out.rule(
        Nat,
        POSTROUTING,
        format!("-s {own} -d {all} {MASQ} -j RETURN"),
        "From a pod here to any pod: the source stays the pod's own.",
    );
    out.rule(
        Nat,
        POSTROUTING,
        format!("-s {all} -d {own} {MASQ} -j RETURN"),
        "From any pod to a pod here: the source stays the pod's own.",
    );
    out.rule(
        Nat,
        POSTROUTING,
        format!("! -s {all} -d {own} {MASQ} -j RETURN"),
        "From outside to a pod here: the client's address stays, since this node can answer it.",
    );
    out.rule(
        Nat,
        POSTROUTING,
        format!("-s {all} ! -d {multicast} {MASQ} -j MASQUERADE --random-fully"),
        "A pod that speaks to somebody outside the cluster gets this node's address: nobody out there knows the way to a pod.",
    );
    out.rule(
        Nat,
        POSTROUTING,
        format!("! -s {all} -d {all} {MASQ} -j MASQUERADE --random-fully"),
        "What this node sends to a pod elsewhere gets an address of this node that the other node can answer by the pods' network.",
    );
    out.chain(
        Filter,
        FORWARD,
        "Lets the pods' traffic through, whatever the policy of FORWARD.",
    );
    out.rule(
        Filter,
        "FORWARD",
        format!("{FWD} -j {FORWARD}"),
        "What is passed on and was not decided yet is shown to flannel.",
    );
    out.rule(
        Filter,
        FORWARD,
        format!("-s {all} {FWD} -j ACCEPT"),
        "What comes from a pod is let through.",
    );
    out.rule(
        Filter,
        FORWARD,
        format!("-d {all} {FWD} -j ACCEPT"),
        "What is for a pod is let through.",
    );
}

/// `SyncRules`
fn kindnet(out: &mut Writer, all: IpNet) {
    const CHAIN: &str = "KIND-MASQ-AGENT";
    out.chain(
        Nat,
        CHAIN,
        "Gives whatever leaves the pods' network this node's address.",
    );
    out.rule(
        Nat,
        CHAIN,
        format!(
            "-d {all} -m comment --comment \"kind-masq-agent: local traffic is not subject to MASQUERADE\" -j RETURN"
        ),
        "What is for a pod keeps its source.",
    );
    out.rule(
        Nat,
        CHAIN,
        "-m comment --comment \"kind-masq-agent: outbound traffic is subject to MASQUERADE (must be last in chain)\" -j MASQUERADE",
        "Everything else gets this node's address: nobody out there knows the way to a pod.",
    );
    out.rule(
        Nat,
        "POSTROUTING",
        format!(
            "-m addrtype ! --dst-type LOCAL -m comment --comment \"kind-masq-agent: ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom {CHAIN} chain\" -j {CHAIN}"
        ),
        "What is not for this node itself is asked whether kindnet must change its source.",
    );
}

/// `StaticNATTableChains` and `NATOutgoingChain`, without a tunnel. Each rule bears the hash by which
/// felix knows it again. calico masquerades IPv6 only where a pool asks for it, and by default none does.
fn calico(out: &mut Writer, family: IpFamily) {
    let comment = |hash: &str, rest: &str| format!("-m comment --comment \"cali:{hash}\" {rest}");
    let [masq, all] = CALICO_SETS;
    out.chain(
        Nat,
        "cali-PREROUTING",
        "calico's part of PREROUTING: floating addresses of pods.",
    );
    out.chain(
        Nat,
        "cali-OUTPUT",
        "calico's part of OUTPUT: floating addresses of pods.",
    );
    out.chain(
        Nat,
        "cali-POSTROUTING",
        "calico's part of POSTROUTING: floating addresses, and what leaves its pools.",
    );
    out.chain(
        Nat,
        "cali-fip-dnat",
        "Turns floating addresses into pods' own; no pod here has one.",
    );
    out.chain(
        Nat,
        "cali-fip-snat",
        "Turns pods' addresses into their floating ones; no pod here has one.",
    );
    out.chain(
        Nat,
        "cali-nat-outgoing",
        "Gives what leaves calico's pools this node's address, for pools with natOutgoing.",
    );
    out.rule(
        Nat,
        "PREROUTING",
        comment("6gwbT8clXdHdC1b1", "-j cali-PREROUTING"),
        "calico looks at what comes in before anybody else.",
    );
    out.rule(
        Nat,
        "cali-PREROUTING",
        comment("r6XmIziWUJsdOK6Z", "-j cali-fip-dnat"),
        "The destination may be a floating address.",
    );
    out.rule(
        Nat,
        "OUTPUT",
        comment("tVnHkvAo15HuiPy0", "-j cali-OUTPUT"),
        "calico looks at what this node sends before anybody else.",
    );
    out.rule(
        Nat,
        "cali-OUTPUT",
        comment("GBTAv2p5CwevEyJm", "-j cali-fip-dnat"),
        "The destination may be a floating address.",
    );
    out.rule(
        Nat,
        "POSTROUTING",
        comment("O3lYWMrLQYEMJtB5", "-j cali-POSTROUTING"),
        "calico looks at what leaves the node before anybody else, kube-proxy's masquerade included.",
    );
    out.rule(
        Nat,
        "cali-POSTROUTING",
        comment("Z-c7XtVd2Bq7s_hA", "-j cali-fip-snat"),
        "The source may have a floating address.",
    );
    out.rule(
        Nat,
        "cali-POSTROUTING",
        comment("nYKhEzDlr11Jccal", "-j cali-nat-outgoing"),
        "The packet may leave calico's pools.",
    );
    if family == IpFamily::Ipv4 {
        out.rule(
            Nat,
            "cali-nat-outgoing",
            comment(
                "flqWnvo8yq4ULQLa",
                &format!(
                    "-m set --match-set {masq} src -m set ! --match-set {all} dst -j MASQUERADE --random-fully"
                ),
            ),
            "From a pool with natOutgoing to an address of no pool: the source becomes this node's.",
        );
    }
}
