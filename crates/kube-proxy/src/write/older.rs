//! A service port's rules before v1.24.

use super::{Turn, Writer};

impl Writer<'_> {
    pub(super) fn port_v1_20(&mut self, turn: &Turn) {
        self.port(turn);
    }
    pub(super) fn port_v1_23(&mut self, turn: &Turn) {
        self.port(turn);
    }
}
