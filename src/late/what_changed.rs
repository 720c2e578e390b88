//! What the last change came to: odds, open connections and rules, before and after.

use player::comparison::{
    ChainChange, Change, Comparison, NodesChange, RuleChange, ShareChange, Words,
};
use player::history::Doing;
use player::odds::{fraction, percent};
use player::session::{Panel, Refusal};
use player::text::count;
use player::whatif::{Against, ChangedLines, Deed, LineMark, WhatIf};
use player::{Action, Editor, Shared};
use yew::prelude::*;

use super::before_after::before_after;
use crate::components::icon::{Icon, icon};
use crate::{Dispatch, browser};

/// What is shown.
#[derive(PartialEq, Properties)]
pub struct WhatChangedProps {
    /// What was found out.
    pub whatif: WhatIf,
    /// What was done last, and what would be done again.
    pub done: (Option<Doing>, Option<Doing>),
    /// What the one compared with was before.
    pub since: Option<Doing>,
    /// The text as it stands.
    pub editor: Shared<Editor>,
    /// Whether the text is a cluster.
    pub may_edit: bool,
    /// Hands actions up.
    pub dispatch: Dispatch,
}

/// What the last change came to.
#[component]
pub fn WhatChanged(props: &WhatChangedProps) -> Html {
    let dispatch = &props.dispatch;
    let scroller = use_node_ref();
    {
        let scroller = scroller.clone();
        use_effect_with(props.whatif.comparison.clone(), move |_| {
            if let Some(element) = scroller.cast() {
                browser::scroll_to_top(&element);
            }
        });
    }
    let (undo, redo) = &props.done;
    let step = |name: &'static str, doing: &Option<Doing>, action: Action| {
        let title = doing.as_ref().map(|d| format!("{name}: {}", label(d)));
        html! {
            <button class="button small" disabled={doing.is_none()} {title} onclick={dispatch.on(action)}>{ name }</button>
        }
    };
    let against = |which: Against, name: &'static str| {
        let chosen = props.whatif.against == which;
        html! {
            <button aria-pressed={chosen.to_string()} onclick={dispatch.on(Action::WhatIf(Deed::Against(which)))}>{ name }</button>
        }
    };
    html! {
        <>
        <section class="walk changed" aria-label="What changed" data-done={props.since.is_some().to_string()}>
            <div class="walk-head">
                <h2>{ "What changed" }</h2>
                <span class="faint what">{ what(props) }</span>
                <span class="grow" />
                <div class="segments" role="group" aria-label="Compared with">
                    { against(Against::LastChange, "Last change") }
                    { against(Against::Beginning, "All so far") }
                </div>
                { step("Undo", undo, Action::Undo) }
                { step("Redo", redo, Action::Redo) }
                <button class="button small back" onclick={dispatch.on(Action::Open(Panel::None))}>{ "Back to the walk" }</button>
            </div>
            <div class="changed-body" ref={scroller} tabindex="0" role="group" aria-label="Before and after">
                { body(props) }
            </div>
        </section>
        { story(props) }
        </>
    }
}

/// What came of it, in a sentence or two, where the walk's story stands else.
fn story(props: &WhatChangedProps) -> Html {
    let found = props
        .whatif
        .comparison
        .as_ref()
        .and_then(|f| f.0.as_ref().as_ref().ok());
    html! {
        <section class="story tone-draw" aria-label="Story">
            <div class="told">
                <p class="sentence" role="status">
                    if let Some(found) = found {
                        <>{ about(props) }{ &found.summary }</>
                    }
                </p>
                <p class="where"><b class="mono">{ "What if" }</b>{ what(props) }</p>
            </div>
        </section>
    }
}

fn label(doing: &Doing) -> &str {
    match doing {
        Doing::ByHand => "edited by hand",
        Doing::Replaced => "another text",
        Doing::Done { label, .. } => label,
    }
}

/// What is compared, in a few words.
fn what(props: &WhatChangedProps) -> String {
    match (&props.since, props.whatif.against) {
        (None, _) => String::new(),
        (Some(doing), Against::LastChange) => label(doing).to_owned(),
        (Some(_), Against::Beginning) => "everything since the beginning".to_owned(),
    }
}

fn body(props: &WhatChangedProps) -> Html {
    if let Some(refusal) = &props.whatif.refusal {
        return refused(refusal);
    }
    if !props.may_edit {
        return html! { <p class="changed-sentence">{ "The YAML as it stands is no cluster yet. What it would change is shown once it is." }</p> };
    }
    if props.since.is_none() {
        return html! {
            <p class="changed-sentence">{ "Nothing has changed yet. Choose something from the list, or edit the YAML: here you will see which rules change, how the odds shift, and what becomes of connections that are open." }</p>
        };
    }
    let Some(found) = &props.whatif.comparison else {
        return html! { <p class="changed-sentence faint">{ "Comparing…" }</p> };
    };
    match &*found.0 {
        Err(refusal) => refused(refusal),
        Ok(found) => html! {
            <>
                <div class="changed-parts">
                    { shares(found) }
                    { before_after(found) }
                    { running(found) }
                    { yaml(props) }
                </div>
                { rules(found) }
            </>
        },
    }
}

fn refused(refusal: &Refusal) -> Html {
    html! {
        <div class="refusal" role="alert">
            <p><b>{ &refusal.message }</b></p>
            <p>{ &refusal.help }</p>
        </div>
    }
}

/// What the click did, said before what came of it.
fn about(props: &WhatChangedProps) -> Html {
    match (&props.since, props.whatif.against) {
        (Some(Doing::Done { about, .. }), Against::LastChange) if !about.is_empty() => {
            html! { <b>{ format!("{about} ") }</b> }
        }
        _ => Html::default(),
    }
}

/// More destinations than this are counted only.
const MOST_SHARES: usize = 12;

fn shares(found: &Comparison) -> Html {
    if found.shares.is_empty() {
        return Html::default();
    }
    let most = found
        .shares
        .iter()
        .flat_map(|s| [s.before, s.after])
        .fold(0.0, f64::max);
    html! {
        <section class="card changed-card" aria-label="Odds">
            <header><h3>{ "Where a new connection goes" }</h3></header>
            <table class="odds-change">
                <thead><tr><th>{ "to" }</th><th>{ "before" }</th><th>{ "after" }</th></tr></thead>
                <tbody>
                    for share in found.shares.iter().take(MOST_SHARES) {
                        <tr>
                            <th scope="row">
                                <span class="one" title={share.socket.clone()}>{ &share.name }</span>
                                if share.ending != "answered" {
                                    <span class="faint">{ format!(" {}", share.ending) }</span>
                                }
                                { fate_of(share) }
                            </th>
                            { part(share.before, most, "was") }
                            { part(share.after, most, "is") }
                        </tr>
                    }
                </tbody>
            </table>
            if found.shares.len() > MOST_SHARES {
                <p class="plain faint">{ format!("and {} more", found.shares.len() - MOST_SHARES) }</p>
            }
        </section>
    }
}

fn fate_of(share: &ShareChange) -> Html {
    match (share.before > 0.0, share.after > 0.0) {
        (false, true) => html! { <span class="tag tone-verdict">{ "new" }</span> },
        (true, false) => html! { <span class="tag tone-error">{ "gone" }</span> },
        _ => Html::default(),
    }
}

/// A share as a bar of its width, and in figures.
fn part(share: f64, most: f64, class: &'static str) -> Html {
    let figures = match fraction(share) {
        _ if share <= 0.0 => "none".to_owned(),
        Some(fraction) if fraction == "1" => "all".to_owned(),
        Some(fraction) => fraction,
        None => percent(share),
    };
    // An attribute of a drawing, since the site's policy allows no style attribute.
    let width = format!("{:.2}%", 100.0 * share / most.max(1e-9));
    html! {
        <td>
            <svg class="bar-line" aria-hidden="true"><rect {class} {width} height="8" /></svg>
            <span class="mono">{ figures }</span>
        </td>
    }
}

fn running(found: &Comparison) -> Html {
    if found.running.is_empty() {
        return Html::default();
    }
    html! {
        <section class="card changed-card" aria-label="Open connections">
            <header><h3>{ "A connection that was open before" }</h3></header>
            <ul class="running">
                for one in &found.running {
                    <li>
                        <span class={if one.lives { "tag tone-verdict" } else { "tag tone-error" }}>{ if one.lives { "lives" } else { "lost" } }</span>
                        <span><b>{ format!("to {}", one.name) }</b>{ format!(": {}.", one.fate) }
                            if let Some(why) = &one.cleaned {
                                <span class="faint">{ format!(" {why}") }</span>
                            }
                        </span>
                    </li>
                }
            </ul>
        </section>
    }
}

/// More lines than this are counted only.
const MOST_LINES: usize = 7;

fn yaml(props: &WhatChangedProps) -> Html {
    let changed = &props.whatif.lines;
    if changed.is_empty() || props.whatif.against != Against::LastChange {
        return Html::default();
    }
    let text: Vec<&str> = props.editor.text().split('\n').collect();
    let mut lines: Vec<Html> = Vec::new();
    let mut all = 0;
    for ChangedLines { first, last, mark } in changed.iter() {
        for number in *first..=*last {
            all += 1;
            if lines.len() >= MOST_LINES {
                continue;
            }
            let written = text.get(number - 1).copied().unwrap_or_default();
            lines.push(match mark {
                LineMark::Written => html! {
                    <li data-change="added"><span aria-hidden="true">{ "+" }</span><span class="faint">{ number }</span><code>{ written }</code></li>
                },
                LineMark::Gone => html! {
                    <li data-change="removed"><span aria-hidden="true">{ "−" }</span><span class="faint">{ number }</span><span>{ "something is gone before this line" }</span></li>
                },
            });
        }
    }
    let first = changed.first().map_or(1, |l| l.first);
    html! {
        <section class="card changed-card" aria-label="Changed YAML">
            <header>
                <h3>{ "In the YAML" }</h3>
                <span class="grow" />
                <button class="link" onclick={props.dispatch.on(Action::Reveal(first))}>{ "show in the editor" }</button>
            </header>
            <ol class="yaml-change">{ for lines }</ol>
            if all > MOST_LINES {
                <p class="plain faint">{ format!("and {}", count(all - MOST_LINES, "more line", "more lines")) }</p>
            }
        </section>
    }
}

fn rules(found: &Comparison) -> Html {
    let names = |nodes: &[String]| nodes.join(", ");
    html! {
        <>
            if !found.gone.is_empty() {
                <p class="changed-note">{ format!("Gone with all their rules: {}.", names(&found.gone)) }</p>
            }
            if !found.came.is_empty() {
                <p class="changed-note">{ format!("New, with rules of their own: {}.", names(&found.came)) }</p>
            }
            for group in &found.nodes {
                { group_of(group) }
            }
            if found.left_out > 0 {
                <p class="changed-note">{ format!("{} that the packet does not meet were not compared.", count(found.left_out, "node", "nodes")) }</p>
            }
            if !found.nodes.is_empty() {
                <p class="changed-note">
                    <button class="button small" onclick={copy(found)}>{ icon(Icon::Copy) }{ "Copy as text" }</button>
                </p>
            }
        </>
    }
}

fn group_of(group: &NodesChange) -> Html {
    html! {
        <section class="nodes-change" aria-label={format!("Rules {}", group.place())}>
            <h3>{ format!("Rules {}", group.place()) }<span class="faint">{ format!("{}: {}", group.family, group.summary()) }</span></h3>
            for chain in &group.chains {
                { chain_of(chain) }
            }
            if group.left_out > 0 {
                <p class="changed-note">{ format!("and {}", count(group.left_out, "more rule", "more rules")) }</p>
            }
        </section>
    }
}

fn chain_of(chain: &ChainChange) -> Html {
    html! {
        <section class="card" aria-label={chain.name.clone()}>
            <header>
                <h3 class="mono">{ &chain.name }</h3>
                <span class="faint about">{ format!("{}, {}", chain.table, chain.about).trim_end_matches(", ").to_owned() }</span>
                <span class="grow" />
                <span class="faint sums">{ chain.summary() }</span>
            </header>
            if !chain.rules.is_empty() {
                <ol class="rows">
                    for rule in &chain.rules {
                        { rule_of(rule) }
                    }
                </ol>
            }
        </section>
    }
}

fn rule_of(rule: &RuleChange) -> Html {
    let (sign, word) = rule.change.sign();
    let name = match rule.change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Moved => "moved",
        Change::Changed => "changed",
    };
    html! {
        <li class="row change" data-change={name}>
            <span class="sign" aria-hidden="true">{ sign }</span>
            <span class="number mono"><span class="hidden">{ format!("{word}, rule ") }</span>{ rule.number }</span>
            <code class="rule" title={rule.full.clone()}>
                for words in &rule.words {
                    {
                        match words {
                            Words::Same(text) => html! { <>{ text }{ " " }</> },
                            Words::Gone(text) => html! { <><del class={text.contains('-').then_some("option")}>{ text }</del>{ " " }</> },
                            Words::Came(text) => html! { <><ins>{ text }</ins>{ " " }</> },
                        }
                    }
                }
            </code>
            <span class="why">
                {
                    match (rule.was, &rule.leads_to) {
                        (Some(was), _) => format!("was number {was}"),
                        (None, Some(to)) => format!("to {to}"),
                        (None, None) => String::new(),
                    }
                }
            </span>
        </li>
    }
}

/// The diff as lines, for a terminal or a ticket.
fn copy(found: &Comparison) -> Callback<MouseEvent> {
    let text = player::comparison::text(found);
    Callback::from(move |_| browser::copy(&text))
}
