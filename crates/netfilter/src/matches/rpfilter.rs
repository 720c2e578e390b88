//! `-m rpfilter`: whether the way back leads out by the device it came in by.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::walk::Trial;
use crate::words::Args;

/// `-m rpfilter`: whether the way back leads out by the device it came in by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rpfilter {
    /// `--loose`.
    pub loose: bool,
    /// `--validmark`.
    pub validmark: bool,
    /// `--accept-local`.
    pub accept_local: bool,
    /// `--invert`.
    pub invert: bool,
}

impl Extension for Rpfilter {
    const NEEDS: usize = 0;

    fn option(&mut self, option: &Opt<'_>, _: &mut Args<'_, '_>) -> Result<Taken, String> {
        let flag = match option.name {
            "--loose" => &mut self.loose,
            "--validmark" => &mut self.validmark,
            "--accept-local" => &mut self.accept_local,
            "--invert" => &mut self.invert,
            _ => return Ok(Taken::No),
        };
        option.upright()?;
        *flag = true;
        Ok(Taken::Detail)
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        match trial.env.reverse_path(trial.skb, self.loose) {
            Some(truth) => (truth != self.invert).into(),
            None => Truth::Unmodelled("-m rpfilter".to_owned()),
        }
    }

    fn why(&self, _: &Trial<'_>) -> String {
        match self.invert {
            true => "way back is the same".to_owned(),
            false => "way back is another".to_owned(),
        }
    }
}

impl fmt::Display for Rpfilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-m rpfilter")?;
        for (flag, option) in [
            (self.loose, "--loose"),
            (self.validmark, "--validmark"),
            (self.accept_local, "--accept-local"),
            (self.invert, "--invert"),
        ] {
            if flag {
                write!(f, " {option}")?;
            }
        }
        Ok(())
    }
}
