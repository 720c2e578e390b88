//! In which order requests go to a core that answers one at a time, later, and may have to be begun anew.
//!
//! A newer request overtakes older ones about the same thing: those that still wait are never asked, and
//! one that runs is marked, so that whoever holds the core can stop it when it has run for long. Knows
//! neither the core nor a clock.

use std::collections::VecDeque;

use crate::engine::{Answer, Lane, Outcome, Request, Work};

/// Whether the running request's answer still matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Awaited,
    Overtaken,
}

#[derive(Debug)]
struct Running {
    request: Request,
    answer: Use,
}

/// The requests that were made and not answered, in order.
#[derive(Debug, Default)]
pub struct Queue {
    running: Option<Running>,
    waiting: VecDeque<Request>,
    /// The last text that a cluster would accept: what a core that begins anew has to know.
    good: Option<Request>,
    /// Whether the core has not been told of it.
    owed: bool,
    /// The request that is asked a second time, since the core stopped over it.
    again: Option<u64>,
}

/// What goes on once a core has stopped by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// Everything: a new core is asked what the old one was, if it was asked anything.
    GoesOn,
    /// Nothing: the core has stopped over this before.
    Ends,
}

/// The number of a request whose answer nobody awaits.
const NOBODY: u64 = 0;

impl Queue {
    /// Takes a request, and forgets those it overtakes.
    pub fn ask(&mut self, request: Request) {
        let lane = request.what.lane();
        let overtakes = |older: &Request| {
            let of = older.what.lane();
            of != Lane::Console && (lane == Lane::Cluster || of == lane)
        };
        self.waiting.retain(|older| !overtakes(older));
        if let Some(running) = &mut self.running
            && running.request.number != NOBODY
            && overtakes(&running.request)
        {
            running.answer = Use::Overtaken;
        }
        self.waiting.push_back(request);
    }

    /// What to ask the core now: nothing while it is busy.
    pub fn take_next(&mut self) -> Option<Request> {
        if self.running.is_some() {
            return None;
        }
        let first = self.waiting.front()?;
        let request = match &self.good {
            Some(good) if self.owed && first.what.lane() != Lane::Cluster => Request {
                number: NOBODY,
                ..good.clone()
            },
            _ => self.waiting.pop_front()?,
        };
        self.running = Some(Running {
            request: request.clone(),
            answer: Use::Awaited,
        });
        Some(request)
    }

    /// The core has answered.
    pub fn answered(&mut self, answer: &Answer) {
        let Some(running) = self.running.take() else {
            return;
        };
        if let Outcome::Loaded { good: Some(_), .. } = answer.what
            && matches!(running.request.what, Work::Load { .. })
        {
            self.good = Some(running.request);
            self.owed = false;
        }
    }

    /// Whether nothing runs and nothing waits.
    pub fn is_idle(&self) -> bool {
        self.running.is_none() && self.waiting.is_empty()
    }

    /// Whether what runs was overtaken.
    pub fn is_overtaken(&self) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|running| running.answer == Use::Overtaken)
    }

    /// The core is gone, and a new one knows nothing. What ran is forgotten; what waits goes on waiting.
    pub fn core_gone(&mut self) {
        self.owed = true;
        // Where no text was answered for yet, the one that was asked is the one on screen.
        if let Some(Running {
            request,
            answer: Use::Awaited,
        }) = self.running.take()
            && request.what.lane() == Lane::Cluster
        {
            self.good.get_or_insert(request);
        }
    }

    /// The core has stopped by itself. What it was asked is asked again, once: a worker that the
    /// browser ended may well answer the next time.
    pub fn core_stopped(&mut self) -> After {
        self.owed = true;
        let Some(running) = self.running.take() else {
            return After::GoesOn;
        };
        let number = running.request.number;
        if running.answer == Use::Overtaken {
            return After::GoesOn;
        }
        if number != NOBODY && self.again != Some(number) {
            self.again = Some(number);
            self.waiting.push_front(running.request);
            return After::GoesOn;
        }
        self.running = Some(running);
        self.core_gone();
        self.clear();
        After::Ends
    }

    /// Everything that was asked is to be forgotten, and the core that was at it was ended.
    pub fn cancelled(&mut self) {
        self.running = None;
        self.owed = true;
        self.clear();
    }

    /// Forgets what waits.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Loaded;
    use crate::session::Refusal;

    fn load(number: u64) -> Request {
        Request {
            number,
            what: Work::Load {
                text: "".into(),
                good: None,
                question: Default::default(),
                chosen: None,
                seed: 0,
                talk: Default::default(),
                settings: Default::default(),
            },
        }
    }

    fn send(number: u64) -> Request {
        Request {
            number,
            what: Work::Send {
                question: Default::default(),
                seed: 0,
                forced: vec![],
                talk: Default::default(),
            },
        }
    }

    fn made(number: u64) -> Request {
        Request {
            number,
            what: crate::late::Ask::Made {
                line: 1,
                family: lab::IpFamily::Ipv4,
            }
            .into(),
        }
    }

    fn good(number: u64) -> Answer {
        let loaded = Loaded {
            choices: Default::default(),
            summary: String::new(),
            proxy: vec![],
        };
        let refusal = Refusal {
            message: String::new(),
            help: String::new(),
        };
        Answer {
            number,
            what: Outcome::Loaded {
                notes: vec![],
                good: Some((Box::new(loaded), Default::default(), Err(refusal))),
            },
        }
    }

    fn bad(number: u64) -> Answer {
        Answer {
            number,
            what: Outcome::Loaded {
                notes: vec![],
                good: None,
            },
        }
    }

    fn number(request: Option<Request>) -> Option<u64> {
        request.map(|r| r.number)
    }

    fn asked(requests: Vec<Request>) -> Queue {
        let mut queue = Queue::default();
        for request in requests {
            queue.ask(request);
        }
        queue
    }

    /// The numbers in the order in which a core that answers everything is asked.
    fn order(mut queue: Queue) -> Vec<u64> {
        let mut order = Vec::new();
        while let Some(request) = queue.take_next() {
            order.push(request.number);
            queue.answered(&good(request.number));
        }
        order
    }

    #[test]
    fn of_two_about_the_same_only_the_newer_is_asked() {
        assert_eq!(order(asked(vec![send(1), send(2)])), [2]);
        assert_eq!(order(asked(vec![load(1), load(2), load(3)])), [3]);
    }

    #[test]
    fn what_is_about_something_else_keeps_its_turn() {
        assert_eq!(order(asked(vec![load(1), send(2), made(3)])), [1, 2, 3]);
        assert_eq!(order(asked(vec![send(1), made(2), send(3)])), [2, 3]);
    }

    #[test]
    fn another_cluster_overtakes_everything() {
        assert_eq!(order(asked(vec![load(1), send(2), made(3), load(4)])), [4]);
    }

    #[test]
    fn one_runs_at_a_time() {
        let mut queue = asked(vec![load(1), send(2)]);
        assert_eq!(number(queue.take_next()), Some(1));
        assert_eq!(number(queue.take_next()), None);
        queue.answered(&good(1));
        assert_eq!(number(queue.take_next()), Some(2));
        assert!(!queue.is_idle());
        queue.answered(&bad(2));
        assert!(queue.is_idle());
    }

    #[test]
    fn what_runs_is_marked_when_it_is_overtaken() {
        let mut queue = asked(vec![send(1)]);
        queue.take_next();
        queue.ask(made(2));
        assert!(!queue.is_overtaken());
        queue.ask(send(3));
        assert!(queue.is_overtaken());
    }

    #[test]
    fn a_new_core_is_told_the_last_good_text_first() {
        let mut queue = asked(vec![load(1)]);
        queue.take_next();
        queue.answered(&good(1));
        queue.ask(load(2));
        queue.take_next();
        queue.answered(&bad(2));
        queue.ask(send(3));
        queue.take_next();
        queue.ask(send(4));
        queue.core_gone();
        let again = queue.take_next().expect("the text");
        assert_eq!(
            again,
            Request {
                number: 0,
                ..load(0)
            }
        );
        queue.answered(&good(0));
        assert_eq!(number(queue.take_next()), Some(4));
    }

    #[test]
    fn telling_a_new_core_is_never_overtaken() {
        let mut queue = asked(vec![load(1)]);
        queue.take_next();
        queue.answered(&good(1));
        queue.core_gone();
        queue.ask(send(2));
        queue.take_next();
        queue.ask(load(3));
        assert!(!queue.is_overtaken());
    }

    #[test]
    fn a_new_text_is_read_by_a_new_core_at_once() {
        let mut queue = asked(vec![load(1)]);
        queue.take_next();
        queue.answered(&good(1));
        queue.core_gone();
        queue.ask(load(2));
        queue.ask(send(3));
        assert_eq!(number(queue.take_next()), Some(2));
        // It is faulty, so the walk is over the cluster before it.
        queue.answered(&bad(2));
        assert_eq!(number(queue.take_next()), Some(0));
        queue.answered(&good(0));
        assert_eq!(number(queue.take_next()), Some(3));
    }

    #[test]
    fn what_a_core_stopped_over_is_asked_once_more() {
        let mut queue = asked(vec![load(1)]);
        queue.take_next();
        queue.answered(&good(1));
        queue.ask(send(2));
        queue.ask(made(3));
        queue.take_next();
        assert_eq!(queue.core_stopped(), After::GoesOn);
        assert_eq!(number(queue.take_next()), Some(0), "the last good text");
        queue.answered(&good(0));
        assert_eq!(number(queue.take_next()), Some(2));
        assert_eq!(queue.core_stopped(), After::Ends);
        assert!(queue.is_idle());
    }

    #[test]
    fn a_core_that_stops_while_nothing_is_asked_is_replaced() {
        let mut queue = asked(vec![load(1)]);
        queue.take_next();
        queue.answered(&good(1));
        assert_eq!(queue.core_stopped(), After::GoesOn);
        queue.ask(send(2));
        assert_eq!(number(queue.take_next()), Some(0));
        assert_eq!(
            queue.core_stopped(),
            After::Ends,
            "over the good text itself"
        );
    }

    #[test]
    fn an_overtaken_request_is_not_asked_again() {
        let mut queue = asked(vec![send(1)]);
        queue.take_next();
        queue.ask(send(2));
        assert_eq!(queue.core_stopped(), After::GoesOn);
        assert_eq!(number(queue.take_next()), Some(2));
    }

    #[test]
    fn the_first_text_is_asked_again_when_the_core_was_lost_over_it() {
        let mut queue = asked(vec![load(1)]);
        queue.take_next();
        queue.core_gone();
        assert!(queue.is_idle());
        queue.ask(send(2));
        assert_eq!(number(queue.take_next()), Some(0));
    }
}
