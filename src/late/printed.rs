//! The story on paper: a still picture of the map and every sentence in order, each with the rule it quotes.
//! It is drawn while the browser prints, and at no other time.

use std::rc::Rc;

use player::Session;
use player::layout::Space;
use yew::prelude::*;

use crate::Dispatch;
use crate::components::ClusterMap;
use crate::components::walk::place;

/// The width in which the map is drawn before `print.css` makes it as wide as a page.
const WIDTH: u32 = 1080;

/// The story on paper.
pub fn printed(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    let Some(play) = &session.play else {
        return Html::default();
    };
    let question = &session.question;
    let title = format!(
        "{} sends {} to {}, with seed {}.",
        question.from,
        question.transport.name(),
        question.to,
        session.seed
    );
    let moment = format!("The picture shows moment {}.", session.cursor + 1);
    html! {
        <article class="printed" aria-label="The whole story">
            <h1>{ "Chainwalk" }</h1>
            <p>{ title }</p>
            <ClusterMap
                play={play.clone()}
                cursor={session.cursor}
                width={WIDTH}
                phone={false}
                space={Space::Full}
                question={player::probe::Question::default()}
                dispatch={dispatch.clone()}
            />
            <p>{ moment }</p>
            <ol>
                for (i, frame) in play.frames.iter().enumerate() {
                    <li aria-current={(i == session.cursor).then_some("step")}>
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
