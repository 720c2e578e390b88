//! Getting what a fresh machine lacks, each part only when it is needed, and saying how to get
//! by hand what could not be got.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::paths;
use crate::shell::{self, Done, has, say};

const WASM: &str = "wasm32-unknown-unknown";

/// The standard library for wasm. Where rustup does not install what rust-toolchain.toml names by
/// itself (`RUSTUP_AUTO_INSTALL=0`), it is missing at first.
pub fn wasm_target() -> Done {
    let hint = "Rust is needed; https://rustup.rs tells how to get it.";
    let libdir = shell::output(
        Command::new("rustc").current_dir(paths::root()).args([
            "--print",
            "target-libdir",
            "--target",
            WASM,
        ]),
        hint,
    )?;
    if PathBuf::from(libdir.trim()).is_dir() {
        return Ok(());
    }
    say("getting Rust's standard library for wasm");
    shell::run(
        Command::new("rustup")
            .current_dir(paths::root())
            .args(["target", "add", WASM]),
        "The wasm target could not be got. With a network: rustup target add wasm32-unknown-unknown",
    )
}

/// The standard library's source, which the published page is compiled with.
pub fn std_source() -> Done {
    let sysroot = shell::output(
        Command::new("rustc")
            .current_dir(paths::root())
            .args(["--print", "sysroot"]),
        "Rust is needed; https://rustup.rs tells how to get it.",
    )?;
    let library = PathBuf::from(sysroot.trim()).join("lib/rustlib/src/rust/library/std");
    if library.is_dir() {
        return Ok(());
    }
    say("getting the source of Rust's standard library");
    shell::run(
        Command::new("rustup")
            .current_dir(paths::root())
            .args(["component", "add", "rust-src"]),
        "The standard library's source could not be got. With a network: rustup component add rust-src.",
    )
}

/// The packages of package-lock.json, installed exactly.
pub fn npm_parts() -> Done {
    npm_ci(&paths::root(), "npm ci")
}

/// Lighthouse, which is ten times as large as all other parts and used by the page's suite and bench alone.
pub fn lighthouse() -> Done {
    npm_ci(
        &paths::root().join("tests/lighthouse"),
        "npm ci --prefix tests/lighthouse",
    )
}

fn npm_ci(dir: &Path, by_hand: &str) -> Done {
    let lock = dir.join("package-lock.json");
    // npm writes this file last, so it tells of a finished install.
    let stamp = dir.join("node_modules/.package-lock.json");
    let newer = |path: &PathBuf| path.metadata().and_then(|m| m.modified()).ok();
    if newer(&stamp).is_some_and(|at| newer(&lock).is_some_and(|lock| lock <= at)) {
        return Ok(());
    }
    if !has("npm") {
        return Err("npm is not there: it comes with node 20 or newer, https://nodejs.org.".into());
    }
    say(format!("getting the npm parts ({by_hand})"));
    shell::run(
        Command::new("npm").current_dir(dir).args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]),
        &format!("The npm parts could not be got. With a network: {by_hand}"),
    )
}

/// A Chromium to test in.
pub fn chromium() -> Done<PathBuf> {
    browser(
        "Chromium",
        "CHROMIUM",
        "chromium",
        &["chromium", "chromium-browser", "google-chrome"],
    )
}

/// A Firefox to test in.
pub fn firefox() -> Done<PathBuf> {
    browser(
        "Firefox",
        "FIREFOX",
        "firefox-esr",
        &["firefox-esr", "firefox"],
    )
}

/// A browser: a variable names one; else it is a [`program`].
fn browser(name: &str, variable: &str, package: &str, programs: &[&str]) -> Done<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Ok(path.into());
    }
    program(
        programs,
        package,
        &format!(
            "No {name} was found and none could be got: apt-get install {package}, or name one in {variable}."
        ),
    )
}

/// A web server that `hosting/` has a snippet for.
pub fn web_server(name: &str) -> Done<PathBuf> {
    let (program_name, package) = match name {
        "nginx" => ("nginx", "nginx-light"),
        other => (other, other),
    };
    program(
        &[program_name],
        package,
        &format!("{name} is not there and could not be got: apt-get install {package}."),
    )
}

/// A program: the PATH is searched; else apt is asked.
fn program(programs: &[&str], package: &str, hint: &str) -> Done<PathBuf> {
    if let Some(found) = on_path(programs) {
        return Ok(found);
    }
    if !(is_root() && has("apt-get")) {
        return Err(hint.to_owned());
    }
    say(format!("getting {package} (apt-get install {package})"));
    let apt = |args: &[&str]| {
        Command::new("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let install = ["install", "-y", "--no-install-recommends", package];
    // A fresh image has no package lists, so a first refusal may only mean that.
    let installed = apt(&install) || (apt(&["update"]) && apt(&install));
    if !installed {
        return Err(hint.to_owned());
    }
    on_path(programs).ok_or_else(|| hint.to_owned())
}

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    // Debian puts servers where only root's PATH looks.
    let servers = PathBuf::from("/usr/sbin");
    let dirs: Vec<PathBuf> = std::env::split_paths(&path).chain([servers]).collect();
    names
        .iter()
        .flat_map(|name| dirs.iter().map(move |dir| dir.join(name)))
        .find(|file| file.is_file())
}

/// Whether this process may install packages and make network namespaces.
pub fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}
