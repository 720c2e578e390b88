//! One step: what is said, what is asked, what was said to that, hints, and the ways on and back.

use std::rc::Rc;

use lesson::{AsksView, Fade, LessonView, Move, Run, StepRun, StepView, Verdict};
use player::late::learning::{self, Learning, Side};
use player::{Action, Session};
use yew::prelude::*;

use super::asks;
use super::blocks::{blocks, inlines};
use crate::Dispatch;

/// The step on screen.
pub fn step(
    learning: &Learning,
    view: &LessonView,
    run: &Run,
    session: &Rc<Session>,
    dispatch: &Dispatch,
) -> Html {
    let Some(step) = view.steps.get(run.at) else {
        return html! { <p class="note">{ "This lesson has no steps." }</p> };
    };
    let here = run.here();
    let go = |made| dispatch.on::<MouseEvent>(Action::Late(learning::make(made)));
    let last = run.at + 1 == view.steps.len();
    html! {
        <div class="lesson-body">
            <h2 class="lesson-title">{ &view.title }<span class="faint">{ format!("{} min", view.minutes) }</span></h2>
            <ol class="lesson-dots" aria-label="Steps">
                for (index, done) in run.steps.iter().map(|s| s.done).enumerate() {
                    <li>
                        <button
                            aria-label={format!("Step {}{}", index + 1, if done { ", done" } else { "" })}
                            aria-current={(index == run.at).then_some("step")}
                            data-done={done.then_some("")}
                            disabled={!may_go(run, index)}
                            onclick={go(Move::Go(index))}
                        >
                            { index + 1 }
                        </button>
                    </li>
                }
            </ol>
            for fault in view.faults.iter().take(3) {
                <p class="lesson-note wrong" role="alert">{ format!("This lesson's file has a fault: {fault}") }</p>
            }
            if run.at == 0 && !view.intro.is_empty() {
                <div class="lesson-text">{ blocks(&view.intro) }</div>
            }
            <section class="lesson-step" aria-label={format!("Step {} of {}", run.at + 1, view.steps.len())}>
                <h3 tabindex="-1">{ inlines(&step.title) }</h3>
                <div class="lesson-text">{ blocks(&step.prose) }</div>
                { compare(learning, step, run, view, dispatch) }
                <asks::Asks
                    key={run.at}
                    asks={step.asks.clone()}
                    here={here.clone()}
                    picked={picked(session)}
                    dispatch={dispatch.clone()}
                />
                <div aria-live="polite">{ said(step, &here) }</div>
                { hints(step, run, view, &here, dispatch) }
            </section>
            <div class="lesson-row lesson-ways">
                <button class="button" disabled={run.at == 0} onclick={go(Move::Back)}>{ "Back" }</button>
                <span class="grow" />
                if last && run.is_done() {
                    <button class="button" onclick={dispatch.on::<MouseEvent>(Action::Late(learning::leave()))}>{ "Try it freely" }</button>
                    <button class="button primary" onclick={dispatch.on::<MouseEvent>(Action::Late(learning::leave_lesson()))}>{ "All lessons" }</button>
                } else if !last {
                    <button class="button primary" disabled={!run.may_go_on(view)} onclick={go(Move::Next)}>{ "Next" }</button>
                }
            </div>
        </div>
    }
}

/// Whether a step may be gone to: those that are done, and the first that isn't.
fn may_go(run: &Run, index: usize) -> bool {
    run.steps.iter().take(index).all(|s| s.done)
}

/// A place's name, as a lesson knows it.
fn place(ns: &fabric::Ns) -> String {
    match ns {
        fabric::Ns::Node(name) | fabric::Ns::Pod(name) | fabric::Ns::External(name) => name.clone(),
        fabric::Ns::Router => "router".to_owned(),
    }
}

/// What is picked on the screen: the rule at the cursor, and where the packet is.
fn picked(session: &Session) -> asks::Picked {
    let frame = session.frame();
    let node = frame.and_then(|f| f.ns.as_ref()).map(place);
    let rule = session.play.as_ref().zip(frame).and_then(|(play, frame)| {
        let at = frame.at?;
        let chain = play.chains.get(at.chain)?;
        Some((chain.table.to_string(), chain.name.clone(), at.number))
    });
    asks::Picked { node, rule }
}

/// Two walks side by side: a switch between them, at the first event that differs.
fn compare(
    learning: &Learning,
    step: &StepView,
    run: &Run,
    view: &LessonView,
    dispatch: &Dispatch,
) -> Html {
    let both = learning.laid.as_ref().filter(|laid| laid.beside.is_some());
    let (true, Some(laid), true) = (step.compares, both, run.may_play(view)) else {
        return Html::default();
    };
    let told = |stop: Option<&learning::Stop>| {
        stop.map(|s| s.play.frame(s.aim()).caption.text())
            .unwrap_or_default()
    };
    let one = |side, name: &'static str, words: String| {
        html! {
            <button
                class="lesson-side"
                aria-pressed={(learning.side == side).to_string()}
                onclick={dispatch.on::<MouseEvent>(Action::Late(learning::look(side)))}
            >
                <b>{ name }</b>
                <span>{ words }</span>
            </button>
        }
    };
    html! {
        <div class="lesson-sides" role="group" aria-label="Two walks: the first event that differs">
            { one(Side::First, "This walk", told(laid.walk.as_ref())) }
            { one(Side::Beside, "The other", told(laid.beside.as_ref())) }
        </div>
    }
}

/// What is said to what was given.
fn said(step: &StepView, here: &StepRun) -> Html {
    let waits = here.given.is_some() && here.verdict.is_none() && !here.done;
    let verdict = here.verdict.as_ref();
    html! {
        <>
            if waits {
                <p class="note">{ "Asking the simulator …" }</p>
            }
            { verdict.map(|v| verdict_of(v, here, &step.asks)).unwrap_or_default() }
            if here.done && !step.right.is_empty() {
                <div class="lesson-note right">{ blocks(&step.right) }</div>
            }
        </>
    }
}

fn verdict_of(verdict: &Verdict, here: &StepRun, asks: &AsksView) -> Html {
    let (class, head) = match (verdict.right, &verdict.trouble) {
        (true, _) => ("lesson-note right", "Right"),
        (_, Some(_)) => ("lesson-note wrong", "The simulator can't say"),
        (false, None) => ("lesson-note wrong", "Not yet"),
    };
    let is_task = matches!(asks, AsksView::Task { .. });
    html! {
        <div {class}>
            <p><b>{ if is_task && verdict.right { "Done" } else { head } }</b></p>
            { blocks(&verdict.note) }
            if let Some(why) = &verdict.trouble {
                <p>{ why }</p>
            }
            if let (Some(answer), true) = (&verdict.answer, verdict.right || here.shown) {
                <p>{ "The simulator says: " }<code>{ answer }</code></p>
            }
            if !verdict.unmet.is_empty() {
                <ul>for words in &verdict.unmet { <li>{ words }</li> }</ul>
            }
            if !verdict.broken.is_empty() {
                <p>{ "This should have stayed as it was:" }</p>
                <ul>for path in &verdict.broken { <li><code>{ path }</code></li> }</ul>
            }
        </div>
    }
}

fn hints(
    step: &StepView,
    run: &Run,
    view: &LessonView,
    here: &StepRun,
    dispatch: &Dispatch,
) -> Html {
    let go = |made| dispatch.on::<MouseEvent>(Action::Late(learning::make(made)));
    let open = here.hints.min(step.hints.len());
    let later =
        view.fade == Fade::AfterTry && open < step.hints.len() && !run.may_hint(view) && !here.done;
    let solution = match &step.asks {
        AsksView::Task {
            solution: Some(solution),
            ..
        } if here.shown => Some(solution),
        _ => None,
    };
    html! {
        <>
            if open > 0 && !here.done {
                <ol class="lesson-hints" aria-label="Hints">
                    for hint in step.hints.iter().take(open) { <li>{ blocks(hint) }</li> }
                </ol>
            }
            <div class="lesson-row">
                if run.may_hint(view) {
                    <button class="button small" onclick={go(Move::Hint)}>{ "A hint" }</button>
                }
                if later {
                    <span class="note">{ "A hint comes after a try." }</span>
                }
                if run.may_show() {
                    <button class="button small" onclick={go(Move::Show)}>{ "Show the answer" }</button>
                }
            </div>
            if let Some(solution) = solution {
                <div class="lesson-note">
                    <p><b>{ "One way" }</b></p>
                    { blocks(&solution.prose) }
                    if let Some(question) = &solution.question {
                        <p><code>{ format!("{} → {}", question.from, question.to) }</code></p>
                    }
                    for act in &solution.acts { <p><code>{ act }</code></p> }
                </div>
            }
        </>
    }
}
