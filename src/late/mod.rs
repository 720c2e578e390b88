//! What the page needs only after its first view, in one place, so that it can be loaded after it.
//!
//! A panel is a file here that has one function, which draws it from the session; it has a [`Part`], and
//! a line in [`draw`]. The first view knows of it by its part alone, and draws it through [`panel`].

mod chart;
mod export;
mod help;
mod line;
mod many;
mod printed;
mod rules;
mod settings;
mod share;
mod what_changed;
mod what_if;

use std::rc::Rc;

use player::Session;
use yew::Html;

use crate::Dispatch;

/// What can be drawn after the first view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Pictures and the story, as files.
    Export,
    /// The list of keys.
    Help,
    /// The whole journey as one line, in the place of the walk.
    Line,
    /// Many connections.
    Many,
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

/// Draws a part.
pub fn panel(part: Part, session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    draw(part, session, dispatch)
}

/// The only function that names what is in here.
fn draw(part: Part, session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    match part {
        Part::Export => export::export(session, dispatch),
        Part::Help => help::help(dispatch),
        Part::Line => line::line(session, dispatch),
        Part::Many => many::many(session, dispatch),
        Part::Printed => printed::printed(session),
        Part::Rules => rules::rules(session, dispatch),
        Part::Share => share::share(session, dispatch),
        Part::Settings => settings::settings(session, dispatch),
        Part::WhatIf => what_if::what_if(session, dispatch),
    }
}
