//! Many connections in the place of the walk: the chart, the table that says the same in words and
//! numbers, what can be asked, and how far it is. Everything shown was computed before.

use std::rc::Rc;

use player::chart::Chart;
use player::layout::Rect;
use player::many::{CHOICES, Deed, Lane, Many, Tallies, sentence};
use player::session::Panel;
use player::text::thousands;
use player::{Action, Kind, Session};
use yew::prelude::*;

use super::chart::chart;
use crate::components::draw::{n, polyline, rect};
use crate::components::glyph::icon;
use crate::{Dispatch, browser, room};

/// What is shown of many connections.
struct ManyProps {
    /// Them.
    many: Many,
    /// The seed.
    seed: u64,
    /// The room that the chart has.
    width: u32,
    /// The height of the part.
    height: u32,
    /// Whether the page is a phone's.
    phone: bool,
    /// Hands actions up.
    dispatch: Dispatch,
}

/// Many connections.
pub fn many(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    many_view(&ManyProps {
        many: session.many.clone(),
        seed: session.seed,
        width: room::many_width(session),
        height: room::walk_height(session) + 16,
        phone: session.is_phone(),
        dispatch: dispatch.clone(),
    })
}

/// The chart by itself, once there is one.
pub fn picture(session: &Rc<Session>) -> Option<Html> {
    let tallies = session.many.shown.as_deref()?;
    let props = ManyProps {
        many: session.many.clone(),
        seed: session.seed,
        width: 1080,
        height: 640,
        phone: false,
        dispatch: Dispatch(Callback::noop()),
    };
    let charted = tallies.wanted >= 2 && !tallies.endpoints.is_empty();
    charted.then(|| html! { <div class="many still">{ charted_view(&props, tallies) }</div> })
}

fn many_view(props: &ManyProps) -> Html {
    let shown = props.many.shown.as_deref();
    html! {
        <>
            <section class="many" aria-label="Many connections" tabindex="0">
                <div class="many-head">
                    <h2>{ "Share of each endpoint as connections add up" }</h2>
                    <span class="faint">
                        {
                            match shown.is_some_and(|t| t.tied.is_some()) {
                                true => "the first connection draws for all",
                                false => "every connection makes its own draws",
                            }
                        }
                    </span>
                </div>
                if props.phone {
                    { choose(props) }
                }
                if let Some(refusal) = &props.many.refusal {
                    <div class="refusal" role="alert">
                        <p><b>{ &refusal.message }</b></p>
                        <p>{ &refusal.help }</p>
                    </div>
                }
                if let Some(tallies) = shown {
                    { charted_view(props, tallies) }
                    { table("endpoint", &tallies.endpoints, tallies, props.phone) }
                    { endings(tallies, props.phone) }
                }
            </section>
            if !props.phone {
                <section class="side many-side" aria-label="What is asked" tabindex="0">
                    { choose(props) }
                    { told(shown) }
                </section>
            }
            { story(props, shown) }
            { bar(props) }
        </>
    }
}

fn charted_view(props: &ManyProps, tallies: &Tallies) -> Html {
    // One connection has no way to show.
    if tallies.wanted < 2 || tallies.endpoints.is_empty() {
        return Html::default();
    }
    let rows = tallies.endpoints.len() as f64;
    let height = match props.phone {
        true => 190.0,
        // What the table leaves, within reason.
        false => (f64::from(props.height) - 120.0 - rows * 29.0).clamp(180.0, 280.0),
    };
    let drawn = Chart::of(tallies, f64::from(props.width), height);
    let ends: Vec<String> = tallies
        .endpoints
        .iter()
        .take(20)
        .map(|lane| {
            let share = lane.count as f64 / tallies.made.max(1) as f64;
            format!("{} {}", lane.name, player::odds::percent(share))
        })
        .collect();
    let said = format!(
        "Chart of each endpoint's share after {} of {} connections: {}. The table below has all numbers.",
        thousands(tallies.made as usize),
        thousands(tallies.wanted as usize),
        ends.join(", "),
    );
    chart(&drawn, f64::from(props.width), height, said)
}

/// Endpoints or endings, with the band that chance allows.
fn table(what: &'static str, lanes: &[Lane], tallies: &Tallies, phone: bool) -> Html {
    if lanes.is_empty() {
        return Html::default();
    }
    let made = tallies.made;
    let widest = lanes
        .iter()
        .flat_map(|lane| {
            let expected = lane.expected(made)?;
            let (low, high) = lane.band?;
            let gap = lane.count as f64 - expected;
            Some([gap.abs(), expected - low as f64, high as f64 - expected])
        })
        .flatten()
        .fold(1.0, f64::max);
    let tied = tallies.tied.is_some();
    let banded = lanes.iter().any(|lane| lane.band.is_some());
    html! {
        <table class="tally">
            <thead>
                <tr>
                    <th scope="col">{ what }</th>
                    <th scope="col" class="number">{ "connections" }</th>
                    if tied {
                        <th scope="col" class="number">{ "odds of the first" }</th>
                    } else {
                        <th scope="col" class="number">{ "expected" }</th>
                        <th scope="col" class="number">{ "gap" }</th>
                    }
                    if !phone && banded {
                        <th scope="col">{ "gap, and what chance allows" }</th>
                    }
                    if banded {
                        <th scope="col" class="verdict">{ "band" }</th>
                    }
                </tr>
            </thead>
            <tbody>
                for lane in lanes {
                    <tr>
                        <th scope="row"><b title={lane.name.clone()}>{ name(lane, phone) }</b>{ " " }<span class="mono faint">{ &lane.socket }</span></th>
                        <td class="number mono">{ thousands(lane.count as usize) }</td>
                        if tied {
                            <td class="number mono">{ lane.share.map(player::odds::said) }</td>
                        } else {
                            <td class="number mono">{ expected(lane, made) }</td>
                            <td class="number mono">{ gap(lane, made) }</td>
                        }
                        if !phone && banded {
                            <td>{ place(lane, made, widest) }</td>
                        }
                        if banded {
                            <td class="verdict">{ inside(lane) }</td>
                        }
                    </tr>
                }
            </tbody>
        </table>
    }
}

/// A phone has little room, and the end of a pod's name is what tells it from others.
fn name(lane: &Lane, phone: bool) -> String {
    match phone && !lane.socket.is_empty() {
        true => player::text::elide(&lane.name, 14),
        false => lane.name.clone(),
    }
}

fn expected(lane: &Lane, made: u64) -> String {
    match lane.expected(made) {
        Some(expected) if made < 1000 && expected.fract() > 0.05 && expected.fract() < 0.95 => {
            format!("{expected:.1}")
        }
        Some(expected) => thousands(expected.round() as usize),
        None => "unknown".into(),
    }
}

fn gap(lane: &Lane, made: u64) -> String {
    match lane.gap(made) {
        Some(gap) if gap.abs() < 0.05 => "0".into(),
        Some(gap) if made < 1000 => format!("{gap:+.1}"),
        Some(gap) => {
            let sign = if gap < 0.0 { '\u{2212}' } else { '+' };
            format!("{sign}{}", thousands(gap.abs().round() as usize))
        }
        None => String::new(),
    }
    .replace('-', "\u{2212}")
}

fn inside(lane: &Lane) -> Html {
    let Some((low, high)) = lane.band else {
        return Html::default();
    };
    let word = match lane.inside() {
        Some(false) => html! { <b>{ "outside" }</b> },
        _ => html! { { "inside" } },
    };
    let range = format!(
        "{} to {}",
        thousands(low as usize),
        thousands(high as usize)
    );
    html! { <>{ word }<small class="faint mono">{ range }</small></> }
}

/// Width of the little picture of a gap in its band.
const PLACE: f64 = 220.0;

fn place(lane: &Lane, made: u64, widest: f64) -> Html {
    let (Some(expected), Some((low, high))) = (lane.expected(made), lane.band) else {
        return Html::default();
    };
    let x = |count: f64| PLACE / 2.0 + (count - expected) / widest * (PLACE / 2.0 - 8.0);
    let (from, to) = (x(low as f64), x(high as f64));
    let box_ = Rect {
        x: from,
        y: 3.0,
        w: (to - from).max(3.0),
        h: 12.0,
    };
    let dot = x(lane.count as f64);
    html! {
        <svg class="place" width={n(PLACE)} height="18" aria-hidden="true">
            { rect("band", box_, "0") }
            { polyline("middle", &[(PLACE / 2.0, 3.0), (PLACE / 2.0, 15.0)]) }
            { crate::components::draw::circle("dot", (dot, 9.0), 4.5) }
        </svg>
    }
}

fn endings(tallies: &Tallies, phone: bool) -> Html {
    let met: Vec<&Lane> = tallies.endings.iter().filter(|l| l.count > 0).collect();
    let kept = match tallies.masqueraded {
        _ if tallies.endpoints.is_empty() => String::new(),
        0 => " Every endpoint saw the client's own address.".into(),
        all if all == tallies.made => {
            " Every endpoint saw a node's address in place of the client's: all were masqueraded."
                .into()
        }
        some => format!(
            " {} were masqueraded: their endpoint saw a node's address in place of the client's.",
            thousands(some as usize)
        ),
    };
    match met.as_slice() {
        [one] if tallies.endings.len() == 1 => html! {
            <p class="alike">{ "How they ended: " }<b>{ &one.name }</b>{ ", all of them." }{ kept }</p>
        },
        _ => html! {
            <>
                { table("ending", &tallies.endings, tallies, phone) }
                <p class="alike">{ kept.trim_start().to_owned() }</p>
            </>
        },
    }
}

fn choose(props: &ManyProps) -> Html {
    let dispatch = &props.dispatch;
    let many = &props.many;
    let typed = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            dispatch.send(Action::Many(Deed::Typed(browser::value(&event))));
        })
    };
    let usual = many.shown.as_ref().and_then(|t| t.usual);
    let hint = |i: usize| match (CHOICES[i], usual) {
        (1, _) => "which one is the whole story".to_owned(),
        (_, Some(usual)) => format!("gaps of {} are usual", thousands(usual[i] as usize)),
        _ => String::new(),
    };
    let field = many
        .draft
        .clone()
        .unwrap_or_else(|| thousands(many.wanted as usize));
    html! {
        <div class="part many-choose">
            <h2>{ "How many connections" }</h2>
            <div class="choices" role="group" aria-label="How many connections">
                for (i, number) in CHOICES.into_iter().enumerate() {
                    <button
                        aria-pressed={(number == many.wanted).to_string()}
                        onclick={dispatch.on(Action::Many(Deed::Make(number)))}
                    >
                        <span class="mono">{ thousands(number as usize) }</span>
                        <span class="faint">{ hint(i) }</span>
                    </button>
                }
            </div>
            <label class="typed">
                <span>{ "or" }</span>
                <input
                    class="field mono"
                    aria-label="Number of connections"
                    inputmode="numeric"
                    size="9"
                    value={field}
                    aria-invalid={many.draft.is_some().to_string()}
                    onchange={typed}
                />
                <span class="faint">{ if many.draft.is_some() { "1 to 1,000,000" } else { "any number" } }</span>
            </label>
        </div>
    }
}

fn told(shown: Option<&Tallies>) -> Html {
    let tied = shown.is_some_and(|t| t.tied.is_some());
    html! {
        <div class="part many-told">
            <h2>{ "What chance allows" }</h2>
            if tied {
                <p>{ "Nothing: the connections are not drawn apart from each other. So there is no band." }</p>
            } else {
                <p>{ "Of 100 runs with other seeds, 95 stay inside the band, at each point. It comes from the exact odds and the binomial distribution, not from this run." }</p>
            }
            <p class="faint">{ "A connection draws once, when its first packet meets the rules. Its later packets follow conntrack, so one long connection stays on one endpoint." }</p>
        </div>
    }
}

/// The sentence with the number that decides made to stand out.
fn strong(text: &str) -> Html {
    let cut = text
        .find(" runs")
        .and_then(|end| Some((text[..end].rfind(" in ")? + 4, end)));
    match cut {
        Some((from, to)) => {
            html! { <>{ &text[..from] }<b>{ &text[from..to] }</b>{ &text[to..] }</> }
        }
        None => html! { { text } },
    }
}

fn story(props: &ManyProps, shown: Option<&Tallies>) -> Html {
    let said = match (shown, &props.many.refusal) {
        (Some(tallies), _) => sentence(tallies),
        (None, Some(refusal)) => refusal.message.clone(),
        (None, None) => "Making the first connections.".into(),
    };
    let done = shown.is_some_and(Tallies::done);
    let count = shown.map(|t| {
        format!(
            "{} of {}",
            thousands(t.made as usize),
            thousands(t.wanted as usize)
        )
    });
    html! {
        <section class="story tone-draw" aria-label="Story">
            <div class="told">
                <p class="sentence">{ strong(&said) }</p>
                <p class="where">
                    <b class="mono">{ count.unwrap_or_default() }</b>
                    { format!("seed {}", props.seed) }
                </p>
            </div>
            if let Some(tallies) = shown.filter(|t| !t.test.is_empty()) {
                <div class="quote"><code>{ &tallies.test }</code></div>
            }
            <p class="hidden" aria-live="polite">{ if done { said.clone() } else { String::new() } }</p>
        </section>
    }
}

fn bar(props: &ManyProps) -> Html {
    let dispatch = &props.dispatch;
    let many = &props.many;
    let made = many.made();
    let done = made >= many.wanted;
    let word = match (many.running, done) {
        (true, _) => "Stop",
        (false, true) => "Run again",
        (false, false) => "Go on",
    };
    html! {
        <section class="bar many-bar" aria-label="Run">
            <progress aria-label="Connections made" max={many.wanted.to_string()} value={made.to_string()} />
            <div class="controls">
                <button class="button" disabled={many.refusal.is_some()} onclick={dispatch.on(Action::Many(Deed::Toggle))}>{ word }</button>
                <span class="faint state">
                    {
                        match (many.running, done) {
                            (true, _) => "Running.",
                            (false, true) => "Done.",
                            (false, false) => "Stopped.",
                        }
                    }
                </span>
                <span class="grow" />
                <button class="button" onclick={dispatch.on(Action::DrawAgain)}>
                    { icon(Kind::Hit) }
                    { "Another seed" }
                </button>
                <button class="button primary" onclick={dispatch.on(Action::Open(Panel::None))}>{ "Back to one packet" }</button>
            </div>
        </section>
    }
}
