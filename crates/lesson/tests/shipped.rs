//! Every lesson that we ship holds: the simulator proves it, seed after seed.

use std::path::{Path, PathBuf};

use lesson::check::{Seeds, check};
use lesson::{Course, workshop};

/// Enough to see that something hangs on luck; `chainwalk lesson check` tries thousands.
const SEEDS: Seeds = Seeds(2);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons")
}

fn files() -> Vec<(String, String)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry can be read").path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path.file_name().expect("a file has a name");
            let text = std::fs::read_to_string(&path).expect("a lesson is UTF-8");
            (name.to_string_lossy().into_owned(), text)
        })
        .collect()
}

fn lessons() -> Vec<(String, String)> {
    let mut files = files();
    files.retain(|(_, text)| text.starts_with("---"));
    files
}

#[test]
fn every_lesson_holds() {
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let proving: Vec<_> = lessons()
            .into_iter()
            .map(|(name, text)| scope.spawn(move || (name, check(&text, SEEDS))))
            .collect();
        let reports = proving
            .into_iter()
            .map(|p| p.join().expect("no check panics"));
        let faults = reports.flat_map(|(name, report)| {
            let all = report.faults.into_iter().chain(report.advice);
            all.map(move |fault| format!("{name}: {fault}"))
                .collect::<Vec<_>>()
        });
        faults.collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_lesson_takes_three_to_eight_minutes() {
    for (name, text) in lessons() {
        let view = Course::open(&text).view();
        assert!(
            (3..=12).contains(&view.minutes),
            "{name}: {} minutes",
            view.minutes
        );
        assert!(!view.about.is_empty(), "{name} says what it is about");
    }
}

#[test]
fn what_comes_before_a_lesson_is_there() {
    let names: Vec<String> = lessons().into_iter().map(|(name, _)| name).collect();
    for (name, text) in lessons() {
        for before in Course::open(&text).view().after {
            assert!(
                names.contains(&format!("{before}.md")),
                "{name}: after {before}"
            );
        }
    }
}

#[test]
fn every_workshop_lists_lessons_that_are_there() {
    let names: Vec<String> = lessons().into_iter().map(|(name, _)| name).collect();
    for (name, text) in files()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("---"))
    {
        let (read, faults) = workshop::read(&text);
        assert_eq!(faults, [], "{name}");
        for entry in read.lessons {
            assert!(names.contains(&entry.file), "{name}: {}", entry.file);
        }
    }
}
