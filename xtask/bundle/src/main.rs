//! `xtask-bundle INPUT.wasm OUT_DIR web|nodejs|split`: writes the JavaScript glue of a wasm file beside it;
//! with `split`, for the web, it cuts the file where it says so first.
//!
//! A program of its own because its one dependency takes most of a minute to compile, which
//! `cargo xtask test`'s native half needn't wait for. What becomes of the files is xtask's business.

use std::path::Path;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, out, target] = args.as_slice() else {
        eprintln!("usage: xtask-bundle INPUT.wasm OUT_DIR web|nodejs");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    bindgen.typescript(false);
    match target.as_str() {
        "split" => match split(Path::new(input), Path::new(out)) {
            Ok(first) => {
                // The other parts take memory, table and stack from the first.
                bindgen.input_path(first).keep_lld_exports(true);
            }
            Err(error) => {
                eprintln!("xtask-bundle: {error}");
                return ExitCode::FAILURE;
            }
        },
        _ => {
            bindgen.input_path(input);
        }
    }
    let chosen = match target.as_str() {
        // The page hands its hashed file to init(), so the glue needs no address of its own.
        "web" | "split" => bindgen.web(true).map(|b| b.omit_default_module_path(true)),
        "nodejs" => bindgen.nodejs(true),
        other => {
            eprintln!("xtask-bundle: no target is called {other}; there are web, nodejs and split");
            return ExitCode::from(2);
        }
    };
    match chosen.and_then(|b| b.generate(out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask-bundle: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Cuts the file into `OUT_DIR/split/` and says where the part is that comes first.
fn split(input: &Path, out: &Path) -> Result<std::path::PathBuf, String> {
    let stem = input.file_stem().and_then(|s| s.to_str());
    let stem = stem.ok_or("the wasm file has no name")?;
    let wasm = std::fs::read(input).map_err(|error| format!("{}: {error}", input.display()))?;
    let first = out.join("split").join(format!("{stem}.wasm"));
    let main = format!("./{stem}.js");
    let mut options = wasm_split_cli_support::Options::new(&wasm);
    options.output_dir = out;
    options.main_out_path = &first;
    options.main_module = &main;
    options.link_name = "./split.js";
    std::fs::create_dir_all(out.join("split")).map_err(|e| e.to_string())?;
    wasm_split_cli_support::transform(options).map_err(|error| format!("{error:#}"))?;
    Ok(first)
}
