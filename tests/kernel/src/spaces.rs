//! Network namespaces without a name: they exist while this process holds them open, so whatever
//! ends the process also cleans up. Commands and sockets are made inside one by going there first.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd};
use std::process::{Command, Stdio};

use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

/// Either it worked, or a plain sentence.
pub type Done<T = ()> = Result<T, String>;

/// One namespace.
pub struct Space {
    /// What it stands for: a node's name, a pod's.
    pub name: String,
    file: File,
}

/// The namespace this process began in. Nothing is ever sent or changed there.
pub struct Home(File);

impl Home {
    /// Remembers where this thread is.
    pub fn here() -> Done<Home> {
        own().map(Home)
    }

    /// Makes a new namespace with its loopback up and no IPv6 noise.
    #[expect(
        deprecated,
        reason = "the safe form; what made it unsafe concerns shared file tables only"
    )]
    pub fn make(&self, name: &str) -> Done<Space> {
        rustix::thread::unshare(UnshareFlags::NEWNET).map_err(|e| format!("unshare: {e}"))?;
        let file = own();
        self.back()?;
        let space = Space {
            name: name.to_owned(),
            file: file?,
        };
        self.ip(&space, &["link set lo up".to_owned()])?;
        for key in ["all", "default"] {
            self.sysctl(&space, &format!("net.ipv6.conf.{key}.disable_ipv6"), "1")?;
            self.sysctl(&space, &format!("net.ipv4.conf.{key}.rp_filter"), "0")?;
            self.sysctl(&space, &format!("net.ipv4.conf.{key}.send_redirects"), "0")?;
        }
        self.sysctl(&space, "net.ipv4.icmp_ratelimit", "0")?;
        Ok(space)
    }

    /// Lets a namespace speak IPv6, without what would only be noise here: no address is tried for
    /// a duplicate, no router asked for, and no ICMPv6 error held back.
    pub fn speak_ipv6(&self, space: &Space) -> Done {
        for key in ["all", "default"] {
            let conf = format!("net.ipv6.conf.{key}");
            self.sysctl(space, &format!("{conf}.accept_dad"), "0")?;
            self.sysctl(space, &format!("{conf}.accept_ra"), "0")?;
            self.sysctl(space, &format!("{conf}.router_solicitations"), "0")?;
            self.sysctl(space, &format!("{conf}.accept_redirects"), "0")?;
            self.sysctl(space, &format!("{conf}.disable_ipv6"), "0")?;
        }
        // A tunnel's outer port is a hash of the flow label where there is one, and the label of a
        // raw socket, by which SCTP is spoken here, knows no ports (`ip6_make_flowlabel`).
        self.sysctl(space, "net.ipv6.auto_flowlabels", "0")?;
        self.sysctl(space, "net.ipv6.icmp.ratelimit", "0")
    }

    fn back(&self) -> Done {
        enter(&self.0)
    }

    /// Does something inside a namespace.
    pub fn inside<T>(&self, space: &Space, what: impl FnOnce() -> Done<T>) -> Done<T> {
        enter(&space.file)?;
        let done = what();
        self.back()?;
        done
    }

    /// Runs a program inside a namespace and gives its output.
    pub fn run(&self, space: &Space, argv: &[&str], input: &str) -> Done<String> {
        self.inside(space, || run(argv, input))
            .map_err(|error| format!("{}: {error}", space.name))
    }

    /// Several lines of `ip -batch`.
    pub fn ip(&self, space: &Space, lines: &[String]) -> Done {
        if lines.is_empty() {
            return Ok(());
        }
        let text = lines.join("\n") + "\n";
        self.run(space, &["ip", "-batch", "-"], &text)
            .map(drop)
            .map_err(|error| format!("{error}\n{text}"))
    }

    /// Sets a sysctl by its dotted name. Devices' names have no dots here.
    pub fn sysctl(&self, space: &Space, key: &str, value: &str) -> Done {
        let path = format!("/proc/sys/{}", key.replace('.', "/"));
        self.inside(space, || {
            std::fs::write(&path, value).map_err(|error| format!("{path}: {error}"))
        })
    }
}

impl Space {
    /// A path by which other programs find it.
    pub fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd())
    }
}

fn own() -> Done<File> {
    let path = "/proc/thread-self/ns/net";
    File::open(path).map_err(|error| format!("{path}: {error}"))
}

fn enter(file: &File) -> Done {
    move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
        .map_err(|error| format!("setns: {error}"))
}

/// Runs a program where this thread is.
pub fn run(argv: &[&str], input: &str) -> Done<String> {
    let mut child = Command::new(argv[0])
        .args(&argv[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", argv[0]))?;
    let mut stdin = child.stdin.take().expect("stdin was piped");
    let written = stdin.write_all(input.as_bytes());
    drop(stdin);
    let out = child
        .wait_with_output()
        .map_err(|error| format!("{}: {error}", argv[0]))?;
    if !out.status.success() {
        return Err(format!(
            "{} ({}): {}",
            argv.join(" "),
            out.status,
            String::from_utf8_lossy(&out.stderr).trim()
        ));
    }
    written.map_err(|error| format!("{}: {error}", argv[0]))?;
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}
