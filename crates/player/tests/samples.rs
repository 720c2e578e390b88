//! The samples beside the page: every file is there, and every one but the broken one walks as it says.

use std::path::Path;

use player::samples::SAMPLES;
use player::{Action, Engine, LabEngine, Session, update};

fn read(file: &str) -> String {
    let www = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www");
    std::fs::read_to_string(www.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// A page that shows a text.
fn page(text: &str) -> Session {
    let mut engine = LabEngine::default();
    let (mut session, mut requests) = Session::new(text.into());
    while let Some(request) = requests.pop() {
        let (next, more) = update(&session, Action::Answered(engine.answer(request).into()));
        session = next;
        requests.extend(more);
    }
    session
}

#[test]
fn every_sample_but_the_broken_one_walks() {
    for (file, _) in SAMPLES {
        let page = page(&read(file));
        let broken = file.ends_with("broken.yaml");
        assert_eq!(page.stale, broken, "{file}: {:?}", page.notes);
        assert_eq!(page.play.is_some(), !broken, "{file}: {:?}", page.refusal);
    }
}

#[test]
fn every_sample_file_is_offered() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www/samples");
    for entry in dir.read_dir().expect("www/samples is there") {
        let name = entry.expect("it can be listed").file_name();
        let file = format!("samples/{}", name.to_string_lossy());
        assert!(SAMPLES.iter().any(|(f, _)| *f == file), "{file} is offered");
    }
}

#[test]
fn only_the_last_choice_counts() {
    let (affinity, headless) = ("samples/affinity.yaml", "samples/headless.yaml");
    let start = page("kind: Namespace\nmetadata: {name: a}");
    let act = |session: &Session, action| update(session, action).0;
    let chosen = act(
        &act(&start, Action::SampleChosen(affinity)),
        Action::SampleChosen(headless),
    );
    let late = act(
        &chosen,
        Action::SampleArrived(affinity, Some("kind: Late".into())),
    );
    assert_eq!(late.editor.text(), start.editor.text());
    let failed = act(&late, Action::SampleArrived(headless, None));
    assert_eq!(failed.editor.text(), start.editor.text());
    assert!(
        failed
            .sample
            .trouble()
            .is_some_and(|t| t.contains(headless))
    );
    let again = act(&failed, Action::SampleChosen(headless));
    assert_eq!(again.sample.trouble(), None);
    let there = act(
        &again,
        Action::SampleArrived(headless, Some("kind: X".into())),
    );
    assert_eq!(&**there.editor.text(), "kind: X");
}
