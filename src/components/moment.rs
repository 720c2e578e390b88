//! The box under the chain: the draw as a staircase, or addresses before and after.

use player::moment::{Bar, Moment, Rewrite, Stairs, moment};
use player::{Action, Kind, Play};
use yew::prelude::*;

use super::glyph::{icon, n, tone};
use super::walk::WalkProps;
use crate::browser;

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

fn stair_width(props: &WalkProps) -> u32 {
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

/// The draws of a chain: each bar is what is left of the whole, at its true width.
fn staircase(props: &WalkProps, stairs: &Stairs, node: NodeRef) -> Html {
    let dispatch = &props.dispatch;
    let width = stair_width(props);
    let step = match props.phone || stairs.bars.len() > 3 {
        _ if props.height < super::stack::LOW => 33.0,
        true => 37.0,
        false => 44.0,
    };
    let labels = match props.phone || width < 480 {
        true => 16.0,
        false => 212.0,
    };
    let (x0, whole) = (8.0, (f64::from(width) - 8.0 - labels).max(160.0));
    let height = 18.0 + stairs.bars.len() as f64 * step;
    let current = stairs.bars.iter().find(|b| b.current);
    // Where the current bar stands as parts of the drawing, so that a drag can be read.
    let span = current.map(|b| (x0 + whole * b.start, whole * (1.0 - b.start)));
    let drag = {
        let (dispatch, node) = (dispatch.clone(), node.clone());
        Callback::from(move |event: PointerEvent| {
            let (Some((start, wide)), Some(element)) = (span, node.cast()) else {
                return;
            };
            if event.buttons() != 1 || wide <= 0.0 {
                return;
            }
            browser::capture(&event, &element);
            let x = browser::along(&event, &element, 0.0) * (x0 + whole + labels);
            let part = ((x - start) / wide).clamp(0.0, 0.999_999);
            dispatch.send(Action::Pin((part * f64::from(1u32 << 31)) as u32));
        })
    };
    let keys = {
        let dispatch = dispatch.clone();
        let at = current.and_then(|b| b.drawn.as_ref()).map(|d| d.0);
        Callback::from(move |event: KeyboardEvent| {
            let by = match event.key().as_str() {
                "ArrowLeft" | "ArrowDown" => -0.01,
                "ArrowRight" | "ArrowUp" => 0.01,
                _ => return,
            };
            let Some(at) = at else { return };
            event.prevent_default();
            event.stop_propagation();
            let to = (at + by).clamp(0.0, 0.999_999);
            dispatch.send(Action::Pin((to * f64::from(1u32 << 31)) as u32));
        })
    };
    let said: Vec<String> = stairs
        .bars
        .iter()
        .map(|b| format!("rule {}, {}: {}", b.rule, b.name, b.sum))
        .collect();
    html! {
        <div class="stairs">
            <svg
                ref={node}
                width={n(x0 + whole + labels)}
                height={n(height)}
                role="slider"
                tabindex="0"
                aria-label="Number drawn: drag or use the arrow keys to force another"
                aria-valuemin="0"
                aria-valuemax="1"
                aria-valuenow={stairs.draw.as_ref().map_or("1".to_owned(), |d| d.number.clone())}
                aria-valuetext={format!("{}. {}", drawn_in_words(stairs), said.join("; "))}
                onpointerdown={drag.clone()}
                onpointermove={drag}
                onkeydown={keys}
            >
                for (i, bar) in stairs.bars.iter().enumerate() {
                    { bar_of(bar, i, 16.0 + i as f64 * step, step, x0, whole, labels, stairs) }
                }
            </svg>
        </div>
    }
}

fn drawn_in_words(stairs: &Stairs) -> String {
    match &stairs.draw {
        Some(draw) if draw.hit => format!("{}, hit", draw.number),
        Some(draw) => format!("{}, miss", draw.number),
        None => "no draw: the rest".into(),
    }
}

#[allow(clippy::too_many_arguments)]
fn bar_of(
    bar: &Bar,
    index: usize,
    y: f64,
    step: f64,
    x0: f64,
    whole: f64,
    labels: f64,
    stairs: &Stairs,
) -> Html {
    let high = 20.0;
    let (a, b) = (x0 + whole * bar.start, x0 + whole);
    let t = a + (b - a) * bar.share;
    let class = if bar.current { "bar current" } else { "bar" };
    let axis = y + high + 12.0;
    let last = index + 1 == stairs.bars.len();
    let needle = bar
        .drawn
        .as_ref()
        .map(|(at, text)| (a + (b - a) * at, text.clone()));
    let wide = |text: &str, each: f64| text.chars().count() as f64 * each;
    let name = match bar.state.as_str() {
        "hit" | "not tried" | "takes the rest" => format!("{}: {}", bar.name, bar.state),
        _ => bar.name.clone(),
    };
    // A bar too narrow for the whole name says less, and the line at the right says the rest.
    let hit_room = (t - a - 12.0).max(0.0);
    let name = match wide(&name, 6.8) <= hit_room || bar.threshold.is_none() {
        true if wide(&name, 6.8) <= b - a - 14.0 => name,
        true => player::text::elide(&bar.name, ((b - a - 14.0) / 6.8) as usize),
        false if wide(&bar.state, 6.6) <= hit_room && bar.state == "hit" => bar.state.clone(),
        false => player::text::elide(&bar.name, (hit_room / 6.8) as usize),
    };
    let miss = match (bar.threshold.is_some(), bar.state.starts_with("miss")) {
        (false, _) => String::new(),
        (true, true) => bar.state.clone(),
        (true, false) => "miss".into(),
    };
    let miss_w = wide(&miss, 6.3);
    let mut miss_x = b - 8.0;
    if let Some((x, _)) = &needle
        && *x > miss_x - miss_w - 8.0
    {
        miss_x = x - 10.0;
    }
    let show_miss = !miss.is_empty() && miss_x - miss_w > t + 8.0;
    html! {
        <g {class}>
            <rect class="left" x={n(a + 0.5)} y={n(y + 0.5)} width={n((b - a - 1.0).max(0.0))} height={n(high)} />
            <rect class="zone" x={n(a + 0.5)} y={n(y + 0.5)} width={n((t - a - 1.0).max(1.0))} height={n(high)} />
            if !last {
                <path class="drop" d={format!("M{t:.1} {}V{}", y + high, y + step)} />
            }
            <text class="small label" x={n(a + 7.0)} y={n(y + 14.5)}>{ name }</text>
            if show_miss {
                <text class="small faint" text-anchor="end" x={n(miss_x)} y={n(y + 14.5)}>{ miss }</text>
            }
            <text class="mono small faint" text-anchor={if index == 0 { "start" } else { "end" }} x={n(if index == 0 { a } else { a - 5.0 })} y={n(axis)}>{ "0" }</text>
            <text class="mono small faint" text-anchor="end" x={n(b)} y={n(axis)}>{ "1" }</text>
            if let Some(threshold) = &bar.threshold {
                <path class="limit" d={format!("M{t:.1} {}v{}", y - 3.0, high + 6.0)} />
                <text class="mono small limit-text" x={n(t + 5.0)} y={n(axis)}>{ threshold }</text>
            }
            if let Some((x, text)) = needle {
                { needle_of(x, y, high, text, a, b) }
            }
            if labels > 20.0 {
                <text class="sum-name" x={n(x0 + whole + 16.0)} y={n(y + 8.0)}>{ player::text::elide(&format!("rule {}, {}", bar.rule, bar.name), 25) }</text>
                <text class="sum" x={n(x0 + whole + 16.0)} y={n(y + 24.0)}>{ &bar.sum }</text>
            }
        </g>
    }
}

fn needle_of(x: f64, y: f64, high: f64, text: String, a: f64, b: f64) -> Html {
    let left = x + 9.0 + text.len() as f64 * 6.65 > b && x - a > 60.0;
    html! {
        <g class="needle">
            <path class="pin" d={format!("M{x:.1} {}v{}", y - 2.0, high + 3.0)} />
            <path class="head" d={format!("M{x:.1} {y}l-5 -8h10z")} />
            <text class="mono small" text-anchor={if left { "end" } else { "start" }} x={n(if left { x - 9.0 } else { x + 9.0 })} y={n(y - 3.0)}>{ text }</text>
        </g>
    }
}
