//! The `chainwalk` command: reads files, asks the lab, prints. Everything it knows lives in the lab.

mod args;
mod check;
mod diff;
mod json;
mod lesson;
mod listing;
mod origins;
mod play;
mod rules;
mod run;
mod then;
mod walk;

use std::io::{Read, Write};
use std::process::ExitCode;

use clap::Parser;
use lab::{Lab, Options, Severity, Source};

use args::{Args, Command};

/// Exit codes, as `chainwalk --help` tells them.
const FOUND_ERRORS: u8 = 1;
const CANNOT: u8 = 2;

/// Something the command cannot do, as a sentence for standard error.
struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure(error.to_string())
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut out = String::new();
    let done = match &args.command {
        Command::Check(args) => check::run(args, &mut out),
        Command::Rules(args) => rules::run(args, &mut out),
        Command::Diff(args) => diff::run(args, &mut out),
        Command::Walk(args) => walk::run(args, &mut out),
        Command::Run(args) => run::run(args, &mut out),
        Command::Lesson(args) => lesson::run(args, &mut out),
        Command::Play(args) => play::run(args, &mut out),
    };
    // A closed pipe (`chainwalk … | head`) is no failure of ours.
    let written = std::io::stdout().lock().write_all(out.as_bytes());
    match (done, written) {
        (Ok(code), Ok(())) => code,
        (Ok(_), Err(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        (Ok(_), Err(error)) => fail(&Failure::from(error)),
        (Err(failure), _) => fail(&failure),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    eprintln!("chainwalk: {}", failure.0);
    ExitCode::from(CANNOT)
}

/// Reads each file, `-` being standard input.
fn read(files: &[String]) -> Result<Vec<Source>, Failure> {
    files
        .iter()
        .map(|file| {
            Ok(Source {
                name: name_of(file),
                text: read_one(file)?.into(),
            })
        })
        .collect()
}

fn name_of(file: &str) -> String {
    if file == "-" {
        "standard input".into()
    } else {
        file.into()
    }
}

fn read_one(file: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = match file {
        "-" => std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ()),
        path => std::fs::read(path).map(|b| bytes = b),
    };
    read.map_err(|error| Failure(format!("cannot read {}: {error}", name_of(file))))?;
    cluster::yaml::text_of(0, bytes).map_err(|fault| {
        let place = fault
            .span
            .map(|at| format!(":{}:{}", at.line, at.column))
            .unwrap_or_default();
        Failure(format!(
            "{}{place}: {} {}",
            name_of(file),
            fault.message,
            fault.help
        ))
    })
}

/// Loads, and prints what is wrong to standard error.
fn load(files: &[String], options: Options) -> Result<(Lab, ExitCode), Failure> {
    Ok(load_from(&read(files)?, options))
}

/// The same, of what was read already.
fn load_from(sources: &[Source], options: Options) -> (Lab, ExitCode) {
    let lab = Lab::load(sources, options);
    for diagnostic in lab.diagnostics() {
        if diagnostic.severity == Severity::Error {
            eprint!("{}", check::print(diagnostic, sources));
        }
    }
    let code = if lab.has_errors() {
        ExitCode::from(FOUND_ERRORS)
    } else {
        ExitCode::SUCCESS
    };
    (lab, code)
}
