//! The core in wasm: the cases of tests/wasm are answered natively and by the same code compiled to
//! wasm, and Node compares.

use super::{Tally, page};
use crate::page::{Finish, Goal, bundle, compile};
use crate::shell::{self, Done, cargo};
use crate::{get, paths};

/// Compiles tests/wasm both ways and compares.
pub fn tests(tally: &mut Tally) -> Done {
    get::wasm_target()?;
    let expected = paths::target().join("wasm-cases.json");
    let answers = shell::output(
        cargo().args(["run", "--quiet", "--package", "wasm-cases"]),
        "The cases could not be answered natively.",
    )?;
    shell::write(&expected, answers)?;
    let dir = compile(
        &["--package", "wasm-cases"],
        &["--lib"],
        Finish::Quick,
        Goal::Speed,
    )?;
    let module = bundle(&dir.join("wasm_cases.wasm"), "nodejs", "wasm_cases")?;
    // The glue is CommonJS, whatever package.json says further up.
    shell::write(&module.dir.join("package.json"), r#"{"type": "commonjs"}"#)?;
    let env = [
        ("CHAINWALK_CASES", expected),
        ("CHAINWALK_MODULE", module.dir.join("wasm_cases.js")),
    ];
    page::node(tally, "tests/wasm", &env)
}
