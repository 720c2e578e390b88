//! What `iptables -L` prints: the heads of chains, and the columns of each rule up to the extensions.

use std::fmt::Write;

use ipnet::IpNet;

use super::{Detail, Layout, Names, NoSuchChain, Numbering, Part, select, with_table};
use super::{matches, targets};
use crate::family::Family;
use crate::hook::TableName;
use crate::rule::{DevPattern, IpFields, Not, Rule, Target};
use crate::ruleset::{Chain, ChainKind, Ruleset, Table};

/// What `iptables -t TABLE -L [CHAIN [N]]` prints.
pub fn list(
    ruleset: &Ruleset,
    table: TableName,
    part: Part<'_>,
    layout: Layout,
) -> Result<String, NoSuchChain> {
    with_table(ruleset, table, |table| {
        let selected = select(table, part)?;
        let counts = references(table);
        let mut out = String::new();
        for (i, chain) in selected.chains.iter().enumerate() {
            if selected.only.is_none() {
                if i > 0 {
                    out.push('\n');
                }
                let at = table.position(&chain.name).unwrap_or_default();
                head(&mut out, chain, counts[at], layout);
            }
            for (i, rule) in chain.rules.iter().enumerate() {
                if selected.only.is_none_or(|only| only == i + 1) {
                    row(&mut out, rule, i + 1, ruleset.family, layout);
                }
            }
        }
        Ok(out)
    })
}

/// How many rules lead to each chain, by the chain's position.
fn references(table: &Table) -> Vec<usize> {
    let mut counts = vec![0; table.chains.len()];
    for rule in table.chains.iter().flat_map(|chain| &chain.rules) {
        if let Some(Target::Jump(to) | Target::Goto(to)) = &rule.target
            && let Some(at) = table.position(to)
        {
            counts[at] += 1;
        }
    }
    counts
}

/// Writing to a string cannot fail; this keeps the layout readable.
macro_rules! put {
    ($out:expr, $($what:tt)*) => {
        let _ = write!($out, $($what)*);
    };
}

/// The two lines above a chain's rules (`print_header` in iptables.c).
fn head(out: &mut String, chain: &Chain, references: usize, layout: Layout) {
    put!(out, "Chain {}", chain.name);
    match chain.kind {
        ChainKind::Base { policy, .. } if layout.detail == Detail::Plain => {
            put!(out, " (policy {policy})\n");
        }
        ChainKind::Base { policy, .. } => {
            let [packets, bytes] = [chain.counters.0, chain.counters.1]
                .map(|n| counter(n, layout.detail).trim_start().to_owned());
            put!(out, " (policy {policy} {packets} packets, {bytes} bytes)\n");
        }
        ChainKind::User => {
            put!(out, " ({references} references)\n");
        }
    }
    if layout.numbering == Numbering::With {
        put!(out, "{:<4} ", "num");
    }
    match layout.detail {
        Detail::Plain => {}
        Detail::Verbose => {
            put!(out, "{:>5} {:>5} ", "pkts", "bytes");
        }
        Detail::Exact => {
            put!(out, "{:>8} {:>10} ", "pkts", "bytes");
        }
    }
    put!(out, "{:<9}  prot opt", "target");
    if layout.detail != Detail::Plain {
        put!(out, " {:<6} {:<6} ", "in", "out");
    }
    put!(out, " {:<19}  {:<19} \n", "source", "destination");
}

/// A counter in its column (`xtables_print_num`): above 99,999 in thousands, and so on.
fn counter(number: u64, detail: Detail) -> String {
    if detail == Detail::Exact {
        return format!("{number:>8}");
    }
    if number <= 99_999 {
        return format!("{number:>5}");
    }
    let mut number = number;
    for unit in ["K", "M", "G"] {
        number = number.saturating_add(500) / 1000;
        if number <= 9_999 {
            return format!("{number:>4}{unit}");
        }
    }
    format!("{:>4}T", number.saturating_add(500) / 1000)
}

/// One rule (`print_firewall`).
fn row(out: &mut String, rule: &Rule, number: usize, family: Family, layout: Layout) {
    if layout.numbering == Numbering::With {
        put!(out, "{number:<4} ");
    }
    if layout.detail != Detail::Plain {
        let (packets, bytes) = rule.counters;
        let [packets, bytes] = [packets, bytes].map(|n| counter(n, layout.detail));
        put!(out, "{packets} {bytes} ");
    }
    put!(out, "{:<9} ", targets::name(rule.target.as_ref()));
    fixed(out, &rule.ip, family, layout);
    if matches!(rule.target, Some(Target::Goto(_))) {
        out.push_str("[goto] ");
    }
    let protocol = match &rule.ip.protocol {
        Some(Not {
            inverted: false,
            value,
        }) => value.number(),
        _ => 0,
    };
    for extension in &rule.matches {
        matches::list(out, extension, protocol, layout.names);
    }
    if let Some(target) = &rule.target {
        targets::list(out, target, layout.names);
    }
    out.push('\n');
}

/// The columns of the fixed part.
fn fixed(out: &mut String, ip: &IpFields, family: Family, layout: Layout) {
    let bang = |inverted: bool| if inverted { '!' } else { ' ' };
    let (inverted, protocol) = match &ip.protocol {
        Some(protocol) => (protocol.inverted, protocol.value.to_string()),
        None => (false, "all".to_owned()),
    };
    put!(out, "{}{protocol:<4} ", bang(inverted));
    out.push_str(match &ip.fragment {
        None => "-- ",
        Some(Not {
            inverted: false, ..
        }) => "-f ",
        Some(Not { inverted: true, .. }) => "!f ",
    });
    if layout.detail != Detail::Plain {
        put!(out, " {:<6} ", device(&ip.in_dev));
        put!(out, "{:<6} ", device(&ip.out_dev));
    }
    for net in [&ip.src, &ip.dst] {
        let inverted = net.as_ref().is_some_and(|net| net.inverted);
        let shown = address(net.as_ref().map(|net| net.value), family, layout.names);
        put!(out, "{}{shown:<19} ", bang(inverted));
    }
}

fn device(dev: &Option<Not<DevPattern>>) -> String {
    match dev {
        None => "*".to_owned(),
        Some(Not { inverted, value }) => {
            format!("{}{}", if *inverted { "!" } else { "" }, value.0)
        }
    }
}

/// Networks and hosts that have a name without asking a name server (`/etc/networks`, `/etc/hosts`).
const NAMED: [(&str, &str); 3] = [
    ("127.0.0.0", "loopback"),
    ("169.254.0.0", "link-local"),
    ("127.0.0.1", "localhost"),
];

fn address(net: Option<IpNet>, family: Family, names: Names) -> String {
    let Some(net) = net.filter(|net| net.prefix_len() > 0 || names == Names::Numeric) else {
        return match (names, family) {
            (Names::Looked, _) => "anywhere".to_owned(),
            (Names::Numeric, Family::Ipv4) => "0.0.0.0/0".to_owned(),
            (Names::Numeric, Family::Ipv6) => "::/0".to_owned(),
        };
    };
    let mut shown = net.addr().to_string();
    if names == Names::Looked
        && let Some((_, name)) = NAMED.iter().find(|(addr, _)| *addr == shown)
    {
        (*name).clone_into(&mut shown);
    }
    if net.prefix_len() < net.max_prefix_len() {
        put!(shown, "/{}", net.prefix_len());
    }
    shown
}
