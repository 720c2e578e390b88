//! A page that stands in a frame of somebody else's: what its host asks for, and what is shown of it.
//!
//! How host and frame speak is `www/embed.js` and `www/frame.js`' business.

use std::sync::Arc;

use crate::engine::Request;
use crate::probe::Transport;
use crate::session::{Action, Panel, Session, Target, Theme};

/// What is shown in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// The chain walk with map and story.
    #[default]
    Walk,
    /// The map alone, with the story.
    Map,
    /// The chains alone, with the story.
    Chains,
    /// The draw alone, with the story.
    Draw,
    /// The story alone.
    Story,
    /// Many connections.
    Many,
    /// What-ifs.
    WhatIf,
    /// The rules browser.
    Rules,
}

impl View {
    /// All of them.
    pub const ALL: [View; 8] = [
        View::Walk,
        View::Map,
        View::Chains,
        View::Draw,
        View::Story,
        View::Many,
        View::WhatIf,
        View::Rules,
    ];

    /// Its name in the host's page.
    pub fn name(self) -> &'static str {
        match self {
            View::Walk => "walk",
            View::Map => "map",
            View::Chains => "chains",
            View::Draw => "draw",
            View::Story => "story",
            View::Many => "many",
            View::WhatIf => "what-if",
            View::Rules => "rules",
        }
    }
}

/// Whether the play can be driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Controls {
    /// By its buttons, too.
    #[default]
    Shown,
    /// By keys alone.
    Hidden,
}

/// What a host asks for, as it says it: anything may be missing, and what cannot be read is missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Setup {
    /// Who sends.
    pub from: String,
    /// To whom, with the protocol where it is not TCP.
    pub to: String,
    /// The seed.
    pub seed: String,
    /// The event to stand at, counted from 1.
    pub step: String,
    /// What is shown.
    pub view: String,
    /// `none` where there shall be no buttons.
    pub controls: String,
    /// Whether it plays by itself: not empty where it does.
    pub autoplay: String,
    /// `light` or `dark`.
    pub theme: String,
}

/// A page in a frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Embed {
    /// What is shown.
    pub view: View,
    /// Whether there are buttons.
    pub controls: Controls,
    /// Whether it has still to come to where the view begins.
    before: bool,
}

impl Session {
    /// The state of a page in a frame, and the request that reads its text.
    pub fn embedded(text: Arc<str>, setup: &Setup) -> (Session, Vec<Request>) {
        let (mut session, _) = Session::new(text);
        let request = session.embed(setup);
        (session, vec![request])
    }

    fn embed(&mut self, setup: &Setup) -> Request {
        let trimmed = setup.to.trim();
        let protocol = [
            ("/udp", Transport::Udp),
            ("/sctp", Transport::Sctp),
            ("/icmp", Transport::Icmp),
            ("/tcp", Transport::Tcp),
        ];
        let cut = protocol
            .into_iter()
            .find_map(|(suffix, transport)| Some((trimmed.strip_suffix(suffix)?, transport)));
        let (to, transport) = cut.unwrap_or((trimmed, Transport::Tcp));
        self.question.from = setup.from.trim().into();
        self.question.to = to.into();
        self.question.transport = transport;
        if let Ok(seed) = setup.seed.trim().parse() {
            self.seed = seed;
        }
        self.theme = match setup.theme.as_str() {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        };
        let step: Option<usize> = setup.step.trim().parse().ok();
        let named = |view: &View| view.name() == setup.view.trim();
        let view = View::ALL.into_iter().find(named).unwrap_or_default();
        self.embed = Some(Embed {
            view,
            controls: match setup.controls.trim() {
                "none" => Controls::Hidden,
                _ => Controls::Shown,
            },
            before: match view {
                View::Draw => step.is_none(),
                View::Many | View::WhatIf | View::Rules => true,
                View::Walk | View::Map | View::Chains | View::Story => false,
            },
        });
        let request = self.load();
        self.anew = false;
        self.begin = Some(step.map_or(0, |step| step.saturating_sub(1)));
        self.playing = !setup.autoplay.is_empty();
        request
    }

    /// What brings the page to where its view begins, once there is a walk.
    pub(crate) fn embed_begins(&mut self) -> Option<Action> {
        let settled = self.is_settled() && self.play.is_some();
        let embed = self.embed.as_mut().filter(|e| e.before && settled)?;
        embed.before = false;
        match embed.view {
            View::Draw => Some(Action::Next(Target::Draw)),
            View::Many => Some(Action::Open(Panel::Many)),
            View::WhatIf => Some(Action::Open(Panel::WhatIf)),
            View::Rules => self.rules_here().map(Action::Open),
            View::Walk | View::Map | View::Chains | View::Story => None,
        }
    }

    /// How the walk on screen ended, once it has come there: `reached`, or why not in a word.
    pub fn ended(&self) -> Option<&'static str> {
        let play = self.play.as_ref()?;
        let at_end = self.cursor + 1 >= play.frames.len();
        let kind = play.frames.last().filter(|_| at_end)?.kind;
        Some(match kind {
            crate::Kind::Ending => "answered",
            _ => "failed",
        })
    }
}
