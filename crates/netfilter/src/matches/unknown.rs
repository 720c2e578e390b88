//! An extension or target that is not modelled: kept as written.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::walk::Trial;
use crate::words::{Args, Raw};

/// An extension or target that is not modelled: kept as written, and a walk that needs it stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Its name, as after `-m` or `-j`.
    pub name: String,
    /// Its options, as written.
    pub raw: Vec<String>,
}

impl Unknown {
    /// Takes an option and the words behind it, up to what looks like another option.
    pub(crate) fn absorb(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) {
        if option.inverted {
            self.raw.push("!".to_owned());
        }
        self.raw.push(option.name.to_owned());
        while let Some(word) = args.peek() {
            let behind = word.strip_prefix('-');
            let option = behind.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
            if word == "!" || option {
                break;
            }
            self.raw.push(word.to_owned());
            args.next();
        }
    }
}

impl Extension for Unknown {
    const NEEDS: usize = 0;

    fn option(&mut self, _: &Opt<'_>, _: &mut Args<'_, '_>) -> Result<Taken, String> {
        Ok(Taken::No)
    }

    fn holds(&self, _: &mut Trial<'_>) -> Truth {
        Truth::Unmodelled(format!("-m {}", self.name))
    }

    fn why(&self, _: &Trial<'_>) -> String {
        String::new()
    }
}

impl fmt::Display for Unknown {
    /// As a match; a target prints `-j` itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-m {}{}", self.name, Raw(&self.raw))
    }
}
