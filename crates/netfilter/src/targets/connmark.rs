//! `-j CONNMARK`: sets, saves or restores the connection's mark.

/// `-j CONNMARK`: sets, saves or restores the connection's mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetConnmark {
    /// Which.
    pub op: ConnmarkOp,
}

/// What `-j CONNMARK` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnmarkOp {
    /// `--set-xmark VALUE/MASK`
    Set {
        /// VALUE.
        value: u32,
        /// MASK.
        mask: u32,
    },
    /// `--save-mark`: packet to connection.
    Save {
        /// `--nfmask`
        nfmask: u32,
        /// `--ctmask`
        ctmask: u32,
    },
    /// `--restore-mark`: connection to packet.
    Restore {
        /// `--nfmask`
        nfmask: u32,
        /// `--ctmask`
        ctmask: u32,
    },
}
