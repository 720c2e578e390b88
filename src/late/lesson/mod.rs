//! Lesson mode: the list of lessons, and a lesson's text beside the live views.
//!
//! What is shown and what follows from a click is `player::late::learning`'s; here are words and controls.

mod asks;
mod blocks;
mod list;
mod step;

use std::rc::Rc;

use player::late::learning::{self, Learning};
use player::{Action, Session};
use yew::prelude::*;

use crate::components::icon::{Icon, icon};
use crate::{Dispatch, browser};

/// Under which name the browser keeps how far the lessons are.
const PROGRESS: &str = "chainwalk-lessons";

/// Lesson mode.
pub fn lesson(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    html! { <Room session={session.clone()} dispatch={dispatch.clone()} /> }
}

#[derive(PartialEq, Properties)]
struct RoomProps {
    session: Rc<Session>,
    dispatch: Dispatch,
}

#[component]
fn Room(props: &RoomProps) -> Html {
    let RoomProps { session, dispatch } = props;
    let learning = learning::of(session);
    use_effect_with(learning.is_none(), {
        let dispatch = dispatch.clone();
        move |missing| {
            if *missing {
                list::fetch(&dispatch);
            }
        }
    });
    use_effect_with(session.taught.clone(), {
        let dispatch = dispatch.clone();
        move |taught| {
            if taught.is_some() {
                dispatch.send(Action::Late(learning::heard()));
            }
        }
    });
    use_effect_with(session.clone(), {
        let dispatch = dispatch.clone();
        move |session| {
            if learning::has_to_follow(session) {
                dispatch.send(Action::Late(learning::follow()));
            }
        }
    });
    let progress = learning.map(|l| l.progress.clone());
    use_effect_with(progress, |progress| {
        if let Some(progress) = progress {
            browser::remember(PROGRESS, &progress.export());
        }
    });
    let here = learning.and_then(|l| Some((l.name.clone()?, l.run.as_ref()?.at)));
    use_effect_with(here, |here| {
        // The words of a new step are read from their beginning, by eye and by screen reader.
        if here.is_some() {
            browser::focus(".lesson-step > h3");
        }
    });
    let told = learning.and_then(|l| Some((l.run.as_ref()?.at, l.run.as_ref()?.here().verdict?)));
    use_effect_with(told, |told| {
        if told.is_some() {
            browser::show(".lesson-note");
        }
    });
    html! {
        <aside class="lesson" aria-label="Lesson">
            <div class="lesson-head">
                if learning.is_some_and(|l| l.name.is_some()) {
                    <button class="button quiet" onclick={dispatch.on(Action::Late(learning::leave_lesson()))}>{ "‹ All lessons" }</button>
                } else {
                    <h2>{ "Lessons" }</h2>
                }
                <span class="grow" />
                <button
                    class="button quiet square"
                    aria-label="End lesson mode"
                    title="The lesson's cluster stays; try it freely"
                    onclick={dispatch.on(Action::Late(learning::leave()))}
                >
                    { icon(Icon::Close) }
                </button>
            </div>
            { learning.map_or_else(loading, |learning| inside(learning, session, dispatch)) }
        </aside>
    }
}

fn loading() -> Html {
    html! { <p class="note" role="status">{ "Loading the lessons …" }</p> }
}

fn inside(learning: &Learning, session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    let body = match (&learning.name, &learning.view, &learning.run) {
        (Some(_), Some(view), Some(run)) => step::step(learning, view, run, session, dispatch),
        (Some(_), ..) => loading(),
        (None, ..) => list::list(learning, dispatch),
    };
    html! {
        <>
            if let Some(trouble) = &learning.trouble {
                <p class="lesson-note wrong" role="alert">{ trouble }</p>
            }
            { body }
        </>
    }
}
