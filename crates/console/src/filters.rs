//! What a pipe leads into: grep, head, tail, wc, sort, uniq, column, cat. Text in, text out.

use regex_lite::RegexBuilder;

use crate::answer::Failed;
use crate::options::{self, Given, Known, Wrong, flag, maybe, value};

/// A filter's result: what it prints and its exit status.
pub type Filtered = Result<(String, u8), Failed>;

/// The names of all filters.
pub const NAMES: [&str; 9] = [
    "cat", "column", "egrep", "grep", "head", "sort", "tail", "uniq", "wc",
];

/// Runs a filter over a text; `None` where the name is no filter's.
pub fn run(words: &[String], input: &str) -> Option<Filtered> {
    let (name, args) = words.split_first()?;
    Some(match name.as_str() {
        "cat" => cat(args, input),
        "column" => column(args, input),
        "egrep" | "grep" => grep(args, input),
        "head" => head(args, input),
        "sort" => sort(args, input),
        "tail" => tail(args, input),
        "uniq" => uniq(args, input),
        "wc" => wc(args, input),
        _ => return None,
    })
}

fn read(name: &str, known: &[Known], args: &[String]) -> Result<Given, Failed> {
    options::read(known, args).map_err(|wrong| {
        let message = match wrong {
            Wrong::Unknown(option) => format!("{name}: {option} is not known here"),
            Wrong::Bare(option) => format!("{name}: {option} needs a value"),
        };
        let known: Vec<String> = known
            .iter()
            .filter(|k| k.short != ' ')
            .map(|k| format!("-{}", k.short))
            .collect();
        Failed::new(2, format!("{message}; known are {}", known.join(" ")))
    })
}

/// Refuses file names, since there are no files.
fn no_files(name: &str, rest: &[String]) -> Result<(), Failed> {
    match rest.iter().find(|r| *r != "-") {
        None => Ok(()),
        Some(file) => Err(Failed::new(
            1,
            format!("{name}: {file}: there are no files here; pipe something into {name}"),
        )),
    }
}

fn number(name: &str, text: &str) -> Result<usize, Failed> {
    text.parse()
        .map_err(|_| Failed::new(1, format!("{name}: \"{text}\" is no number of lines")))
}

fn cat(args: &[String], input: &str) -> Filtered {
    let given = read("cat", &[flag('n', "number")], args)?;
    no_files("cat", &given.rest)?;
    if !given.has("number") {
        return Ok((input.to_owned(), 0));
    }
    let lines = input.lines().enumerate();
    Ok((
        lines
            .map(|(i, line)| format!("{:6}\t{line}\n", i + 1))
            .collect(),
        0,
    ))
}

const GREP: [Known; 13] = [
    flag('i', "ignore-case"),
    flag('v', "invert-match"),
    flag('n', "line-number"),
    flag('c', "count"),
    flag('o', "only-matching"),
    flag('w', "word-regexp"),
    flag('q', "quiet"),
    flag('E', "extended-regexp"),
    flag('F', "fixed-strings"),
    value('A', "after-context"),
    value('B', "before-context"),
    value('C', "context"),
    value('e', "regexp"),
];

fn grep(args: &[String], input: &str) -> Filtered {
    let mut known = GREP.to_vec();
    // Colour is the page's own affair.
    known.push(Known {
        short: ' ',
        long: "color",
        value: options::Takes::Nothing,
    });
    let mut given = read("grep", &known, args)?;
    let mut patterns: Vec<String> = given
        .options
        .iter()
        .filter(|(name, _)| name == "regexp")
        .filter_map(|(_, value)| value.clone())
        .collect();
    if patterns.is_empty() {
        if given.rest.is_empty() {
            return Err(Failed::new(2, "grep: it needs a pattern, as in grep demo"));
        }
        patterns.push(given.rest.remove(0));
    }
    no_files("grep", &given.rest)?;
    let patterns: Vec<String> = patterns
        .iter()
        .map(|p| match given.has("fixed-strings") {
            true => regex_lite::escape(p),
            false if given.has("extended-regexp") => p.clone(),
            false => extended(p),
        })
        .map(|p| match given.has("word-regexp") {
            true => format!(r"\b(?:{p})\b"),
            false => format!("(?:{p})"),
        })
        .collect();
    let regex = RegexBuilder::new(&patterns.join("|"))
        .case_insensitive(given.has("ignore-case"))
        .size_limit(1 << 20)
        .build()
        .map_err(|error| Failed::new(2, format!("grep: {error}")))?;
    let context = |name: &str| match given.value(name).or(given.value("context")) {
        Some(text) => number("grep", text),
        None => Ok(0),
    };
    let (before, after) = (context("before-context")?, context("after-context")?);
    let lines: Vec<&str> = input.lines().collect();
    let hits: Vec<bool> = lines
        .iter()
        .map(|line| regex.is_match(line) != given.has("invert-match"))
        .collect();
    let count = hits.iter().filter(|hit| **hit).count();
    let status = u8::from(count == 0);
    if given.has("quiet") {
        return Ok((String::new(), status));
    }
    if given.has("count") {
        return Ok((format!("{count}\n"), status));
    }
    let mut out = String::new();
    let numbered = |out: &mut String, index: usize, mark: char| {
        if given.has("line-number") {
            out.push_str(&format!("{}{mark}", index + 1));
        }
    };
    if given.has("only-matching") {
        for (index, line) in lines.iter().enumerate().filter(|(i, _)| hits[*i]) {
            let found = regex.find_iter(line).filter(|m| !m.as_str().is_empty());
            for one in found {
                numbered(&mut out, index, ':');
                out.push_str(one.as_str());
                out.push('\n');
            }
        }
        return Ok((out, status));
    }
    let mut shown: Option<usize> = None;
    for index in 0..lines.len() {
        let near = index.saturating_sub(after)..(index + before + 1).min(lines.len());
        if !hits[near].contains(&true) {
            continue;
        }
        if before + after > 0 && shown.is_some_and(|last| last + 1 < index) {
            out.push_str("--\n");
        }
        numbered(&mut out, index, if hits[index] { ':' } else { '-' });
        out.push_str(lines[index]);
        out.push('\n');
        shown = Some(index);
    }
    Ok((out, status))
}

/// A basic regular expression as an extended one: `\|`, `\(`, `\+` have the meaning that the bare
/// signs have there, and the bare signs stand for themselves.
fn extended(basic: &str) -> String {
    let mut out = String::new();
    let mut chars = basic.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('|' | '(' | ')' | '{' | '}' | '+' | '?')) => out.push(c),
                Some(c) => {
                    out.push('\\');
                    out.push(c);
                }
                None => out.push_str(r"\\"),
            },
            '|' | '(' | ')' | '{' | '}' | '+' | '?' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// `-N` as in `head -3`, which is older than `-n 3`.
fn old_style(args: &[String]) -> Vec<String> {
    match args.split_first() {
        Some((first, rest)) => match first.strip_prefix('-') {
            Some(n) if !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) => {
                let mut words = vec!["-n".to_owned(), n.to_owned()];
                words.extend(rest.iter().cloned());
                words
            }
            _ => args.to_vec(),
        },
        None => Vec::new(),
    }
}

fn joined<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    lines.into_iter().flat_map(|line| [line, "\n"]).collect()
}

fn head(args: &[String], input: &str) -> Filtered {
    let given = read("head", &[value('n', "lines")], &old_style(args))?;
    no_files("head", &given.rest)?;
    let wanted = given.value("lines").unwrap_or("10");
    let lines: Vec<&str> = input.lines().collect();
    let end = match wanted.strip_prefix('-') {
        Some(but) => lines.len().saturating_sub(number("head", but)?),
        None => number("head", wanted)?.min(lines.len()),
    };
    Ok((joined(lines[..end].iter().copied()), 0))
}

fn tail(args: &[String], input: &str) -> Filtered {
    let given = read("tail", &[value('n', "lines")], &old_style(args))?;
    no_files("tail", &given.rest)?;
    let wanted = given.value("lines").unwrap_or("10");
    let lines: Vec<&str> = input.lines().collect();
    let start = match wanted.strip_prefix('+') {
        Some(from) => number("tail", from)?.saturating_sub(1).min(lines.len()),
        None => lines.len().saturating_sub(number("tail", wanted)?),
    };
    Ok((joined(lines[start..].iter().copied()), 0))
}

fn wc(args: &[String], input: &str) -> Filtered {
    let known = [flag('l', "lines"), flag('w', "words"), flag('c', "bytes")];
    let given = read("wc", &known, args)?;
    no_files("wc", &given.rest)?;
    let counts = [
        ("lines", input.matches('\n').count()),
        ("words", input.split_whitespace().count()),
        ("bytes", input.len()),
    ];
    let chosen: Vec<usize> = counts
        .iter()
        .filter(|(name, _)| given.options.is_empty() || given.has(name))
        .map(|(_, count)| *count)
        .collect();
    Ok(match chosen.as_slice() {
        [one] => (format!("{one}\n"), 0),
        // From a pipe, `wc` gives each column seven places.
        many => {
            let columns: Vec<String> = many.iter().map(|n| format!("{n:7}")).collect();
            (format!("{}\n", columns.join(" ")), 0)
        }
    })
}

fn sort(args: &[String], input: &str) -> Filtered {
    let known = [
        flag('n', "numeric-sort"),
        flag('r', "reverse"),
        flag('u', "unique"),
        value('k', "key"),
    ];
    let given = read("sort", &known, args)?;
    no_files("sort", &given.rest)?;
    let column = match given.value("key") {
        None => None,
        Some(key) => {
            let first = key.split([',', '.']).next().unwrap_or_default();
            let digits: String = first.chars().take_while(char::is_ascii_digit).collect();
            Some(number("sort", &digits)?.max(1))
        }
    };
    let numeric = given.has("numeric-sort") || given.value("key").is_some_and(|k| k.contains('n'));
    let key = |line: &str| -> String {
        match column {
            None => line.to_owned(),
            Some(n) => {
                let fields: Vec<&str> = line.split_whitespace().skip(n - 1).collect();
                fields.join(" ")
            }
        }
    };
    let value = |text: &str| -> f64 {
        let text = text.trim_start();
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-')
            .unwrap_or(text.len());
        text[..end].parse().unwrap_or(0.0)
    };
    let mut lines: Vec<(String, &str)> = input.lines().map(|l| (key(l), l)).collect();
    lines.sort_by(|(a, line_a), (b, line_b)| {
        let by_key = match numeric {
            true => value(a).total_cmp(&value(b)),
            false => a.cmp(b),
        };
        by_key.then_with(|| line_a.cmp(line_b))
    });
    if given.has("unique") {
        lines.dedup_by(|a, b| match numeric {
            true => value(&a.0).total_cmp(&value(&b.0)).is_eq(),
            false => a.0 == b.0,
        });
    }
    if given.has("reverse") {
        lines.reverse();
    }
    Ok((joined(lines.into_iter().map(|(_, line)| line)), 0))
}

fn uniq(args: &[String], input: &str) -> Filtered {
    let given = read("uniq", &[flag('c', "count")], args)?;
    no_files("uniq", &given.rest)?;
    let mut runs: Vec<(usize, &str)> = Vec::new();
    for line in input.lines() {
        match runs.last_mut() {
            Some((count, last)) if *last == line => *count += 1,
            _ => runs.push((1, line)),
        }
    }
    Ok((
        runs.iter()
            .map(|(count, line)| match given.has("count") {
                true => format!("{count:7} {line}\n"),
                false => format!("{line}\n"),
            })
            .collect(),
        0,
    ))
}

fn column(args: &[String], input: &str) -> Filtered {
    let given = read(
        "column",
        &[flag('t', "table"), maybe('s', "separator")],
        args,
    )?;
    no_files("column", &given.rest)?;
    if !given.has("table") {
        return Ok((input.to_owned(), 0));
    }
    let rows: Vec<Vec<&str>> = input
        .lines()
        .map(|line| match given.value("separator") {
            Some(signs) => line.split(|c| signs.contains(c)).collect(),
            None => line.split_whitespace().collect(),
        })
        .collect();
    let mut widths: Vec<usize> = Vec::new();
    for row in &rows {
        for (index, cell) in row.iter().enumerate() {
            let width = cell.chars().count();
            match widths.get_mut(index) {
                Some(widest) => *widest = width.max(*widest),
                None => widths.push(width),
            }
        }
    }
    let mut out = String::new();
    for row in rows {
        for (index, cell) in row.iter().enumerate() {
            match index + 1 == row.len() {
                true => out.push_str(cell),
                false => out.push_str(&format!("{cell:<width$}  ", width = widths[index])),
            }
        }
        out.push('\n');
    }
    Ok((out, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "one 1\ntwo 22\nthree 3\ntwo 22\n";

    fn check(line: &str, expected: &str) {
        check_over(line, TEXT, expected);
    }

    fn check_over(line: &str, input: &str, expected: &str) {
        let read = crate::shell::parse(line).expect("the line is well formed");
        let words = &read[0].commands[0].words;
        let out = run(words, input)
            .expect("it is a filter")
            .expect("it works");
        assert_eq!(out.0, expected, "{line}");
    }

    fn fails(line: &str) -> String {
        let read = crate::shell::parse(line).expect("the line is well formed");
        let words = &read[0].commands[0].words;
        run(words, TEXT)
            .expect("it is a filter")
            .expect_err("it fails")
            .message
    }

    #[test]
    fn grep_finds() {
        check("grep two", "two 22\ntwo 22\n");
        check("grep -c two", "2\n");
        check("grep -v two", "one 1\nthree 3\n");
        check("grep -n THREE -i", "3:three 3\n");
        check("grep -o '2*$'", "22\n22\n");
        check("grep 'one\\|three'", "one 1\nthree 3\n");
        check("grep -E 'one|three'", "one 1\nthree 3\n");
        check("grep -e one -e three", "one 1\nthree 3\n");
        check("grep -F 'e 3'", "three 3\n");
        check("grep -w 2", "");
        check("grep -A1 one", "one 1\ntwo 22\n");
        check_over(
            "grep -B1 -n d",
            "a\nb\nc\nd\nb\ne\nd\n",
            "3-c\n4:d\n--\n6-e\n7:d\n",
        );
        check("grep -q one", "");
        check("grep '(one)'", "");
    }

    #[test]
    fn grep_says_what_is_wrong() {
        assert!(fails("grep").contains("needs a pattern"));
        assert!(fails("grep -E '('").contains("grep:"));
        assert!(fails("grep -z a").contains("-z is not known"));
        assert!(fails("grep a file").contains("there are no files"));
    }

    #[test]
    fn ends_and_counts() {
        check("head -2", "one 1\ntwo 22\n");
        check("head -n -3", "one 1\n");
        check("tail -n 1", "two 22\n");
        check("tail -n +3", "three 3\ntwo 22\n");
        check("tail -99", TEXT);
        check("wc -l", "4\n");
        check("wc", "      4       8      28\n");
        check("cat", TEXT);
        check_over("cat -n", "a\n", "     1\ta\n");
    }

    #[test]
    fn orders() {
        check("sort", "one 1\nthree 3\ntwo 22\ntwo 22\n");
        check("sort -u", "one 1\nthree 3\ntwo 22\n");
        check("sort -rnk2", "two 22\ntwo 22\nthree 3\none 1\n");
        check_over("uniq -c", "a\na\nb\n", "      2 a\n      1 b\n");
        check("column -t", "one    1\ntwo    22\nthree  3\ntwo    22\n");
        check_over("column -t -s :", "a:b\nccc:d\n", "a    b\nccc  d\n");
    }
}
