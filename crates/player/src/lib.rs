//! All that the page knows, without a page.
//!
//! [`Session`] is the whole state, [`update`] the only way it changes, [`engine`] the boundary behind
//! which the core computes, [`Play`] a journey made ready to be shown. Nothing here draws: it
//! can all be tested without a browser.

mod asked;
pub mod asking;
mod beside;
mod browsing;
pub mod captions;
pub mod chains;
pub mod chart;
mod compare;
pub mod comparison;
pub mod compose;
mod consoling;
pub mod conversation;
pub mod counting;
pub mod desk;
mod drawn;
pub mod editor;
pub mod embed;
pub mod engine;
mod following;
pub mod frames;
pub mod guess;
pub mod history;
pub mod kept;
pub mod keys;
mod lab_engine;
pub mod late;
pub mod layout;
pub mod made;
mod making;
pub mod many;
mod masking;
pub mod moment;
pub mod names;
pub mod odds;
pub mod probe;
pub mod queue;
pub mod replay;
pub mod rows;
pub mod samples;
pub mod saved;
pub mod scene;
pub mod session;
pub mod settings;
pub mod share;
mod sharing;
pub mod shelf;
pub mod stage;
pub mod stairs;
mod stated;
mod suggest;
pub mod teaching;
pub mod text;
pub mod timeline;
mod update;
pub mod whatif;
mod whatifs;
pub mod wire;

pub use captions::{Caption, Piece};
pub use compose::{Rulebook, compose};
pub use editor::Editor;
pub use engine::{Answer, Engine, Progress, Request, Said};
pub use following::linked;
pub use frames::{At, Frame, Glyph, Kind, Play, Tone};
pub use lab_engine::LabEngine;
pub use queue::Queue;
pub use session::{Action, Session, Shared};
pub use update::update;
