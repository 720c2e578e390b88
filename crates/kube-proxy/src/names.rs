//! The chain names that kube-proxy computes: a prefix and sixteen letters of a hash.
//!
//! Which chains a service port needs is decided elsewhere.

use data_encoding::BASE32;
use sha2::{Digest, Sha256};

/// A chain's name, at most 28 bytes of ASCII, kept without allocation because a large cluster has
/// a hundred thousand of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    bytes: [u8; Name::MAX],
    len: u8,
}

impl Name {
    /// The kernel's limit (`XT_EXTENSION_MAXNAMELEN` less its terminator).
    const MAX: usize = 28;

    /// A name known beforehand; what does not fit is cut off, which no constant of ours needs.
    pub(crate) const fn fixed(text: &str) -> Self {
        let source = text.as_bytes();
        let mut bytes = [0; Name::MAX];
        let mut len = 0;
        while len < source.len() && len < Name::MAX {
            bytes[len] = source[len];
            len += 1;
        }
        Name {
            bytes,
            len: len as u8,
        }
    }

    fn hashed(prefix: Prefix, hash: &[u8; Hash::LETTERS]) -> Self {
        let mut name = Name::fixed(prefix.text());
        let from = usize::from(name.len);
        name.bytes[from..from + Hash::LETTERS].copy_from_slice(hash);
        name.len += Hash::LETTERS as u8;
        name
    }

    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)])
            .expect("chain names are made of ASCII constants and base32")
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a computed name begins with (`pkg/proxy/iptables/proxier.go`, the `…NamePrefix` constants).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefix {
    Svc,
    Svl,
    Ext,
    Fw,
    Xlb,
    Sep,
}

impl Prefix {
    fn text(self) -> &'static str {
        match self {
            Prefix::Svc => "KUBE-SVC-",
            Prefix::Svl => "KUBE-SVL-",
            Prefix::Ext => "KUBE-EXT-",
            Prefix::Fw => "KUBE-FW-",
            Prefix::Xlb => "KUBE-XLB-",
            Prefix::Sep => "KUBE-SEP-",
        }
    }
}

/// The hash of one service port; all its chains but those of its endpoints share it.
///
/// kube-proxy's `portProtoHash` and `servicePortEndpointChainName`: the texts are simply joined,
/// hashed with SHA-256, written in base32 and cut after sixteen letters.
pub(crate) struct Hash {
    started: Sha256,
    letters: [u8; Hash::LETTERS],
}

impl Hash {
    const LETTERS: usize = 16;

    /// Of a service port, as `namespace/name:port`, and its protocol in lower case.
    pub(crate) fn of(port: &str, protocol: &str) -> Self {
        let started = Sha256::new()
            .chain_update(port.as_bytes())
            .chain_update(protocol.as_bytes());
        let letters = letters(started.clone());
        Hash { started, letters }
    }

    /// One of the service port's own chains.
    pub(crate) fn chain(&self, prefix: Prefix) -> Name {
        Name::hashed(prefix, &self.letters)
    }

    /// The chain of one endpoint, written `ip:port`.
    pub(crate) fn endpoint(&self, endpoint: &str) -> Name {
        let started = self.started.clone().chain_update(endpoint.as_bytes());
        Name::hashed(Prefix::Sep, &letters(started))
    }
}

/// The first sixteen base32 letters: exactly the first ten bytes.
fn letters(hasher: Sha256) -> [u8; Hash::LETTERS] {
    let digest = hasher.finalize();
    let mut letters = [0; Hash::LETTERS];
    BASE32.encode_mut(&digest[..10], &mut letters);
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names that stand in recordings of kube-proxy (`001-seed-demo`, `011-…`, `023-…`).
    #[test]
    fn names_are_those_of_the_recordings() {
        let demo = Hash::of("demo/demo-cluster-ip-svc", "tcp");
        assert_eq!(
            demo.chain(Prefix::Svc).as_str(),
            "KUBE-SVC-P7QE5OVRKZMQ43FN"
        );
        assert_eq!(
            demo.endpoint("10.42.1.16:8080").as_str(),
            "KUBE-SEP-5GSOMUMCTEFLXZNQ"
        );
        let partner = Hash::of("web/partner-api", "tcp");
        assert_eq!(
            partner.chain(Prefix::Fw).as_str(),
            "KUBE-FW-6Y5IVYIU3O7MDJ4C"
        );
        let shop = Hash::of("demo/shop:https", "tcp");
        assert_eq!(
            shop.chain(Prefix::Ext).as_str(),
            "KUBE-EXT-6RPHUCFPUBGIVHOV"
        );
        assert_eq!(
            shop.endpoint("[fd00:10:244:1::1f]:8443").as_str(),
            "KUBE-SEP-NAFXTMJ4ZYPL4O5Z"
        );
    }
}
