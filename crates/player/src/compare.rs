//! Compares two clusters for one question, on the core's side of the boundary.

use fabric::Ending;
use lab::diff::{NodesDiff, Scope};
use lab::{Ask, Cleaning, Dice, Forced, IpFamily, Lab, Memory, TableName};
use netfilter::diff::{ChainDiff, Presence, RuleChange as Changed, TableDiff};

use crate::chains::{self, ChainView, RuleView};
use crate::comparison::{
    ChainChange, Change, Comparison, NodesChange, RuleChange, Running, ShareChange, Words,
    odds_in_words, running_in_words,
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
        ask.and_then(|ask| crate::counting::odds(lab, &names, &Memory::default(), ask, seed))
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
        running: ask.map_or(Vec::new(), |ask| {
            running(before, after, ask, seed, odds_before.as_ref())
        }),
        summary: String::new(),
    };
    found.summary = summary(&found);
    found
}

fn summary(found: &Comparison) -> String {
    let rules = match found.nodes.first() {
        None => "No rule changes.".to_owned(),
        Some(first) => {
            let others = found.nodes.iter().flat_map(|g| &g.nodes);
            let others: std::collections::BTreeSet<&String> =
                others.filter(|n| !first.nodes.contains(n)).collect();
            let elsewhere = match others.len() {
                0 => String::new(),
                n => format!(
                    "; and others on {}",
                    crate::text::count(n, "more node", "more nodes")
                ),
            };
            format!("{}, {}{elsewhere}.", first.summary(), first.place())
        }
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
    let whole = |c: &ChainChange| c.whole.map_or(0, |w| 1 + usize::from(w == Change::Removed));
    chains.sort_by_key(|c| (whole(c), c.name.starts_with("KUBE-SEP-")));
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

/// What became of the words of a rule: first by options with what belongs to them, so that a match goes
/// as a whole, then word by word where an option stayed and says something else.
fn between(old: &[&str], new: &[&str]) -> Vec<Words> {
    let (old, new) = (options(old), options(new));
    let mut out = Vec::new();
    let found = common(&old, &new);
    let mut at = 0;
    while let Some((old, new)) = found.get(at) {
        // An option that went, with the one that came in its place.
        let pair = match (old, new, found.get(at + 1)) {
            (Some(old), None, Some((None, Some(new)))) if head(old) == head(new) => {
                Some((old, new))
            }
            _ => None,
        };
        match (pair, old, new) {
            (Some((old, new)), ..) => {
                at += 1;
                for (old, new) in common(old, new) {
                    push(&mut out, old, new);
                }
            }
            (None, old, new) => {
                let text = |words: &Vec<&str>| words.join(" ");
                let (old, new) = (old.as_ref().map(text), new.as_ref().map(text));
                push(&mut out, old.as_deref(), new.as_deref());
            }
        }
        at += 1;
    }
    out
}

/// A rule's options, each with what belongs to it: `-m tcp --dport 80`, `! -d 10.0.0.0/8`.
fn options<'a>(words: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut out: Vec<Vec<&str>> = Vec::new();
    for word in words {
        let negates = |last: &Vec<&str>| *last == ["!"];
        let begins = *word == "!" || (word.starts_with('-') && !word.starts_with("--"));
        match out.last_mut() {
            Some(last) if !begins || negates(last) => last.push(word),
            _ => out.push(vec![word]),
        }
    }
    out
}

/// What an option is, without what it says: `-m statistic`, `-d`.
fn head<'a>(option: &[&'a str]) -> Vec<&'a str> {
    let count = match option.first() {
        Some(&("-m" | "!")) => 2,
        _ => 1,
    };
    option.iter().take(count).copied().collect()
}

/// Both lists side by side: what they have in common, in the longest run that keeps their order, and the
/// rest where it stood; what went stands before what came.
fn common<T: Clone + PartialEq>(old: &[T], new: &[T]) -> Vec<(Option<T>, Option<T>)> {
    // longest[i][j] is how much the ends from i and from j have in common.
    let mut longest = vec![vec![0usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] = match old[i] == new[j] {
                true => longest[i + 1][j + 1] + 1,
                false => longest[i + 1][j].max(longest[i][j + 1]),
            };
        }
    }
    let mut out = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a == b => {
                out.push((Some(a.clone()), Some(b.clone())));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), b) if b.is_none() || longest[i + 1][j] >= longest[i][j + 1] => {
                out.push((Some(a.clone()), None));
                i += 1;
            }
            (_, b) => {
                out.push((None, b.cloned()));
                j += 1;
            }
        }
    }
    out
}

/// Adds words behind others of their kind.
fn push(out: &mut Vec<Words>, old: Option<&str>, new: Option<&str>) {
    let text = new.or(old).unwrap_or_default();
    match (out.last_mut(), old, new) {
        (Some(Words::Same(last)), Some(_), Some(_))
        | (Some(Words::Gone(last)), Some(_), None)
        | (Some(Words::Came(last)), None, Some(_)) => *last += &format!(" {text}"),
        (_, Some(_), Some(_)) => out.push(Words::Same(text.into())),
        (_, Some(_), None) => out.push(Words::Gone(text.into())),
        (_, None, _) => out.push(Words::Came(text.into())),
    }
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

/// To so many endpoints a connection is opened.
const MOST_RUNNING: usize = 12;

/// Opens a connection to each endpoint before the change, and sends once more over it afterwards.
fn running(
    before: &Lab,
    after: &Lab,
    ask: &Ask,
    seed: u64,
    odds: Option<&OddsView>,
) -> Vec<Running> {
    let ways = odds.map_or(&[][..], |o| &o.ways);
    let reached = ways.iter().filter(|w| w.socket.is_some() && w.share > 0.0);
    reached
        .take(MOST_RUNNING)
        .filter_map(|way| {
            let script = way.numbers.iter().map(|n| Forced::Number(*n)).collect();
            let mut memory = Memory::default();
            let (_, flow) = before
                .open(&mut memory, ask, &mut Dice::scripted(script, seed))
                .ok()?;
            let flow = flow?;
            let mut carried = after.carry(before, &memory, Cleaning::KubeProxy);
            let again = after.again(&mut carried.memory, &flow, &mut Dice::seeded(seed));
            let cleaned = carried.cleaned.first().map(|c| c.why.clone());
            let (fate, lives) = match again {
                None => ("the client itself is gone".to_owned(), false),
                Some((trip, _)) => fate(&trip.journey.ending, &way.name, cleaned.is_some()),
            };
            Some(Running {
                name: way.name.clone(),
                fate,
                lives,
                cleaned,
            })
        })
        .collect()
}

/// What becomes of the next packet, and whether the connection goes on.
fn fate(ending: &Ending, name: &str, cleaned: bool) -> (String, bool) {
    match ending {
        Ending::Reply { by, .. } => {
            let by = crate::names::short(by);
            match by == name {
                true => ("goes on".to_owned(), true),
                false if cleaned => (
                    format!("its next packet is a first one again; {by} answers"),
                    true,
                ),
                false => (format!("goes on, answered by {by}"), true),
            }
        }
        other => (
            format!(
                "its next packet ends with: {}",
                crate::odds::ending(other.word())
            ),
            false,
        ),
    }
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
            told(
                "-m statistic --probability 0.33 -j A",
                "-m statistic --probability 0.25 -j A"
            ),
            "-m statistic --probability [-0.33-] [+0.25+] -j A"
        );
        assert_eq!(told("-j A", "-m statistic -j A"), "[+-m statistic+] -j A");
        assert_eq!(
            told("-p tcp -m recent --set -m tcp -j A", "-p tcp -m tcp -j A"),
            "-p tcp [--m recent --set-] -m tcp -j A"
        );
        assert_eq!(
            told("! -d 10.0.0.0/8 -j A", "! -d 10.1.0.0/16 -j A"),
            "! -d [-10.0.0.0/8-] [+10.1.0.0/16+] -j A"
        );
        assert_eq!(told("-s 1 -j A", "-d 1 -j A"), "[--s 1-] [+-d 1+] -j A");
    }
}
