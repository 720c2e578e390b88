//! The page: draws a [`player::Session`] and turns clicks into [`player::Action`]s.
//!
//! Everything that could be computed has been computed by `player`; what is left here is HTML.
//! [`browser`] alone names the browser's interfaces.

pub mod browser;
mod components;
mod courier;
mod effects;
mod late;
mod line;
mod room;
mod store;

use std::rc::Rc;

use player::embed::{Controls, Setup};
use player::session::{Panel, Tab};
use player::stage::{Present, Stage};
use player::{Action, Session};
use yew::prelude::*;

use components::*;
use courier::Event;
use effects::Effects;
use late::{Part, panel};
use store::Store;

pub use store::Near;

/// The manifest that a page without one of its own begins with. Nothing knows what is in it.
const FIRST_TEXT: &str = include_str!("../www/demo.yaml");

/// Hands actions up. The only thing that components share.
#[derive(Clone, PartialEq)]
pub struct Dispatch(Callback<Action>);

impl Dispatch {
    /// Hands one up.
    pub fn send(&self, action: Action) {
        self.0.emit(action);
    }

    /// A callback that hands one up whatever it is called with.
    pub fn on<E>(&self, action: Action) -> Callback<E> {
        let emit = self.0.clone();
        Callback::from(move |_| emit.emit(action.clone()))
    }
}

/// What a page may begin with instead of the demo.
#[derive(Debug, Clone, PartialEq, Default, Properties)]
pub struct AppProps {
    /// A manifest.
    #[prop_or_default]
    pub text: Option<AttrValue>,
    /// What the host of a frame asks for.
    #[prop_or_default]
    pub setup: Option<Rc<Setup>>,
    /// An engine in this thread, which answers at once; without one, the core is a program of its own.
    #[prop_or_default]
    pub engine: Option<Near>,
    /// What was kept beside the page.
    #[prop_or_default]
    pub kept: Kept,
    /// What happens before the page is first drawn.
    #[prop_or_default]
    pub actions: Rc<Vec<Script>>,
}

/// What was kept beside the page, as bytes.
#[derive(Debug, Clone, Default)]
pub struct Kept(pub Option<Rc<[u8]>>);

impl PartialEq for Kept {
    /// It is read once, when the page begins.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What comes to the page.
#[derive(Debug)]
pub enum Message {
    /// Somebody or something acts.
    Act(Action),
    /// Something happened on the line to the core.
    Line(Event),
}

/// An action that can stand in a property.
#[derive(Debug, Clone)]
pub struct Script(pub Action);

impl PartialEq for Script {
    /// Scripts are read once, when the page begins: a later one changes nothing.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The whole page.
pub struct App {
    store: Store,
    dispatch: Dispatch,
    effects: Effects,
}

impl Component for App {
    type Message = Message;
    type Properties = AppProps;

    fn create(ctx: &Context<Self>) -> Self {
        let dispatch = Dispatch(ctx.link().callback(Message::Act));
        let props = ctx.props();
        let text = props.text.as_deref().unwrap_or(FIRST_TEXT);
        let events = ctx.link().callback(Message::Line);
        let kept = props.kept.0.as_deref();
        let saved = match &props.text {
            Some(_) => None,
            None => browser::stored(effects::SAVED),
        };
        let engine = props.engine.clone();
        let fragment = browser::fragment();
        let link = match &props.text {
            Some(_) => None,
            None => player::linked(&fragment),
        };
        let mut store = Store::new(
            text.into(),
            saved.as_deref(),
            link,
            props.setup.as_deref(),
            engine,
            kept,
            events,
        );
        if let Some((width, height)) = browser::viewport() {
            store.dispatch(Action::Resized(width, height));
        }
        if fragment.trim_start_matches('#').starts_with("lesson=") {
            store.dispatch(Action::Late(player::desk::begin_learning()));
        }
        for Script(action) in props.actions.iter() {
            store.dispatch(action.clone());
        }
        App {
            store,
            dispatch,
            effects: Effects::default(),
        }
    }

    fn update(&mut self, _: &Context<Self>, message: Message) -> bool {
        match message {
            Message::Act(action) => {
                self.effects.before(&action);
                self.store.dispatch(action)
            }
            Message::Line(event) => self.store.hear(event),
        }
    }

    fn view(&self, _: &Context<Self>) -> Html {
        page(self.store.session(), &self.dispatch)
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            let begin = ctx.link().callback(|()| Message::Line(Event::Begin));
            self.effects.after_first_frame(move || begin.emit(()));
        }
        self.effects
            .rendered(first, self.store.session(), &self.dispatch);
    }
}

fn page(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    let phone = session.is_phone();
    let tab = match session.tab {
        // There is nothing behind the other tabs then.
        _ if phone && session.panel.is_instead_of_the_walk() => "walk",
        Tab::Walk => "walk",
        Tab::Packet => "packet",
        Tab::Yaml => "yaml",
    };
    let editor = match session.editor_open {
        true => "open",
        false => "closed",
    };
    let many = session.panel == Panel::Many;
    // What stands in the place of the walk.
    let instead = match session.panel {
        Panel::Many => Some("many"),
        Panel::WhatIf => Some("what-if"),
        Panel::Rules { .. } => Some("rules"),
        Panel::Console => Some("console"),
        _ => None,
    };
    let chance = Chance::of(session);
    let told = || {
        story(&StoryProps {
            play: session.play.clone(),
            refusal: session.refusal.clone(),
            cursor: session.cursor,
            playing: session.playing,
            waiting: session.waiting.as_ref().map(|w| w.stage.to_string()),
        })
    };
    let learns = session.desk.learning.is_full();
    let waits = !session.is_settled() && session.trouble.is_none();
    let presenting =
        (session.present != Present::Off).then(|| session.present.zoom(session.screen).to_string());
    html! {
        <div
            class="app"
            data-embed={session.embed.as_ref().map(|e| e.view.name())}
            data-controls={session.embed.as_ref().filter(|e| e.controls == Controls::Hidden).map(|_| "none")}
            data-at={session.embed.as_ref().map(|_| (session.cursor + 1).to_string())}
            data-last={session.embed.as_ref().and_then(|_| Some(session.play.as_ref()?.frames.len().to_string()))}
            data-ended={session.embed.as_ref().and_then(|_| session.ended())}
            data-waits={waits.then_some("")} data-editor={editor} data-tab={tab} data-panel={instead} data-present={presenting} data-lesson={learns.then_some("open")}>
            <Top
                question={session.question.clone()}
                loaded={session.loaded.clone()}
                seed={session.seed}
                draft={session.seed_draft.clone()}
                many={session.panel == Panel::Many}
                whatif={session.panel == Panel::WhatIf}
                console={session.panel == Panel::Console}
                version={session.settings.version.clone()}
                open={session.question_open}
                dispatch={dispatch.clone()}
            />
            if learns {
                { panel(Part::Lesson, session, dispatch) }
            }
            <EditorPanel
                editor={session.editor.clone()}
                notes={session.notes.clone()}
                summary={session.loaded.clone()}
                stale={session.stale}
                open={session.editor_open}
                {phone}
                shown={room::editor_seen(session)}
                reveal={session.reveal}
                field={session.field}
                sample={session.sample.clone()}
                dispatch={dispatch.clone()}
            />
            <main class="main">
                <ClusterMap
                    play={session.play.clone()}
                    cursor={session.cursor}
                    width={room::map_width(session)}
                    {phone}
                    space={room::space(session)}
                    question={session.question.clone()}
                    loaded={session.loaded.clone()}
                    dispatch={dispatch.clone()}
                    stale={stale(session)}
                />
                if many {
                    { panel(Part::Many, session, dispatch) }
                } else if session.panel == Panel::WhatIf {
                    { panel(Part::WhatIf, session, dispatch) }
                } else if session.panel == Panel::Console {
                    { panel(Part::Console, session, dispatch) }
                } else if instead.is_some() {
                    <>
                        { panel(Part::Rules, session, dispatch) }
                        { told() }
                    </>
                } else {
                    <>
                        <Conversation
                            play={session.play.clone()}
                            talk={session.talk.clone()}
                            dispatch={dispatch.clone()}
                        />
                        if on_line(session) {
                            { panel(Part::Line, session, dispatch) }
                        } else {
                        <Walk
                            play={session.play.clone()}
                            refusal={session.refusal.clone()}
                            settled={session.is_settled()}
                            cursor={session.cursor}
                            width={room::walk_width(session)}
                            height={room::walk_height(session)}
                            {phone}
                            chance={chance.clone()}
                            made={match session.panel { Panel::Made(line) => Some(line), _ => None }}
                            found={session.made.clone()}
                            dispatch={dispatch.clone()}
                        />
                        }
                        { side(&SideProps {
                            play: session.play.clone(),
                            cursor: session.cursor,
                            chance,
                            dispatch: dispatch.clone(),
                        }) }
                        { told() }
                    </>
                }
            </main>
            { tabs(session, dispatch) }
            if matches!(instead, None | Some("rules")) {
                <Transport
                    play={session.play.clone()}
                    cursor={session.cursor}
                    playing={session.playing}
                    grain={session.grain}
                    speed={session.speed}
                    width={session.viewport.0.saturating_sub(32)}
                    {phone}
                    untold={session.guess.on.then_some(session.cursor)}
                    dispatch={dispatch.clone()}
                />
            }
            { working(session, dispatch) }
            if session.embed.is_some() {
                { panel(Part::Embed, session, dispatch) }
            }
            { late::waited_for(session, dispatch) }
            if session.printing {
                { panel(Part::Printed, session, dispatch) }
            }
            if session.present != Present::Off {
                { panel(Part::Present, session, dispatch) }
            }
            if session.panel == Panel::Export {
                { panel(Part::Export, session, dispatch) }
            }
            if session.panel == Panel::Help {
                { panel(Part::Help, session, dispatch) }
            }
            if session.panel == Panel::Clusters {
                { panel(Part::Clusters, session, dispatch) }
            }
            if let Panel::Share(_) = session.panel {
                { panel(Part::Share, session, dispatch) }
            }
            if session.panel == Panel::Settings {
                { panel(Part::Settings, session, dispatch) }
            }
        </div>
    }
}

/// Whether the line stands in the place of the walk: there is a walk, and nothing lies over it.
fn on_line(session: &Session) -> bool {
    session.stage == Stage::Line
        && session.play.is_some()
        && !matches!(session.panel, Panel::Made(_))
}

/// Where the first error stands, while the text is not the one on screen.
fn stale(session: &Session) -> Option<(usize, usize)> {
    if !session.stale {
        return None;
    }
    let error = session
        .notes
        .iter()
        .find(|n| n.severity == lab::Severity::Error)?;
    Some(error.place.map_or((1, 1), |p| (p.0, p.1)))
}

/// Begins. In somebody else's frame it waits until the host has said what it shall show.
pub fn start() {
    match browser::is_embedded() {
        true => line::bring("./frame.js", || begin(Some(browser::setup()))),
        false => begin(None),
    }
}

fn begin(setup: Option<(Option<String>, Setup)>) {
    line::kept(|bytes| {
        let (text, setup) = match setup {
            Some((text, setup)) => {
                let text = text.unwrap_or_else(|| FIRST_TEXT.into());
                (Some(text.into()), Some(Rc::new(setup)))
            }
            None => (None, None),
        };
        let props = AppProps {
            text,
            setup,
            kept: Kept(bytes.map(Rc::from)),
            ..AppProps::default()
        };
        yew::Renderer::<App>::with_props(props).render();
    });
}
