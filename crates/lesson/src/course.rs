//! A lesson in the core: it answers a page what stands on a step's stage and whether an answer is right.
//!
//! Nothing is kept from question to question but clusters that were read; each step begins anew.

use std::rc::Rc;
use std::sync::Arc;

use lab::{Ask, Destination, Port};

use crate::act::{Act, Pin, Send, Who};
use crate::bench::{Bench, Labs, Walked};
use crate::eval::Scope;
use crate::fault::Fault;
use crate::keep;
use crate::model::{Asks, Fix, How, Keep, Lesson, Predict, Shown, Step, Task};
use crate::stop;
use crate::text::Block;
use crate::value::Value;
use crate::view::*;

/// A lesson that was read, ready to be asked.
pub struct Course {
    pub(crate) lesson: Lesson,
    pub(crate) labs: Labs,
    faults: Vec<Fault>,
}

/// What stands on a step's stage, with the walks themselves.
pub struct OnStage {
    /// As the page needs it.
    pub stage: Stage,
    /// The walk.
    pub walked: Option<Rc<Walked>>,
    /// The one beside it.
    pub beside: Option<Rc<Walked>>,
}

impl Course {
    /// Reads a lesson file.
    pub fn open(text: &str) -> Course {
        let (lesson, faults) = crate::read::read(text);
        Course {
            lesson,
            labs: Labs::default(),
            faults,
        }
    }

    /// What is wrong with the file.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The lesson, to be drawn.
    pub fn view(&self) -> LessonView {
        let lesson = &self.lesson;
        LessonView {
            title: lesson.title.clone(),
            minutes: lesson.minutes,
            about: lesson.about.clone(),
            after: lesson.after.clone(),
            fade: lesson.fade,
            intro: lesson.intro.clone(),
            steps: lesson
                .steps
                .iter()
                .map(|step| self.step_view(step))
                .collect(),
            faults: self.faults.clone(),
        }
    }

    fn step_view(&self, step: &Step) -> StepView {
        let asks = match &step.asks {
            Asks::Nothing => AsksView::Nothing,
            Asks::Predict(predict) => {
                let choices = || predict.choices.iter().map(|c| c.words.clone()).collect();
                match predict.how {
                    How::Choice => AsksView::Choice(choices()),
                    How::Number(_) => AsksView::Number,
                    How::Needle(_) => AsksView::Needle,
                    How::Pick => AsksView::Pick,
                    How::Sort => AsksView::Sort {
                        bins: choices(),
                        items: predict.items.iter().map(|i| i.words.clone()).collect(),
                    },
                }
            }
            Asks::Task(task) => AsksView::Task {
                tools: task.tools.clone(),
                keeps: task.keeps.iter().map(|k| k.words.clone()).collect(),
                solution: task.solution.as_ref().map(|fix| self.solution_view(fix)),
            },
        };
        StepView {
            title: step.title.clone(),
            prose: step.prose.clone(),
            asks,
            view: step.view.clone(),
            walks: step.shown.is_some(),
            compares: step.beside.is_some(),
            hints: step.hints.clone(),
            right: step.right.clone(),
        }
    }

    fn solution_view(&self, fix: &Fix) -> SolutionView {
        let question = fix.ask.as_ref().and_then(|said| {
            let bench = self.bench(&fix.cluster, self.lesson.seed);
            bench.ask(&said.means, &[]).ok().map(|ask| question(&ask))
        });
        SolutionView {
            prose: fix.prose.clone(),
            cluster: fix.cluster.clone(),
            question,
            acts: fix.acts.iter().map(|said| said.words.clone()).collect(),
        }
    }

    pub(crate) fn bench(&self, cluster: &Arc<str>, seed: u64) -> Bench<'_> {
        Bench::new(&self.lesson, &self.labs, cluster, seed)
    }

    /// The cluster of a step after all that happened before it, without the walk on screen.
    ///
    /// # Errors
    /// What can't be done.
    pub(crate) fn set(&self, step: &Step, seed: u64) -> Result<Bench<'_>, Fault> {
        let mut bench = self.bench(&step.cluster, seed);
        if let Some((line, message)) = bench.error() {
            let message = format!("The step's cluster has an error in its line {line}: {message}");
            return Err(Fault::new(step.line, message, "Mend the manifest."));
        }
        bench
            .acts(&step.before)
            .map_err(|(line, why)| Fault::new(line, why, ""))?;
        Ok(bench)
    }

    /// The same with the walk on screen, whose name is `w`.
    pub(crate) fn shown(&self, step: &Step, seed: u64) -> Result<Bench<'_>, Fault> {
        let mut bench = self.set(step, seed)?;
        if let Some(said) = &step.shown {
            let act = match &said.means {
                Shown::Walk(send) => Act::Walk(None, send.clone()),
                Shown::Again(of) => Act::Again(None, of.clone()),
                Shown::Fresh(of) => Act::Fresh(None, of.clone()),
            };
            bench
                .act(&act)
                .map_err(|why| Fault::new(said.line, why, ""))?;
        }
        Ok(bench)
    }

    fn step(&self, index: usize) -> Result<&Step, Fault> {
        self.lesson.steps.get(index).ok_or_else(|| {
            let message = format!("The lesson has no step {}.", index + 1);
            Fault::new(1, message, "Begin the lesson anew.")
        })
    }

    /// What stands on a step's stage.
    ///
    /// # Errors
    /// What is wrong with the lesson there.
    pub fn stage(&self, index: usize) -> Result<OnStage, Fault> {
        let step = self.step(index)?;
        let seed = self.lesson.seed;
        let bench = self.shown(step, seed)?;
        let walked = step
            .shown
            .as_ref()
            .and_then(|_| bench.walks.get("w").cloned());
        let beside = match &step.beside {
            Some(said) => {
                let walked = bench.try_walk(&said.means, &[]);
                Some(walked.map_err(|why| Fault::new(said.line, why, ""))?)
            }
            None => None,
        };
        let stopped = match (&step.stop, &walked) {
            (Some(said), Some(walked)) => {
                let found = stop::find(&bench, walked, &said.means);
                let found = found.map_err(|why| Fault::new(said.line, why, ""))?;
                let help = "Write another moment, or end.";
                Some(found.ok_or_else(|| {
                    Fault::new(said.line, "The walk never comes to this moment.", help)
                })?)
            }
            _ => None,
        };
        let parts = match (&walked, &beside) {
            (Some(a), Some(b)) => stop::parting(a, b),
            _ => None,
        };
        let question = walked.as_ref().map(|w| question(&w.ask));
        let first = matches!(step.shown.as_ref().map(|s| &s.means), Some(Shown::Walk(_)));
        let forced = walked
            .iter()
            .flat_map(|w| w.trip.journey.throws.iter().map(|t| t.draw.drawn));
        let stage = Stage {
            cluster: bench.text.clone(),
            version: self.lesson.version.clone(),
            question,
            seed,
            forced: forced.collect(),
            stop: stopped,
            view: step.view.clone(),
            plain: first && step.before.is_empty(),
            parts,
        };
        Ok(OnStage {
            stage,
            walked,
            beside,
        })
    }

    /// What is said to what was given.
    pub fn judge(&self, index: usize, given: &Given) -> Verdict {
        let judged = self
            .step(index)
            .and_then(|step| self.judge_step(step, given));
        judged.unwrap_or_else(|fault| Verdict {
            trouble: Some(fault.message),
            ..Verdict::default()
        })
    }

    fn judge_step(&self, step: &Step, given: &Given) -> Result<Verdict, Fault> {
        let trouble = |message: &str| {
            Ok(Verdict {
                trouble: Some(message.to_owned()),
                ..Verdict::default()
            })
        };
        match (&step.asks, given) {
            (Asks::Predict(predict), Given::Choice(index)) if predict.how == How::Choice => {
                let right = self.right_choices(step, predict, self.lesson.seed)?;
                let Some(choice) = predict.choices.get(*index) else {
                    return trouble("There is no such choice.");
                };
                Ok(self.said(step, right.contains(index), &choice.note, None))
            }
            (Asks::Predict(predict), Given::Number(number)) => {
                let (How::Number(within) | How::Needle(within)) = predict.how else {
                    return trouble("This question is not answered by a number.");
                };
                let answer = self.answer(step, predict, self.lesson.seed)?;
                let Value::Number(truth) = answer else {
                    return trouble("The lesson's answer is no number.");
                };
                let right = (truth - number).abs() <= within + crate::value::NEAR;
                let belief = match right {
                    true => self
                        .right_choices(step, predict, self.lesson.seed)?
                        .first()
                        .copied(),
                    false => self.believed(step, predict, *number, within)?,
                };
                let note = belief
                    .map(|b| predict.choices[b].note.as_slice())
                    .unwrap_or_default();
                Ok(self.said(step, right, note, Some(answer.words())))
            }
            (Asks::Predict(predict), Given::Pick(pick)) if predict.how == How::Pick => {
                self.picked(step, predict, pick)
            }
            (Asks::Predict(predict), Given::Sort(bins)) if predict.how == How::Sort => {
                let right = self.sorted(step, predict, self.lesson.seed)?;
                let misplaced = (0..right.len()).filter(|i| bins.get(*i) != Some(&right[*i]));
                let misplaced: Vec<usize> = misplaced.collect();
                // The note to the first mistake, by the bin that it was put into.
                let wrong = misplaced.first().and_then(|i| bins.get(*i));
                let note = wrong
                    .and_then(|bin| predict.choices.get(*bin))
                    .map(|c| c.note.as_slice());
                let mut verdict =
                    self.said(step, misplaced.is_empty(), note.unwrap_or_default(), None);
                verdict.misplaced = misplaced;
                Ok(verdict)
            }
            (Asks::Task(task), Given::Task(attempt)) => Ok(self.attempted(step, task, attempt)),
            (Asks::Nothing, _) => trouble("This step asks nothing."),
            _ => trouble("This step is answered in another way."),
        }
    }

    fn said(&self, step: &Step, right: bool, note: &[Block], answer: Option<String>) -> Verdict {
        let mut note = note.to_vec();
        if right {
            note.extend(step.right.clone());
        }
        Verdict {
            right,
            note,
            answer,
            ..Verdict::default()
        }
    }

    fn answer(&self, step: &Step, predict: &Predict, seed: u64) -> Result<Value, Fault> {
        let Some(said) = &predict.answer else {
            return Err(Fault::new(
                step.line,
                "Nothing says what the answer is.",
                "",
            ));
        };
        let bench = self.shown(step, seed)?;
        let found = Scope::new(&bench).value(&said.means);
        found.map_err(|why| Fault::new(said.line, why, ""))
    }

    /// The choices that fit.
    pub(crate) fn right_choices(
        &self,
        step: &Step,
        predict: &Predict,
        seed: u64,
    ) -> Result<Vec<usize>, Fault> {
        let bench = self.shown(step, seed)?;
        let mut scope = Scope::new(&bench);
        let answer = match &predict.answer {
            Some(said) => {
                let found = scope.value(&said.means);
                Some(found.map_err(|why| Fault::new(said.line, why, ""))?)
            }
            None => None,
        };
        let mut fit = Vec::new();
        for (index, choice) in predict.choices.iter().enumerate() {
            let expr = &choice.value.means;
            let fits = match &answer {
                Some(answer) => scope
                    .value(expr)
                    .and_then(|value| scope.equal(answer, &value)),
                None => scope.holds(expr),
            };
            if fits.map_err(|why| Fault::new(choice.value.line, why, ""))? {
                fit.push(index);
            }
        }
        Ok(fit)
    }

    /// The wrong belief that a number speaks of: the nearest that lies within.
    fn believed(
        &self,
        step: &Step,
        predict: &Predict,
        number: f64,
        within: f64,
    ) -> Result<Option<usize>, Fault> {
        let bench = self.shown(step, self.lesson.seed)?;
        let mut scope = Scope::new(&bench);
        let mut nearest: Option<(f64, usize)> = None;
        for (index, choice) in predict.choices.iter().enumerate() {
            let value = scope.value(&choice.value.means);
            let value = value.map_err(|why| Fault::new(choice.value.line, why, ""))?;
            let Value::Number(value) = value else {
                continue;
            };
            let far = (value - number).abs();
            if far <= within + crate::value::NEAR && nearest.is_none_or(|(known, _)| far < known) {
                nearest = Some((far, index));
            }
        }
        Ok(nearest.map(|(_, index)| index))
    }

    fn picked(&self, step: &Step, predict: &Predict, pick: &Pick) -> Result<Verdict, Fault> {
        let bench = self.shown(step, self.lesson.seed)?;
        let mut scope = Scope::new(&bench);
        let given = match pick {
            Pick::Place(name) => Value::Text(name.clone()),
            Pick::Rule { node, rule } => match stop::met(node, rule) {
                Some(met) => Value::Met(met, bench.lab.clone()),
                None => Value::Nothing,
            },
        };
        let answer = self.answer(step, predict, self.lesson.seed)?;
        let right = scope.equal(&answer, &given).unwrap_or(false);
        let mut note: &[Block] = &[];
        for choice in &predict.choices {
            let value = scope.value(&choice.value.means);
            let value = value.map_err(|why| Fault::new(choice.value.line, why, ""))?;
            if scope.equal(&value, &given).unwrap_or(false) {
                note = &choice.note;
            }
        }
        Ok(self.said(step, right, note, Some(answer.words())))
    }

    /// The bin of each item.
    pub(crate) fn sorted(
        &self,
        step: &Step,
        predict: &Predict,
        seed: u64,
    ) -> Result<Vec<usize>, Fault> {
        let bench = self.shown(step, seed)?;
        let mut bins = Vec::new();
        for item in &predict.items {
            let at = |why| Fault::new(item.send.line, why, "");
            let walked = bench.try_walk(&item.send.means, &[]).map_err(at)?;
            let mut scope = Scope::new(&bench);
            scope.subject = Some(walked);
            let mut fit = Vec::new();
            for (index, choice) in predict.choices.iter().enumerate() {
                let holds = scope.holds(&choice.value.means);
                if holds.map_err(|why| Fault::new(choice.value.line, why, ""))? {
                    fit.push(index);
                }
            }
            match fit[..] {
                [bin] => bins.push(bin),
                _ => {
                    let message = format!("This item fits {} bins; it must fit one.", fit.len());
                    return Err(Fault::new(item.send.line, message, ""));
                }
            }
        }
        Ok(bins)
    }

    fn attempted(&self, step: &Step, task: &Task, attempt: &Attempt) -> Verdict {
        let mut bench = match self.set(step, self.lesson.seed) {
            Ok(bench) => bench,
            Err(fault) => {
                return Verdict {
                    trouble: Some(fault.message),
                    ..Verdict::default()
                };
            }
        };
        let done = (|| {
            for did in &attempt.did {
                let act = match did {
                    Did::Walk { question, forced } => Act::Walk(None, send(question, forced)),
                    Did::Many {
                        question,
                        connections,
                        requests,
                    } => Act::Many(Send {
                        connections: (*connections).clamp(1, 1_000_000),
                        requests: (*requests).clamp(1, 1000),
                        ..send(question, &[])
                    }),
                    Did::Wait(time) => Act::Wait(*time),
                    Did::Conntrack { node, args } => {
                        Act::Conntrack(Who::Node(node.clone()), args.clone())
                    }
                    Did::Edit(text) => {
                        bench.change(text)?;
                        continue;
                    }
                };
                if let Some(walked) = bench.act(&act)? {
                    bench.history.push(walked);
                }
            }
            bench.change(&attempt.cluster)?;
            Ok::<(), String>(())
        })();
        if let Err(why) = done {
            return Verdict {
                trouble: Some(why),
                ..Verdict::default()
            };
        }
        let asked = attempt.question.as_ref().map(|q| send(q, &attempt.forced));
        self.tested(step, task, bench, asked.as_ref())
    }

    /// What becomes of a task after somebody did something about it.
    pub(crate) fn fixed(
        &self,
        step: &Step,
        task: &Task,
        fix: Option<&Fix>,
        seed: u64,
    ) -> Result<Verdict, Fault> {
        let (bench, asked) = self.after(step, fix, seed)?;
        Ok(self.tested(step, task, bench, asked.as_ref()))
    }

    /// The cluster after that, and who then sends to whom.
    pub(crate) fn after(
        &self,
        step: &Step,
        fix: Option<&Fix>,
        seed: u64,
    ) -> Result<(Bench<'_>, Option<Send>), Fault> {
        let mut bench = self.set(step, seed)?;
        let mut asked = match step.shown.as_ref().map(|s| &s.means) {
            Some(Shown::Walk(send)) => Some(send.clone()),
            _ => None,
        };
        if let Some(fix) = fix {
            let at = |why| Fault::new(fix.line, why, "");
            bench.change(&fix.cluster).map_err(at)?;
            for said in &fix.acts {
                let done = bench.act(&said.means);
                let done = done.map_err(|why| Fault::new(said.line, why, ""))?;
                bench.history.extend(done);
            }
            if let Some(said) = &fix.ask {
                asked = Some(said.means.clone());
            }
        }
        Ok((bench, asked))
    }

    fn tested(
        &self,
        step: &Step,
        task: &Task,
        mut bench: Bench<'_>,
        asked: Option<&Send>,
    ) -> Verdict {
        let mut verdict = Verdict::default();
        if let Some((line, message)) = bench.error() {
            verdict.trouble = Some(format!(
                "The manifest has an error in line {line}: {message}"
            ));
            return verdict;
        }
        if let Some(send) = asked {
            let opened = bench.act(&Act::Walk(Some("asked".into()), send.clone()));
            match opened {
                Ok(walked) => bench.history.extend(walked),
                Err(why) => {
                    verdict.trouble = Some(why);
                    return verdict;
                }
            }
        }
        for said in &task.keeps {
            let kept = match &said.means {
                Keep::Question => match step.shown.as_ref().map(|s| &s.means) {
                    Some(Shown::Walk(send)) => {
                        let own = bench.ask(send, &[]).ok();
                        own == asked.and_then(|asked| bench.ask(asked, &[]).ok())
                    }
                    _ => true,
                },
                other => keep::kept(other, &step.now, &bench.text),
            };
            if !kept {
                verdict.broken.push(said.words.clone());
            }
        }
        for check in &task.checks {
            match Scope::new(&bench).holds(&check.holds.means) {
                Ok(true) => {}
                Ok(false) => verdict.unmet.push(check.words.clone()),
                // A walk that can't be asked about yet does not do what is wanted yet.
                Err(why) => {
                    verdict.unmet.push(check.words.clone());
                    verdict.trouble.get_or_insert(why);
                }
            }
        }
        verdict.right = verdict.unmet.is_empty() && verdict.broken.is_empty();
        if verdict.right {
            verdict.note.clone_from(&step.right);
        }
        verdict
    }
}

/// A question in the lesson's own words becomes an act.
fn send(question: &QuestionView, forced: &[u32]) -> Send {
    Send {
        from: question.from.clone(),
        to: question.to.clone(),
        via: question.via.clone(),
        pins: forced.iter().map(|n| Pin::Number(*n)).collect(),
        connections: 1,
        requests: 1,
    }
}

/// A question in the words of `chainwalk walk`.
fn question(ask: &Ask) -> QuestionView {
    let mut ask = ask.clone();
    // A ping has no port, whatever its words.
    if ask.port == Port::None && matches!(ask.to, Destination::Addr(_)) {
        ask.protocol = netfilter::Protocol::Icmp;
    }
    QuestionView {
        from: ask.from.to_string(),
        to: ask.to_words(),
        via: ask.via,
    }
}
