//! Golden cases: YAML to each node's rules to journeys as text.
//!
//! Every folder of `tests/cases` is one case: `input.yaml` (or `input.path`, which names it), and `asks.txt` with one question a line
//! (`FROM TO SEED`, `#` comments). `rules.txt` and `journeys.txt` are ours: `UPDATE_EXPECT=1`
//! rewrites them, and the diff is reviewed. Recordings of the real thing, in `tests/oracle`, outrank them.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use lab::{Ask, Dice, IpFamily, Lab, Memory, Options, Source, text};

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let entries = std::fs::read_dir(&root).expect("tests/cases is there");
    let mut found: Vec<PathBuf> = entries.map(|e| e.expect("readable").path()).collect();
    found.sort();
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn load(case: &Path) -> Lab {
    // The demo is the page's own file; a case names such a file instead of copying it.
    let text = match std::fs::read_to_string(case.join("input.path")) {
        Ok(path) => read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path.trim())),
        Err(_) => read(&case.join("input.yaml")),
    };
    Lab::load(
        &[Source {
            name: "input.yaml".into(),
            text: text.into(),
        }],
        Options::default(),
    )
}

fn rules(lab: &Lab) -> String {
    let mut out = String::new();
    for node in &lab.cluster().nodes {
        for family in [IpFamily::Ipv4, IpFamily::Ipv6] {
            let of_family = |ip: &std::net::IpAddr| IpFamily::of(*ip) == family;
            if node.internal_ips.iter().any(of_family) {
                let _ = writeln!(out, "# {} {family:?}", node.name);
                out.push_str(&lab.rules(&node.name, family).ruleset.to_string());
            }
        }
    }
    out
}

fn journeys(lab: &Lab, asks: &str) -> String {
    let mut out = String::new();
    let asks = asks
        .lines()
        .filter(|l| !l.trim().is_empty() && !l.starts_with('#'));
    for line in asks {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [from, to, seed] = words[..] else {
            panic!("\"{line}\" is not FROM TO SEED")
        };
        let seed = seed.parse().expect("a seed is a number");
        let ask = Ask::parse(from, to, None).expect("the question can be read");
        let _ = writeln!(out, "probe  {from} -> {to}  seed {seed}");
        match lab.send(&mut Memory::default(), &ask, &mut Dice::seeded(seed)) {
            Ok(trip) => out.push_str(&text::trip(&trip)),
            Err(error) => {
                let _ = writeln!(out, "cannot ask: {error}");
            }
        }
        out.push('\n');
    }
    out
}

#[test]
fn golden_cases() {
    let cases = cases();
    assert!(cases.len() >= 4, "only {} cases found", cases.len());
    for case in cases {
        let lab = load(&case);
        assert!(
            !lab.has_errors(),
            "{}: {:?}",
            case.display(),
            lab.diagnostics()
        );
        expect_file![case.join("rules.txt")].assert_eq(&rules(&lab));
        expect_file![case.join("journeys.txt")]
            .assert_eq(&journeys(&lab, &read(&case.join("asks.txt"))));
    }
}
