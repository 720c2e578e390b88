//! `chainwalk lesson`: proves lesson files, and tells one in the terminal.

use std::fmt::Write as _;
use std::process::ExitCode;

use lesson::check::{self, Seeds};
use lesson::text::{plain, plain_blocks};
use lesson::{AsksView, Course, Fault, workshop};

use crate::args::{Lesson, LessonCheck, LessonCommand, LessonShow};
use crate::{FOUND_ERRORS, Failure, name_of, read_one};

/// Does what was asked about lessons.
pub fn run(args: &Lesson, out: &mut String) -> Result<ExitCode, Failure> {
    match &args.command {
        LessonCommand::Check(args) => check(args, out),
        LessonCommand::Show(args) => show(args, out),
    }
}

fn check(args: &LessonCheck, out: &mut String) -> Result<ExitCode, Failure> {
    let mut wrong = false;
    for file in &args.files {
        let text = read_one(file)?;
        let name = name_of(file);
        let fault = |out: &mut String, kind: &str, fault: &Fault| {
            let Fault {
                line,
                message,
                help,
            } = fault;
            let _ = writeln!(
                out,
                "{name}:{line}: {kind}: {}",
                format!("{message} {help}").trim_end()
            );
        };
        // A workshop has no head of its own.
        if !text.trim_start().starts_with("---") {
            let (read, faults) = workshop::read(&text);
            wrong |= !faults.is_empty();
            faults.iter().for_each(|f| fault(out, "error", f));
            wrong |= !beside(file, &read, out);
            continue;
        }
        let report = check::check(&text, Seeds(args.seeds));
        wrong |= !report.faults.is_empty();
        report.faults.iter().for_each(|f| fault(out, "error", f));
        report.advice.iter().for_each(|f| fault(out, "advice", f));
        if args.verbose {
            for line in &report.proved {
                let _ = writeln!(out, "{name}: {line}");
            }
        }
        if report.faults.is_empty() {
            let _ = writeln!(out, "{name}: it holds");
        }
    }
    Ok(match wrong {
        true => ExitCode::from(FOUND_ERRORS),
        false => ExitCode::SUCCESS,
    })
}

/// Whether the lessons of a workshop stand beside it.
fn beside(file: &str, read: &workshop::Workshop, out: &mut String) -> bool {
    let folder = std::path::Path::new(file).parent();
    let mut whole = true;
    for entry in &read.lessons {
        let there = folder.is_some_and(|folder| folder.join(&entry.file).is_file());
        if !there {
            whole = false;
            let _ = writeln!(
                out,
                "{file}:{}: error: There is no file {} beside this one.",
                entry.line, entry.file
            );
        }
    }
    whole
}

fn show(args: &LessonShow, out: &mut String) -> Result<ExitCode, Failure> {
    let course = Course::open(&read_one(&args.file)?);
    let view = course.view();
    let _ = writeln!(
        out,
        "{} ({} minutes)\n{}",
        view.title, view.minutes, view.about
    );
    let _ = writeln!(out, "\n{}", plain_blocks(&view.intro));
    for (index, step) in view.steps.iter().enumerate() {
        let _ = writeln!(
            out,
            "\n{}. {}\n{}",
            index + 1,
            plain(&step.title),
            plain_blocks(&step.prose)
        );
        match course.stage(index) {
            Ok(on) => {
                if let Some(asked) = &on.stage.question {
                    let _ = writeln!(out, "   walk {} -> {}", asked.from, asked.to);
                }
                if let (Some(stop), true) = (&on.stage.stop, args.answers) {
                    let rule = stop.rule.as_ref();
                    let rule = rule.map(|r| format!(" {}/{}#{}", r.table, r.chain, r.number));
                    let _ = writeln!(
                        out,
                        "   stops at {}{}",
                        stop.place,
                        rule.unwrap_or_default()
                    );
                }
            }
            Err(fault) => {
                let _ = writeln!(out, "   {fault}");
            }
        }
        match &step.asks {
            AsksView::Choice(choices) => {
                for (nth, words) in choices.iter().enumerate() {
                    let _ = writeln!(out, "   {}) {}", letter(nth), plain(words));
                    if args.answers {
                        let verdict = course.judge(index, &lesson::Given::Choice(nth));
                        let sign = if verdict.right { "right" } else { "wrong" };
                        let _ = writeln!(out, "      {sign}: {}", plain_blocks(&verdict.note));
                    }
                }
            }
            AsksView::Sort { bins, items } => {
                let list = |all: &[Vec<lesson::text::Inline>]| {
                    all.iter().map(|w| plain(w)).collect::<Vec<_>>().join("; ")
                };
                let _ = writeln!(out, "   sort {}\n   into {}", list(items), list(bins));
            }
            AsksView::Number | AsksView::Needle | AsksView::Pick => {
                if args.answers {
                    let verdict = course.judge(index, &lesson::Given::Number(f64::MAX));
                    let _ = writeln!(out, "   answer: {}", verdict.answer.unwrap_or_default());
                }
            }
            AsksView::Task {
                keeps, solution, ..
            } => {
                if !keeps.is_empty() {
                    let _ = writeln!(out, "   keep {}", keeps.join(", "));
                }
                if let (Some(solution), true) = (solution, args.answers) {
                    let _ = writeln!(out, "   solution: {}", plain_blocks(&solution.prose));
                }
            }
            AsksView::Nothing => {}
        }
    }
    Ok(match course.faults().is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(FOUND_ERRORS),
    })
}

fn letter(nth: usize) -> char {
    char::from(b'a' + (nth % 26) as u8)
}
