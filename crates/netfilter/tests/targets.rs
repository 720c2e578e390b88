//! Each target: what it does to the packet, the connection and the walk.

mod trying;

use std::net::IpAddr;

use netfilter::{DevName, Hook, Ruleset, Skb, TableName};

use trying::{check, check_in, node, tcp};

#[test]
fn rejections_say_what_is_sent_back() {
    let skb = tcp("10.0.0.2", "10.0.0.1", 80);
    check(
        "-A FORWARD -j REJECT",
        &skb,
        node,
        "FORWARD#1 Icmp { code: 3 }",
    );
    let reset = "-A FORWARD -p tcp -j REJECT --reject-with tcp-reset";
    check(reset, &skb, node, "FORWARD#1 TcpReset");
    let v6 = tcp("fd00::2", "fd00::3", 80);
    check(
        "-A FORWARD -j REJECT",
        &v6,
        node,
        "FORWARD#1 Icmp { code: 4 }",
    );
}

#[test]
fn nat_targets_ask_conntrack_and_end_the_table() {
    let ask = |hook, rule: &str, skb: &Skb, asked: &[&str], end: &str| {
        let rules = format!("-A {hook} {rule}\n-A {hook} -j DROP");
        let expected = format!("{hook}#1 {end}");
        let (env, skb, _) = check_in(TableName::Nat, hook, &rules, skb, node, &expected);
        assert_eq!(env.log, asked, "{rule}");
        skb
    };
    let mut skb = tcp("10.0.0.2", "10.0.0.9", 80);
    let dnat = "-p tcp -j DNAT --to-destination 10.42.1.16:8080";
    let after = ask(
        Hook::Prerouting,
        dnat,
        &skb,
        &["Destination 10.42.1.16:8080"],
        "accept",
    );
    assert_eq!(after.packet.dst, "10.42.1.16".parse::<IpAddr>().unwrap());
    let snat = "-j SNAT --to-source 10.0.0.5-10.0.0.6 --random";
    ask(
        Hook::Postrouting,
        snat,
        &skb,
        &["Source 10.0.0.5-10.0.0.6 random"],
        "accept",
    );
    ask(
        Hook::Prerouting,
        "-j NETMAP --to 10.9.0.0/16",
        &skb,
        &["Destination 10.9.0.9"],
        "accept",
    );
    ask(
        Hook::Output,
        "-p tcp -j REDIRECT --to-ports 1",
        &skb,
        &["Destination 127.0.0.1:1"],
        "accept",
    );
    // Without a device that has an address there is nothing to rewrite to.
    ask(Hook::Postrouting, "-j MASQUERADE", &skb, &[], "drop");
    ask(Hook::Prerouting, "-p tcp -j REDIRECT", &skb, &[], "drop");
    skb.out_dev = Some(DevName::new("eth0"));
    skb.in_dev = Some(DevName::new("eth0"));
    let masquerade = "-j MASQUERADE --random-fully";
    ask(
        Hook::Postrouting,
        masquerade,
        &skb,
        &["Source 10.0.0.1 random"],
        "accept",
    );
    ask(
        Hook::Prerouting,
        "-p tcp -j REDIRECT",
        &skb,
        &["Destination 10.0.0.1"],
        "accept",
    );
}

#[test]
fn connection_marks_are_set_saved_and_restored() {
    let mut skb = tcp("10.0.0.2", "10.0.0.9", 80);
    skb.mark = 0xabcd;
    let (env, skb, _) = check_in(
        TableName::Mangle,
        Hook::Prerouting,
        "-A PREROUTING -j CONNMARK --set-xmark 0x70000/0xff0000
         -A PREROUTING -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff
         -A PREROUTING -j CONNMARK --restore-mark --nfmask 0xffff0000 --ctmask 0xffff0000",
        &skb,
        node,
        "PREROUTING#1 continue\nPREROUTING#2 continue\nPREROUTING#3 continue\nPREROUTING#4 policy Accept",
    );
    assert_eq!((env.ct.mark, skb.mark), (0x700cd, 0x7abcd));
}

#[test]
fn notrack_exempts_and_other_ct_settings_are_not_modelled() {
    let skb = tcp("10.0.0.2", "10.0.0.9", 80);
    for rule in ["-j CT --notrack", "-j NOTRACK"] {
        let rules = format!("-A PREROUTING {rule}");
        let steps = "PREROUTING#1 continue\nPREROUTING#2 policy Accept";
        let (env, ..) = check_in(TableName::Raw, Hook::Prerouting, &rules, &skb, node, steps);
        assert_eq!(env.log, ["notrack"]);
    }
    let zone = "PREROUTING#1 unmodelled: -j CT --zone 5";
    check_in(
        TableName::Raw,
        Hook::Prerouting,
        "-A PREROUTING -j CT --zone 5",
        &skb,
        node,
        zone,
    );
}

#[test]
fn connections_are_tracked_where_a_rule_needs_it() {
    let filter = |rule: &str| format!("*filter\n-A FORWARD {rule}\nCOMMIT\n");
    let table = |name: &str, rule: &str| format!("*{name}\n-A PREROUTING {rule}\nCOMMIT\n");
    for (text, tracks, nat) in [
        (filter("-j ACCEPT"), false, false),
        (table("nat", "-j ACCEPT"), false, false),
        (
            table("nat", "-j DNAT --to-destination 10.0.0.1"),
            true,
            true,
        ),
        (filter("-m conntrack --ctstate INVALID"), true, false),
        (filter("-m state --state NEW"), true, false),
        (filter("-m connmark --mark 1"), true, false),
        (table("mangle", "-j CONNMARK --save-mark"), true, false),
        (table("raw", "-j CT --notrack"), false, false),
        (table("raw", "-j NOTRACK"), false, false),
        (table("raw", "-j CT --zone 1"), true, false),
    ] {
        let ruleset: Ruleset = text.parse().unwrap();
        let found = (ruleset.tracks_connections(), ruleset.has_nat_target());
        assert_eq!(found, (tracks, nat), "{text}");
    }
}
