//! What makes a folder of files a site that anyone can host and trust: its Content-Security-Policy, the worker
//! that keeps it at hand without a network, smaller copies of its files, and what only an address makes possible.
//!
//! The files themselves are [`crate::site`]'s; how servers are told is `hosting/`.

mod address;
pub mod documents;
mod offline;
pub mod policy;
mod smaller;

use std::path::{Path, PathBuf};

use crate::shell::{self, Done, say};
use crate::site::Site;

/// Finishes a site that is about to be published. `url` is where it will stand, where that is known.
pub fn publish(site: &Site, url: Option<&str>) -> Done {
    let index = site.dir.join("index.html");
    let mut html = shell::read(&index)?;
    match url {
        Some(url) => html = address::with_address(&html, url, &site.dir)?,
        None => {
            say("no --url: made without oEmbed and Open Graph, which name the site's own address")
        }
    }
    html = offline::named(&html)?;
    shell::write(&index, html)?;
    let headers = crate::paths::root().join("hosting/_headers");
    shell::write(&site.dir.join("_headers"), shell::read(&headers)?)?;
    offline::add(&site.dir)?;
    smaller::add(&site.dir)
}

/// Puts a tag into the head, right after the encoding, so that it holds for all that follows.
fn into_head(html: &str, tag: &str) -> Done<String> {
    const AFTER: &str = "<meta charset=\"utf-8\">";
    match html.split_once(AFTER) {
        Some((before, after)) => Ok(format!("{before}{AFTER}\n  {tag}{after}")),
        None => Err(format!("a page has no {AFTER}")),
    }
}

/// Every file below a folder, by its path there with forward slashes, sorted.
fn files(dir: &Path) -> Done<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut left = vec![dir.to_owned()];
    while let Some(folder) = left.pop() {
        let entries =
            std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                left.push(path);
                continue;
            }
            let inner = path.strip_prefix(dir).expect("it was found below");
            let name = inner
                .components()
                .map(|part| part.as_os_str().to_string_lossy().into_owned());
            found.push((name.collect::<Vec<_>>().join("/"), path));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a file's name carries the hash of its content, so that it never changes.
fn is_hashed(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        hash.len() == 16 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_seen_in_a_name() {
        for (name, hashed) in [
            ("page-0123456789abcdef.wasm", true),
            ("samples/a-0123456789abcdef.yaml", true),
            ("index.html", false),
            ("sw.js", false),
            ("node-port-two-services-ok.yaml", false),
        ] {
            assert_eq!(is_hashed(name), hashed, "{name}");
        }
    }

    #[test]
    fn a_tag_follows_the_encoding() {
        let html = "<head>\n  <meta charset=\"utf-8\">\n</head>";
        assert_eq!(
            into_head(html, "<x>").expect("it is there"),
            "<head>\n  <meta charset=\"utf-8\">\n  <x>\n</head>"
        );
        assert!(into_head("<head></head>", "<x>").is_err());
    }
}
