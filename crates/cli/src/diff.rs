//! `chainwalk diff`: how the rules of two clusters differ, as text and as JSON.

use std::fmt::Write;
use std::process::ExitCode;

use lab::diff::{Differences, Scope};
use lab::{Lab, Options};
use netfilter::diff::{ChainDiff, Diff, PartChange, Presence, RuleChange, TableDiff};
use serde::Serialize;

use crate::{Failure, args, json, load, origins, rules};

/// As diff(1) has it.
const DIFFERENT: u8 = 1;

/// Compares the two.
pub fn run(args: &args::Diff, out: &mut String) -> Result<ExitCode, Failure> {
    if args.before == "-" && args.after == "-" {
        return Err(Failure(
            "only one of the two can come from standard input".into(),
        ));
    }
    let version = args.to_kube_proxy.as_ref().unwrap_or(&args.kube_proxy);
    let before = cluster(args, &args.before, &args.kube_proxy)?;
    let after = cluster(args, &args.after, version)?;
    if let Some(node) = &args.node
        && after.cluster().node(node).is_none()
    {
        rules::known(&before, node)?;
    }
    let scope = Scope {
        node: args.node.as_deref(),
        family: args.family.map(args::FamilyName::family),
    };
    let found = lab::diff::diff(&before, &after, scope);
    match args.json {
        true => json::write(out, &DiffJson::of(&found))?,
        false => print(&found, out),
    }
    Ok(match found.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(DIFFERENT),
    })
}

fn cluster(args: &args::Diff, file: &String, version: &str) -> Result<Lab, Failure> {
    let options = Options {
        plan: args.ranges.plan(),
        dialect: rules::version(version)?,
        ..Options::default()
    };
    let (lab, _) = load(std::slice::from_ref(file), options)?;
    Ok(lab)
}

fn print(found: &Differences, out: &mut String) {
    for (sign, names) in [('-', &found.gone), ('+', &found.came)] {
        for name in names {
            let _ = writeln!(out, "{sign} node {name}");
        }
    }
    for group in &found.nodes {
        let nodes = match &group.nodes[..] {
            [node] => format!("node {node}"),
            nodes => format!("nodes {}", nodes.join(", ")),
        };
        let _ = write!(
            out,
            "  {nodes}, {}\n{}",
            origins::family(group.family),
            group.diff
        );
    }
}

#[derive(Serialize)]
struct DiffJson {
    equal: bool,
    nodes_removed: Vec<String>,
    nodes_added: Vec<String>,
    differences: Vec<NodesJson>,
}

#[derive(Serialize)]
struct NodesJson {
    nodes: Vec<String>,
    family: &'static str,
    removed: usize,
    added: usize,
    moved: usize,
    changed: usize,
    tables: Vec<TableJson>,
}

#[derive(Serialize)]
struct TableJson {
    table: &'static str,
    presence: &'static str,
    chains: Vec<ChainJson>,
}

#[derive(Serialize)]
struct ChainJson {
    chain: String,
    presence: &'static str,
    policy: Option<[String; 2]>,
    rules: Vec<RuleJson>,
}

#[derive(Serialize)]
struct RuleJson {
    change: &'static str,
    from: Option<usize>,
    to: Option<usize>,
    before: Option<String>,
    after: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartJson>,
}

#[derive(Serialize)]
struct PartJson {
    part: String,
    before: Option<String>,
    after: Option<String>,
}

impl DiffJson {
    fn of(found: &Differences) -> Self {
        let groups = found.nodes.iter();
        DiffJson {
            equal: found.is_empty(),
            nodes_removed: found.gone.clone(),
            nodes_added: found.came.clone(),
            differences: groups
                .map(|group| {
                    NodesJson::of(&group.nodes, origins::family(group.family), &group.diff)
                })
                .collect(),
        }
    }
}

impl NodesJson {
    fn of(nodes: &[String], family: &'static str, diff: &Diff) -> Self {
        let counts = diff.counts();
        NodesJson {
            nodes: nodes.to_vec(),
            family,
            removed: counts.removed,
            added: counts.added,
            moved: counts.moved,
            changed: counts.changed,
            tables: diff.tables.iter().map(table).collect(),
        }
    }
}

fn table(table: &TableDiff) -> TableJson {
    TableJson {
        table: table.table.name(),
        presence: presence(table.presence),
        chains: table.chains.iter().map(chain).collect(),
    }
}

fn chain(chain: &ChainDiff) -> ChainJson {
    ChainJson {
        chain: chain.chain.to_string(),
        presence: presence(chain.presence),
        policy: chain.policy.map(|(a, b)| [a.to_string(), b.to_string()]),
        rules: chain.rules.iter().map(rule).collect(),
    }
}

fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::Kept => "kept",
        Presence::Added => "added",
        Presence::Removed => "removed",
    }
}

fn rule(change: &RuleChange) -> RuleJson {
    let (word, from, to) = match change {
        RuleChange::Removed { number, .. } => ("removed", Some(*number), None),
        RuleChange::Added { number, .. } => ("added", None, Some(*number)),
        RuleChange::Moved { from, to, .. } => ("moved", Some(*from), Some(*to)),
        RuleChange::Changed { from, to, .. } => ("changed", Some(*from), Some(*to)),
    };
    let (before, after, parts) = match change {
        RuleChange::Removed { rule, .. } => (Some(rule), None, &[][..]),
        RuleChange::Added { rule, .. } => (None, Some(rule), &[][..]),
        RuleChange::Moved { rule, .. } => (Some(rule), Some(rule), &[][..]),
        RuleChange::Changed {
            before,
            after,
            parts,
            ..
        } => (Some(&**before), Some(&**after), &parts[..]),
    };
    RuleJson {
        change: word,
        from,
        to,
        before: before.map(ToString::to_string),
        after: after.map(ToString::to_string),
        parts: parts.iter().map(part).collect(),
    }
}

fn part(part: &PartChange) -> PartJson {
    PartJson {
        part: part.part.clone(),
        before: part.before.clone(),
        after: part.after.clone(),
    }
}
