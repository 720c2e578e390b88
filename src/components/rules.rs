//! All chains of one table on one node, and the rules of the one that is chosen.

use lab::TableName;
use player::chains::{self, ChainView};
use player::session::Panel;
use player::{Action, Play};
use yew::prelude::*;

use super::stack::rule_text;
use crate::Dispatch;

/// What is browsed.
pub struct Browse<'a> {
    /// The walk, which knows which chains there are.
    pub play: &'a Play,
    /// The node.
    pub node: &'a str,
    /// The table.
    pub table: TableName,
    /// The chain that is open.
    pub chain: Option<&'a String>,
    /// Its rules, once they are there.
    pub browsed: Option<&'a ChainView>,
}

/// Longer lists are cut, and say so.
const MOST: usize = 400;

/// The browser of chains.
pub fn rules(props: &Browse<'_>, dispatch: &Dispatch) -> Html {
    let empty = Vec::new();
    let tables = props.play.tables.get(props.node);
    let listed = tables.and_then(|t| t.get(&props.table)).unwrap_or(&empty);
    let open = |table: TableName, chain: Option<String>| {
        dispatch.on::<MouseEvent>(Action::Open(Panel::Rules {
            node: props.node.to_owned(),
            table,
            chain,
        }))
    };
    html! {
        <div class="browse">
            <div class="browse-list">
                <div class="segments" role="group" aria-label="Table">
                    for table in tables.iter().flat_map(|t| t.keys()) {
                        <button aria-pressed={(*table == props.table).to_string()} onclick={open(*table, None)}>{ table.name() }</button>
                    }
                </div>
                <ul aria-label={format!("Chains of {} on {}", props.table, props.node)}>
                    for (name, rules) in listed.iter().take(MOST) {
                        <li>
                            <button class="mono" aria-pressed={(props.chain == Some(name)).to_string()} onclick={open(props.table, Some(name.clone()))}>
                                <span>{ name }</span>
                                <span class="faint">{ rules }</span>
                            </button>
                        </li>
                    }
                </ul>
                if listed.len() > MOST {
                    <p class="faint">{ format!("and {} more", listed.len() - MOST) }</p>
                }
            </div>
            <div class="browse-rules" tabindex="0" role="group" aria-label="Rules of the chain">
                if let Some(chain) = props.browsed {
                    <section class="card" aria-label={chain.name.clone()}>
                        <header>
                            <h3 class="mono">{ &chain.name }</h3>
                            <span class="faint about">{ chain.about() }</span>
                        </header>
                        <ol class="rows">
                            for rule in chain.rules.iter().take(MOST) {
                                <li class="row done">
                                    <span class="number mono">{ rule.number }</span>
                                    <code class="rule" title={rule.full.clone()}>{ rule_text(Some(rule), None) }</code>
                                    <span class="why">
                                        if let Some(who) = rule.origin.as_ref().map(|o| &o.written_by).filter(|who| *who != "kube-proxy") {
                                            <span class="tag tone-plain">{ format!("by {who}") }</span>
                                        }
                                        { rule.leads_to.clone().unwrap_or_default() }
                                    </span>
                                </li>
                            }
                            if chain.rules.is_empty() {
                                <li class="row"><span /><span class="faint">{ "no rules" }</span></li>
                            }
                        </ol>
                        if chain.rules.len() > MOST {
                            <p class="plain faint">{ format!("and {} more", player::text::count(chain.rules.len() - MOST, "rule", "rules")) }</p>
                        }
                    </section>
                } else {
                    <p class="faint">{ "Choose a chain to see its rules." }</p>
                    <dl class="browse-about">
                        for (name, _) in listed.iter().filter(|(name, _)| !name.starts_with("KUBE-SEP") && !name.starts_with("KUBE-SV")).take(20) {
                            <dt class="mono">{ name }</dt>
                            <dd>{ chains::about(name, None) }</dd>
                        }
                    </dl>
                }
            </div>
        </div>
    }
}
