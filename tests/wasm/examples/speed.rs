//! `speed FILE FROM TO COUNTED WALKED`: connections in a second, natively; speed.mjs is the same in
//! wasm. Prints `COUNTED_PER_SECOND WALKED_PER_SECOND`.

#![cfg_attr(
    not(target_arch = "wasm32"),
    expect(
        clippy::disallowed_methods,
        reason = "a measurement looks at the clock"
    )
)]

use std::time::Instant;

use wasm_cases::Repeated;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [file, from, to, counted, walked] = words.as_slice() else {
        panic!("speed FILE FROM TO COUNTED WALKED");
    };
    let yaml = std::fs::read_to_string(file).expect("the file can be read");
    let repeated = Repeated::new(&yaml, from, to).expect("it is a question");
    let number = |text: &String| text.parse::<u32>().expect("it is a number");
    // What is made when first asked for is not measured.
    repeated.counted(300);
    let per_second = |what: &dyn Fn(u32) -> u32, count: u32| {
        let begin = Instant::now();
        assert_eq!(what(count), count, "every connection is answered");
        f64::from(count) / begin.elapsed().as_secs_f64()
    };
    let counted = per_second(&|n| repeated.counted(n), number(counted));
    let walked = per_second(&|n| repeated.walked(n), number(walked));
    println!("{counted:.0} {walked:.0}");
}
