//! The core as a program of its own: bytes of a request in, bytes of what it says out.
//!
//! In the browser `www/core.js` calls it, in a Web Worker or in the page's own thread. Natively it is a
//! command, by which the answer to a page's first request is worked out when the site is built.

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(not(target_arch = "wasm32"))]
mod first;

/// In the browser everything waits to be called.
#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    first::main()
}
