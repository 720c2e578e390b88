//! Many connections of one client, one after the other, without walking each of them anew.
//!
//! What becomes of an exchange is decided by the answers to its questions alone: what is drawn, what
//! a `recent` list, a counter or a token bucket says. So each way through the answers is walked
//! once, and remembered as a tree ([`ways`]). A later connection puts the same questions, which
//! change what is remembered as a walk would have, and goes down the tree. One that would meet an
//! entry of conntrack from before is walked.
//!
//! That is so as long as connections which differ in their ports alone fare alike ([`ports`]). Where
//! a walk shows that something else decides, all connections are made again, each of them walked.

mod ports;
mod ways;

use std::collections::{BTreeSet, VecDeque};
use std::net::IpAddr;

use netfilter::Protocol;

use crate::dice::Dice;
use crate::exchange::{Manner, Summary, attempt};
use crate::fabric::Fabric;
use crate::journey::Ending;
use crate::memory::Memory;
use crate::topology::{Ns, Probe, Sender};
use crate::walk::Keep;

use ports::Entered;
use ways::{Leaf, Learnt, Ways};

/// How long a connection takes until the next one begins, in milliseconds: one that is answered, and
/// one whose client gives up. When a port comes round again, its last connection is taken to be
/// forgotten, or closed so that a new one may begin in its place.
const TAKES: u64 = 2;
const GIVES_UP: u64 = 1000;
/// How many of the last connections are walked whatever is known, so that conntrack holds their
/// entries afterwards. Those of earlier ones it would still hold are left out.
const WALKED: u64 = 256;
/// How many ways through the answers are remembered.
const WAYS: usize = 65_536;

/// How a connection came out, without the ports in which it differs from others that came out alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turnout {
    /// How it ended.
    pub ending: Ending,
    /// Where its first packet arrived, whatever came back.
    pub reached: Option<Reached>,
    /// See [`Summary::masqueraded`].
    pub masqueraded: bool,
}

/// The namespace's end of a connection, and whom it sees at the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// The source seen.
    pub src: IpAddr,
    /// The address reached.
    pub dst: IpAddr,
    /// Its port.
    pub dport: u16,
}

impl From<Summary> for Turnout {
    fn from(summary: Summary) -> Turnout {
        Turnout {
            ending: summary.ending,
            reached: summary.reached.map(|tuple| Reached {
                src: tuple.src,
                dst: tuple.dst,
                dport: tuple.dport,
            }),
            masqueraded: summary.masqueraded,
        }
    }
}

/// Makes `connections` connections from new ports, and says how many came out in which way, in the
/// order in which the ways first appeared.
///
/// Time passes: a little for each connection, more for one that nobody answers. Rules count as if
/// each connection's VXLAN tunnel were a new one, though two in 30,000 share their ports.
pub fn exchange_many(
    fabric: &Fabric,
    memory: &mut Memory,
    probe: &Probe,
    dice: &mut Dice,
    connections: u64,
) -> Vec<(Turnout, u64)> {
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
) -> Vec<(Turnout, u64)> {
    let mut many = Many::new(memory, probe);
    many.trust = Trust::None;
    many.go(fabric, memory, probe, dice, connections, 0);
    many.found
}

/// Many connections made a part at a time, so that whoever waits can look on or call it off. What
/// comes of them does not depend on how they are parted.
pub struct Many {
    client: Ns,
    trust: Trust,
    ways: Ways,
    entered: Entered,
    busy: BTreeSet<u16>,
    made: u64,
    found: Vec<(Turnout, u64)>,
}

/// What there was before the first connection.
type Start = (Memory, Dice);

/// Whether a connection may stand for others.
enum Trust {
    /// It has not begun yet.
    Untried,
    /// So far nothing speaks against it; here is where to begin anew if something does.
    Holds(Box<Start>),
    /// Each is walked.
    None,
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
            trust: match ports && probe.sport.is_none() {
                true => Trust::Untried,
                false => Trust::None,
            },
            ways: Ways::unknown(),
            entered: Entered::default(),
            busy: memory.ports_in_use(),
            made: 0,
            found: Vec::new(),
        }
    }

    /// What came of all parts so far.
    pub fn found(&self) -> &[(Turnout, u64)] {
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
        if matches!(self.trust, Trust::Untried) {
            self.trust = match ports::asked_by_rules(fabric) {
                true => Trust::None,
                false => Trust::Holds(Box::new((memory.clone(), dice.clone()))),
            };
        }
        memory.consulted();
        let before = self.made;
        self.made = before.saturating_add(connections);
        let ends = self.made.saturating_add(to_come);
        let mut walker = Walker {
            fabric,
            memory,
            probe,
            dice,
            many: self,
        };
        let mut number = before;
        while number < walker.many.made {
            number = match walker.connect(ends - number - 1) {
                Held::Yes => number + 1,
                Held::BeginAgain => 0,
            };
        }
        for leaf in &mut self.ways.leaves {
            memory.count_again(&leaf.counted, std::mem::take(&mut leaf.again));
        }
    }
}

/// Whether what is known still holds after a connection.
enum Held {
    Yes,
    /// It does not: everything is as it was before the first.
    BeginAgain,
}

/// Connections being made.
struct Walker<'w> {
    fabric: &'w Fabric,
    memory: &'w mut Memory,
    probe: &'w Probe,
    dice: &'w mut Dice,
    many: &'w mut Many,
}

impl Walker<'_> {
    /// Makes one, after which `left` will follow.
    fn connect(&mut self, left: u64) -> Held {
        let port = self.memory.next_port(&self.many.client);
        let quick = matches!(self.many.trust, Trust::Holds(_))
            && left >= WALKED
            && !self.many.busy.contains(&port);
        let way = match quick {
            true => self.many.ways.descend(self.memory, self.dice),
            false => Err(VecDeque::new()),
        };
        let at = match way {
            Ok(leaf) => {
                self.memory.ephemeral_port(&self.many.client);
                let leaf = &mut self.many.ways.leaves[leaf];
                leaf.again += 1;
                leaf.found
            }
            Err(given) => match self.walk(port, given) {
                Ok(at) => at,
                Err(start) => {
                    (*self.memory, *self.dice) = *start;
                    self.memory.consulted();
                    self.many.ways = Ways::unknown();
                    self.many.found.clear();
                    return Held::BeginAgain;
                }
            },
        };
        let (turnout, count) = &mut self.many.found[at];
        *count += 1;
        self.memory.wait(match turnout.ending {
            Ending::Timeout => GIVES_UP,
            _ => TAKES,
        });
        Held::Yes
    }

    /// Walks one connection and learns its way. Where it shows that ways can't be relied on, it is
    /// as if nothing had been made, and what there was then is returned.
    fn walk(&mut self, port: u16, given: VecDeque<bool>) -> Result<usize, Box<Start>> {
        let learning =
            matches!(self.many.trust, Trust::Holds(_)) && self.many.ways.leaves.len() < WAYS;
        let before = learning.then(|| self.memory.tally());
        let how = (Keep::Nothing, Manner::Whole);
        let outcome = attempt(self.fabric, self.memory, self.probe, self.dice, how, given);
        let (summary, asked) = outcome.summary();
        let turnout = Turnout::from(summary);
        let found = &mut self.many.found;
        let known = found.iter().position(|(known, _)| *known == turnout);
        let at = known.unwrap_or_else(|| {
            found.push((turnout, 0));
            found.len() - 1
        });
        // One that met an earlier connection is no example for others.
        let met = self.memory.consulted();
        if met || !matches!(self.many.trust, Trust::Holds(_)) {
            return Ok(at);
        }
        let mut tuples = asked
            .entered
            .iter()
            .flat_map(|(ns, both)| both.iter().map(move |tuple| (*ns, tuple)));
        let entered = &mut self.many.entered;
        let mut holds = !asked.unsure && tuples.all(|(ns, tuple)| entered.add(ns, tuple, port));
        if let (true, Some(before)) = (holds, before) {
            let mut counted = self.memory.tally();
            for (rule, count) in &mut counted {
                *count -= before.get(rule).copied().unwrap_or(0);
            }
            counted.retain(|_, count| *count > 0);
            let leaf = Leaf {
                found: at,
                counted,
                again: 0,
            };
            holds = self.many.ways.learn(asked.done, leaf) == Learnt::Fits;
        }
        if !holds && let Trust::Holds(start) = std::mem::replace(&mut self.many.trust, Trust::None)
        {
            return Err(start);
        }
        Ok(at)
    }
}
