//! `cargo xtask deep`: what takes longer than a test may. Its last results are docs/deep.md; a part that
//! is run alone renews its own lines there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::shell::{self, Done, cargo, say};
use crate::{kernel, paths};

/// The targets of `fuzz/`, and where inputs to begin with lie.
const TARGETS: [(&str, &[&str]); 6] = [
    ("yaml", &["crates/cluster/tests/manifests", "www/samples"]),
    ("restore", &["tests/oracle/iptables"]),
    ("command", &[]),
    ("wire", &[]),
    ("link", &["tests/links"]),
    ("lesson", &["lessons"]),
];

/// How long each target is run, in seconds; how many cases the properties and the kernel get.
const SECONDS: &str = "60";
const CASES: &str = "5000";
const PROBES: &str = "1000";

/// What SanitizerCoverage needs to tell libFuzzer which edges were taken. Passes and LLVM's own options
/// are stable flags, so that the pinned compiler will do.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table --cfg fuzzing";

const HEAD: &str = "# What takes longer than a test\n\n\
    `cargo xtask deep` runs these and writes this page. What a run finds becomes a test where it was mended.\n\n\
    | check | what was done | result | seconds |\n| --- | --- | --- | --- |\n";

/// One line of the page: what was done, how it came out, and how long it took.
struct Line {
    check: String,
    what: String,
    result: Result<String, String>,
    seconds: u64,
}

/// A part, and the lines that it renews.
type Part = fn() -> Done<Vec<Line>>;

/// Runs all parts or one. An error means that something was found.
pub fn deep(only: Option<&str>) -> Done {
    const PARTS: [(&str, Part); 3] = [
        ("properties", properties),
        ("kernel", probes),
        ("fuzz", fuzz),
    ];
    if let Some(name) = only
        && PARTS.iter().all(|(part, _)| *part != name)
    {
        return Err(format!(
            "There is no part \"{name}\"; there are properties, kernel and fuzz."
        ));
    }
    let mut found = Vec::new();
    for (name, part) in PARTS {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        say(name);
        let lines = part()?;
        found.extend(
            lines
                .iter()
                .filter(|line| line.result.is_err())
                .map(|line| line.check.clone()),
        );
        write(&lines)?;
    }
    match found.is_empty() {
        true => Ok(()),
        false => Err(format!("Something was found: {}.", found.join(", "))),
    }
}

/// Renews the lines of these checks and keeps the others.
fn write(lines: &[Line]) -> Done {
    let page = paths::root().join("docs/deep.md");
    let before = std::fs::read_to_string(&page).unwrap_or_default();
    let rows = before.lines().filter(|row| row.starts_with("| `"));
    let mut rows: BTreeMap<String, String> = rows
        .filter_map(|row| Some((row.split('`').nth(1)?.to_owned(), row.to_owned())))
        .collect();
    for line in lines {
        let result = match &line.result {
            Ok(fine) => fine.clone(),
            Err(bad) => format!("**{bad}**"),
        };
        let row = format!(
            "| `{}` | {} | {result} | {} |",
            line.check, line.what, line.seconds
        );
        println!("{row}");
        rows.insert(line.check.clone(), row);
    }
    let rows: Vec<String> = rows.into_values().collect();
    shell::write(&page, format!("{HEAD}{}\n", rows.join("\n")))
}

#[expect(clippy::disallowed_methods, reason = "a report says how long it took")]
fn timed<T>(run: impl FnOnce() -> T) -> (T, u64) {
    let began = Instant::now();
    let done = run();
    (done, began.elapsed().as_secs())
}

/// The fabric's properties with many cases, from a seed that nobody chose.
fn properties() -> Done<Vec<Line>> {
    let (ran, seconds) = timed(|| {
        cargo()
            .args([
                "test",
                "--release",
                "--package",
                "fabric",
                "--test",
                "properties",
            ])
            .env("PROPTEST_CASES", CASES)
            .stdin(Stdio::null())
            .status()
    });
    let status = ran.map_err(|error| format!("cargo could not be started ({error})"))?;
    Ok(vec![Line {
        check: "properties".to_owned(),
        what: format!("the fabric's properties, {CASES} cases each"),
        result: match status.success() {
            true => Ok("hold".to_owned()),
            false => Err("one does not hold; it was printed above".to_owned()),
        },
        seconds,
    }])
}

/// The simulator beside this machine's kernel.
fn probes() -> Done<Vec<Line>> {
    let (ran, seconds) = timed(|| kernel::run(&["--cases", PROBES]));
    let (outcome, said, _) = ran?;
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    let last = last.unwrap_or("it said nothing").trim().replace('|', "/");
    Ok(vec![Line {
        check: "kernel".to_owned(),
        what: format!("{PROBES} random cases beside this machine's own kernel"),
        result: match outcome {
            kernel::Outcome::Agreed => Ok(format!("agreed: {last}")),
            kernel::Outcome::Differed => Err(format!("differed: {last}")),
            kernel::Outcome::Impossible => {
                Ok(format!("not done, this machine does not allow it: {last}"))
            }
        },
        seconds,
    }])
}

/// Each target of `fuzz/` under libFuzzer, going on from what earlier runs found worth keeping.
fn fuzz() -> Done<Vec<Line>> {
    let host = shell::output(
        Command::new("rustc").args(["--print", "host-tuple"]),
        "rustc comes with cargo.",
    )?;
    let host = host.trim();
    let dir = paths::target().join("fuzz");
    // For a named target the flags are for the program alone, not for build scripts.
    shell::run(
        cargo()
            .current_dir(paths::root().join("fuzz"))
            .args(["build", "--release", "--locked", "--target", host])
            .env("CARGO_TARGET_DIR", &dir)
            .env("RUSTFLAGS", COVERAGE),
        "libFuzzer is compiled from source: a C++ compiler is needed.",
    )?;
    TARGETS
        .iter()
        .map(|(name, seeds)| {
            say(name);
            target(
                &dir,
                &dir.join(host).join("release").join(name),
                name,
                seeds,
            )
        })
        .collect()
}

fn target(dir: &Path, program: &Path, name: &str, seeds: &[&str]) -> Done<Line> {
    let kept = dir.join("corpus").join(name);
    std::fs::create_dir_all(&kept).map_err(|error| format!("{}: {error}", kept.display()))?;
    let seeds = seeds.iter().map(|seed| paths::root().join(seed));
    let seeds: Vec<PathBuf> = seeds.filter(|seed| seed.is_dir()).collect();
    let found = dir.join(format!("found-{name}-"));
    let (ran, seconds) = timed(|| {
        Command::new(program)
            .arg(&kept)
            .args(&seeds)
            .arg(format!("-max_total_time={SECONDS}"))
            .args([
                "-timeout=20",
                "-rss_limit_mb=3000",
                "-max_len=6000",
                "-print_final_stats=1",
            ])
            .arg(format!("-artifact_prefix={}", found.display()))
            .stdin(Stdio::null())
            .output()
    });
    let out = ran.map_err(|error| format!("{}: {error}", program.display()))?;
    let said = String::from_utf8_lossy(&out.stderr);
    let inputs = said
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .unwrap_or("?")
        .trim()
        .to_owned();
    let why = said
        .lines()
        .find(|line| line.contains("panicked at") || line.contains("ERROR: libFuzzer"));
    if !out.status.success() {
        eprintln!("{said}");
    }
    Ok(Line {
        check: format!("fuzz {name}"),
        what: format!("{inputs} inputs to `{name}` of fuzz/src/lib.rs"),
        result: match out.status.success() {
            true => Ok("nothing found".to_owned()),
            false => Err(why.unwrap_or("it ended badly").replace('|', "/")),
        },
        seconds,
    })
}
