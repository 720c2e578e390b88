//! Compares two clusters for one question, on the core's side of the boundary.

use lab::diff::{NodesDiff, Scope};
use lab::{Ask, IpFamily, Lab, TableName};
use netfilter::diff::{ChainDiff, Presence, RuleChange as Changed, TableDiff};

use crate::chains::{self, ChainView, RuleView};
use crate::comparison::{
    ChainChange, Change, Comparison, NodesChange, RuleChange, ShareChange, Words, odds_in_words,
    running_in_words,
};
use crate::names::Names;
use crate::odds::{OddsView, ending};

/// Up to so many nodes all of them are compared; else those alone that the walk meets.
const MOST_NODES: usize = 12;
/// Up to so many lines of rules are told of nodes that differ alike.
const MOST_LINES: usize = 300;

/// What leads from one cluster to another, for a question and the nodes that its walk meets.
pub fn compare(
    before: &Lab,
    after: &Lab,
    ask: Option<&Ask>,
    seed: u64,
    walked: &[String],
) -> Comparison {
    let names = |lab: &Lab| {
        lab.cluster()
            .nodes
            .iter()
            .map(|n| n.name.clone())
            .collect::<Vec<_>>()
    };
    let (old, new) = (names(before), names(after));
    let missing = |from: &[String], other: &Lab| {
        let gone = from.iter().filter(|n| other.cluster().node(n).is_none());
        gone.cloned().collect::<Vec<_>>()
    };
    let both = || new.iter().filter(|n| before.cluster().node(n).is_some());
    let is_walked = |n: &&String| walked.contains(n);
    let looked_at: Vec<&String> = match new.len() > MOST_NODES {
        true => both().filter(is_walked).collect(),
        false => both()
            .filter(is_walked)
            .chain(both().filter(|n| !is_walked(n)))
            .collect(),
    };
    let left_out = both().count() - looked_at.len();
    let mut groups: Vec<NodesDiff> = Vec::new();
    for node in looked_at {
        let scope = Scope {
            node: Some(node),
            family: None,
        };
        for found in lab::diff::diff(before, after, scope).nodes {
            let alike = |g: &&mut NodesDiff| g.family == found.family && g.diff == found.diff;
            match groups.iter_mut().find(alike) {
                Some(group) => group.nodes.extend(found.nodes),
                None => groups.push(found),
            }
        }
    }
    let nodes = groups
        .iter()
        .map(|group| nodes(before, after, group))
        .collect();
    let odds = |lab: &Lab| {
        let names = Names::of(lab.cluster());
        ask.and_then(|ask| crate::counting::odds(lab, &names, ask, seed))
    };
    let (odds_before, odds_after) = (odds(before), odds(after));
    let shares = shares(odds_before.as_ref(), odds_after.as_ref());
    let mut found = Comparison {
        nodes,
        gone: missing(&old, after),
        came: missing(&new, before),
        left_out,
        by_chance: [&odds_before, &odds_after]
            .into_iter()
            .flatten()
            .any(OddsView::is_chance),
        shares,
        running: Vec::new(),
        summary: String::new(),
    };
    found.summary = summary(&found);
    found
}

fn summary(found: &Comparison) -> String {
    let rules = match found.nodes.first() {
        None => "No rule changes.".to_owned(),
        Some(first) => format!("{}, {}.", first.summary(), first.place()),
    };
    let mut said = vec![rules];
    if !found.shares.is_empty() {
        said.push(odds_in_words(&found.shares));
    }
    said.push(running_in_words(&found.running));
    said.retain(|s| !s.is_empty());
    said.join(" ")
}

fn nodes(before: &Lab, after: &Lab, group: &NodesDiff) -> NodesChange {
    let node = group.nodes.first().map_or("", String::as_str);
    let books = [before, after].map(|lab| lab.rules(node, group.family));
    let mut chains: Vec<ChainChange> = Vec::new();
    let mut tables: Vec<&TableDiff> = group.diff.tables.iter().collect();
    // nat is where a Service lives: it is told first.
    tables.sort_by_key(|t| t.table != TableName::Nat);
    for table in tables {
        for diff in &table.chains {
            let views =
                [0, 1].map(|i| chains::view(&books[i].ruleset, table.table, diff.chain.as_str()));
            chains.push(chain(table.table, diff, &views));
        }
    }
    // A chain that stayed and says something else is what the others follow from.
    chains.sort_by_key(|c| c.whole.map_or(0, |w| 1 + usize::from(w == Change::Removed)));
    let mut left = MOST_LINES;
    let mut left_out = 0;
    for chain in &mut chains {
        left_out += chain.rules.len().saturating_sub(left);
        chain.rules.truncate(left);
        left -= chain.rules.len();
    }
    NodesChange {
        nodes: group.nodes.clone(),
        family: match group.family {
            IpFamily::Ipv4 => "IPv4".into(),
            IpFamily::Ipv6 => "IPv6".into(),
        },
        chains,
        left_out,
    }
}

fn chain(table: TableName, diff: &ChainDiff, [old, new]: &[Option<ChainView>; 2]) -> ChainChange {
    let name = diff.chain.as_str();
    let about = new.as_ref().or(old.as_ref()).map(ChainView::about);
    let rule = |view: &Option<ChainView>, number: usize| view.as_ref()?.rule(number).cloned();
    let rules: Vec<RuleChange> = diff
        .rules
        .iter()
        .filter_map(|change| {
            Some(match change {
                Changed::Removed { number, .. } => {
                    line(Change::Removed, None, &rule(old, *number)?)
                }
                Changed::Added { number, .. } => line(Change::Added, None, &rule(new, *number)?),
                Changed::Moved { from, to, .. } => {
                    line(Change::Moved, Some(*from), &rule(new, *to)?)
                }
                Changed::Changed { from, to, .. } => {
                    let (before, after) = (rule(old, *from)?, rule(new, *to)?);
                    RuleChange {
                        words: between(&words(&before), &words(&after)),
                        was: (from != to).then_some(*from),
                        ..line(Change::Changed, None, &after)
                    }
                }
            })
        })
        .collect();
    let new_count = new.as_ref().map_or(0, |v| v.rules.len());
    let touched = rules.iter().filter(|r| r.change != Change::Removed).count();
    ChainChange {
        table: table.name().into(),
        name: name.into(),
        about: about.unwrap_or_default(),
        whole: match diff.presence {
            Presence::Kept => None,
            Presence::Added => Some(Change::Added),
            Presence::Removed => Some(Change::Removed),
        },
        policy: diff.policy.map(|(a, b)| (a.to_string(), b.to_string())),
        rules,
        unchanged: new_count.saturating_sub(touched),
    }
}

fn line(change: Change, was: Option<usize>, rule: &RuleView) -> RuleChange {
    RuleChange {
        change,
        number: rule.number,
        was,
        leads_to: rule.leads_to.clone(),
        words: vec![Words::Same(words(rule).join(" "))],
        full: rule.full.clone(),
    }
}

fn words(rule: &RuleView) -> Vec<&str> {
    rule.conditions
        .split(' ')
        .chain(rule.target.split(' '))
        .filter(|w| !w.is_empty())
        .collect()
}

/// What became of the words: those in common, in the longest run of them that keeps their order, and the
/// others where they stood.
fn between(old: &[&str], new: &[&str]) -> Vec<Words> {
    // longest[i][j] is how many words the ends from i and from j have in common.
    let mut longest = vec![vec![0usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] = match old[i] == new[j] {
                true => longest[i + 1][j + 1] + 1,
                false => longest[i + 1][j].max(longest[i][j + 1]),
            };
        }
    }
    let mut out: Vec<Words> = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        let (kept, gone) = match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a == b => (true, false),
            (Some(_), None) => (false, true),
            (Some(_), Some(_)) => (false, longest[i + 1][j] >= longest[i][j + 1]),
            _ => (false, false),
        };
        match (out.last_mut(), kept, gone) {
            (Some(Words::Same(text)), true, _) => *text += &format!(" {}", new[j]),
            (_, true, _) => out.push(Words::Same(new[j].into())),
            (Some(Words::Gone(text)), false, true) => *text += &format!(" {}", old[i]),
            (_, false, true) => out.push(Words::Gone(old[i].into())),
            (Some(Words::Came(text)), false, false) => *text += &format!(" {}", new[j]),
            (_, false, false) => out.push(Words::Came(new[j].into())),
        }
        i += usize::from(kept || gone);
        j += usize::from(kept || !gone);
    }
    out
}

/// Both lists of odds as one, in the order of the rules afterwards.
fn shares(before: Option<&OddsView>, after: Option<&OddsView>) -> Vec<ShareChange> {
    let mut found: Vec<ShareChange> = Vec::new();
    let lists = [(false, before), (true, after)];
    for (is_after, odds) in lists {
        for way in odds.iter().flat_map(|o| &o.ways) {
            let same = |s: &ShareChange| s.socket == way.socket && s.ending == ending(&way.outcome);
            let at = found.iter().position(same);
            let entry = match at {
                Some(at) => &mut found[at],
                None => {
                    found.push(ShareChange {
                        name: way.name.clone(),
                        socket: way.socket.clone(),
                        ending: ending(&way.outcome).to_owned(),
                        before: 0.0,
                        after: 0.0,
                    });
                    found.last_mut().expect("one was pushed")
                }
            };
            match is_after {
                true => entry.after += way.share,
                false => entry.before += way.share,
            }
        }
    }
    let order = |s: &ShareChange| {
        let ways = after.map_or(&[][..], |o| &o.ways);
        ways.iter()
            .position(|w| w.socket == s.socket && ending(&w.outcome) == s.ending)
            .unwrap_or(usize::MAX)
    };
    found.sort_by_key(order);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str) -> String {
        let split = |text: &'static str| text.split(' ').collect::<Vec<_>>();
        let (old, new): (&'static str, &'static str) =
            (old.to_owned().leak(), new.to_owned().leak());
        let told = between(&split(old), &split(new));
        let one = |w: &Words| match w {
            Words::Same(text) => text.clone(),
            Words::Gone(text) => format!("[-{text}-]"),
            Words::Came(text) => format!("[+{text}+]"),
        };
        told.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_are_compared() {
        assert_eq!(told("a b c", "a b c"), "a b c");
        assert_eq!(
            told("-p 0.33 -j A", "-p 0.25 -j A"),
            "-p [-0.33-] [+0.25+] -j A"
        );
        assert_eq!(told("-j A", "-m statistic -j A"), "[+-m statistic+] -j A");
        assert_eq!(told("x", "y z"), "[-x-] [+y z+]");
    }
}
