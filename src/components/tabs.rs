//! The phone's tabs.

use player::Action;
use player::session::Tab;
use yew::prelude::*;

use crate::use_dispatch;

/// Which tab is open.
#[derive(Debug, PartialEq, Properties)]
pub struct TabsProps {
    /// The tab.
    pub tab: Tab,
}

/// The tabs.
#[component]
pub fn Tabs(props: &TabsProps) -> Html {
    let dispatch = use_dispatch();
    let tabs = [
        (Tab::Walk, "Chain walk"),
        (Tab::Packet, "Packet"),
        (Tab::Yaml, "YAML"),
    ];
    html! {
        <nav class="tabs" aria-label="Panels">
            for (tab, name) in tabs {
                <button aria-pressed={(tab == props.tab).to_string()} onclick={dispatch.on(Action::Tab(tab))}>{ name }</button>
            }
        </nav>
    }
}
