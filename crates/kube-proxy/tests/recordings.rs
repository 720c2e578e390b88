//! Every recording of the real kube-proxy, reproduced to the byte: its restore input, the jumps made
//! before it, and what iptables-save lists after both.

#![allow(clippy::unwrap_used)]

mod support;

use cluster::IpFamily;
use kube_proxy::{Dialect, sync};
use netfilter::{Family, Ruleset};
use support::{Case, cases, oracle};

/// The first lines that differ, for a person to read.
fn difference(ours: &str, theirs: &str) -> String {
    let mut out = String::new();
    let (mut a, mut b) = (ours.lines(), theirs.lines());
    let mut shown = 0;
    for number in 1.. {
        match (a.next(), b.next()) {
            (None, None) => break,
            (x, y) if x == y => {}
            (x, y) => {
                let show = |line: Option<&str>| line.unwrap_or("(no such line)").to_string();
                out += &format!(
                    "  line {number}\n  ours:   {}\n  theirs: {}\n",
                    show(x),
                    show(y)
                );
                shown += 1;
                if shown == 4 {
                    break;
                }
            }
        }
    }
    out
}

/// Compares all cases of a folder in one dialect; says what differs and how many were compared.
fn compare(cases: &[Case], dialect: Dialect, files: [(&str, IpFamily); 2]) -> (usize, String) {
    let mut compared = 0;
    let mut wrong = String::new();
    for case in cases {
        for (file, family) in files {
            let Some(theirs) = case.recorded(file) else {
                continue;
            };
            compared += 1;
            let options = case.speaking(dialect);
            let ours = sync(&case.cluster, &case.node, family, &options).restore();
            if ours != theirs {
                wrong += &format!("{} {file}\n{}", case.name, difference(&ours, &theirs));
            }
        }
    }
    (compared, wrong)
}

#[test]
fn v1_30_and_newest() {
    let cases = cases(&oracle().join("cases"));
    let plain = [
        ("iptables.txt", IpFamily::Ipv4),
        ("ip6tables.txt", IpFamily::Ipv6),
    ];
    let newest = [
        ("iptables-newest.txt", IpFamily::Ipv4),
        ("ip6tables-newest.txt", IpFamily::Ipv6),
    ];
    let (count, wrong) = compare(&cases, Dialect::V1_30, plain);
    assert_eq!(wrong, "", "{wrong}");
    assert!(count >= 29, "only {count} recordings were found");
    let (count, wrong) = compare(&cases, Dialect::Newest, newest);
    assert_eq!(wrong, "", "{wrong}");
    assert!(count >= 29, "only {count} recordings were found");
}

#[test]
fn older_versions() {
    for dialect in [Dialect::V1_20, Dialect::V1_23, Dialect::V1_25] {
        let cases = cases(&oracle().join("versions").join(dialect.name()));
        let files = [
            ("iptables.txt", IpFamily::Ipv4),
            ("ip6tables.txt", IpFamily::Ipv6),
        ];
        let (count, wrong) = compare(&cases, dialect, files);
        assert_eq!(wrong, "", "{dialect:?}\n{wrong}");
        assert!(
            count >= 9,
            "only {count} recordings of {dialect:?} were found"
        );
    }
}

/// What the jumps' recording says of a base chain's order, as `table` and rule.
fn recorded_jumps(text: &str) -> Vec<String> {
    let mut table = "";
    let mut jumps = Vec::new();
    let resulting = text
        .lines()
        .skip_while(|line| !line.starts_with("# resulting"));
    for line in resulting {
        match line.strip_prefix('*') {
            Some(name) => table = name,
            None if line.starts_with("-A ") => jumps.push(format!("{table} {line}")),
            None => {}
        }
    }
    jumps
}

#[test]
fn jumps_stand_in_the_recorded_order() {
    let mut compared = 0;
    let mut folders = vec![(oracle().join("cases"), Dialect::V1_30)];
    folders.extend(
        [Dialect::V1_20, Dialect::V1_23, Dialect::V1_25]
            .map(|dialect| (oracle().join("versions").join(dialect.name()), dialect)),
    );
    for (folder, dialect) in folders {
        for case in cases(&folder) {
            for (file, family) in [
                ("jumps.txt", IpFamily::Ipv4),
                ("jumps6.txt", IpFamily::Ipv6),
            ] {
                let Some(text) = case.recorded(file) else {
                    continue;
                };
                compared += 1;
                let rules = sync(&case.cluster, &case.node, family, &case.speaking(dialect));
                let ours: Vec<String> = rules
                    .jumps()
                    .map(|jump| format!("{} -A {} {}", jump.table, jump.base, jump.args))
                    .collect();
                assert_eq!(ours, recorded_jumps(&text), "{} {file}", case.name);
                // Chains that the commands make and the text does not fill are ours to name.
                for line in text.lines().filter(|line| line.starts_with("-N ")) {
                    let mut words = line.split(' ').skip(1).step_by(2);
                    let (chain, table) = (words.next().unwrap(), words.next().unwrap());
                    let text = rules.tables().into_iter().find(|t| t.table.name() == table);
                    let made = text.unwrap().chains().any(|name| name == chain)
                        || rules
                            .ensured()
                            .iter()
                            .any(|(of, name)| of.name() == table && *name == chain);
                    assert!(made, "{} {file}: {line}", case.name);
                }
            }
        }
    }
    assert!(compared >= 56, "only {compared} recordings were found");
}

#[test]
fn iptables_save_lists_what_was_recorded() {
    let mut compared = 0;
    let mut wrong = String::new();
    for case in cases(&oracle().join("cases")) {
        for (file, family) in [
            ("iptables-save.txt", IpFamily::Ipv4),
            ("ip6tables-save.txt", IpFamily::Ipv6),
        ] {
            let Some(theirs) = case.recorded(file) else {
                continue;
            };
            compared += 1;
            let rules = sync(&case.cluster, &case.node, family, &case.options);
            let ours = rules.ruleset().to_string();
            if ours != theirs {
                wrong += &format!("{} {file}\n{}", case.name, difference(&ours, &theirs));
            }
        }
    }
    assert_eq!(wrong, "", "{wrong}");
    assert!(compared >= 29, "only {compared} recordings were found");
}

/// What the node has in the end is exactly what iptables-restore would make of the text.
#[test]
fn rules_are_the_text_as_iptables_reads_it() {
    let mut compared = 0;
    for case in cases(&oracle().join("cases")) {
        for dialect in Dialect::ALL {
            for (family, of) in [
                (IpFamily::Ipv4, Family::Ipv4),
                (IpFamily::Ipv6, Family::Ipv6),
            ] {
                let rules = sync(&case.cluster, &case.node, family, &case.speaking(dialect));
                let read = Ruleset::parse(of, &rules.restore()).unwrap();
                let ours = rules.ruleset();
                for (name, table) in &read.tables {
                    for chain in table
                        .chains
                        .iter()
                        .filter(|c| c.name.as_str().starts_with("KUBE-"))
                    {
                        let same = ours.tables[name].chain(&chain.name).unwrap();
                        assert_eq!(same.rules, chain.rules, "{} {}", case.name, chain.name);
                        compared += 1;
                    }
                }
                let again = Ruleset::parse(of, &ours.to_string()).unwrap();
                assert_eq!(again.to_string(), ours.to_string(), "{}", case.name);
            }
        }
    }
    assert!(compared > 2000, "only {compared} chains were compared");
}
