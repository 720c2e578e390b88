//! KubeProxyConfiguration and presets: what is taken from them, and what is said of their faults.

mod support;

use cluster::{Plan, Preset, ProxyMode};
use expect_test::expect;
use support::{check, check_diagnostics, demo, load_text, load_with, print_diagnostics};

fn deployment(replicas: u64) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: many}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: c, image: c}}]}}
"
    )
}

#[test]
fn a_kube_proxy_configuration_is_taken_from_kubeadms_configmap() {
    let text =
        include_str!("manifests/a-kube-proxy-configuration-is-taken-from-kubeadms-configmap.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.200.0.0/16 services 10.43.0.0/16
        node node1 192.168.1.11 pods 10.200.0.0/24
        node node2 192.168.1.12 pods 10.200.1.0/24
        node node3 192.168.1.13 pods 10.200.2.0/24
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        6:5 Remark data[config.conf]: kube-proxy's configuration is taken from this ConfigMap. Nothing to do.
    "#]],
    );
}

#[test]
fn a_preset_fills_in_what_nothing_states() {
    let plan = |preset| Plan {
        preset: Some(preset),
        ..Plan::default()
    };
    let ranges = |text: &str, preset| {
        let addresses = load_with(text, &plan(preset)).0.addresses;
        format!("{} {}", addresses.pod_cidrs[0], addresses.service_cidrs[0])
    };
    assert_eq!(
        ranges(&deployment(1), Preset::Kubeadm),
        "10.244.0.0/16 10.96.0.0/12"
    );
    assert_eq!(
        ranges(&deployment(1), Preset::Kind),
        "10.244.0.0/16 10.96.0.0/16"
    );
    // The demo's Nodes state their own.
    assert_eq!(
        ranges(&demo(), Preset::Kubeadm),
        "10.42.0.0/16 10.96.0.0/12"
    );
}

#[test]
fn kube_proxy_knows_the_pods_range_unless_its_configuration_says_none() {
    let cidrs = |text: &str| load_text(text).0.proxy.cluster_cidrs;
    let silent = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";
    assert_eq!(cidrs(&demo()), ["10.42.0.0/16".parse().expect("a range")]);
    assert_eq!(cidrs(&format!("{}---\n{silent}", demo())), []);
}

#[test]
fn kube_proxys_configuration_is_read_strictly() {
    let text = include_str!("manifests/kube-proxys-configuration-is-read-strictly.yaml");
    check_diagnostics(
        text,
        expect![[r#"
            1:1 Error detectLocal.bridgeInterface: detectLocalMode BridgeInterface needs detectLocal.bridgeInterface. Say it under detectLocal.bridgeInterface.
            3:14 Warning clusterCidr: kube-proxy has no field clusterCidr and passes it over. Look at its spelling; capitals count.
            4:14 Error clusterCIDR: clusterCIDR is neither a range of addresses nor one for each family. Write it as 10.42.0.0/16, or 10.42.0.0/16,2001:cafe:42::/56 for both families.
            5:7 Error mode: The mode userspace is gone since v1.26, and kube-proxy would not start. Shown are the rules of the mode iptables. Write iptables, or leave it out.
            7:21 Error nodePortAddresses[0]: The word primary stands beside ranges. Write either the one word primary, or ranges.
            9:18 Error iptables.masqueradeAll: iptables.masqueradeAll must be true or false. Write true or false here.
            10:18 Error iptables.masqueradeBit: The mark has the bits 0 to 31; 32 is none of them. Leave it out for bit 14, the mark 0x4000.
        "#]],
    );
}

/// What another mode means for the rules is said where rules are made.
#[test]
fn each_option_is_kept_or_told() {
    let mode = |text: &str| {
        let head = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";
        let (state, diagnostics) = load_text(&format!("{head}{text}clusterCIDR: 10.42.0.0/16\n"));
        (state.proxy.mode, print_diagnostics(&diagnostics))
    };
    assert_eq!(
        mode("mode: nftables\n"),
        (ProxyMode::Nftables, String::new())
    );
    assert_eq!(mode("mode: ipvs\n"), (ProxyMode::Ipvs, String::new()));
    let named = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nhostnameOverride: \" Node-A \"\n";
    let name = load_text(named).0.proxy.hostname_override;
    assert_eq!(name.as_deref(), Some("node-a"));
    for (text, place) in [
        (
            "mode: kernelspace\n",
            "3:7 Error mode: The mode kernelspace is for nodes that run Windows",
        ),
        (
            "mode: userspace\n",
            "3:7 Error mode: The mode userspace is gone since v1.26",
        ),
        (
            "detectLocalMode: None\n",
            "3:18 Warning detectLocalMode: kube-proxy itself takes no None",
        ),
        (
            "nodePortAddresses: [10.0.0.0/8, primary]\n",
            "3:33 Error nodePortAddresses[1]: The word primary stands beside ranges.",
        ),
        (
            "nodePortAddresses: [10.0.0.1]\n",
            "3:21 Error nodePortAddresses[0]: 10.0.0.1 is no range",
        ),
        (
            "detectLocalMode: Bridge\n",
            "3:18 Error detectLocalMode: kube-proxy has no detectLocalMode Bridge.",
        ),
        (
            "iptables: {masqueradeBit: -1}\n",
            "3:27 Error iptables.masqueradeBit:",
        ),
        (
            "conntrack: {tcpBeLiberal: 1}\n",
            "3:27 Error conntrack.tcpBeLiberal:",
        ),
        ("hostnameOverride: 1\n", "3:19 Error hostnameOverride:"),
        (
            "detectLocal: {clusterCIDRs: [10.42.0.0/16]}\n",
            "3:29 Warning detectLocal.clusterCIDRs: kube-proxy has no field",
        ),
    ] {
        let said = mode(text).1;
        assert!(said.starts_with(place), "{text}{said}");
    }
}
