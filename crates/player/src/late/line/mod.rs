//! "The line": one whole journey as one drawing. The request runs from left to right, the reply back under
//! it; the hook that matters dives into its chains and every other is a comb.
//!
//! Only boxes, lines and places of words are worked out here, for a size and a moment. What is drawn with
//! them is left to the page. Each part of the work is a file: who is passed ([`track`]), where everything
//! stands ([`place`], [`hook`], [`draws`]), the two-coloured ribbon ([`ribbon`]), and words that must not
//! cover anything ([`words`]).

mod bands;
mod dive;
mod draws;
mod hook;
mod notes;
mod place;
mod ribbon;
mod track;
mod twin;
mod way;
mod words;

use crate::frames::{Glyph, Play};
use crate::layout::{Point, Rect};

pub use twin::{Passage, twin};

/// How a text stands at its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

impl Anchor {
    /// The word in SVG.
    pub fn word(self) -> &'static str {
        match self {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        }
    }
}

/// One mark of the drawing.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// A rectangle with round corners.
    Box(Rect, f64),
    /// A path, in SVG's own words.
    Path(String),
    /// A circle.
    Circle(Point, f64),
    /// Words.
    Text {
        /// Where.
        at: Point,
        /// How they stand there.
        anchor: Anchor,
        /// The words.
        words: String,
        /// Turned by so many degrees about their point.
        turn: i16,
    },
    /// A sign of its own.
    Sign(Glyph, Point),
}

/// A mark, and the class that gives it its look.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// What it is.
    pub form: Form,
    /// Its look.
    pub class: &'static str,
}

/// A place that stands for a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// Where.
    pub at: Point,
    /// The moment.
    pub frame: usize,
}

/// The drawing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// Its size, which may be more than what it was given.
    pub size: (f64, f64),
    /// Its marks, the lowest first.
    pub shapes: Vec<Shape>,
    /// Where each moment stands; several may share a place.
    pub stops: Vec<Stop>,
    /// Where the moment on screen stands.
    pub here: Point,
}

/// A pointer this far from a stop still means it.
const REACH: f64 = 24.0;

impl Line {
    /// The moment that a pointer at a point means. Of several at one place, the first that is not before
    /// the rest: where a hook begins, that is its beginning.
    pub fn nearest(&self, at: Point) -> Option<usize> {
        let far = |stop: &Stop| (stop.at.0 - at.0).hypot(stop.at.1 - at.1);
        self.stops
            .iter()
            .filter(|stop| far(stop) <= REACH)
            .min_by(|a, b| far(a).total_cmp(&far(b)))
            .map(|stop| stop.frame)
    }
}

/// How much of the journey is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it; what is still to come is thin.
    Whole,
    /// What has happened so far: whoever guesses first shall not see the answers.
    SoFar,
}

/// Lays it out for a moment and a size. Where there is too much for the size, the drawing is larger.
pub fn lay(play: &Play, cursor: usize, size: (u32, u32), extent: Extent) -> Line {
    let cursor = cursor.min(play.frames.len().saturating_sub(1));
    place::lay(play, cursor, size, extent)
}
