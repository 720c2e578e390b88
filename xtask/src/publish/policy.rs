//! The Content-Security-Policy: what a page of the site may do at all, whatever is pasted into it.
//!
//! It stands in each page, so that any static host gives it out; servers that can send headers send it there too
//! (`hosting/`), which also binds the workers. `frame-ancestors` is left out on purpose: anyone may embed.

use super::into_head;
use crate::shell::Done;

/// Everything comes from the site itself; nothing inline; WebAssembly is compiled, no text is evaluated.
/// `data:` and `blob:` are pictures that the page draws itself; a `blob:` worker serves sandboxed frames, which
/// have no origin to load one from. Text becomes a script's address in two named places only (Trusted Types).
pub const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; frame-src 'self'; \
    manifest-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; \
    trusted-types chainwalk-core chainwalk-offline";

/// The page with the policy as its first word.
pub fn with_policy(html: &str) -> Done<String> {
    into_head(
        html,
        &format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{paths, shell};

    #[test]
    fn every_snippet_for_servers_sends_the_same_policy() {
        for name in ["nginx.conf", "Caddyfile", "_headers"] {
            let text = shell::read(&paths::root().join("hosting").join(name)).expect("it is there");
            assert!(
                text.contains(POLICY),
                "hosting/{name} should send:\n{POLICY}"
            );
        }
    }

    #[test]
    fn nothing_inline_is_allowed() {
        assert!(!POLICY.contains("unsafe-inline") && !POLICY.contains("'unsafe-eval'"));
    }
}
