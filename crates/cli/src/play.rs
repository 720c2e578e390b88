//! `chainwalk play`: a recording of a kernel, with the simulator in the kernel's place.

use std::path::Path;
use std::process::ExitCode;

use crate::args::Play;
use crate::{Failure, read_one};

/// Prints the recording with what the simulator did in the place of what was observed.
pub fn run(args: &Play, out: &mut String) -> Result<ExitCode, Failure> {
    let recording = read_one(&args.file)?;
    let beside = Path::new(&args.file).parent().unwrap_or(Path::new(""));
    let load = |name: &str| {
        let places = [Some(beside), beside.parent()];
        let mut found = places.into_iter().flatten().map(|place| place.join(name));
        found.find_map(|path| std::fs::read_to_string(path).ok())
    };
    let played = recording::play(&recording, &load, args.seed)
        .map_err(|error| Failure(format!("{}: {error}", args.file)))?;
    out.push_str(&played);
    out.push('\n');
    Ok(ExitCode::SUCCESS)
}
