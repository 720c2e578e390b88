//! Lighthouse's performance score of the published page, on a desk and on a phone.

use std::process::Command;

use super::{Aim, Figure};
use crate::page::{self, Finish};
use crate::serve::Site;
use crate::shell::{self, Done};
use crate::{get, paths};

/// What Lighthouse calls good.
const GOOD: f64 = 90.0;

/// Both scores, each a median of five.
pub fn performance() -> Done<Vec<Figure>> {
    let out = paths::target().join("dist");
    page::build(Finish::Small, &out)?;
    let chromium = get::chromium()?;
    get::npm_parts()?;
    get::lighthouse()?;
    let site = Site::bind(0, "")?;
    let url = site.local_addr()?;
    std::thread::spawn(move || site.run(&out, None));
    let text = shell::output(
        Command::new("node")
            .current_dir(paths::root())
            .arg("tests/lighthouse/measure.mjs")
            .env("CHAINWALK_URL", url)
            .env("CHROMIUM", chromium),
        "Lighthouse could not measure the page.",
    )?;
    let score = |key: &str, what: &str| {
        let said = text.lines().find_map(|l| l.strip_prefix(key));
        match said.and_then(|v| v.trim().parse().ok()) {
            Some(value) => Ok(Figure {
                what: what.into(),
                value,
                unit: "of 100",
                anchor: GOOD,
                aim: Aim::AtLeast,
            }),
            None => Err(format!("Lighthouse did not say its {key}: {text}")),
        }
    };
    Ok(vec![
        score("performance ", "Lighthouse's performance score, wide")?,
        score(
            "performance-phone ",
            "Lighthouse's performance score, a phone on a slow network",
        )?,
    ])
}
