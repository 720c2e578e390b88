//! `cargo xtask kernel`: the simulator held beside this machine's own kernel. What is asked and
//! compared is in tests/kernel; this file gets what it needs and starts it.

use std::process::{Command, Stdio};

use crate::get;
use crate::shell::{Done, cargo, has, say};

const PACKAGES: [&str; 4] = ["iptables", "nftables", "iproute2", "conntrack"];
const PROGRAMS: [&str; 5] = ["iptables-nft-restore", "nft", "ip", "bridge", "conntrack"];

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All agreed.
    Agreed,
    /// Something differs.
    Differed,
    /// This machine does not let it be done.
    Impossible,
}

/// Runs it with a person's words.
pub fn kernel(words: &[&str]) -> Done {
    tools();
    let status = command(words)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("cargo could not be started ({error})"))?;
    match outcome(status.code())? {
        Outcome::Agreed => Ok(()),
        Outcome::Differed => Err("The simulator and the kernel disagree; see above.".to_owned()),
        Outcome::Impossible => Err("The kernel could not be asked here; see above.".to_owned()),
    }
}

/// The same, with what it printed: its output and its errors.
pub fn run(words: &[&str]) -> Done<(Outcome, String, String)> {
    tools();
    let out = command(words)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cargo could not be started ({error})"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, errors) = (text(&out.stdout), text(&out.stderr));
    match outcome(out.status.code()) {
        Ok(outcome) => Ok((outcome, said, errors)),
        Err(message) => Err(format!("{said}{errors}{message}")),
    }
}

fn command(words: &[&str]) -> Command {
    let mut command = cargo();
    command
        .args(["run", "--quiet", "--package", "kernel-check", "--"])
        .args(words);
    command
}

/// The check's own exit codes; anything else is cargo's.
fn outcome(code: Option<i32>) -> Done<Outcome> {
    match code {
        Some(0) => Ok(Outcome::Agreed),
        Some(1) => Ok(Outcome::Differed),
        Some(2) => Ok(Outcome::Impossible),
        _ => Err("tests/kernel could not be built or ended badly.".to_owned()),
    }
}

/// Gets the programs where that is allowed; where not, the check says which are missing.
fn tools() {
    if PROGRAMS.iter().all(|program| has(program)) || !get::is_root() || !has("apt-get") {
        return;
    }
    say(format!("getting {} (apt-get install)", PACKAGES.join(", ")));
    let apt = |args: &[&str]| {
        Command::new("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(PACKAGES);
    // A fresh image has no package lists, so a first refusal may only mean that.
    let _ = apt(&install) || (apt(&["update"]) && apt(&install));
}
