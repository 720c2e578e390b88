//! What outlives a reload: the text, the question, the conversation, and the moment on screen.
//!
//! A page writes it down when it is left and begins with it when it is come back to. Bytes of another
//! form are no state at all: then the page begins as ever.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::conversation::Talk;
use crate::editor::Editor;
use crate::engine::Request;
use crate::probe::Question;
use crate::session::{Grain, Session, Shared, Speed, Tab, Theme};
use crate::settings::Settings;
use crate::wire;

/// Counts the forms that this has had. The bytes name no field, so an older page's would be misread.
const FORM: u32 = 1;

/// A longer text is not written down: browsers keep a few million characters for each site.
const LONGEST: usize = 1_500_000;

#[derive(Serialize, Deserialize)]
struct Saved {
    text: Arc<str>,
    question: Question,
    seed: u64,
    forced: Vec<u32>,
    by_hand: BTreeSet<usize>,
    chosen: Option<String>,
    talk: Talk,
    settings: Settings,
    cursor: usize,
    /// Places in `Grain::ALL`, `Speed::ALL` and the like: view types need no form of their own.
    view: [u8; 4],
    editor_open: bool,
}

const TABS: [Tab; 3] = [Tab::Walk, Tab::Packet, Tab::Yaml];
const THEMES: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

fn place<T: PartialEq>(all: &[T], one: &T) -> u8 {
    let at = all.iter().position(|t| t == one).unwrap_or(0);
    u8::try_from(at).unwrap_or(0)
}

fn at<T: Copy + Default>(all: &[T], place: u8) -> T {
    all.get(usize::from(place)).copied().unwrap_or_default()
}

/// Writes a session down; `None` where it is too long to keep.
pub fn save(session: &Session) -> Option<Vec<u8>> {
    let text = session.editor.text();
    (text.len() <= LONGEST).then(|| {
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
        wire::encode(&(FORM, saved))
    })
}

/// The session that was written down, paused where it was left, and what is to be asked for it.
pub fn resume(bytes: &[u8]) -> Option<(Session, Vec<Request>)> {
    let (form, saved): (u32, Saved) = wire::decode(bytes)?;
    if form != FORM {
        return None;
    }
    let (mut session, _) = Session::new(Arc::from(""));
    session.editor = Shared::new(Editor::new(saved.text));
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
    Some(session.come_back(saved.cursor, saved.forced))
}
