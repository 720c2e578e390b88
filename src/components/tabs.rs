//! The phone's tabs.

use player::Action;
use player::session::Tab;
use yew::prelude::*;

use crate::Dispatch;

/// The tabs.
pub fn tabs(open: Tab, dispatch: &Dispatch) -> Html {
    let tabs = [
        (Tab::Walk, "Chain walk"),
        (Tab::Packet, "Packet"),
        (Tab::Yaml, "YAML"),
    ];
    html! {
        <nav class="tabs" aria-label="Panels">
            for (tab, name) in tabs {
                <button aria-pressed={(tab == open).to_string()} onclick={dispatch.on(Action::Tab(tab))}>{ name }</button>
            }
        </nav>
    }
}
