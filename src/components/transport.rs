//! The transport: the scrub over all moments, and the controls that drive it.

use player::frames::{Glyph, Visit};
use player::layout::Rect;
use player::session::{Grain, Speed, Target};
use player::text::label_width;
use player::{Action, Kind, Play, Shared, Tone};
use yew::prelude::*;

use super::draw::{n, path, rect, text};
use super::glyph::{icon as glyph_icon, shape, tone};
use super::icon::{Icon, icon};
use crate::{Dispatch, browser};

/// What the transport shows.
#[derive(PartialEq, Properties)]
pub struct TransportProps {
    /// The walk.
    pub play: Option<Shared<Play>>,
    /// The moment.
    pub cursor: usize,
    /// Whether it runs by itself.
    pub playing: bool,
    /// Where a step lands.
    pub grain: Grain,
    /// How fast it runs.
    pub speed: Speed,
    /// The room the scrub has.
    pub width: u32,
    /// Whether the page is a phone's.
    pub phone: bool,
    /// The moment behind which no draw tells how it falls, while draws are guessed first.
    pub untold: Option<usize>,
    /// Hands actions up.
    pub dispatch: Dispatch,
}

/// The transport.
#[component]
pub fn Transport(props: &TransportProps) -> Html {
    let dispatch = &props.dispatch;
    let node = use_node_ref();
    let ticks = use_memo(
        (props.play.clone(), props.width, props.phone, props.untold),
        |(play, width, phone, untold)| {
            play.as_ref()
                .map(|play| ticks(play, *width, *phone, *untold))
        },
    );
    let none = props.play.is_none();
    let speed = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            let name = browser::value(&event);
            if let Some(speed) = Speed::ALL.into_iter().find(|s| s.name() == name) {
                dispatch.send(Action::Speed(speed));
            }
        })
    };
    let next = |target: Target, kind: Kind, name: &'static str, word: &'static str| {
        html! {
            <button class="button quiet next" aria-label={name} disabled={none} onclick={dispatch.on(Action::Next(target))}>
                { glyph_icon(kind) }
                { word }
            </button>
        }
    };
    html! {
        <section class="bar" aria-label="Transport">
            { scrub(props, node, (*ticks).clone().unwrap_or_default()) }
            <div class="controls">
                <div class="group">
                    <button class="button square" aria-label="Back" disabled={none} onclick={dispatch.on(Action::Back)}>{ icon(Icon::Back) }</button>
                    <button
                        class="button primary square play"
                        aria-label={if props.playing { "Pause" } else { "Play" }}
                        disabled={none}
                        onclick={dispatch.on(Action::Toggle)}
                    >
                        { icon(if props.playing { Icon::Pause } else { Icon::Play }) }
                    </button>
                    <button class="button square" aria-label="Step" disabled={none} onclick={dispatch.on(Action::Step)}>{ icon(Icon::Step) }</button>
                </div>
                <div class="group" role="group" aria-label="Next">
                    <span class="faint wide" aria-hidden="true">{ "Next" }</span>
                    { next(Target::Draw, Kind::Hit, "Next draw", "draw") }
                    { next(Target::Nat, Kind::Dnat, "Next NAT", "NAT") }
                    { next(Target::Verdict, Kind::Accept, "Next verdict", "verdict") }
                </div>
                <span class="grow" />
                <div class="legend" aria-hidden="true">
                    for (kind, word) in LEGEND {
                        <span>{ glyph_icon(kind) }{ word }</span>
                    }
                </div>
                <span class="grow" />
                <div class="group wide">
                    <span class="faint" aria-hidden="true">{ "Step by" }</span>
                    <div class="segments" role="group" aria-label="Step by">
                        for grain in Grain::ALL {
                            <button aria-pressed={(grain == props.grain).to_string()} onclick={dispatch.on(Action::Grain(grain))}>{ grain.name() }</button>
                        }
                    </div>
                </div>
                <select class="pick wide" aria-label="Speed" onchange={speed}>
                    for speed in Speed::ALL {
                        <option value={speed.name()} selected={speed == props.speed}>{ speed.name() }</option>
                    }
                </select>
            </div>
        </section>
    }
}

const LEGEND: [(Kind, &str); 8] = [
    (Kind::Dnat, "DNAT"),
    (Kind::Snat, "SNAT"),
    (Kind::UndoDnat, "put back"),
    (Kind::Mark, "mark"),
    (Kind::Conntrack, "conntrack"),
    (Kind::Jump, "jump"),
    (Kind::Pass, "no match"),
    (Kind::Drop, "dropped"),
];

const MARGIN: f64 = 10.0;
const MIDDLE: f64 = 26.0;

fn scrub(props: &TransportProps, node: NodeRef, ticks: Html) -> Html {
    let dispatch = &props.dispatch;
    let width = f64::from(props.width.max(200));
    let Some(play) = &props.play else {
        return html! { <div class="scrub" /> };
    };
    let count = play.frames.len();
    let step = (width - 2.0 * MARGIN) / (count.max(2) - 1) as f64;
    let x = |i: usize| MARGIN + step * i as f64;
    let seek = {
        let (dispatch, node) = (dispatch.clone(), node.clone());
        Callback::from(move |event: PointerEvent| {
            if event.buttons() != 1 {
                return;
            }
            if let Some(element) = node.cast() {
                browser::capture(&event, &element);
                let part = browser::along(&event, &element, MARGIN);
                dispatch.send(Action::Seek((part * (count - 1) as f64).round() as usize));
            }
        })
    };
    html! {
        <div
            class="scrub"
            ref={node}
            role="slider"
            tabindex="0"
            aria-label="Event"
            aria-valuemin="1"
            aria-valuemax={count.to_string()}
            aria-valuenow={(props.cursor + 1).to_string()}
            aria-valuetext={play.frame(props.cursor).caption.text()}
            onpointerdown={seek.clone()}
            onpointermove={seek}
        >
            <svg width={n(width)} height="40" aria-hidden="true">
                { path("track", format!("M{MARGIN} {MIDDLE}H{}", x(count - 1))) }
                { path("track past", format!("M{MARGIN} {MIDDLE}H{:.1}", x(props.cursor))) }
                { ticks }
                { legs(play, props.cursor, step, props.phone) }
                { rect("cursor", Rect { x: x(props.cursor) - 8.5, y: MIDDLE - 11.5, w: 17.0, h: 22.0 }, "2") }
            </svg>
        </div>
    }
}

/// One glyph for each moment; plain ones only where there is room. Drawn once for a walk.
fn ticks(play: &Play, width: u32, phone: bool, untold: Option<usize>) -> Html {
    let frames = &play.frames;
    let step = (f64::from(width.max(200)) - 2.0 * MARGIN) / (frames.len().max(2) - 1) as f64;
    let size = if phone || step < 9.0 { 4.0 } else { 5.0 };
    let mut free = f64::NEG_INFINITY;
    let mut ticks = Vec::new();
    for (i, frame) in frames.iter().enumerate() {
        let x = MARGIN + step * i as f64;
        let plain = frame.kind.tone() == Tone::Plain;
        // A diamond that is full or hollow would answer what is still to be guessed.
        let open = frame.kind.is_draw() && untold.is_some_and(|from| i > from);
        let glyph = match open {
            true => Glyph::Ring,
            false => frame.kind.glyph(),
        };
        // Where it is crowded, what counts is drawn and the rest left out.
        let room = match plain {
            true => step >= 4.0 && !(phone || step < 6.0 && glyph == Glyph::Dot),
            false => x - free >= 3.0,
        };
        if !room {
            continue;
        }
        if !plain {
            free = x;
        }
        ticks.push(html! { <g class={tone(frame.kind)}>{ shape(glyph, x, MIDDLE, size) }</g> });
    }
    ticks.into_iter().collect()
}

/// Whose part of the way is where, named as far as there is room; at the cursor, that of a short part too.
fn legs(play: &Play, cursor: usize, step: f64, phone: bool) -> Html {
    let at = |i: usize| MARGIN + step * i as f64;
    let half = step.min(12.0) / 2.0;
    let now = play.frame(cursor).visit;
    let mut free = f64::NEG_INFINITY;
    let mut lines = Vec::new();
    let mut names: Vec<(bool, f64, f64, String)> = Vec::new();
    for (i, visit) in play.visits.iter().enumerate() {
        let x = at(visit.frames.0) - half;
        if i > 0 && step * (visit.frames.1 - visit.frames.0 + 1) as f64 > 10.0 {
            lines.push(path("leg", format!("M{x:.1} 0V38")));
        }
        let end = (at(visit.frames.1 + 1) - half).min(at(play.frames.len() - 1) + MARGIN);
        for label in labels(visit, phone, end - x, &at) {
            let (x, wide) = (label.x - half + 4.0, label_width(&label.text));
            // Two names never touch, and none reaches over the end of its part.
            if x < free || x + wide > end {
                continue;
            }
            free = x + wide + 4.0;
            let lit = i == now && (label.frames.0..=label.frames.1).contains(&cursor);
            names.push((lit, x, wide, label.text));
        }
    }
    if let (false, Some(visit)) = (names.iter().any(|n| n.0), play.visits.get(now)) {
        let wide = label_width(&visit.label) * BOLD;
        let last = at(play.frames.len() - 1) + MARGIN - wide;
        let x = (at(visit.frames.0) - half + 4.0).min(last).max(0.0);
        // It takes nobody's place, so that no name comes and goes with the cursor.
        let apart = |n: &(bool, f64, f64, String)| n.1 + n.2 + 4.0 <= x || n.1 >= x + wide + 4.0;
        if names.iter().all(apart) {
            names.push((true, x, wide, visit.label.clone()));
        }
    }
    let names = names.iter().map(|(lit, x, _, name)| match lit {
        true => text("leg-name now", (*x, 11.0), name),
        false => text("leg-name", (*x, 11.0), name),
    });
    lines.into_iter().chain(names).collect()
}

/// How much wider a lit name's bold letters are.
const BOLD: f64 = 1.15;

/// A name over the track.
struct Label {
    text: String,
    x: f64,
    /// The moments it stands for.
    frames: (usize, usize),
}

/// The names over one visit. Whose it is comes first; the hooks follow where there is room for all.
fn labels(visit: &Visit, phone: bool, room: f64, at: &dyn Fn(usize) -> f64) -> Vec<Label> {
    let reply = match visit.direction {
        fabric::Direction::Reply => ", reply",
        fabric::Direction::Original => "",
    };
    let whole = format!("{}{reply}", visit.label);
    let fits = |text: &str, room: f64| label_width(text) + 6.0 <= room;
    let name = match fits(&whole, room) {
        true => whole.clone(),
        false => visit.label.clone(),
    };
    let label = |text: String, from: usize, to: usize| Label {
        text,
        x: at(from),
        frames: (from, to),
    };
    let hooks: Vec<&player::frames::Station> = visit
        .stations
        .iter()
        .filter(|s| !s.door && s.label != "routing")
        .collect();
    let end = |i: usize| hooks.get(i + 1).map_or(visit.frames.1, |s| s.first - 1);
    let first = match hooks.first() {
        Some(hook) if !phone => {
            let both = format!("{whole}: {}", hook.label);
            match fits(&both, at(end(0) + 1) - at(visit.frames.0)) {
                true => label(both, visit.frames.0, end(0)),
                false => label(name, visit.frames.0, end(0)),
            }
        }
        _ => return vec![label(name, visit.frames.0, visit.frames.1)],
    };
    let others = hooks.iter().enumerate().skip(1);
    let others = others.map(|(i, hook)| label(hook.label.clone(), hook.first, end(i)));
    std::iter::once(first).chain(others).collect()
}
