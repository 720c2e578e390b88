//! `iptables`, `ip6tables` and their `-save`: words in, what the real tools (1.8, nf_tables) print out.
//! What a listing looks like is netfilter's; here are the commands, the options and the complaints.

use netfilter::listing::{
    self, Backend, Counters, Detail, Layout, Names, NoSuchChain, Numbering, Part,
};
use netfilter::{ChainKind, ChainName, Ruleset, Table, TableName, Target};

use crate::answer::Failed;
use crate::options::{self, Known, Wrong, flag, maybe, value};

/// The version that the complaints name; the recordings were made with it.
pub const VERSION: &str = "1.8.9";

/// Whose rules, changed or only shown.
pub struct Tool<'a> {
    /// `iptables` or `ip6tables`.
    pub name: &'a str,
    /// The node's rules, with the counters of what has passed.
    pub ruleset: &'a Ruleset,
}

/// What a command does.
#[derive(Debug, PartialEq, Eq)]
pub enum Done {
    /// It prints.
    Shown(String),
    /// It changes the rules: these are they now.
    Changed(Box<Ruleset>),
}

/// `-L` and `-S` with their options. A rule's own options are netfilter's to read.
const LISTING: [Known; 11] = [
    value('t', "table"),
    maybe('L', "list"),
    maybe('S', "list-rules"),
    flag('n', "numeric"),
    flag('v', "verbose"),
    flag('x', "exact"),
    flag(' ', "line-numbers"),
    maybe('w', "wait"),
    flag('4', "ipv4"),
    flag('6', "ipv6"),
    flag('V', "version"),
];

const COMMANDS: [&str; 24] = [
    "-A",
    "--append",
    "-C",
    "--check",
    "-D",
    "--delete",
    "-I",
    "--insert",
    "-R",
    "--replace",
    "-N",
    "--new-chain",
    "-X",
    "--delete-chain",
    "-F",
    "--flush",
    "-P",
    "--policy",
    "-Z",
    "--zero",
    "-E",
    "--rename-chain",
    "-h",
    "--help",
];

impl Tool<'_> {
    /// Runs the command.
    pub fn run(&self, args: &[String]) -> Result<Done, Failed> {
        let command = args.iter().find(|a| COMMANDS.contains(&a.as_str()));
        match command.map(String::as_str) {
            None => self.list(args).map(Done::Shown),
            Some("-h" | "--help") => Ok(Done::Shown(format!(
                "{} v{VERSION}\n\nHere: -L, -S [CHAIN [N]] with -t, -n, -v, -x, --line-numbers; -A, -I, -D, -C, -R, -N, -X, -F, -P.\n",
                self.name
            ))),
            Some("-Z" | "--zero" | "-E" | "--rename-chain") => Err(self.usage(&format!(
                "{} is not known here; -F, -D and -A come closest",
                command.map(String::as_str).unwrap_or_default()
            ))),
            Some(_) => self.change(args),
        }
    }

    fn usage(&self, message: &str) -> Failed {
        Failed::new(
            2,
            format!(
                "{name} v{VERSION} (nf_tables): {message}\nTry `{name} -h' or '{name} --help' for more information.",
                name = self.name
            ),
        )
    }

    fn plain(&self, status: u8, message: &str) -> Failed {
        Failed::new(status, format!("{}: {message}", self.name))
    }

    fn table(&self, name: &str) -> Result<TableName, Failed> {
        TableName::parse(name).ok_or_else(|| {
            Failed::new(
                3,
                format!(
                    "{} v{VERSION} (nf_tables): table '{name}' does not exist\nPerhaps {} or your kernel needs to be upgraded.",
                    self.name, self.name
                ),
            )
        })
    }

    fn list(&self, args: &[String]) -> Result<String, Failed> {
        let given = options::read(&LISTING, args).map_err(|wrong| match wrong {
            Wrong::Unknown(option) => self.usage(&format!("unknown option \"{option}\"")),
            Wrong::Bare(option) => self.usage(&format!("option \"{option}\" requires an argument")),
        })?;
        if given.has("version") {
            return Ok(format!("{} v{VERSION} (nf_tables)\n", self.name));
        }
        let table = self.table(given.value("table").unwrap_or("filter"))?;
        let list = given.has("list");
        if !list && !given.has("list-rules") {
            return Err(self.usage("no command specified"));
        }
        let mut rest = given.rest.iter().map(String::as_str);
        let attached = given.value(if list { "list" } else { "list-rules" });
        let chain = attached.or_else(|| rest.next());
        let number = rest.next();
        if let Some(more) = rest.next() {
            return Err(self.usage(&format!("Bad argument `{more}'")));
        }
        let number = match number {
            None => None,
            Some(text) => match text.parse::<usize>() {
                Ok(n) if n > 0 => Some(n),
                _ => return Err(self.usage(&format!("Invalid rule number `{text}'"))),
            },
        };
        let part = match (chain, number) {
            (None, _) => Part::Table,
            (Some(chain), None) => Part::Chain(chain),
            (Some(chain), Some(number)) => Part::Rule(chain, number),
        };
        let detail = match (given.has("verbose"), given.has("exact")) {
            (false, _) => Detail::Plain,
            (true, false) => Detail::Verbose,
            (true, true) => Detail::Exact,
        };
        let listed = match list {
            true => listing::list(
                self.ruleset,
                table,
                part,
                Layout {
                    names: match given.has("numeric") {
                        true => Names::Numeric,
                        false => Names::Looked,
                    },
                    detail,
                    numbering: match given.has("line-numbers") {
                        true => Numbering::With,
                        false => Numbering::Without,
                    },
                },
            ),
            false => listing::spec(self.ruleset, table, part, detail),
        };
        listed.map_err(|missing| self.no_chain(&missing))
    }

    /// What iptables-nft says of a chain that it cannot find, and where it is instead.
    fn no_chain(&self, missing: &NoSuchChain) -> Failed {
        let (chain, table) = (&missing.chain, missing.table);
        let mut message = format!(
            "{} v{VERSION} (nf_tables): chain `{chain}' in table `{table}' is incompatible, use 'nft' tool.",
            self.name
        );
        let elsewhere: Vec<String> = self
            .ruleset
            .tables
            .values()
            .filter(|t| t.position_of(chain).is_some())
            .map(|t| format!("-t {}", t.name))
            .collect();
        let names = self.ruleset.tables.get(&table).map(|t| {
            t.chains
                .iter()
                .map(|c| c.name.as_str().to_owned())
                .collect::<Vec<_>>()
        });
        if !elsewhere.is_empty() {
            message.push_str(&format!("\n# The chain is in {}.", elsewhere.join(" and ")));
        } else if let Some(near) = crate::closest(chain, names.unwrap_or_default()) {
            message.push_str(&format!(
                "\n# Table {table} has no such chain; {near} comes closest."
            ));
        }
        Failed::new(1, message)
    }

    fn change(&self, args: &[String]) -> Result<Done, Failed> {
        let mut words: Vec<&str> = args.iter().map(String::as_str).collect();
        // Nobody else holds the lock here.
        while let Some(at) = words.iter().position(|w| *w == "-w" || *w == "--wait") {
            let seconds = words.get(at + 1).is_some_and(|w| w.parse::<u32>().is_ok());
            words.drain(at..=at + usize::from(seconds));
        }
        let table = match words.iter().position(|w| *w == "-t" || *w == "--table") {
            Some(at) => self.table(words.get(at + 1).copied().unwrap_or_default())?,
            None => TableName::Filter,
        };
        let at = words
            .iter()
            .position(|w| COMMANDS.contains(w))
            .unwrap_or_default();
        let (command, chain) = (words[at], words.get(at + 1).copied().unwrap_or_default());
        let args = words.get(at + 2..).unwrap_or_default();
        let empty = Table::empty(table);
        let has = self.ruleset.tables.get(&table).unwrap_or(&empty);
        self.refuse(has, command, chain, args)?;
        let base = has.position_of(chain).map(|at| has.chains[at].kind);
        if matches!(command, "-X" | "--delete-chain")
            && matches!(base, Some(ChainKind::Base { .. }))
        {
            // iptables-nft takes an empty base chain away, and makes it again when it is next needed.
            return Ok(Done::Shown(String::new()));
        }
        let mut changed = self.ruleset.clone();
        if matches!(command, "-C" | "--check") {
            // What can be deleted is there.
            let mut words: Vec<&str> = words.clone();
            words[at] = "-D";
            return match changed.run(&quoted(&words)) {
                Ok(()) => Ok(Done::Shown(String::new())),
                Err(_) => Err(self.bad_rule()),
            };
        }
        changed.run(&quoted(&words)).map_err(|message| {
            match (command, args.first().map(|a| a.parse::<usize>().is_ok())) {
                ("-D" | "--delete", Some(false)) if message.starts_with("-D:") => self.bad_rule(),
                ("-D" | "--delete", _) if message.starts_with("-D:") => {
                    self.plain(1, "Index of deletion too big.")
                }
                ("-R" | "--replace", _) if message.starts_with("-R:") => {
                    self.plain(1, "Index of replacement too big.")
                }
                ("-I" | "--insert", _) if message.starts_with("-I:") => {
                    self.plain(1, "Index of insertion too big.")
                }
                _ if message.contains("cannot stand in table") => Failed::new(
                    4,
                    format!(
                        "{} v{VERSION} (nf_tables):  RULE_APPEND failed (Invalid argument): rule in chain {chain}\n# {message}.",
                        self.name
                    ),
                ),
                _ => self.usage(&message),
            }
        })?;
        Ok(Done::Changed(Box::new(changed)))
    }

    fn bad_rule(&self) -> Failed {
        self.plain(1, "Bad rule (does a matching rule exist in that chain?).")
    }

    /// The complaints that the real tool has before it reads a rule.
    fn refuse(
        &self,
        table: &Table,
        command: &str,
        chain: &str,
        args: &[&str],
    ) -> Result<(), Failed> {
        let found = table.position_of(chain).map(|at| &table.chains[at]);
        match command {
            "-N" | "--new-chain" => {
                // XT_EXTENSION_MAXNAMELEN
                if chain.len() > 28 {
                    return Err(self.usage(&format!(
                        "chain name `{chain}' too long (must be under 29 chars)"
                    )));
                }
                match found {
                    Some(_) => Err(self.plain(1, "Chain already exists.")),
                    None => Ok(()),
                }
            }
            "-P" | "--policy" => match (found.map(|c| c.kind), args.first()) {
                (Some(ChainKind::Base { .. }), Some(&("ACCEPT" | "DROP"))) => Ok(()),
                (Some(ChainKind::Base { .. }), _) => Err(self.plain(
                    1,
                    "Bad policy name. Run `dmesg' for more information.\n# A policy is ACCEPT or DROP.",
                )),
                _ => Err(self.plain(1, "Bad built-in chain name.")),
            },
            "-X" | "--delete-chain" if !chain.is_empty() => match found {
                None => Err(self.plain(1, "No chain/target/match by that name.")),
                Some(c) if ChainName::new(chain).is_some_and(|n| table.references(&n) > 0)
                    || !c.rules.is_empty() =>
                {
                    Err(Failed::new(
                        4,
                        format!(
                            "{} v{VERSION} (nf_tables):  CHAIN_DEL failed (Device or resource busy): chain {chain}",
                            self.name
                        ),
                    ))
                }
                Some(_) => Ok(()),
            },
            "-F" | "--flush" | "-X" | "--delete-chain" if chain.is_empty() => Ok(()),
            _ => {
                let jump = args.windows(2).find_map(|w| match w[0] {
                    "-j" | "--jump" | "-g" | "--goto" => Some(w[1]),
                    _ => None,
                });
                if let Some(target) = jump
                    && netfilter::Rule::parse(netfilter::Family::Ipv4, &format!("-j {target}"))
                        .is_ok_and(|rule| matches!(rule.target, Some(Target::Jump(_))))
                    && table.position_of(target).is_none()
                {
                    return Err(self.usage(&format!("Chain '{target}' does not exist")));
                }
                match found {
                    Some(_) => Ok(()),
                    None => Err(self.plain(1, "No chain/target/match by that name.")),
                }
            }
        }
    }

    /// `iptables-save`
    pub fn save(&self, args: &[String]) -> Result<String, Failed> {
        let known = [
            value('t', "table"),
            flag('c', "counters"),
            flag('4', "ipv4"),
            flag('6', "ipv6"),
        ];
        let given = options::read(&known, args).map_err(|wrong| {
            let (Wrong::Unknown(option) | Wrong::Bare(option)) = wrong;
            self.usage(&format!("unknown option \"{option}\""))
        })?;
        let table = given.value("table").map(|t| self.table(t)).transpose()?;
        let counters = match given.has("counters") {
            true => Counters::With,
            false => Counters::Without,
        };
        Ok(listing::save_tables(
            self.ruleset,
            Backend::Nft,
            counters,
            table,
        ))
    }
}

/// Words as one line that reads back as the same words.
fn quoted(words: &[&str]) -> String {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        let bare = |c: char| !c.is_whitespace() && c != '"' && c != '\\';
        if !word.is_empty() && word.chars().all(bare) {
            line.push_str(word);
            continue;
        }
        line.push('"');
        for c in word.chars() {
            if c == '"' || c == '\\' {
                line.push('\\');
            }
            line.push(c);
        }
        line.push('"');
    }
    line
}
