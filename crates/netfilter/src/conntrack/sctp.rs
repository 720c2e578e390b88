//! SCTP's four-way handshake as conntrack follows it.
//!
//! States and moves as in `net/netfilter/nf_conntrack_proto_sctp.c`; shutting down is left out,
//! since the exchanges we play end with the handshake.

use super::tuple::Direction;
use crate::packet::SctpChunk;

/// Conntrack's state of an SCTP association.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SctpState {
    /// Nothing seen.
    None,
    /// Aborted, or nothing but INIT yet (`sctp_conntracks`: INIT leads to CLOSED).
    Closed,
    /// INIT ACK.
    CookieWait,
    /// COOKIE ECHO.
    CookieEchoed,
    /// COOKIE ACK.
    Established,
}

impl SctpState {
    /// The words that `conntrack --state` knows.
    pub const NAMES: [&'static str; 8] = [
        "NONE",
        "CLOSED",
        "COOKIE_WAIT",
        "COOKIE_ECHOED",
        "ESTABLISHED",
        "SHUTDOWN_SENT",
        "SHUTDOWN_RECD",
        "SHUTDOWN_ACK_SENT",
    ];

    /// As `conntrack -L` prints it.
    pub fn name(self) -> &'static str {
        match self {
            SctpState::None => "NONE",
            SctpState::Closed => "CLOSED",
            SctpState::CookieWait => "COOKIE_WAIT",
            SctpState::CookieEchoed => "COOKIE_ECHOED",
            SctpState::Established => "ESTABLISHED",
        }
    }
}

/// The state after a chunk in this direction; `None` when the packet is INVALID.
pub(super) fn advance(
    state: SctpState,
    direction: Direction,
    chunk: SctpChunk,
) -> Option<SctpState> {
    use SctpState::*;
    Some(match (chunk, direction, state) {
        // Only INIT begins one: what carries a verification tag is INVALID where none is known yet
        // (`nf_conntrack_sctp_packet`, section 8.5 of the RFC), and so is what is out of the blue.
        (SctpChunk::Init, Direction::Original, None) => Closed,
        (_, _, None) => return Option::None,
        // The server's verification tag is known from INIT ACK only, and what carries another is
        // INVALID: so it goes where answers take another way.
        (SctpChunk::CookieEcho | SctpChunk::Data, Direction::Original, Closed) => {
            return Option::None;
        }
        (SctpChunk::InitAck, Direction::Reply, Closed) => CookieWait,
        (SctpChunk::CookieEcho, _, CookieWait) => CookieEchoed,
        (SctpChunk::CookieAck, _, CookieEchoed) => Established,
        (SctpChunk::Abort, _, _) => Closed,
        (_, _, state) => state,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handshake_establishes() {
        let mut state = SctpState::None;
        let mut names = Vec::new();
        for (chunk, direction) in [
            (SctpChunk::Init, Direction::Original),
            (SctpChunk::InitAck, Direction::Reply),
            (SctpChunk::CookieEcho, Direction::Original),
            (SctpChunk::CookieAck, Direction::Reply),
        ] {
            state = advance(state, direction, chunk).unwrap();
            names.push(state.name());
        }
        let kernels = ["CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED"];
        assert_eq!(names, kernels);
    }

    #[test]
    fn who_sees_one_direction_only_cannot_follow() {
        let init = advance(SctpState::None, Direction::Original, SctpChunk::Init);
        assert_eq!(init, Some(SctpState::Closed));
        let echo = advance(
            SctpState::Closed,
            Direction::Original,
            SctpChunk::CookieEcho,
        );
        assert_eq!(echo, Option::None);
    }

    #[test]
    fn an_association_begins_with_init() {
        for chunk in [
            SctpChunk::InitAck,
            SctpChunk::CookieEcho,
            SctpChunk::CookieAck,
            SctpChunk::Data,
            SctpChunk::Abort,
        ] {
            let state = advance(SctpState::None, Direction::Original, chunk);
            assert_eq!(state, Option::None, "{chunk:?}");
        }
    }
}
