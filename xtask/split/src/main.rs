//! `xtask-split`: cuts the page's wasm in two, or makes a copy that tells which functions run.
//!
//! A program of its own for the reason that xtask-bundle is one: its dependency is large. The
//! JavaScript that loads the second file is xtask's business.

mod instrument;
mod liveness;
mod names;
mod outline;
mod segments;
mod split;
#[cfg(test)]
mod tests;
mod view;

use std::fs;
use std::process::ExitCode;

use view::View;
use walrus::{Module, ModuleConfig};

const USAGE: &str = "\
usage: xtask-split INPUT.wasm KEEP.txt FIRST.wasm REST.wasm
       xtask-split --instrument INPUT.wasm OUT.wasm NAMES.txt
       xtask-split --list NAMES.txt NUMBERS.txt KEEP.txt";

/// Sequences in sequences are followed by recursion, and rustc nests a thousand for a large match.
const STACK: usize = 1 << 28;

fn main() -> ExitCode {
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(work);
    match worker.map(|worker| worker.join()) {
        Ok(Ok(Ok(()))) => return ExitCode::SUCCESS,
        Ok(Ok(Err(message))) => eprintln!("xtask-split: {message}"),
        Ok(Err(_)) => {} // The panic has said what it was.
        Err(error) => eprintln!("xtask-split: no thread: {error}"),
    }
    ExitCode::FAILURE
}

fn work() -> Result<(), String> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--instrument", input, out, names] => instrument(input, out, names),
        ["--list", names, numbers, keep] => list(names, numbers, keep),
        [input, keep, first, rest] => split(input, keep, first, rest),
        _ => Err(USAGE.into()),
    }
}

fn split(input: &str, keep: &str, first: &str, rest: &str) -> Result<(), String> {
    let view = View::read(&text(keep)?)?;
    let bytes = fs::read(input).map_err(|error| format!("{input}: {error}"))?;
    let mut whole = parse(&bytes)?;
    outline::outline(&mut whole, &view);
    let bytes = whole.emit_wasm();
    let (mut one, mut two) = (parse(&bytes)?, parse(&bytes)?);
    split::split(&mut parse(&bytes)?, &mut one, &mut two, &view)?;
    write(first, one.emit_wasm())?;
    write(rest, two.emit_wasm())
}

fn list(names: &str, numbers: &str, keep: &str) -> Result<(), String> {
    let ran: Result<_, _> = text(numbers)?.split_whitespace().map(str::parse).collect();
    let ran = ran.map_err(|error| format!("{numbers}: {error}"))?;
    write(keep, View::write(&text(names)?, &ran)?)
}

fn instrument(input: &str, out: &str, names: &str) -> Result<(), String> {
    let bytes = fs::read(input).map_err(|error| format!("{input}: {error}"))?;
    let mut module = parse(&bytes)?;
    let counted = instrument::instrument(&mut module);
    write(out, module.emit_wasm())?;
    write(names, counted.join("\n"))
}

fn parse(bytes: &[u8]) -> Result<Module, String> {
    ModuleConfig::new()
        .generate_producers_section(false)
        .parse(bytes)
        .map_err(|error| format!("the module cannot be read: {error:#}"))
}

fn text(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

fn write(path: &str, bytes: impl AsRef<[u8]>) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| format!("{path}: {error}"))
}
