//! One request to the packet filter's netlink (`linux/netfilter/nfnetlink.h`), and its answer.

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, sendto,
    socket_with,
};

use crate::spaces::{Done, Home, Space};

/// `NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE`
const FLAGS: u16 = 0x1 | 0x4 | 0x400;
/// `NLMSG_ERROR`, which is also what success is told by.
const ERROR: u16 = 2;
/// `NLA_F_NESTED`
const NESTED: u16 = 1 << 15;

/// An attribute: `struct nlattr`, padded to four bytes.
pub fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).expect("attributes here are short");
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// An attribute that holds others.
pub fn nested(kind: u16, inside: &[Vec<u8>]) -> Vec<u8> {
    attribute(kind | NESTED, &inside.concat())
}

/// A text with the zero that ends it.
pub fn text(kind: u16, value: &str) -> Vec<u8> {
    attribute(kind, &[value.as_bytes(), b"\0"].concat())
}

/// Asks for something to be made: 0, or the number of an error.
pub fn make(
    home: &Home,
    space: &Space,
    message: u16,
    family: AddressFamily,
    attributes: &[Vec<u8>],
) -> Done<i32> {
    let family = u8::try_from(family.as_raw()).expect("the families here have small numbers");
    let request = request(message, family, &attributes.concat());
    let answer = home.inside(space, || {
        answered(&request).map_err(|error: Errno| error.to_string())
    })?;
    said(&answer).ok_or_else(|| "netlink gave no answer".to_owned())
}

fn answered(request: &[u8]) -> Result<Vec<u8>, Errno> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        Some(netlink::NETFILTER),
    )?;
    let kernel = SocketAddrNetlink::new(0, 0);
    sendto(&socket, request, SendFlags::empty(), &kernel)?;
    let mut answer = [0; 512];
    let (length, _) = recv(&socket, answer.as_mut_slice(), RecvFlags::empty())?;
    Ok(answer[..length].to_vec())
}

/// `struct nlmsghdr`, `struct nfgenmsg`, and the attributes.
fn request(message: u16, family: u8, attributes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(20 + attributes.len()).expect("it is short");
    let mut request = length.to_ne_bytes().to_vec();
    request.extend(message.to_ne_bytes());
    request.extend(FLAGS.to_ne_bytes());
    request.extend([0; 8]);
    request.extend([family, 0, 0, 0]);
    request.extend(attributes);
    request
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
    fn a_request_says_its_own_length() {
        let request = request(7 << 8, 2, &text(1, "ct_state_invalid_dropped_pkts"));
        let length = u32::from_ne_bytes(request[..4].try_into().unwrap());
        assert_eq!(length as usize, request.len());
        assert_eq!(request.len() % 4, 0);
    }

    #[test]
    fn what_is_nested_is_inside() {
        let inner = attribute(3, &[24]);
        let outer = nested(7, std::slice::from_ref(&inner));
        assert_eq!(outer[..4], [12, 0, 7, 0x80]);
        assert_eq!(outer[4..], inner);
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
