//! What the command takes: rules of a large node, and connections walked.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::{Aim, Figure, connections, median, yaml};
use crate::paths;
use crate::shell::{self, Done, cargo};

/// kube-proxy's own first sync of 1,000 Services with 10 endpoints each, in-process, on a machine of this kind.
const KUBE_PROXY_MS: f64 = 96.0;
/// What 1,000 Services may take from text, in milliseconds.
const FROM_TEXT_MS: f64 = 150.0;
/// How many times as long it may take in wasm.
const IN_WASM: f64 = 2.5;
/// What 10,000 Services may take from objects, in milliseconds.
const TEN_THOUSAND_MS: f64 = 200.0;
/// What an edit of one Service among a thousand may take in the core, in milliseconds.
const EDITED_MS: f64 = 50.0;
const RUNS: usize = 5;

/// From objects (kube-proxy's example `rules_speed`) and from text (the command).
pub fn rules() -> Done<Vec<Figure>> {
    let mut figures = Vec::new();
    for (services, anchor) in [(1_000, KUBE_PROXY_MS / 4.0), (10_000, TEN_THOUSAND_MS)] {
        figures.push(Figure {
            what: format!("objects to rules, {services} Services of 10 endpoints (a quarter of kube-proxy's {KUBE_PROXY_MS} ms for 1000; 200 ms for 10000)"),
            value: from_objects(services)?,
            unit: "ms",
            anchor,
            aim: Aim::AtMost,
        });
    }
    let command = command()?;
    let file = input("1000x10.yaml", &yaml::cluster(1_000, 10))?;
    let args = [
        "rules",
        &file.to_string_lossy(),
        "--node",
        "node1",
        "--service-cidr",
        "10.96.0.0/12",
    ];
    figures.push(Figure {
        what: "`chainwalk rules` from text, 1000 Services of 10 endpoints, the whole process"
            .into(),
        value: seconds(&command, &args)? * 1000.0,
        unit: "ms",
        anchor: FROM_TEXT_MS,
        aim: Aim::AtMost,
    });
    figures.push(in_wasm(&file)?);
    figures.push(edited(&file)?);
    Ok(figures)
}

/// How many times as long the same takes in wasm, each in a process that is already there.
fn in_wasm(file: &Path) -> Done<Figure> {
    let runs = RUNS.to_string();
    let times = |command: &mut Command| -> Done<f64> {
        let command = command.arg(file).args(["node1", &runs]);
        let text = shell::output(command, "Text to rules could not be measured.")?;
        let mut numbers: Vec<f64> = text.split_whitespace().flat_map(str::parse).collect();
        // The last is how long the rules are.
        match numbers.pop() {
            Some(length) if length > 0.0 => Ok(median(numbers)),
            _ => Err(format!("no rules were made: {text}")),
        }
    };
    let natively = times(&mut Command::new(connections::natively("rules")?))?;
    let module = connections::in_wasm()?;
    let script = paths::root().join("tests/wasm/rules.mjs");
    let wasm = times(Command::new("node").arg(script).arg(module))?;
    Ok(Figure {
        what: format!(
            "text to rules of one node in wasm, 1000 Services of 10 endpoints: {wasm:.0} ms, against {natively:.0} ms natively"
        ),
        value: wasm / natively,
        unit: "times",
        anchor: IN_WASM,
        aim: Aim::AtMost,
    })
}

/// One Service among many is edited: how long the core takes to new rules and a new walk.
fn edited(file: &Path) -> Done<Figure> {
    let module = connections::in_wasm()?;
    let script = paths::root().join("tests/wasm/edited.mjs");
    let text = shell::output(
        Command::new("node")
            .arg(script)
            .arg(module)
            .arg(file)
            .args([
                "pod/default/client",
                "default/svc-0:80",
                &(2 * RUNS).to_string(),
            ]),
        "An edit could not be measured.",
    )?;
    let mut numbers: Vec<f64> = text.split_whitespace().flat_map(str::parse).collect();
    match numbers.pop() {
        Some(events) if events > 0.0 => Ok(Figure {
            what: "an edit of one Service among 1000 of 10 endpoints to new rules and a new walk, the core in wasm (median of ten)".into(),
            value: median(numbers),
            unit: "ms",
            anchor: EDITED_MS,
            aim: Aim::AtMost,
        }),
        _ => Err(format!("nothing was walked: {text}")),
    }
}

fn from_objects(services: usize) -> Done<f64> {
    let text = shell::output(
        cargo()
            .args(["run", "--quiet", "--release", "--package", "kube-proxy"])
            .args([
                "--example",
                "rules_speed",
                "--",
                &services.to_string(),
                "10",
            ]),
        "kube-proxy's example could not be run.",
    )?;
    // `… restore text (N bytes) 12.3 ms, to rules …`
    let found = text.split(" ms").next().and_then(|t| t.rsplit(' ').next());
    found
        .and_then(|ms| ms.parse().ok())
        .ok_or_else(|| format!("kube-proxy's example printed no time: {text}"))
}

fn command() -> Done<PathBuf> {
    shell::run(
        cargo().args(["build", "--release", "--bin", "chainwalk"]),
        "The command could not be compiled.",
    )?;
    let name = format!("release/chainwalk{}", std::env::consts::EXE_SUFFIX);
    Ok(paths::target().join(name))
}

/// A file to measure with.
pub(super) fn input(name: &str, text: &str) -> Done<PathBuf> {
    let path = paths::target().join("bench").join(name);
    shell::write(&path, text)?;
    Ok(path)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a measurement looks at the clock"
)]
fn seconds(program: &Path, args: &[&str]) -> Done<f64> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let begin = Instant::now();
        let status = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        times.push(begin.elapsed().as_secs_f64());
        if !status.success() {
            return Err(format!("chainwalk {} failed", args.join(" ")));
        }
    }
    Ok(median(times))
}
