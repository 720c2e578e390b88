//! The rules that one object of the text made, chain by chain: the way back from a line to its rules.

use player::Action;
use player::made::{Made, MadeChain};
use player::session::Panel;
use yew::prelude::*;

use crate::Dispatch;

/// The list. `None` until it is there; `Some(None)` where the line is no object's.
pub fn made(found: Option<Option<&Made>>, line: usize, dispatch: &Dispatch) -> Html {
    let Some(found) = found else {
        return html! { <div class="made" aria-busy="true" /> };
    };
    let Some(made) = found else {
        return html! {
            <div class="made">
                <p>{ format!("Line {line} belongs to no object of the cluster on screen.") }</p>
            </div>
        };
    };
    html! {
        <div class="made" tabindex="0" role="group" aria-label="Rules made by one object">
            <p>
                <b>{ &made.object }</b>
                { ", " }
                <button class="link" onclick={dispatch.on(Action::Reveal(made.line))}>{ format!("line {}", made.line) }</button>
                {
                    match made.count {
                        0 => " makes no rule of its own in this family.".into(),
                        n => format!(" makes {}:", player::text::count(n, "rule", "rules")),
                    }
                }
            </p>
            for chain in &made.chains {
                { of_chain(chain, made.line, dispatch) }
            }
            if made.left_out > 0 {
                <p class="faint">{ format!("{} not looked at: every node has the same to say, but for its own pods.", player::text::count(made.left_out, "more node", "more nodes")) }</p>
            }
        </div>
    }
}

fn of_chain(chain: &MadeChain, first: usize, dispatch: &Dispatch) -> Html {
    let open = Action::Open(Panel::Rules {
        node: chain.node.clone(),
        table: chain.table,
        chain: Some(chain.chain.clone()),
    });
    html! {
        <section class="card" aria-label={chain.chain.clone()}>
            <header>
                <h3 class="mono"><button class="link" onclick={dispatch.on(open)}>{ &chain.chain }</button></h3>
                <span class="faint about">{ player::chains::about(&chain.chain, None) }</span>
                <span class="grow" />
                <span class="faint count">{ format!("{} table", chain.table) }</span>
            </header>
            <ul class="made-rules">
                for rule in &chain.rules {
                    <li>
                        <code>{ &rule.full }</code>
                        <p class="faint">
                            { &rule.why }
                            { " On " }{ &rule.nodes }{ "." }
                            if let Some(line) = rule.line.filter(|l| *l != first) {
                                { " " }
                                <button class="link" onclick={dispatch.on(Action::Reveal(line))}>{ format!("line {line}") }</button>
                            }
                        </p>
                    </li>
                }
            </ul>
        </section>
    }
}
