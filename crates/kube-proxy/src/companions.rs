//! What others put beside kube-proxy's rules: kubelet's own chains, and the empty chains by which both
//! notice that somebody flushed everything. The network plugin's are in [`crate::plugin`].
//!
//! None of it is in kube-proxy's text; it is there on a real node, and before v1.27 packets marked by
//! KUBE-MARK-DROP are dropped by it. Written after `pkg/kubelet/kubelet_network_linux.go`.

use std::borrow::Cow;

use cluster::IpFamily;
use netfilter::TableName;
use netfilter::TableName::{Filter, Mangle, Nat};

use crate::Dialect;

/// Who writes beside kube-proxy's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Companion {
    /// kubelet: its canary, its hint, and before v1.27 the rules behind KUBE-MARK-DROP.
    Kubelet,
    /// kube-proxy's own canary.
    Canary,
    /// The network plugin, where the network says that its rules are there.
    Plugin,
}

impl Companion {
    /// All of them.
    pub const ALL: [Companion; 3] = [Companion::Kubelet, Companion::Canary, Companion::Plugin];
}

/// Where in a base chain a rule stands among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before kube-proxy's jumps.
    Front,
    /// After all that is there.
    End,
}

/// A chain beside kube-proxy's, or a rule of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beside {
    pub(crate) who: Companion,
    pub(crate) written_by: &'static str,
    pub(crate) place: Place,
    pub(crate) table: TableName,
    pub(crate) chain: &'static str,
    /// What stands after `-A CHAIN `; empty for the chain itself.
    pub(crate) args: Cow<'static, str>,
    pub(crate) why: &'static str,
}

impl Beside {
    /// Whether it is a rule that stands in a base chain before kube-proxy's.
    pub(crate) fn is_in_front(&self) -> bool {
        let base = matches!(
            self.chain,
            "PREROUTING" | "INPUT" | "FORWARD" | "OUTPUT" | "POSTROUTING"
        );
        self.place == Place::Front && base && !self.args.is_empty()
    }
}

/// A chain, or a rule at a chain's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Extra {
    who: Companion,
    table: TableName,
    chain: &'static str,
    /// What stands after `-A CHAIN `; empty for the chain itself.
    args: &'static str,
    why: &'static str,
    since: Dialect,
    until: Dialect,
    families: Families,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Families {
    Both,
    Ipv4,
}

const fn canary(who: Companion, table: TableName, chain: &'static str, why: &'static str) -> Extra {
    Extra {
        who,
        table,
        chain,
        args: "",
        why,
        since: Dialect::V1_20,
        until: Dialect::Newest,
        families: Families::Both,
    }
}

const fn older(
    table: TableName,
    chain: &'static str,
    args: &'static str,
    why: &'static str,
) -> Extra {
    Extra {
        who: Companion::Kubelet,
        table,
        chain,
        args,
        why,
        since: Dialect::V1_20,
        until: Dialect::V1_25,
        families: Families::Both,
    }
}

const KUBELET_CANARY: &str = "KUBE-KUBELET-CANARY";
const PROXY_CANARY: &str = "KUBE-PROXY-CANARY";
const WATCHED: &str = "An empty chain; when it is gone, kubelet knows that somebody flushed the rules, and writes its own again.";
const PROXY_WATCHED: &str = "An empty chain; when it is gone, kube-proxy knows that somebody flushed the rules, and writes them all again.";

const DROP_MARKED: &str = "-m comment --comment \"kubernetes firewall for dropping marked packets\" -m mark --mark 0x00008000/0x00008000 -j DROP";
const BLOCK_LOCALNET: &str = "-m comment --comment \"block incoming localnet connections\" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP";
const MARKED_WHY: &str = "A packet that KUBE-MARK-DROP marked ends here.";
const LOCALNET_WHY: &str = "Loopback addresses answer on the network while node ports work on them, so strangers are kept away from them.";

const fn localnet(since: Dialect, until: Dialect) -> Extra {
    Extra {
        since,
        until,
        families: Families::Ipv4,
        ..older(Filter, "KUBE-FIREWALL", BLOCK_LOCALNET, LOCALNET_WHY)
    }
}

/// Everything, in the order in which it is made. kubelet is up before kube-proxy, whose jumps are then
/// put in front, so kubelet's stand behind. Its marks for masquerade are the very rules that kube-proxy
/// writes, and stand but once.
const EXTRAS: [Extra; 15] = [
    canary(Companion::Kubelet, Mangle, KUBELET_CANARY, WATCHED),
    canary(Companion::Kubelet, Nat, KUBELET_CANARY, WATCHED),
    canary(Companion::Kubelet, Filter, KUBELET_CANARY, WATCHED),
    // Since v1.24, for whoever wants to know which iptables this node uses.
    Extra {
        since: Dialect::V1_25,
        ..canary(
            Companion::Kubelet,
            Mangle,
            "KUBE-IPTABLES-HINT",
            "An empty chain; where it is found, legacy or nft, is the iptables that this node uses.",
        )
    },
    older(
        Nat,
        "KUBE-MARK-DROP",
        "",
        "Marks a packet for the filter table to drop.",
    ),
    older(
        Nat,
        "KUBE-MARK-DROP",
        "-j MARK --or-mark 0x00008000",
        "Bit 15 of the packet's mark is set; it stands for \"drop me\".",
    ),
    older(
        Filter,
        "KUBE-FIREWALL",
        "",
        "Drops what was marked for it, and keeps strangers away from this node's loopback addresses.",
    ),
    localnet(Dialect::V1_25, Dialect::V1_25),
    older(Filter, "KUBE-FIREWALL", DROP_MARKED, MARKED_WHY),
    // Until v1.23 the two stood the other way round.
    localnet(Dialect::V1_20, Dialect::V1_23),
    older(
        Filter,
        "INPUT",
        "-j KUBE-FIREWALL",
        "What is for this node is checked for the drop mark.",
    ),
    older(
        Filter,
        "OUTPUT",
        "-j KUBE-FIREWALL",
        "What this node sends is checked for the drop mark.",
    ),
    canary(Companion::Canary, Mangle, PROXY_CANARY, PROXY_WATCHED),
    canary(Companion::Canary, Nat, PROXY_CANARY, PROXY_WATCHED),
    canary(Companion::Canary, Filter, PROXY_CANARY, PROXY_WATCHED),
];

/// What kubelet and the canaries add, in order.
pub(crate) fn rules(dialect: Dialect, family: IpFamily) -> impl Iterator<Item = Beside> {
    let there = move |extra: &&Extra| {
        (extra.since..=extra.until).contains(&dialect)
            && (extra.families == Families::Both || family == IpFamily::Ipv4)
    };
    EXTRAS.iter().filter(there).map(|extra| Beside {
        who: extra.who,
        written_by: match extra.who {
            Companion::Kubelet => "kubelet",
            Companion::Canary | Companion::Plugin => "kube-proxy",
        },
        place: Place::End,
        table: extra.table,
        chain: extra.chain,
        args: Cow::Borrowed(extra.args),
        why: extra.why,
    })
}
