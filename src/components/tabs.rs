//! The phone's tabs.

use player::session::{Panel, Tab};
use player::stage::Stage;
use player::{Action, Session};
use yew::prelude::*;

use crate::Dispatch;

/// The tabs.
pub fn tabs(session: &Session, dispatch: &Dispatch) -> Html {
    let console = session.panel == Panel::Console;
    let on = |tab| session.tab == tab && !console;
    let walk = |which| on(Tab::Walk) && session.stage == which;
    let tabs = [
        (
            Action::Stage(Stage::Stack),
            walk(Stage::Stack),
            "Chain walk",
        ),
        (Action::Stage(Stage::Line), walk(Stage::Line), "Line"),
        (Action::Tab(Tab::Packet), on(Tab::Packet), "Packet"),
        (Action::Tab(Tab::Yaml), on(Tab::Yaml), "YAML"),
    ];
    html! {
        <nav class="tabs" aria-label="Panels">
            for (action, now, name) in tabs {
                <button aria-pressed={now.to_string()} onclick={dispatch.on(action)}>{ name }</button>
            }
            <button aria-pressed={console.to_string()} onclick={dispatch.on(Action::Open(if console { Panel::None } else { Panel::Console }))}>{ "Console" }</button>
        </nav>
    }
}
