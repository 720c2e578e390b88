//! Plays a conversation from an empty memory, on the core's side of the boundary.

use std::collections::BTreeSet;

use fabric::{Ending, Ns};
use lab::{Ask, AskError, Dice, Flow, Lab, Memory, Trip};
use netfilter::Protocol;
use netfilter::conntrack::{Connection, Timeouts, ToolCommand, Tuple};

use crate::captions::Caption;
use crate::conversation::{Entry, Listing, Step, Talk, Turn, time};
use crate::frames::Kind;
use crate::names::{short, spoken};
use crate::probe::Extent;
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
    /// What the network remembered before the part on screen.
    pub before: Memory,
    /// What was sent in the parts before the one on screen.
    pub passed: Vec<Trip>,
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
///
/// A client that tells all of its exchange closes it, unless it has more to say later on; one that
/// tells its beginning alone keeps it open.
pub fn replay(
    lab: &Lab,
    ask: &Ask,
    extent: Extent,
    talk: &Talk,
    dice: &mut Dice,
) -> Result<Replayed, AskError> {
    let mut player = Player {
        lab,
        ask,
        dice,
        memory: Memory::default(),
        flow: None,
    };
    let keep = |part| match extent == Extent::FirstAndReply || talk.goes_on(part) {
        true => Then::Open,
        false => Then::Closed,
    };
    let mut trip = player.connect(keep(0))?;
    let mut turns = vec![turn_of("connection".into(), &trip)];
    let mut drawn: Vec<u32> = numbers(&trip).collect();
    let mut earlier = Vec::new();
    let mut before = Memory::default();
    let (mut sent_so_far, mut passed) = (vec![trip.clone()], Vec::new());
    let mut shown = (Shown::Walk, trip.clone(), listings(lab, &player.memory));
    for (i, step) in talk.steps.iter().enumerate() {
        let part = i + 1;
        if part == talk.shown {
            earlier.clone_from(&drawn);
            before = player.memory.clone();
            passed.clone_from(&sent_so_far);
        }
        let done = match step {
            Step::Again => player.again(),
            Step::Connect => Done::Sent(player.connect(keep(part))?),
            Step::Wait(milliseconds) => wait(lab, &mut player.memory, *milliseconds),
            Step::Conntrack { node, args } => run_tool(lab, &mut player.memory, node, args),
        };
        let on_screen = match done {
            Done::Sent(sent) => {
                turns.push(turn_of(step.name(), &sent));
                drawn.extend(numbers(&sent));
                if part < talk.shown {
                    sent_so_far.push(sent.clone());
                }
                trip = sent;
                Shown::Walk
            }
            Done::Told(turn, told) => {
                turns.push(Turn {
                    name: step.name(),
                    ..turn
                });
                Shown::Pause(told)
            }
        };
        if part == talk.shown {
            shown = (on_screen, trip.clone(), listings(lab, &player.memory));
        }
    }
    let (shown, trip, listings) = shown;
    Ok(Replayed {
        turns,
        shown,
        trip,
        earlier,
        before,
        passed,
        listings,
    })
}

/// Whether a client closes its connection when it has its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Open,
    Closed,
}

/// What a step came to.
enum Done {
    /// Packets were sent.
    Sent(Trip),
    /// None was. The turn's name is the step's.
    Told(Turn, Vec<Told>),
}

impl Done {
    fn told(outcome: impl Into<String>, told: Vec<Told>) -> Done {
        let turn = Turn {
            name: String::new(),
            outcome: outcome.into(),
            failed: false,
        };
        Done::Told(turn, told)
    }
}

struct Player<'a> {
    lab: &'a Lab,
    ask: &'a Ask,
    dice: &'a mut Dice,
    memory: Memory,
    /// The connection that the client holds.
    flow: Option<Flow>,
}

impl Player<'_> {
    fn connect(&mut self, then: Then) -> Result<Trip, AskError> {
        if then == Then::Closed {
            self.flow = None;
            return self.lab.send(&mut self.memory, self.ask, self.dice);
        }
        let (trip, flow) = self.lab.open(&mut self.memory, self.ask, self.dice)?;
        self.flow = flow;
        Ok(trip)
    }

    fn again(&mut self) -> Done {
        let Some(flow) = &self.flow else {
            let caption = Caption::new(
                "The client has *no open connection* to send over: none was answered, or it is over.",
                &[],
            );
            return Done::told(
                "nothing to send over",
                vec![pause(caption, "not sent", None)],
            );
        };
        match self.lab.again(&mut self.memory, flow, self.dice) {
            Some((trip, flow)) => {
                self.flow = flow;
                Done::Sent(trip)
            }
            None => {
                let caption = Caption::new("The client itself is *no longer there*.", &[]);
                Done::told("client gone", vec![pause(caption, "not sent", None)])
            }
        }
    }
}

fn numbers(trip: &Trip) -> impl Iterator<Item = u32> + '_ {
    trip.journey.throws.iter().map(|t| t.draw.drawn)
}

pub(crate) fn turn_of(name: String, trip: &Trip) -> Turn {
    Turn {
        name,
        outcome: outcome(&trip.journey.ending),
        failed: !matches!(trip.journey.ending, Ending::Reply { .. }),
    }
}

/// An ending in a few words.
pub(crate) fn outcome(ending: &Ending) -> String {
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

pub(crate) fn listings(lab: &Lab, memory: &Memory) -> Vec<Listing> {
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

fn wait(lab: &Lab, memory: &mut Memory, milliseconds: u64) -> Done {
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
    Done::told(outcome, told)
}

/// Somebody runs the `conntrack` command.
fn run_tool(lab: &Lab, memory: &mut Memory, node: &str, args: &str) -> Done {
    let command = format!("conntrack {args}");
    if !nodes(lab).any(|n| n == node) {
        let caption = Caption::new("There is no node *{}*.", &[node]);
        return Done::told("no such node", vec![pause(caption, "no node", None)]);
    }
    let words: Vec<&str> = args.split_whitespace().collect();
    let tool = match ToolCommand::parse(&words) {
        Ok(tool) => tool,
        Err(error) => {
            let caption = Caption::new("*{}* does nothing: {}.", &[&command, &error.to_string()]);
            return Done::told(
                "nothing done",
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
    Done::told(format!("{what} deleted"), told)
}
