//! The draws of a chain as a staircase: each bar is what is left of the whole, so that a third, a half
//! and "the rest" come out as steps of equal width.

use player::Action;
use player::layout::Rect;
use player::moment::{Bar, Stairs};
use player::stairs::Stand;
use player::text::elide;
use yew::prelude::*;

use super::draw::{n, path, polyline, rect, text, text_to};
use super::walk::WalkProps;
use crate::browser;

/// The draws of a chain: each bar is what is left of the whole, at its true width.
pub fn staircase(props: &WalkProps, stairs: &Stairs, node: NodeRef) -> Html {
    let dispatch = &props.dispatch;
    let width = super::moment::stair_width(props);
    let step = step(props);
    let labels = match props.phone || width < 480 {
        true => 16.0,
        false => {
            let sums = stairs.bars.iter().map(|b| wide(&b.sum, 6.8));
            (sums.fold(0.0, f64::max) + 20.0).clamp(212.0, 260.0)
        }
    };
    let stage = Stage {
        left: 8.0,
        whole: (f64::from(width) - 8.0 - labels).max(160.0),
        labels,
        step,
        top: strip_height(stairs),
        bars: stairs.bars.len(),
    };
    let (x0, whole) = (stage.left, stage.whole);
    let height = height(props, stairs);
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
                "PageDown" => -0.1,
                "PageUp" => 0.1,
                "Home" => -1.0,
                "End" => 1.0,
                _ => return,
            };
            let Some(at) = at else { return };
            event.prevent_default();
            event.stop_propagation();
            let to = (at + by).clamp(0.0, 0.999_999);
            dispatch.send(Action::Pin((to * f64::from(1u32 << 31)) as u32));
        })
    };
    let hands = props.chance.by_hand.clone();
    let by_hand = move |bar: &Bar| match bar.draw.is_some_and(|i| hands.contains(&i)) {
        true => Origin::Hand,
        false => Origin::Chance,
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
                role={if stairs.draw.is_some() { "slider" } else { "img" }}
                tabindex={stairs.draw.is_some().then_some("0")}
                aria-label={label_of(stairs, &said)}
                aria-valuemin={stairs.draw.is_some().then_some("0")}
                aria-valuemax={stairs.draw.is_some().then_some("1")}
                aria-valuenow={stairs.draw.as_ref().map(|d| d.number.clone())}
                aria-valuetext={stairs.draw.is_some().then(|| format!("{}. {}", drawn_in_words(stairs), said.join("; ")))}
                onpointerdown={drag.clone()}
                onpointermove={drag}
                onkeydown={keys}
            >
                if !stairs.strip.is_empty() {
                    { strip(stairs, &stage) }
                }
                for (i, bar) in stairs.bars.iter().enumerate() {
                    { bar_of(bar, i, &stage, stairs.bars.get(i + 1), by_hand(bar)) }
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

fn label_of(stairs: &Stairs, said: &[String]) -> String {
    match stairs.draw {
        Some(_) => "Number drawn: drag or use the arrow keys to force another".into(),
        None => format!("The draws of this chain: {}", said.join("; ")),
    }
}

/// From bar to bar.
fn step(props: &WalkProps) -> f64 {
    match props.height < super::stack::LOW && !props.phone {
        true => 33.0,
        false => 36.0,
    }
}

/// The height of the strip above the bars.
fn strip_height(stairs: &Stairs) -> f64 {
    match stairs.strip.is_empty() {
        true => 0.0,
        false => 24.0,
    }
}

/// The whole drawing's height.
pub(super) fn height(props: &WalkProps, stairs: &Stairs) -> f64 {
    18.0 + strip_height(stairs) + stairs.bars.len() as f64 * step(props)
}

/// Where a number came from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Chance,
    Hand,
}

/// The whole in pieces, one for each endpoint, and which of them the bars below show.
fn strip(stairs: &Stairs, stage: &Stage) -> Html {
    let x = |part: f64| stage.left + stage.whole * part;
    let whole = Rect {
        x: stage.left,
        y: 1.0,
        w: stage.whole,
        h: 9.0,
    };
    let mut out = Vec::new();
    for piece in &stairs.strip {
        let class = match piece.stand {
            Stand::Passed => "strip-passed",
            Stand::Here => "strip-here",
            Stand::Open => "strip-open",
        };
        let at = Rect {
            x: x(piece.from),
            w: (stage.whole * piece.width).max(2.0) + 1.0,
            ..whole
        };
        out.push(rect(class, at, "0"));
        if stage.whole * piece.width > 3.0 && piece.from > 0.0 {
            out.push(polyline(
                "strip-cut",
                &[(x(piece.from), 2.0), (x(piece.from), 10.0)],
            ));
        }
    }
    out.push(rect("strip", whole, "0"));
    let words = hidden(stairs);
    match stage.labels > 20.0 {
        true => out.push(text("sum", (stage.left + stage.whole + 16.0, 10.0), &words)),
        false => out.push(text("small faint", (stage.left, 21.0), &words)),
    }
    html! { <g>{ for out }</g> }
}

/// How many are above and below.
fn hidden(stairs: &Stairs) -> String {
    let all = stairs.strip.len();
    match stairs.hidden {
        (before, 0) => format!("of {all}, {before} above not shown"),
        (0, after) => format!("of {all}, {after} below not shown"),
        (before, after) => format!("of {all}, {before} above, {after} below"),
    }
}

/// Where the bars stand.
struct Stage {
    /// Left end of the whole.
    left: f64,
    /// Width of the whole.
    whole: f64,
    /// Room for words at the right.
    labels: f64,
    /// From bar to bar.
    step: f64,
    /// Room above the bars.
    top: f64,
    /// How many bars.
    bars: usize,
}

/// Height of a bar.
const HIGH: f64 = 20.0;
/// Widths of a letter at 11 px: of a label, of a faint word.
const LABEL: f64 = 6.9;
/// The same in bold.
const BOLD: f64 = 7.8;
const FAINT: f64 = 6.3;

fn wide(text: &str, each: f64) -> f64 {
    text.chars().count() as f64 * each
}

fn bar_of(bar: &Bar, index: usize, stage: &Stage, next: Option<&Bar>, origin: Origin) -> Html {
    let y = 16.0 + stage.top + index as f64 * stage.step;
    let (a, b) = (
        stage.left + stage.whole * bar.start,
        stage.left + stage.whole,
    );
    let t = a + (b - a) * bar.share;
    let axis = y + HIGH + 12.0;
    let needle = bar
        .drawn
        .as_ref()
        .map(|(at, text)| (a + (b - a) * at, text));
    let box_to = |x: f64| Rect {
        x: a,
        y,
        w: (x - a).max(2.0),
        h: HIGH,
    };
    let mut out = vec![
        rect("left", box_to(b), "0"),
        rect("zone", box_to(t), "0"),
        text(
            "small label",
            (a + 7.0, y + 14.5),
            &label(bar, t - a, b - a),
        ),
    ];
    if index + 1 < stage.bars {
        out.push(polyline("drop", &[(t, y + HIGH), (t, y + stage.step)]));
    }
    let miss = match (bar.threshold.is_some(), bar.state.starts_with("miss")) {
        (false, _) => "",
        (true, true) => &bar.state,
        (true, false) => "miss",
    };
    let mut miss_x = b - 8.0;
    if let Some((x, _)) = needle
        && x > miss_x - wide(miss, FAINT) - 8.0
    {
        miss_x = x - 10.0;
    }
    if miss_x - wide(miss, FAINT) > t + 8.0 {
        out.push(text_to("small faint", (miss_x, y + 14.5), miss));
    }
    out.push(match index {
        0 => text("mono small faint", (a, axis), "0"),
        _ => text_to("mono small faint", (a - 5.0, axis), "0"),
    });
    out.push(text_to("mono small faint", (b, axis), "1"));
    if let Some(threshold) = &bar.threshold {
        out.push(polyline("limit", &[(t, y - 3.0), (t, y + HIGH + 3.0)]));
        // The next bar begins here, and its own number may stand where this one would.
        let taken = next
            .and_then(|bar| bar.drawn.as_ref())
            .is_some_and(|(at, _)| (b - t) * at < 72.0);
        out.push(match taken {
            true => text_to("mono small limit-text", (t - 5.0, axis), threshold),
            false => text("mono small limit-text", (t + 5.0, axis), threshold),
        });
    }
    if let Some((x, number)) = needle {
        let number = match origin {
            Origin::Hand => format!("{number} by hand"),
            Origin::Chance => number.clone(),
        };
        out.push(needle_of(x, y, &number, (a, b)));
    }
    if stage.labels > 20.0 {
        let x = b + 16.0;
        let rule = elide(&format!("rule {}, {}", bar.rule, bar.name), 25);
        out.push(text("sum-name", (x, y + 8.0), &rule));
        out.push(text("sum", (x, y + 24.0), &bar.sum));
    }
    html! { <g class={if bar.current { "bar current" } else { "bar" }}>{ for out }</g> }
}

/// The name on a bar. One too narrow for all of it says less; the line at the right says the rest.
fn label(bar: &Bar, hit: f64, left: f64) -> String {
    let name = match bar.state.as_str() {
        "hit" | "not tried" | "takes the rest" => format!("{}: {}", bar.name, bar.state),
        _ => bar.name.clone(),
    };
    let each = if bar.current { BOLD } else { LABEL };
    let hit_room = (hit - 12.0).max(0.0);
    match wide(&name, each) <= hit_room || bar.threshold.is_none() {
        true if wide(&name, each) <= left - 14.0 => name,
        true => elide(&bar.name, ((left - 14.0).max(0.0) / each) as usize),
        false if bar.state == "hit" && hit_room < 60.0 => match wide("hit", each) <= hit_room {
            true => "hit".into(),
            false => String::new(),
        },
        // A pod's name may be cut, but what became of it is told.
        false if bar.state == "hit" => {
            let room = (hit_room / each) as usize;
            format!("{}: hit", elide(&bar.name, room.saturating_sub(5)))
        }
        false => elide(&bar.name, (hit_room / each) as usize),
    }
}

fn needle_of(x: f64, y: f64, number: &str, (a, b): (f64, f64)) -> Html {
    let head = format!("M{x:.1} {y}l-5 -8h10z");
    let number = match x + 9.0 + wide(number, 6.65) > b && x - a > 60.0 {
        true => text_to("mono small", (x - 9.0, y - 3.0), number),
        false => text("mono small", (x + 9.0, y - 3.0), number),
    };
    html! {
        <g class="needle">
            { polyline("pin", &[(x, y - 2.0), (x, y + HIGH + 1.0)]) }
            { path("head", head) }
            { number }
        </g>
    }
}
