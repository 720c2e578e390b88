//! A short way from the shapes of rule that a large cluster has by the hundred thousand to what the
//! kernel keeps. Whatever has another shape is left to netfilter's own reader, and a test holds both
//! to the same answer.

use std::net::IpAddr;

use ipnet::IpNet;
use netfilter::matches::{Comment, Statistic, StatisticMode, Tcp, Udp};
use netfilter::rule::NatRange;
use netfilter::targets::Dnat;
use netfilter::{Family, Match, Not, Probability, Protocol, Rule, Table, Target};

/// The longest comment that iptables takes (`XT_MAX_COMMENT_LEN` without its closing zero).
const LONGEST_COMMENT: usize = 255;

/// The rule of what stands behind `-A CHAIN`, or `None` where its shape is not one of the frequent
/// ones. Jumps share their names with the chains of `table`.
pub(crate) fn rule(args: &str, family: Family, table: &Table) -> Option<Rule> {
    let mut rule = Rule {
        // Rules are many; each takes the room it needs and no more.
        matches: Vec::with_capacity(args.matches("-m ").count()),
        ..Rule::default()
    };
    let mut words = Words(args);
    let mut inverted = false;
    while let Some(word) = words.next() {
        match word {
            "!" if !inverted => {
                inverted = true;
                continue;
            }
            "-s" => rule.ip.src = Some(net(words.next()?, family, inverted)?),
            "-d" => rule.ip.dst = Some(net(words.next()?, family, inverted)?),
            _ if inverted => return None,
            "-m" => rule.matches.push(extension(&mut words)?),
            "-p" => {
                rule.ip.protocol = Some(Not::plain(match words.next()? {
                    "tcp" => Protocol::Tcp,
                    "udp" => Protocol::Udp,
                    _ => return None,
                }));
            }
            "--dport" => {
                let port = words.next()?.parse().ok()?;
                let ports = Some(Not::plain((port, port)));
                match rule.matches.last_mut()? {
                    Match::Tcp(tcp) => tcp.dport = ports,
                    Match::Udp(udp) => udp.dport = ports,
                    _ => return None,
                }
            }
            "-j" => {
                rule.target = Some(target(&mut words, table)?);
                break;
            }
            _ => return None,
        }
        inverted = false;
    }
    let fits = rule.matches.iter().all(|m| match m {
        Match::Tcp(_) => rule.ip.protocol == Some(Not::plain(Protocol::Tcp)),
        Match::Udp(_) => rule.ip.protocol == Some(Not::plain(Protocol::Udp)),
        _ => true,
    });
    let needs_protocol = matches!(rule.target, Some(Target::Dnat(_)));
    let whole = words.0.is_empty() && !inverted && fits;
    (whole && (rule.ip.protocol.is_some() || !needs_protocol)).then_some(rule)
}

fn extension(words: &mut Words<'_>) -> Option<Match> {
    Some(match words.next()? {
        "comment" => {
            words.expect("--comment")?;
            let text = words.text()?;
            (text.len() <= LONGEST_COMMENT).then(|| {
                Match::Comment(Comment {
                    text: text.to_owned(),
                })
            })?
        }
        "tcp" => Match::Tcp(Tcp::default()),
        "udp" => Match::Udp(Udp::default()),
        "statistic" => {
            words.expect("--mode")?;
            words.expect("random")?;
            words.expect("--probability")?;
            let probability = Probability::from_f64(words.next()?.parse().ok()?)?;
            Match::Statistic(Statistic {
                mode: StatisticMode::Random(Not::plain(probability)),
            })
        }
        _ => return None,
    })
}

fn target(words: &mut Words<'_>, table: &Table) -> Option<Target> {
    match words.next()? {
        "DNAT" => {
            words.expect("--to-destination")?;
            let text = words.next()?;
            let (ip, port) = text.rsplit_once(':')?;
            let ip: IpAddr = match ip.strip_prefix('[') {
                Some(ip) => IpAddr::V6(ip.strip_suffix(']')?.parse().ok()?),
                None => IpAddr::V4(ip.parse().ok()?),
            };
            let port = port.parse().ok()?;
            Some(Target::Dnat(Dnat {
                to: NatRange {
                    addrs: Some((ip, ip)),
                    ports: Some((port, port)),
                },
                random: false,
                persistent: false,
            }))
        }
        chain if chain.starts_with("KUBE-") => {
            let at = table.position_of(chain)?;
            Some(Target::Jump(table.chains[at].name.clone()))
        }
        _ => None,
    }
}

fn net(text: &str, family: Family, inverted: bool) -> Option<Not<IpNet>> {
    let value = match text.contains('/') {
        true => text.parse::<IpNet>().ok()?.trunc(),
        false => text.parse::<IpAddr>().ok()?.into(),
    };
    // The network of all addresses is no condition; that is for the reader to say.
    let some = Family::of(value.addr()) == family && value.prefix_len() > 0;
    some.then_some(Not { inverted, value })
}

/// The words of a rule as kube-proxy writes it: one blank between them, quotes around comments alone.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let text = self.0;
        if text.is_empty() {
            return None;
        }
        let bytes = text.as_bytes();
        let end = bytes.iter().position(|b| *b == b' ').unwrap_or(text.len());
        self.0 = text.get(end + 1..).unwrap_or("");
        Some(&text[..end])
    }

    fn expect(&mut self, word: &str) -> Option<()> {
        (self.next()? == word).then_some(())
    }

    /// A word, or a quoted text without escapes.
    fn text(&mut self) -> Option<&'a str> {
        let Some(quoted) = self.0.strip_prefix('"') else {
            return self.next().filter(|word| !word.contains(['"', '\\']));
        };
        let end = quoted.find(['"', '\\'])?;
        let rest = quoted[end..].strip_prefix('"')?;
        self.0 = match rest.is_empty() {
            true => rest,
            false => rest.strip_prefix(' ')?,
        };
        Some(&quoted[..end])
    }
}

#[cfg(test)]
mod tests {
    use netfilter::{ChainKind, ChainName, TableName};

    use super::*;

    fn table() -> Table {
        let mut table = Table::empty(TableName::Nat);
        for name in ["KUBE-MARK-MASQ", "KUBE-SVC-A", "KUBE-SEP-B"] {
            table.ensure(ChainName::new(name).unwrap(), ChainKind::User);
        }
        table
    }

    const FREQUENT: [&str; 9] = [
        "-m comment --comment \"x/web:http cluster IP\" -m tcp -p tcp -d 10.0.0.1 --dport 80 -j KUBE-SVC-A",
        "-m comment --comment \"x/web cluster IP\" -m udp -p udp -d 10.0.0.1 --dport 53 ! -s 10.1.0.0/16 -j KUBE-MARK-MASQ",
        "-m comment --comment \"x/web -> 10.1.0.1:80\" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-B",
        "-m comment --comment \"x/web -> 10.1.0.1:80\" -j KUBE-SEP-B",
        "-m comment --comment x/web -s 10.1.0.1 -j KUBE-MARK-MASQ",
        "-m comment --comment x/web -m tcp -p tcp -j DNAT --to-destination 10.1.0.1:80",
        "-s 10.1.0.1/12 -j KUBE-MARK-MASQ",
        "-m comment --comment x -m tcp -p tcp --dport 30080 -j KUBE-SVC-A",
        "-m tcp -p tcp -d 10.0.0.1 --dport 80",
    ];

    #[test]
    fn frequent_shapes_are_read_as_the_reader_does() {
        for text in FREQUENT {
            let quick = rule(text, Family::Ipv4, &table());
            assert_eq!(quick, Rule::parse(Family::Ipv4, text).ok(), "{text}");
            assert!(quick.is_some());
        }
        let v6 = "-m tcp -p tcp -j DNAT --to-destination [fd00::1]:80";
        let quick = rule(v6, Family::Ipv6, &table());
        assert_eq!(quick, Rule::parse(Family::Ipv6, v6).ok());
        assert!(quick.is_some());
    }

    /// Whatever becomes of a text, the short way says nothing or what the reader says.
    #[test]
    fn other_shapes_are_left_to_the_reader() {
        let odd = [
            "",
            "!",
            "-s",
            "-s 0.0.0.0/0",
            "-s fd00::1",
            "-m tcp --dport 80",
            "-m tcp -p udp --dport 80",
            "-j DNAT --to-destination 10.0.0.1:80",
            "-m tcp -p tcp -j DNAT --to-destination fd00::1:80",
            "-j KUBE-SVC-NONE",
            "-j KUBE-SVC-A --more",
            "-p tcp ! -j KUBE-SVC-A",
            "! ! -s 10.0.0.1",
            "-m comment --comment \"a\\\"b\" -j KUBE-SVC-A",
            "-m comment --comment \"a\"b -j KUBE-SVC-A",
            "-m comment --comment a\"b c\" -j KUBE-SVC-A",
            "-m comment --comment \"a",
            "-m comment",
            "-m recent --name x --set",
            "-m statistic --mode random --probability 2",
            "-p tcp --dport 80",
            "-m tcp -p tcp --dport 080",
            "-m tcp -p tcp --dport 80 --dport 81",
            "-s 10.0.0.1 -s 10.0.0.2",
            "-p tcp -p udp",
            "-s  10.0.0.1",
        ];
        let mut texts: Vec<String> = odd.iter().map(|t| (*t).to_owned()).collect();
        texts.push(format!("-m comment --comment {}", "a".repeat(256)));
        // Every frequent shape, cut off anywhere.
        for text in FREQUENT {
            texts.extend((0..text.len()).map(|end| text[..end].to_owned()));
        }
        for text in texts {
            if let Some(quick) = rule(&text, Family::Ipv4, &table()) {
                assert_eq!(Ok(quick), Rule::parse(Family::Ipv4, &text), "{text}");
            }
        }
    }
}
