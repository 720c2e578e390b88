//! What the page needs only after its first view, in one place, so that it can be loaded after it.
//!
//! A panel is a file here that has one function, which draws it from the session; it has a [`Part`], and
//! a line in [`draw`]. The first view knows of it by its part alone, and draws it through [`panel`].
//! What is to happen in the session for it is [`player::late`]'s.

mod before_after;
mod chart;
mod clusters;
mod console;
mod embed;
mod export;
mod help;
mod lesson;
mod line;
mod load;
mod many;
mod present;
mod printed;
mod rules;
mod settings;
mod share;
mod what_changed;
mod what_if;

use std::rc::Rc;

use player::late::{HOOKS, Hooks, Presence};
use player::{Action, Session};
use yew::prelude::*;

use crate::Dispatch;

pub use load::load;

/// What can be drawn after the first view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The console.
    Console,
    /// The foot of a page in somebody else's frame.
    Embed,
    /// Pictures and the story, as files.
    Export,
    /// Saved clusters.
    Clusters,
    /// The list of keys.
    Help,
    /// The whole journey as one line, in the place of the walk.
    Line,
    /// Lesson mode.
    Lesson,
    /// Many connections.
    Many,
    /// What is there only while the page is shown to a room.
    Present,
    /// The story on paper.
    Printed,
    /// The rules browser.
    Rules,
    /// The settings.
    Settings,
    /// The dialog that makes a link.
    Share,
    /// What-ifs, and what the last change came to.
    WhatIf,
}

/// All that the first view is told of what is in here.
struct Parts {
    draw: fn(Part, &Rc<Session>, &Dispatch) -> Html,
    hooks: &'static Hooks,
}

static PARTS: Parts = Parts {
    draw,
    hooks: &HOOKS,
};

/// Draws a part; as long as it isn't there, nothing.
pub fn panel(part: Part, session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    load::parts().map_or_else(Html::default, |parts| (parts.draw)(part, session, dispatch))
}

/// Says what somebody waits for, and what can be done where it does not come.
pub fn waited_for(session: &Session, dispatch: &Dispatch) -> Html {
    match session.late.presence {
        _ if !session.wants_late() => Html::default(),
        Presence::Failed => html! {
            <div class="working trouble" role="alert">
                <p><b>{ "This part of the page could not be loaded." }</b>{ " The walk still works." }</p>
                <button class="button" onclick={dispatch.on(Action::LateAgain)}>{ "Try again" }</button>
            </div>
        },
        _ => html! {
            <div class="working" role="status"><p>{ "Loading this part of the page …" }</p></div>
        },
    }
}

/// The only function that names what is in here.
fn draw(part: Part, session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    match part {
        Part::Console => console::console(session, dispatch),
        Part::Embed => embed::embed(session, dispatch),
        Part::Export => export::export(session, dispatch),
        Part::Clusters => clusters::clusters(session, dispatch),
        Part::Help => help::help(dispatch),
        Part::Line => line::line(session, dispatch),
        Part::Lesson => lesson::lesson(session, dispatch),
        Part::Many => many::many(session, dispatch),
        Part::Present => present::present(session, dispatch),
        Part::Printed => printed::printed(session),
        Part::Rules => rules::rules(session, dispatch),
        Part::Share => share::share(session, dispatch),
        Part::Settings => settings::settings(session, dispatch),
        Part::WhatIf => what_if::what_if(session, dispatch),
    }
}
