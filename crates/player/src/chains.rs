//! Chains as the page shows them: each rule cut into what it asks and what it does.
//!
//! The cutting works on the text that `iptables -S` prints, so a ruleset that a person brought is
//! shown by the same means as kube-proxy's.

use std::borrow::Cow;

use lab::{Ruleset, Span, TableName};
use netfilter::{ChainKind, ChainName, Policy};
use serde::{Deserialize, Serialize};

/// What a rule does when it matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// It only counts.
    Nothing,
    /// `-j CHAIN` or `-g CHAIN`
    Jump(String),
    /// `-j ACCEPT`
    Accept,
    /// `-j DROP`
    Drop,
    /// `-j RETURN`
    Return,
    /// `-j REJECT`
    Reject,
    /// `-j MARK`
    Mark,
    /// `-j DNAT` or `-j REDIRECT`
    Dnat,
    /// `-j SNAT` or `-j MASQUERADE`
    Snat,
    /// Anything else, by name.
    Other(String),
}

/// Where a rule comes from, as the side panel tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginView {
    /// Who wrote it.
    pub written_by: String,
    /// What it is for.
    pub why: String,
    /// `Service demo/web`, where an object made it.
    pub object: Option<String>,
    /// The part of the control plane that made the object, where it does not stand in the text.
    pub made_by: Option<String>,
    /// The field.
    pub field: String,
    /// Its place in the text, where it stands there.
    #[serde(with = "crate::wire::plain")]
    pub span: Option<Span>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleView {
    /// Its 1-based number.
    pub number: usize,
    /// What it asks, without the comment: `-d 10.0.0.1/32 -p tcp`.
    pub conditions: String,
    /// What it does, as written: `-j ACCEPT`.
    pub target: String,
    /// The whole rule in the form that `iptables -S` prints.
    pub full: String,
    /// What it does.
    pub act: Act,
    /// The threshold of a random `statistic` match: as written, and of one.
    pub probability: Option<(String, f64)>,
    /// Where its target chain sends packets, where that chain rewrites the destination: `10.0.0.1:80`.
    pub leads_to: Option<String>,
    /// Where it comes from.
    pub origin: Option<OriginView>,
}

/// One chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChainView {
    /// Its table.
    #[serde(with = "crate::wire::plain")]
    pub table: TableName,
    /// Its name.
    pub name: String,
    /// `ACCEPT` or `DROP` for a base chain.
    pub policy: Option<Cow<'static, str>>,
    /// Its rules, or the first of them.
    pub rules: Vec<RuleView>,
    /// How many more there are behind these.
    pub left_out: usize,
}

impl ChainView {
    /// How many rules it has.
    pub fn count(&self) -> usize {
        self.rules.len() + self.left_out
    }
    /// What the chain is for, in a few words.
    pub fn about(&self) -> String {
        about(&self.name, self.policy.as_deref())
    }
    /// The rule of this number.
    pub fn rule(&self, number: usize) -> Option<&RuleView> {
        self.rules.get(number.checked_sub(1)?)
    }
}

/// What a chain is for, in a few words. kube-proxy's names are those of
/// `pkg/proxy/iptables/proxier.go`.
pub fn about(name: &str, policy: Option<&str>) -> String {
    if let Some(policy) = policy {
        return format!("built-in chain, policy {policy}");
    }
    let known = match name {
        "KUBE-SERVICES" => "one rule for each Service address",
        "KUBE-NODEPORTS" => "one rule for each NodePort",
        "KUBE-MARK-MASQ" => "marks the packet for masquerading",
        "KUBE-MARK-DROP" => "marks the packet for dropping",
        "KUBE-POSTROUTING" => "masquerades what was marked",
        "KUBE-FORWARD" => "lets Service traffic through",
        "KUBE-PROXY-FIREWALL" => "load balancer source ranges",
        "KUBE-EXTERNAL-SERVICES" => "outside addresses without endpoints",
        "KUBE-FIREWALL" => "guards the node itself",
        "KUBE-PROXY-CANARY" => "empty; its loss tells kube-proxy to write again",
        "KUBE-KUBELET-CANARY" => "empty; its loss tells kubelet to write again",
        _ => "",
    };
    if !known.is_empty() {
        return known.into();
    }
    match name.rsplit_once('-').map(|(prefix, _)| prefix) {
        Some("KUBE-SVC") => "picks one endpoint of the Service",
        Some("KUBE-SVL") => "picks one endpoint on this node",
        Some("KUBE-SEP") => "one endpoint: rewrites the destination",
        Some("KUBE-EXT") => "traffic from outside the cluster",
        Some("KUBE-XLB") => "traffic from outside, endpoints on this node only",
        Some("KUBE-FW") => "load balancer traffic, by source",
        _ => "",
    }
    .into()
}

/// Cuts one rule. `args` is what `iptables -S` prints after `-A CHAIN `.
pub fn rule(chain: &str, number: usize, args: &str) -> RuleView {
    let words = words(args);
    let mut conditions: Vec<&str> = Vec::new();
    let mut target: Vec<&str> = Vec::new();
    let mut probability = None;
    let mut i = 0;
    while let Some(&word) = words.get(i) {
        let next = words.get(i + 1).copied().unwrap_or_default();
        if !target.is_empty() {
            target.push(word);
        } else if word == "--comment" || (word == "-m" && next == "comment") {
            i += 1;
        } else if matches!(word, "-j" | "-g") {
            target.push(word);
        } else {
            if word == "--probability" {
                probability = next.parse().ok().map(|p: f64| (next.to_owned(), p));
            }
            conditions.push(word);
        }
        i += 1;
    }
    let act = match (target.first(), target.get(1)) {
        (Some(&"-g"), Some(name)) => Act::Jump((*name).into()),
        (Some(_), Some(name)) => match *name {
            "ACCEPT" => Act::Accept,
            "DROP" => Act::Drop,
            "RETURN" => Act::Return,
            "REJECT" => Act::Reject,
            "MARK" => Act::Mark,
            "DNAT" | "REDIRECT" => Act::Dnat,
            "SNAT" | "MASQUERADE" => Act::Snat,
            name if target.len() == 2 && !EXTENSION_TARGETS.contains(&name) => {
                Act::Jump(name.into())
            }
            name => Act::Other(name.into()),
        },
        _ => Act::Nothing,
    };
    RuleView {
        number,
        conditions: conditions.join(" "),
        target: target.join(" "),
        full: format!("-A {chain} {args}").trim_end().to_owned(),
        act,
        probability,
        leads_to: None,
        origin: None,
    }
}

/// Targets that may stand without an option and are no chains (`iptables-extensions(8)`).
const EXTENSION_TARGETS: [&str; 10] = [
    "LOG", "CT", "NOTRACK", "TCPMSS", "CHECKSUM", "CONNMARK", "NFLOG", "NETMAP", "TRACE", "AUDIT",
];

/// Words as a shell reads them, quotes kept, since a comment may hold spaces.
fn words(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut start, mut quoted, mut escaped) = (None, false, false);
    for (i, c) in text.char_indices() {
        if c == ' ' && !quoted {
            if let Some(from) = start.take() {
                out.push(&text[from..i]);
            }
            continue;
        }
        start.get_or_insert(i);
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == '"' {
            quoted = !quoted;
        }
    }
    if let Some(from) = start {
        out.push(&text[from..]);
    }
    out
}

/// One chain of a ruleset, with where each jump leads.
pub fn view(ruleset: &Ruleset, table: TableName, name: &str) -> Option<ChainView> {
    let chain = find(ruleset, table, name)?;
    let policy = match chain.kind {
        ChainKind::Base {
            policy: Policy::Accept,
            ..
        } => Some("ACCEPT".into()),
        ChainKind::Base {
            policy: Policy::Drop,
            ..
        } => Some("DROP".into()),
        ChainKind::User => None,
    };
    let rules = chain
        .rules
        .iter()
        .enumerate()
        .map(|(i, r)| {
            let mut view = rule(name, i + 1, &r.to_string());
            if let Act::Jump(to) = &view.act {
                view.leads_to = destination(ruleset, table, to);
            }
            view
        })
        .collect();
    Some(ChainView {
        table,
        name: name.into(),
        policy,
        rules,
        left_out: 0,
    })
}

fn find<'a>(ruleset: &'a Ruleset, table: TableName, name: &str) -> Option<&'a netfilter::Chain> {
    ruleset.tables.get(&table)?.chain(&ChainName::new(name)?)
}

/// The destination that a chain's DNAT rule writes.
pub(crate) fn destination(ruleset: &Ruleset, table: TableName, name: &str) -> Option<String> {
    find(ruleset, table, name)?
        .rules
        .iter()
        .find_map(|r| match &r.target {
            Some(netfilter::Target::Dnat(dnat)) => {
                let addr = dnat.to.addrs?.0;
                Some(crate::text::socket(addr, dnat.to.ports.map(|p| p.0)))
            }
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn cut(args: &str, conditions: &str, target: &str, act: Act) -> RuleView {
        let rule = rule("X", 1, args);
        assert_eq!(rule.conditions, conditions);
        assert_eq!(rule.target, target);
        assert_eq!(rule.act, act);
        rule
    }

    #[test]
    fn a_rule_is_cut_into_what_it_asks_and_what_it_does() {
        cut(
            "-d 10.43.169.48/32 -p tcp -m comment --comment \"demo/web:http cluster IP -j DROP\" -m tcp --dport 80 -j KUBE-SVC-A",
            "-d 10.43.169.48/32 -p tcp -m tcp --dport 80",
            "-j KUBE-SVC-A",
            Act::Jump("KUBE-SVC-A".into()),
        );
        cut(
            "-m comment --comment web -j MARK --set-xmark 0x4000/0x4000",
            "",
            "-j MARK --set-xmark 0x4000/0x4000",
            Act::Mark,
        );
        cut(
            "-p tcp -j LOG",
            "-p tcp",
            "-j LOG",
            Act::Other("LOG".into()),
        );
        cut("-p tcp", "-p tcp", "", Act::Nothing);
        cut("-g A", "", "-g A", Act::Jump("A".into()));
    }

    #[test]
    fn a_threshold_is_read() {
        let rule = cut(
            "-m statistic --mode random --probability 0.33333333349 -j A",
            "-m statistic --mode random --probability 0.33333333349",
            "-j A",
            Act::Jump("A".into()),
        );
        assert_eq!(
            rule.probability,
            Some(("0.33333333349".into(), 0.33333333349))
        );
    }

    #[test]
    fn any_text_is_cut_without_a_panic() {
        for args in [
            "",
            "\"",
            "-j",
            "-m comment",
            "--comment",
            "-m",
            "\\",
            "-j \"ä ö",
        ] {
            rule("X", 1, args);
        }
    }
}
