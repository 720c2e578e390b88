//! A diff as text: `+` came, `-` went, `>` moved, `~` changed, with what changed under it.

use std::fmt;

use super::{ChainDiff, Diff, PartChange, Presence, RuleChange, TableDiff};

impl Presence {
    fn sign(self) -> char {
        match self {
            Presence::Kept => ' ',
            Presence::Added => '+',
            Presence::Removed => '-',
        }
    }
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tables
            .iter()
            .try_for_each(|table| write!(f, "{table}"))
    }
}

impl fmt::Display for TableDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} *{}", self.presence.sign(), self.table)?;
        self.chains
            .iter()
            .try_for_each(|chain| write!(f, "{chain}"))
    }
}

impl fmt::Display for ChainDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} :{}", self.presence.sign(), self.chain)?;
        if let Some((before, after)) = self.policy {
            writeln!(f, "~      policy {before} -> {after}")?;
        }
        self.rules.iter().try_for_each(|rule| write!(f, "{rule}"))
    }
}

impl fmt::Display for RuleChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RuleChange::Removed { number, rule } => writeln!(f, "- {number:>4} {rule}"),
            RuleChange::Added { number, rule } => writeln!(f, "+ {number:>4} {rule}"),
            RuleChange::Moved { from, to, rule } => {
                writeln!(f, "> {to:>4} {rule}\n       moved: it was number {from}")
            }
            RuleChange::Changed {
                to, after, parts, ..
            } => {
                writeln!(f, "~ {to:>4} {after}")?;
                let mut parts = parts.iter();
                parts.try_for_each(|part| writeln!(f, "       {part}"))
            }
        }
    }
}

impl fmt::Display for PartChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
        let (before, after) = (told(&self.before), told(&self.after));
        // Fields of the fixed part and targets begin with their option; a match's name stands alone.
        match self.part.starts_with('-') {
            true => write!(f, "{before} -> {after}"),
            false => write!(f, "{}: {before} -> {after}", self.part),
        }
    }
}
