//! The published page's program in two files: what the first view runs, and the rest. xtask-split
//! cuts; this module runs it, makes the glue load the second file, and keeps the list of what the
//! first view runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::page::{self, Bundle};
use crate::serve::Site;
use crate::shell::{self, Done, cargo, say};
use crate::{get, paths};

/// The loader, which becomes part of the glue.
const LOADER: &str = "www/rest.js";
/// The name in the loader that the second file's own takes the place of.
const REST_FILE: &str = "REST_FILE";
/// Where the glue gives the program its imports: wasm-bindgen's `__wbg_get_imports`.
const IMPORTS: &str = "    return {\n        __proto__: null,\n";
/// Where the glue takes the program's exports: wasm-bindgen's `__wbg_finalize_init`.
const EXPORTS: &str = "    wasm = instance.exports;\n";

/// What the first view runs, as xtask/split/src/view.rs writes it. It is advice: what isn't in it is
/// in the second file, and is fetched when it is needed.
fn list() -> PathBuf {
    paths::root().join("xtask/first-view.txt")
}

/// Where a bundle's second file is.
pub fn rest(bundle: &Bundle, bin: &str) -> PathBuf {
    bundle.dir.join(format!("{bin}_rest.wasm"))
}

/// Cuts a bundle's program in two.
pub fn split(bundle: &Bundle, bin: &str) -> Done {
    let wasm = bundle.dir.join(format!("{bin}_bg.wasm"));
    say("cutting off what the first view doesn't run");
    shell::run(
        Command::new(splitter()?)
            .arg(&wasm)
            .arg(list())
            .arg(&wasm)
            .arg(rest(bundle, bin)),
        "If the glue's maker has changed the module, xtask/split has to follow.",
    )
}

/// The glue with the loader of a second file of that name.
pub fn with_loader(glue: &str, rest_file: &str) -> Done<String> {
    let loader = shell::read(&paths::root().join(LOADER))?;
    let loader = loader.replace(REST_FILE, rest_file);
    let glue = with_imports(glue, "restImports")?;
    Ok(format!("{glue}\n{loader}"))
}

fn with_imports(glue: &str, object: &str) -> Done<String> {
    match glue.matches(IMPORTS).count() {
        1 => Ok(glue.replacen(IMPORTS, &format!("{IMPORTS}        rest: {object},\n"), 1)),
        _ => Err(
            "wasm-bindgen's glue gives out its imports in another way than IMPORTS in \
                  xtask/src/split.rs says."
                .into(),
        ),
    }
}

/// `cargo xtask first-view`: writes the list anew, from what a browser is seen to run.
pub fn first_view() -> Done {
    get::npm_parts()?;
    let chromium = get::chromium()?;
    let out = paths::target().join("first-view");
    let names = paths::target().join("first-view-names.txt");
    page::build_counted(&names, &out)?;
    let site = Site::bind(0, "")?;
    let url = site.local_addr()?;
    std::thread::spawn(move || site.run(&out, None));
    say("letting the demo play in a browser");
    let numbers = shell::output(
        Command::new("node")
            .current_dir(paths::root())
            .arg("tests/e2e/first-view.mjs")
            .env("CHAINWALK_URL", url)
            .env("CHROMIUM", chromium),
        "The page has to work before it can be counted.",
    )?;
    let seen = paths::target().join("first-view-seen.txt");
    shell::write(&seen, numbers)?;
    shell::run(
        Command::new(splitter()?)
            .arg("--list")
            .args([&names, &seen, &list()]),
        "The lines above say what is wrong with the list.",
    )
}

/// Makes the program note which of its pieces run; their names go into a file.
pub fn count(bundle: &Bundle, bin: &str, names: &Path) -> Done {
    let wasm = bundle.dir.join(format!("{bin}_bg.wasm"));
    shell::run(
        Command::new(splitter()?)
            .arg("--instrument")
            .arg(&wasm)
            .arg(&wasm)
            .arg(names),
        "If the glue's maker has changed the module, xtask/split has to follow.",
    )?;
    let js = bundle.dir.join(format!("{bin}.js"));
    let glue = shell::read(&js)?;
    match glue.matches(EXPORTS).count() {
        1 => {
            let noted = format!("{EXPORTS}    globalThis.piecesSeen = wasm.$seen;\n");
            shell::write(&js, glue.replacen(EXPORTS, &noted, 1))
        }
        _ => Err(
            "wasm-bindgen's glue takes the exports in another way than EXPORTS in \
                  xtask/src/split.rs says."
                .into(),
        ),
    }
}

fn splitter() -> Done<PathBuf> {
    let program = paths::target()
        .join("debug")
        .join(format!("xtask-split{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        say("compiling what cuts the program in two (once)");
    }
    shell::run(
        cargo().args(["build", "--quiet", "--package", "xtask-split"]),
        "What cuts the program in two could not be compiled; the lines above say why.",
    )?;
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_imports_are_put_where_the_glue_gives_them_out() {
        let glue = format!("x\n{IMPORTS}        \"./page_bg.js\": import0,\n    }};\n");
        let patched = with_imports(&glue, "restImports").expect("it has the place");
        assert!(patched.contains("__proto__: null,\n        rest: restImports,\n"));
    }

    #[test]
    fn a_glue_of_another_make_is_refused() {
        assert!(with_imports("return imports;", "restImports").is_err());
        assert!(with_imports(&IMPORTS.repeat(2), "restImports").is_err());
    }

    #[test]
    fn the_loader_names_the_file_once() {
        let loader = shell::read(&paths::root().join(LOADER)).expect("it is there");
        let code: Vec<&str> = loader.lines().filter(|l| !l.starts_with("//")).collect();
        assert_eq!(code.join("\n").matches(REST_FILE).count(), 1);
    }
}
