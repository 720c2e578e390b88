//! Processes: those that listen in pods and on nodes, and the client. All of them live in this one
//! thread and are served in turn, so that packets follow one another in the same order every time.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use fabric::{Ns, Topology};
use netfilter::{Family, Protocol};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, ipproto, recv, send,
    sendto, socket_with, sockopt,
};

use crate::network::{Built, families};
use crate::sctp::Endpoint;
use crate::spaces::{Done, Home};
use crate::trace::{Tracer, Wire};

/// How long a client waits for an answer. Here an answer takes well under a millisecond, and TCP
/// would try again only after a second.
const PATIENCE: Duration = Duration::from_millis(350);
/// How long nothing must have happened for an exchange to be over.
const QUIET: Duration = Duration::from_millis(12);
/// The recordings' identifier of a ping.
pub const PING_ID: u16 = 0x4242;

/// Everybody who listens.
#[derive(Default)]
pub struct Servers {
    tcp: Vec<(Ns, TcpListener)>,
    udp: Vec<(Ns, UdpSocket)>,
    open: Vec<(Ns, TcpStream)>,
    sctp: Vec<Endpoint>,
    /// How many SCTP clients there were; each gets another port.
    clients: u16,
}

/// What the client was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A server's name, the client's address and port as it saw them.
    Reply {
        by: String,
        source: IpAddr,
        port: u16,
    },
    /// An SCTP server has accepted.
    Greeted,
    /// An echo came back.
    Echo,
    /// An ICMP error came for a ping: its code, and whom from.
    Unreachable { code: u8, from: IpAddr },
    /// A system call failed.
    Error(Errno),
    /// Nothing.
    Timeout,
}

/// What one attempt showed.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// What the client was told.
    pub heard: Heard,
    /// Its address and port, where it had one.
    pub client: Option<SocketAddr>,
    /// What came in on its devices' wire.
    pub wire: Vec<Wire>,
}

/// One connection to make.
#[derive(Debug, Clone)]
pub struct Call {
    /// Who sends.
    pub from: Ns,
    /// To which address.
    pub dst: IpAddr,
    /// To which port.
    pub dport: u16,
    /// Over what.
    pub protocol: Protocol,
    /// From which port.
    pub sport: Option<u16>,
}

impl Servers {
    /// Starts all of a topology's.
    pub fn new(home: &Home, topology: &Topology, built: &Built) -> Done<Servers> {
        let mut servers = Servers::default();
        let families = families(topology);
        let nodes = topology.nodes.iter();
        let nodes = nodes.map(|node| (Ns::Node(node.name.clone()), &node.listen));
        let pods = topology.pods.iter();
        let pods = pods.map(|pod| (Ns::Pod(pod.name.clone()), &pod.listen));
        let hosts = topology.external.iter();
        let hosts = hosts.map(|host| (Ns::External(host.name.clone()), &host.listen));
        for (ns, listen) in nodes.chain(pods).chain(hosts) {
            let space = built.space(&ns)?;
            let sctp = listen
                .ports
                .iter()
                .filter(|(protocol, _)| *protocol == Protocol::Sctp);
            let ports = sctp.map(|&(_, port)| port).collect();
            servers
                .sctp
                .push(Endpoint::new(home, built, &ns, &families, ports)?);
            let everywhere = listen
                .ports
                .iter()
                .flat_map(|&(protocol, port)| families.iter().map(move |&f| (protocol, port, f)));
            for (protocol, port, family) in everywhere {
                let at = SocketAddr::new(unspecified(family), port);
                let failed = |error: Errno| format!("{protocol} port {port} in {ns:?}: {error}");
                home.inside(space, || {
                    match protocol {
                        Protocol::Tcp => {
                            let socket = bound(at, SocketType::STREAM).map_err(failed)?;
                            rustix::net::listen(&socket, 64).map_err(failed)?;
                            let socket = TcpListener::from(socket);
                            let failed = |error| format!("tcp port {port}: {error}");
                            socket.set_nonblocking(true).map_err(failed)?;
                            servers.tcp.push((ns.clone(), socket));
                        }
                        Protocol::Udp => {
                            let socket = bound(at, SocketType::DGRAM).map_err(failed)?;
                            let socket = UdpSocket::from(socket);
                            let failed = |error| format!("udp port {port}: {error}");
                            socket.set_nonblocking(true).map_err(failed)?;
                            servers.udp.push((ns.clone(), socket));
                        }
                        _ => {}
                    }
                    Ok(())
                })?;
            }
        }
        Ok(servers)
    }

    /// Serves whoever has come; whether anybody had.
    fn serve(&mut self, home: &Home, built: &Built) -> Done<bool> {
        let mut busy = false;
        for endpoint in &mut self.sctp {
            busy |= endpoint.serve(home, built)?;
        }
        for (ns, socket) in &self.tcp {
            while let Ok((stream, _)) = socket.accept() {
                busy = true;
                if stream.set_nonblocking(true).is_ok() {
                    self.open.push((ns.clone(), stream));
                }
            }
        }
        for (ns, socket) in &self.udp {
            let mut buffer = [0; 64];
            while let Ok((_, peer)) = socket.recv_from(&mut buffer) {
                busy = true;
                // A lost answer shows as what the client then hears.
                let _ = socket.send_to(answer(ns, peer).as_bytes(), peer);
            }
        }
        self.open.retain_mut(|(ns, stream)| {
            let mut buffer = [0; 64];
            match stream.read(&mut buffer) {
                Ok(0) => {
                    busy = true;
                    false
                }
                Ok(_) => {
                    busy = true;
                    let peer = stream.peer_addr();
                    peer.is_ok_and(|peer| stream.write_all(answer(ns, peer).as_bytes()).is_ok())
                }
                Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
            }
        });
        Ok(busy)
    }

    /// Makes one connection while all others serve and the tracers listen.
    pub fn call(
        &mut self,
        home: &Home,
        built: &Built,
        call: &Call,
        tracers: &mut BTreeMap<String, Tracer>,
    ) -> Done<Attempt> {
        let space = built.space(&call.from)?;
        let (socket, sniffer) = home.inside(space, || {
            let sniffer = sniffer().map_err(|error| format!("packet socket: {error}"))?;
            let socket = client(call).map_err(|error| format!("socket: {error}"))?;
            Ok((socket, sniffer))
        })?;
        let mut wire = Vec::new();
        let (client, mut heard) = match call.protocol {
            Protocol::Sctp => self.greet(home, built, call)?,
            _ => {
                let heard = begin(&socket, call);
                let own = rustix::net::getsockname(&socket).ok();
                (own.and_then(|addr| SocketAddr::try_from(addr).ok()), heard)
            }
        };
        let started = now();
        let mut connected = false;
        while heard.is_none() && started.elapsed() < PATIENCE {
            self.turn(home, built, tracers, &sniffer, &mut wire)?;
            heard = match call.protocol {
                Protocol::Sctp => self.greeted(&call.from, client, &wire),
                _ => listen(&socket, call, &mut connected),
            };
        }
        drop(socket);
        let mut last = now();
        while last.elapsed() < QUIET {
            if self.turn(home, built, tracers, &sniffer, &mut wire)? {
                last = now();
            }
        }
        self.sctp.iter_mut().for_each(Endpoint::end);
        Ok(Attempt {
            heard: heard.unwrap_or(Heard::Timeout),
            client,
            wire,
        })
    }

    fn greet(
        &mut self,
        home: &Home,
        built: &Built,
        call: &Call,
    ) -> Done<(Option<SocketAddr>, Option<Heard>)> {
        self.clients += 1;
        let port = call.sport.unwrap_or(40_000 + self.clients);
        let to = SocketAddr::new(call.dst, call.dport);
        let mine = self
            .sctp
            .iter_mut()
            .find(|endpoint| endpoint.ns == call.from);
        mine.ok_or("the client has no SCTP")?
            .begin(home, built, to, port)
    }

    fn greeted(&mut self, from: &Ns, client: Option<SocketAddr>, wire: &[Wire]) -> Option<Heard> {
        let mine = self.sctp.iter_mut().find(|endpoint| endpoint.ns == *from)?;
        match mine.heard() {
            Some(Heard::Greeted) => {
                let server = self
                    .sctp
                    .iter()
                    .find(|endpoint| endpoint.greeted.is_some())?;
                let (source, port) = server.greeted?;
                let by = name(&server.ns).to_owned();
                Some(Heard::Reply { by, source, port })
            }
            Some(heard) => Some(heard),
            // A raw socket without a peer is not told of ICMP errors, a real one would be.
            None => wire.iter().find_map(|packet| {
                let code = crate::words::unreachable(packet)?;
                let from = packet.src;
                (packet.dst == client?.ip()).then_some(Heard::Unreachable { code, from })
            }),
        }
    }

    /// Everybody's turn once; whether anything happened.
    fn turn(
        &mut self,
        home: &Home,
        built: &Built,
        tracers: &mut BTreeMap<String, Tracer>,
        sniffer: &OwnedFd,
        wire: &mut Vec<Wire>,
    ) -> Done<bool> {
        let mut busy = self.serve(home, built)?;
        for tracer in tracers.values_mut() {
            busy |= tracer.drain();
        }
        let mut buffer = [0; 2048];
        while let Ok((length, _)) = recv(sniffer, buffer.as_mut_slice(), RecvFlags::DONTWAIT) {
            let bytes = &buffer[..length];
            let first = bytes.first().copied().unwrap_or(0);
            let header = match first >> 4 {
                6 => 40,
                _ => usize::from(first & 15) * 4,
            };
            if let Some(packet) = Wire::read(bytes, bytes.get(header..).unwrap_or_default()) {
                busy = true;
                wire.push(packet);
            }
        }
        if !busy {
            std::thread::sleep(Duration::from_micros(300));
        }
        Ok(busy)
    }
}

fn answer(ns: &Ns, peer: SocketAddr) -> String {
    format!("{} {} {}", name(ns), peer.ip(), peer.port())
}

fn name(ns: &Ns) -> &str {
    match ns {
        Ns::Node(name) | Ns::Pod(name) | Ns::External(name) => name,
        Ns::Router => "router",
    }
}

/// A socket that sees every frame of the namespace (`packet(7)`), without its link header.
fn sniffer() -> Result<OwnedFd, Errno> {
    // ETH_P_ALL, in network order.
    let all = std::num::NonZeroU32::new(u32::from(3u16.to_be())).expect("it is not zero");
    socket_with(
        AddressFamily::PACKET,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        Some(rustix::net::Protocol::from_raw(all)),
    )
}

/// The address that stands for all.
fn unspecified(family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => Ipv4Addr::UNSPECIFIED.into(),
        Family::Ipv6 => Ipv6Addr::UNSPECIFIED.into(),
    }
}

fn address_family(addr: IpAddr) -> AddressFamily {
    match addr {
        IpAddr::V4(_) => AddressFamily::INET,
        IpAddr::V6(_) => AddressFamily::INET6,
    }
}

/// A socket that is bound in its own family alone, beside which the other family has its own.
fn bound(at: SocketAddr, kind: SocketType) -> Result<OwnedFd, Errno> {
    let family = address_family(at.ip());
    let socket = socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
    if at.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, &at)?;
    Ok(socket)
}

fn client(call: &Call) -> Result<OwnedFd, Errno> {
    let (kind, protocol) = match (call.protocol, call.dst) {
        (Protocol::Tcp, _) => (SocketType::STREAM, ipproto::TCP),
        (Protocol::Udp, _) => (SocketType::DGRAM, ipproto::UDP),
        (_, IpAddr::V4(_)) => (SocketType::RAW, ipproto::ICMP),
        (_, IpAddr::V6(_)) => (SocketType::RAW, ipproto::ICMPV6),
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(address_family(call.dst), kind, flags, Some(protocol))?;
    if let Some(port) = call.sport {
        sockopt::set_socket_reuseaddr(&socket, true)?;
        let any = unspecified(Family::of(call.dst));
        rustix::net::bind(&socket, &SocketAddr::new(any, port))?;
    }
    Ok(socket)
}

/// Sends the first packet; what is heard at once.
fn begin(socket: &OwnedFd, call: &Call) -> Option<Heard> {
    let to = SocketAddr::new(call.dst, call.dport);
    let done = match call.protocol {
        Protocol::Tcp => match connect(socket, &to) {
            Err(Errno::INPROGRESS) => Ok(()),
            other => other,
        },
        Protocol::Udp => {
            connect(socket, &to).and_then(|()| send(socket, b"hi", SendFlags::empty()).map(drop))
        }
        _ => {
            let to = SocketAddr::new(call.dst, 0);
            let request = match call.dst {
                IpAddr::V4(_) => echo_request(),
                // The kernel fills in the checksum of a raw ICMPv6 socket (RFC 3542, 3.1).
                IpAddr::V6(_) => {
                    let id = PING_ID.to_be_bytes();
                    [128, 0, 0, 0, id[0], id[1], 0, 1]
                }
            };
            sendto(socket, &request, SendFlags::empty(), &to).map(drop)
        }
    };
    done.err().map(Heard::Error)
}

/// What has been heard since.
fn listen(socket: &OwnedFd, call: &Call, connected: &mut bool) -> Option<Heard> {
    if call.protocol == Protocol::Tcp && !*connected {
        if let Ok(Err(error)) = sockopt::socket_error(socket) {
            return Some(Heard::Error(error));
        }
        if !matches!(rustix::net::getpeername(socket), Ok(Some(_))) {
            return None;
        }
        *connected = true;
        if let Err(error) = send(socket, b"hi", SendFlags::NOSIGNAL) {
            return Some(Heard::Error(error));
        }
    }
    let mut buffer = [0; 2048];
    let came = rustix::net::recvfrom(socket, buffer.as_mut_slice(), RecvFlags::DONTWAIT);
    let (length, from) = match came {
        Ok((length, _, from)) => (length, from),
        Err(Errno::AGAIN) => return None,
        Err(error) => return Some(Heard::Error(error)),
    };
    let bytes = &buffer[..length];
    if !matches!(call.protocol, Protocol::Tcp | Protocol::Udp) {
        let from = from.and_then(|from| SocketAddr::try_from(from).ok());
        return match call.dst {
            IpAddr::V4(dst) => ping_answer(bytes, dst),
            IpAddr::V6(dst) => ping6_answer(bytes, from?.ip(), dst),
        };
    }
    let text = String::from_utf8_lossy(bytes);
    let mut words = text.split(' ');
    Some(Heard::Reply {
        by: words.next()?.to_owned(),
        source: words.next()?.parse().ok()?,
        port: words.next()?.parse().ok()?,
    })
}

/// A raw socket is given every ICMP packet; the ones that answer a ping of ours to `dst`.
fn ping_answer(bytes: &[u8], dst: Ipv4Addr) -> Option<Heard> {
    let header = usize::from(bytes.first()? & 15) * 4;
    let from: [u8; 4] = bytes.get(12..16)?.try_into().ok()?;
    let from = IpAddr::from(from);
    let icmp = bytes.get(header..)?;
    let id = |at: usize| icmp.get(at..at + 2) == Some(&PING_ID.to_be_bytes());
    match icmp.first()? {
        0 if id(4) => Some(Heard::Echo),
        3 if icmp.get(24..28) == Some(&dst.octets()) => Some(Heard::Unreachable {
            code: *icmp.get(1)?,
            from,
        }),
        _ => None,
    }
}

/// The same for ICMPv6, whose raw sockets are not given the IP header.
fn ping6_answer(icmp: &[u8], from: IpAddr, dst: Ipv6Addr) -> Option<Heard> {
    match icmp.first()? {
        129 if icmp.get(4..6) == Some(&PING_ID.to_be_bytes()) => Some(Heard::Echo),
        1 if icmp.get(32..48) == Some(&dst.octets()) => Some(Heard::Unreachable {
            code: crate::words::icmpv6_code(*icmp.get(1)?),
            from,
        }),
        _ => None,
    }
}

/// RFC 792: type 8, code 0, checksum, identifier, sequence.
fn echo_request() -> [u8; 8] {
    let id = PING_ID.to_be_bytes();
    let sum = !(0x0800 + u32::from(PING_ID) + 1);
    let sum = (sum as u16).to_be_bytes();
    [8, 0, sum[0], sum[1], id[0], id[1], 0, 1]
}

#[expect(
    clippy::disallowed_methods,
    reason = "a real client waits in real time"
)]
fn now() -> Instant {
    Instant::now()
}
