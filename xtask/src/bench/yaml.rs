//! Clusters to measure with: as many Services as wanted, each with as many endpoints.

use std::fmt::Write;

/// Two nodes, a client, and Services with an EndpointSlice each, as `kubectl get -o yaml` would give them.
pub fn cluster(services: usize, endpoints: usize) -> String {
    let mut text = String::new();
    for node in 1..=2 {
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: Node\nmetadata:\n  name: node{node}\nspec:\n  podCIDR: 10.{}.0.0/12\nstatus:\n  addresses:\n  - type: InternalIP\n    address: 192.168.1.{node}\n",
            node * 16,
        );
    }
    text.push_str("---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: client\n  namespace: default\nspec:\n  nodeName: node1\n  containers:\n  - name: client\n    image: client\nstatus:\n  podIP: 10.31.255.1\n");
    let mut pod = 0;
    for service in 0..services {
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: svc-{service}\n  namespace: default\nspec:\n  clusterIP: {}\n  ports:\n  - name: http\n    port: 80\n    targetPort: 8080\n\
             ---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: svc-{service}-a\n  namespace: default\n  labels:\n    kubernetes.io/service-name: svc-{service}\naddressType: IPv4\nports:\n- name: http\n  port: 8080\n  protocol: TCP\nendpoints:\n",
            address(97, service),
        );
        for _ in 0..endpoints {
            let node = pod % 2 + 1;
            let _ = writeln!(
                text,
                "- addresses: [\"{}\"]\n  conditions: {{ready: true}}\n  nodeName: node{node}",
                address(node * 16, pod / 2),
            );
            pod += 1;
        }
    }
    text
}

/// The address of that number in `10.BASE.0.0` and what follows, from .1.1 on.
fn address(base: usize, number: usize) -> String {
    let number = number + 257;
    format!(
        "10.{}.{}.{}",
        base + (number >> 16),
        number >> 8 & 255,
        number & 255
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_has_an_address_of_its_own() {
        let text = cluster(300, 10);
        let mut seen = std::collections::BTreeSet::new();
        for line in text.lines().filter(|l| l.starts_with("- addresses")) {
            assert!(seen.insert(line), "{line} twice");
        }
        assert_eq!(seen.len(), 3000);
        assert_eq!(text.matches("kind: Service\n").count(), 300);
    }

    #[test]
    fn addresses_go_on_over_a_byte() {
        assert_eq!(address(16, 0), "10.16.1.1");
        assert_eq!(address(16, 254), "10.16.1.255");
        assert_eq!(address(16, 65_536), "10.17.1.1");
    }
}
