//! Counting: what each test runner prints, read into one kind of number.

use std::fmt;

/// How many tests ended how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Held.
    pub passed: u32,
    /// Did not.
    pub failed: u32,
    /// Were not run.
    pub skipped: u32,
    /// How many of those hide no test: what they need is another way to do what is tested already.
    pub excused: u32,
    /// What failed, where that is not one of the runner's own tests.
    pub failures: Vec<String>,
    /// Why something was not run.
    pub skips: Vec<String>,
}

impl Tally {
    /// Takes over another's counts.
    pub fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.excused += other.excused;
        self.failures.extend(other.failures);
        self.skips.extend(other.skips);
    }

    /// One more that failed.
    pub fn fail(&mut self, why: impl Into<String>) {
        self.failed += 1;
        self.failures.push(why.into());
    }

    /// One more that was not run.
    pub fn skip(&mut self, why: impl Into<String>) {
        self.skipped += 1;
        self.skips.push(why.into());
    }

    /// One more that was not run, and needn't be.
    pub fn pass_over(&mut self, why: impl Into<String>) {
        self.excused += 1;
        self.skip(why);
    }

    /// Where everything can be had, a skip hides a test, so it counts as a failure.
    pub fn condemn_skips(&mut self) {
        self.failed += self.skipped - self.excused;
        self.skipped = self.excused;
    }

    /// Reads a line of libtest: `test result: ok. 5 passed; 0 failed; 1 ignored; …`.
    pub fn libtest_line(&mut self, line: &str) {
        if let Some(rest) = line.trim().strip_prefix("test result: ") {
            for part in rest.split([';', '.']) {
                match part.trim().split_once(' ') {
                    Some((n, "passed")) => self.passed += n.parse().unwrap_or(0),
                    Some((n, "failed")) => self.failed += n.parse().unwrap_or(0),
                    _ => {}
                }
            }
        }
        // `test name ... ignored, reason`
        if let Some((name, rest)) = line.split_once(" ... ignored") {
            let name = name.trim().trim_start_matches("test ");
            self.skip(format!("{name}{rest}"));
        }
    }

    /// Reads the end of what `node --test` prints as TAP: `# pass 5`.
    pub fn tap(text: &str) -> Tally {
        let mut tally = Tally::default();
        for line in text.lines() {
            match line.strip_prefix("# ").and_then(|l| l.split_once(' ')) {
                Some(("pass", n)) => tally.passed += n.parse().unwrap_or(0),
                Some(("fail" | "cancelled", n)) => tally.failed += n.parse().unwrap_or(0),
                _ => {}
            }
            if let Some((name, why)) = line.split_once(" # SKIP") {
                let name = name.trim().trim_start_matches("ok ");
                tally.skip(format!("{name}:{why}"));
            }
            if let Some((name, why)) = line.split_once(" # TODO") {
                let name = name.trim().trim_start_matches("not ok ");
                tally.skip(format!("{name}: not done{why}"));
            }
        }
        tally
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally {
            passed,
            failed,
            skipped,
            ..
        } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libtest_is_read() {
        let mut tally = Tally::default();
        for line in [
            "test tests::one ... ok",
            "test tests::two ... ignored, needs root",
            "test result: FAILED. 5 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            tally.libtest_line(line);
        }
        assert_eq!(tally.to_string(), "12 passed, 2 failed, 1 skipped");
        assert_eq!(tally.skips, ["tests::two, needs root"]);
    }

    #[test]
    fn a_skip_that_hides_a_test_is_condemned() {
        let mut tally = Tally::default();
        tally.skip("no browser");
        tally.pass_over("no Trunk");
        tally.condemn_skips();
        assert_eq!(tally.to_string(), "0 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn tap_is_read() {
        let text = "TAP version 13\n    ok 2 - firefox # SKIP no firefox\nok 1 - a\n1..1\n# tests 4\n# suites 0\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0\n";
        let tally = Tally::tap(text);
        assert_eq!(tally.to_string(), "2 passed, 2 failed, 1 skipped");
        assert_eq!(tally.skips, ["2 - firefox: no firefox"]);
    }
}
