//! SCTP's four-way handshake (RFC 9260), spoken over raw sockets: a kernel need not have SCTP for
//! its packet filter to know the protocol.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;

use fabric::Ns;
use netfilter::Family;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, ipproto, recvfrom, sendto,
    socket_with,
};

use serde_json::Value;

use crate::network::Built;
use crate::spaces::{Done, Home, run};
use crate::talk::Heard;

const INIT: u8 = 1;
const INIT_ACK: u8 = 2;
/// The chunk that refuses.
pub const ABORT: u8 = 6;
/// RFC 9260, section 8.4.
const T_BIT: u8 = 1;
const COOKIE_ECHO: u8 = 10;
const COOKIE_ACK: u8 = 11;

const CLIENTS_TAG: u32 = 0x1111_1111;
const SERVERS_TAG: u32 = 0x2222_2222;

/// A namespace's SCTP.
pub struct Endpoint {
    /// Whose.
    pub ns: Ns,
    /// One for each address, which a packet was sent to if it comes out there: IPv6 does not show a
    /// raw socket the header.
    sockets: Vec<(IpAddr, OwnedFd)>,
    listens: BTreeSet<u16>,
    client: Option<Client>,
    /// Who shook hands with a server here, last.
    pub greeted: Option<(IpAddr, u16)>,
}

struct Client {
    remote: SocketAddr,
    port: u16,
    heard: Option<Heard>,
}

/// What of a packet matters here.
struct Segment {
    src: IpAddr,
    dst: IpAddr,
    sport: u16,
    dport: u16,
    tag: u32,
    chunk: u8,
    init_tag: u32,
}

impl Endpoint {
    /// Opens one, with the ports at which a server listens.
    pub fn new(
        home: &Home,
        built: &Built,
        ns: &Ns,
        families: &[Family],
        listens: BTreeSet<u16>,
    ) -> Done<Endpoint> {
        let mut sockets = Vec::new();
        home.inside(built.space(ns)?, || {
            let links = run(&["ip", "-j", "addr"], "")?;
            for addr in addresses(&links)? {
                if families.contains(&Family::of(addr)) {
                    let socket = bound(addr).map_err(|error| format!("raw socket: {error}"))?;
                    sockets.push((addr, socket));
                }
            }
            Ok(())
        })?;
        Ok(Endpoint {
            ns: ns.clone(),
            sockets,
            listens,
            client: None,
            greeted: None,
        })
    }

    /// Sends INIT; gives the client's own address, and what was heard at once.
    pub fn begin(
        &mut self,
        home: &Home,
        built: &Built,
        to: SocketAddr,
        port: u16,
    ) -> Done<(Option<SocketAddr>, Option<Heard>)> {
        let any: IpAddr = match to {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let packet = segment(port, to.port(), 0, (INIT, 0), &init(CLIENTS_TAG));
        let (own, sent) = home.inside(built.space(&self.ns)?, || {
            // A datagram socket that connects sends nothing, but tells the address that routing chose.
            let found = UdpSocket::bind((any, 0))
                .and_then(|socket| socket.connect(to).and_then(|()| socket.local_addr()));
            let sent = raw(to.ip()).and_then(|socket| {
                sendto(&socket, &packet, SendFlags::empty(), &address(to.ip())).map(drop)
            });
            Ok((found.ok(), sent))
        })?;
        self.client = Some(Client {
            remote: to,
            port,
            heard: None,
        });
        let own = own.map(|addr| SocketAddr::new(addr.ip(), port));
        Ok((own, sent.err().map(Heard::Error)))
    }

    /// What the client has heard.
    pub fn heard(&mut self) -> Option<Heard> {
        self.client.as_mut()?.heard.take()
    }

    /// The client is gone.
    pub fn end(&mut self) {
        self.client = None;
        self.greeted = None;
    }

    /// Answers whatever has come; whether anything had.
    pub fn serve(&mut self, home: &Home, built: &Built) -> Done<bool> {
        let mut all = Vec::new();
        let mut buffer = [0; 2048];
        for (addr, socket) in &self.sockets {
            while let Ok((length, _, from)) =
                recvfrom(socket, buffer.as_mut_slice(), RecvFlags::DONTWAIT)
            {
                let from = from.and_then(|from| SocketAddr::try_from(from).ok());
                let bytes = &buffer[..length];
                all.push(from.and_then(|from| read(bytes, from.ip(), *addr)));
            }
        }
        let busy = !all.is_empty();
        for came in all.into_iter().flatten() {
            if let Some((tag, chunk, body)) = self.answer(&came) {
                // Who refuses without knowing the other's tag gives its own back, and says so.
                let reflected = chunk == ABORT && came.chunk != INIT;
                let chunk = (chunk, if reflected { T_BIT } else { 0 });
                let packet = segment(came.dport, came.sport, tag, chunk, &body);
                home.inside(built.space(&self.ns)?, || {
                    // An answer comes from the address that was asked, not from the nearest. A lost
                    // one shows as what the client then hears.
                    let _ = bound(came.dst).and_then(|socket| {
                        sendto(&socket, &packet, SendFlags::empty(), &address(came.src))
                    });
                    Ok(())
                })?;
            }
        }
        Ok(busy)
    }

    fn answer(&mut self, came: &Segment) -> Option<(u32, u8, Vec<u8>)> {
        let peer = SocketAddr::new(came.src, came.sport);
        if let Some(client) = &mut self.client
            && client.remote == peer
            && client.port == came.dport
        {
            match came.chunk {
                INIT_ACK => return Some((came.init_tag, COOKIE_ECHO, vec![1, 2, 3, 4])),
                COOKIE_ACK => client.heard = Some(Heard::Greeted),
                ABORT => client.heard = Some(Heard::Error(Errno::CONNREFUSED)),
                _ => {}
            }
            return None;
        }
        let listens = self.listens.contains(&came.dport);
        match came.chunk {
            INIT if listens => {
                let mut body = init(SERVERS_TAG);
                body.extend([0, 7, 0, 8, 1, 2, 3, 4]);
                Some((came.init_tag, INIT_ACK, body))
            }
            COOKIE_ECHO if listens => {
                self.greeted = Some((came.src, came.sport));
                Some((CLIENTS_TAG, COOKIE_ACK, Vec::new()))
            }
            ABORT => None,
            INIT => Some((came.init_tag, ABORT, Vec::new())),
            _ => Some((came.tag, ABORT, Vec::new())),
        }
    }
}

fn raw(like: IpAddr) -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let family = match like {
        IpAddr::V4(_) => AddressFamily::INET,
        IpAddr::V6(_) => AddressFamily::INET6,
    };
    socket_with(family, SocketType::RAW, flags, Some(ipproto::SCTP))
}

fn bound(addr: IpAddr) -> Result<OwnedFd, Errno> {
    let socket = raw(addr)?;
    bind(&socket, &address(addr))?;
    Ok(socket)
}

fn address(ip: IpAddr) -> SocketAddr {
    SocketAddr::new(ip, 0)
}

/// The addresses of a namespace, but for those of one link alone.
fn addresses(links: &str) -> Done<Vec<IpAddr>> {
    let links: Value = serde_json::from_str(links).map_err(|e| format!("ip -j addr: {e}"))?;
    let links = links.as_array().into_iter().flatten();
    let addrs = links.flat_map(|link| link["addr_info"].as_array().into_iter().flatten());
    let addrs = addrs.filter(|addr| addr["scope"] != "link");
    let addrs: BTreeSet<IpAddr> = addrs
        .filter_map(|addr| addr["local"].as_str()?.parse().ok())
        .collect();
    Ok(addrs.into_iter().collect())
}

/// Tag, window, streams both ways, first number.
fn init(tag: u32) -> Vec<u8> {
    let mut body = tag.to_be_bytes().to_vec();
    body.extend(0x1_0000u32.to_be_bytes());
    body.extend([0, 1, 0, 1]);
    body.extend(1u32.to_be_bytes());
    body
}

fn segment(sport: u16, dport: u16, tag: u32, (chunk, flags): (u8, u8), body: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    packet.extend(sport.to_be_bytes());
    packet.extend(dport.to_be_bytes());
    packet.extend(tag.to_be_bytes());
    packet.extend([0; 4]);
    let length = u16::try_from(4 + body.len()).expect("chunks here are short");
    packet.extend([chunk, flags]);
    packet.extend(length.to_be_bytes());
    packet.extend(body);
    let sum = crc32c(&packet).to_le_bytes();
    packet[8..12].copy_from_slice(&sum);
    packet
}

/// The checksum of RFC 9260, appendix A.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let odd = crc & 1;
            crc = (crc >> 1) ^ (0x82f6_3b78 * odd);
        }
    }
    !crc
}

/// Reads what a raw socket was given: IPv4 comes with its header, IPv6 without.
fn read(bytes: &[u8], src: IpAddr, dst: IpAddr) -> Option<Segment> {
    let header = match dst {
        IpAddr::V4(_) => usize::from(bytes.first()? & 15) * 4,
        IpAddr::V6(_) => 0,
    };
    let sctp = bytes.get(header..)?;
    let half = |at: usize| Some(u16::from_be_bytes(sctp.get(at..at + 2)?.try_into().ok()?));
    let word = |at: usize| Some(u32::from_be_bytes(sctp.get(at..at + 4)?.try_into().ok()?));
    Some(Segment {
        src,
        dst,
        sport: half(0)?,
        dport: half(2)?,
        tag: word(4)?,
        chunk: *sctp.get(12)?,
        init_tag: word(16).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_that_everybody_has() {
        // The check value of CRC-32C.
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn a_segment_reads_back() {
        let mut bytes = vec![0x45; 20];
        bytes.extend(segment(1000, 2000, 7, (INIT, 0), &init(9)));
        let ends: (IpAddr, IpAddr) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let read = read(&bytes, ends.0, ends.1).unwrap();
        assert_eq!((read.src, read.dst), ends);
        assert_eq!((read.sport, read.dport, read.tag), (1000, 2000, 7));
        assert_eq!((read.chunk, read.init_tag), (INIT, 9));
        assert!(super::read(&bytes[..30], ends.0, ends.1).is_none());
    }
}
