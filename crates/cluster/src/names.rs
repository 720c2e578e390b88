//! Names and numbers that a real cluster draws at random, drawn here from what they belong to.
//!
//! The same text always gives the same names; who collides with whom is the caller's business.

/// The characters that Kubernetes gives to generated names: no vowels, nothing that reads as another
/// (k8s.io/apimachinery/pkg/util/rand, `alphanums`).
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// FNV-1a over the parts, with a separator that no name contains, and the murmur3 finaliser so that
/// every bit of the result depends on every byte.
pub fn hash(parts: &[&str]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// `length` characters of Kubernetes' alphabet.
fn spell(mut number: u64, length: usize) -> String {
    let base = ALPHABET.len() as u64;
    (0..length)
        .map(|_| {
            let digit = (number % base) as usize;
            number /= base;
            char::from(ALPHABET[digit])
        })
        .collect()
}

/// The five characters after a generated name's last dash (k8s.io/apiserver/pkg/storage/names).
pub fn suffix(parts: &[&str]) -> String {
    spell(hash(parts), 5)
}

/// A `pod-template-hash`: in a cluster, up to ten characters of the same alphabet.
pub fn template_hash(parts: &[&str]) -> String {
    spell(hash(parts), 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stable_and_tell_parts_apart() {
        assert_eq!(suffix(&["demo", "web"]), suffix(&["demo", "web"]));
        assert_ne!(suffix(&["demo", "web"]), suffix(&["dem", "oweb"]));
        assert_eq!(suffix(&["demo", "web"]).len(), 5);
        assert_eq!(template_hash(&["demo", "web"]).len(), 10);
    }
}
