//! Where a learner is in a lesson: a state machine over plain data, with no simulator in it.
//!
//! A page draws it, hands what the learner gives to the core ([`crate::Course::judge`]), and tells it the
//! verdict. Nothing is shown before the learner has committed: [`Run::may_play`].

use serde::{Deserialize, Serialize};

use crate::view::{AsksView, Fade, Given, LessonView, Verdict};

/// After so many failed tries the solution is on offer.
const TRIES: u32 = 3;

/// A learner in a lesson.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The lesson: its file name without its end.
    pub lesson: String,
    /// The step on screen.
    pub at: usize,
    /// How far each step is.
    pub steps: Vec<StepRun>,
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StepRun {
    /// How often something was given.
    pub tries: u32,
    /// What was given last.
    pub given: Option<Given>,
    /// What was said to it; none while the core is at work.
    pub verdict: Option<Verdict>,
    /// How many hints are open.
    pub hints: usize,
    /// Whether it is done.
    pub done: bool,
    /// Whether the solution or the answer was looked at before.
    pub shown: bool,
}

/// One thing that a learner does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Move {
    /// Gives an answer, or asks whether the task is done.
    Give(Given),
    /// Takes back what was given, to answer anew.
    Retry,
    /// Opens the next hint.
    Hint,
    /// Wants to see the solution or the answer.
    Show,
    /// Goes on to the next step.
    Next,
    /// Goes back a step.
    Back,
    /// Goes to a step.
    Go(usize),
}

/// What the core is to be asked after a move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Wanted {
    /// Nothing.
    Nothing,
    /// What stands on the stage of this step ([`crate::Course::stage`]).
    Stage(usize),
    /// What is said to this ([`crate::Course::judge`]); the answer comes back by [`Run::judged`].
    Verdict(usize, Given),
}

impl Run {
    /// At the beginning of a lesson.
    pub fn begin(lesson: &str, view: &LessonView) -> Run {
        let mut run = Run {
            lesson: lesson.to_owned(),
            at: 0,
            steps: vec![StepRun::default(); view.steps.len()],
        };
        run.settle(view);
        run
    }

    /// The same run over a lesson that may have been written anew since.
    pub fn fitting(mut self, view: &LessonView) -> Run {
        self.steps.resize(view.steps.len(), StepRun::default());
        self.at = self.at.min(self.steps.len().saturating_sub(1));
        self.settle(view);
        self
    }

    /// How far the step on screen is.
    pub fn here(&self) -> StepRun {
        self.steps.get(self.at).cloned().unwrap_or_default()
    }

    /// Makes a move, and says what the core is to be asked.
    pub fn make(&mut self, made: Move, view: &LessonView) -> Wanted {
        let at = self.at;
        let hints = view.steps.get(at).map_or(0, |step| step.hints.len());
        let may_hint = self.may_hint(view);
        let may_show = self.may_show();
        let Some(step) = self.steps.get_mut(at) else {
            return Wanted::Nothing;
        };
        match made {
            Move::Give(given) => {
                step.given = Some(given.clone());
                step.verdict = None;
                Wanted::Verdict(at, given)
            }
            Move::Retry if !step.done => {
                (step.given, step.verdict) = (None, None);
                Wanted::Nothing
            }
            Move::Hint if may_hint => {
                step.hints = (step.hints + 1).min(hints);
                Wanted::Nothing
            }
            Move::Show if may_show => {
                step.shown = true;
                step.done = true;
                Wanted::Nothing
            }
            Move::Next if self.may_go_on(view) => self.go(at + 1, view),
            Move::Back => self.go(at.saturating_sub(1), view),
            Move::Go(to) => self.go(to, view),
            Move::Retry | Move::Hint | Move::Show | Move::Next => Wanted::Nothing,
        }
    }

    fn go(&mut self, to: usize, view: &LessonView) -> Wanted {
        let to = to.min(self.steps.len().saturating_sub(1));
        if to == self.at {
            return Wanted::Nothing;
        }
        self.at = to;
        self.settle(view);
        Wanted::Stage(to)
    }

    /// A step that asks nothing is done once it is seen, and some hints stand there from the beginning.
    fn settle(&mut self, view: &LessonView) {
        let at = self.at;
        let (Some(step), Some(drawn)) = (self.steps.get_mut(at), view.steps.get(at)) else {
            return;
        };
        if drawn.asks == AsksView::Nothing {
            step.done = true;
        }
        if view.fade == Fade::Shown {
            step.hints = drawn.hints.len();
        }
    }

    /// The core has said something to what was given in a step. What was given since is not judged by it.
    pub fn judged(&mut self, index: usize, given: &Given, verdict: Verdict) {
        let Some(step) = self.steps.get_mut(index) else {
            return;
        };
        if step.given.as_ref() != Some(given) || step.verdict.is_some() {
            return;
        }
        // What the simulator could not answer is no try of the learner's.
        if verdict.trouble.is_none() {
            step.tries += 1;
        }
        step.done |= verdict.right;
        step.verdict = Some(verdict);
    }

    /// Whether the walk on the stage may run: in a prediction only after the learner has committed.
    pub fn may_play(&self, view: &LessonView) -> bool {
        let step = self.here();
        match view.steps.get(self.at).map(|s| &s.asks) {
            Some(AsksView::Nothing | AsksView::Task { .. } | AsksView::Pick) | None => true,
            Some(_) => step.given.is_some() || step.done,
        }
    }

    /// Whether the next step is open.
    pub fn may_go_on(&self, view: &LessonView) -> bool {
        let more = self.at + 1 < view.steps.len();
        more && self.here().done
    }

    /// Whether another hint can be opened.
    pub fn may_hint(&self, view: &LessonView) -> bool {
        let step = self.here();
        let hints = view.steps.get(self.at).map_or(0, |s| s.hints.len());
        let open = match view.fade {
            Fade::Shown | Fade::Click => hints,
            Fade::AfterTry => hints.min(step.tries as usize),
            Fade::Never => 0,
        };
        step.hints < open && !step.done
    }

    /// Whether the answer or the solution is on offer: after a few tries.
    pub fn may_show(&self) -> bool {
        let step = self.here();
        step.tries >= TRIES && !step.shown
    }

    /// Whether the lesson is done.
    pub fn is_done(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|step| step.done)
    }

    /// How many steps are done.
    pub fn done(&self) -> usize {
        self.steps.iter().filter(|step| step.done).count()
    }
}
