//! Every recorded ruleset reads, and prints as the real tools printed it.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its input is not as expected"
)]

use std::fs;
use std::path::{Path, PathBuf};

use netfilter::{Family, Ruleset};

fn oracle(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/oracle")
        .join(path)
}

/// The folders of kube-proxy's cases, in order.
fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<_> = fs::read_dir(oracle("kube-proxy/cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(cases.len() >= 28);
    cases
}

/// The files of a case that exist: iptables text, jumps, save, family.
fn texts(case: &Path) -> Vec<(PathBuf, PathBuf, PathBuf, Family)> {
    [
        (
            "iptables.txt",
            "jumps.txt",
            "iptables-save.txt",
            Family::Ipv4,
        ),
        (
            "ip6tables.txt",
            "jumps6.txt",
            "ip6tables-save.txt",
            Family::Ipv6,
        ),
    ]
    .map(|(restore, jumps, save, family)| {
        (
            case.join(restore),
            case.join(jumps),
            case.join(save),
            family,
        )
    })
    .into_iter()
    .filter(|(restore, ..)| restore.exists())
    .collect()
}

#[test]
fn what_iptables_save_printed_prints_the_same_again() {
    let mut seen = 0;
    for case in cases() {
        for (_, _, save, family) in texts(&case) {
            let text = fs::read_to_string(&save).unwrap();
            let ruleset = Ruleset::parse(family, &text).unwrap_or_else(|e| panic!("{save:?}: {e}"));
            assert_eq!(ruleset.to_string(), text, "{save:?}");
            seen += 1;
        }
    }
    assert!(seen >= 29, "{seen}");
}

#[test]
fn kube_proxys_commands_and_text_make_what_iptables_save_printed() {
    for case in cases() {
        for (restore, jumps, save, family) in texts(&case) {
            let mut ruleset = Ruleset::empty(family);
            let commands = fs::read_to_string(&jumps).unwrap();
            for command in commands
                .lines()
                .take_while(|l| !l.starts_with("# resulting"))
            {
                if !command.starts_with('#') {
                    ruleset
                        .run(command)
                        .unwrap_or_else(|e| panic!("{jumps:?}: {command}: {e}"));
                }
            }
            let text = fs::read_to_string(&restore).unwrap();
            ruleset
                .apply_restore(&text)
                .unwrap_or_else(|e| panic!("{restore:?}: {e}"));
            assert_eq!(
                ruleset.to_string(),
                fs::read_to_string(&save).unwrap(),
                "{save:?}"
            );
        }
    }
}

#[test]
fn every_ruleset_that_was_loaded_into_a_kernel_reads_and_reads_again() {
    let mut files: Vec<_> = fs::read_dir(oracle("kernel/rulesets"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    for case in cases() {
        files.extend(
            ["iptables.txt", "iptables-newest.txt"]
                .map(|f| case.join(f))
                .into_iter()
                .filter(|f| f.exists()),
        );
    }
    assert!(files.len() > 50);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let ruleset: Ruleset = text.parse().unwrap_or_else(|e| panic!("{file:?}: {e}"));
        let again: Ruleset = ruleset.to_string().parse().unwrap();
        assert_eq!(again.to_string(), ruleset.to_string(), "{file:?}");
        assert!(!ruleset.to_string().contains("-m unknown"), "{file:?}");
    }
}
