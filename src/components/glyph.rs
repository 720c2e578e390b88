//! The shapes of moments: one for each kind, so that colour is never the only sign.

use player::{Glyph, Kind};
use yew::prelude::*;

use super::draw::{circle, path};

/// A shape with its centre at a point, to stand inside an SVG.
pub fn shape(glyph: Glyph, x: f64, y: f64, s: f64) -> Html {
    let d = match glyph {
        Glyph::Dot => return circle("fill", (x, y), 1.75),
        Glyph::Ring => return circle("line", (x, y), 3.0),
        Glyph::Disc => return circle("fill", (x, y), s),
        Glyph::Bar => format!("M{} {}h2v10h-2z", x - 1.0, y - 5.0),
        Glyph::Hook => format!("M{} {}h1v16h-1z", x - 0.5, y - 8.0),
        Glyph::Square => format!("M{} {}h8v8h-8z", x - 4.0, y - 4.0),
        Glyph::SquareHollow => format!("M{} {}h7v7h-7z", x - 3.5, y - 3.5),
        Glyph::Arrow => format!("M{} {y}h10m-3-3l3 3l-3 3", x - 5.0),
        Glyph::Flag => format!("M{} {}v-11h6l-2 3l2 3h-6", x - 2.0, y + 6.0),
        Glyph::Cross => format!("M{} {}l8 8m0-8l-8 8", x - 4.0, y - 4.0),
        Glyph::Diamond | Glyph::DiamondHollow => {
            let r = s + 1.0;
            format!("M{x} {}l{r} {r}l-{r} {r}l-{r}-{r}z", y - r)
        }
        Glyph::Up => format!("M{x} {}l{} {}h-{}z", y - s, s + 1.0, 2.0 * s, 2.0 * s + 2.0),
        Glyph::UpHollow => format!("M{x} {}l{s} {}h-{}z", y - s + 1.0, 2.0 * s - 2.0, 2.0 * s),
        Glyph::Down => format!(
            "M{x} {}l{} -{}h-{}z",
            y + s,
            s + 1.0,
            2.0 * s,
            2.0 * s + 2.0
        ),
        Glyph::DownHollow => {
            format!("M{x} {}l{s} -{}h-{}z", y + s - 1.0, 2.0 * s - 2.0, 2.0 * s)
        }
    };
    let hollow = matches!(
        glyph,
        Glyph::SquareHollow
            | Glyph::Arrow
            | Glyph::Flag
            | Glyph::Cross
            | Glyph::DiamondHollow
            | Glyph::UpHollow
            | Glyph::DownHollow
    );
    path(if hollow { "line" } else { "fill" }, d)
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
