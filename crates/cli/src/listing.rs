//! `chainwalk rules --as list|spec|save`: the rules as iptables' own tools print them, which
//! netfilter's listings know. Here only their options are understood.

use netfilter::listing::{
    self, Backend, Counters, Detail, Layout, Names, NoSuchChain, Numbering, Part,
};
use netfilter::{Ruleset, TableName};

use crate::Failure;
use crate::args::{BackendName, Form, Listing};

/// The table that `iptables` means without `-t`.
pub const DEFAULT_TABLE: TableName = TableName::Filter;

impl Listing {
    /// Refuses options that the tool of this form does not have.
    pub fn check(&self, form: Form) -> Result<(), Failure> {
        let given = [
            ("-t", self.table.is_some(), "list, spec and save"),
            ("--chain", self.chain.is_some(), "list and spec"),
            ("-n", self.numeric, "list and spec"),
            ("-v", self.verbose, "list and spec"),
            ("-x", self.exact, "list and spec"),
            ("--line-numbers", self.line_numbers, "list and spec"),
            ("-c", self.counters, "save; with spec, -v shows counters"),
            ("--backend", self.backend.is_some(), "list, spec and save"),
        ];
        let fits = |option: &str| match form {
            Form::Restore => false,
            Form::Save => matches!(option, "-t" | "-c" | "--backend"),
            Form::Spec | Form::List => option != "-c",
        };
        match given.iter().find(|(option, is, _)| *is && !fits(option)) {
            None => Ok(()),
            Some((option, _, forms)) => Err(Failure(format!("{option} is for --as {forms}"))),
        }
    }

    fn part(&self) -> Part<'_> {
        match (&self.chain, self.rule) {
            (None, _) => Part::Table,
            (Some(chain), None) => Part::Chain(chain),
            // A number beyond any chain finds nothing, whatever it is.
            (Some(chain), Some(number)) => {
                Part::Rule(chain, usize::try_from(number).unwrap_or(usize::MAX))
            }
        }
    }

    fn detail(&self) -> Detail {
        match (self.verbose, self.exact) {
            (false, _) => Detail::Plain,
            (true, false) => Detail::Verbose,
            (true, true) => Detail::Exact,
        }
    }

    fn layout(&self) -> Layout {
        Layout {
            names: match self.numeric {
                true => Names::Numeric,
                false => Names::Looked,
            },
            detail: self.detail(),
            numbering: match self.line_numbers {
                true => Numbering::With,
                false => Numbering::Without,
            },
        }
    }
}

/// What `iptables -L` prints.
pub fn list(ruleset: &Ruleset, asked: &Listing) -> Result<String, Failure> {
    let table = asked.table.unwrap_or(DEFAULT_TABLE);
    listing::list(ruleset, table, asked.part(), asked.layout()).map_err(|e| elsewhere(ruleset, &e))
}

/// What `iptables -S` prints.
pub fn spec(ruleset: &Ruleset, asked: &Listing) -> Result<String, Failure> {
    let table = asked.table.unwrap_or(DEFAULT_TABLE);
    listing::spec(ruleset, table, asked.part(), asked.detail()).map_err(|e| elsewhere(ruleset, &e))
}

/// What `iptables-save` prints.
pub fn save(ruleset: &Ruleset, asked: &Listing) -> String {
    let backend = match asked.backend {
        Some(BackendName::Legacy) => Backend::Legacy,
        Some(BackendName::Nft) | None => Backend::Nft,
    };
    let counters = match asked.counters {
        true => Counters::With,
        false => Counters::Without,
    };
    listing::save_tables(ruleset, backend, counters, asked.table)
}

/// Where a chain that is not in this table may be found.
pub fn elsewhere(ruleset: &Ruleset, missing: &NoSuchChain) -> Failure {
    let holds = ruleset
        .tables
        .values()
        .filter(|table| table.position_of(&missing.chain).is_some());
    let found: Vec<String> = holds.map(|table| format!("-t {}", table.name)).collect();
    Failure(match found.is_empty() {
        true => missing.to_string(),
        false => format!("{missing}; it is in {}", found.join(" and ")),
    })
}
