//! `xtask-docs DOCS OUT POLICY`: makes a page of each document that a reader of the site may want, with its walks live.
//!
//! Reads Markdown by pulldown-cmark; a fenced `chainwalk` block becomes a `<chain-walk>`, which embed.js brings to
//! life. Where the pages go and what they weigh is xtask's business; how they look is docs.css.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html,
};

/// The pages, in the order of the list at the top of each: the file and what the list calls it. A document that is
/// not here yet is left out.
const PAGES: [(&str, &str); 9] = [
    ("use", "How to use it"),
    ("faq", "25 questions"),
    ("write-a-lesson", "Write a lesson"),
    ("embed", "Embed it"),
    ("modelled", "What is modelled"),
    ("network", "kind: Network"),
    ("json", "The JSON"),
    ("kernel-check", "The live check"),
    ("numbers", "Numbers"),
];

/// The words of a `chainwalk` block that are the element's attributes; what else stands there is for tests.
const ATTRIBUTES: [&str; 8] = [
    "from", "to", "seed", "step", "view", "controls", "autoplay", "height",
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [docs, out, policy] = words.as_slice() else {
        eprintln!("xtask-docs DOCS OUT POLICY");
        return ExitCode::FAILURE;
    };
    match make(Path::new(docs), Path::new(out), policy) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn make(docs: &Path, out: &Path, policy: &str) -> Result<(), String> {
    fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    let there: Vec<(&str, &str)> = PAGES
        .into_iter()
        .filter(|(name, _)| docs.join(format!("{name}.md")).is_file())
        .collect();
    for (name, _) in &there {
        let path = docs.join(format!("{name}.md"));
        let text =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let page = page(name, &text, &there, policy)
            .map_err(|why| format!("{}: {why}", path.display()))?;
        let file = out.join(format!("{name}.html"));
        fs::write(&file, page).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

/// One document as a page.
fn page(name: &str, text: &str, all: &[(&str, &str)], policy: &str) -> Result<String, String> {
    let (title, body, walks) = body(text)?;
    let list: String = all
        .iter()
        .map(|(other, called)| {
            let here = if *other == name {
                " aria-current=\"page\""
            } else {
                ""
            };
            format!(
                "<li><a href=\"./{other}.html\"{here}>{}</a></li>",
                escaped(called)
            )
        })
        .collect();
    let live = if walks {
        "\n  <script type=\"module\" src=\"../embed.js\"></script>"
    } else {
        ""
    };
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n  <meta charset=\"utf-8\">\n  \
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n  \
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n  \
         <meta name=\"description\" content=\"{title}: Chainwalk's documents.\">\n  \
         <meta name=\"color-scheme\" content=\"light dark\">\n  <title>{title} · Chainwalk</title>\n  \
         <link rel=\"icon\" href=\"../chainwalk.svg\">\n  <link rel=\"stylesheet\" href=\"./docs.css\">{live}\n\
         </head>\n<body>\n<header><a class=\"home\" href=\"../\">Chainwalk</a>\
         <nav aria-label=\"Documents\"><ul>{list}</ul></nav></header>\n<main>\n{body}</main>\n</body>\n</html>\n",
        title = escaped(&title),
    ))
}

/// The title, the HTML and whether a walk is in it.
fn body(text: &str) -> Result<(String, String, bool), String> {
    let mut events = Vec::new();
    let (mut title, mut walks) = (None, false);
    let mut parser = Parser::new_ext(text, Options::ENABLE_TABLES).peekable();
    while let Some(event) = parser.next() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info)))
                if info.starts_with("chainwalk") =>
            {
                let mut manifest = String::new();
                for event in parser.by_ref() {
                    match event {
                        Event::Text(text) => manifest.push_str(&text),
                        _ => break,
                    }
                }
                walks = true;
                events.push(Event::Html(walk(&info, &manifest)?.into()));
            }
            Event::Start(Tag::Heading { level, .. }) => {
                let mut words = String::new();
                let mut inside = Vec::new();
                for event in parser.by_ref() {
                    match &event {
                        Event::End(TagEnd::Heading(_)) => break,
                        Event::Text(text) | Event::Code(text) => words.push_str(text),
                        _ => {}
                    }
                    inside.push(event);
                }
                if level == HeadingLevel::H1 {
                    title.get_or_insert_with(|| words.clone());
                }
                events.push(Event::Html(
                    format!("<{level} id=\"{}\">", slug(&words)).into(),
                ));
                events.append(&mut inside);
                events.push(Event::Html(format!("</{level}>\n").into()));
            }
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let dest_url = to_page(&dest_url)?;
                events.push(Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    title,
                    id,
                }));
            }
            // A document is text; what looks like HTML in it is shown as it stands.
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            // A table may be wider than a phone; then it scrolls by itself, by keyboard too.
            Event::Start(Tag::Table(columns)) => {
                events.push(Event::Html(
                    "<div class=\"wide\" role=\"region\" aria-label=\"Table\" tabindex=\"0\">"
                        .into(),
                ));
                events.push(Event::Start(Tag::Table(columns)));
            }
            Event::End(TagEnd::Table) => {
                events.push(Event::End(TagEnd::Table));
                events.push(Event::Html("</div>".into()));
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                drop(kind);
                events.push(Event::Html("<pre tabindex=\"0\"><code>".into()));
            }
            Event::End(TagEnd::CodeBlock) => events.push(Event::Html("</code></pre>\n".into())),
            other => events.push(other),
        }
    }
    let mut html = String::new();
    html::push_html(&mut html, events.into_iter());
    Ok((title.ok_or("it has no heading of its own")?, html, walks))
}

/// A walk, live where scripts run; before that, and on paper, who sends to whom.
fn walk(info: &str, manifest: &str) -> Result<String, String> {
    let words = info
        .split_whitespace()
        .filter_map(|word| word.split_once('='));
    let attributes: String = words
        .filter(|(key, _)| ATTRIBUTES.contains(key))
        .map(|(key, value)| format!(" {key}=\"{}\"", escaped(value)))
        .collect();
    if manifest.to_ascii_lowercase().contains("</script") || manifest.contains("<!--") {
        return Err("a manifest that would end its element".into());
    }
    Ok(match manifest.is_empty() {
        true => format!("<chain-walk{attributes} theme=\"auto\"></chain-walk>\n"),
        false => format!(
            "<chain-walk{attributes} theme=\"auto\"><script type=\"application/yaml\">\n{manifest}</script></chain-walk>\n"
        ),
    })
}

/// Links among documents lead to their pages; pictures and other files of the repository have none here.
fn to_page(url: &str) -> Result<CowStr<'static>, String> {
    let elsewhere = url.starts_with("https://") || url.starts_with('#');
    let (path, mark) = url
        .split_once('#')
        .map_or((url, ""), |(path, _)| (path, &url[path.len()..]));
    match path.strip_suffix(".md") {
        _ if elsewhere => Ok(url.to_owned().into()),
        Some(name) if PAGES.iter().any(|(page, _)| *page == name) => {
            Ok(format!("./{name}.html{mark}").into())
        }
        _ => Err(format!("a link to {url}, which is no page of the site")),
    }
}

fn slug(words: &str) -> String {
    let kept = words.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' => Some(c.to_ascii_lowercase()),
        _ => None,
    });
    kept.collect()
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        body(&format!("# T\n\n{text}"))
            .expect("it is well formed")
            .1
    }

    #[test]
    fn a_walk_becomes_an_element_with_its_manifest() {
        let made = html("```chainwalk from=outside to=a/b:80 expect=reply\nkind: Service\n```\n");
        assert!(
            made.contains(
                "<chain-walk from=\"outside\" to=\"a/b:80\" theme=\"auto\"><script type=\"application/yaml\">\n\
                 kind: Service\n</script></chain-walk>"
            ),
            "{made}"
        );
    }

    #[test]
    fn what_looks_like_html_is_shown() {
        for text in [
            "<script>x</script>",
            "a <img src=x onerror=y> b",
            "```chainwalk from=\"><script>\n```",
        ] {
            let made = html(text);
            assert!(
                !made.contains("<script>") && !made.contains("<img"),
                "{made}"
            );
        }
        assert!(body("# T\n```chainwalk\n</script>\n```").is_err());
    }

    #[test]
    fn links_lead_to_pages_or_are_refused() {
        assert!(html("[x](faq.md#a)").contains("href=\"./faq.html#a\""));
        assert!(body("# T\n[x](../src/lib.rs)").is_err());
        assert!(body("# T\n[x](javascript:alert)").is_err());
    }

    #[test]
    fn a_heading_can_be_linked_to() {
        assert!(
            html("## Is `x` fair?").contains("<h2 id=\"is-x-fair\">Is <code>x</code> fair?</h2>")
        );
    }
}
