//! The dialog that makes a link: what is asked of the core, what it answers, and in which words.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::desk::Deed;
use crate::engine::Work;
use crate::session::{Panel, Session};
use crate::{saved, wire};

/// What a link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Form {
    /// The walk, the text out of the way.
    #[default]
    View,
    /// The walk, the text open.
    Edit,
}

/// Whether names and addresses go into the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Names {
    /// As they are.
    #[default]
    Kept,
    /// Others in their places.
    Replaced,
}

/// What is asked of the core.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ask {
    /// What the page wrote down.
    pub saved: Vec<u8>,
    /// What the link opens.
    pub form: Form,
    /// Whether names go into it.
    pub names: Names,
}

/// A link, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The fragment, without its `#`.
    pub fragment: String,
    /// What is in it.
    pub contents: Contents,
    /// What replacing came to, where it was asked for.
    pub replaced: Option<Replaced>,
}

/// What a link holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contents {
    /// How many lines of YAML.
    pub lines: usize,
    /// Names in it, sorted; at most [`LISTED`], and how many there are.
    pub names: (Vec<String>, usize),
    /// Addresses likewise.
    pub addresses: (Vec<String>, usize),
    /// How many comments.
    pub comments: usize,
    /// Who sends to whom.
    pub question: String,
    /// Whether the text could be read at all.
    pub read: bool,
}

/// A longer address is cut by mail programs.
pub const MAIL: usize = link::MAIL;
/// A longer address is taken by no browser.
pub const LONGEST: usize = link::LONGEST;

/// So many names are listed.
pub const LISTED: usize = 12;

/// What replacing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Replaced {
    /// Names and addresses; the walk is the same, step for step.
    All,
    /// Names alone: with other addresses the walk would be another.
    NamesAlone,
    /// Names and addresses; kube-proxy orders its rules by them, so the walk is another.
    Other,
    /// Nothing: the text has mistakes, so that what is a name in it can't be told.
    Nothing,
}

impl Replaced {
    /// What to say about it.
    pub fn words(self) -> &'static str {
        match self {
            Replaced::All => {
                "Names and addresses are replaced; the walk is the same, step for step."
            }
            Replaced::NamesAlone => {
                "Names are replaced. Addresses are not: with others the walk would be another one."
            }
            Replaced::Other => {
                "Names and addresses are replaced. kube-proxy orders its rules by them, so that the walk is another one."
            }
            Replaced::Nothing => {
                "Nothing is replaced: the YAML has mistakes, and what is a name in it can't be told. Mend them first."
            }
        }
    }
}

/// The dialog's state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Share {
    /// What the link shall open.
    pub form: Form,
    /// Whether names shall go into it.
    pub names: Names,
    /// Whether the walk is too long to be written down.
    pub too_long: bool,
    /// What the core said, as bytes that [`Share::made`] reads.
    pub answer: Option<Rc<[u8]>>,
}

impl Share {
    /// What the core made. `None` too while it is at it.
    pub fn made(&self) -> Option<Made> {
        wire::decode::<Option<Made>>(self.answer.as_ref()?)?
    }

    /// Asks for a link of what is on screen, below the dialog.
    pub fn ask(form: Form, names: Names, over: Panel) -> Deed {
        Deed::new(move |session: &mut Session| {
            let share = &mut session.desk.share;
            (share.form, share.names, share.answer) = (form, names, None);
            // The dialog stands over the walk and is no part of it.
            let mut shown = session.clone();
            shown.panel = over.clone();
            let saved = saved::save(&shown);
            session.desk.share.too_long = saved.is_none();
            let Some(saved) = saved else {
                return Vec::new();
            };
            let ask = wire::encode(&Ask { saved, form, names });
            vec![session.request(Work::Share(ask))]
        })
    }
}
