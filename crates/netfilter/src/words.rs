//! The words of a line of iptables text: splitting, quoting, numbers. What the words mean is decided
//! in [`crate::parse`] and in each extension's own file.

use std::borrow::Cow;
use std::fmt;

/// Splits a line as iptables-restore does (`add_param_to_argv` in xshared.c): blanks separate,
/// `"` quotes, and a backslash escapes inside quotes only.
pub(crate) fn split<'t>(line: &'t str, words: &mut Vec<Cow<'t, str>>) -> Result<(), String> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && !bytes[at].is_ascii_whitespace() && bytes[at] != b'"' {
            at += 1;
        }
        if bytes.get(at) != Some(&b'"') {
            words.push(Cow::Borrowed(&line[start..at]));
            continue;
        }
        // The usual quoted word has no escape and borrows from the line.
        if start == at
            && let Some(length) = line[at + 1..].find(['"', '\\'])
            && bytes[at + 1 + length] == b'"'
            && bytes
                .get(at + 2 + length)
                .is_none_or(u8::is_ascii_whitespace)
        {
            words.push(Cow::Borrowed(&line[at + 1..at + 1 + length]));
            at += 2 + length;
            continue;
        }
        let mut word = line[start..at].to_owned();
        let mut quoted = false;
        let mut chars = line[at..].char_indices();
        let mut end = bytes.len();
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => quoted = !quoted,
                '\\' if quoted => match chars.next() {
                    Some((_, escaped)) => word.push(escaped),
                    None => break,
                },
                c if !quoted && c.is_ascii_whitespace() => {
                    end = at + offset;
                    break;
                }
                c => word.push(c),
            }
        }
        if quoted {
            return Err("a quoted text does not end; close it with \"".to_owned());
        }
        words.push(Cow::Owned(word));
        at = end;
    }
    Ok(())
}

/// Prints a word so that [`split`] reads it back, with quotes only where iptables writes them
/// (`xtables_save_string`: a word of letters, digits, `_` and `-` stands bare).
pub(crate) struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if !self.0.is_empty() && self.0.bytes().all(bare) {
            return f.write_str(self.0);
        }
        f.write_str("\"")?;
        let mut rest = self.0;
        while let Some(at) = rest.find(['"', '\\', '\'']) {
            f.write_str(&rest[..at])?;
            f.write_str("\\")?;
            f.write_str(&rest[at..at + 1])?;
            rest = &rest[at + 1..];
        }
        f.write_str(rest)?;
        f.write_str("\"")
    }
}

/// Prints words kept as they were read, quoting those that would otherwise fall apart.
pub(crate) struct Raw<'a>(pub &'a [String]);

impl fmt::Display for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for word in self.0 {
            let whole =
                !word.is_empty() && !word.contains(|c: char| c.is_ascii_whitespace() || c == '"');
            if whole {
                write!(f, " {word}")?;
            } else {
                write!(f, " {}", Quoted(word))?;
            }
        }
        Ok(())
    }
}

/// The words of one rule, read from left to right.
pub(crate) struct Args<'a, 't> {
    words: &'a [Cow<'t, str>],
    at: usize,
}

impl<'a, 't> Args<'a, 't> {
    pub(crate) fn new(words: &'a [Cow<'t, str>]) -> Self {
        Args { words, at: 0 }
    }

    /// The next word, as it stands.
    pub(crate) fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    /// The next word without taking it.
    pub(crate) fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).map(|w| &**w)
    }

    /// The value of `option`.
    pub(crate) fn value(&mut self, option: &str) -> Result<&'a str, String> {
        self.next()
            .ok_or_else(|| format!("{option} needs a value after it"))
    }
}

/// A number as `xtables_strtoui` reads it: decimal, `0x` hexadecimal or `0` octal.
pub(crate) fn number(text: &str, option: &str) -> Result<u32, String> {
    let parsed = if let Some(hex) = text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        u32::from_str_radix(hex, 16)
    } else if text.len() > 1 && text.starts_with('0') {
        u32::from_str_radix(&text[1..], 8)
    } else {
        text.parse()
    };
    parsed.map_err(|_| format!("{option} takes a number, not \"{text}\""))
}

/// `VALUE` or `VALUE/MASK`; without a mask all bits count.
pub(crate) fn masked(text: &str, option: &str) -> Result<(u32, u32), String> {
    match text.split_once('/') {
        Some((value, mask)) => Ok((number(value, option)?, number(mask, option)?)),
        None => Ok((number(text, option)?, u32::MAX)),
    }
}

/// A port by number, or by one of the names that stand in every `/etc/services`.
pub(crate) fn port(text: &str, option: &str) -> Result<u16, String> {
    if let Ok(port) = text.parse() {
        return Ok(port);
    }
    if let Ok(port) = number(text, option)
        && let Ok(port) = u16::try_from(port)
    {
        return Ok(port);
    }
    crate::services::port_of(text)
        .ok_or_else(|| format!("{option} takes a port from 0 to 65535, not \"{text}\""))
}

/// `PORT` or `FIRST:LAST`, either end of which may be left out.
pub(crate) fn ports(text: &str, separator: char, option: &str) -> Result<(u16, u16), String> {
    let Some((first, last)) = text.split_once(separator) else {
        let only = port(text, option)?;
        return Ok((only, only));
    };
    let first = if first.is_empty() {
        0
    } else {
        port(first, option)?
    };
    let last = if last.is_empty() {
        u16::MAX
    } else {
        port(last, option)?
    };
    if first > last {
        return Err(format!("{option}: the range {text} ends before it begins"));
    }
    Ok((first, last))
}

/// Prints `FIRST` or `FIRST:LAST` with the separator of its option.
pub(crate) struct PortRange(pub (u16, u16), pub char);

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = self.0;
        if first == last {
            write!(f, "{first}")
        } else {
            write!(f, "{first}{}{last}", self.1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &[&str]) {
        let mut words = Vec::new();
        split(line, &mut words).unwrap();
        assert_eq!(words, expected, "{line}");
    }

    #[test]
    fn words_are_split_as_iptables_restore_splits_them() {
        check("", &[]);
        check(" -s  10.0.0.1\t-j X ", &["-s", "10.0.0.1", "-j", "X"]);
        check(
            r#"--comment "two words" -j"#,
            &["--comment", "two words", "-j"],
        );
        check(r#""a \" b" c"#, &["a \" b", "c"]);
        check(r#""back\\slash""#, &["back\\slash"]);
        check(r"bare\slash 'apos'", &[r"bare\slash", "'apos'"]);
        check(r#""" x"#, &["", "x"]);
        check(r#"pre"mid dle"post"#, &["premid dlepost"]);
        check(r#""grüße – ok""#, &["grüße – ok"]);
    }

    #[test]
    fn an_open_quote_is_an_error() {
        for line in ["\"open", "a \"b\\", "\"b\\\""] {
            assert!(split(line, &mut Vec::new()).is_err(), "{line}");
        }
    }

    #[test]
    fn quotes_stand_where_iptables_writes_them() {
        for (word, printed) in [
            ("single", "single"),
            ("a_b-C9", "a_b-C9"),
            ("a/b", "\"a/b\""),
            ("", "\"\""),
            ("q\" '\\", "\"q\\\" \\'\\\\\""),
        ] {
            assert_eq!(Quoted(word).to_string(), printed);
        }
    }

    #[test]
    fn numbers_have_three_bases() {
        assert_eq!(number("0x00004000", "--mark"), Ok(0x4000));
        assert_eq!(number("010", "--mark"), Ok(8));
        assert_eq!(number("0", "--mark"), Ok(0));
        for bad in ["", "x", "-1", "4294967296", "0x"] {
            assert!(number(bad, "--mark").is_err(), "{bad}");
        }
    }
}
