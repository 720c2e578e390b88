//! What-ifs, undo and settings as changes of the session.

use std::rc::Rc;

use crate::comparison::Comparison;
use crate::editor::Editor;
use crate::engine::Request;
use crate::history::{Doing, Past};
use crate::late::Ask;
use crate::session::{Field, Panel, Refusal, Session, Shared};
use crate::whatif::{Against, ChangedLines, Deed, Edited, LineMark, Offers};

impl Session {
    /// Something is about to be done to the text or the settings.
    pub(crate) fn remember(&mut self, next: Doing) {
        self.history.push(&self.editor, &self.settings, next);
        self.whatif.edit_asked = None;
        self.whatif.lines = Rc::default();
        self.whatif.refusal = None;
    }

    /// The shown text is about to be changed by hand.
    pub(crate) fn remember_typed(&mut self, shown: &str) {
        self.history.typed(&self.editor, &self.settings, shown);
        self.whatif.edit_asked = None;
        self.whatif.lines = Rc::default();
        self.whatif.refusal = None;
    }

    pub(crate) fn undo(&mut self) -> Vec<Request> {
        let past = self.history.undo(&self.editor, &self.settings);
        self.return_to(past)
    }

    pub(crate) fn redo(&mut self) -> Vec<Request> {
        let again = self.history.redo(&self.editor, &self.settings);
        self.return_to(again)
    }

    fn return_to(&mut self, past: Option<Past>) -> Vec<Request> {
        let Some(past) = past else {
            return Vec::new();
        };
        self.editor = past.editor;
        self.settings = past.settings;
        self.whatif.edit_asked = None;
        self.whatif.lines = Rc::default();
        self.whatif.refusal = None;
        vec![self.load()]
    }

    /// Whether the text on screen is the one that the cluster is of, so that a click may edit it.
    pub fn may_edit(&self) -> bool {
        self.loaded.is_some() && !self.stale && !self.unread
    }

    pub(crate) fn whatif_deed(&mut self, deed: Deed) -> Vec<Request> {
        match deed {
            Deed::Take(id) => {
                if !self.may_edit() || self.whatif.edit_asked.is_some() {
                    return Vec::new();
                }
                let question = self.question.clone();
                let request = self.ask_late(Ask::Edit { question, id });
                self.whatif.edit_asked = Some(request.number);
                return vec![request];
            }
            Deed::Set(setting) => {
                let (settings, label) = self.settings.with(setting);
                if settings != self.settings && !settings.version.is_empty() {
                    let about = String::new();
                    self.remember(Doing::Done { label, about });
                    self.settings = settings;
                    return vec![self.load()];
                }
            }
            Deed::Endpoint(name) => self.whatif.endpoint = Some(name),
            Deed::Against(against) => {
                self.whatif.against = against;
                self.whatif.comparison = None;
                self.whatif.comparison_asked = None;
            }
        }
        Vec::new()
    }

    /// The cluster that the one on screen is compared with.
    pub fn compared_with(&self) -> Option<&Past> {
        match self.whatif.against {
            Against::LastChange => self.history.before_last(),
            Against::Beginning => self.history.beginning(),
        }
    }

    /// Asks for what the panel shows and is not known yet.
    pub(crate) fn whatif_requests(&mut self) -> Vec<Request> {
        let mut requests = Vec::new();
        if self.panel != Panel::WhatIf || !self.may_edit() {
            return requests;
        }
        if self.whatif.offers_asked.is_none() {
            let question = self.question.clone();
            let request = self.ask_late(Ask::Offers { question });
            self.whatif.offers_asked = Some(request.number);
            requests.push(request);
        }
        let Some(past) = self
            .compared_with()
            .filter(|_| self.whatif.comparison_asked.is_none())
        else {
            return requests;
        };
        let what = Ask::Compare {
            text: past.editor.text().clone(),
            settings: past.settings.clone(),
            question: self.question.clone(),
            seed: self.seed,
            walked: self.walked_nodes(),
        };
        let request = self.ask_late(what);
        self.whatif.comparison_asked = Some(request.number);
        requests.push(request);
        requests
    }

    /// What the endpoint is called that the walk on screen came to.
    pub fn walked_endpoint(&self) -> Option<String> {
        let frames = &self.play.as_ref()?.frames;
        let there = |f: &&crate::frames::Frame| f.direction == fabric::Direction::Original;
        match frames.iter().rev().find(there)?.ns.as_ref()? {
            ns @ fabric::Ns::Pod(_) => Some(crate::names::short(ns)),
            _ => None,
        }
    }

    /// The nodes that the walk on screen meets, in order.
    fn walked_nodes(&self) -> Vec<String> {
        let mut nodes: Vec<String> = Vec::new();
        for frame in self.play.iter().flat_map(|p| &p.frames) {
            if let Some(fabric::Ns::Node(name)) = &frame.ns
                && !nodes.contains(name)
            {
                nodes.push(name.clone());
            }
        }
        nodes
    }

    /// What is on offer.
    pub(crate) fn offered(&mut self, number: u64, offers: Offers) {
        if self.whatif.offers_asked == Some(number) {
            self.whatif.offers = Some(Shared::new(offers));
        }
    }

    /// What differs.
    pub(crate) fn compared(&mut self, number: u64, found: Result<Comparison, Refusal>) {
        if self.whatif.comparison_asked == Some(number) {
            self.whatif.comparison = Some(Shared::new(found));
        }
    }

    /// The text after a click.
    pub(crate) fn clicked(
        &mut self,
        number: u64,
        found: Result<Box<Edited>, Refusal>,
    ) -> Vec<Request> {
        if self.whatif.edit_asked != Some(number) {
            return Vec::new();
        }
        self.whatif.edit_asked = None;
        match found {
            Ok(edited) => {
                let offer = edited.offer;
                self.remember(Doing::Done {
                    label: offer.label,
                    about: offer.about,
                });
                self.editor = Shared::new(shown(&self.editor, edited.text.into(), &edited.lines));
                self.whatif.lines = Rc::new(edited.lines);
                self.whatif.against = Against::LastChange;
                self.reveal_changed();
                vec![self.load()]
            }
            Err(refusal) => {
                self.whatif.refusal = Some(refusal);
                Vec::new()
            }
        }
    }

    /// The plain field shows the first line that was written; the other one does so by itself.
    fn reveal_changed(&mut self) {
        let lines = &self.whatif.lines;
        let written = lines
            .iter()
            .find(|l| l.mark == LineMark::Written)
            .or(lines.first());
        if let (Some(line), Field::Plain) = (written, self.field) {
            let times = self.reveal.map_or(0, |(_, n)| n + 1);
            self.reveal = Some((line.first, times));
        }
    }
}

/// A new text, folded as the old one was, but for what changed.
pub(crate) fn shown(
    before: &Editor,
    text: std::sync::Arc<str>,
    changed: &[ChangedLines],
) -> Editor {
    let mut editor = Editor::new(text);
    let folded = before.lines().any(|line| line.fold.is_some());
    if !folded {
        while editor.lines().any(|line| line.fold.is_some()) {
            editor = editor.unfold(0);
        }
    }
    let written = changed.iter().filter(|l| l.mark == LineMark::Written);
    editor.marking(written.map(|l| (l.first, l.last)).collect())
}
