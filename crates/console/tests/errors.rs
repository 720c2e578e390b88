//! What iptables complains about, as the real tool's own words were recorded.

use std::path::PathBuf;

use console::{Console, Place};
use lab::{Options, Source};

const NODE: &str = "apiVersion: v1\nkind: Node\nmetadata:\n  name: node1\n";

fn recordings() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/oracle/iptables"
    ))
}

fn console() -> Console {
    let source = Source {
        name: "node.yaml".into(),
        text: NODE.into(),
    };
    let read = |name: &str| {
        std::fs::read_to_string(recordings().join(name)).expect("the recording is there")
    };
    let rules = read("input-kinds.rules");
    let ruleset = netfilter::Ruleset::parse(netfilter::Family::Ipv4, &rules);
    let mut options = Options::default();
    options.changed.insert(
        ("node1".into(), netfilter::Family::Ipv4),
        ruleset.expect("the recorded rules can be read"),
    );
    let mut console = Console::new(vec![source], options, 1);
    console.go(Place::Node("node1".into()));
    console
}

/// Lines that are ours, not the tool's, begin with `#`.
fn theirs(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("# "));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Complaints whose words are ours: the real ones come from an extension's own parser or differ by kernel.
const OURS: [&str; 3] = ["err-dport-noproto", "err-ip", "err-prob"];

#[test]
fn complaints_and_exit_codes_are_the_real_ones() {
    let mut tried = 0;
    for entry in std::fs::read_dir(recordings()).expect("the folder can be listed") {
        let path = entry.expect("the entry can be read").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Some(which) = name
            .strip_prefix("nft.kinds.")
            .filter(|n| n.starts_with("err-"))
        else {
            continue;
        };
        let text = std::fs::read_to_string(&path).expect("the recording can be read");
        let mut lines = text.lines();
        let command = lines
            .next()
            .and_then(|l| l.strip_prefix("# $ iptables-nft"));
        let command = command.expect("the first line is the command");
        let rest: Vec<&str> = lines.collect();
        let rest = rest.join("\n");
        let (stderr, status) = match rest.rsplit_once("# rc=") {
            Some((stderr, status)) => (stderr, status.trim().parse().expect("a number")),
            None => (rest.as_str(), 0),
        };
        let stderr = stderr.trim_start_matches("# stderr: ");
        let answer = console().run(&format!("iptables{command}"));
        tried += 1;
        assert_eq!(answer.status, status, "{name}: {}", answer.errors);
        let expected = theirs(stderr);
        let expected = expected.trim_end();
        match OURS.iter().any(|ours| which.starts_with(ours)) {
            true => assert_ne!(answer.errors, "", "{name}"),
            false => assert_eq!(theirs(&answer.errors).trim_end(), expected, "{name}"),
        }
    }
    assert_eq!(tried, 20, "as many as were recorded");
}

#[test]
fn a_command_that_fails_changes_nothing() {
    let mut console = console();
    let before = console.run("iptables-save").out;
    for line in [
        "iptables -A NOPE -j ACCEPT",
        "iptables -A INPUT -j NOPE",
        "iptables -D INPUT 99",
        "iptables -P INPUT REJECT",
    ] {
        assert_ne!(console.run(line).status, 0, "{line}");
    }
    assert_eq!(console.run("iptables-save").out, before);
    assert_eq!(console.undoable(), None);
}
