//! `chainwalk rules --origins` and `--json`: who wrote each rule, why, and which line of YAML made it.

use std::collections::BTreeMap;
use std::fmt::Write;

use lab::{IpFamily, Lab, NodeRules, RuleOrigin, RuleRef, Source, TableName};
use netfilter::listing::NoSuchChain;
use netfilter::{Chain, ChainKind, ChainName};
use serde::Serialize;

use crate::args::Rules;
use crate::{Failure, listing};

/// One node's rules in one family, and where they come from.
pub struct Book<'a> {
    /// The cluster.
    pub lab: &'a Lab,
    /// The texts it was read from.
    pub sources: &'a [Source],
    /// Whose rules.
    pub node: &'a str,
    /// Of which family.
    pub family: IpFamily,
    /// The rules.
    pub rules: &'a NodeRules,
}

impl Book<'_> {
    fn origin(&self, table: TableName, chain: &ChainName, number: usize) -> Option<RuleOrigin> {
        let rule = RuleRef {
            table,
            chain: chain.clone(),
            number,
        };
        self.lab.origin(self.node, self.family, &rule)
    }

    /// Puts comments above the chains and rules of a text that iptables' tools print. The text can
    /// still be given to iptables-restore, which passes over them.
    pub fn comment(&self, text: &str, table: TableName, first: usize) -> String {
        let mut out = String::with_capacity(text.len() * 3);
        let mut table = table;
        let mut numbers = BTreeMap::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix('*').and_then(TableName::parse) {
                table = name;
                numbers.clear();
            }
            let comment = match Line::of(line) {
                Line::Chain(name) => self.rules.proxy.chain_purpose(table, name),
                Line::Rule(chain) => {
                    let number = numbers.entry(chain.clone()).or_insert(first);
                    let origin = self.origin(table, &chain, *number);
                    *number += 1;
                    origin.map(|origin| self.told(&origin))
                }
                Line::Other => None,
            };
            if let Some(comment) = comment {
                let _ = writeln!(out, "# {comment}");
            }
            let _ = writeln!(out, "{line}");
        }
        out
    }

    /// `kube-proxy, for Service demo/web spec.clusterIP (demo.yaml:12:14): …`
    fn told(&self, origin: &RuleOrigin) -> String {
        let mut text = origin.written_by.to_owned();
        if let Some((kind, namespace, name)) = &origin.object {
            let _ = match namespace.is_empty() {
                true => write!(text, ", for {kind} {name}"),
                false => write!(text, ", for {kind} {namespace}/{name}"),
            };
        }
        if !origin.field.is_empty() {
            let _ = write!(text, " {}", origin.field);
        }
        if let Some(who) = origin.made_by {
            let _ = write!(text, ", made by {who}");
        }
        if let Some(span) = origin.span {
            let file = self.sources.get(span.source).map_or("", |s| &s.name);
            let _ = write!(text, " ({file}:{}:{})", span.line, span.column);
        }
        let _ = write!(text, ": {}", origin.why);
        text
    }

    /// The object of `rules --json`.
    pub fn json(&self, args: &Rules) -> Result<RulesJson, Failure> {
        let ruleset = &self.rules.ruleset;
        let asked = &args.listing;
        let wanted = |name: &TableName| asked.table.is_none_or(|only| only == *name);
        let tables = ruleset.tables.values().filter(|table| wanted(&table.name));
        let mut found = Vec::new();
        for table in tables {
            let chains = table.in_listing_order().into_iter();
            let chains: Vec<ChainJson> = chains
                .filter(|chain| {
                    asked
                        .chain
                        .as_deref()
                        .is_none_or(|c| c == chain.name.as_str())
                })
                .map(|chain| self.chain_json(table.name, chain))
                .collect();
            if !chains.is_empty() {
                found.push(TableJson {
                    table: table.name.name(),
                    chains,
                });
            }
        }
        if let (true, Some(chain)) = (found.is_empty(), &asked.chain) {
            let missing = NoSuchChain {
                table: asked.table.unwrap_or(listing::DEFAULT_TABLE),
                chain: chain.clone(),
            };
            return Err(listing::elsewhere(ruleset, &missing));
        }
        Ok(RulesJson {
            node: self.node.to_owned(),
            family: family(self.family),
            kube_proxy: self.rules.proxy.dialect.name(),
            tables: found,
        })
    }

    fn chain_json(&self, table: TableName, chain: &Chain) -> ChainJson {
        let rules = chain.rules.iter().enumerate().map(|(at, rule)| {
            let origin = self.origin(table, &chain.name, at + 1);
            let span = origin.as_ref().and_then(|o| o.span);
            RuleJson {
                number: at + 1,
                rule: rule.to_string(),
                written_by: origin.as_ref().map(|o| o.written_by),
                object: origin.as_ref().and_then(|o| {
                    let (kind, namespace, name) = o.object.clone()?;
                    Some(ObjectJson {
                        kind,
                        namespace,
                        name,
                        made_by: o.made_by,
                    })
                }),
                field: origin.as_ref().map(|o| o.field.clone()).unwrap_or_default(),
                file: span.and_then(|s| Some(self.sources.get(s.source)?.name.clone())),
                line: span.map(|s| s.line),
                column: span.map(|s| s.column),
                why: origin.map(|o| o.why).unwrap_or_default(),
            }
        });
        ChainJson {
            chain: chain.name.to_string(),
            policy: match chain.kind {
                ChainKind::Base { policy, .. } => Some(policy.to_string()),
                ChainKind::User => None,
            },
            purpose: self.rules.proxy.chain_purpose(table, chain.name.as_str()),
            rules: rules.collect(),
        }
    }
}

/// A line that iptables' tools print.
enum Line<'a> {
    Chain(&'a str),
    Rule(ChainName),
    Other,
}

impl Line<'_> {
    fn of(line: &str) -> Line<'_> {
        let word = |rest: &'_ str| rest.split(' ').next().unwrap_or("").len();
        if let Some(rest) = line.strip_prefix(':').or_else(|| line.strip_prefix("-N ")) {
            return Line::Chain(&rest[..word(rest)]);
        }
        // `iptables-save -c` puts `[packets:bytes] ` in front.
        let bare = match line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("] "))
        {
            Some((_, bare)) => bare,
            None => line,
        };
        let rule = bare.strip_prefix("-A ").map(|rest| &rest[..word(rest)]);
        rule.and_then(ChainName::new)
            .map_or(Line::Other, Line::Rule)
    }
}

/// A family's word, as `--family` takes it.
pub fn family(family: IpFamily) -> &'static str {
    match family {
        IpFamily::Ipv4 => "ipv4",
        IpFamily::Ipv6 => "ipv6",
    }
}

/// `rules --json`
#[derive(Serialize)]
pub struct RulesJson {
    node: String,
    family: &'static str,
    kube_proxy: &'static str,
    tables: Vec<TableJson>,
}

#[derive(Serialize)]
struct TableJson {
    table: &'static str,
    chains: Vec<ChainJson>,
}

#[derive(Serialize)]
struct ChainJson {
    chain: String,
    policy: Option<String>,
    purpose: Option<String>,
    rules: Vec<RuleJson>,
}

#[derive(Serialize)]
struct RuleJson {
    number: usize,
    rule: String,
    written_by: Option<&'static str>,
    why: String,
    object: Option<ObjectJson>,
    field: String,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
}

#[derive(Serialize)]
struct ObjectJson {
    kind: String,
    namespace: String,
    name: String,
    made_by: Option<&'static str>,
}
