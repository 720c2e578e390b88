//! Running other programs, and saying in one line what went wrong.

use std::path::Path;
use std::process::{Command, Stdio};

/// Either it worked, or a plain sentence for a person.
pub type Done<T = ()> = Result<T, String>;

/// Says what happens now, so that no long step is silent.
pub fn say(text: impl AsRef<str>) {
    eprintln!("· {}", text.as_ref());
}

/// Runs a program with its output shown; `hint` is what to do if it isn't there or fails.
pub fn run(command: &mut Command, hint: &str) -> Done {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{name} could not be started ({error}). {hint}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{name} failed ({status}). {hint}")),
    }
}

/// Runs a program and gives its standard output.
pub fn output(command: &mut Command, hint: &str) -> Done<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{name} could not be started ({error}). {hint}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("{name} failed ({}). {hint}", output.status)),
    }
}

/// Whether a program answers on the PATH.
pub fn has(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// `cargo`, in the repository's root, as it was started.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(crate::paths::root());
    command
}

/// Reads a file as text.
pub fn read(path: &Path) -> Done<String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a file and the folders above it.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Done {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    }
    std::fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}
