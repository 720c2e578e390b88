//! Where things stand in a checkout. Knows names, reads nothing.

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> PathBuf {
    // Cargo says where the package stands now; a program that was copied knows only where it stood.
    let own = std::env::var_os("CARGO_MANIFEST_DIR");
    let own = own.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&own)
        .parent()
        .expect("xtask is a folder of the repository")
        .to_owned()
}

/// Cargo's target directory. No configuration file sets one here, so the environment decides.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Where the page that `build` and `serve` make is put.
pub fn site() -> PathBuf {
    target().join("site")
}
