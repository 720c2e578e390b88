//! Random clusters as YAML, and questions to ask of them: Services of every type, policy, protocol and
//! family, with endpoints in every state, in a world so small that questions meet them.

use std::fmt::Write;

use lab::{Ask, Dialect, Lab, Options, Source};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

#[derive(Debug, Clone)]
pub struct Cluster {
    pub nodes: u8,
    pub dual: bool,
    pub services: Vec<Service>,
    pub pods: Vec<Pod>,
    pub proxy: &'static str,
    pub dialect: Dialect,
    /// Whether `sessionAffinity` is written.
    pub affinity: bool,
}

#[derive(Debug, Clone)]
pub struct Service {
    kind: &'static str,
    protocol: &'static str,
    external: &'static str,
    internal: &'static str,
    affinity: bool,
    ranges: bool,
    external_ip: bool,
    target: u16,
}

#[derive(Debug, Clone)]
pub struct Pod {
    node: u8,
    app: u8,
    ready: bool,
    leaving: bool,
    listens: bool,
    host: bool,
}

fn service() -> impl Strategy<Value = Service> {
    (
        select(vec!["ClusterIP", "NodePort", "LoadBalancer"]),
        select(vec!["TCP", "TCP", "UDP", "UDP", "SCTP"]),
        select(vec!["Cluster", "Local"]),
        select(vec!["Cluster", "Cluster", "Local"]),
        (any::<bool>(), any::<bool>(), any::<bool>()),
        select(vec![8080u16, 80]),
    )
        .prop_map(
            |(kind, protocol, external, internal, flags, target)| Service {
                kind,
                protocol,
                external,
                internal,
                affinity: flags.0,
                ranges: flags.1,
                external_ip: flags.2,
                target,
            },
        )
}

fn pod() -> impl Strategy<Value = Pod> {
    let mostly = || prop_oneof![4 => Just(true), 1 => Just(false)];
    let seldom = || prop_oneof![1 => Just(true), 6 => Just(false)];
    (
        0u8..3,
        select(vec![0u8, 0, 0, 1, 2]),
        mostly(),
        seldom(),
        mostly(),
        seldom(),
    )
        .prop_map(|(node, app, ready, leaving, listens, host)| Pod {
            node,
            app,
            ready,
            leaving,
            listens,
            host,
        })
}

pub fn cluster() -> impl Strategy<Value = Cluster> {
    let proxies = vec![
        "",
        "clusterCIDR: 10.42.0.0/16",
        "detectLocalMode: BridgeInterface\ndetectLocal: {bridgeInterface: cni0}",
        "iptables: {masqueradeAll: true}",
    ];
    (
        1u8..4,
        any::<bool>(),
        vec(service(), 1..4),
        vec(pod(), 0..10),
        select(proxies),
        select(Dialect::ALL.to_vec()),
    )
        .prop_map(|(nodes, dual, services, pods, proxy, dialect)| Cluster {
            nodes,
            dual,
            services,
            pods,
            proxy,
            dialect,
            affinity: true,
        })
}

impl Cluster {
    fn yaml(&self) -> String {
        let mut out = String::new();
        if !self.proxy.is_empty() {
            let _ = write!(
                out,
                "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n{}\n---\n",
                self.proxy
            );
        }
        for n in 0..self.nodes {
            let (cidr6, ip6) = match self.dual {
                true => (
                    format!(", fd42:0:0:{n}::/64"),
                    format!(", {{type: InternalIP, address: 'fd00::1{n}'}}"),
                ),
                false => Default::default(),
            };
            let _ = write!(
                out,
                "apiVersion: v1\nkind: Node\nmetadata: {{name: n{n}}}\nspec: {{podCIDR: 10.42.{n}.0/24, podCIDRs: [10.42.{n}.0/24{cidr6}]}}\nstatus: {{addresses: [{{type: InternalIP, address: 192.168.1.1{n}}}{ip6}]}}\n---\n"
            );
        }
        for (n, service) in self.services.iter().enumerate() {
            self.service(&mut out, n, service);
        }
        for (n, pod) in self.pods.iter().enumerate() {
            self.pod(&mut out, n, pod);
        }
        out
    }

    fn service(&self, out: &mut String, n: usize, service: &Service) {
        let _ = write!(
            out,
            "apiVersion: v1\nkind: Service\nmetadata: {{name: s{n}, namespace: demo}}\nspec:\n  type: {}\n  selector: {{app: a{n}}}\n  clusterIP: 10.43.0.1{n}\n  internalTrafficPolicy: {}\n",
            service.kind, service.internal
        );
        if self.dual {
            let _ = write!(
                out,
                "  clusterIPs: [10.43.0.1{n}, 'fd43::1{n}']\n  ipFamilyPolicy: PreferDualStack\n  ipFamilies: [IPv4, IPv6]\n"
            );
        }
        let mut port = format!(
            "{{port: 80, targetPort: {}, protocol: {}",
            service.target, service.protocol
        );
        if service.kind != "ClusterIP" {
            let _ = writeln!(out, "  externalTrafficPolicy: {}", service.external);
            let _ = write!(port, ", nodePort: 3008{n}");
        }
        let _ = writeln!(out, "  ports: [{port}}}]");
        if service.affinity && self.affinity {
            out.push_str("  sessionAffinity: ClientIP\n  sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}\n");
        }
        if service.external_ip {
            let _ = writeln!(out, "  externalIPs: [203.0.113.1{n}]");
        }
        if service.kind == "LoadBalancer" {
            if service.ranges {
                out.push_str("  loadBalancerSourceRanges: [192.168.1.0/28]\n");
            }
            let _ = writeln!(
                out,
                "status: {{loadBalancer: {{ingress: [{{ip: 198.51.100.1{n}}}]}}}}"
            );
        }
        out.push_str("---\n");
    }

    fn pod(&self, out: &mut String, n: usize, pod: &Pod) {
        let node = pod.node % self.nodes;
        let listen = if pod.listens {
            "tcp:8080,udp:8080,sctp:8080,tcp:80,udp:80,sctp:80"
        } else {
            "tcp:9"
        };
        let leaving = if pod.leaving {
            ", deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30"
        } else {
            ""
        };
        let (ips, host) = match (pod.host, self.dual) {
            (true, _) => (format!("podIP: 192.168.1.1{node}"), "hostNetwork: true, "),
            (false, false) => (format!("podIP: 10.42.{node}.2{n}"), ""),
            (false, true) => (
                format!(
                    "podIP: 10.42.{node}.2{n}, podIPs: [{{ip: 10.42.{node}.2{n}}}, {{ip: 'fd42:0:0:{node}::2{n}'}}]"
                ),
                "",
            ),
        };
        let ready = if pod.ready { "True" } else { "False" };
        let _ = write!(
            out,
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}, namespace: demo, labels: {{app: a{}}}, annotations: {{chainwalk/listen: '{listen}'}}{leaving}}}\nspec: {{nodeName: n{node}, {host}containers: [{{name: c, image: c}}]}}\nstatus: {{{ips}, phase: Running, conditions: [{{type: Ready, status: '{ready}'}}]}}\n---\n",
            pod.app
        );
    }
}

pub fn load(cluster: &Cluster) -> Lab {
    let source = Source {
        name: "random.yaml".into(),
        text: cluster.yaml().into(),
    };
    let options = Options {
        dialect: cluster.dialect,
        ..Options::default()
    };
    Lab::load(&[source], options)
}

/// Somebody asks for a Service's address, a node's port, a pod or nobody.
pub fn question() -> impl Strategy<Value = Ask> {
    let from = select(vec![
        "pod/demo/p0",
        "pod/demo/p1",
        "pod/demo/p2",
        "node/n0",
        "node/n1",
        "outside",
        "10.42.0.99@n0",
        "8.8.8.8@n0",
    ]);
    let host = select(vec![
        "10.43.0.10",
        "10.43.0.10",
        "10.43.0.10",
        "10.43.0.10",
        "10.43.0.10",
        "10.43.0.10",
        "demo/s0",
        "demo/s0",
        "10.43.0.11",
        "10.43.0.12",
        "[fd43::10]",
        "[fd43::11]",
        "203.0.113.10",
        "198.51.100.10",
        "192.168.1.10",
        "192.168.1.11",
        "[fd00::10]",
        "10.42.0.20",
        "10.42.0.21",
        "demo/s0",
        "127.0.0.1",
        "203.0.113.200",
    ]);
    let port = select(vec![80u16, 80, 80, 80, 80, 30080, 30081, 8080, 9]);
    let protocol = select(vec!["", "", "", "/udp", "/udp", "/sctp", "/icmp"]);
    (from, host, port, protocol).prop_filter_map(
        "it can be asked",
        |(from, host, port, protocol)| {
            let to = match protocol {
                "/icmp" => format!("{host}/icmp"),
                protocol => format!("{host}:{port}{protocol}"),
            };
            Ask::parse(from, &to, None).ok()
        },
    )
}
