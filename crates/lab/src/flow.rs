//! Connections that go on: opened, used again, and used once more after the cluster has changed.

use fabric::{Dice, Memory};

use crate::wiring::{self, Extra};
use crate::{Ask, AskError, Lab, Trip};

/// A connection that its client still holds; it outlives the cluster it was made in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    extra: Extra,
    flow: fabric::Flow,
}

impl Flow {
    /// The client's own address and port (a ping's identifier).
    pub fn client(&self) -> (std::net::IpAddr, u16) {
        self.flow.client()
    }
}

impl Lab {
    /// As [`Lab::send`], but the client keeps its connection for [`Lab::again`]. `None` in its place
    /// where nothing was opened: no answer came over TCP or SCTP, or nothing could be sent.
    ///
    /// # Errors
    /// Where the question means nothing in this cluster.
    pub fn open(
        &self,
        memory: &mut Memory,
        ask: &Ask,
        dice: &mut Dice,
    ) -> Result<(Trip, Option<Flow>), AskError> {
        let wired = wiring::wire(&self.cluster, ask)?;
        let fabric = self.fabric(&wired.extra);
        let (journey, flow) = fabric::open(&fabric, memory, &wired.probe, dice);
        let trip = Trip {
            resolved: wired.resolved,
            dst: wired.probe.dst,
            journey,
        };
        let extra = wired.extra;
        Ok((trip, flow.map(|flow| Flow { extra, flow })))
    }

    /// The client sends once more over a connection that it has: by TCP and SCTP another word, by UDP
    /// and ping a datagram from the same port. The rules may be others by now. `None` where the client itself
    /// is gone or has another address.
    pub fn again(
        &self,
        memory: &mut Memory,
        flow: &Flow,
        dice: &mut Dice,
    ) -> Option<(Trip, Option<Flow>)> {
        let fabric = self.fabric(&flow.extra);
        let (journey, left) = fabric::again(&fabric, memory, &flow.flow, dice)?;
        let trip = Trip {
            resolved: None,
            dst: flow.flow.probe().dst,
            journey,
        };
        let extra = flow.extra.clone();
        Some((trip, left.map(|flow| Flow { extra, flow })))
    }
}
