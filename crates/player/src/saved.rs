//! What outlives a reload: the text, the question, the conversation, and the moment on screen.
//!
//! A page writes it down as it changes and begins with it when it is come back to. A page of a later build
//! reads what an earlier one wrote; bytes of an unknown form are no state at all, and then the page begins as ever.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::conversation::Talk;
use crate::editor::Editor;
use crate::engine::Request;
use crate::probe::Question;
use crate::session::{Grain, Panel, Session, Shared, Speed, Tab, Theme};
use crate::settings::Settings;
use crate::wire;

/// Counts the forms that this has had. The bytes name no field, so each form is read by its number.
const FORM: u32 = 3;

/// A longer text is not written down: browsers keep a few million characters for each site.
const LONGEST: usize = 1_500_000;

/// The first form. It is never changed: what came later stands in [`More`], behind it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Saved {
    pub(crate) text: Arc<str>,
    pub(crate) question: Question,
    pub(crate) seed: u64,
    pub(crate) forced: Vec<u32>,
    pub(crate) by_hand: BTreeSet<usize>,
    pub(crate) chosen: Option<String>,
    pub(crate) talk: Talk,
    #[serde(with = "stated")]
    pub(crate) settings: Settings,
    pub(crate) cursor: usize,
    /// Places in `Grain::ALL`, `Speed::ALL` and the like: view types need no form of their own.
    pub(crate) view: [u8; 4],
    pub(crate) editor_open: bool,
}

/// What the second form adds.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct More {
    /// The link that this began with, as [`wire::fingerprint`] tells it: whoever reloads the page of a link
    /// wants what became of it.
    pub(crate) link: Option<u64>,
    /// The last text that was a cluster, where this one is none.
    pub(crate) good: Option<Arc<str>>,
    /// A place in [`PANELS`].
    pub(crate) panel: u8,
    /// Under which name this is kept.
    pub(crate) name: Option<String>,
}

/// The settings as the first form has them. What was changed by hand is what the third form adds, behind
/// everything else.
mod stated {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::settings::Settings;

    pub fn serialize<S: Serializer>(settings: &Settings, to: S) -> Result<S::Ok, S::Error> {
        (&settings.version, settings.companions, settings.plan).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Settings, D::Error> {
        let (version, companions, plan) = Deserialize::deserialize(from)?;
        Ok(Settings {
            version,
            companions,
            plan,
            by_hand: "".into(),
        })
    }
}

const TABS: [Tab; 3] = [Tab::Walk, Tab::Packet, Tab::Yaml];
const THEMES: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];
/// What stands in the place of the walk; what lies over it is closed by a reload.
pub(crate) const PANELS: [Panel; 4] = [Panel::None, Panel::Many, Panel::WhatIf, Panel::Console];

pub(crate) fn place<T: PartialEq>(all: &[T], one: &T) -> u8 {
    let at = all.iter().position(|t| t == one).unwrap_or(0);
    u8::try_from(at).unwrap_or(0)
}

fn at<T: Clone + Default>(all: &[T], place: u8) -> T {
    all.get(usize::from(place)).cloned().unwrap_or_default()
}

/// Writes a session down; `None` where it is too long to keep.
pub fn save(session: &Session) -> Option<Vec<u8>> {
    let text = session.editor.text();
    let good = session.good.clone().filter(|good| good != text);
    let length = text.len() + good.as_ref().map_or(0, |good| good.len());
    (length <= LONGEST).then(|| {
        let saved = Saved {
            text: text.clone(),
            question: session.question.clone(),
            seed: session.seed,
            forced: session.forced.clone(),
            by_hand: session.by_hand.clone(),
            chosen: session.chosen.clone(),
            talk: session.talk.clone(),
            settings: session.settings.clone(),
            cursor: session.cursor,
            view: [
                place(&Grain::ALL, &session.grain),
                place(&Speed::ALL, &session.speed),
                place(&TABS, &session.tab),
                place(&THEMES, &session.theme),
            ],
            editor_open: session.editor_open,
        };
        let more = More {
            link: session.link.as_ref().map(|link| print(link)),
            good,
            panel: place(&PANELS, &session.panel),
            name: session.name.clone(),
        };
        write(saved, more)
    })
}

/// The bytes.
pub(crate) fn write(saved: Saved, more: More) -> Vec<u8> {
    let by_hand = saved.settings.by_hand.clone();
    wire::encode(&(FORM, saved, more, by_hand))
}

/// What is in some bytes.
pub(crate) fn read(bytes: &[u8]) -> Option<(Saved, More)> {
    match wire::decode(bytes)? {
        1 => {
            let (_, saved): (u32, Saved) = wire::decode(bytes)?;
            Some((saved, More::default()))
        }
        2 => {
            let (_, saved, more): (u32, Saved, More) = wire::decode(bytes)?;
            Some((saved, more))
        }
        FORM => {
            let (_, mut saved, more, by_hand): (u32, Saved, More, Arc<str>) = wire::decode(bytes)?;
            saved.settings.by_hand = by_hand;
            Some((saved, more))
        }
        _ => None,
    }
}

/// A link's fingerprint.
pub(crate) fn print(link: &str) -> u64 {
    wire::fingerprint(link.as_bytes())
}

/// Whether a session that was written down began with this link.
pub fn is_of(bytes: &[u8], link: &str) -> bool {
    read(bytes).is_some_and(|(_, more)| more.link == Some(print(link)))
}

/// The session that was written down, paused where it was left, and what is to be asked for it.
pub fn resume(bytes: &[u8]) -> Option<(Session, Vec<Request>)> {
    let (saved, more) = read(bytes)?;
    let (mut session, _) = Session::new(Arc::from(""));
    session.editor = Shared::new(Editor::new(saved.text));
    session.good = more.good;
    session.question = saved.question;
    session.seed = saved.seed;
    session.talk = saved.talk;
    session.talk.show(session.talk.shown);
    session.settings = saved.settings;
    let [grain, speed, tab, theme] = saved.view;
    session.grain = at(&Grain::ALL, grain);
    session.speed = at(&Speed::ALL, speed);
    session.tab = at(&TABS, tab);
    session.theme = at(&THEMES, theme);
    session.editor_open = saved.editor_open;
    session.by_hand = saved.by_hand;
    session.chosen = saved.chosen;
    session.opening = at(&PANELS, more.panel);
    session.name = more.name;
    Some(session.come_back(saved.cursor, saved.forced))
}
