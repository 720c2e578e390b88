//! The live check: random clusters and packets, asked of this machine's own kernel and of the
//! simulator. The kernel is never wrong.
//!
//! `--cases N --seed S [--first N] [--break CHAIN] [--report FILE]`. It ends with 0 when all agreed,
//! 1 when something differs or was tried too little, 2 when it could not be done here, and why.

mod check;
mod coverage;
mod draw;
mod fault;
mod generate;
mod named;
mod network;
mod nfnetlink;
mod report;
mod sctp;
mod spaces;
mod talk;
mod trace;
mod words;

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use coverage::Coverage;
use spaces::{Done, Home, run};

/// The programs that are needed, and the packages of Debian that have them.
const PROGRAMS: [(&str, &str); 5] = [
    ("iptables-nft-restore", "iptables"),
    ("nft", "nftables"),
    ("ip", "iproute2"),
    ("bridge", "iproute2"),
    ("conntrack", "conntrack"),
];

struct Wish {
    cases: u64,
    seed: u64,
    first: u64,
    broken: Option<String>,
    report: Option<String>,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match wish(&args).and_then(|wish| begin(&wish)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn wish(args: &[String]) -> Done<Wish> {
    let mut wish = Wish {
        cases: 40,
        seed: 1,
        first: 0,
        broken: None,
        report: None,
    };
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("{word} wants a value."))?;
        let number = || value.parse().map_err(|_| format!("{value} is no number."));
        match word.as_str() {
            "--cases" => wish.cases = number()?,
            "--seed" => wish.seed = number()?,
            "--first" => wish.first = number()?,
            "--break" => wish.broken = Some(value.clone()),
            "--report" => wish.report = Some(value.clone()),
            other => return Err(format!("The live check has no {other}.")),
        }
    }
    Ok(wish)
}

fn begin(wish: &Wish) -> Done<bool> {
    // Whoever is not root can be it in a user namespace of their own, where that is allowed.
    if !rustix::process::geteuid().is_root() {
        let me = std::env::current_exe().map_err(|error| error.to_string())?;
        let error = Command::new("unshare")
            .arg("-Urn")
            .arg(me)
            .args(std::env::args().skip(1))
            .exec();
        return Err(format!("unshare -Urn could not be started ({error})."));
    }
    for (program, package) in PROGRAMS {
        if run(&["sh", "-c", &format!("command -v {program}")], "").is_err() {
            return Err(format!("{program} is not there: apt-get install {package}"));
        }
    }
    one_processor();
    let home = Home::here()?;
    home.make("try").map_err(|error| {
        format!("No network namespace can be made here ({error}): be root, or allow unshare -Urn.")
    })?;
    match check_all(&home, wish) {
        // Here it can be done, so that it was not is a fault.
        Err(error) => {
            println!("{error}");
            Ok(false)
        }
        done => done,
    }
}

fn check_all(home: &Home, wish: &Wish) -> Done<bool> {
    let mut coverage = Coverage::default();
    let (mut differing, mut planted) = (0, 0);
    for number in wish.first..wish.first.saturating_add(wish.cases) {
        let case = generate::case(wish.seed, number);
        let answers = check::run(home, &case, wish.broken.as_deref())
            .map_err(|error| format!("case {number} of seed {}: {error}", wish.seed))?;
        let differs = |answer: &check::Answer| answer.kernel != answer.ours;
        if let Some(at) = answers.answers.iter().position(differs) {
            differing += 1;
            let answer = &answers.answers[at];
            match differing {
                1 => println!(
                    "{}",
                    report::disagreement(wish.seed, number, &case, at, answer)
                ),
                _ => println!("case {number} differs, too"),
            }
        }
        planted += answers.planted;
        coverage.count(&case.questions, &answers);
    }
    if let Some(chain) = &wish.broken {
        println!("{chain} was broken on purpose, in {planted} chains of the simulator's copy.");
    }
    let gaps = coverage.gaps();
    let line = format!(
        "{} cases with {} questions, seed {}: {differing} disagreements",
        wish.cases, coverage.questions, wish.seed
    );
    println!("{coverage}");
    gaps.iter().for_each(|gap| println!("too little: {gap}"));
    println!("{line}");
    if let Some(path) = &wish.report {
        let text = document(&line, &coverage, &gaps)?;
        std::fs::write(path, text).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(differing == 0 && gaps.is_empty())
}

/// What is kept of a long run.
fn document(line: &str, coverage: &Coverage, gaps: &[String]) -> Done<String> {
    let said = |argv: &[&str]| run(argv, "").map(|text| text.trim().to_owned());
    let gaps: String = gaps
        .iter()
        .map(|gap| format!("- too little: {gap}\n"))
        .collect();
    Ok(format!(
        "# The live check's last long run\n\n\
         Random clusters and packets, asked of a Linux kernel and of the simulator: outcome, source \
         seen, port kept or rewritten, every step of every packet on every node, conntrack's entries. \
         Made by `cargo xtask kernel --report FILE`; `tests/kernel` is the program.\n\n\
         - date: {}\n- kernel: {}\n- iptables: {}\n- {line}\n\n{coverage}{gaps}",
        said(&["date", "-u", "+%F"])?,
        said(&["uname", "-sr"])?,
        said(&["iptables-nft", "--version"])?,
    ))
}

/// On one processor packets follow one another; on several they would overtake.
fn one_processor() {
    use rustix::thread::{CpuSet, sched_getcpu, sched_setaffinity};
    let mut set = CpuSet::new();
    set.set(sched_getcpu());
    // Where that is not allowed, the order may vary and the check says so by itself.
    let _ = sched_setaffinity(None, &set);
}
