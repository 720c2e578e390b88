//! What is there only while the page is shown to a room: the way out, and a blank screen. What is larger, and
//! what is gone, is `present.css`'s.

use std::rc::Rc;

use player::stage::{Present, Stage};
use player::{Action, Session};
use yew::prelude::*;

use crate::Dispatch;
use crate::components::icon::{Icon, icon};

/// Over a page that is shown to a room.
pub fn present(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    let other = match session.stage {
        Stage::Stack => Stage::Line,
        Stage::Line => Stage::Stack,
    };
    html! {
        <>
            <nav class="present-bar" aria-label="Presenting">
                <h1 class="hidden">{ "Chainwalk" }</h1>
                <button class="button square" aria-label="Previous" onclick={dispatch.on(Action::Back)}>{ icon(Icon::Back) }</button>
                <button class="button square" aria-label="Next" onclick={dispatch.on(Action::Step)}>{ icon(Icon::Step) }</button>
                <button class="button" onclick={dispatch.on(Action::Stage(other))}>{ other.name() }</button>
                <button class="button" onclick={dispatch.on(Action::Present(Present::Off))}>{ "Leave" }<kbd>{ "Esc" }</kbd></button>
            </nav>
            if session.present == Present::Blank {
                <button class="blank" aria-label="Blank screen: show the page again" onclick={dispatch.on(Action::Present(Present::On))} />
            }
        </>
    }
}
