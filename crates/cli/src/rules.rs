//! `chainwalk rules`: the rules of one node.

use std::mem::ManuallyDrop;
use std::process::ExitCode;

use lab::{Dialect, Lab, Options, PluginRules};

use crate::args::{CompanionName, Form, NodeFacts, Rules};
use crate::origins::Book;
use crate::{Failure, json, listing, load_from, read};

/// Prints the rules of the node asked for.
pub fn run(args: &Rules, out: &mut String) -> Result<ExitCode, Failure> {
    refuse(args)?;
    let companions = args.with.iter().map(|who| who.companion());
    let options = Options {
        plan: args.cluster.plan(),
        dialect: dialect(&args.node_facts)?,
        lacks: args.node_facts.lacks(),
        companions: companions.collect(),
        plugin: match args
            .with
            .iter()
            .any(|who| matches!(who, CompanionName::Plugin))
        {
            true => PluginRules::Present,
            false => PluginRules::LeftOut,
        },
        ..Options::default()
    };
    let sources = read(&args.cluster.files)?;
    let (mut lab, code) = load_from(&sources, options);
    let node = match &args.node {
        Some(name) => name.clone(),
        None => lab.default_node().unwrap_or_default().to_owned(),
    };
    known(&lab, &node)?;
    state_addresses(&mut lab, &node, &args.node_facts);
    for note in lab.ignored() {
        eprintln!("chainwalk: {note}");
    }
    if lab.options().plugin == PluginRules::Present && !lab.cluster().network.masquerade {
        eprintln!(
            "chainwalk: the network plugin writes no rules here; a preset or a Network with \
             masquerade: true has them (docs/network.md)"
        );
    }
    // The process ends with the answer; to take a large cluster apart first would only take time.
    let lab = ManuallyDrop::new(lab);
    if matches!(args.form, Form::Restore) && !args.json && !args.origins {
        let rules = lab.proxy_rules(&node, args.family.family());
        out.push_str(&rules.restore());
        return Ok(code);
    }
    let rules = lab.rules(&node, args.family.family());
    let book = Book {
        lab: &lab,
        sources: &sources,
        node: &node,
        family: args.family.family(),
        rules: &rules,
    };
    if args.json {
        json::write(out, &book.json(args)?)?;
        return Ok(code);
    }
    let asked = &args.listing;
    let text = match args.form {
        Form::Restore => rules.proxy.restore(),
        Form::Save => listing::save(&rules.ruleset, asked),
        Form::Spec => listing::spec(&rules.ruleset, asked)?,
        Form::List => listing::list(&rules.ruleset, asked)?,
    };
    match args.origins {
        false => out.push_str(&text),
        true => {
            let table = asked.table.unwrap_or(listing::DEFAULT_TABLE);
            let first = asked.rule.and_then(|n| usize::try_from(n).ok());
            out.push_str(&book.comment(&text, table, first.unwrap_or(1)));
        }
    }
    Ok(code)
}

/// Refuses what does not go together.
fn refuse(args: &Rules) -> Result<(), Failure> {
    if args.json {
        return Ok(());
    }
    args.listing.check(args.form)?;
    match args.form {
        Form::Restore if !args.with.is_empty() => Err(Failure(
            "--as restore is kube-proxy's own text; --with is for --as list, spec and save".into(),
        )),
        Form::List if args.origins => Err(Failure(
            "--origins is for --as spec, save and restore; the columns of list have no room".into(),
        )),
        _ => Ok(()),
    }
}

/// The dialect of `--kube-proxy`; a version that has none of its own says so.
pub fn dialect(facts: &NodeFacts) -> Result<Dialect, Failure> {
    version(&facts.kube_proxy)
}

/// The dialect of a version that was asked for.
pub fn version(asked: &str) -> Result<Dialect, Failure> {
    let Some((dialect, note)) = Dialect::parse(asked) else {
        return Err(Failure(format!(
            "--kube-proxy {asked}: write a version such as v1.30, or newest"
        )));
    };
    if let Some(note) = note {
        eprintln!("chainwalk: {note}");
    }
    Ok(dialect)
}

/// Refuses a node that the cluster does not have.
pub fn known(lab: &Lab, node: &str) -> Result<(), Failure> {
    if lab.cluster().node(node).is_some() {
        return Ok(());
    }
    let names: Vec<&str> = lab
        .cluster()
        .nodes
        .iter()
        .map(|n| n.name.as_str())
        .collect();
    Err(Failure(format!(
        "there is no node \"{node}\"; the nodes are {}",
        names.join(", ")
    )))
}

/// `--address` speaks of one node, the one that is asked about.
pub fn state_addresses(lab: &mut Lab, node: &str, facts: &NodeFacts) {
    if !facts.address.is_empty() {
        lab.state_addresses(node, facts.address.clone());
    }
}
