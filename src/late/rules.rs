//! The rules browser: any chain of any node, as kube-proxy's rules or as the tools print them.
//!
//! Where one is in it is [`player::late::browser`]'s to know, what is there the core's.

mod chain;
mod text;

use std::rc::Rc;

use lab::IpFamily;
use player::late::browser::{Browser, Deed, Place, Take};
use player::late::rules::{
    Body, Cost, Counting, Found, INDEX, Opt, PAGE, Show, Switch, Table, View, Window,
};
use player::session::Panel;
use player::text::{count, thousands};
use player::{Action, Session};
use yew::prelude::*;

use crate::{Dispatch, browser};

/// A cluster with more rules than these is searched when the words are whole, not at each letter.
const MANY: usize = 20_000;

/// The browser.
pub fn rules(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    let Some(state) = &session.browser else {
        return Html::default();
    };
    let found = state.found.as_deref();
    html! {
        <section class="rules" aria-label="Rules browser" data-chain={state.ask.chain.is_some().to_string()} aria-busy={found.is_none().to_string()}>
            { bar(state, found, dispatch) }
            if let Some(found) = found {
                { index(state, found, dispatch) }
                <div class="rules-body">
                    <div class="rules-tools">
                        { trail(state, dispatch) }
                        <span class="grow" />
                        { tools(state, dispatch) }
                    </div>
                    { body(session, state, found, dispatch) }
                </div>
                <p class="rules-cost">{ cost(found) }</p>
            }
        </section>
    }
}

fn act(dispatch: &Dispatch, deed: Deed) -> Callback<MouseEvent> {
    dispatch.on(Action::Rules(deed))
}

/// Whose rules, which table, what is searched for, and how it is shown.
fn bar(state: &Browser, found: Option<&Found>, dispatch: &Dispatch) -> Html {
    let changed = |make: fn(String) -> Option<Deed>| {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            if let Some(deed) = make(browser::value(&event)) {
                dispatch.send(Action::Rules(deed));
            }
        })
    };
    let total: usize = found.map_or(0, |f| f.sizes.iter().map(|s| s.rules).sum());
    let search = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            dispatch.send(Action::Rules(Deed::Search(browser::value(&event))));
        })
    };
    let typed = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: InputEvent| {
            if total <= MANY {
                dispatch.send(Action::Rules(Deed::Search(browser::value(&event))));
            }
        })
    };
    let ask = &state.ask;
    html! {
        <div class="rules-bar">
            <h2>{ "Rules" }</h2>
            <label>
                <span class="faint">{ "on" }</span>
                if let Some(found) = found.filter(|f| f.more_nodes == 0) {
                    <select class="pick" aria-label="Node of the rules" onchange={changed(|node| Some(Deed::Node(node)))}>
                        for node in &found.nodes {
                            <option value={node.clone()} selected={*node == found.node}>{ node }</option>
                        }
                    </select>
                } else {
                    <input class="field mono" aria-label="Node of the rules" value={ask.node.clone()} onchange={changed(|node| Some(Deed::Node(node)))} />
                }
            </label>
            <div class="segments" role="group" aria-label="Family">
                for (name, family) in [("IPv4", IpFamily::Ipv4), ("IPv6", IpFamily::Ipv6)] {
                    <button aria-pressed={(ask.family == family).to_string()} onclick={act(dispatch, Deed::Family(family))}>{ name }</button>
                }
            </div>
            <div class="segments" role="group" aria-label="Table">
                for size in found.iter().flat_map(|f| &f.sizes) {
                    <button
                        aria-pressed={(ask.table == size.table).to_string()}
                        title={format!("{}, {}", count(size.chains, "chain", "chains"), count(size.rules, "rule", "rules"))}
                        onclick={act(dispatch, Deed::Table(size.table))}
                    >
                        { size.table.name() }{ " " }<small>{ thousands(size.rules) }</small>
                    </button>
                }
            </div>
            <input
                type="search"
                class="field rules-search"
                aria-label="Search the rules"
                placeholder="chain, text, Service, address"
                autocomplete="off"
                spellcheck="false"
                value={ask.search.clone()}
                oninput={typed}
                onchange={search}
            />
            <span class="grow" />
            <div class="segments" role="group" aria-label="Shown as">
                for view in View::ALL {
                    <button class={(view != View::Rules).then_some("mono")} title={view.about()} aria-pressed={(ask.view == view).to_string()} onclick={act(dispatch, Deed::View(view))}>{ view.name() }</button>
                }
            </div>
            <button class="button small" onclick={dispatch.on(Action::Open(Panel::None))}>{ "Back to the walk" }</button>
        </div>
    }
}

/// The chains, one page of them.
fn index(state: &Browser, found: &Found, dispatch: &Dispatch) -> Html {
    let searched = !state.ask.search.trim().is_empty();
    let label = match searched {
        true => "Chains with what is searched for".to_owned(),
        false => format!("Chains of {} on {}", state.ask.table, found.node),
    };
    html! {
        <div class="rules-index">
            <ul aria-label={label}>
                for chain in &found.index.rows {
                    <li>
                        <button
                            class="mono"
                            aria-pressed={(state.ask.chain.as_ref() == Some(&chain.name) && state.ask.table == chain.table).to_string()}
                            onclick={act(dispatch, Deed::Chain(chain.table, chain.name.clone()))}
                        >
                            <span class="name">{ &chain.name }</span>
                            if searched && chain.table != state.ask.table {
                                <small>{ chain.table.name() }</small>
                            }
                            if chain.walked {
                                <i title="This walk comes here"><span class="hidden">{ ", this walk comes here" }</span></i>
                            }
                            <small>
                                {
                                    match searched && chain.hits > 0 {
                                        true => format!("{} of {}", thousands(chain.hits), thousands(chain.rules)),
                                        false => thousands(chain.rules),
                                    }
                                }
                            </small>
                        </button>
                    </li>
                }
                if found.index.total == 0 {
                    <li class="faint none">{ if searched { "nothing found" } else { "no chain" } }</li>
                }
            </ul>
            { pager("chains", &found.index, INDEX, Deed::Index, dispatch) }
        </div>
    }
}

/// Where the window is, and the ways to move it. Nothing where all is shown.
fn pager<T>(
    what: &'static str,
    window: &Window<T>,
    page: usize,
    deed: fn(usize) -> Deed,
    dispatch: &Dispatch,
) -> Html {
    let Some(words) = window.words() else {
        return Html::default();
    };
    let last = (window.total - 1) / page * page;
    let button = |name: &'static str, sign: &'static str, to: usize, on: bool| {
        html! {
            <button class="button small" aria-label={format!("{name} {what}")} disabled={!on} onclick={act(dispatch, deed(to))}>{ sign }</button>
        }
    };
    let (back, on) = (window.from > 0, window.from < last);
    html! {
        <div class="pager" role="group" aria-label={format!("Part of the {what}")}>
            { button("First", "«", 0, back) }
            { button("Previous", "‹", window.from.saturating_sub(page), back) }
            <span class="faint" role="status">{ words }</span>
            { button("Next", "›", window.from + page, on) }
            { button("Last", "»", last, on) }
        </div>
    }
}

/// Where one has been, and where one is.
fn trail(state: &Browser, dispatch: &Dispatch) -> Html {
    let name = |place: &Place| match &place.chain {
        Some(chain) => chain.clone(),
        None => format!("{} table", place.table),
    };
    // Who came straight to a chain gets to all of them, too.
    let straight = state.ask.chain.is_some() && state.trail.is_empty();
    let shown = state.trail.len().saturating_sub(3);
    html! {
        <nav class="rules-trail" aria-label="Trail">
            if let Some(last) = state.trail.len().checked_sub(1) {
                <button class="button small" aria-label={format!("Back to {}", name(&state.trail[last]))} onclick={act(dispatch, Deed::Back(last))}>{ "‹ Back" }</button>
            }
            <ol>
                if straight {
                    <li><button class="link mono" onclick={act(dispatch, Deed::Table(state.ask.table))}>{ format!("{} table", state.ask.table) }</button></li>
                }
                if shown > 0 {
                    <li class="faint">{ "…" }</li>
                }
                for (at, place) in state.trail.iter().enumerate().skip(shown) {
                    <li><button class="link mono" onclick={act(dispatch, Deed::Back(at))}>{ name(place) }</button></li>
                }
            </ol>
        </nav>
    }
}

fn body(session: &Session, state: &Browser, found: &Found, dispatch: &Dispatch) -> Html {
    match &found.body {
        Body::Purposes(purposes) => html! {
            <>
                <div class="rules-head">
                    <h3>{ format!("{} table of {}", state.ask.table, found.node) }</h3>
                    <span>{ "Choose a chain to see its rules." }</span>
                </div>
                <div class="rules-scroll" tabindex="0" role="group" aria-label="What the chains are for">
                    <dl class="rules-about">
                        for (name, purpose) in purposes {
                            <dt><button class="link mono" onclick={act(dispatch, Deed::Chain(state.ask.table, name.clone()))}>{ name }</button></dt>
                            <dd>{ purpose }</dd>
                        }
                    </dl>
                </div>
            </>
        },
        Body::Chain { head, lines } => html! {
            <>
                { chain::chain(session, found, head, lines, dispatch) }
                { pager("rules", lines, PAGE, Deed::Page, dispatch) }
            </>
        },
        Body::Hits(rows, counting) => {
            let found_rules = match counting {
                Counting::Exact => count(rows.total, "rule", "rules"),
                Counting::AtLeast => format!("More than {} rules", thousands(rows.total)),
            };
            html! {
                <>
                    <p class="rules-head" role="status">{ format!("{found_rules} on {} with \"{}\".", found.node, state.ask.search.trim()) }</p>
                    { chain::hits(session, found, rows, dispatch) }
                    { pager("rules", rows, PAGE, Deed::Page, dispatch) }
                </>
            }
        }
        Body::Text(lines) => html! {
            <>
                { printed_by(found) }
                { text::text(state, found, lines, dispatch) }
                { pager("lines", lines, PAGE, Deed::Page, dispatch) }
            </>
        },
        Body::NoChain(name) => html! {
            <p class="rules-head" role="status">
                { format!("There is no chain {name} on {} now. Another node may have it.", found.node) }
            </p>
        },
        Body::Whole(_) => Html::default(),
    }
}

/// The command that prints this on the node.
fn printed_by(found: &Found) -> Html {
    html! {
        <p class="rules-head">
            if found.command.is_empty() {
                { "What kube-proxy hands to " }<code>{ "iptables-restore --noflush" }</code>
            } else {
                <code>{ &found.command }</code>
            }
        </p>
    }
}

/// The view's options, and what can be done with its text.
fn tools(state: &Browser, dispatch: &Dispatch) -> Html {
    let with = &state.ask.switches;
    let options: Vec<(&str, &str, Opt, Switch)> = match state.ask.view {
        View::Rules | View::Restore => vec![],
        View::List => vec![
            ("-n", "numbers, not names", Opt::Numeric, with.numeric),
            ("-v", "counters and devices", Opt::Verbose, with.verbose),
            (
                "--line-numbers",
                "each rule's number",
                Opt::Numbers,
                with.numbers,
            ),
        ],
        View::Spec => vec![("-v", "counters", Opt::Verbose, with.verbose)],
        View::Save => vec![("-c", "counters", Opt::Verbose, with.verbose)],
    };
    let show = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            let name = browser::value(&event);
            if let Some(show) = Show::ALL.into_iter().find(|s| s.name() == name) {
                dispatch.send(Action::Rules(Deed::Show(show)));
            }
        })
    };
    let taken = state.taken.as_ref().map(|taken| match taken.take {
        Take::Copy => "copied",
        Take::Download => "saved",
    });
    html! {
        <>
            if state.ask.view == View::Rules {
                <select class="pick" aria-label="Which rules" onchange={show}>
                    for show in Show::ALL {
                        <option value={show.name()} selected={state.ask.show == show}>{ show.name() }</option>
                    }
                </select>
            }
            if !options.is_empty() {
                <div class="segments" role="group" aria-label="Options">
                    for (name, about, option, switch) in options {
                        <button class="mono" title={about} aria-pressed={(switch == Switch::On).to_string()} onclick={act(dispatch, Deed::Option(option))}>{ name }</button>
                    }
                </div>
            }
            <span class="faint" role="status">{ taken.unwrap_or_default() }</span>
            <button class="button small" disabled={state.taking.is_some()} onclick={act(dispatch, Deed::Take(Take::Copy))}>{ "Copy" }</button>
            <button class="button small" disabled={state.taking.is_some()} onclick={act(dispatch, Deed::Take(Take::Download))}>{ "Download" }</button>
        </>
    }
}

/// What a lookup costs, in a sentence or two.
fn cost(found: &Found) -> String {
    let tables = |tables: &[(Table, usize)]| {
        let all: usize = tables.iter().map(|(_, n)| n).sum();
        let each: Vec<String> = tables
            .iter()
            .filter(|(_, n)| *n > 0)
            .map(|(table, n)| format!("{} {}", table.0, thousands(*n)))
            .collect();
        (all, each.join(", "))
    };
    let Some(Cost {
        first,
        second,
        nat_again,
    }) = &found.cost
    else {
        return format!("This walk does not come to {}.", found.node);
    };
    let (all, each) = tables(first);
    let mut text = format!(
        "What a lookup costs on {}: the first packet tries {} ({each}).",
        found.node,
        count(all, "rule", "rules"),
    );
    if let Some(second) = second {
        let (all, each) = tables(second);
        let each = match each.is_empty() {
            true => String::new(),
            false => format!(" ({each})"),
        };
        text.push_str(&format!(
            " The second tries {}{each}{}",
            count(all, "rule", "rules"),
            match nat_again {
                true => ".",
                false => ", none in nat: conntrack knows the connection.",
            }
        ));
    }
    text
}
