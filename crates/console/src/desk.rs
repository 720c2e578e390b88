//! What a console remembers while the lab that it works on is somebody else's: the page's core has one lab
//! for the walk, the rules and the console, and lends it for each line.

use std::collections::BTreeMap;

use fabric::Ns;
use lab::{Cleaning, Lab, Memory, Source};
use netfilter::Family;

use crate::{Before, Bytes, Console, Place, by_hand};

/// What a console remembers besides the cluster.
#[derive(Default)]
pub struct Desk {
    memory: Memory,
    bytes: Bytes,
    place: Option<Place>,
    left: Vec<Place>,
    seed: u64,
    sent: u64,
    undo: Vec<Before>,
}

impl Desk {
    /// A desk whose packets draw from this seed on.
    pub fn new(seed: u64) -> Desk {
        Desk {
            seed,
            ..Desk::default()
        }
    }

    /// The cluster has become another under it: what conntrack knows lives on, counters begin anew where
    /// rules were written anew, and where the change was a step back past commands that were typed
    /// here, what they did to conntrack is taken back with them. Any other change ends what can be
    /// undone here, since an undo would take the change back, too.
    pub fn moved(&mut self, before: &Lab, after: &Lab, text: &str) {
        let state = (text, by_hand::write(after.options()));
        let same = |of: &Before| (&*of.source.text, by_hand::write(&of.options)) == state;
        if let Some(at) = self.undo.iter().rposition(same) {
            let then = self.undo.swap_remove(at);
            self.undo.truncate(at);
            self.memory = then.memory;
            self.bytes = then.bytes;
            return;
        }
        self.undo.clear();
        let carried = after.carry(before, &self.memory, Cleaning::KubeProxy);
        forget_bytes(&mut self.bytes, &carried);
        self.memory = carried.memory;
    }
}

/// What was counted in bytes goes where the packets that were counted go.
pub(crate) fn forget_bytes(bytes: &mut Bytes, carried: &lab::Carried) {
    bytes.retain(|(ns, family, rule), _| {
        let of_ns = |counted: &BTreeMap<_, _>| counted.contains_key(rule);
        match ns {
            Ns::Node(_) => of_ns(&carried.memory.counters(ns, *family)),
            _ => !carried.gone.contains(ns),
        }
    });
}

/// Whether there is such a place.
pub(crate) fn is_there(lab: &Lab, place: &Place) -> bool {
    match place {
        Place::Node(name) => lab.cluster().node(name).is_some(),
        Place::Pod { namespace, name } => lab.cluster().pod(namespace, name).is_some(),
    }
}

impl Console {
    /// A console over somebody's lab, which has read `source`.
    pub fn over(lab: Lab, source: Source, desk: Desk) -> Console {
        let there = |place: &Place| is_there(&lab, place);
        let node = lab.default_node().unwrap_or_default().to_owned();
        let place = desk.place.filter(there).unwrap_or(Place::Node(node));
        let left = desk.left.into_iter().filter(there).collect();
        Console {
            source,
            lab,
            memory: desk.memory,
            bytes: desk.bytes,
            place,
            left,
            seed: desk.seed,
            sent: desk.sent,
            undo: desk.undo,
            held: None,
        }
    }

    /// Gives the lab back, with the text that it has read by now.
    pub fn leave(self) -> (Lab, Source, Desk) {
        let desk = Desk {
            memory: self.memory,
            bytes: self.bytes,
            place: Some(self.place),
            left: self.left,
            seed: self.seed,
            sent: self.sent,
            undo: self.undo,
        };
        (self.lab, self.source, desk)
    }

    /// Lets no command change the manifest, and says why.
    pub fn hold_text(&mut self, why: &str) {
        self.held = Some(why.to_owned());
    }

    /// What a node's rules of one family have counted is forgotten.
    pub(crate) fn count_anew(&mut self, node: &str, family: Family) {
        let ns = Ns::Node(node.to_owned());
        self.memory.rules_rewritten(&ns, |of, _| of != family);
        self.bytes
            .retain(|(of, in_family, _), _| *of != ns || *in_family != family);
    }
}
