//! index.html and Trunk.toml stay true for those who use Trunk: where Trunk is, it builds the page.

use std::process::Command;

use super::Tally;
use crate::paths;
use crate::shell::{self, Done, has};

/// Builds with Trunk and looks for the parts of the page in what it made.
pub fn check(tally: &mut Tally) -> Done {
    if !has("trunk") {
        tally.pass_over("Trunk is not on the PATH, and nothing else here needs it");
        return Ok(());
    }
    let dist = paths::target().join("trunk-check");
    shell::run(
        Command::new("trunk")
            .current_dir(paths::root())
            .args(["build", "--offline", "--dist"])
            .arg(&dist),
        "index.html or Trunk.toml no longer suits Trunk.",
    )?;
    let html = shell::read(&dist.join("index.html"))?;
    for part in [".css", ".js", "_bg.wasm"] {
        if !html.contains(part) {
            return Err(format!("Trunk's page names no {part}"));
        }
    }
    // The core is named by the page and by www/core.js, not by index.html.
    for file in ["core.js", "engine.js", "engine_bg.wasm"] {
        if !dist.join(file).exists() {
            return Err(format!("Trunk made no {file}, which the page looks for"));
        }
    }
    tally.passed += 1;
    Ok(())
}
