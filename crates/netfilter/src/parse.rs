//! Reading one rule: the words behind `-A CHAIN`, in any order that iptables accepts.

use std::borrow::Cow;

use crate::family::Family;
use crate::fixed::parse_net;
use crate::matches::{Opt, Taken, Unknown};
use crate::packet::Protocol;
use crate::rule::{ChainName, DevPattern, Match, Not, Rule, Target};
use crate::targets::UNMODELLED;
use crate::words::{Args, number, split};

impl Rule {
    /// Reads what stands behind `-A CHAIN`.
    ///
    /// An extension that is not modelled is kept as written; an option that its extension does not
    /// know is an error, in words for the person who wrote it.
    pub fn parse(family: Family, text: &str) -> Result<Rule, String> {
        let mut words = Vec::new();
        split(text, &mut words)?;
        parse_rule(family, &words)
    }
}

/// Which extension was named last: words that nobody knows belong to it if it is unknown itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Latest {
    Nothing,
    Match,
    Target,
}

/// A rule being read.
struct Reader {
    family: Family,
    rule: Rule,
    /// How many main options each match has had, in the order of the rule's matches.
    given: Vec<usize>,
    target_given: usize,
    latest: Latest,
    /// `!` was read and its option not yet.
    inverted: bool,
}

pub(crate) fn parse_rule(family: Family, words: &[Cow<'_, str>]) -> Result<Rule, String> {
    // Rules are many; each takes the room it needs and no more.
    let matches = words.iter().filter(|word| *word == "-m").count();
    let mut reader = Reader {
        family,
        rule: Rule {
            matches: Vec::with_capacity(matches),
            ..Rule::default()
        },
        given: Vec::with_capacity(matches),
        target_given: 0,
        latest: Latest::Nothing,
        inverted: false,
    };
    let mut args = Args::new(words);
    while let Some(word) = args.next() {
        if word == "!" {
            if std::mem::replace(&mut reader.inverted, true) {
                return Err("! stands twice in a row".to_owned());
            }
            continue;
        }
        reader.word(word, &mut args)?;
    }
    reader.finish()
}

impl Reader {
    fn word(&mut self, word: &str, args: &mut Args<'_, '_>) -> Result<(), String> {
        let inverted = std::mem::take(&mut self.inverted);
        let upright = |name: &str| match inverted {
            true => Err(format!("{name} cannot be inverted with !")),
            false => Ok(()),
        };
        match word {
            "-s" | "--source" | "--src" => {
                self.rule.ip.src = self.net(args.value(word)?, inverted, word)?;
            }
            "-d" | "--destination" | "--dst" => {
                self.rule.ip.dst = self.net(args.value(word)?, inverted, word)?;
            }
            "-p" | "--protocol" | "--proto" => {
                self.rule.ip.protocol = protocol(args.value(word)?, inverted)?;
            }
            "-i" | "--in-interface" => self.rule.ip.in_dev = device(args.value(word)?, inverted)?,
            "-o" | "--out-interface" => self.rule.ip.out_dev = device(args.value(word)?, inverted)?,
            "-f" | "--fragment" if self.family == Family::Ipv4 => {
                self.rule.ip.fragment = Some(Not {
                    inverted,
                    value: (),
                });
            }
            "-c" | "--set-counters" => {
                upright(word)?;
                let packets = args.value(word)?;
                let bytes = args.value(word)?;
                self.rule.counters = (counter(packets)?, counter(bytes)?);
            }
            "-m" | "--match" => {
                upright(word)?;
                self.start_match(args.value(word)?);
            }
            "-j" | "--jump" => {
                upright(word)?;
                self.start_target(args.value(word)?)?;
            }
            "-g" | "--goto" => {
                upright(word)?;
                self.only_target()?;
                let chain = args.value(word)?;
                self.rule.target = Some(Target::Goto(chain_name(chain)?));
            }
            _ if word.starts_with("--") => {
                let (name, value) = match word.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (word, None),
                };
                return self.extension_option(Opt { name, inverted }, value, args);
            }
            _ if word.starts_with('-') && word.len() > 1 => {
                return Err(format!("unknown option {word}"));
            }
            _ => return Err(format!("\"{word}\" belongs to no option")),
        }
        Ok(())
    }

    fn net(
        &self,
        text: &str,
        inverted: bool,
        option: &str,
    ) -> Result<Option<Not<ipnet::IpNet>>, String> {
        if text.contains(',') {
            return Err(format!(
                "{option} takes one address here; write a rule for each"
            ));
        }
        let value = parse_net(text, self.family, option)?.trunc();
        // iptables keeps no condition for the network that holds every address.
        let everything = value.prefix_len() == 0 && !inverted;
        Ok((!everything).then_some(Not { inverted, value }))
    }

    fn start_match(&mut self, name: &str) {
        let unknown = || {
            Match::Unknown(Unknown {
                name: name.to_owned(),
                raw: Vec::new(),
            })
        };
        let named = if name.is_empty() {
            None
        } else {
            Match::start(name, self.family)
        };
        self.push_match(named.unwrap_or_else(unknown));
        self.latest = Latest::Match;
    }

    fn push_match(&mut self, extension: Match) {
        self.rule.matches.push(extension);
        self.given.push(0);
    }

    fn only_target(&self) -> Result<(), String> {
        match self.rule.target {
            Some(_) => Err("a rule has one target; -j or -g stands twice".to_owned()),
            None => Ok(()),
        }
    }

    fn start_target(&mut self, name: &str) -> Result<(), String> {
        self.only_target()?;
        self.latest = Latest::Target;
        self.rule.target = Some(match name {
            "ACCEPT" => Target::Accept,
            "DROP" => Target::Drop,
            "RETURN" => Target::Return,
            name => match Target::start(name, self.family) {
                Some(target) => target,
                None if UNMODELLED.contains(&name) => Target::Unknown(Unknown {
                    name: name.to_owned(),
                    raw: Vec::new(),
                }),
                None => Target::Jump(chain_name(name)?),
            },
        });
        Ok(())
    }

    /// Gives an option to the extension that knows it: the target, then the latest match first
    /// (`xtables_merge_options` puts newer options in front), then the match that `-p` implies.
    fn extension_option(
        &mut self,
        option: Opt<'_>,
        value: Option<&str>,
        args: &mut Args<'_, '_>,
    ) -> Result<(), String> {
        let Some(value) = value else {
            return self.offer(&option, args);
        };
        // `--option=value` is read from a word of its own, so that the rest stays untouched.
        let words = [Cow::Borrowed(value)];
        let mut inline = Args::new(&words);
        self.offer(&option, &mut inline)?;
        match inline.next() {
            Some(_) => Err(format!("{} takes no value", option.name)),
            None => Ok(()),
        }
    }

    fn offer(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<(), String> {
        if let Some(target) = &mut self.rule.target {
            match target.option(option, args)? {
                Taken::No => {}
                Taken::Main => {
                    self.target_given += 1;
                    return Ok(());
                }
                Taken::Detail => return Ok(()),
            }
        }
        for (extension, given) in self.rule.matches.iter_mut().zip(&mut self.given).rev() {
            match extension.option(option, args)? {
                Taken::No => {}
                Taken::Main => {
                    *given += 1;
                    return Ok(());
                }
                Taken::Detail => return Ok(()),
            }
        }
        if let Some(mut implied) = self.implied_match() {
            let taken = implied.option(option, args)?;
            if taken != Taken::No {
                self.rule.matches.push(implied);
                self.given.push(usize::from(taken == Taken::Main));
                return Ok(());
            }
        }
        match (self.latest, &mut self.rule.target) {
            (Latest::Target, Some(Target::Unknown(unknown))) => {
                unknown.absorb(option, args);
                Ok(())
            }
            // A name with options is no chain but a target nobody here knows.
            (Latest::Target, Some(target @ Target::Jump(_))) => {
                let Target::Jump(chain) = &*target else {
                    return Ok(());
                };
                let mut unknown = Unknown {
                    name: chain.to_string(),
                    raw: Vec::new(),
                };
                unknown.absorb(option, args);
                *target = Target::Unknown(unknown);
                Ok(())
            }
            (Latest::Match, _) => match self.rule.matches.last_mut() {
                Some(Match::Unknown(unknown)) => {
                    unknown.absorb(option, args);
                    Ok(())
                }
                _ => Err(format!("unknown option {}", option.name)),
            },
            _ => Err(format!("unknown option {}", option.name)),
        }
    }

    /// `-p tcp --dport 80` loads `-m tcp` by itself, once (`command_default` in xshared.c).
    fn implied_match(&self) -> Option<Match> {
        let Some(Not {
            inverted: false,
            value: protocol,
        }) = self.rule.ip.protocol
        else {
            return None;
        };
        let name = match protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
            Protocol::Icmp => "icmp",
            Protocol::Icmpv6 => "icmp6",
            Protocol::Other(_) => return None,
        };
        let implied = Match::start(name, self.family)?;
        let same = |m: &Match| std::mem::discriminant(m) == std::mem::discriminant(&implied);
        (!self.rule.matches.iter().any(same)).then_some(implied)
    }

    fn finish(self) -> Result<Rule, String> {
        if self.inverted {
            return Err("! stands in front of nothing".to_owned());
        }
        let rule = self.rule;
        for (extension, given) in rule.matches.iter().zip(self.given) {
            if given < extension.needs() {
                let name = extension.to_string();
                let name = name.split(' ').nth(1).unwrap_or_default();
                return Err(format!("-m {name} lacks an option that it needs"));
            }
            extension.check(&rule.ip)?;
            let wanted = match extension {
                Match::Tcp(_) => Protocol::Tcp,
                Match::Udp(_) => Protocol::Udp,
                Match::Sctp(_) => Protocol::Sctp,
                Match::Icmp(_) if self.family == Family::Ipv4 => Protocol::Icmp,
                Match::Icmp(_) => Protocol::Icmpv6,
                _ => continue,
            };
            if rule.ip.protocol != Some(Not::plain(wanted)) {
                // The kernel refuses it (`.proto` of the match, checked by `xt_check_match`).
                return Err(format!("-m {wanted} needs -p {wanted}"));
            }
        }
        if let Some(target) = &rule.target {
            if self.target_given < target.needs() {
                let name = target.to_string();
                let name = name.split(' ').nth(1).unwrap_or_default();
                return Err(format!("-j {name} lacks an option that it needs"));
            }
            target.check(&rule.ip)?;
        }
        Ok(rule)
    }
}

fn protocol(text: &str, inverted: bool) -> Result<Option<Not<Protocol>>, String> {
    match Protocol::parse(text) {
        Some(value) => Ok(Some(Not { inverted, value })),
        None if (text == "all" || number(text, "-p") == Ok(0)) && !inverted => Ok(None),
        None => Err(format!(
            "-p takes a protocol as tcp, udp or a number from 1 to 255, not \"{text}\""
        )),
    }
}

fn device(text: &str, inverted: bool) -> Result<Option<Not<DevPattern>>, String> {
    let value = DevPattern::parse(text)?;
    // `+` alone is every device, which iptables keeps as no condition.
    Ok((inverted || value.0 != "+").then_some(Not { inverted, value }))
}

pub(crate) fn chain_name(text: &str) -> Result<ChainName, String> {
    ChainName::new(text).ok_or_else(|| {
        format!("\"{text}\" cannot name a chain: 1 to 28 bytes without blanks, not beginning with - or !")
    })
}

fn counter(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| format!("\"{text}\" is no count of packets or bytes"))
}
