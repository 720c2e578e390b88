//! The live check: random clusters and packets, asked of this machine's own kernel and of the
//! simulator. The kernel is never wrong.

mod check;
mod draw;
mod fault;
mod generate;
mod network;
mod spaces;
mod talk;
mod trace;

use std::process::ExitCode;

use spaces::{Done, Home};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match work(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn work(args: &[String]) -> Done<bool> {
    let (mut cases, mut seed, mut first, mut broken) = (40, 1, 0, None);
    let mut words = args.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} wants a value"));
        match word {
            "--cases" => cases = value()?.parse().map_err(|e| format!("--cases: {e}"))?,
            "--seed" => seed = value()?.parse().map_err(|e| format!("--seed: {e}"))?,
            "--first" => first = value()?.parse().map_err(|e| format!("--first: {e}"))?,
            "--break" => broken = Some(value()?.to_owned()),
            other => return Err(format!("there is no {other}")),
        }
    }
    one_processor();
    let home = Home::here()?;
    let mut differ = 0;
    let number: u64 = cases;
    for at in first..first + number {
        let case = generate::case(seed, at);
        let done = check::run(&home, &case, broken.as_deref());
        match done {
            Err(e) => { println!("case {at}: {e}"); differ += 1; }
            Ok(answers) => {
                for (q, a) in case.questions.iter().zip(&answers.answers) {
                    if a.kernel != a.ours {
                        differ += 1;
                        println!("==== case {at} seed {seed}: {} -> {} via {:?} sport {:?} again {}", q.from, q.to, q.via, q.sport, q.remembers);
                        show(a);
                    }
                }
            }
        }
    }
    println!("{number} cases, {differ} disagreements");
    Ok(differ == 0)
}

fn show(a: &check::Answer) {
    if a.kernel.end != a.ours.end {
        println!(" kernel {:?}\n ours   {:?}", a.kernel.end, a.ours.end);
    }
    let nodes: std::collections::BTreeSet<_> = a.kernel.packets.keys().chain(a.ours.packets.keys()).collect();
    for n in nodes {
        let e = vec![];
        let k = a.kernel.packets.get(n).unwrap_or(&e);
        let o = a.ours.packets.get(n).unwrap_or(&e);
        for i in 0..k.len().max(o.len()) {
            let e2 = vec![];
            let (x, y) = (k.get(i).unwrap_or(&e2), o.get(i).unwrap_or(&e2));
            if x != y {
                let at = x.iter().zip(y).take_while(|(a, b)| a == b).count();
                println!(" {n} packet {i} step {at}:\n   kernel {:?}\n   ours   {:?}", &x.get(0..).unwrap_or_default().iter().take(1).chain(x.get(at.max(1)-1..).unwrap_or_default().iter().take(4)).collect::<Vec<_>>(), y.iter().take(1).chain(y.get(at.max(1)-1..).unwrap_or_default().iter().take(4)).collect::<Vec<_>>());
                break;
            }
        }
    }
    if a.kernel.conntrack != a.ours.conntrack {
        println!(" ct kernel {:#?}\n ct ours {:#?}", a.kernel.conntrack, a.ours.conntrack);
    }
}

/// On one processor packets follow one another; on several they would overtake.
fn one_processor() {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
    if sched_getaffinity(None).is_ok() {
        let mut set = CpuSet::new();
        set.set(sched_getcpu());
        // Where that is not allowed, the order may vary and the check says so by itself.
        let _ = sched_setaffinity(None, &set);
    }
}
