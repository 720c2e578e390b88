//! The live check, short: the same clusters every time, asked of this machine's own kernel.

use super::Tally;
use crate::kernel::{Outcome, run};
use crate::shell::Done;

/// Enough to go through every kind of Service, and done within a minute.
const CASES: &str = "40";

/// Runs tests/kernel, each question a test.
pub fn tests(tally: &mut Tally) -> Done {
    let (outcome, said, errors) = run(&["--cases", CASES, "--seed", "1"])?;
    let last = said.lines().last().unwrap_or_default();
    match outcome {
        Outcome::Agreed => {
            let asked = questions(last).ok_or(format!("the live check said only: {last}"))?;
            tally.passed += asked;
            Ok(())
        }
        Outcome::Differed => Err(said),
        Outcome::Impossible => {
            let why = errors.lines().last().unwrap_or("it did not say why");
            tally.skip(format!("the live kernel check: {why}"));
            Ok(())
        }
    }
}

/// `40 cases with 78 questions, seed 1: 0 disagreements`
fn questions(line: &str) -> Option<u32> {
    let (_, rest) = line.split_once(" cases with ")?;
    rest.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::questions;

    #[test]
    fn the_last_line_is_read() {
        let line = "40 cases with 78 questions, seed 1: 0 disagreements";
        assert_eq!(questions(line), Some(78));
        assert_eq!(questions("case 3 of seed 1: no"), None);
    }
}
