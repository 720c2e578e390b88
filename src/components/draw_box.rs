//! The box of a draw: its number, what can be done about it, and the question that comes before it when
//! draws are guessed first.

use player::guess::{Bet, Deed, Guess, Question};
use player::moment::Stairs;
use player::odds::OddsView;
use player::text::elide;
use player::{Action, Kind, Session, Shared};
use yew::prelude::*;

use super::glyph::icon;
use super::stairs::staircase;
use super::walk::WalkProps;
use crate::browser;

/// What the page knows about chance.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chance {
    /// Which draws were forced by hand.
    pub by_hand: Vec<usize>,
    /// The endpoint for whose sake.
    pub chosen: Option<String>,
    /// The exact odds.
    pub odds: Option<Shared<OddsView>>,
    /// How guessing goes.
    pub guess: Guess,
    /// What is to be guessed now.
    pub question: Option<Question>,
}

impl Chance {
    /// What a session knows.
    pub fn of(session: &Session) -> Chance {
        Chance {
            by_hand: (0..session.forced.len())
                .filter(|i| session.is_forced(*i))
                .collect(),
            chosen: match session.forced.is_empty() {
                true => None,
                false => session.chosen.clone(),
            },
            odds: session.odds.known.clone(),
            guess: session.guess.clone(),
            question: player::guess::question(session),
        }
    }
}

/// The box of a draw.
pub fn draw_box(props: &WalkProps, stairs: &Stairs, node: NodeRef) -> Html {
    let missed = stairs.draw.as_ref().is_some_and(|d| !d.hit);
    let kind = match missed {
        true => Kind::Miss,
        false => Kind::Hit,
    };
    let chance = &props.chance;
    let by_hand = stairs
        .draw
        .as_ref()
        .is_some_and(|d| chance.by_hand.contains(&d.index));
    let said = chance
        .guess
        .said
        .as_ref()
        .filter(|(at, _)| *at == props.cursor);
    html! {
        <section class="moment draw tone-draw" aria-label="The draw">
            <div class="draw-head">
                <h3>{ icon(kind) }{ "The draw" }</h3>
                <span class="grow" />
                { acts(props) }
            </div>
            <div class="read">
                if let Some(draw) = &stairs.draw {
                    <p class="big mono" title={draw.fixed.clone()}>{ &draw.number }</p>
                    <p class="result">
                        <b>{ if draw.hit { "Hit" } else { "Miss" } }</b>
                        { if draw.hit { ": below " } else { ": not below " } }
                        { &draw.threshold }
                    </p>
                } else {
                    <p class="big mono">{ "rest" }</p>
                    <p class="result">{ "No draw is left" }</p>
                }
                <p class="left-over">{ &stairs.left }</p>
                if let Some((_, said)) = said {
                    <p class="said"><b>{ said }</b></p>
                } else if by_hand {
                    <p class="said">{ "Forced by hand." }</p>
                }
            </div>
            { staircase(props, stairs, node) }
        </section>
    }
}

fn acts(props: &WalkProps) -> Html {
    let dispatch = &props.dispatch;
    let chance = &props.chance;
    html! {
        <div class="acts">
            if let Some(words) = chance.guess.words() {
                <span class="faint score">{ words }</span>
            }
            { choose(props) }
            if chance.by_hand.is_empty() {
                <button class="button small" onclick={dispatch.on(Action::DrawAgain)}>{ "Draw again" }</button>
            } else {
                <button class="button small" onclick={dispatch.on(Action::Unpin)}>{ "Let chance decide" }</button>
            }
            <button
                class="button small toggle"
                aria-pressed={chance.guess.on.to_string()}
                onclick={dispatch.on(Action::Guess(Deed::Toggle))}
            >
                { "Guess first" }
            </button>
        </div>
    }
}

/// The list of endpoints to which the draws can be made to lead.
fn choose(props: &WalkProps) -> Html {
    let chance = &props.chance;
    let Some(odds) = chance.odds.as_ref().filter(|odds| odds.is_chance()) else {
        return Html::default();
    };
    let pick = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |event: Event| {
            let value = browser::value(&event);
            dispatch.send(match value.as_str() {
                "" => Action::Unpin,
                BY_HAND => return,
                socket => Action::Choose(socket.to_owned()),
            });
        })
    };
    let pinned = chance.chosen.is_none() && !chance.by_hand.is_empty();
    html! {
        <select class="pick small" aria-label="Where the draws lead" onchange={pick}>
            <option value="" selected={chance.by_hand.is_empty()}>{ "chance decides" }</option>
            if pinned {
                <option value={BY_HAND} selected=true>{ "a number by hand" }</option>
            }
            for (name, socket, _) in odds.endpoints() {
                <option value={socket.to_owned()} selected={chance.chosen.as_deref() == Some(socket)}>
                    { format!("to {}", elide(name, 24)) }
                </option>
            }
        </select>
    }
}

/// The list's entry for a needle that was dragged.
const BY_HAND: &str = "by hand";

/// The box of a draw that is to be guessed.
pub fn guess_box(props: &WalkProps, question: &Question, node: NodeRef) -> Html {
    let dispatch = &props.dispatch;
    let bet = |bet: Bet| dispatch.on(Action::Guess(Deed::Bet(bet)));
    let pick = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            if let Ok(rule) = browser::value(&event).parse() {
                dispatch.send(Action::Guess(Deed::Bet(Bet::Rule(rule))));
            }
        })
    };
    html! {
        <section class="moment draw tone-draw" aria-label="Guess first">
            <div class="draw-head">
                <h3>{ icon(Kind::Miss) }{ "Guess first" }</h3>
                <span class="grow" />
                <div class="acts" role="group" aria-label="Your guess">
                    <button class="button small" onclick={bet(Bet::Hit)}>{ icon(Kind::Hit) }{ &question.ways[0] }</button>
                    <button class="button small" onclick={bet(Bet::Miss)}>{ icon(Kind::Miss) }{ &question.ways[1] }</button>
                    if question.endpoints.len() > 1 {
                        <select class="pick small" aria-label="Or the endpoint in the end" onchange={pick}>
                            <option value="" selected=true>{ "or an endpoint" }</option>
                            for (rule, name) in &question.endpoints {
                                <option value={rule.to_string()}>{ format!("rule {rule}, {}", elide(name, 24)) }</option>
                            }
                        </select>
                    }
                    <button class="button small quiet" onclick={dispatch.on(Action::Guess(Deed::Skip))}>{ "Just show it" }</button>
                    <button
                        class="button small toggle"
                        aria-pressed="true"
                        aria-label="Guess first"
                        onclick={dispatch.on(Action::Guess(Deed::Toggle))}
                    >
                        { "Guess" }
                    </button>
                </div>
            </div>
            <div class="read">
                <p>{ &question.text }</p>
                if let Some(words) = props.chance.guess.words() {
                    <p class="said">{ words }</p>
                }
            </div>
            { staircase(props, &question.stairs, node) }
        </section>
    }
}
