//! How far a learner is in all lessons, kept between visits, and taken along as a JSON file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::run::Run;

/// The version of the file.
const VERSION: u32 = 1;
/// The most lessons and the largest file that are read.
const LESSONS: usize = 1000;
const BYTES: usize = 1024 * 1024;

/// How far a learner is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// By lesson: the file's name without its end.
    pub lessons: BTreeMap<String, Lesson>,
}

/// How far a lesson is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lesson {
    /// The step on screen last.
    pub at: usize,
    /// Which steps are done.
    pub done: Vec<bool>,
    /// How often each was tried.
    pub tries: Vec<u32>,
}

/// As it stands in a file.
#[derive(Serialize, Deserialize)]
struct File {
    chainwalk_progress: u32,
    lessons: BTreeMap<String, Lesson>,
}

impl Progress {
    /// Remembers how far a run is.
    pub fn note(&mut self, run: &Run) {
        let lesson = Lesson {
            at: run.at,
            done: run.steps.iter().map(|s| s.done).collect(),
            tries: run.steps.iter().map(|s| s.tries).collect(),
        };
        self.lessons.insert(run.lesson.clone(), lesson);
    }

    /// Takes a run to where it was left.
    pub fn resume(&self, run: &mut Run) {
        let Some(kept) = self.lessons.get(&run.lesson) else {
            return;
        };
        for (index, step) in run.steps.iter_mut().enumerate() {
            step.done |= kept.done.get(index).copied().unwrap_or(false);
            step.tries = step.tries.max(kept.tries.get(index).copied().unwrap_or(0));
        }
        run.at = kept.at.min(run.steps.len().saturating_sub(1));
    }

    /// What another place knows, too: a step that is done in either is done.
    pub fn merge(&mut self, other: Progress) {
        for (name, theirs) in other.lessons {
            let own = self.lessons.entry(name).or_default();
            let steps = own.done.len().max(theirs.done.len()).max(own.tries.len());
            own.done.resize(steps, false);
            own.tries.resize(steps.max(theirs.tries.len()), 0);
            for (own, theirs) in own.done.iter_mut().zip(&theirs.done) {
                *own |= theirs;
            }
            for (own, theirs) in own.tries.iter_mut().zip(&theirs.tries) {
                *own = (*own).max(*theirs);
            }
            own.at = own.at.max(theirs.at);
        }
    }

    /// As a file.
    pub fn export(&self) -> String {
        let file = File {
            chainwalk_progress: VERSION,
            lessons: self.lessons.clone(),
        };
        let mut text = serde_json::to_string_pretty(&file).expect("maps of words can be written");
        text.push('\n');
        text
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Why it is none, as sentences.
    pub fn import(text: &str) -> Result<Progress, String> {
        if text.len() > BYTES {
            return Err("The file is too large to be progress in lessons. Choose the file that was exported here.".into());
        }
        let read: Result<File, _> = serde_json::from_str(text);
        let file = read.map_err(|error| {
            format!("This is no file of progress: {error}. Choose the file that was exported here.")
        })?;
        if file.chainwalk_progress != VERSION {
            return Err(format!(
                "The file has version {}; this page reads version {VERSION}. Export it again.",
                file.chainwalk_progress
            ));
        }
        if file.lessons.len() > LESSONS {
            return Err(format!("The file has more than {LESSONS} lessons."));
        }
        Ok(Progress {
            lessons: file.lessons,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_goes_out_and_comes_in() {
        let mut here = Progress::default();
        let lesson = |at, done: &[bool]| Lesson {
            at,
            done: done.to_vec(),
            tries: vec![1, 0],
        };
        here.lessons.insert("a".into(), lesson(1, &[true, false]));
        assert_eq!(Progress::import(&here.export()), Ok(here.clone()));
        let mut there = Progress::default();
        there
            .lessons
            .insert("a".into(), lesson(0, &[false, true, true]));
        here.merge(there);
        assert_eq!(
            here.lessons["a"],
            Lesson {
                at: 1,
                done: vec![true; 3],
                tries: vec![1, 0, 0]
            }
        );
    }

    #[test]
    fn what_is_no_progress_is_said_to_be_none() {
        for text in [
            "",
            "{}",
            "[]",
            "null",
            "{\"chainwalk_progress\": 9, \"lessons\": {}}",
        ] {
            assert!(Progress::import(text).is_err(), "{text}");
        }
        assert!(Progress::import(&" ".repeat(BYTES + 1)).is_err());
        let deep = "[".repeat(100_000);
        assert!(Progress::import(&deep).is_err());
    }
}
