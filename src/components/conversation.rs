//! The conversation: what the client has done so far, and what it may do next.

use player::conversation::{Step, Talk, Turn, WAITS, parse_time, time};
use player::{Action, Play, Shared};
use yew::prelude::*;

use super::icon::{Icon, icon};
use crate::{Dispatch, browser};

/// What the strip shows.
#[derive(PartialEq, Properties)]
pub struct ConversationProps {
    /// The walk, which knows what came of every part.
    pub play: Option<Shared<Play>>,
    /// What was asked for.
    pub talk: Talk,
    /// Hands actions up.
    pub dispatch: Dispatch,
}

/// The list's last entry, which opens a field to type into.
const TYPED: &str = "…";

/// The strip.
#[component]
pub fn Conversation(props: &ConversationProps) -> Html {
    let strip = use_node_ref();
    {
        let strip = strip.clone();
        use_effect_with((props.talk.shown, props.play.clone()), move |_| {
            if let Some(element) = strip.cast() {
                browser::show_current_across(&element);
            }
        });
    }
    let none = Vec::new();
    let turns = props.play.as_ref().map_or(&none, |play| &play.turns);
    let dispatch = &props.dispatch;
    html! {
        <nav class="talk" aria-label="Conversation">
            <ol class="turns" ref={strip}>
                for (i, turn) in turns.iter().enumerate() {
                    { part(i, turn, props.talk.shown, dispatch) }
                }
            </ol>
            if !props.talk.steps.is_empty() {
                <button class="button quiet small afresh" aria-label="Start over" title="Back to the first connection alone" onclick={dispatch.on(Action::Afresh)}>
                    { icon(Icon::Close) }
                </button>
            }
            <div class="then" role="group" aria-label="What comes next">
                <span class="faint" aria-hidden="true">{ "then" }</span>
                <button
                    class="button small"
                    disabled={turns.is_empty()}
                    title="Once more over the same connection, from the same port"
                    onclick={dispatch.on(Action::Then(Step::Again))}
                >
                    { "Another packet" }
                </button>
                <button
                    class="button small"
                    disabled={turns.is_empty()}
                    title="A new connection from the same client, from another port"
                    onclick={dispatch.on(Action::Then(Step::Connect))}
                >
                    { "Another connection" }
                </button>
                <Pause disabled={turns.is_empty()} dispatch={dispatch.clone()} />
            </div>
        </nav>
    }
}

fn part(i: usize, turn: &Turn, shown: usize, dispatch: &Dispatch) -> Html {
    let here = i == shown;
    html! {
        <li class={classes!(turn.failed.then_some("failed"))} aria-current={here.then_some("step")}>
            <button class="turn" title={format!("{}: {}", turn.name, turn.outcome)} onclick={dispatch.on(Action::Part(i))}>
                <b class="mono" aria-hidden="true">{ i + 1 }</b>
                <span>{ &turn.name }</span>
                <span class="faint">{ &turn.outcome }</span>
            </button>
        </li>
    }
}

#[derive(PartialEq, Properties)]
struct PauseProps {
    disabled: bool,
    dispatch: Dispatch,
}

/// How long nothing is sent.
#[component]
fn Pause(props: &PauseProps) -> Html {
    let chosen = use_state(|| time(WAITS[3]));
    let typing = use_state(|| false);
    let choose = {
        let (chosen, typing) = (chosen.clone(), typing.clone());
        Callback::from(move |event: Event| {
            let value = browser::value(&event);
            typing.set(value == TYPED);
            if value != TYPED {
                chosen.set(value);
            }
        })
    };
    let write = {
        let chosen = chosen.clone();
        Callback::from(move |event: InputEvent| chosen.set(browser::value(&event)))
    };
    let milliseconds = parse_time(&chosen);
    let submit = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(milliseconds) = milliseconds {
                dispatch.send(Action::Then(Step::Wait(milliseconds)));
            }
        })
    };
    html! {
        <form class="pause" onsubmit={submit}>
            <button class="button small" type="submit" disabled={props.disabled || milliseconds.is_none()} title="Nothing is sent for a while: entries and lists time out">
                { "Wait" }
            </button>
            <select class="pick small" aria-label="How long" onchange={choose}>
                for wait in WAITS {
                    <option value={time(wait)} selected={!*typing && *chosen == time(wait)}>{ time(wait) }</option>
                }
                <option value={TYPED} selected={*typing}>{ "another time…" }</option>
            </select>
            if *typing {
                <input
                    class="field small"
                    aria-label="Time to wait"
                    aria-invalid={milliseconds.is_none().to_string()}
                    placeholder="90 s, 11 minutes, 1h 30m"
                    size="10"
                    value={(*chosen).clone()}
                    oninput={write}
                />
            }
        </form>
    }
}
