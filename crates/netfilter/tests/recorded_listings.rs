//! Every listing that was recorded from the real tools, byte for byte.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its input is not as expected"
)]

use std::fs;
use std::path::{Path, PathBuf};

use netfilter::listing::{
    Backend, Counters, Detail, Layout, Names, Numbering, Part, Save, list, save, spec,
};
use netfilter::{Rule, Ruleset, TableName};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/iptables")
}

fn input(name: &str) -> Ruleset {
    let text = fs::read_to_string(folder().join(format!("input-{name}.rules"))).unwrap();
    text.parse().unwrap()
}

/// Does what the recorded command line says.
fn run(command: &str, ruleset: &Ruleset, recorded: &str) -> String {
    let mut words = command.split_whitespace();
    let tool = words.next().unwrap();
    let mut table = None;
    let (mut listed, mut specced) = (false, false);
    let mut layout = Layout::default();
    let mut counters = Counters::Without;
    let (mut verbose, mut exact) = (false, false);
    let mut place = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "-t" => table = TableName::parse(words.next().unwrap()),
            "-L" => listed = true,
            "-S" => specced = true,
            "-nvL" => {
                (listed, verbose) = (true, true);
                layout.names = Names::Numeric;
            }
            "-n" => layout.names = Names::Numeric,
            "-v" => verbose = true,
            "-x" => exact = true,
            "-c" => counters = Counters::With,
            "--line-numbers" => layout.numbering = Numbering::With,
            word => place.push(word),
        }
    }
    layout.detail = match (verbose, exact) {
        (false, _) => Detail::Plain,
        (true, false) => Detail::Verbose,
        (true, true) => Detail::Exact,
    };
    let part = match place[..] {
        [] => Part::Table,
        [chain] => Part::Chain(chain),
        [chain, number] => Part::Rule(chain, number.parse().unwrap()),
        _ => panic!("{command}"),
    };
    if tool.ends_with("-save") {
        let generated = recorded.lines().nth(1).unwrap();
        let (_, time) = generated.split_once(" on ").unwrap();
        let backend = match tool {
            "iptables-nft-save" => Backend::Nft,
            _ => Backend::Legacy,
        };
        let version = "1.8.9";
        return save(
            ruleset,
            &Save {
                backend,
                counters,
                table,
                version,
                time,
            },
        );
    }
    let table = table.unwrap_or(TableName::Filter);
    match (listed, specced) {
        (true, false) => list(ruleset, table, part, layout).unwrap(),
        (false, true) => spec(ruleset, table, part, layout.detail).unwrap(),
        _ => panic!("{command}"),
    }
}

/// The one slip of 1.8.9: with `-n` its `prot` column has numbers where every other version has names.
fn without_the_slip(command: &str, recorded: &str) -> String {
    if !command.contains("-n") || !command.contains("L") || command.contains("-save") {
        return recorded.to_owned();
    }
    let mut out = String::new();
    for line in recorded.lines() {
        let column = [
            ("0    -- ", "all  -- "),
            ("1    -- ", "icmp -- "),
            ("6    -- ", "tcp  -- "),
            ("17   -- ", "udp  -- "),
            ("132  -- ", "sctp -- "),
        ];
        let slip = column.iter().find_map(|(number, name)| {
            let at = line
                .find(&format!(" {number}"))
                .or(line.find(&format!("!{number}")))?;
            Some((at + 1, number, name))
        });
        match slip {
            Some((at, number, name)) => {
                out.push_str(&line[..at]);
                out.push_str(name);
                out.push_str(&line[at + number.len()..]);
            }
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

#[test]
fn every_listing_is_the_real_tools() {
    let mut seen = 0;
    let mut files: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "txt"))
        .collect();
    files.sort();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        // Errors show the tone, not the bytes; `ok-longchain` prints nothing.
        if name.contains(".err-") || name.contains(".ok-") {
            continue;
        }
        let recorded = fs::read_to_string(&file).unwrap();
        let (command, output) = recorded.split_once('\n').unwrap();
        let command = command.strip_prefix("# $ ").unwrap();
        let ruleset = input(name.split('.').nth(1).unwrap());
        let printed = run(command, &ruleset, &recorded);
        let wanted = without_the_slip(command, output);
        for (printed, wanted) in printed.lines().zip(wanted.lines()) {
            assert_eq!(printed, wanted, "{name}");
        }
        assert_eq!(printed, wanted, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 102, "every file that shows a listing");
}

#[test]
fn every_probability_is_printed_as_the_kernel_keeps_it() {
    for backend in ["nft", "legacy"] {
        let table =
            fs::read_to_string(folder().join(format!("{backend}.probability.tsv"))).unwrap();
        let mut seen = 0;
        for line in table.lines().skip(1) {
            let columns: Vec<_> = line.split('\t').collect();
            let (given, error) = (columns[1], columns[5]);
            let text = format!("-m statistic --mode random --probability {given} -j ACCEPT");
            let parsed = Rule::parse(netfilter::Family::Ipv4, &text);
            assert_eq!(parsed.is_err(), !error.is_empty(), "{line}");
            let Ok(rule) = parsed else { continue };
            let printed = rule.to_string();
            let printed = printed.split(' ').nth(5).unwrap();
            assert_eq!([printed; 3], columns[2..5], "{line}");
            seen += 1;
        }
        assert!(seen >= 35, "{seen}");
    }
}
