//! The list of what the first view runs: a line for each function, `PIECES RUN NAME`, where RUN
//! are the numbers of the pieces that ran, as in `0-3,7`. Where two functions have one name, each
//! has its line, or they share one if they have as many pieces.

use std::collections::{BTreeMap, BTreeSet};

/// The list, read.
#[derive(Default)]
pub struct View {
    by_name: BTreeMap<String, BTreeMap<usize, BTreeSet<usize>>>,
}

impl View {
    /// Reads the list.
    pub fn read(text: &str) -> Result<View, String> {
        let mut view = View::default();
        for line in text.lines() {
            let wrong = || format!("this is no line of the list: {line}");
            let mut words = line.splitn(3, ' ');
            let (Some(pieces), Some(run), Some(name)) = (words.next(), words.next(), words.next())
            else {
                return Err(wrong());
            };
            let pieces = pieces.parse().map_err(|_| wrong())?;
            let by_pieces = view.by_name.entry(name.into()).or_default();
            let seen = by_pieces.entry(pieces).or_default();
            for part in run.split(',') {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                let first: usize = first.parse().map_err(|_| wrong())?;
                let last: usize = last.parse().map_err(|_| wrong())?;
                seen.extend(first..=last.min(pieces));
            }
        }
        Ok(view)
    }

    /// Whether a function of that name runs.
    pub fn runs(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Which pieces of a function run; nothing where it has changed since the list was made.
    pub fn seen(&self, name: &str, pieces: usize) -> Option<&BTreeSet<usize>> {
        self.by_name.get(name)?.get(&pieces)
    }

    /// Makes the list: `names` as instrument gives them, and the numbers of what ran.
    pub fn write(names: &str, ran: &BTreeSet<usize>) -> Result<String, String> {
        let mut lines: BTreeMap<(&str, usize), BTreeSet<usize>> = BTreeMap::new();
        let mut next = 0;
        for line in names.lines() {
            let (pieces, name) = line.split_once(' ').ok_or("a line without a name")?;
            let pieces: usize = pieces.parse().map_err(|_| format!("no number: {pieces}"))?;
            let run = ran.range(next..next + pieces).map(|n| n - next);
            if !name.is_empty() {
                lines.entry((name, pieces)).or_default().extend(run);
            }
            next += pieces;
        }
        let mut text = String::new();
        for ((name, pieces), run) in lines {
            if !run.is_empty() {
                text.push_str(&format!("{pieces} {} {name}\n", ranges(&run)));
            }
        }
        Ok(text)
    }
}

fn ranges(numbers: &BTreeSet<usize>) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &n in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == n => *last = n,
            _ => runs.push((n, n)),
        }
    }
    let runs: Vec<String> = runs
        .into_iter()
        .map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        })
        .collect();
    runs.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let names = "3 a::b\n2 \n4 c d\n1 never";
        let text = View::write(names, &BTreeSet::from([0, 1, 2, 3, 5, 7])).expect("well formed");
        assert_eq!(text, "3 0-2 a::b\n4 0,2 c d\n");
        let view = View::read(&text).expect("well formed");
        assert_eq!(view.seen("c d", 4), Some(&BTreeSet::from([0, 2])));
        assert_eq!(view.seen("c d", 5), None);
        assert!(view.runs("c d") && !view.runs("never"));
    }

    #[test]
    fn another_line_is_refused() {
        assert!(View::read("3 a::b").is_err());
        assert!(View::read("3 x a::b").is_err());
    }
}
