//! Puts the page's parts into one folder that any static server can give out under any path:
//! file names carry a hash of their content and every address is relative.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::index::{self, Asset, Kind};
use crate::page::{Bundle, Finish, LATE, Programs, npm_program};
use crate::paths;
use crate::shell::{self, Done};

/// The script that runs the core.
const CORE: &str = "www/core.js";

/// What a file of the first view is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// index.html
    Html,
    /// Stylesheets.
    Css,
    /// Scripts that run before the page can be used.
    Js,
    /// The page's program.
    Wasm,
    /// The first answer.
    Kept,
}

/// A finished site.
pub struct Site {
    /// Its folder.
    pub dir: PathBuf,
    /// Everything that is loaded before the page can be used.
    pub first_view: Vec<(Part, PathBuf)>,
    /// What is loaded once the first view is shown, by what it is.
    pub later: Vec<(&'static str, PathBuf)>,
}

/// Writes the site. What stood in `out` is replaced at the end, at once.
pub fn assemble(
    html: &str,
    assets: &[Asset],
    programs: &Programs,
    finish: Finish,
    out: &Path,
) -> Done<Site> {
    let fresh = out.with_extension("new");
    remove(&fresh)?;
    let mut writer = Writer {
        dir: fresh.clone(),
        finish,
        first_view: Vec::new(),
        later: Vec::new(),
    };
    let mut replaced = Vec::new();
    let styles = styles(assets)?;
    let mut styles_left = Some(styles).filter(|text| !text.is_empty());
    for asset in assets {
        let text = match &asset.kind {
            Kind::Rust { .. } => writer.page(programs)?,
            Kind::Worker { .. } => writer.core(&programs.core)?,
            // The files are layers of one sheet; one request brings them all.
            Kind::Css { .. } => match styles_left.take() {
                Some(text) => {
                    let text = writer.small(text, "css")?;
                    let name = writer.hashed(Part::Css, "style", "css", text.as_bytes())?;
                    format!("<link rel=\"stylesheet\" href=\"./{name}\">")
                }
                None => String::new(),
            },
            Kind::Icon { href } => {
                let name = writer.copy_file(href, None)?;
                format!("<link rel=\"icon\" href=\"./{name}\">")
            }
            Kind::Script { src, module } => {
                let text = writer.small(shell::read(&paths::root().join(src))?, "js")?;
                let stem = stem(src);
                let name = writer.hashed(Part::Js, &stem, "js", text.as_bytes())?;
                let kind = if *module { " type=\"module\"" } else { "" };
                format!("<script{kind} src=\"./{name}\"></script>")
            }
            Kind::Inline { href } => {
                let text = shell::read(&paths::root().join(href))?;
                match href.rsplit_once('.').map(|(_, end)| end) {
                    Some("css") => format!("<style>{}</style>", writer.small(text, "css")?),
                    Some("js") => format!("<script>{}</script>", writer.small(text, "js")?),
                    Some("mjs") => {
                        let text = writer.small(text, "js")?;
                        format!("<script type=\"module\">{text}</script>")
                    }
                    _ => text,
                }
            }
            // Put together with its program.
            Kind::CopyFile { href, .. } if href == CORE => String::new(),
            Kind::CopyFile { href, to } => {
                writer.copy_file(href, to.as_deref())?;
                String::new()
            }
            Kind::CopyDir { href, to } => {
                let from = paths::root().join(href);
                let to = to.clone().unwrap_or_else(|| last(href).to_owned());
                copy_dir(&from, &fresh.join(to))?;
                String::new()
            }
        };
        replaced.push((asset.span.clone(), text));
    }
    let html = index::replace(html, &replaced);
    shell::write(&fresh.join("index.html"), html)?;
    writer
        .first_view
        .insert(0, (Part::Html, fresh.join("index.html")));
    remove(out)?;
    fs::rename(&fresh, out).map_err(|error| format!("{}: {error}", out.display()))?;
    let moved = |path: PathBuf| {
        let inner = path.strip_prefix(&fresh).map(Path::to_owned);
        out.join(inner.expect("everything was written below"))
    };
    let first_view = writer.first_view.into_iter();
    let later = writer.later.into_iter();
    Ok(Site {
        dir: out.to_owned(),
        first_view: first_view.map(|(part, path)| (part, moved(path))).collect(),
        later: later.map(|(what, path)| (what, moved(path))).collect(),
    })
}

struct Writer {
    dir: PathBuf,
    finish: Finish,
    first_view: Vec<(Part, PathBuf)>,
    later: Vec<(&'static str, PathBuf)>,
}

impl Writer {
    /// The page's program, its glue and what starts it, and the answer kept for it. Everything is a file
    /// of its own, since a strict Content-Security-Policy allows no script in the page itself.
    fn page(&mut self, programs: &Programs) -> Done<String> {
        let Bundle { dir, bin } = &programs.page;
        let wasm = self.hashed(Part::Wasm, bin, "wasm", &wasm(&programs.page)?)?;
        let mut tags = format!(
            "<link rel=\"preload\" href=\"./{wasm}\" crossorigin as=\"fetch\" type=\"application/wasm\">"
        );
        if let Some(kept) = &programs.kept {
            let bytes = read(kept)?;
            // Servers compress what they take for text.
            let name = self.hashed(Part::Kept, "kept", "txt", &bytes)?;
            tags.push_str(&format!(
                "<link rel=\"preload\" href=\"./{name}\" crossorigin as=\"fetch\" data-kept>"
            ));
        }
        if let Some(late) = programs.page.late() {
            let (name, path) = self.write_hashed("late", "wasm", &read(&late)?)?;
            self.later.push(("late parts", path));
            // What the cutter wrote asks the server for a type that not every server knows.
            let glue = dir.join("split.js");
            let text = shell::read(&glue)?;
            let text = once(&text, &format!("\"./{LATE}\""), &format!("'./{name}'"))?;
            let text = once(&text, STREAMING, WHOLE)?;
            shell::write(&glue, text)?;
        }
        let start = format!(
            "import init from './{bin}.js';\n\
             await init({{ module_or_path: new URL('./{wasm}', import.meta.url) }});\n"
        );
        let js = match self.finish {
            Finish::Small => {
                let text = self.bundled(dir, &start)?;
                self.hashed(Part::Js, bin, "js", text.as_bytes())?
            }
            Finish::Quick => {
                let snippets = dir.join("snippets");
                if snippets.exists() {
                    copy_dir(&snippets, &self.dir.join("snippets"))?;
                }
                let glue = shell::read(&dir.join(format!("{bin}.js")))?;
                let glue = self.hashed(Part::Js, bin, "js", glue.as_bytes())?;
                let start = renamed(&start, &format!("{bin}.js"), &glue)?;
                self.hashed(Part::Js, "start", "js", start.as_bytes())?
            }
        };
        tags.push_str(&format!("<script type=\"module\" src=\"./{js}\"></script>"));
        Ok(tags)
    }

    /// The core's program and www/core.js, which runs it; the page finds the latter by a `<meta>`.
    fn core(&mut self, core: &Bundle) -> Done<String> {
        let Bundle { dir, bin } = core;
        let (wasm, path) = self.write_hashed(bin, "wasm", &wasm(core)?)?;
        self.later.push(("core", path));
        let script = shell::read(&paths::root().join(CORE))?;
        let script = renamed(&script, &format!("{bin}_bg.wasm"), &wasm)?;
        let script = match self.finish {
            Finish::Small => self.bundled(dir, &script)?,
            Finish::Quick => {
                let glue = shell::read(&dir.join(format!("{bin}.js")))?;
                let (glue, _) = self.write_hashed(bin, "js", glue.as_bytes())?;
                renamed(&script, &format!("{bin}.js"), &glue)?
            }
        };
        let (js, path) = self.write_hashed("core", "js", script.as_bytes())?;
        self.later.push(("core's JS", path));
        Ok(format!("<meta name=\"core\" content=\"./{js}\">"))
    }

    /// A script and all that it imports from a folder, in one, without what only its authors need.
    fn bundled(&self, dir: &Path, script: &str) -> Done<String> {
        let entry = dir.join("entry.js");
        shell::write(&entry, script)?;
        esbuild(Command::new(npm_program("esbuild")).arg(&entry).args([
            "--bundle",
            "--format=esm",
            "--minify",
            "--target=es2022",
        ]))
    }

    fn hashed(&mut self, part: Part, stem: &str, end: &str, bytes: &[u8]) -> Done<String> {
        let (name, path) = self.write_hashed(stem, end, bytes)?;
        self.first_view.push((part, path));
        Ok(name)
    }

    fn write_hashed(&self, stem: &str, end: &str, bytes: &[u8]) -> Done<(String, PathBuf)> {
        let digest = Sha256::digest(bytes);
        let hash: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
        let name = format!("{stem}-{hash}.{end}");
        let path = self.dir.join(&name);
        shell::write(&path, bytes)?;
        Ok((name, path))
    }

    fn copy_file(&self, href: &str, to: Option<&str>) -> Done<String> {
        let from = paths::root().join(href);
        let name = match to {
            Some(folder) => format!("{}/{}", folder.trim_end_matches('/'), last(href)),
            None => last(href).to_owned(),
        };
        let bytes = fs::read(&from).map_err(|error| format!("{}: {error}", from.display()))?;
        let path = self.dir.join(&name);
        shell::write(&path, bytes)?;
        self.minify_in_place(&path)?;
        Ok(name)
    }

    fn minify_in_place(&self, file: &Path) -> Done {
        let end = file.extension().and_then(|end| end.to_str());
        if let Some(end @ ("js" | "mjs" | "css")) = end {
            let loader = if end == "css" { "css" } else { "js" };
            let text = self.small(shell::read(file)?, loader)?;
            shell::write(file, text)?;
        }
        Ok(())
    }

    /// The text without what only its authors need.
    fn small(&self, text: String, loader: &str) -> Done<String> {
        if self.finish == Finish::Quick {
            return Ok(text);
        }
        let input = paths::target().join("to-minify");
        shell::write(&input, text)?;
        let file =
            fs::File::open(&input).map_err(|error| format!("{}: {error}", input.display()))?;
        esbuild(
            Command::new(npm_program("esbuild"))
                .arg("--minify")
                .arg(format!("--loader={loader}"))
                .stdin(file),
        )
    }
}

/// Runs esbuild and gives what it printed.
fn esbuild(command: &mut Command) -> Done<String> {
    let output = command
        .args([
            "--charset=utf8",
            "--legal-comments=none",
            "--log-level=warning",
        ])
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("esbuild could not be started ({error}). npm ci brings it."))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned()),
        false => Err("esbuild refused a file; the lines above say why.".into()),
    }
}

fn wasm(bundle: &Bundle) -> Done<Vec<u8>> {
    read(&bundle.dir.join(format!("{}_bg.wasm", bundle.bin)))
}

fn read(path: &Path) -> Done<Vec<u8>> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// How the second part is started by what the cutter wrote, and how it is started here.
const STREAMING: &str = "WebAssembly.instantiateStreaming(src, imports)";
const WHOLE: &str = "WebAssembly.instantiate(await (await src).arrayBuffer(), imports)";

/// A script that names another file under the name which that file has in the site.
fn renamed(script: &str, from: &str, to: &str) -> Done<String> {
    once(script, &format!("'./{from}'"), &format!("'./{to}'"))
}

/// A script in which something stands once and is replaced.
fn once(script: &str, from: &str, to: &str) -> Done<String> {
    match script.matches(from).count() {
        1 => Ok(script.replace(from, to)),
        n => Err(format!("a script names {from} {n} times instead of once")),
    }
}

/// Every stylesheet's text, in the order of the page.
fn styles(assets: &[Asset]) -> Done<String> {
    let mut all = String::new();
    for asset in assets {
        if let Kind::Css { href } = &asset.kind {
            all.push_str(&shell::read(&paths::root().join(href))?);
            all.push('\n');
        }
    }
    Ok(all)
}

fn copy_dir(from: &Path, to: &Path) -> Done<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))?;
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().expect("an entry has a name");
        let target = to.join(name);
        if path.is_dir() {
            files.extend(copy_dir(&path, &target)?);
        } else {
            let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            shell::write(&target, bytes)?;
            files.push(target);
        }
    }
    Ok(files)
}

fn remove(dir: &Path) -> Done {
    match dir.exists() {
        true => fs::remove_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display())),
        false => Ok(()),
    }
}

fn last(href: &str) -> &str {
    let href = href.trim_end_matches('/');
    href.rsplit('/').next().unwrap_or(href)
}

fn stem(href: &str) -> String {
    let name = last(href);
    name.rsplit_once('.')
        .map_or(name, |(stem, _)| stem)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_renamed_where_it_is_named_once() {
        let script = "import init from './a.js';";
        assert_eq!(
            renamed(script, "a.js", "a-1.js").expect("it is named"),
            "import init from './a-1.js';"
        );
        assert!(renamed(script, "b.js", "b-1.js").is_err());
        assert!(renamed(&script.repeat(2), "a.js", "a-1.js").is_err());
    }

    #[test]
    fn the_core_s_script_names_its_program_as_trunk_does() {
        let script = shell::read(&paths::root().join(CORE)).expect("it is there");
        for name in ["engine.js", "engine_bg.wasm"] {
            assert!(renamed(&script, name, "x").is_ok(), "{name}");
        }
    }
}
