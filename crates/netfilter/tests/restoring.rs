//! What iptables-restore and single commands make of a ruleset, and what they say of mistakes.

use netfilter::{Family, Rule, Ruleset};

const START: &str = "\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-OLD - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.43.0.1/32 -j KUBE-SVC-OLD
-A KUBE-SVC-OLD -j ACCEPT
COMMIT
";

/// The lines behind the declarations, without `-A `.
fn rules(ruleset: &Ruleset) -> Vec<String> {
    ruleset
        .to_string()
        .lines()
        .filter_map(|line| line.strip_prefix("-A ").map(str::to_owned))
        .collect()
}

#[test]
fn without_flush_only_declared_user_chains_are_emptied() {
    let mut ruleset: Ruleset = START.parse().unwrap();
    let sync = "*nat
:KUBE-SERVICES - [0:0]
:KUBE-SVC-NEW - [0:0]
:KUBE-SVC-OLD - [0:0]
:PREROUTING ACCEPT [0:0]
-A KUBE-SERVICES -d 10.43.0.2/32 -j KUBE-SVC-NEW
-A KUBE-SVC-NEW -j RETURN
-X KUBE-SVC-OLD
COMMIT
";
    ruleset.apply_restore(sync).unwrap();
    assert_eq!(
        rules(&ruleset),
        [
            "PREROUTING -j KUBE-SERVICES",
            "KUBE-SERVICES -d 10.43.0.2/32 -j KUBE-SVC-NEW",
            "KUBE-SVC-NEW -j RETURN",
        ]
    );
    assert!(!ruleset.to_string().contains("OLD"));
}

#[test]
fn a_chain_still_jumped_to_is_not_deleted_and_its_table_stays_as_it_was() {
    let mut ruleset: Ruleset = START.parse().unwrap();
    let before = ruleset.clone();
    let text = "*filter\n-A INPUT -j ACCEPT\nCOMMIT\n*nat\n:KUBE-SVC-OLD - [0:0]\n-X KUBE-SVC-OLD\nCOMMIT\n";
    let error = ruleset.apply_restore(text).unwrap_err();
    assert_eq!(error.line, 6);
    assert_eq!(
        ruleset.tables[&netfilter::TableName::Nat],
        before.tables[&netfilter::TableName::Nat]
    );
    // The table before it had its COMMIT.
    assert!(rules(&ruleset).contains(&"INPUT -j ACCEPT".to_owned()));
}

#[test]
fn a_whole_text_replaces_its_tables_and_no_others() {
    let mut text = String::from("*filter\n:FORWARD DROP [7:420]\n-A INPUT -j ACCEPT\nCOMMIT\n");
    text += START;
    text += "*nat\n-A OUTPUT -j ACCEPT\nCOMMIT\n";
    let ruleset: Ruleset = text.parse().unwrap();
    assert_eq!(rules(&ruleset), ["INPUT -j ACCEPT", "OUTPUT -j ACCEPT"]);
    assert!(ruleset.to_string().contains(":FORWARD DROP [7:420]"));
}

#[test]
fn commands_do_what_iptables_does() {
    let mut ruleset = Ruleset::empty(Family::Ipv4);
    for command in [
        "-N K",
        "-A K -s 10.0.0.1,10.0.0.2 -j ACCEPT",
        "-I K -j LOG",
        "-I K 2 -p tcp --dport 80",
        "-A K -j DROP",
        "-D K -j DROP",
        "-R K 1 -j LOG --log-level 7",
        "-P FORWARD DROP",
        "-t nat -A OUTPUT -p tcp -j REDIRECT --to-ports 80",
        "-A OUTPUT -t nat -j ACCEPT",
        "-D OUTPUT 1 -t nat",
        "-N GONE",
        "-X GONE",
        "-A INPUT -j K",
    ] {
        ruleset
            .run(command)
            .unwrap_or_else(|e| panic!("{command}: {e}"));
    }
    assert_eq!(
        rules(&ruleset),
        [
            "INPUT -j K",
            "K -j LOG --log-level 7",
            "K -p tcp -m tcp --dport 80",
            "K -s 10.0.0.1/32 -j ACCEPT",
            "K -s 10.0.0.2/32 -j ACCEPT",
            "OUTPUT -j ACCEPT",
        ]
    );
    let before = ruleset.clone();
    for (command, says) in [
        ("-X K", "chain K is not empty; flush it first"),
        ("-X INPUT", "INPUT is a base chain and cannot be deleted"),
        ("-N K", "chain K exists already"),
        ("-P K DROP", "K is no base chain and has no policy"),
        (
            "-P INPUT REJECT",
            "a policy is ACCEPT or DROP, not \"REJECT\"",
        ),
        ("-D K 99", "-D: the chain has no such rule"),
        ("-D K -j DROP", "-D: the chain has no such rule"),
        ("-I K 9 -j DROP", "-I: the chain has no place 9"),
        (
            "-t nope -A K",
            "\"nope\" is no table; there are filter, nat, mangle, raw and security",
        ),
        ("-t raw -D OUTPUT 1", "-D: the chain has no such rule"),
        (
            "-A NOPE -j ACCEPT",
            "table filter has no chain NOPE; declare it with :NOPE - [0:0]",
        ),
        ("", "a command is missing, as -A CHAIN"),
    ] {
        assert_eq!(ruleset.run(command), Err(says.to_owned()), "{command}");
        assert_eq!(ruleset, before, "{command}");
    }
    ruleset.run("-F K").unwrap();
    assert_eq!(
        ruleset.run("-X K"),
        Err("rules still jump to chain K; delete them first".to_owned())
    );
    ruleset.run("-F").unwrap();
    ruleset.run("-X").unwrap();
    assert_eq!(rules(&ruleset), ["OUTPUT -j ACCEPT"]);
}

#[test]
fn a_mistake_in_a_text_is_found_on_its_line() {
    for (text, line, says) in [
        (
            "-A INPUT",
            1,
            "\"-A INPUT\" stands outside a table; begin with *filter or *nat",
        ),
        (
            "*filter\n",
            1,
            "the table filter does not end; COMMIT is missing",
        ),
        (
            "\n# c\n*filter\n:A - [0:0]\n\n-A A -j\nCOMMIT",
            6,
            "-j needs a value after it",
        ),
        (
            "*filter\n:A ACCEPT [0:0]\nCOMMIT",
            2,
            "chain A is not one of table filter's own and has no policy; write -",
        ),
        (
            "*filter\n-A INPUT --comment \"x\nCOMMIT",
            2,
            "a quoted text does not end; close it with \"",
        ),
        (
            "*filter\n[1:x] -A INPUT\nCOMMIT",
            2,
            "\"1:x\" should be counters as 0:0",
        ),
    ] {
        let error = text.parse::<Ruleset>().unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (line, says), "{text}");
    }
}

#[test]
fn a_mistake_in_a_rule_is_named() {
    for (rule, says) in [
        ("--bogus", "unknown option --bogus"),
        ("-x", "unknown option -x"),
        ("--dport 80 -j ACCEPT", "unknown option --dport"),
        ("-p udp --tcp-flags SYN SYN", "unknown option --tcp-flags"),
        ("word", "\"word\" belongs to no option"),
        (
            "-s 999.1.1.1",
            "-s takes one address or network as 10.42.0.0/16, not \"999.1.1.1\"",
        ),
        ("-s fd00::1", "-s fd00::1 is of the other address family"),
        (
            "-p nope",
            "-p takes a protocol as tcp, udp or a number from 1 to 255, not \"nope\"",
        ),
        ("-m tcp --dport 80", "-m tcp needs -p tcp"),
        (
            "-p tcp --dport 80x",
            "--dport takes a port from 0 to 65535, not \"80x\"",
        ),
        (
            "-p tcp --dport 9:8",
            "--dport: the range 9:8 ends before it begins",
        ),
        ("-p tcp --syn=1", "--syn takes no value"),
        ("-m mark -j ACCEPT", "-m mark lacks an option that it needs"),
        (
            "-m statistic --mode random",
            "-m statistic lacks an option that it needs",
        ),
        (
            "-m statistic --mode random --probability 1.5",
            "--probability takes a number from 0 to 1, not \"1.5\"",
        ),
        (
            "-m conntrack --ctstate FOO",
            "--ctstate: \"FOO\" is no state; use NEW, ESTABLISHED, RELATED, INVALID or UNTRACKED",
        ),
        ("-j DNAT", "-j DNAT lacks an option that it needs"),
        (
            "-j DNAT --to-destination 10.0.0.1:80",
            "--to-destination with a port needs -p tcp, udp or sctp",
        ),
        (
            "-j REJECT --reject-with tcp-reset",
            "--reject-with tcp-reset needs -p tcp",
        ),
        (
            "-j ACCEPT -j DROP",
            "a rule has one target; -j or -g stands twice",
        ),
        (
            "-j AAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAA\" cannot name a chain: 1 to 28 bytes without blanks, not beginning with - or !",
        ),
        ("! -j ACCEPT", "-j cannot be inverted with !"),
        ("-j ACCEPT !", "! stands in front of nothing"),
        ("! ! -s 10.0.0.1", "! stands twice in a row"),
        ("-m comment", "-m comment lacks an option that it needs"),
    ] {
        assert_eq!(
            Rule::parse(Family::Ipv4, rule),
            Err(says.to_owned()),
            "{rule}"
        );
    }
    for (table, rule, says) in [
        (
            "filter",
            "-j MASQUERADE",
            "-j MASQUERADE cannot stand in table filter, only in nat",
        ),
        (
            "nat",
            "-j REJECT",
            "-j REJECT cannot stand in table nat, only in filter",
        ),
    ] {
        let text = format!("*{table}\n-A OUTPUT {rule}\nCOMMIT\n");
        assert_eq!(text.parse::<Ruleset>().unwrap_err().message, says);
    }
}

#[test]
fn rules_are_printed_as_iptables_normalises_them() {
    for (family, given, printed) in [
        (
            Family::Ipv4,
            "-j ACCEPT -d 10.0.5.1/16 -s 0.0.0.0/0 -i +",
            "-d 10.0.0.0/16 -j ACCEPT",
        ),
        (
            Family::Ipv4,
            "--dport http -p tcp",
            "unknown option --dport",
        ),
        (
            Family::Ipv4,
            "-p tcp --dport http -s 10.0.0.1/255.0.0.0",
            "-s 10.0.0.0/8 -p tcp -m tcp --dport 80",
        ),
        (
            Family::Ipv4,
            "-m mark --mark 0x00004000/0x00004000",
            "-m mark --mark 0x4000/0x4000",
        ),
        (
            Family::Ipv4,
            "-m limit --limit 60/minute",
            "-m limit --limit 1/sec",
        ),
        (
            Family::Ipv4,
            "-m nosuch --a b \"c d\" ! --e -1 -j ACCEPT",
            "-m nosuch --a b \"c d\" ! --e -1 -j ACCEPT",
        ),
        (Family::Ipv4, "-j NOSUCH --a b", "-j NOSUCH --a b"),
        (Family::Ipv4, "-m nosuch --a ӓ", "-m nosuch --a ӓ"),
        (
            Family::Ipv4,
            "-m conntrack ! --ctproto udp --ctstate NEW",
            "-m conntrack --ctstate NEW ! --ctproto 17",
        ),
        (
            Family::Ipv6,
            "-p tcp -j DNAT --to-destination [fd00:0::1]:80",
            "-p tcp -j DNAT --to-destination [fd00::1]:80",
        ),
        (
            Family::Ipv6,
            "-p icmpv6 --icmpv6-type echo-request",
            "-p ipv6-icmp -m icmp6 --icmpv6-type 128",
        ),
        (
            Family::Ipv6,
            "-j REJECT",
            "-j REJECT --reject-with icmp6-port-unreachable",
        ),
    ] {
        let shown = Rule::parse(family, given).map_or_else(|error| error, |rule| rule.to_string());
        assert_eq!(shown, printed, "{given}");
    }
}
