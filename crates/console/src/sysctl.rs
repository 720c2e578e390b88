//! `sysctl`: the switches that change a packet's way. Their meaning is the fabric's.

use lab::Lab;

use crate::answer::Failed;

/// What a command printed and set.
pub struct Done {
    /// What it prints.
    pub out: String,
    /// What it sets.
    pub set: Vec<(String, String)>,
}

/// The keys that change something here, with the value of a node that states nothing.
/// All but forwarding, `route_localnet` and `icmp_ratelimit` are the kernel's own defaults.
const KEYS: [(&str, &str); 12] = [
    ("net.bridge.bridge-nf-call-ip6tables", "1"),
    ("net.bridge.bridge-nf-call-iptables", "1"),
    ("net.ipv4.conf.all.accept_local", "0"),
    ("net.ipv4.conf.all.forwarding", "1"),
    ("net.ipv4.conf.all.route_localnet", "1"),
    ("net.ipv4.conf.all.rp_filter", "0"),
    ("net.ipv4.icmp_ratelimit", "0"),
    ("net.ipv4.ip_default_ttl", "64"),
    ("net.ipv4.ip_forward", "1"),
    ("net.ipv6.conf.all.forwarding", "1"),
    ("net.ipv6.icmp.ratelimit", "0"),
    ("net.netfilter.nf_conntrack_tcp_loose", "1"),
];

/// Runs `sysctl` on a node.
pub fn run(lab: &Lab, node: &str, args: &[String]) -> Result<Done, Failed> {
    let mut done = Done {
        out: String::new(),
        set: Vec::new(),
    };
    let mut bare = false;
    let mut all = false;
    let mut keys = Vec::new();
    for arg in args {
        match arg.as_str() {
            "-w" | "--write" | "-e" => {}
            "-n" | "--values" => bare = true,
            "-a" | "--all" | "-A" => all = true,
            option if option.starts_with('-') => {
                return Err(Failed::new(
                    1,
                    format!("sysctl: {option} is not known here; known are -a, -n and -w"),
                ));
            }
            key => keys.push(key),
        }
    }
    if all {
        keys.extend(KEYS.iter().map(|(key, _)| *key));
    }
    if keys.is_empty() {
        return Err(Failed::new(1, "usage: sysctl [-n] KEY[=VALUE]…, or -a"));
    }
    for key in keys {
        let (key, value) = match key.split_once('=') {
            Some((key, value)) => (key.trim(), Some(value.trim())),
            None => (key, None),
        };
        let key = key.replace('/', ".");
        let Some(now) = value.map(str::to_owned).or_else(|| read(lab, node, &key)) else {
            return Err(no_such(&key));
        };
        if let Some(value) = value {
            if read(lab, node, &key).is_none() {
                return Err(no_such(&key));
            }
            if value.parse::<i64>().is_err() {
                return Err(Failed::new(
                    1,
                    format!(
                        "sysctl: setting key \"{key}\": Invalid argument\n# {key} takes a number."
                    ),
                ));
            }
            done.set.push((key.clone(), now.clone()));
        }
        match bare {
            true => done.out.push_str(&format!("{now}\n")),
            false => done.out.push_str(&format!("{key} = {now}\n")),
        }
    }
    Ok(done)
}

fn no_such(key: &str) -> Failed {
    let near = crate::closest(key, KEYS.iter().map(|(k, _)| (*k).to_owned()));
    let help = match near {
        Some(near) => format!("{near} comes closest."),
        None => "sysctl -a lists the keys that change a packet's way here.".into(),
    };
    let path = key.replace('.', "/");
    Failed::new(
        1,
        format!("sysctl: cannot stat /proc/sys/{path}: No such file or directory\n# {help}"),
    )
}

/// A key's value on a node. `conf.DEVICE` keys hold what was stated, else what `conf.all` began with.
fn read(lab: &Lab, node: &str, key: &str) -> Option<String> {
    let stated = lab.sysctl(node, key);
    let default = || {
        let known = KEYS.iter().find(|(k, _)| *k == key);
        if let Some((_, value)) = known {
            let bridge = key.starts_with("net.bridge.") && !lab.cluster().network.bridge_nf;
            return Some(if bridge { "0" } else { *value }.to_owned());
        }
        let rest = key.strip_prefix("net.ipv4.conf.")?;
        let (_, name) = rest.rsplit_once('.')?;
        let all = format!("net.ipv4.conf.all.{name}");
        // A device's own value only counts beside that of `all`, and begins at nought.
        KEYS.iter().any(|(k, _)| **k == all).then(|| "0".to_owned())
    };
    stated.or_else(default)
}
