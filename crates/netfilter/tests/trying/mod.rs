//! One namespace that answers what rules ask, and packets tried against its rules.
#![allow(dead_code, reason = "each test file uses its part")]

use std::net::IpAddr;

use netfilter::matches::{AddrType, Recent, RecentOp};
use netfilter::traverse::{CtState, CtView, Manip, NatRequest};
use netfilter::{
    DevName, Env, Family, Hook, L4, Packet, Prepared, Probability, RuleRef, Ruleset, Skb, Step,
    StepKind, TableName, TcpFlags, Verdict, traverse, traverse_quiet,
};

/// A namespace that owns 10.0.0.1 and fd00::1, draws what it is told to and notes what it is asked.
pub struct Node {
    pub draws: Vec<u32>,
    pub ct: CtView,
    pub in_list: bool,
    pub log: Vec<String>,
}

pub fn node() -> Node {
    Node {
        draws: Vec::new(),
        ct: CtView {
            state: CtState::New,
            original: true,
            dnat: false,
            snat: false,
            mark: 0,
        },
        in_list: false,
        log: Vec::new(),
    }
}

impl Env for Node {
    fn draw(&mut self, rule: &RuleRef, _: Probability) -> u32 {
        self.log.push(format!("draw {rule}"));
        self.draws.remove(0)
    }
    fn conntrack(&self) -> CtView {
        self.ct
    }
    fn address_type(&self, addr: IpAddr, dev: Option<&DevName>) -> AddrType {
        let own = ["10.0.0.1", "fd00::1"].map(|a| a.parse().expect("an address"));
        match own.contains(&addr) && dev.is_none_or(|d| d.as_str() == "eth0") {
            true => AddrType::Local,
            false => AddrType::Unicast,
        }
    }
    fn recent(&mut self, what: &Recent, _: &Skb) -> bool {
        self.log
            .push(format!("recent {:?} {}", what.op.value, what.name));
        what.op.value == RecentOp::Set || self.in_list
    }
    fn nth(&mut self, rule: &RuleRef, every: u32, packet: u32) -> bool {
        self.log.push(format!("nth {rule} {every} {packet}"));
        true
    }
    fn limit(&mut self, rule: &RuleRef, milliseconds_per_token: u64, burst: u32) -> bool {
        self.log
            .push(format!("limit {rule} {milliseconds_per_token} {burst}"));
        false
    }
    fn reverse_path(&self, _: &Skb, loose: bool) -> Option<bool> {
        loose.then_some(true)
    }
    fn primary_address(&self, dev: Option<&DevName>, _: IpAddr) -> Option<IpAddr> {
        (dev?.as_str() == "eth0").then(|| "10.0.0.1".parse().expect("an address"))
    }
    fn nat(&mut self, skb: &mut Skb, request: &NatRequest) -> Verdict {
        let NatRequest {
            manip,
            range,
            random_port,
            ..
        } = request;
        let random = if *random_port { " random" } else { "" };
        self.log.push(format!("{manip:?} {range}{random}"));
        if let (Some((addr, _)), Manip::Destination) = (range.addrs, manip) {
            skb.packet.dst = addr;
        }
        Verdict::Accept
    }
    fn set_connmark(&mut self, mark: u32) {
        self.ct.mark = mark;
    }
    fn notrack(&mut self) {
        self.log.push("notrack".to_owned());
    }
}

pub fn tcp(src: &str, dst: &str, dport: u16) -> Skb {
    packet(
        src,
        dst,
        L4::Tcp {
            sport: 40000,
            dport,
            flags: TcpFlags::SYN,
        },
    )
}

pub fn packet(src: &str, dst: &str, l4: L4) -> Skb {
    Skb::new(Packet {
        src: src.parse().expect("an address"),
        dst: dst.parse().expect("an address"),
        l4,
        ttl: 64,
    })
}

fn shown(step: &Step) -> String {
    let RuleRef { chain, number, .. } = &step.rule;
    let kind = match &step.kind {
        StepKind::Passed { why } => format!("passed: {why}"),
        StepKind::Jump(to) => format!("jump {to}"),
        StepKind::Goto(to) => format!("goto {to}"),
        StepKind::Reject(with) => format!("{with:?}"),
        StepKind::Policy(verdict) => format!("policy {verdict:?}"),
        StepKind::Unmodelled(what) => format!("unmodelled: {what}"),
        kind => format!("{kind:?}").to_lowercase(),
    };
    format!("{}{chain}#{number} {kind}", "  ".repeat(step.callers.len()))
}

/// Walks a packet through the filter table's FORWARD and compares the steps, one a line. Whatever
/// the steps, a walk that does not record them ends the same way.
pub fn check(rules: &str, skb: &Skb, env: fn() -> Node, expected: &str) -> (Node, Skb, Vec<Step>) {
    check_in(TableName::Filter, Hook::Forward, rules, skb, env, expected)
}

pub fn check_in(
    table: TableName,
    hook: Hook,
    rules: &str,
    skb: &Skb,
    env: fn() -> Node,
    expected: &str,
) -> (Node, Skb, Vec<Step>) {
    let chains: String = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("-A ")?.split(' ').next())
        .filter(|chain| chain.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(|chain| format!(":{chain} - [0:0]\n"))
        .collect();
    let family = Family::of(skb.packet.src);
    let text = format!("*{table}\n{chains}{rules}\nCOMMIT\n");
    let ruleset = Ruleset::parse(family, &text).expect("these are rules");
    let (mut quiet_env, mut quiet_skb) = (env(), skb.clone());
    let chains = &ruleset.tables[&table];
    let quiet = traverse_quiet(chains, hook, &mut quiet_skb, &mut quiet_env);
    let (mut brief_env, mut brief_skb) = (env(), skb.clone());
    let prepared = Prepared::new(ruleset.clone());
    let brief = prepared.traverse_brief(table, hook, &mut brief_skb, &mut brief_env);
    let (mut env, mut skb) = (env(), skb.clone());
    let traversal = traverse(chains, hook, &mut skb, &mut env);

    let steps: Vec<_> = traversal.steps.iter().map(shown).collect();
    let expected: Vec<_> = expected
        .lines()
        .map(|line| line.strip_prefix("    ").unwrap_or(line))
        .filter(|line| !line.trim().is_empty())
        .collect();
    assert_eq!(steps, expected);

    assert_eq!(
        (&traversal.outcome, &skb, &env.log),
        (&quiet, &quiet_skb, &quiet_env.log)
    );
    assert_eq!(
        (&traversal.outcome, &skb, &env.log),
        (&brief.outcome, &brief_skb, &brief_env.log)
    );
    // A brief walk tells of the rules that did not match only those that drew, without the reason.
    let told: Vec<_> = traversal
        .steps
        .iter()
        .filter(|step| step.draw.is_some() || !matches!(step.kind, StepKind::Passed { .. }))
        .map(|step| (&step.rule, step.draw, step.mark, &step.callers))
        .collect();
    let brief: Vec<_> = brief
        .steps
        .iter()
        .map(|step| (&step.rule, step.draw, step.mark, &step.callers))
        .collect();
    assert_eq!(told, brief);
    (env, skb, traversal.steps)
}
