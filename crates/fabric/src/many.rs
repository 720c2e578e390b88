//! Many connections of one client, one after the other, without walking each of them anew.
//!
//! What becomes of an exchange is decided by the answers to its questions alone: what is drawn, what
//! a `recent` list, a counter or a token bucket says. So each way through the answers is walked
//! once, and remembered as a tree: inner nodes are questions, leaves are what came of them. A later
//! connection puts the same questions, which change what is remembered as a walk would have, and
//! goes down the tree. One that would meet an entry of conntrack from before is walked.

use std::collections::{BTreeSet, VecDeque};
use std::net::IpAddr;

use netfilter::Protocol;

use crate::asked::Question;
use crate::dice::Dice;
use crate::exchange::{Manner, Summary, attempt};
use crate::fabric::Fabric;
use crate::journey::Ending;
use crate::memory::{Memory, Tally};
use crate::topology::{Ns, Probe, Sender};
use crate::walk::Keep;

/// How long a connection takes until the next one begins, in milliseconds: one that is answered, and
/// one whose client gives up. It is more than conntrack needs to forget before ports come round again.
const TAKES: u64 = 2;
const GIVES_UP: u64 = 1000;
/// How many of the last connections are walked whatever is known, so that conntrack holds their
/// entries afterwards. Those of earlier ones it would still hold are left out.
const WALKED: u64 = 256;
/// How many ways through the answers are remembered.
const WAYS: usize = 65_536;

/// Makes `connections` connections from new ports, and says how many came out in which way, in the
/// order in which the ways first appeared. Connections that differ in their ports alone are alike.
///
/// Time passes: a little for each connection, more for one that nobody answers. Rules count as if
/// each connection's VXLAN tunnel were a new one, though two in 30,000 share their ports.
pub fn exchange_many(
    fabric: &Fabric,
    memory: &mut Memory,
    probe: &Probe,
    dice: &mut Dice,
    connections: u64,
) -> Vec<(Summary, u64)> {
    let mut many = Many::new(memory, probe);
    many.go(fabric, memory, probe, dice, connections, 0);
    many.found
}

/// The same with each of them walked, whatever is known of the ways: slower, and with the same result.
pub fn exchange_each(
    fabric: &Fabric,
    memory: &mut Memory,
    probe: &Probe,
    dice: &mut Dice,
    connections: u64,
) -> Vec<(Summary, u64)> {
    let mut many = Many::new(memory, probe);
    many.ways.trusted = false;
    many.go(fabric, memory, probe, dice, connections, 0);
    many.found
}

/// Many connections made a part at a time, so that whoever waits can look on or call it off. What
/// comes of them does not depend on how they are parted.
pub struct Many {
    client: Ns,
    ways: Ways,
    busy: BTreeSet<u16>,
    found: Vec<(Summary, u64)>,
}

impl Many {
    /// None yet. The fabric, memory, probe and dice of all parts must be the same.
    pub fn new(memory: &Memory, probe: &Probe) -> Many {
        let client = match &probe.from {
            Sender::Process(ns) => ns.clone(),
            Sender::Wire { src, .. } => Ns::External(src.to_string()),
        };
        // Without a port of its own each connection could meet the one before.
        let ports = matches!(
            probe.protocol,
            Protocol::Tcp | Protocol::Udp | Protocol::Sctp
        );
        Many {
            client,
            ways: Ways {
                nodes: vec![Node::Unknown],
                leaves: Vec::new(),
                trusted: ports && probe.sport.is_none(),
            },
            busy: memory.client_ports(),
            found: Vec::new(),
        }
    }

    /// What came of all parts so far.
    pub fn found(&self) -> &[(Summary, u64)] {
        &self.found
    }

    /// Makes `connections` more, after which `to_come` will follow.
    pub fn go(
        &mut self,
        fabric: &Fabric,
        memory: &mut Memory,
        probe: &Probe,
        dice: &mut Dice,
        connections: u64,
        to_come: u64,
    ) {
        memory.consulted();
        for left in (to_come..to_come.saturating_add(connections)).rev() {
            let quick = self.ways.trusted
                && left >= WALKED
                && !self.busy.contains(&memory.next_port(&self.client));
            let way = match quick {
                true => self.ways.descend(memory, dice),
                false => Err(VecDeque::new()),
            };
            let at = match way {
                Ok(leaf) => {
                    memory.ephemeral_port(&self.client);
                    let leaf = &mut self.ways.leaves[leaf];
                    leaf.again += 1;
                    leaf.found
                }
                Err(given) => {
                    let mut walker = Walker {
                        fabric,
                        probe,
                        ways: &mut self.ways,
                        found: &mut self.found,
                    };
                    walker.walk(memory, dice, given)
                }
            };
            let (summary, count) = &mut self.found[at];
            *count += 1;
            memory.wait(match summary.ending {
                Ending::Timeout => GIVES_UP,
                _ => TAKES,
            });
        }
        for leaf in &mut self.ways.leaves {
            memory.count_again(&leaf.counted, std::mem::take(&mut leaf.again));
        }
    }
}

/// What a walk needs beside what it changes.
struct Walker<'w> {
    fabric: &'w Fabric,
    probe: &'w Probe,
    ways: &'w mut Ways,
    found: &'w mut Vec<(Summary, u64)>,
}

impl Walker<'_> {
    /// Walks one connection and learns its way, where it can be relied on.
    fn walk(&mut self, memory: &mut Memory, dice: &mut Dice, given: VecDeque<bool>) -> usize {
        let learning = self.ways.trusted && self.ways.leaves.len() < WAYS;
        let before = learning.then(|| memory.tally());
        let outcome = attempt(
            self.fabric,
            memory,
            self.probe,
            dice,
            (Keep::Nothing, Manner::Whole),
            given,
        );
        let (summary, asked) = outcome.summary();
        let known = self
            .found
            .iter()
            .position(|(known, _)| alike(known, &summary));
        let at = known.unwrap_or_else(|| {
            self.found.push((summary, 0));
            self.found.len() - 1
        });
        // One that met an earlier connection is no example for others.
        let met = memory.consulted();
        if let (false, Some(before)) = (met, before) {
            let mut counted = memory.tally();
            for (rule, count) in &mut counted {
                *count -= before.get(rule).copied().unwrap_or(0);
            }
            counted.retain(|_, count| *count > 0);
            let leaf = Leaf {
                found: at,
                counted,
                again: 0,
            };
            self.ways.learn(asked, leaf);
        }
        at
    }
}

/// Whether two connections came out the same way, whatever their ports.
fn alike(a: &Summary, b: &Summary) -> bool {
    let reached = |s: &Summary| -> Option<(IpAddr, IpAddr, u16)> {
        s.reached.map(|tuple| (tuple.src, tuple.dst, tuple.dport))
    };
    a.ending == b.ending && a.masqueraded == b.masqueraded && reached(a) == reached(b)
}

/// What is known of the ways through the answers.
struct Ways {
    nodes: Vec<Node>,
    leaves: Vec<Leaf>,
    /// Whether answers alone decide.
    trusted: bool,
}

enum Node {
    Unknown,
    Asks {
        of: Ns,
        question: Question,
        yes: usize,
        no: usize,
    },
    Leaf(usize),
}

struct Leaf {
    /// Where its result stands among those found.
    found: usize,
    /// What the rules counted on this way.
    counted: Tally,
    /// How often it was gone again without walking.
    again: u64,
}

impl Ways {
    /// Asks down to a leaf. Where the way is not known yet, the numbers drawn go back into the dice
    /// and the other answers are returned, for the walk that is needed now.
    fn descend(&self, memory: &mut Memory, dice: &mut Dice) -> Result<usize, VecDeque<bool>> {
        let now = memory.now();
        let mut drawn = Vec::new();
        let mut given = VecDeque::new();
        let mut at = 0;
        loop {
            match &self.nodes[at] {
                Node::Leaf(leaf) => return Ok(*leaf),
                Node::Asks {
                    of,
                    question,
                    yes,
                    no,
                } => {
                    let answer = match question {
                        Question::Draw(threshold) => {
                            let number = dice.draw(*threshold);
                            drawn.push(number);
                            number < threshold.0
                        }
                        other => {
                            let answer = other.put(memory.space(of), now);
                            given.push_back(answer);
                            answer
                        }
                    };
                    at = if answer { *yes } else { *no };
                }
                Node::Unknown => {
                    dice.give_back(&drawn);
                    return Err(given);
                }
            }
        }
    }

    fn learn(&mut self, asked: Vec<(Ns, Question, bool)>, leaf: Leaf) {
        let mut at = 0;
        for (of, question, answer) in asked {
            if matches!(self.nodes[at], Node::Unknown) {
                let yes = self.nodes.len();
                self.nodes.extend([Node::Unknown, Node::Unknown]);
                self.nodes[at] = Node::Asks {
                    of,
                    question,
                    yes,
                    no: yes + 1,
                };
            }
            let Node::Asks { yes, no, .. } = &self.nodes[at] else {
                // The same answers led elsewhere before: something decides that was not asked.
                self.trusted = false;
                return;
            };
            at = if answer { *yes } else { *no };
        }
        if matches!(self.nodes[at], Node::Unknown) {
            self.nodes[at] = Node::Leaf(self.leaves.len());
            self.leaves.push(leaf);
        }
    }
}
