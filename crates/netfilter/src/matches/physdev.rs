//! `-m physdev`: bridge ports, which a packet has where br_netfilter shows it one.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::packet::DevName;
use crate::rule::{DevPattern, Not};
use crate::walk::Trial;
use crate::words::Args;

/// `-m physdev`: bridge ports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Physdev {
    /// `--physdev-in`.
    pub in_dev: Option<Not<DevPattern>>,
    /// `--physdev-out`.
    pub out_dev: Option<Not<DevPattern>>,
    /// `--physdev-is-in`.
    pub is_in: Option<Not<()>>,
    /// `--physdev-is-out`.
    pub is_out: Option<Not<()>>,
    /// `--physdev-is-bridged`.
    pub is_bridged: Option<Not<()>>,
}

impl Extension for Physdev {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        match option.name {
            "--physdev-in" => {
                self.in_dev = Some(option.not(DevPattern::parse(args.value(option.name)?)?));
            }
            "--physdev-out" => {
                self.out_dev = Some(option.not(DevPattern::parse(args.value(option.name)?)?));
            }
            "--physdev-is-in" => self.is_in = Some(option.not(())),
            "--physdev-is-out" => self.is_out = Some(option.not(())),
            "--physdev-is-bridged" => self.is_bridged = Some(option.not(())),
            _ => return Ok(Taken::No),
        }
        Ok(Taken::Main)
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        self.first_failure(trial).is_none().into()
    }

    fn why(&self, trial: &Trial<'_>) -> String {
        self.first_failure(trial).unwrap_or_default()
    }
}

impl Physdev {
    /// The part that does not hold, in the order of `physdev_mt` in `xt_physdev.c`. A packet that
    /// no bridge has seen has no ports, so that only inverted parts hold for it.
    fn first_failure(&self, trial: &Trial<'_>) -> Option<String> {
        let ports =
            [&trial.skb.phys_in, &trial.skb.phys_out].map(|d| d.as_ref().map(DevName::as_str));
        let [port_in, port_out] = ports;
        let is = |wanted: &Option<Not<()>>, truth: bool| {
            wanted.as_ref().is_none_or(|wanted| wanted.holds(truth))
        };
        let named = |wanted: &Option<Not<DevPattern>>, port: Option<&str>| {
            wanted
                .as_ref()
                .is_none_or(|w| w.holds(port.is_some() && w.value.matches(port)))
        };
        let has_or_not = |wanted: &Option<Not<()>>, what: &str| match wanted {
            Some(Not { inverted: true, .. }) => format!("packet is {what}"),
            _ => format!("packet is not {what}"),
        };
        if !is(&self.is_bridged, port_out.is_some()) {
            return Some(has_or_not(&self.is_bridged, "bridged"));
        }
        if !is(&self.is_in, port_in.is_some()) {
            return Some(has_or_not(&self.is_in, "from a bridge port"));
        }
        if !is(&self.is_out, port_out.is_some()) {
            return Some(has_or_not(&self.is_out, "for a bridge port"));
        }
        for (wanted, port, what) in [
            (&self.in_dev, port_in, "in by"),
            (&self.out_dev, port_out, "out by"),
        ] {
            if !named(wanted, port) {
                let port = port.unwrap_or("no bridge port");
                return Some(format!("packet goes {what} {port}"));
            }
        }
        None
    }
}

impl fmt::Display for Physdev {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-m physdev")?;
        if let Some(is_in) = &self.is_in {
            write!(f, "{} --physdev-is-in", is_in.bang())?;
        }
        if let Some(dev) = &self.in_dev {
            write!(f, "{} --physdev-in {}", dev.bang(), dev.value.0)?;
        }
        if let Some(is_out) = &self.is_out {
            write!(f, "{} --physdev-is-out", is_out.bang())?;
        }
        if let Some(dev) = &self.out_dev {
            write!(f, "{} --physdev-out {}", dev.bang(), dev.value.0)?;
        }
        if let Some(is_bridged) = &self.is_bridged {
            write!(f, "{} --physdev-is-bridged", is_bridged.bang())?;
        }
        Ok(())
    }
}
