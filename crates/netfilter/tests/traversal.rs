//! Packets against rules: which steps are taken, which numbers are drawn, and how it ends.

mod trying;

use netfilter::traverse::Outcome;
use netfilter::{Draw, Hook, Probability, Ruleset, TableName, traverse_quiet};

use trying::{Node, check, check_in, node, tcp};

#[test]
fn a_chain_that_runs_out_returns_and_the_base_chain_has_its_policy() {
    check(
        "-A FORWARD -j a
         -A FORWARD -s 10.9.0.0/16 -j DROP
         -A a -j b
         -A b -m mark --mark 0x4000/0x4000 -j ACCEPT",
        &tcp("10.0.0.2", "10.0.0.3", 80),
        node,
        "
    FORWARD#1 jump a
      a#1 jump b
        b#1 passed: mark 0x4000 is not set
        b#2 end
      a#2 end
    FORWARD#2 passed: source is outside 10.9.0.0/16
    FORWARD#3 policy Accept
    ",
    );
}

#[test]
fn return_goes_back_to_the_caller_and_from_a_base_chain_to_the_policy() {
    check(
        ":FORWARD DROP [0:0]
         -A FORWARD -j a
         -A FORWARD -j RETURN
         -A FORWARD -j ACCEPT
         -A a -j RETURN
         -A a -j ACCEPT",
        &tcp("10.0.0.2", "10.0.0.3", 80),
        node,
        "
    FORWARD#1 jump a
      a#1 return
    FORWARD#2 return
    FORWARD#4 policy Drop
    ",
    );
}

#[test]
fn goto_does_not_come_back_to_its_own_chain() {
    check(
        "-A FORWARD -j a
         -A FORWARD -j ACCEPT
         -A a -g b
         -A a -j DROP
         -A b -p udp -j DROP",
        &tcp("10.0.0.2", "10.0.0.3", 80),
        node,
        "
    FORWARD#1 jump a
      a#1 goto b
      b#1 passed: protocol is not udp
      b#2 end
    FORWARD#2 accept
    ",
    );
    check(
        "-A FORWARD -g a
         -A FORWARD -j DROP
         -A a -p udp -j DROP",
        &tcp("10.0.0.2", "10.0.0.3", 80),
        node,
        "
    FORWARD#1 goto a
    a#1 passed: protocol is not udp
    a#2 end
    FORWARD#3 policy Accept
    ",
    );
}

#[test]
fn a_draw_is_made_only_where_all_before_it_holds() {
    let env = || Node {
        draws: vec![0x4000_0000, 0x3fff_ffff],
        ..node()
    };
    let (env, _, steps) = check(
        "-A FORWARD -p udp -m statistic --mode random --probability 0.5 -j DROP
         -A FORWARD -m mark --mark 1 -m statistic --mode random --probability 0.5 -j DROP
         -A FORWARD -m statistic --mode random --probability 0.5 -j DROP
         -A FORWARD -m statistic --mode random --probability 0.5 -j DROP",
        &tcp("10.0.0.2", "10.0.0.3", 80),
        env,
        "
    FORWARD#1 passed: protocol is not udp
    FORWARD#2 passed: mark is 0x0, not 0x1
    FORWARD#3 passed: drew 0.500, not below 0.500
    FORWARD#4 drop
    ",
    );
    assert_eq!(env.log, ["draw filter/FORWARD#3", "draw filter/FORWARD#4"]);
    let draw = |drawn, hit| Draw {
        threshold: Probability(1 << 30),
        drawn,
        hit,
    };
    let draws: Vec<_> = steps.iter().filter_map(|step| step.draw).collect();
    assert_eq!(draws, [draw(0x4000_0000, false), draw(0x3fff_ffff, true)]);
}

#[test]
fn an_inverted_draw_hits_from_the_threshold_on() {
    let env = || Node {
        draws: vec![1, 0x7fff_ffff],
        ..node()
    };
    check(
        "-A FORWARD -m statistic --mode random ! --probability 0.25 -j DROP
         -A FORWARD -m statistic --mode random ! --probability 0.25 -j DROP",
        &tcp("10.0.0.2", "10.0.0.3", 80),
        env,
        "
    FORWARD#1 passed: drew 0.000, below 0.250
    FORWARD#2 drop
    ",
    );
}

#[test]
fn marks_are_set_and_seen_by_the_next_rule() {
    let (_, skb, steps) = check(
        "-A FORWARD -j MARK --or-mark 0x4000
         -A FORWARD -m mark ! --mark 0x4000/0x4000 -j RETURN
         -A FORWARD -j MARK --xor-mark 0x4000
         -A FORWARD -m mark ! --mark 0x4000/0x4000 -j RETURN",
        &tcp("10.0.0.2", "10.0.0.3", 80),
        node,
        "
    FORWARD#1 continue
    FORWARD#2 passed: mark 0x4000 is set
    FORWARD#3 continue
    FORWARD#4 return
    FORWARD#5 policy Accept
    ",
    );
    let marks: Vec<_> = steps.iter().map(|step| step.mark).collect();
    assert_eq!(marks, [0x4000, 0x4000, 0, 0, 0]);
    assert_eq!(skb.mark, 0);
}

#[test]
fn what_is_not_modelled_stops_the_walk_only_where_it_decides() {
    check(
        "-A FORWARD -p udp -m u32 --u32 0=0 -j DROP
         -A FORWARD -m u32 --u32 0=0 -p tcp --dport 443 -j DROP
         -A FORWARD -m u32 --u32 0=0 -p tcp --dport 80 -j DROP",
        &tcp("10.0.0.2", "10.0.0.3", 80),
        node,
        "
    FORWARD#1 passed: protocol is not udp
    FORWARD#2 passed: port is 80, not 443
    FORWARD#3 unmodelled: -m u32
    ",
    );
    for (rule, what) in [
        ("-j NFQUEUE --queue-num 1", "-j NFQUEUE"),
        ("-j missing", "-j missing (table filter has no such chain)"),
        (
            "-m set --match-set s src -j DROP",
            "-m set (the members of s)",
        ),
        ("-m rpfilter -j DROP", "-m rpfilter"),
        ("-p tcp --tcp-option 2 -j DROP", "-m tcp --tcp-option"),
        (
            "-m conntrack --ctstatus ASSURED -j DROP",
            "-m conntrack --ctstatus",
        ),
        // Behind a draw, whether the rest fails can no longer be asked first.
        ("-m u32 --u32 0=0 -m recent --set -p udp -j DROP", ""),
        (
            "-m u32 --u32 0=0 -m recent --set -m mark --mark 1 -j DROP",
            "-m u32",
        ),
    ] {
        let rules = format!("-A FORWARD {rule}");
        let expected = match what {
            "" => "FORWARD#1 passed: protocol is not udp\nFORWARD#2 policy Accept".to_owned(),
            what => format!("FORWARD#1 unmodelled: {what}"),
        };
        let (env, ..) = check(&rules, &tcp("10.0.0.2", "10.0.0.3", 80), node, &expected);
        assert!(env.log.is_empty(), "{rule}: {:?}", env.log);
    }
}

#[test]
fn a_circle_of_jumps_is_noticed() {
    check(
        "-A FORWARD -j a
         -A a -j b
         -A b -g c
         -A c -j a",
        &tcp("10.0.0.2", "10.0.0.3", 80),
        node,
        "
    FORWARD#1 jump a
      a#1 jump b
        b#1 goto c
        c#1 unmodelled: -j a (a circle of jumps)
    ",
    );
}

#[test]
fn chains_that_multiply_come_to_an_end() {
    let mut rules = String::from("-A FORWARD -j c0\n");
    for i in 0..40 {
        for _ in 0..2 {
            rules += &format!("-A c{i} -j c{}\n", i + 1);
        }
    }
    rules += "-A c40 -p udp\n";
    let text = format!(
        "*filter\n{}{rules}COMMIT\n",
        (0..=40)
            .map(|i| format!(":c{i} - [0:0]\n"))
            .collect::<String>()
    );
    let ruleset: Ruleset = text.parse().unwrap();
    let mut skb = tcp("10.0.0.2", "10.0.0.3", 80);
    let table = &ruleset.tables[&TableName::Filter];
    let outcome = traverse_quiet(table, Hook::Forward, &mut skb, &mut node());
    assert!(matches!(outcome, Outcome::Unmodelled(_)), "{outcome:?}");
}

#[test]
fn calls_are_followed_a_thousand_deep_and_no_further() {
    for (depth, ends) in [(999, true), (1_000, false), (20_000, false)] {
        let chains: String = (0..depth).map(|i| format!(":c{i} - [0:0]\n")).collect();
        let jumps: String = (1..depth)
            .map(|i| format!("-A c{} -j c{i}\n", i - 1))
            .collect();
        let text = format!("*filter\n{chains}-A FORWARD -j c0\n{jumps}COMMIT\n");
        let ruleset: Ruleset = text.parse().unwrap();
        let mut skb = tcp("10.0.0.2", "10.0.0.3", 80);
        let table = &ruleset.tables[&TableName::Filter];
        let outcome = traverse_quiet(table, Hook::Forward, &mut skb, &mut node());
        assert_eq!(outcome == Outcome::Accept, ends, "{depth}: {outcome:?}");
    }
}

#[test]
fn a_hook_that_the_table_does_not_have_accepts_without_a_step() {
    check_in(
        TableName::Filter,
        Hook::Postrouting,
        "-A FORWARD -j DROP",
        &tcp("10.0.0.2", "10.0.0.3", 80),
        node,
        "",
    );
}
