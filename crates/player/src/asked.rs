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

    /// The core is gone, and so was the one before it.
    pub(crate) fn lost(&mut self, why: &str) {
        self.lose(
            format!("The core has stopped: {}.", plainly(why)),
            "What is on screen still works. Ask again; if that stops it too, ask for less: a shorter text, fewer replicas.",
        );
    }

    /// The core stopped, and a new one is at what it was at.
    pub(crate) fn restarted(&mut self, why: &str) {
        let asked = self.asked.keys().next().copied();
        self.trouble = Some(Trouble {
            message: format!("The core stopped and was started again: {}.", plainly(why)),
            help: "Nothing is lost: the new one is told your last good cluster.".into(),
            about: asked.unwrap_or(Lane::Walk),
        });
    }

    /// A text that nobody would read is not even taken in.
    pub(crate) fn refuse(&mut self, bytes: usize) {
        let most = lab::MOST_BYTES;
        self.trouble = Some(Trouble {
            message: format!("That text has {bytes} bytes; at most {most} are read."),
            help: "Nothing was changed. Leave out what this question does not need: other namespaces, custom resources.".into(),
            about: Lane::Walk,
        });
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

/// What a browser says of a program that stopped, in words for a person.
fn plainly(why: &str) -> String {
    // A trap of wasm: an abort, which a failed allocation ends in too.
    match why.contains("unreachable") || why.contains("out of bounds") {
        true => "it met a fault of its own or ran out of memory".to_owned(),
        false => why.trim_end_matches('.').to_owned(),
    }
}
