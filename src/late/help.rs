//! The list of keys.

use player::session::Panel;
use player::{Action, keys::KEYS};
use yew::prelude::*;

use crate::Dispatch;
use crate::components::icon::{Icon, icon};

/// The list of keys, over the page. The keyboard is put into it by [`crate::effects`].
pub fn help(dispatch: &Dispatch) -> Html {
    html! {
        <div class="keys-back">
            <div class="keys-panel" role="dialog" aria-modal="true" aria-label="Keys">
                <div class="keys-head">
                    <h2>{ "Keys" }</h2>
                    <span class="grow" />
                    <button class="button quiet square" aria-label="Close" onclick={dispatch.on(Action::Open(Panel::None))}>{ icon(Icon::Close) }</button>
                </div>
                <dl>
                    for (key, what) in KEYS {
                        <dt><kbd>{ key }</kbd></dt>
                        <dd>{ what }</dd>
                    }
                </dl>
                <p class="faint">{ "Paste YAML anywhere on the page to look at another cluster." }</p>
                <p><a href="./docs/use.html">{ "How to use it" }</a>{ " · " }<a href="./docs/faq.html">{ "25 questions" }</a>{ " · " }<a href="./docs/modelled.html">{ "What is modelled, and how we know" }</a></p>
            </div>
        </div>
    }
}
