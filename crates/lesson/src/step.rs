//! One step of a lesson, read: its heading says whether it shows, asks or sets a task.

use std::sync::Arc;

use crate::act::{self, Act, Send};
use crate::change;
use crate::expr::{Expr, Misread, parse};
use crate::fault::Fault;
use crate::markdown::Placed;
use crate::model::*;
use crate::moment;
use crate::read::coded;
use crate::text::{Block, Inline, plain};

/// Choices beyond these are too many to weigh.
const CHOICES: usize = 8;

const KEYS: &str = "There are view, before, walk, again, fresh, beside, stop, answer, number, needle, pick, sort, check, claim, keep, tools and cluster.";
const VIEWS: [&str; 9] = [
    "map",
    "chains",
    "draw",
    "story",
    "many",
    "rules",
    "console",
    "conntrack",
    "yaml",
];
const TOOLS: [&str; 6] = ["question", "yaml", "draws", "console", "many", "wait"];

/// What a heading says a step does.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Show,
    Predict,
    Task,
}

/// Where the blocks of a step stand.
enum Section {
    Step,
    Right,
    Hints,
    Solution,
    Wrong,
}

pub(crate) fn read(
    line: usize,
    mut words: Vec<Inline>,
    blocks: Vec<Placed>,
    lesson: &Lesson,
    faults: &mut Vec<Fault>,
) -> Option<Step> {
    let heading = plain(&words);
    let (kind, _) = heading.split_once(':').unwrap_or((&heading, ""));
    let kind = match kind.trim() {
        "Show" => Kind::Show,
        "Predict" | "Recall" => Kind::Predict,
        "Task" => Kind::Task,
        other => {
            faults.push(Fault::new(
                line,
                format!("\"{other}\" is no kind of step."),
                "Begin the heading with Show:, Predict:, Recall: or Task:.",
            ));
            return None;
        }
    };
    if let (Some(Inline::Text(text)), Some((prefix, _))) =
        (words.first_mut(), heading.split_once(':'))
        && prefix != "Recall"
    {
        *text = text
            .split_once(':')
            .map_or("", |(_, rest)| rest)
            .trim_start()
            .to_owned();
    }
    let mut reader = Reader {
        lesson,
        faults,
        cluster: lesson.clusters.get("").cloned().unwrap_or_default(),
        now: None,
        how: None,
        answer: None,
        checks: Vec::new(),
        keeps: Vec::new(),
        tools: Vec::new(),
        step: Step {
            line,
            title: words,
            prose: Vec::new(),
            cluster: Arc::from(""),
            now: Arc::from(""),
            before: Vec::new(),
            shown: None,
            beside: None,
            stop: None,
            view: None,
            claims: Vec::new(),
            asks: Asks::Nothing,
            right: Vec::new(),
            hints: Vec::new(),
        },
        choices: Vec::new(),
        items: Vec::new(),
        solution: None,
        wrong: Vec::new(),
    };
    reader.blocks(kind, blocks);
    Some(reader.finish(kind))
}

struct Reader<'a> {
    lesson: &'a Lesson,
    faults: &'a mut Vec<Fault>,
    cluster: Arc<str>,
    /// What it has become by what happened before the step.
    now: Option<Arc<str>>,
    how: Option<How>,
    answer: Option<Said<Expr>>,
    checks: Vec<Check>,
    keeps: Vec<Said<Keep>>,
    tools: Vec<String>,
    step: Step,
    choices: Vec<Choice>,
    items: Vec<SortItem>,
    solution: Option<Fix>,
    wrong: Vec<Fix>,
}

impl Reader<'_> {
    fn fault(&mut self, line: usize, message: impl Into<String>, help: impl Into<String>) {
        self.faults.push(Fault::new(line, message, help));
    }

    fn blocks(&mut self, kind: Kind, blocks: Vec<Placed>) {
        let mut section = Section::Step;
        for Placed { line, block } in blocks {
            if let Block::Heading { level, words } = block {
                section = self.section(line, level, words);
                continue;
            }
            match section {
                Section::Step => self.own(kind, line, block),
                Section::Right => self.step.right.push(block),
                Section::Hints => match block {
                    Block::List { items, .. } => {
                        self.step
                            .hints
                            .extend(items.into_iter().map(|item| item.blocks));
                    }
                    block => self.step.hints.push(vec![block]),
                },
                Section::Solution | Section::Wrong => self.of_fix(line, block, &section),
            }
        }
    }

    fn section(&mut self, line: usize, level: u8, words: Vec<Inline>) -> Section {
        let heading = plain(&words);
        let (name, title) = heading.split_once(':').unwrap_or((&heading, ""));
        let fix = |title: &str| Fix {
            line,
            title: vec![Inline::Text(title.trim().to_owned())],
            prose: Vec::new(),
            cluster: self.now.clone().unwrap_or_else(|| self.cluster.clone()),
            ask: None,
            acts: Vec::new(),
            claims: Vec::new(),
        };
        match (level, name.trim()) {
            (3, "Right") => Section::Right,
            (3, "Hints" | "Hint") => Section::Hints,
            (3, "Solution") => {
                self.solution = Some(fix(title));
                Section::Solution
            }
            (3, "Wrong") => {
                let fix = fix(title);
                self.wrong.push(fix);
                Section::Wrong
            }
            (3, other) => {
                let message = format!("\"{other}\" is no part of a step.");
                self.fault(
                    line,
                    message,
                    "There are ### Right, ### Hints, ### Solution and ### Wrong: ….",
                );
                Section::Step
            }
            _ => {
                self.fault(
                    line,
                    "A heading of this level means nothing in a step.",
                    "Steps begin with ##, their parts with ###.",
                );
                Section::Step
            }
        }
    }

    /// A block that stands in the step itself.
    fn own(&mut self, kind: Kind, line: usize, block: Block) {
        match block {
            Block::Code { info, text } => match info.as_str() {
                "step" => self.lines(line, &text, |reader, line, key, value| {
                    reader.key(line, key, value);
                }),
                "diff" => {
                    let base = self.cluster.clone();
                    self.cluster = self.changed(line, &base, &text);
                }
                "yaml add" => self.cluster = change::append(&self.cluster, &text),
                _ => self.step.prose.push(Block::Code { info, text }),
            },
            Block::List { first: None, items } if kind == Kind::Predict => {
                let coded: Vec<_> = items
                    .iter()
                    .map(|item| (item.line, coded(&item.blocks)))
                    .collect();
                if coded.iter().all(|(_, item)| item.is_none()) {
                    self.step.prose.push(Block::List { first: None, items });
                    return;
                }
                for (line, item) in coded {
                    match item {
                        Some((code, words, note)) => self.item(line, code, words, note),
                        None => self.fault(
                            line,
                            "This choice says nothing that can be checked.",
                            "Begin it with what it means, in `…`, as the others.",
                        ),
                    }
                }
            }
            block => self.step.prose.push(block),
        }
    }

    /// A choice, or something to sort.
    fn item(&mut self, line: usize, code: String, words: Vec<Inline>, note: Vec<Block>) {
        if code.contains("->") && !code.contains('(') {
            if let Some(send) = self.send(line, &code) {
                self.items.push(SortItem { send, words });
            }
            return;
        }
        if let Some(value) = self.expr(line, &code) {
            self.choices.push(Choice { value, words, note });
        }
        if self.choices.len() == CHOICES + 1 {
            let message = format!("There are more than {CHOICES} choices.");
            self.fault(line, message, "Three or four are enough.");
        }
    }

    fn of_fix(&mut self, line: usize, block: Block, section: &Section) {
        let mut fix = match section {
            Section::Wrong => self.wrong.pop(),
            _ => self.solution.take(),
        }
        .expect("the section began with one");
        match block {
            Block::Code { info, text } => match info.as_str() {
                "diff" => fix.cluster = self.changed(line, &fix.cluster, &text),
                "yaml add" => fix.cluster = change::append(&fix.cluster, &text),
                "do" => self.lines(line, &text, |reader, line, key, value| {
                    if key == "claim" {
                        let claim = reader.expr(line, value);
                        fix.claims.extend(claim);
                        return;
                    }
                    if key == "ask" {
                        fix.ask = reader.send(line, value);
                        return;
                    }
                    let act = reader.act(line, key, value);
                    fix.acts.extend(act);
                }),
                _ => fix.prose.push(Block::Code { info, text }),
            },
            block => fix.prose.push(block),
        }
        match section {
            Section::Wrong => self.wrong.push(fix),
            _ => self.solution = Some(fix),
        }
    }

    fn changed(&mut self, line: usize, base: &str, diff: &str) -> Arc<str> {
        match change::apply(base, diff) {
            Ok(text) => text,
            Err((index, message)) => {
                self.fault(
                    line + 1 + index,
                    message,
                    "Copy the lines from the manifest, and put - and + before them.",
                );
                base.into()
            }
        }
    }

    /// Lines of `key: value`.
    fn lines(
        &mut self,
        line: usize,
        text: &str,
        mut take: impl FnMut(&mut Self, usize, &str, &str),
    ) {
        for (index, written) in text.lines().enumerate() {
            let at = line + 1 + index;
            if written.trim().is_empty() || written.starts_with('#') {
                continue;
            }
            match written.split_once(':') {
                Some((key, value)) => take(self, at, key.trim(), value.trim()),
                None => self.fault(
                    at,
                    format!("\"{written}\" says nothing."),
                    "Write KEY: VALUE.",
                ),
            }
        }
    }

    fn key(&mut self, line: usize, key: &str, value: &str) {
        let verb = key.split_whitespace().next().unwrap_or_default();
        match verb {
            "before" => {
                let (key, value) = value.split_once(':').unwrap_or((value, ""));
                let act = self.act(line, key.trim(), value.trim());
                if let Some(Said {
                    means: Act::Cluster(name),
                    ..
                }) = &act
                {
                    self.now = self.lesson.clusters.get(name).cloned();
                }
                self.step.before.extend(act);
            }
            "walk" => {
                if let Some(send) = self.send(line, value) {
                    self.shown(line, value, Shown::Walk(send.means));
                }
            }
            "again" => self.shown(line, value, Shown::Again(value.to_owned())),
            "fresh" => self.shown(line, value, Shown::Fresh(value.to_owned())),
            "beside" => self.step.beside = self.send(line, value),
            "stop" => self.step.stop = self.stop(line, value),
            "view" if VIEWS.contains(&value) => self.step.view = Some(value.to_owned()),
            "view" => {
                let message = format!("\"{value}\" is no view.");
                self.fault(line, message, format!("There are {}.", VIEWS.join(", ")));
            }
            "cluster" => match self.lesson.clusters.get(value) {
                Some(text) => self.cluster = text.clone(),
                None => {
                    let message = format!("The lesson has no cluster \"{value}\".");
                    self.fault(
                        line,
                        message,
                        "Clusters stand before the first step: ```yaml cluster NAME",
                    );
                }
            },
            "claim" => {
                let claim = self.expr(line, value);
                self.step.claims.extend(claim);
            }
            "answer" => self.answer = self.expr(line, value),
            "number" | "needle" => {
                let within = value.strip_prefix("within").map(str::trim);
                match within
                    .and_then(|w| w.parse::<f64>().ok())
                    .filter(|w| *w >= 0.0)
                {
                    Some(within) if verb == "number" => self.how = Some(How::Number(within)),
                    Some(within) => self.how = Some(How::Needle(within)),
                    None => self.fault(
                        line,
                        format!("\"{value}\" is no width."),
                        "Write number: within 0.01.",
                    ),
                }
            }
            "pick" => self.how = Some(How::Pick),
            "sort" => self.how = Some(How::Sort),
            "check" => {
                let (holds, words) = value.split_once('|').unwrap_or((value, ""));
                if words.trim().is_empty() {
                    let help = "Write check: CONDITION | Words for those who are not there yet.";
                    self.fault(line, "This condition has no words.", help);
                }
                if let Some(holds) = self.expr(line, holds.trim()) {
                    let words = words.trim().to_owned();
                    self.checks.push(Check { holds, words });
                }
            }
            "keep" => {
                for part in value.split(',').map(str::trim).filter(|p| !p.is_empty()) {
                    let means = keep(part);
                    let words = part.to_owned();
                    self.keeps.push(Said { line, words, means });
                }
            }
            "tools" => {
                for tool in value.split(',').map(str::trim) {
                    match TOOLS.contains(&tool) {
                        true => self.tools.push(tool.to_owned()),
                        false => self.fault(
                            line,
                            format!("\"{tool}\" is no tool."),
                            format!("There are {}.", TOOLS.join(", ")),
                        ),
                    }
                }
            }
            _ => self.fault(line, format!("\"{key}\" means nothing in a step."), KEYS),
        }
    }

    fn shown(&mut self, line: usize, words: &str, means: Shown) {
        let words = words.to_owned();
        self.step.shown = Some(Said { line, words, means });
    }

    fn send(&mut self, line: usize, value: &str) -> Option<Said<Send>> {
        match act::send(value) {
            Ok(means) => Some(Said {
                line,
                words: value.to_owned(),
                means,
            }),
            Err((message, help)) => {
                self.fault(line, message, help);
                None
            }
        }
    }

    fn act(&mut self, line: usize, key: &str, value: &str) -> Option<Said<Act>> {
        match act::act(key, value) {
            Ok(means) => Some(Said {
                line,
                words: format!("{key}: {value}"),
                means,
            }),
            Err((message, help)) => {
                self.fault(line, message, help);
                None
            }
        }
    }

    fn expr(&mut self, line: usize, value: &str) -> Option<Said<Expr>> {
        match parse(value) {
            Ok(means) => Some(Said {
                line,
                words: value.to_owned(),
                means,
            }),
            Err(misread) => {
                self.misread(line, value, &misread);
                None
            }
        }
    }

    fn misread(&mut self, line: usize, value: &str, misread: &Misread) {
        let after: String = value.chars().take(misread.at).collect();
        let message = match after.trim().is_empty() {
            true => format!("In `{value}`: {}", misread.message),
            false => format!(
                "In `{value}`, behind `{}`: {}",
                after.trim_end(),
                misread.message
            ),
        };
        self.fault(line, message, &misread.help);
    }

    fn stop(&mut self, line: usize, value: &str) -> Option<Said<Stop>> {
        let words = value.to_owned();
        match moment::read(value) {
            Ok(means) => Some(Said { line, words, means }),
            Err(misread) => {
                self.misread(line, value, &misread);
                None
            }
        }
    }

    fn finish(mut self, kind: Kind) -> Step {
        let line = self.step.line;
        let how = self.how.unwrap_or(How::Choice);
        self.step.asks = match kind {
            Kind::Show => Asks::Nothing,
            Kind::Predict => {
                if self.choices.is_empty() && how != How::Pick {
                    self.fault(
                        line,
                        "Nothing can be chosen here.",
                        "Write choices as a list: - `VALUE` words.",
                    );
                }
                if self.answer.is_none()
                    && matches!(how, How::Number(_) | How::Needle(_) | How::Pick)
                {
                    self.fault(
                        line,
                        "Nothing says what the answer is.",
                        "Put answer: … into the lines of the step.",
                    );
                }
                if self.items.is_empty() && how == How::Sort {
                    self.fault(
                        line,
                        "There is nothing to sort.",
                        "Write items as a list: - `FROM -> TO` words.",
                    );
                }
                Asks::Predict(Predict {
                    how,
                    answer: self.answer.take(),
                    choices: std::mem::take(&mut self.choices),
                    items: std::mem::take(&mut self.items),
                })
            }
            Kind::Task => {
                if self.checks.is_empty() {
                    self.fault(
                        line,
                        "Nothing says when the task is done.",
                        "Put check: CONDITION | WORDS into the lines of the step.",
                    );
                }
                if self.solution.is_none() {
                    self.fault(
                        line,
                        "The task has no solution.",
                        "Write one under ### Solution, so that it can be checked.",
                    );
                }
                Asks::Task(Box::new(Task {
                    checks: std::mem::take(&mut self.checks),
                    keeps: std::mem::take(&mut self.keeps),
                    tools: std::mem::take(&mut self.tools),
                    solution: self.solution.take(),
                    wrong: std::mem::take(&mut self.wrong),
                }))
            }
        };
        self.step.now = self.now.unwrap_or_else(|| self.cluster.clone());
        self.step.cluster = self.cluster;
        self.step
    }
}

/// `yaml`, `question`, `Deployment`, `Deployment/demo`, `Deployment/demo.spec.replicas`.
fn keep(text: &str) -> Keep {
    match text {
        "yaml" => Keep::Yaml,
        "question" => Keep::Question,
        _ => {
            let (object, path) = match text.split_once('.') {
                Some((object, path)) => (object, path.split('.').map(str::to_owned).collect()),
                None => (text, Vec::new()),
            };
            let (kind, name) = match object.split_once('/') {
                Some((kind, name)) => (kind, Some(name.to_owned())),
                None => (object, None),
            };
            Keep::Objects {
                kind: kind.to_owned(),
                name,
                path,
            }
        }
    }
}
