//! The options of a command, read as `getopt_long` reads them: `-nvL X`, `--line-numbers`, `--opt=value`, `--`.

/// An option that a command knows.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its letter, or a space where it has none.
    pub short: char,
    /// Its long name, or nothing.
    pub long: &'static str,
    /// Whether a value follows.
    pub value: Takes,
}

/// Whether a value follows an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// None.
    Nothing,
    /// One: attached or the next word.
    Value,
    /// One where it is attached; the next word too where it begins with no dash.
    Maybe,
}

/// A flag.
pub const fn flag(short: char, long: &'static str) -> Known {
    Known {
        short,
        long,
        value: Takes::Nothing,
    }
}

/// An option with a value.
pub const fn value(short: char, long: &'static str) -> Known {
    Known {
        short,
        long,
        value: Takes::Value,
    }
}

/// An option with a value that may be left out.
pub const fn maybe(short: char, long: &'static str) -> Known {
    Known {
        short,
        long,
        value: Takes::Maybe,
    }
}

/// What was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Each option by its long name, or its letter where it has none, with its value.
    pub options: Vec<(String, Option<String>)>,
    /// All other words.
    pub rest: Vec<String>,
}

impl Given {
    /// Whether an option was given.
    pub fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(n, _)| n == name)
    }

    /// An option's last value.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut of = self.options.iter().rev().filter(|(n, _)| n == name);
        of.find_map(|(_, v)| v.as_deref())
    }
}

/// Why options could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// Nobody knows this one.
    Unknown(String),
    /// Its value is missing.
    Bare(String),
}

/// Reads the words after a command's name.
pub fn read(known: &[Known], words: &[String]) -> Result<Given, Wrong> {
    let mut given = Given::default();
    let mut words = words.iter().peekable();
    let name_of = |k: &Known| match k.long.is_empty() {
        true => k.short.to_string(),
        false => k.long.to_owned(),
    };
    while let Some(word) = words.next() {
        if word == "--" {
            given.rest.extend(words.cloned());
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            let (name, attached) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (long, None),
            };
            let option = known.iter().find(|k| k.long == name);
            let option = option.ok_or_else(|| Wrong::Unknown(format!("--{name}")))?;
            let value = match option.value {
                Takes::Nothing => None,
                _ if attached.is_some() => attached,
                Takes::Value => {
                    let next = words.next().cloned();
                    Some(next.ok_or_else(|| Wrong::Bare(format!("--{name}")))?)
                }
                Takes::Maybe => words.next_if(|w| !w.starts_with('-')).cloned(),
            };
            given.options.push((name_of(option), value));
            continue;
        }
        let Some(letters) = word.strip_prefix('-').filter(|l| !l.is_empty()) else {
            given.rest.push(word.clone());
            continue;
        };
        for (at, letter) in letters.char_indices() {
            let option = known.iter().find(|k| k.short == letter && letter != ' ');
            let option = option.ok_or_else(|| Wrong::Unknown(format!("-{letter}")))?;
            if option.value == Takes::Nothing {
                given.options.push((name_of(option), None));
                continue;
            }
            let attached = &word[1 + at + letter.len_utf8()..];
            let value = match (attached.is_empty(), option.value) {
                (false, _) => Some(attached.to_owned()),
                (true, Takes::Value) => {
                    let next = words.next().cloned();
                    Some(next.ok_or_else(|| Wrong::Bare(format!("-{letter}")))?)
                }
                (true, _) => words.next_if(|w| !w.starts_with('-')).cloned(),
            };
            given.options.push((name_of(option), value));
            break;
        }
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [Known; 4] = [
        flag('n', "numeric"),
        value('t', "table"),
        maybe('L', "list"),
        flag(' ', "line-numbers"),
    ];

    fn got(line: &str) -> Result<Given, Wrong> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        read(&KNOWN, &words)
    }

    #[test]
    fn clusters_values_and_the_rest() {
        let given = got("-tnat -nL KUBE-SERVICES 3 --line-numbers").expect("all are known");
        assert_eq!(given.value("table"), Some("nat"));
        assert_eq!(given.value("list"), Some("KUBE-SERVICES"));
        assert_eq!(given.rest, ["3"]);
        assert!(given.has("numeric") && given.has("line-numbers"));
        assert_eq!(got("-L -n").expect("all are known").value("list"), None);
        assert_eq!(
            got("--table=nat").expect("known").value("table"),
            Some("nat")
        );
        assert_eq!(got("-- -n").expect("known").rest, ["-n"]);
    }

    #[test]
    fn what_is_unknown_or_bare() {
        assert_eq!(got("-nq"), Err(Wrong::Unknown("-q".into())));
        assert_eq!(got("--bogus"), Err(Wrong::Unknown("--bogus".into())));
        assert_eq!(got("-t"), Err(Wrong::Bare("-t".into())));
    }
}
