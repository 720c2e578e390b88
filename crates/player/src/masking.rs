//! A walk without the names and addresses of its cluster, and whether it still is the same walk.

use std::sync::Arc;

use edit::mask::{Mask, Which};
use link::{Mode, Then, View, Walk};

use crate::engine::{Engine, Outcome, Request, Work};
use crate::probe::{Choices, Group};
use crate::saved::Saved;
use crate::share::Replaced;
use crate::sharing::saved_of;
use crate::{Kind, LabEngine, Play};

/// The walk with other names, and what that came to.
pub(crate) fn masked(walk: Walk) -> (Walk, Replaced) {
    let was = Shape::of(&walk);
    let mut other = None;
    for (which, replaced) in [
        (Which::NamesAndAddresses, Replaced::All),
        (Which::Names, Replaced::NamesAlone),
    ] {
        let Some(found) = edit::mask::masked(&walk.text, which) else {
            break;
        };
        let mut walk = renamed(&walk, found.text, &found.mask);
        if let (Some(was), Some(is)) = (&was, Shape::of(&walk)) {
            walk.from = there(&walk.from, &was.from, &was.choices.from, &is.choices.from);
            walk.to = there(&walk.to, &was.to, &was.choices.to, &is.choices.to);
        }
        if Shape::of(&walk).map(|s| s.walk) == was.as_ref().map(|s| s.walk.clone()) {
            return (walk, replaced);
        }
        other.get_or_insert(walk);
    }
    match other {
        Some(walk) => (walk, Replaced::Other),
        None => (walk, Replaced::Nothing),
    }
}

fn renamed(walk: &Walk, text: String, mask: &Mask) -> Walk {
    let then = walk.then.iter().map(|then| match then {
        Then::Conntrack { node, args } => Then::Conntrack {
            node: mask.of(node),
            args: mask.of(args),
        },
        other => other.clone(),
    });
    Walk {
        text,
        from: mask.of(&walk.from),
        to: mask.of(&walk.to),
        chosen: walk.chosen.as_deref().map(|c| mask.of(c)),
        then: then.collect(),
        view: match &walk.view {
            // A chain's name is made of a Service's.
            View::Rules { node, table, .. } => View::Rules {
                node: mask.of(node),
                table: table.clone(),
                chain: None,
            },
            view => view.clone(),
        },
        ..walk.clone()
    }
}

/// What stands for a choice where it was one whose name the control plane made up: the one in its place.
fn there(renamed: &str, was: &str, old: &[Group], new: &[Group]) -> String {
    let values = |groups: &[Group]| -> Vec<String> {
        let choices = groups.iter().flat_map(|g| &g.choices);
        choices.map(|c| c.value.clone()).collect()
    };
    let (old, new) = (values(old), values(new));
    if new.iter().any(|value| value == renamed) || old.len() != new.len() {
        return renamed.to_owned();
    }
    let place = old.iter().position(|value| value == was);
    place.map_or_else(|| renamed.to_owned(), |place| new[place].clone())
}

/// What a walk comes to, without a name.
struct Shape {
    walk: Option<Vec<(Kind, usize)>>,
    choices: Choices,
    from: String,
    to: String,
}

impl Shape {
    fn of(walk: &Walk) -> Option<Shape> {
        let (saved, _) = saved_of(Mode::View, walk.clone());
        let mut engine = LabEngine::default();
        let mut ask = |what| engine.answer(Request { number: 1, what }).what;
        let Saved {
            text,
            question,
            seed,
            forced,
            talk,
            settings,
            ..
        } = saved;
        let Outcome::Loaded {
            good: Some((loaded, question, mut walked)),
            ..
        } = ask(Work::Load {
            text: Arc::clone(&text),
            good: None,
            question,
            chosen: None,
            seed,
            talk: talk.clone(),
            settings,
        })
        else {
            return None;
        };
        if !forced.is_empty()
            && let Outcome::Walked(found) = ask(Work::Send {
                question: question.clone(),
                seed,
                forced,
                talk,
            })
        {
            walked = found;
        }
        let kinds = |play: &Play| play.frames.iter().map(|f| (f.kind, f.visit)).collect();
        Some(Shape {
            walk: walked.ok().map(|play| kinds(&play)),
            choices: loaded.choices,
            from: question.from,
            to: question.to,
        })
    }
}
