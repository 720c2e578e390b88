//! What the page weighs and how soon it answers, in headless Chromium.

use std::process::Command;

use super::{Aim, Figure, native, yaml};
use crate::page::{self, Finish};
use crate::serve::Site;
use crate::shell::{self, Done};
use crate::{dist, get, paths};

const FIRST_VIEW_BYTES: f64 = 260_000.0;
const READY_MS: f64 = 1000.0;
const EDIT_MS: f64 = 10.0;
const TASK_MS: f64 = 50.0;
const LARGE_MS: f64 = 1000.0;

/// Every part of the first view, in brotli.
pub fn first_view() -> Done<Vec<Figure>> {
    let site = page::build(Finish::Small, &paths::target().join("dist"))?;
    let weights = dist::weigh(&site)?;
    Ok(weights
        .iter()
        .map(|w| Figure {
            what: format!("{} in brotli ({} raw)", w.name, w.raw),
            value: w.brotli as f64,
            unit: "bytes",
            anchor: match w.name {
                "first view" => FIRST_VIEW_BYTES,
                _ => w.budget as f64,
            },
            aim: Aim::AtMost,
        })
        .collect())
}

/// From navigation to a walking demo, and from a keystroke to new rules and a new walk.
pub fn browser() -> Done<Vec<Figure>> {
    let out = paths::target().join("dist");
    page::build(Finish::Small, &out)?;
    let chromium = get::chromium()?;
    get::npm_parts()?;
    let site = Site::bind(0, "")?;
    let url = site.local_addr()?;
    std::thread::spawn(move || site.run(&out, None));
    let text = shell::output(
        Command::new("node")
            .current_dir(paths::root())
            .arg("tests/e2e/measure.mjs")
            .env("CHAINWALK_URL", url)
            .env("CHROMIUM", chromium)
            .env(
                "CHAINWALK_LARGE",
                native::input("1000x10.yaml", &yaml::cluster(1_000, 10))?,
            ),
        "The page could not be measured.",
    )?;
    let figure = |key: &str, what: &str, anchor| {
        let line = text
            .lines()
            .find_map(|l| l.strip_prefix(key)?.strip_prefix(' '));
        match line.and_then(|v| v.trim().parse().ok()) {
            Some(value) => Ok(Figure {
                what: what.into(),
                value,
                unit: "ms",
                anchor,
                aim: Aim::AtMost,
            }),
            None => Err(format!("the page was not measured: no {key} in {text}")),
        }
    };
    Ok(vec![
        figure("ready", "navigation to a walking demo, localhost", READY_MS)?,
        figure(
            "edit",
            "keystroke to new rules, new walk and a page drawn anew, the demo (median of 21)",
            EDIT_MS,
        )?,
        figure(
            "longest",
            "longest task on the page's thread while 1000 Services of 10 endpoints are pasted, read and walked (under 50 ms counts as 0)",
            TASK_MS,
        )?,
        figure(
            "large",
            "paste of 1000 Services of 10 endpoints to a walk on screen, once",
            LARGE_MS,
        )?,
    ])
}
