//! One table at one hook: a packet is tried against the rules, one after the other.

use std::net::IpAddr;
use std::sync::Arc;

use crate::hook::{Hook, TableName};
use crate::matches::{AddrType, Recent, Set};
use crate::packet::{DevName, Skb};
use crate::rule::{ChainName, NatRange, Probability};
use crate::ruleset::Table;
use crate::targets::RejectWith;
use crate::walk::{Detail, Quiet, Steps, Unprepared, walk};

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
/// A table without a base chain at this hook accepts without a step. Where many packets meet the
/// same rules, [`crate::Prepared`] says the same faster.
pub fn traverse(table: &Table, hook: Hook, skb: &mut Skb, env: &mut dyn Env) -> Traversal {
    let mut steps = Steps::new(Detail::All);
    let outcome = walk(table, &Unprepared, hook, skb, env, &mut steps);
    Traversal {
        outcome,
        steps: steps.done,
    }
}

/// As [`traverse`], telling only the outcome.
pub fn traverse_quiet(table: &Table, hook: Hook, skb: &mut Skb, env: &mut dyn Env) -> Outcome {
    walk(table, &Unprepared, hook, skb, env, &mut Quiet)
}
