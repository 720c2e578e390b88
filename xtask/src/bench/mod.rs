//! `cargo xtask bench [NAME]`: every figure that the project promises, beside what it is measured
//! against. Without a name all are taken and written to docs/numbers.md.

mod connections;
mod lighthouse;
mod native;
mod page;
mod scale;
mod yaml;

use std::process::Command;

use crate::paths;
use crate::shell::{self, Done, say};

/// Which side of its anchor a figure should be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// Less is better.
    AtMost,
    /// More is better.
    AtLeast,
}

/// One measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What it is measured against.
    pub anchor: f64,
    /// Which side of that it should be on.
    pub aim: Aim,
}

type Bench = fn() -> Done<Vec<Figure>>;

const BENCHES: [(&str, Bench); 6] = [
    ("first-view", page::first_view),
    ("page", page::browser),
    ("scale", scale::scale),
    ("lighthouse", lighthouse::performance),
    ("rules", native::rules),
    ("connections", connections::connections),
];

/// Takes all figures, or those of one name.
pub fn bench(only: Option<&str>) -> Done {
    if let Some(name) = only.filter(|name| BENCHES.iter().all(|(n, _)| n != name)) {
        let names: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "There is no figure \"{name}\"; there are {}.",
            names.join(", ")
        ));
    }
    let load_before = load();
    let mut figures = Vec::new();
    for (name, bench) in BENCHES {
        if only.is_none_or(|only| only == name) {
            say(format!("measuring {name}"));
            figures.extend(bench()?);
        }
    }
    let table = table(&figures);
    print!("{table}");
    if only.is_none() {
        let text = document(&table, &load_before);
        shell::write(&paths::root().join("docs/numbers.md"), text)?;
        println!("Written to docs/numbers.md");
    }
    Ok(())
}

fn document(table: &str, load_before: &str) -> String {
    let date = shell::output(Command::new("date").args(["-u", "+%Y-%m-%d %H:%M UTC"]), "");
    let date = date.unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "# Numbers\n\n\
         Written by `cargo xtask bench`; don't edit.\n\
         {}, {cores} cores, load {load_before} before and {} after.\n\
         A median of five where not said otherwise. \"holds\" compares the number with its anchor.\n\n\
         {table}",
        date.trim(),
        load()
    )
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let first = text.split_whitespace().next();
    first.unwrap_or("unknown").to_owned()
}

fn table(figures: &[Figure]) -> String {
    let mut text =
        String::from("| what | measured | anchor | ratio | |\n|---|---:|---:|---:|---|\n");
    for figure in figures {
        let Figure {
            what, unit, anchor, ..
        } = figure;
        let sign = match figure.aim {
            Aim::AtMost => "≤",
            Aim::AtLeast => "≥",
        };
        let verdict = if figure.holds() {
            "holds"
        } else {
            "**misses**"
        };
        text.push_str(&format!(
            "| {what} | {} {unit} | {sign} {} {unit} | {:.2} | {verdict} |\n",
            number(figure.value),
            number(*anchor),
            figure.value / anchor,
        ));
    }
    text
}

impl Figure {
    /// Whether it is on the right side.
    pub fn holds(&self) -> bool {
        match self.aim {
            Aim::AtMost => self.value <= self.anchor,
            Aim::AtLeast => self.value >= self.anchor,
        }
    }
}

/// Large numbers in groups of three, small ones with a decimal.
fn number(value: f64) -> String {
    if value < 100.0 && value.fract() != 0.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(0.25), "0.2");
        assert_eq!(number(96.0), "96");
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!(number(200_000.0), "200,000");
    }

    #[test]
    fn a_figure_holds_on_its_side() {
        let figure = |value, aim| Figure {
            what: "x".into(),
            value,
            unit: "ms",
            anchor: 10.0,
            aim,
        };
        assert!(figure(10.0, Aim::AtMost).holds());
        assert!(!figure(10.1, Aim::AtMost).holds());
        assert!(figure(10.0, Aim::AtLeast).holds());
        assert!(!figure(9.9, Aim::AtLeast).holds());
        assert!(table(&[figure(20.0, Aim::AtMost)]).contains("| 2.00 | **misses** |"));
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![5.0, 1.0, 3.0]), 3.0);
        assert!(median(vec![]).is_nan());
    }
}
