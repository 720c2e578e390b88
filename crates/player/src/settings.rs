//! What a person states beside the YAML: which kube-proxy writes the rules, who else's stand beside them,
//! and the kind of cluster whose addresses and network fill in what the text leaves open.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The settings, as plain data.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Settings {
    /// kube-proxy's version as it was chosen or typed: `v1.30`, `newest`.
    pub version: String,
    /// Whether kubelet's chains and the canaries are there.
    pub companions: Companions,
    /// The kind of cluster that fills in what the text leaves open.
    pub plan: PlanName,
    /// What was changed by hand on the nodes, as `console::by_hand` writes it; empty where nothing was.
    pub by_hand: Arc<str>,
}

/// Whether kubelet's chains and the canaries are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Companions {
    /// As on a real node.
    #[default]
    Shown,
    /// kube-proxy's own rules alone.
    Hidden,
}

/// A kind of cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum PlanName {
    /// Whatever the text is evidence of.
    #[default]
    FromText,
    /// k3s
    K3s,
    /// kubeadm
    Kubeadm,
    /// kind
    Kind,
    /// calico
    Calico,
}

impl PlanName {
    /// All of them.
    pub const ALL: [PlanName; 5] = [
        PlanName::FromText,
        PlanName::K3s,
        PlanName::Kubeadm,
        PlanName::Kind,
        PlanName::Calico,
    ];

    /// Its name on the page.
    pub fn name(self) -> &'static str {
        match self {
            PlanName::FromText => "from the YAML",
            PlanName::K3s => "k3s",
            PlanName::Kubeadm => "kubeadm",
            PlanName::Kind => "kind",
            PlanName::Calico => "kubeadm with calico",
        }
    }
}

/// The versions that have a button, oldest first: one for each form in which rules were written.
pub const VERSIONS: [&str; 5] = ["v1.20", "v1.23", "v1.25", "v1.30", "newest"];

impl Default for Settings {
    fn default() -> Self {
        Settings {
            version: "v1.30".into(),
            companions: Companions::default(),
            plan: PlanName::default(),
            by_hand: "".into(),
        }
    }
}

/// One setting changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// kube-proxy's version.
    Version(String),
    /// Who else's rules.
    Companions(Companions),
    /// The address plan.
    Plan(PlanName),
}

impl Settings {
    /// The settings with one changed, and what was done in words.
    pub fn with(&self, setting: Setting) -> (Settings, String) {
        let mut next = self.clone();
        let done = match setting {
            Setting::Version(version) => {
                next.version = version.trim().to_owned();
                format!("kube-proxy {}", next.version)
            }
            Setting::Companions(companions) => {
                next.companions = companions;
                match companions {
                    Companions::Shown => "With kubelet's chains and the canaries".to_owned(),
                    Companions::Hidden => "kube-proxy's rules alone".to_owned(),
                }
            }
            Setting::Plan(plan) => {
                next.plan = plan;
                format!("Cluster {}", plan.name())
            }
        };
        (next, done)
    }
}
