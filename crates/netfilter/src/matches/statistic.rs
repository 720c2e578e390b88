//! `-m statistic`: by chance, or every n-th.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::rule::{IpFields, Not, Probability};
use crate::traverse::Draw;
use crate::walk::Trial;
use crate::words::{Args, number};

/// `-m statistic`: by chance, or every n-th.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statistic {
    /// How.
    pub mode: StatisticMode,
}

/// How `-m statistic` chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatisticMode {
    /// `--mode random --probability P`
    Random(Not<Probability>),
    /// `--mode nth --every N --packet P`
    Nth {
        /// `--every`, and whether `!` stood before it.
        every: Not<u32>,
        /// `--packet`
        packet: u32,
    },
}

impl Statistic {
    pub(super) fn start() -> Self {
        Statistic {
            mode: StatisticMode::Random(Not::plain(Probability(0))),
        }
    }
}

impl Extension for Statistic {
    /// `--mode`, and `--probability` or `--every`.
    const NEEDS: usize = 2;
    const STATEFUL: bool = true;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        match (option.name, &mut self.mode) {
            ("--mode", mode) => {
                option.upright()?;
                match args.value(option.name)? {
                    "random" => {}
                    "nth" => {
                        let every = Not::plain(0);
                        // `--packet` must follow; until then it is out of range for every `--every`.
                        let packet = u32::MAX;
                        *mode = StatisticMode::Nth { every, packet };
                    }
                    other => {
                        return Err(format!("--mode is random or nth, not \"{other}\""));
                    }
                }
                Ok(Taken::Main)
            }
            ("--probability", StatisticMode::Random(probability)) => {
                let text = args.value(option.name)?;
                let value = text.parse().ok().and_then(Probability::from_f64);
                *probability = option.not(value.ok_or_else(|| {
                    format!("--probability takes a number from 0 to 1, not \"{text}\"")
                })?);
                Ok(Taken::Main)
            }
            ("--every", StatisticMode::Nth { every, .. }) => {
                let n = number(args.value(option.name)?, option.name)?;
                if n == 0 {
                    return Err("--every takes a number from 1 on".to_owned());
                }
                *every = option.not(n);
                Ok(Taken::Main)
            }
            ("--packet", StatisticMode::Nth { packet, .. }) => {
                option.upright()?;
                *packet = number(args.value(option.name)?, option.name)?;
                Ok(Taken::Main)
            }
            ("--probability" | "--every" | "--packet", _) => Err(format!(
                "{} does not go with this --mode; write --mode first",
                option.name
            )),
            _ => Ok(Taken::No),
        }
    }

    fn check(&self, _: &IpFields) -> Result<(), String> {
        match &self.mode {
            StatisticMode::Nth { every, packet } if *packet >= every.value => {
                Err("--every needs --packet, which counts from 0 and stays below it".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// `statistic_mt` in `xt_statistic.c`: a 31-bit number is drawn and compared with the threshold.
    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        let rule = trial.at.rule_ref();
        match &self.mode {
            StatisticMode::Random(probability) => {
                let threshold = probability.value;
                let drawn = trial.env.draw(&rule, threshold) & (Probability::WHOLE - 1);
                let hit = probability.holds(drawn < threshold.0);
                trial.draw = Some(Draw {
                    threshold,
                    drawn,
                    hit,
                });
                hit.into()
            }
            StatisticMode::Nth { every, packet } => every
                .holds(trial.env.nth(&rule, every.value, *packet))
                .into(),
        }
    }

    fn why(&self, trial: &Trial<'_>) -> String {
        let (StatisticMode::Random(probability), Some(draw)) = (&self.mode, trial.draw) else {
            return "not this packet's turn".to_owned();
        };
        let (drawn, threshold) = (Probability(draw.drawn).as_f64(), draw.threshold.as_f64());
        match probability.inverted {
            true => format!("drew {drawn:.3}, below {threshold:.3}"),
            false => format!("drew {drawn:.3}, not below {threshold:.3}"),
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.mode {
            StatisticMode::Random(p) => {
                let (bang, p) = (p.bang(), p.value.as_f64());
                write!(f, "-m statistic --mode random{bang} --probability {p:.11}")
            }
            StatisticMode::Nth { every, packet } => {
                let (bang, every) = (every.bang(), every.value);
                write!(
                    f,
                    "-m statistic --mode nth{bang} --every {every} --packet {packet}"
                )
            }
        }
    }
}
