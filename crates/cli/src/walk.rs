//! `chainwalk walk`: one connection told rule by rule, or many counted.

use std::process::ExitCode;

use lab::{Ask, Dice, Lab, Memory, Options, text};

use crate::args::{Endpoint, Walk};
use crate::rules::{dialect, known, state_addresses};
use crate::{Failure, json, load, read_one, then};

/// Sends what was asked and prints what became of it.
pub fn run(args: &Walk, out: &mut String) -> Result<ExitCode, Failure> {
    let mut options = Options {
        plan: args.cluster.plan(),
        ..Options::default()
    };
    options.dialect = dialect(&args.node_facts)?;
    options.lacks = args.node_facts.lacks();
    let (mut lab, code) = load(&args.cluster.files, options)?;
    for replacement in &args.rules {
        replace(&mut lab, replacement)?;
    }
    let ask = Ask::parse(&args.from, &args.to, args.via.as_deref())?;
    let node = args
        .via
        .clone()
        .or_else(|| lab.default_node().map(str::to_owned))
        .unwrap_or_default();
    state_addresses(&mut lab, &node, &args.node_facts);

    let mut memory = Memory::default();
    let force = match args.endpoint {
        None => args.force.clone(),
        Some(Endpoint(addr, port)) => lab.force_endpoint(&memory, &ask, (addr, port))??,
    };
    let mut dice = Dice::scripted(force, args.seed);
    if !args.then.is_empty() {
        return then::run(args, (lab, code), &ask, &mut dice, out);
    }
    if args.odds {
        let odds = lab.odds(&memory, &ask)?.ok_or_else(|| {
            Failure(
                "there are too many paths through the draws to compute the odds; use --connections"
                    .into(),
            )
        })?;
        match args.json {
            true => json::write(out, &json::odds(&odds))?,
            false => out.push_str(&text::odds(&odds)),
        }
        return Ok(code);
    }
    match args.connections {
        Some(connections) => {
            let odds = match args.json {
                true => None,
                false => lab.odds(&memory, &ask)?,
            };
            let totals = lab.send_many(&mut memory, &ask, &mut dice, connections)?;
            if args.json {
                json::write(out, &json::totals(&totals, args.seed))?;
            } else {
                let expected = match &odds {
                    None => text::Expected::Unknown,
                    Some(odds) if lab.draws_anew(&memory, &ask, odds)? => {
                        text::Expected::Odds(odds)
                    }
                    Some(_) => text::Expected::Tied,
                };
                out.push_str(&text::totals(&totals, expected));
            }
        }
        None => {
            let trip = lab.send(&mut memory, &ask, &mut dice)?;
            if args.json {
                json::write(out, &json::trip(&trip, &ask, args.seed))?;
            } else {
                out.push_str(&format!(
                    "probe  {} -> {}  seed {}\n",
                    ask.from,
                    ask.to_words(),
                    args.seed
                ));
                out.push_str(&text::trip(&trip));
            }
        }
    }
    Ok(code)
}

/// `NODE=FILE`.
fn replace(lab: &mut Lab, argument: &str) -> Result<(), Failure> {
    let Some((node, file)) = argument.split_once('=') else {
        return Err(Failure(format!("--rules {argument}: write NODE=FILE")));
    };
    known(lab, node)?;
    let text = read_one(file)?;
    lab.replace_rules(node, &text)
        .map_err(|error| Failure(format!("{file}: {error}")))
}
