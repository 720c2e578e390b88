//! A console that follows a tutorial: a line in, what the real tools would print out.
//!
//! It is no shell. It knows the commands that a Service's story is told with (iptables, conntrack,
//! kubectl, curl, nc, ping, dig, sysctl) over one [`Lab`] and one [`Memory`], and says of everything
//! else that it does not know it. What rules do and how they are printed is for the rooms below.

mod answer;
pub mod by_hand;
mod complete;
mod conntrack;
mod desk;
mod filters;
mod iptables;
mod kubectl;
mod links;
mod names;
mod net;
mod on_node;
mod options;
mod places;
mod shell;
mod sync;
mod sysctl;
mod table;
mod unknown;

use std::collections::BTreeMap;

use fabric::{EventKind, Ns};
use lab::{Ask, Cleaning, Dice, From, IpFamily, Lab, Memory, Options, RuleRef, Source};
use netfilter::Family;
use netfilter::traverse::StepKind;

pub use answer::{Answer, Failed, Sent};
pub use desk::Desk;
use iptables::Tool;
pub use links::{Link, Linked};
use on_node::{family_of, tool_name};
use shell::{Command, Errors, Join, Pipeline, Silent};
pub(crate) use unknown::closest;
use unknown::{HELP, unknown};

/// Where commands run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On a node, as root.
    Node(String),
    /// In a pod.
    Pod {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl Place {
    /// The prompt: `root@node1:~#`.
    pub fn prompt(&self) -> String {
        match self {
            Place::Node(name) => format!("root@{name}:~#"),
            Place::Pod { name, .. } => format!("{name}:/#"),
        }
    }

    fn from(&self) -> From {
        match self {
            Place::Node(name) => From::Node(name.clone()),
            Place::Pod { namespace, name } => From::Pod {
                namespace: namespace.clone(),
                name: name.clone(),
            },
        }
    }
}

/// Bytes that each rule has counted, by namespace and family.
type Bytes = BTreeMap<(Ns, Family, RuleRef), u64>;

/// What can be undone.
struct Before {
    source: Source,
    options: Options,
    memory: Memory,
    bytes: Bytes,
    what: String,
}

/// How many changes can be undone.
const UNDO_KEPT: usize = 50;

/// A cluster at a prompt.
pub struct Console {
    source: Source,
    lab: Lab,
    memory: Memory,
    bytes: Bytes,
    place: Place,
    /// The places that `exit` goes back to.
    left: Vec<Place>,
    seed: u64,
    sent: u64,
    undo: Vec<Before>,
    /// Why the manifest can't be changed now.
    held: Option<String>,
}

impl Console {
    /// A console on the node that is meant when none is named.
    pub fn new(sources: Vec<Source>, options: Options, seed: u64) -> Console {
        let source = joined(sources);
        let lab = Lab::load(std::slice::from_ref(&source), options);
        let node = lab.default_node().unwrap_or_default().to_owned();
        Console {
            source,
            lab,
            memory: Memory::default(),
            bytes: Bytes::new(),
            place: Place::Node(node),
            left: Vec::new(),
            seed,
            sent: 0,
            undo: Vec::new(),
            held: None,
        }
    }

    /// The cluster as it is now.
    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// Where commands run.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What the network remembers.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Whether there is such a place.
    pub fn has(&self, place: &Place) -> bool {
        desk::is_there(&self.lab, place)
    }

    /// Goes somewhere else.
    pub fn go(&mut self, place: Place) {
        self.left.clear();
        self.place = place;
    }

    /// What [`Console::undo`] would take back, in words.
    pub fn undoable(&self) -> Option<&str> {
        self.undo.last().map(|before| before.what.as_str())
    }

    /// Takes back the last change of rules, conntrack or sysctls, and says which.
    pub fn undo(&mut self) -> Option<String> {
        let before = self.undo.pop()?;
        self.source = before.source;
        self.lab = Lab::load(std::slice::from_ref(&self.source), before.options);
        self.memory = before.memory;
        self.bytes = before.bytes;
        Some(before.what)
    }

    fn take_back(&mut self, answer: &mut Answer) -> Result<String, Failed> {
        let now = self.source.text.clone();
        let changes = self.undo.last().is_some_and(|b| b.source.text != now);
        if let (true, Some(why)) = (changes, &self.held) {
            return Err(Failed::new(1, format!("undo: {why}")));
        }
        let Some(what) = self.undo() else {
            return Err(Failed::new(1, "undo: nothing was changed"));
        };
        if changes {
            answer.text = Some(self.source.text.clone());
        }
        Ok(format!("taken back: {what}\n"))
    }

    /// What in a text that an answer printed leads somewhere.
    pub fn links(&self, answer: &Answer, text: &str) -> Vec<Linked> {
        links::links(&self.lab, answer, text)
    }

    /// What the word at the end of a line may become.
    pub fn complete(&self, line: &str) -> Vec<String> {
        complete::complete(self, line)
    }

    /// Runs one command whose words are cut already.
    pub fn run_words(&mut self, words: Vec<String>) -> Answer {
        let mut answer = Answer::default();
        let pipeline = Pipeline {
            join: Join::Then,
            commands: vec![Command {
                words,
                ..Command::default()
            }],
        };
        self.pipeline(&pipeline, &mut answer);
        answer
    }

    /// Runs a line.
    pub fn run(&mut self, line: &str) -> Answer {
        self.run_each(line, &mut |_, _| {})
    }

    /// Runs a line, and tells what has been answered so far after each of its commands, while the
    /// cluster is as that command left it.
    pub fn run_each(&mut self, line: &str, after: &mut dyn FnMut(&Console, &Answer)) -> Answer {
        let mut answer = Answer::default();
        let pipelines = match shell::parse(line) {
            Ok(pipelines) => pipelines,
            Err(misread) => {
                answer.errors = format!("{misread}\n");
                answer.status = 2;
                return answer;
            }
        };
        for pipeline in pipelines {
            let skipped = match pipeline.join {
                Join::Then => false,
                Join::And => answer.status != 0,
                Join::Or => answer.status == 0,
            };
            if !skipped {
                self.pipeline(&pipeline, &mut answer);
                after(self, &answer);
            }
        }
        answer
    }

    fn pipeline(&mut self, pipeline: &Pipeline, answer: &mut Answer) {
        let mut text = String::new();
        for (index, command) in pipeline.commands.iter().enumerate() {
            let first = index == 0;
            let done = match (first, filters::run(&command.words, &text)) {
                (false, Some(done)) => done,
                (true, Some(_)) if !has_file(&command.words) => Err(Failed::new(
                    1,
                    format!(
                        "{}: nothing is piped in; put a command and | before it",
                        command.words[0]
                    ),
                )),
                _ => self.one(command, answer).map(|out| (out, 0)),
            };
            let (out, errors) = match done {
                Ok((out, status)) => {
                    answer.status = status;
                    (out, String::new())
                }
                Err(failed) => {
                    answer.status = failed.status;
                    let message = failed.message.trim_end();
                    let message = match message.is_empty() {
                        true => String::new(),
                        false => format!("{message}\n"),
                    };
                    (failed.out, message)
                }
            };
            text = match command.silent {
                Silent::Yes => String::new(),
                Silent::No => out,
            };
            match command.errors {
                Errors::Shown => answer.errors.push_str(&errors),
                Errors::Dropped => {}
                Errors::Piped => text.push_str(&errors),
            }
        }
        answer.out.push_str(&text);
    }

    /// One command that is no filter.
    fn one(&mut self, command: &Command, answer: &mut Answer) -> Result<String, Failed> {
        let mut words = command.words.as_slice();
        // Everyone is root here already.
        while let Some((first, rest)) = words.split_first() {
            let sudo = first == "sudo";
            let option = words.len() < command.words.len()
                && matches!(first.as_str(), "-E" | "-n" | "-i" | "-S" | "-H");
            match sudo || option {
                true => words = rest,
                false => break,
            }
        }
        let Some((name, args)) = words.split_first() else {
            return Err(Failed::new(1, "usage: sudo COMMAND"));
        };
        let name = name.rsplit('/').next().unwrap_or(name);
        match name {
            "iptables" | "iptables-nft" | "iptables-legacy" | "ip6tables" | "ip6tables-nft"
            | "ip6tables-legacy" => self.iptables(name, args, answer),
            "iptables-save"
            | "iptables-nft-save"
            | "iptables-legacy-save"
            | "ip6tables-save"
            | "ip6tables-nft-save"
            | "ip6tables-legacy-save" => {
                let node = self.node_for(name)?;
                let family = family_of(name);
                let ruleset = self.counted(&node, family);
                answer.rules = Some((node, family));
                let name = tool_name(family);
                Tool {
                    name,
                    ruleset: &ruleset,
                }
                .save(args)
            }
            "conntrack" => {
                let ns = self.ns_for("conntrack")?;
                let before = self.snapshot(&command.words);
                let done = conntrack::run(&mut self.memory, &ns, args)?;
                if conntrack::changes(args) {
                    self.keep(before);
                }
                match done.status {
                    0 => {
                        answer.errors.push_str(&done.summary);
                        Ok(done.out)
                    }
                    status => Err(Failed::after(status, done.out, done.summary)),
                }
            }
            "sysctl" => self.sysctl(args, &command.words),
            "kubectl" | "k" => match args {
                [verb, rest @ ..] if verb == "exec" => self.exec(rest, answer),
                [verb, rest @ ..] if verb == "scale" || verb == "delete" => {
                    let plan = match verb.as_str() {
                        "scale" => kubectl::scale(&self.lab, rest)?,
                        _ => kubectl::delete(&self.lab, rest)?,
                    };
                    self.edit(&plan.changes, &command.words, answer)?;
                    Ok(plan.out)
                }
                _ => kubectl::run(&self.lab, args),
            },
            "ssh" => self.ssh(args, answer),
            "exit" | "logout" => match self.left.pop() {
                Some(place) => {
                    self.place = place;
                    Ok(String::new())
                }
                None => Err(Failed::new(1, "exit: this is where you began")),
            },
            "undo" => self.take_back(answer),
            "echo" => Ok(format!("{}\n", args.join(" "))),
            "true" => Ok(String::new()),
            "false" => Err(Failed::new(1, "")),
            "hostname" => Ok(match &self.place {
                Place::Node(name) | Place::Pod { name, .. } => format!("{name}\n"),
            }),
            "whoami" => Ok("root\n".into()),
            "help" => Ok(HELP.into()),
            "curl" | "wget" | "nc" | "ncat" | "ping" | "ping6" | "dig" | "nslookup" | "host" => {
                net::run(self, name, args, answer)
            }
            _ => Err(unknown(name)),
        }
    }

    /// Begins an exchange from here.
    fn send(&mut self, ask: &Ask, answer: &mut Answer) -> Result<usize, Failed> {
        let seed = self.seed.wrapping_add(self.sent);
        let trip = self
            .lab
            .send(&mut self.memory, ask, &mut Dice::seeded(seed))
            .map_err(|error| Failed::new(2, error.to_string()))?;
        self.sent += 1;
        for event in &trip.journey.events {
            let EventKind::Rule(step) = &event.kind else {
                continue;
            };
            let matched = !matches!(
                step.kind,
                StepKind::Passed { .. }
                    | StepKind::End
                    | StepKind::Policy(_)
                    | StepKind::Unmodelled(_)
            );
            if matched {
                let family = Family::of(event.after.packet.dst);
                let key = (event.ns.clone(), family, step.rule.clone());
                *self.bytes.entry(key).or_default() += event.after.packet.length();
            }
        }
        answer.trips.push(Sent {
            from: ask.from.to_string(),
            to: ask.to_words(),
            seed,
            trip,
        });
        Ok(answer.trips.len() - 1)
    }

    /// The node that this place is on, for commands that need its rules.
    fn node_for(&self, command: &str) -> Result<String, Failed> {
        match &self.place {
            Place::Node(name) => Ok(name.clone()),
            Place::Pod { namespace, name } => {
                let pod = self.lab.cluster().pod(namespace, name);
                let node = pod.and_then(|p| p.node.clone());
                let node = node.unwrap_or_else(|| "its node".into());
                Err(Failed::new(
                    127,
                    format!(
                        "{command}: not found\n# kube-proxy writes no rules in a pod's own namespace. Go to its node: ssh {node}"
                    ),
                ))
            }
        }
    }

    fn ns_for(&self, command: &str) -> Result<Ns, Failed> {
        self.node_for(command).map(Ns::Node)
    }

    /// The manifest as it is now.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    fn snapshot(&self, words: &[String]) -> Before {
        Before {
            source: self.source.clone(),
            options: self.lab.options().clone(),
            memory: self.memory.clone(),
            bytes: self.bytes.clone(),
            what: words.join(" "),
        }
    }

    fn keep(&mut self, before: Before) {
        if self.undo.len() >= UNDO_KEPT {
            self.undo.remove(0);
        }
        self.undo.push(before);
    }

    fn sysctl(&mut self, args: &[String], words: &[String]) -> Result<String, Failed> {
        let node = self.node_for("sysctl")?;
        let done = sysctl::run(&self.lab, &node, args)?;
        if !done.set.is_empty() {
            let before = self.snapshot(words);
            self.keep(before);
        }
        for (key, value) in done.set {
            self.lab.set_sysctl(&node, &key, &value);
        }
        Ok(done.out)
    }

    /// Changes the manifest, and with it rules and network; what conntrack knows lives on.
    fn edit(
        &mut self,
        changes: &[edit::Change],
        words: &[String],
        answer: &mut Answer,
    ) -> Result<(), Failed> {
        if let Some(why) = &self.held {
            return Err(Failed::new(1, format!("error: {why}")));
        }
        let edited = edit::apply(&self.source.text, changes).ok_or_else(|| {
            Failed::new(
                1,
                "error: the manifest is written in a way in which this cannot be changed by itself; change it in the editor",
            )
        })?;
        let before = self.snapshot(words);
        let mut options = self.lab.options().clone();
        let source = Source {
            name: self.source.name.clone(),
            text: edited.text.into(),
        };
        let plain = Options {
            changed: BTreeMap::new(),
            ..options.clone()
        };
        let lab = Lab::load(std::slice::from_ref(&source), plain);
        if lab.has_errors() {
            let error = lab
                .diagnostics()
                .iter()
                .find(|d| d.severity == lab::Severity::Error);
            let message = error.map_or(String::new(), |d| d.message.clone());
            return Err(Failed::new(1, format!("error: {message}")));
        }
        for ((node, family), ruleset) in &mut options.changed {
            let family = match family {
                Family::Ipv4 => IpFamily::Ipv4,
                Family::Ipv6 => IpFamily::Ipv6,
            };
            sync::resync(ruleset, &lab.rules(node, family).proxy);
        }
        answer.text = Some(source.text.clone());
        let lab = Lab::load(std::slice::from_ref(&source), options);
        let carried = lab.carry(&self.lab, &self.memory, Cleaning::KubeProxy);
        desk::forget_bytes(&mut self.bytes, &carried);
        self.memory = carried.memory;
        self.lab = lab;
        self.source = source;
        self.keep(before);
        Ok(())
    }
}

/// One text of several, as `kubectl apply -f` of all would read them.
fn joined(sources: Vec<Source>) -> Source {
    let mut sources = sources.into_iter();
    let first = sources.next().unwrap_or_else(|| Source {
        name: "cluster.yaml".into(),
        text: "".into(),
    });
    let rest: Vec<Source> = sources.collect();
    if rest.is_empty() {
        return first;
    }
    let mut text = first.text.to_string();
    for source in rest {
        text.push_str("\n---\n");
        text.push_str(&source.text);
    }
    Source {
        name: first.name,
        text: text.into(),
    }
}

/// Whether a filter that stands first was given a file, so that it says itself that there are none.
fn has_file(words: &[String]) -> bool {
    let plain = words.iter().skip(1).filter(|w| !w.starts_with('-'));
    plain.count() > usize::from(matches!(words[0].as_str(), "grep" | "egrep"))
}
