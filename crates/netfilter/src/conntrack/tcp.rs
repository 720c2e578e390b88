//! TCP as conntrack follows it: states and how flags move them, without windows.
//!
//! The states, their names and their moves are those of `net/netfilter/nf_conntrack_proto_tcp.c`.

use super::tuple::Direction;
use crate::packet::TcpFlags;

/// Conntrack's state of a TCP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TcpState {
    /// Nothing seen.
    None,
    /// A SYN.
    SynSent,
    /// A SYN and its SYN/ACK.
    SynRecv,
    /// Open.
    Established,
    /// One FIN.
    FinWait,
    /// One FIN, acknowledged.
    CloseWait,
    /// Both FINs.
    LastAck,
    /// Both FINs, acknowledged.
    TimeWait,
    /// Reset.
    Close,
    /// A SYN from either side.
    SynSent2,
}

impl TcpState {
    /// The words that `conntrack --state` knows.
    pub const NAMES: [&'static str; 11] = [
        "NONE",
        "SYN_SENT",
        "SYN_RECV",
        "ESTABLISHED",
        "FIN_WAIT",
        "CLOSE_WAIT",
        "LAST_ACK",
        "TIME_WAIT",
        "CLOSE",
        "SYN_SENT2",
        "LISTEN",
    ];

    /// As `conntrack -L` prints it.
    pub fn name(self) -> &'static str {
        match self {
            TcpState::None => "NONE",
            TcpState::SynSent => "SYN_SENT",
            TcpState::SynRecv => "SYN_RECV",
            TcpState::Established => "ESTABLISHED",
            TcpState::FinWait => "FIN_WAIT",
            TcpState::CloseWait => "CLOSE_WAIT",
            TcpState::LastAck => "LAST_ACK",
            TcpState::TimeWait => "TIME_WAIT",
            TcpState::Close => "CLOSE",
            TcpState::SynSent2 => "SYN_SENT2",
        }
    }
}

/// What a segment's flags make of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// The new state.
    To(TcpState),
    /// The segment belongs to the connection but changes nothing.
    Ignore,
    /// The segment is INVALID.
    Invalid,
}

/// The kind of segment, in the order in which the kernel looks at the flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Segment {
    Rst,
    Syn,
    SynAck,
    Fin,
    Ack,
    None,
}

fn segment(flags: TcpFlags) -> Segment {
    if flags.has(TcpFlags::RST) {
        Segment::Rst
    } else if flags.has(TcpFlags::SYN.with(TcpFlags::ACK)) {
        Segment::SynAck
    } else if flags.has(TcpFlags::SYN) {
        Segment::Syn
    } else if flags.has(TcpFlags::FIN) {
        Segment::Fin
    } else if flags.has(TcpFlags::ACK) {
        Segment::Ack
    } else {
        Segment::None
    }
}

/// The move that a segment in this direction causes.
pub(super) fn advance(state: TcpState, direction: Direction, flags: TcpFlags) -> Move {
    use Direction::{Original, Reply};
    use TcpState::*;
    let to = match (segment(flags), direction, state) {
        (Segment::None, _, _) => return Move::Invalid,
        (Segment::Rst, _, None) => return Move::Invalid,
        (Segment::Rst, _, _) => Close,

        (Segment::Syn, Original, None | SynSent | TimeWait | Close) => SynSent,
        (Segment::Syn, Original, SynSent2) => SynSent2,
        (Segment::Syn, Original, _) => return Move::Ignore,
        (Segment::Syn, Reply, SynSent | SynSent2) => SynSent2,
        (Segment::Syn, Reply, TimeWait) => SynSent,
        (Segment::Syn, Reply, _) => return Move::Invalid,

        (Segment::SynAck, Original, SynRecv | SynSent2) => SynRecv,
        (Segment::SynAck, Original, _) => return Move::Invalid,
        (Segment::SynAck, Reply, SynSent | SynSent2) => SynRecv,
        (Segment::SynAck, Reply, None) => return Move::Invalid,
        (Segment::SynAck, Reply, _) => return Move::Ignore,

        (Segment::Fin, _, None | SynSent | SynSent2) => return Move::Invalid,
        (Segment::Fin, _, SynRecv | Established) => FinWait,
        (Segment::Fin, _, FinWait | CloseWait | LastAck) => LastAck,
        (Segment::Fin, _, TimeWait) => TimeWait,
        (Segment::Fin, _, Close) => Close,

        (Segment::Ack, Original, None) => Established,
        (Segment::Ack, Original, SynSent | SynSent2) => return Move::Invalid,
        (Segment::Ack, Original, SynRecv) => Established,
        (Segment::Ack, Reply, None) => return Move::Invalid,
        (Segment::Ack, Reply, SynSent | SynSent2) => return Move::Ignore,
        (Segment::Ack, Reply, SynRecv) => SynRecv,
        (Segment::Ack, _, Established) => Established,
        (Segment::Ack, _, FinWait | CloseWait) => CloseWait,
        (Segment::Ack, _, LastAck | TimeWait) => TimeWait,
        (Segment::Ack, _, Close) => Close,
    };
    Move::To(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use TcpState::*;

    const S: TcpFlags = TcpFlags::SYN;
    const A: TcpFlags = TcpFlags::ACK;
    const SA: TcpFlags = TcpFlags::SYN.with(TcpFlags::ACK);
    const FA: TcpFlags = TcpFlags::FIN.with(TcpFlags::ACK);

    #[test]
    fn a_whole_connection_ends_in_time_wait() {
        let way = [
            (Direction::Original, S, SynSent),
            (Direction::Reply, SA, SynRecv),
            (Direction::Original, A, Established),
            (Direction::Reply, A, Established),
            (Direction::Original, FA, FinWait),
            (Direction::Reply, FA, LastAck),
            (Direction::Original, A, TimeWait),
        ];
        let mut state = None;
        for (direction, flags, expected) in way {
            assert_eq!(
                advance(state, direction, flags),
                Move::To(expected),
                "{flags}"
            );
            state = expected;
        }
    }

    #[test]
    fn an_answer_nobody_asked_for_is_invalid() {
        assert_eq!(advance(None, Direction::Original, SA), Move::Invalid);
        assert_eq!(advance(None, Direction::Original, FA), Move::Invalid);
        assert_eq!(
            advance(SynSent, Direction::Original, TcpFlags::default()),
            Move::Invalid
        );
    }

    #[test]
    fn a_repeated_syn_of_an_open_connection_changes_nothing() {
        assert_eq!(advance(Established, Direction::Original, S), Move::Ignore);
        assert_eq!(
            advance(TimeWait, Direction::Original, S),
            Move::To(SynSent),
            "a closed one opens again"
        );
    }
}
