//! Who sends to whom: the words of `--from` and `--to`, read once into what they mean.
//!
//! Reading needs no cluster; whether the pod or Service exists is for [`crate::wiring`] to say.

use std::fmt;
use std::net::IpAddr;

use netfilter::Protocol;

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum From {
    /// `pod/NAMESPACE/NAME`
    Pod {
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
    },
    /// `node/NAME`: a process on a node.
    Node(String),
    /// `outside`: a client on the nodes' network at an address that nobody has.
    Outside,
    /// `ADDRESS[@NODE]`
    Address {
        /// The source address.
        addr: IpAddr,
        /// The node at which it enters.
        node: Option<String>,
    },
}

/// The host part of a destination.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Destination {
    /// An address.
    Addr(IpAddr),
    /// A node's name.
    Node(String),
    /// `NAMESPACE/SERVICE`, or a Service's DNS name.
    Service {
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
    },
}

/// The port part of a destination.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Port {
    /// A number.
    Number(u16),
    /// The name of a Service's port.
    Name(String),
    /// A ping has none.
    None,
}

/// One question: who sends to whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ask {
    /// Who sends.
    pub from: From,
    /// To whom.
    pub to: Destination,
    /// To which port.
    pub port: Port,
    /// Over what; [`Protocol::Icmp`] is a ping in either family.
    pub protocol: Protocol,
    /// At which node a client outside enters (`--via`).
    pub via: Option<String>,
}

/// Why a question could not be asked, with what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskError {
    /// What is wrong, as a sentence.
    pub message: String,
    /// What to do next, as a sentence.
    pub help: String,
}

impl AskError {
    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        AskError {
            message: message.into(),
            help: help.into(),
        }
    }
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.message, self.help)
    }
}

impl std::error::Error for AskError {}

const FROM_HELP: &str =
    "Write pod/NAMESPACE/NAME, node/NAME, outside, or an address such as 10.42.1.50@node1.";
const TO_HELP: &str = "Write ADDRESS:PORT, NODE:PORT or NAMESPACE/SERVICE:PORT, with /udp or /sctp where it is not TCP; ADDRESS/icmp is a ping. IPv6 addresses stand in brackets.";

impl From {
    /// Reads the words of `--from`.
    pub fn parse(text: &str) -> Result<Self, AskError> {
        let text = text.trim();
        if text == "outside" {
            return Ok(From::Outside);
        }
        if let Some(rest) = text.strip_prefix("pod/") {
            return match rest.split_once('/') {
                Some((namespace, name)) if is_name(namespace) && is_name(name) => Ok(From::Pod {
                    namespace: namespace.into(),
                    name: name.into(),
                }),
                _ => Err(AskError::new(
                    format!("\"{text}\" names no pod."),
                    FROM_HELP,
                )),
            };
        }
        if let Some(name) = text.strip_prefix("node/") {
            return match is_name(name) {
                true => Ok(From::Node(name.into())),
                false => Err(AskError::new(
                    format!("\"{text}\" names no node."),
                    FROM_HELP,
                )),
            };
        }
        let (addr, node) = match text.split_once('@') {
            Some((addr, node)) => (addr, Some(node)),
            None => (text, None),
        };
        match unbracket(addr).parse() {
            Ok(addr) if node.is_none_or(is_name) => Ok(From::Address {
                addr,
                node: node.map(str::to_owned),
            }),
            _ => Err(AskError::new(
                format!("\"{text}\" is no sender."),
                FROM_HELP,
            )),
        }
    }
}

impl fmt::Display for From {
    /// The words that [`From::parse`] reads back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            From::Pod { namespace, name } => write!(f, "pod/{namespace}/{name}"),
            From::Node(name) => write!(f, "node/{name}"),
            From::Outside => f.write_str("outside"),
            From::Address {
                addr,
                node: Some(node),
            } => write!(f, "{addr}@{node}"),
            From::Address { addr, node: None } => write!(f, "{addr}"),
        }
    }
}

impl Ask {
    /// Reads the words of `--from` and `--to`.
    pub fn parse(from: &str, to: &str, via: Option<&str>) -> Result<Ask, AskError> {
        let from = From::parse(from)?;
        let (to, port, protocol) = parse_to(to.trim())?;
        Ok(Ask {
            from,
            to,
            port,
            protocol,
            via: via.map(str::to_owned),
        })
    }

    /// The words of `--to` that read back as this destination.
    pub fn to_words(&self) -> String {
        let host = match &self.to {
            Destination::Addr(IpAddr::V6(addr)) => format!("[{addr}]"),
            Destination::Addr(addr) => addr.to_string(),
            Destination::Node(name) => name.clone(),
            Destination::Service { namespace, name } => format!("{namespace}/{name}"),
        };
        match (&self.port, self.protocol) {
            (Port::None, _) => format!("{host}/icmp"),
            (Port::Number(port), Protocol::Tcp) => format!("{host}:{port}"),
            (Port::Number(port), protocol) => format!("{host}:{port}/{protocol}"),
            (Port::Name(port), Protocol::Tcp) => format!("{host}:{port}"),
            (Port::Name(port), protocol) => format!("{host}:{port}/{protocol}"),
        }
    }
}

fn parse_to(text: &str) -> Result<(Destination, Port, Protocol), AskError> {
    let wrong = |what: &str| Err(AskError::new(format!("\"{text}\" {what}."), TO_HELP));
    if let Some(host) = text.strip_suffix("/icmp") {
        return match parse_host(host) {
            Some(host) => Ok((host, Port::None, Protocol::Icmp)),
            None => wrong("names nobody to ping"),
        };
    }
    let (rest, protocol) = match text.rsplit_once('/') {
        Some((rest, "tcp")) => (rest, Protocol::Tcp),
        Some((rest, "udp")) => (rest, Protocol::Udp),
        Some((rest, "sctp")) => (rest, Protocol::Sctp),
        _ => (text, Protocol::Tcp),
    };
    // A bare IPv6 address has colons of its own, so its port can't be told from it.
    if rest.parse::<std::net::Ipv6Addr>().is_ok() {
        return wrong("has no port");
    }
    let Some((host, port)) = rest.rsplit_once(':') else {
        return wrong("has no port");
    };
    let port = match port.parse::<u16>() {
        Ok(0) => return wrong("has port 0, to which nothing can be sent"),
        Ok(port) => Port::Number(port),
        Err(_)
            if port.starts_with(|c: char| c.is_ascii_digit())
                && port.bytes().all(|b| b.is_ascii_digit()) =>
        {
            return wrong("has a port above 65535");
        }
        Err(_) if is_name(port) => Port::Name(port.to_owned()),
        Err(_) => return wrong("has no port number"),
    };
    match parse_host(host) {
        Some(Destination::Addr(_) | Destination::Node(_)) if matches!(port, Port::Name(_)) => {
            wrong("has a port's name, which only a Service can have")
        }
        Some(host) => Ok((host, port, protocol)),
        None => wrong("names no destination"),
    }
}

fn parse_host(host: &str) -> Option<Destination> {
    if let Ok(addr) = unbracket(host).parse() {
        return Some(Destination::Addr(addr));
    }
    if let Some((namespace, name)) = host.split_once('/') {
        return (is_name(namespace) && is_name(name)).then(|| Destination::Service {
            namespace: namespace.into(),
            name: name.into(),
        });
    }
    if let Some((name, namespace)) = service_of_dns_name(host) {
        return Some(Destination::Service {
            namespace: namespace.into(),
            name: name.into(),
        });
    }
    is_name(host).then(|| Destination::Node(host.into()))
}

/// `NAME.NAMESPACE.svc[.cluster.local[.]]`, the form in which cluster DNS serves a Service
/// (Kubernetes' DNS specification, section 2.3).
fn service_of_dns_name(host: &str) -> Option<(&str, &str)> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let host = host.strip_suffix(".cluster.local").unwrap_or(host);
    let (name, namespace) = host.strip_suffix(".svc")?.split_once('.')?;
    (is_label(name) && is_label(namespace)).then_some((name, namespace))
}

fn unbracket(text: &str) -> &str {
    text.strip_prefix('[')
        .and_then(|t| t.strip_suffix(']'))
        .unwrap_or(text)
}

fn is_name(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

fn is_label(text: &str) -> bool {
    is_name(text) && !text.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn to(text: &str) -> String {
        match parse_to(text) {
            Ok((to, port, protocol)) => {
                let ask = Ask {
                    from: From::Outside,
                    to,
                    port,
                    protocol,
                    via: None,
                };
                let words = ask.to_words();
                assert_eq!(
                    parse_to(&words),
                    Ok((ask.to, ask.port, ask.protocol)),
                    "{words} reads back"
                );
                words
            }
            Err(error) => error.message,
        }
    }

    #[test]
    fn destinations() {
        assert_eq!(to("10.43.169.48:8711"), "10.43.169.48:8711");
        assert_eq!(to("10.43.0.10:53/udp"), "10.43.0.10:53/udp");
        assert_eq!(to("[fd00::1]:80/tcp"), "[fd00::1]:80");
        assert_eq!(to("[fd00::1]/icmp"), "[fd00::1]/icmp");
        assert_eq!(to("fd00::1/icmp"), "[fd00::1]/icmp");
        assert_eq!(to("node1:30080"), "node1:30080");
        assert_eq!(to("demo/web:80"), "demo/web:80");
        assert_eq!(to("demo/web:http/sctp"), "demo/web:http/sctp");
        assert_eq!(to("web.demo.svc:80"), "demo/web:80");
        assert_eq!(to("web.demo.svc.cluster.local.:80"), "demo/web:80");
    }

    #[test]
    fn what_is_no_destination_says_why() {
        assert_eq!(to("10.43.0.1"), "\"10.43.0.1\" has no port.");
        assert_eq!(to("fd00::1"), "\"fd00::1\" has no port.");
        assert_eq!(
            to("10.43.0.1:70000"),
            "\"10.43.0.1:70000\" has a port above 65535."
        );
        assert_eq!(
            to("10.43.0.1:0"),
            "\"10.43.0.1:0\" has port 0, to which nothing can be sent."
        );
        assert_eq!(
            to("node1:http"),
            "\"node1:http\" has a port's name, which only a Service can have."
        );
        assert_eq!(to("/:80"), "\"/:80\" names no destination.");
        assert_eq!(to(""), "\"\" has no port.");
    }

    #[test]
    fn senders_read_back() {
        for text in [
            "pod/demo/client",
            "node/pi-w1",
            "outside",
            "100.99.0.1@alder",
            "fd00::7",
        ] {
            assert_eq!(
                From::parse(text).map(|f| f.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in ["pod/demo", "node/", "inside", "10.0.0.1@", "pod//x"] {
            assert!(From::parse(text).is_err(), "{text}");
        }
    }
}
