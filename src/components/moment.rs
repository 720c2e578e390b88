//! The box under the chain: the draw as a staircase, or addresses before and after.

use player::Play;
use player::moment::{Moment, Rewrite, moment};
use yew::prelude::*;

use super::draw_box::{draw_box, guess_box};
use super::glyph::{icon, tone};
use super::walk::WalkProps;

/// The box.
pub fn moment_box(props: &WalkProps, play: &Play, stairs_node: NodeRef) -> Html {
    if let Some(question) = &props.chance.question {
        return guess_box(props, question, stairs_node);
    }
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
        Some(Moment::Draw(stairs)) => draw_box(props, &stairs, stairs_node),
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
