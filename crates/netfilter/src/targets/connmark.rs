//! `-j CONNMARK`: sets, saves or restores the connection's mark.

use std::fmt;

use super::{Effect, Extension};
use crate::hook::Hook;
use crate::matches::{Opt, Taken};
use crate::packet::Skb;
use crate::traverse::{CtState, Env};
use crate::words::{Args, number};

/// `-j CONNMARK`: sets, saves or restores the connection's mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetConnmark {
    /// Which.
    pub op: ConnmarkOp,
}

/// What `-j CONNMARK` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnmarkOp {
    /// `--set-xmark VALUE/MASK`
    Set {
        /// VALUE.
        value: u32,
        /// MASK.
        mask: u32,
    },
    /// `--save-mark`: packet to connection.
    Save {
        /// `--nfmask`
        nfmask: u32,
        /// `--ctmask`
        ctmask: u32,
    },
    /// `--restore-mark`: connection to packet.
    Restore {
        /// `--nfmask`
        nfmask: u32,
        /// `--ctmask`
        ctmask: u32,
    },
}

impl Extension for SetConnmark {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        if let Some((value, mask)) = super::mark::xmark(option, args)? {
            self.op = ConnmarkOp::Set { value, mask };
            return Ok(Taken::Main);
        }
        let all = u32::MAX;
        match (option.name, &mut self.op) {
            ("--save-mark", op) => {
                *op = ConnmarkOp::Save {
                    nfmask: all,
                    ctmask: all,
                }
            }
            ("--restore-mark", op) => {
                *op = ConnmarkOp::Restore {
                    nfmask: all,
                    ctmask: all,
                }
            }
            (
                "--nfmask" | "--ctmask" | "--mask",
                ConnmarkOp::Save { nfmask, ctmask } | ConnmarkOp::Restore { nfmask, ctmask },
            ) => {
                option.upright()?;
                let mask = number(args.value(option.name)?, option.name)?;
                if option.name != "--ctmask" {
                    *nfmask = mask;
                }
                if option.name != "--nfmask" {
                    *ctmask = mask;
                }
                return Ok(Taken::Detail);
            }
            ("--nfmask" | "--ctmask" | "--mask", _) => {
                return Err(format!(
                    "{} goes behind --save-mark or --restore-mark",
                    option.name
                ));
            }
            _ => return Ok(Taken::No),
        }
        option.upright()?;
        Ok(Taken::Main)
    }

    /// `connmark_tg` in `xt_connmark.c`; a packet without a connection goes on unchanged.
    fn apply(&self, _: Hook, skb: &mut Skb, env: &mut dyn Env) -> Effect {
        let ct = env.conntrack();
        if matches!(ct.state, CtState::Invalid | CtState::Untracked) {
            return Effect::Continue;
        }
        match self.op {
            ConnmarkOp::Set { value, mask } => env.set_connmark((ct.mark & !mask) ^ value),
            ConnmarkOp::Save { nfmask, ctmask } => {
                env.set_connmark((ct.mark & !ctmask) ^ (skb.mark & nfmask));
            }
            ConnmarkOp::Restore { nfmask, ctmask } => {
                skb.mark = (skb.mark & !nfmask) ^ (ct.mark & ctmask);
            }
        }
        Effect::Continue
    }
}

impl fmt::Display for SetConnmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-j CONNMARK ")?;
        match self.op {
            ConnmarkOp::Set { value, mask } => write!(f, "--set-xmark {value:#x}/{mask:#x}"),
            ConnmarkOp::Save { nfmask, ctmask } => {
                write!(f, "--save-mark --nfmask {nfmask:#x} --ctmask {ctmask:#x}")
            }
            ConnmarkOp::Restore { nfmask, ctmask } => {
                write!(
                    f,
                    "--restore-mark --nfmask {nfmask:#x} --ctmask {ctmask:#x}"
                )
            }
        }
    }
}
