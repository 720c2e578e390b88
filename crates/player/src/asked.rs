//! What was asked of the core and not answered yet, as a part of the session.

use std::collections::BTreeMap;

use crate::engine::{Answer, Lane, Request, Work};
use crate::session::{Session, Trouble};

impl Session {
    pub(crate) fn request(&mut self, what: Work) -> Request {
        self.request += 1;
        // What is asked by the way doesn't tell whether anybody has read it.
        if matches!(what.lane(), Lane::Cluster | Lane::Walk) {
            self.trouble = None;
        }
        // Whatever was asked about the cluster before is about one that is no more.
        if what.lane() == Lane::Cluster {
            self.forget_asked();
        }
        self.asked.insert(what.lane(), self.request);
        Request {
            number: self.request,
            what,
        }
    }

    /// Whether an answer is still awaited, and then no longer. What an overtaken request found is about
    /// a page that is no more.
    pub(crate) fn awaited(&mut self, answer: &Answer) -> bool {
        let lane = answer.what.lane();
        let awaited = self.asked.get(&lane) == Some(&answer.number);
        if awaited {
            self.asked.remove(&lane);
        }
        awaited
    }

    /// Nothing that was asked will be answered.
    fn forget_asked(&mut self) -> BTreeMap<Lane, u64> {
        self.many.waiting = None;
        if self.odds.known.is_none() {
            self.odds.asked = None;
        }
        self.whatif.unasked();
        let asked = std::mem::take(&mut self.asked);
        // A command is run to its end, whatever becomes of the cluster.
        let command = asked.get(&Lane::Console).map(|n| (Lane::Console, *n));
        self.asked.extend(command);
        asked
    }

    /// No answer will come to what was asked.
    fn lose(&mut self, message: String, help: &str) {
        let asked = self.forget_asked();
        self.asked.clear();
        self.many.running = false;
        self.waiting = None;
        self.begin = None;
        self.playing &= self.play.is_some();
        // Of several it is the one that the others wait for.
        let about = asked.keys().next().copied().unwrap_or(Lane::Walk);
        self.trouble = Some(Trouble {
            message,
            help: help.into(),
            about,
        });
    }

    /// The core is gone.
    pub(crate) fn lost(&mut self, why: &str) {
        self.lose(
            format!("The core has stopped: {why}."),
            "What is on screen still works. Ask again, or load the page again.",
        );
    }

    /// The core was stopped by whoever waited for it.
    pub(crate) fn cancelled(&mut self) {
        self.lose(
            "Stopped before there was an answer.".into(),
            "The page shows what it showed before.",
        );
    }

    /// Asks again what was lost.
    pub(crate) fn retry(&mut self) -> Vec<Request> {
        self.browse_anew();
        match self.trouble.take().map(|trouble| trouble.about) {
            None => Vec::new(),
            Some(Lane::Cluster) => vec![self.load()],
            Some(Lane::Open) => {
                let link = self.wanted.clone().unwrap_or_default();
                vec![self.follow(&link)]
            }
            Some(_) => vec![self.send()],
        }
    }
}
