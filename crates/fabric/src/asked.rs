//! What an exchange asks that is not in its packets: chance, and what namespaces remember.
//!
//! Every such question goes through here, so that [`crate::exchange_many`] can put the same ones
//! again without walking.

use std::collections::VecDeque;
use std::net::IpAddr;

use netfilter::conntrack::Tuple;
use netfilter::matches::Recent;
use netfilter::{Probability, Skb};

use crate::memory::{Place, Remembered};
use crate::space::NsId;
use crate::topology::Ns;

/// A question with two answers.
#[derive(Debug, Clone)]
pub(crate) enum Question {
    /// Whether a random number is below this.
    Draw(Probability),
    /// `-m recent`
    Recent(Box<(Recent, Skb)>),
    /// `-m statistic --mode nth`
    Nth {
        rule: Place,
        every: u32,
        packet: u32,
    },
    /// `-m limit`
    Limit { rule: Place, cost: u64, burst: u32 },
    /// Whether an ICMP error may go to this peer.
    Icmp { peer: IpAddr, ratelimit: u64 },
    /// Whether routing may tell this peer that there is no route.
    Unroutable { peer: IpAddr },
}

impl Question {
    /// Asks what is remembered, which may change by it. A draw asks the dice instead.
    pub fn put(&self, memory: &mut Remembered, now: u64) -> bool {
        match self {
            Question::Draw(_) => false,
            Question::Recent(asked) => memory.recent(&asked.0, &asked.1, now),
            Question::Nth {
                rule,
                every,
                packet,
            } => memory.nth(rule, *every, *packet),
            Question::Limit { rule, cost, burst } => memory.limit(rule, *cost, *burst, now),
            Question::Icmp { peer, ratelimit } => memory.icmp_allowed(*peer, *ratelimit, now),
            Question::Unroutable { peer } => memory.unroutable_allowed(*peer, now),
        }
    }
}

/// The questions of one exchange, in order.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// Answers that were given already, before it was known that a walk is needed. Draws are not
    /// among them: the dice take their numbers back.
    pub given: VecDeque<bool>,
    /// Whose question, which, and the answer.
    pub done: Vec<(Ns, Question, bool)>,
    /// What conntrack was given to keep: where, and the connection's two tuples.
    pub entered: Vec<(NsId, [Tuple; 2])>,
    /// Whether it also went by something that is no such question, so that the next connection may
    /// fare otherwise though it is answered the same.
    pub unsure: bool,
}

impl Asked {
    pub fn ask(&mut self, ns: &Ns, question: Question, memory: &mut Remembered, now: u64) -> bool {
        let answer = match self.given.pop_front() {
            Some(answer) => answer,
            None => question.put(memory, now),
        };
        self.done.push((ns.clone(), question, answer));
        answer
    }

    pub fn drew(&mut self, ns: &Ns, threshold: Probability, number: u32) {
        let question = Question::Draw(threshold);
        self.done.push((ns.clone(), question, number < threshold.0));
    }
}
