//! Reads the recordings of the real kube-proxy: the cluster of each case and the settings that stand
//! beside it.

#![allow(dead_code, clippy::unwrap_used)]

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use cluster::{ClusterState, Plan, Source};
use kube_proxy::{Dialect, Options};
use serde_json::Value;

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

impl Case {
    /// The case's options, for another version.
    pub fn speaking(&self, dialect: Dialect) -> Options {
        Options {
            dialect,
            ..self.options.clone()
        }
    }

    /// A recorded text, where the case has one.
    pub fn recorded(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.join(file)).ok()
    }
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

/// A cluster from text, whatever is said of it.
pub fn load(text: &str) -> ClusterState {
    let source = Source {
        name: "input.yaml".into(),
        text: text.into(),
    };
    cluster::load(&[source], &Plan::default()).0
}

fn case(folder: &Path) -> Case {
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let config: Value = serde_json::from_str(&read("config.json")).unwrap();
    let node = text(&config["nodeName"]);
    let mut cluster = load(&read("input.yaml"));
    apply_config(&mut cluster, &node, &config);
    let addresses = strings(&config["interfaceAddresses"])
        .iter()
        .map(|a| a.split('/').next().unwrap().parse().unwrap())
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

/// What stands only in config.json: how the recorder was started.
fn apply_config(cluster: &mut ClusterState, node: &str, config: &Value) {
    cluster.proxy.conntrack_tcp_be_liberal = config["conntrackTCPLiberal"].as_bool().unwrap();
    if let Some(at) = cluster.nodes.iter_mut().find(|n| n.name == node) {
        let ips: Vec<IpAddr> = strings(&config["nodeIPs"])
            .iter()
            .map(|ip| ip.parse().unwrap())
            .collect();
        at.internal_ips = ips;
        if config["nodePodCIDRs"].is_array() {
            at.pod_cidrs = strings(&config["nodePodCIDRs"])
                .iter()
                .map(|c| c.parse().unwrap())
                .collect();
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_string()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(text).collect()
}
