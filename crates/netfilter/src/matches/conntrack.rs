//! `-m conntrack`: what conntrack says of the packet.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::rule::Not;
use crate::traverse::{CtState, CtView, Trial};
use crate::words::{Args, Raw};

/// `-m conntrack`: what conntrack says of the packet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conntrack {
    /// `--ctstate`.
    pub states: Option<Not<CtStates>>,
    /// Options we do not model, as written; they make the match unmodelled.
    pub other: Vec<String>,
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

/// Options of `-m conntrack` that take one value and that we keep without acting on them.
const OTHER: [&str; 10] = [
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
];

impl Extension for Conntrack {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        match option.name {
            "--ctstate" => {
                let states = CtStates::parse(args.value(option.name)?, option.name)?;
                self.states = Some(option.not(states));
            }
            name if OTHER.contains(&name) || matches!(name, "--ctexpire" | "--ctdir") => {
                if option.inverted {
                    self.other.push("!".to_owned());
                }
                self.other.push(name.to_owned());
                self.other.push(args.value(name)?.to_owned());
            }
            _ => return Ok(Taken::No),
        }
        Ok(Taken::Main)
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        let fits = self.states.as_ref().is_none_or(|wanted| {
            let has = CtStates::of(&trial.env.conntrack());
            wanted.holds(wanted.value.0 & has.0 != 0)
        });
        if fits && !self.other.is_empty() {
            return Truth::Unmodelled(format!("-m conntrack{}", Raw(&self.other)));
        }
        fits.into()
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
        write!(f, "{}", Raw(&self.other))
    }
}
