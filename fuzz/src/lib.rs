//! What is asked of each reader with whatever bytes there are: no panic, no hang, and what it must
//! hold. Each target is a plain function; how bytes are found is libFuzzer's.

use console::Console;
use lab::{
    Ask, Destination, Dice, From, IpFamily, Lab, Memory, Options, Port, Ruleset, Source, Trip,
};
use netfilter::{Family, Prepared, Protocol};

/// The text in the bytes. What is no UTF-8 never comes further than the edge of the program.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

fn source(text: &str) -> Source {
    Source {
        name: "fuzz.yaml".into(),
        text: text.into(),
    }
}

/// YAML to rules, and a walk through them: the rules that are written can be read, and printing them
/// again gives the same.
pub fn yaml(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let lab = Lab::load(&[source(text)], Options::default());
    for one in lab.diagnostics() {
        assert!(!one.message.is_empty() && !one.help.is_empty(), "{one:?}");
    }
    let Some(node) = lab.default_node().map(str::to_owned) else {
        return;
    };
    for (family, theirs) in [
        (IpFamily::Ipv4, Family::Ipv4),
        (IpFamily::Ipv6, Family::Ipv6),
    ] {
        let printed = lab.rules(&node, family).ruleset.to_string();
        let read = Ruleset::parse(theirs, &printed).expect("rules that were written can be read");
        assert_eq!(read.to_string(), printed);
    }
    if lab.has_errors() {
        return;
    }
    for service in lab.cluster().services.iter().take(2) {
        let (Some(&addr), Some(port)) = (service.cluster_ips.first(), service.ports.first()) else {
            continue;
        };
        let ask = Ask {
            from: From::Node(node.clone()),
            to: Destination::Addr(addr),
            port: Port::Number(port.port),
            protocol: Protocol::Tcp,
            via: None,
        };
        let walk = || -> Option<Trip> {
            let (mut memory, mut dice) = (Memory::default(), Dice::seeded(1));
            lab.send(&mut memory, &ask, &mut dice).ok()
        };
        assert_eq!(walk(), walk(), "the same seed is the same journey");
    }
}

/// What iptables-restore reads: read, printed and read again it is the same.
pub fn restore(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for family in [Family::Ipv4, Family::Ipv6] {
        let Ok(ruleset) = Ruleset::parse(family, text) else {
            continue;
        };
        let printed = ruleset.to_string();
        let again = Ruleset::parse(family, &printed).expect("what was printed can be read");
        assert_eq!(again.to_string(), printed);
        let _ = Prepared::new(again);
    }
}

/// A cluster with a pod, for the command line.
const CLUSTER: &str = include_str!("../../www/demo.yaml");

/// Lines at the console, one after the other: each is answered, and each change can be undone.
pub fn command(data: &[u8]) {
    let Some(text) = text(data) else { return };
    // A fresh cluster for each input, or what is found could not be found again.
    let mut console = Console::new(vec![source(CLUSTER)], Options::default(), 1);
    for line in text.lines().take(8) {
        console.complete(line);
        console.run(line);
    }
    for _ in 0..8 {
        if console.undo().is_none() {
            break;
        }
    }
}

/// Bytes at the worker's boundary, and what a page was left with.
pub fn wire(data: &[u8]) {
    use player::{Answer, Request, Said, saved, wire};
    let _ = wire::decode::<Said>(data);
    let _ = wire::decode::<Answer>(data);
    let request = wire::decode::<Request>(data);
    let _ = saved::resume(data);
    if let Some(request) = request {
        let written = wire::encode(&request);
        let again: Request = wire::decode(&written).expect("what was written can be read");
        assert_eq!(wire::encode(&again), written);
    }
}

/// A link's fragment: what is read is written as a link that reads the same.
pub fn link(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(read) = link::decode(text) else { return };
    let written = link::encode(&read);
    if written.len() <= link::LONGEST {
        assert_eq!(link::decode(&written).as_ref(), Ok(&read));
    }
}

/// A lesson's file: read, or each fault with its line.
pub fn lesson(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let course = lesson::Course::open(text);
    if course.faults().is_empty() {
        course.view();
    }
}
