//! The head of the page: what it is called, and the question as one sentence.

use lab::From as Sender;
use player::engine::Loaded;
use player::probe::{Extent, Group, Question, Transport};
use player::session::{Panel, Theme};
use player::{Action, Shared};
use yew::prelude::*;

use super::icon::{Icon, icon};
use crate::{Dispatch, browser};

/// What the head shows.
#[derive(PartialEq, Properties)]
pub struct TopProps {
    /// Who sends to whom.
    pub question: Question,
    /// Who can.
    pub loaded: Option<Shared<Loaded>>,
    /// The seed.
    pub seed: u64,
    /// What stands in the seed's box, when it is no number.
    pub draft: Option<String>,
    /// Whether many connections are shown.
    pub many: bool,
    /// Whether what-ifs are shown.
    pub whatif: bool,
    /// Whether the console is open.
    pub console: bool,
    /// kube-proxy's version.
    pub version: String,
    /// Whether a phone shows the question.
    pub open: bool,
    /// Hands actions up.
    pub dispatch: Dispatch,
}

/// The head of the page.
#[component]
pub fn Top(props: &TopProps) -> Html {
    let dispatch = &props.dispatch;
    let theme = {
        let dispatch = dispatch.clone();
        Callback::from(move |_: MouseEvent| {
            dispatch.send(Action::SwitchTheme(match browser::system_is_dark() {
                true => Theme::Dark,
                false => Theme::Light,
            }));
        })
    };
    let over = match (props.many, props.whatif) {
        (true, _) => Panel::Many,
        (_, true) => Panel::WhatIf,
        _ => Panel::None,
    };
    html! {
        <header class="top" data-open={props.open.to_string()}>
            <div class="brand">
                <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
                    <rect x="2.750" y="2.750" width="8" height="5" rx="1" />
                    <rect x="9.250" y="12.250" width="8" height="5" rx="1" />
                    <path d="M6.750 7.750v7h2.500" />
                    <circle cx="6.750" cy="7.750" r="2" />
                </svg>
                <h1>{ "Chainwalk" }</h1>
            </div>
            { ask(props) }
            <span class="grow" />
            <button
                class="button quiet what-if-open"
                aria-pressed={props.whatif.to_string()}
                onclick={dispatch.on(Action::Open(if props.whatif { Panel::None } else { Panel::WhatIf }))}
            >
                { "What if" }
            </button>
            <button
                class="button quiet console-open"
                aria-pressed={props.console.to_string()}
                onclick={dispatch.on(Action::Open(if props.console { Panel::None } else { Panel::Console }))}
            >
                { "Console" }
            </button>
            <button
                class="button quiet settings-open"
                aria-label={format!("Settings: kube-proxy {}", props.version)}
                title="Settings"
                onclick={dispatch.on(Action::Open(Panel::Settings))}
            >
                { &props.version }{ icon(Icon::Settings) }
            </button>
            <button class="button quiet square lessons-open" aria-label="Lessons" title="Lessons" onclick={dispatch.on(Action::Late(player::desk::begin_learning()))}>
                { icon(Icon::Lessons) }
            </button>
            <button class="button quiet square share-open" aria-label="Share" title="A link to this" onclick={dispatch.on(Action::Open(Panel::Share(Box::new(over))))}>
                { icon(Icon::Share) }
            </button>
            <button
                class="button quiet square export-open"
                aria-label="Pictures and story"
                title="Pictures and story"
                onclick={dispatch.on(Action::Open(Panel::Export))}
            >
                { icon(Icon::Export) }
            </button>
            <button class="button quiet square" aria-label="Light or dark" onclick={theme}>
                { icon(Icon::Theme) }
            </button>
            <button class="button quiet square keys" aria-label="Keys" onclick={dispatch.on(Action::Open(Panel::Help))}>
                { "?" }
            </button>
            <button
                class="button quiet square menu"
                aria-label="Who sends to whom"
                aria-expanded={props.open.to_string()}
                onclick={dispatch.on(Action::ToggleQuestion)}
            >
                { icon(Icon::Menu) }
            </button>
        </header>
    }
}

fn ask(props: &TopProps) -> Html {
    let dispatch = &props.dispatch;
    let empty = Vec::new();
    let (from, to) = match &props.loaded {
        Some(loaded) => (&loaded.choices.from, &loaded.choices.to),
        None => (&empty, &empty),
    };
    let on = |make: fn(String) -> Action| {
        let dispatch = dispatch.clone();
        Callback::from(move |text: String| dispatch.send(make(text)))
    };
    let protocol = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            let name = browser::value(&event);
            let chosen = Transport::ALL.into_iter().find(|t| t.name() == name);
            if let Some(transport) = chosen {
                dispatch.send(Action::Protocol(transport));
            }
        })
    };
    let extent = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            let name = browser::value(&event);
            let chosen = Extent::ALL.into_iter().find(|e| e.name() == name);
            if let Some(extent) = chosen {
                dispatch.send(Action::Extent(extent));
            }
        })
    };
    let seed = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| dispatch.send(Action::Seed(browser::value(&event))))
    };
    let submit = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            dispatch.send(Action::Send);
        })
    };
    let shown_seed = props
        .draft
        .clone()
        .unwrap_or_else(|| props.seed.to_string());
    html! {
        <form class="ask" aria-label="Question" onsubmit={submit}>
            <Pick
                label="From"
                word="From"
                value={props.question.from.clone()}
                groups={from.clone()}
                hint="10.42.1.50@node1"
                example={example_from(&props.question.from)}
                onpick={on(Action::From)}
            />
            <Pick
                label="To"
                word="to"
                value={props.question.to.clone()}
                groups={to.clone()}
                hint="10.43.0.1:443"
                example={props.question.to.clone()}
                onpick={on(Action::To)}
            />
            <select class="pick fixed" aria-label="Protocol" onchange={protocol}>
                for transport in Transport::ALL {
                    <option value={transport.name()} selected={transport == props.question.transport}>
                        { transport.name() }
                    </option>
                }
            </select>
            <select class="pick fixed extent" aria-label="How much" onchange={extent}>
                for extent in Extent::ALL {
                    <option value={extent.name()} selected={extent == props.question.extent}>
                        { extent.name() }
                    </option>
                }
            </select>
            <button class="button primary" type="submit">{ "Send" }</button>
            <label class="seed">
                <span class="faint">{ "seed" }</span>
                <input
                    class="field mono"
                    aria-label="Seed"
                    inputmode="numeric"
                    size="4"
                    value={shown_seed}
                    aria-invalid={props.draft.is_some().to_string()}
                    onchange={seed}
                />
            </label>
            <button class="button" type="button" onclick={dispatch.on(Action::DrawAgain)}>{ "Draw again" }</button>
            <button
                class="button quiet many-open"
                type="button"
                aria-label="Many connections"
                aria-pressed={props.many.to_string()}
                onclick={dispatch.on(Action::Open(if props.many { Panel::None } else { Panel::Many }))}
            >
                { "Many" }<span class="more">{ " connections" }</span>
            </button>
        </form>
    }
}

/// An address that whoever types one can begin with.
fn example_from(from: &str) -> String {
    match Sender::parse(from) {
        Ok(Sender::Address { .. }) => from.to_owned(),
        _ => String::new(),
    }
}

#[derive(PartialEq, Properties)]
struct PickProps {
    label: &'static str,
    word: &'static str,
    value: String,
    groups: Vec<Group>,
    hint: &'static str,
    example: String,
    onpick: Callback<String>,
}

/// The list's last entry, which opens a field to type into.
const TYPED: &str = "…";

#[component]
fn Pick(props: &PickProps) -> Html {
    let known = props
        .groups
        .iter()
        .flat_map(|g| &g.choices)
        .any(|c| c.value == props.value);
    let typing = use_state(|| false);
    let typed = *typing || (!known && !props.value.is_empty());
    let choose = {
        let (typing, onpick) = (typing.clone(), props.onpick.clone());
        Callback::from(move |event: Event| {
            let value = browser::value(&event);
            typing.set(value == TYPED);
            if value != TYPED {
                onpick.emit(value);
            }
        })
    };
    let write = {
        let (typing, onpick) = (typing.clone(), props.onpick.clone());
        Callback::from(move |event: Event| {
            let value = browser::value(&event);
            if !value.trim().is_empty() {
                typing.set(false);
                onpick.emit(value);
            }
        })
    };
    let field = format!("{} address", props.label);
    html! {
        <>
            <span class="word" aria-hidden="true">{ props.word }</span>
            <select class="pick" aria-label={props.label} onchange={choose}>
                for group in &props.groups {
                    <optgroup label={group.name.clone()}>
                        for choice in &group.choices {
                            <option
                                value={choice.value.clone()}
                                selected={!typed && choice.value == props.value}
                            >
                                { &choice.label }
                            </option>
                        }
                    </optgroup>
                }
                <option value={TYPED} selected={typed}>{ "an address…" }</option>
            </select>
            if typed {
                <input
                    class="field mono"
                    aria-label={field}
                    placeholder={props.hint}
                    size="20"
                    value={if known { props.example.clone() } else { props.value.clone() }}
                    onchange={write}
                />
            }
        </>
    }
}
