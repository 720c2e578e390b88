//! The tools that send packets: curl, wget, nc, ping, and the lookups of dig, nslookup and host.
//! What a program in the cluster would answer is nobody's to know here; whether an answer comes, is.

use std::net::IpAddr;

use fabric::{Ending, EventKind};
use lab::{Ask, Destination, Port};
use netfilter::Protocol;

use crate::answer::{Answer, Failed};
use crate::names::{self, CLUSTER_DOMAIN, Found};
use crate::options::{self, Given, Known, Wrong, flag, value};
use crate::{Console, Place, kubectl};

/// Runs one of them.
pub fn run(
    console: &mut Console,
    name: &str,
    args: &[String],
    answer: &mut Answer,
) -> Result<String, Failed> {
    match name {
        "curl" | "wget" => http(console, name, args, answer),
        "nc" | "ncat" => nc(console, args, answer),
        "ping" | "ping6" => ping(console, args, answer),
        _ => lookup(console, name, args),
    }
}

fn read(name: &str, known: &[Known], args: &[String]) -> Result<Given, Failed> {
    options::read(known, args).map_err(|wrong| {
        Failed::new(
            2,
            match wrong {
                Wrong::Unknown(option) => format!("{name}: option {option}: is unknown here"),
                Wrong::Bare(option) => format!("{name}: option {option}: requires parameter"),
            },
        )
    })
}

/// Whom a host's name means, from this place.
fn host(console: &Console, name: &str) -> Option<Destination> {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    if let Ok(addr) = bare.parse::<IpAddr>() {
        return Some(Destination::Addr(addr));
    }
    if name == "localhost" {
        return Some(Destination::Addr(IpAddr::from([127, 0, 0, 1])));
    }
    let cluster = console.lab().cluster();
    match names::look(cluster, console.place(), name).map(|f| f.answer) {
        Some(names::Answer::Service(service)) => Some(Destination::Service {
            namespace: service.namespace.clone(),
            name: service.name.clone(),
        }),
        Some(names::Answer::Headless(_, addrs)) => addrs.first().map(|a| Destination::Addr(*a)),
        Some(names::Answer::Elsewhere(..)) => None,
        // A node's name is in its own resolver, and in its neighbours' where the nodes have DNS.
        None => cluster
            .node(name)
            .map(|n| Destination::Node(n.name.clone())),
    }
}

/// Why a name means nothing, and what would.
fn hint(console: &Console, name: &str) -> String {
    let cluster = console.lab().cluster();
    if let Some(names::Answer::Elsewhere(_, target)) =
        names::look(cluster, console.place(), name).map(|f| f.answer)
    {
        return format!(
            "# {name} is an ExternalName for {target}, which lies outside the cluster."
        );
    }
    let first = name.split('.').next().unwrap_or(name);
    let service = cluster.services.iter().find(|s| s.name == first);
    match (service, console.place()) {
        (Some(service), Place::Node(_)) => {
            let address = service.cluster_ips.first();
            let address = address.map_or("its address".to_owned(), IpAddr::to_string);
            format!(
                "# A node's own resolver knows no cluster names; write {address}, or ask from a pod."
            )
        }
        (Some(service), Place::Pod { .. }) => format!(
            "# {first} is in namespace {}: write {first}.{}.",
            service.namespace, service.namespace
        ),
        (None, _) => {
            let names = cluster.services.iter().map(|s| s.name.clone());
            match crate::closest(first, names) {
                Some(near) => format!("# The Service {near} comes closest."),
                None => "# kubectl get svc -A lists the Services.".to_owned(),
            }
        }
    }
}

/// `http://HOST:PORT/PATH` in parts, or nothing where it is none.
fn url(text: &str) -> Option<(String, u16)> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let default = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    if let Some(end) = authority.find(']') {
        let (host, port) = authority.split_at(end + 1);
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().ok()?,
            None => default,
        };
        return Some((host.to_owned(), port));
    }
    match authority.split_once(':') {
        Some((host, port)) => Some((host.to_owned(), port.parse().ok()?)),
        None if authority.is_empty() => None,
        None => Some((authority.to_owned(), default)),
    }
}

const CURL: [Known; 19] = [
    flag('s', "silent"),
    flag('S', "show-error"),
    flag('v', "verbose"),
    flag('k', "insecure"),
    flag('I', "head"),
    flag('i', "include"),
    flag('f', "fail"),
    flag('L', "location"),
    flag('q', "quiet"),
    flag('4', "ipv4"),
    flag('6', "ipv6"),
    value('m', "max-time"),
    value(' ', "connect-timeout"),
    value('o', "output"),
    value('O', "output-document"),
    value('T', "timeout"),
    value('w', "write-out"),
    value('H', "header"),
    value('X', "request"),
];

fn http(
    console: &mut Console,
    name: &str,
    args: &[String],
    answer: &mut Answer,
) -> Result<String, Failed> {
    let given = read(name, &CURL, args)?;
    let Some(target) = given.rest.first() else {
        return Err(Failed::new(2, format!("{name}: no URL specified")));
    };
    let Some((host_name, port)) = url(target) else {
        return Err(Failed::new(
            3,
            format!("{name}: (3) URL rejected: {target}\n# Write http://HOST:PORT/ or HOST:PORT."),
        ));
    };
    if port == 0 {
        return Err(Failed::new(
            3,
            format!("{name}: (3) URL rejected: Bad port number"),
        ));
    }
    let Some(to) = host(console, &host_name) else {
        let hint = hint(console, &host_name);
        return Err(Failed::new(
            6,
            format!("{name}: (6) Could not resolve host: {host_name}\n{hint}"),
        ));
    };
    let ask = Ask {
        from: console.place().from(),
        to,
        port: Port::Number(port),
        protocol: Protocol::Tcp,
        via: None,
    };
    let at = console.send(&ask, answer)?;
    let trip = &answer.trips[at].trip;
    let (dst, ending) = (trip.dst, &trip.journey.ending);
    let shown = lab::text::endpoint(dst, Some(port));
    let mut out = String::new();
    if given.has("verbose") {
        answer.errors.push_str(&format!("*   Trying {shown}...\n"));
    }
    let failed = |why: &str| {
        Failed::new(
            7,
            format!("{name}: (7) Failed to connect to {host_name} port {port}: {why}"),
        )
    };
    match ending {
        Ending::Reply {
            by, source_seen, ..
        } => {
            if given.has("verbose") {
                answer
                    .errors
                    .push_str(&format!("* Connected to {host_name} ({dst}) port {port}\n"));
            }
            let by = lab::text::ns(by);
            out.push_str(&format!(
                "# {by} answers. It saw the client as {source_seen}. What it says is its own affair.\n"
            ));
            Ok(out)
        }
        Ending::TcpReset { .. } | Ending::IcmpUnreachable { code: 3, .. } => {
            Err(failed("Connection refused"))
        }
        Ending::IcmpUnreachable {
            code: 0 | 6 | 9 | 11,
            ..
        }
        | Ending::NetUnreachable => Err(failed("Network is unreachable")),
        Ending::IcmpUnreachable { code: 2, .. } => Err(failed("Protocol not available")),
        Ending::IcmpUnreachable { .. } => Err(failed("No route to host")),
        Ending::NotPermitted => Err(failed("Operation not permitted")),
        Ending::Invalid => Err(failed("Invalid argument")),
        Ending::Timeout => {
            let limit = given.value("max-time").or(given.value("connect-timeout"));
            let limit = limit
                .or(given.value("timeout"))
                .and_then(|s| s.parse::<u32>().ok());
            // Six retries of the SYN, doubling from a second, last a little over two minutes.
            let after = limit.map_or("134".to_owned(), |s| s.to_string());
            Err(Failed::new(
                28,
                format!(
                    "{name}: (28) Failed to connect to {host_name} port {port} after {after} s: Connection timed out"
                ),
            ))
        }
        Ending::Unmodelled { what } => Err(unmodelled(name, what)),
    }
}

fn unmodelled(name: &str, what: &str) -> Failed {
    Failed::new(
        1,
        format!("{name}: the walk stops where Chainwalk knows no further: {what}"),
    )
}

const NC: [Known; 9] = [
    flag('z', "zero"),
    flag('v', "verbose"),
    flag('u', "udp"),
    flag('n', "nodns"),
    flag('4', "ipv4"),
    flag('6', "ipv6"),
    flag('N', "shutdown"),
    value('w', "wait"),
    value('q', "quit"),
];

fn nc(console: &mut Console, args: &[String], answer: &mut Answer) -> Result<String, Failed> {
    let given = read("nc", &NC, args)?;
    let [name, port] = given.rest.as_slice() else {
        return Err(Failed::new(1, "usage: nc [-uvz] HOST PORT"));
    };
    let port: u16 = match port.parse() {
        Ok(port) if port > 0 => port,
        _ => return Err(Failed::new(1, format!("nc: port number invalid: {port}"))),
    };
    let Some(to) = host(console, name) else {
        let hint = hint(console, name);
        return Err(Failed::new(
            1,
            format!(
                "nc: getaddrinfo for host \"{name}\" port {port}: Name or service not known\n{hint}"
            ),
        ));
    };
    let (protocol, word) = match given.has("udp") {
        true => (Protocol::Udp, "udp"),
        false => (Protocol::Tcp, "tcp"),
    };
    let ask = Ask {
        from: console.place().from(),
        to,
        port: Port::Number(port),
        protocol,
        via: None,
    };
    let at = console.send(&ask, answer)?;
    let trip = &answer.trips[at].trip;
    let shown = trip.dst;
    let failed = |why: &str| {
        Failed::new(
            1,
            format!("nc: connect to {shown} port {port} ({word}) failed: {why}"),
        )
    };
    match &trip.journey.ending {
        Ending::Reply {
            by, source_seen, ..
        } => {
            answer.errors.push_str(&match given.has("verbose") {
                true => format!("Connection to {shown} {port} port [{word}/*] succeeded!\n"),
                false => String::new(),
            });
            let by = lab::text::ns(by);
            Ok(match given.has("zero") {
                true => String::new(),
                false => format!(
                    "# {by} answers. It saw the client as {source_seen}. What it says is its own affair.\n"
                ),
            })
        }
        Ending::TcpReset { .. } | Ending::IcmpUnreachable { code: 3, .. } => {
            Err(failed("Connection refused"))
        }
        Ending::IcmpUnreachable {
            code: 0 | 6 | 9 | 11,
            ..
        }
        | Ending::NetUnreachable => Err(failed("Network is unreachable")),
        Ending::IcmpUnreachable { .. } => Err(failed("No route to host")),
        Ending::NotPermitted => Err(failed("Operation not permitted")),
        Ending::Invalid => Err(failed("Invalid argument")),
        Ending::Timeout if protocol == Protocol::Udp => {
            // A UDP sender is told nothing; nc then waits for an answer that does not come.
            Ok("# No answer came, and UDP tells no more than that.\n".into())
        }
        Ending::Timeout => Err(failed("Connection timed out")),
        Ending::Unmodelled { what } => Err(unmodelled("nc", what)),
    }
}

const PING: [Known; 7] = [
    flag('4', "ipv4"),
    flag('6', "ipv6"),
    flag('n', "numeric"),
    flag('q', "quiet"),
    value('c', "count"),
    value('W', "timeout"),
    value('i', "interval"),
];

/// How many pings are sent at most; the real tool goes on until it is stopped.
const PINGS: u32 = 10;

fn ping(console: &mut Console, args: &[String], answer: &mut Answer) -> Result<String, Failed> {
    let given = read("ping", &PING, args)?;
    let Some(name) = given.rest.first() else {
        return Err(Failed::new(
            2,
            "ping: usage error: Destination address required",
        ));
    };
    let Some(to) = host(console, name) else {
        let hint = hint(console, name);
        return Err(Failed::new(
            2,
            format!("ping: {name}: Name or service not known\n{hint}"),
        ));
    };
    let count = match given.value("count") {
        None => 1,
        Some(text) => match text.parse::<u32>() {
            Ok(count) if count > 0 => count.min(PINGS),
            _ => return Err(Failed::new(1, format!("ping: invalid argument: '{text}'"))),
        },
    };
    let ask = Ask {
        from: console.place().from(),
        to,
        port: Port::None,
        protocol: Protocol::Icmp,
        via: None,
    };
    let mut lines = String::new();
    let (mut sent, mut received) = (0, 0);
    let mut dst = None;
    for sequence in 1..=count {
        let at = console.send(&ask, answer)?;
        let trip = &answer.trips[at].trip;
        dst = Some(trip.dst);
        let last = trip.journey.events.iter().rev();
        let ttl = last
            .filter(|e| matches!(e.kind, EventKind::Delivered))
            .map(|e| e.after.packet.ttl)
            .next();
        match &trip.journey.ending {
            Ending::Reply { .. } => {
                received += 1;
                let ttl = ttl.map_or(String::new(), |ttl| format!(" ttl={ttl}"));
                lines.push_str(&format!(
                    "64 bytes from {}: icmp_seq={sequence}{ttl}\n",
                    trip.dst
                ));
            }
            Ending::IcmpUnreachable { code, from } => {
                let what = match code {
                    0 => "Destination Net Unreachable",
                    3 => "Destination Port Unreachable",
                    9 => "Destination Net Prohibited",
                    10 => "Destination Host Prohibited",
                    13 => "Packet filtered",
                    _ => "Destination Host Unreachable",
                };
                lines.push_str(&format!("From {from} icmp_seq={sequence} {what}\n"));
            }
            Ending::NetUnreachable => {
                return Err(Failed::new(2, "ping: connect: Network is unreachable"));
            }
            Ending::NotPermitted => {
                answer
                    .errors
                    .push_str("ping: sendmsg: Operation not permitted\n");
            }
            Ending::Invalid => return Err(Failed::new(2, "ping: connect: Invalid argument")),
            Ending::Unmodelled { what } => return Err(unmodelled("ping", what)),
            Ending::TcpReset { .. } | Ending::Timeout => {}
        }
        sent += 1;
    }
    let dst = dst.map(|d| d.to_string()).unwrap_or_default();
    let size = match dst.contains(':') {
        true => "56 data bytes".to_owned(),
        false => "56(84) bytes of data.".to_owned(),
    };
    let loss = 100 * (sent - received) / sent.max(1);
    let out = format!(
        "PING {name} ({dst}) {size}\n{lines}\n--- {name} ping statistics ---\n{sent} packets transmitted, {received} received, {loss}% packet loss\n"
    );
    match received {
        0 => Err(Failed::after(1, out, "")),
        _ => Ok(out),
    }
}

const DIG: [Known; 2] = [value('t', "type"), value('p', "port")];

/// How long CoreDNS lets a cluster name be kept, in seconds: the `ttl` of its kubernetes plugin.
const DNS_TTL: u32 = 5;

fn lookup(console: &Console, tool: &str, args: &[String]) -> Result<String, Failed> {
    let (plus, args): (Vec<String>, Vec<String>) =
        args.iter().cloned().partition(|a| a.starts_with('+'));
    let given = read(tool, &DIG, &args)?;
    let wants_v6 = given.value("type") == Some("AAAA") || given.rest.iter().any(|r| r == "AAAA");
    let names: Vec<&String> = given
        .rest
        .iter()
        .filter(|r| !r.starts_with('@') && !matches!(r.as_str(), "A" | "AAAA" | "ANY" | "IN"))
        .collect();
    let Some(name) = names.first() else {
        return Err(Failed::new(1, format!("usage: {tool} NAME")));
    };
    let cluster = console.lab().cluster();
    // dig takes a name as it stands; the other two search, as programs do.
    let searched = tool != "dig" || name.trim_end_matches('.').ends_with(CLUSTER_DOMAIN);
    let found = names::look(cluster, console.place(), name).filter(|_| searched);
    let Some(Found { full, answer }) = found else {
        let hint = match (tool, names::look(cluster, console.place(), name)) {
            ("dig", Some(found)) => format!("# dig does not search; write {}.", found.full),
            _ => hint(console, name),
        };
        return Err(Failed::new(
            1,
            match tool {
                "dig" => format!(";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN\n{hint}"),
                "nslookup" => format!("** server can't find {name}: NXDOMAIN\n{hint}"),
                _ => format!("Host {name} not found: 3(NXDOMAIN)\n{hint}"),
            },
        ));
    };
    let addrs = match &answer {
        names::Answer::Service(service) => service.cluster_ips.clone(),
        names::Answer::Headless(_, addrs) => addrs.clone(),
        names::Answer::Elsewhere(_, target) => {
            return Ok(match (tool, plus.iter().any(|p| p == "+short")) {
                ("dig", true) => format!("{target}.\n"),
                ("dig", false) => format!("{full}.\t{DNS_TTL}\tIN\tCNAME\t{target}.\n"),
                ("nslookup", _) => format!("{full}\tcanonical name = {target}.\n"),
                _ => format!("{full} is an alias for {target}.\n"),
            });
        }
    };
    let addrs = addrs
        .iter()
        .filter(|a| tool != "dig" || a.is_ipv6() == wants_v6);
    let record = |a: &IpAddr| if a.is_ipv6() { "AAAA" } else { "A" };
    Ok(match tool {
        "dig" if plus.iter().any(|p| p == "+short") => addrs.map(|a| format!("{a}\n")).collect(),
        "dig" => {
            let lines: String = addrs
                .map(|a| format!("{full}.\t{DNS_TTL}\tIN\t{}\t{a}\n", record(a)))
                .collect();
            format!(
                ";; QUESTION SECTION:\n;{full}.\t\tIN\t{}\n\n;; ANSWER SECTION:\n{lines}\n# The lookup itself is not walked.\n",
                if wants_v6 { "AAAA" } else { "A" }
            )
        }
        "nslookup" => addrs
            .map(|a| format!("Name:\t{full}\nAddress: {a}\n"))
            .collect(),
        _ => addrs
            .map(|a| match a.is_ipv6() {
                true => format!("{full} has IPv6 address {a}\n"),
                false => format!("{full} has address {a}\n"),
            })
            .collect(),
    })
}

/// Used by completion: every host that a packet can be sent to from here.
pub fn hosts(console: &Console) -> Vec<String> {
    let cluster = console.lab().cluster();
    let mut hosts: Vec<String> = cluster.nodes.iter().map(|n| n.name.clone()).collect();
    for service in &cluster.services {
        match console.place() {
            Place::Pod { namespace, .. } if *namespace == service.namespace => {
                hosts.push(service.name.clone());
            }
            Place::Pod { .. } => hosts.push(format!("{}.{}", service.name, service.namespace)),
            Place::Node(_) => {}
        }
        hosts.extend(service.cluster_ips.iter().map(IpAddr::to_string));
    }
    hosts.extend(kubectl::pod_addresses(cluster));
    hosts
}
