//! Changes of a manifest as a lesson writes them: the lines of a diff, or documents that come at the end.

use std::sync::Arc;

/// Takes a diff's lines to a text. Lines that begin with `-` must stand in it, in one place and no other;
/// those with `+` come in their stead; those with a space must stand there and stay. An empty line
/// parts two places.
///
/// # Errors
/// The diff's line, counted from 0, and what is wrong with it.
pub fn apply(text: &str, diff: &str) -> Result<Arc<str>, (usize, String)> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let all: Vec<&str> = diff.lines().collect();
    let mut at = 0;
    while at < all.len() {
        if all[at].trim().is_empty() {
            at += 1;
            continue;
        }
        let first = at;
        while at < all.len() && !all[at].trim().is_empty() {
            at += 1;
        }
        hunk(&mut lines, &all[first..at], first)?;
    }
    let mut out = lines.join("\n");
    out.push('\n');
    Ok(out.into())
}

fn hunk(lines: &mut Vec<String>, hunk: &[&str], first: usize) -> Result<(), (usize, String)> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for (index, line) in hunk.iter().enumerate() {
        let mut chars = line.chars();
        let sign = chars.next();
        let rest = chars.as_str();
        match sign {
            Some('-') => old.push(rest),
            Some('+') => new.push(rest),
            Some(' ') => {
                old.push(rest);
                new.push(rest);
            }
            _ => {
                let message = "A line of a diff begins with -, + or a space.".to_owned();
                return Err((first + index, message));
            }
        }
    }
    if old.is_empty() {
        let message = "It does not say where: no line with - or a space.".to_owned();
        return Err((first, message));
    }
    let stands = |at: &usize| {
        let mut there = lines[*at..].iter().zip(&old);
        lines.len() - at >= old.len() && there.all(|(line, old)| line.trim_end() == old.trim_end())
    };
    let places: Vec<usize> = (0..lines.len()).filter(stands).collect();
    match places[..] {
        [place] => {
            let new = new.into_iter().map(str::to_owned);
            lines.splice(place..place + old.len(), new);
            Ok(())
        }
        [] => Err((
            first,
            "These lines do not stand in the manifest.".to_owned(),
        )),
        _ => {
            let message = format!("These lines stand in {} places.", places.len());
            Err((first, message))
        }
    }
}

/// A text and documents behind it.
pub fn append(text: &str, documents: &str) -> Arc<str> {
    let mut out = text.trim_end().to_owned();
    if !out.is_empty() {
        out.push_str("\n---\n");
    }
    out.push_str(documents);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_changed_in_their_place() {
        let text = "a: 1\nb:\n  c: 2\nd: 3\n";
        let done = apply(text, " b:\n-  c: 2\n+  c: 4\n\n-d: 3\n");
        assert_eq!(done.as_deref(), Ok("a: 1\nb:\n  c: 4\n"));
    }

    #[test]
    fn what_stands_nowhere_or_twice_is_refused() {
        for diff in ["-x", "-a", "+b", "b", " a\n-a\n-a\n-a"] {
            assert!(apply("a\nb\na\n", diff).is_err(), "{diff}");
        }
    }
}
