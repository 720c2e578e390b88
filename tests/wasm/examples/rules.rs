//! `rules FILE NODE RUNS`: from text to a node's rules natively, as rules.mjs measures it in wasm. Prints
//! the milliseconds of each run, then how long the rules are.

#![cfg_attr(
    not(target_arch = "wasm32"),
    expect(
        clippy::disallowed_methods,
        reason = "a measurement looks at the clock"
    )
)]

use std::time::Instant;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [file, node, runs] = args.as_slice() else {
        eprintln!("rules FILE NODE RUNS");
        return;
    };
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut length = 0;
    for _ in 0..runs.parse().unwrap_or(1) {
        let begin = Instant::now();
        length = wasm_cases::rules(&text, node);
        print!("{:.3} ", begin.elapsed().as_secs_f64() * 1000.0);
    }
    println!("{length}");
}
