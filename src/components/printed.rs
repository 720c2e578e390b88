//! The story on paper: a still picture of the map and every sentence in order, each with the rule it quotes.
//! It is drawn while the browser prints, and at no other time.

use player::layout::Space;
use player::{Play, Shared};
use yew::prelude::*;

use super::ClusterMap;
use super::walk::place;
use crate::Dispatch;

/// What is printed.
pub struct PrintedProps {
    /// The walk.
    pub play: Shared<Play>,
    /// The moment of the picture.
    pub cursor: usize,
    /// The question in words.
    pub title: AttrValue,
    /// Hands actions up; nothing on paper does.
    pub dispatch: Dispatch,
}

/// The width in which the map is drawn before `print.css` makes it as wide as a page.
const WIDTH: u32 = 1080;

/// The story on paper.
pub fn printed(props: &PrintedProps) -> Html {
    let play = &props.play;
    let moment = format!("The picture shows moment {}.", props.cursor + 1);
    html! {
        <article class="printed" aria-label="The whole story">
            <h1>{ "Chainwalk" }</h1>
            <p>{ props.title.clone() }</p>
            <ClusterMap
                play={play.clone()}
                cursor={props.cursor}
                width={WIDTH}
                phone={false}
                space={Space::Full}
                question={player::probe::Question::default()}
                dispatch={props.dispatch.clone()}
            />
            <p>{ moment }</p>
            <ol>
                for (i, frame) in play.frames.iter().enumerate() {
                    <li aria-current={(i == props.cursor).then_some("step")}>
                        <p>{ frame.caption.text() }</p>
                        <p class="where">{ place(frame) }</p>
                        if let Some(rule) = frame.at.and_then(|at| play.rule(at)) {
                            <code>{ &rule.full }</code>
                        } else if let Some(machine) = &frame.machine {
                            <code>{ machine }</code>
                        }
                    </li>
                }
            </ol>
        </article>
    }
}
