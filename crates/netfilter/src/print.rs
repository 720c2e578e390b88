//! Printing rules, tables and rulesets as `iptables -S` and `iptables-save` do. What each extension
//! prints stands in its own file; whole listings are [`crate::listing`]'s.

use std::fmt::{self, Write as _};

use crate::hook::TableName;
use crate::rule::Rule;
use crate::ruleset::{ChainKind, Policy, Ruleset, Table};

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Policy::Accept => "ACCEPT",
            Policy::Drop => "DROP",
        })
    }
}

impl fmt::Display for Rule {
    /// As `iptables -S` prints it behind `-A CHAIN `: the fixed part, the extensions, the target.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Parts(self, None).to_string().trim_start_matches(' '))
    }
}

/// A rule behind `-A CHAIN`, each part with a blank in front, and counters between what it asks and
/// what it does where they are given, as `iptables -S -v` prints them.
pub(crate) struct Parts<'a>(pub &'a Rule, pub Option<(u64, u64)>);

impl fmt::Display for Parts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts(rule, counters) = self;
        write!(f, "{}", rule.ip)?;
        for extension in &rule.matches {
            write!(f, " {extension}")?;
        }
        if let Some((packets, bytes)) = counters {
            write!(f, " -c {packets} {bytes}")?;
        }
        match &rule.target {
            Some(target) => write!(f, " {target}"),
            None => Ok(()),
        }
    }
}

/// The order in which `iptables-nft-save` prints tables (`enum nft_table_type` in nft.h).
pub(crate) const SAVE_ORDER: [TableName; 5] = [
    TableName::Mangle,
    TableName::Security,
    TableName::Raw,
    TableName::Filter,
    TableName::Nat,
];

impl fmt::Display for Ruleset {
    /// As `iptables-save` prints it (nf_tables), without the lines that name tool and time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in SAVE_ORDER {
            if let Some(table) = self.tables.get(&name) {
                write!(f, "{table}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.save(f, |_, _| Ok(()))
    }
}

impl Table {
    /// As `Display`, with `[packets:bytes]` in front of each rule, as `iptables-save -c` prints it.
    pub fn to_string_with_counters(&self) -> String {
        let mut out = String::new();
        self.save(&mut out, |out, rule| {
            write!(out, "[{}:{}] ", rule.counters.0, rule.counters.1)
        })
        .expect("writing to a string cannot fail");
        out
    }

    fn save<W: fmt::Write>(
        &self,
        out: &mut W,
        before: impl Fn(&mut W, &Rule) -> fmt::Result,
    ) -> fmt::Result {
        writeln!(out, "*{}", self.name)?;
        let chains = self.in_listing_order();
        for chain in &chains {
            let (packets, bytes) = chain.counters;
            match chain.kind {
                ChainKind::Base { policy, .. } => {
                    writeln!(out, ":{} {policy} [{packets}:{bytes}]", chain.name)?;
                }
                ChainKind::User => writeln!(out, ":{} - [{packets}:{bytes}]", chain.name)?,
            }
        }
        for chain in &chains {
            for rule in &chain.rules {
                before(out, rule)?;
                writeln!(out, "-A {}{}", chain.name, Parts(rule, None))?;
            }
        }
        writeln!(out, "COMMIT")
    }
}
