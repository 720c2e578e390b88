//! Reading whole rulesets: the text of iptables-save, the input of iptables-restore, and single
//! iptables commands. The words of one rule are [`crate::parse`]'s.

use std::borrow::Cow;
use std::str::FromStr;

use crate::family::Family;
use crate::hook::TableName;
use crate::parse::{chain_name, parse_rule};
use crate::rule::Rule;
use crate::ruleset::{ChainKind, ParseError, Policy, Ruleset, Table};
use crate::words::split;

/// What happens to a table's old content when its line `*table` comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// It goes, as with plain iptables-restore; policies stay.
    Flush,
    /// It stays, as with `--noflush`.
    Keep,
}

impl FromStr for Ruleset {
    type Err = ParseError;

    /// Reads IPv4 text, see [`Ruleset::parse`].
    fn from_str(text: &str) -> Result<Self, ParseError> {
        Ruleset::parse(Family::Ipv4, text)
    }
}

impl Ruleset {
    /// Reads the output of iptables-save or the input of iptables-restore into an empty namespace.
    pub fn parse(family: Family, text: &str) -> Result<Self, ParseError> {
        let mut ruleset = Ruleset::empty(family);
        restore(&mut ruleset, text, Before::Flush)?;
        Ok(ruleset)
    }

    /// What `iptables-restore --noflush` does with the text: what it does not name stays; a user
    /// chain that it declares is emptied first, a base chain is not. Each table changes at its
    /// `COMMIT`, so that an error leaves the tables before it changed and its own as it was.
    pub fn apply_restore(&mut self, text: &str) -> Result<(), ParseError> {
        restore(self, text, Before::Keep)
    }

    /// What one iptables command does, as `-t nat -I OUTPUT -j KUBE-SERVICES`; without `-t` the
    /// table is filter. `-A -I -D -R -N -X -F -P` are known.
    pub fn run(&mut self, command: &str) -> Result<(), String> {
        let mut words = Vec::new();
        split(command, &mut words)?;
        let mut name = TableName::Filter;
        if let Some(at) = words.iter().position(|w| w == "-t" || w == "--table") {
            let given = words.get(at + 1).ok_or("-t needs a table's name")?;
            name = table_name(given)?;
            words.drain(at..=at + 1);
        }
        let family = self.family;
        let (mut table, was_there) = match self.tables.remove(&name) {
            Some(table) => (table, true),
            None => (Table::empty(name), false),
        };
        let done = Editor::new(&mut table, family).command(&words);
        // A command that fails changes nothing, not even by making the table.
        if was_there || done.is_ok() {
            self.tables.insert(name, table);
        }
        done
    }
}

fn restore(ruleset: &mut Ruleset, text: &str, before: Before) -> Result<(), ParseError> {
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let at = |message: String| ParseError {
            line: index + 1,
            message,
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some(name) = line.strip_prefix('*') else {
            return Err(at(format!(
                "\"{line}\" stands outside a table; begin with *filter or *nat"
            )));
        };
        let name = table_name(name.trim()).map_err(at)?;
        let mut table = match (ruleset.tables.get(&name), before) {
            (Some(old), Before::Keep) => old.clone(),
            (Some(old), Before::Flush) => emptied(old),
            (None, _) => Table::empty(name),
        };
        let mut editor = Editor::new(&mut table, ruleset.family);
        let mut words = Vec::new();
        let mut committed = false;
        let mut last = index + 1;
        for (index, line) in lines.by_ref() {
            last = index + 1;
            let line = line.trim();
            if line == "COMMIT" {
                committed = true;
                break;
            }
            words.clear();
            editor
                .line(line, &mut words)
                .map_err(|message| ParseError {
                    line: index + 1,
                    message,
                })?;
        }
        if !committed {
            return Err(ParseError {
                line: last,
                message: format!("the table {name} does not end; COMMIT is missing"),
            });
        }
        ruleset.tables.insert(name, table);
    }
    Ok(())
}

fn table_name(text: &str) -> Result<TableName, String> {
    TableName::parse(text).ok_or_else(|| {
        format!("\"{text}\" is no table; there are filter, nat, mangle, raw and security")
    })
}

/// The table without rules and user chains; iptables-restore leaves policies alone.
fn emptied(old: &Table) -> Table {
    let mut table = Table::empty(old.name);
    for chain in &mut table.chains {
        if let Some(before) = old.chain(&chain.name) {
            chain.kind = before.kind;
        }
    }
    table
}

/// A table being changed, line by line.
struct Editor<'t> {
    table: &'t mut Table,
    family: Family,
    /// The last chain appended to, which is mostly the next one's too.
    recent: Option<usize>,
}

impl<'t> Editor<'t> {
    fn new(table: &'t mut Table, family: Family) -> Self {
        Editor {
            table,
            family,
            recent: None,
        }
    }

    /// One line between `*table` and `COMMIT`; `words` is empty room for its words.
    fn line<'l>(&mut self, line: &'l str, words: &mut Vec<Cow<'l, str>>) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if let Some(declaration) = line.strip_prefix(':') {
            return self.declare(declaration);
        }
        let (counters, rest) = match line.strip_prefix('[') {
            Some(rest) => {
                let (counters, rest) = rest.split_once(']').ok_or("[ is not closed by ]")?;
                (Some(parse_counters(counters)?), rest.trim_start())
            }
            None => (None, line),
        };
        // The usual line, `-A CHAIN …`, is read without asking what command it is.
        if let Some(rest) = rest.strip_prefix("-A ") {
            let rest = rest.trim_start();
            let (chain, args) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            split(args, words)?;
            let rules = self.rules(words)?;
            let at = self.position(chain)?;
            for mut rule in rules {
                rule.counters = counters.unwrap_or(rule.counters);
                self.table.chains[at].rules.push(rule);
            }
            return Ok(());
        }
        split(rest, words)?;
        self.command(words)
    }

    /// `:CHAIN POLICY [packets:bytes]`
    fn declare(&mut self, text: &str) -> Result<(), String> {
        let mut words = text.split_ascii_whitespace();
        let name = chain_name(words.next().unwrap_or_default())?;
        let policy = words.next().unwrap_or("-");
        let counters = match words.next() {
            Some(word) => word
                .strip_prefix('[')
                .and_then(|w| w.strip_suffix(']'))
                .ok_or_else(|| format!("\"{word}\" should be counters as [0:0]"))
                .and_then(parse_counters)?,
            None => (0, 0),
        };
        self.recent = None;
        let known = self.table.position(&name);
        match known.map(|at| self.table.chains[at].kind) {
            Some(ChainKind::Base { .. }) => {
                if policy != "-" {
                    self.set_policy(name.as_str(), policy)?;
                }
            }
            // A user chain that is declared again is emptied (`iptables-restore` calls flush).
            Some(ChainKind::User) => {
                if let Some(chain) = self.table.chain_mut(&name) {
                    chain.rules.clear();
                }
            }
            None if policy == "-" => {
                self.table.ensure(name.clone(), ChainKind::User);
            }
            None => {
                return Err(format!(
                    "chain {name} is not one of table {}'s own and has no policy; write -",
                    self.table.name
                ));
            }
        }
        if let Some(chain) = self.table.chain_mut(&name) {
            chain.counters = counters;
        }
        Ok(())
    }

    fn position(&mut self, chain: &str) -> Result<usize, String> {
        if let Some(at) = self.recent
            && self.table.chains[at].name.as_str() == chain
        {
            return Ok(at);
        }
        let at = self.table.position_of(chain).ok_or_else(|| {
            format!(
                "table {} has no chain {chain}; declare it with :{chain} - [0:0]",
                self.table.name
            )
        })?;
        self.recent = Some(at);
        Ok(at)
    }

    /// Reads a rule, or several where `-s` or `-d` lists several addresses.
    fn rules(&self, words: &[Cow<'_, str>]) -> Result<Vec<Rule>, String> {
        let is_side = |word: &str| {
            matches!(
                word,
                "-s" | "--source" | "--src" | "-d" | "--destination" | "--dst"
            )
        };
        let list = (1..words.len()).find(|&i| is_side(&words[i - 1]) && words[i].contains(','));
        let Some(at) = list else {
            return Ok(vec![self.rule(words)?]);
        };
        if at >= 2 && words[at - 2] == "!" {
            return Err(format!(
                "! does not go with several addresses: {}",
                words[at]
            ));
        }
        let mut rules = Vec::new();
        for address in words[at].split(',') {
            let mut words = words.to_vec();
            words[at] = Cow::Borrowed(address);
            rules.extend(self.rules(&words)?);
        }
        Ok(rules)
    }

    /// Reads a rule and checks that its target may stand in this table.
    fn rule(&self, words: &[Cow<'_, str>]) -> Result<Rule, String> {
        let rule = parse_rule(self.family, words)?;
        if let Some(target) = &rule.target {
            let tables = target.tables();
            if !tables.is_empty() && !tables.contains(&self.table.name) {
                let target = target.to_string();
                let target = target.split(' ').nth(1).unwrap_or_default();
                let here = self.table.name;
                return Err(format!(
                    "-j {target} cannot stand in table {here}, only in {}",
                    tables[0]
                ));
            }
        }
        Ok(rule)
    }

    fn set_policy(&mut self, chain: &str, policy: &str) -> Result<(), String> {
        let wanted = match policy {
            "ACCEPT" => Policy::Accept,
            "DROP" => Policy::Drop,
            other => return Err(format!("a policy is ACCEPT or DROP, not \"{other}\"")),
        };
        let at = self.position(chain)?;
        match &mut self.table.chains[at].kind {
            ChainKind::Base { policy, .. } => {
                *policy = wanted;
                Ok(())
            }
            ChainKind::User => Err(format!("{chain} is no base chain and has no policy")),
        }
    }

    /// One command without `-t`.
    fn command(&mut self, words: &[Cow<'_, str>]) -> Result<(), String> {
        let Some((command, rest)) = words.split_first() else {
            return Err("a command is missing, as -A CHAIN".to_owned());
        };
        let chain = rest.first().map(|w| &**w);
        let needed = || chain.ok_or_else(|| format!("{command} needs a chain's name"));
        let args = rest.get(1..).unwrap_or_default();
        match &**command {
            "-A" | "--append" => {
                let rules = self.rules(args)?;
                let at = self.position(needed()?)?;
                self.table.chains[at].rules.extend(rules);
            }
            "-I" | "--insert" => {
                let (number, args) = numbered(args);
                let new = self.rules(args)?;
                let at = self.position(needed()?)?;
                let rules = &mut self.table.chains[at].rules;
                let before = number.unwrap_or(1);
                if before == 0 || before > rules.len() + 1 {
                    return Err(format!("-I: the chain has no place {before}"));
                }
                // Each is put at the same place, so that the last one ends up first.
                for rule in new {
                    rules.insert(before - 1, rule);
                }
            }
            "-R" | "--replace" => {
                let (number, args) = numbered(args);
                let rule = self.rule(args)?;
                let at = self.position(needed()?)?;
                let rules = &mut self.table.chains[at].rules;
                let number = number.ok_or("-R needs a rule's number")?;
                let place = number.checked_sub(1).and_then(|i| rules.get_mut(i));
                *place.ok_or_else(|| format!("-R: the chain has no rule {number}"))? = rule;
            }
            "-D" | "--delete" => {
                let at = self.position(needed()?)?;
                let (number, args) = numbered(args);
                let which = match number {
                    Some(number) => number
                        .checked_sub(1)
                        .filter(|&i| i < self.table.chains[at].rules.len()),
                    None => {
                        let wanted = self.rule(args)?;
                        let same = |rule: &Rule| {
                            (&rule.ip, &rule.matches, &rule.target)
                                == (&wanted.ip, &wanted.matches, &wanted.target)
                        };
                        self.table.chains[at].rules.iter().position(same)
                    }
                };
                let which = which.ok_or("-D: the chain has no such rule")?;
                self.table.chains[at].rules.remove(which);
            }
            "-N" | "--new-chain" => {
                let name = chain_name(needed()?)?;
                if self.table.position(&name).is_some() {
                    return Err(format!("chain {name} exists already"));
                }
                self.table.ensure(name, ChainKind::User);
            }
            "-F" | "--flush" => match chain {
                Some(chain) => {
                    let at = self.position(chain)?;
                    self.table.chains[at].rules.clear();
                }
                None => self.table.chains.iter_mut().for_each(|c| c.rules.clear()),
            },
            "-X" | "--delete-chain" => self.delete_chain(chain)?,
            "-P" | "--policy" => {
                let policy = args.first().ok_or("-P needs a policy, ACCEPT or DROP")?;
                self.set_policy(needed()?, policy)?;
            }
            other => return Err(format!("unknown command {other}")),
        }
        Ok(())
    }

    /// `-X CHAIN`; without a name all user chains that are empty and that nothing refers to.
    fn delete_chain(&mut self, chain: Option<&str>) -> Result<(), String> {
        self.recent = None;
        let Some(chain) = chain else {
            let names: Vec<_> = self
                .table
                .chains
                .iter()
                .filter(|c| c.kind == ChainKind::User && c.rules.is_empty())
                .map(|c| c.name.clone())
                .collect();
            for name in names {
                if self.table.references(&name) == 0 {
                    self.table.remove(name.as_str());
                }
            }
            return Ok(());
        };
        let at = self.position(chain)?;
        self.recent = None;
        let found = &self.table.chains[at];
        if found.kind != ChainKind::User {
            return Err(format!("{chain} is a base chain and cannot be deleted"));
        }
        if !found.rules.is_empty() {
            return Err(format!("chain {chain} is not empty; flush it first"));
        }
        if self.table.references(&found.name) > 0 {
            return Err(format!(
                "rules still jump to chain {chain}; delete them first"
            ));
        }
        self.table.remove(chain);
        Ok(())
    }
}

/// A rule's number in front, where one was given.
fn numbered<'a, 'w>(args: &'a [Cow<'w, str>]) -> (Option<usize>, &'a [Cow<'w, str>]) {
    match args.split_first() {
        Some((first, rest)) => match first.parse() {
            Ok(number) => (Some(number), rest),
            Err(_) => (None, args),
        },
        None => (None, args),
    }
}

/// `packets:bytes`
fn parse_counters(text: &str) -> Result<(u64, u64), String> {
    text.split_once(':')
        .and_then(|(packets, bytes)| Some((packets.parse().ok()?, bytes.parse().ok()?)))
        .ok_or_else(|| format!("\"{text}\" should be counters as 0:0"))
}
