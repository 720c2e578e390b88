//! What a rule's step and a rewriting say.

use fabric::{Event, NatKind};
use lab::RuleRef;
use netfilter::{Packet, Step, StepKind, Verdict};

use super::Composer;
use super::header::{ends, header};
use crate::captions::{self, Caption};
use crate::chains::Act;
use crate::frames::{At, Frame, Kind};
use crate::names::{Names, short};
use crate::text::{draw_and_threshold, mark as mark_word};

impl Composer<'_> {
    pub(super) fn rule(&mut self, event: &Event, step: &Step) {
        let node = short(&event.ns);
        let chain = step.rule.chain.as_str().to_owned();
        let here = self.chain(&node, step.rule.table, &chain);
        let number = step.rule.number;
        let view = self.chains[here].rule(number).cloned();
        let act = view.as_ref().map(|r| r.act.clone()).unwrap_or(Act::Nothing);
        let (drawn, threshold) = step
            .draw
            .map(|d| draw_and_threshold(d.drawn, d.threshold.0))
            .unwrap_or_default();
        let whom = view.as_ref().and_then(|r| r.leads_to.clone());
        let name = whom
            .as_deref()
            .and_then(|s| self.names.of_socket(s).or(Some(s)))
            .map(str::to_owned);
        let whom = name.as_deref().zip(whom.as_deref());
        let (kind, caption, why) = match &step.kind {
            StepKind::Passed { .. } if step.draw.is_some_and(|d| !d.hit) => (
                Kind::Miss,
                captions::miss(number, &drawn, &threshold),
                format!("miss: drew {drawn}"),
            ),
            StepKind::Passed { why } => {
                (Kind::Pass, captions::pass(number, &chain, why), why.clone())
            }
            StepKind::Jump(_) | StepKind::Goto(_) if step.draw.is_some() => (
                Kind::Hit,
                captions::hit(number, &drawn, &threshold, whom),
                format!("hit: drew {drawn}"),
            ),
            StepKind::Jump(to) | StepKind::Goto(to) => {
                let last_of_draws = self.chains[here]
                    .rules
                    .iter()
                    .any(|r| r.probability.is_some());
                let caption = match whom {
                    Some((name, socket)) if last_of_draws => {
                        captions::jump_to_endpoint(number, name, socket)
                    }
                    _ => captions::jump(number, to.as_str()),
                };
                (Kind::Jump, caption, "matches, jumps".into())
            }
            StepKind::Continue if step.mark != self.mark || act == Act::Mark => {
                let why = match step.mark == self.mark {
                    true => "mark stays as it is",
                    false if step.mark & !self.mark != 0 => "sets the mark",
                    false => "clears the mark",
                };
                (
                    Kind::Mark,
                    captions::mark(self.mark, step.mark, self.bit),
                    why.into(),
                )
            }
            StepKind::Continue => (
                Kind::Continue,
                Caption::new(
                    "Rule {} of {} matches and the next rule is *tried all the same*.",
                    &[&number.to_string(), &chain],
                ),
                "matches, goes on".into(),
            ),
            StepKind::Return => (
                Kind::Return,
                match chain == "KUBE-POSTROUTING" && step.mark & self.asks() == 0 {
                    true => captions::not_marked(&mark_word(self.asks()), &chain),
                    false => captions::returned(number, &self.chains[here]),
                },
                "matches, returns".into(),
            ),
            StepKind::Accept => {
                let table = step.rule.table.name();
                match act {
                    Act::Dnat => (
                        Kind::Dnat,
                        captions::accept(number, &chain, table),
                        "rewrites destination".into(),
                    ),
                    Act::Snat => (
                        Kind::Snat,
                        captions::accept(number, &chain, table),
                        "rewrites source".into(),
                    ),
                    _ => (
                        Kind::Accept,
                        captions::accept(number, &chain, table),
                        "matches, accepts".into(),
                    ),
                }
            }
            StepKind::Drop => (
                Kind::Drop,
                captions::dropped(number, &chain),
                "matches, drops".into(),
            ),
            StepKind::Reject(with) => (
                Kind::Reject,
                captions::rejected(number, &chain, with),
                "matches, rejects".into(),
            ),
            StepKind::End => (
                Kind::End,
                captions::end(&self.chains[here]),
                "back to the caller".into(),
            ),
            StepKind::Policy(verdict) => {
                let accepts = *verdict == Verdict::Accept;
                (
                    match accepts {
                        true => Kind::Policy,
                        false => Kind::Drop,
                    },
                    captions::policy(&chain, *verdict),
                    match accepts {
                        true => "policy ACCEPT".into(),
                        false => "policy DROP".into(),
                    },
                )
            }
            StepKind::Unmodelled(what) => (
                Kind::Unmodelled,
                Caption::new(
                    "Rule {} of {} needs *{}*, which is not modelled.",
                    &[&number.to_string(), &chain, what],
                ),
                "not modelled".into(),
            ),
        };
        let mut frame = self.frame(event, kind, caption);
        // The entry changes with the rewriting, not with the rules that lead to it.
        frame.connection = self
            .frames
            .last()
            .filter(|last| last.packet == event.packet && last.ns.as_ref() == Some(&event.ns))
            .map_or(event.connection.as_ref().map(Into::into), |last| {
                last.connection.clone()
            });
        frame.table = Some(step.rule.table);
        frame.why = why;
        frame.draw = step.draw;
        if step.mark != self.mark {
            frame.mark_before = Some(self.mark);
        }
        frame.header.mark = step.mark;
        frame.at = Some(At {
            chain: here,
            number,
        });
        let mut callers = Vec::new();
        for caller in step.callers.iter() {
            callers.push(At {
                chain: self.chain(&node, caller.table, caller.chain.as_str()),
                number: caller.number,
            });
        }
        frame.callers = callers;
        if let Some((rule, before)) = self.nat_pending.take()
            && rule == step.rule
        {
            frame.connection = event.connection.as_ref().map(Into::into);
            rewrite(&mut frame, &before, self.names);
        }
        self.push_hook(frame, event, Some(step.rule.table.name().into()));
        self.mark = step.mark;
    }

    pub(super) fn nat(
        &mut self,
        event: &Event,
        kind: NatKind,
        rule: Option<&RuleRef>,
        before: &Packet,
    ) {
        // A rule and its rewriting are one moment, whichever of the two is told first.
        if let Some(rule) = rule {
            let names = self.names;
            if let Some(last) = self.frames.last_mut()
                && last.packet == event.packet
                && last.ns.as_ref() == Some(&event.ns)
                && matches!(last.kind, Kind::Dnat | Kind::Snat)
                && last.before.is_none()
                && last.at.is_some_and(|at| {
                    self.chains[at.chain].name == rule.chain.as_str() && at.number == rule.number
                })
            {
                last.header = header(&event.after);
                last.connection = event.connection.as_ref().map(Into::into);
                rewrite(last, before, names);
                return;
            }
            self.nat_pending = Some((rule.clone(), before.clone()));
            return;
        }
        let (kind, why) = match kind {
            NatKind::Dnat => (Kind::Dnat, "rewrites destination"),
            NatKind::Snat => (Kind::Snat, "rewrites source"),
            NatKind::DnatAgain => (Kind::Again, "destination, as before"),
            NatKind::SnatAgain => (Kind::Again, "source, as before"),
            NatKind::UndoDnat => (Kind::UndoDnat, "puts the source back"),
            NatKind::UndoSnat => (Kind::UndoSnat, "puts the destination back"),
        };
        let mut frame = self.frame(event, kind, Caption::default());
        frame.why = why.into();
        frame.table = None;
        rewrite(&mut frame, before, self.names);
        self.push_hook(frame, event, Some("conntrack".into()));
    }
}

/// Notes what was rewritten, and says so.
fn rewrite(frame: &mut Frame, before: &Packet, names: &Names) {
    let was = ends(before);
    let now = (frame.header.src.clone(), frame.header.dst.clone());
    frame.caption = rewritten(frame.kind, &was, &now, names);
    frame.before = Some(was);
}

fn rewritten(kind: Kind, was: &(String, String), now: &(String, String), names: &Names) -> Caption {
    match kind {
        Kind::Dnat if was.1 == now.1 => Caption::new(
            "The destination is rewritten to {}, which *it already was*.",
            &[&now.1],
        ),
        Kind::Dnat => Caption::new(
            "The destination {} disappears. It becomes *{}*: {}.",
            &[&was.1, &now.1, &described(names, &now.1)],
        ),
        Kind::Snat if was.0 == now.0 => Caption::new(
            "The source is rewritten to {}, which *it already was*: only conntrack notes it.",
            &[&now.0],
        ),
        Kind::Snat => Caption::new(
            "The source {} disappears. It becomes *{}*: {}.",
            &[&was.0, &now.0, &described(names, &now.0)],
        ),
        Kind::Again if was.1 != now.1 => Caption::new(
            "No rule is asked: conntrack rewrites the destination to *{}*, as for the first packet.",
            &[&now.1],
        ),
        Kind::Again => Caption::new(
            "No rule is asked: conntrack rewrites the source to *{}*, as for the first packet.",
            &[&now.0],
        ),
        Kind::UndoDnat => Caption::new(
            "The reply now seems to come from *{}*, the address that was asked. No rule did this: conntrack remembered.",
            &[&now.0],
        ),
        Kind::UndoSnat => Caption::new(
            "conntrack puts the client's own address *{}* back as the destination. No rule did this.",
            &[&now.1],
        ),
        _ => Caption::default(),
    }
}

fn described(names: &Names, socket: &str) -> String {
    match names.describe(socket) {
        what if what.is_empty() => "an address nobody here has".into(),
        what => what,
    }
}
