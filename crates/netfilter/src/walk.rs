//! The machine that goes through chains rule by rule. What a packet, a rule and a step are stands
//! in [`crate::traverse`], which is also its door; [`crate::prepared`] is the faster one.

use std::sync::Arc;

use crate::hook::{Hook, TableName};
use crate::matches::Truth;
use crate::packet::Skb;
use crate::rule::{ChainName, Rule, Target};
use crate::ruleset::{Chain, ChainKind, Policy, Table};
use crate::targets::Effect;
use crate::traverse::{Draw, Env, Outcome, RuleRef, Step, StepKind, Verdict};

/// A place among the rules, without a name of its own until one is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    table: TableName,
    chain: &'a ChainName,
    /// 1-based.
    number: usize,
}

impl Place<'_> {
    pub(crate) fn rule_ref(&self) -> RuleRef {
        RuleRef {
            table: self.table,
            chain: self.chain.clone(),
            number: self.number,
        }
    }
}

/// One rule being tried.
pub(crate) struct Trial<'a> {
    pub(crate) skb: &'a Skb,
    pub(crate) env: &'a mut dyn Env,
    pub(crate) at: Place<'a>,
    /// The last number drawn for it.
    pub(crate) draw: Option<Draw>,
}

/// How many rules one traversal tries. Chains that call each other twice, level after level, make
/// the tries grow without bound; a cluster of 100,000 services stays below half of this.
const MOST_TRIES: usize = 1_000_000;

/// How many chains can be open at once. The nf_tables backend stops at 16 levels
/// (`NFT_JUMP_STACK_SIZE`); the legacy one has no bound but the number of chains.
const MOST_OPEN: usize = 1_000;

/// Who is told what happened.
pub(crate) trait Recorder {
    /// Which rules that did not match it wants reasons for.
    fn detail(&self) -> Detail;
    /// `kind` is called only by a recorder that keeps it.
    fn step(
        &mut self,
        at: Place<'_>,
        mark: u32,
        draw: Option<Draw>,
        kind: impl FnOnce() -> StepKind,
    );
    /// The rule at this place has called another chain.
    fn call(&mut self, at: Place<'_>);
    /// The latest call has come back.
    fn back(&mut self);
}

/// How much of what did not match is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// All rules that were tried, with the reason why they did not match.
    All,
    /// Of the rules that did not match only those that drew a number, without the reason.
    Drawn,
    /// Nothing.
    Nothing,
}

/// Keeps steps.
pub(crate) struct Steps {
    pub(crate) done: Vec<Step>,
    detail: Detail,
    /// The callers' list of each open call, the base chain's empty one first.
    callers: Vec<Arc<[RuleRef]>>,
}

impl Steps {
    pub(crate) fn new(detail: Detail) -> Self {
        Steps {
            // A packet of a Service takes about a dozen.
            done: Vec::with_capacity(16),
            detail,
            callers: vec![Arc::from([])],
        }
    }
}

impl Recorder for Steps {
    fn detail(&self) -> Detail {
        self.detail
    }

    fn step(
        &mut self,
        at: Place<'_>,
        mark: u32,
        draw: Option<Draw>,
        kind: impl FnOnce() -> StepKind,
    ) {
        let callers = self.callers.last().cloned().unwrap_or_default();
        self.done.push(Step {
            rule: at.rule_ref(),
            kind: kind(),
            mark,
            draw,
            callers,
        });
    }

    fn call(&mut self, at: Place<'_>) {
        let outer = self.callers.last().map_or(&[][..], |callers| callers);
        let callers = outer.iter().cloned().chain([at.rule_ref()]).collect();
        self.callers.push(callers);
    }

    fn back(&mut self) {
        self.callers.pop();
    }
}

/// Keeps nothing.
pub(crate) struct Quiet;

impl Recorder for Quiet {
    fn detail(&self) -> Detail {
        Detail::Nothing
    }

    fn step(&mut self, _: Place<'_>, _: u32, _: Option<Draw>, _: impl FnOnce() -> StepKind) {}
    fn call(&mut self, _: Place<'_>) {}
    fn back(&mut self) {}
}

/// Knows a table's chains beforehand, as far as it does.
pub(crate) trait Guide {
    /// The index of the next rule from `from` on that can match at all. Rules that are left out
    /// fail at a condition that draws nothing and changes nothing.
    fn next(&self, table: &Table, chain: usize, from: usize, skb: &Skb) -> usize;
    /// Where the chain is that this rule leads to.
    fn find(&self, table: &Table, chain: usize, rule: usize, name: &ChainName) -> Option<usize>;
}

/// Tries every rule and looks every chain up.
pub(crate) struct Unprepared;

impl Guide for Unprepared {
    fn next(&self, _: &Table, _: usize, from: usize, _: &Skb) -> usize {
        from
    }
    fn find(&self, table: &Table, _: usize, _: usize, name: &ChainName) -> Option<usize> {
        table.position(name)
    }
}

/// A chain being gone through.
struct Frame {
    /// Its position in the table.
    chain: usize,
    /// The index of the next rule.
    next: usize,
    /// How many chains were open when it was called; `goto` opens more in the same call.
    open: usize,
}

/// How one rule came out.
enum Tried {
    Passed(Option<Draw>, Option<String>),
    Matched(Option<Draw>),
    Unmodelled(Option<Draw>, String),
}

pub(crate) fn walk<R: Recorder, G: Guide>(
    table: &Table,
    guide: &G,
    hook: Hook,
    skb: &mut Skb,
    env: &mut dyn Env,
    recorder: &mut R,
) -> Outcome {
    let is_base = |c: &Chain| matches!(c.kind, ChainKind::Base { hook: h, .. } if h == hook);
    let Some(base) = table.chains.iter().position(is_base) else {
        return Outcome::Accept;
    };
    let mut waiting: Vec<Frame> = Vec::new();
    // Every chain that is open, to notice a circle, which the kernel refuses to load.
    let mut open = vec![base];
    let mut tries = 0;
    let mut frame = Frame {
        chain: base,
        next: 0,
        open: 0,
    };
    loop {
        let chain = &table.chains[frame.chain];
        frame.next = guide.next(table, frame.chain, frame.next, skb);
        let at = Place {
            table: table.name,
            chain: &chain.name,
            number: frame.next + 1,
        };
        let Some(rule) = chain.rules.get(frame.next) else {
            if chain.kind == ChainKind::User {
                recorder.step(at, skb.mark, None, || StepKind::End);
            }
            match waiting.pop() {
                Some(caller) => {
                    recorder.back();
                    open.truncate(frame.open);
                    frame = caller;
                    continue;
                }
                None => return policy(table, base, skb.mark, recorder),
            }
        };
        frame.next += 1;
        tries += 1;
        if tries > MOST_TRIES {
            let what = format!("more than {MOST_TRIES} rules in one table");
            recorder.step(at, skb.mark, None, || StepKind::Unmodelled(what.clone()));
            return Outcome::Unmodelled(what);
        }
        let draw = match try_rule(rule, at, skb, env, recorder.detail()) {
            Tried::Matched(draw) => draw,
            Tried::Passed(draw, why) => {
                if recorder.detail() == Detail::Drawn && draw.is_none() {
                    continue;
                }
                recorder.step(at, skb.mark, draw, || StepKind::Passed {
                    why: why.unwrap_or_default(),
                });
                continue;
            }
            Tried::Unmodelled(draw, what) => {
                recorder.step(at, skb.mark, draw, || StepKind::Unmodelled(what.clone()));
                return Outcome::Unmodelled(what);
            }
        };
        match &rule.target {
            None => recorder.step(at, skb.mark, draw, || StepKind::Continue),
            Some(Target::Jump(name) | Target::Goto(name)) => {
                let goes = matches!(rule.target, Some(Target::Goto(_)));
                let found = guide.find(table, frame.chain, frame.next - 1, name);
                let to = match enter(table, name, found, &open) {
                    Ok(to) => to,
                    Err(what) => {
                        recorder.step(at, skb.mark, draw, || StepKind::Unmodelled(what.clone()));
                        return Outcome::Unmodelled(what);
                    }
                };
                recorder.step(at, skb.mark, draw, || match goes {
                    true => StepKind::Goto(name.clone()),
                    false => StepKind::Jump(name.clone()),
                });
                if goes {
                    frame.chain = to;
                    frame.next = 0;
                } else {
                    recorder.call(at);
                    let called = Frame {
                        chain: to,
                        next: 0,
                        open: open.len(),
                    };
                    waiting.push(std::mem::replace(&mut frame, called));
                }
                open.push(to);
            }
            Some(Target::Return) => {
                recorder.step(at, skb.mark, draw, || StepKind::Return);
                match waiting.pop() {
                    Some(caller) => {
                        recorder.back();
                        open.truncate(frame.open);
                        frame = caller;
                    }
                    None => return policy(table, base, skb.mark, recorder),
                }
            }
            Some(target) => {
                let (kind, outcome) = match target.apply(hook, skb, env) {
                    Effect::Continue => (StepKind::Continue, None),
                    Effect::Verdict(Verdict::Accept) => (StepKind::Accept, Some(Outcome::Accept)),
                    Effect::Verdict(Verdict::Drop) => (StepKind::Drop, Some(Outcome::Drop)),
                    Effect::Reject(with) => (StepKind::Reject(with), Some(Outcome::Reject(with))),
                    Effect::Unmodelled(what) => (
                        StepKind::Unmodelled(what.clone()),
                        Some(Outcome::Unmodelled(what)),
                    ),
                };
                recorder.step(at, skb.mark, draw, || kind);
                if let Some(outcome) = outcome {
                    return outcome;
                }
            }
        }
    }
}

/// The chain that a jump leads to, or why there is none to follow.
fn enter(
    table: &Table,
    name: &ChainName,
    found: Option<usize>,
    open: &[usize],
) -> Result<usize, String> {
    let to = found.ok_or_else(|| format!("-j {name} (table {} has no such chain)", table.name))?;
    if table.chains[to].kind != ChainKind::User {
        return Err(format!("-j {name} (a base chain cannot be jumped to)"));
    }
    if open.len() >= MOST_OPEN {
        return Err(format!("-j {name} (more than {MOST_OPEN} chains deep)"));
    }
    if open.contains(&to) {
        return Err(format!("-j {name} (a circle of jumps)"));
    }
    Ok(to)
}

/// The packet has come to the end of the base chain.
fn policy<R: Recorder>(table: &Table, base: usize, mark: u32, recorder: &mut R) -> Outcome {
    let chain = &table.chains[base];
    let (verdict, outcome) = match chain.kind {
        ChainKind::Base {
            policy: Policy::Drop,
            ..
        } => (Verdict::Drop, Outcome::Drop),
        _ => (Verdict::Accept, Outcome::Accept),
    };
    let at = Place {
        table: table.name,
        chain: &chain.name,
        number: chain.rules.len() + 1,
    };
    recorder.step(at, mark, None, || StepKind::Policy(verdict));
    outcome
}

/// Tries one rule: the fixed part, then the matches in written order, up to the first that fails.
fn try_rule(rule: &Rule, at: Place<'_>, skb: &Skb, env: &mut dyn Env, detail: Detail) -> Tried {
    if !rule.ip.holds(skb) {
        let why = (detail == Detail::All).then(|| rule.ip.why(skb));
        return Tried::Passed(None, why);
    }
    let mut trial = Trial {
        skb,
        env,
        at,
        draw: None,
    };
    for (i, extension) in rule.matches.iter().enumerate() {
        match extension.holds(&mut trial) {
            Truth::Yes => {}
            Truth::No => {
                let why = (detail == Detail::All).then(|| extension.why(&trial));
                return Tried::Passed(trial.draw, why);
            }
            Truth::Unmodelled(what) => {
                // Whatever it says, the rule does not match when a later match that changes nothing
                // fails. Behind one that draws or remembers, that can no longer be known.
                for later in rule.matches[i + 1..]
                    .iter()
                    .take_while(|m| !m.is_stateful())
                {
                    if later.holds(&mut trial) == Truth::No {
                        let why = (detail == Detail::All).then(|| later.why(&trial));
                        return Tried::Passed(trial.draw, why);
                    }
                }
                return Tried::Unmodelled(trial.draw, what);
            }
        }
    }
    Tried::Matched(trial.draw)
}
