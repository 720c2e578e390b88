//! Connections as one namespace remembers them: states, NAT and back, ports that are taken.

use std::net::IpAddr;

use netfilter::conntrack::{ConnId, Conntrack, Direction, Filter, Settings, Timeouts, Tracked};
use netfilter::rule::NatRange;
use netfilter::traverse::{CtState, Manip, NatRequest};
use netfilter::{IcmpMessage, L4, Packet, TcpFlags, Verdict};

const SYN: TcpFlags = TcpFlags::SYN;
const ACK: TcpFlags = TcpFlags::ACK;
const SYN_ACK: TcpFlags = SYN.with(ACK);
const FIN_ACK: TcpFlags = TcpFlags::FIN.with(ACK);
const RST: TcpFlags = TcpFlags::RST;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address is written right")
}

/// `10.0.0.1:5` as address and port.
fn end(text: &str) -> (IpAddr, u16) {
    let (addr, port) = text.rsplit_once(':').expect("an end has a port");
    (ip(addr), port.parse().expect("a port is a number"))
}

fn packet(from: &str, to: &str, l4: impl FnOnce(u16, u16) -> L4) -> Packet {
    let ((src, sport), (dst, dport)) = (end(from), end(to));
    Packet {
        src,
        dst,
        l4: l4(sport, dport),
        ttl: 64,
    }
}

fn tcp(from: &str, to: &str, flags: TcpFlags) -> Packet {
    packet(from, to, |sport, dport| L4::Tcp {
        sport,
        dport,
        flags,
    })
}

fn udp(from: &str, to: &str) -> Packet {
    packet(from, to, |sport, dport| L4::Udp { sport, dport })
}

fn enter(table: &mut Conntrack, packet: &Packet, now: u64) -> Tracked {
    table.enter(packet, now, &Settings::default())
}

fn id(tracked: Tracked) -> ConnId {
    match tracked {
        Tracked::Entry { id, .. } => id,
        other => panic!("{other:?} is no entry"),
    }
}

fn state(tracked: Tracked) -> Option<(CtState, Direction)> {
    match tracked {
        Tracked::Entry {
            state, direction, ..
        } => Some((state, direction)),
        _ => None,
    }
}

fn request(manip: Manip, to: &str, random_port: bool) -> NatRequest {
    let (addr, ports) = match to.rsplit_once(':') {
        Some((addr, port)) => {
            let port = port.parse().expect("a port is a number");
            (ip(addr), Some((port, port)))
        }
        None => (ip(to), None),
    };
    NatRequest {
        manip,
        range: NatRange {
            addrs: Some((addr, addr)),
            ports,
        },
        random_port,
        persistent: false,
    }
}

/// A first packet with its NAT, as it leaves; confirmed.
fn open(
    table: &mut Conntrack,
    first: &Packet,
    nat: &[NatRequest],
    port: &mut dyn FnMut() -> u16,
) -> Packet {
    let tracked = enter(table, first, 0);
    let mut packet = first.clone();
    for request in nat {
        table.nat_setup(id(tracked), request, 0, port);
        table.translate(tracked, request.manip, &mut packet);
    }
    for manip in [Manip::Destination, Manip::Source] {
        if !table.nat_settled(id(tracked), manip) {
            table.nat_null_binding(id(tracked), manip, 0, port);
            table.translate(tracked, manip, &mut packet);
        }
    }
    let confirmed = table.confirm(id(tracked), Direction::Original, 0);
    assert_eq!(confirmed, Verdict::Accept);
    table.settle();
    packet
}

/// The answer to a packet, un-NATed at both places where a reply passes.
fn answer(table: &mut Conntrack, to: &Packet) -> Packet {
    let (sport, dport) = to.ports().expect("it has ports");
    let mut reply = to.clone();
    (reply.src, reply.dst) = (to.dst, to.src);
    reply.rewrite_ports(Some(dport), Some(sport));
    if let L4::Tcp { flags, .. } = &mut reply.l4 {
        *flags = SYN_ACK;
    }
    let tracked = enter(table, &reply, 0);
    assert_eq!(
        state(tracked),
        Some((CtState::Established, Direction::Reply))
    );
    table.translate(tracked, Manip::Destination, &mut reply);
    table.translate(tracked, Manip::Source, &mut reply);
    reply
}

#[test]
fn nat_and_the_reply_restore_what_the_client_sent_to() {
    let dnat = request(Manip::Destination, "10.42.2.22:8080", false);
    let snat = request(Manip::Source, "192.168.1.11", true);
    for nat in [vec![], vec![dnat], vec![snat], vec![dnat, snat]] {
        for first in [
            tcp("10.42.1.50:40000", "10.43.0.1:80", SYN),
            udp("10.42.1.50:40000", "10.43.0.1:80"),
        ] {
            let mut table = Conntrack::default();
            let mut next = 1000;
            let mut port = || {
                next += 77;
                next
            };
            let sent = open(&mut table, &first, &nat, &mut port);
            let back = answer(&mut table, &sent);
            assert_eq!((back.src, back.dst), (first.dst, first.src), "{nat:?}");
            let (sport, dport) = first.ports().expect("it has ports");
            assert_eq!(back.ports(), Some((dport, sport)), "{nat:?}");
        }
    }
}

#[test]
fn a_source_port_that_is_taken_is_changed_even_without_a_rule() {
    let mut table = Conntrack::default();
    let dnat = [request(Manip::Destination, "10.42.2.22:8080", false)];
    let mut port = || 7;
    open(
        &mut table,
        &udp("10.42.1.50:40000", "10.43.0.1:53"),
        &dnat,
        &mut port,
    );
    let direct = udp("10.42.1.50:40000", "10.42.2.22:8080");
    let sent = open(&mut table, &direct, &[], &mut port);
    assert_eq!(sent.src, direct.src);
    assert_eq!(sent.ports(), Some((1024 + 7, 8080)));
    // Ports below 512 and below 1024 stay among their likes (`nf_nat_l4proto_unique_tuple`).
    for (sport, changed) in [(400, 8), (700, 607)] {
        let client = format!("10.42.1.50:{sport}");
        open(&mut table, &udp(&client, "10.43.0.1:53"), &dnat, &mut port);
        let sent = open(&mut table, &udp(&client, "10.42.2.22:8080"), &[], &mut port);
        assert_eq!(sent.ports(), Some((changed, 8080)));
    }
}

#[test]
fn masquerade_keeps_the_port_unless_told_otherwise() {
    for (random, expected) in [(false, 40000), (true, 1024 + 9)] {
        let mut table = Conntrack::default();
        let masquerade = [request(Manip::Source, "192.168.1.11", random)];
        let first = tcp("10.42.1.50:40000", "8.8.8.8:53", SYN);
        let sent = open(&mut table, &first, &masquerade, &mut || 9);
        assert_eq!(sent.ports(), Some((expected, 53)), "random {random}");
    }
}

#[test]
fn where_every_port_is_taken_the_new_connection_is_not_confirmed() {
    let mut table = Conntrack::default();
    let mut narrow = request(Manip::Source, "192.168.1.11:5", false);
    narrow.range.ports = Some((5, 6));
    let mut port = || 0;
    for client in ["10.0.0.1:1", "10.0.0.2:1"] {
        open(&mut table, &udp(client, "8.8.8.8:53"), &[narrow], &mut port);
    }
    let third = enter(&mut table, &udp("10.0.0.3:1", "8.8.8.8:53"), 0);
    table.nat_setup(id(third), &narrow, 0, &mut port);
    let confirmed = table.confirm(id(third), Direction::Original, 0);
    assert_eq!(confirmed, Verdict::Drop);
    table.settle();
    assert_eq!(table.len(), 2);
}

#[test]
fn tcp_goes_through_its_states() {
    let mut table = Conntrack::default();
    let (a, b) = ("10.0.0.1:5", "10.0.0.2:80");
    open(&mut table, &tcp(a, b, SYN), &[], &mut || 0);
    let lines = [
        (tcp(b, a, SYN_ACK), "SYN_RECV", false),
        (tcp(a, b, ACK), "ESTABLISHED", true),
        (tcp(a, b, FIN_ACK), "FIN_WAIT", true),
        (tcp(b, a, FIN_ACK), "LAST_ACK", true),
        (tcp(a, b, ACK), "TIME_WAIT", true),
    ];
    for (segment, expected, assured) in lines {
        enter(&mut table, &segment, 0);
        let line = table.listing(0, Timeouts::Hidden).remove(0);
        assert!(line.starts_with(&format!("tcp 6 {expected} ")), "{line}");
        assert_eq!(line.contains("[ASSURED]"), assured, "{line}");
        assert!(!line.contains("[UNREPLIED]"), "{line}");
    }
}

#[test]
fn a_closed_connection_opens_anew() {
    let mut table = Conntrack::default();
    let (a, b) = ("10.0.0.1:5", "10.0.0.2:80");
    open(&mut table, &tcp(a, b, SYN), &[], &mut || 0);
    for segment in [
        tcp(b, a, SYN_ACK),
        tcp(a, b, ACK),
        tcp(a, b, FIN_ACK),
        tcp(b, a, FIN_ACK),
        tcp(a, b, ACK),
    ] {
        enter(&mut table, &segment, 0);
    }
    let again = enter(&mut table, &tcp(a, b, SYN), 0);
    assert_eq!(state(again), Some((CtState::New, Direction::Original)));
    assert!(
        !table.nat_settled(id(again), Manip::Destination),
        "nat is asked again"
    );
}

#[test]
fn a_reset_before_any_answer_leaves_nothing() {
    let mut table = Conntrack::default();
    let (a, b) = ("10.0.0.1:5", "10.0.0.2:80");
    open(&mut table, &tcp(a, b, SYN), &[], &mut || 0);
    let reset = enter(&mut table, &tcp(b, a, RST.with(ACK)), 0);
    assert_eq!(
        state(reset),
        Some((CtState::Established, Direction::Reply)),
        "the reset itself still belongs to it"
    );
    table.settle();
    assert!(table.is_empty());
}

#[test]
fn a_connection_is_picked_up_midway_only_when_loose() {
    for (tcp_loose, expected) in [
        (true, Some((CtState::New, Direction::Original))),
        (false, None),
    ] {
        let mut table = Conntrack::default();
        let middle = tcp("10.0.0.1:5", "10.0.0.2:80", ACK);
        let settings = Settings {
            tcp_loose,
            ..Settings::default()
        };
        let tracked = table.enter(&middle, 0, &settings);
        assert_eq!(state(tracked), expected, "loose {tcp_loose}");
    }
    let stray = tcp("10.0.0.1:5", "10.0.0.2:80", SYN_ACK);
    assert_eq!(
        enter(&mut Conntrack::default(), &stray, 0),
        Tracked::Invalid
    );
}

#[test]
fn entries_are_forgotten_in_time() {
    let mut table = Conntrack::default();
    let (a, b) = ("10.0.0.1:5", "10.0.0.2:53");
    open(&mut table, &udp(a, b), &[], &mut || 0);
    assert_eq!(table.entries(29_999).len(), 1);
    assert_eq!(table.entries(30_000).len(), 0);
    enter(&mut table, &udp(b, a), 1_000);
    enter(&mut table, &udp(a, b), 3_000);
    let line = table.listing(3_000, Timeouts::Shown).remove(0);
    assert!(line.starts_with("udp      17 120 src="), "{line}");
    assert!(line.contains("[ASSURED]"), "a stream: {line}");
    table.collect(123_000);
    assert!(table.is_empty());
}

#[test]
fn an_icmp_error_is_related_to_what_it_is_about_when_it_goes_to_the_sender() {
    let mut table = Conntrack::default();
    let dnat = [request(Manip::Destination, "10.42.2.22:8080", false)];
    let first = udp("10.42.1.50:40000", "10.43.0.1:53");
    let sent = open(&mut table, &first, &dnat, &mut || 0);
    let error = |to: &str| Packet {
        src: ip("10.42.2.22"),
        dst: ip(to),
        l4: L4::Icmp(IcmpMessage::Unreachable {
            code: 3,
            about: Box::new(sent.clone()),
        }),
        ttl: 64,
    };
    assert_eq!(enter(&mut table, &error("10.42.1.99"), 0), Tracked::Invalid);
    let mut error = error("10.42.1.50");
    let tracked = enter(&mut table, &error, 0);
    assert_eq!(state(tracked), Some((CtState::Related, Direction::Reply)));
    table.translate(tracked, Manip::Destination, &mut error);
    table.translate(tracked, Manip::Source, &mut error);
    assert_eq!(error.src, ip("10.43.0.1"), "as if the Service had sent it");
    let L4::Icmp(IcmpMessage::Unreachable { about, .. }) = error.l4 else {
        panic!("it is still an error");
    };
    assert_eq!(*about, first, "about what the client sent");
}

#[test]
fn conntrack_d_takes_out_what_it_names() {
    let mut table = Conntrack::default();
    let dnat = |to: &str| [request(Manip::Destination, to, false)];
    for (client, to) in [
        ("10.0.0.1:1", "10.42.1.16:8080"),
        ("10.0.0.1:2", "10.42.2.22:8080"),
    ] {
        open(
            &mut table,
            &udp(client, "10.43.0.10:53"),
            &dnat(to),
            &mut || 0,
        );
    }
    let filter = |args: &str| {
        let args: Vec<&str> = args.split(' ').collect();
        Filter::parse(&args).expect("options are read")
    };
    let mut delete = |args: &str| {
        let filter = filter(args);
        table.delete_where(|conn| filter.matches(conn))
    };
    assert_eq!(delete("-p tcp"), 0);
    assert_eq!(
        delete("-p udp --orig-dst 10.43.0.10 --dst-nat 10.42.1.16"),
        1
    );
    assert_eq!(delete("-p udp --dport 53 -r 10.42.2.22"), 1);
}

#[test]
fn what_belongs_to_no_connection_is_invalid() {
    let mut table = Conntrack::default();
    let ping = |src: &str, dst: &str, message| Packet {
        src: ip(src),
        dst: ip(dst),
        l4: L4::Icmp(message),
        ttl: 64,
    };
    let answer = ping("10.0.0.2", "10.0.0.1", IcmpMessage::EchoReply { id: 7 });
    let lost = Box::new(udp("10.0.0.1:1", "10.0.0.2:53"));
    let unheard = IcmpMessage::Unreachable {
        code: 3,
        about: lost.clone(),
    };
    let late = IcmpMessage::TimeExceeded { about: lost };
    for packet in [
        answer,
        ping("10.0.0.2", "10.0.0.1", unheard),
        ping("10.0.0.2", "10.0.0.1", late),
        tcp("10.0.0.1:1", "10.0.0.2:80", SYN_ACK),
        tcp("10.0.0.1:1", "10.0.0.2:80", RST),
    ] {
        assert_eq!(
            enter(&mut table, &packet, 0),
            Tracked::Invalid,
            "{packet:?}"
        );
    }
    assert!(table.is_empty());
}

#[test]
fn a_port_chosen_anew_stays_among_its_like() {
    // `nf_nat_l4proto_unique_tuple`: below 512, below 1024, and all others.
    for (sport, range) in [(80, 1..=511), (700, 600..=1023), (40_000, 1024..=65_535)] {
        for draw in [0, 77, 65_535] {
            let mut table = Conntrack::default();
            let first = udp(&format!("10.42.1.50:{sport}"), "10.9.9.9:53");
            let snat = [request(Manip::Source, "192.168.1.11", true)];
            let left = open(&mut table, &first, &snat, &mut || draw);
            let (chosen, _) = left.ports().expect("UDP has ports");
            assert!(range.contains(&chosen), "{sport} becomes {chosen}");
        }
    }
}
