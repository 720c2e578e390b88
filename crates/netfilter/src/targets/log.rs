//! `-j LOG`: a line in the kernel's log.

use std::fmt;

use super::{Effect, Extension};
use crate::hook::Hook;
use crate::matches::{Opt, Taken};
use crate::packet::Skb;
use crate::traverse::Env;
use crate::words::{Args, Quoted};

/// `-j LOG`: a line in the kernel's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// `--log-prefix`.
    pub prefix: String,
    /// `--log-level`, one of syslog's eight.
    pub level: u8,
    /// The flags `--log-tcp-sequence` and so on, as `xt_LOG.h` numbers them.
    pub flags: u8,
}

/// syslog's levels by number.
pub(crate) const LEVELS: [&str; 8] = [
    "emerg", "alert", "crit", "error", "warn", "notice", "info", "debug",
];

/// The level that is not printed (`LOG_DEFAULT_LEVEL` in `libxt_LOG.c`).
pub(crate) const DEFAULT_LEVEL: u8 = 4;

/// Bit and name of each flag, in the order in which they are printed (`XT_LOG_*` in xt_LOG.h).
pub(crate) const FLAGS: [(u8, &str); 5] = [
    (0x01, "tcp-sequence"),
    (0x02, "tcp-options"),
    (0x04, "ip-options"),
    (0x08, "uid"),
    (0x20, "macdecode"),
];

/// `--log-prefix` has room for 29 bytes (`struct ipt_log_info`).
const LONGEST_PREFIX: usize = 29;

impl Log {
    pub(super) fn start() -> Self {
        Log {
            prefix: String::new(),
            level: DEFAULT_LEVEL,
            flags: 0,
        }
    }
}

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
            "--log-level" => self.level = log_level(args.value(option.name)?)?,
            name => {
                let flag = name.strip_prefix("--log-").unwrap_or_default();
                let Some((bit, _)) = FLAGS.iter().find(|(_, known)| *known == flag) else {
                    return Ok(Taken::No);
                };
                self.flags |= bit;
            }
        }
        option.upright()?;
        Ok(Taken::Detail)
    }

    fn apply(&self, _: Hook, _: &mut Skb, _: &mut dyn Env) -> Effect {
        Effect::Continue
    }
}

fn log_level(text: &str) -> Result<u8, String> {
    let lower = text.to_ascii_lowercase();
    let name = match lower.as_str() {
        "warning" => "warn",
        "err" => "error",
        "panic" => "emerg",
        name => name,
    };
    let by_name = (0..).zip(LEVELS).find(|(_, known)| *known == name);
    by_name
        .map(|(level, _)| level)
        .or_else(|| text.parse().ok().filter(|level| *level < 8))
        .ok_or_else(|| format!("--log-level knows no \"{text}\"; use 0 to 7 or a name as info"))
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-j LOG")?;
        if !self.prefix.is_empty() {
            write!(f, " --log-prefix {}", Quoted(&self.prefix))?;
        }
        if self.level != DEFAULT_LEVEL {
            write!(f, " --log-level {}", self.level)?;
        }
        for (_, flag) in FLAGS.iter().filter(|(bit, _)| self.flags & bit != 0) {
            write!(f, " --log-{flag}")?;
        }
        Ok(())
    }
}
