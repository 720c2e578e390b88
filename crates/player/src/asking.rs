//! Asking by the map: what a thing drawn there may be in the question.

use fabric::Ns;

use crate::engine::Loaded;
use crate::probe::{Choice, NODE_PORTS, Question};
use crate::scene::{Ghost, SceneHost, SceneNode, ScenePod};
use crate::session::Action;

/// A thing on the map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Thing<'a> {
    /// A pod.
    Pod(&'a ScenePod),
    /// A node, and whether its pods have no place of their own on the map.
    Node(&'a SceneNode, Pods),
    /// A host outside.
    Host(&'a SceneHost),
    /// The Service asked for.
    Service(&'a Ghost),
}

/// Whether a node speaks for its pods, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pods {
    /// They stand beside it.
    Apart,
    /// They are within it.
    Within,
}

/// One thing that can be done with it.
#[derive(Debug, Clone)]
pub struct Offer {
    /// What it does, in words.
    pub label: String,
    /// Whether it is so already.
    pub now: bool,
    /// Doing it.
    pub action: Action,
}

/// More destinations than these of one thing are left to the list.
const MOST: usize = 5;

impl Thing<'_> {
    /// What it is called: `pod web-1`.
    pub fn name(&self) -> String {
        match self {
            Thing::Pod(pod) => format!("pod {}", pod.name),
            Thing::Node(node, _) => format!("node {}", node.name),
            Thing::Host(host) => host.name.clone(),
            Thing::Service(ghost) => format!("Service {}", ghost.name),
        }
    }

    /// What can be done with it.
    pub fn offers(&self, loaded: &Loaded, question: &Question) -> Vec<Offer> {
        let mut offers = Vec::new();
        match self {
            Thing::Pod(pod) => of_pod(pod, "", loaded, question, &mut offers),
            Thing::Node(node, pods) => {
                let process = format!("Send from a process on {}", node.name);
                from(
                    &format!("node/{}", node.name),
                    process,
                    loaded,
                    question,
                    &mut offers,
                );
                let own = |c: &Choice| host_of(&c.value) == node.name;
                to(
                    own,
                    |c| format!("Send to {}", c.label),
                    loaded,
                    question,
                    &mut offers,
                );
                if *pods == Pods::Within {
                    for pod in &node.pods {
                        of_pod(pod, &pod.name, loaded, question, &mut offers);
                    }
                }
            }
            Thing::Host(host) => {
                let value = match &host.ns {
                    Ns::External(name) if name == lab::wiring::OUTSIDE => "outside",
                    _ => &host.addr,
                };
                from(
                    value,
                    "Send from here".into(),
                    loaded,
                    question,
                    &mut offers,
                );
            }
            Thing::Service(ghost) => {
                // By a node's port it is asked at that node.
                let by_port = |c: &Choice| loaded.choices.group(&c.value) == Some(NODE_PORTS);
                let of_it = |c: &Choice| {
                    let name = c.label.strip_prefix(&ghost.name).unwrap_or_default();
                    name.starts_with([':', ',', '.']) && !by_port(c)
                };
                to(
                    of_it,
                    |c| format!("Send to {}", c.label),
                    loaded,
                    question,
                    &mut offers,
                );
            }
        }
        offers
    }
}

/// `name` is said where the offer does not stand beside the pod.
fn of_pod(
    pod: &ScenePod,
    name: &str,
    loaded: &Loaded,
    question: &Question,
    offers: &mut Vec<Offer>,
) {
    let value = match &pod.ns {
        Ns::Pod(ns) => format!("pod/{ns}"),
        Ns::Node(node) => format!("node/{node}"),
        _ => pod.addr.clone(),
    };
    let whom = match name {
        "" => "here".into(),
        name => format!("pod {name}"),
    };
    from(
        &value,
        format!("Send from {whom}"),
        loaded,
        question,
        offers,
    );
    let own = |c: &Choice| host_of(&c.value) == pod.addr && !pod.addr.is_empty();
    let label = |c: &Choice| format!("Send to {whom}, {}", c.value);
    to(own, label, loaded, question, offers);
}

fn from(value: &str, label: String, loaded: &Loaded, question: &Question, offers: &mut Vec<Offer>) {
    if loaded.choices.sender(value).is_some() {
        offers.push(Offer {
            label,
            now: question.from == value,
            action: Action::From(value.to_owned()),
        });
    }
}

fn to(
    which: impl Fn(&Choice) -> bool,
    label: impl Fn(&Choice) -> String,
    loaded: &Loaded,
    question: &Question,
    offers: &mut Vec<Offer>,
) {
    let choices = loaded.choices.to.iter().flat_map(|g| &g.choices);
    offers.extend(choices.filter(|c| which(c)).take(MOST).map(|c| Offer {
        label: label(c),
        now: question.to == c.value,
        action: Action::To(c.value.clone()),
    }));
}

/// The host of `10.0.0.1:80` or `[fd00::1]:80`, without brackets.
fn host_of(value: &str) -> &str {
    let host = value.rsplit_once(':').map_or(value, |(host, _)| host);
    host.trim_matches(['[', ']'])
}
