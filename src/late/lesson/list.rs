//! The list of lessons: how far each is, and what else can be opened.

use std::rc::Rc;

use lesson::{Progress, workshop};
use player::Action;
use player::late::learning::{self, Learning};
use yew::prelude::*;

use super::PROGRESS;
use super::blocks::{blocks, inlines};
use crate::{Dispatch, browser};

/// The site's own course.
const COURSE: &str = "lessons/first-course.md";

/// Fetches the course and how far the learner is in it.
pub fn fetch(dispatch: &Dispatch) {
    let dispatch = dispatch.clone();
    browser::fetch_text(COURSE, move |text| {
        let known = browser::remembered(PROGRESS);
        let progress = known
            .and_then(|text| Progress::import(&text).ok())
            .unwrap_or_default();
        let (workshop, _) = workshop::read(text.as_deref().unwrap_or_default());
        dispatch.send(Action::Late(learning::list(workshop, progress)));
        if let Some((name, step)) = asked_for(&browser::fragment()) {
            bring(&dispatch, &format!("{name}.md"), step);
        }
        if text.is_none() {
            let why = "The list of lessons could not be loaded. Is there a network? A lesson from a file can be opened all the same.";
            dispatch.send(Action::Late(learning::lost(why.to_owned())));
        }
    });
}

/// The lesson and the step, from 0, that a link names: `lesson=NAME&step=3`. A name leads to nowhere but the site's
/// own lessons.
fn asked_for(fragment: &str) -> Option<(String, Option<usize>)> {
    let mut words = fragment.trim_start_matches('#').split('&');
    let name = words.next()?.strip_prefix("lesson=")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let step = words.find_map(|word| word.strip_prefix("step=")?.parse::<usize>().ok());
    let named = !name.is_empty() && name.len() <= 100 && name.chars().all(plain);
    named.then(|| (name.to_owned(), step.map(|step| step.saturating_sub(1))))
}

/// Opens a lesson of the site.
fn open(dispatch: &Dispatch, file: &str) -> Callback<MouseEvent> {
    let (dispatch, file) = (dispatch.clone(), file.to_owned());
    Callback::from(move |_| bring(&dispatch, &file, None))
}

/// Fetches a lesson of the site and opens it, at a step.
fn bring(dispatch: &Dispatch, file: &str, step: Option<usize>) {
    let (dispatch, file) = (dispatch.clone(), file.to_owned());
    browser::fetch_text(&format!("lessons/{file}"), move |text| {
        dispatch.send(Action::Late(match text {
            Some(text) => learning::open(stem(&file), text.into(), step),
            None => learning::lost(format!(
                "lessons/{file} could not be loaded. Is there a network?"
            )),
        }));
    });
}

/// Opens what a person has as a file: a lesson, a list of lessons, or progress.
fn from_file(dispatch: &Dispatch, progress: Progress) -> Callback<MouseEvent> {
    let dispatch = dispatch.clone();
    Callback::from(move |_| {
        let (dispatch, progress) = (dispatch.clone(), progress.clone());
        crate::line::pick(move |name, text| {
            dispatch.send(Action::Late(if name.ends_with(".json") {
                match Progress::import(&text) {
                    Ok(more) => {
                        let mut all = progress;
                        all.merge(more);
                        learning::known(all)
                    }
                    Err(why) => learning::lost(why),
                }
            } else if text.trim_start().starts_with("---") {
                learning::open(stem(&name), text.into(), None)
            } else {
                match workshop::read(&text) {
                    (workshop, faults) if faults.is_empty() => learning::list(workshop, progress),
                    (_, faults) => learning::lost(format!("{name}: {}", faults[0])),
                }
            }));
        });
    })
}

fn stem(file: &str) -> String {
    file.strip_suffix(".md").unwrap_or(file).to_owned()
}

/// The list.
pub fn list(learning: &Learning, dispatch: &Dispatch) -> Html {
    let Some(workshop) = learning.workshop.as_ref() else {
        return Html::default();
    };
    let export = {
        let progress = Rc::new(learning.progress.clone());
        Callback::from(move |_: MouseEvent| {
            browser::download("chainwalk-progress.json", &progress.export())
        })
    };
    html! {
        <div class="lesson-body lesson-list">
            <h3>{ &workshop.title }</h3>
            { blocks(&workshop.intro) }
            <ol aria-label="Lessons">
                for entry in &workshop.lessons {
                    <li>
                        <button class="lesson-entry" onclick={open(dispatch, &entry.file)}>
                            <b>{ &entry.title }</b>
                            <span class="faint">{ inlines(&entry.words) }{ how_far(learning, &stem(&entry.file)) }</span>
                        </button>
                    </li>
                }
            </ol>
            <div class="lesson-row">
                <button class="button" onclick={from_file(dispatch, learning.progress.clone())}>{ "Open a file" }</button>
                <button class="button" onclick={export} disabled={learning.progress.lessons.is_empty()}>{ "Save progress" }</button>
            </div>
            <p class="note">{ "A file is a lesson, a list of lessons, or progress that was saved. How far you are stays in this browser." }</p>
        </div>
    }
}

fn how_far(learning: &Learning, name: &str) -> Html {
    let Some(known) = learning.progress.lessons.get(name) else {
        return Html::default();
    };
    let (done, all) = (known.done.iter().filter(|d| **d).count(), known.done.len());
    match done == all {
        true => html! { <span class="tag tone-verdict">{ "done" }</span> },
        false => html! { <span>{ format!(" · {done} of {all} steps") }</span> },
    }
}

#[cfg(test)]
mod tests {
    use super::asked_for;

    #[test]
    fn a_link_leads_to_a_lesson_of_the_site_and_to_nothing_else() {
        let lesson = |name: &str, step| Some((name.to_owned(), step));
        assert_eq!(
            asked_for("#lesson=02-is-it-fair&step=3"),
            lesson("02-is-it-fair", Some(2))
        );
        assert_eq!(asked_for("lesson=a"), lesson("a", None));
        for other in [
            "",
            "#view=~x",
            "#lesson=",
            "#lesson=../x",
            "#lesson=a/b",
            "#lesson=https://x",
            "#lesson=~eJw",
        ] {
            assert_eq!(asked_for(other), None, "{other}");
        }
    }
}
