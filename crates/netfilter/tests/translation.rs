//! Translation and back, for connections of every kind in one crowded table: an answer to what left
//! comes to the client as an answer to what it sent, and so does an ICMP error about it.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use netfilter::conntrack::{Conntrack, Direction, Settings, Tracked, Tuple};
use netfilter::rule::NatRange;
use netfilter::traverse::{CtState, Manip, NatRequest};
use netfilter::{IcmpMessage, L4, Packet, TcpFlags, Verdict};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn host(net: u8) -> impl Strategy<Value = IpAddr> {
    (1u8..4).prop_map(move |host| Ipv4Addr::new(10, net, 0, host).into())
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Tcp,
    Udp,
    Ping,
    Other,
}

fn l4(kind: Kind, sport: u16, dport: u16) -> L4 {
    match kind {
        Kind::Tcp => L4::Tcp {
            sport,
            dport,
            flags: TcpFlags::SYN,
        },
        Kind::Udp => L4::Udp { sport, dport },
        Kind::Ping => L4::Icmp(IcmpMessage::EchoRequest { id: sport }),
        Kind::Other => L4::Other { protocol: 47 },
    }
}

prop_compose! {
    fn first()(
        src in host(1), dst in host(2),
        kind in select(vec![Kind::Tcp, Kind::Udp, Kind::Ping, Kind::Other]),
        sport in select(vec![80u16, 700, 40000, 40001]), dport in 1u16..3,
    ) -> Packet {
        Packet { src, dst, l4: l4(kind, sport, dport), ttl: 64 }
    }
}

fn nat(manip: Manip, net: u8) -> impl Strategy<Value = Option<NatRequest>> {
    let ports = proptest::option::of((8000u16..8003, 0u16..3));
    let request = (host(net), 0u8..3, ports, any::<bool>(), any::<bool>());
    proptest::option::of(
        request.prop_map(move |(addr, more, ports, random_port, persistent)| {
            let last = match addr {
                IpAddr::V4(a) => IpAddr::V4((u32::from(a) + u32::from(more)).into()),
                v6 => v6,
            };
            NatRequest {
                manip,
                range: NatRange {
                    addrs: Some((addr, last)),
                    ports: ports.map(|(first, more)| (first, first + more)),
                },
                random_port,
                persistent,
            }
        }),
    )
}

/// Sends a first packet through; `None` where it is dropped at its confirmation, as where all ports
/// are taken, or where it belongs to a connection of before.
fn sent(
    table: &mut Conntrack,
    packet: &Packet,
    nat: [Option<NatRequest>; 2],
    port: &mut dyn FnMut() -> u16,
) -> Option<Packet> {
    let tracked = table.enter(packet, 0, &Settings::default());
    let Tracked::Entry { id, state, .. } = tracked else {
        panic!("{packet:?} can begin a connection");
    };
    let known = table.get(id).status.confirmed;
    if known || state != CtState::New {
        table.settle();
        return None;
    }
    let mut leaves = packet.clone();
    for (manip, request) in [Manip::Destination, Manip::Source].into_iter().zip(nat) {
        match request {
            Some(request) => table.nat_setup(id, &request, 0, port),
            None => table.nat_null_binding(id, manip, 0, port),
        }
        table.translate(tracked, manip, &mut leaves);
    }
    let confirmed = table.confirm(id, Direction::Original, 0);
    table.settle();
    (confirmed == Verdict::Accept).then_some(leaves)
}

/// What comes back, translated on its way to the client.
fn back(table: &mut Conntrack, mut packet: Packet) -> Option<(CtState, Packet)> {
    let tracked = table.enter(&packet, 1, &Settings::default());
    let Tracked::Entry {
        state, direction, ..
    } = tracked
    else {
        return None;
    };
    assert_eq!(direction, Direction::Reply, "{packet:?}");
    for manip in [Manip::Destination, Manip::Source] {
        table.translate(tracked, manip, &mut packet);
    }
    table.settle();
    Some((state, packet))
}

fn answer(to: &Packet) -> Packet {
    let l4 = match to.l4.clone() {
        L4::Tcp { sport, dport, .. } => L4::Tcp {
            sport: dport,
            dport: sport,
            flags: TcpFlags::SYN.with(TcpFlags::ACK),
        },
        L4::Udp { sport, dport } => L4::Udp {
            sport: dport,
            dport: sport,
        },
        L4::Icmp(IcmpMessage::EchoRequest { id }) => L4::Icmp(IcmpMessage::EchoReply { id }),
        other => other,
    };
    Packet {
        src: to.dst,
        dst: to.src,
        l4,
        ttl: 64,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn what_left_comes_back_as_an_answer_to_what_was_sent(
        all in vec((first(), nat(Manip::Destination, 3), nat(Manip::Source, 4)), 1..24),
        ports in any::<u16>(),
        router in host(5),
    ) {
        let mut table = Conntrack::default();
        let mut draw = ports;
        let mut port = || {
            draw = draw.wrapping_mul(31).wrapping_add(7);
            draw
        };
        let mut gone_out = BTreeSet::new();
        let mut open = Vec::new();
        for (first, dnat, snat) in all {
            if let Some(left) = sent(&mut table, &first, [dnat, snat], &mut port) {
                let tuple = Tuple::of(&left).expect("it is no error");
                prop_assert!(gone_out.insert(tuple), "two connections look alike outside: {:?}", tuple);
                open.push((first, left));
            }
        }
        for (first, left) in open {
            // An error first: it must not count as an answer.
            let about = Box::new(left.clone());
            let error = Packet {
                src: router,
                dst: left.src,
                l4: L4::Icmp(IcmpMessage::Unreachable { code: 1, about }),
                ttl: 64,
            };
            let (state, error) = back(&mut table, error).expect("it belongs to a connection");
            prop_assert_eq!(state, CtState::Related);
            prop_assert_eq!(error.dst, first.src);
            let L4::Icmp(IcmpMessage::Unreachable { about, .. }) = error.l4 else {
                panic!("it is still an error");
            };
            prop_assert_eq!(*about, first.clone());

            let (state, came) = back(&mut table, answer(&left)).expect("it belongs to a connection");
            prop_assert_eq!(state, CtState::Established);
            prop_assert_eq!(came, answer(&first));
        }
    }
}
