//! What is asked of the core after the first view, and what it says to that. They cross the boundary as
//! bytes within [`crate::engine::Work::Late`] and [`crate::engine::Outcome::Late`], so that the first view
//! need not know how to read them.

use std::sync::Arc;

use lab::IpFamily;
use serde::{Deserialize, Serialize};

use super::{console, rules};
use crate::comparison::Comparison;
use crate::conversation::Talk;
use crate::engine::Lane;
use crate::made::Made;
use crate::many::Tallies;
use crate::odds::OddsView;
use crate::probe::Question;
use crate::session::Refusal;
use crate::settings::Settings;
use crate::whatif::{Edited, Offers};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    /// Compute the exact odds of a question.
    Odds {
        /// Who sends to whom.
        question: Question,
        /// The seed of the numbers that lead to each way.
        seed: u64,
        /// What came before, and after which part of it.
        talk: Talk,
        /// What was drawn then.
        earlier: Vec<u32>,
    },
    /// Make many connections, or the next part of them.
    Many {
        /// Who sends to whom.
        question: Question,
        /// The seed.
        seed: u64,
        /// How many.
        wanted: u64,
        /// How many of them are made: 0 begins anew.
        made: u64,
    },
    /// Say which what-ifs are on offer.
    Offers {
        /// Who sends to whom.
        question: Question,
    },
    /// Write one of them into the text.
    Edit {
        /// Who sends to whom.
        question: Question,
        /// Which.
        id: String,
    },
    /// Compare another cluster with the one that was read last.
    Compare {
        /// The other's text.
        text: Arc<str>,
        /// What was stated beside it.
        settings: Settings,
        /// Who sends to whom.
        question: Question,
        /// The seed.
        seed: u64,
        /// The nodes that the walk on screen meets, in order.
        walked: Vec<String>,
    },
    /// Find the rules that an object of the text made.
    Made {
        /// A line of the object.
        line: usize,
        /// Of which family: whether the walk on screen is IPv6.
        #[serde(with = "crate::wire::plain")]
        family: IpFamily,
    },
    /// Show a window of a node's rules.
    Rules(Box<rules::Ask>),
    /// Do something at the console.
    Console(console::Ask),
}

impl Ask {
    /// What it is about.
    pub fn lane(&self) -> Lane {
        match self {
            Ask::Odds { .. } => Lane::Odds,
            Ask::Many { .. } => Lane::Many,
            Ask::Offers { .. } => Lane::Offers,
            Ask::Edit { .. } => Lane::Edit,
            Ask::Compare { .. } => Lane::Compare,
            Ask::Made { .. } => Lane::Made,
            Ask::Rules(_) => Lane::Rules,
            Ask::Console(ask) => ask.lane(),
        }
    }
}

/// What the core says.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// The odds; none where the question cannot be asked, or has too many paths.
    Odds(Option<Box<OddsView>>),
    /// Many connections, as far as they are made.
    Many(Result<Box<Tallies>, Refusal>),
    /// What is on offer.
    Offers(Box<Offers>),
    /// The text after a what-if, or why it can't be written.
    Edited(Result<Box<Edited>, Refusal>),
    /// What differs, or why that can't be said.
    Compared(Result<Box<Comparison>, Refusal>),
    /// An object's rules; none where the line is no object's.
    Made(Option<Box<Made>>),
    /// A window of rules; none where there is no node.
    Rules(Option<Box<rules::Found>>),
    /// What the console says.
    Console(console::Say),
}
