//! Reads index.html as Trunk does: a `<link data-trunk rel="…">` or `<script data-trunk src="…">`
//! names a part of the page, and the tag is replaced by what the browser needs for it.
//!
//! Knows text only; [`crate::page`] makes the parts. The kinds understood are those of Trunk's
//! "Assets" guide that this page uses; another kind is an error, so that both ways of building
//! cannot drift apart unseen.

use crate::shell::Done;

/// One tag that names a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// What it names.
    pub kind: Kind,
    /// Where its tag stands in the text.
    pub span: std::ops::Range<usize>,
}

/// The parts a page is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The program: a binary of the root package.
    Rust {
        /// Its name.
        bin: String,
    },
    /// The core, which a worker runs: a binary of another package.
    Worker {
        /// Its name.
        bin: String,
        /// Its package's Cargo.toml.
        manifest: String,
    },
    /// A stylesheet.
    Css {
        /// Its file.
        href: String,
    },
    /// The page's icon.
    Icon {
        /// Its file.
        href: String,
    },
    /// A script, with the tag's other attributes as written.
    Script {
        /// Its file.
        src: String,
        /// Whether it is an ES module.
        module: bool,
    },
    /// A file's text, put into the page itself.
    Inline {
        /// Its file.
        href: String,
    },
    /// A file that is copied as it stands.
    CopyFile {
        /// Its file.
        href: String,
        /// The folder in the site, where one is named.
        to: Option<String>,
    },
    /// A folder that is copied as it stands.
    CopyDir {
        /// Its folder.
        href: String,
        /// The folder in the site, where one is named.
        to: Option<String>,
    },
}

/// Every part that the text names, in order.
pub fn assets(html: &str) -> Done<Vec<Asset>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = html[at..].find('<').map(|i| at + i) {
        if html[start..].starts_with("<!--") {
            at = html[start..].find("-->").map_or(html.len(), |i| start + i);
            continue;
        }
        let end = match html[start..].find('>') {
            Some(i) => start + i + 1,
            None => break,
        };
        at = end;
        let tag = &html[start..end];
        let name = tag[1..]
            .split(|c: char| c.is_whitespace() || c == '>')
            .next();
        let is_script = name == Some("script");
        let attributes = attributes(tag);
        let get = |key: &str| {
            attributes
                .iter()
                .find(|(k, _)| *k == key)
                .map(|(_, v)| v.to_string())
        };
        if !matches!(name, Some("link" | "script")) || get("data-trunk").is_none() {
            continue;
        }
        let need = |key: &str| get(key).ok_or_else(|| format!("index.html: {tag} has no {key}"));
        let to = get("data-target-path");
        let mut span = start..end;
        let kind = if is_script {
            let close = "</script>";
            match html[end..].find(close) {
                Some(i) => span.end = end + i + close.len(),
                None => return Err(format!("index.html: {tag} is never closed")),
            }
            Kind::Script {
                src: need("src")?,
                module: get("type").as_deref() == Some("module"),
            }
        } else {
            match need("rel")?.as_str() {
                "rust" if get("data-type").as_deref() == Some("worker") => Kind::Worker {
                    bin: need("data-bin")?,
                    manifest: need("href")?,
                },
                "rust" => Kind::Rust {
                    bin: need("data-bin")?,
                },
                "css" => Kind::Css {
                    href: need("href")?,
                },
                "icon" => Kind::Icon {
                    href: need("href")?,
                },
                "inline" => Kind::Inline {
                    href: need("href")?,
                },
                "copy-file" => Kind::CopyFile {
                    href: need("href")?,
                    to,
                },
                "copy-dir" => Kind::CopyDir {
                    href: need("href")?,
                    to,
                },
                other => return Err(format!("index.html: rel=\"{other}\" is not known here")),
            }
        };
        found.push(Asset { kind, span });
    }
    Ok(found)
}

/// The text with each part's tag replaced.
pub fn replace(html: &str, parts: &[(std::ops::Range<usize>, String)]) -> String {
    let mut out = String::with_capacity(html.len());
    let mut at = 0;
    for (span, text) in parts {
        out.push_str(&html[at..span.start]);
        out.push_str(text);
        at = span.end;
    }
    out.push_str(&html[at..]);
    out
}

fn attributes(tag: &str) -> Vec<(&str, &str)> {
    let inner = tag
        .trim_start_matches('<')
        .trim_end_matches('>')
        .trim_end_matches('/');
    let mut rest = inner
        .split_once(|c: char| c.is_whitespace())
        .map_or("", |(_, rest)| rest);
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return found;
        }
        let stop = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let key = &rest[..stop];
        rest = &rest[stop..];
        let Some(value) = rest.strip_prefix('=') else {
            found.push((key, ""));
            continue;
        };
        let (value, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            _ => value
                .split_once(|c: char| c.is_whitespace())
                .unwrap_or((value, "")),
        };
        found.push((key, value));
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(html: &str) -> Vec<Kind> {
        let assets = assets(html).expect("the page is well formed");
        assets.into_iter().map(|a| a.kind).collect()
    }

    #[test]
    fn every_kind_is_read() {
        let css = |href: &str| Kind::Css { href: href.into() };
        assert_eq!(
            kinds(
                "<link data-trunk rel=\"css\" href=\"a.css\"/><link rel='css' href=b.css data-trunk>"
            ),
            [css("a.css"), css("b.css")]
        );
        assert_eq!(
            kinds("<script data-trunk type=module src=\"www/x.js\"></script>"),
            [Kind::Script {
                src: "www/x.js".into(),
                module: true
            }]
        );
        assert_eq!(
            kinds("<link data-trunk rel=\"copy-dir\" href=\"www/i\" data-target-path=\"icons\">"),
            [Kind::CopyDir {
                href: "www/i".into(),
                to: Some("icons".into())
            }]
        );
    }

    #[test]
    fn the_two_programs_are_told_apart() {
        let page = "<link data-trunk rel=rust data-bin=page>";
        let core = "<link data-trunk rel=rust href=a/Cargo.toml data-bin=engine data-type=worker>";
        assert_eq!(
            kinds(&format!("{page}{core}")),
            [
                Kind::Rust { bin: "page".into() },
                Kind::Worker {
                    bin: "engine".into(),
                    manifest: "a/Cargo.toml".into()
                }
            ]
        );
    }

    #[test]
    fn what_is_not_trunks_is_left_alone() {
        assert_eq!(
            kinds(
                "<!-- <link data-trunk rel=css href=a> --><link rel=\"icon\" href=\"x\"><p>a < b</p>"
            ),
            []
        );
    }

    #[test]
    fn an_unknown_kind_is_refused() {
        let error = assets("<link data-trunk rel=\"sass\" href=\"a.scss\">").expect_err("refused");
        assert_eq!(error, "index.html: rel=\"sass\" is not known here");
    }

    #[test]
    fn tags_are_replaced_in_place() {
        let html = "<head><link data-trunk rel=css href=a.css></head>";
        let found = assets(html).expect("well formed");
        let parts = [(found[0].span.clone(), "HERE".to_owned())];
        assert_eq!(replace(html, &parts), "<head>HERE</head>");
    }
}
