//! The `conntrack` command against what conntrack-tools 1.4.7 printed for the same entries and words.
//! (The real tool lists in its hash table's order; here the oldest comes first.)

use netfilter::conntrack::{
    Conntrack, Direction, L4State, Settings, TcpState, ToolCommand, ToolError, ToolOutput, Tracked,
};
use netfilter::{L4, Packet, TcpFlags};

fn packet(src: &str, dst: &str, l4: L4) -> Packet {
    Packet {
        src: src.parse().expect("an address"),
        dst: dst.parse().expect("an address"),
        l4,
        ttl: 64,
    }
}

/// A table with an entry in each of the recorded shapes; 1 s has passed since.
fn table() -> (Conntrack, u64) {
    let mut table = Conntrack::default();
    let mut add = |packet: Packet, change: &dyn Fn(&mut netfilter::conntrack::Connection)| {
        let tracked = table.enter(&packet, 0, &Settings::default());
        let Tracked::Entry { id, .. } = tracked else {
            panic!("{packet:?} is tracked");
        };
        change(table.get_mut(id));
        table.confirm(id, Direction::Original, 0);
    };
    let udp = |sport, dport| L4::Udp { sport, dport };
    let tcp = |sport, dport| L4::Tcp {
        sport,
        dport,
        flags: TcpFlags::SYN,
    };
    add(packet("10.42.1.50", "10.43.0.10", udp(40000, 53)), &|c| {
        c.reply.src = "10.42.1.16".parse().expect("an address");
        c.reply.sport = 5353;
        c.status.dst_nat = true;
        c.expires = 30_000;
    });
    add(packet("10.42.1.50", "10.43.0.11", tcp(40001, 80)), &|c| {
        c.reply.src = "10.42.1.17".parse().expect("an address");
        c.reply.dst = "10.42.1.1".parse().expect("an address");
        (c.reply.sport, c.reply.dport) = (8080, 5555);
        (c.status.dst_nat, c.status.src_nat) = (true, true);
        (c.status.assured, c.status.seen_reply) = (true, true);
        c.l4 = L4State::Tcp {
            state: TcpState::Established,
            close_init: false,
            reset_by: None,
        };
        c.mark = 5;
        c.expires = 100_000;
    });
    add(packet("10.0.0.9", "10.0.0.2", udp(40000, 53)), &|c| {
        c.status.seen_reply = true;
        c.expires = 30_000;
    });
    add(packet("fd00::1", "fd00::2", tcp(1, 80)), &|c| {
        c.status.seen_reply = true;
        c.l4 = L4State::Tcp {
            state: TcpState::TimeWait,
            close_init: true,
            reset_by: None,
        };
        c.expires = 100_000;
    });
    let other = L4::Other { protocol: 99 };
    add(packet("10.0.0.9", "10.0.0.2", other), &|c| {
        c.expires = 30_000;
    });
    (table, 1_000)
}

const DNS: &str = "udp      17 29 src=10.42.1.50 dst=10.43.0.10 sport=40000 dport=53 [UNREPLIED] src=10.42.1.16 dst=10.42.1.50 sport=5353 dport=40000 mark=0 use=1";
const WEB: &str = "tcp      6 99 ESTABLISHED src=10.42.1.50 dst=10.43.0.11 sport=40001 dport=80 src=10.42.1.17 dst=10.42.1.1 sport=8080 dport=5555 [ASSURED] mark=5 use=1";
const PLAIN: &str = "udp      17 29 src=10.0.0.9 dst=10.0.0.2 sport=40000 dport=53 src=10.0.0.2 dst=10.0.0.9 sport=53 dport=40000 mark=0 use=1";
const SIX: &str = "tcp      6 99 TIME_WAIT src=fd00::1 dst=fd00::2 sport=1 dport=80 src=fd00::2 dst=fd00::1 sport=80 dport=1 mark=0 use=1";
const ODD: &str =
    "unknown  99 29 src=10.0.0.9 dst=10.0.0.2 [UNREPLIED] src=10.0.0.2 dst=10.0.0.9 mark=0 use=1";

fn run(words: &str) -> Result<ToolOutput, ToolError> {
    let (mut table, now) = table();
    let words: Vec<&str> = words.split_whitespace().collect();
    ToolCommand::parse(&words).map(|command| command.run(&mut table, now))
}

#[track_caller]
fn lists(words: &str, expected: &[&str]) {
    let out = run(words).expect("the tool takes it");
    assert_eq!(out.lines, expected, "{words}");
    let count = expected.len();
    let message =
        format!("conntrack v1.4.7 (conntrack-tools): {count} flow entries have been shown.");
    assert_eq!((out.message, out.code), (Some(message), 0), "{words}");
}

#[track_caller]
fn says(words: &str, expected: &str) {
    let said = run(words).expect_err("the tool refuses it").to_string();
    assert_eq!(
        said,
        format!("conntrack v1.4.7 (conntrack-tools): {expected}"),
        "{words}"
    );
}

#[test]
fn lists_all_and_by_family() {
    lists("-L", &[DNS, WEB, PLAIN, SIX, ODD]);
    lists("--dump conntrack -f ipv4", &[DNS, WEB, PLAIN, ODD]);
    lists("-L -f ipv6", &[SIX]);
}

#[test]
fn lists_by_protocol() {
    lists("-L -p tcp", &[WEB, SIX]);
    lists("-p tcp -L", &[WEB, SIX]);
    lists("-L -ptcp", &[WEB, SIX]);
    lists("-L -p UDP", &[DNS, PLAIN]);
    lists("-L -p 17", &[DNS, PLAIN]);
    lists("-L -p 99", &[ODD]);
    lists("-L -p icmpv6", &[]);
    lists("-L -p udp -p tcp", &[WEB, SIX]);
}

#[test]
fn lists_by_address() {
    lists("-L -s 10.42.1.50", &[DNS, WEB]);
    lists("-L --orig-src=10.42.1.50", &[DNS, WEB]);
    lists("-L -s 10.0.0.0/8", &[DNS, WEB, PLAIN, ODD]);
    lists("-L -d 10.43.0.0/24", &[DNS, WEB]);
    lists("-L -r 10.42.1.16", &[DNS]);
    lists("-L -q 10.42.1.1", &[WEB]);
}

#[test]
fn lists_by_port_and_state() {
    lists("-L -p udp --dport 53", &[DNS, PLAIN]);
    lists("-L -p udp --orig-port-dst 53", &[DNS, PLAIN]);
    lists("-L -p udp --reply-port-src 5353", &[DNS]);
    lists("-L -p tcp --reply-port-dst 5555", &[WEB]);
    lists("-L -p tcp --state ESTABLISHED", &[WEB]);
    lists("-L -p tcp --state LISTEN", &[]);
    lists(
        "-L -p udp --dport 53 -s 10.0.0.9 -d 10.0.0.2 --reply-src 10.0.0.2",
        &[PLAIN],
    );
}

#[test]
fn lists_by_what_was_rewritten() {
    lists("-L --dst-nat", &[DNS, WEB]);
    lists("-L --src-nat", &[WEB]);
    lists("-L --any-nat", &[DNS, WEB]);
    lists("-L --dst-nat 10.42.1.16", &[DNS]);
    lists("-L --dst-nat 10.42.1.16:5353", &[DNS]);
    lists("-L --dst-nat 10.42.1.16:53", &[]);
    lists("-L -n 10.42.1.1", &[WEB]);
    lists("-L -j 10.42.1.17", &[WEB]);
}

#[test]
fn lists_by_mark_and_status() {
    lists("-L -m 5", &[WEB]);
    lists("-L -m 0x4/0x4", &[WEB]);
    lists("-L -m 0x4", &[]);
    lists("-L -u ASSURED", &[WEB]);
    lists("-L -u SEEN_REPLY", &[WEB, PLAIN, SIX]);
    lists("-L -u UNREPLIED", &[DNS, ODD]);
    lists("-L --zone 0 -p 99", &[ODD]);
    lists("-L --orig-zone 1", &[]);
}

#[test]
fn extended_lines_begin_with_the_family() {
    let out = run("-L -o extended").unwrap();
    assert_eq!(out.lines[0], format!("ipv4     2 {DNS}"));
    assert_eq!(out.lines[3], format!("ipv6     10 {SIX}"));
}

#[test]
fn deletes_what_it_names_and_shows_it() {
    let (mut table, now) = table();
    let mut run = |words: &str| {
        let words: Vec<&str> = words.split_whitespace().collect();
        let command = ToolCommand::parse(&words).unwrap();
        command.run(&mut table, now)
    };
    let out = run("-D -p udp --orig-dst 10.43.0.10 --dst-nat 10.42.1.16");
    assert_eq!((out.lines, out.code), (vec![DNS.to_owned()], 0));
    let out = run("-D -p udp --orig-dst 10.43.0.10 --dst-nat 10.42.1.16");
    let message = "conntrack v1.4.7 (conntrack-tools): 0 flow entries have been deleted.";
    assert_eq!((out.message.as_deref(), out.code), (Some(message), 1));
    assert_eq!(run("-C").to_string(), "4\n");
    let message = "conntrack v1.4.7 (conntrack-tools): connection tracking table has been emptied.";
    assert_eq!(run("-F").to_string(), format!("{message}\n"));
    assert_eq!(run("-C").lines, ["0"]);
}

#[test]
fn what_the_tool_refuses_is_refused_in_its_words() {
    says("-L --bogus", "unknown option `--bogus'");
    says("-L -x", "unknown option `-x'");
    says("-L --list", "unknown option `--list'");
    says("-L -p foo", "`foo' unsupported protocol");
    says("-L -p all", "`all' unsupported protocol");
    says("-L -f foo", "`foo' unsupported protocol");
    says("-L -s foo", "Invalid IP address `foo'");
    says("-L -s 10.0.0.1/40", "Invalid netmask");
    says("-L --dport 53", "unknown option `--dport'");
    says("-L --dport 53 -p udp", "unknown option `--dport'");
    says("-D -p icmp --dport 3", "unknown option `--dport'");
    says("-L -p udp --state ESTABLISHED", "unknown option `--state'");
    says("-L -p tcp --state NOPE", "unknown TCP state `NOPE'");
    says("-L -s ::1 -d 1.2.3.4", "mismatched address family");
    says("-L -f ipv6 -s 10.0.0.1", "mismatched address family");
    says(
        "-L -n 10.42.1.0/24",
        "CIDR notation unavailable for `--src-nat'",
    );
    says("-L -g 1.2.3.4:x", "Invalid port `x'");
    says("-L -g foo", "Invalid IP address `foo'");
    says("-L -L", "Invalid commands combination");
    says("-L -D", "Invalid commands combination");
    says("-L foo", "unknown type `foo'");
    says("-L -u FOO", "Bad parameter `FOO'");
    says("-L -o foo", "Bad parameter `foo'");
    says("-L -p", "option `-p' requires an argument");
    says("-L -p tcp --dport", "option `--dport' requires an argument");
    says("-F -p tcp", "Illegal option `--protonum' with this command");
    says("-F -s 10.0.0.1", "Illegal option `--src' with this command");
    says("-C -p udp", "Illegal option `--protonum' with this command");
}

#[test]
fn what_the_tool_knows_and_we_do_not_is_said() {
    for (words, what) in [
        ("-E", "-E"),
        ("-L expect", "-L expect"),
        ("-L -o xml", "-o xml"),
        ("-L -u UNSET", "-u UNSET"),
        ("-p tcp", "without -L, -D, -F or -C"),
        ("-L -m x", "with the number `x'"),
        ("-L -p tcp --dport http", "--dport http"),
    ] {
        let said = run(words).expect_err("the tool refuses it").to_string();
        assert_eq!(said, format!("conntrack {what} is not modelled"));
    }
}
