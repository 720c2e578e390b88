//! `sw.js`, the service worker: www/sw.js told which files the site is made of.

use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use super::{files, into_head, is_hashed};
use crate::page::npm_program;
use crate::paths;
use crate::shell::{self, Done};

/// What the worker is called in the site. Its name has no hash, since a browser asks for it again by its address.
const NAME: &str = "sw.js";

/// The page, naming the worker, which www/site.js then registers.
pub fn named(html: &str) -> Done<String> {
    into_head(
        html,
        &format!("<meta name=\"offline\" content=\"./{NAME}\">"),
    )
}

/// Writes the worker. Its version is a hash over all that it keeps, so that it changes when the site does.
pub fn add(dir: &Path) -> Done {
    let mut digest = Sha256::new();
    let (mut fixed, mut named) = (Vec::new(), Vec::new());
    for (name, path) in files(dir)? {
        if !is_kept(&name) {
            continue;
        }
        let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        digest.update(name.as_bytes());
        digest.update(Sha256::digest(&bytes));
        // The page is asked for by its folder.
        let name = if name == "index.html" { "" } else { &name };
        match is_hashed(name) {
            true => fixed.push(format!("'./{name}'")),
            false => named.push(format!("'./{name}'")),
        }
    }
    let version: String = digest
        .finalize()
        .iter()
        .take(8)
        .map(|b| format!("{b:02x}"))
        .collect();
    let script = shell::read(&paths::root().join("www/sw.js"))?;
    let script = put(&script, "'VERSION'", &format!("'{version}'"))?;
    let script = put(&script, "['HASHED']", &format!("[{}]", fixed.join(",")))?;
    let script = put(&script, "['NAMED']", &format!("[{}]", named.join(",")))?;
    let path = dir.join(NAME);
    shell::write(&path, script)?;
    shell::run(
        Command::new(npm_program("esbuild"))
            .arg(&path)
            .args(["--minify", "--allow-overwrite", "--log-level=warning"])
            .arg(format!("--outfile={}", path.display())),
        "It comes with the npm parts: npm ci",
    )
}

/// The app is kept from the start; the documents are kept as they are read.
fn is_kept(name: &str) -> bool {
    let for_servers =
        name == NAME || name == "_headers" || name.ends_with(".br") || name.ends_with(".gz");
    let for_others = name.starts_with("docs/")
        || name.starts_with("oembed")
        || name == "chainwalk.html"
        || name.ends_with(".png");
    !for_servers && !for_others
}

fn put(script: &str, mark: &str, value: &str) -> Done<String> {
    match script.matches(mark).count() {
        1 => Ok(script.replace(mark, value)),
        n => Err(format!("www/sw.js says {mark} {n} times instead of once")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_is_kept_and_what_servers_read_is_not() {
        for name in [
            "index.html",
            "page-0123456789abcdef.wasm",
            "demo.yaml",
            "samples/x.yaml",
        ] {
            assert!(is_kept(name), "{name}");
        }
        for name in [
            "sw.js",
            "_headers",
            "page-0123456789abcdef.wasm.br",
            "docs/faq.html",
            "oembed.json",
        ] {
            assert!(!is_kept(name), "{name}");
        }
    }

    #[test]
    fn the_worker_has_its_three_marks() {
        let script = shell::read(&paths::root().join("www/sw.js")).expect("it is there");
        for mark in ["'VERSION'", "['HASHED']", "['NAMED']"] {
            assert!(put(&script, mark, "x").is_ok(), "{mark}");
        }
    }
}
