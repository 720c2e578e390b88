//! Lessons over the boundary to the core: what is asked of one, and what comes back.
//!
//! It crosses as bytes of its own ([`Teach`], [`Taught`]) within [`crate::engine::Work::Lesson`] and
//! [`crate::engine::Outcome::Lesson`], so that only who draws lessons has to know what is in them. What a
//! lesson is and where a learner is in it, is [`lesson`]'s to say.

use std::sync::Arc;

use fabric::EventKind;
use lab::IpFamily;
use lesson::{Course, Given, LessonView, Moment, Stage, Verdict, Walked};
use serde::{Deserialize, Serialize};

use crate::compose::compose;
use crate::frames::Play;
use crate::lab_engine::Book;
use crate::probe::Extent;
use crate::wire;

/// What is asked of a lesson. The core reads a text once and keeps what it read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Teach {
    /// The lesson file.
    pub text: Arc<str>,
    /// What about it.
    pub about: About,
}

/// What about a lesson.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum About {
    /// All that is drawn of it.
    Whole,
    /// What stands on a step's stage.
    Stage(usize),
    /// What is said to an answer in a step.
    Verdict(usize, Given),
}

/// What comes back.
#[derive(Debug, Serialize, Deserialize)]
pub enum Taught {
    /// All that is drawn of it.
    Whole(Box<LessonView>),
    /// What stands on the stage of a step, or why nothing does.
    Stage(usize, Result<Box<Set>, String>),
    /// What is said to an answer in a step.
    Verdict(usize, Given, Box<Verdict>),
}

/// A step's stage with its walks, ready to be shown.
#[derive(Debug, Serialize, Deserialize)]
pub struct Set {
    /// What it is set with.
    pub stage: Stage,
    /// The walk.
    pub walk: Option<Box<Shown>>,
    /// The one beside it.
    pub beside: Option<Box<Shown>>,
}

/// A walk of a lesson.
#[derive(Debug, Serialize, Deserialize)]
pub struct Shown {
    /// The walk.
    pub play: Play,
    /// The frame at which it stops.
    pub stop: Option<usize>,
    /// The frame at which it parts from the one beside it.
    pub parts: Option<usize>,
}

impl Teach {
    /// As it crosses.
    pub fn bytes(&self) -> Vec<u8> {
        wire::encode(self)
    }
}

impl Taught {
    /// As it was said; `None` where the bytes are none.
    pub fn read(bytes: &[u8]) -> Option<Taught> {
        wire::decode(bytes)
    }
}

/// The lesson that is kept read.
#[derive(Default)]
pub(crate) struct Teacher {
    open: Option<(Arc<str>, Course)>,
}

impl Teacher {
    /// Answers; nothing where the bytes ask nothing.
    pub(crate) fn answer(&mut self, asked: &[u8]) -> Vec<u8> {
        let Some(Teach { text, about }) = wire::decode(asked) else {
            return Vec::new();
        };
        let kept = self.open.take().filter(|(of, _)| *of == text);
        let (text, course) = kept.unwrap_or_else(|| (text.clone(), Course::open(&text)));
        let said = match about {
            About::Whole => Taught::Whole(Box::new(course.view())),
            About::Stage(step) => Taught::Stage(step, set(&course, step).map(Box::new)),
            About::Verdict(step, given) => {
                let verdict = course.judge(step, &given);
                Taught::Verdict(step, given, Box::new(verdict))
            }
        };
        self.open = Some((text, course));
        wire::encode(&said)
    }
}

fn set(course: &Course, step: usize) -> Result<Set, String> {
    let on = course.stage(step).map_err(|fault| fault.to_string())?;
    let stop = on.stage.stop.clone();
    let parts = on.stage.parts.clone();
    let show = |walked: &Walked, stop: Option<&Moment>, parts: Option<&Moment>| {
        Box::new(shown(walked, stop, parts))
    };
    let walk = on
        .walked
        .as_ref()
        .map(|w| show(w, stop.as_ref(), parts.as_ref().map(|(a, _)| a)));
    let beside = on
        .beside
        .as_ref()
        .map(|w| show(w, None, parts.as_ref().map(|(_, b)| b)));
    Ok(Set {
        stage: on.stage,
        walk,
        beside,
    })
}

fn shown(walked: &Walked, stop: Option<&Moment>, parts: Option<&Moment>) -> Shown {
    let latest = [stop, parts].into_iter().flatten().map(|m| m.packet).max();
    // The first packet and its answer, unless something later is what it is about.
    let extent = match latest.is_some_and(|packet| packet > 1) {
        true => Extent::Whole,
        false => Extent::FirstAndReply,
    };
    let frame = |moment: Option<&Moment>| moment.map(|m| frame_of(walked, extent, m.event));
    Shown {
        play: composed(walked, extent, usize::MAX),
        stop: frame(stop),
        parts: frame(parts),
    }
}

fn composed(walked: &Walked, extent: Extent, events: usize) -> Play {
    let family = match walked.trip.dst.is_ipv4() {
        true => IpFamily::Ipv4,
        false => IpFamily::Ipv6,
    };
    let lab = &walked.lab;
    let mut trip = walked.trip.clone();
    trip.journey.events.truncate(events);
    compose(lab.cluster(), &Book { lab, family }, &trip, extent)
}

/// The frame that tells of an event: the last of those that the walk up to there comes to, but for the
/// ending. What is told later than it happens (a rewriting, with the rule that asked for it) is found there.
fn frame_of(walked: &Walked, extent: Extent, event: usize) -> usize {
    let frames = |events| composed(walked, extent, events).frames.len();
    let events = &walked.trip.journey.events;
    let told = match events.get(event).map(|e| &e.kind) {
        Some(EventKind::Nat { .. }) => event + 1,
        _ => event,
    };
    frames(told + 1).saturating_sub(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::Kind;

    fn first() -> Arc<str> {
        let text = include_str!("../../../lessons/01-who-owns-a-clusterip.md");
        text.into()
    }

    fn ask(teacher: &mut Teacher, about: About) -> Taught {
        let text = first();
        let said = teacher.answer(&Teach { text, about }.bytes());
        Taught::read(&said).expect("the teacher answers")
    }

    #[test]
    fn a_lesson_is_asked_over_the_boundary() {
        let mut teacher = Teacher::default();
        let Taught::Whole(view) = ask(&mut teacher, About::Whole) else {
            panic!("the whole was asked for");
        };
        assert_eq!(view.steps.len(), 4);
        let Taught::Stage(1, Ok(set)) = ask(&mut teacher, About::Stage(1)) else {
            panic!("the stage was asked for");
        };
        let walk = set.walk.expect("the step shows a walk");
        let stop = walk.stop.expect("it stops");
        assert_eq!(walk.play.frames[stop].kind, Kind::Dnat);
        let right = (0..4).filter(|nth| {
            let given = Given::Choice(*nth);
            match ask(&mut teacher, About::Verdict(0, given)) {
                Taught::Verdict(0, _, verdict) => verdict.right && !verdict.note.is_empty(),
                other => panic!("a verdict was asked for: {other:?}"),
            }
        });
        assert_eq!(right.count(), 1);
    }

    #[test]
    fn bytes_that_ask_nothing_get_nothing() {
        let mut teacher = Teacher::default();
        assert!(teacher.answer(&[9, 9, 9]).is_empty());
        assert!(Taught::read(&[]).is_none());
    }
}
