//! The actions that the first view does without. Whoever adds one gives it an arm in [`act`] and, where it
//! asks the core, one in [`answered`].

use super::{Ask, Reply};
use crate::engine::Request;
use crate::frames::Kind;
use crate::guess::Moves;
use crate::many::Deed;
use crate::session::{Action, Panel, Session, Shared};
use crate::wire;

/// Does an action that [`crate::update`] leaves to here.
pub(super) fn act(before: &Session, next: &mut Session, action: Action) -> Vec<Request> {
    match action {
        Action::Open(panel) => return open(before, next, panel),
        Action::Rules(deed) => next.browse_deed(deed),
        Action::Console(deed) => return super::console::act(next, deed),
        Action::WhatIf(deed) => return next.whatif_deed(deed),
        Action::Undo => return next.undo(),
        Action::Redo => return next.redo(),
        Action::Many(deed) => return many(next, deed).into_iter().collect(),
        Action::Guess(deed) => crate::guess::act(next, deed),
        Action::Choose(socket) => return choose(before, next, socket).into_iter().collect(),
        // Everything else is done by `update`.
        _ => {}
    }
    Vec::new()
}

/// Takes what the core says.
pub(super) fn answered(session: &mut Session, number: u64, reply: &[u8]) -> Vec<Request> {
    match wire::decode(reply) {
        Some(Reply::Offers(offers)) => session.offered(number, *offers),
        Some(Reply::Compared(found)) => session.compared(number, found.map(|c| *c)),
        Some(Reply::Edited(found)) => return session.clicked(number, found),
        Some(Reply::Many(found)) if session.many.waiting == Some(number) => {
            session.many.answered(found);
        }
        Some(Reply::Odds(found)) if session.odds.asked == Some(number) => {
            session.odds.known = found.map(|odds| Shared::new(*odds));
        }
        Some(Reply::Made(made)) => session.made = Some(made.map(|m| Shared::new(*m))),
        Some(Reply::Rules(found)) => session.browsed(found.map(|f| *f)),
        Some(Reply::Console(say)) => return super::console::said(session, number, say),
        // Of a question that is asked no more.
        Some(Reply::Many(_) | Reply::Odds(_)) | None => {}
    }
    Vec::new()
}

/// What follows from an action, whichever it was.
pub(super) fn after(before: &Session, next: &mut Session, way: Moves, requests: &mut Vec<Request>) {
    crate::guess::hold(before, next, way);
    super::console::after(next);
    if let Some(action) = next.embed_begins() {
        let (begun, more) = crate::update(next, action);
        requests.extend(more);
        *next = begun;
    }
    requests.extend(next.browse_request());
    if requests.is_empty() {
        requests.extend(odds(next));
    }
    if requests.is_empty() {
        requests.extend(next.whatif_requests());
    }
}

fn open(before: &Session, next: &mut Session, panel: Panel) -> Vec<Request> {
    let mut requests = Vec::new();
    if panel == Panel::Console {
        requests.extend(super::console::open(next));
    }
    if let Panel::Made(line) = panel {
        let family = super::browser::family(before.play.as_deref(), before.cursor);
        requests.push(next.ask_late(Ask::Made { line, family }));
        next.made = None;
    }
    if let Panel::Rules { node, table, chain } = &panel {
        next.browse(node.clone(), *table, chain.clone());
    }
    if panel != Panel::None {
        next.playing = false;
    }
    if panel == Panel::Many {
        next.question_open = false;
    }
    if panel == Panel::Many && next.many.shown.is_none() {
        next.many.running = true;
    }
    next.panel = panel;
    // Who looks at one packet again waits for no others.
    next.many.running &= next.panel == Panel::Many;
    if next.many.running && next.many.waiting.is_none() {
        requests.push(count(next));
    }
    requests
}

fn many(session: &mut Session, deed: Deed) -> Option<Request> {
    match deed {
        Deed::Make(wanted) => {
            session.many.wanted = wanted.clamp(1, crate::many::MOST);
            session.many.draft = None;
            session.many.begin();
        }
        Deed::Typed(text) => match crate::many::read(&text) {
            Some(wanted) => return many(session, Deed::Make(wanted)),
            None => {
                session.many.draft = Some(text);
                return None;
            }
        },
        Deed::Toggle => match session.many.shown.as_ref().is_some_and(|t| t.done()) {
            true => session.many.begin(),
            false => session.many.running = !session.many.running,
        },
        Deed::On => {}
    }
    let idle = session.many.running && session.many.waiting.is_none();
    idle.then(|| count(session))
}

/// Makes the next part of many connections.
fn count(session: &mut Session) -> Request {
    let what = Ask::Many {
        question: session.question.clone(),
        seed: session.seed,
        wanted: session.many.wanted,
        made: session.many.made(),
    };
    let request = session.ask_late(what);
    session.many.waiting = Some(request.number);
    request
}

/// Asks for the odds where a moment shows them that are not known yet.
fn odds(session: &mut Session) -> Option<Request> {
    let shown = session.panel != Panel::Many
        && session.frame().is_some_and(|frame| {
            frame.draw.is_some() || matches!(frame.kind, Kind::Ending | Kind::Failed)
        });
    if !shown || session.odds.asked.is_some() {
        return None;
    }
    let what = Ask::Odds {
        question: session.question.clone(),
        seed: session.seed,
        talk: session.talk.clone(),
        earlier: session
            .play
            .as_ref()
            .map_or_else(Vec::new, |p| p.earlier.clone()),
    };
    let request = session.ask_late(what);
    session.odds.asked = Some(request.number);
    Some(request)
}

fn choose(before: &Session, next: &mut Session, socket: String) -> Option<Request> {
    let numbers = before
        .odds
        .known
        .as_ref()
        .and_then(|odds| Some(odds.way_to(&socket)?.numbers.clone()));
    if let Some(numbers) = numbers {
        // The parts of the conversation before this one keep what they drew.
        next.forced = before
            .play
            .as_ref()
            .map_or(Vec::new(), |play| play.earlier.clone());
        let earlier = next.forced.len();
        next.by_hand = (earlier..earlier + numbers.len()).collect();
        next.forced.extend(numbers);
        next.chosen = Some(socket);
        next.playing = false;
        return Some(next.send());
    }
    None
}
