//! `cargo xtask test`: every suite, one after the other, and one last line that counts.
//!
//! Each suite is a file that runs something and reads how many tests passed; what the tests are
//! is theirs to say.

mod count;
mod kernel;
mod native;
mod page;
mod trunk;
mod wasm;

use std::time::Instant;

use crate::get;
use crate::shell::{Done, has, say};

pub use count::Tally;

type Suite = fn(&mut Tally) -> Done;

/// In the order in which a fault is found soonest.
const SUITES: [(&str, Suite); 7] = [
    ("format", native::format),
    ("native", native::tests),
    ("clippy", native::clippy),
    ("wasm", wasm::tests),
    ("kernel", kernel::tests),
    ("page", page::tests),
    ("trunk", trunk::check),
];

/// Runs all suites, or those named. An error means that something failed.
pub fn test(only: &[&str]) -> Done {
    if let Some(unknown) = only.iter().find(|o| SUITES.iter().all(|(n, _)| n != *o)) {
        let names: Vec<&str> = SUITES.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "There is no suite \"{unknown}\"; there are {}.",
            names.join(", ")
        ));
    }
    let mut all = Tally::default();
    let mut lines = Vec::new();
    for (name, suite) in SUITES {
        if !only.is_empty() && !only.contains(&name) {
            continue;
        }
        say(name);
        let started = now();
        let mut tally = Tally::default();
        if let Err(message) = suite(&mut tally) {
            eprintln!("{message}");
            tally.fail(message);
        }
        let seconds = started.elapsed().as_secs();
        lines.push(format!("{name:<8} {tally}  ({seconds} s)"));
        all.add(tally);
    }
    println!();
    lines.iter().for_each(|line| println!("{line}"));
    all.failures
        .iter()
        .for_each(|why| println!("failed: {why}"));
    all.skips.iter().for_each(|why| println!("skipped: {why}"));
    if all.skipped > all.excused && get::is_root() && has("iptables") && get::chromium().is_ok() {
        println!("failed: this machine has all that the skipped tests need");
        all.condemn_skips();
    }
    println!("{all}");
    match all.failed {
        0 => Ok(()),
        _ => Err(String::new()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "people want to know what takes long"
)]
fn now() -> Instant {
    Instant::now()
}
