//! The story on paper: the line as a still picture and every sentence in order, each with the rule it quotes.
//! It is drawn while the browser prints, and at no other time.

use std::rc::Rc;

use player::Session;
use player::late::line::lay;
use player::late::story::title;
use yew::prelude::*;

use super::line::{drawing, extent, name};
use crate::components::walk::place;

/// The size in which the line is drawn before `print.css` makes it as wide as a page.
const SIZE: (u32, u32) = (1240, 560);

/// The story on paper.
pub fn printed(session: &Rc<Session>) -> Html {
    let Some(play) = &session.play else {
        return Html::default();
    };
    let title = title(&session.question, session.seed);
    let line = lay(play, session.cursor, SIZE, extent(session));
    let moment = format!("The picture shows moment {}.", session.cursor + 1);
    html! {
        <article class="printed" aria-label="The whole story">
            <h1>{ "Chainwalk" }</h1>
            <p>{ title }</p>
            { drawing(&line, &name(play, session.cursor), NodeRef::default(), Callback::noop()) }
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
