//! From Rust to what a browser loads: compiles the page's binary, makes its JavaScript glue and,
//! for a site that is published, makes all of it small. [`crate::site`] puts the parts together.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{self, Done, cargo, say};
use crate::site::{self, Site};
use crate::{editor, get, index, paths, split};

/// For whom the page is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// For the one who works on it: soon there.
    Quick,
    /// For everyone: small. Needs the npm parts.
    Small,
}

/// What the compiler and the glue's maker left: `page.js`, `page_bg.wasm` and perhaps `snippets/`.
pub struct Bundle {
    /// The folder that holds them.
    pub dir: PathBuf,
}

/// Builds the page into `out`, replacing what stood there.
pub fn build(finish: Finish, out: &Path) -> Done<Site> {
    let page = parts(finish)?;
    if finish == Finish::Small {
        split::split(&page.bundle, &page.bin)?;
        optimise(&page.bundle.dir.join(format!("{}_bg.wasm", page.bin)))?;
        optimise(&split::rest(&page.bundle, &page.bin))?;
    }
    let mut site = site::assemble(&page.html, &page.assets, &page.bundle, finish, out)?;
    editor::add(&mut site, finish)?;
    Ok(site)
}

/// Builds a page that is published, but for a note of each piece of the program that runs; the
/// pieces' names go into a file.
pub fn build_counted(names: &Path, out: &Path) -> Done<Site> {
    let page = parts(Finish::Small)?;
    split::count(&page.bundle, &page.bin, names)?;
    site::assemble(&page.html, &page.assets, &page.bundle, Finish::Small, out)
}

/// What a site is put together from.
struct Parts {
    html: String,
    assets: Vec<index::Asset>,
    bin: String,
    bundle: Bundle,
}

fn parts(finish: Finish) -> Done<Parts> {
    get::wasm_target()?;
    if finish == Finish::Small {
        get::npm_parts()?;
    }
    let html = shell::read(&paths::root().join("index.html"))?;
    let assets = index::assets(&html)?;
    let bin = assets.iter().find_map(|asset| match &asset.kind {
        index::Kind::Rust { bin } => Some(bin.clone()),
        _ => None,
    });
    let bin =
        bin.ok_or("index.html names no program: <link data-trunk rel=\"rust\" …> is missing")?;
    let wasm = compile(
        "chainwalk",
        &["--bin", &bin],
        &format!("{bin}.wasm"),
        finish,
    )?;
    let bundle = bundle(&wasm, "web", &format!("bundle-{bin}"))?;
    Ok(Parts {
        html,
        assets,
        bin,
        bundle,
    })
}

/// Compiles a package to wasm and says where the file is.
pub fn compile(package: &str, what: &[&str], file: &str, finish: Finish) -> Done<PathBuf> {
    let profile = match finish {
        Finish::Quick => "wasm-quick",
        Finish::Small => "wasm",
    };
    say(format!(
        "compiling {package} to wasm (the first time takes a minute or more)"
    ));
    let mut cargo = cargo();
    cargo
        .args(["build", "--package", package])
        .args(what)
        .args(["--target", "wasm32-unknown-unknown", "--profile", profile]);
    if finish == Finish::Small {
        match get::std_source() {
            Ok(()) => with_small_std(&mut cargo),
            Err(message) => say(format!(
                "{message} The page will be about an eighth heavier."
            )),
        }
    }
    shell::run(
        &mut cargo,
        "What the compiler says above has to be mended first.",
    )?;
    Ok(paths::target()
        .join("wasm32-unknown-unknown")
        .join(profile)
        .join(file))
}

/// The standard library compiled along with the page, for size, and without a sentence for each
/// panic (a panic is a trap here, and no input makes one). It took an eighth off the brotli bytes:
/// 485 KB to 429 KB when it was tried. Both switches are unstable, which a pinned compiler
/// makes bearable; they touch what is published and nothing else.
fn with_small_std(cargo: &mut Command) {
    cargo
        .args(["-Zbuild-std=std,panic_abort"])
        .args(["-Zbuild-std-features=optimize_for_size"])
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTFLAGS")
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            "-Zunstable-options -Cpanic=immediate-abort",
        );
}

/// Makes the glue for a compiled wasm file, for `web` or `nodejs`.
pub fn bundle(wasm: &Path, flavour: &str, name: &str) -> Done<Bundle> {
    let program = bundler()?;
    let dir = paths::target().join(name);
    if dir.exists() {
        fs::remove_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    }
    shell::run(
        Command::new(program).arg(wasm).arg(&dir).arg(flavour),
        "The wasm file and wasm-bindgen's version in Cargo.lock may not agree.",
    )?;
    Ok(Bundle { dir })
}

fn bundler() -> Done<PathBuf> {
    let program = paths::target()
        .join("debug")
        .join(format!("xtask-bundle{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        say("compiling the maker of the JavaScript glue (once, about a minute)");
    }
    // Always asked, since cargo alone knows whether it is still the version that Cargo.lock names.
    shell::run(
        cargo().args(["build", "--quiet", "--package", "xtask-bundle"]),
        "The maker of the JavaScript glue could not be compiled; the lines above say why.",
    )?;
    Ok(program)
}

/// Binaryen's smallest. Not with --all-features: Chromium refuses such a file.
fn optimise(wasm: &Path) -> Done {
    say("wasm-opt -Oz");
    shell::run(
        Command::new(npm_program("wasm-opt"))
            .args(["-Oz", "--converge", "--merge-similar-functions", "-Oz"])
            .arg(wasm)
            .arg("-o")
            .arg(wasm),
        "It comes with the npm parts: npm ci",
    )
}

/// A program of the npm parts.
pub fn npm_program(name: &str) -> PathBuf {
    paths::root().join("node_modules/.bin").join(name)
}
