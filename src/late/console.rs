//! The console: a prompt on a node or in a pod, and what the real tools would print. What a line does and
//! prints, and what the keys do here, has been worked out by [`player::late::console`].

use std::rc::Rc;

use player::late::console::{Console, Deed, Entry, Leads, Offered, Packet, Piece};
use player::session::{Panel, Shared};
use player::{Action, Session};
use yew::prelude::*;

use crate::components::icon::{Icon, icon};
use crate::{Dispatch, browser};

/// Where the lines of earlier visits are kept, in this tab.
const KEPT: &str = "chainwalk:console";

/// The console, in the place of the walk.
pub fn console(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    let Some(console) = session.desk.console.clone() else {
        return Html::default();
    };
    let groups = session.loaded.as_ref().map(|l| &l.choices.from);
    let choices = groups.into_iter().flatten().flat_map(|g| &g.choices);
    let kinds = |value: &&str| value.starts_with("node/") || value.starts_with("pod/");
    let values = choices.map(|choice| choice.value.as_str());
    let places: Vec<AttrValue> = values.filter(kinds).map(|v| v.to_owned().into()).collect();
    html! { <ConsolePanel {console} places={Rc::new(places)} dispatch={dispatch.clone()} /> }
}

#[derive(PartialEq, Properties)]
struct Props {
    console: Shared<Console>,
    /// Every node and pod.
    places: Rc<Vec<AttrValue>>,
    dispatch: Dispatch,
}

#[component(ConsolePanel)]
fn panel(props: &Props) -> Html {
    let (console, dispatch) = (&props.console, &props.dispatch);
    let screen = use_node_ref();
    {
        let screen = screen.clone();
        let end = (console.entries.len(), console.is_busy());
        use_effect_with(end, move |_| {
            if let Some(element) = screen.cast() {
                browser::scroll_to_end(&element);
            }
        });
    }
    {
        let dispatch = dispatch.clone();
        let known = !console.lines.is_empty();
        use_effect_with((), move |()| {
            browser::focus("[aria-label='Command']");
            let earlier = browser::stored(KEPT).filter(|_| !known);
            if let Some(text) = earlier.and_then(|bytes| String::from_utf8(bytes).ok()) {
                let lines = text.lines().map(str::to_owned).collect();
                dispatch.send(Action::Console(Deed::Remembered(lines)));
            }
            || browser::focus(".console-open")
        });
    }
    use_effect_with(console.lines.clone(), move |lines| {
        if !lines.is_empty() {
            browser::store(KEPT, Some(lines.join("\n").as_bytes()));
        }
    });
    let deed = |deed: Deed| dispatch.on::<MouseEvent>(Action::Console(deed));
    html! {
        <section class="walk console" aria-label="Console">
            <div class="walk-head">
                <h2>{ "Console" }</h2>
                <span class="faint what">{ "what a node or a pod would print" }</span>
                <span class="grow" />
                <button class="button small" onclick={deed(Deed::Clear)} disabled={console.entries.is_empty()}>{ "Clear" }</button>
                <button class="button small back" onclick={dispatch.on(Action::Open(Panel::None))}>{ "Back to the walk" }</button>
            </div>
            <div class="console-screen" ref={screen} tabindex="0" role="log" aria-label="Output" aria-busy={console.is_busy().to_string()}>
                if console.entries.is_empty() && !console.is_busy() {
                    { beginning(dispatch) }
                }
                for entry in &console.entries {
                    <Printed entry={Shared(entry.clone())} dispatch={dispatch.clone()} />
                }
                if let Some((prompt, line)) = console.running_line() {
                    <p class="console-line"><span class="console-prompt">{ prompt }</span>{ " " }<b>{ line }</b><span class="faint">{ " …" }</span></p>
                }
            </div>
            { field(props) }
        </section>
    }
}

/// Lines that a learner may begin with.
const FIRST: [&str; 4] = [
    "kubectl get nodes,pods,svc,endpointslices -A -o wide",
    "iptables -t nat -L KUBE-SERVICES -n",
    "conntrack -L",
    "help",
];

fn beginning(dispatch: &Dispatch) -> Html {
    html! {
        <div class="console-first">
            <p>{ "The commands of a tutorial, answered from this cluster's own rules. Every packet that one sends can be watched. Begin with one of these, or type:" }</p>
            <ul>
                for line in FIRST {
                    <li><button class="link mono" onclick={dispatch.on(Action::Console(Deed::Run(line.into())))}>{ line }</button></li>
                }
            </ul>
            <p class="faint"><kbd>{ "Tab" }</kbd>{ " completes, " }<kbd>{ "↑" }</kbd>{ " goes back to earlier lines, " }<kbd>{ "Esc" }</kbd>{ " then " }<kbd>{ "Tab" }</kbd>{ " leaves the field." }</p>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct PrintedProps {
    entry: Shared<Entry>,
    dispatch: Dispatch,
}

/// A line and what it printed. It never changes, so it is drawn once.
#[component]
fn Printed(props: &PrintedProps) -> Html {
    let (entry, dispatch) = (&props.entry, &props.dispatch);
    html! {
        <div class="console-entry" data-failed={entry.failed.then_some("")}>
            <p class="console-line"><span class="console-prompt">{ &entry.prompt }</span>{ " " }<b>{ &entry.line }</b></p>
            if !entry.out.is_empty() {
                <pre>{ for entry.out.iter().map(|p| piece(p, dispatch)) }</pre>
            }
            for packet in &entry.packets {
                { sent(packet, dispatch) }
            }
        </div>
    }
}

fn piece(piece: &Piece, dispatch: &Dispatch) -> Html {
    match &piece.to {
        None => html! { { &piece.text } },
        Some(to) => html! {
            <button class="link" title={about(to)} onclick={dispatch.on(Action::Console(Deed::Follow(to.clone())))}>{ &piece.text }</button>
        },
    }
}

fn about(to: &Leads) -> String {
    match to {
        Leads::Chain { node, table, .. } => format!("The chain in {table} on {node}"),
        Leads::Line { name, line } => format!("{name}: line {line} of the YAML"),
    }
}

fn sent(packet: &Packet, dispatch: &Dispatch) -> Html {
    let way = format!(
        "{} → {}, {}: {}",
        packet.from,
        packet.to,
        packet.transport.name(),
        packet.outcome
    );
    html! {
        <p class="console-packet">
            <button
                class="button small"
                aria-label={format!("Watch this packet: {way}")}
                onclick={dispatch.on(Action::Console(Deed::Watch(packet.id)))}
            >
                { icon(Icon::Play) }{ "Watch this packet" }
            </button>
            <span class="faint mono">{ way }</span>
        </p>
    }
}

/// Where, what is typed, and the completions on offer.
fn field(props: &Props) -> Html {
    let (console, dispatch) = (&props.console, &props.dispatch);
    let spot = console.spot.as_ref();
    let here = spot.map_or("", |s| s.place.as_str());
    let listed = props.places.iter().any(|place| place == here);
    let go = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            dispatch.send(Action::Console(Deed::Go(browser::value(&event))));
            browser::focus("[aria-label='Command']");
        })
    };
    let enter = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            dispatch.send(Action::Console(Deed::Enter));
        })
    };
    let typed = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: InputEvent| {
            dispatch.send(Action::Console(Deed::Typed(browser::value(&event))));
        })
    };
    let keys = {
        let (console, dispatch) = (console.clone(), dispatch.clone());
        Callback::from(move |event: KeyboardEvent| {
            if let Some(deed) = key(&console, &event) {
                event.prevent_default();
                dispatch.send(Action::Console(deed));
            }
        })
    };
    let offered = console.offered.as_ref();
    let chosen = offered.and_then(|o| o.chosen);
    html! {
        <form class="console-form" onsubmit={enter}>
            { options(offered, dispatch) }
            <div class="console-where">
                <select class="pick" aria-label="Where commands run" onchange={go}>
                    if !listed {
                        <option selected=true value={here.to_owned()}>{ here }</option>
                    }
                    for place in props.places.iter() {
                        <option selected={place == here} value={place.clone()}>{ place }</option>
                    }
                </select>
            </div>
            <span class="console-prompt mono" aria-hidden="true">{ spot.map_or("", |s| s.prompt.as_str()) }</span>
            <input
                class="field mono"
                type="text"
                role="combobox"
                aria-label="Command"
                aria-expanded={offered.is_some().to_string()}
                aria-controls="console-words"
                aria-autocomplete="list"
                aria-activedescendant={chosen.map(|at| format!("console-word-{at}"))}
                aria-describedby={console.released.then_some("console-released")}
                autocapitalize="off"
                autocomplete="off"
                autocorrect="off"
                spellcheck="false"
                enterkeyhint="send"
                value={console.draft.clone()}
                oninput={typed}
                onkeydown={keys}
            />
            <button class="button" type="submit">{ "Run" }</button>
            if console.released {
                <span class="console-note faint" id="console-released" role="status">{ "Tab leaves the field now." }</span>
            }
        </form>
    }
}

fn key(console: &Console, event: &KeyboardEvent) -> Option<Deed> {
    if event.ctrl_key() {
        return (event.key() == "l").then_some(Deed::Clear);
    }
    if event.alt_key() || event.meta_key() {
        return None;
    }
    Some(match event.key().as_str() {
        "ArrowUp" => Deed::Up,
        "ArrowDown" => Deed::Down,
        // Who has typed nothing goes through the page by Tab.
        "Tab" if !event.shift_key() && !console.released && !console.draft.is_empty() => Deed::Tab,
        // The second time it is the page's, and closes the panel.
        "Escape" if !console.released => Deed::Escape,
        _ => return None,
    })
}

fn options(offered: Option<&Offered>, dispatch: &Dispatch) -> Html {
    html! {
        <ul class="console-words" id="console-words" role="listbox" aria-label="Completions" hidden={offered.is_none()}>
            if let Some(offered) = offered {
                for (at, word) in offered.words.iter().enumerate() {
                    <li
                        id={format!("console-word-{at}")}
                        class="mono"
                        role="option"
                        aria-selected={(offered.chosen == Some(at)).to_string()}
                        onclick={dispatch.on(Action::Console(Deed::Take(at)))}
                    >{ word }</li>
                }
            }
        </ul>
    }
}
