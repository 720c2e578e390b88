//! `chainwalk run`: the console's commands from the real command line.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use console::{Answer, Console, Place};
use lab::{Companion, Options};

use crate::args::Run;
use crate::rules::{dialect, known, state_addresses};
use crate::{Failure, load_from, read};

/// Runs one command, or each line of standard input.
pub fn run(args: &Run, out: &mut String) -> Result<ExitCode, Failure> {
    let options = Options {
        plan: args.cluster.plan(),
        dialect: dialect(&args.node_facts)?,
        lacks: args.node_facts.lacks(),
        companions: Companion::ALL.to_vec(),
        ..Options::default()
    };
    let sources = read(&args.cluster.files)?;
    let (mut lab, _) = load_from(&sources, options);
    let node = match &args.node {
        Some(name) => name.clone(),
        None => lab.default_node().unwrap_or_default().to_owned(),
    };
    known(&lab, &node)?;
    state_addresses(&mut lab, &node, &args.node_facts);
    let mut console = Console::new(sources, lab.options().clone(), args.seed);
    console.go(Place::Node(node));
    let from_input = args.command.is_empty() && !args.cluster.files.iter().any(|file| file == "-");
    if from_input {
        let mut status = 0;
        for line in std::io::stdin().lock().lines() {
            let answer = console.run(&line?);
            status = answer.status;
            // Each line is answered before the next is read: somebody may be typing.
            let mut stdout = std::io::stdout().lock();
            stdout.write_all(answer.out.as_bytes())?;
            stdout.flush()?;
            eprint!("{}", answer.errors);
        }
        return Ok(ExitCode::from(status));
    }
    let answer: Answer = match args.command.as_slice() {
        [] => return Err(Failure("run: there is no command after --".into())),
        [line] => console.run(line),
        words => console.run_words(words.to_vec()),
    };
    out.push_str(&answer.out);
    eprint!("{}", answer.errors);
    Ok(ExitCode::from(answer.status))
}
