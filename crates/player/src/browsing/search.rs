//! Finds chains and rules by what stands in them.

use lab::{Lab, Ruleset, TableName};

use crate::late::rules::Counting;

/// More rules than these are not listed: whoever finds so many searches for more.
const MOST: usize = 2_000;

/// What a search came to.
pub struct Search {
    /// What was searched for.
    pub words: Vec<Word>,
    /// The rules, in the order of their tables and chains.
    pub hits: Vec<Hit>,
    /// Whether those are all.
    pub counting: Counting,
    /// Table, place of the chain in it, and how many of its rules were found. A chain stands here for
    /// its name, too.
    pub chains: Vec<(TableName, usize, usize)>,
}

/// Where a rule stands.
#[derive(Debug, Clone, Copy)]
pub struct Hit {
    /// Its table.
    pub table: TableName,
    /// The place of its chain in the table.
    pub chain: usize,
    /// Its place in the chain, counted from 0.
    pub rule: usize,
}

/// One word: any of its ways to be written will do.
pub type Word = Vec<Way>;

/// All of these texts stand in the rule.
pub type Way = Vec<String>;

impl Search {
    /// The words of a search. An address with a port is sought as a rule writes it, in two parts; the
    /// name of a pod, a node or a Service stands for its addresses, too.
    pub fn words(lab: &Lab, text: &str) -> Vec<Word> {
        let cluster = lab.cluster();
        let one = |word: &str| {
            let word = word.to_lowercase();
            let mut ways = vec![vec![word.clone()]];
            if let Ok(socket) = word.parse::<std::net::SocketAddr>() {
                let (address, port) = (socket.ip(), socket.port());
                ways.push(vec![format!(" {address}/"), format!("port {port} ")]);
            }
            let (namespace, name) = match word.split_once('/') {
                Some((namespace, name)) => (Some(namespace), name),
                None => (None, word.as_str()),
            };
            let named = |of: (&str, &str)| {
                of.1 == name && namespace.is_none_or(|namespace| namespace == of.0)
            };
            let pods = cluster.pods.iter();
            let pods = pods.filter(|p| named((&p.namespace, &p.name)));
            let services = cluster.services.iter();
            let services = services.filter(|s| named((&s.namespace, &s.name)));
            let addresses = pods
                .flat_map(|p| &p.ips)
                .chain(services.flat_map(|s| &s.cluster_ips));
            for address in addresses {
                ways.push(vec![format!(" {address}/")]);
                ways.push(vec![match address.is_ipv4() {
                    true => format!(" {address}:"),
                    false => format!("[{address}]:"),
                }]);
            }
            ways
        };
        text.split_whitespace().map(one).collect()
    }

    /// Searches all tables.
    pub fn run(ruleset: &Ruleset, words: Vec<Word>) -> Search {
        let mut hits = Vec::new();
        let mut chains = Vec::new();
        let mut cut = false;
        if !words.is_empty() {
            let mut line = String::new();
            for (&name, table) in &ruleset.tables {
                for (at, chain) in table.chains.iter().enumerate() {
                    line.clear();
                    line.push_str(&chain.name.as_str().to_lowercase());
                    let mut found = 0;
                    let named = fits(&words, &line);
                    line.push(' ');
                    let head = line.len();
                    for (number, rule) in chain.rules.iter().enumerate() {
                        line.truncate(head);
                        line.push_str(&rule.to_string().to_ascii_lowercase());
                        line.push(' ');
                        if !fits(&words, &line) {
                            continue;
                        }
                        found += 1;
                        match hits.len() < MOST {
                            true => hits.push(Hit {
                                table: name,
                                chain: at,
                                rule: number,
                            }),
                            false => cut = true,
                        }
                    }
                    if named || found > 0 {
                        chains.push((name, at, found));
                    }
                }
            }
        }
        Search {
            words,
            hits,
            counting: cut.into(),
            chains,
        }
    }
}

fn fits(words: &[Word], line: &str) -> bool {
    let way = |way: &Way| way.iter().all(|part| line.contains(part.as_str()));
    words.iter().all(|word| word.iter().any(way))
}
