//! `chainwalk walk --then`: what happens after the first connection. Time passes, the client sends
//! again, the YAML changes, somebody looks into conntrack.

use std::process::ExitCode;

use lab::{Ask, Carried, Cleaning, Dice, Flow, Lab, Memory, Ns, Trip, text};
use netfilter::conntrack::{ToolCommand, ToolOutput};
use serde::Serialize;

use crate::args::Walk;
use crate::{Failure, json, load};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The client sends once more over its connection.
    Again,
    /// It makes another connection.
    Connect,
    /// Milliseconds pass.
    Wait(u64),
    /// Somebody runs `conntrack` on a node, or on each.
    Conntrack {
        node: Option<String>,
        command: Box<ToolCommand>,
    },
    /// The cluster becomes that of another file.
    Apply(String),
}

const STEPS: &str = "again, connect, wait=11m, conntrack=-L, conntrack@NODE=-D …, or apply=FILE";

impl Step {
    /// Reads a step's words.
    pub fn parse(words: &str) -> Result<Step, String> {
        let (name, value) = match words.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (words, None),
        };
        let (name, node) = match name.split_once('@') {
            Some((name, node)) => (name, Some(node.to_owned())),
            None => (name, None),
        };
        match (name, node, value) {
            ("again", None, None) => Ok(Step::Again),
            ("connect", None, None) => Ok(Step::Connect),
            ("wait", None, Some(time)) => duration(time).map(Step::Wait),
            ("apply", None, Some(file)) if !file.is_empty() => Ok(Step::Apply(file.to_owned())),
            ("conntrack", node, Some(args)) => {
                let args: Vec<&str> = args.split_whitespace().collect();
                let command = ToolCommand::parse(&args).map_err(|error| error.to_string())?;
                let command = Box::new(command);
                Ok(Step::Conntrack { node, command })
            }
            _ => Err(format!("\"{words}\" is no step; there are {STEPS}")),
        }
    }
}

/// `500ms`, `90s`, `11m`, `3h`, `2d`, in milliseconds.
fn duration(text: &str) -> Result<u64, String> {
    lab::duration(text)
        .ok_or_else(|| format!("\"{text}\" is no time such as 500ms, 90s, 11m, 3h or 2d"))
}

/// What a step came to.
enum Done {
    Trip(Box<Trip>),
    Waited(u64),
    Conntrack(Vec<(String, ToolOutput)>),
    Applied(Box<Carried>),
}

/// Makes the first connection, keeps it open, and takes the steps.
pub fn run(
    args: &Walk,
    (mut lab, mut code): (Lab, ExitCode),
    ask: &Ask,
    dice: &mut Dice,
    out: &mut String,
) -> Result<ExitCode, Failure> {
    let mut memory = Memory::default();
    let (trip, mut flow) = lab.open(&mut memory, ask, dice)?;
    let mut told = Telling::new(args, ask);
    told.first(&trip);
    for (words, step) in args.then.iter().map(|then| (&then.words, &then.step)) {
        let done = match step {
            Step::Again => Done::Trip(Box::new(again(&lab, &mut memory, &mut flow, dice)?)),
            Step::Connect => {
                let (trip, opened) = lab.open(&mut memory, ask, dice)?;
                flow = opened.or(flow);
                Done::Trip(Box::new(trip))
            }
            Step::Wait(time) => {
                memory.wait(*time);
                Done::Waited(*time)
            }
            Step::Conntrack { node, command } => {
                Done::Conntrack(conntrack(&lab, &mut memory, node.as_deref(), command)?)
            }
            Step::Apply(file) => {
                let files = std::slice::from_ref(file);
                let (next, found) = load(files, lab.options().clone())?;
                let cleaning = match args.no_cleaning {
                    true => Cleaning::Off,
                    false => Cleaning::KubeProxy,
                };
                let carried = next.carry(&lab, &memory, cleaning);
                memory = carried.memory.clone();
                lab = next;
                // Once there were errors, the answer says so.
                if found != ExitCode::SUCCESS {
                    code = found;
                }
                Done::Applied(Box::new(carried))
            }
        };
        told.step(words, &done);
    }
    told.write(out)?;
    Ok(code)
}

fn again(
    lab: &Lab,
    memory: &mut Memory,
    flow: &mut Option<Flow>,
    dice: &mut Dice,
) -> Result<Trip, Failure> {
    let open = flow.as_ref().ok_or_else(|| {
        Failure(
            "--then again: no connection is open (none was answered, or the server closed it)"
                .into(),
        )
    })?;
    let (trip, left) = lab.again(memory, open, dice).ok_or_else(|| {
        Failure("--then again: the client is no longer there, or has another address".into())
    })?;
    *flow = left;
    Ok(trip)
}

fn conntrack(
    lab: &Lab,
    memory: &mut Memory,
    node: Option<&str>,
    command: &ToolCommand,
) -> Result<Vec<(String, ToolOutput)>, Failure> {
    if let Some(node) = node {
        crate::rules::known(lab, node)?;
    }
    let nodes = lab.cluster().nodes.iter().map(|n| &n.name);
    let meant = nodes.filter(|name| node.is_none_or(|node| node == *name));
    let run = |name: &String| {
        let out = memory.run_conntrack(&Ns::Node(name.clone()), command);
        (name.clone(), out)
    };
    Ok(meant.map(run).collect())
}

/// Text or JSON, as it grows.
struct Telling<'a> {
    args: &'a Walk,
    ask: &'a Ask,
    text: String,
    steps: Vec<StepJson>,
}

/// One element of `walk --then … --json`.
#[derive(Serialize)]
struct StepJson {
    step: String,
    #[serde(flatten)]
    came_to: CameTo,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum CameTo {
    Walk(Box<json::TripJson>),
    Waited { milliseconds: u64 },
    Conntrack(Vec<ConntrackJson>),
    Applied(AppliedJson),
}

#[derive(Serialize)]
struct ConntrackJson {
    node: String,
    lines: Vec<String>,
    message: Option<String>,
    code: u8,
}

#[derive(Serialize)]
struct AppliedJson {
    rewritten: Vec<String>,
    gone: Vec<String>,
    cleaned: Vec<CleanedJson>,
}

#[derive(Serialize)]
struct CleanedJson {
    node: String,
    entry: String,
    why: String,
}

impl<'a> Telling<'a> {
    fn new(args: &'a Walk, ask: &'a Ask) -> Self {
        Telling {
            args,
            ask,
            text: String::new(),
            steps: Vec::new(),
        }
    }

    fn first(&mut self, trip: &Trip) {
        let (from, to) = (&self.ask.from, self.ask.to_words());
        let seed = self.args.seed;
        self.text = format!("probe  {from} -> {to}  seed {seed}\n{}", text::trip(trip));
        self.push(
            "walk",
            CameTo::Walk(Box::new(json::trip(trip, self.ask, seed))),
        );
    }

    fn step(&mut self, words: &str, done: &Done) {
        self.text += &format!("\nthen  {words}\n");
        let came_to = match done {
            Done::Trip(trip) => {
                self.text += &text::trip(trip);
                CameTo::Walk(Box::new(json::trip(trip, self.ask, self.args.seed)))
            }
            Done::Waited(time) => CameTo::Waited {
                milliseconds: *time,
            },
            Done::Conntrack(outs) => {
                for (node, out) in outs {
                    self.text += &format!("node {node}\n{out}");
                }
                let one = |(node, out): &(String, ToolOutput)| ConntrackJson {
                    node: node.clone(),
                    lines: out.lines.clone(),
                    message: out.message.clone(),
                    code: out.code,
                };
                CameTo::Conntrack(outs.iter().map(one).collect())
            }
            Done::Applied(carried) => {
                self.text += &text::carried(carried);
                let cleaned = carried.cleaned.iter().map(|c| CleanedJson {
                    node: c.node.clone(),
                    entry: c.entry.clone(),
                    why: c.why.clone(),
                });
                CameTo::Applied(AppliedJson {
                    rewritten: carried.rewritten.clone(),
                    gone: carried.gone.iter().map(text::ns).collect(),
                    cleaned: cleaned.collect(),
                })
            }
        };
        self.push(words, came_to);
    }

    fn push(&mut self, step: &str, came_to: CameTo) {
        self.steps.push(StepJson {
            step: step.to_owned(),
            came_to,
        });
    }

    fn write(&self, out: &mut String) -> Result<(), Failure> {
        match self.args.json {
            true => json::write(out, &self.steps),
            false => {
                out.push_str(&self.text);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("11m"), Ok(660_000));
        assert_eq!(duration("500ms"), Ok(500));
        assert_eq!(duration("2d"), Ok(172_800_000));
        for wrong in ["", "11", "m", "1.5s", "-1s", "1w", "99999999999999999999s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn steps_are_read() {
        assert_eq!(Step::parse("again"), Ok(Step::Again));
        assert_eq!(Step::parse("wait=90s"), Ok(Step::Wait(90_000)));
        assert_eq!(
            Step::parse("apply=b.yaml"),
            Ok(Step::Apply("b.yaml".into()))
        );
        let Ok(Step::Conntrack { node, .. }) =
            Step::parse("conntrack@pi-w1=-D --orig-dst=10.0.0.1")
        else {
            panic!("it is a conntrack command");
        };
        assert_eq!(node.as_deref(), Some("pi-w1"));
        for wrong in [
            "",
            "agai",
            "again=2",
            "wait",
            "apply=",
            "conntrack",
            "conntrack=-Z",
        ] {
            assert!(Step::parse(wrong).is_err(), "{wrong}");
        }
    }
}
