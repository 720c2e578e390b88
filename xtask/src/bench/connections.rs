//! Connections in a second, natively and in wasm: counted as the page counts them, and walked packet
//! by packet. tests/wasm holds what is measured, so that both are the same code.

use std::path::PathBuf;
use std::process::Command;

use super::{Aim, Figure, median, native, yaml};
use crate::page::{Finish, Goal, bundle, compile, optimise};
use crate::shell::{self, Done, cargo};
use crate::{get, paths};

/// What is promised for the demo and for a node with 10,000 Services; in wasm a third of it.
const DEMO: f64 = 1e6;
const LARGE: f64 = 2e5;
const WASM_SHARE: f64 = 3.0;
/// How many are counted and how many walked in one run.
const COUNTED: &str = "2000000";
const WALKED: &str = "20000";
const RUNS: usize = 5;

struct Case {
    what: &'static str,
    file: PathBuf,
    from: &'static str,
    to: &'static str,
    anchor: f64,
}

/// Both clusters, both ways.
pub fn connections() -> Done<Vec<Figure>> {
    let cases = [
        Case {
            what: "the demo",
            file: paths::root().join("www/demo.yaml"),
            from: "pod/demo/client",
            to: "demo/demo-cluster-ip-svc:8711",
            anchor: DEMO,
        },
        Case {
            what: "a node with 10,000 Services",
            file: native::input("10000x1.yaml", &yaml::cluster(10_000, 1))?,
            from: "pod/default/client",
            to: "default/svc-9999:80",
            anchor: LARGE,
        },
    ];
    let program = natively("speed")?;
    let module = in_wasm()?;
    let script = paths::root().join("tests/wasm/speed.mjs");
    let mut figures = Vec::new();
    for case in &cases {
        figures.push(figure(case, "natively", 1.0, &|| Command::new(&program))?);
        figures.push(figure(case, "in wasm", WASM_SHARE, &|| {
            let mut node = Command::new("node");
            node.arg(&script).arg(&module);
            node
        })?);
    }
    Ok(figures)
}

fn figure(case: &Case, place: &str, part: f64, program: &dyn Fn() -> Command) -> Done<Figure> {
    let mut counted = Vec::new();
    let mut walked = Vec::new();
    for _ in 0..RUNS {
        let mut command = program();
        command
            .arg(&case.file)
            .args([case.from, case.to, COUNTED, WALKED]);
        let text = shell::output(&mut command, "Connections could not be measured.")?;
        let mut rates = text.split_whitespace().map(str::parse::<f64>);
        let (Some(Ok(many)), Some(Ok(each))) = (rates.next(), rates.next()) else {
            return Err(format!("no two rates were printed: {text}"));
        };
        counted.push(many);
        walked.push(each);
    }
    let each = median(walked);
    Ok(Figure {
        what: format!(
            "connections in a second {place}, {} (walked packet by packet, without what is known of their ways: {each:.0} /s)",
            case.what
        ),
        value: median(counted),
        unit: "/s",
        anchor: case.anchor / part,
        aim: Aim::AtLeast,
    })
}

pub(super) fn natively(example: &str) -> Done<PathBuf> {
    shell::run(
        cargo()
            .args(["build", "--release", "--package", "wasm-cases"])
            .args(["--example", example]),
        "What is measured natively could not be compiled.",
    )?;
    let name = format!("release/examples/{example}{}", std::env::consts::EXE_SUFFIX);
    Ok(paths::target().join(name))
}

/// The same, compiled as what is published is.
pub(super) fn in_wasm() -> Done<PathBuf> {
    get::wasm_target()?;
    let wasm = compile(
        &["--package", "wasm-cases"],
        &["--lib"],
        Finish::Small,
        Goal::Speed,
    )?
    .join("wasm_cases.wasm");
    let module = bundle(&wasm, "nodejs", "bundle-wasm-speed")?;
    get::npm_parts()?;
    optimise(&module.dir.join("wasm_cases_bg.wasm"), Goal::Speed)?;
    // The glue is CommonJS, whatever package.json says further up.
    shell::write(&module.dir.join("package.json"), r#"{"type": "commonjs"}"#)?;
    Ok(module.dir.join("wasm_cases.js"))
}
