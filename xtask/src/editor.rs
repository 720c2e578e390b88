//! The YAML editor: `www/editor` and the parts of CodeMirror that it names, made into one file beside the page,
//! which the page loads when it first needs it.

use std::process::Command;

use sha2::{Digest, Sha256};

use crate::page::{Finish, npm_program};
use crate::shell::{self, Done, say};
use crate::site::Site;
use crate::{get, paths};

/// What index.html calls the file, for those who don't hash its name.
const NAME: &str = "./editor.js";

/// Adds the editor to a site. A quick site goes without where the npm parts can't be got: the page then keeps
/// the browser's own field.
pub fn add(site: &mut Site, finish: Finish) -> Done {
    let page = site.dir.join("index.html");
    let html = shell::read(&page)?;
    if !html.contains(NAME) {
        return Ok(());
    }
    match (get::npm_parts(), finish) {
        (Ok(()), _) => {}
        (Err(message), Finish::Small) => return Err(message),
        (Err(message), Finish::Quick) => {
            say(format!("{message} The page goes without its editor."));
            return shell::write(&page, html.replace(NAME, ""));
        }
    }
    let made = paths::target().join("editor.js");
    let mut esbuild = Command::new(npm_program("esbuild"));
    esbuild
        .current_dir(paths::root())
        .args(["www/editor/index.js", "--bundle", "--format=esm"])
        .args(["--target=es2022", "--charset=utf8"])
        .args(["--legal-comments=none", "--log-level=warning"])
        .arg(format!("--outfile={}", made.display()));
    if finish == Finish::Small {
        esbuild.arg("--minify");
    }
    shell::run(&mut esbuild, "The editor could not be bundled.")?;
    let text = shell::read(&made)?;
    let digest = Sha256::digest(text.as_bytes());
    let hash: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    let name = format!("editor-{hash}.js");
    shell::write(&site.dir.join(&name), text)?;
    site.later.push(("editor", site.dir.join(&name)));
    shell::write(&page, html.replace(NAME, &format!("./{name}")))
}
