//! Whose rules are asked: the two Kubernetes releases that were recorded differ in a few of them.

/// A release of the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Release {
    /// 1.30: Service names begin with a letter (`NameIsDNS1035Label`), addresses are read leniently,
    /// a load balancer may not take the kubelet's port, and `trafficDistribution` is not looked at.
    V1_30,
    /// 1.36: StrictIPCIDRValidation and RelaxedServiceNameValidation are on, and
    /// `trafficDistribution` knows PreferSameZone and PreferSameNode.
    #[default]
    V1_36,
}
