//! Packets against rules: which steps are taken, which numbers are drawn, and how it ends.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its input is not as expected"
)]

use std::net::IpAddr;

use netfilter::matches::{AddrType, Recent, RecentOp};
use netfilter::traverse::{CtState, CtView, Manip, NatRequest, Outcome};
use netfilter::{
    DevName, Draw, Env, Family, Hook, IcmpMessage, L4, Packet, Prepared, Probability, RuleRef,
    Ruleset, SctpChunk, Skb, Step, StepKind, TableName, TcpFlags, Verdict, traverse,
    traverse_quiet,
};

/// A namespace that owns 10.0.0.1 and fd00::1, draws what it is told to and notes what it is asked.
struct Node {
    draws: Vec<u32>,
    ct: CtView,
    in_list: bool,
    log: Vec<String>,
}

fn node() -> Node {
    Node {
        draws: Vec::new(),
        ct: CtView {
            state: CtState::New,
            original: true,
            dnat: false,
            snat: false,
            mark: 0,
        },
        in_list: false,
        log: Vec::new(),
    }
}

impl Env for Node {
    fn draw(&mut self, rule: &RuleRef, _: Probability) -> u32 {
        self.log.push(format!("draw {rule}"));
        self.draws.remove(0)
    }
    fn conntrack(&self) -> CtView {
        self.ct
    }
    fn address_type(&self, addr: IpAddr, dev: Option<&DevName>) -> AddrType {
        let own = ["10.0.0.1", "fd00::1"].map(|a| a.parse().unwrap());
        match own.contains(&addr) && dev.is_none_or(|d| d.as_str() == "eth0") {
            true => AddrType::Local,
            false => AddrType::Unicast,
        }
    }
    fn recent(&mut self, what: &Recent, _: &Skb) -> bool {
        self.log
            .push(format!("recent {:?} {}", what.op.value, what.name));
        what.op.value == RecentOp::Set || self.in_list
    }
    fn nth(&mut self, rule: &RuleRef, every: u32, packet: u32) -> bool {
        self.log.push(format!("nth {rule} {every} {packet}"));
        true
    }
    fn limit(&mut self, rule: &RuleRef, milliseconds_per_token: u64, burst: u32) -> bool {
        self.log
            .push(format!("limit {rule} {milliseconds_per_token} {burst}"));
        false
    }
    fn reverse_path(&self, _: &Skb, loose: bool) -> Option<bool> {
        loose.then_some(true)
    }
    fn primary_address(&self, dev: Option<&DevName>, _: IpAddr) -> Option<IpAddr> {
        (dev?.as_str() == "eth0").then(|| "10.0.0.1".parse().unwrap())
    }
    fn nat(&mut self, skb: &mut Skb, request: &NatRequest) -> Verdict {
        let NatRequest {
            manip,
            range,
            random_port,
            ..
        } = request;
        let random = if *random_port { " random" } else { "" };
        self.log.push(format!("{manip:?} {range}{random}"));
        if let (Some((addr, _)), Manip::Destination) = (range.addrs, manip) {
            skb.packet.dst = addr;
        }
        Verdict::Accept
    }
    fn set_connmark(&mut self, mark: u32) {
        self.ct.mark = mark;
    }
    fn notrack(&mut self) {
        self.log.push("notrack".to_owned());
    }
}

fn tcp(src: &str, dst: &str, dport: u16) -> Skb {
    packet(
        src,
        dst,
        L4::Tcp {
            sport: 40000,
            dport,
            flags: TcpFlags::SYN,
        },
    )
}

fn packet(src: &str, dst: &str, l4: L4) -> Skb {
    Skb::new(Packet {
        src: src.parse().unwrap(),
        dst: dst.parse().unwrap(),
        l4,
        ttl: 64,
    })
}

fn shown(step: &Step) -> String {
    let RuleRef { chain, number, .. } = &step.rule;
    let kind = match &step.kind {
        StepKind::Passed { why } => format!("passed: {why}"),
        StepKind::Jump(to) => format!("jump {to}"),
        StepKind::Goto(to) => format!("goto {to}"),
        StepKind::Reject(with) => format!("{with:?}"),
        StepKind::Policy(verdict) => format!("policy {verdict:?}"),
        StepKind::Unmodelled(what) => format!("unmodelled: {what}"),
        kind => format!("{kind:?}").to_lowercase(),
    };
    format!("{}{chain}#{number} {kind}", "  ".repeat(step.callers.len()))
}

/// Walks a packet through the filter table's FORWARD and compares the steps, one a line. Whatever
/// the steps, a walk that does not record them ends the same way.
fn check(rules: &str, skb: &Skb, env: fn() -> Node, expected: &str) -> (Node, Skb, Vec<Step>) {
    check_in(TableName::Filter, Hook::Forward, rules, skb, env, expected)
}

fn check_in(
    table: TableName,
    hook: Hook,
    rules: &str,
    skb: &Skb,
    env: fn() -> Node,
    expected: &str,
) -> (Node, Skb, Vec<Step>) {
    let chains: String = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("-A ")?.split(' ').next())
        .filter(|chain| chain.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(|chain| format!(":{chain} - [0:0]\n"))
        .collect();
    let family = Family::of(skb.packet.src);
    let text = format!("*{table}\n{chains}{rules}\nCOMMIT\n");
    let ruleset = Ruleset::parse(family, &text).unwrap();
    let (mut quiet_env, mut quiet_skb) = (env(), skb.clone());
    let chains = &ruleset.tables[&table];
    let quiet = traverse_quiet(chains, hook, &mut quiet_skb, &mut quiet_env);
    let (mut brief_env, mut brief_skb) = (env(), skb.clone());
    let prepared = Prepared::new(ruleset.clone());
    let brief = prepared.traverse_brief(table, hook, &mut brief_skb, &mut brief_env);
    let (mut env, mut skb) = (env(), skb.clone());
    let traversal = traverse(chains, hook, &mut skb, &mut env);

    let steps: Vec<_> = traversal.steps.iter().map(shown).collect();
    let expected: Vec<_> = expected
        .lines()
        .map(|line| line.strip_prefix("    ").unwrap_or(line))
        .filter(|line| !line.trim().is_empty())
        .collect();
    assert_eq!(steps, expected);

    assert_eq!(
        (&traversal.outcome, &skb, &env.log),
        (&quiet, &quiet_skb, &quiet_env.log)
    );
    assert_eq!(
        (&traversal.outcome, &skb, &env.log),
        (&brief.outcome, &brief_skb, &brief_env.log)
    );
    // A brief walk tells of the rules that did not match only those that drew, without the reason.
    let told: Vec<_> = traversal
        .steps
        .iter()
        .filter(|step| step.draw.is_some() || !matches!(step.kind, StepKind::Passed { .. }))
        .map(|step| (&step.rule, step.draw, step.mark, &step.callers))
        .collect();
    let brief: Vec<_> = brief
        .steps
        .iter()
        .map(|step| (&step.rule, step.draw, step.mark, &step.callers))
        .collect();
    assert_eq!(told, brief);
    (env, skb, traversal.steps)
}

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

/// One rule's condition against one packet: whether it holds, else why not.
fn one(rule: &str, skb: &Skb, env: fn() -> Node, why: &str) {
    let expected = match why {
        "" => "FORWARD#1 continue\nFORWARD#2 policy Accept".to_owned(),
        why => format!("FORWARD#1 passed: {why}\nFORWARD#2 policy Accept"),
    };
    check(&format!("-A FORWARD {rule}"), skb, env, &expected);
}

#[test]
fn the_fixed_part() {
    let mut skb = tcp("10.0.0.2", "10.0.0.3", 80);
    skb.in_dev = Some(DevName::new("cni0"));
    for (rule, why) in [
        ("-s 10.0.0.2", ""),
        ("! -s 10.0.0.2", "source is 10.0.0.2"),
        ("-s 10.0.0.4", "source is not 10.0.0.4"),
        ("! -s 10.0.0.0/8", "source is inside 10.0.0.0/8"),
        ("-d 10.43.0.1", "destination is not 10.43.0.1"),
        ("-d 10.43.0.0/16", "destination is outside 10.43.0.0/16"),
        ("-i cni0", ""),
        ("-i cni+", ""),
        ("-i eth0", "input device is cni0, not eth0"),
        ("! -i cni0", "input device is cni0"),
        ("-o eth0", "no output device here"),
        ("! -o eth0", ""),
        ("-p tcp", ""),
        ("-p udp", "protocol is not udp"),
        ("! -p tcp", "protocol is tcp"),
        ("-f", "packet is no fragment"),
        ("! -f", ""),
    ] {
        one(rule, &skb, node, why);
    }
}

#[test]
fn ports_and_flags() {
    let skb = tcp("10.0.0.2", "10.0.0.3", 8711);
    for (rule, why) in [
        ("-p tcp --dport 8711", ""),
        ("-p tcp --dport 53", "port is 8711, not 53"),
        ("-p tcp ! --dport 8711", "port is 8711"),
        (
            "-p tcp --dport 30000:32767",
            "port 8711 is outside 30000:32767",
        ),
        ("-p tcp ! --dport 1:9000", "port 8711 is within 1:9000"),
        ("-p tcp --sport 1", "source port is 40000, not 1"),
        ("-p tcp --syn", ""),
        ("-p tcp ! --syn", "TCP flags are S"),
        ("-p tcp --tcp-flags ALL ACK", "TCP flags are S, not A"),
        ("-p tcp -m multiport --dports 80,8000:9000", ""),
        (
            "-p tcp -m multiport --dports 80,443",
            "port 8711 is not listed",
        ),
        ("-p tcp -m multiport ! --ports 40000", "port 8711 is listed"),
    ] {
        one(rule, &skb, node, why);
    }
    let udp = packet(
        "10.0.0.2",
        "10.0.0.3",
        L4::Udp {
            sport: 1,
            dport: 53,
        },
    );
    one("-p udp --dport 53", &udp, node, "");
    one("-p udp --dport 54", &udp, node, "port is 53, not 54");
    let init = L4::Sctp {
        sport: 1,
        dport: 9,
        chunk: SctpChunk::Init,
    };
    let sctp = packet("10.0.0.2", "10.0.0.3", init);
    one("-p sctp --dport 9", &sctp, node, "");
    one("-p sctp ! --dport 9", &sctp, node, "port is 9");
}

#[test]
fn icmp_types_of_both_families() {
    let ping = packet(
        "10.0.0.2",
        "10.0.0.3",
        L4::Icmp(IcmpMessage::EchoRequest { id: 1 }),
    );
    one("-p icmp --icmp-type 8", &ping, node, "");
    one("-p icmp --icmp-type any", &ping, node, "");
    one(
        "-p icmp --icmp-type echo-reply",
        &ping,
        node,
        "ICMP type is 8, not 0",
    );
    one("-p icmp ! --icmp-type 8", &ping, node, "ICMP type is 8");
    one(
        "-p icmp --icmp-type 8/1",
        &ping,
        node,
        "ICMP code is 0, not 1",
    );
    let ping = packet(
        "fd00::2",
        "fd00::3",
        L4::Icmp(IcmpMessage::EchoRequest { id: 1 }),
    );
    one("-p icmpv6 --icmpv6-type 128", &ping, node, "");
    one(
        "-p icmpv6 --icmpv6-type 129",
        &ping,
        node,
        "ICMP type is 128, not 129",
    );
    one("-p icmp", &ping, node, "protocol is not icmp");
}

#[test]
fn conntrack_and_its_marks() {
    let skb = tcp("10.0.0.2", "10.0.0.3", 80);
    let dnated = || {
        let mut env = node();
        (env.ct.state, env.ct.dnat, env.ct.mark) = (CtState::Established, true, 5);
        env
    };
    let invalid = || {
        let mut env = node();
        env.ct.state = CtState::Invalid;
        env
    };
    let wanted = "-m conntrack --ctstate RELATED,ESTABLISHED";
    one(
        wanted,
        &skb,
        node,
        "connection is NEW, not RELATED,ESTABLISHED",
    );
    one(wanted, &skb, dnated, "");
    one(
        "-m conntrack ! --ctstate DNAT",
        &skb,
        dnated,
        "connection is DNAT",
    );
    one("-m conntrack --ctstate INVALID", &skb, invalid, "");
    one(
        "-m conntrack --ctstate SNAT",
        &skb,
        dnated,
        "connection is ESTABLISHED, not SNAT",
    );
    one("-m state --state NEW", &skb, node, "");
    one("-m state ! --state NEW", &skb, node, "connection is NEW");
    one("-m connmark --mark 5", &skb, dnated, "");
    one(
        "-m connmark ! --mark 5",
        &skb,
        dnated,
        "connection's mark is 0x5",
    );
    one(
        "-m connmark ! --mark 5",
        &skb,
        invalid,
        "packet has no connection",
    );
}

#[test]
fn kinds_of_addresses() {
    let mut skb = tcp("10.0.0.2", "10.0.0.1", 80);
    one("-m addrtype --dst-type LOCAL", &skb, node, "");
    one(
        "-m addrtype --src-type LOCAL",
        &skb,
        node,
        "source is not LOCAL here",
    );
    one(
        "-m addrtype ! --dst-type LOCAL",
        &skb,
        node,
        "destination is LOCAL here",
    );
    skb.in_dev = Some(DevName::new("cni0"));
    let limited = "-m addrtype --dst-type LOCAL --limit-iface-in";
    one(limited, &skb, node, "destination is not LOCAL here");
    skb.in_dev = Some(DevName::new("eth0"));
    one(limited, &skb, node, "");
}

#[test]
fn lists_turns_and_limits_are_the_namespaces() {
    let skb = tcp("10.0.0.2", "10.0.0.1", 80);
    let listed = || Node {
        in_list: true,
        ..node()
    };
    let rcheck = "-m recent --name L --rcheck --seconds 10800 --reap";
    one(rcheck, &skb, listed, "");
    one(rcheck, &skb, node, "source is not in list (last 10800 s)");
    one("-m recent --set --name L", &skb, node, "");
    one(
        "-m recent ! --rcheck --rdest",
        &skb,
        listed,
        "destination is in list",
    );
    one(
        "-m statistic --mode nth --every 3 --packet 1",
        &skb,
        node,
        "",
    );
    one(
        "-m statistic --mode nth ! --every 3 --packet 1",
        &skb,
        node,
        "not this packet's turn",
    );
    one(
        "-m limit --limit 5/min",
        &skb,
        node,
        "limit 5/min is used up",
    );
    let (env, ..) = check(
        "-A FORWARD -m limit --limit 6/min --limit-burst 9
         -A FORWARD -m statistic --mode nth --every 3 --packet 1",
        &skb,
        node,
        "FORWARD#1 passed: limit 6/min is used up\nFORWARD#2 continue\nFORWARD#3 policy Accept",
    );
    assert_eq!(
        env.log,
        ["limit filter/FORWARD#1 10000 9", "nth filter/FORWARD#2 3 1"]
    );
}

#[test]
fn bridge_ports() {
    let mut skb = tcp("10.0.0.2", "10.0.0.1", 80);
    one(
        "-m physdev --physdev-is-bridged",
        &skb,
        node,
        "packet is not bridged",
    );
    one("-m physdev ! --physdev-is-bridged", &skb, node, "");
    one(
        "-m physdev --physdev-in veth1",
        &skb,
        node,
        "packet goes in by no bridge port",
    );
    skb.phys_in = Some(DevName::new("veth1"));
    one("-m physdev --physdev-in veth+", &skb, node, "");
    one(
        "-m physdev ! --physdev-is-in",
        &skb,
        node,
        "packet is from a bridge port",
    );
    one(
        "-m physdev --physdev-is-out",
        &skb,
        node,
        "packet is not for a bridge port",
    );
    skb.phys_out = Some(DevName::new("veth2"));
    one("-m physdev --physdev-is-bridged", &skb, node, "");
    one(
        "-m physdev --physdev-out veth1",
        &skb,
        node,
        "packet goes out by veth2",
    );
}

#[test]
fn words_that_never_decide() {
    let skb = tcp("10.0.0.2", "10.0.0.1", 80);
    one(
        "-m comment --comment x -m nfacct --nfacct-name n -j LOG",
        &skb,
        node,
        "",
    );
    one("-m rpfilter --loose", &skb, node, "");
    one(
        "-m rpfilter --loose --invert",
        &skb,
        node,
        "way back is the same",
    );
}

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
