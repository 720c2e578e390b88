//! The list of keys.

use player::session::Panel;
use player::{Action, keys::KEYS};
use yew::prelude::*;

use super::icon::{Icon, icon};
use crate::{browser, use_dispatch};

/// The list of keys, over the page.
#[component]
pub fn Help() -> Html {
    let dispatch = use_dispatch();
    let close = use_node_ref();
    {
        let close = close.clone();
        use_effect_with((), move |_| {
            if let Some(element) = close.cast() {
                browser::focus(&element);
            }
        });
    }
    html! {
        <div class="keys-back">
            <div class="keys-panel" role="dialog" aria-modal="true" aria-label="Keys">
                <div class="keys-head">
                    <h2>{ "Keys" }</h2>
                    <span class="grow" />
                    <button ref={close} class="button quiet square" aria-label="Close" onclick={dispatch.on(Action::Open(Panel::None))}>{ icon(Icon::Close) }</button>
                </div>
                <dl>
                    for (key, what) in KEYS {
                        <dt><kbd>{ key }</kbd></dt>
                        <dd>{ what }</dd>
                    }
                </dl>
                <p class="faint">{ "Paste YAML anywhere on the page to look at another cluster." }</p>
            </div>
        </div>
    }
}
