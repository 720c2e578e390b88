//! The rules as the node then has them: base chains, jumps, what the text filled, and what others put
//! beside it.

use std::collections::BTreeMap;

use cluster::IpFamily;
use netfilter::matches::Unknown;
use netfilter::{ChainKind, ChainName, Family, Match, Rule, Ruleset, Table, TableName};

use crate::table::TableText;
use crate::{ProxyRules, quick};

pub(crate) fn ruleset(rules: &ProxyRules) -> Ruleset {
    let family = match rules.family {
        IpFamily::Ipv4 => Family::Ipv4,
        IpFamily::Ipv6 => Family::Ipv6,
    };
    let mut set = Ruleset::empty(family);
    for text in rules.tables() {
        let mut table = filled(text, family);
        let made = rules.ensured().iter().filter(|(of, _)| *of == text.table);
        for (_, chain) in made {
            table.ensure(chain_name(chain), ChainKind::User);
        }
        for jump in rules.jumps().filter(|jump| jump.table == text.table) {
            let base = table
                .chain_mut(&chain_name(jump.base))
                .expect("jumps stand in base chains, which every table has");
            base.rules.push(read(family, jump.args));
        }
        set.tables.insert(text.table, table);
    }
    // Rules in front stand in the order in which they were written.
    let mut front: BTreeMap<(TableName, &str), usize> = BTreeMap::new();
    for beside in &rules.beside {
        let table = set
            .tables
            .entry(beside.table)
            .or_insert_with(|| Table::empty(beside.table));
        // Base chains are there already, and keep their kind.
        let chain = table.ensure(chain_name(beside.chain), ChainKind::User);
        if beside.args.is_empty() {
            continue;
        }
        let rule = read(family, &beside.args);
        if beside.is_in_front() {
            let at = front.entry((beside.table, beside.chain)).or_default();
            chain.rules.insert(*at, rule);
            *at += 1;
        } else {
            chain.rules.push(rule);
        }
    }
    set
}

/// The table with its own chains and rules.
fn filled(text: &TableText, family: Family) -> Table {
    let mut table = Table::empty(text.table);
    table.reserve(text.chains().count());
    for chain in text.chains() {
        table.ensure(chain_name(chain), ChainKind::User);
    }
    // Most chains have one or two rules, so each is given the room it needs and no more.
    let runs = runs(text, &table);
    let mut room = vec![0; table.chains.len()];
    for &(at, rules) in &runs {
        room[at] += rules;
    }
    for (chain, room) in table.chains.iter_mut().zip(room) {
        chain.rules.reserve_exact(room);
    }
    let mut rules = text.rules();
    for (at, count) in runs {
        for (_, args) in rules.by_ref().take(count) {
            let rule = quick::rule(args, family, &table).unwrap_or_else(|| read(family, args));
            table.chains[at].rules.push(rule);
        }
    }
    table
}

/// Which chains the rules belong to, as runs of rules of one chain.
fn runs(text: &TableText, table: &Table) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut last = "";
    for (chain, _) in text.rules() {
        match runs.last_mut() {
            Some((_, count)) if chain == last => *count += 1,
            _ => {
                let at = table.position_of(chain);
                let at = at.expect("every rule's chain has its line in the same table");
                runs.push((at, 1));
                last = chain;
            }
        }
    }
    runs
}

fn chain_name(name: &str) -> ChainName {
    ChainName::new(name).expect("kube-proxy's chain names fit the kernel's limit")
}

/// A rule of ours as the kernel takes it. Only a configuration that iptables itself would refuse (an
/// interface's name with a space in it) makes one that cannot be read; it is kept as written.
fn read(family: Family, args: &str) -> Rule {
    Rule::parse(family, args).unwrap_or_else(|_| Rule {
        matches: vec![Match::Unknown(Unknown {
            name: "unreadable".to_string(),
            raw: vec![args.to_string()],
        })],
        ..Rule::default()
    })
}
