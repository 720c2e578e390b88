//! The rules of the node that one is on: whose they are, what they have counted, and what changing them
//! does. What iptables prints and refuses is its own module's.

use fabric::Ns;
use lab::IpFamily;
use netfilter::{Ruleset, TableName};

use crate::Console;
use crate::answer::{Answer, Failed};
use crate::iptables::{Done, Tool};

impl Console {
    /// `iptables` and `ip6tables`.
    pub(crate) fn iptables(
        &mut self,
        name: &str,
        args: &[String],
        answer: &mut Answer,
    ) -> Result<String, Failed> {
        let node = self.node_for(name)?;
        let family = match args.iter().any(|a| a == "-6" || a == "--ipv6") {
            true => IpFamily::Ipv6,
            false => family_of(name),
        };
        answer.rules = Some((node.clone(), family));
        answer.table = Some(named_table(args));
        let ruleset = self.counted(&node, family);
        let name = tool_name(family);
        let tool = Tool {
            name,
            ruleset: &ruleset,
        };
        match tool.run(args)? {
            Done::Shown(text) => Ok(text),
            Done::Changed(changed) => {
                let mut words = vec![name.to_owned()];
                words.extend(args.iter().cloned());
                let before = self.snapshot(&words);
                self.keep(before);
                // The rules carry what they have counted so far; numbers may have moved.
                self.count_anew(&node, changed.family);
                self.lab.change_rules(&node, *changed);
                Ok(String::new())
            }
        }
    }

    /// A node's rules, each with what it has counted so far.
    pub(crate) fn counted(&self, node: &str, family: IpFamily) -> Ruleset {
        let rules = self.lab.rules(node, family);
        let mut ruleset = rules.ruleset.clone();
        let ns = Ns::Node(node.to_owned());
        let family = ruleset.family;
        for (at, packets) in self.memory.counters(&ns, family) {
            let bytes = self.bytes.get(&(ns.clone(), family, at.clone()));
            let chain = ruleset
                .tables
                .get_mut(&at.table)
                .and_then(|t| t.chain_mut(&at.chain));
            let rule = chain.and_then(|c| c.rules.get_mut(at.number.wrapping_sub(1)));
            if let Some(rule) = rule {
                rule.counters.0 += packets;
                rule.counters.1 += bytes.copied().unwrap_or_default();
            }
        }
        ruleset
    }
}

/// The family that a tool's name means.
pub fn family_of(name: &str) -> IpFamily {
    match name.starts_with("ip6") {
        true => IpFamily::Ipv6,
        false => IpFamily::Ipv4,
    }
}

/// The table that `-t` names, else filter.
fn named_table(args: &[String]) -> TableName {
    let at = args.iter().position(|a| a == "-t" || a == "--table");
    let next = at.and_then(|at| args.get(at + 1));
    let attached = args.iter().find_map(|a| {
        a.strip_prefix("--table=")
            .or_else(|| a.strip_prefix("-t").filter(|name| !name.is_empty()))
    });
    next.map(String::as_str)
        .or(attached)
        .and_then(TableName::parse)
        .unwrap_or(TableName::Filter)
}

/// What the tool of a family is called.
pub fn tool_name(family: IpFamily) -> &'static str {
    match family {
        IpFamily::Ipv4 => "iptables",
        IpFamily::Ipv6 => "ip6tables",
    }
}
