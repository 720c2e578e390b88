//! The core's part of links: what the page wrote down becomes a link, with what is in it told, and back.

use std::sync::Arc;

use link::{Link, Mode, View, Walk};

use crate::conversation::{Step, Talk};
use crate::probe::{Extent, Question, Transport};
use crate::saved::{self, More, PANELS, Saved, place};
use crate::session::{Panel, Refusal};
use crate::settings::{Companions, PlanName, Settings};
use crate::share::{Ask, Contents, Form, LISTED, Made, Names};
use crate::wire;

const TRANSPORTS: [(Transport, link::Protocol); 4] = [
    (Transport::Tcp, link::Protocol::Tcp),
    (Transport::Udp, link::Protocol::Udp),
    (Transport::Sctp, link::Protocol::Sctp),
    (Transport::Icmp, link::Protocol::Icmp),
];
const EXTENTS: [(Extent, link::Extent); 2] = [
    (Extent::FirstAndReply, link::Extent::FirstAndReply),
    (Extent::Whole, link::Extent::Whole),
];
const COMPANIONS: [(Companions, link::Companions); 2] = [
    (Companions::Shown, link::Companions::Shown),
    (Companions::Hidden, link::Companions::Hidden),
];

fn there<A: Copy + PartialEq, B: Copy>(pairs: &[(A, B)], one: A) -> B {
    let pair = pairs.iter().find(|(a, _)| *a == one);
    pair.expect("the list is whole").1
}

fn back<A: Copy, B: Copy + PartialEq>(pairs: &[(A, B)], one: B) -> A {
    let pair = pairs.iter().find(|(_, b)| *b == one);
    pair.expect("the list is whole").0
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A walk as a link carries it.
fn walk_of(saved: Saved, more: &More) -> Walk {
    let view = match PANELS.get(usize::from(more.panel)) {
        Some(Panel::Many) => View::Many,
        Some(Panel::WhatIf) => View::WhatIf,
        _ => View::Walk,
    };
    let then = saved.talk.steps.into_iter().map(|step| match step {
        Step::Again => link::Then::Again,
        Step::Connect => link::Then::Connect,
        Step::Wait(milliseconds) => link::Then::Wait(milliseconds),
        Step::Conntrack { node, args } => link::Then::Conntrack { node, args },
    });
    Walk {
        text: saved.text.to_string(),
        from: saved.question.from,
        to: saved.question.to,
        protocol: there(&TRANSPORTS, saved.question.transport),
        extent: there(&EXTENTS, saved.question.extent),
        seed: saved.seed,
        forced: saved.forced,
        by_hand: saved.by_hand.into_iter().map(small).collect(),
        chosen: saved.chosen,
        then: then.collect(),
        part: small(saved.talk.shown),
        step: small(saved.cursor),
        version: saved.settings.version,
        companions: there(&COMPANIONS, saved.settings.companions),
        plan: match saved.settings.plan {
            PlanName::FromText => String::new(),
            plan => plan.name().to_owned(),
        },
        view,
    }
}

/// A link's walk as the page writes one down.
pub(crate) fn saved_of(mode: Mode, walk: Walk) -> (Saved, More) {
    let then = walk.then.into_iter().map(|then| match then {
        link::Then::Again => Step::Again,
        link::Then::Connect => Step::Connect,
        link::Then::Wait(milliseconds) => Step::Wait(milliseconds),
        link::Then::Conntrack { node, args } => Step::Conntrack { node, args },
    });
    let panel = match walk.view {
        View::Many => Panel::Many,
        View::WhatIf => Panel::WhatIf,
        _ => Panel::None,
    };
    let plan = PlanName::ALL.into_iter().find(|p| p.name() == walk.plan);
    // A phone shows one of the two at a time.
    let tab = match mode {
        Mode::View => 0,
        Mode::Edit => 2,
    };
    let saved = Saved {
        text: Arc::from(walk.text),
        question: Question {
            from: walk.from,
            to: walk.to,
            transport: back(&TRANSPORTS, walk.protocol),
            extent: back(&EXTENTS, walk.extent),
        },
        seed: walk.seed,
        forced: walk.forced,
        by_hand: walk.by_hand.into_iter().map(|n| n as usize).collect(),
        chosen: walk.chosen,
        talk: Talk {
            steps: then.collect(),
            shown: walk.part as usize,
        },
        settings: Settings {
            version: walk.version,
            companions: back(&COMPANIONS, walk.companions),
            plan: plan.unwrap_or_default(),
            ..Settings::default()
        },
        cursor: walk.step as usize,
        // Grain, speed and theme stay whose they are.
        view: [0, 0, tab, 0],
        editor_open: mode == Mode::Edit,
    };
    let more = More {
        panel: place(&PANELS, &panel),
        ..More::default()
    };
    (saved, more)
}

/// What a link holds, written down as the page does.
pub(crate) fn open(fragment: &str) -> Result<Vec<u8>, Refusal> {
    let refuse = |error: link::Error| {
        let (message, help) = error.words();
        Refusal {
            message: message.into(),
            help: help.into(),
        }
    };
    match link::decode(fragment).map_err(refuse)? {
        Link::Walk(mode, walk) => {
            let (saved, more) = saved_of(mode, *walk);
            Ok(saved::write(saved, more))
        }
        Link::Lesson(_) => Err(Refusal {
            message: "This link leads to a lesson and not to a walk.".into(),
            help: "Open it in the address bar.".into(),
        }),
    }
}

/// Makes a link and tells what is in it. What asks and what is answered are bytes, since only what is
/// loaded after the first view knows of them.
pub(crate) fn share(bytes: &[u8]) -> Vec<u8> {
    let made = wire::decode::<Ask>(bytes).and_then(|ask| {
        let (saved, more) = saved::read(&ask.saved)?;
        let walk = walk_of(saved, &more);
        let (walk, replaced) = match ask.names {
            Names::Kept => (walk, None),
            Names::Replaced => {
                let (walk, replaced) = crate::masking::masked(walk);
                (walk, Some(replaced))
            }
        };
        let contents = contents(&walk);
        let mode = match ask.form {
            Form::View => Mode::View,
            Form::Edit => Mode::Edit,
        };
        let fragment = link::encode(&Link::Walk(mode, Box::new(walk)));
        Some(Made {
            fragment,
            contents,
            replaced,
        })
    });
    wire::encode(&made)
}

/// What a link tells those who open it.
fn contents(walk: &Walk) -> Contents {
    let private = edit::mask::private(&walk.text);
    let read = private.is_some();
    let private = private.unwrap_or_default();
    let some = |all: Vec<String>| {
        let count = all.len();
        (all.into_iter().take(LISTED).collect(), count)
    };
    Contents {
        lines: walk.text.lines().count(),
        names: some(private.names),
        addresses: some(private.addresses),
        comments: private.comments,
        question: format!("{} to {}", walk.from, walk.to),
        read,
    }
}
