//! Settings made into the core's own options, and what there is to say about them.

use cluster::Plan;
use lab::{Companion, Dialect, Lab, Options, Preset};

use crate::settings::{Companions, PlanName, Settings};

/// The core's options, and what is to be said where the version is none that was read.
pub fn options(settings: &Settings) -> (Options, Option<String>) {
    let (dialect, note) = Dialect::parse(&settings.version).unwrap_or_else(|| {
        let default = Dialect::default();
        let note = format!(
            "\"{}\" names no version of Kubernetes; write v1.28 or newest. The rules shown are those of {}.",
            settings.version,
            default.name()
        );
        (default, Some(note))
    });
    let options = Options {
        plan: Plan {
            preset: match settings.plan {
                PlanName::FromText => None,
                PlanName::K3s => Some(Preset::K3s),
                PlanName::Kubeadm => Some(Preset::Kubeadm),
                PlanName::Kind => Some(Preset::Kind),
                PlanName::Calico => Some(Preset::Calico),
            },
            ..Plan::default()
        },
        dialect,
        companions: match settings.companions {
            Companions::Shown => Companion::ALL.to_vec(),
            Companions::Hidden => Vec::new(),
        },
        ..Options::default()
    };
    (options, note)
}

/// What there is to say about kube-proxy: whose rules stand in for its version's, what that version
/// passes over, and what its mode would write instead.
pub fn notes(lab: &Lab, version: Option<String>) -> Vec<String> {
    version.into_iter().chain(lab.ignored()).collect()
}
