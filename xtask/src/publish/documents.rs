//! The documents of the site: `xtask/docs` makes their pages, this puts them in their place.

use std::path::Path;

use super::policy::POLICY;
use crate::paths;
use crate::shell::{self, Done, cargo, say};

/// Adds `docs/`.
pub fn add(dir: &Path) -> Done {
    say("making the documents");
    let out = dir.join("docs");
    shell::run(
        cargo()
            .args(["run", "--quiet", "--package", "xtask-docs", "--"])
            .arg(paths::root().join("docs"))
            .arg(&out)
            .arg(POLICY),
        "The documents could not be made; the lines above say why.",
    )?;
    let tokens = shell::read(&paths::root().join("www/styles/tokens.css"))?;
    let own = shell::read(&paths::root().join("www/docs.css"))?;
    shell::write(&out.join("docs.css"), format!("{tokens}\n{own}"))
}
