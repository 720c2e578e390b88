//! The page: draws a [`player::Session`] and turns clicks into [`player::Action`]s.
//!
//! Everything that could be computed has been computed by `player`; what is left here is HTML.
//! [`browser`] alone names the browser's interfaces.

pub mod browser;
mod components;
mod courier;
mod effects;
mod line;
mod store;

use std::rc::Rc;

use player::layout::Space;
use player::session::{Panel, Tab};
use player::{Action, Session};
use yew::prelude::*;

use components::*;
use courier::Event;
use effects::Effects;
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
        let mut store = Store::new(text.into(), saved.as_deref(), engine, kept, events);
        if let Some((width, height)) = browser::viewport() {
            store.dispatch(Action::Resized(width, height));
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
        _ if phone && matches!(session.panel, Panel::Many | Panel::WhatIf) => "walk",
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
        _ => None,
    };
    let chance = Chance::of(session);
    let map_width = match (phone, session.editor_open) {
        (true, _) => session.viewport.0,
        (false, true) => session.viewport.0.saturating_sub(392),
        (false, false) => session.viewport.0.saturating_sub(40),
    };
    let waits = !session.is_settled() && session.trouble.is_none();
    html! {
        <div class="app" data-waits={waits.then_some("")} data-editor={editor} data-tab={tab} data-panel={instead}>
            <Top
                question={session.question.clone()}
                loaded={session.loaded.clone()}
                seed={session.seed}
                draft={session.seed_draft.clone()}
                many={session.panel == Panel::Many}
                whatif={session.panel == Panel::WhatIf}
                version={session.settings.version.clone()}
                open={session.question_open}
                dispatch={dispatch.clone()}
            />
            <EditorPanel
                editor={session.editor.clone()}
                notes={session.notes.clone()}
                summary={session.loaded.clone()}
                stale={session.stale}
                open={session.editor_open}
                {phone}
                shown={!phone || session.tab == Tab::Yaml}
                reveal={session.reveal}
                field={session.field}
                sample={session.sample.clone()}
                dispatch={dispatch.clone()}
            />
            <main class="main">
                <ClusterMap
                    play={session.play.clone()}
                    cursor={session.cursor}
                    width={map_width}
                    {phone}
                    space={space(session)}
                    question={session.question.clone()}
                    loaded={session.loaded.clone()}
                    dispatch={dispatch.clone()}
                    stale={stale(session)}
                />
                if many {
                    { many_view(&ManyProps {
                        many: session.many.clone(),
                        seed: session.seed,
                        width: many_width(session, map_width),
                        height: walk_height(session) + 16,
                        phone,
                        dispatch: dispatch.clone(),
                    }) }
                } else if session.panel == Panel::WhatIf {
                    { what_if(session, dispatch) }
                } else {
                    <>
                        <Conversation
                            play={session.play.clone()}
                            talk={session.talk.clone()}
                            dispatch={dispatch.clone()}
                        />
                        <Walk
                            play={session.play.clone()}
                            refusal={session.refusal.clone()}
                            settled={session.is_settled()}
                            cursor={session.cursor}
                            width={walk_width(session, map_width)}
                            height={walk_height(session)}
                            {phone}
                            chance={chance.clone()}
                            panel={rules_panel(session)}
                            browsed={session.browsed.clone()}
                            made={match session.panel { Panel::Made(line) => Some(line), _ => None }}
                            found={session.made.clone()}
                            dispatch={dispatch.clone()}
                        />
                        { side(&SideProps {
                            play: session.play.clone(),
                            cursor: session.cursor,
                            chance,
                            dispatch: dispatch.clone(),
                        }) }
                        { story(&StoryProps {
                            play: session.play.clone(),
                            refusal: session.refusal.clone(),
                            cursor: session.cursor,
                            playing: session.playing,
                            waiting: session.waiting.as_ref().map(|w| w.stage.to_string()),
                        }) }
                    </>
                }
            </main>
            { tabs(session.tab, dispatch) }
            if instead.is_none() {
                <Transport
                    play={session.play.clone()}
                    cursor={session.cursor}
                    playing={session.playing}
                    grain={session.grain}
                    speed={session.speed}
                    width={session.viewport.0.saturating_sub(32)}
                    {phone}
                    dispatch={dispatch.clone()}
                />
            }
            { working(session, dispatch) }
            { on_paper(session, dispatch) }
            if session.panel == Panel::Help {
                { help(dispatch) }
            }
            if session.panel == Panel::Settings {
                { settings(&session.settings, session.loaded.as_ref().map_or(&[], |l| &l.proxy), dispatch) }
            }
        </div>
    }
}

/// What-ifs, and what the last change came to.
fn what_if(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    let doing = |past: Option<&player::history::Past>| past.map(|p| p.next.clone());
    html! {
        <>
            <WhatChanged
                whatif={session.whatif.clone()}
                done={(doing(session.history.last()), doing(session.history.undone()))}
                since={doing(session.compared_with())}
                editor={session.editor.clone()}
                may_edit={session.may_edit()}
                dispatch={dispatch.clone()}
            />
            { what_ifs(&WhatIfProps {
                whatif: session.whatif.clone(),
                walked: session.walked_endpoint(),
                version: session.settings.version.clone(),
                may_edit: session.may_edit(),
                dispatch: dispatch.clone(),
            }) }
        </>
    }
}

fn rules_panel(session: &Session) -> Option<(String, lab::TableName, Option<String>)> {
    match &session.panel {
        Panel::Rules { node, table, chain } => Some((node.clone(), *table, chain.clone())),
        _ => None,
    }
}

/// What a printer gets, while it gets it.
fn on_paper(session: &Session, dispatch: &Dispatch) -> Option<Html> {
    let play = session.play.as_ref().filter(|_| session.printing)?;
    let question = &session.question;
    let title = format!(
        "{} sends {} to {}, with seed {}.",
        question.from,
        question.transport.name(),
        question.to,
        session.seed
    );
    Some(components::printed(&PrintedProps {
        play: play.clone(),
        cursor: session.cursor,
        title: title.into(),
        dispatch: dispatch.clone(),
    }))
}

/// How much height the map has.
fn space(session: &Session) -> Space {
    match (session.stale, session.viewport.1 < LOW_PAGE) {
        (_, true) => Space::Low,
        (true, false) => Space::Banner,
        (false, false) => Space::Full,
    }
}

/// A page lower than this has a lower map, too; `layout.css` has the same number.
const LOW_PAGE: u32 = 820;

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

/// The room that the box under the chain has.
fn walk_width(session: &Session, map_width: u32) -> u32 {
    match session.is_phone() {
        true => map_width.saturating_sub(58),
        false => map_width.saturating_sub(352 + 160 + 24 + 34),
    }
}

/// The room that the chart of many connections has.
fn many_width(session: &Session, map_width: u32) -> u32 {
    match session.is_phone() {
        true => map_width.saturating_sub(24),
        false => map_width.saturating_sub(side_width(session) + 36),
    }
}

/// The side's width; `layout.css` has the same numbers.
fn side_width(session: &Session) -> u32 {
    match (session.viewport.0 <= 1240, session.editor_open) {
        (true, true) => 0,
        (true, false) => 304,
        (false, _) => 352,
    }
}

/// The height that the chains and the box under them share: what the other rows leave.
fn walk_height(session: &Session) -> u32 {
    match session.viewport.1 < LOW_PAGE {
        true => session.viewport.1.max(700) - 444,
        false => session.viewport.1 - 484,
    }
}

/// Begins.
pub fn start() {
    line::kept(|bytes| {
        let props = AppProps {
            kept: Kept(bytes.map(Rc::from)),
            ..AppProps::default()
        };
        yew::Renderer::<App>::with_props(props).render();
    });
}
