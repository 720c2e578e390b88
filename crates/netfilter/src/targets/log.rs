//! `-j LOG`: a line in the kernel's log.

use std::fmt;

use super::{Effect, Extension};
use crate::hook::Hook;
use crate::matches::{Opt, Taken};
use crate::packet::Skb;
use crate::traverse::Env;
use crate::words::{Args, Quoted, Raw};

/// `-j LOG`: a line in the kernel's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// `--log-prefix`.
    pub prefix: String,
    /// Other options as iptables prints them back.
    pub rest: Vec<String>,
}

/// syslog's levels by number.
pub(crate) const LEVELS: [&str; 8] = [
    "emerg", "alert", "crit", "error", "warn", "notice", "info", "debug",
];

/// The level that is not printed (`LOG_DEFAULT_LEVEL` in `libxt_LOG.c`).
pub(crate) const DEFAULT_LEVEL: usize = 4;

/// `--log-prefix` has room for 29 bytes (`struct ipt_log_info`).
const LONGEST_PREFIX: usize = 29;

impl Extension for Log {
    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        match option.name {
            "--log-prefix" => {
                let text = args.value(option.name)?;
                if text.len() > LONGEST_PREFIX {
                    return Err(format!("--log-prefix has at most {LONGEST_PREFIX} bytes"));
                }
                text.clone_into(&mut self.prefix);
            }
            "--log-level" => {
                let level = log_level(args.value(option.name)?)?;
                if level != DEFAULT_LEVEL {
                    // The level is printed before the flags, whatever order they were written in.
                    self.rest
                        .splice(0..0, ["--log-level".to_owned(), level.to_string()]);
                }
            }
            "--log-tcp-sequence" | "--log-tcp-options" | "--log-ip-options" | "--log-uid"
            | "--log-macdecode" => {
                let flag = option.name.to_owned();
                if !self.rest.contains(&flag) {
                    self.rest.push(flag);
                }
            }
            _ => return Ok(Taken::No),
        }
        option.upright()?;
        Ok(Taken::Detail)
    }

    fn apply(&self, _: Hook, _: &mut Skb, _: &mut dyn Env) -> Effect {
        Effect::Continue
    }
}

fn log_level(text: &str) -> Result<usize, String> {
    let lower = text.to_ascii_lowercase();
    let name = match lower.as_str() {
        "warning" => "warn",
        "err" => "error",
        "panic" => "emerg",
        name => name,
    };
    LEVELS
        .iter()
        .position(|known| *known == name)
        .or_else(|| text.parse().ok().filter(|&level| level < LEVELS.len()))
        .ok_or_else(|| format!("--log-level knows no \"{text}\"; use 0 to 7 or a name as info"))
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-j LOG")?;
        if !self.prefix.is_empty() {
            write!(f, " --log-prefix {}", Quoted(&self.prefix))?;
        }
        write!(f, "{}", Raw(&self.rest))
    }
}
