//! The staircase before a change beside the one after it.

use player::comparison::Comparison;
use player::late::steps::{Side, Steps, steps};
use player::layout::Rect;
use player::text::elide;
use yew::prelude::*;

use crate::components::draw::{anchored, n, rect, text};

/// A staircase's width, a bar's height, and from one bar to the next.
const WIDTH: f64 = 420.0;
const BAR: f64 = 20.0;
const STEP: f64 = 36.0;

/// Both, where chance decides on one side at least.
pub fn before_after(found: &Comparison) -> Html {
    let (before, after) = (
        steps(&found.shares, Side::Before),
        steps(&found.shares, Side::After),
    );
    if !found.by_chance
        || before.steps.len().max(after.steps.len()) < 2
        || before.steps == after.steps
    {
        return Html::default();
    }
    html! {
        <div class="before-after">
            { one(&before) }
            { one(&after) }
        </div>
    }
}

fn one(found: &Steps) -> Html {
    let height = STEP * found.steps.len() as f64 + 4.0;
    let x = |part: f64| 4.0 + part * (WIDTH - 8.0);
    let said: Vec<&str> = found.steps.iter().map(|s| s.label.as_str()).collect();
    let name = format!("{}: {}", found.title, said.join(", "));
    html! {
        <figure>
            <figcaption><b>{ &found.title }</b></figcaption>
            if !found.steps.is_empty() {
                <svg width={n(WIDTH)} height={n(height)} viewBox={format!("0 0 {WIDTH} {height}")} role="img" aria-label={name}>
                    for (i, step) in found.steps.iter().enumerate() {
                        {
                            {
                                let y = STEP * i as f64;
                                let (left, right) = (x(step.start), x(1.0));
                                let hit = x(step.start + (1.0 - step.start) * step.takes);
                                let letters = ((hit - left - 12.0) / 7.2).max(0.0) as usize;
                                let place = |from: f64, to: f64| Rect { x: from, y, w: to - from, h: BAR };
                                html! {
                                    <>
                                        { rect("step", place(left, right), "0") }
                                        { rect("step takes", place(left, hit), "0") }
                                        if letters > 4 {
                                            { text("small", (left + 6.0, y + 14.0), &elide(&step.label, letters)) }
                                        }
                                        { anchored("mono small faint", (left, y + BAR + 11.0), "start", "0") }
                                        if let Some(threshold) = &step.threshold {
                                            { anchored("mono small faint", (hit + 3.0, y + BAR + 11.0), "start", threshold) }
                                        }
                                        { anchored("mono small faint", (right, y + BAR + 11.0), "end", "1") }
                                    </>
                                }
                            }
                        }
                    }
                </svg>
            }
            if found.more > 0 {
                <p class="faint">{ format!("and {} more", found.more) }</p>
            }
        </figure>
    }
}
