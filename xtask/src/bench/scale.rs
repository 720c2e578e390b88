//! The page with small and with large clusters, in headless Chromium: script per frame, the time to a walk
//! on screen, and the longest task on the page's thread.

use std::process::Command;

use super::{Aim, Figure, native, yaml};
use crate::page::{self, Finish};
use crate::serve::Site;
use crate::shell::{self, Done};
use crate::{get, paths};

const SERVICES: [usize; 3] = [200, 1_000, 10_000];
const FRAME_MS: f64 = 4.0;
const TASK_MS: f64 = 50.0;
/// To a walk on screen: a second for a thousand Services, and in proportion.
const WALK_MS_EACH: f64 = 1.0;
const EDIT_MS: f64 = 100.0;

/// All of it.
pub fn scale() -> Done<Vec<Figure>> {
    let out = paths::target().join("dist");
    page::build(Finish::Small, &out)?;
    let chromium = get::chromium()?;
    get::npm_parts()?;
    let mut files = Vec::new();
    for services in SERVICES {
        let name = format!("{services}x10.yaml");
        let file = native::input(&name, &yaml::cluster(services, 10))?;
        files.push(format!("{services}={}", file.display()));
    }
    let site = Site::bind(0, "")?;
    let url = site.local_addr()?;
    std::thread::spawn(move || site.run(&out, None));
    let text = shell::output(
        Command::new("node")
            .current_dir(paths::root())
            .arg("tests/e2e/measure-scale.mjs")
            .env("CHAINWALK_URL", url)
            .env("CHROMIUM", chromium)
            .env("CHAINWALK_SCALE", files.join(" ")),
        "The page could not be measured.",
    )?;
    figures(&text)
}

/// What the script printed, as figures.
fn figures(text: &str) -> Done<Vec<Figure>> {
    let figure = |key: String, what: String, anchor: f64| {
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(&key)?.strip_prefix(' ')?.parse().ok());
        let value =
            value.ok_or_else(|| format!("the page was not measured: no {key} in {text}"))?;
        Ok(Figure {
            what,
            value,
            unit: "ms",
            anchor,
            aim: Aim::AtMost,
        })
    };
    let mut figures: Vec<Done<Figure>> = Vec::new();
    for (key, cluster) in [
        ("demo", "the demo"),
        ("200", "200 Services of 10 endpoints"),
    ] {
        for act in ["playing", "scrubbing"] {
            figures.push(figure(
                format!("{act}-{key}"),
                format!("script per frame while {act}, {cluster} (95th percentile)"),
                FRAME_MS,
            ));
        }
    }
    for services in SERVICES {
        figures.push(figure(
            format!("walk-{services}"),
            format!("paste of {services} Services of 10 endpoints to a walk on screen, once"),
            WALK_MS_EACH * services as f64,
        ));
        figures.push(figure(
            format!("longest-{services}"),
            format!("longest task on the page's thread meanwhile, {services} Services (under 50 ms counts as 0)"),
            TASK_MS,
        ));
    }
    figures.push(figure(
        "edit-1000".into(),
        "paste of 1000 Services with one edited to its new walk on screen (median of six)".into(),
        EDIT_MS,
    ));
    figures.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_missing_is_said() {
        let whole = "playing-demo 1.5\nscrubbing-demo 2\nwalk-200 90\nlongest-200 0\nplaying-200 3\nscrubbing-200 5\n\
                     walk-1000 800\nlongest-1000 60\nedit-1000 120\nwalk-10000 9000\nlongest-10000 0\n";
        let figures = figures(whole).expect("all are there");
        let misses = figures.iter().filter(|f| !f.holds()).count();
        assert_eq!((figures.len(), misses), (11, 3));
        let part = whole.replace("edit-1000", "other");
        let error = super::figures(&part).expect_err("one is missing");
        assert!(error.contains("no edit-1000"), "{error}");
    }
}
