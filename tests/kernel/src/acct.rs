//! The counters that `-m nfacct` names. Rules can only name what is there, and kube-proxy makes its
//! own before it writes them; so does this, by the messages of `linux/netfilter/nfnetlink_acct.h`.

use std::collections::BTreeSet;

use netfilter::{Match, Ruleset};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, sendto,
    socket_with,
};

use crate::spaces::{Done, Home, Space};

/// `NFNL_SUBSYS_ACCT << 8 | NFNL_MSG_ACCT_NEW`
const NEW: u16 = 7 << 8;
/// `NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE`
const FLAGS: u16 = 0x1 | 0x4 | 0x400;
/// `NFACCT_NAME`
const NAME: u16 = 1;
/// `NLMSG_ERROR`, which is also what success is told by.
const ERROR: u16 = 2;

/// Makes the counters that a node's rules name.
pub fn make(home: &Home, space: &Space, ruleset: &Ruleset) -> Done {
    let rules = ruleset.tables.values().flat_map(|table| &table.chains);
    let matches = rules
        .flat_map(|chain| &chain.rules)
        .flat_map(|rule| &rule.matches);
    let names: BTreeSet<&str> = matches
        .filter_map(|found| match found {
            Match::Nfacct(acct) => Some(acct.name.as_str()),
            _ => None,
        })
        .collect();
    for name in names {
        home.inside(space, || one(name))
            .map_err(|error| format!("nfacct {name}: {error}"))?;
    }
    Ok(())
}

fn one(name: &str) -> Done {
    let message = message(name);
    let answered = || {
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            Some(netlink::NETFILTER),
        )?;
        let kernel = SocketAddrNetlink::new(0, 0);
        sendto(&socket, &message, SendFlags::empty(), &kernel)?;
        let mut answer = [0; 256];
        let (length, _) = recv(&socket, answer.as_mut_slice(), RecvFlags::empty())?;
        Ok(answer[..length].to_vec())
    };
    let answer = answered().map_err(|error: rustix::io::Errno| error.to_string())?;
    match said(&answer) {
        // EBUSY: the other family's rules name it, too.
        Some(0 | 16) => Ok(()),
        Some(error) => Err(format!("error {error}")),
        None => Err("no answer".to_owned()),
    }
}

/// `struct nlmsghdr`, `struct nfgenmsg`, and the name as an attribute.
fn message(name: &str) -> Vec<u8> {
    let mut attribute = Vec::new();
    let length = u16::try_from(4 + name.len() + 1).expect("the kernel allows 32 bytes");
    attribute.extend(length.to_ne_bytes());
    attribute.extend(NAME.to_ne_bytes());
    attribute.extend(name.bytes());
    attribute.push(0);
    attribute.resize(attribute.len().next_multiple_of(4), 0);
    let mut message = Vec::new();
    let length = u32::try_from(16 + 4 + attribute.len()).expect("it is short");
    message.extend(length.to_ne_bytes());
    message.extend(NEW.to_ne_bytes());
    message.extend(FLAGS.to_ne_bytes());
    message.extend([0; 8]);
    message.extend([0; 4]);
    message.extend(attribute);
    message
}

/// The error number that an answer holds; 0 is success.
fn said(answer: &[u8]) -> Option<i32> {
    let kind = u16::from_ne_bytes(answer.get(4..6)?.try_into().ok()?);
    let number = i32::from_ne_bytes(answer.get(16..20)?.try_into().ok()?);
    (kind == ERROR).then_some(-number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_its_own_length() {
        let message = message("ct_state_invalid_dropped_pkts");
        let length = u32::from_ne_bytes(message[..4].try_into().unwrap());
        assert_eq!(length as usize, message.len());
        assert_eq!(message.len() % 4, 0);
    }

    #[test]
    fn an_answer_is_an_error_s_number() {
        let mut answer = vec![36, 0, 0, 0, 2, 0];
        answer.resize(16, 0);
        answer.extend((-17i32).to_ne_bytes());
        assert_eq!(said(&answer), Some(17));
        assert_eq!(said(&answer[..18]), None);
    }
}
