//! What a client does after its first connection: one more packet, one more connection, a pause.
//!
//! A conversation is a list that stands in the request. The core plays it from an empty memory each
//! time ([`crate::replay`]), so that any of its steps can be gone back to and gives the same again.

use serde::{Deserialize, Serialize};

/// One thing that happens after the first connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Step {
    /// The client sends once more over the connection made last.
    Again,
    /// The same client connects anew.
    Connect,
    /// So many milliseconds pass.
    Wait(u64),
    /// Somebody runs the `conntrack` command on a node.
    Conntrack {
        /// The node.
        node: String,
        /// What stands behind `conntrack`: `-F`, `-D -p udp`.
        args: String,
    },
}

/// A conversation and which part of it is on screen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Talk {
    /// What follows the first connection.
    pub steps: Vec<Step>,
    /// Which part is on screen: 0 is the first connection, `n` is `steps[n - 1]`.
    pub shown: usize,
}

impl Talk {
    /// Whether the connection that is part `part` has more to say later on.
    pub fn goes_on(&self, part: usize) -> bool {
        let later = self.steps.iter().skip(part);
        later
            .take_while(|step| **step != Step::Connect)
            .any(|step| *step == Step::Again)
    }

    /// The same conversation, continued behind the part on screen; what came there before is gone.
    pub fn then(&mut self, step: Step) {
        self.steps.truncate(self.shown);
        self.steps.push(step);
        self.shown = self.steps.len();
    }

    /// Shows another part, or the last where there are not so many.
    pub fn show(&mut self, part: usize) {
        self.shown = part.min(self.steps.len());
    }
}

/// A part of the conversation, as the strip tells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Turn {
    /// What is done: `connection`, `wait 11 minutes`.
    pub name: String,
    /// What came of it: `answered by web-1`, `2 entries forgotten`.
    pub outcome: String,
    /// Whether the client got no answer.
    pub failed: bool,
}

/// What `conntrack -L` prints on a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The node.
    pub node: String,
    /// One line for each entry.
    pub entries: Vec<Entry>,
}

/// A line of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// As the tool prints it.
    pub line: String,
    /// What stands behind `conntrack` to delete this entry.
    pub delete: String,
}

impl Step {
    /// What it is called.
    pub fn name(&self) -> String {
        match self {
            Step::Again => "next packet".into(),
            Step::Connect => "connection".into(),
            Step::Wait(milliseconds) => format!("wait {}", time(*milliseconds)),
            Step::Conntrack { node, args } => {
                let verb = args.split_whitespace().next().unwrap_or_default();
                format!("conntrack {verb} on {node}")
            }
        }
    }
}

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Waits worth a choice of their own, around what kernels and kube-proxy keep by default: 30 s for
/// UDP, 120 s for UDP that was answered and for a closed TCP connection, 3 h for ClientIP affinity,
/// 5 days for an open TCP connection (`net/netfilter/nf_conntrack_proto_*.c`), or the 24 h that
/// kube-proxy's `conntrack.tcpEstablishedTimeout` makes of them.
pub const WAITS: [u64; 7] = [
    10 * SECOND,
    MINUTE,
    3 * MINUTE,
    11 * MINUTE,
    4 * HOUR,
    25 * HOUR,
    6 * DAY,
];

/// The longest wait: a year and a bit, far beyond any timeout.
const LONGEST: u64 = 400 * DAY;

/// A time in words: `11 minutes`, `1 hour 30 minutes`.
pub fn time(milliseconds: u64) -> String {
    let units = [
        (DAY, "day", "days"),
        (HOUR, "hour", "hours"),
        (MINUTE, "minute", "minutes"),
        (SECOND, "second", "seconds"),
    ];
    let mut left = milliseconds;
    let mut words = Vec::new();
    for (unit, one, many) in units {
        let n = left / unit;
        left %= unit;
        if n > 0 {
            words.push(crate::text::count(n as usize, one, many));
        }
    }
    if words.is_empty() {
        words.push("0 seconds".into());
    }
    words.join(" ")
}

/// Reads a typed time: `90`, `90 s`, `11 minutes`, `1h 30m`. A bare number is seconds.
pub fn parse_time(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let mut total: u64 = 0;
    let mut rest = text.as_str();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                .len();
        let unit = match &rest[..letters] {
            "" | "s" | "sec" | "secs" | "second" | "seconds" => SECOND,
            "m" | "min" | "mins" | "minute" | "minutes" => MINUTE,
            "h" | "hour" | "hours" => HOUR,
            "d" | "day" | "days" => DAY,
            _ => return None,
        };
        rest = rest[letters..].trim_start();
        total = total.checked_add(number.checked_mul(unit)?)?;
    }
    (1..=LONGEST).contains(&total).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_and_read_alike() {
        for (text, milliseconds, said) in [
            ("90", 90 * SECOND, "1 minute 30 seconds"),
            ("10 s", 10 * SECOND, "10 seconds"),
            ("11 minutes", 11 * MINUTE, "11 minutes"),
            (" 1H 30m ", 90 * MINUTE, "1 hour 30 minutes"),
            ("6d", 6 * DAY, "6 days"),
        ] {
            assert_eq!(parse_time(text), Some(milliseconds), "{text}");
            assert_eq!(time(milliseconds), said);
            assert_eq!(parse_time(said), Some(milliseconds), "{said}");
        }
        for wait in WAITS {
            assert_eq!(parse_time(&time(wait)), Some(wait));
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            " ",
            "0",
            "soon",
            "5 x",
            "-1",
            "1.5 h",
            "99999999999999999999",
            "9999 days",
            "ä",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn a_connection_goes_on_until_the_next_one_is_made() {
        let talk = Talk {
            steps: vec![Step::Connect, Step::Wait(DAY), Step::Again, Step::Connect],
            shown: 0,
        };
        let goes_on: Vec<bool> = (0..5).map(|part| talk.goes_on(part)).collect();
        assert_eq!(goes_on, [false, true, true, false, false]);
    }

    #[test]
    fn a_step_behind_an_earlier_part_takes_the_place_of_what_came_there() {
        let mut talk = Talk::default();
        talk.then(Step::Wait(SECOND));
        talk.then(Step::Connect);
        talk.show(1);
        talk.then(Step::Wait(DAY));
        assert_eq!(talk.steps, [Step::Wait(SECOND), Step::Wait(DAY)]);
        assert_eq!(talk.shown, 2);
        talk.show(9);
        assert_eq!(talk.shown, 2);
    }
}
