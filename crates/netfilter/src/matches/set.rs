//! `-m set`: an ipset, whose members only the namespace can know.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::walk::Trial;
use crate::words::{Args, Raw};

/// `-m set`: an ipset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// The set.
    pub name: String,
    /// With `!`.
    pub inverted: bool,
    /// `src`, `dst,dst`, …
    pub directions: String,
    /// Other options as written; they make the match unmodelled.
    pub rest: Vec<String>,
}

/// Options beside `--match-set`, and whether each takes a value.
const OTHER: [(&str, bool); 9] = [
    ("--return-nomatch", false),
    ("--update-counters", false),
    ("--update-subcounters", false),
    ("--packets-eq", true),
    ("--packets-lt", true),
    ("--packets-gt", true),
    ("--bytes-eq", true),
    ("--bytes-lt", true),
    ("--bytes-gt", true),
];

impl Set {
    pub(super) fn start() -> Self {
        Set {
            name: String::new(),
            inverted: false,
            directions: String::new(),
            rest: Vec::new(),
        }
    }
}

impl Extension for Set {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        if option.name == "--match-set" {
            self.inverted = option.inverted;
            args.value(option.name)?.clone_into(&mut self.name);
            args.value(option.name)?.clone_into(&mut self.directions);
            let known = |part: &str| matches!(part, "src" | "dst");
            if !self.directions.split(',').all(known) {
                return Err("--match-set takes a set's name and src or dst, as src,dst".to_owned());
            }
            return Ok(Taken::Main);
        }
        let Some((name, with_value)) = OTHER.iter().find(|(name, _)| *name == option.name) else {
            return Ok(Taken::No);
        };
        if option.inverted {
            self.rest.push("!".to_owned());
        }
        self.rest.push((*name).to_owned());
        if *with_value {
            self.rest.push(args.value(name)?.to_owned());
        }
        Ok(Taken::Detail)
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        match trial.env.set_contains(self, trial.skb) {
            Some(truth) if self.rest.is_empty() => (truth != self.inverted).into(),
            _ => Truth::Unmodelled(format!("-m set (the members of {})", self.name)),
        }
    }

    fn why(&self, _: &Trial<'_>) -> String {
        let how = if self.inverted { "is in" } else { "is not in" };
        format!("packet {how} set {}", self.name)
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bang = if self.inverted { " !" } else { "" };
        let (name, directions) = (&self.name, &self.directions);
        write!(
            f,
            "-m set{bang} --match-set {name} {directions}{}",
            Raw(&self.rest)
        )
    }
}
