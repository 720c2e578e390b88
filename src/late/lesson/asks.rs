//! The controls of a step: choose, give a number, set the needle, pick, sort, or have a task checked.
//!
//! They hold what is not given yet; what was given is the session's.

use lesson::{AsksView, Given, Move, Pick, RulePlace, StepRun};
use player::Action;
use player::late::learning;
use yew::prelude::*;

use super::blocks::inlines;
use crate::{Dispatch, browser};

/// What could be picked at this moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picked {
    /// The node or pod where the packet is.
    pub node: Option<String>,
    /// The rule that is tried: table, chain and number.
    pub rule: Option<(String, String, usize)>,
}

/// What the controls show.
#[derive(PartialEq, Properties)]
pub struct AsksProps {
    /// What is asked.
    pub asks: AsksView,
    /// How far the step is.
    pub here: StepRun,
    /// What could be picked now.
    pub picked: Picked,
    /// Hands actions up.
    pub dispatch: Dispatch,
}

/// The controls.
#[component]
pub fn Asks(props: &AsksProps) -> Html {
    let draft = use_state(String::new);
    let sorted = use_state(Vec::<Option<usize>>::new);
    let give = |given: Given| {
        let action = Action::Late(learning::make(Move::Give(given)));
        props.dispatch.on::<MouseEvent>(action)
    };
    let here = &props.here;
    match &props.asks {
        AsksView::Nothing => Html::default(),
        AsksView::Choice(choices) => html! {
            <div class="lesson-choices" role="group" aria-label="Choose one">
                for (index, words) in choices.iter().enumerate() {
                    <button
                        class="lesson-choice"
                        aria-pressed={(here.given == Some(Given::Choice(index))).to_string()}
                        disabled={here.done && here.given != Some(Given::Choice(index))}
                        onclick={give(Given::Choice(index))}
                    >
                        { inlines(words) }
                    </button>
                }
            </div>
        },
        AsksView::Number => {
            let typed = draft.trim().replace(',', ".");
            let number = number(&typed);
            let set = draft.clone();
            html! {
                <div class="lesson-row">
                    <label>
                        { "Your number" }
                        <input
                            class="input"
                            inputmode="decimal"
                            value={(*draft).clone()}
                            oninput={move |event: InputEvent| set.set(browser::value(&event))}
                        />
                    </label>
                    <button class="button primary" disabled={number.is_none() || here.done} onclick={give(Given::Number(number.unwrap_or_default()))}>{ "Answer" }</button>
                    <span class="note">{ "A number or a fraction: 0.5, 1/3" }</span>
                </div>
            }
        }
        AsksView::Needle => {
            let at = draft.parse::<f64>().unwrap_or(0.5);
            let set = draft.clone();
            html! {
                <div class="lesson-row">
                    <label class="lesson-needle">
                        { format!("The needle: {at:.2}") }
                        <input
                            type="range"
                            min="0"
                            max="1"
                            step="0.01"
                            value={at.to_string()}
                            oninput={move |event: InputEvent| set.set(browser::value(&event))}
                        />
                    </label>
                    <button class="button primary" disabled={here.done} onclick={give(Given::Number(at))}>{ "Answer" }</button>
                </div>
            }
        }
        AsksView::Pick => pick(props),
        AsksView::Sort { bins, items } => {
            let chosen: Vec<Option<usize>> = (0..items.len())
                .map(|i| sorted.get(i).copied().flatten())
                .collect();
            let whole: Option<Vec<usize>> = chosen.iter().copied().collect();
            let wrong = here
                .verdict
                .as_ref()
                .map_or(Vec::new(), |v| v.misplaced.clone());
            html! {
                <div class="lesson-sort">
                    for (index, item) in items.iter().enumerate() {
                        <label data-wrong={wrong.contains(&index).then_some("")}>
                            <span>{ inlines(item) }</span>
                            <select
                                class="select"
                                onchange={
                                    let (sorted, chosen) = (sorted.clone(), chosen.clone());
                                    move |event: Event| {
                                        let mut next = chosen.clone();
                                        next[index] = browser::value(&event).parse().ok();
                                        sorted.set(next);
                                    }
                                }
                            >
                                <option value="" selected={chosen[index].is_none()}>{ "choose …" }</option>
                                for (bin, words) in bins.iter().enumerate() {
                                    <option value={bin.to_string()} selected={chosen[index] == Some(bin)}>{ lesson::text::plain(words) }</option>
                                }
                            </select>
                        </label>
                    }
                    <div class="lesson-row">
                        <button class="button primary" disabled={whole.is_none() || here.done} onclick={give(Given::Sort(whole.unwrap_or_default()))}>{ "Answer" }</button>
                    </div>
                </div>
            }
        }
        AsksView::Task { tools, keeps, .. } => html! {
            <div class="lesson-task">
                <p class="note">{ format!("You may change: {}.", tools.iter().map(|t| tool(t)).collect::<Vec<_>>().join(", ")) }</p>
                if !keeps.is_empty() {
                    <p class="note">{ "Must stay as it is: " }for (index, path) in keeps.iter().enumerate() {
                        <>{ if index > 0 { ", " } else { "" } }<code>{ path }</code></>
                    }</p>
                }
                <div class="lesson-row">
                    <button class="button primary" disabled={here.done} onclick={props.dispatch.on::<MouseEvent>(Action::Late(learning::check()))}>{ "Check" }</button>
                    <button class="button" onclick={props.dispatch.on::<MouseEvent>(Action::Late(learning::anew()))}>{ "Begin anew" }</button>
                </div>
            </div>
        },
    }
}

fn pick(props: &AsksProps) -> Html {
    let give = |pick: Pick| {
        let action = Action::Late(learning::make(Move::Give(Given::Pick(pick))));
        props.dispatch.on::<MouseEvent>(action)
    };
    let done = props.here.done;
    let Picked { node, rule } = &props.picked;
    html! {
        <div class="lesson-task">
            <p class="note">{ "Step to the moment that answers it, then pick." }</p>
            <div class="lesson-row">
                if let (Some(node), Some((table, chain, number))) = (node, rule) {
                    <button
                        class="button primary"
                        disabled={done}
                        onclick={give(Pick::Rule {
                            node: node.clone(),
                            rule: RulePlace { table: table.clone(), chain: chain.clone(), number: *number },
                        })}
                    >
                        { format!("Pick rule {number} of {chain}") }
                    </button>
                }
                if let Some(node) = node {
                    <button class="button" disabled={done} onclick={give(Pick::Place(node.clone()))}>{ format!("Pick {node}") }</button>
                }
            </div>
        </div>
    }
}

/// A number as people write it: `0.5`, `1/3`, `33 %`.
fn number(typed: &str) -> Option<f64> {
    let value = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    if let Some((over, under)) = typed.split_once('/') {
        return Some(value(over)? / value(under).filter(|n| *n != 0.0)?);
    }
    match typed.strip_suffix('%') {
        Some(percent) => Some(value(percent)? / 100.0),
        None => value(typed),
    }
}

/// What a tool is called.
fn tool(name: &str) -> &str {
    match name {
        "question" => "from and to, at the top",
        "yaml" => "the YAML",
        "draws" => "the draws, by their needles",
        "console" => "the console",
        "many" => "many connections",
        "wait" => "the time, in the conversation",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_number_is_read_as_people_write_it() {
        assert_eq!(number("0.5"), Some(0.5));
        assert_eq!(number("1/3"), Some(1.0 / 3.0));
        assert_eq!(number("33 %"), Some(0.33));
        for wrong in ["", "a", "1/0", "inf", "1/"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }
}
