//! The editor: the text with line numbers and folds, what is wrong with it where it stands, and what to do.

use std::rc::Rc;

use lab::Severity;
use player::editor::Editor;
use player::engine::Loaded;
use player::samples::{SAMPLES, Sample};
use player::session::{Field, Note, Panel};
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
    /// What the text is edited in.
    pub field: Field,
    /// A sample that was wished for.
    pub sample: Sample,
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
    html! {
        <aside class="yaml" aria-label="YAML" aria-busy={(props.field == Field::Plain).then_some("true")}>
            <div class="yaml-head">
                <h2>{ "YAML" }</h2>
                <span class="faint">{ lines_in_words(&props.editor) }</span>
                <span class="grow" />
                <button class="button quiet square clusters-open" aria-label="Clusters" title="Saved clusters and files" onclick={dispatch.on(Action::Open(Panel::Clusters))}>
                    { icon(Icon::Folder) }
                </button>
                { samples(dispatch) }
                { rules_from_here(dispatch) }
                if !props.phone {
                    <button class="button quiet square" aria-label="Close the YAML editor" aria-expanded="true" onclick={dispatch.on(Action::ToggleEditor)}>
                        { icon(Icon::Close) }
                    </button>
                }
            </div>
            if let Some(trouble) = props.sample.trouble() {
                <p class="sample-trouble">{ trouble }</p>
            }
            {
                match props.field {
                    Field::Plain => plain(props, &errors, scroller, edit),
                    Field::Rich => rich(props, edit),
                }
            }
            { findings(props) }
        </aside>
    }
}

/// The browser's own field, with the text in colour under it.
fn plain(
    props: &EditorProps,
    errors: &[&Note],
    scroller: NodeRef,
    edit: Callback<InputEvent>,
) -> Html {
    let lines = || props.editor.lines();
    // The browser's own undo ends where the page itself wrote into the field.
    let undo = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |event: KeyboardEvent| {
            let action = match event.key().as_str() {
                _ if !event.ctrl_key() && !event.meta_key() => return,
                "z" => Action::Undo,
                "Z" | "y" => Action::Redo,
                _ => return,
            };
            event.prevent_default();
            dispatch.send(action);
        })
    };
    let widest = lines().map(|l| l.text.chars().count()).max().unwrap_or(0);
    // Where each shown line stands in the whole text, for the editor that takes the caret over.
    let numbers = (!props.editor.folds().is_empty()).then(|| {
        let numbers: Vec<String> = lines().map(|l| l.number.to_string()).collect();
        numbers.join(" ")
    });
    html! {
        <div class="code" ref={scroller}>
            <div class="code-text">
                { gutter(props, errors, &props.dispatch) }
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
                        rows={lines().count().to_string()}
                            data-lines={numbers}
                        value={props.editor.shown().to_owned()}
                        onkeydown={undo}
                        oninput={edit}
                    />
                </div>
            </div>
        </div>
    }
}

/// The editor that was loaded, given all it shows as properties. `www/editor` says what they mean.
fn rich(props: &EditorProps, edit: Callback<InputEvent>) -> Html {
    let text = browser::string(props.editor.text());
    let notes = browser::string(&notes(&props.notes));
    let folds = browser::string(&ranges(&props.editor.folds()));
    let changed = browser::string(&ranges(props.editor.changed()));
    let reveal = props.reveal.map(|(line, n)| format!("{line},{n}"));
    let reveal = browser::string(&reveal.unwrap_or_default());
    html! {
        <yaml-editor
            ~text={text}
            ~notes={notes}
            ~folds={folds}
            ~changed={changed}
            ~reveal={reveal}
            oninput={edit}
        />
    }
}

/// Separate the records and the fields of a property, as they do in ASCII.
const RECORD: char = '\u{1e}';
const FIELD: char = '\u{1f}';

fn records<const N: usize>(all: impl Iterator<Item = [String; N]>) -> String {
    let lines: Vec<String> = all
        .map(|fields| {
            let clean = fields.map(|f| f.replace([RECORD, FIELD], " "));
            clean.join(&FIELD.to_string())
        })
        .collect();
    lines.join(&RECORD.to_string())
}

fn ranges(all: &[(usize, usize)]) -> String {
    let each = all.iter().map(|(a, b)| [a.to_string(), b.to_string()]);
    records(each)
}

/// What is marked in the text. Remarks are not: they are listed, and often about many lines.
fn notes(all: &[Note]) -> String {
    records(all.iter().filter_map(|note| {
        let (line, column, end_line, end_column) = note.place?;
        let severity = match note.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Remark => return None,
        };
        let places = [line, column, end_line, end_column].map(|n| n.to_string());
        let [line, column, end_line, end_column] = places;
        Some([
            severity.into(),
            line,
            column,
            end_line,
            end_column,
            note.message.clone(),
            note.help.clone(),
        ])
    }))
}

/// Other texts to begin with.
fn samples(dispatch: &Dispatch) -> Html {
    let dispatch = dispatch.clone();
    let choose = Callback::from(move |event: Event| {
        let file = browser::value(&event);
        if let Some((file, _)) = SAMPLES.iter().find(|(f, _)| *f == file) {
            dispatch.send(Action::SampleChosen(file));
        }
    });
    html! {
        <select class="select samples" aria-label="Load a sample" onchange={choose}>
            <option value="" selected=true>{ "Samples" }</option>
            for (file, name) in SAMPLES {
                <option value={file}>{ name }</option>
            }
        </select>
    }
}

/// From the object that the caret is in to the rules it made.
fn rules_from_here(dispatch: &Dispatch) -> Html {
    let dispatch = dispatch.clone();
    let open = Callback::from(move |_: MouseEvent| {
        let line = browser::caret_line("yaml-editor, .yaml textarea").unwrap_or(1);
        dispatch.send(Action::Open(Panel::Made(line)));
    });
    html! {
        <button class="button quiet small" title="The rules that the object at the caret made" onclick={open}>
            { "Rules from here" }
        </button>
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
            <p class="findings-head">
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
