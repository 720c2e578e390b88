//! `-m recent`: lists of addresses with times. The lists themselves are the namespace's.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Extension, Opt, Taken, Truth};
use crate::family::Family;
use crate::rule::{IpFields, Not};
use crate::walk::Trial;
use crate::words::{Args, number};

/// `-m recent`: lists of addresses with times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    /// What is asked or changed.
    pub op: Not<RecentOp>,
    /// The list.
    pub name: String,
    /// `--seconds`.
    pub seconds: Option<u32>,
    /// `--reap`.
    pub reap: bool,
    /// `--hitcount`.
    pub hitcount: Option<u32>,
    /// `--rttl`, which we do not model.
    pub rttl: bool,
    /// `--rdest` rather than `--rsource`.
    pub destination: bool,
    /// `--mask`; all ones where it was not written, as iptables fills it in.
    pub mask: Option<IpAddr>,
}

/// What `-m recent` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecentOp {
    /// `--set`: adds or renews the address; always true.
    Set,
    /// `--rcheck`: whether the address is in the list.
    Rcheck,
    /// `--update`: as `--rcheck`, and renews.
    Update,
    /// `--remove`: whether it was there, and takes it out.
    Remove,
}

/// `XT_RECENT_NAME_LEN` in `xt_recent.h`, without the closing zero.
const LONGEST_NAME: usize = 199;

impl Recent {
    pub(super) fn start(family: Family) -> Self {
        Recent {
            op: Not::plain(RecentOp::Set),
            // The list's name where none is given (`libxt_recent.c`).
            name: "DEFAULT".to_owned(),
            seconds: None,
            reap: false,
            hitcount: None,
            rttl: false,
            destination: false,
            mask: Some(match family {
                Family::Ipv4 => Ipv4Addr::BROADCAST.into(),
                Family::Ipv6 => Ipv6Addr::from(u128::MAX).into(),
            }),
        }
    }
}

impl Extension for Recent {
    const NEEDS: usize = 1;
    const STATEFUL: bool = true;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        let op = match option.name {
            "--set" => Some(RecentOp::Set),
            "--rcheck" => Some(RecentOp::Rcheck),
            "--update" => Some(RecentOp::Update),
            "--remove" => Some(RecentOp::Remove),
            _ => None,
        };
        if let Some(op) = op {
            self.op = option.not(op);
            return Ok(Taken::Main);
        }
        match option.name {
            "--name" => {
                let name = args.value(option.name)?;
                if name.is_empty() || name.len() > LONGEST_NAME || name.contains('/') {
                    return Err(format!("--name takes 1 to {LONGEST_NAME} bytes without /"));
                }
                name.clone_into(&mut self.name);
            }
            "--seconds" => self.seconds = Some(number(args.value(option.name)?, option.name)?),
            "--hitcount" => self.hitcount = Some(number(args.value(option.name)?, option.name)?),
            "--reap" => self.reap = true,
            "--rttl" => self.rttl = true,
            "--rsource" => self.destination = false,
            "--rdest" => self.destination = true,
            "--mask" => {
                let text = args.value(option.name)?;
                let mask: IpAddr = text
                    .parse()
                    .map_err(|_| format!("--mask takes an address, not \"{text}\""))?;
                if self.mask.is_some_and(|all| all.is_ipv4() != mask.is_ipv4()) {
                    return Err(format!("--mask {text} is of the other address family"));
                }
                self.mask = Some(mask);
            }
            _ => return Ok(Taken::No),
        }
        option.upright()?;
        Ok(Taken::Detail)
    }

    fn check(&self, _: &IpFields) -> Result<(), String> {
        if self.reap && self.seconds.is_none() {
            return Err("--reap needs --seconds".to_owned());
        }
        // `recent_mt_check` refuses conditions on an operation that always succeeds.
        let conditional = self.seconds.is_some() || self.hitcount.is_some() || self.rttl;
        if conditional && matches!(self.op.value, RecentOp::Set | RecentOp::Remove) {
            return Err("--seconds, --hitcount and --rttl go with --rcheck or --update".to_owned());
        }
        Ok(())
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        if self.rttl {
            return Truth::Unmodelled("-m recent --rttl".to_owned());
        }
        self.op.holds(trial.env.recent(self, trial.skb)).into()
    }

    fn why(&self, _: &Trial<'_>) -> String {
        let what = if self.destination {
            "destination"
        } else {
            "source"
        };
        let how = if self.op.inverted {
            "is in"
        } else {
            "is not in"
        };
        match self.seconds {
            Some(seconds) => format!("{what} {how} list (last {seconds} s)"),
            None => format!("{what} {how} list"),
        }
    }
}

impl fmt::Display for Recent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op = match self.op.value {
            RecentOp::Set => "set",
            RecentOp::Rcheck => "rcheck",
            RecentOp::Update => "update",
            RecentOp::Remove => "remove",
        };
        write!(f, "-m recent{} --{op}", self.op.bang())?;
        if let Some(seconds) = self.seconds {
            write!(f, " --seconds {seconds}")?;
        }
        if self.reap {
            f.write_str(" --reap")?;
        }
        if let Some(hitcount) = self.hitcount {
            write!(f, " --hitcount {hitcount}")?;
        }
        if self.rttl {
            f.write_str(" --rttl")?;
        }
        write!(f, " --name {}", self.name)?;
        if let Some(mask) = self.mask {
            write!(f, " --mask {mask}")?;
        }
        f.write_str(if self.destination {
            " --rdest"
        } else {
            " --rsource"
        })
    }
}
