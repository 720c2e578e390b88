//! What the word at the end of a line may become.

use netfilter::TableName;

use crate::unknown::COMMANDS;
use crate::{Console, Place, filters, kubectl, net};

/// How many completions are offered at most.
const MOST: usize = 200;

/// Whole words that begin with the last word of the line, sorted.
pub fn complete(console: &Console, line: &str) -> Vec<String> {
    let command = line.rsplit(['|', ';', '&']).next().unwrap_or(line);
    let piped = line.len() > command.len() && line[..line.len() - command.len()].ends_with('|');
    let mut words: Vec<&str> = command.split_whitespace().collect();
    let begun = match command.ends_with(char::is_whitespace) || words.is_empty() {
        true => "",
        false => words.pop().unwrap_or_default(),
    };
    words.retain(|w| *w != "sudo");
    let mut found: Vec<String> = candidates(console, &words, piped)
        .into_iter()
        .filter(|c| c.starts_with(begun) && c != begun)
        .collect();
    found.sort();
    found.dedup();
    found.truncate(MOST);
    found
}

fn own(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}

fn candidates(console: &Console, words: &[&str], piped: bool) -> Vec<String> {
    let Some((command, args)) = words.split_first() else {
        return match piped {
            true => own(&filters::NAMES),
            false => own(&COMMANDS),
        };
    };
    let last = args.last().copied().unwrap_or_default();
    let cluster = console.lab().cluster();
    let nodes = || cluster.nodes.iter().map(|n| n.name.clone()).collect();
    match *command {
        "iptables" | "ip6tables" => match last {
            "-t" | "--table" => {
                let all = ["filter", "nat", "mangle", "raw", "security"];
                own(&all)
            }
            "-j" | "-g" | "--jump" | "--goto" => {
                let mut all = chains(console, command, args);
                let targets = [
                    "ACCEPT",
                    "DROP",
                    "REJECT",
                    "RETURN",
                    "DNAT",
                    "MASQUERADE",
                    "MARK",
                ];
                all.extend(own(&targets));
                all
            }
            _ if last.len() > 1
                && last.starts_with('-')
                && last.ends_with(['L', 'S', 'A', 'I', 'D', 'F', 'P', 'X', 'R', 'C']) =>
            {
                chains(console, command, args)
            }
            _ => own(&[
                "-t",
                "-L",
                "-S",
                "-n",
                "-v",
                "-x",
                "--line-numbers",
                "-A",
                "-I",
                "-D",
                "-C",
                "-R",
                "-N",
                "-X",
                "-F",
                "-P",
                "-j",
                "-s",
                "-d",
                "-p",
                "-m",
                "--dport",
            ]),
        },
        "iptables-save" | "ip6tables-save" => own(&["-t", "-c"]),
        "conntrack" => own(&["-L", "-D", "-F", "-p", "-s", "-d", "--dport", "--sport"]),
        "kubectl" | "k" => match args {
            [] => own(&["get", "scale", "delete", "exec"]),
            ["get"] => kubectl::kinds(),
            ["get", .., "-n"] | ["exec", .., "-n"] => kubectl::names(cluster, "ns"),
            ["get", .., "-o"] => own(&["wide", "name"]),
            ["get", kind, ..] => {
                let mut all = kubectl::names(cluster, kind);
                all.extend(own(&["-A", "-n", "-o", "-l", "--show-labels"]));
                all
            }
            ["delete"] => own(&["pod"]),
            ["delete", "pod", ..] => kubectl::names(cluster, "pods"),
            ["scale"] => own(&["deployment"]),
            ["scale", "deployment"] => kubectl::names(cluster, "deployments"),
            ["scale", ..] => own(&["--replicas=", "-n"]),
            ["exec", ..] => {
                let mut all = kubectl::names(cluster, "pods");
                all.extend(own(&["-it", "-n", "--"]));
                all
            }
            _ => Vec::new(),
        },
        "ssh" => nodes(),
        "curl" | "wget" => net::hosts(console)
            .into_iter()
            .chain(targets(console))
            .collect(),
        "nc" | "ping" | "dig" | "nslookup" | "host" => net::hosts(console),
        _ => Vec::new(),
    }
}

/// `ADDRESS:PORT` of every Service.
fn targets(console: &Console) -> Vec<String> {
    let cluster = console.lab().cluster();
    let mut all = Vec::new();
    for service in &cluster.services {
        for port in &service.ports {
            let ips = service.cluster_ips.iter();
            all.extend(ips.map(|ip| lab::text::endpoint(*ip, Some(port.port))));
            if let Some(node_port) = port.node_port {
                let ips = cluster.nodes.iter().flat_map(|n| n.internal_ips.first());
                all.extend(ips.map(|ip| lab::text::endpoint(*ip, Some(node_port))));
            }
        }
    }
    all
}

fn chains(console: &Console, command: &str, args: &[&str]) -> Vec<String> {
    let Place::Node(node) = console.place() else {
        return Vec::new();
    };
    let at = args.iter().position(|a| *a == "-t");
    let table = at
        .and_then(|at| args.get(at + 1))
        .copied()
        .unwrap_or("filter");
    let Some(table) = TableName::parse(table) else {
        return Vec::new();
    };
    let rules = console.lab().rules(node, crate::family_of(command));
    let Some(table) = rules.ruleset.tables.get(&table) else {
        return Vec::new();
    };
    let chains = table.chains.iter();
    chains.map(|c| c.name.as_str().to_owned()).collect()
}
