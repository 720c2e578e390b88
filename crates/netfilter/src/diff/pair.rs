//! Which rule of a chain is which rule of the same chain on the other side.
//!
//! Equal rules first: of those, the longest run that keeps its order stayed, and the others moved.
//! What is left over is compared without one part at a time, the most telling part first, so that a
//! rule of which only the probability differs is known again before one that leads elsewhere.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::{PartChange, RuleChange};
use crate::rule::{IpFields, Rule};

/// How many parts may differ in a rule that has kept its comment and its target.
const FEW: usize = 2;

const COMMENT: &str = "comment";
const TARGET: &str = "target";

/// All that became of a chain's rules, in no particular order.
pub(super) fn changes(before: &[Rule], after: &[Rule]) -> Vec<RuleChange> {
    if before == after {
        return Vec::new();
    }
    let mut changes = Vec::new();
    let pairs = equal(before, after);
    let mut old_left = vec![true; before.len()];
    let mut new_left = vec![true; after.len()];
    let stayed = longest_run(&pairs);
    for ((from, to), stayed) in pairs.into_iter().zip(stayed) {
        (old_left[from], new_left[to]) = (false, false);
        if !stayed {
            changes.push(RuleChange::Moved {
                from: from + 1,
                to: to + 1,
                rule: after[to].clone(),
            });
        }
    }
    let mut gone = left(before, &old_left);
    let mut came = left(after, &new_left);
    for pass in passes(&gone, &came) {
        let taken = similar(&gone, &came, &pass);
        for &(old, new) in &taken {
            let (old, new) = (&gone[old], &came[new]);
            changes.push(RuleChange::Changed {
                from: old.at + 1,
                to: new.at + 1,
                before: Box::new(before[old.at].clone()),
                after: Box::new(after[new.at].clone()),
                parts: differing(old, new),
            });
        }
        for (old, new) in taken {
            (gone[old].open, came[new].open) = (false, false);
        }
        gone.retain(|left| left.open);
        came.retain(|left| left.open);
    }
    changes.extend(gone.iter().map(|old| RuleChange::Removed {
        number: old.at + 1,
        rule: before[old.at].clone(),
    }));
    changes.extend(came.iter().map(|new| RuleChange::Added {
        number: new.at + 1,
        rule: after[new.at].clone(),
    }));
    changes
}

/// Pairs of equal rules, by the first's place; the nth of its like belongs to the nth.
fn equal(before: &[Rule], after: &[Rule]) -> Vec<(usize, usize)> {
    let mut places: FxHashMap<String, VecDeque<usize>> = FxHashMap::default();
    for (at, rule) in after.iter().enumerate() {
        places.entry(rule.to_string()).or_default().push_back(at);
    }
    let found = before.iter().enumerate().filter_map(|(at, rule)| {
        let twin = places.get_mut(&rule.to_string())?.pop_front()?;
        Some((at, twin))
    });
    found.collect()
}

/// Which pairs belong to the longest run whose second places rise as well.
fn longest_run(pairs: &[(usize, usize)]) -> Vec<bool> {
    // `ends[n]` is the pair with the smallest second place that ends a run of n + 1.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, (_, to)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|&end| pairs[end].1 < *to);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut in_run = vec![false; pairs.len()];
    let mut next = ends.last().copied();
    while let Some(at) = next {
        in_run[at] = true;
        next = before[at];
    }
    in_run
}

/// A rule without an equal on the other side.
struct Left {
    at: usize,
    parts: Vec<Part>,
    open: bool,
}

/// A part of a rule: its name, which of its name it is, and what it says.
#[derive(Clone, PartialEq, Eq)]
struct Part {
    name: String,
    nth: usize,
    text: String,
}

fn left(rules: &[Rule], open: &[bool]) -> Vec<Left> {
    let open = rules.iter().enumerate().filter(|(at, _)| open[*at]);
    open.map(|(at, rule)| Left {
        at,
        parts: parts(rule),
        open: true,
    })
    .collect()
}

fn parts(rule: &Rule) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut push = |name: &str, text: String| {
        let nth = parts.iter().filter(|part| part.name == name).count();
        parts.push(Part {
            name: name.to_owned(),
            nth,
            text,
        });
    };
    let none = IpFields::default;
    let ip = rule.ip.clone();
    for (name, alone) in [
        (
            "-s",
            IpFields {
                src: ip.src,
                ..none()
            },
        ),
        (
            "-d",
            IpFields {
                dst: ip.dst,
                ..none()
            },
        ),
        (
            "-i",
            IpFields {
                in_dev: ip.in_dev,
                ..none()
            },
        ),
        (
            "-o",
            IpFields {
                out_dev: ip.out_dev,
                ..none()
            },
        ),
        (
            "-p",
            IpFields {
                protocol: ip.protocol,
                ..none()
            },
        ),
        (
            "-f",
            IpFields {
                fragment: ip.fragment,
                ..none()
            },
        ),
    ] {
        if alone != none() {
            push(name, alone.to_string().trim().to_owned());
        }
    }
    for extension in &rule.matches {
        let text = extension.to_string();
        let text = text.trim().strip_prefix("-m ").unwrap_or(text.trim());
        let (name, says) = text.split_once(' ').unwrap_or((text, ""));
        push(name, says.to_owned());
    }
    if let Some(target) = &rule.target {
        push(TARGET, target.to_string().trim().to_owned());
    }
    parts
}

/// What two rules must have in common to be the same rule changed.
enum Pass {
    /// Everything but the parts of these names.
    Without(Vec<String>),
    /// Comment and target, and all but [`FEW`] parts.
    CommentAndTarget,
}

/// The passes in order: one part differs; one part and the comment; two parts of a rule whose comment
/// and target say which one it is. A rule that leads elsewhere is only the same if all else is.
fn passes(gone: &[Left], came: &[Left]) -> Vec<Pass> {
    if gone.is_empty() || came.is_empty() {
        return Vec::new();
    }
    let mut names: Vec<&str> = Vec::new();
    for part in gone.iter().chain(came).flat_map(|left| &left.parts) {
        if !names.contains(&part.name.as_str()) {
            names.push(&part.name);
        }
    }
    let weight = |name: &str| match name {
        "statistic" => 0,
        "-d" => 1,
        "-s" => 2,
        COMMENT => 4,
        TARGET => 5,
        _ => 3,
    };
    names.sort_by_key(|name| (weight(name), *name));
    let one = names.iter().map(|name| vec![(*name).to_owned()]);
    let with_comment = names
        .iter()
        .filter(|name| ![COMMENT, TARGET].contains(name));
    let with_comment = with_comment.map(|name| vec![(*name).to_owned(), COMMENT.to_owned()]);
    one.chain(with_comment)
        .map(Pass::Without)
        .chain([Pass::CommentAndTarget])
        .collect()
}

/// What a rule is known by in a pass; `None` where that would be nothing.
fn known_by(left: &Left, pass: &Pass) -> Option<String> {
    let counts = |part: &&Part| match pass {
        Pass::Without(names) => !names.contains(&part.name),
        Pass::CommentAndTarget => part.name == COMMENT || part.name == TARGET,
    };
    let key: Vec<String> = left
        .parts
        .iter()
        .filter(counts)
        .map(|part| format!("{}\u{1f}{}", part.name, part.text))
        .collect();
    let enough = match pass {
        Pass::Without(_) => 1,
        Pass::CommentAndTarget => 2,
    };
    (key.len() >= enough).then(|| key.join("\u{1e}"))
}

/// Pairs that have in common what the pass asks for, the first of its like with the first.
fn similar(gone: &[Left], came: &[Left], pass: &Pass) -> Vec<(usize, usize)> {
    let mut places: FxHashMap<String, VecDeque<usize>> = FxHashMap::default();
    for (at, left) in came.iter().enumerate() {
        if let Some(key) = known_by(left, pass) {
            places.entry(key).or_default().push_back(at);
        }
    }
    let mut pairs = Vec::new();
    for (at, left) in gone.iter().enumerate() {
        let Some(twins) = known_by(left, pass).and_then(|key| places.get_mut(&key)) else {
            continue;
        };
        if let Some(&twin) = twins.front()
            && (1..=FEW).contains(&differing(left, &came[twin]).len())
        {
            twins.pop_front();
            pairs.push((at, twin));
        }
    }
    pairs
}

/// The parts that differ, in the order of the rule that has them.
fn differing(old: &Left, new: &Left) -> Vec<PartChange> {
    let of = |left: &Left, part: &Part| {
        let same = |p: &&Part| p.name == part.name && p.nth == part.nth;
        left.parts.iter().find(same).map(|p| p.text.clone())
    };
    let mut changes = Vec::new();
    for part in &old.parts {
        let after = of(new, part);
        if after.as_ref() != Some(&part.text) {
            changes.push(PartChange {
                part: part.name.clone(),
                before: Some(part.text.clone()),
                after,
            });
        }
    }
    let only_new = new.parts.iter().filter(|part| of(old, part).is_none());
    changes.extend(only_new.map(|part| PartChange {
        part: part.name.clone(),
        before: None,
        after: Some(part.text.clone()),
    }));
    changes
}
