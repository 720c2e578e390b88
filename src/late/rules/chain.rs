//! One chain of the rules browser, and the rules that a search found.

use player::chains::Act;
use player::late::browser::Deed;
use player::late::rules::{Found, Head, Line, Row, Window};
use player::text::{count, thousands};
use player::{Action, Session};
use yew::prelude::*;

use super::act;
use crate::Dispatch;

/// A chain's head and rules.
pub fn chain(
    session: &Session,
    found: &Found,
    head: &Head,
    lines: &Window<Line>,
    dispatch: &Dispatch,
) -> Html {
    let label = format!("Rules of {}", head.name);
    html! {
        <>
            <header class="rules-head">
                <h3 class="mono">{ &head.name }</h3>
                <span>{ format!("{} table, {}", head.table, count(head.rules, "rule", "rules")) }</span>
                if let Some(policy) = &head.policy {
                    <span>{ format!("policy {policy}, {}, {}", packets(head.counters.0), bytes(head.counters.1)) }</span>
                }
                if !head.purpose.is_empty() {
                    <span class="purpose">{ &head.purpose }</span>
                }
                if head.policy.is_none() {
                    <span class="callers">
                        { callers(head, dispatch) }
                    </span>
                }
            </header>
            <div class="rules-scroll" tabindex="0" role="group" aria-label={label}>
                { titles() }
                <ol class="rule-rows">
                    for line in &lines.rows {
                        {
                            match line {
                                Line::Rule(row) => rule(session, found, row, Place::Chain, dispatch),
                                Line::Folded(rules) => html! {
                                    <li class="rule-row folded faint">{ format!("⋮ {} folded away", count(*rules, "rule", "rules")) }</li>
                                },
                            }
                        }
                    }
                    if lines.total == 0 {
                        <li class="rule-row folded faint">{ "no rules" }</li>
                    }
                </ol>
            </div>
        </>
    }
}

/// The rules that a search found.
pub fn hits(session: &Session, found: &Found, rows: &Window<Row>, dispatch: &Dispatch) -> Html {
    html! {
        <div class="rules-scroll" tabindex="0" role="group" aria-label="Rules found">
            if rows.total > 0 {
                { titles() }
            }
            <ol class="rule-rows">
                for row in &rows.rows {
                    { rule(session, found, row, Place::Anywhere, dispatch) }
                }
            </ol>
        </div>
    }
}

/// Whether the chain is named beside each rule.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Chain,
    Anywhere,
}

fn titles() -> Html {
    html! {
        <div class="rule-titles faint" aria-hidden="true">
            <span>{ "num" }</span><span>{ "pkts" }</span><span>{ "bytes" }</span><span>{ "rule" }</span><span>{ "this walk" }</span>
        </div>
    }
}

fn callers(head: &Head, dispatch: &Dispatch) -> Html {
    if head.references == 0 {
        return html! { "Nothing jumps here." };
    }
    let more = head.references - head.callers.len();
    html! {
        <>
            { "Reached from " }
            for (i, (name, number)) in head.callers.iter().enumerate() {
                if i > 0 {
                    { ", " }
                }
                <button class="link mono" onclick={act(dispatch, Deed::Chain(head.table, name.clone()))}>{ name }</button>
                { format!(" rule {number}") }
            }
            if more > 0 {
                { format!(" and {} more", thousands(more)) }
            }
        </>
    }
}

fn rule(session: &Session, found: &Found, row: &Row, place: Place, dispatch: &Dispatch) -> Html {
    let here = is_here(session, found, row);
    let (tried, matched) = row.tried;
    let state = match (here, tried, matched) {
        (true, ..) => "here",
        (false, 0, _) => "untouched",
        (false, _, 0) => "tried",
        (false, ..) => "matched",
    };
    html! {
        <li class="rule-row" data-walk={state} aria-current={here.then_some("step")}>
            <span class="number mono">{ row.rule.number }</span>
            <span class="counter mono" aria-label={packets(row.counters.0)}>{ thousands(row.counters.0 as usize) }</span>
            <span class="counter mono" aria-label={bytes(row.counters.1)}>{ thousands(row.counters.1 as usize) }</span>
            <div class="what">
                <code>
                    if place == Place::Anywhere {
                        <button class="link" onclick={act(dispatch, Deed::Chain(row.table, row.chain.clone()))}>{ &row.chain }</button>
                        <span class="faint">{ format!(" {} ", row.table) }</span>
                    }
                    { text(row, dispatch) }
                    if !row.comment.is_empty() {
                        <span class="faint">{ format!(" /* {} */", row.comment) }</span>
                    }
                </code>
                <p>{ origin(row, dispatch) }</p>
            </div>
            <span class="became">
                if matched > 0 {
                    <span class="tag tone-packet">{ walked("matches", matched) }</span>
                } else if tried > 0 {
                    <span class="tag tone-plain">{ walked("tried", tried) }</span>
                }
                if let Some(to) = &row.rule.leads_to {
                    <span class="mono">{ format!("→ {to}") }</span>
                }
            </span>
        </li>
    }
}

fn walked(what: &str, times: usize) -> String {
    match times {
        1 => what.to_owned(),
        n => format!("{what} {n}×"),
    }
}

/// Whether the moment on screen is at this rule.
fn is_here(session: &Session, found: &Found, row: &Row) -> bool {
    let at = || {
        let play = session.play.as_ref()?;
        let frame = play.frame(session.cursor);
        let on = player::names::short(frame.ns.as_ref()?) == found.node;
        let at = frame.at.filter(|_| on)?;
        let chain = play.chains.get(at.chain)?;
        Some(chain.table == row.table && chain.name == row.chain && at.number == row.rule.number)
    };
    at().unwrap_or(false)
}

/// What it asks and what it does, a chain's name as the way there.
fn text(row: &Row, dispatch: &Dispatch) -> Html {
    let rule = &row.rule;
    let gap = match rule.conditions.is_empty() || rule.target.is_empty() {
        true => "",
        false => " ",
    };
    match &rule.act {
        Act::Jump(to) => {
            let (before, after) = rule.target.split_once(to.as_str()).unwrap_or_default();
            html! {
                <>
                    { &rule.conditions }{ gap }{ before }
                    <button class="link" onclick={act(dispatch, Deed::Chain(row.table, to.clone()))}>{ to }</button>
                    { after }
                </>
            }
        }
        _ => html! { <>{ &rule.conditions }{ gap }{ &rule.target }</> },
    }
}

/// Who wrote it, for what, and where that stands.
fn origin(row: &Row, dispatch: &Dispatch) -> Html {
    let Some(origin) = &row.rule.origin else {
        return html! { <span>{ "nobody here accounts for it" }</span> };
    };
    html! {
        <span>
            <b>{ &origin.written_by }</b>
            if let Some(object) = &origin.object {
                { ", for " }{ object }
            }
            if let Some(span) = origin.span {
                { ", " }
                <button class="link" onclick={dispatch.on(Action::Reveal(span.line))}>{ format!("line {}", span.line) }</button>
            } else if let Some(made_by) = &origin.made_by {
                { format!(", made by {made_by}") }
            }
            if !origin.why.is_empty() {
                { ": " }{ &origin.why }
            }
        </span>
    }
}

fn packets(n: u64) -> String {
    count(n as usize, "packet", "packets")
}

fn bytes(n: u64) -> String {
    count(n as usize, "byte", "bytes")
}
