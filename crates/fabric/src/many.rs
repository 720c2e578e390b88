//! Many connections of one client, one after the other, without walking each of them anew.
//!
//! Where nothing is asked that remembers (no `recent` list, no token bucket, no entry of conntrack
//! from before), an exchange depends on its draws alone. So each way through the draws is walked
//! once, and remembered as a tree: inner nodes are draws, leaves are what came of them. A later
//! connection draws its own numbers and goes down the tree. Anything else is walked.

use std::net::IpAddr;

use netfilter::{Probability, Protocol};

use crate::dice::Dice;
use crate::exchange::{Summary, attempt};
use crate::fabric::Fabric;
use crate::journey::{Ending, Throw};
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
/// How many ways through the draws are remembered.
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
    let client = match &probe.from {
        Sender::Process(ns) => ns.clone(),
        Sender::Wire { src, .. } => Ns::External(src.to_string()),
    };
    // Without a port of its own each connection could meet the one before.
    let ports = matches!(
        probe.protocol,
        Protocol::Tcp | Protocol::Udp | Protocol::Sctp
    );
    let mut ways = Ways {
        nodes: vec![Node::Unknown],
        leaves: Vec::new(),
        trusted: ports && probe.sport.is_none(),
    };
    let busy = memory.client_ports();
    let mut found: Vec<(Summary, u64)> = Vec::new();
    memory.consulted();
    for left in (0..connections).rev() {
        let quick = ways.trusted && left >= WALKED && !busy.contains(&memory.next_port(&client));
        let at = match quick.then(|| ways.descend(dice)).flatten() {
            Some(leaf) => {
                memory.ephemeral_port(&client);
                let leaf = &mut ways.leaves[leaf];
                leaf.again += 1;
                leaf.found
            }
            None => walk(fabric, memory, probe, dice, &mut ways, &mut found),
        };
        let (summary, count) = &mut found[at];
        *count += 1;
        memory.wait(match summary.ending {
            Ending::Timeout => GIVES_UP,
            _ => TAKES,
        });
    }
    for leaf in &ways.leaves {
        memory.count_again(&leaf.counted, leaf.again);
    }
    found
}

/// Walks one connection and learns its way, where it can be relied on.
fn walk(
    fabric: &Fabric,
    memory: &mut Memory,
    probe: &Probe,
    dice: &mut Dice,
    ways: &mut Ways,
    found: &mut Vec<(Summary, u64)>,
) -> usize {
    let learning = ways.trusted && ways.leaves.len() < WAYS;
    let before = learning.then(|| memory.tally());
    let outcome = attempt(fabric, memory, probe, dice, Keep::Nothing);
    let (summary, throws) = outcome.summary();
    let at = found
        .iter()
        .position(|(known, _)| alike(known, &summary))
        .unwrap_or_else(|| {
            found.push((summary, 0));
            found.len() - 1
        });
    if memory.consulted() {
        ways.trusted = false;
    } else if let Some(before) = before {
        let mut counted = memory.tally();
        for (rule, count) in &mut counted {
            *count -= before.get(rule).copied().unwrap_or(0);
        }
        counted.retain(|_, count| *count > 0);
        ways.learn(
            &throws,
            Leaf {
                found: at,
                counted,
                again: 0,
            },
        );
    }
    at
}

/// Whether two connections came out the same way, whatever their ports.
fn alike(a: &Summary, b: &Summary) -> bool {
    let reached = |s: &Summary| -> Option<(IpAddr, IpAddr, u16)> {
        s.reached.map(|tuple| (tuple.src, tuple.dst, tuple.dport))
    };
    a.ending == b.ending && a.masqueraded == b.masqueraded && reached(a) == reached(b)
}

/// What is known of the ways through the draws.
struct Ways {
    nodes: Vec<Node>,
    leaves: Vec<Leaf>,
    /// Whether draws alone decide.
    trusted: bool,
}

#[derive(Clone, Copy)]
enum Node {
    Unknown,
    Draw {
        threshold: Probability,
        below: usize,
        above: usize,
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
    /// Draws down to a leaf. Where the way is not known yet, the numbers go back into the dice.
    fn descend(&self, dice: &mut Dice) -> Option<usize> {
        let mut drawn = Vec::new();
        let mut at = 0;
        loop {
            match self.nodes[at] {
                Node::Leaf(leaf) => return Some(leaf),
                Node::Draw {
                    threshold,
                    below,
                    above,
                } => {
                    let number = dice.draw(threshold);
                    drawn.push(number);
                    at = if number < threshold.0 { below } else { above };
                }
                Node::Unknown => {
                    dice.give_back(&drawn);
                    return None;
                }
            }
        }
    }

    fn learn(&mut self, throws: &[Throw], leaf: Leaf) {
        let mut at = 0;
        for throw in throws {
            let draw = throw.draw;
            if matches!(self.nodes[at], Node::Unknown) {
                let below = self.nodes.len();
                self.nodes.extend([Node::Unknown, Node::Unknown]);
                self.nodes[at] = Node::Draw {
                    threshold: draw.threshold,
                    below,
                    above: below + 1,
                };
            }
            let Node::Draw {
                threshold,
                below,
                above,
            } = self.nodes[at]
            else {
                // The same numbers led elsewhere before: something decides that was not noticed.
                self.trusted = false;
                return;
            };
            at = if draw.drawn < threshold.0 {
                below
            } else {
                above
            };
        }
        if matches!(self.nodes[at], Node::Unknown) {
            self.nodes[at] = Node::Leaf(self.leaves.len());
            self.leaves.push(leaf);
        }
    }
}
