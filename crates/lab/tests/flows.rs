//! Every flow that was recorded from a real kernel under kube-proxy's real rules, asked of the lab.
//!
//! A recording states the verdict, the endpoints that were reached and whether they saw another
//! source address (`tests/oracle/kube-proxy/README.md`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lab::{Ask, Dice, Lab, Memory, Options, Source, Totals};
use serde_json::Value;

/// As many as the recordings made at most; a three-way draw then misses an endpoint once in 10^27.
const CONNECTIONS: u64 = 160;

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/kube-proxy/cases");
    let entries = std::fs::read_dir(root).expect("the recordings are there");
    let mut dirs: Vec<PathBuf> = entries.map(|e| e.expect("readable").path()).collect();
    dirs.retain(|dir| dir.join("flows-kernel.json").exists());
    dirs.sort();
    dirs
}

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("readable");
    serde_json::from_str(&text).expect("JSON")
}

fn load(dir: &Path, config: &Value) -> Lab {
    let text = std::fs::read_to_string(dir.join("input.yaml")).expect("readable");
    let addresses = config["interfaceAddresses"].as_array().expect("a list");
    let addresses = addresses
        .iter()
        .map(|a| a.as_str().expect("text").parse().expect("a CIDR"));
    let node = config["nodeName"].as_str().expect("text").to_owned();
    let options = Options {
        addresses: BTreeMap::from([(node, addresses.collect())]),
        ..Options::default()
    };
    Lab::load(
        &[Source {
            name: "input.yaml".into(),
            text: text.into(),
        }],
        options,
    )
}

fn text<'a>(flow: &'a Value, field: &str) -> &'a str {
    flow[field].as_str().unwrap_or_default()
}

fn set(value: &Value) -> BTreeSet<String> {
    let list = value.as_array().expect("a list").iter();
    list.map(|v| v.as_str().expect("text").to_owned()).collect()
}

/// What is wrong with our answer, where something is.
fn compare(flow: &Value, totals: &Totals) -> Option<String> {
    let reached: BTreeSet<String> = totals
        .endpoints
        .keys()
        .map(|(a, p)| lab::text::endpoint(*a, Some(*p)))
        .collect();
    let all = |word: &str| totals.outcomes.get(word) == Some(&CONNECTIONS);
    match text(flow, "verdict") {
        "DNAT" => {
            let recorded = if flow["affinity"] == true {
                &flow["endpointsSeen"]
            } else {
                &flow["endpoints"]
            };
            let recorded = set(recorded);
            if flow["affinity"] == true {
                let sticky = flow["sticky"] == true;
                if sticky && reached.len() != 1 {
                    return Some(format!("one client reached {reached:?}"));
                }
                if reached.is_empty() {
                    return Some("nothing was reached".into());
                }
            } else if reached != recorded {
                return Some(format!("reached {reached:?}, recorded {recorded:?}"));
            }
            if totals.endpoints.values().sum::<u64>() != CONNECTIONS {
                return Some(format!("not every connection was sent on: {totals:?}"));
            }
            let masqueraded = flow["masquerade"] == true;
            let expected = if masqueraded { CONNECTIONS } else { 0 };
            (totals.masqueraded != expected)
                .then(|| format!("{} of {CONNECTIONS} masqueraded", totals.masqueraded))
        }
        "REJECT" => {
            (!all("icmp-unreach-code3") && !all("EPERM")).then(|| format!("{:?}", totals.outcomes))
        }
        "DROP" => (!all("timeout")).then(|| format!("{:?}", totals.outcomes)),
        "none" => (!reached.is_empty()).then(|| format!("reached {reached:?}")),
        other => Some(format!("a verdict that is not known: {other}")),
    }
}

#[test]
fn every_recorded_flow() {
    let (mut flows, mut wrong) = (0, Vec::new());
    for dir in cases() {
        let config = json(&dir.join("config.json"));
        let node = text(&config, "nodeName").to_owned();
        let lab = load(&dir, &config);
        for flow in json(&dir.join("flows-kernel.json"))
            .as_array()
            .expect("a list")
        {
            flows += 1;
            let from = format!("{}@{node}", text(flow, "source"));
            let to = format!("{}/{}", text(flow, "destination"), text(flow, "proto"));
            let ask = Ask::parse(&from, &to, None).expect("the question can be read");
            let totals = lab.send_many(
                &mut Memory::default(),
                &ask,
                &mut Dice::seeded(1),
                CONNECTIONS,
            );
            let fault = match &totals {
                Ok(totals) => compare(flow, totals),
                Err(error) => Some(error.to_string()),
            };
            if let Some(fault) = fault {
                let case = dir
                    .file_name()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned();
                wrong.push(format!(
                    "{case}: {} {from} -> {to} {}: {fault}",
                    text(flow, "flow"),
                    text(flow, "verdict")
                ));
            }
        }
    }
    assert!(flows >= 290, "only {flows} flows found");
    assert!(
        wrong.is_empty(),
        "{} of {flows} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
