//! Every recording of the real kube-proxy, reproduced to the byte.

mod support;

use cluster::IpFamily;
use kube_proxy::{Dialect, Options, sync};
use support::{Case, cases, oracle};

/// The recorded text, where the case has one.
fn recorded(case: &Case, file: &str) -> Option<String> {
    std::fs::read_to_string(case.folder.join(file)).ok()
}

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
            let Some(theirs) = recorded(case, file) else {
                continue;
            };
            compared += 1;
            let options = Options {
                dialect,
                ..case.options.clone()
            };
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
