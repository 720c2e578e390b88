//! Every rule and chain knows why it is there.

#![allow(clippy::unwrap_used)]

mod support;

use cluster::IpFamily;
use kube_proxy::{Dialect, ProxyRules, sync};
use netfilter::TableName;
use support::{Case, cases, oracle};

const FAMILIES: [IpFamily; 2] = [IpFamily::Ipv4, IpFamily::Ipv6];

fn rules(case: &Case, family: IpFamily, dialect: Dialect) -> ProxyRules {
    sync(&case.cluster, &case.node, family, &case.speaking(dialect))
}

/// Every case in every dialect and family.
fn everything(mut check: impl FnMut(&Case, &ProxyRules)) {
    for case in cases(&oracle().join("cases")) {
        for dialect in Dialect::ALL {
            for family in FAMILIES {
                check(&case, &rules(&case, family, dialect));
            }
        }
    }
}

#[test]
fn every_rule_has_an_origin_and_every_chain_a_purpose() {
    let mut seen = 0;
    everything(|case, rules| {
        for text in rules.tables() {
            let mut numbers = std::collections::BTreeMap::new();
            for (chain, args) in text.rules() {
                let number = numbers.entry(chain).or_insert(0);
                *number += 1;
                let place = format!("{} {} {chain} {number}: {args}", case.name, text.table);
                let origin = rules.origin(text.table, chain, *number).expect(&place);
                assert!(origin.why.ends_with('.'), "{place}: {}", origin.why);
                assert!(!origin.why.contains("  "), "{place}: {}", origin.why);
                if let Some(object) = origin.object {
                    let stands = case.cluster.origins.objects.get(object.0);
                    assert!(stands.is_some(), "{place}");
                    let span = case.cluster.origins.span(object, &origin.field);
                    assert!(span.is_some(), "{place}: {}", origin.field);
                }
                // What a Service or an endpoint made names it.
                assert_eq!(origin.object.is_none(), origin.field.is_empty(), "{place}");
                seen += 1;
            }
            for chain in text.chains() {
                let purpose = rules.chain_purpose(text.table, chain).expect(chain);
                assert!(purpose.ends_with('.'), "{chain}: {purpose}");
            }
        }
        for jump in rules.jumps() {
            assert!(rules.origin(jump.table, jump.base, 1).is_some());
        }
        for (table, chain) in rules.ensured() {
            assert!(rules.chain_purpose(*table, chain).is_some());
        }
    });
    assert!(seen > 2000, "only {seen} rules were looked at");
}

#[test]
fn a_rule_leads_to_the_field_that_made_it() {
    let cases = cases(&oracle().join("cases"));
    let demo = &cases[0];
    let rules = rules(demo, IpFamily::Ipv4, Dialect::V1_30);
    let field = |table, chain: &str, number| {
        let origin = rules.origin(table, chain, number).unwrap();
        let object = &demo.cluster.origins.objects[origin.object.unwrap().0];
        format!(
            "{} {}/{} {}",
            object.kind, object.namespace, object.name, origin.field
        )
    };
    assert_eq!(
        field(TableName::Nat, "KUBE-SERVICES", 1),
        "Service demo/demo-cluster-ip-svc spec.clusterIP"
    );
    assert_eq!(
        field(TableName::Nat, "KUBE-SVC-P7QE5OVRKZMQ43FN", 3),
        "EndpointSlice demo/demo-cluster-ip-svc-q7x2m endpoints[1]"
    );
    assert_eq!(
        field(TableName::Nat, "KUBE-SEP-3DAK6EL2JD2M5WTS", 2),
        "EndpointSlice demo/demo-cluster-ip-svc-q7x2m endpoints[2]"
    );
    assert_eq!(
        field(TableName::Nat, "KUBE-MARK-MASQ", 1),
        "KubeProxyConfiguration / iptables.masqueradeBit"
    );
    assert_eq!(rules.origin(TableName::Nat, "KUBE-SERVICES", 0), None);
    assert_eq!(rules.origin(TableName::Nat, "KUBE-SERVICES", 3), None);
    assert_eq!(rules.origin(TableName::Raw, "KUBE-SERVICES", 1), None);
}

#[test]
fn companions_stand_beside_kube_proxys_rules_and_are_named() {
    use kube_proxy::Companion;
    let cases = cases(&oracle().join("cases"));
    let demo = &cases[0];
    let full = |dialect, family| rules(demo, family, dialect).with(&Companion::ALL);
    let current = full(Dialect::V1_30, IpFamily::Ipv4);
    let text = current.ruleset().to_string();
    assert_eq!(text.matches(":KUBE-KUBELET-CANARY").count(), 3);
    assert_eq!(text.matches(":KUBE-PROXY-CANARY").count(), 3);
    assert_eq!(text.matches(":KUBE-IPTABLES-HINT").count(), 1);
    assert!(!text.contains("KUBE-MARK-DROP"));
    assert_eq!(
        current.restore(),
        rules(demo, IpFamily::Ipv4, Dialect::V1_30).restore()
    );

    let older = full(Dialect::V1_20, IpFamily::Ipv4);
    let text = older.ruleset().to_string();
    assert!(text.contains("-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000"));
    assert!(!text.contains("KUBE-IPTABLES-HINT"));
    let marked = older.origin(TableName::Nat, "KUBE-MARK-DROP", 1).unwrap();
    assert_eq!(marked.written_by, "kubelet");
    // kube-proxy's one jump comes first, kubelet's second, and there is no third.
    let writers = [1, 2].map(|n| {
        older
            .origin(TableName::Filter, "INPUT", n)
            .unwrap()
            .written_by
    });
    assert_eq!(writers, ["kube-proxy", "kubelet"]);
    assert_eq!(older.origin(TableName::Filter, "INPUT", 3), None);
    let guards = |family| {
        let set = full(Dialect::V1_23, family).ruleset();
        let name = netfilter::ChainName::new("KUBE-FIREWALL").unwrap();
        set.tables[&TableName::Filter]
            .chain(&name)
            .unwrap()
            .rules
            .len()
    };
    assert_eq!((guards(IpFamily::Ipv4), guards(IpFamily::Ipv6)), (2, 1));
}
