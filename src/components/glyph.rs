//! The shapes of moments: one for each kind, so that colour is never the only sign.

use player::{Glyph, Kind};
use yew::prelude::*;

/// A shape with its centre at a point, to stand inside an SVG.
pub fn shape(glyph: Glyph, x: f64, y: f64, s: f64) -> Html {
    let fill = classes!("fill");
    let line = classes!("line");
    let path = |class: Classes, d: String| html! { <path {class} {d} /> };
    match glyph {
        Glyph::Dot => html! { <circle class={fill} cx={n(x)} cy={n(y)} r="1.75" /> },
        Glyph::Bar => rect(fill, x - 1.0, y - 5.0, 2.0, 10.0),
        Glyph::Hook => rect(fill, x - 0.5, y - 8.0, 1.0, 16.0),
        Glyph::Ring => html! { <circle class={line} cx={n(x)} cy={n(y)} r="3" /> },
        Glyph::Disc => html! { <circle class={fill} cx={n(x)} cy={n(y)} r={n(s)} /> },
        Glyph::Arrow => path(line, format!("M{} {y}h10m-3-3l3 3l-3 3", x - 5.0)),
        Glyph::Diamond | Glyph::DiamondHollow => {
            let r = s + 1.0;
            let class = match glyph {
                Glyph::Diamond => fill,
                _ => line,
            };
            path(class, format!("M{x} {}l{r} {r}l-{r} {r}l-{r}-{r}z", y - r))
        }
        Glyph::Up => path(
            fill,
            format!("M{x} {}l{} {}h-{}z", y - s, s + 1.0, 2.0 * s, 2.0 * s + 2.0),
        ),
        Glyph::UpHollow => path(
            line,
            format!("M{x} {}l{s} {}h-{}z", y - s + 1.0, 2.0 * s - 2.0, 2.0 * s),
        ),
        Glyph::Down => path(
            fill,
            format!(
                "M{x} {}l{} -{}h-{}z",
                y + s,
                s + 1.0,
                2.0 * s,
                2.0 * s + 2.0
            ),
        ),
        Glyph::DownHollow => path(
            line,
            format!("M{x} {}l{s} -{}h-{}z", y + s - 1.0, 2.0 * s - 2.0, 2.0 * s),
        ),
        Glyph::Flag => path(line, format!("M{} {}v-11h6l-2 3l2 3h-6", x - 2.0, y + 6.0)),
        Glyph::Square => rect(fill, x - 4.0, y - 4.0, 8.0, 8.0),
        Glyph::SquareHollow => rect(line, x - 3.5, y - 3.5, 7.0, 7.0),
        Glyph::Cross => path(line, format!("M{} {}l8 8m0-8l-8 8", x - 4.0, y - 4.0)),
    }
}

/// A number as an attribute.
pub fn n(value: f64) -> AttrValue {
    // Tenths of a pixel are as fine as anything is drawn.
    let text = format!("{:.1}", value);
    AttrValue::from(match text.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => text,
    })
}

fn rect(class: Classes, x: f64, y: f64, w: f64, h: f64) -> Html {
    html! { <rect {class} x={n(x)} y={n(y)} width={n(w)} height={n(h)} /> }
}

/// A shape of its own beside a word.
pub fn icon(kind: Kind) -> Html {
    html! {
        <svg class={classes!("glyph", tone(kind))} width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
            { shape(kind.glyph(), 7.0, 7.0, 4.5) }
        </svg>
    }
}

/// The class that gives a kind its colour.
pub fn tone(kind: Kind) -> String {
    format!("tone-{}", kind.tone().word())
}
