//! `-m limit`: a token bucket. The bucket's filling is the namespace's.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::walk::Trial;
use crate::words::{Args, number};

/// `-m limit`: a token bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub per: u32,
    /// In how long.
    pub unit: LimitUnit,
    /// `--limit-burst`.
    pub burst: u32,
}

impl Default for Limit {
    /// `3/hour` with a burst of 5 (iptables-extensions(8)).
    fn default() -> Self {
        Limit {
            per: 3,
            unit: LimitUnit::Hour,
            burst: 5,
        }
    }
}

/// The unit of `--limit N/UNIT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitUnit {
    /// `/sec`
    Second,
    /// `/min`
    Minute,
    /// `/hour`
    Hour,
    /// `/day`
    Day,
}

/// `XT_LIMIT_SCALE`: the kernel keeps the time of one token in ten-thousandths of a second.
const SCALE: u64 = 10_000;

impl LimitUnit {
    const ALL: [LimitUnit; 4] = [
        LimitUnit::Day,
        LimitUnit::Hour,
        LimitUnit::Minute,
        LimitUnit::Second,
    ];

    /// Seconds in it.
    pub fn seconds(self) -> u64 {
        match self {
            LimitUnit::Second => 1,
            LimitUnit::Minute => 60,
            LimitUnit::Hour => 60 * 60,
            LimitUnit::Day => 24 * 60 * 60,
        }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            LimitUnit::Second => ("sec", "second"),
            LimitUnit::Minute => ("min", "minute"),
            LimitUnit::Hour => ("hour", "hour"),
            LimitUnit::Day => ("day", "day"),
        }
    }
}

impl Limit {
    /// Reads `5/min`; any beginning of a unit's name will do, and none means seconds.
    fn rate(&mut self, text: &str) -> Result<(), String> {
        let wrong = || format!("--limit takes a rate as 5/min, not \"{text}\"");
        let (count, unit) = text.split_once('/').unwrap_or((text, "second"));
        let count: u64 = count.parse().map_err(|_| wrong())?;
        let unit = unit.to_ascii_lowercase();
        let unit = LimitUnit::ALL
            .into_iter()
            .find(|known| !unit.is_empty() && known.words().1.starts_with(&unit))
            .ok_or_else(wrong)?;
        if count == 0 {
            return Err(wrong());
        }
        let period = SCALE * unit.seconds() / count;
        if period == 0 || period > u64::from(u32::MAX) {
            return Err(format!(
                "--limit {text} is faster or slower than the kernel can count"
            ));
        }
        (self.per, self.unit) = as_printed(period);
        Ok(())
    }

    /// Milliseconds until the bucket has one more token.
    fn milliseconds_per_token(&self) -> u64 {
        self.unit.seconds() * 1000 / u64::from(self.per.max(1))
    }
}

/// The kernel keeps a period, and iptables prints the finest unit that shows it whole
/// (`print_rate` in `libxt_limit.c`).
fn as_printed(period: u64) -> (u32, LimitUnit) {
    let rate = |unit: LimitUnit| SCALE * unit.seconds() / period;
    let mut chosen = LimitUnit::Day;
    for unit in [LimitUnit::Hour, LimitUnit::Minute, LimitUnit::Second] {
        let whole = SCALE * unit.seconds();
        if period > whole || whole / period < whole % period {
            break;
        }
        chosen = unit;
    }
    (u32::try_from(rate(chosen)).unwrap_or(u32::MAX), chosen)
}

impl Extension for Limit {
    const NEEDS: usize = 0;
    const STATEFUL: bool = true;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        match option.name {
            "--limit" => self.rate(args.value(option.name)?)?,
            "--limit-burst" => {
                let burst = number(args.value(option.name)?, option.name)?;
                if !(1..=10_000).contains(&burst) {
                    return Err("--limit-burst takes a number from 1 to 10000".to_owned());
                }
                self.burst = burst;
            }
            _ => return Ok(Taken::No),
        }
        option.upright()?;
        Ok(Taken::Detail)
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        let rule = trial.at.rule_ref();
        trial
            .env
            .limit(&rule, self.milliseconds_per_token(), self.burst)
            .into()
    }

    fn why(&self, _: &Trial<'_>) -> String {
        format!("limit {}/{} is used up", self.per, self.unit.words().0)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-m limit --limit {}/{}", self.per, self.unit)?;
        // The burst is printed unless it is the default (`limit_save`).
        if self.burst != Limit::default().burst {
            write!(f, " --limit-burst {}", self.burst)?;
        }
        Ok(())
    }
}

impl fmt::Display for LimitUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words().0)
    }
}
