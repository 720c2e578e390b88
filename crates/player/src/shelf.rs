//! Saved clusters: each is kept under its own name, so that two tabs that save don't overwrite each other's.
//!
//! What is kept is what [`crate::saved`] writes, with the time in front. Where it is kept is the page's.

use crate::desk::Deed;
use crate::session::{Panel, Session};

/// The names under which a browser keeps things begin so.
pub const SAVED: &str = "chainwalk.saved.";
/// What a tab had that was not saved, by a number of its own.
pub const DRAFT: &str = "chainwalk.draft.";
/// So many of those are kept, the latest.
pub const DRAFTS: usize = 5;
/// A name is no longer than a line.
pub const NAME: usize = 80;

/// Something kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, or a draft's number.
    pub name: String,
    /// When it was kept, in milliseconds since 1970.
    pub when: u64,
    /// What [`crate::saved`] wrote.
    pub bytes: Vec<u8>,
}

/// An entry as a browser keeps it: the bytes as characters up to U+00FF.
pub fn write(when: u64, bytes: &[u8]) -> String {
    let head = format!("{when}\n");
    head.chars()
        .chain(bytes.iter().map(|b| char::from(*b)))
        .collect()
}

/// What was kept under a name.
pub fn read(name: &str, value: &str) -> Option<Entry> {
    let (when, bytes) = value.split_once('\n')?;
    let bytes: Option<Vec<u8>> = bytes.chars().map(|c| u8::try_from(c).ok()).collect();
    Some(Entry {
        name: name.to_owned(),
        when: when.parse().ok()?,
        bytes: bytes.filter(|bytes| crate::saved::read(bytes).is_some())?,
    })
}

/// All of one kind, the latest first.
pub fn list(kept: &[(String, String)], kind: &str) -> Vec<Entry> {
    let own = |(key, value): &(String, String)| read(key.strip_prefix(kind)?, value);
    let mut all: Vec<Entry> = kept.iter().filter_map(own).collect();
    all.sort_by(|a, b| b.when.cmp(&a.when).then_with(|| a.name.cmp(&b.name)));
    all
}

/// The text of an entry in a few words: how many lines, and its first object's name.
pub fn about(entry: &Entry) -> String {
    let Some((saved, _)) = crate::saved::read(&entry.bytes) else {
        return String::new();
    };
    let lines = crate::text::count(saved.text.lines().count(), "line", "lines");
    let names = saved.text.lines().filter_map(|line| {
        let at = line.find("name: ")? + 6;
        let word = line[at..].split([',', '}', ' ']).next()?;
        (!word.is_empty()).then_some(word)
    });
    match names.take(1).next() {
        Some(name) => format!("{lines}, {name} …"),
        None => lines,
    }
}

/// A name as it can be kept; `None` where nothing is left of it.
pub fn name(typed: &str) -> Option<String> {
    let clean: String = typed.chars().filter(|c| !c.is_control()).collect();
    let clean: String = clean.trim().chars().take(NAME).collect();
    (!clean.is_empty()).then_some(clean)
}

/// The name, or the next one like it that isn't taken.
pub fn free(name: &str, taken: &[Entry]) -> String {
    let is_taken = |name: &str| taken.iter().any(|entry| entry.name == name);
    if !is_taken(name) {
        return name.to_owned();
    }
    let mut numbered = (2..).map(|n| format!("{name} ({n})"));
    numbered
        .find(|name| !is_taken(name))
        .expect("numbers don't end")
}

/// Becomes what an entry holds.
pub fn opens(entry: &Entry, named: bool) -> Deed {
    let entry = entry.clone();
    Deed::new(move |session: &mut Session| {
        let requests = session.become_saved(&entry.bytes).unwrap_or_default();
        session.name = named.then(|| entry.name.clone());
        requests
    })
}

/// From now on this is kept under that name.
pub fn named(name: Option<String>) -> Deed {
    Deed::new(move |session: &mut Session| {
        session.name = name.clone();
        Vec::new()
    })
}

const HEAD: &str = "# Clusters of Chainwalk: a name and what was kept under it in each line.";

/// All entries as a file.
pub fn export(entries: &[Entry]) -> String {
    let mut out = format!("{HEAD}\n");
    for entry in entries {
        out.push_str(&entry.name);
        out.push_str(&format!("\t{}\t", entry.when));
        for byte in &entry.bytes {
            out.push_str(&format!("{byte:02x}"));
        }
        out.push('\n');
    }
    out
}

/// Whether a file was exported from here.
pub fn is_export(text: &str) -> bool {
    text.starts_with(HEAD)
}

/// Files are handed to the panel with the saved clusters.
pub fn dropped(files: Vec<(String, String)>) -> Deed {
    Deed::new(move |session: &mut Session| {
        session.desk.dropped = files.clone();
        session.panel = Panel::Clusters;
        session.playing = false;
        Vec::new()
    })
}

/// The entries in a file; `None` where it is no such file.
pub fn import(text: &str) -> Option<Vec<Entry>> {
    let lines = text.strip_prefix(HEAD)?.lines().filter(|l| !l.is_empty());
    lines
        .map(|line| {
            let mut parts = line.split('\t');
            let (typed, when, hex) = (parts.next()?, parts.next()?, parts.next()?);
            let digits: Option<Vec<u32>> = hex.chars().map(|c| c.to_digit(16)).collect();
            let digits = digits.filter(|d| d.len() % 2 == 0)?;
            let bytes: Vec<u8> = digits
                .chunks_exact(2)
                .map(|pair| (pair[0] * 16 + pair[1]) as u8)
                .collect();
            crate::saved::read(&bytes)?;
            Some(Entry {
                name: name(typed)?,
                when: when.parse().ok()?,
                bytes,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, when: u64) -> Entry {
        let text = "kind: Service\nmetadata:\n  name: größe\n";
        let (session, _) = Session::new(text.into());
        Entry {
            name: name.into(),
            when,
            bytes: crate::saved::save(&session).expect("it is short"),
        }
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let one = entry("mine", 5);
        let value = write(one.when, &one.bytes);
        assert_eq!(read("mine", &value), Some(one.clone()));
        assert_eq!(about(&one), "3 lines, größe …");
        for bad in ["", "5", "5\n", "x\nabc", "5\nabc", "5\n\u{100}"] {
            assert_eq!(read("mine", bad), None, "{bad}");
        }
    }

    #[test]
    fn the_latest_stands_first() {
        let kept: Vec<(String, String)> = [("a", 1), ("b", 3), ("c", 2)]
            .map(|(name, when)| {
                let entry = entry(name, when);
                (format!("{SAVED}{name}"), write(when, &entry.bytes))
            })
            .into();
        let names = |kind| -> Vec<String> {
            let all = list(&kept, kind);
            all.into_iter().map(|e| e.name).collect()
        };
        assert_eq!(names(SAVED), ["b", "c", "a"]);
        assert!(names(DRAFT).is_empty());
    }

    #[test]
    fn a_file_goes_round_and_names_stay_apart() {
        let all = vec![entry("a\u{2}\tb", 1), entry("c", 2)];
        let back = import(&export(&[entry("ab", 1), entry("c", 2)])).expect("it is one");
        assert_eq!(back, [entry("ab", 1), entry("c", 2)]);
        assert_eq!(name(&all[0].name).as_deref(), Some("ab"));
        assert_eq!(free("c", &all), "c (2)");
        assert_eq!(free("d", &all), "d");
        for bad in ["", "kind: Service", "# Clusters of Chainwalk"] {
            assert_eq!(import(bad), None);
        }
        assert_eq!(import(&format!("{HEAD}\na\t1\tzz\n")), None);
    }

    #[test]
    fn names_are_one_line() {
        assert_eq!(name(" a\nb "), Some("ab".into()));
        assert_eq!(name(" \t"), None);
        assert_eq!(name(&"x".repeat(200)).map(|n| n.len()), Some(NAME));
    }
}
