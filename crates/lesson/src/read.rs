//! A lesson file, read: a head between two `---`, Markdown, and a step for each heading of two `#`.
//!
//! Reading never stops at the first fault; each stands at its line and says what to do. What a step's
//! lines mean is in [`crate::step`].

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::change;
use crate::fault::Fault;
use crate::markdown::{self, Placed};
use crate::model::Lesson;
use crate::step;
use crate::text::{Block, Inline};
use crate::view::Fade;

/// The longest file, in bytes.
pub const LONGEST: usize = 256 * 1024;
/// The most steps.
const STEPS: usize = 40;

const HEAD_HELP: &str =
    "Begin the file with a line of ---, then title: and minutes:, then --- again.";

/// Reads a lesson. What could be read is there even where there are faults.
pub fn read(text: &str) -> (Lesson, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut lesson = Lesson {
        title: String::new(),
        minutes: 5,
        after: Vec::new(),
        about: String::new(),
        service: None,
        names: BTreeMap::new(),
        version: None,
        seed: 1,
        fade: Fade::Click,
        intro: Vec::new(),
        clusters: BTreeMap::new(),
        steps: Vec::new(),
    };
    if text.len() > LONGEST {
        faults.push(Fault::new(
            1,
            format!(
                "The file has {} bytes; at most {LONGEST} are read.",
                text.len()
            ),
            "Make two lessons of it, or a smaller cluster.",
        ));
        return (lesson, faults);
    }
    let text = text.replace("\r\n", "\n");
    let Some((head, body, first)) = split(&text) else {
        faults.push(Fault::new(1, "The file has no head.", HEAD_HELP));
        return (lesson, faults);
    };
    read_head(head, &mut lesson, &mut faults);
    let mut blocks = markdown::read(body, first, &mut faults)
        .into_iter()
        .peekable();
    while let Some(block) = blocks.next_if(|b| level(&b.block) != Some(2)) {
        before_steps(block, &mut lesson, &mut faults);
    }
    if lesson.clusters.is_empty() {
        faults.push(Fault::new(
            first,
            "The lesson has no cluster.",
            "Put a manifest before the first step, between ```yaml cluster and ```.",
        ));
    }
    while let Some(heading) = blocks.next() {
        let mut own = Vec::new();
        while let Some(block) = blocks.next_if(|b| level(&b.block) != Some(2)) {
            own.push(block);
        }
        if lesson.steps.len() == STEPS {
            faults.push(Fault::new(
                heading.line,
                format!("There are more than {STEPS} steps."),
                "Make two lessons of it.",
            ));
            break;
        }
        if let Block::Heading { words, .. } = heading.block {
            let read = step::read(heading.line, words, own, &lesson, &mut faults);
            lesson.steps.extend(read);
        }
    }
    if lesson.steps.is_empty() {
        faults.push(Fault::new(
            first,
            "The lesson has no steps.",
            "Begin each with a heading: ## Show: …, ## Predict: … or ## Task: …",
        ));
    }
    (lesson, faults)
}

/// The head, the rest, and the line that the rest begins at.
fn split(text: &str) -> Option<(&str, &str, usize)> {
    let inner = text.strip_prefix("---\n")?;
    let (head, body) = match inner.strip_prefix("---\n") {
        Some(body) => ("", body),
        None => inner.split_once("\n---\n")?,
    };
    let lines = text[..text.len() - body.len()].matches('\n').count();
    Some((head, body, lines + 1))
}

fn level(block: &Block) -> Option<u8> {
    match block {
        Block::Heading { level, .. } => Some(*level),
        _ => None,
    }
}

fn read_head(head: &str, lesson: &mut Lesson, faults: &mut Vec<Fault>) {
    for (index, line) in head.lines().enumerate() {
        let at = index + 2;
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((key, value)) = line.split_once(':') else {
            let help = "Write KEY: VALUE, such as title: Who owns a ClusterIP?";
            faults.push(Fault::new(
                at,
                format!("\"{line}\" is no line of a head."),
                help,
            ));
            continue;
        };
        let value = value.trim();
        let list = || {
            value
                .split(',')
                .map(|v| v.trim().to_owned())
                .filter(|v| !v.is_empty())
        };
        match key.trim() {
            "title" => lesson.title = value.to_owned(),
            "about" => lesson.about = value.to_owned(),
            "after" => lesson.after = list().collect(),
            "minutes" => match value.parse() {
                Ok(minutes) if (1..=120).contains(&minutes) => lesson.minutes = minutes,
                _ => faults.push(Fault::new(
                    at,
                    format!("\"{value}\" is no number of minutes."),
                    "Write how long it takes, 1 to 120.",
                )),
            },
            "seed" => match value.parse() {
                Ok(seed) => lesson.seed = seed,
                Err(_) => faults.push(Fault::new(
                    at,
                    format!("\"{value}\" is no seed."),
                    "Write a whole number, or leave it out.",
                )),
            },
            "service" if value.contains('/') => lesson.service = Some(value.to_owned()),
            "service" => faults.push(Fault::new(
                at,
                format!("\"{value}\" names no Service."),
                "Write NAMESPACE/NAME, and :PORT behind it where a port has a name.",
            )),
            "kube-proxy" => match lab::Dialect::parse(value) {
                Some(_) => lesson.version = Some(value.to_owned()),
                None => faults.push(Fault::new(
                    at,
                    format!("\"{value}\" is no version of kube-proxy that is known."),
                    "Write v1.23, v1.25, v1.30 or newest.",
                )),
            },
            "hints" => match value {
                "shown" => lesson.fade = Fade::Shown,
                "click" => lesson.fade = Fade::Click,
                "after a try" => lesson.fade = Fade::AfterTry,
                "none" => lesson.fade = Fade::Never,
                _ => faults.push(Fault::new(
                    at,
                    format!("\"{value}\" does not say when hints are seen."),
                    "Write shown, click, after a try, or none.",
                )),
            },
            other => faults.push(Fault::new(
                at,
                format!("\"{other}\" means nothing in a head."),
                "There are title, minutes, about, after, service, kube-proxy, hints and seed.",
            )),
        }
    }
    if lesson.title.is_empty() {
        faults.push(Fault::new(1, "The lesson has no title.", HEAD_HELP));
    }
}

/// What stands before the first step: words, names and clusters.
fn before_steps(block: Placed, lesson: &mut Lesson, faults: &mut Vec<Fault>) {
    let Block::Code { info, text } = &block.block else {
        lesson.intro.push(block.block);
        return;
    };
    let words: Vec<&str> = info.split_whitespace().collect();
    match words[..] {
        ["names"] => names(text, block.line, lesson, faults),
        ["yaml", "cluster"] => put(lesson, "", text.as_str().into(), block.line, faults),
        ["yaml", "cluster", name] => put(lesson, name, text.as_str().into(), block.line, faults),
        [kind @ ("diff" | "add"), "cluster", name] | ["yaml", kind @ "add", "cluster", name] => {
            let base = lesson.clusters.get("").cloned().unwrap_or_default();
            let made = match kind {
                "diff" => change::apply(&base, text),
                _ => Ok(change::append(&base, text)),
            };
            match made {
                Ok(made) => put(lesson, name, made, block.line, faults),
                Err((index, message)) => faults.push(Fault::new(
                    block.line + 1 + index,
                    message,
                    "A diff is taken to the first cluster of the lesson.",
                )),
            }
        }
        _ => lesson.intro.push(block.block),
    }
}

fn put(lesson: &mut Lesson, name: &str, text: Arc<str>, line: usize, faults: &mut Vec<Fault>) {
    if lesson.clusters.insert(name.to_owned(), text).is_some() {
        faults.push(Fault::new(
            line,
            "There is a cluster of this name already.",
            "Give it a name of its own: ```yaml cluster NAME",
        ));
    }
}

fn names(text: &str, line: usize, lesson: &mut Lesson, faults: &mut Vec<Fault>) {
    for (index, written) in text.lines().enumerate() {
        if written.trim().is_empty() {
            continue;
        }
        let pair = written
            .split_once('=')
            .map(|(name, value)| (name.trim(), value.trim()));
        let is_name = |name: &str| {
            let first = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
            first
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        };
        match pair {
            Some((name, value)) if is_name(name) && !value.is_empty() => {
                lesson.names.insert(name.to_owned(), value.to_owned());
            }
            _ => faults.push(Fault::new(
                line + 1 + index,
                format!("\"{written}\" gives no name."),
                "Write NAME = ADDRESS, ADDRESS:PORT or pod/NAMESPACE/NAME.",
            )),
        }
    }
}

/// The code at the beginning of an item, what stands behind it, and what is quoted below it.
pub(crate) fn coded(blocks: &[Block]) -> Option<(String, Vec<Inline>, Vec<Block>)> {
    let (first, rest) = blocks.split_first()?;
    let Block::Paragraph(words) = first else {
        return None;
    };
    let (code, words) = words.split_first()?;
    let Inline::Code(code) = code else {
        return None;
    };
    let mut words = words.to_vec();
    if let Some(Inline::Text(text)) = words.first_mut() {
        *text = text.trim_start().to_owned();
    }
    let mut note = Vec::new();
    for block in rest {
        match block {
            Block::Quote(blocks) => note.extend(blocks.clone()),
            other => note.push(other.clone()),
        }
    }
    Some((code.clone(), words, note))
}
