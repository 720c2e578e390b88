//! How `-L` names and words each target. The words bring a blank in front.

use std::fmt::Write;

use super::Names;
use crate::rule::Target;
use crate::targets::{ConnmarkOp, FLAGS, LEVELS, Log};
use crate::words::PortRange;

/// Writing to a string cannot fail.
macro_rules! put {
    ($out:expr, $($what:tt)*) => {
        let _ = write!($out, $($what)*);
    };
}

/// What stands in the target column.
pub(super) fn name(target: Option<&Target>) -> String {
    match target {
        None => String::new(),
        // NOTRACK is another spelling of CT, which the column does not know.
        Some(Target::Ct(_)) => "CT".to_owned(),
        // Behind `-j` or `-g` comes the name, then options.
        Some(target) => target
            .to_string()
            .split(' ')
            .nth(1)
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Adds a target's words.
pub(super) fn list(out: &mut String, target: &Target, names: Names) {
    match target {
        Target::Jump(_) | Target::Goto(_) | Target::Accept | Target::Drop | Target::Return => {}
        Target::Reject(t) => {
            put!(out, " reject-with {}", t.name());
        }
        Target::Mark(t) => mark(out, "MARK", t.value, t.mask),
        Target::Connmark(t) => match t.op {
            ConnmarkOp::Set { value, mask } => mark(out, "CONNMARK", value, mask),
            ConnmarkOp::Save { nfmask, ctmask } => {
                out.push_str(" CONNMARK save");
                masks(out, ("nfmask", nfmask), ("ctmask", ctmask));
            }
            ConnmarkOp::Restore { nfmask, ctmask } => {
                out.push_str(" CONNMARK restore");
                masks(out, ("ctmask", ctmask), ("nfmask", nfmask));
            }
        },
        Target::Dnat(t) => {
            put!(out, " to:{}", t.to);
            flags(out, &[(t.random, "random"), (t.persistent, "persistent")]);
        }
        Target::Snat(t) => {
            put!(out, " to:{}", t.to);
            flags(
                out,
                &[
                    (t.random, "random"),
                    (t.random_fully, "random-fully"),
                    (t.persistent, "persistent"),
                ],
            );
        }
        Target::Masquerade(t) => {
            if let Some(ports) = t.ports {
                put!(out, " masq ports: {}", PortRange(ports, '-'));
            }
            flags(
                out,
                &[(t.random, "random"), (t.random_fully, "random-fully")],
            );
        }
        Target::Redirect(t) => {
            if let Some(ports) = t.ports {
                put!(out, " redir ports {}", PortRange(ports, '-'));
            }
            flags(out, &[(t.random, "random")]);
        }
        Target::Netmap(t) => {
            put!(out, " to:{}", t.to);
        }
        Target::Log(t) => log(out, t, names),
        Target::Ct(t) if t.spelled_notrack => out.push_str(" NOTRACK"),
        Target::Ct(t) => {
            out.push_str(" CT");
            flags(out, &[(t.notrack, "notrack")]);
            for word in &t.rest {
                put!(out, " {}", word.trim_start_matches("--"));
            }
        }
        Target::Tcpmss(t) => {
            out.push_str(" TCPMSS");
            match t.rest.get(1) {
                Some(size) => {
                    put!(out, " set {size}");
                }
                None => out.push_str(" clamp to PMTU"),
            }
        }
        Target::Checksum(_) => out.push_str(" CHECKSUM fill"),
        // How the tool words it is not known here; as it was written is at least true.
        Target::Unknown(t) => {
            put!(out, "{}", crate::words::Raw(&t.raw));
        }
    }
}

fn flags(out: &mut String, flags: &[(bool, &str)]) {
    for (_, word) in flags.iter().filter(|(set, _)| *set) {
        put!(out, " {word}");
    }
}

/// The spelling that says best what `--set-xmark` does (`mark_tg_print` in `libxt_MARK.c`).
fn mark(out: &mut String, what: &str, value: u32, mask: u32) {
    match (value, mask) {
        (0, _) => {
            put!(out, " {what} and {:#x}", !mask);
        }
        _ if value == mask => {
            put!(out, " {what} or {value:#x}");
        }
        (_, 0) => {
            put!(out, " {what} xor {value:#x}");
        }
        (_, u32::MAX) => {
            put!(out, " {what} set {value:#x}");
        }
        _ => {
            put!(out, " {what} xset {value:#x}/{mask:#x}");
        }
    }
}

/// The masks of saving and restoring, the second one as what it leaves (`connmark_tg_print`).
fn masks(out: &mut String, first: (&str, u32), second: (&str, u32)) {
    match (first.1, second.1) {
        (u32::MAX, u32::MAX) => {}
        (a, b) if a == b => {
            put!(out, " mask {a:#x}");
        }
        (a, b) => {
            put!(out, " {} {a:#x} {} ~{b:#x}", first.0, second.0);
        }
    }
}

fn log(out: &mut String, log: &Log, names: Names) {
    match names {
        Names::Numeric => {
            put!(out, " LOG flags {} level {}", log.flags, log.level);
        }
        Names::Looked => {
            let level = LEVELS.get(usize::from(log.level)).copied();
            put!(out, " LOG level {}", level.unwrap_or_default());
            for (_, word) in FLAGS.iter().filter(|(bit, _)| log.flags & bit != 0) {
                put!(out, " {word}");
            }
        }
    }
    if !log.prefix.is_empty() {
        put!(out, " prefix \"{}\"", log.prefix);
    }
}
