//! The foot of a page in somebody else's frame: whose it is, and the way from it into Chainwalk with all that is on
//! screen.

use std::rc::Rc;

use player::session::Panel;
use player::share::{Form, Names, Share};
use player::{Action, Session};
use yew::prelude::*;

use crate::{Dispatch, browser};

/// The foot.
pub fn embed(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    html! {
        <Foot
            share={session.desk.share.clone()}
            over={session.panel.clone()}
            asks={format!("{} to {}", session.question.from, session.question.to)}
            dispatch={dispatch.clone()}
        />
    }
}

#[derive(PartialEq, Properties)]
struct FootProps {
    share: Share,
    over: Panel,
    asks: String,
    dispatch: Dispatch,
}

#[component]
fn Foot(props: &FootProps) -> Html {
    let wanted = use_mut_ref(|| false);
    {
        let wanted = wanted.clone();
        use_effect_with(props.share.clone(), move |share: &Share| {
            // The core makes the link; the browser still knows that somebody asked for it.
            let asked = *wanted.borrow();
            if let Some(made) = share.made().filter(|_| asked) {
                *wanted.borrow_mut() = false;
                let address = browser::address();
                let site = address.split('?').next().unwrap_or_default();
                browser::hand_over(&format!("{site}#{}", made.fragment));
            }
        });
    }
    let open = {
        let (dispatch, over) = (props.dispatch.clone(), props.over.clone());
        Callback::from(move |_: MouseEvent| {
            *wanted.borrow_mut() = true;
            let ask = Share::ask(Form::View, Names::Kept, over.clone());
            dispatch.send(Action::Late(ask));
        })
    };
    html! {
        <footer class="embed-foot">
            <span class="faint">{ &props.asks }</span>
            <span class="grow" />
            if props.share.too_long {
                <span class="faint" role="status">{ "too long for a link" }</span>
            }
            <button class="link" onclick={open}>{ "Open in Chainwalk" }</button>
        </footer>
    }
}
