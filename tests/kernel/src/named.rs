//! What rules can only name when it is there: the counters of `-m nfacct` (kube-proxy makes its own
//! before it writes them; `linux/netfilter/nfnetlink_acct.h`) and the ipsets of `-m set`
//! (`linux/netfilter/ipset/ip_set.h`).

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use netfilter::{Match, Ruleset};
use rustix::net::AddressFamily;

use crate::nfnetlink::{attribute, make, nested, text};
use crate::spaces::{Done, Home, Space};

/// `EBUSY`: a counter of that name is there already; the other family's rules may name it, too.
const BUSY: i32 = 16;

/// Makes the counters that a node's rules name.
pub fn counters(home: &Home, space: &Space, ruleset: &Ruleset) -> Done {
    let chains = ruleset.tables.values().flat_map(|table| &table.chains);
    let matches = chains
        .flat_map(|chain| &chain.rules)
        .flat_map(|rule| &rule.matches);
    let names: BTreeSet<&str> = matches
        .filter_map(|found| match found {
            Match::Nfacct(acct) => Some(acct.name.as_str()),
            _ => None,
        })
        .collect();
    for name in names {
        // `NFNL_SUBSYS_ACCT`, `NFNL_MSG_ACCT_NEW`, `NFACCT_NAME`
        let attributes = [text(1, name)];
        let family = AddressFamily::UNSPEC;
        match make(home, space, 7 << 8, family, &attributes)? {
            0 | BUSY => {}
            error => return Err(format!("nfacct {name}: error {error}")),
        }
    }
    Ok(())
}

/// `NFNL_SUBSYS_IPSET` with `IPSET_CMD_CREATE` and `IPSET_CMD_ADD`.
const CREATE: u16 = 6 << 8 | 2;
const ADD: u16 = 6 << 8 | 9;
/// `IPSET_PROTOCOL`
const PROTOCOL: u8 = 7;
/// `NLA_F_NET_BYTEORDER`
const NETWORK_ORDER: u16 = 1 << 14;

/// Makes ipsets of IPv4 networks (`hash:net`) with their members.
pub fn sets(home: &Home, space: &Space, sets: &BTreeMap<String, Vec<IpNet>>) -> Done {
    let v4 = AddressFamily::INET;
    let done = |name: &str, error: i32| match error {
        0 => Ok(()),
        error => Err(format!("ipset {name}: error {error}")),
    };
    for (name, members) in sets {
        // `IPSET_ATTR_PROTOCOL`, `_SETNAME`, `_TYPENAME`, `_REVISION`, `_FAMILY`, `_DATA`
        let create = [
            attribute(1, &[PROTOCOL]),
            text(2, name),
            text(3, "hash:net"),
            attribute(4, &[0]),
            attribute(5, &[2]),
            nested(7, &[]),
        ];
        done(name, make(home, space, CREATE, v4, &create)?)?;
        for member in members {
            let IpNet::V4(member) = member else {
                return Err(format!("the set {name} has members that are not IPv4"));
            };
            // `IPSET_ATTR_IP` with `IPSET_ATTR_IPADDR_IPV4`, and `IPSET_ATTR_CIDR`.
            let octets = member.network().octets();
            let ip = nested(1, &[attribute(1 | NETWORK_ORDER, &octets)]);
            let data = nested(7, &[ip, attribute(3, &[member.prefix_len()])]);
            let add = [attribute(1, &[PROTOCOL]), text(2, name), data];
            done(name, make(home, space, ADD, v4, &add)?)?;
        }
    }
    Ok(())
}
