//! The story: one sentence for this moment, and the rule exactly as `iptables -S` prints it.

use player::session::Refusal;
use player::{Kind, Piece, Play, Shared};
use yew::prelude::*;

use super::glyph::tone;
use super::icon::{Icon, icon};
use crate::browser;

/// What the story tells.
#[derive(Debug, PartialEq, Properties)]
pub struct StoryProps {
    /// The walk.
    pub play: Option<Shared<Play>>,
    /// Why there is none.
    pub refusal: Option<Refusal>,
    /// The moment.
    pub cursor: usize,
    /// Whether it runs by itself: then nothing is read aloud.
    pub playing: bool,
}

/// The story.
#[component]
pub fn Story(props: &StoryProps) -> Html {
    let Some(play) = &props.play else {
        let said = match &props.refusal {
            Some(refusal) => format!("{} {}", refusal.message, refusal.help),
            None => String::new(),
        };
        return html! { <section class="story tone-error" aria-label="Story"><p class="sentence">{ said }</p></section> };
    };
    let frame = play.frame(props.cursor);
    let quote = frame
        .at
        .and_then(|at| play.rule(at))
        .map(|rule| rule.full.clone());
    let machine = quote.clone().or(frame.machine.clone());
    let said = match props.playing {
        true => String::new(),
        false => frame.caption.text(),
    };
    let class = match frame.kind.tone() {
        player::Tone::Plain => "tone-packet".into(),
        _ => tone(frame.kind),
    };
    html! {
        <section class={classes!("story", class)} aria-label="Story">
            <div class="told">
                <p class="sentence">
                    for piece in &frame.caption.pieces {
                        {
                            match piece {
                                Piece::Plain(text) => html! { { text } },
                                Piece::Strong(text) => html! { <b>{ text }</b> },
                            }
                        }
                    }
                </p>
                <p class="where">
                    <b class="mono">{ format!("{} of {}", props.cursor + 1, play.frames.len()) }</b>
                    { super::walk::place(frame) }
                </p>
            </div>
            if let Some(text) = machine {
                <div class="quote">
                    <code>{ hot(&text, frame.kind, quote.is_some()) }</code>
                    if quote.is_some() {
                        <Copy text={text.clone()} />
                    }
                </div>
            }
            <p class="hidden" aria-live="polite">{ said }</p>
            <Events play={play.clone()} cursor={props.cursor} />
        </section>
    }
}

/// The rule with the part that decides made to stand out.
fn hot(text: &str, kind: Kind, is_rule: bool) -> Html {
    let from = match kind {
        _ if !is_rule => None,
        kind if kind.is_draw() => text.find("--probability "),
        Kind::Pass | Kind::Jump => None,
        _ => text.rfind(" -j ").map(|i| i + 1),
    };
    let Some(from) = from else {
        return html! { { text } };
    };
    let to = match kind.is_draw() {
        true => text[from..].find(" -j ").map_or(text.len(), |i| from + i),
        false => text.len(),
    };
    html! { <>{ &text[..from] }<b>{ &text[from..to] }</b>{ &text[to..] }</> }
}

#[derive(Debug, PartialEq, Properties)]
struct CopyProps {
    text: String,
}

#[component]
fn Copy(props: &CopyProps) -> Html {
    let text = props.text.clone();
    let copy = Callback::from(move |_: MouseEvent| browser::copy(&text));
    html! {
        <button class="button quiet square tiny" aria-label="Copy the rule" onclick={copy}>{ icon(Icon::Copy) }</button>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct EventsProps {
    play: Shared<Play>,
    cursor: usize,
}

/// So many moments before and after the current one are listed.
const AROUND: usize = 200;

/// Every moment in order: what the drawings illustrate.
#[component]
fn Events(props: &EventsProps) -> Html {
    let count = props.play.frames.len();
    let first = props.cursor.saturating_sub(AROUND);
    let last = (props.cursor + AROUND).min(count);
    html! {
        <ol class="hidden" aria-label="Events of this walk" start={(first + 1).to_string()}>
            for i in first..last {
                <Moment key={i} play={props.play.clone()} index={i} now={i == props.cursor} />
            }
        </ol>
    }
}

#[derive(Debug, PartialEq, Properties)]
struct MomentProps {
    play: Shared<Play>,
    index: usize,
    now: bool,
}

#[component]
fn Moment(props: &MomentProps) -> Html {
    html! {
        <li aria-current={props.now.then_some("step")}>{ props.play.frame(props.index).caption.text() }</li>
    }
}
