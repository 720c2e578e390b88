//! What could be otherwise: one click each, beside what the last one came to.

use std::rc::Rc;

use player::settings::{Setting, VERSIONS};
use player::whatif::{Deed, Offer, WhatIf};
use player::{Action, Session, Shared};
use yew::prelude::*;

use super::what_changed::WhatChanged;
use crate::{Dispatch, browser};

/// What the list shows.
struct WhatIfProps {
    /// What is on offer.
    whatif: WhatIf,
    /// The name of the endpoint that the walk on screen came to.
    walked: Option<String>,
    /// kube-proxy's version.
    version: String,
    /// Whether a click may edit the text.
    may_edit: bool,
    /// Hands actions up.
    dispatch: Dispatch,
}

/// What-ifs, and what the last change came to.
pub fn what_if(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    let doing = |past: Option<&player::history::Past>| past.map(|p| p.next.clone());
    html! {
        <>
            <WhatChanged
                whatif={session.whatif.clone()}
                done={(doing(session.history.last()), doing(session.history.undone()))}
                since={doing(session.compared_with())}
                editor={session.editor.clone()}
                may_edit={session.may_edit()}
                dispatch={dispatch.clone()}
            />
            { what_ifs(&WhatIfProps {
                whatif: session.whatif.clone(),
                walked: session.walked_endpoint(),
                version: session.settings.version.clone(),
                may_edit: session.may_edit(),
                dispatch: dispatch.clone(),
            }) }
        </>
    }
}

/// The list.
fn what_ifs(props: &WhatIfProps) -> Html {
    let dispatch = &props.dispatch;
    html! {
        <section class="side what-ifs" aria-label="What if">
            <div class="part">
                <h2>{ "What if" }<span class="faint">{ "one click, undo any time" }</span></h2>
                if !props.may_edit {
                    <p class="note">{ "The YAML as it stands is no cluster. Mend what the editor marks; then these can be clicked." }</p>
                }
            </div>
            if let Some(offers) = props.whatif.offers.as_ref() {
                <>
                    if let Some(service) = &offers.service {
                        <p class="part note">{ "About Service " }<b>{ service }</b>{ ", which the packet is sent to." }</p>
                    } else {
                        <p class="part note">{ "The packet goes to no Service. Choose one under \"to\" for more to try." }</p>
                    }
                    { group("More or fewer", &offers.scale, props) }
                    { endpoint(offers, props) }
                    { group("The Service", &offers.fields, props) }
                    { group("kube-proxy", &offers.proxy, props) }
                    { group("Network plugin", &offers.network, props) }
                </>
            }
            <div class="part">
                <h3 id="other-version">{ "Another kube-proxy" }</h3>
                <div class="chips" role="group" aria-labelledby="other-version">
                    for version in VERSIONS {
                        <button
                            class="button small"
                            aria-pressed={(props.version == version).to_string()}
                            onclick={dispatch.on(Action::WhatIf(Deed::Set(Setting::Version(version.into()))))}
                        >
                            { version }
                        </button>
                    }
                </div>
            </div>
        </section>
    }
}

fn group(name: &'static str, offers: &[Offer], props: &WhatIfProps) -> Html {
    if offers.is_empty() {
        return Html::default();
    }
    html! {
        <div class="part">
            <h3>{ name }</h3>
            <ul class="what-offers" aria-label={name}>
                for offer in offers {
                    <li>{ button(offer, &offer.label, props) }</li>
                }
            </ul>
        </div>
    }
}

fn button(offer: &Offer, label: &str, props: &WhatIfProps) -> Html {
    let take = Action::WhatIf(Deed::Take(offer.id.clone()));
    html! {
        <button
            class="offer"
            title={offer.about.clone()}
            disabled={!props.may_edit || props.whatif.edit_asked.is_some()}
            onclick={props.dispatch.on(take)}
        >
            { label }
        </button>
    }
}

fn endpoint(offers: &Shared<player::whatif::Offers>, props: &WhatIfProps) -> Html {
    let Some(shown) = props.whatif.endpoint_shown(offers, props.walked.as_deref()) else {
        return Html::default();
    };
    let choose = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |event: Event| {
            dispatch.send(Action::WhatIf(Deed::Endpoint(browser::value(&event))));
        })
    };
    let (moves, others): (Vec<&Offer>, Vec<&Offer>) =
        shown.offers.iter().partition(|o| o.id.starts_with("move/"));
    html! {
        <div class="part">
            <h3>{ "One endpoint" }</h3>
            <select class="pick" aria-label="Endpoint" onchange={choose}>
                for one in &offers.endpoints {
                    <option value={one.name.clone()} selected={one.name == shown.name}>
                        { match one.name == one.address {
                            true => one.name.clone(),
                            false => format!("{}, {}", one.name, one.address),
                        } }
                    </option>
                }
            </select>
            <ul class="what-offers" aria-label={format!("What if, {}", shown.name)}>
                for offer in others {
                    <li>{ button(offer, &offer.label, props) }</li>
                }
            </ul>
            if !moves.is_empty() {
                <div class="chips" role="group" aria-label="Move it to">
                    <span class="faint">{ "Move it to" }</span>
                    for offer in moves {
                        <button
                            class="button small"
                            aria-label={offer.label.clone()}
                            title={offer.about.clone()}
                            disabled={!props.may_edit || props.whatif.edit_asked.is_some()}
                            onclick={props.dispatch.on(Action::WhatIf(Deed::Take(offer.id.clone())))}
                        >
                            { offer.label.trim_start_matches("Move it to ") }
                        </button>
                    }
                </div>
            }
        </div>
    }
}
