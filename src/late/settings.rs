//! What is stated beside the YAML, over the page: kube-proxy's version, who else's rules stand beside its
//! own, and the kind of cluster that fills in what the text leaves open.

use std::rc::Rc;

use player::session::Panel;
use player::settings::{Companions, PlanName, Setting, VERSIONS};
use player::whatif::Deed;
use player::{Action, Session};
use yew::prelude::*;

use crate::components::icon::{Icon, icon};
use crate::{Dispatch, browser};

/// The settings. The keyboard is put into them by [`crate::effects`].
pub fn settings(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    let settings = &session.settings;
    let notes: &[String] = session.loaded.as_ref().map_or(&[], |l| &l.proxy);
    let set = |setting: Setting| Action::WhatIf(Deed::Set(setting));
    let typed = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            let version = browser::value(&event);
            dispatch.send(Action::WhatIf(Deed::Set(Setting::Version(version))));
        })
    };
    let plan = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            let name = browser::value(&event);
            if let Some(plan) = PlanName::ALL.into_iter().find(|p| p.name() == name) {
                dispatch.send(Action::WhatIf(Deed::Set(Setting::Plan(plan))));
            }
        })
    };
    let known = VERSIONS.contains(&settings.version.as_str());
    let shown = settings.companions == Companions::Shown;
    let other = match shown {
        true => Companions::Hidden,
        false => Companions::Shown,
    };
    html! {
        <div class="keys-back">
            <div class="keys-panel settings" role="dialog" aria-modal="true" aria-label="Settings">
                <div class="keys-head">
                    <h2>{ "Settings" }</h2>
                    <span class="grow" />
                    <button class="button quiet square" aria-label="Close" onclick={dispatch.on(Action::Open(Panel::None))}>{ icon(Icon::Close) }</button>
                </div>
                <section class="setting">
                    <h3 id="setting-version">{ "kube-proxy's version" }</h3>
                    <p class="note">{ "Each of these wrote its rules in a way of its own. Type any other version, and it is said whose rules are shown for it." }</p>
                    <div class="chips" role="group" aria-labelledby="setting-version">
                        for version in VERSIONS {
                            <button class="button small" aria-pressed={(settings.version == version).to_string()} onclick={dispatch.on(set(Setting::Version(version.into())))}>
                                { version }
                            </button>
                        }
                        <label class="typed">
                            <span class="faint">{ "or" }</span>
                            <input
                                class="field mono"
                                aria-label="Another version"
                                aria-describedby="about-version"
                                placeholder="v1.28"
                                size="8"
                                value={if known { String::new() } else { settings.version.clone() }}
                                onchange={typed}
                            />
                        </label>
                    </div>
                    <div id="about-version">
                        if !notes.is_empty() {
                            <ul class="proxy-notes" aria-label="About this kube-proxy">
                                for note in notes {
                                    <li>{ note }</li>
                                }
                            </ul>
                        }
                    </div>
                </section>
                <section class="setting">
                    <label class="switch">
                        <input type="checkbox" checked={shown} onchange={dispatch.on::<Event>(set(Setting::Companions(other)))} />
                        <h3>{ "kubelet's chains and the canaries" }</h3>
                    </label>
                    <p class="note">{ "A real node has more than kube-proxy's rules: kubelet's own chains, and the empty ones by which both notice that somebody flushed everything. Each rule says who wrote it." }</p>
                </section>
                <section class="setting">
                    <h3 id="setting-plan">{ "Kind of cluster" }</h3>
                    <p class="note">{ "Which addresses and which network plugin there are, where the YAML does not say." }</p>
                    <select class="pick" aria-labelledby="setting-plan" onchange={plan}>
                        for one in PlanName::ALL {
                            <option value={one.name()} selected={one == settings.plan}>{ one.name() }</option>
                        }
                    </select>
                </section>
            </div>
        </div>
    }
}
