//! `engine TEXT.yaml OUT`: writes what the core answers to the request that a page with this text begins
//! with, so that it can be kept beside the page.

use std::process::ExitCode;

use player::{Engine, LabEngine, Session, kept};

pub fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, out] = args.as_slice() else {
        eprintln!("usage: engine TEXT.yaml OUT");
        return ExitCode::from(2);
    };
    let text = match std::fs::read_to_string(input) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("engine: {input}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (_, requests) = Session::new(text.into());
    let mut engine = LabEngine::default();
    let kept = requests.into_iter().next().map(|request| {
        let answer = engine.answer(request.clone());
        kept::keep(&request, answer)
    });
    match std::fs::write(out, kept.unwrap_or_default()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("engine: {out}: {error}");
            ExitCode::FAILURE
        }
    }
}
