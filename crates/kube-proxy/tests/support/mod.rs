//! Reads the recordings of the real kube-proxy: the cluster of each case and the settings that stand
//! beside it.

#![allow(dead_code)]

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use cluster::source::ObjectOrigin;
use cluster::*;
use kube_proxy::{Dialect, Options};
use serde_yaml::Value;

/// Where the recordings are.
pub fn oracle() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/kube-proxy")
}

/// A recorded case.
pub struct Case {
    pub name: String,
    pub folder: PathBuf,
    pub cluster: ClusterState,
    pub node: String,
    pub options: Options,
}

/// Every case in a folder, sorted by name.
pub fn cases(folder: &Path) -> Vec<Case> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    folders.iter().map(|folder| case(folder)).collect()
}

fn case(folder: &Path) -> Case {
    let text = std::fs::read_to_string(folder.join("input.yaml")).unwrap();
    let config: Value =
        serde_yaml::from_str(&std::fs::read_to_string(folder.join("config.json")).unwrap())
            .unwrap();
    let node = str(&config["nodeName"]);
    let mut cluster = load_simple(&text);
    apply_config(&mut cluster, &node, &config);
    let addresses = list(&config["interfaceAddresses"])
        .iter()
        .map(|a| str(a).split('/').next().unwrap().parse().unwrap())
        .collect();
    Case {
        name: folder.file_name().unwrap().to_string_lossy().into_owned(),
        folder: folder.to_path_buf(),
        cluster,
        node,
        options: Options {
            dialect: Dialect::V1_30,
            interface_addresses: addresses,
            random_fully: config["randomFully"].as_bool().unwrap(),
            nfacct: config["nfacct"].as_bool().unwrap_or(true),
        },
    }
}

/// What stands in config.json is what the recorder was started with.
fn apply_config(cluster: &mut ClusterState, node: &str, config: &Value) {
    let proxy = &mut cluster.proxy;
    proxy.conntrack_tcp_be_liberal = config["conntrackTCPLiberal"].as_bool().unwrap();
    if let Some(at) = cluster.nodes.iter_mut().find(|n| n.name == node) {
        let ips: Vec<IpAddr> = list(&config["nodeIPs"])
            .iter()
            .map(|ip| str(ip).parse().unwrap())
            .collect();
        at.internal_ips = ips;
        if let Some(cidrs) = config["nodePodCIDRs"].as_sequence() {
            at.pod_cidrs = cidrs.iter().map(|c| str(c).parse().unwrap()).collect();
        }
    }
}

fn str(v: &Value) -> String {
    v.as_str().unwrap_or_default().to_string()
}
fn list(v: &Value) -> Vec<Value> {
    v.as_sequence().cloned().unwrap_or_default()
}
fn strings(v: &Value) -> Vec<String> {
    list(v).iter().map(str).collect()
}

fn load_simple(text: &str) -> ClusterState {
    use serde::Deserialize;
    let mut cluster = ClusterState::default();
    for (id, doc) in serde_yaml::Deserializer::from_str(text).enumerate() {
        let v = Value::deserialize(doc).unwrap();
        let meta = &v["metadata"];
        let spec = &v["spec"];
        let object = ObjectId(id);
        cluster.origins.objects.push(ObjectOrigin {
            kind: str(&v["kind"]),
            namespace: str(&meta["namespace"]),
            name: str(&meta["name"]),
            made_by: None,
            fields: [(
                String::new(),
                Span {
                    source: 0,
                    line: 1,
                    column: 1,
                    end_line: 1,
                    end_column: 1,
                },
            )]
            .into(),
        });
        let map = |m: &Value| {
            m.as_mapping()
                .map(|m| m.iter().map(|(k, v)| (str(k), str(v))).collect())
                .unwrap_or_default()
        };
        match v["kind"].as_str().unwrap() {
            "KubeProxyConfiguration" => {
                let p = &mut cluster.proxy;
                p.object = Some(object);
                p.cluster_cidrs = str(&v["clusterCIDR"])
                    .split(',')
                    .filter(|s| !s.is_empty())
                    .map(|s| s.parse().unwrap())
                    .collect();
                p.detect_local = match v["detectLocalMode"].as_str().unwrap_or("ClusterCIDR") {
                    "ClusterCIDR" => DetectLocal::ClusterCidr,
                    "NodeCIDR" => DetectLocal::NodeCidr,
                    "BridgeInterface" => DetectLocal::BridgeInterface,
                    "InterfaceNamePrefix" => DetectLocal::InterfaceNamePrefix,
                    _ => DetectLocal::None,
                };
                p.bridge_interface = str(&v["detectLocal"]["bridgeInterface"]);
                p.interface_name_prefix = str(&v["detectLocal"]["interfaceNamePrefix"]);
                p.masquerade_all = v["iptables"]["masqueradeAll"].as_bool().unwrap_or(false);
                p.masquerade_bit = v["iptables"]["masqueradeBit"].as_u64().unwrap_or(14) as u8;
                p.localhost_node_ports = v["iptables"]["localhostNodePorts"]
                    .as_bool()
                    .unwrap_or(true);
                p.node_port_addresses = strings(&v["nodePortAddresses"])
                    .iter()
                    .map(|s| NodePortAddress::Cidr(s.parse().unwrap()))
                    .collect();
            }
            "Node" => cluster.nodes.push(Node {
                object,
                name: str(&meta["name"]),
                labels: map(&meta["labels"]),
                internal_ips: Vec::new(),
                other_ips: Vec::new(),
                pod_cidrs: strings(&spec["podCIDRs"])
                    .iter()
                    .map(|s| s.parse().unwrap())
                    .collect(),
                unschedulable: false,
                made: false,
            }),
            "Service" => {
                let policy = |v: &Value| match v.as_str() {
                    Some("Local") => TrafficPolicy::Local,
                    _ => TrafficPolicy::Cluster,
                };
                cluster.services.push(Service {
                    object,
                    namespace: str(&meta["namespace"]),
                    name: str(&meta["name"]),
                    annotations: map(&meta["annotations"]),
                    service_type: match spec["type"].as_str().unwrap_or("ClusterIP") {
                        "NodePort" => ServiceType::NodePort,
                        "LoadBalancer" => ServiceType::LoadBalancer,
                        "ExternalName" => ServiceType::ExternalName,
                        _ => ServiceType::ClusterIp,
                    },
                    cluster_ips: strings(&spec["clusterIPs"])
                        .iter()
                        .filter_map(|s| s.parse().ok())
                        .collect(),
                    headless: spec["clusterIP"].as_str() == Some("None"),
                    ip_families: Vec::new(),
                    external_name: None,
                    ports: list(&spec["ports"])
                        .iter()
                        .enumerate()
                        .map(|(index, p)| ServicePort {
                            name: str(&p["name"]),
                            protocol: protocol(&p["protocol"]),
                            port: p["port"].as_u64().unwrap() as u16,
                            target_port: TargetPort::Number(1),
                            node_port: p["nodePort"].as_u64().map(|n| n as u16),
                            index,
                        })
                        .collect(),
                    selector: Default::default(),
                    external_ips: strings(&spec["externalIPs"])
                        .iter()
                        .map(|s| s.parse().unwrap())
                        .collect(),
                    ingress: list(&v["status"]["loadBalancer"]["ingress"])
                        .iter()
                        .map(|i| LoadBalancerIngress {
                            ip: i["ip"].as_str().map(|s| s.parse().unwrap()),
                            hostname: i["hostname"].as_str().map(Into::into),
                            proxy_mode: i["ipMode"].as_str() == Some("Proxy"),
                            made: false,
                        })
                        .collect(),
                    source_ranges: strings(&spec["loadBalancerSourceRanges"])
                        .iter()
                        .map(|s| s.trim().parse().unwrap())
                        .collect(),
                    external_policy: policy(&spec["externalTrafficPolicy"]),
                    internal_policy: policy(&spec["internalTrafficPolicy"]),
                    affinity_seconds: (spec["sessionAffinity"].as_str() == Some("ClientIP")).then(
                        || {
                            spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"]
                                .as_u64()
                                .unwrap_or(10800) as u32
                        },
                    ),
                    health_check_node_port: spec["healthCheckNodePort"].as_u64().map(|n| n as u16),
                    publish_not_ready: false,
                    traffic_distribution: None,
                });
            }
            "EndpointSlice" => cluster.slices.push(EndpointSlice {
                object,
                namespace: str(&meta["namespace"]),
                name: str(&meta["name"]),
                service: meta["labels"]["kubernetes.io/service-name"]
                    .as_str()
                    .map(Into::into),
                family: match v["addressType"].as_str() {
                    Some("IPv4") => Some(IpFamily::Ipv4),
                    Some("IPv6") => Some(IpFamily::Ipv6),
                    _ => None,
                },
                endpoints: list(&v["endpoints"])
                    .iter()
                    .map(|e| {
                        let c = &e["conditions"];
                        let ready = c["ready"].as_bool().unwrap_or(true);
                        Endpoint {
                            addresses: strings(&e["addresses"])
                                .iter()
                                .map(|s| s.parse().unwrap())
                                .collect(),
                            ready,
                            serving: c["serving"].as_bool().unwrap_or(ready),
                            terminating: c["terminating"].as_bool().unwrap_or(false),
                            node: e["nodeName"].as_str().map(Into::into),
                            zone: e["zone"].as_str().map(Into::into),
                            pod: None,
                            zone_hints: list(&e["hints"]["forZones"])
                                .iter()
                                .map(|z| str(&z["name"]))
                                .collect(),
                            node_hints: list(&e["hints"]["forNodes"])
                                .iter()
                                .map(|z| str(&z["name"]))
                                .collect(),
                        }
                    })
                    .collect(),
                ports: list(&v["ports"])
                    .iter()
                    .map(|p| EndpointPort {
                        name: str(&p["name"]),
                        port: p["port"].as_u64().map(|n| n as u16),
                        protocol: protocol(&p["protocol"]),
                    })
                    .collect(),
                made: false,
            }),
            other => panic!("{other}"),
        }
    }
    cluster
}

fn protocol(v: &Value) -> Transport {
    match v.as_str() {
        Some("UDP") => Transport::Udp,
        Some("SCTP") => Transport::Sctp,
        _ => Transport::Tcp,
    }
}
