//! The box under the chain: the draw as a staircase, or addresses before and after.

use player::moment::{Moment, Rewrite, Stairs, moment};
use player::{Action, Kind, Play};
use yew::prelude::*;

use super::glyph::{icon, tone};
use super::stairs::staircase;
use super::walk::WalkProps;

/// The box.
pub fn moment_box(props: &WalkProps, play: &Play, stairs_node: NodeRef) -> Html {
    let frame = play.frame(props.cursor);
    let tone = tone(frame.kind);
    match moment(play, props.cursor) {
        None => html! { <div class="moment none" /> },
        Some(Moment::Note { title, text }) => html! {
            <section class={classes!("moment", "note", tone)} aria-label={title.clone()}>
                <h3>{ icon(frame.kind) }{ title }</h3>
                <p>{ text }</p>
            </section>
        },
        Some(Moment::Rewrite(rewrite)) => html! {
            <section class={classes!("moment", "rewrite", tone)} aria-label={rewrite.title.clone()}>
                <div class="read">
                    <h3>{ icon(frame.kind) }{ &rewrite.title }</h3>
                    <p>{ &rewrite.text }</p>
                </div>
                { before_and_after(&rewrite) }
            </section>
        },
        Some(Moment::Draw(stairs)) => html! {
            <section class="moment draw tone-draw" aria-label="The draw">
                <div class="read">
                    <h3>{ icon(if stairs.draw.as_ref().is_some_and(|d| !d.hit) { Kind::Miss } else { Kind::Hit }) }{ "The draw" }</h3>
                    if let Some(draw) = &stairs.draw {
                        <p class="big mono">{ &draw.number }</p>
                        <p class="result">
                            <b>{ if draw.hit { "Hit" } else { "Miss" } }</b>
                            { if draw.hit { ": below " } else { ": not below " } }
                            { &draw.threshold }
                        </p>
                    } else {
                        <p class="big mono">{ "rest" }</p>
                        <p class="result">{ "No draw is left" }</p>
                    }
                    { acts(props) }
                    if let Some(text) = left_out(&stairs) {
                        <p class="left-out">{ text }</p>
                    }
                </div>
                { staircase(props, &stairs, stairs_node) }
            </section>
        },
    }
}

fn left_out(stairs: &Stairs) -> Option<String> {
    match stairs.hidden {
        (0, 0) => None,
        (before, 0) => Some(format!("{before} before not shown")),
        (0, after) => Some(format!("{after} after not shown")),
        (before, after) => Some(format!("{before} before, {after} after not shown")),
    }
}

pub(super) fn stair_width(props: &WalkProps) -> u32 {
    match props.phone {
        true => props.width,
        false => props.width.saturating_sub(152 + 24),
    }
}

fn before_and_after(rewrite: &Rewrite) -> Html {
    let ends = [
        &rewrite.src.0,
        &rewrite.src.1,
        &rewrite.dst.0,
        &rewrite.dst.1,
    ];
    let long = ends.iter().any(|e| e.len() > 22);
    let line =
        |label: &'static str, (before, after): &(String, String), what: (&String, &String)| {
            let same = before == after;
            html! {
                <div class="ends">
                    <span class="faint label">{ label }</span>
                    if same {
                        <span class="mono">{ after }</span>
                        <span />
                        <span class="faint">{ "unchanged" }</span>
                    } else {
                        <span class="mono"><s>{ before }</s></span>
                        <span class="faint" aria-label="becomes">{ "→" }</span>
                        <span class="mono new">{ after }</span>
                        <span />
                        <small>{ what.0 }</small>
                        <span />
                        <small>{ what.1 }</small>
                    }
                </div>
            }
        };
    html! {
        <div class={if long { "nat long" } else { "nat" }}>
            { line("source", &rewrite.src, (&rewrite.what[0], &rewrite.what[1])) }
            { line("destination", &rewrite.dst, (&rewrite.what[2], &rewrite.what[3])) }
        </div>
    }
}

fn acts(props: &WalkProps) -> Html {
    let dispatch = &props.dispatch;
    html! {
        <div class="acts">
            <button class="button small" onclick={dispatch.on(Action::DrawAgain)}>{ "Draw again" }</button>
            if props.forced {
                <button class="button small" onclick={dispatch.on(Action::Unpin)}>{ "Unpin" }</button>
            }
        </div>
    }
}
