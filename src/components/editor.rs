//! The editor: the text with line numbers and folds, what is wrong with it where it stands, and what to do.

use std::rc::Rc;

use lab::Severity;
use player::editor::Editor;
use player::engine::Loaded;
use player::session::Note;
use player::{Action, Shared};
use yew::prelude::*;

use super::icon::{Icon, icon};
use crate::{Dispatch, browser};

/// What the editor shows.
#[derive(PartialEq, Properties)]
pub struct EditorProps {
    /// The text.
    pub editor: Shared<Editor>,
    /// What is wrong or remarkable.
    pub notes: Rc<Vec<Note>>,
    /// The cluster on screen.
    pub summary: Option<Shared<Loaded>>,
    /// Whether the text is not the one on screen.
    pub stale: bool,
    /// Whether it is open.
    pub open: bool,
    /// Whether the page is a phone's.
    pub phone: bool,
    /// Whether a phone's tab shows it.
    pub shown: bool,
    /// The line to show, and how often that was asked.
    pub reveal: Option<(usize, u32)>,
    /// Hands actions up.
    pub dispatch: Dispatch,
}

/// Height of a line of the text, in pixels; `editor.css` has the same number.
const LINE: f64 = 20.0;
/// Longer texts are shown in one colour, so that every keystroke stays quick.
const COLOURED: usize = 1500;

/// The editor.
#[component]
pub fn EditorPanel(props: &EditorProps) -> Html {
    let dispatch = &props.dispatch;
    let scroller = use_node_ref();
    {
        let scroller = scroller.clone();
        let at = props
            .reveal
            .and_then(|(line, _)| shown_line(&props.editor, line));
        use_effect_with((props.reveal, props.open), move |_| {
            if let (Some(at), Some(element)) = (at, scroller.cast()) {
                browser::scroll_within(&element, at as f64 * LINE, LINE);
            }
        });
    }
    if !props.phone && !props.open {
        return html! {
            <aside class="yaml" aria-label="YAML, closed">
                <button class="yaml-rail" aria-label="Open the YAML editor" aria-expanded="false" onclick={dispatch.on(Action::ToggleEditor)}>
                    { icon(Icon::Panel) }
                    <span>{ "YAML" }</span>
                    if props.stale {
                        <span class="tag tone-error">{ "!" }</span>
                    }
                </button>
            </aside>
        };
    }
    if !props.shown {
        return html! { <aside class="yaml" aria-label="YAML, closed" /> };
    }
    let edit = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: InputEvent| {
            dispatch.send(Action::Edited(browser::value(&event)))
        })
    };
    let errors: Vec<&Note> = of(&props.notes, Severity::Error);
    let widest = props
        .editor
        .lines()
        .map(|l| l.text.chars().count())
        .max()
        .unwrap_or(0);
    html! {
        <aside class="yaml" aria-label="YAML">
            <div class="yaml-head">
                <h2>{ "YAML" }</h2>
                <span class="faint">{ lines_in_words(&props.editor) }</span>
                <span class="grow" />
                if !props.phone {
                    <button class="button quiet square" aria-label="Close the YAML editor" aria-expanded="true" onclick={dispatch.on(Action::ToggleEditor)}>
                        { icon(Icon::Close) }
                    </button>
                }
            </div>
            <div class="code" ref={scroller}>
                <div class="code-text">
                    { gutter(props, &errors, dispatch) }
                    <div class="code-lines">
                        { coloured(props) }
                        <textarea
                            aria-label="Cluster YAML"
                            aria-invalid={(!errors.is_empty()).to_string()}
                            spellcheck="false"
                            autocapitalize="off"
                            autocomplete="off"
                            wrap="off"
                            cols={(widest + 2).to_string()}
                            rows={props.editor.lines().count().to_string()}
                            value={props.editor.shown().to_owned()}
                            oninput={edit}
                        />
                    </div>
                </div>
            </div>
            { findings(props) }
        </aside>
    }
}

/// `113 lines`
fn lines_in_words(editor: &Editor) -> String {
    player::text::count(editor.line_count(), "line", "lines")
}

/// The row at which a line of the whole text is shown.
fn shown_line(editor: &Editor, number: usize) -> Option<usize> {
    editor
        .lines()
        .position(|l| (l.number..l.number + l.span).contains(&number))
}

fn gutter(props: &EditorProps, errors: &[&Note], dispatch: &Dispatch) -> Html {
    if props.editor.line_count() > COLOURED {
        let numbers: Vec<String> = props.editor.lines().map(|l| l.number.to_string()).collect();
        return html! { <pre class="gutter" aria-hidden="true">{ numbers.join("\n") }</pre> };
    }
    html! {
        <div class="gutter">
            for line in props.editor.lines() {
                if let Some(fold) = line.fold {
                    <button
                        class="unfold"
                        aria-label={format!("Unfold lines {} to {}", line.number, line.number + line.span - 1)}
                        onclick={dispatch.on(Action::Unfold(fold))}
                    >
                        { "▸" }
                    </button>
                } else {
                    <span class={classes!(is_at(errors, line.number).then_some("bad"))} aria-hidden="true">{ line.number }</span>
                }
            }
        </div>
    }
}

fn is_at(notes: &[&Note], line: usize) -> bool {
    notes.iter().any(|n| n.place.is_some_and(|p| p.0 == line))
}

fn of(notes: &[Note], severity: Severity) -> Vec<&Note> {
    notes.iter().filter(|n| n.severity == severity).collect()
}

/// The text again, in colour, under the field that is typed into.
fn coloured(props: &EditorProps) -> Html {
    if props.editor.line_count() > COLOURED {
        return html! { <pre class="paint" aria-hidden="true">{ props.editor.shown() }</pre> };
    }
    let wanted = props.reveal.map(|(line, _)| line);
    html! {
        <pre class="paint" aria-hidden="true">
            for line in props.editor.lines() {
                { painted(&line, &props.notes, wanted) }
            }
        </pre>
    }
}

fn painted(line: &player::editor::Line<'_>, notes: &[Note], wanted: Option<usize>) -> Html {
    let here = notes
        .iter()
        .filter(|n| n.severity != Severity::Remark)
        .find_map(|n| n.place.filter(|p| p.0 == line.number).map(|p| (n, p)));
    let class = classes!(
        "line",
        line.fold.is_some().then_some("fold"),
        here.filter(|(n, _)| n.severity == Severity::Error)
            .map(|_| "bad"),
        (wanted == Some(line.number)).then_some("wanted"),
    );
    let body = match here {
        Some((note, (_, column, end_line, end_column))) if line.fold.is_none() => {
            let chars: Vec<char> = line.text.chars().collect();
            let from = column.saturating_sub(1).min(chars.len());
            let to = match end_line == line.number {
                true => end_column.saturating_sub(1).clamp(from, chars.len()),
                false => chars.len(),
            };
            let cut = |a: usize, b: usize| chars[a..b].iter().collect::<String>();
            let mark = match note.severity {
                Severity::Error => "wrong",
                _ => "odd",
            };
            html! { <>{ cut(0, from) }<span class={mark}>{ cut(from, to) }</span>{ cut(to, chars.len()) }</> }
        }
        _ => key_and_value(line.text),
    };
    html! { <span {class}>{ body }{ "\n" }</span> }
}

/// A YAML line's key in another colour: enough to read its shape.
fn key_and_value(text: &str) -> Html {
    if text.trim_start().starts_with('#') {
        return html! { <span class="comment">{ text }</span> };
    }
    let start = text.len() - text.trim_start_matches([' ', '-']).len();
    match text[start..].find(": ").or_else(|| {
        let end = text.trim_end();
        (end.len() > start && end.ends_with(':')).then(|| end.len() - 1 - start)
    }) {
        Some(colon) => {
            let cut = start + colon + 1;
            html! { <><span class="key">{ &text[..cut] }</span>{ &text[cut..] }</> }
        }
        None => html! { { text } },
    }
}

/// At most so many findings are listed; the first ones are mended first.
const LISTED: usize = 30;

fn findings(props: &EditorProps) -> Html {
    let dispatch = &props.dispatch;
    let (errors, warnings, remarks) = (
        of(&props.notes, Severity::Error),
        of(&props.notes, Severity::Warning),
        of(&props.notes, Severity::Remark),
    );
    let summary = props.summary.as_ref().map(|l| l.summary.clone());
    let count = |n: usize, one, many, tone: &'static str| {
        (n > 0).then(|| html! { <span class={classes!("tag", tone)}>{ player::text::count(n, one, many) }</span> })
    };
    let said: Vec<&Note> = errors
        .iter()
        .chain(&warnings)
        .chain(&remarks)
        .copied()
        .take(LISTED)
        .collect();
    html! {
        <div class="findings">
            <p class="findings-head" role="status">
                { count(errors.len(), "error", "errors", "tone-error") }
                { count(warnings.len(), "warning", "warnings", "tone-dnat") }
                { count(remarks.len(), "remark", "remarks", "tone-plain") }
                <span>
                    {
                        match (props.stale, summary) {
                            (true, Some(_)) => "Not applied: the last good cluster stays.".into(),
                            (true, None) => "Not applied.".into(),
                            (false, Some(summary)) => summary,
                            (false, None) => String::new(),
                        }
                    }
                </span>
            </p>
            if !said.is_empty() {
                <ul aria-label="Findings">
                    for note in said {
                        { finding(note, dispatch) }
                    }
                </ul>
            }
        </div>
    }
}

fn finding(note: &Note, dispatch: &Dispatch) -> Html {
    let tone = match note.severity {
        Severity::Error => "tone-error",
        Severity::Warning => "tone-dnat",
        Severity::Remark => "tone-plain",
    };
    let word = match note.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Remark => "remark",
    };
    html! {
        <li class={classes!("finding", tone)}>
            <p class="finding-place">
                <b>{ word }</b>
                if let Some((line, column, ..)) = note.place {
                    <button class="link" onclick={dispatch.on(Action::Reveal(line))}>
                        { format!("line {line}, column {column}") }
                    </button>
                }
                if !note.field.is_empty() {
                    <code>{ &note.field }</code>
                }
            </p>
            <p>{ &note.message }</p>
            if !note.help.is_empty() {
                <p class="help">{ &note.help }</p>
            }
        </li>
    }
}
