//! `kind: Network`: every wrong value named at its place, and what presets say of a network.

use cluster::{ClusterState, NetworkSpec, Plan, Preset, Source};
use expect_test::{Expect, expect};

fn load(text: &str, preset: Option<Preset>) -> (ClusterState, String) {
    let source = Source {
        name: "network.yaml".to_owned(),
        text: text.into(),
    };
    let plan = Plan {
        preset,
        ..Plan::default()
    };
    let (cluster, diagnostics) = cluster::load(&[source], &plan);
    let told: Vec<String> = diagnostics
        .iter()
        .filter(|d| d.severity != cluster::Severity::Remark)
        .map(|d| {
            let (line, column) = d.span.map_or((0, 0), |span| (span.line, span.column));
            format!(
                "{line}:{column} {:?} {}: {} {}",
                d.severity, d.field, d.message, d.help
            )
        })
        .collect();
    (cluster, told.join("\n"))
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&load(text, None).1);
}

#[test]
fn a_network_s_faults_are_all_named() {
    check(
        include_str!("manifests/a-network-s-faults-are-all-named.yaml"),
        expect![[r#"
            4:11 Error spec.attach: spec.attach has a value that Chainwalk does not model. Write one of bridge, ptp, calico.
            5:15 Error spec.masquerade: spec.masquerade is neither true nor false. Write true or false, without quotes.
            6:19 Error spec.forward_policy: spec.forward_policy has a value that Chainwalk does not model. Write one of ACCEPT, DROP.
            8:26 Error spec.sysctl[net.ipv4.ip_forward]: The sysctl net.ipv4.ip_forward is a number, and "yes please" is none. Write a number, as the file under /proc/sys shows it.
            9:25 Warning spec.sysctl[net.core.somaxconn]: Chainwalk does not model the sysctl net.core.somaxconn, so it changes nothing here. Those that it models stand in docs/network.md.
            10:35 Error spec.sysctl[net.ipv4.conf.eth0.rp_filter]: The sysctl net.ipv4.conf.eth0.rp_filter has no plain value. Write a number, as the file under /proc/sys shows it.
            11:10 Error spec.nodes: spec.nodes is no mapping from names to values. Write it as {node1: {default_route: false}}.
            13:5 Error spec.external[0].name: A host outside has no name. Give it one, as name: client.
            14:54 Error spec.external[1].routes[10.43.0.0]: A route goes to 10.43.0.0, which is no range of addresses. Write a range, as 10.96.0.0/12.
            15:19 Error spec.external[2].ip: Two hosts outside have the same ip. Give each one of its own.
            15:43 Error spec.external[2].routes[0]: A route does not say to which addresses it leads. Write a range and a node, as {dst: 10.96.0.0/12, via: node1}.
            15:57 Error spec.external[2].routes[1]: A route does not say by which node it goes. Name a node, as {dst: 10.96.0.0/12, via: node1}.
            16:12 Error spec.external[3].name: Two hosts outside have the same name. Give each one of its own.
            16:42 Error spec.external[3].routes: spec.external[3].routes is no mapping from names to values. Write it as {10.96.0.0/12: node1}.
            17:20 Error spec.sets[blocked][0]: A member of the set blocked is no address and no range. Write addresses and ranges; sets of ports or of pairs are not modelled.
            17:35 Error spec.sets[open]: spec.sets[open] is no list. Write it as {blocked: [198.51.100.7, 203.0.113.0/24]}."#]],
    );
}

#[test]
fn a_spec_that_is_none_is_said() {
    check(
        "apiVersion: chainwalk/v1\nkind: Network\nspec: bridge\n",
        expect![
            "3:7 Error spec: spec is no mapping from names to values. Write it as {attach: bridge, network: vxlan}."
        ],
    );
}

#[test]
fn a_tunnel_of_calico_s_is_said_not_to_be_known() {
    check(
        "apiVersion: chainwalk/v1\nkind: Network\nspec: {attach: calico, network: vxlan}\n",
        expect![
            "3:33 Warning spec.network: calico's tunnel has a device and rules that Chainwalk does not know; flannel's stand in. Write network: host-gw, which is calico with BGP."
        ],
    );
}

#[test]
fn a_preset_names_its_network_and_a_network_what_differs() {
    let of = |text: &str, preset| {
        let NetworkSpec {
            attach,
            network,
            masquerade,
            ..
        } = load(text, preset).0.network;
        format!("{attach} {network} {masquerade}")
    };
    let none = "";
    assert_eq!(of(none, None), "bridge host-gw false");
    assert_eq!(of(none, Some(Preset::K3s)), "bridge vxlan true");
    assert_eq!(of(none, Some(Preset::Kind)), "ptp host-gw true");
    assert_eq!(of(none, Some(Preset::Calico)), "calico host-gw true");
    assert_eq!(of(none, Some(Preset::Kubeadm)), "bridge host-gw false");
    let other = "apiVersion: chainwalk/v1\nkind: Network\nspec: {network: host-gw}\n";
    assert_eq!(of(other, Some(Preset::K3s)), "bridge host-gw true");
    assert_eq!(of(other, None), "bridge host-gw false");
}

#[test]
fn sets_hold_addresses_and_ranges() {
    let text = "apiVersion: chainwalk/v1\nkind: Network\nspec: {sets: {a: [10.0.0.1, 10.1.0.0/16, fd00::/8]}}\n";
    let (cluster, told) = load(text, None);
    assert_eq!(told, "");
    let members: Vec<String> = cluster.network.sets["a"]
        .iter()
        .map(|m| m.to_string())
        .collect();
    assert_eq!(members, ["10.0.0.1/32", "10.1.0.0/16", "fd00::/8"]);
}
