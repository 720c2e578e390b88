//! `-m nfacct`: counts into a named counter; always true.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::walk::Trial;
use crate::words::Args;

/// `-m nfacct`: counts into a named counter; always true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nfacct {
    /// The counter.
    pub name: String,
}

/// `NFACCT_NAME_MAX` in `nfnetlink_acct.h`, without the closing zero.
const LONGEST: usize = 31;

impl Extension for Nfacct {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        if option.name != "--nfacct-name" {
            return Ok(Taken::No);
        }
        option.upright()?;
        let name = args.value(option.name)?;
        if name.is_empty() || name.len() > LONGEST {
            return Err(format!("--nfacct-name takes 1 to {LONGEST} bytes"));
        }
        name.clone_into(&mut self.name);
        Ok(Taken::Main)
    }

    fn holds(&self, _: &mut Trial<'_>) -> Truth {
        Truth::Yes
    }

    fn why(&self, _: &Trial<'_>) -> String {
        String::new()
    }
}

impl fmt::Display for Nfacct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-m nfacct --nfacct-name {}", self.name)
    }
}
