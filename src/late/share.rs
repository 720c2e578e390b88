//! The dialog that makes a link: what the link opens, what is in it, and how to hand it on.

use std::rc::Rc;
use std::sync::Arc;

use player::session::Panel;
use player::share::{Contents, Form, LONGEST, MAIL, Made, Names, Share};
use player::text::{count, thousands};
use player::{Action, Session};
use yew::prelude::*;

use crate::components::icon::{Icon, icon};
use crate::{Dispatch, browser};

/// The dialog. The keyboard is put into it by [`crate::effects`].
pub fn share(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    let over = match &session.panel {
        Panel::Share(over) => (**over).clone(),
        _ => Panel::None,
    };
    html! {
        <Dialog
            share={session.desk.share.clone()}
            {over}
            text={session.editor.text().clone()}
            dispatch={dispatch.clone()}
        />
    }
}

#[derive(PartialEq, Properties)]
struct DialogProps {
    share: Share,
    /// What the dialog lies over.
    over: Panel,
    text: Arc<str>,
    dispatch: Dispatch,
}

#[component]
fn Dialog(props: &DialogProps) -> Html {
    let dispatch = &props.dispatch;
    let share = &props.share;
    let over = props.over.clone();
    {
        let (dispatch, over) = (dispatch.clone(), over.clone());
        use_effect_with((), move |_| {
            let ask = Share::ask(Form::default(), Names::default(), over);
            dispatch.send(Action::Late(ask));
        });
    }
    let copied = use_state(|| None);
    let made = use_memo(share.answer.clone(), |_| share.made());
    let ask = |form, names| dispatch.on(Action::Late(Share::ask(form, names, over.clone())));
    let other = match share.names {
        Names::Kept => Names::Replaced,
        Names::Replaced => Names::Kept,
    };
    let forms = [
        (Form::View, "View", "the walk, with the YAML out of the way"),
        (Form::Edit, "Edit", "the walk, with the YAML open beside it"),
    ];
    html! {
        <div class="keys-back">
            <div class="keys-panel settings share" role="dialog" aria-modal="true" aria-label="Share">
                <div class="keys-head">
                    <h2>{ "Share" }</h2>
                    <span class="grow" />
                    <button class="button quiet square" aria-label="Close" onclick={dispatch.on(Action::Open(over.clone()))}>{ icon(Icon::Close) }</button>
                </div>
                <p class="note">{ "A link to this very moment: the cluster, the packet, what was drawn and the step. All of it is in the address itself. Nothing is sent anywhere until you hand the link on." }</p>
                <section class="setting">
                    <h3 id="share-form">{ "It opens" }</h3>
                    <div class="chips" role="group" aria-labelledby="share-form">
                        for (form, name, _) in forms {
                            <button class="button small" aria-pressed={(share.form == form).to_string()} onclick={ask(form, share.names)}>{ name }</button>
                        }
                    </div>
                    <p class="note">{ forms.iter().find(|f| f.0 == share.form).map_or("", |f| f.2) }</p>
                </section>
                <section class="setting">
                    <label class="switch">
                        <input
                            type="checkbox"
                            checked={share.names == Names::Replaced}
                            aria-describedby="share-names"
                            onchange={dispatch.on::<Event>(Action::Late(Share::ask(share.form, other, over.clone())))}
                        />
                        <h3>{ "Replace names and addresses" }</h3>
                    </label>
                    <p class="note" id="share-names">
                        {
                            match made.as_ref().as_ref().and_then(|m| m.replaced) {
                                Some(replaced) => replaced.words(),
                                None => "The same name becomes the same other name everywhere, comments lose what is no name, and the rules keep their shape.",
                            }
                        }
                    </p>
                </section>
                <section class="setting" aria-live="polite" aria-busy={made.is_none().to_string()}>
                    {
                        match made.as_ref() {
                            _ if share.too_long => too_long(props),
                            Some(made) => link(made, &copied),
                            None => html! { <p class="note">{ "Making the link …" }</p> },
                        }
                    }
                </section>
            </div>
        </div>
    }
}

fn too_long(props: &DialogProps) -> Html {
    let text = props.text.clone();
    let save = Callback::from(move |_: MouseEvent| browser::download("cluster.yaml", &text));
    html! {
        <>
            <p><b>{ "This cluster is too long for a link." }</b>{ " Hand its YAML on as a file: whoever drops that on Chainwalk sees the same cluster." }</p>
            <p><button class="button primary" onclick={save}>{ "Save the YAML" }</button></p>
        </>
    }
}

fn link(made: &Made, copied: &UseStateHandle<Option<bool>>) -> Html {
    let address = format!("{}#{}", browser::address(), made.fragment);
    let length = address.chars().count();
    let copy = {
        let (address, copied) = (address.clone(), copied.clone());
        Callback::from(move |_: MouseEvent| {
            let copied = copied.clone();
            browser::copy_telling(&address, move |done| copied.set(Some(done)));
        })
    };
    let save = {
        let fragment = made.fragment.clone();
        Callback::from(move |_: MouseEvent| {
            browser::download("walk.chainwalk", &format!("#{fragment}\n"));
        })
    };
    let select = Callback::from(|event: FocusEvent| browser::select_all(&event));
    html! {
        <>
            <h3 id="share-in">{ "In it" }</h3>
            { contents(&made.contents) }
            if address.len() > LONGEST {
                <p><b>{ "It is longer than browsers take." }</b>{ " Save it as a file: whoever drops that on Chainwalk sees the same." }</p>
            } else {
                <input class="field mono" aria-label="Link" readonly=true value={address} onfocus={select} />
                <p class={classes!("note", (length > MAIL).then_some("tone-dnat"))}>
                    { format!("{} characters.", thousands(length)) }
                    if length > MAIL {
                        { format!(" Mail programs cut links beyond {}: hand on a file instead.", thousands(MAIL)) }
                    }
                </p>
            }
            <p class="chips">
                if made.fragment.len() <= LONGEST {
                    <button class="button primary" onclick={copy}>{ "Copy link" }</button>
                }
                <button class="button" onclick={save}>{ "Save as a file" }</button>
                <span class="note" role="status">
                    {
                        match **copied {
                            None => "",
                            Some(true) => "Copied.",
                            Some(false) => "The browser lets no page copy here: select the link and copy it by hand.",
                        }
                    }
                </span>
            </p>
        </>
    }
}

/// What whoever opens it will see.
fn contents(contents: &Contents) -> Html {
    let some = |(listed, all): &(Vec<String>, usize)| match all.saturating_sub(listed.len()) {
        0 => listed.join(", "),
        more => format!("{} and {} more", listed.join(", "), thousands(more)),
    };
    html! {
        <ul class="share-in" aria-labelledby="share-in">
            <li>{ count(contents.lines, "line", "lines") }{ " of YAML" }if contents.comments > 0 {
                { format!(", {}", count(contents.comments, "comment", "comments")) }
            }</li>
            if contents.names.1 > 0 {
                <li>{ count(contents.names.1, "name: ", "names: ") }<span class="mono small">{ some(&contents.names) }</span></li>
            }
            if contents.addresses.1 > 0 {
                <li>{ count(contents.addresses.1, "address: ", "addresses: ") }<span class="mono small">{ some(&contents.addresses) }</span></li>
            }
            if !contents.read {
                <li>{ "The YAML has mistakes, so that its names can't be listed." }</li>
            }
            <li>{ "the question " }<span class="mono small">{ &contents.question }</span></li>
        </ul>
    }
}
