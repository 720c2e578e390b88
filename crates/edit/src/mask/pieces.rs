//! A text cut into words, addresses and what stands between them.

use std::net::IpAddr;

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Letters, digits, `-` and `_`.
    Word(&'a str),
    /// An address, and the length of the prefix that stands behind it. The `/` and the length are pieces of their own.
    Address(IpAddr, Option<u8>),
    /// Anything else.
    Other(&'a str),
}

/// Cuts a text.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((ip, length)) = address(rest) {
            rest = &rest[length..];
            return Some(Piece::Address(ip, prefix(rest)));
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        // A list's dash, a document's and an option's are marks and no words.
        let word = rest.find(char::is_alphanumeric).unwrap_or(rest.len());
        let length = match word {
            0 => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            word => word,
        };
        let (piece, after) = rest.split_at(length);
        rest = after;
        match word {
            0 => Some(Piece::Word(piece)),
            _ => Some(Piece::Other(piece)),
        }
    })
}

/// The address that a text begins with, and how many bytes of it that is.
fn address(text: &str) -> Option<(IpAddr, usize)> {
    if !text.starts_with(|c: char| c.is_ascii_hexdigit() || c == ':') {
        return None;
    }
    let run = text
        .find(|c: char| !c.is_ascii_hexdigit() && c != '.' && c != ':')
        .unwrap_or(text.len());
    // No address is longer (RFC 4291, section 2.2).
    let run = run.min(46);
    let whole = text[..run].trim_end_matches(['.', ':']);
    // A port stands behind an IPv4 address; `::` may end an IPv6 one.
    let before_port = text[..run].find(':').map(|at| &text[..at]);
    let candidates = [Some(&text[..run]), Some(whole), before_port];
    candidates.into_iter().flatten().find_map(|candidate| {
        let ip: IpAddr = candidate.parse().ok()?;
        let behind = text[candidate.len()..].chars().next();
        let ends = behind.is_none_or(|c| !c.is_alphanumeric() && c != '-' && c != '_');
        ends.then_some((ip, candidate.len()))
    })
}

/// The length in `/24`.
fn prefix(text: &str) -> Option<u8> {
    let digits = text.strip_prefix('/')?;
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = pieces(text)
            .map(|piece| match piece {
                Piece::Word(word) => format!("w {word}"),
                Piece::Address(ip, None) => format!("a {ip}"),
                Piece::Address(ip, Some(prefix)) => format!("a {ip} {prefix}"),
                Piece::Other(other) => format!("o {other}"),
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn words_and_addresses_are_told_apart() {
        check("", &[]);
        check("web-1", &["w web-1"]);
        check("- a", &["o - ", "w a"]);
        check("pod/shop/web", &["w pod", "o /", "w shop", "o /", "w web"]);
        check("10.42.1.7:8080", &["a 10.42.1.7", "o :", "w 8080"]);
        check("10.42.0.0/16", &["a 10.42.0.0 16", "o /", "w 16"]);
        check("[fd00::1]:80", &["o [", "a fd00::1", "o ]:", "w 80"]);
        check("fd00::/64", &["a fd00:: 64", "o /", "w 64"]);
        check("--- -listen", &["o --- -", "w listen"]);
        check("face", &["w face"]);
        check("a.b", &["w a", "o .", "w b"]);
        check(
            "1.2.3.4-x",
            &["w 1", "o .", "w 2", "o .", "w 3", "o .", "w 4-x"],
        );
        check("10.0.0.1.", &["a 10.0.0.1", "o ."]);
        check("größe ☃ x", &["w größe", "o  ☃ ", "w x"]);
    }
}
