//! `-m conntrack`: what conntrack says of the packet.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::packet::Protocol;
use crate::rule::Not;
use crate::traverse::{CtState, CtView};
use crate::walk::Trial;
use crate::words::Args;

/// `-m conntrack`: what conntrack says of the packet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conntrack {
    /// `--ctstate`.
    pub states: Option<Not<CtStates>>,
    /// Options we do not model, each with its value, in printed order; they make the match
    /// unmodelled.
    pub other: Vec<(&'static str, Not<String>)>,
}

/// A set of `--ctstate` words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CtStates(pub u8);

impl CtStates {
    /// `INVALID`
    pub const INVALID: u8 = 1;
    /// `NEW`
    pub const NEW: u8 = 2;
    /// `RELATED`
    pub const RELATED: u8 = 4;
    /// `ESTABLISHED`
    pub const ESTABLISHED: u8 = 8;
    /// `UNTRACKED`
    pub const UNTRACKED: u8 = 16;
    /// `SNAT`
    pub const SNAT: u8 = 32;
    /// `DNAT`
    pub const DNAT: u8 = 64;

    /// Bit and word, in the order in which iptables prints them.
    const WORDS: [(u8, &'static str); 7] = [
        (Self::INVALID, "INVALID"),
        (Self::NEW, "NEW"),
        (Self::RELATED, "RELATED"),
        (Self::ESTABLISHED, "ESTABLISHED"),
        (Self::UNTRACKED, "UNTRACKED"),
        (Self::SNAT, "SNAT"),
        (Self::DNAT, "DNAT"),
    ];

    /// Reads `NEW,ESTABLISHED`.
    pub(super) fn parse(text: &str, option: &str) -> Result<Self, String> {
        text.split(',').try_fold(CtStates(0), |states, word| {
            Self::WORDS
                .iter()
                .find(|(_, known)| known.eq_ignore_ascii_case(word))
                .map(|(bit, _)| CtStates(states.0 | bit))
                .ok_or_else(|| format!("{option}: \"{word}\" is no state; use NEW, ESTABLISHED, RELATED, INVALID or UNTRACKED"))
        })
    }

    /// The bits that a packet has (`conntrack_mt` in `xt_conntrack.c`).
    pub(super) fn of(ct: &CtView) -> Self {
        let state = match ct.state {
            CtState::Invalid => return CtStates(Self::INVALID),
            CtState::Untracked => return CtStates(Self::UNTRACKED),
            CtState::New => Self::NEW,
            CtState::Established => Self::ESTABLISHED,
            CtState::Related => Self::RELATED,
        };
        let snat = if ct.snat { Self::SNAT } else { 0 };
        let dnat = if ct.dnat { Self::DNAT } else { 0 };
        CtStates(state | snat | dnat)
    }
}

impl fmt::Display for CtStates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (_, word) in Self::WORDS.iter().filter(|(bit, _)| self.0 & bit != 0) {
            write!(f, "{separator}{word}")?;
            separator = ",";
        }
        Ok(())
    }
}

/// Options that take one value and that we keep without acting on them, in the order in which
/// iptables prints them (`conntrack_dump` in libxt_conntrack.c).
const OTHER: [&str; 12] = [
    "--ctproto",
    "--ctorigsrc",
    "--ctorigdst",
    "--ctreplsrc",
    "--ctrepldst",
    "--ctorigsrcport",
    "--ctorigdstport",
    "--ctreplsrcport",
    "--ctrepldstport",
    "--ctstatus",
    "--ctexpire",
    "--ctdir",
];

impl Extension for Conntrack {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        match option.name {
            "--ctstate" => {
                let states = CtStates::parse(args.value(option.name)?, option.name)?;
                self.states = Some(option.not(states));
            }
            name => {
                let Some(&name) = OTHER.iter().find(|known| **known == name) else {
                    return Ok(Taken::No);
                };
                let mut value = args.value(name)?.to_owned();
                if name == "--ctproto"
                    && let Some(protocol) = Protocol::parse(&value)
                {
                    value = protocol.number().to_string();
                }
                self.other.retain(|(known, _)| *known != name);
                self.other.push((name, option.not(value)));
                let rank = |name: &str| OTHER.iter().position(|known| *known == name);
                self.other.sort_by_key(|(name, _)| rank(name));
            }
        }
        Ok(Taken::Main)
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        let fits = self.states.as_ref().is_none_or(|wanted| {
            let has = CtStates::of(&trial.env.conntrack());
            wanted.holds(wanted.value.0 & has.0 != 0)
        });
        match self.other.first() {
            Some((option, _)) if fits => Truth::Unmodelled(format!("-m conntrack {option}")),
            _ => fits.into(),
        }
    }

    fn why(&self, trial: &Trial<'_>) -> String {
        self.states
            .as_ref()
            .map(|wanted| states_why(wanted, CtStates::of(&trial.env.conntrack())))
            .unwrap_or_default()
    }
}

pub(super) fn states_why(wanted: &Not<CtStates>, has: CtStates) -> String {
    if wanted.inverted {
        // The word that spoilt it: an ESTABLISHED packet of a DNATed connection is excluded by either.
        return format!("connection is {}", CtStates(has.0 & wanted.value.0));
    }
    let state = CtStates(has.0 & !(CtStates::SNAT | CtStates::DNAT));
    format!("connection is {state}, not {}", wanted.value)
}

impl fmt::Display for Conntrack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-m conntrack")?;
        if let Some(states) = &self.states {
            write!(f, "{} --ctstate {}", states.bang(), states.value)?;
        }
        for (option, value) in &self.other {
            write!(f, "{} {option} {}", value.bang(), value.value)?;
        }
        Ok(())
    }
}
