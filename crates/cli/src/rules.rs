//! `chainwalk rules`: the rules of one node.

use std::process::ExitCode;

use lab::{Dialect, Lab, Options};

use crate::args::{Form, NodeFacts, Rules};
use crate::{Failure, load};

/// Prints the rules of the node asked for.
pub fn run(args: &Rules, out: &mut String) -> Result<ExitCode, Failure> {
    let mut options = Options {
        plan: args.cluster.plan(),
        ..Options::default()
    };
    options.dialect = dialect(&args.node_facts)?;
    let (mut lab, code) = load(&args.cluster.files, options)?;
    let node = match &args.node {
        Some(name) => name.clone(),
        None => lab.default_node().unwrap_or_default().to_owned(),
    };
    known(&lab, &node)?;
    state_addresses(&mut lab, &node, &args.node_facts);
    for note in lab.ignored() {
        eprintln!("chainwalk: {note}");
    }
    let rules = lab.rules(&node, args.family.family());
    out.push_str(&match args.form {
        Form::Restore => rules.proxy.restore(),
        Form::Save => rules.ruleset.to_string(),
    });
    Ok(code)
}

/// The dialect of `--kube-proxy`; a version that has none of its own says so.
pub fn dialect(facts: &NodeFacts) -> Result<Dialect, Failure> {
    let Some((dialect, note)) = Dialect::parse(&facts.kube_proxy) else {
        let asked = &facts.kube_proxy;
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
