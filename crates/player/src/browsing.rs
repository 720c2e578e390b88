//! Answers the rules browser, on the core's side of the boundary: a window of a node's rules, found,
//! listed and counted.
//!
//! What is asked and what comes back is [`crate::late::rules`]'s to say. What a listing looks like is
//! netfilter's.

mod counted;
mod search;

use std::rc::Rc;

use lab::{Lab, NodeRules, Ruleset, TableName};
use netfilter::listing::{self, Backend, Counters, Detail, Layout, Names, Numbering, Part};
use netfilter::{Chain, ChainKind, Match, Policy, Table, Target};

use crate::chains::{self, Act};
use crate::lab_engine::Book;
use crate::late::rules::{
    Amount, Ask, Body, Counting, Found, Head, INDEX, Line, Listed, PAGE, Row, Show, Size, Switch,
    View, Window,
};
use counted::Counts;
use search::{Hit, Search};

/// More nodes than these are named by typing, not by a list.
const NODES: usize = 500;
/// More callers of a chain than these are counted only.
const CALLERS: usize = 8;
/// What the first chains of a table are for, as long as none is chosen.
const PURPOSES: usize = 24;

/// What is kept between one window and the next.
#[derive(Default)]
pub struct Browsing {
    /// The rules that everything here is about; others make it worthless.
    of: Option<Rc<NodeRules>>,
    counts: Option<Counts>,
    search: Option<Search>,
    text: Option<Listing>,
}

/// A text that was printed, and where its lines begin.
struct Listing {
    of: Ask,
    text: String,
    lines: Vec<usize>,
}

impl Browsing {
    /// Answers. `None` where the cluster has no node.
    pub fn find(&mut self, lab: &Lab, ask: &Ask) -> Option<Found> {
        let nodes = &lab.cluster().nodes;
        let node = nodes.iter().find(|n| n.name == ask.node);
        let node = &node.or(nodes.first())?.name;
        let rules = lab.rules(node, ask.family);
        if self.of.as_ref().is_none_or(|of| !Rc::ptr_eq(of, &rules)) {
            *self = Browsing {
                of: Some(rules.clone()),
                ..Browsing::default()
            };
        }
        if self
            .counts
            .as_ref()
            .is_none_or(|c| !c.is_of(node, ask.family, &ask.counted))
        {
            self.counts = Some(Counts::of(lab, node, ask.family, &ask.counted));
        }
        let search = Search::words(lab, &ask.search);
        if self.search.as_ref().is_none_or(|s| s.words != search) {
            self.search = Some(Search::run(&rules.ruleset, search));
        }
        let view = Sight {
            lab,
            node,
            rules: &rules,
            ask,
            counts: self.counts.as_ref()?,
            search: self.search.as_ref()?,
        };
        let body = match ask.view {
            View::Rules if ask.amount == Amount::Page => view.rules(),
            _ => view.text(&mut self.text),
        };
        Some(Found {
            node: node.clone(),
            nodes: nodes.iter().take(NODES).map(|n| n.name.clone()).collect(),
            more_nodes: nodes.len().saturating_sub(NODES),
            sizes: sizes(&rules.ruleset),
            index: view.index(),
            body,
            command: command(ask, &rules.ruleset),
            cost: view.counts.cost.clone(),
        })
    }
}

fn sizes(ruleset: &Ruleset) -> Vec<Size> {
    let of = |table: &Table| Size {
        table: table.name,
        chains: table.chains.len(),
        rules: table.chains.iter().map(|chain| chain.rules.len()).sum(),
    };
    ruleset.tables.values().map(of).collect()
}

/// What prints the view on a node.
fn command(ask: &Ask, ruleset: &Ruleset) -> String {
    let tool = match ruleset.family {
        netfilter::Family::Ipv4 => "iptables",
        netfilter::Family::Ipv6 => "ip6tables",
    };
    let table = ask.table;
    let chain = ask
        .chain
        .as_deref()
        .map_or(String::new(), |chain| format!(" {chain}"));
    let on = |switch: Switch, option: &'static str| match switch {
        Switch::On => option,
        Switch::Off => "",
    };
    let with = &ask.switches;
    match ask.view {
        View::Rules => format!("{tool} -t {table} -S{chain}"),
        View::Spec => format!("{tool} -t {table} -S{chain}{}", on(with.verbose, " -v")),
        View::List => format!(
            "{tool} -t {table} -L{chain}{}{}{}",
            on(with.numeric, " -n"),
            on(with.verbose, " -v"),
            on(with.numbers, " --line-numbers"),
        ),
        View::Save => format!("{tool}-save -t {table}{}", on(with.verbose, " -c")),
        View::Restore => String::new(),
    }
}

/// One look at a node's rules.
struct Sight<'a> {
    lab: &'a Lab,
    node: &'a str,
    rules: &'a NodeRules,
    ask: &'a Ask,
    counts: &'a Counts,
    search: &'a Search,
}

impl Sight<'_> {
    fn index(&self) -> Window<Listed> {
        let listed = |table: &Table, chain: &Chain, hits| Listed {
            table: table.name,
            name: chain.name.as_str().to_owned(),
            rules: chain.rules.len(),
            hits,
            walked: self.counts.comes_to(table.name, chain.name.as_str()),
        };
        if !self.search.words.is_empty() {
            let found: Vec<_> = self.search.chains(&self.rules.ruleset).collect();
            return window(found.len(), self.ask.index_from, INDEX, |at| {
                let (table, chain, hits) = found[at];
                listed(table, chain, hits)
            });
        }
        let Some(table) = self.rules.ruleset.tables.get(&self.ask.table) else {
            return window(0, 0, INDEX, |_| unreachable!("nothing is in it"));
        };
        let mut chains = table.in_listing_order();
        if self.ask.show != Show::All {
            chains.retain(|c| self.counts.comes_to(table.name, c.name.as_str()));
        }
        window(chains.len(), self.ask.index_from, INDEX, |at| {
            listed(table, chains[at], 0)
        })
    }

    /// The chain that is open, or what was found, or what the chains are for.
    fn rules(&self) -> Body {
        if let Some(name) = &self.ask.chain {
            let tables = &self.rules.ruleset.tables;
            let mut tables = tables
                .get(&self.ask.table)
                .into_iter()
                .chain(tables.values());
            return match tables.find_map(|t| Some((t, &t.chains[t.position_of(name)?]))) {
                Some((table, chain)) => self.chain(table, chain),
                None => Body::NoChain(name.clone()),
            };
        }
        if !self.search.words.is_empty() {
            let hits = &self.search.hits;
            let rows = window(hits.len(), self.ask.from, PAGE, |at| {
                let Hit { table, chain, rule } = hits[at];
                let table = &self.rules.ruleset.tables[&table];
                self.row(table, &table.chains[chain], rule)
            });
            return Body::Hits(rows, self.search.counting);
        }
        let table = self.rules.ruleset.tables.get(&self.ask.table);
        let chains = table.map_or(Vec::new(), Table::in_listing_order);
        let told = chains.into_iter().filter_map(|chain| {
            let purpose = self.purpose(self.ask.table, chain);
            let of_one = [
                "KUBE-SVC-",
                "KUBE-SVL-",
                "KUBE-SEP-",
                "KUBE-EXT-",
                "KUBE-FW-",
            ];
            let name = chain.name.as_str();
            let shown = !purpose.is_empty() && !of_one.iter().any(|p| name.starts_with(p));
            shown.then(|| (name.to_owned(), purpose))
        });
        Body::Purposes(told.take(PURPOSES).collect())
    }

    fn purpose(&self, table: TableName, chain: &Chain) -> String {
        let name = chain.name.as_str();
        let known = self.rules.proxy.chain_purpose(table, name);
        known.unwrap_or_else(|| chains::about(name, policy(chain)))
    }

    fn chain(&self, table: &Table, chain: &Chain) -> Body {
        let name = chain.name.as_str();
        let mut callers = Vec::new();
        let mut references = 0;
        for caller in &table.chains {
            for (at, rule) in caller.rules.iter().enumerate() {
                if let Some(Target::Jump(to) | Target::Goto(to)) = &rule.target
                    && *to == chain.name
                {
                    references += 1;
                    if callers.len() < CALLERS {
                        callers.push((caller.name.as_str().to_owned(), at + 1));
                    }
                }
            }
        }
        let head = Head {
            table: table.name,
            name: name.to_owned(),
            policy: policy(chain).map(Into::into),
            purpose: self.purpose(table.name, chain),
            rules: chain.rules.len(),
            counters: self.counts.policy(table.name, name),
            references,
            callers,
        };
        let lines = self.lines(table.name, chain);
        let lines = window(lines.len(), self.ask.from, PAGE, |at| match lines[at] {
            Kept::Rule(rule) => Line::Rule(Box::new(self.row(table, chain, rule))),
            Kept::Folded(rules) => Line::Folded(rules),
        });
        Body::Chain { head, lines }
    }

    /// The rules that stay when what the walk does not touch is folded away.
    fn lines(&self, table: TableName, chain: &Chain) -> Vec<Kept> {
        let mut lines = Vec::new();
        let mut folded = 0;
        for at in 0..chain.rules.len() {
            let (tried, matched) = self.counts.tried(table, chain.name.as_str(), at + 1);
            let stays = match self.ask.show {
                Show::All => true,
                Show::Tried => tried > 0,
                Show::Matched => matched > 0,
            };
            match (stays, folded) {
                (false, _) => folded += 1,
                (true, 0) => lines.push(Kept::Rule(at)),
                (true, _) => {
                    lines.push(Kept::Folded(std::mem::take(&mut folded)));
                    lines.push(Kept::Rule(at));
                }
            }
        }
        if folded > 0 {
            lines.push(Kept::Folded(folded));
        }
        lines
    }

    fn row(&self, table: &Table, chain: &Chain, at: usize) -> Row {
        let name = chain.name.as_str();
        let rule = &chain.rules[at];
        let mut view = chains::rule(name, at + 1, &rule.to_string());
        if let Act::Jump(to) = &view.act {
            view.leads_to = chains::destination(&self.rules.ruleset, table.name, to);
        }
        let book = Book {
            lab: self.lab,
            family: self.ask.family,
        };
        view.origin = book.origin(self.node, table.name, name, at + 1);
        let said = rule.matches.iter().find_map(|m| match m {
            Match::Comment(comment) => Some(comment.text.clone()),
            _ => None,
        });
        let (packets, bytes) = self.counts.counters(table.name, name, at + 1);
        Row {
            table: table.name,
            chain: name.to_owned(),
            rule: view,
            comment: said.unwrap_or_default(),
            counters: (rule.counters.0 + packets, rule.counters.1 + bytes),
            tried: self.counts.tried(table.name, name, at + 1),
        }
    }

    /// What a tool prints, printed once for all its windows.
    fn text(&self, kept: &mut Option<Listing>) -> Body {
        let of = Ask {
            from: 0,
            index_from: 0,
            amount: Amount::Page,
            search: String::new(),
            show: Show::All,
            ..self.ask.clone()
        };
        if kept.as_ref().is_none_or(|k| k.of != of) {
            let text = match self.print() {
                Ok(text) => text,
                Err(missing) => return Body::NoChain(missing.chain),
            };
            let mut lines: Vec<usize> = vec![0];
            lines.extend(text.match_indices('\n').map(|(at, _)| at + 1));
            // The last line ends, too.
            lines.pop_if(|at| *at == text.len());
            *kept = Some(Listing { of, text, lines });
        }
        let Some(Listing { text, lines, .. }) = kept else {
            return Body::Whole(String::new());
        };
        if self.ask.amount == Amount::Whole {
            return Body::Whole(text.clone());
        }
        let shown = window(lines.len(), self.ask.from, PAGE, |at| {
            let end = lines.get(at + 1).copied().unwrap_or(text.len());
            text[lines[at]..end].trim_end_matches('\n').to_owned()
        });
        Body::Text(shown)
    }

    fn print(&self) -> Result<String, listing::NoSuchChain> {
        let (ask, with) = (self.ask, self.ask.switches);
        let part = ask.chain.as_deref().map_or(Part::Table, Part::Chain);
        let detail = match with.verbose {
            Switch::On => Detail::Verbose,
            Switch::Off => Detail::Plain,
        };
        if ask.view == View::Restore {
            return Ok(self.rules.proxy.restore());
        }
        // Copying a large table takes its time; without counters there is nothing to write into it.
        let counted = match (ask.view, with.verbose) {
            (View::Rules, _) | (_, Switch::Off) => None,
            (_, Switch::On) => Some(self.counts.written_into(&self.rules.ruleset, ask.table)),
        };
        let ruleset = counted.as_ref().unwrap_or(&self.rules.ruleset);
        match ask.view {
            View::Rules => listing::spec(ruleset, ask.table, part, Detail::Plain),
            View::Spec => listing::spec(ruleset, ask.table, part, detail),
            View::List => {
                let layout = Layout {
                    names: match with.numeric {
                        Switch::On => Names::Numeric,
                        Switch::Off => Names::Looked,
                    },
                    detail,
                    numbering: match with.numbers {
                        Switch::On => Numbering::With,
                        Switch::Off => Numbering::Without,
                    },
                };
                listing::list(ruleset, ask.table, part, layout)
            }
            View::Save | View::Restore => {
                let counters = match with.verbose {
                    Switch::On => Counters::With,
                    Switch::Off => Counters::Without,
                };
                Ok(listing::save_tables(
                    ruleset,
                    Backend::Nft,
                    counters,
                    Some(ask.table),
                ))
            }
        }
    }
}

/// A line before it is made.
#[derive(Clone, Copy)]
enum Kept {
    Rule(usize),
    Folded(usize),
}

fn policy(chain: &Chain) -> Option<&'static str> {
    match chain.kind {
        ChainKind::Base { policy, .. } => Some(match policy {
            Policy::Accept => "ACCEPT",
            Policy::Drop => "DROP",
        }),
        ChainKind::User => None,
    }
}

/// A part of something longer, made where it is wanted. One that begins behind the end begins anew.
fn window<T>(total: usize, from: usize, most: usize, make: impl Fn(usize) -> T) -> Window<T> {
    let from = if from < total { from } else { 0 };
    let rows = (from..total).take(most).map(make).collect();
    Window { rows, from, total }
}

impl Search {
    /// Chains that have what is searched for, in their names or their rules.
    fn chains<'r>(
        &self,
        ruleset: &'r Ruleset,
    ) -> impl Iterator<Item = (&'r Table, &'r Chain, usize)> {
        self.chains.iter().filter_map(|&(table, at, hits)| {
            let table = ruleset.tables.get(&table)?;
            Some((table, table.chains.get(at)?, hits))
        })
    }
}

/// Whether a search was cut short.
impl From<bool> for Counting {
    fn from(cut: bool) -> Counting {
        match cut {
            true => Counting::AtLeast,
            false => Counting::Exact,
        }
    }
}
