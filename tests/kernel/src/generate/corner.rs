//! Corners that chance alone seldom finds: clusters and questions that lead to rules which few packets
//! meet. Of eight cases three are of this kind.

use crate::draw::Draw;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Corner {
    /// A ClusterIP with a Local policy, asked by those whom the node does not take for its pods.
    Internal,
    /// A load balancer's address with a Local policy, at a node without a backend.
    External,
    /// A connection of which a node on the way sees one direction only.
    OneSided,
}

impl Corner {
    /// The corner that a case is in.
    pub fn of(number: u64) -> Option<Corner> {
        match number % 8 {
            1 => Some(Corner::Internal),
            3 => Some(Corner::External),
            6 => Some(Corner::OneSided),
            _ => None,
        }
    }

    /// Who asks.
    pub fn source(self, draw: &mut Draw) -> &'static str {
        match self {
            Corner::Internal => {
                draw.weighted(&[(80, "process on a node"), (20, "pod on a backend's node")])
            }
            Corner::External => draw.weighted(&[(80, "outside"), (20, "pod elsewhere")]),
            Corner::OneSided => "outside",
        }
    }

    /// What is asked.
    pub fn destination(self, draw: &mut Draw) -> &'static str {
        match self {
            Corner::Internal => "ClusterIP",
            Corner::External => {
                draw.weighted(&[(70, "load balancer's address"), (30, "ClusterIP")])
            }
            Corner::OneSided => "pod's address",
        }
    }
}
