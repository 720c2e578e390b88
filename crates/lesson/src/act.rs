//! What happens: who sends to whom, what is waited for, what somebody changes. Read from a line each.
//!
//! Names in them are the lesson's and are put in their places by [`crate::bench`].

use lab::Forced;

use crate::expr::{Pattern, Scan, pattern};

/// Who sends to whom, as written, with what is decided beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Send {
    /// Who: `client`, `pod/demo/client`, `outside`.
    pub from: String,
    /// To whom: `vip`, `node1:30080`, `demo/web:80`.
    pub to: String,
    /// At which node a client outside enters.
    pub via: Option<String>,
    /// Draws that are decided, in order.
    pub pins: Vec<Pin>,
    /// How many connections; 1 where nothing is said.
    pub connections: u64,
    /// How many requests go over each of them.
    pub requests: u64,
}

/// A draw that is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// The rule takes the packet.
    Hit,
    /// It does not.
    Miss,
    /// Chance decides.
    Free,
    /// This number of 31 bits is drawn.
    Number(u32),
}

impl Pin {
    /// As dice take it.
    pub fn forced(self) -> Forced {
        match self {
            Pin::Hit => Forced::Hit,
            Pin::Miss => Forced::Miss,
            Pin::Free => Forced::Free,
            Pin::Number(n) => Forced::Number(n),
        }
    }
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// A connection, kept open; it can be named and used again.
    Walk(Option<String>, Send),
    /// The client sends once more over a connection.
    Again(Option<String>, String),
    /// The client of a connection makes another one.
    Fresh(Option<String>, String),
    /// Many connections.
    Many(Send),
    /// Milliseconds pass.
    Wait(u64),
    /// Somebody runs `conntrack` on a node, or on all.
    Conntrack(Who, String),
    /// A switch of a node's kernel.
    Sysctl(Who, String, String),
    /// A rule of a node becomes another.
    Override(Who, Box<Pattern>, Override),
    /// The cluster becomes another of the lesson.
    Cluster(String),
    /// kube-proxy does not delete stale UDP entries from here on.
    NoCleaning,
}

/// On which nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// On each.
    All,
    /// On this one.
    Node(String),
}

/// What becomes of a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Override {
    /// It is gone.
    Delete,
    /// It has this probability.
    Probability(f64),
}

/// Reads who sends to whom: `1000 client -> vip via node1 pin hit,miss requests 5`.
///
/// # Errors
/// What is wrong, and what to do.
pub fn send(text: &str) -> Result<Send, (String, String)> {
    const HELP: &str = "Write FROM -> TO, and behind it via NODE, pin hit,miss or requests N.";
    let wrong = |message: String| Err((message, HELP.to_owned()));
    let Some((left, right)) = text
        .split_once("->")
        .or_else(|| text.split_once('\u{2192}'))
    else {
        return wrong(format!(
            "\"{}\" does not say who sends to whom.",
            text.trim()
        ));
    };
    let mut send = Send {
        connections: 1,
        requests: 1,
        ..Send::default()
    };
    let left: Vec<&str> = left.split_whitespace().collect();
    match left[..] {
        [from] => send.from = from.to_owned(),
        [count, from] => {
            let Some(count) = number(count, 1_000_000) else {
                return wrong(format!(
                    "\"{count}\" is no number of connections up to 1,000,000."
                ));
            };
            (send.connections, send.from) = (count, from.to_owned());
        }
        _ => return wrong("One sender must stand before ->.".into()),
    }
    let mut words = right.split_whitespace();
    match words.next() {
        Some(to) => send.to = to.to_owned(),
        None => return wrong("Nobody stands behind ->.".into()),
    }
    while let Some(word) = words.next() {
        let value = words.next();
        match (word, value) {
            ("via", Some(node)) => send.via = Some(node.to_owned()),
            ("requests", Some(count)) => match number(count, 1000) {
                Some(count) => send.requests = count,
                None => return wrong(format!("\"{count}\" is no number of requests up to 1,000.")),
            },
            ("pin", Some(list)) => {
                for pin in list.split(',').filter(|pin| !pin.is_empty()) {
                    send.pins.push(match pin {
                        "hit" => Pin::Hit,
                        "miss" => Pin::Miss,
                        "free" => Pin::Free,
                        _ => return wrong(format!("\"{pin}\" is no draw: hit, miss or free.")),
                    });
                }
            }
            _ => return wrong(format!("\"{word}\" cannot stand there.")),
        }
    }
    if send.pins.len() > 100 {
        return wrong("More than 100 draws are pinned.".into());
    }
    Ok(send)
}

fn number(text: &str, most: u64) -> Option<u64> {
    let number = text.replace('_', "").parse().ok()?;
    (1..=most).contains(&number).then_some(number)
}

/// The words that begin an act.
pub const WORDS: [&str; 10] = [
    "walk",
    "again",
    "fresh",
    "many",
    "wait",
    "conntrack",
    "sysctl",
    "override",
    "cluster",
    "cleaning",
];

/// Reads `walk w: client -> vip`, whose parts before and behind the colon are given.
///
/// # Errors
/// What is wrong, and what to do.
pub fn act(head: &str, rest: &str) -> Result<Act, (String, String)> {
    let mut words = head.split_whitespace();
    let verb = words.next().unwrap_or_default();
    let name = words.next().map(str::to_owned);
    if words.next().is_some() {
        return Err((
            format!("\"{head}\" has too many words."),
            "Write walk NAME: …".into(),
        ));
    }
    let who = || match name.as_deref() {
        None | Some("all") => Who::All,
        Some(node) => Who::Node(node.to_owned()),
    };
    match verb {
        "walk" => Ok(Act::Walk(name, send(rest)?)),
        "again" => Ok(Act::Again(name, rest.to_owned())),
        "fresh" => Ok(Act::Fresh(name, rest.to_owned())),
        "many" => Ok(Act::Many(send(rest)?)),
        "wait" => duration(rest).map(Act::Wait),
        "conntrack" => Ok(Act::Conntrack(who(), rest.to_owned())),
        "sysctl" => match rest.split_once('=') {
            Some((key, value)) => {
                let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
                Ok(Act::Sysctl(who(), key, value))
            }
            None => Err((
                format!("\"{rest}\" sets nothing."),
                "Write sysctl: KEY = VALUE.".into(),
            )),
        },
        "override" => {
            const HELP: &str = "Write override NODE: RULE delete, or RULE probability 0.5.";
            let mut scan = Scan::new(rest);
            let found = pattern::pattern(&mut scan).map_err(|e| (e.message, e.help))?;
            let Some(found) = found else {
                return Err((format!("\"{rest}\" names no rule."), HELP.into()));
            };
            let what = scan.rest();
            let change = match what.split_once(' ') {
                None if what == "delete" => Some(Override::Delete),
                Some(("probability", p)) => {
                    let p = p.trim().parse().ok().filter(|p| (0.0..=1.0).contains(p));
                    p.map(Override::Probability)
                }
                _ => None,
            };
            match change {
                Some(change) => Ok(Act::Override(who(), Box::new(found), change)),
                None => Err((
                    format!("\"{what}\" is nothing that can be done to a rule."),
                    HELP.into(),
                )),
            }
        }
        "cluster" => Ok(Act::Cluster(rest.to_owned())),
        "cleaning" if rest == "off" => Ok(Act::NoCleaning),
        _ => Err((
            format!("\"{head}\" is nothing that can happen."),
            format!("There are {}.", WORDS.join(", ")),
        )),
    }
}

/// `500ms`, `90s`, `11m`, `3h`, `2d`, or several of them in a row, in milliseconds.
fn duration(text: &str) -> Result<u64, (String, String)> {
    let mut words = text.split_whitespace();
    let total = words.try_fold(0u64, |sum, word| sum.checked_add(lab::duration(word)?));
    total.filter(|total| *total > 0).ok_or_else(|| {
        (
            format!("\"{text}\" is no time."),
            "Write 90s, 11m, 3h, 2d, or 2h 59m.".to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_read() {
        let read = send("1_000 client -> vip via node1 pin hit,miss,free requests 3");
        let expected = Send {
            from: "client".into(),
            to: "vip".into(),
            via: Some("node1".into()),
            pins: vec![Pin::Hit, Pin::Miss, Pin::Free],
            connections: 1000,
            requests: 3,
        };
        assert_eq!(read, Ok(expected));
        for wrong in [
            "",
            "client",
            "->",
            "a b c -> d",
            "0 a -> b",
            "a ->",
            "a -> b pin x",
            "a -> b via",
            "99999999 a -> b",
            "a -> b so",
        ] {
            assert!(send(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn acts_read() {
        for (head, rest) in [
            ("walk", "a -> b"),
            ("walk w", "a -> b"),
            ("again x", "w"),
            ("wait", "2h 59m"),
            ("conntrack node1", "-D -p udp"),
            ("sysctl all", "net.ipv4.ip_forward = 0"),
            ("override all", "SVC.pick(2) probability 0.3333333333"),
            ("override node1", "EXT.mark of demo/web delete"),
            ("cluster", "other"),
            ("cleaning", "off"),
        ] {
            assert!(
                act(head, rest).is_ok(),
                "{head}: {rest}: {:?}",
                act(head, rest)
            );
        }
        for (head, rest) in [
            ("", ""),
            ("wait", "5"),
            ("wait", "0s"),
            ("wait", "99999999999999d"),
            ("override", "SVC.pick(2) probability 2"),
            ("override", "SVC.pick(2)"),
            ("override", "foo delete"),
            ("sysctl", "x"),
            ("jump", "high"),
        ] {
            assert!(act(head, rest).is_err(), "{head}: {rest}");
        }
    }
}
