//! Pictures and the story as files: what can be saved or copied, each shown as it will be. The files are made
//! by `www/pictures.js`, which is fetched when this is first opened.

use std::rc::Rc;

use player::late::line::{Extent, lay};
use player::late::story::{Form, story, title};
use player::layout::Space;
use player::moment::{Moment, moment};
use player::session::Panel;
use player::stage::Present;
use player::{Action, Play, Session};
use yew::prelude::*;

use super::line::{drawing, extent, name};
use super::many;
use crate::components::ClusterMap;
use crate::components::draw_box::Chance;
use crate::components::icon::{Icon, icon};
use crate::components::stairs::staircase;
use crate::components::walk::WalkProps;
use crate::{Dispatch, browser};

/// How large pictures are made.
const WIDE: u32 = 1440;
const LINE: (u32, u32) = (1440, 640);
const DRAW: (u32, u32) = (900, 420);

/// The panel, over the page.
pub fn export(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    html! { <Files session={Seen(session.clone())} dispatch={dispatch.clone()} /> }
}

/// A session that is the same only where it is the very same.
#[derive(Clone)]
struct Seen(Rc<Session>);

impl PartialEq for Seen {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(PartialEq, Properties)]
struct FilesProps {
    session: Seen,
    dispatch: Dispatch,
}

#[component]
fn Files(props: &FilesProps) -> Html {
    use_effect_with((), |()| browser::load_module(MAKER));
    let (session, dispatch) = (&props.session.0, &props.dispatch);
    let close = dispatch.on(Action::Open(Panel::None));
    html! {
        <div class="keys-back">
            <div class="keys-panel export" role="dialog" aria-modal="true" aria-label="Pictures and story">
                <div class="keys-head">
                    <h2>{ "Pictures and story" }</h2>
                    <span class="grow" />
                    <output aria-live="polite" />
                    <button class="button small" onclick={dispatch.on(Action::Present(Present::On))}>{ "Show to a room" }</button>
                    <button class="button quiet square" aria-label="Close" onclick={close}>{ icon(Icon::Close) }</button>
                </div>
                if let Some(play) = &session.play {
                    { pictures(session, play, dispatch) }
                    { texts(session, play) }
                    <p class="faint">{ "Printing the page gives the line and the whole story on paper." }</p>
                } else {
                    <p>{ "There is no walk to make a picture of." }</p>
                }
            </div>
        </div>
    }
}

/// The script that makes the files.
const MAKER: &str = "./pictures.js";

fn pictures(session: &Rc<Session>, play: &player::Shared<Play>, dispatch: &Dispatch) -> Html {
    let cursor = session.cursor;
    let line = lay(play, cursor, LINE, extent(session));
    html! {
        <>
            { part("The line", "chainwalk-line", drawing(&line, &name(play, cursor), NodeRef::default(), Callback::noop())) }
            { part("Cluster map", "chainwalk-map", html! {
                <ClusterMap
                    play={play.clone()}
                    {cursor}
                    width={WIDE}
                    phone={false}
                    space={Space::Full}
                    question={session.question.clone()}
                    dispatch={dispatch.clone()}
                />
            }) }
            if let Some(drawn) = draw(session, play, dispatch) {
                { part("The draw", "chainwalk-draw", drawn) }
            }
            if let Some(chart) = many::picture(session) {
                { part("Many connections", "chainwalk-many", chart) }
            }
        </>
    }
}

/// The staircase of the moment, or of the draw that comes next or came last.
fn draw(session: &Rc<Session>, play: &player::Shared<Play>, dispatch: &Dispatch) -> Option<Html> {
    let draws = |i: &usize| play.frame(*i).draw.is_some();
    let before = (0..=session.cursor).rev().find(draws);
    // Whoever guesses is not shown what comes.
    let after = match extent(session) {
        Extent::Whole => (session.cursor..play.frames.len()).find(draws),
        Extent::SoFar => None,
    };
    let cursor = before.or(after)?;
    let Moment::Draw(stairs) = moment(play, cursor)? else {
        return None;
    };
    let props = WalkProps {
        play: Some(play.clone()),
        refusal: None,
        settled: true,
        cursor,
        width: DRAW.0,
        height: DRAW.1,
        phone: false,
        chance: Chance::default(),
        made: None,
        found: None,
        dispatch: dispatch.clone(),
    };
    Some(html! {
        <div class="moment draw tone-draw still">{ staircase(&props, &stairs, NodeRef::default()) }</div>
    })
}

/// One picture, and what can be made of it.
fn part(what: &'static str, file: &'static str, picture: Html) -> Html {
    html! {
        <section class="exported" data-exported="" aria-label={what}>
            <div class="exported-head">
                <h3>{ what }</h3>
                <span class="grow" />
                { make(what, file, "svg", "SVG", "file") }
                { make(what, file, "png", "PNG", "file") }
                { make(what, file, "svg", "SVG", "clipboard") }
                { make(what, file, "png", "PNG", "clipboard") }
            </div>
            <div class="exported-view" tabindex="0" role="group" aria-label={format!("{what}, as it will be")}>{ picture }</div>
        </section>
    }
}

fn make(what: &str, file: &str, kind: &'static str, word: &'static str, to: &'static str) -> Html {
    let (act, shown) = match to {
        "clipboard" => ("Copy", format!("Copy {word}")),
        _ => ("Save", word.to_owned()),
    };
    html! {
        <button
            class="button small"
            data-make={kind}
            data-to={to}
            data-name={format!("{file}.{kind}")}
            aria-label={format!("{act} {what} as {word}")}
        >
            { shown }
        </button>
    }
}

fn texts(session: &Rc<Session>, play: &Play) -> Html {
    let last = match extent(session) {
        Extent::Whole => play.frames.len(),
        Extent::SoFar => session.cursor,
    };
    let title = title(&session.question, session.seed);
    let one = |what: &'static str, kind: &'static str, form: Form| {
        let text = story(play, &title, last, form);
        html! {
            <section class="exported" data-exported="" aria-label={what}>
                <div class="exported-head">
                    <h3>{ what }</h3>
                    <span class="grow" />
                    { make(what, "chainwalk-story", kind, if form == Form::Text { "text" } else { "Markdown" }, "file") }
                    { make(what, "chainwalk-story", kind, if form == Form::Text { "text" } else { "Markdown" }, "clipboard") }
                </div>
                <textarea class="mono" readonly=true rows="4" aria-label={format!("{what}, as it will be")} value={text} />
            </section>
        }
    };
    html! {
        <>
            { one("The story in Markdown", "md", Form::Markdown) }
            { one("The story as text", "txt", Form::Text) }
        </>
    }
}
