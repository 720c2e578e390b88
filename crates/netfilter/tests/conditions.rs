//! Each match against packets: whether it holds, and why not.

mod trying;

use netfilter::traverse::CtState;
use netfilter::{DevName, IcmpMessage, L4, SctpChunk, Skb};

use trying::{Node, check, node, packet, tcp};

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
