//! Saved clusters: kept under names, opened, renamed, deleted and taken back, handed on as a file.
//!
//! What is listed is read from the browser each time, and again when another tab changes it.

use std::rc::Rc;
use std::sync::Arc;

use player::session::Panel;
use player::shelf::{self, DRAFT, Entry, SAVED};
use player::{Action, Session};
use yew::prelude::*;

use crate::components::icon::{Icon, icon};
use crate::{Dispatch, browser};

/// The panel. The keyboard is put into it by [`crate::effects`].
pub fn clusters(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    html! { <Clusters session={Held(session.clone())} dispatch={dispatch.clone()} /> }
}

/// A session as a property: drawn again only where another one is handed down.
#[derive(Clone)]
struct Held(Rc<Session>);

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(PartialEq, Properties)]
struct ClustersProps {
    session: Held,
    dispatch: Dispatch,
}

/// What was done last, and what there is to say about it.
#[derive(Clone, PartialEq, Default)]
enum Said {
    #[default]
    Nothing,
    /// In words.
    Words(String),
    /// An entry is gone and can be taken back.
    Deleted(Entry),
    /// The browser kept nothing.
    Refused,
}

#[component]
fn Clusters(props: &ClustersProps) -> Html {
    let (session, dispatch) = (&props.session.0, &props.dispatch);
    let looked = use_state(|| 0);
    let said = use_state(Said::default);
    let renaming = use_state(|| None::<String>);
    let typed = use_state(|| session.name.clone().unwrap_or_default());
    let again = {
        let looked = looked.clone();
        Rc::new(move || looked.set(*looked + 1))
    };
    {
        let looked = looked.setter();
        use_effect_with((), move |_| {
            let heard = browser::on_storage(move || looked.set(browser::now() as i32));
            move || drop(heard)
        });
    }
    let kept = browser::kept_all();
    {
        let (dispatch, said, again) = (dispatch.clone(), said.clone(), again.clone());
        let saved = shelf::list(&kept, SAVED);
        use_effect_with(session.desk.dropped.clone(), move |files| {
            if !files.is_empty() {
                take(files.clone(), &saved, &dispatch, &said);
                dispatch.send(Action::Late(shelf::dropped(Vec::new())));
                again();
            }
        });
    }
    let saved = shelf::list(&kept, SAVED);
    let drafts = shelf::list(&kept, DRAFT);
    let drafts: Vec<Entry> = drafts
        .into_iter()
        .filter(|draft| Some(&draft.name) != browser::tab().as_ref())
        .collect();

    let put = {
        let (said, again) = (said.clone(), again.clone());
        Rc::new(move |name: &str, when: u64, bytes: &[u8], words: String| {
            let done = browser::keep(&format!("{SAVED}{name}"), &shelf::write(when, bytes));
            said.set(match done {
                true => Said::Words(words),
                false => Said::Refused,
            });
            again();
            done
        })
    };
    let save = {
        let (typed, put, dispatch, session) = (
            typed.clone(),
            put.clone(),
            dispatch.clone(),
            session.clone(),
        );
        let (saved, said) = (saved.clone(), said.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(name) = shelf::name(&typed) else {
                return;
            };
            let mut shown = (*session).clone();
            shown.panel = Panel::None;
            shown.name = Some(name.clone());
            let Some(bytes) = player::saved::save(&shown) else {
                said.set(Said::Words(
                    "This cluster is too long for the browser to keep. Save its YAML as a file."
                        .into(),
                ));
                return;
            };
            // One's own goes on; another's is not overwritten.
            let own = session.name.as_ref() == Some(&name);
            let name = match own {
                true => name,
                false => shelf::free(&name, &saved),
            };
            if put(&name, browser::now(), &bytes, format!("Saved as “{name}”.")) {
                dispatch.send(Action::Late(shelf::named(Some(name.clone()))));
                typed.set(name);
            }
        })
    };
    let write = {
        let typed = typed.clone();
        Callback::from(move |event: InputEvent| typed.set(browser::value(&event)))
    };
    let open = |entry: &Entry, named: bool| {
        let (dispatch, entry) = (dispatch.clone(), entry.clone());
        Callback::from(move |_: MouseEvent| {
            dispatch.send(Action::Late(shelf::opens(&entry, named)));
        })
    };
    let delete = |key: String, entry: &Entry| {
        let (said, again, entry) = (said.clone(), again.clone(), entry.clone());
        Callback::from(move |_: MouseEvent| {
            browser::forget(&key);
            said.set(Said::Deleted(entry.clone()));
            again();
        })
    };
    let export = {
        let saved = saved.clone();
        Callback::from(move |_: MouseEvent| {
            browser::download("clusters.chainwalk", &shelf::export(&saved));
        })
    };
    let files = {
        let (dispatch, said, again, saved) =
            (dispatch.clone(), said.clone(), again.clone(), saved.clone());
        Callback::from(move |event: Event| {
            let (dispatch, said, again, saved) =
                (dispatch.clone(), said.clone(), again.clone(), saved.clone());
            browser::read_files(&event, move |texts| {
                take(texts, &saved, &dispatch, &said);
                again();
            });
        })
    };
    html! {
        <div class="keys-back">
            <div class="keys-panel settings share" role="dialog" aria-modal="true" aria-label="Clusters">
                <div class="keys-head">
                    <h2>{ "Clusters" }</h2>
                    <span class="grow" />
                    <button class="button quiet square" aria-label="Close" onclick={dispatch.on(Action::Open(Panel::None))}>{ icon(Icon::Close) }</button>
                </div>
                <form class="save-as" onsubmit={save}>
                    <label class="faint" for="save-name">{ "Name" }</label>
                    <input id="save-name" class="field" maxlength={shelf::NAME.to_string()} value={(*typed).clone()} oninput={write} placeholder="My cluster" />
                    <button class="button primary" disabled={shelf::name(&typed).is_none()}>{ "Save" }</button>
                </form>
                <p class="note">{ "The YAML, the question and the step are kept in this browser, on this device, and go nowhere else." }</p>
                { told(&said, &put) }
                <section class="setting">
                    <h3 id="kept">{ "Saved" }</h3>
                    if saved.is_empty() {
                        <p class="note">{ "Nothing yet." }</p>
                    }
                    <ul class="kept" aria-labelledby="kept">
                        for entry in &saved {
                            if renaming.as_ref() == Some(&entry.name) {
                                { rename(entry, &saved, &renaming, &put, session, dispatch) }
                            } else {
                                <li>
                                    { row(entry, session.name.as_ref() == Some(&entry.name)) }
                                    <button class="button small" aria-label={format!("Open {}", entry.name)} onclick={open(entry, true)}>{ "Open" }</button>
                                    <button class="button quiet small" aria-label={format!("Rename {}", entry.name)} onclick={begin(&renaming, &entry.name)}>{ "Rename" }</button>
                                    <button class="button quiet small" aria-label={format!("Delete {}", entry.name)} onclick={delete(format!("{SAVED}{}", entry.name), entry)}>{ "Delete" }</button>
                                </li>
                            }
                        }
                    </ul>
                </section>
                if !drafts.is_empty() {
                    <section class="setting">
                        <h3 id="drafts">{ "Not saved" }</h3>
                        <p class="note">{ "What was on screen in another tab, or when the page was left." }</p>
                        <ul class="kept" aria-labelledby="drafts">
                            for draft in &drafts {
                                <li>
                                    { row(draft, false) }
                                    <button class="button small" aria-label={format!("Open what was left at {}", browser::moment(draft.when))} onclick={open(draft, false)}>{ "Open" }</button>
                                    <button class="button quiet small" aria-label={format!("Delete what was left at {}", browser::moment(draft.when))} onclick={delete(format!("{DRAFT}{}", draft.name), draft)}>{ "Delete" }</button>
                                </li>
                            }
                        </ul>
                    </section>
                }
                <section class="setting">
                    <p class="chips">
                        <label class="button">
                            { "Open files" }
                            <input class="sr-only" type="file" aria-label="Open files" multiple=true accept=".yaml,.yml,.json,.txt,.chainwalk" onchange={files} />
                        </label>
                        <button class="button" disabled={saved.is_empty()} onclick={export}>{ "Export all" }</button>
                    </p>
                    <p class="note">{ "YAML files become one cluster together; an export brings its clusters back; a saved link opens. You may also drop files anywhere on the page." }</p>
                </section>
            </div>
        </div>
    }
}

/// Takes what files hold: exports are put on the shelf, everything else is opened.
fn take(
    texts: Vec<(String, String)>,
    saved: &[Entry],
    dispatch: &Dispatch,
    said: &UseStateHandle<Said>,
) {
    let mut shelf = saved.to_vec();
    let (mut brought, mut others, mut kept) = (0, Vec::new(), true);
    for (name, text) in texts {
        let Some(entries) = shelf::import(&text) else {
            others.push((name, text));
            continue;
        };
        for entry in entries {
            let name = shelf::free(&entry.name, &shelf);
            let value = shelf::write(entry.when, &entry.bytes);
            kept &= browser::keep(&format!("{SAVED}{name}"), &value);
            brought += 1;
            shelf.push(Entry { name, ..entry });
        }
    }
    if !others.is_empty() {
        let text: Arc<str> = player::text::joined(&others).into();
        dispatch.send(Action::Replaced(text));
        dispatch.send(Action::Open(Panel::None));
    }
    said.set(match (kept, brought) {
        (false, _) => Said::Refused,
        (true, 0) => Said::Nothing,
        (true, n) => Said::Words(format!(
            "{} brought in.",
            player::text::count(n, "cluster", "clusters")
        )),
    });
}

fn begin(renaming: &UseStateHandle<Option<String>>, name: &str) -> Callback<MouseEvent> {
    let (renaming, name) = (renaming.clone(), name.to_owned());
    Callback::from(move |_| renaming.set(Some(name.clone())))
}

fn row(entry: &Entry, here: bool) -> Html {
    html! {
        <span class="grow">
            if entry.name.parse::<u64>().is_err() {
                <b dir="auto">{ &entry.name }</b>
                if here {
                    <span class="tag tone-plain">{ "this one" }</span>
                }
                <br />
            }
            <span class="faint">{ format!("{}, {}", browser::moment(entry.when), shelf::about(entry)) }</span>
        </span>
    }
}

type Put = Rc<dyn Fn(&str, u64, &[u8], String) -> bool>;

fn rename<F>(
    entry: &Entry,
    saved: &[Entry],
    renaming: &UseStateHandle<Option<String>>,
    put: &Rc<F>,
    session: &Rc<Session>,
    dispatch: &Dispatch,
) -> Html
where
    F: Fn(&str, u64, &[u8], String) -> bool + 'static,
{
    let put: Put = put.clone();
    let done = {
        let (entry, saved, renaming) = (entry.clone(), saved.to_vec(), renaming.clone());
        let (session, dispatch) = (session.clone(), dispatch.clone());
        Callback::from(move |event: Event| {
            renaming.set(None);
            let Some(name) = shelf::name(&browser::value(&event)) else {
                return;
            };
            if name == entry.name {
                return;
            }
            let name = shelf::free(&name, &saved);
            if put(
                &name,
                entry.when,
                &entry.bytes,
                format!("Renamed to “{name}”."),
            ) {
                browser::forget(&format!("{SAVED}{}", entry.name));
                if session.name.as_ref() == Some(&entry.name) {
                    dispatch.send(Action::Late(shelf::named(Some(name))));
                }
            }
        })
    };
    html! {
        <li>
            <input class="field grow" aria-label={format!("New name for {}", entry.name)} maxlength={shelf::NAME.to_string()} value={entry.name.clone()} onchange={done} />
            <button class="button small">{ "Rename" }</button>
        </li>
    }
}

fn told<F>(said: &UseStateHandle<Said>, put: &Rc<F>) -> Html
where
    F: Fn(&str, u64, &[u8], String) -> bool + 'static,
{
    let put: Put = put.clone();
    html! {
        <div role="status" class="said">
            {
                match &**said {
                    Said::Nothing => html! {},
                    Said::Words(words) => html! { <p>{ words }</p> },
                    Said::Refused => html! {
                        <p><b>{ "The browser refused to keep that." }</b>{ " Its storage is full or switched off. Delete some, or save as a file: everything else works." }</p>
                    },
                    Said::Deleted(entry) => {
                        let entry = entry.clone();
                        let back = {
                            let entry = entry.clone();
                            Callback::from(move |_: MouseEvent| {
                                put(&entry.name, entry.when, &entry.bytes, "It is back.".into());
                            })
                        };
                        html! {
                            <p>{ format!("“{}” is deleted. ", entry.name) }<button class="button small" onclick={back}>{ "Undo" }</button></p>
                        }
                    }
                }
            }
        </div>
    }
}
