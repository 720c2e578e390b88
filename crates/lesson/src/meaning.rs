//! Which rules of a node a pattern means: a Service's chains are found by the comments that kube-proxy
//! writes (`ns/name:port cluster IP`, pkg/proxy/iptables/proxier.go), a rule in them by what it does.

use std::collections::BTreeSet;
use std::net::IpAddr;

use netfilter::{Chain, ChainName, Match, Rule, RuleRef, Ruleset, TableName, Target};

use crate::expr::{Of, Part, Pattern};

/// A chain, or one rule of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meant {
    /// The table.
    pub table: TableName,
    /// The chain.
    pub chain: ChainName,
    /// The rule's number from 1; the whole chain where there is none.
    pub number: Option<usize>,
}

impl Meant {
    /// Whether a rule is meant.
    pub fn is(&self, rule: &RuleRef) -> bool {
        self.table == rule.table
            && self.chain == rule.chain
            && self.number.is_none_or(|number| number == rule.number)
    }
}

/// Everything that a pattern means; nothing where no such rule is there.
///
/// # Errors
/// Where the pattern needs a Service and none is named, or names an address that is none.
pub fn find(
    rules: &Ruleset,
    pattern: &Pattern,
    service: Option<&str>,
    address: &dyn Fn(&str) -> Option<IpAddr>,
) -> Result<Vec<Meant>, String> {
    let (chain, part, named) = match pattern {
        Pattern::Placed(place) => {
            let Some(chain) = ChainName::new(&place.chain) else {
                return Err(format!("\"{}\" is no chain's name.", place.chain));
            };
            let found = rules.tables.get(&place.table).and_then(|t| t.chain(&chain));
            let there = |c: &&Chain| place.number.is_none_or(|n| n <= c.rules.len());
            return Ok(found
                .filter(there)
                .map(|c| Meant {
                    table: place.table,
                    chain: c.name.clone(),
                    number: place.number,
                })
                .into_iter()
                .collect());
        }
        Pattern::Meant {
            chain,
            part,
            service,
        } => (chain, *part, service.as_deref()),
    };
    let Some(service) = named.or(service) else {
        return Err("It is not said which Service is meant: write of NAMESPACE/NAME, or service: in the head.".into());
    };
    let Some(nat) = rules.tables.get(&TableName::Nat) else {
        return Ok(Vec::new());
    };
    let hashes = hashes(&nat.chains, service);
    let of = |prefix: &str| -> Vec<&Chain> {
        let wanted = |hash: &String| ChainName::new(&format!("{prefix}{hash}"));
        let names = hashes.iter().filter_map(wanted);
        names.filter_map(|name| nat.chain(&name)).collect()
    };
    let chains: Vec<&Chain> = match chain {
        Of::Svc => of("KUBE-SVC-"),
        Of::Svl => of("KUBE-SVL-"),
        Of::Ext => of("KUBE-EXT-"),
        Of::Fw => of("KUBE-FW-"),
        Of::Xlb => of("KUBE-XLB-"),
        Of::Sep(whose) => {
            let whose = match whose.as_deref() {
                None => None,
                Some(name) => match address(name) {
                    Some(addr) => Some(addr),
                    None => return Err(format!("\"{name}\" stands for no address.")),
                },
            };
            let callers = ["KUBE-SVC-", "KUBE-SVL-", "KUBE-XLB-"];
            let picked: BTreeSet<&ChainName> = callers
                .into_iter()
                .flat_map(of)
                .flat_map(|chain| chain.rules.iter().filter_map(leads_to_endpoint))
                .collect();
            let chains = picked.into_iter().filter_map(|name| nat.chain(name));
            chains
                .filter(|chain| {
                    whose.is_none_or(|addr| chain.rules.iter().any(|r| to(r) == Some(addr)))
                })
                .collect()
        }
    };
    let meant = |chain: &Chain, number| Meant {
        table: TableName::Nat,
        chain: chain.name.clone(),
        number,
    };
    let Some(part) = part else {
        return Ok(chains.into_iter().map(|chain| meant(chain, None)).collect());
    };
    let (nth, is): (usize, fn(&Rule) -> bool) = match part {
        Part::Masq | Part::Mark | Part::Hairpin => (1, marks),
        Part::Sticky(n) => (n, |rule| {
            leads_to_endpoint(rule).is_some() && asks_recent(rule)
        }),
        Part::Pick(n) => (n, |rule| {
            leads_to_endpoint(rule).is_some() && !asks_recent(rule)
        }),
        Part::Dnat => (1, |rule| to(rule).is_some()),
    };
    let rule = |chain: &&Chain| {
        let found = chain
            .rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| is(rule))
            .nth(nth - 1);
        found.map(|(index, _)| meant(chain, Some(index + 1)))
    };
    Ok(chains.iter().filter_map(rule).collect())
}

/// The rules themselves.
pub fn rules<'r>(ruleset: &'r Ruleset, meant: &[Meant]) -> Vec<&'r Rule> {
    let mut found = Vec::new();
    for one in meant {
        let chain = ruleset
            .tables
            .get(&one.table)
            .and_then(|t| t.chain(&one.chain));
        let Some(chain) = chain else {
            continue;
        };
        match one.number {
            None => found.extend(&chain.rules),
            Some(number) => found.extend(chain.rules.get(number - 1)),
        }
    }
    found
}

/// The hashes that end the names of a Service's chains: one for each of its ports.
fn hashes(chains: &[Chain], service: &str) -> BTreeSet<String> {
    let of_service = |rule: &&Rule| {
        let said = comment(rule).and_then(|text| text.split_whitespace().next());
        said.is_some_and(|said| {
            let rest = said.strip_prefix(service);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        })
    };
    let prefixes = [
        "KUBE-SVC-",
        "KUBE-SVL-",
        "KUBE-EXT-",
        "KUBE-FW-",
        "KUBE-XLB-",
    ];
    chains
        .iter()
        .flat_map(|chain| &chain.rules)
        .filter(of_service)
        .filter_map(|rule| match &rule.target {
            Some(Target::Jump(to) | Target::Goto(to)) => prefixes
                .iter()
                .find_map(|prefix| to.as_str().strip_prefix(prefix)),
            _ => None,
        })
        .map(str::to_owned)
        .collect()
}

/// What a rule's comment says.
pub fn comment(rule: &Rule) -> Option<&str> {
    rule.matches.iter().find_map(|m| match m {
        Match::Comment(comment) => Some(comment.text.as_str()),
        _ => None,
    })
}

/// The chance with which a rule takes a packet that reaches it, where it draws.
pub fn probability(rule: &Rule) -> Option<f64> {
    use netfilter::matches::StatisticMode;
    rule.matches.iter().find_map(|m| match m {
        Match::Statistic(s) => match &s.mode {
            StatisticMode::Random(p) => Some(p.value.as_f64()),
            StatisticMode::Nth { .. } => None,
        },
        _ => None,
    })
}

fn leads_to_endpoint(rule: &Rule) -> Option<&ChainName> {
    match &rule.target {
        Some(Target::Jump(to) | Target::Goto(to)) if to.as_str().starts_with("KUBE-SEP-") => {
            Some(to)
        }
        _ => None,
    }
}

fn asks_recent(rule: &Rule) -> bool {
    rule.matches.iter().any(|m| matches!(m, Match::Recent(_)))
}

fn marks(rule: &Rule) -> bool {
    matches!(&rule.target, Some(Target::Jump(to)) if to.as_str() == "KUBE-MARK-MASQ")
}

/// The address that a DNAT rule writes.
fn to(rule: &Rule) -> Option<IpAddr> {
    match &rule.target {
        Some(Target::Dnat(dnat)) => dnat.to.addrs.map(|(first, _)| first),
        _ => None,
    }
}
