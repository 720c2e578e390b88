//! Where pods listen. No cluster says it, so it is read from an annotation or assumed, and the
//! assumption said aloud.

use std::collections::{BTreeMap, BTreeSet};

use super::index::PodIndex;
use super::replicas::Draft;
use crate::decode::network::listen_list;
use crate::decode::pod::LISTEN;
use crate::report::Report;
use crate::source::ObjectId;
use crate::state::{EndpointSlice, ListenReason, Pod, Service, ServiceType, TargetPort, Transport};

type Listen = (Transport, u16, ListenReason);

fn push(listen: &mut Vec<Listen>, protocol: Transport, port: u16, reason: ListenReason) {
    if !listen.iter().any(|(p, n, _)| (*p, *n) == (protocol, port)) {
        listen.push((protocol, port, reason));
    }
}

/// The annotation and the declared container ports: what a pod says of itself.
pub fn stated(
    draft: &Draft<'_>,
    told: &mut BTreeSet<ObjectId>,
    report: &mut Report,
) -> Vec<Listen> {
    let pod = &draft.pod;
    let mut listen = Vec::new();
    if let Some((text, path)) = draft.listen {
        match listen_list(text) {
            Some(ports) => {
                for (protocol, port) in ports {
                    push(&mut listen, protocol, port, ListenReason::Annotation);
                }
                return listen;
            }
            None if told.insert(pod.object) => report.warn(
                pod.object,
                &format!("{path}[{LISTEN}]"),
                format!(
                    "The annotation {LISTEN} does not list protocols and ports, so it is ignored."
                ),
                "Write it as tcp:8080,udp:53.",
            ),
            None => {}
        }
    }
    for (_, port, protocol) in &pod.container_ports {
        push(&mut listen, *protocol, *port, ListenReason::ContainerPort);
    }
    listen
}

/// For pods that say nothing: the ports that Services and slices send to.
pub fn assume(pods: &mut [Pod], index: &PodIndex, services: &[Service], slices: &[EndpointSlice]) {
    let silent: Vec<bool> = pods.iter().map(|pod| pod.listen.is_empty()).collect();
    if !silent.contains(&true) {
        return;
    }
    for service in services {
        if service.selector.is_empty() || service.service_type == ServiceType::ExternalName {
            continue;
        }
        for &pod in &index.selected(&service.namespace, &service.selector, pods) {
            if !silent[pod] {
                continue;
            }
            for port in &service.ports {
                if let TargetPort::Number(number) = port.target_port {
                    push(
                        &mut pods[pod].listen,
                        port.protocol,
                        number,
                        ListenReason::TargetPort,
                    );
                }
            }
        }
    }
    let by_ip: BTreeMap<std::net::IpAddr, usize> = pods
        .iter()
        .enumerate()
        .filter(|(pod, _)| silent[*pod])
        .flat_map(|(pod, this)| this.ips.iter().map(move |ip| (*ip, pod)))
        .collect();
    for slice in slices.iter().filter(|slice| !slice.made) {
        for ip in slice
            .endpoints
            .iter()
            .flat_map(|endpoint| &endpoint.addresses)
        {
            let Some(&pod) = by_ip.get(ip) else {
                continue;
            };
            for port in &slice.ports {
                if let Some(number) = port.port {
                    push(
                        &mut pods[pod].listen,
                        port.protocol,
                        number,
                        ListenReason::Endpoint,
                    );
                }
            }
        }
    }
}

/// Who answers for a pod: its workload, the first pod of the same controller, or itself.
pub struct Owner {
    /// The object that is spoken of.
    pub object: ObjectId,
    /// The path from it to a pod's spec.
    pub spec_path: &'static str,
    /// Kind and name of a controller that is not in the text.
    pub controller: Option<String>,
}

fn speaker(owner: &Owner, report: &Report) -> String {
    if let Some(controller) = &owner.controller {
        return format!("Every pod of {controller}");
    }
    match report.origins.objects.get(owner.object.0) {
        Some(origin) if origin.kind == "Pod" => format!("Pod {}", origin.name),
        Some(origin) => format!("Every pod of {} {}", origin.kind, origin.name),
        None => "The pod".to_owned(),
    }
}

/// Says once for each owner what was assumed.
pub fn tell(pods: &[Pod], owners: &[Owner], report: &mut Report) {
    let mut told: BTreeSet<ObjectId> = BTreeSet::new();
    for (pod, owner) in pods.iter().zip(owners) {
        let why = match pod.listen.first() {
            Some((.., ListenReason::ContainerPort)) => "a container declares it",
            Some((.., ListenReason::TargetPort)) => "a Service sends there",
            Some((.., ListenReason::Endpoint)) => "an EndpointSlice sends there",
            Some((.., ListenReason::Annotation)) | None => continue,
        };
        if !told.insert(owner.object) {
            continue;
        }
        let ports: Vec<String> = pod
            .listen
            .iter()
            .map(|(protocol, port, _)| format!("{} {port}", protocol.upper()))
            .collect();
        report.remark(
            owner.object,
            &format!("{}.containers", owner.spec_path),
            format!(
                "{} is taken to listen on {}, since {why}. What really listens is up to the program.",
                speaker(owner, report),
                ports.join(", "),
            ),
            "To say where it listens, annotate the pod: chainwalk/listen: tcp:8080",
        );
    }
}
