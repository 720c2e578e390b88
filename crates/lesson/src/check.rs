//! Proves a lesson: that it loads, that an answer fits one choice, that a task's start fails, its solution
//! passes and its tempting wrong fixes fail, and that luck hardly ever decides.

use crate::bench::Bench;
use crate::course::Course;
use crate::eval::Scope;
use crate::expr::Expr;
use crate::fault::Fault;
use crate::keep;
use crate::model::{Asks, How, Predict, Said, Step, Task};
use crate::text::{count_words, plain};
use crate::value::Value;
use crate::view::Fade;

/// The most words of a step's prose; with one idea a step, fewer are needed.
const WORDS: usize = 60;

/// How many seeds are tried where chance has a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeds(pub u32);

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// What could be better.
    pub advice: Vec<Fault>,
    /// What was proved, a line each.
    pub proved: Vec<String>,
}

/// Checks a lesson file.
pub fn check(text: &str, seeds: Seeds) -> Report {
    let course = Course::open(text);
    let mut report = Report {
        faults: course.faults().to_vec(),
        ..Report::default()
    };
    if !report.faults.is_empty() {
        return report;
    }
    for (index, step) in course.lesson.steps.iter().enumerate() {
        let mut checker = Checker {
            course: &course,
            index,
            step,
            seeds,
            report: &mut report,
        };
        if let Err(fault) = checker.step() {
            report.faults.push(fault);
        }
    }
    report
}

struct Checker<'c> {
    course: &'c Course,
    index: usize,
    step: &'c Step,
    seeds: Seeds,
    report: &'c mut Report,
}

impl Checker<'_> {
    fn advise(&mut self, line: usize, message: String, help: &str) {
        self.report.advice.push(Fault::new(line, message, help));
    }

    fn step(&mut self) -> Result<(), Fault> {
        let words = count_words(&self.step.prose);
        if words > WORDS {
            let message = format!("The step has {words} words.");
            self.advise(
                self.step.line,
                message,
                "Say one thing, in at most 60 words.",
            );
        }
        let stage = self.course.stage(self.index)?;
        if stage.walked.is_some() {
            self.report
                .proved
                .push(format!("line {}: its walk can be made", self.step.line));
        }
        let step = self.step;
        if !step.claims.is_empty() {
            let bench = self.course.shown(step, self.course.lesson.seed)?;
            self.claims(&bench, &step.claims)?;
        }
        match &step.asks {
            Asks::Nothing => Ok(()),
            Asks::Predict(predict) => self.predict(predict),
            Asks::Task(task) => self.task(task),
        }
    }

    /// What words claim must hold.
    fn claims(&mut self, bench: &Bench<'_>, claims: &[Said<Expr>]) -> Result<(), Fault> {
        for said in claims {
            let holds = Scope::new(bench).holds(&said.means);
            if !holds.map_err(|why| Fault::new(said.line, why, ""))? {
                let message = format!("What is claimed does not hold: {}", said.words);
                return Err(Fault::new(
                    said.line,
                    message,
                    "Mend the words, and the claim.",
                ));
            }
            self.report
                .proved
                .push(format!("line {}: {}", said.line, said.words));
        }
        Ok(())
    }

    fn predict(&mut self, predict: &Predict) -> Result<(), Fault> {
        let seed = self.course.lesson.seed;
        match predict.how {
            How::Sort => {
                let bins = self.course.sorted(self.step, predict, seed)?;
                self.luck(|course, step, seed| Ok(course.sorted(step, predict, seed)? == bins))?;
                let line = self.step.line;
                self.report
                    .proved
                    .push(format!("line {line}: each item fits one bin"));
                return Ok(());
            }
            How::Pick if predict.choices.is_empty() => {
                self.luck(|_, _, _| Ok(true))?;
                return Ok(());
            }
            How::Choice | How::Number(_) | How::Needle(_) | How::Pick => {}
        }
        let fit = self.course.right_choices(self.step, predict, seed)?;
        let right = match fit[..] {
            [right] => right,
            [] => {
                let help = match self.answer(predict)? {
                    Some(answer) => format!("The simulator answers: {answer}."),
                    None => String::new(),
                };
                return Err(Fault::new(self.step.line, "No choice is right.", help));
            }
            _ => {
                let words = |i: &usize| plain(&predict.choices[*i].words);
                let all: Vec<String> = fit.iter().map(words).collect();
                let message = format!("Several choices are right: {}.", all.join("; "));
                return Err(Fault::new(
                    self.step.line,
                    message,
                    "Make them exclude each other.",
                ));
            }
        };
        for (index, choice) in predict.choices.iter().enumerate() {
            if index != right && choice.note.is_empty() {
                let message = format!("The wrong belief \"{}\" has no note.", plain(&choice.words));
                self.advise(choice.value.line, message, "Put one below it, behind >.");
            }
        }
        self.luck(|course, step, seed| Ok(course.right_choices(step, predict, seed)? == [right]))?;
        let line = self.step.line;
        self.report.proved.push(format!(
            "line {line}: one choice is right, \"{}\"",
            plain(&predict.choices[right].words)
        ));
        Ok(())
    }

    /// The simulator's answer, in words.
    fn answer(&self, predict: &Predict) -> Result<Option<String>, Fault> {
        let Some(said) = &predict.answer else {
            return Ok(None);
        };
        let bench = self.course.shown(self.step, self.course.lesson.seed)?;
        let value = Scope::new(&bench).value(&said.means);
        let value: Value = value.map_err(|why| Fault::new(said.line, why, ""))?;
        Ok(Some(value.words()))
    }

    fn task(&mut self, task: &Task) -> Result<(), Fault> {
        let (course, step, seed) = (self.course, self.step, self.course.lesson.seed);
        for said in &task.keeps {
            if !keep::exists(&said.means, &step.now) {
                let message = format!("The manifest has no {} that could be kept.", said.words);
                return Err(Fault::new(
                    said.line,
                    message,
                    "Write KIND/NAME.field, yaml or question.",
                ));
            }
        }
        let start = course.fixed(step, task, None, seed)?;
        if start.right {
            let help = "Break something in the step's cluster, or ask for more.";
            return Err(Fault::new(
                step.line,
                "The task is done before it is begun.",
                help,
            ));
        }
        self.luck(|course, step, seed| Ok(!course.fixed(step, task, None, seed)?.right))?;
        for fix in task.solution.iter().chain(&task.wrong) {
            let (bench, _) = course.after(step, Some(fix), seed)?;
            self.claims(&bench, &fix.claims)?;
        }
        if let Some(fix) = &task.solution {
            let done = course.fixed(step, task, Some(fix), seed)?;
            if !done.right {
                let mut why: Vec<String> = done.unmet;
                why.extend(
                    done.broken
                        .iter()
                        .map(|b| format!("{b} was to stay as it is")),
                );
                why.extend(done.trouble);
                let message = format!("The solution does not pass: {}", why.join("; "));
                return Err(Fault::new(fix.line, message, "Mend it, or what is asked."));
            }
            self.luck(|course, step, seed| Ok(course.fixed(step, task, Some(fix), seed)?.right))?;
        }
        for fix in &task.wrong {
            let done = course.fixed(step, task, Some(fix), seed)?;
            if done.right {
                let message = format!("The wrong fix \"{}\" passes.", plain(&fix.title));
                return Err(Fault::new(
                    fix.line,
                    message,
                    "Ask for more, or keep what it changes.",
                ));
            }
            if let Some(trouble) = done.trouble {
                let message = format!(
                    "The wrong fix \"{}\" can't be tried: {trouble}",
                    plain(&fix.title)
                );
                return Err(Fault::new(fix.line, message, ""));
            }
            self.luck(|course, step, seed| Ok(!course.fixed(step, task, Some(fix), seed)?.right))?;
        }
        self.report.proved.push(format!(
            "line {}: the start fails, the solution passes, {} wrong fixes fail",
            step.line,
            task.wrong.len()
        ));
        if step.hints.is_empty() && course.lesson.fade != Fade::Never {
            self.advise(
                step.line,
                "The task has no hints.".into(),
                "Write some under ### Hints.",
            );
        }
        Ok(())
    }

    /// Whether it comes out the same whatever is drawn, but for fewer than 1 in 1,000 seeds.
    fn luck(
        &mut self,
        same: impl Fn(&Course, &Step, u64) -> Result<bool, Fault>,
    ) -> Result<(), Fault> {
        let before = self.course.labs.luck.replace(false);
        same(self.course, self.step, self.course.lesson.seed)?;
        if !self.course.labs.luck.replace(before) {
            return Ok(());
        }
        let mut unlike = 0;
        for seed in 0..u64::from(self.seeds.0) {
            // Seeds far apart, since a bench takes the next one for each walk.
            if !same(self.course, self.step, 1_000_003 * (seed + 1))? {
                unlike += 1;
            }
        }
        let tried = self.seeds.0;
        match unlike * 1000 < tried.max(1) {
            true => {
                self.report.proved.push(format!(
                    "line {}: luck decides in {unlike} of {tried} seeds",
                    self.step.line
                ));
                Ok(())
            }
            false => Err(Fault::new(
                self.step.line,
                format!("Luck decides: it comes out otherwise with {unlike} of {tried} seeds."),
                "Pin the draws, make more connections, or ask for a wider range.",
            )),
        }
    }
}
