//! Measures how long it takes from objects to iptables-restore text: `speed [SERVICES [ENDPOINTS]]`.
//! Prints the median of five runs.

#![expect(
    clippy::disallowed_methods,
    reason = "a measurement looks at the clock"
)]

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use cluster::{
    ClusterState, Endpoint, EndpointPort, EndpointSlice, IpFamily, Node, ObjectId, Service,
    ServicePort, ServiceType, TargetPort, TrafficPolicy, Transport,
};
use kube_proxy::{Dialect, Options, PluginAddresses, default_interface_addresses, sync};

fn main() {
    let mut args = std::env::args().skip(1);
    let mut number = |otherwise: usize| match args.next() {
        Some(text) => text.parse().unwrap_or(otherwise),
        None => otherwise,
    };
    let (services, endpoints) = (number(1000), number(10));
    let cluster = cluster(services, endpoints);
    let options = Options {
        dialect: Dialect::V1_30,
        interface_addresses: default_interface_addresses(
            &cluster.nodes[0],
            PluginAddresses::Gateways,
        ),
        random_fully: true,
        nfacct: true,
    };
    let mut restore = Vec::new();
    let mut ruleset = Vec::new();
    let mut length = 0;
    for _ in 0..5 {
        let start = Instant::now();
        let rules = sync(&cluster, "node1", IpFamily::Ipv4, &options);
        length = rules.restore().len();
        restore.push(start.elapsed());
        let start = Instant::now();
        let set = rules.ruleset();
        ruleset.push(start.elapsed());
        drop(set);
    }
    println!(
        "{services} services x {endpoints} endpoints: objects to restore text ({length} bytes) {:.1} ms, to rules {:.1} ms more",
        median(restore),
        median(ruleset)
    );
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

fn address(base: [u8; 2], number: usize) -> IpAddr {
    let [high, low] = (number as u16).to_be_bytes();
    let third = base[1].wrapping_add((number >> 16) as u8);
    Ipv4Addr::new(base[0], third, high, low).into()
}

fn cluster(services: usize, endpoints: usize) -> ClusterState {
    let mut cluster = ClusterState::default();
    cluster.proxy.cluster_cidrs = vec!["10.0.0.0/8".parse().expect("a range")];
    cluster.nodes.push(Node {
        object: ObjectId(0),
        name: "node1".into(),
        labels: Default::default(),
        internal_ips: vec![Ipv4Addr::new(192, 168, 0, 1).into()],
        other_ips: Vec::new(),
        pod_cidrs: vec!["10.0.0.0/24".parse().expect("a range")],
        unschedulable: false,
        made: false,
    });
    for s in 0..services {
        let name = format!("service-{s:05}");
        cluster.services.push(service(&name, s));
        cluster.slices.push(EndpointSlice {
            object: ObjectId(0),
            namespace: "bench".into(),
            name: format!("{name}-abcde"),
            labels: Default::default(),
            service: Some(name),
            family: Some(IpFamily::Ipv4),
            endpoints: (0..endpoints)
                .map(|e| Endpoint {
                    addresses: vec![address([10, 128], s * endpoints + e)],
                    ready: true,
                    serving: true,
                    terminating: false,
                    node: Some(format!("node{}", e + 1)),
                    zone: None,
                    pod: None,
                    zone_hints: Vec::new(),
                    node_hints: Vec::new(),
                })
                .collect(),
            ports: vec![EndpointPort {
                name: "http".into(),
                port: Some(8080),
                protocol: Transport::Tcp,
            }],
            made: false,
        });
    }
    cluster
}

fn service(name: &str, number: usize) -> Service {
    Service {
        object: ObjectId(0),
        namespace: "bench".into(),
        name: name.into(),
        labels: Default::default(),
        annotations: Default::default(),
        service_type: ServiceType::ClusterIp,
        cluster_ips: vec![address([10, 32], number)],
        headless: false,
        ip_families: vec![IpFamily::Ipv4],
        external_name: None,
        ports: vec![ServicePort {
            name: "http".into(),
            protocol: Transport::Tcp,
            port: 80,
            target_port: TargetPort::Number(8080),
            node_port: None,
            index: 0,
        }],
        selector: Default::default(),
        external_ips: Vec::new(),
        ingress: Vec::new(),
        source_ranges: Vec::new(),
        external_policy: TrafficPolicy::Cluster,
        internal_policy: TrafficPolicy::Cluster,
        affinity_seconds: None,
        health_check_node_port: None,
        publish_not_ready: false,
        traffic_distribution: None,
    }
}
