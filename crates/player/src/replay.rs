//! Plays a conversation from an empty memory, on the core's side of the boundary.

use std::collections::BTreeSet;

use fabric::{Ending, Ns};
use lab::{Ask, AskError, Dice, Lab, Memory, Trip};
use netfilter::Protocol;
use netfilter::conntrack::{Connection, Timeouts, ToolCommand, Tuple};

use crate::captions::Caption;
use crate::conversation::{Entry, Listing, Step, Talk, Turn, time};
use crate::frames::Kind;
use crate::names::{short, spoken};
use crate::text::{count, elide, socket};

/// A conversation, played.
pub struct Replayed {
    /// Every part of it, in order.
    pub turns: Vec<Turn>,
    /// The part on screen.
    pub shown: Shown,
    /// The last connection up to the part on screen.
    pub trip: Trip,
    /// Every number drawn before the part on screen.
    pub earlier: Vec<u32>,
    /// `conntrack -L` on every node that remembers something, as it stands after the part on screen.
    pub listings: Vec<Listing>,
}

/// The part on screen.
pub enum Shown {
    /// A connection or a packet of one: [`Replayed::trip`].
    Walk,
    /// Something that sends nothing, told.
    Pause(Vec<Told>),
}

/// One thing told of a part that sends nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What kind of moment.
    pub kind: Kind,
    /// Where.
    pub node: Option<String>,
    /// In three words.
    pub why: String,
    /// The sentence.
    pub caption: Caption,
    /// What a machine prints about it.
    pub machine: Option<String>,
}

/// Plays `talk` over a lab. The dice go on from one part to the next.
pub fn replay(lab: &Lab, ask: &Ask, talk: &Talk, dice: &mut Dice) -> Result<Replayed, AskError> {
    let mut memory = Memory::default();
    let mut turns = Vec::new();
    let mut drawn: Vec<u32> = Vec::new();
    let mut earlier = Vec::new();
    let mut trip = lab.send(&mut memory, ask, dice)?;
    turns.push(turn_of("connection".into(), &trip));
    let mut shown = (Shown::Walk, trip.clone(), listings(lab, &memory));
    drawn.extend(numbers(&trip));
    for (i, step) in talk.steps.iter().enumerate() {
        let on_screen = i + 1 == talk.shown;
        if on_screen {
            earlier.clone_from(&drawn);
        }
        let told = match step {
            Step::Connect => {
                trip = lab.send(&mut memory, ask, dice)?;
                turns.push(turn_of(step.name(), &trip));
                drawn.extend(numbers(&trip));
                None
            }
            Step::Wait(milliseconds) => Some(wait(lab, &mut memory, *milliseconds)),
            Step::Conntrack { node, args } => Some(run_tool(lab, &mut memory, node, args)),
        };
        let part = match told {
            None => Shown::Walk,
            Some((outcome, told)) => {
                turns.push(Turn {
                    name: step.name(),
                    outcome,
                    failed: false,
                });
                Shown::Pause(told)
            }
        };
        if on_screen {
            shown = (part, trip.clone(), listings(lab, &memory));
        }
    }
    let (shown, trip, listings) = shown;
    Ok(Replayed {
        turns,
        shown,
        trip,
        earlier,
        listings,
    })
}

fn numbers(trip: &Trip) -> impl Iterator<Item = u32> + '_ {
    trip.journey.throws.iter().map(|t| t.draw.drawn)
}

fn turn_of(name: String, trip: &Trip) -> Turn {
    Turn {
        name,
        outcome: outcome(&trip.journey.ending),
        failed: !matches!(trip.journey.ending, Ending::Reply { .. }),
    }
}

/// An ending in a few words.
fn outcome(ending: &Ending) -> String {
    match ending {
        Ending::Reply { by, .. } => format!("answered by {}", elide(&short(by), 16)),
        Ending::TcpReset { .. } | Ending::IcmpUnreachable { code: 3, .. } => "refused".into(),
        Ending::IcmpUnreachable { .. } => "unreachable".into(),
        Ending::NetUnreachable => "no route".into(),
        Ending::NotPermitted => "not permitted".into(),
        Ending::Invalid => "invalid argument".into(),
        Ending::Timeout => "no answer".into(),
        Ending::Unmodelled { .. } => "not modelled".into(),
    }
}

fn nodes(lab: &Lab) -> impl Iterator<Item = &str> {
    lab.cluster().nodes.iter().map(|n| n.name.as_str())
}

fn entries(memory: &Memory, node: &str) -> Vec<Connection> {
    let ns = Ns::Node(node.to_owned());
    memory.connections(&ns).into_iter().cloned().collect()
}

/// More entries than this on one node are counted only.
const LISTED: usize = 50;

fn listings(lab: &Lab, memory: &Memory) -> Vec<Listing> {
    nodes(lab)
        .map(|node| Listing {
            node: node.to_owned(),
            entries: memory
                .connections(&Ns::Node(node.to_owned()))
                .into_iter()
                .take(LISTED)
                .map(|c| Entry {
                    line: c.line(memory.now(), Timeouts::Shown),
                    delete: delete(&c.original),
                })
                .collect(),
        })
        .filter(|listing| !listing.entries.is_empty())
        .collect()
}

/// What stands behind `conntrack` to delete the entry with this original tuple.
fn delete(tuple: &Tuple) -> String {
    let protocol = match tuple.protocol {
        Protocol::Tcp => "tcp".into(),
        Protocol::Udp => "udp".into(),
        Protocol::Sctp => "sctp".into(),
        Protocol::Icmp => "icmp".into(),
        Protocol::Icmpv6 => "icmpv6".into(),
        Protocol::Other(number) => number.to_string(),
    };
    let mut out = format!("-D -p {protocol} -s {} -d {}", tuple.src, tuple.dst);
    if matches!(
        tuple.protocol,
        Protocol::Tcp | Protocol::Udp | Protocol::Sctp
    ) {
        out += &format!(" --sport {} --dport {}", tuple.sport, tuple.dport);
    }
    out
}

/// A connection in a sentence: `10.42.0.5:40000 to 10.43.0.1:80`.
fn said(connection: &Connection) -> String {
    let Tuple {
        src,
        dst,
        sport,
        dport,
        protocol,
    } = connection.original;
    let ports = matches!(protocol, Protocol::Tcp | Protocol::Udp | Protocol::Sctp);
    let end = |addr, port| socket(addr, ports.then_some(port));
    format!("{} to {}", end(src, sport), end(dst, dport))
}

fn pause(caption: Caption, why: &str, machine: Option<String>) -> Told {
    Told {
        kind: Kind::Waited,
        node: None,
        why: why.into(),
        caption,
        machine,
    }
}

fn wait(lab: &Lab, memory: &mut Memory, milliseconds: u64) -> (String, Vec<Told>) {
    let before = memory.clone();
    memory.wait(milliseconds);
    let passed = time(milliseconds);
    let mut told = vec![pause(
        Caption::new(
            "Nothing is sent for *{}*, while every kernel lets its timers run.",
            &[&passed],
        ),
        "time passes",
        None,
    )];
    let mut forgotten = 0;
    for node in nodes(lab) {
        let left: BTreeSet<u64> = entries(memory, node).iter().map(|c| c.serial).collect();
        for entry in entries(&before, node) {
            let gone = !left.contains(&entry.serial);
            let had = time(entry.expires.saturating_sub(before.now()) / 1000 * 1000);
            let has = time(entry.expires.saturating_sub(memory.now()) / 1000 * 1000);
            let ns = spoken(&Ns::Node(node.to_owned()));
            forgotten += usize::from(gone);
            told.push(Told {
                kind: if gone { Kind::Forgotten } else { Kind::Kept },
                node: Some(node.to_owned()),
                why: if gone {
                    "entry times out"
                } else {
                    "entry stays"
                }
                .into(),
                caption: match gone {
                    true => Caption::new(
                        "conntrack on {} *forgets* {}: the entry had {} left.",
                        &[&ns, &said(&entry), &had],
                    ),
                    false => Caption::new(
                        "conntrack on {} *still remembers* {}, for another {}.",
                        &[&ns, &said(&entry), &has],
                    ),
                },
                machine: Some(match gone {
                    true => entry.line(before.now(), Timeouts::Shown),
                    false => entry.line(memory.now(), Timeouts::Shown),
                }),
            });
        }
        for (list, addresses) in memory.recent(&Ns::Node(node.to_owned())) {
            for entry in addresses {
                let last = entry.stamps.last().copied().unwrap_or_default();
                let ago = time(memory.now().saturating_sub(last) / 1000 * 1000);
                told.push(Told {
                    kind: Kind::Kept,
                    node: Some(node.to_owned()),
                    why: "affinity list".into(),
                    caption: Caption::new(
                        "The list {} on {} last saw {} *{} ago*. The rule that asks it says whether that is too long.",
                        &[&list, node, &entry.addr.to_string(), &ago],
                    ),
                    machine: None,
                });
            }
        }
    }
    let outcome = match forgotten {
        0 => "nothing forgotten".into(),
        n => format!("{} forgotten", count(n, "entry", "entries")),
    };
    (outcome, told)
}

/// Somebody runs the `conntrack` command.
fn run_tool(lab: &Lab, memory: &mut Memory, node: &str, args: &str) -> (String, Vec<Told>) {
    let command = format!("conntrack {args}");
    if !nodes(lab).any(|n| n == node) {
        let caption = Caption::new("There is no node *{}*.", &[node]);
        return ("no such node".into(), vec![pause(caption, "no node", None)]);
    }
    let words: Vec<&str> = args.split_whitespace().collect();
    let tool = match ToolCommand::parse(&words) {
        Ok(tool) => tool,
        Err(error) => {
            let caption = Caption::new("*{}* does nothing: {}.", &[&command, &error.to_string()]);
            return (
                "nothing done".into(),
                vec![pause(caption, "nothing done", Some(command))],
            );
        }
    };
    let before = entries(memory, node);
    let output = memory.run_conntrack(&Ns::Node(node.to_owned()), &tool);
    let left: BTreeSet<u64> = entries(memory, node).iter().map(|c| c.serial).collect();
    let gone: Vec<&Connection> = before
        .iter()
        .filter(|c| !left.contains(&c.serial))
        .collect();
    let what = count(gone.len(), "entry", "entries");
    let said_by_tool = output.message.unwrap_or_else(|| output.lines.join(" "));
    let mut told = vec![Told {
        node: Some(node.to_owned()),
        ..pause(
            Caption::new(
                "Somebody runs *{}* on {}: {} gone from its table. Other nodes keep theirs.",
                &[&command, node, &what],
            ),
            "conntrack is run",
            Some(said_by_tool),
        )
    }];
    told.extend(gone.iter().map(|entry| Told {
        kind: Kind::Forgotten,
        node: Some(node.to_owned()),
        why: "entry deleted".into(),
        caption: Caption::new(
            "conntrack on {} *no longer knows* {}: its next packet will be looked at as a first one.",
            &[node, &said(entry)],
        ),
        machine: Some(entry.line(memory.now(), Timeouts::Shown)),
    }));
    (format!("{what} deleted"), told)
}
