//! Rules and sysctls that were changed by hand, as one text: what the page keeps beside the manifest, so
//! that a core which begins anew has the same network again.
//!
//! A line `node NAME ipv4` (`ipv6`) heads a node's rules as `iptables-save -c` prints them; a line
//! `sysctl NODE KEY=VALUE` stands for itself. The first line says of which cluster that is true:
//! over another one kube-proxy has synced since.

use std::fmt::Write;

use lab::{IpFamily, Lab, Options};
use netfilter::{Family, Ruleset};

use crate::sync;

/// What was changed by hand; empty where nothing was.
pub fn write(options: &Options) -> String {
    let mut out = String::new();
    for ((node, family), ruleset) in &options.changed {
        let family = match family {
            Family::Ipv4 => "ipv4",
            Family::Ipv6 => "ipv6",
        };
        let _ = writeln!(out, "node {node} {family}");
        for table in ruleset.tables.values() {
            out.push_str(&table.to_string_with_counters());
        }
    }
    for (node, values) in &options.sysctls {
        for (key, value) in values {
            let _ = writeln!(out, "sysctl {node} {key}={value}");
        }
    }
    out
}

/// Whether the cluster is the one that was changed by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cluster {
    /// It is that one.
    Same,
    /// It was edited since, and kube-proxy has synced: its own chains are as it writes them, and
    /// everything else is as it was left.
    Edited,
}

/// Does to a lab what was done by hand. What can't be read is left out, and so are nodes that are gone.
pub fn apply(text: &str, lab: &mut Lab, cluster: Cluster) {
    let mut node: Option<(&str, Family)> = None;
    let mut rules = String::new();
    for line in text.lines().chain(std::iter::once("end")) {
        let words: Vec<&str> = line.split(' ').collect();
        let head = matches!(
            words.as_slice(),
            ["node", _, "ipv4" | "ipv6"] | ["sysctl", ..] | ["end"]
        );
        if !head {
            rules.push_str(line);
            rules.push('\n');
            continue;
        }
        if let Some((name, family)) = node.take() {
            change(lab, name, family, &rules, cluster);
        }
        rules.clear();
        match words.as_slice() {
            ["node", name, family] => {
                let family = match *family {
                    "ipv6" => Family::Ipv6,
                    _ => Family::Ipv4,
                };
                node = Some((name, family));
            }
            ["sysctl", name, setting] if lab.cluster().node(name).is_some() => {
                if let Some((key, value)) = setting.split_once('=') {
                    lab.set_sysctl(name, key, value);
                }
            }
            _ => {}
        }
    }
}

fn change(lab: &mut Lab, node: &str, family: Family, text: &str, cluster: Cluster) {
    if lab.cluster().node(node).is_none() {
        return;
    }
    let Ok(mut ruleset) = Ruleset::parse(family, text) else {
        return;
    };
    if cluster == Cluster::Edited {
        let of = match family {
            Family::Ipv4 => IpFamily::Ipv4,
            Family::Ipv6 => IpFamily::Ipv6,
        };
        sync::resync(&mut ruleset, &lab.rules(node, of).proxy);
    }
    lab.change_rules(node, ruleset);
}
