//! A moment of a walk as a lesson writes it: `dnat`, `reply undo-dnat`, `SVC.pick(2) at node1`.
//!
//! Which event that is, is for [`crate::stop`].

use crate::expr::{Misread, Scan, pattern};
use crate::model::{Moment, Stop};

const HELP: &str = "Write dnat, snat, undo-dnat, undo-snat, draw N, lost, not-asked, conntrack, delivered, wrapped, end or a rule; before it packet N or reply, behind it at NODE.";

/// Reads a moment.
///
/// # Errors
/// Where it could not be read, and why.
pub fn read(text: &str) -> Result<Stop, Misread> {
    let mut scan = Scan::new(text);
    let mut packet = None;
    if scan.eat_word("reply") {
        packet = Some(1);
    } else if scan.eat_word("packet") {
        let number: Option<usize> = scan.run(|c| c.is_ascii_digit()).parse().ok();
        match number.and_then(|n| n.checked_sub(1)) {
            Some(number) => packet = Some(number),
            None => return Err(scan.wrong("Packets are counted from 1.", HELP)),
        }
    }
    let what = match pattern::pattern(&mut scan)? {
        Some(found) => Some(Moment::Rule(Box::new(found))),
        None => match scan.word().unwrap_or_default() {
            "dnat" => Some(Moment::Dnat),
            "snat" => Some(Moment::Snat),
            "undo-dnat" => Some(Moment::UndoDnat),
            "undo-snat" => Some(Moment::UndoSnat),
            "draw" => {
                let number: Option<usize> = scan.run(|c| c.is_ascii_digit()).parse().ok();
                number.filter(|n| *n > 0).map(Moment::Draw)
            }
            "lost" => Some(Moment::Lost),
            "not-asked" => Some(Moment::NotAsked),
            "conntrack" => Some(Moment::Conntrack),
            "delivered" => Some(Moment::Delivered),
            "wrapped" => Some(Moment::Wrapped),
            "end" => Some(Moment::End),
            _ => None,
        },
    };
    let Some(what) = what else {
        return Err(scan.wrong("No moment of a walk is called so.", HELP));
    };
    let node = match scan.eat_word("at") {
        true => scan.word().map(str::to_owned),
        false => None,
    };
    match scan.is_done() {
        true => Ok(Stop { packet, node, what }),
        false => Err(scan.wrong("Something more stands here.", HELP)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read() {
        for text in [
            "dnat",
            "reply undo-dnat",
            "packet 3 not-asked at node1",
            "draw 2",
            "SVC.pick(2) at node1",
            "nat/KUBE-POSTROUTING#3",
            "end",
        ] {
            assert!(read(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "dnats",
            "draw 0",
            "packet 0 dnat",
            "dnat node1",
            "SVC.pik(1)",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
