//! The kernel's trace messages, read out of netlink's bytes (`linux/netfilter/nf_tables.h`). What they come to is
//! [`super`]'s.

/// `NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE`
const MESSAGE: u16 = 10 << 8 | 17;

/// `NFT_TRACETYPE_POLICY`, `NFT_TRACETYPE_RETURN`, `NFT_TRACETYPE_RULE`
pub(super) const POLICY: u32 = 1;
pub(super) const RETURN: u32 = 2;
pub(super) const RULE: u32 = 3;
/// `NF_DROP`
pub(super) const DROP: i32 = 0;

/// One message.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) family: &'static str,
    pub(super) table: String,
    pub(super) chain: String,
    pub(super) handle: Option<u64>,
    pub(super) kind: u32,
    pub(super) verdict: i32,
    pub(super) to: String,
    pub(super) id: u32,
    pub(super) network: Vec<u8>,
    pub(super) transport: Vec<u8>,
    pub(super) input: Option<u32>,
    pub(super) output: Option<u32>,
    pub(super) mark: u32,
    pub(super) policy: Option<u32>,
    pub(super) direction: Option<u8>,
    pub(super) state: Option<u32>,
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// `struct nlmsghdr` is 16 bytes, `struct nfgenmsg` 4.
pub(super) fn messages(bytes: &[u8], out: &mut Vec<Seen>) {
    let mut at = 0;
    while let (Some(length), Some(kind)) = (word(bytes, at), half(bytes, at + 4)) {
        let end = at + length as usize;
        if length < 20 || end > bytes.len() {
            return;
        }
        if kind == MESSAGE {
            out.push(message(&bytes[at + 20..end]));
        }
        at = end.next_multiple_of(4);
    }
}

/// `struct nlattr`: length, type, value, padded to four bytes.
fn attributes(bytes: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    let mut at = 0;
    while let (Some(length), Some(kind)) = (half(bytes, at), half(bytes, at + 2)) {
        let end = at + usize::from(length);
        if length < 4 || end > bytes.len() {
            break;
        }
        found.push((kind & 0x3fff, &bytes[at + 4..end]));
        at = end.next_multiple_of(4);
    }
    found
}

/// `NFPROTO_IPV4` and `NFPROTO_IPV6` as nftables calls them.
fn protocol_family(number: Option<u32>) -> &'static str {
    match number {
        Some(2) => "ip",
        Some(10) => "ip6",
        _ => "",
    }
}

fn message(bytes: &[u8]) -> Seen {
    let text = |v: &[u8]| String::from_utf8_lossy(v.strip_suffix(b"\0").unwrap_or(v)).into_owned();
    let number = |v: &[u8]| v.try_into().ok().map(u32::from_be_bytes);
    let mut seen = Seen::default();
    for (kind, value) in attributes(bytes) {
        match kind {
            1 => seen.table = text(value),
            2 => seen.chain = text(value),
            3 => seen.handle = value.try_into().ok().map(u64::from_be_bytes),
            4 => seen.kind = number(value).unwrap_or(0),
            5 => {
                for (kind, value) in attributes(value) {
                    match kind {
                        1 => seen.verdict = number(value).unwrap_or(0).cast_signed(),
                        2 => seen.to = text(value),
                        _ => {}
                    }
                }
            }
            6 => seen.id = number(value).unwrap_or(0),
            8 => seen.network = value.to_vec(),
            9 => seen.transport = value.to_vec(),
            10 => seen.input = number(value),
            12 => seen.output = number(value),
            14 => seen.mark = number(value).unwrap_or(0),
            15 => seen.family = protocol_family(number(value)),
            16 => seen.policy = number(value),
            19 => seen.direction = value.first().copied(),
            21 => seen.state = number(value),
            _ => {}
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + value.len()).unwrap();
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn a_message_is_read_and_half_a_message_is_not() {
        let mut body = vec![0; 4];
        body.extend(attribute(1, b"nat\0"));
        body.extend(attribute(2, b"KUBE-SERVICES\0"));
        body.extend(attribute(3, &7u64.to_be_bytes()));
        body.extend(attribute(4, &RULE.to_be_bytes()));
        let mut verdict = attribute(1, &(-3i32).to_be_bytes());
        verdict.extend(attribute(2, b"KUBE-NODEPORTS\0"));
        body.extend(attribute(5, &verdict));
        let length = u32::try_from(16 + body.len()).unwrap();
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(MESSAGE.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(body);
        let mut seen = Vec::new();
        messages(&bytes, &mut seen);
        let [one] = seen.as_slice() else {
            panic!("one message")
        };
        assert_eq!(
            (one.table.as_str(), one.chain.as_str()),
            ("nat", "KUBE-SERVICES")
        );
        assert_eq!((one.handle, one.kind), (Some(7), RULE));
        assert_eq!((one.verdict, one.to.as_str()), (-3, "KUBE-NODEPORTS"));
        for cut in 0..bytes.len() {
            let mut seen = Vec::new();
            messages(&bytes[..cut], &mut seen);
            assert!(seen.is_empty(), "cut at {cut}");
        }
    }
}
