//! Lessons played to the end as a page plays them: a run, the core beside it, and nothing else between.

use lesson::{
    AsksView, Attempt, Course, Did, Given, LessonView, Move, Progress, QuestionView, Run, Verdict,
    Wanted,
};

struct Page {
    course: Course,
    view: LessonView,
    run: Run,
}

impl Page {
    fn open(name: &str) -> Page {
        let path = format!("{}/../../lessons/{name}.md", env!("CARGO_MANIFEST_DIR"));
        let course = Course::open(&std::fs::read_to_string(path).expect("the lesson is there"));
        let view = course.view();
        assert_eq!(view.faults, []);
        let run = Run::begin(name, &view);
        Page { course, view, run }
    }

    fn make(&mut self, made: Move) -> Option<Verdict> {
        match self.run.make(made, &self.view) {
            Wanted::Verdict(step, given) => {
                let verdict = self.course.judge(step, &given);
                self.run.judged(step, &given, verdict.clone());
                Some(verdict)
            }
            Wanted::Stage(step) => {
                self.course
                    .stage(step)
                    .map_err(|f| f.to_string())
                    .expect("the stage can be set");
                None
            }
            Wanted::Nothing => None,
        }
    }

    fn give(&mut self, given: Given) -> Verdict {
        self.make(Move::Give(given))
            .expect("what is given is judged")
    }

    /// Gives a choice that is right, or one that is not.
    fn choose(&mut self, right: bool) -> Verdict {
        let AsksView::Choice(choices) = &self.view.steps[self.run.at].asks else {
            panic!("a step with choices");
        };
        let at = self.run.at;
        let is = |nth: &usize| self.course.judge(at, &Given::Choice(*nth)).right == right;
        let nth = (0..choices.len()).find(is).expect("there is such a choice");
        self.give(Given::Choice(nth))
    }

    fn next(&mut self) {
        let before = self.run.at;
        self.make(Move::Next);
        assert_eq!(self.run.at, before + 1, "the next step is open");
    }

    /// What stands on the screen when a task begins, with another question.
    fn attempt(&self, from: &str, to: &str) -> Attempt {
        let on = self.course.stage(self.run.at).map_err(|f| f.to_string());
        Attempt {
            cluster: on.expect("the stage can be set").stage.cluster,
            question: Some(QuestionView {
                from: from.into(),
                to: to.into(),
                via: None,
            }),
            ..Attempt::default()
        }
    }

    /// The shown solution does it.
    fn solve(&mut self) -> Verdict {
        let AsksView::Task {
            solution: Some(solution),
            ..
        } = self.view.steps[self.run.at].asks.clone()
        else {
            panic!("a task with a solution");
        };
        let on = self.course.stage(self.run.at).map_err(|f| f.to_string());
        let stage = on.expect("the stage can be set").stage;
        self.give(Given::Task(Attempt {
            cluster: solution.cluster,
            question: solution.question.or(stage.question),
            ..Attempt::default()
        }))
    }
}

#[test]
fn the_first_lesson_is_played_to_its_end() {
    let mut page = Page::open("01-who-owns-a-clusterip");
    assert!(
        !page.run.may_play(&page.view),
        "nothing is seen before a prediction"
    );
    assert!(!page.run.may_go_on(&page.view));
    let wrong = page.choose(false);
    assert!(
        !wrong.right && !wrong.note.is_empty(),
        "a wrong belief has its note"
    );
    assert!(page.run.may_play(&page.view) && !page.run.may_go_on(&page.view));
    page.make(Move::Retry);
    assert!(page.choose(true).right);
    assert_eq!(page.run.here().tries, 2);
    page.next();
    assert!(page.run.here().done, "what only shows is done once seen");
    page.next();
    assert!(page.choose(true).right);
    page.next();
    let start = page.attempt("pod/demo/client", "10.43.169.48:80");
    let verdict = page.give(Given::Task(start));
    assert!(!verdict.right && verdict.unmet.len() == 2, "{verdict:?}");
    let mut other = page.attempt("pod/demo/client", "10.43.169.48:8711");
    other.cluster = format!("{}# words change nothing\n", other.cluster).into();
    assert!(page.give(Given::Task(other)).right);
    assert!(page.run.is_done());
    let mut progress = Progress::default();
    progress.note(&page.run);
    let kept = Progress::import(&progress.export()).expect("what went out comes in");
    let mut anew = Run::begin("01-who-owns-a-clusterip", &page.view);
    kept.resume(&mut anew);
    assert!(anew.is_done() && anew.at == 3);
}

#[test]
fn the_second_lesson_is_played_to_its_end() {
    let mut page = Page::open("02-is-it-fair");
    page.next();
    let mut pinned = page.attempt("pod/demo/client", "10.43.169.48:8711");
    pinned.forced = vec![u32::MAX >> 1, u32::MAX >> 1];
    assert!(
        page.give(Given::Task(pinned)).right,
        "two high numbers miss"
    );
    page.next();
    let half = page.give(Given::Number(0.5));
    assert!(
        !half.right && !half.note.is_empty(),
        "the belief of one half has its note"
    );
    assert!(page.give(Given::Number(0.34)).right);
    for _ in 0..3 {
        page.next();
        assert!(page.choose(true).right);
    }
    page.next();
    assert!(page.solve().right);
    assert!(page.run.is_done());
}

#[test]
fn a_manifest_with_an_error_is_no_try() {
    let mut page = Page::open("03-which-port");
    page.run.at = page.view.steps.len() - 1;
    let mut broken = page.attempt("pod/demo/client", "10.43.169.48:80");
    broken.cluster = "a: [".into();
    let verdict = page.give(Given::Task(broken));
    assert!(verdict.trouble.is_some() && !verdict.right);
    assert_eq!(page.run.here().tries, 0);
    assert!(page.solve().right);
}

#[test]
fn what_was_to_stay_is_named() {
    let mut page = Page::open("07-refused-or-silent");
    page.run.at = page.view.steps.len() - 1;
    let mut attempt = page.attempt("pod/demo/client", "10.43.169.48:8711");
    attempt.cluster = attempt.cluster.replace("app: demo", "app: dmeo").into();
    let verdict = page.give(Given::Task(attempt));
    assert_eq!(verdict.broken, ["Deployment"]);
    assert!(!verdict.right);
}

#[test]
fn sorting_tells_what_is_misplaced() {
    let mut page = Page::open("07-refused-or-silent");
    page.run.at = 2;
    let AsksView::Sort { bins, items } = page.view.steps[2].asks.clone() else {
        panic!("the third step sorts");
    };
    assert_eq!((bins.len(), items.len()), (4, 5));
    let verdict = page.give(Given::Sort(vec![0, 1, 3, 0, 2]));
    assert_eq!(verdict.misplaced, [3]);
    assert!(page.give(Given::Sort(vec![0, 1, 3, 3, 2])).right);
    assert!(!page.give(Given::Sort(Vec::new())).right);
}

#[test]
fn what_a_learner_did_counts() {
    let mut page = Page::open("09-what-a-node-remembers");
    page.run.at = page.view.steps.len() - 1;
    let mut attempt = page.attempt("pod/demo/client", "10.43.0.10:53/udp");
    attempt.question = None;
    assert!(!page.give(Given::Task(attempt.clone())).right);
    let conntrack = |node: &str| Did::Conntrack {
        node: node.into(),
        args: "-D -p udp --orig-dst 10.43.0.10".into(),
    };
    attempt.did = vec![conntrack("node2")];
    assert!(
        !page.give(Given::Task(attempt.clone())).right,
        "node2 keeps no such entry"
    );
    attempt.did = vec![conntrack("node2"), conntrack("node1")];
    assert!(page.give(Given::Task(attempt)).right);

    let mut page = Page::open("04-one-pod-gets-everything");
    page.run.at = page.view.steps.len() - 1;
    let mut attempt = page.attempt("pod/demo/client", "10.43.169.48:8711");
    attempt.did = vec![Did::Many {
        question: attempt.question.clone().unwrap_or_default(),
        connections: 60,
        requests: 1,
    }];
    assert!(page.give(Given::Task(attempt)).right);
}

#[test]
fn hints_fade_and_the_answer_comes_late() {
    let mut page = Page::open("08-can-a-pod-call-itself");
    page.run.at = 3;
    assert!(!page.run.may_hint(&page.view), "not before a try");
    page.give(Given::Number(0.9));
    assert!(page.run.may_hint(&page.view));
    page.make(Move::Hint);
    assert_eq!(page.run.here().hints, 1);
    assert!(!page.run.may_hint(&page.view) && !page.run.may_show());
    page.give(Given::Number(0.8));
    page.give(Given::Number(0.7));
    assert!(page.run.may_show());
    page.make(Move::Show);
    assert!(page.run.here().done && page.run.here().shown);
}

#[test]
fn nothing_that_is_given_breaks_it() {
    for name in [
        "01-who-owns-a-clusterip",
        "07-refused-or-silent",
        "09-what-a-node-remembers",
    ] {
        let page = Page::open(name);
        let odd = [
            Given::Choice(usize::MAX),
            Given::Number(f64::NAN),
            Given::Number(f64::INFINITY),
            Given::Sort(vec![usize::MAX; 100]),
            Given::Task(Attempt::default()),
        ];
        for step in 0..page.view.steps.len() + 2 {
            for given in &odd {
                assert!(
                    !page.course.judge(step, given).right,
                    "{name} {step} {given:?}"
                );
            }
        }
    }
}
