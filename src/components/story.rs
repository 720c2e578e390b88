//! The story: one sentence for this moment, and the rule exactly as `iptables -S` prints it.

use player::session::Refusal;
use player::{Kind, Piece, Play, Shared};
use yew::prelude::*;

use super::glyph::tone;
use super::icon::{Icon, icon};
use crate::browser;

/// What the story tells.
pub struct StoryProps {
    /// The walk.
    pub play: Option<Shared<Play>>,
    /// Why there is none.
    pub refusal: Option<Refusal>,
    /// The moment.
    pub cursor: usize,
    /// Whether it runs by itself: then nothing is read aloud.
    pub playing: bool,
    /// What the page waits for, once that takes long.
    pub waiting: Option<String>,
}

/// The story.
pub fn story(props: &StoryProps) -> Html {
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
    let said = match (&props.waiting, props.playing) {
        (Some(stage), _) => stage.clone(),
        (None, true) => String::new(),
        (None, false) => frame.caption.text(),
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
                        { copy(text.clone()) }
                    }
                </div>
            }
            <p class="hidden" aria-live="polite">{ said }</p>
            { events(play, props.cursor) }
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

fn copy(text: String) -> Html {
    let copy = Callback::from(move |_: MouseEvent| browser::copy(&text));
    html! {
        <button class="button quiet square tiny" aria-label="Copy the rule" onclick={copy}>
            { icon(Icon::Copy) }
        </button>
    }
}

/// So many moments before and after the current one are listed.
const AROUND: usize = 200;

/// Every moment in order: what the drawings illustrate.
fn events(play: &Play, cursor: usize) -> Html {
    let first = cursor.saturating_sub(AROUND);
    let last = (cursor + AROUND).min(play.frames.len());
    html! {
        <ol class="hidden" aria-label="Events of this walk" start={(first + 1).to_string()}>
            for i in first..last {
                <li aria-current={(i == cursor).then_some("step")}>{ play.frame(i).caption.text() }</li>
            }
        </ol>
    }
}
