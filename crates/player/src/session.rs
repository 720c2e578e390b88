//! The page's whole state, and everything that can happen to it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::conversation::{Step, Talk};
use crate::editor::Editor;
use crate::engine::{Answer, Lane, Loaded, Progress};
use crate::frames::Play;
use crate::guess::Guess;
use crate::history::History;
use crate::late::browser::{self, Browser};
use crate::late::{Hooks, Late};
use crate::made::Made;
use crate::many::{Deed, Many};
use crate::odds::Odds;
use crate::probe::Question;
use crate::samples::Sample;
use crate::settings::Settings;
use crate::stage::{Present, Stage};
use crate::whatif::WhatIf;

/// A shared value that is equal to itself alone: comparing two plays would cost more than drawing one.
#[derive(Debug)]
pub struct Shared<T>(pub Rc<T>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(self.0.clone())
    }
}

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> std::ops::Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Shared<T> {
    /// Shares a value.
    pub fn new(value: T) -> Self {
        Shared(Rc::new(value))
    }
}

impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Shared<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Shared::new)
    }
}

/// Where one step lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Grain {
    /// On the next namespace.
    Hop,
    /// On the next hook.
    Hook,
    /// On the next table.
    Table,
    /// On the next rule.
    #[default]
    Rule,
}

impl Grain {
    /// All, coarse to fine.
    pub const ALL: [Grain; 4] = [Grain::Hop, Grain::Hook, Grain::Table, Grain::Rule];

    /// Its name on the page.
    pub fn name(self) -> &'static str {
        match self {
            Grain::Hop => "Hop",
            Grain::Hook => "Hook",
            Grain::Table => "Table",
            Grain::Rule => "Rule",
        }
    }
}

/// How fast it plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Speed {
    /// Half as fast.
    Half,
    /// As the captions want to be read.
    #[default]
    Normal,
    /// Twice as fast.
    Double,
    /// Four times as fast.
    Fourfold,
}

impl Speed {
    /// All, slow to fast.
    pub const ALL: [Speed; 4] = [Speed::Half, Speed::Normal, Speed::Double, Speed::Fourfold];

    /// Its name on the page.
    pub fn name(self) -> &'static str {
        match self {
            Speed::Half => "0.5×",
            Speed::Normal => "1×",
            Speed::Double => "2×",
            Speed::Fourfold => "4×",
        }
    }

    /// A duration at this speed.
    pub fn scale(self, milliseconds: u32) -> u32 {
        match self {
            Speed::Half => milliseconds * 2,
            Speed::Normal => milliseconds,
            Speed::Double => milliseconds / 2,
            Speed::Fourfold => milliseconds / 4,
        }
    }
}

/// Which of the three panels a phone shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tab {
    /// The chain walk.
    #[default]
    Walk,
    /// The packet and conntrack.
    Packet,
    /// The editor.
    Yaml,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What the text is edited in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Field {
    /// The browser's own field: there from the first moment.
    #[default]
    Plain,
    /// The editor that is loaded when it is first wanted.
    Rich,
}

/// What lies over the walk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Panel {
    /// Nothing.
    #[default]
    None,
    /// The list of keys.
    Help,
    /// Many connections, in the place of the walk.
    Many,
    /// What-ifs, and what the last change came to, in the place of the walk.
    WhatIf,
    /// The settings.
    Settings,
    /// Saved clusters.
    Clusters,
    /// The dialog that makes a link, and what it lies over.
    Share(Box<Panel>),
    /// Pictures and the story, as files.
    Export,
    /// The rules that the object at a line of the text made.
    Made(usize),
    /// The console, in the place of the walk.
    Console,
    /// The rules browser, in the place of the walk; where it was opened.
    Rules {
        /// The node.
        node: String,
        /// The table.
        table: lab::TableName,
        /// The chain.
        chain: Option<String>,
    },
}

impl Panel {
    /// Whether it stands in the place of the walk.
    pub fn is_instead_of_the_walk(&self) -> bool {
        matches!(
            self,
            Panel::Many | Panel::WhatIf | Panel::Console | Panel::Rules { .. }
        )
    }
}

/// What the next "next" looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// A draw.
    Draw,
    /// A rewriting.
    Nat,
    /// A verdict.
    Verdict,
}

/// The whole state.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// The text and how it is folded.
    pub editor: Shared<Editor>,
    /// What the last text that a cluster would accept came to.
    pub loaded: Option<Shared<Loaded>>,
    /// What is wrong or remarkable in the text as it stands now.
    pub notes: Rc<Vec<Note>>,
    /// Whether the text as it stands is not the one on screen.
    pub stale: bool,
    /// Who sends to whom.
    pub question: Question,
    /// The seed of the draws.
    pub seed: u64,
    /// What stands in the seed's box, when it is no number.
    pub seed_draft: Option<String>,
    /// Numbers forced on the first draws, in order.
    pub forced: Vec<u32>,
    /// Which of them were forced by hand, and are not just what was drawn before those.
    pub by_hand: BTreeSet<usize>,
    /// The endpoint for whose sake they were forced, where it was that.
    pub chosen: Option<String>,
    /// What follows the first connection, and which part of it is on screen.
    pub talk: Talk,
    /// Whether the text is so long that it is read only once nobody types any more.
    pub unread: bool,
    /// Whether the next cluster is a new one rather than an edited one, and is walked from the start.
    pub anew: bool,
    /// The walk on screen.
    pub play: Option<Shared<Play>>,
    /// Why there is none, or none for this question.
    pub refusal: Option<Refusal>,
    /// Index of the moment shown.
    pub cursor: usize,
    /// Whether it runs by itself.
    pub playing: bool,
    /// Where a step lands.
    pub grain: Grain,
    /// How fast it runs.
    pub speed: Speed,
    /// Whether the editor is open.
    pub editor_open: bool,
    /// Whether the question's row is open on a phone.
    pub question_open: bool,
    /// The phone's tab.
    pub tab: Tab,
    /// Light or dark.
    pub theme: Theme,
    /// How the walk is drawn.
    pub stage: Stage,
    /// What lies over the walk.
    pub panel: Panel,
    /// What was found for [`Panel::Made`]; `Some(None)` where the line is no object's.
    pub made: Option<Option<Shared<Made>>>,
    /// What a lesson said last, as it came ([`crate::teaching::Taught`]).
    pub taught: Option<Shared<Vec<u8>>>,
    /// What is shown of the page in somebody else's frame.
    pub embed: Option<crate::embed::Embed>,
    /// The rules browser, once it was opened.
    pub browser: Option<Browser>,
    /// The page's width and height in CSS pixels.
    pub viewport: (u32, u32),
    /// The same before a presenter's zoom.
    pub screen: (u32, u32),
    /// Whether it is shown to a room.
    pub present: Present,
    /// Many connections.
    pub many: Many,
    /// The exact odds of the question.
    pub odds: Odds,
    /// Whether draws are guessed first, and how that goes.
    pub guess: Guess,
    /// What is stated beside the text.
    pub settings: Settings,
    /// Earlier texts and settings.
    pub history: History,
    /// What-ifs.
    pub whatif: WhatIf,
    /// Number of the last request made.
    pub request: u64,
    /// The newest request about each thing, as long as its answer is awaited.
    pub asked: BTreeMap<Lane, u64>,
    /// At which moment the walk that is awaited begins, where it doesn't stay at this one.
    pub begin: Option<usize>,
    /// How far the core has come, once it takes long.
    pub waiting: Option<Progress>,
    /// Why an answer won't come.
    pub trouble: Option<Trouble>,
    /// The line to show in the editor, and how often that was asked.
    pub reveal: Option<(usize, u32)>,
    /// What the text is edited in.
    pub field: Field,
    /// A sample that was wished for.
    pub sample: Sample,
    /// Whether the browser is printing, which takes the whole story.
    pub printing: bool,
    /// The text that the core was last asked to read.
    pub reading: Arc<str>,
    /// The last text that was a cluster.
    pub good: Option<Arc<str>>,
    /// The link that this began with, by its fragment.
    pub link: Option<Arc<str>>,
    /// A link that is being read.
    pub wanted: Option<Arc<str>>,
    /// What is to be opened once there is a walk.
    pub opening: Panel,
    /// Under which name this is kept.
    pub name: Option<String>,
    /// Something to tell that ends no walk.
    pub notice: Option<Notice>,
    /// What the parts keep that are loaded after the first view.
    pub desk: crate::desk::Desk,
    /// What the first view does without, and whether it is there.
    pub late: Late,
}

/// A diagnostic, as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// How bad.
    #[serde(with = "crate::wire::plain")]
    pub severity: lab::Severity,
    /// 1-based line and column of its first character, and of the one after its last.
    pub place: Option<(usize, usize, usize, usize)>,
    /// The field.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Why a question could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Something to tell: what happened, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Why an answer won't come, and what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: String,
    /// What was asked about.
    pub about: Lane,
}

/// Everything that can happen.
#[derive(Debug, Clone)]
pub enum Action {
    /// The visible text was changed.
    Edited(String),
    /// Nobody has typed for a while.
    Settled,
    /// A whole text was given in place of the old one.
    Replaced(Arc<str>),
    /// A fold was opened.
    Unfold(usize),
    /// The editor that was being loaded is there.
    EditorArrived,
    /// The browser is about to print.
    PrintBegins,
    /// The browser has printed.
    PrintEnds,
    /// A sample was chosen, by its file.
    SampleChosen(&'static str),
    /// A sample's file came, or did not.
    SampleArrived(&'static str, Option<Arc<str>>),
    /// The engine answered. Whoever hands this up gives the answer away: it is taken only where nobody
    /// else holds it, since copying one would cost more than drawing it.
    Answered(Rc<Answer>),
    /// An answer was kept beside the page; the engine's own will take its place.
    Kept(Rc<Answer>),
    /// The engine has taken long, and is so far; or has nothing left to do.
    Waiting(Option<Progress>),
    /// The engine is gone, and why.
    Lost(String),
    /// The core stopped, for this reason, and a new one goes on in its place.
    Restarted(String),
    /// Stop what the engine is doing.
    Cancel,
    /// Ask again what was stopped or lost.
    Retry,
    /// Say no more of what was stopped or lost.
    Dismiss,
    /// A sender was chosen or typed.
    From(String),
    /// A destination was chosen or typed.
    To(String),
    /// A protocol was chosen.
    Protocol(crate::probe::Transport),
    /// How much of the exchange is told was chosen.
    Extent(crate::probe::Extent),
    /// Ask the question again, from the start.
    Send,
    /// The conversation goes on behind the part on screen.
    Then(Step),
    /// Another part of the conversation.
    Part(usize),
    /// The conversation is its first connection again.
    Afresh,
    /// The seed was typed.
    Seed(String),
    /// Another seed, same question.
    DrawAgain,
    /// The draw at the cursor is to be this number, in parts of 2^31.
    Pin(u32),
    /// No number is forced any more.
    Unpin,
    /// To this moment.
    Seek(usize),
    /// One step on.
    Step,
    /// One step back.
    Back,
    /// To the first moment.
    Home,
    /// To the last moment.
    End,
    /// To the next moment of a kind.
    Next(Target),
    /// Play or pause.
    Toggle,
    /// The moment has stood long enough.
    Tick,
    /// Where steps land.
    Grain(Grain),
    /// How fast.
    Speed(Speed),
    /// Open or close the editor.
    ToggleEditor,
    /// Open or close the question on a phone.
    ToggleQuestion,
    /// Show a line of the text.
    Reveal(usize),
    /// A phone's tab.
    Tab(Tab),
    /// The other of light and dark; the argument says which one the system asks for.
    SwitchTheme(Theme),
    /// Open a panel, or close it with [`Panel::None`].
    Open(Panel),
    /// The walk is drawn in another way.
    Stage(Stage),
    /// The page is shown to a room, or no longer.
    Present(Present),
    /// Something is done with many connections.
    Many(Deed),
    /// Something is done in the rules browser.
    Rules(browser::Deed),
    /// Something is done with what-ifs.
    WhatIf(crate::whatif::Deed),
    /// Something is done at the console.
    Console(crate::late::console::Deed),
    /// The last change to text or settings is undone.
    Undo,
    /// What was undone is done again.
    Redo,
    /// A link is followed, by its fragment.
    Follow(Arc<str>),
    /// Something that a part of the page brings along.
    Late(crate::desk::Deed),
    /// Something is to be told, or no more.
    Tell(Option<Notice>),
    /// Something is done about guessing first.
    Guess(crate::guess::Deed),
    /// The draws shall lead to this endpoint.
    Choose(String),
    /// What the first view does without has come.
    LateCame(&'static Hooks),
    /// It could not be loaded.
    LateLost,
    /// Load it again.
    LateAgain,
    /// The page has this size now.
    Resized(u32, u32),
}

impl Session {
    /// Whether the draw of this index among all draws of the walk was forced by hand.
    pub fn is_forced(&self, index: usize) -> bool {
        index < self.forced.len() && self.by_hand.contains(&index)
    }

    /// Whether what is on screen is what was asked for last.
    pub fn is_settled(&self) -> bool {
        let awaited = |lane| self.asked.contains_key(&lane);
        !awaited(Lane::Cluster) && !awaited(Lane::Walk) && !awaited(Lane::Open)
    }

    /// The moment on screen.
    pub fn frame(&self) -> Option<&crate::frames::Frame> {
        self.play.as_ref().map(|play| play.frame(self.cursor))
    }

    /// Whether the page is drawn for a thumb: narrow, or zoomed until it is.
    pub fn is_phone(&self) -> bool {
        // A column of a host's page is narrow, too.
        self.embed.is_some() || self.viewport.0 <= PHONE
    }
}

/// The widest page that is drawn as a phone's, in CSS pixels; `layout.css` has the same number.
pub const PHONE: u32 = 860;
