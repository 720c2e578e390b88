//! The exact odds of the question, each way with its share; and each endpoint a button that makes the
//! draws lead to it.

use player::moment::{Moment, moment};
use player::odds::{OddsView, ending, fraction, percent};
use player::{Action, Play};
use yew::prelude::*;

use super::draw_box::Chance;
use crate::Dispatch;

/// The part of the side at a draw and at the end.
pub fn odds_part(play: &Play, cursor: usize, chance: &Chance, dispatch: &Dispatch) -> Html {
    let Some(odds) = &chance.odds else {
        return Html::default();
    };
    let at_draw = match moment(play, cursor) {
        Some(Moment::Draw(stairs)) => stairs.draw.map(|d| d.fixed),
        Some(Moment::Note { .. }) => None,
        _ => return Html::default(),
    };
    html! {
        <section class="part odds" aria-label="Exact odds">
            <h2>{ "Exact odds" }<span class="faint">{ "over every path, not sampled" }</span></h2>
            <p>{ &odds.summary }</p>
            { endpoints(odds, chance, dispatch) }
            { endings(odds) }
            if let Some(fixed) = at_draw {
                <p class="faint fixed">{ "As the kernel counts: " }<span class="mono">{ fixed }</span>{ "." }</p>
            }
        </section>
    }
}

fn endpoints(odds: &OddsView, chance: &Chance, dispatch: &Dispatch) -> Html {
    if !odds.is_chance() {
        return Html::default();
    }
    html! {
        <ul class="ways">
            for (name, socket, share) in odds.endpoints() {
                <li>
                    <button
                        aria-pressed={(chance.chosen.as_deref() == Some(socket)).to_string()}
                        aria-label={format!("Make the draws lead to {name}")}
                        title={format!("Make the draws lead to {name}, {socket}")}
                        onclick={dispatch.on(Action::Choose(socket.to_owned()))}
                    >
                        { name }
                    </button>
                    <span class="mono">{ fraction(share).unwrap_or_default() }</span>
                    <span class="mono faint">{ percent(share) }</span>
                </li>
            }
        </ul>
    }
}

/// The endings, where there are several.
fn endings(odds: &OddsView) -> Html {
    let endings = odds.endings();
    if endings.len() < 2 {
        return Html::default();
    }
    html! {
        <ul class="ways">
            for (word, share) in endings {
                <li>
                    <span>{ ending(word) }</span>
                    <span class="mono">{ fraction(share).unwrap_or_default() }</span>
                    <span class="mono faint">{ percent(share) }</span>
                </li>
            }
        </ul>
    }
}
