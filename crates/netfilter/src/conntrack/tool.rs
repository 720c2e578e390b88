//! The `conntrack` command over one namespace's table: `-L`, `-D`, `-F` and `-C`, in the words of
//! conntrack-tools 1.4.7. What it can do beyond that is said to be not modelled.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use super::filter::{Filter, Rewritten, StatusWord};
use super::listing::Timeouts;
use super::sctp::SctpState;
use super::table::{ConnId, Conntrack};
use super::tcp::TcpState;
use crate::family::Family;
use crate::packet::Protocol;

/// What every message of the tool begins with.
const NAME: &str = "conntrack v1.4.7 (conntrack-tools): ";
/// `AF_INET` and `AF_INET6`, which `-o extended` prints.
const AF: [(Family, &str, u8); 2] = [(Family::Ipv4, "ipv4", 2), (Family::Ipv6, "ipv6", 10)];

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolError {
    /// The real tool refuses it too, in these words.
    Refused(String),
    /// The real tool knows it, this one does not.
    Unmodelled(String),
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ToolError::Refused(text) => write!(f, "{NAME}{text}"),
            ToolError::Unmodelled(what) => write!(f, "conntrack {what} is not modelled"),
        }
    }
}

impl std::error::Error for ToolError {}

fn refused<T>(text: impl Into<String>) -> Result<T, ToolError> {
    Err(ToolError::Refused(text.into()))
}

fn unmodelled<T>(what: impl Into<String>) -> Result<T, ToolError> {
    Err(ToolError::Unmodelled(what.into()))
}

/// What the tool does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    List,
    Delete,
    Flush,
    Count,
}

/// Whether `-o extended` was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Layout {
    #[default]
    Plain,
    Extended,
}

/// A command line, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCommand {
    verb: Verb,
    filter: Filter,
    layout: Layout,
}

/// What the tool printed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToolOutput {
    /// Standard output, line by line.
    pub lines: Vec<String>,
    /// Standard error, where there was something.
    pub message: Option<String>,
    /// The exit code: 1 where `-D` found nothing.
    pub code: u8,
}

impl fmt::Display for ToolOutput {
    /// As a terminal shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.lines.iter().chain(&self.message) {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

impl ToolCommand {
    /// Reads what stands behind `conntrack`.
    ///
    /// # Errors
    /// What the tool would say, or what is not modelled.
    pub fn parse<S: AsRef<str>>(args: &[S]) -> Result<ToolCommand, ToolError> {
        let Options {
            verb,
            filter,
            layout,
            asked,
        } = options(args)?;
        let Some(verb) = verb else {
            return unmodelled("without -L, -D, -F or -C");
        };
        // The tool's table of what goes with what (`commands_v_options`).
        let illegal = asked.iter().find(|&&(_, name)| match verb {
            Verb::List | Verb::Delete => false,
            Verb::Flush | Verb::Count => name != "family",
        });
        if let Some((_, name)) = illegal {
            return refused(format!("Illegal option `--{name}' with this command"));
        }
        Ok(ToolCommand {
            verb,
            filter,
            layout,
        })
    }

    /// Whether it changes the table.
    pub fn changes(&self) -> bool {
        matches!(self.verb, Verb::Delete | Verb::Flush)
    }

    /// Carries it out. Entries are listed in the order in which they were made; the real tool lists
    /// them in that of the kernel's hash table, which nobody can tell beforehand.
    pub fn run(&self, table: &mut Conntrack, now: u64) -> ToolOutput {
        let found: Vec<ConnId> = table
            .ids_by_age(now)
            .into_iter()
            .filter(|&id| self.filter.matches(table.get(id)))
            .collect();
        let listed = |table: &Conntrack| {
            let lines = found.iter().map(|&id| self.line(table, id, now));
            lines.collect::<Vec<String>>()
        };
        match self.verb {
            Verb::List => ToolOutput {
                lines: listed(table),
                message: Some(entries(found.len(), "shown")),
                code: 0,
            },
            Verb::Delete => {
                let lines = listed(table);
                for &id in &found {
                    table.kill(id);
                }
                table.settle();
                ToolOutput {
                    lines,
                    message: Some(entries(found.len(), "deleted")),
                    code: u8::from(found.is_empty()),
                }
            }
            Verb::Flush => {
                table.flush();
                ToolOutput {
                    lines: Vec::new(),
                    message: Some(format!("{NAME}connection tracking table has been emptied.")),
                    code: 0,
                }
            }
            Verb::Count => ToolOutput {
                lines: vec![table.entries(now).len().to_string()],
                message: None,
                code: 0,
            },
        }
    }

    fn line(&self, table: &Conntrack, id: ConnId, now: u64) -> String {
        let conn = table.get(id);
        let line = conn.line(now, Timeouts::Shown);
        let (_, name, number) = AF[usize::from(conn.original.src.is_ipv6())];
        match self.layout {
            Layout::Plain => line,
            Layout::Extended => format!("{name:<8} {number} {line}"),
        }
    }
}

fn entries(count: usize, what: &str) -> String {
    format!("{NAME}{count} flow entries have been {what}.")
}

/// What stands on a command line.
pub(super) struct Options {
    verb: Option<Verb>,
    /// What the options say of entries.
    pub filter: Filter,
    layout: Layout,
    /// Every option, as written and by the tool's name for it.
    asked: Vec<(String, &'static str)>,
}

/// How an option is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arity {
    Value,
    /// A word that may be missing; it is one if it does not begin with `-`.
    Maybe,
}

/// Commands and options: short, long names, the tool's own name (`optflags`), what follows.
/// Ports and the like are known only once `-p` has said of which protocol.
const WORDS: &[(&str, &[&str], &str, Arity)] = &[
    ("-L", &["--dump"], "L", Arity::Maybe),
    ("-D", &["--delete"], "D", Arity::Maybe),
    ("-F", &["--flush"], "F", Arity::Maybe),
    ("-C", &["--count"], "C", Arity::Maybe),
    ("-s", &["--src", "--orig-src"], "src", Arity::Value),
    ("-d", &["--dst", "--orig-dst"], "dst", Arity::Value),
    ("-r", &["--reply-src"], "reply-src", Arity::Value),
    ("-q", &["--reply-dst"], "reply-dst", Arity::Value),
    ("-p", &["--proto"], "protonum", Arity::Value),
    ("-f", &["--family"], "family", Arity::Value),
    ("-n", &["--src-nat"], "src-nat", Arity::Maybe),
    ("-g", &["--dst-nat"], "dst-nat", Arity::Maybe),
    ("-j", &["--any-nat"], "any-nat", Arity::Maybe),
    ("-m", &["--mark"], "mark", Arity::Value),
    ("-u", &["--status"], "status", Arity::Value),
    ("-o", &["--output"], "output", Arity::Value),
    ("-w", &["--zone"], "zone", Arity::Value),
    ("", &["--orig-zone"], "orig-zone", Arity::Value),
    ("", &["--reply-zone"], "reply-zone", Arity::Value),
];

/// Options of protocols with ports, of those with states, and of ICMP.
const PORTS: &[&str] = &[
    "--sport",
    "--orig-port-src",
    "--dport",
    "--orig-port-dst",
    "--reply-port-src",
    "--reply-port-dst",
];
const STATE: &[&str] = &["--state"];
const ICMP: &[&str] = &["--icmp-type", "--icmp-code", "--icmp-id"];

/// What the real tool knows beyond that.
const BEYOND: &[&str] = &[
    "-I",
    "--create",
    "-A",
    "-U",
    "--update",
    "-G",
    "--get",
    "-E",
    "--event",
    "-S",
    "--stats",
    "-V",
    "--version",
    "-h",
    "--help",
    "-t",
    "--timeout",
    "-i",
    "--id",
    "-e",
    "--event-mask",
    "-z",
    "--zero",
    "-b",
    "--buffer-size",
    "-l",
    "--label",
    "-c",
    "--secmark",
    "-R",
    "--load-file",
    "--mask-src",
    "--mask-dst",
    "--tuple-src",
    "--tuple-dst",
    "--label-add",
    "--label-del",
];

/// Splits attached values off: `--dport=53`, `-ptcp`.
fn split(arg: &str) -> (&str, Option<&str>) {
    if arg.starts_with("--") {
        return match arg.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (arg, None),
        };
    }
    match arg.char_indices().nth(2) {
        Some((at, _)) if arg.starts_with('-') => (&arg[..at], Some(&arg[at..])),
        _ => (arg, None),
    }
}

pub(super) fn options<S: AsRef<str>>(args: &[S]) -> Result<Options, ToolError> {
    let mut options = Options {
        verb: None,
        filter: Filter::default(),
        layout: Layout::Plain,
        asked: Vec::new(),
    };
    let mut args = args.iter().map(AsRef::as_ref).peekable();
    while let Some(arg) = args.next() {
        // A word too many is passed over, as the tool does.
        if !arg.starts_with('-') {
            continue;
        }
        let (option, attached) = split(arg);
        let known = WORDS
            .iter()
            .find(|(short, long, ..)| *short == option || long.contains(&option));
        let (name, arity) = match known {
            Some((.., name, arity)) => (*name, *arity),
            None if options.of_protocol(option) => ("", Arity::Value),
            None if BEYOND.contains(&option) => return unmodelled(option),
            None => return refused(format!("unknown option `{option}'")),
        };
        let value = match arity {
            Arity::Value => {
                let value = attached.or_else(|| args.next());
                let wanted =
                    || ToolError::Refused(format!("option `{option}' requires an argument"));
                Some(value.ok_or_else(wanted)?)
            }
            Arity::Maybe => attached.or_else(|| args.next_if(|next| !next.starts_with('-'))),
        };
        options.take(option, name, value)?;
    }
    Ok(options)
}

impl Options {
    /// Whether the protocol that was named gives this option.
    fn of_protocol(&self, option: &str) -> bool {
        let groups: &[&[&str]] = match self.filter.protocol {
            Some(Protocol::Tcp | Protocol::Sctp) => &[PORTS, STATE],
            Some(Protocol::Udp) => &[PORTS],
            Some(Protocol::Icmp | Protocol::Icmpv6) => &[ICMP],
            _ => &[],
        };
        groups.iter().any(|group| group.contains(&option))
    }

    fn take(
        &mut self,
        option: &str,
        name: &'static str,
        value: Option<&str>,
    ) -> Result<(), ToolError> {
        let verb = match name {
            "L" => Some(Verb::List),
            "D" => Some(Verb::Delete),
            "F" => Some(Verb::Flush),
            "C" => Some(Verb::Count),
            _ => None,
        };
        if let Some(verb) = verb {
            if self.verb.replace(verb).is_some() {
                return refused("Invalid commands combination");
            }
            return match value {
                None | Some("conntrack") => Ok(()),
                Some(table @ ("expect" | "dying" | "unconfirmed")) => {
                    unmodelled(format!("{option} {table}"))
                }
                Some(table) => refused(format!("unknown type `{table}'")),
            };
        }
        if !name.is_empty() {
            self.asked.push((option.to_owned(), name));
        }
        let value = value.unwrap_or_default();
        match name {
            "src" => self.filter.orig_src = Some(self.network(value)?),
            "dst" => self.filter.orig_dst = Some(self.network(value)?),
            "reply-src" => self.filter.reply_src = Some(self.network(value)?),
            "reply-dst" => self.filter.reply_dst = Some(self.network(value)?),
            "src-nat" => self.filter.src_nat = Some(self.rewritten(name, value)?),
            "dst-nat" => self.filter.dst_nat = Some(self.rewritten(name, value)?),
            "any-nat" => self.filter.any_nat = Some(self.rewritten(name, value)?),
            "protonum" => self.filter.protocol = Some(protocol(value)?),
            "family" => {
                let family = AF.iter().find(|(_, name, _)| *name == value);
                let Some((family, ..)) = family else {
                    return refused(format!("`{value}' unsupported protocol"));
                };
                self.family(*family)?;
            }
            "mark" => {
                let (mark, mask) = match value.split_once('/') {
                    Some((mark, mask)) => (number(mark)?, number(mask)?),
                    None => (number(value)?, u32::MAX),
                };
                self.filter.mark = Some((mark, mask));
            }
            "status" => self.filter.status = status(value)?,
            "output" => self.layout = layout(value)?,
            "zone" | "orig-zone" | "reply-zone" => self.filter.elsewhere |= number(value)? != 0,
            _ => self.of_layer_four(option, value)?,
        }
        Ok(())
    }

    fn of_layer_four(&mut self, option: &str, value: &str) -> Result<(), ToolError> {
        let filter = &mut self.filter;
        // What is no port, the tool takes for some number or other.
        let port = || match value.parse::<u16>() {
            Ok(port) => Ok(Some(port)),
            Err(_) => unmodelled(format!("{option} {value}")),
        };
        let byte = || match value.parse::<u8>() {
            Ok(byte) => Ok(Some(byte)),
            Err(_) => unmodelled(format!("{option} {value}")),
        };
        match option {
            "--sport" | "--orig-port-src" => filter.orig_sport = port()?,
            "--dport" | "--orig-port-dst" => filter.orig_dport = port()?,
            "--reply-port-src" => filter.reply_sport = port()?,
            "--reply-port-dst" => filter.reply_dport = port()?,
            "--icmp-type" => filter.icmp_type = byte()?,
            "--icmp-code" => filter.icmp_code = byte()?,
            "--icmp-id" => filter.icmp_id = port()?,
            _ => {
                let (of, states) = match filter.protocol {
                    Some(Protocol::Sctp) => ("SCTP", &SctpState::NAMES[..]),
                    _ => ("TCP", &TcpState::NAMES[..]),
                };
                let known = states.iter().find(|name| **name == value);
                match known {
                    Some(name) => filter.state = Some(*name),
                    None => return refused(format!("unknown {of} state `{value}'")),
                }
            }
        }
        Ok(())
    }

    /// All addresses of a command line must be of one family.
    fn family(&mut self, family: Family) -> Result<(), ToolError> {
        match self.filter.family.replace(family) {
            Some(before) if before != family => refused("mismatched address family"),
            _ => Ok(()),
        }
    }

    fn network(&mut self, value: &str) -> Result<IpNet, ToolError> {
        let (addr, prefix) = match value.split_once('/') {
            Some((addr, prefix)) => (self.address(addr)?, Some(prefix)),
            None => (self.address(value)?, None),
        };
        let net = match prefix {
            None => Some(IpNet::from(addr)),
            Some(prefix) => prefix
                .parse()
                .ok()
                .and_then(|prefix| IpNet::new(addr, prefix).ok()),
        };
        match net {
            Some(net) => Ok(net.trunc()),
            None => refused("Invalid netmask"),
        }
    }

    fn address(&mut self, value: &str) -> Result<IpAddr, ToolError> {
        let Ok(addr) = value.parse::<IpAddr>() else {
            return refused(format!("Invalid IP address `{value}'"));
        };
        let family = if addr.is_ipv4() {
            Family::Ipv4
        } else {
            Family::Ipv6
        };
        self.family(family)?;
        Ok(addr)
    }

    /// `ADDRESS`, `ADDRESS:PORT`, `[ADDRESS]:PORT`, or nothing.
    fn rewritten(&mut self, name: &str, value: &str) -> Result<Rewritten, ToolError> {
        if value.is_empty() {
            return Ok(Rewritten::default());
        }
        if value.contains('/') {
            return refused(format!("CIDR notation unavailable for `--{name}'"));
        }
        let (addr, port) = match value.strip_prefix('[').and_then(|v| v.split_once(']')) {
            Some((addr, rest)) => (addr, rest.strip_prefix(':')),
            None if value.parse::<IpAddr>().is_ok() => (value, None),
            None => match value.split_once(':') {
                Some((addr, port)) => (addr, Some(port)),
                None => (value, None),
            },
        };
        let addr = self.address(addr)?;
        let port = match port {
            None => None,
            Some(port) => match port.parse() {
                Ok(port) => Some(port),
                Err(_) => return refused(format!("Invalid port `{port}'")),
            },
        };
        Ok(Rewritten {
            addr: Some(addr),
            port,
        })
    }
}

fn protocol(value: &str) -> Result<Protocol, ToolError> {
    Ok(match value.to_ascii_lowercase().as_str() {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        "icmp" => Protocol::Icmp,
        "icmpv6" => Protocol::Icmpv6,
        "gre" | "dccp" | "udplite" => return unmodelled(format!("-p {value}")),
        other => match other.parse() {
            Ok(number) => Protocol::from_number(number),
            Err(_) => return refused(format!("`{value}' unsupported protocol")),
        },
    })
}

/// Decimal or 0x…; what is neither, the tool takes for some number or other.
fn number(value: &str) -> Result<u32, ToolError> {
    let read = match value.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => value.parse(),
    };
    read.or_else(|_| unmodelled(format!("with the number `{value}'")))
}

fn status(value: &str) -> Result<Vec<StatusWord>, ToolError> {
    let word = |word: &str| match word {
        "ASSURED" => Ok(StatusWord::Assured),
        "SEEN_REPLY" => Ok(StatusWord::SeenReply),
        "UNREPLIED" => Ok(StatusWord::Unreplied),
        "UNSET" | "FIXED_TIMEOUT" | "EXPECTED" | "OFFLOAD" | "HW_OFFLOAD" | "CONFIRMED"
        | "SRC_NAT" | "DST_NAT" => unmodelled(format!("-u {word}")),
        other => refused(format!("Bad parameter `{other}'")),
    };
    value.split(',').map(word).collect()
}

fn layout(value: &str) -> Result<Layout, ToolError> {
    let mut layout = Layout::Plain;
    for word in value.split(',') {
        match word {
            "extended" => layout = Layout::Extended,
            // There are no timestamps without nf_conntrack_timestamp, and only events have the other.
            "ktimestamp" | "timestamp" => {}
            "id" | "xml" | "labels" | "save" | "userspace" => {
                return unmodelled(format!("-o {word}"));
            }
            other => return refused(format!("Bad parameter `{other}'")),
        }
    }
    Ok(layout)
}
