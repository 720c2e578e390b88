//! The phone's tabs.

use player::Action;
use player::session::Tab;
use player::stage::Stage;
use yew::prelude::*;

use crate::Dispatch;

/// The tabs.
pub fn tabs(open: Tab, stage: Stage, dispatch: &Dispatch) -> Html {
    let walk = |which| open == Tab::Walk && stage == which;
    let tabs = [
        (
            Action::Stage(Stage::Stack),
            walk(Stage::Stack),
            "Chain walk",
        ),
        (Action::Stage(Stage::Line), walk(Stage::Line), "Line"),
        (Action::Tab(Tab::Packet), open == Tab::Packet, "Packet"),
        (Action::Tab(Tab::Yaml), open == Tab::Yaml, "YAML"),
    ];
    html! {
        <nav class="tabs" aria-label="Panels">
            for (action, now, name) in tabs {
                <button aria-pressed={now.to_string()} onclick={dispatch.on(action)}>{ name }</button>
            }
        </nav>
    }
}
