//! The text in the editor: what is shown, what is folded, and which line is which.
//!
//! A fold is one line of comment in the shown text that stands for whole documents. Nothing else is
//! needed to edit around it: whoever deletes the line deletes the documents.

use std::sync::Arc;

/// A text and how much of it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editor {
    text: Arc<str>,
    shown: String,
    folds: Vec<Fold>,
    changed: Vec<(usize, usize)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Fold {
    line: String,
    text: String,
}

/// One shown line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number in the whole text.
    pub number: usize,
    /// How many lines of the whole text it stands for.
    pub span: usize,
    /// Which fold it is.
    pub fold: Option<usize>,
    /// Its text.
    pub text: &'a str,
}

/// Kinds that mostly state what a cluster has decided by itself.
const FOLDED_KINDS: [&str; 4] = ["Node", "Pod", "EndpointSlice", "Endpoints"];
/// Fewer lines than this are never folded: hiding them would not make the rest easier to read.
const WORTH_FOLDING: usize = 12;

impl Editor {
    /// A text, with the documents folded that only state addresses beside others that do not.
    pub fn new(text: Arc<str>) -> Editor {
        let docs = documents(&text);
        let foldable = |d: &Document| FOLDED_KINDS.contains(&d.kind);
        let lines: usize = docs
            .iter()
            .filter(|d| foldable(d))
            .map(|d| d.text.lines().count())
            .sum();
        if lines < WORTH_FOLDING || docs.iter().all(|d| foldable(d) || d.kind.is_empty()) {
            return Editor {
                shown: text.to_string(),
                text,
                folds: Vec::new(),
                changed: Vec::new(),
            };
        }
        let mut shown: Vec<String> = Vec::new();
        let mut folds: Vec<Fold> = Vec::new();
        let mut run: Vec<&Document> = Vec::new();
        let flush = |run: &mut Vec<&Document>, shown: &mut Vec<String>, folds: &mut Vec<Fold>| {
            if run.is_empty() {
                return;
            }
            let line = fold_line(run, folds.len());
            let text = run.iter().map(|d| d.text).collect::<Vec<_>>().join("\n");
            shown.push(line.clone());
            folds.push(Fold { line, text });
            run.clear();
        };
        for doc in &docs {
            if foldable(doc) {
                run.push(doc);
            } else {
                flush(&mut run, &mut shown, &mut folds);
                shown.push(doc.text.to_owned());
            }
        }
        flush(&mut run, &mut shown, &mut folds);
        Editor {
            text,
            shown: shown.join("\n"),
            folds,
            changed: Vec::new(),
        }
    }

    /// The same text with lines marked that an edit of the page's own changed, as pairs of first and last;
    /// folds that hide one of them are opened. Whoever types next takes the marks away.
    pub fn marking(&self, changed: Vec<(usize, usize)>) -> Editor {
        let mut editor = self.clone();
        for (first, last) in &changed {
            loop {
                let hides = |l: &Line<'_>| l.number <= *last && *first < l.number + l.span;
                let fold = editor.lines().filter(hides).find_map(|l| l.fold);
                let Some(fold) = fold else { break };
                editor = editor.unfold(fold);
            }
        }
        editor.changed = changed;
        editor
    }

    /// The lines that are marked as changed.
    pub fn changed(&self) -> &[(usize, usize)] {
        &self.changed
    }

    /// The whole text.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// What is shown of it.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The text after the shown part became `shown`.
    pub fn edited(&self, shown: String) -> Editor {
        let mut kept = Vec::new();
        let mut whole: Vec<&str> = Vec::new();
        for line in shown.split('\n') {
            let fold = self
                .folds
                .iter()
                .find(|f| f.line == line && !kept.contains(*f));
            match fold {
                Some(fold) => {
                    whole.push(&fold.text);
                    kept.push(fold.clone());
                }
                None => whole.push(line),
            }
        }
        Editor {
            text: whole.join("\n").into(),
            shown,
            folds: kept,
            changed: Vec::new(),
        }
    }

    /// The same text with one fold opened.
    pub fn unfold(&self, index: usize) -> Editor {
        let Some(fold) = self.folds.get(index) else {
            return self.clone();
        };
        let shown: Vec<&str> = self
            .shown
            .split('\n')
            .map(|line| match line == fold.line {
                true => fold.text.as_str(),
                false => line,
            })
            .collect();
        let mut folds = self.folds.clone();
        let shown = shown.join("\n");
        folds.remove(index);
        Editor {
            text: self.text.clone(),
            shown,
            folds,
            changed: self.changed.clone(),
        }
    }

    /// The same text with the fold opened that hides a line, if one does.
    pub fn unfold_line(&self, number: usize) -> Editor {
        let fold = self
            .lines()
            .find(|l| (l.number..l.number + l.span).contains(&number))
            .and_then(|l| l.fold);
        match fold {
            Some(index) => self.unfold(index),
            None => self.clone(),
        }
    }

    /// Every shown line.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let mut number = 1;
        self.shown.split('\n').map(move |text| {
            // Comments are rare, folds rarer: the list is searched for a line that can be one only.
            let fold = match text.starts_with(FOLD_MARK) {
                true => self.folds.iter().position(|f| f.line == text),
                false => None,
            };
            let span = match fold {
                Some(index) => self.folds[index].text.split('\n').count(),
                None => 1,
            };
            let line = Line {
                number,
                span,
                fold,
                text,
            };
            number += span;
            line
        })
    }

    /// What is folded: the first and the last line of each, in the whole text.
    pub fn folds(&self) -> Vec<(usize, usize)> {
        self.lines()
            .filter(|l| l.fold.is_some())
            .map(|l| (l.number, l.number + l.span - 1))
            .collect()
    }

    /// How many lines the whole text has.
    pub fn line_count(&self) -> usize {
        self.text.split('\n').count()
    }
}

const FOLD_MARK: &str = "# ▸ ";

fn fold_line(docs: &[&Document], index: usize) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for doc in docs {
        match kinds.iter_mut().find(|(kind, _)| *kind == doc.kind) {
            Some((_, n)) => *n += 1,
            None => kinds.push((doc.kind, 1)),
        }
    }
    let what: Vec<String> = kinds
        .iter()
        .map(|(kind, n)| match (n, kind.ends_with('s')) {
            (1, _) => format!("1 {kind}"),
            (n, true) => format!("{n} {kind}"),
            (n, false) => format!("{n} {kind}s"),
        })
        .collect();
    let more = match index {
        0 => String::new(),
        n => format!(" ({})", n + 1),
    };
    format!("{FOLD_MARK}{} folded here{more}", what.join(", "))
}

struct Document<'a> {
    kind: &'a str,
    text: &'a str,
}

/// The documents of a text, each with the `---` before it.
fn documents(text: &str) -> Vec<Document<'_>> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in text.split('\n') {
        let separates = line == "---" || line.starts_with("--- ") || line == "---\r";
        if separates && at > 0 {
            starts.push(at);
        }
        at += line.len() + 1;
    }
    let mut docs = Vec::new();
    for (i, &start) in starts.iter().enumerate() {
        let end = match starts.get(i + 1) {
            Some(next) => next - 1,
            None => text.len(),
        };
        let text = &text[start..end.max(start)];
        let kind = text
            .split('\n')
            .find_map(|line| line.strip_prefix("kind:"))
            .map(str::trim)
            .unwrap_or_default();
        docs.push(Document { kind, text });
    }
    docs
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "kind: Service\nmetadata:\n  name: web";
    const NODE: &str = "---\nkind: Node\nmetadata:\n  name: n1\nspec: {}\nstatus: {}";

    fn folded() -> Editor {
        let text = format!("{SERVICE}\n{NODE}\n{NODE}\n---\nkind: Namespace\n");
        Editor::new(text.as_str().into())
    }

    #[test]
    fn what_only_states_addresses_is_folded() {
        let editor = folded();
        assert_eq!(
            editor.shown(),
            format!("{SERVICE}\n# ▸ 2 Nodes folded here\n---\nkind: Namespace\n")
        );
        let numbers: Vec<(usize, usize)> = editor.lines().map(|l| (l.number, l.span)).collect();
        assert_eq!(
            numbers,
            [(1, 1), (2, 1), (3, 1), (4, 12), (16, 1), (17, 1), (18, 1)]
        );
    }

    #[test]
    fn a_fold_is_known_by_its_lines() {
        assert_eq!(folded().folds(), [(4, 15)]);
        assert!(folded().unfold(0).folds().is_empty());
    }

    #[test]
    fn a_marked_line_is_never_hidden() {
        let editor = folded().marking(vec![(2, 2), (15, 16)]);
        assert!(editor.folds().is_empty());
        assert_eq!(editor.changed(), [(2, 2), (15, 16)]);
        assert_eq!(folded().marking(vec![(16, 16)]).folds(), [(4, 15)]);
        assert!(editor.edited("kind: Pod".into()).changed().is_empty());
    }

    #[test]
    fn editing_around_a_fold_keeps_it() {
        let editor = folded();
        let edited = editor.edited(editor.shown().replace("web", "shop"));
        assert_eq!(**edited.text(), editor.text().replace("web", "shop"));
        assert_eq!(edited.lines().filter(|l| l.fold.is_some()).count(), 1);
    }

    #[test]
    fn deleting_its_line_deletes_what_it_stands_for() {
        let editor = folded();
        let edited = editor.edited(editor.shown().replace("# ▸ 2 Nodes folded here\n", ""));
        assert!(!edited.text().contains("Node"));
    }

    #[test]
    fn a_fold_opens_where_a_line_is_wanted() {
        let editor = folded().unfold_line(6);
        assert_eq!(editor.shown(), &**editor.text());
        assert_eq!(folded().unfold_line(2), folded());
        assert_eq!(folded().unfold(7), folded());
    }

    #[test]
    fn a_short_or_uniform_text_is_shown_whole() {
        for text in ["", "---", NODE, &format!("{NODE}\n{NODE}\n{NODE}")] {
            let editor = Editor::new(text.into());
            assert_eq!(editor.shown(), text);
            assert_eq!(&**editor.text(), text);
        }
    }
}
