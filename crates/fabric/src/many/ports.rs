//! Where it matters which ports connections have: rules that look at a client's port, and entries
//! of conntrack that could stand in each other's way. Where none of it does, connections that
//! differ in their ports alone fare alike, and one can stand for another.

use std::collections::BTreeMap;

use netfilter::conntrack::Tuple;
use netfilter::matches::PortSide;
use netfilter::{Match, Not, Rule, TableName};

use crate::fabric::Fabric;
use crate::memory::EPHEMERAL;
use crate::space::NsId;

/// Whether some rule tells connections apart by the port that their client happens to have.
pub(super) fn asked_by_rules(fabric: &Fabric) -> bool {
    let rulesets = fabric.spaces.iter().flat_map(|space| space.rules.values());
    let mut tables = rulesets.flat_map(|rules| &rules.ruleset().tables);
    tables.any(|(&name, table)| {
        let mut rules = table.chains.iter().flat_map(|chain| &chain.rules);
        rules.any(|rule| asked_by(name, rule))
    })
}

/// A client's port is the source of what it sends, and the destination of what comes back. The
/// latter is not for the nat table, and not for rules about one destination, which is a server's.
fn asked_by(table: TableName, rule: &Rule) -> bool {
    let back = table != TableName::Nat && rule.ip.dst.is_none();
    let splits =
        |ports: &Option<Not<(u16, u16)>>| ports.as_ref().is_some_and(|ports| meets(&[ports.value]));
    rule.matches.iter().any(|m| {
        let (sport, dport) = match m {
            Match::Tcp(tcp) => (&tcp.sport, &tcp.dport),
            Match::Udp(udp) => (&udp.sport, &udp.dport),
            Match::Sctp(sctp) => (&sctp.sport, &sctp.dport),
            Match::Multiport(several) => {
                let sources = several.side != PortSide::Destination;
                return (sources || back) && meets(&several.ports.value);
            }
            _ => return false,
        };
        splits(sport) || (back && splits(dport))
    })
}

/// Whether some of the ports that clients get are among these, and some are not.
fn meets(ports: &[(u16, u16)]) -> bool {
    let (first, last) = EPHEMERAL;
    ports
        .iter()
        .any(|&(from, to)| from <= last && to >= first && !(from <= first && to >= last))
}

/// A tuple's side with the port that differs from one connection to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Source,
    Destination,
}

/// How a connection came by the port that tells it from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// It is the client's own.
    Client,
    /// It was drawn: by `--random-fully`, or as a hash for a tunnel.
    Draw,
}

/// What conntrack was given to keep, but for the ports that differ. Of two connections that bring
/// the same client's port to the same table none is in the other's way, since clients' ports differ;
/// nor is it where both are drawn, since then another is drawn. Where one is the client's and the
/// other drawn, the later is given another port, which it would not have got alone.
#[derive(Debug, Default)]
pub(super) struct Entered {
    sorts: BTreeMap<(NsId, Tuple, Side), By>,
}

impl Entered {
    /// Adds an entry of a connection with this port. False where it could stand in another's way.
    pub fn add(&mut self, ns: NsId, tuple: &Tuple, client: u16) -> bool {
        let sides: &[Side] = match client {
            port if tuple.sport == port => &[Side::Source],
            port if tuple.dport == port => &[Side::Destination],
            _ => &[Side::Source, Side::Destination],
        };
        let by = match sides.len() {
            1 => By::Client,
            _ => By::Draw,
        };
        sides.iter().all(|&side| {
            let mut sort = *tuple;
            match side {
                Side::Source => sort.sport = 0,
                Side::Destination => sort.dport = 0,
            }
            *self.sorts.entry((ns, sort, side)).or_insert(by) == by
        })
    }
}

#[cfg(test)]
mod tests {
    use netfilter::{Family, Protocol, Ruleset};

    use super::*;

    fn asked(table: &str, chain: &str, rule: &str) -> bool {
        let text = format!("*{table}\n:{chain} ACCEPT\n-A {chain} {rule} -j ACCEPT\nCOMMIT\n");
        let ruleset = Ruleset::parse(Family::Ipv4, &text).expect("a rule");
        let (&name, table) = ruleset.tables.iter().next().expect("one table");
        let mut rules = table.chains.iter().flat_map(|chain| &chain.rules);
        asked_by(name, rules.next().expect("one rule"))
    }

    #[test]
    fn rules_that_ask_for_clients_ports() {
        for (table, chain, rule, expected) in [
            ("filter", "FORWARD", "-p tcp -m tcp --sport 40000", true),
            ("filter", "FORWARD", "-p tcp -m tcp ! --sport 40000", true),
            (
                "filter",
                "FORWARD",
                "-p udp -m udp --sport 1024:65535",
                false,
            ),
            ("filter", "FORWARD", "-p tcp -m tcp --sport 80", false),
            ("filter", "FORWARD", "-p tcp -m tcp --dport 40000", true),
            (
                "filter",
                "FORWARD",
                "-p tcp -m multiport --dports 80,50000:60000",
                true,
            ),
            (
                "filter",
                "FORWARD",
                "-p tcp -m multiport --ports 80,443",
                false,
            ),
            ("nat", "PREROUTING", "-p tcp -m tcp --dport 40000", false),
            (
                "nat",
                "PREROUTING",
                "-p tcp -m multiport --sports 50000:60000",
                true,
            ),
            (
                "filter",
                "FORWARD",
                "-d 10.96.0.7/32 -p tcp -m tcp --dport 50051",
                false,
            ),
            (
                "filter",
                "INPUT",
                "-p tcp -m tcp --dport 30000:32767",
                false,
            ),
            ("filter", "INPUT", "-p sctp -m sctp --sport 33000", true),
        ] {
            assert_eq!(asked(table, chain, rule), expected, "{table} {rule}");
        }
    }

    fn tuple(sport: u16, dport: u16) -> Tuple {
        Tuple {
            src: [10, 0, 0, 1].into(),
            dst: [10, 0, 0, 2].into(),
            protocol: Protocol::Tcp,
            sport,
            dport,
        }
    }

    #[test]
    fn drawn_ports_and_clients_ports_must_not_meet() {
        let mut entered = Entered::default();
        assert!(entered.add(0, &tuple(40000, 80), 40000));
        assert!(entered.add(0, &tuple(40001, 80), 40001), "a client's too");
        assert!(entered.add(1, &tuple(1234, 80), 40002), "another table");
        assert!(entered.add(0, &tuple(1234, 81), 40002), "another server");
        assert!(!entered.add(0, &tuple(1234, 80), 40002));
        assert!(
            !entered.add(1, &tuple(40003, 80), 40003),
            "the other way round"
        );
    }
}
