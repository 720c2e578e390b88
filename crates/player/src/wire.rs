//! What crosses the boundary to the core, as bytes.
//!
//! Both ends are made in one build, so the form needs no versions and no names: postcard writes the
//! fields in order and nothing else. Types of the lower rooms don't know of it; they cross by way of
//! [`Plain`].

use std::collections::BTreeMap;
use std::net::IpAddr;

use cluster::{IpFamily, Severity, Span};
use fabric::{Direction, Ns, TupleView};
use netfilter::{Draw, Hook, Probability, Protocol, TableName};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes a value.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).expect("plain data can always be written")
}

/// Reads a value; `None` where the bytes are none.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

/// A number that two texts share only by an accident: 64-bit FNV-1a (RFC 9923).
pub fn fingerprint(bytes: &[u8]) -> u64 {
    let offset = 0xcbf2_9ce4_8422_2325;
    bytes.iter().fold(offset, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A type of a lower room, and how it crosses.
pub trait Plain: Sized {
    /// What it is on the way.
    type Way: Serialize + DeserializeOwned;
    /// Puts it on the way.
    fn pack(&self) -> Self::Way;
    /// Takes it off; `None` where nothing of the kind was put there.
    fn unpack(way: Self::Way) -> Option<Self>;
}

/// For `#[serde(with = "wire::plain")]`.
pub mod plain {
    use super::*;

    /// Writes it.
    pub fn serialize<T: Plain, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.pack().serialize(serializer)
    }

    /// Reads it.
    pub fn deserialize<'de, T: Plain, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        T::unpack(T::Way::deserialize(deserializer)?).ok_or_else(|| D::Error::custom(""))
    }
}

/// A type whose values are a list crosses as an index into that list.
macro_rules! listed {
    ($($of:ty: $($value:path),+;)+) => {$(
        impl Plain for $of {
            type Way = u8;
            fn pack(&self) -> u8 {
                let all = [$($value),+];
                all.iter().position(|v| v == self).expect("the list is whole") as u8
            }
            fn unpack(way: u8) -> Option<Self> {
                [$($value),+].get(usize::from(way)).copied()
            }
        }
    )+};
}

listed! {
    IpFamily: IpFamily::Ipv4, IpFamily::Ipv6;
    Severity: Severity::Error, Severity::Warning, Severity::Remark;
    Direction: Direction::Original, Direction::Reply;
    Hook: Hook::Prerouting, Hook::Input, Hook::Forward, Hook::Output, Hook::Postrouting;
    TableName: TableName::Raw, TableName::Mangle, TableName::Nat, TableName::Filter, TableName::Security;
}

impl Plain for Ns {
    type Way = (u8, String);
    fn pack(&self) -> Self::Way {
        match self {
            Ns::Node(name) => (0, name.clone()),
            Ns::Pod(name) => (1, name.clone()),
            Ns::External(name) => (2, name.clone()),
            Ns::Router => (3, String::new()),
        }
    }
    fn unpack((kind, name): Self::Way) -> Option<Self> {
        Some(match kind {
            0 => Ns::Node(name),
            1 => Ns::Pod(name),
            2 => Ns::External(name),
            3 => Ns::Router,
            _ => return None,
        })
    }
}

impl Plain for TupleView {
    type Way = (IpAddr, IpAddr, u8, u16, u16);
    fn pack(&self) -> Self::Way {
        let protocol = self.protocol.number();
        (self.src, self.dst, protocol, self.sport, self.dport)
    }
    fn unpack((src, dst, protocol, sport, dport): Self::Way) -> Option<Self> {
        Some(TupleView {
            src,
            dst,
            protocol: Protocol::from_number(protocol),
            sport,
            dport,
        })
    }
}

impl Plain for Span {
    type Way = [usize; 5];
    fn pack(&self) -> Self::Way {
        [
            self.source,
            self.line,
            self.column,
            self.end_line,
            self.end_column,
        ]
    }
    fn unpack([source, line, column, end_line, end_column]: Self::Way) -> Option<Self> {
        Some(Span {
            source,
            line,
            column,
            end_line,
            end_column,
        })
    }
}

impl Plain for Draw {
    type Way = (u32, u32, bool);
    fn pack(&self) -> Self::Way {
        (self.threshold.0, self.drawn, self.hit)
    }
    fn unpack((threshold, drawn, hit): Self::Way) -> Option<Self> {
        Some(Draw {
            threshold: Probability(threshold),
            drawn,
            hit,
        })
    }
}

impl<T: Plain> Plain for Option<T> {
    type Way = Option<T::Way>;
    fn pack(&self) -> Self::Way {
        self.as_ref().map(T::pack)
    }
    fn unpack(way: Self::Way) -> Option<Self> {
        way.map_or(Some(None), |way| T::unpack(way).map(Some))
    }
}

impl<T: Plain> Plain for Vec<T> {
    type Way = Vec<T::Way>;
    fn pack(&self) -> Self::Way {
        self.iter().map(T::pack).collect()
    }
    fn unpack(way: Self::Way) -> Option<Self> {
        way.into_iter().map(T::unpack).collect()
    }
}

/// A map by a lower room's type; what it holds crosses by itself.
pub mod keyed {
    use super::*;

    /// Writes it.
    pub fn serialize<K: Plain, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map.iter().map(|(key, value)| (key.pack(), value)))
    }

    /// Reads it.
    pub fn deserialize<'de, K: Plain + Ord, V: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<K, V>, D::Error> {
        let pairs: Vec<(K::Way, V)> = Vec::deserialize(deserializer)?;
        let pairs = pairs
            .into_iter()
            .map(|(key, value)| Some((K::unpack(key)?, value)));
        pairs
            .collect::<Option<_>>()
            .ok_or_else(|| D::Error::custom(""))
    }
}
