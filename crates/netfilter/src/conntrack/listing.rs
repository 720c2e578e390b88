//! Entries as `conntrack -L` prints them.

use super::table::{Connection, Conntrack};
use super::tuple::Tuple;
use crate::packet::Protocol;

/// Whether a listing says for how many seconds an entry will still live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timeouts {
    /// As the tool prints it.
    Shown,
    /// Without, and with single spaces: for comparing.
    Hidden,
}

impl Conntrack {
    /// `conntrack -L`, one line for each entry.
    pub fn listing(&self, now: u64, timeouts: Timeouts) -> Vec<String> {
        self.entries(now)
            .into_iter()
            .map(|conn| conn.line(now, timeouts))
            .collect()
    }
}

impl Connection {
    /// This entry's line in `conntrack -L`.
    pub fn line(&self, now: u64, timeouts: Timeouts) -> String {
        let protocol = self.original.protocol;
        let name = match protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
            Protocol::Icmp => "icmp",
            Protocol::Icmpv6 => "icmpv6",
            Protocol::Other(_) => "unknown",
        };
        let number = protocol.number();
        let mut out = match timeouts {
            Timeouts::Shown => {
                let left = self.expires.saturating_sub(now) / 1000;
                format!("{name:<8} {number} {left} ")
            }
            Timeouts::Hidden => format!("{name} {number} "),
        };
        if let Some(state) = self.protocol_state() {
            out += state;
            out.push(' ');
        }
        out += &side(&self.original);
        if !self.status.seen_reply {
            out += "[UNREPLIED] ";
        }
        out += &side(&self.reply);
        if self.status.assured {
            out += "[ASSURED] ";
        }
        let uses = 1 + u8::from(self.held_until > now);
        out += &format!("mark={} use={uses}", self.mark);
        out
    }
}

fn side(tuple: &Tuple) -> String {
    let Tuple {
        src,
        dst,
        sport,
        dport,
        ..
    } = tuple;
    match tuple.protocol {
        Protocol::Tcp | Protocol::Udp | Protocol::Sctp => {
            format!("src={src} dst={dst} sport={sport} dport={dport} ")
        }
        Protocol::Icmp | Protocol::Icmpv6 => {
            let (kind, code) = tuple.icmp_type_code();
            format!("src={src} dst={dst} type={kind} code={code} id={sport} ")
        }
        Protocol::Other(_) => format!("src={src} dst={dst} "),
    }
}
