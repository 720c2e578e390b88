//! Diffs of rulesets: what they say of small edits, and that they leave nothing out.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its input is not as expected"
)]

use netfilter::diff::{Diff, Presence, RuleChange};
use netfilter::{ChainKind, Family, Rule, Ruleset, Table, TableName};
use proptest::prelude::*;

fn nat(text: &str) -> Ruleset {
    Ruleset::parse(Family::Ipv4, &format!("*nat\n{text}\nCOMMIT\n")).unwrap()
}

#[track_caller]
fn check(before: &str, after: &str, wanted: &[&str]) {
    let diff = Diff::between(&nat(before), &nat(after)).to_string();
    assert_eq!(diff.lines().collect::<Vec<_>>(), wanted);
}

const SVC: &str = ":SVC - [0:0]\n:A - [0:0]\n:B - [0:0]\n:C - [0:0]\n";
const A2: &str =
    "-A SVC -m comment --comment \"web -> a\" -m statistic --mode random --probability 0.5 -j A\n";
const A3: &str = "-A SVC -m comment --comment \"web -> a\" -m statistic --mode random --probability 0.3333333333 -j A\n";
const B1: &str = "-A SVC -m comment --comment \"web -> b\" -j B\n";
const B2: &str =
    "-A SVC -m comment --comment \"web -> b\" -m statistic --mode random --probability 0.5 -j B\n";
const C1: &str = "-A SVC -m comment --comment \"web -> c\" -j C\n";

#[test]
fn one_endpoint_more_changes_the_odds_of_the_others() {
    let two = format!("{SVC}{A2}{B1}");
    let three = format!("{SVC}{A3}{B2}{C1}");
    check(
        &two,
        &three,
        &[
            "  *nat",
            "  :SVC",
            "~    1 -m comment --comment \"web -> a\" -m statistic --mode random --probability 0.33333333349 -j A",
            "       statistic: --mode random --probability 0.50000000000 -> --mode random --probability 0.33333333349",
            "~    2 -m comment --comment \"web -> b\" -m statistic --mode random --probability 0.50000000000 -j B",
            "       statistic: none -> --mode random --probability 0.50000000000",
            "+    3 -m comment --comment \"web -> c\" -j C",
        ],
    );
    check(
        &three,
        &two,
        &[
            "  *nat",
            "  :SVC",
            "~    1 -m comment --comment \"web -> a\" -m statistic --mode random --probability 0.50000000000 -j A",
            "       statistic: --mode random --probability 0.33333333349 -> --mode random --probability 0.50000000000",
            "~    2 -m comment --comment \"web -> b\" -j B",
            "       statistic: --mode random --probability 0.50000000000 -> none",
            "-    3 -m comment --comment \"web -> c\" -j C",
        ],
    );
}

#[test]
fn an_address_or_a_port_may_change() {
    let rule = |ip: &str, port: u16, name: &str| {
        format!("-A SVC -d {ip}/32 -p tcp -m comment --comment {name} -m tcp --dport {port} -j A")
    };
    let with = |rule: String| format!("{SVC}{rule}\n");
    let head = ["  *nat", "  :SVC"];
    let changed = |ip: &str, port: u16, name: &str, parts: &[&str]| {
        let after = rule(ip, port, name);
        let line = after.replace("-A SVC", "~    1");
        let wanted = [&head[..], &[line.as_str()], parts].concat();
        check(&with(rule("10.0.0.1", 80, "web")), &with(after), &wanted);
    };
    changed(
        "10.0.0.2",
        80,
        "web",
        &["       -d 10.0.0.1/32 -> -d 10.0.0.2/32"],
    );
    changed(
        "10.0.0.1",
        81,
        "web",
        &["       tcp: --dport 80 -> --dport 81"],
    );
    changed(
        "10.0.0.2",
        81,
        "web",
        &[
            "       -d 10.0.0.1/32 -> -d 10.0.0.2/32",
            "       tcp: --dport 80 -> --dport 81",
        ],
    );
    changed(
        "10.0.0.1",
        80,
        "api",
        &["       comment: --comment web -> --comment api"],
    );
}

#[test]
fn a_rule_that_leads_elsewhere_is_another_unless_all_else_is_the_same() {
    check(
        &format!("{SVC}-A SVC -p tcp -j A\n"),
        &format!("{SVC}-A SVC -p tcp -j B\n"),
        &[
            "  *nat",
            "  :SVC",
            "~    1 -p tcp -j B",
            "       target: -j A -> -j B",
        ],
    );
    check(
        &format!("{SVC}{B1}"),
        &format!("{SVC}{C1}"),
        &[
            "  *nat",
            "  :SVC",
            "-    1 -m comment --comment \"web -> b\" -j B",
            "+    1 -m comment --comment \"web -> c\" -j C",
        ],
    );
    // Nothing would be left to know it by.
    check(
        &format!("{SVC}-A SVC -j A\n"),
        &format!("{SVC}-A SVC -j B\n"),
        &["  *nat", "  :SVC", "-    1 -j A", "+    1 -j B"],
    );
}

#[test]
fn the_rule_that_jumped_the_queue_has_moved() {
    let rules = |order: &str| {
        let lines = order.chars().map(|chain| format!("-A SVC -j {chain}\n"));
        SVC.to_owned() + &lines.collect::<String>()
    };
    check(
        &rules("ABC"),
        &rules("CAB"),
        &[
            "  *nat",
            "  :SVC",
            ">    1 -j C",
            "       moved: it was number 3",
        ],
    );
    // Rules that only shift because one came before them have not moved.
    check(
        &rules("AB"),
        &rules("CAB"),
        &["  *nat", "  :SVC", "+    1 -j C"],
    );
}

#[test]
fn chains_tables_and_policies_come_and_go() {
    check(
        ":OLD - [0:0]\n-A OLD -j ACCEPT",
        ":NEW - [0:0]\n:POSTROUTING DROP [0:0]",
        &[
            "  *nat",
            "  :POSTROUTING",
            "~      policy ACCEPT -> DROP",
            "+ :NEW",
            "- :OLD",
            "-    1 -j ACCEPT",
        ],
    );
    let none = Ruleset::empty(Family::Ipv4);
    let some = nat("-A OUTPUT -p tcp -j ACCEPT");
    let diff = Diff::between(&none, &some);
    assert_eq!(diff.tables[0].presence, Presence::Added);
    assert_eq!(
        diff.to_string(),
        "+ *nat\n  :OUTPUT\n+    1 -p tcp -j ACCEPT\n"
    );
    let back = Diff::between(&some, &none);
    assert_eq!(back.tables[0].presence, Presence::Removed);
    assert_eq!(back.counts().removed, 1);
}

#[test]
fn counters_are_no_difference() {
    let counted = nat(":PREROUTING ACCEPT [7:420]\n[7:420] -A PREROUTING -p tcp -j ACCEPT");
    let diff = Diff::between(&counted, &nat("-A PREROUTING -p tcp -j ACCEPT"));
    assert!(diff.is_empty(), "{diff}");
}

#[test]
fn ten_thousand_changed_rules_are_soon_told() {
    let rules = |port: usize| -> String {
        let rule = |i| {
            let (a, b) = (i / 250, i % 250);
            let comment = format!("-m comment --comment \"n/{i}\"");
            format!(
                "-A PREROUTING -d 10.1.{a}.{b} -p tcp {comment} -m tcp --dport {port} -j ACCEPT\n"
            )
        };
        (0..10_000).map(rule).collect()
    };
    let diff = Diff::between(&nat(&rules(80)), &nat(&rules(81)));
    assert_eq!(diff.counts().changed, 10_000);
    assert_eq!(diff.tables[0].chains[0].rules.len(), 10_000);
}

/// Does to the first ruleset what the diff says.
fn apply(before: &Ruleset, diff: &Diff) -> Ruleset {
    let mut set = before.clone();
    for change in &diff.tables {
        if change.presence == Presence::Removed {
            set.tables.remove(&change.table);
            continue;
        }
        let table = set.tables.entry(change.table);
        let table = table.or_insert_with(|| Table::empty(change.table));
        for chain in &change.chains {
            if chain.presence == Presence::Removed {
                table.remove(chain.chain.as_str());
                continue;
            }
            let found = table.ensure(chain.chain.clone(), ChainKind::User);
            if let (ChainKind::Base { policy, .. }, Some((_, new))) =
                (&mut found.kind, chain.policy)
            {
                *policy = new;
            }
            let (mut gone, mut came): (Vec<usize>, Vec<(usize, Rule)>) = Default::default();
            for change in &chain.rules {
                match change.clone() {
                    RuleChange::Removed { number, .. } => gone.push(number),
                    RuleChange::Added { number, rule } => came.push((number, rule)),
                    RuleChange::Moved { from, to, rule } => {
                        gone.push(from);
                        came.push((to, rule));
                    }
                    RuleChange::Changed {
                        from, to, after, ..
                    } => {
                        gone.push(from);
                        came.push((to, *after));
                    }
                }
            }
            gone.sort_unstable();
            for number in gone.into_iter().rev() {
                found.rules.remove(number - 1);
            }
            came.sort_by_key(|(number, _)| *number);
            for (number, rule) in came {
                found.rules.insert(number - 1, rule);
            }
        }
    }
    set
}

/// A rule of few words, so that equal and similar ones are common.
fn rule() -> impl Strategy<Value = String> {
    let address =
        prop::sample::select(vec!["", "-d 10.0.0.1 ", "-d 10.0.0.2 ", "! -s 10.0.0.0/8 "]);
    let protocol =
        prop::sample::select(vec!["", "-p tcp ", "-p udp ", "-p tcp -m tcp --dport 80 "]);
    let comment = prop::sample::select(vec![
        "",
        "-m comment --comment a ",
        "-m comment --comment b ",
    ]);
    let lot = prop::sample::select(vec!["", "-m statistic --mode random --probability 0.5 "]);
    let target = prop::sample::select(vec!["", "-j ACCEPT", "-j RETURN", "-g K2"]);
    (address, protocol, comment, lot, target).prop_map(|(a, p, c, l, t)| format!("{a}{p}{c}{l}{t}"))
}

fn ruleset() -> impl Strategy<Value = Ruleset> {
    let place = prop::sample::select(vec!["PREROUTING", "POSTROUTING", "K1", "K2", "K3"]);
    let rules = prop::collection::vec((place, rule()), 0..24);
    let policy = prop::sample::select(vec!["ACCEPT", "DROP"]);
    (
        prop::sample::subsequence(vec!["K1", "K3"], 0..=2),
        rules,
        policy,
        any::<bool>(),
    )
        .prop_map(|(chains, rules, policy, mangle)| {
            let mut text = format!("*nat\n:OUTPUT {policy} [0:0]\n:K2 - [0:0]\n");
            for chain in &chains {
                text += &format!(":{chain} - [0:0]\n");
            }
            for (chain, rule) in rules {
                if !chain.starts_with('K') || chain == "K2" || chains.contains(&chain) {
                    text += &format!("-A {chain} {rule}\n");
                }
            }
            text += "COMMIT\n";
            if mangle {
                text += "*mangle\nCOMMIT\n";
            }
            Ruleset::parse(Family::Ipv4, &text).unwrap()
        })
}

proptest! {
    #[test]
    fn a_ruleset_does_not_differ_from_itself(set in ruleset()) {
        prop_assert!(Diff::between(&set, &set).is_empty());
    }

    #[test]
    fn doing_what_the_diff_says_gives_the_second(before in ruleset(), after in ruleset()) {
        let diff = Diff::between(&before, &after);
        prop_assert_eq!(diff.is_empty(), before.to_string() == after.to_string());
        prop_assert_eq!(apply(&before, &diff).to_string(), after.to_string());
    }

    #[test]
    fn each_rule_is_spoken_of_at_most_once(before in ruleset(), after in ruleset()) {
        for chain in Diff::between(&before, &after).tables.iter().flat_map(|t| &t.chains) {
            let (mut old, mut new) = (Vec::new(), Vec::new());
            for change in &chain.rules {
                match change {
                    RuleChange::Removed { number, .. } => old.push(*number),
                    RuleChange::Added { number, .. } => new.push(*number),
                    RuleChange::Moved { from, to, .. } => { old.push(*from); new.push(*to); }
                    RuleChange::Changed { from, to, parts, .. } => {
                        prop_assert!((1..=2).contains(&parts.len()));
                        old.push(*from);
                        new.push(*to);
                    }
                }
            }
            for mut numbers in [old, new] {
                let all = numbers.len();
                numbers.sort_unstable();
                numbers.dedup();
                prop_assert_eq!(numbers.len(), all);
            }
        }
    }

    #[test]
    fn the_way_back_undoes_it(before in ruleset(), after in ruleset()) {
        let (there, back) = (Diff::between(&before, &after).counts(), Diff::between(&after, &before).counts());
        prop_assert_eq!(there.added + there.changed + there.moved, back.removed + back.changed + back.moved);
    }
}

#[test]
fn tables_are_named() {
    let diff = Diff::between(&Ruleset::empty(Family::Ipv4), &nat(""));
    assert_eq!(diff.tables[0].table, TableName::Nat);
    assert!(diff.tables[0].chains.is_empty());
}
