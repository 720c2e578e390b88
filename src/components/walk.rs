//! The chain walk: the hooks the packet passes, the chains that are open, and what happens in them.

use lab::TableName;
use player::frames::Frame;
use player::made::Made;
use player::session::{Panel, Refusal};
use player::stage::Stage;
use player::{Action, Play, Shared};
use yew::prelude::*;

use super::draw_box::Chance;
use super::made::made;
use super::rail::rail;
use super::stack::stack;
use crate::{Dispatch, browser};

/// What the chain walk shows.
#[derive(PartialEq, Properties)]
pub struct WalkProps {
    /// The walk.
    pub play: Option<Shared<Play>>,
    /// Why there is none.
    pub refusal: Option<Refusal>,
    /// Whether it is what was asked for last, and not one that is still awaited.
    pub settled: bool,
    /// The moment.
    pub cursor: usize,
    /// The room that the box at the bottom has.
    pub width: u32,
    /// The height that the chains and the box share.
    pub height: u32,
    /// Whether the page is a phone's.
    pub phone: bool,
    /// What is known about chance.
    pub chance: Chance,
    /// The line whose object's rules are listed, when that is open.
    pub made: Option<usize>,
    /// Its rules, once they are there.
    pub found: Option<Option<Shared<Made>>>,
    /// Hands actions up.
    pub dispatch: Dispatch,
}

/// The chain walk.
#[component]
pub fn Walk(props: &WalkProps) -> Html {
    let dispatch = &props.dispatch;
    let (scroller, stairs) = (use_node_ref(), use_node_ref());
    {
        let scroller = scroller.clone();
        use_effect_with((props.play.clone(), props.cursor), move |_| {
            if let Some(element) = scroller.cast() {
                browser::show_current(&element);
            }
        });
    }
    let Some(play) = &props.play else {
        return html! {
            <section class="walk" aria-label="Chain walk">
                <div class="walk-head"><h2>{ "Chain walk" }</h2></div>
                if let Some(refusal) = &props.refusal {
                    <div class="refusal" role="alert">
                        <p><b>{ &refusal.message }</b></p>
                        <p>{ &refusal.help }</p>
                    </div>
                } else if props.settled {
                    <div class="refusal" role="alert">
                        <p>{ "There is no cluster to walk in yet. Paste YAML, or open the editor." }</p>
                    </div>
                }
            </section>
        };
    };
    let frame = play.frame(props.cursor);
    let all = all_of(play, frame);
    let aside = props.made.is_some();
    html! {
        <section class="walk" aria-label="Chain walk">
            <div class="walk-head">
                <h2>{ "Chain walk" }</h2>
                <span class="faint">{ place(frame) }</span>
                <span class="grow" />
                if let (Some((text, panel)), false) = (&all, aside) {
                    <button class="button quiet small" onclick={dispatch.on(Action::Open(panel.clone()))}>{ text }</button>
                }
                if !aside {
                    { stages(Stage::Stack, dispatch) }
                }
                if aside {
                    <button class="button small" onclick={dispatch.on(Action::Open(Panel::None))}>{ "Back to the walk" }</button>
                }
            </div>
            { rail(play, props.cursor, dispatch) }
            if let Some(line) = props.made {
                { made(props.found.as_ref().map(Option::as_deref), line, dispatch) }
            } else {
                { stack(props, play, scroller, stairs) }
            }
        </section>
    }
}

/// `node1, request, PREROUTING`
pub fn place(frame: &Frame) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(frame.ns.as_ref().map(player::names::short));
    // Where nothing is sent there is no way to go.
    if frame.ns.is_some() && !frame.header.src.is_empty() {
        words.push(
            match frame.direction {
                fabric::Direction::Original => "request",
                fabric::Direction::Reply => "reply",
            }
            .into(),
        );
    }
    words.extend(frame.hook.map(|h| h.name().to_owned()));
    words.join(", ")
}

/// The switch between the two ways of drawing the walk.
pub fn stages(now: Stage, dispatch: &Dispatch) -> Html {
    html! {
        <div class="segments small" role="group" aria-label="How the walk is drawn">
            for stage in Stage::ALL {
                <button aria-pressed={(stage == now).to_string()} onclick={dispatch.on(Action::Stage(stage))}>{ stage.name() }</button>
            }
        </div>
    }
}

/// The button that opens all chains of the table at hand, or of nat.
fn all_of(play: &Play, frame: &Frame) -> Option<(String, Panel)> {
    let ns = frame.ns.as_ref()?;
    let node = player::names::short(ns);
    let tables = play.tables.get(&node)?;
    let table = frame
        .table
        .filter(|t| tables.contains_key(t))
        .unwrap_or(TableName::Nat);
    let chains = tables.get(&table)?;
    let text = format!(
        "All of {table} on {node}: {}, {}",
        player::text::count(chains.count, "chain", "chains"),
        player::text::count(chains.rules, "rule", "rules"),
    );
    Some((
        text,
        Panel::Rules {
            node,
            table,
            chain: None,
        },
    ))
}
