//! `xtask-bundle INPUT.wasm OUT_DIR web|nodejs`: writes the JavaScript glue of a wasm file beside it.
//!
//! A program of its own because its one dependency takes most of a minute to compile, which
//! `cargo xtask test`'s native half needn't wait for. What becomes of the files is xtask's business.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, out, target] = args.as_slice() else {
        eprintln!("usage: xtask-bundle INPUT.wasm OUT_DIR web|nodejs");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(input).typescript(false);
    let chosen = match target.as_str() {
        // The page hands its hashed file to init(), so the glue needs no address of its own.
        "web" => bindgen.web(true).map(|b| b.omit_default_module_path(true)),
        "nodejs" => bindgen.nodejs(true),
        other => {
            eprintln!("xtask-bundle: no target is called {other}; there are web and nodejs");
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
