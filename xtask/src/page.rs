//! From Rust to what a browser loads: compiles the page and its core, makes their JavaScript glue and,
//! for a site that is published, makes all of it small. [`crate::site`] puts the parts together.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::publish::{documents, policy};
use crate::shell::{self, Done, cargo, say};
use crate::site::{self, Site};
use crate::{editor, get, index, paths};

/// For whom the page is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// For the one who works on it: soon there.
    Quick,
    /// For everyone: small. Needs the npm parts.
    Small,
}

/// What a program is compiled for where it is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// It is waited for before anything is seen.
    Size,
    /// It comes later, and then each key press waits for it.
    Speed,
}

/// What the compiler and the glue's maker left of one program: `BIN.js`, `BIN_bg.wasm` and perhaps
/// `snippets/`.
pub struct Bundle {
    /// The folder that holds them.
    pub dir: PathBuf,
    /// The program's name.
    pub bin: String,
}

/// The program's part that comes after the first view, as the cutter names it.
pub const LATE: &str = "split_late.wasm";

impl Bundle {
    /// The part that comes after the first view, where the program was cut in two.
    pub fn late(&self) -> Option<PathBuf> {
        Some(self.dir.join(LATE)).filter(|path| path.exists())
    }
}

/// What a site is put together from, besides what index.html names.
pub struct Programs {
    /// The page.
    pub page: Bundle,
    /// The core, which the page loads after its first frame.
    pub core: Bundle,
    /// The core's answer to the request that the page begins with.
    pub kept: Option<PathBuf>,
}

/// The manifest that a page begins with, as src/lib.rs names it. What is kept for another text is not
/// used, so that a test sees the difference.
const FIRST_TEXT: &str = "www/demo.yaml";

/// Builds the site into `out`, replacing what stood there.
pub fn build(finish: Finish, out: &Path) -> Done<Site> {
    get::wasm_target()?;
    if finish == Finish::Small {
        get::npm_parts()?;
    }
    let html = shell::read(&paths::root().join("index.html"))?;
    let assets = index::assets(&html)?;
    let found = |kind: &dyn Fn(&index::Kind) -> Option<String>, what: &str| {
        let found = assets.iter().find_map(|asset| kind(&asset.kind));
        found.ok_or_else(|| format!("index.html names no {what}"))
    };
    let page = found(
        &|kind| match kind {
            index::Kind::Rust { bin } => Some(bin.clone()),
            _ => None,
        },
        "program: <link data-trunk rel=\"rust\" …> is missing",
    )?;
    let core = found(
        &|kind| match kind {
            index::Kind::Worker { bin, .. } => Some(bin.clone()),
            _ => None,
        },
        "core: <link data-trunk rel=\"rust\" data-type=\"worker\" …> is missing",
    )?;
    // Both are always named, so that what they share has the same features for either.
    let mut packages = vec!["--package", "chainwalk", "--package", "chainwalk-engine"];
    if finish == Finish::Small {
        packages.extend(["--features", "chainwalk/split"]);
    }
    let made = |bin: String, flavour: &str, goal: Goal| -> Done<Bundle> {
        let dir = compile(&packages, &["--bin", &bin], finish, goal)?;
        let bundle = bundle(&dir.join(format!("{bin}.wasm")), flavour, &bin)?;
        if finish == Finish::Small {
            optimise(&bundle.dir.join(format!("{bin}_bg.wasm")), goal)?;
            if let Some(late) = bundle.late() {
                optimise(&late, goal)?;
            }
        }
        Ok(bundle)
    };
    let flavour = match finish {
        Finish::Small => "split",
        // In one piece, the page is the same and sooner built.
        Finish::Quick => "web",
    };
    let programs = Programs {
        page: made(page, flavour, Goal::Size)?,
        core: made(core, "web", Goal::Speed)?,
        kept: match finish {
            Finish::Small => Some(kept()?),
            // The core is soon there on one's own machine, and natively it would have to be compiled too.
            Finish::Quick => None,
        },
    };
    let mut site = site::assemble(&html, &assets, &programs, finish, out)?;
    editor::add(&mut site, finish)?;
    documents::add(&site.dir)?;
    // Also for those who work on it, so that what the policy forbids shows at once.
    let index = site.dir.join("index.html");
    shell::write(&index, policy::with_policy(&shell::read(&index)?)?)?;
    Ok(site)
}

/// Asks the core, natively, what a page that begins asks it, and says where the answer lies.
fn kept() -> Done<PathBuf> {
    say("working out the first answer");
    let out = paths::target().join("kept");
    shell::run(
        cargo()
            .args([
                "run",
                "--quiet",
                "--package",
                "chainwalk-engine",
                "--bin",
                "engine",
                "--",
            ])
            .arg(paths::root().join(FIRST_TEXT))
            .arg(&out),
        "The first answer could not be worked out; the lines above say why.",
    )?;
    Ok(out)
}

/// Compiles to wasm and says in which folder the files are.
pub fn compile(packages: &[&str], what: &[&str], finish: Finish, goal: Goal) -> Done<PathBuf> {
    let profile = match (finish, goal) {
        (Finish::Quick, _) => "wasm-quick",
        (Finish::Small, Goal::Size) => "wasm",
        (Finish::Small, Goal::Speed) => "wasm-core",
    };
    say("compiling to wasm (the first time takes a minute or more)");
    let mut cargo = cargo();
    cargo.arg("build").args(packages).args(what).args([
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        profile,
    ]);
    if finish == Finish::Small {
        match get::std_source() {
            Ok(()) => with_own_std(&mut cargo, goal),
            Err(message) => say(format!(
                "{message} The page will be about an eighth heavier."
            )),
        }
    }
    shell::run(
        &mut cargo,
        "What the compiler says above has to be mended first.",
    )?;
    Ok(paths::target().join("wasm32-unknown-unknown").join(profile))
}

/// The standard library compiled along with the program, for the same end, and without a sentence for
/// each panic (a panic is a trap here, and no input makes one). It took an eighth off the page's brotli
/// bytes: 485 KB to 429 KB when it was tried. In the core its small variants (`optimize_for_size`: maps,
/// sorting, copying and the allocator) were most of what made it slow. The switches are unstable, which a
/// pinned compiler makes bearable; they touch what is published and nothing else.
fn with_own_std(cargo: &mut Command, goal: Goal) {
    if goal == Goal::Size {
        cargo.arg("-Zbuild-std-features=optimize_for_size");
    }
    cargo
        .arg("-Zbuild-std=std,panic_abort")
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTFLAGS")
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            "-Zunstable-options -Cpanic=immediate-abort",
        );
}

/// Makes the glue for a compiled wasm file, for `web` or `nodejs`, or for the web with the file cut in two,
/// `split`.
pub fn bundle(wasm: &Path, flavour: &str, bin: &str) -> Done<Bundle> {
    let program = bundler()?;
    let dir = paths::target().join(format!("bundle-{bin}-{flavour}"));
    if dir.exists() {
        fs::remove_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    }
    shell::run(
        Command::new(program).arg(wasm).arg(&dir).arg(flavour),
        "The wasm file and wasm-bindgen's version in Cargo.lock may not agree.",
    )?;
    Ok(Bundle {
        dir,
        bin: bin.to_owned(),
    })
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

/// Runs Binaryen: its smallest for what is loaded first, while the core's last percent is not worth
/// minutes. Not with --all-features: Chromium refuses such a file.
pub fn optimise(wasm: &Path, goal: Goal) -> Done {
    let passes: &[&str] = match goal {
        Goal::Size => &["-Oz", "--converge", "--merge-similar-functions", "-Oz"],
        Goal::Speed => &["-O3"],
    };
    say(format!("wasm-opt {}", passes[0]));
    shell::run(
        Command::new(npm_program("wasm-opt"))
            .args(passes)
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
