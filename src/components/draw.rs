//! The few shapes that every drawing is made of. Each is written once, which keeps the page small:
//! what `html!` makes of an element is long.

use player::layout::{Point, Rect};
use yew::prelude::*;

/// A number as an attribute.
pub fn n(value: f64) -> AttrValue {
    // Tenths of a pixel are as fine as anything is drawn.
    let text = format!("{value:.1}");
    AttrValue::from(match text.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => text,
    })
}

/// A rectangle, its line on whole pixels.
#[inline(never)]
pub fn rect(class: &'static str, at: Rect, round: &'static str) -> Html {
    html! {
        <rect {class} x={n(at.x + 0.5)} y={n(at.y + 0.5)} width={n((at.w - 1.0).max(0.0))} height={n(at.h)} rx={round} />
    }
}

/// A path.
#[inline(never)]
pub fn path(class: &'static str, d: String) -> Html {
    html! { <path {class} {d} /> }
}

/// A disc or a ring.
#[inline(never)]
pub fn circle(class: &'static str, at: Point, r: f64) -> Html {
    html! { <circle {class} cx={n(at.0)} cy={n(at.1)} r={n(r)} /> }
}

/// A path through points.
pub fn polyline(class: &'static str, points: &[Point]) -> Html {
    let mut d = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        d.push(if i == 0 { 'M' } else { 'L' });
        d.push_str(&n(*x));
        d.push(' ');
        d.push_str(&n(*y));
    }
    path(class, d)
}

/// Words that begin at a point.
pub fn text(class: &str, at: Point, words: &str) -> Html {
    anchored(class, at, "start", words)
}

/// Words that end at a point.
pub fn text_to(class: &str, at: Point, words: &str) -> Html {
    anchored(class, at, "end", words)
}

/// Words on either side of a point.
#[inline(never)]
pub fn anchored(class: &str, at: Point, anchor: &'static str, words: &str) -> Html {
    html! {
        <text class={class.to_owned()} text-anchor={anchor} x={n(at.0)} y={n(at.1)}>{ words }</text>
    }
}
