//! The command's arguments.

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use lab::{Companion, IpFamily, Lack, Plan, Preset, TableName};

use crate::then::Step;

/// See the iptables rules that kube-proxy writes for your YAML, and walk a packet through them.
#[derive(Debug, Parser)]
#[command(
    name = "chainwalk",
    version,
    after_help = "FILE may be - for standard input.\nExit codes: 0 done; 1 the YAML has errors that a cluster would refuse (what is left is still shown); 2 the command could not be carried out."
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what a cluster would refuse, and what is accepted but hardly meant.
    Check(Check),
    /// Print the rules that kube-proxy writes on a node.
    Rules(Rules),
    /// Say how the rules of two clusters differ, chain by chain.
    Diff(Diff),
    /// Send a packet and follow it rule by rule.
    Walk(Walk),
    /// Run a command of a tutorial on a node: iptables, conntrack, kubectl, curl and their like.
    Run(Run),
    /// Prove lesson files, or tell one in the terminal.
    Lesson(Lesson),
    /// Run a recording of a kernel with the simulator in the kernel's place, and print the same file.
    Play(Play),
}

/// `lesson`
#[derive(Debug, ClapArgs)]
pub struct Lesson {
    /// What to do with it.
    #[command(subcommand)]
    pub command: LessonCommand,
}

/// What to do with lessons.
#[derive(Debug, Subcommand)]
pub enum LessonCommand {
    /// Prove that each loads, that an answer fits exactly one choice, that a task's start fails, its solution passes and its wrong fixes fail, and that luck hardly ever decides.
    Check(LessonCheck),
    /// Print a lesson step by step.
    Show(LessonShow),
}

/// `lesson check`
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit codes: 0 all hold; 1 something is wrong, at FILE:LINE; 2 the command could not be carried out."
)]
pub struct LessonCheck {
    /// Lessons, or workshops (lists of lessons).
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// How many seeds to try where chance has a part; fewer than 1 in 1,000 may come out otherwise.
    #[arg(long, value_name = "N", default_value_t = 4000)]
    pub seeds: u32,
    /// Say what was proved, too.
    #[arg(long, short)]
    pub verbose: bool,
}

/// `lesson show`
#[derive(Debug, ClapArgs)]
pub struct LessonShow {
    /// The lesson.
    #[arg(value_name = "FILE")]
    pub file: String,
    /// With the simulator's answers, notes and solutions.
    #[arg(long)]
    pub answers: bool,
}

/// What there is: files and the address plan.
#[derive(Debug, ClapArgs)]
pub struct Cluster {
    /// Manifests; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    #[command(flatten)]
    pub ranges: Ranges,
}

/// The address plan.
#[derive(Debug, ClapArgs)]
pub struct Ranges {
    /// Fill in what the YAML does not say as this kind of cluster has it.
    #[arg(long, value_enum)]
    pub preset: Option<PresetName>,
    /// The range of ClusterIPs, one per family.
    #[arg(long, value_name = "CIDR[,CIDR]", value_delimiter = ',', value_parser = cidr)]
    pub service_cidr: Vec<IpNet>,
    /// The range of pod addresses, one per family.
    #[arg(long, value_name = "CIDR[,CIDR]", value_delimiter = ',', value_parser = cidr)]
    pub pod_cidr: Vec<IpNet>,
}

impl Cluster {
    /// The address plan that was stated.
    pub fn plan(&self) -> Plan {
        self.ranges.plan()
    }
}

impl Ranges {
    /// The address plan that was stated.
    pub fn plan(&self) -> Plan {
        Plan {
            preset: self.preset.map(PresetName::preset),
            service_cidrs: self.service_cidr.clone(),
            pod_cidrs: self.pod_cidr.clone(),
        }
    }
}

/// `check`
#[derive(Debug, ClapArgs)]
pub struct Check {
    #[command(flatten)]
    pub cluster: Cluster,
    /// For which kube-proxy: v1.20, v1.23, v1.25, v1.30, newest. What it passes over is remarked on.
    #[arg(long, value_name = "VERSION", default_value = "v1.30")]
    pub kube_proxy: String,
    /// Print a JSON list (docs/json.md).
    #[arg(long)]
    pub json: bool,
}

/// `rules`
#[derive(Debug, ClapArgs)]
pub struct Rules {
    #[command(flatten)]
    pub cluster: Cluster,
    /// Whose rules; default: hostnameOverride of KubeProxyConfiguration, else the first node.
    #[arg(long, value_name = "NODE")]
    pub node: Option<String>,
    /// Which family's rules.
    #[arg(long, value_enum, default_value = "ipv4")]
    pub family: FamilyName,
    /// How to print them.
    #[arg(long = "as", value_enum, default_value = "restore")]
    pub form: Form,
    #[command(flatten)]
    pub listing: Listing,
    /// Add what stands beside kube-proxy's rules on a real node, in list, spec, save and --json.
    #[arg(long, value_enum, value_name = "WHO[,WHO]", value_delimiter = ',')]
    pub with: Vec<CompanionName>,
    /// Put a comment above each chain and rule: who wrote it, why, and which line of YAML made it.
    #[arg(long)]
    pub origins: bool,
    /// Print one JSON object with the rules and their origins (docs/json.md).
    #[arg(long, conflicts_with_all = ["form", "origins", "numeric", "verbose", "exact", "line_numbers", "counters", "backend", "rule"])]
    pub json: bool,
    #[command(flatten)]
    pub node_facts: NodeFacts,
}

/// `diff`
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "+ came, - went, > moved, ~ changed, with the parts that changed under it. Counters don't count, and a rule that only shifted has not moved.\nA or B may be - for standard input. What a cluster would refuse is told on standard error and left out of the comparison.\nExit codes: 0 the rules are the same; 1 they differ; 2 the command could not be carried out."
)]
pub struct Diff {
    /// The cluster before: a file of manifests.
    #[arg(value_name = "A")]
    pub before: String,
    /// The cluster after.
    #[arg(value_name = "B")]
    pub after: String,
    #[command(flatten)]
    pub ranges: Ranges,
    /// Compare this node alone; default: every node.
    #[arg(long, value_name = "NODE")]
    pub node: Option<String>,
    /// Compare this family alone; default: both.
    #[arg(long, value_enum)]
    pub family: Option<FamilyName>,
    /// Whose text: v1.20, v1.23, v1.25, v1.30, newest.
    #[arg(long, value_name = "VERSION", default_value = "v1.30")]
    pub kube_proxy: String,
    /// Whose text B is, where that is another's.
    #[arg(long, value_name = "VERSION")]
    pub to_kube_proxy: Option<String>,
    /// Print one JSON object (docs/json.md).
    #[arg(long)]
    pub json: bool,
}

/// The options of iptables and iptables-save themselves.
#[derive(Debug, ClapArgs)]
pub struct Listing {
    /// This table; list and spec show filter unless told otherwise, as iptables does.
    #[arg(short = 't', long, value_name = "TABLE", value_parser = table)]
    pub table: Option<TableName>,
    /// This chain alone.
    #[arg(long, value_name = "CHAIN")]
    pub chain: Option<String>,
    /// This rule of the chain alone, counted from 1.
    #[arg(long, value_name = "N", requires = "chain", value_parser = clap::value_parser!(u32).range(1..))]
    pub rule: Option<u32>,
    /// list: addresses and ports as numbers.
    #[arg(short, long)]
    pub numeric: bool,
    /// list: counters and interfaces too; spec: counters too.
    #[arg(short, long)]
    pub verbose: bool,
    /// list with -v: counters in full.
    #[arg(short = 'x', long)]
    pub exact: bool,
    /// list: each rule's number in front.
    #[arg(long)]
    pub line_numbers: bool,
    /// save: counters in front of each rule.
    #[arg(short, long)]
    pub counters: bool,
    /// Whose manner: both print the same rules, in another order of tables.
    #[arg(long, value_enum)]
    pub backend: Option<BackendName>,
}

/// What is stated about a node beside the YAML.
#[derive(Debug, ClapArgs)]
pub struct NodeFacts {
    /// Whose text: v1.20, v1.23, v1.25, v1.30, newest.
    #[arg(long, value_name = "VERSION", default_value = "v1.30")]
    pub kube_proxy: String,
    /// What the node's interfaces carry, exactly; may be given several times.
    #[arg(long, value_name = "CIDR", value_parser = cidr)]
    pub address: Vec<IpNet>,
    /// What the nodes' iptables or kernel lacks, so that kube-proxy leaves it out; may be given several
    /// times.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub lacks: Vec<LackName>,
}

/// What kube-proxy uses where it can.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LackName {
    /// iptables' --random-fully.
    RandomFully,
    /// The kernel's nfacct counters.
    Nfacct,
}

impl NodeFacts {
    /// What is lacking.
    pub fn lacks(&self) -> Vec<Lack> {
        let lacks = self.lacks.iter().map(|what| match what {
            LackName::RandomFully => Lack::RandomFully,
            LackName::Nfacct => Lack::Nfacct,
        });
        lacks.collect()
    }
}

/// `walk`
#[derive(Debug, ClapArgs)]
pub struct Walk {
    #[command(flatten)]
    pub cluster: Cluster,
    /// Who sends: pod/NAMESPACE/NAME, node/NAME, outside, or ADDRESS[@NODE].
    #[arg(long, value_name = "WHO")]
    pub from: String,
    /// To whom: ADDR:PORT[/tcp|udp|sctp] or ADDR/icmp; ADDR is an address, a node or NAMESPACE/SERVICE.
    #[arg(long, value_name = "TO")]
    pub to: String,
    /// The node at which a client outside enters.
    #[arg(long, value_name = "NODE")]
    pub via: Option<String>,
    /// The same seed gives the same walk.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Make this many connections one after the other and count.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub connections: Option<u64>,
    /// Print the exact odds of every endpoint and ending, computed over every path through the draws.
    #[arg(long, conflicts_with = "connections")]
    pub odds: bool,
    /// Force the draws in order: hit, miss, free, or a number of 0 to 2147483647; the rest follow the seed.
    #[arg(long, value_name = "DRAW[,DRAW]", value_delimiter = ',', value_parser = forced)]
    pub force: Vec<lab::Forced>,
    /// Force the draws that lead to this endpoint, with or without its port.
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = endpoint, conflicts_with = "force")]
    pub endpoint: Option<Endpoint>,
    /// What happens after the connection, which then stays open; may be given several times: again
    /// (the client sends once more over it), connect (it makes another), wait=11m,
    /// conntrack=-L, conntrack@NODE=-D --orig-dst=10.43.0.10 (without NODE on each), apply=FILE
    /// (the cluster becomes FILE's: rules are written anew, what is remembered lives on).
    #[arg(long, value_name = "STEP", value_parser = then, conflicts_with_all = ["connections", "odds"])]
    pub then: Vec<Then>,
    /// With --then apply=FILE: kube-proxy leaves stale UDP entries in conntrack.
    #[arg(long, requires = "then")]
    pub no_cleaning: bool,
    /// Put iptables-save or iptables-restore text in the place of a node's rules.
    #[arg(long, value_name = "NODE=FILE")]
    pub rules: Vec<String>,
    #[command(flatten)]
    pub node_facts: NodeFacts,
    /// Print one JSON object (docs/json.md).
    #[arg(long)]
    pub json: bool,
}

/// An endpoint: its address, and its port where that matters.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint(pub std::net::IpAddr, pub Option<u16>);

/// A step, with its words.
#[derive(Debug, Clone)]
pub struct Then {
    /// As it was written.
    pub words: String,
    /// What it means.
    pub step: Step,
}

/// `run`
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "COMMAND is one command, or one quoted line with pipes: 'iptables -t nat -S | grep demo'. Without one, lines are read from standard input, and conntrack and what was changed live on from one to the next.\nThe exit code is the command's own."
)]
pub struct Run {
    #[command(flatten)]
    pub cluster: Cluster,
    /// On which node; default: hostnameOverride of KubeProxyConfiguration, else the first node.
    #[arg(long, value_name = "NODE")]
    pub node: Option<String>,
    /// The same seed gives the same draws.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub node_facts: NodeFacts,
    /// The command and its words.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// `play`
#[derive(Debug, ClapArgs)]
pub struct Play {
    /// A recording (tests/oracle/README.md); its rulesets stand beside it or beside its folder.
    #[arg(value_name = "FILE")]
    pub file: String,
    /// The same seed gives the same draws.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// A preset's name.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum PresetName {
    /// k3s with flannel.
    K3s,
    /// kubeadm.
    Kubeadm,
    /// kind with kindnet.
    Kind,
    /// calico in iptables mode.
    Calico,
}

impl PresetName {
    fn preset(self) -> Preset {
        match self {
            PresetName::K3s => Preset::K3s,
            PresetName::Kubeadm => Preset::Kubeadm,
            PresetName::Kind => Preset::Kind,
            PresetName::Calico => Preset::Calico,
        }
    }
}

/// A family's name.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FamilyName {
    /// iptables
    Ipv4,
    /// ip6tables
    Ipv6,
}

impl FamilyName {
    /// The family.
    pub fn family(self) -> IpFamily {
        match self {
            FamilyName::Ipv4 => IpFamily::Ipv4,
            FamilyName::Ipv6 => IpFamily::Ipv6,
        }
    }
}

/// How rules are printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Form {
    /// What kube-proxy gives to iptables-restore; its own rules alone.
    Restore,
    /// The output of iptables-save, without its lines about tool and time.
    Save,
    /// The output of iptables -S.
    Spec,
    /// The output of iptables -L.
    List,
}

/// Who stands beside kube-proxy's rules.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum CompanionName {
    /// kubelet's chains.
    Kubelet,
    /// kube-proxy's own canary.
    Canary,
    /// The network plugin's rules, where the network has them (masquerade).
    Plugin,
}

impl CompanionName {
    /// The companion.
    pub fn companion(self) -> Companion {
        match self {
            CompanionName::Kubelet => Companion::Kubelet,
            CompanionName::Canary => Companion::Canary,
            CompanionName::Plugin => Companion::Plugin,
        }
    }
}

/// Which interface of the kernel the tools speak to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BackendName {
    /// iptables-nft
    Nft,
    /// iptables-legacy
    Legacy,
}

/// A table's name.
fn table(name: &str) -> Result<TableName, String> {
    TableName::parse(name)
        .ok_or_else(|| "the tables are raw, mangle, nat, filter, security".to_owned())
}

/// A CIDR, or an address alone, which stands for itself.
fn cidr(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
        .map_err(|_| format!("\"{text}\" is no CIDR such as 10.43.0.0/16"))
}

/// One forced draw.
fn forced(text: &str) -> Result<lab::Forced, String> {
    match text {
        "hit" => Ok(lab::Forced::Hit),
        "miss" => Ok(lab::Forced::Miss),
        "free" => Ok(lab::Forced::Free),
        number => match number.parse::<u32>() {
            Ok(n) if n < 1 << 31 => Ok(lab::Forced::Number(n)),
            _ => Err(format!(
                "\"{text}\" is neither hit, miss, free nor a number below 2147483648"
            )),
        },
    }
}

/// An endpoint: `10.42.1.16`, `10.42.1.16:8080`, `[fd00::1]:8080`.
fn endpoint(text: &str) -> Result<Endpoint, String> {
    if let Ok(addr) = text.parse::<std::net::SocketAddr>() {
        return Ok(Endpoint(addr.ip(), Some(addr.port())));
    }
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    match bare.unwrap_or(text).parse() {
        Ok(addr) => Ok(Endpoint(addr, None)),
        Err(_) => Err(format!("\"{text}\" is no endpoint such as 10.42.1.16:8080")),
    }
}

/// A step of `--then`.
fn then(words: &str) -> Result<Then, String> {
    Ok(Then {
        words: words.to_owned(),
        step: Step::parse(words)?,
    })
}
