//! One sentence per moment, in plain words. It never says more than the event does.

use fabric::{Direction, Ending, Ns, Route};
use netfilter::targets::RejectWith;
use netfilter::{Hook, Verdict};
use serde::{Deserialize, Serialize};

use crate::chains::{ChainView, about};
use crate::names::spoken;

/// A sentence, with the words that matter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Caption {
    /// Pieces in order; the flag says whether a piece matters.
    pub pieces: Vec<Piece>,
}

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// As said.
    Plain(String),
    /// What matters.
    Strong(String),
}

impl Caption {
    /// Reads `a *strong* word`, the asterisks taken away; `with` fills `{}` in order, and what it
    /// fills in is never read for asterisks.
    pub(crate) fn new(pattern: &str, with: &[&str]) -> Caption {
        let mut pieces = Vec::new();
        let mut words = with.iter();
        for (i, part) in pattern.split('*').enumerate() {
            let mut text = String::new();
            for (j, piece) in part.split("{}").enumerate() {
                if j > 0 {
                    text.push_str(words.next().copied().unwrap_or_default());
                }
                text.push_str(piece);
            }
            if !text.is_empty() {
                pieces.push(match i % 2 {
                    0 => Piece::Plain(text),
                    _ => Piece::Strong(text),
                });
            }
        }
        Caption { pieces }
    }

    /// Its words alone.
    pub fn text(&self) -> String {
        self.pieces
            .iter()
            .map(|p| match p {
                Piece::Plain(text) | Piece::Strong(text) => text.as_str(),
            })
            .collect()
    }
}

/// A hook begins.
pub fn enter(node: &str, hook: Hook, in_dev: Option<&str>, out_dev: Option<&str>) -> Caption {
    match hook {
        Hook::Prerouting => match in_dev {
            Some(dev) => Caption::new(
                "The packet comes into *{}* by {}. First hook: PREROUTING, before routing.",
                &[node, dev],
            ),
            None => Caption::new("The packet comes into *{}*: PREROUTING.", &[node]),
        },
        Hook::Input => Caption::new("It is for {} itself: the next hook is *INPUT*.", &[node]),
        Hook::Forward => match out_dev {
            Some(dev) => Caption::new(
                "It is not for {} itself: the next hook is *FORWARD*, on its way out by {}.",
                &[node, dev],
            ),
            None => Caption::new(
                "It is not for {} itself: the next hook is *FORWARD*.",
                &[node],
            ),
        },
        Hook::Output => Caption::new(
            "A process of {} sent it, so the first hook is *OUTPUT*.",
            &[node],
        ),
        Hook::Postrouting => match out_dev {
            Some(dev) => Caption::new("Last hook before it leaves by {}: *POSTROUTING*.", &[dev]),
            None => Caption::new("Last hook before it leaves: *POSTROUTING*.", &[]),
        },
    }
}

/// conntrack looked the packet up.
pub fn conntrack(state: Option<&str>, direction: Direction) -> Caption {
    match (state, direction) {
        (Some("NEW"), _) => Caption::new(
            "conntrack has never seen these addresses: this is a *new* connection, so the nat table will be asked.",
            &[],
        ),
        (Some("ESTABLISHED"), Direction::Reply) => Caption::new(
            "conntrack knows this packet: it is a *reply* of a connection it holds. The nat table is not asked again.",
            &[],
        ),
        (Some("ESTABLISHED"), Direction::Original) => Caption::new(
            "conntrack knows this packet: it belongs to an *established* connection. The nat table is not asked again.",
            &[],
        ),
        (Some("RELATED"), _) => Caption::new(
            "This packet is about a connection that conntrack holds: *related*. The nat table is not asked.",
            &[],
        ),
        (Some("INVALID"), _) => Caption::new(
            "conntrack can place this packet nowhere: *invalid*. No NAT is done on it.",
            &[],
        ),
        (Some(other), _) => Caption::new("conntrack says *{}*.", &[other]),
        (None, _) => Caption::new("conntrack looks at the packet and keeps *no entry*.", &[]),
    }
}

/// A rule did not match.
pub fn pass(number: usize, chain: &str, why: &str) -> Caption {
    Caption::new(
        "Rule {} of {} does not match: *{}*. On to the next rule.",
        &[&number.to_string(), chain, why],
    )
}

/// A draw missed.
pub fn miss(number: usize, drawn: &str, threshold: &str) -> Caption {
    Caption::new(
        "Rule {} draws *{}*. It needed less than {}: a miss. On to the next rule.",
        &[&number.to_string(), drawn, threshold],
    )
}

/// A draw hit.
pub fn hit(number: usize, drawn: &str, threshold: &str, whom: Option<(&str, &str)>) -> Caption {
    let number = number.to_string();
    match whom {
        Some((name, socket)) if name == socket => Caption::new(
            "Rule {} draws *{}*. That is below {}, so this connection goes to *{}*.",
            &[&number, drawn, threshold, socket],
        ),
        Some((name, socket)) => Caption::new(
            "Rule {} draws *{}*. That is below {}, so this connection goes to *{}* at {}.",
            &[&number, drawn, threshold, name, socket],
        ),
        None => Caption::new(
            "Rule {} draws *{}*. That is below {}: the rule matches.",
            &[&number, drawn, threshold],
        ),
    }
}

/// A rule matched and jumped.
pub fn jump(number: usize, to: &str) -> Caption {
    let what = about(to, None);
    match what.is_empty() {
        true => Caption::new(
            "Rule {} matches and jumps to *{}*.",
            &[&number.to_string(), to],
        ),
        false => Caption::new(
            "Rule {} matches and jumps to *{}*: {}.",
            &[&number.to_string(), to, &what],
        ),
    }
}

/// The last jump of a chain that draws: nothing is left to draw for.
pub fn jump_to_endpoint(number: usize, name: &str, socket: &str) -> Caption {
    let number = number.to_string();
    match name == socket {
        true => Caption::new(
            "Rule {} takes whatever is left, without a draw: this connection goes to *{}*.",
            &[&number, socket],
        ),
        false => Caption::new(
            "Rule {} takes whatever is left, without a draw: this connection goes to *{}* at {}.",
            &[&number, name, socket],
        ),
    }
}

/// A mark was changed.
pub fn mark(before: u32, after: u32, bit: u8) -> Caption {
    let asks = 1u32.checked_shl(u32::from(bit)).unwrap_or(0);
    let name = crate::text::mark(asks);
    match (before & asks != 0, after & asks != 0) {
        (false, true) => Caption::new(
            "The packet gets *mark {}*: a note to this kernel that it must be masqueraded before it leaves.",
            &[&name],
        ),
        (true, false) => Caption::new(
            "The mark {} has done its work and is *cleared*, so that the packet is not masqueraded twice.",
            &[&name],
        ),
        _ => Caption::new(
            "The packet's mark becomes *{}*.",
            &[&crate::text::mark(after)],
        ),
    }
}

/// A chain ended.
pub fn end(chain: &ChainView) -> Caption {
    match chain.rules.is_empty() {
        true => Caption::new(
            "{} has *no rules*. Back to the chain that called it.",
            &[&chain.name],
        ),
        false => Caption::new(
            "{} has no more rules. *Back* to the chain that called it.",
            &[&chain.name],
        ),
    }
}

/// A rule returned.
pub fn returned(number: usize, chain: &ChainView) -> Caption {
    let number = number.to_string();
    match chain.policy.as_deref() {
        Some(_) => Caption::new(
            "Rule {} of {} matches and *returns*: the chain's policy decides.",
            &[&number, &chain.name],
        ),
        None => Caption::new(
            "Rule {} of {} matches and *returns* to the chain that called it.",
            &[&number, &chain.name],
        ),
    }
}

/// KUBE-POSTROUTING has nothing to do.
pub fn not_marked(mark: &str, chain: &str) -> Caption {
    Caption::new(
        "The mark {} is not set, so {} *returns* at once: the sender's address stays as it is.",
        &[mark, chain],
    )
}

/// A rule accepted.
pub fn accept(number: usize, chain: &str, table: &str) -> Caption {
    Caption::new(
        "Rule {} of {} *accepts* the packet: no later rule of the {} table is tried at this hook.",
        &[&number.to_string(), chain, table],
    )
}

/// A base chain's policy.
pub fn policy(chain: &str, verdict: Verdict) -> Caption {
    match verdict {
        Verdict::Accept => Caption::new(
            "No rule in {} decided, so the chain's *policy ACCEPT* does.",
            &[chain],
        ),
        Verdict::Drop => Caption::new(
            "No rule in {} decided, so the chain's *policy DROP* does: the packet is gone.",
            &[chain],
        ),
    }
}

/// A rule dropped.
pub fn dropped(number: usize, chain: &str) -> Caption {
    Caption::new(
        "Rule {} of {} *drops* the packet. Nobody is told.",
        &[&number.to_string(), chain],
    )
}

/// A rule rejected.
pub fn rejected(number: usize, chain: &str, with: &RejectWith) -> Caption {
    let answer = match with {
        RejectWith::TcpReset => "a TCP reset",
        RejectWith::Icmp { .. } => "an ICMP error",
    };
    Caption::new(
        "Rule {} of {} *rejects* the packet: it is thrown away, and the sender gets {}.",
        &[&number.to_string(), chain, answer],
    )
}

/// A routing decision.
pub fn routed(node: &str, dst: &str, route: &Route) -> Caption {
    match route {
        Route::Local => Caption::new(
            "Routing looks at the destination {}: it is *{}'s own*, so the packet goes up to a process here.",
            &[dst, node],
        ),
        Route::Via {
            dev,
            gateway: Some(gateway),
            ..
        } => Caption::new(
            "Routing looks at the destination {}: out of *{}*, by way of {}.",
            &[dst, dev.as_str(), &gateway.to_string()],
        ),
        Route::Via { dev, matched, .. } => Caption::new(
            "Routing looks at the destination {}: {} lies straight behind *{}*.",
            &[dst, matched, dev.as_str()],
        ),
        Route::None => Caption::new(
            "Routing looks at the destination {} and finds *no route*.",
            &[dst],
        ),
    }
}

/// A process sends.
pub fn sent(ns: &Ns, transport: &str, src: &str, dst: &str) -> Caption {
    Caption::new(
        "*{}* sends {} to {}. Its own address, {}, is the source.",
        &[&capital(&spoken(ns)), transport, dst, src],
    )
}

/// From one namespace to another.
pub fn moved(from: &Ns, to: &Ns, by: &str, mark: u32, tunnel: Option<(&str, &str)>) -> Caption {
    let (a, b) = (spoken(from), spoken(to));
    if let Some((outer_src, outer_dst)) = tunnel {
        return Caption::new(
            "The packet travels to *{}* wrapped in another one, from {} to {} ({}).",
            &[&b, outer_src, outer_dst, by],
        );
    }
    match (from, to) {
        (Ns::Pod(_), _) | (_, Ns::Pod(_)) => Caption::new("From {} to *{}*, by {}.", &[&a, &b, by]),
        _ if mark != 0 => Caption::new(
            "The packet crosses the wire to *{}*. Its mark stays behind: marks never leave a kernel.",
            &[&b],
        ),
        _ => Caption::new("The packet crosses the wire to *{}*.", &[&b]),
    }
}

/// Into a tunnel. `ports` are those of the packet that carries it.
pub fn wrapped(by: &str, src: &str, dst: &str, port: &str) -> Caption {
    Caption::new(
        "*{} puts the packet into another one*: a UDP packet from node to node, {} to {}, port {}. That one goes through the hooks now, as a packet of its own.",
        &[by, src, dst, port],
    )
}

/// Out of a tunnel.
pub fn unwrapped(by: &str, src: &str, dst: &str) -> Caption {
    Caption::new(
        "*{} takes the packet out* of the one that carried it: {} to {}. It comes in anew, by {}, and goes through the hooks again.",
        &[by, src, dst, by],
    )
}

/// A process has it.
pub fn delivered(ns: &Ns, src: &str, sender: Option<&str>, direction: Direction) -> Caption {
    let whom = capital(&spoken(ns));
    match (direction, sender) {
        (Direction::Original, Some(name)) => Caption::new(
            "*{}* has the packet. As its sender it sees {}, {}.",
            &[&whom, src, name],
        ),
        (Direction::Original, None) => Caption::new(
            "*{}* has the packet. As its sender it sees {}.",
            &[&whom, src],
        ),
        (Direction::Reply, _) => Caption::new("*{}* has the answer, from {}.", &[&whom, src]),
    }
}

/// How it ended, as the client saw it.
pub fn ending(ending: &Ending) -> Caption {
    match ending {
        Ending::Reply {
            by,
            source_seen,
            port_kept,
        } => {
            let kept = match port_kept {
                true => "with the client's own port",
                false => "with another port",
            };
            Caption::new(
                "The client *got its answer*, from {}, which saw {} as the sender, {}.",
                &[&spoken(by), &source_seen.to_string(), kept],
            )
        }
        Ending::TcpReset { from } => Caption::new(
            "The client gets a *TCP reset* from {}: connection refused.",
            &[&from.to_string()],
        ),
        Ending::IcmpUnreachable { code, from } => {
            let what = match code {
                0 => "network unreachable",
                1 => "host unreachable",
                3 => "port unreachable",
                13 => "administratively prohibited",
                _ => "unreachable",
            };
            let felt = match code {
                3 => "connection refused",
                _ => "the attempt fails",
            };
            Caption::new(
                "The client gets *ICMP {}* from {}: {}.",
                &[what, &from.to_string(), felt],
            )
        }
        Ending::NetUnreachable => Caption::new(
            "The client's own kernel says *network unreachable*: it has no route.",
            &[],
        ),
        Ending::NotPermitted => Caption::new(
            "The client's own kernel says *operation not permitted*: a rule of its own stopped the packet.",
            &[],
        ),
        Ending::Invalid => Caption::new(
            "The client's own kernel says *invalid argument*: from this address it cannot send there.",
            &[],
        ),
        Ending::Timeout => Caption::new(
            "Nothing comes back. The client waits until it *times out*.",
            &[],
        ),
        Ending::Unmodelled { what } => Caption::new(
            "The walk stops here: *{}* is not modelled, and Chainwalk does not guess.",
            &[what],
        ),
    }
}

pub(crate) fn capital(text: &str) -> String {
    // A node's or pod's name keeps its letters: they are how it is written in the cluster.
    match text.strip_prefix("the ") {
        Some(rest) => format!("The {rest}"),
        None => match text.strip_prefix("pod ") {
            Some(rest) => format!("Pod {rest}"),
            None => text.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_never_read_as_a_pattern() {
        let caption = Caption::new("a *{}* and {}.", &["b*{}", "c*"]);
        assert_eq!(caption.text(), "a b*{} and c*.");
        assert_eq!(caption.pieces.len(), 3);
    }

    #[test]
    fn a_mark_is_told_by_what_it_asks() {
        assert!(mark(0, 0x4000, 14).text().contains("mark 0x4000"));
        assert!(mark(0x4000, 0, 14).text().contains("cleared"));
        assert!(mark(0, 0x1, 14).text().contains("0x1"));
        assert!(mark(0, 0x1, 99).text().contains("0x1"));
    }
}
