//! What a packet's header says, in words.

use fabric::Route;
use netfilter::{IcmpMessage, L4, Packet, SctpChunk, Skb};

use crate::frames::Header;
use crate::text::socket;

pub(super) fn ends(packet: &Packet) -> (String, String) {
    let ports = packet.ports();
    (
        socket(packet.src, ports.map(|p| p.0)),
        socket(packet.dst, ports.map(|p| p.1)),
    )
}

pub(super) fn header(skb: &Skb) -> Header {
    let (src, dst) = ends(&skb.packet);
    Header {
        src,
        dst,
        transport: transport(&skb.packet),
        mark: skb.mark,
        in_dev: skb.in_dev.as_ref().map(ToString::to_string),
        out_dev: skb.out_dev.as_ref().map(ToString::to_string),
        ttl: skb.packet.ttl,
    }
}

pub(super) fn transport(packet: &Packet) -> String {
    match &packet.l4 {
        L4::Tcp { flags, .. } => {
            let words: Vec<&str> = flags
                .to_string()
                .chars()
                .map(|c| match c {
                    'S' => "SYN",
                    'F' => "FIN",
                    'R' => "RST",
                    'P' => "PSH",
                    _ => "ACK",
                })
                .collect();
            format!("TCP {}", words.join(", ")).trim_end().to_owned()
        }
        L4::Udp { .. } => "UDP".into(),
        L4::Sctp { chunk, .. } => match chunk {
            SctpChunk::Init => "SCTP INIT".into(),
            SctpChunk::InitAck => "SCTP INIT ACK".into(),
            SctpChunk::CookieEcho => "SCTP COOKIE ECHO".into(),
            SctpChunk::CookieAck => "SCTP COOKIE ACK".into(),
            SctpChunk::Data => "SCTP DATA".into(),
            SctpChunk::Abort => "SCTP ABORT".into(),
        },
        L4::Icmp(IcmpMessage::EchoRequest { .. }) => "ICMP echo request".into(),
        L4::Icmp(IcmpMessage::EchoReply { .. }) => "ICMP echo reply".into(),
        L4::Icmp(IcmpMessage::Unreachable { .. }) => "ICMP unreachable".into(),
        L4::Icmp(IcmpMessage::TimeExceeded { .. }) => "ICMP time exceeded".into(),
        L4::Other { protocol } => format!("IP protocol {protocol}"),
    }
}

pub(super) fn machine_route(route: &Route) -> Option<String> {
    match route {
        Route::Local => Some("local".into()),
        Route::Via {
            dev,
            gateway: Some(gateway),
            matched,
        } => Some(format!("{matched} via {gateway} dev {dev}")),
        Route::Via { dev, matched, .. } => Some(format!("{matched} dev {dev}")),
        Route::None => None,
    }
}
