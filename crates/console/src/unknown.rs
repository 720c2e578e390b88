//! The names that are known here, and what is said of all others.

use crate::answer::Failed;
use crate::filters;

/// Every command's name.
pub const COMMANDS: [&str; 22] = [
    "iptables",
    "ip6tables",
    "iptables-save",
    "ip6tables-save",
    "conntrack",
    "kubectl",
    "curl",
    "wget",
    "nc",
    "ping",
    "dig",
    "nslookup",
    "host",
    "sysctl",
    "ssh",
    "exit",
    "undo",
    "echo",
    "hostname",
    "whoami",
    "help",
    "sudo",
];

pub const HELP: &str = "\
On a node:      iptables, ip6tables (-L -S -A -I -D -C -R -N -X -F -P), iptables-save,
                conntrack (-L -D -F -C), sysctl
From anywhere:  curl, wget, nc, ping, dig, nslookup
The cluster:    kubectl get nodes|pods|svc|endpoints|endpointslices|deployments|namespaces,
                kubectl scale deployment/NAME --replicas=N, kubectl delete pod NAME,
                kubectl exec POD -- COMMAND
Move:           ssh NODE, kubectl exec -it POD -- sh, exit
Take back:      undo
Into a pipe:    grep, head, tail, wc, sort, uniq, column, cat
";

/// What is said of a command that nobody knows here.
pub fn unknown(name: &str) -> Failed {
    let known = COMMANDS.iter().chain(&filters::NAMES);
    let near = closest(name, known.map(|s| (*s).to_owned()));
    let help = match (hint(name), near) {
        (Some(hint), _) => hint.to_owned(),
        (None, Some(near)) => format!("{near} comes closest; help lists all."),
        (None, None) => "help lists what is known here.".to_owned(),
    };
    Failed::new(
        127,
        format!("{name}: command not found\n# This console does not know {name}. {help}"),
    )
}

/// What comes closest to a command that tutorials use and that is not here.
fn hint(name: &str) -> Option<&'static str> {
    Some(match name {
        "nft" => "iptables-save comes closest: it prints the same rules in iptables' words.",
        "ipvsadm" => {
            "kube-proxy's iptables mode is what is shown; iptables -t nat -L comes closest."
        }
        "ip" | "route" | "ifconfig" => {
            "The walk shows each routing decision; curl or ping one, and open it."
        }
        "tcpdump" | "wireshark" | "tshark" => {
            "Send the packet with curl, and open it: every hook is shown."
        }
        "awk" | "sed" | "cut" | "tr" => "grep, sort, head and column come closest.",
        "less" | "more" => "Leave it out; the output scrolls.",
        "watch" => "Leave it out, and press the up arrow and Enter to ask again.",
        "docker" | "crictl" | "nerdctl" => "kubectl exec POD -- COMMAND comes closest.",
        "telnet" | "socat" => "nc -vz HOST PORT comes closest.",
        "traceroute" | "tracepath" | "mtr" => "ping it, and open the packet: every hop is shown.",
        "vi" | "vim" | "nano" | "emacs" => "The editor stands beside the walk.",
        "ss" | "netstat" => "conntrack -L comes closest.",
        "systemctl" | "service" | "journalctl" => "Nothing runs here but kube-proxy's rules.",
        _ => return None,
    })
}

/// The name that comes closest to a word, where one is near enough to be meant.
pub fn closest(word: &str, names: impl IntoIterator<Item = String>) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    for name in names {
        let distance = strsim::osa_distance(&word.to_lowercase(), &name.to_lowercase());
        let near = distance <= word.chars().count().max(3) / 3;
        if near && best.as_ref().is_none_or(|(d, _)| distance < *d) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}
