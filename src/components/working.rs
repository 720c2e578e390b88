//! What the page waits for, once that takes long, and why an answer won't come.

use player::{Action, Progress, Session};
use yew::prelude::*;

use crate::Dispatch;

/// A strip over the page. The story's region announces what it waits for, so that one voice speaks.
pub fn working(session: &Session, dispatch: &Dispatch) -> Html {
    html! {
        <>
            <div class="working">
                if let Some(progress) = &session.waiting {
                    { waiting(progress, dispatch) }
                }
            </div>
            if let Some(notice) = &session.notice {
                <div class="working trouble" role="alert">
                    <p><b>{ &notice.message }</b>{ " " }{ &notice.help }</p>
                    <button class="button" onclick={dispatch.on(Action::Tell(None))}>{ "Dismiss" }</button>
                </div>
            }
            if let Some(trouble) = &session.trouble {
                <div class="working trouble" role="alert">
                    <p><b>{ &trouble.message }</b>{ " " }{ &trouble.help }</p>
                    <button class="button" onclick={dispatch.on(Action::Retry)}>{ "Ask again" }</button>
                    <button class="button quiet" onclick={dispatch.on(Action::Dismiss)}>{ "Dismiss" }</button>
                </div>
            }
        </>
    }
}

fn waiting(progress: &Progress, dispatch: &Dispatch) -> Html {
    let (value, max) = match progress.part {
        Some((done, of)) => (Some(done.to_string()), Some(of.to_string())),
        None => (None, None),
    };
    html! {
        <>
            <p>
                { &progress.stage }
                // Who listens hears what is done, and not every step of it.
                <span aria-hidden="true">
                    if let Some((done, of)) = progress.part {
                        { format!(", {done} of {of}") }
                    }
                    { " …" }
                </span>
            </p>
            <progress {value} {max} aria-label={progress.stage.clone()} />
            <button class="button" onclick={dispatch.on(Action::Cancel)}>{ "Cancel" }</button>
        </>
    }
}
