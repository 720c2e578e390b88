//! Which kube-proxy is spoken, and what each of them knew.
//!
//! What the differences look like in rules is written under [`crate::write`].

/// Which kube-proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Dialect {
    /// v1.20 to v1.22
    V1_20,
    /// v1.23
    V1_23,
    /// v1.24 to v1.26
    V1_25,
    /// v1.27 to v1.30
    #[default]
    V1_30,
    /// The newest read, about v1.35.
    Newest,
}

/// The oldest and newest minor versions whose source was read.
const OLDEST_READ: u32 = 20;
const NEWEST_READ: u32 = 35;

impl Dialect {
    /// All of them, oldest first.
    pub const ALL: [Dialect; 5] = [
        Dialect::V1_20,
        Dialect::V1_23,
        Dialect::V1_25,
        Dialect::V1_30,
        Dialect::Newest,
    ];

    /// The name by which it is chosen.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::V1_20 => "v1.20",
            Dialect::V1_23 => "v1.23",
            Dialect::V1_25 => "v1.25",
            Dialect::V1_30 => "v1.30",
            Dialect::Newest => "newest",
        }
    }

    /// Reads `v1.30`, `1.28.4`, `newest`. The note says when another version's rules stand in.
    /// `None` where the text names no Kubernetes version.
    pub fn parse(text: &str) -> Option<(Dialect, Option<String>)> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("newest") {
            return Some((Dialect::Newest, None));
        }
        let numbers = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let mut parts = numbers.split('.');
        if parts.next()? != "1" {
            return None;
        }
        let minor = parts.next()?;
        if minor.is_empty() || !minor.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        // A patch version is read over, and so is what a distribution puts behind it.
        if let Some(patch) = parts.next()
            && !patch.starts_with(|first: char| first.is_ascii_digit())
        {
            return None;
        }
        // A number too large to hold is newer than anything read.
        let minor: u32 = minor.parse().unwrap_or(u32::MAX);
        let dialect = match minor {
            ..=22 => Dialect::V1_20,
            23 => Dialect::V1_23,
            24..=26 => Dialect::V1_25,
            27..=30 => Dialect::V1_30,
            31.. => Dialect::Newest,
        };
        let note = match minor {
            20 | 23 | 25 | 30 | NEWEST_READ => None,
            ..OLDEST_READ => Some(format!(
                "v1.{minor} is older than any kube-proxy read here; the rules shown are those of v1.20."
            )),
            31.. if minor > NEWEST_READ => Some(format!(
                "v1.{minor} is newer than any kube-proxy read here; the rules shown are those of about v1.{NEWEST_READ}."
            )),
            _ => Some(format!(
                "The rules of v1.{minor} are shown as {} wrote them. {}",
                dialect.name(),
                own(minor)
            )),
        };
        Some((dialect, note))
    }

    /// Whether `internalTrafficPolicy` is obeyed (on by default since v1.22).
    pub(crate) fn knows_internal_policy(self) -> bool {
        self >= Dialect::V1_23
    }

    /// Whether serving, terminating endpoints stand in where no ready one is left
    /// (`ProxyTerminatingEndpoints`, on by default since v1.26).
    pub(crate) fn knows_terminating(self) -> bool {
        self >= Dialect::V1_30
    }

    /// Whether the setting `localhostNodePorts` exists (since v1.26).
    pub(crate) fn knows_localhost_node_ports(self) -> bool {
        self >= Dialect::V1_30
    }

    /// Whether `nodePortAddresses: [primary]` is understood (since v1.30).
    pub(crate) fn knows_primary(self) -> bool {
        self >= Dialect::V1_30
    }

    /// Whether `conntrack.tcpBeLiberal` changes the rules (since v1.29).
    pub(crate) fn knows_liberal_conntrack(self) -> bool {
        self >= Dialect::V1_30
    }

    /// Whether `ipMode: Proxy` of a load balancer's address is understood (`LoadBalancerIPMode`, on by
    /// default since v1.30).
    pub(crate) fn knows_ip_mode(self) -> bool {
        self >= Dialect::V1_30
    }
}

/// What a version between those that were read does otherwise, after the history of
/// pkg/proxy/iptables/proxier.go and pkg/features/kube_features.go.
fn own(minor: u32) -> &'static str {
    match minor {
        21 => "It also lets health checks in (KUBE-NODEPORTS in the filter table), as v1.23 does.",
        22 => {
            "It also lets health checks in (KUBE-NODEPORTS in the filter table) and obeys internalTrafficPolicy, as v1.23 does."
        }
        24 => {
            "It still marks with KUBE-MARK-DROP what v1.25 drops in the filter table: what is outside loadBalancerSourceRanges, and what finds no local endpoint."
        }
        26 => {
            "It also knows localhostNodePorts, and sends to endpoints that terminate but still serve where no other is left, as v1.30 does."
        }
        27 | 28 => {
            "It knows neither ipMode nor `nodePortAddresses: [primary]`, and drops INVALID packets whatever conntrack.tcpBeLiberal says."
        }
        29 => "It knows neither ipMode nor `nodePortAddresses: [primary]` yet.",
        31..=33 => "It does not obey hints by node yet, which came with v1.34.",
        _ => "Between the two the form of the rules did not change.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_with_or_without_the_v() {
        for (text, dialect) in [
            ("v1.20", Dialect::V1_20),
            ("1.23", Dialect::V1_23),
            ("v1.25", Dialect::V1_25),
            ("1.30.4+k3s1", Dialect::V1_30),
            ("newest", Dialect::Newest),
        ] {
            assert_eq!(Dialect::parse(text), Some((dialect, None)), "{text}");
        }
    }

    #[test]
    fn other_minors_say_who_stands_in() {
        for (text, dialect, word) in [
            ("v1.19", Dialect::V1_20, "older"),
            ("v1.22", Dialect::V1_20, "internalTrafficPolicy"),
            ("v1.24", Dialect::V1_25, "KUBE-MARK-DROP"),
            ("v1.26", Dialect::V1_25, "localhostNodePorts"),
            ("v1.27.3", Dialect::V1_30, "tcpBeLiberal"),
            ("1.33", Dialect::Newest, "hints by node"),
            ("1.34", Dialect::Newest, "did not change"),
            ("1.99999999999999", Dialect::Newest, "newer"),
        ] {
            let (found, note) = Dialect::parse(text).expect(text);
            assert_eq!(found, dialect, "{text}");
            assert!(note.is_some_and(|note| note.contains(word)), "{text}");
        }
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "", "v", "2.0", "v1", "v1.", "latest", "v1.x", "1.-3", "v1.30.", "v1.30.x", "v1.30x",
            "30", "1,30",
        ] {
            assert_eq!(Dialect::parse(text), None, "{text:?}");
        }
    }
}
