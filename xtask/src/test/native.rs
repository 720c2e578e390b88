//! What needs only Rust: format, lints and `cargo test`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::Tally;
use crate::shell::{self, Done, cargo};

/// `cargo fmt --check`
pub fn format(tally: &mut Tally) -> Done {
    shell::run(
        cargo().args(["fmt", "--all", "--check"]),
        "cargo fmt --all mends it.",
    )?;
    tally.passed += 1;
    Ok(())
}

/// `cargo clippy`, where a warning is a fault.
pub fn clippy(tally: &mut Tally) -> Done {
    shell::run(
        cargo()
            .args(["clippy", "--workspace", "--all-targets", "--quiet"])
            .args(["--", "-D", "warnings"]),
        "The lints above have to be answered.",
    )?;
    tally.passed += 1;
    Ok(())
}

/// `cargo test` over everything that runs on this machine.
pub fn tests(tally: &mut Tally) -> Done {
    let mut child = cargo()
        .args(["test", "--workspace", "--no-fail-fast"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo test could not be started ({error})"))?;
    let stdout = child.stdout.take().expect("stdout was piped");
    for line in BufReader::new(stdout).lines() {
        let line = line.map_err(|error| format!("cargo test: {error}"))?;
        tally.libtest_line(&line);
        // A line for each of a thousand good tests hides the bad one.
        if !(line.ends_with("... ok") || line.trim().is_empty() || line.starts_with("running ")) {
            println!("{line}");
        }
    }
    let status = child
        .wait()
        .map_err(|error| format!("cargo test: {error}"))?;
    match (status.success(), tally.failed) {
        // Nothing failed and yet it did not go well: it did not compile, or a test ended the process.
        (false, 0) => Err("cargo test ended badly; the lines above say why.".into()),
        _ if tally.passed == 0 => Err("cargo test ran no test at all.".into()),
        _ => Ok(()),
    }
}
