//! One table at one hook: a packet is tried against the rules, one after the other.

use std::net::IpAddr;
use std::sync::Arc;

use crate::hook::{Hook, TableName};
use crate::matches::{AddrType, Recent, Set, Truth};
use crate::packet::{DevName, Skb};
use crate::rule::{ChainName, NatRange, Probability, Rule, Target};
use crate::ruleset::{Chain, ChainKind, Policy, Table};
use crate::targets::{Effect, RejectWith};

/// A rule's place: `nat/KUBE-SERVICES#3`, the number 1-based as in `iptables -S`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleRef {
    /// Its table.
    pub table: TableName,
    /// Its chain.
    pub chain: ChainName,
    /// Its 1-based number.
    pub number: usize,
}

impl std::fmt::Display for RuleRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}#{}", self.table, self.chain, self.number)
    }
}

/// One draw of a `statistic --mode random` rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// The rule's threshold, in parts of 2^31.
    pub threshold: Probability,
    /// The number drawn, 0 to 2^31 - 1.
    pub drawn: u32,
    /// Whether the match held (with `!`, whether the number was not below).
    pub hit: bool,
}

/// What became of one rule, or of a chain's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// The rule did not match.
    Passed {
        /// Which part said no, in three or four words: "source is inside 10.42.0.0/16".
        why: String,
    },
    /// Matched; the packet goes on in another chain and comes back.
    Jump(ChainName),
    /// Matched; the packet goes on in another chain and does not come back here.
    Goto(ChainName),
    /// Matched; something was changed or noted, and the next rule is tried.
    Continue,
    /// Matched; back to the calling chain (or to the policy).
    Return,
    /// Matched; the table is done with this packet.
    Accept,
    /// Matched; the packet is gone.
    Drop,
    /// Matched; the packet is gone and its sender is told.
    Reject(RejectWith),
    /// The chain ran out of rules. The number is one past the last rule.
    End,
    /// A base chain ran out: its policy.
    Policy(Verdict),
    /// A match or target that we do not model was met: what it is.
    Unmodelled(String),
}

/// One thing that happened in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where. For `End` and `Policy` the chain counts and the number is one past its last rule.
    pub rule: RuleRef,
    /// What.
    pub kind: StepKind,
    /// The fwmark after it.
    pub mark: u32,
    /// The number drawn, where a random `statistic` match was reached in this rule.
    pub draw: Option<Draw>,
    /// The calls that led here: the rule each caller waits at, outermost first. All steps of one
    /// call share the list.
    pub callers: Arc<[RuleRef]>,
}

/// What a table says of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Go on.
    Accept,
    /// Gone.
    Drop,
}

/// A finished traversal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traversal {
    /// How it ended.
    pub outcome: Outcome,
    /// All steps in order, rules that did not match included.
    pub steps: Vec<Step>,
}

/// How a traversal ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// On to the next table or the next place.
    Accept,
    /// Dropped, by the last step's rule or policy.
    Drop,
    /// Rejected: dropped, and the caller is to send this answer.
    Reject(RejectWith),
    /// Stopped at something that is not modelled.
    Unmodelled(String),
}

/// Which address of a packet a NAT target rewrites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Manip {
    /// The source: SNAT, MASQUERADE.
    Source,
    /// The destination: DNAT, REDIRECT.
    Destination,
}

/// What a NAT target asks of conntrack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NatRequest {
    /// Which side.
    pub manip: Manip,
    /// To what. MASQUERADE and REDIRECT have asked [`Env::primary_address`] by then.
    pub range: NatRange,
    /// `--random` or `--random-fully`: the port is drawn anew even where it need not be.
    pub random_port: bool,
    /// `--persistent`
    pub persistent: bool,
}

/// What conntrack says of the packet at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CtView {
    /// `--ctstate` bits of the four states.
    pub state: CtState,
    /// Whether the packet travels in the direction of the connection's first.
    pub original: bool,
    /// The connection's destination is rewritten (`--ctstate DNAT`).
    pub dnat: bool,
    /// The connection's source is rewritten (`--ctstate SNAT`).
    pub snat: bool,
    /// The connection's own mark.
    pub mark: u32,
}

/// A packet's state in conntrack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CtState {
    /// First of its connection.
    New,
    /// Of a connection that has seen a reply, or is one.
    Established,
    /// Not of it, but about it: an ICMP error.
    Related,
    /// Belongs nowhere.
    Invalid,
    /// Exempted by NOTRACK.
    Untracked,
}

/// What a traversal asks of the namespace around it.
pub trait Env {
    /// The 31-bit number that a random `statistic` match draws.
    fn draw(&mut self, rule: &RuleRef, threshold: Probability) -> u32;
    /// What conntrack says of the packet at hand.
    fn conntrack(&self) -> CtView;
    /// What kind of address this is here; with a device, only what that device carries is local.
    fn address_type(&self, addr: IpAddr, dev: Option<&DevName>) -> AddrType;
    /// `-m recent`: asks or changes the named list, and says whether the match's bare truth holds.
    fn recent(&mut self, what: &Recent, skb: &Skb) -> bool;
    /// `-m statistic --mode nth`: the rule's own counter; says whether this packet is the one.
    fn nth(&mut self, rule: &RuleRef, every: u32, packet: u32) -> bool;
    /// `-m limit`: takes a token from the rule's own bucket; `cost` and `burst` in milliseconds and tokens.
    fn limit(&mut self, rule: &RuleRef, milliseconds_per_token: u64, burst: u32) -> bool;
    /// Whether the source is reachable by the device it came in by (`-m rpfilter`), where known.
    fn reverse_path(&self, skb: &Skb, loose: bool) -> Option<bool>;
    /// Whether the packet is in an ipset, where its members are known.
    fn set_contains(&self, set: &Set, skb: &Skb) -> Option<bool> {
        let _ = (set, skb);
        None
    }
    /// The address that MASQUERADE takes for a packet leaving by `out_dev`, or REDIRECT for one coming in.
    fn primary_address(&self, dev: Option<&DevName>, towards: IpAddr) -> Option<IpAddr>;
    /// Sets up NAT for the connection at hand and rewrites the packet. `Drop` when no port is free.
    fn nat(&mut self, skb: &mut Skb, request: &NatRequest) -> Verdict;
    /// `-j CONNMARK` and `--notrack`: changes the connection's mark.
    fn set_connmark(&mut self, mark: u32);
    /// `-j CT --notrack`: the packet at hand is not tracked.
    fn notrack(&mut self);
}

/// Tries `skb` against `table`'s base chain at `hook`, in the kernel's order (`ipt_do_table`).
///
/// A table without a base chain at this hook accepts without a step.
pub fn traverse(table: &Table, hook: Hook, skb: &mut Skb, env: &mut dyn Env) -> Traversal {
    let mut steps = Steps {
        done: Vec::new(),
        callers: vec![Arc::from([])],
    };
    let outcome = walk(table, hook, skb, env, &mut steps);
    Traversal {
        outcome,
        steps: steps.done,
    }
}

/// As [`traverse`], telling only the outcome: for walks by the thousand.
pub fn traverse_quiet(table: &Table, hook: Hook, skb: &mut Skb, env: &mut dyn Env) -> Outcome {
    walk(table, hook, skb, env, &mut Quiet)
}

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

/// Who is told what happened.
trait Recorder {
    /// Whether it keeps steps, so that reasons are worth their words.
    const KEEPS: bool;
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

struct Steps {
    done: Vec<Step>,
    /// The callers' list of each open call, the base chain's empty one first.
    callers: Vec<Arc<[RuleRef]>>,
}

impl Recorder for Steps {
    const KEEPS: bool = true;

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

struct Quiet;

impl Recorder for Quiet {
    const KEEPS: bool = false;

    fn step(&mut self, _: Place<'_>, _: u32, _: Option<Draw>, _: impl FnOnce() -> StepKind) {}
    fn call(&mut self, _: Place<'_>) {}
    fn back(&mut self) {}
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

fn walk<R: Recorder>(
    table: &Table,
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
        let draw = match try_rule(rule, at, skb, env, R::KEEPS) {
            Tried::Matched(draw) => draw,
            Tried::Passed(draw, why) => {
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
                let to = match enter(table, name, &open) {
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
fn enter(table: &Table, name: &ChainName, open: &[usize]) -> Result<usize, String> {
    let to = table
        .position(name)
        .ok_or_else(|| format!("-j {name} (table {} has no such chain)", table.name))?;
    if table.chains[to].kind != ChainKind::User {
        return Err(format!("-j {name} (a base chain cannot be jumped to)"));
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
fn try_rule(rule: &Rule, at: Place<'_>, skb: &Skb, env: &mut dyn Env, explain: bool) -> Tried {
    if !rule.ip.holds(skb) {
        return Tried::Passed(None, explain.then(|| rule.ip.why(skb)));
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
                let why = explain.then(|| extension.why(&trial));
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
                        let why = explain.then(|| later.why(&trial));
                        return Tried::Passed(trial.draw, why);
                    }
                }
                return Tried::Unmodelled(trial.draw, what);
            }
        }
    }
    Tried::Matched(trial.draw)
}
