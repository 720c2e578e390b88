//! The manifests that the page offers to begin with. They are ordinary files beside the page, fetched when chosen;
//! fetching is the page's.

/// A sample's file, relative to the page, and what the list calls it.
pub const SAMPLES: [(&str, &str); 6] = [
    ("demo.yaml", "The demo: a ClusterIP in front of three pods"),
    (
        "samples/nodeport-local.yaml",
        "NodePort that keeps to the node (Local)",
    ),
    ("samples/dual-stack.yaml", "IPv6 and IPv4 side by side"),
    ("samples/headless.yaml", "Headless, with a StatefulSet"),
    (
        "samples/affinity.yaml",
        "Session affinity by client address",
    ),
    ("samples/broken.yaml", "A text with mistakes"),
];

/// Where a wished sample stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sample {
    /// None is wished.
    #[default]
    None,
    /// Its file is on its way.
    Fetching(&'static str),
    /// It did not come.
    Failed(&'static str),
}

impl Sample {
    /// What to tell about it.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Sample::Failed(file) => Some(format!(
                "{file} could not be fetched. Choose it again once the network is back; your text is as it was."
            )),
            _ => None,
        }
    }
}
