//! `cargo xtask dist`: the site as it is published, and what its first view weighs.

use std::path::Path;
use std::process::Command;

use crate::page::{self, Finish};
use crate::publish;
use crate::shell::{self, Done};
use crate::site::{Part, Site};

/// What all that is loaded before the demo can be played may weigh, in bytes of brotli: issue 5's 260,000.
/// A budget is changed only in a commit of its own that says what was tried.
const BUDGETS: [(Part, &str, u64); 5] = [
    (Part::Html, "HTML", 1_000),
    (Part::Css, "CSS", 14_000),
    (Part::Js, "JS", 9_000),
    (Part::Wasm, "wasm", 230_000),
    (Part::Kept, "first answer", 6_000),
];

/// What is loaded after it may weigh, each by its name in [`Site::later`].
const LATER: [(&str, u64); 4] = [
    ("late parts", 240_000),
    ("core", 880_000),
    ("core's JS", 2_000),
    ("editor", 125_000),
];

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weight {
    /// What it is.
    pub name: &'static str,
    /// Bytes as they lie on the disk.
    pub raw: u64,
    /// Bytes as they go over the wire.
    pub brotli: u64,
    /// What they may be.
    pub budget: u64,
}

/// Builds the site into `out`, prints the table and fails where a budget is passed.
pub fn dist(out: &Path, url: Option<&str>) -> Done<Vec<Weight>> {
    let site = page::build(Finish::Small, out)?;
    publish::publish(&site, url)?;
    let weights = weigh(&site)?;
    print!("{}{}", head(), table(&weights));
    let later = weigh_later(&site)?;
    print!("{}", table(&later));
    let weights: Vec<Weight> = weights.into_iter().chain(later).collect();
    println!(
        "The site is in {}; it works under any path.",
        site.dir.display()
    );
    let over: Vec<&str> = weights
        .iter()
        .filter(|w| w.brotli > w.budget)
        .map(|w| w.name)
        .collect();
    match over.is_empty() {
        true => Ok(weights),
        false => Err(format!("Over budget: {}.", over.join(", "))),
    }
}

/// Every part of the first view and their total, last.
pub fn weigh(site: &Site) -> Done<Vec<Weight>> {
    let files: Vec<&Path> = site.first_view.iter().map(|(_, p)| p.as_path()).collect();
    let sizes = brotli(&files)?;
    let mut weights = Vec::new();
    for (part, name, budget) in BUDGETS {
        let of = |what: &dyn Fn(usize) -> u64| -> u64 {
            (0..files.len())
                .filter(|i| site.first_view[*i].0 == part)
                .map(what)
                .sum()
        };
        weights.push(Weight {
            name,
            raw: of(&|i| sizes[i].0),
            brotli: of(&|i| sizes[i].1),
            budget,
        });
    }
    weights.push(Weight {
        name: "first view",
        raw: weights.iter().map(|w| w.raw).sum(),
        brotli: weights.iter().map(|w| w.brotli).sum(),
        budget: weights.iter().map(|w| w.budget).sum(),
    });
    Ok(weights)
}

/// Every file that is loaded after the first view, and their total, last.
pub fn weigh_later(site: &Site) -> Done<Vec<Weight>> {
    let files: Vec<&Path> = site.later.iter().map(|(_, p)| p.as_path()).collect();
    let sizes = brotli(&files)?;
    let files = site.later.iter().zip(&sizes);
    let mut weights: Vec<Weight> = files
        .map(|((name, _), (raw, brotli))| Weight {
            name,
            raw: *raw,
            brotli: *brotli,
            // What has no budget yet may weigh nothing.
            budget: LATER.iter().find(|(n, _)| n == name).map_or(0, |l| l.1),
        })
        .collect();
    weights.push(Weight {
        name: "after it",
        raw: weights.iter().map(|w| w.raw).sum(),
        brotli: weights.iter().map(|w| w.brotli).sum(),
        budget: weights.iter().map(|w| w.budget).sum(),
    });
    Ok(weights)
}

/// Raw and brotli sizes. Node has the compressor built in, and is needed for the site anyway.
fn brotli(files: &[&Path]) -> Done<Vec<(u64, u64)>> {
    const SCRIPT: &str = "const z = require('node:zlib'), fs = require('node:fs');
        for (const f of process.argv.slice(1)) {
            const b = fs.readFileSync(f);
            const params = { [z.constants.BROTLI_PARAM_QUALITY]: 11 };
            console.log(b.length + ' ' + z.brotliCompressSync(b, { params }).length);
        }";
    let text = shell::output(
        Command::new("node").args(["-e", SCRIPT]).args(files),
        "Node.js 20 or newer is needed: https://nodejs.org",
    )?;
    let sizes: Option<Vec<(u64, u64)>> = text
        .lines()
        .map(|line| {
            let (raw, brotli) = line.split_once(' ')?;
            Some((raw.parse().ok()?, brotli.parse().ok()?))
        })
        .collect();
    sizes
        .filter(|sizes| sizes.len() == files.len())
        .ok_or_else(|| "node did not say what the files weigh.".into())
}

fn head() -> String {
    format!("{:<12}{:>10}{:>10}{:>10}\n", "", "raw", "brotli", "budget")
}

fn table(weights: &[Weight]) -> String {
    let mut text = String::new();
    for w in weights {
        let mark = if w.brotli > w.budget { "  over" } else { "" };
        text.push_str(&format!(
            "{:<12}{:>10}{:>10}{:>10}{mark}\n",
            w.name, w.raw, w.brotli, w.budget
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_budgets_make_up_the_whole() {
        let total: u64 = BUDGETS.iter().map(|(_, _, budget)| budget).sum();
        assert_eq!(total, 260_000);
    }

    #[test]
    fn the_table_marks_what_is_over() {
        let weight = |brotli| Weight {
            name: "JS",
            raw: 30_000,
            brotli,
            budget: 10_000,
        };
        assert!(!table(&[weight(10_000)]).contains("over"));
        assert!(table(&[weight(10_001)]).contains("over"));
    }
}
