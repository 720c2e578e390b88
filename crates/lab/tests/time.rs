//! What is remembered while time goes on and the cluster changes: connections that outlive their
//! rules, affinity that runs out, and the UDP entries that kube-proxy cleans, or once did not.

use fabric::Ending;
use lab::{
    Ask, Carried, Cleaning, Dialect, Dice, Flow, Forced, Lab, Memory, Ns, Options, Source, Trip,
};

/// A DNS Service with these pods behind it, each `name ip node`, and a client on node1.
fn cluster(pods: &[&str], ready: bool, dialect: Dialect) -> Lab {
    cluster_of(
        "spec: {clusterIP: 10.43.0.10, selector: {app: dns}, ports: [{name: dns, port: 53, targetPort: 5353, protocol: UDP}, {name: tcp, port: 53, targetPort: 5353}, {name: sctp, port: 53, targetPort: 5353, protocol: SCTP}]}",
        pods,
        ready,
        dialect,
    )
}

fn cluster_of(spec: &str, pods: &[&str], ready: bool, dialect: Dialect) -> Lab {
    let mut text =
        String::from("apiVersion: v1\nkind: Service\nmetadata: {name: dns, namespace: demo}\n");
    text += spec;
    text += "\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: client, namespace: demo}\nspec: {nodeName: node1, containers: [{name: c, image: c}]}\nstatus: {podIP: 10.42.1.50}\n";
    for node in 1..=2 {
        text += &format!(
            "---\napiVersion: v1\nkind: Node\nmetadata: {{name: node{node}}}\nspec: {{podCIDR: 10.42.{node}.0/24}}\nstatus: {{addresses: [{{type: InternalIP, address: 192.168.1.1{node}}}]}}\n"
        );
    }
    for pod in pods {
        let [name, ip, node] = pod.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{pod} is a name, an address and a node");
        };
        text += &format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: demo, labels: {{app: dns}}, annotations: {{chainwalk/listen: 'tcp:5353,udp:5353,sctp:5353'}}}}\nspec: {{nodeName: {node}, containers: [{{name: c, image: c}}]}}\nstatus: {{podIP: {ip}, phase: Running, conditions: [{{type: Ready, status: '{}'}}]}}\n",
            if ready { "True" } else { "False" }
        );
    }
    let source = Source {
        name: "dns.yaml".into(),
        text: text.into(),
    };
    let options = Options {
        dialect,
        ..Options::default()
    };
    let lab = Lab::load(&[source], options);
    assert!(!lab.has_errors(), "{:?}", lab.diagnostics());
    lab
}

const ONE: &str = "one 10.42.1.16 node1";
const TWO: &str = "two 10.42.2.22 node2";
const UDP: &str = "10.43.0.10:53/udp";
const TCP: &str = "10.43.0.10:53";
const SCTP: &str = "10.43.0.10:53/sctp";

struct Story {
    lab: Lab,
    memory: Memory,
    flow: Option<Flow>,
}

impl Story {
    fn begin(lab: Lab) -> Story {
        Story {
            lab,
            memory: Memory::default(),
            flow: None,
        }
    }

    /// Opens a connection and says how it ended.
    fn open(&mut self, to: &str) -> String {
        let ask = Ask::parse("pod/demo/client", to, None).expect("it is a question");
        let mut dice = Dice::scripted(vec![Forced::Hit], 1);
        let (trip, flow) = self
            .lab
            .open(&mut self.memory, &ask, &mut dice)
            .expect("it can be asked");
        self.flow = flow.or(self.flow.take());
        word(&trip)
    }

    fn again(&mut self) -> String {
        let flow = self.flow.as_ref().expect("a connection is open");
        let mut dice = Dice::scripted(vec![Forced::Miss; 2], 2);
        match self.lab.again(&mut self.memory, flow, &mut dice) {
            Some((trip, _)) => word(&trip),
            None => "nobody sends".into(),
        }
    }

    fn becomes(&mut self, lab: Lab, cleaning: Cleaning) -> Vec<String> {
        let Carried {
            memory, cleaned, ..
        } = lab.carry(&self.lab, &self.memory, cleaning);
        (self.lab, self.memory) = (lab, memory);
        let line = |c: lab::Cleaned| format!("{}: {}", c.node, c.why);
        cleaned.into_iter().map(line).collect()
    }

    fn wait(&mut self, seconds: u64) {
        self.memory.wait(seconds * 1000);
    }

    fn entries(&self) -> usize {
        self.memory.connections(&Ns::Node("node1".into())).len()
    }
}

fn word(trip: &Trip) -> String {
    match &trip.journey.ending {
        Ending::Reply {
            by: Ns::Pod(name), ..
        } => name.clone(),
        other => other.word().into(),
    }
}

#[test]
fn a_second_word_goes_where_the_first_one_went() {
    for to in [TCP, UDP, SCTP] {
        let mut story = Story::begin(cluster(&[ONE, TWO], true, Dialect::V1_30));
        assert_eq!(story.open(to), "demo/one");
        // The draws would now lead to the other one, but conntrack is not asked to draw.
        assert_eq!(story.again(), "demo/one", "{to}");
        assert_eq!(story.open(to), "demo/one", "a new connection draws anew");
    }
}

#[test]
fn an_open_connection_is_established_and_forgotten_when_it_is_silent() {
    let mut story = Story::begin(cluster(&[ONE], true, Dialect::V1_30));
    story.open(TCP);
    let listing = story.memory.conntrack(&Ns::Node("node1".into()));
    assert_eq!(listing.len(), 1);
    assert!(listing[0].contains(" ESTABLISHED "), "{listing:?}");
    assert!(listing[0].contains("[ASSURED]"), "{listing:?}");
    story.wait(86_000);
    assert_eq!(story.again(), "demo/one");
    // kube-proxy keeps idle connections for a day (conntrack.tcpEstablishedTimeout).
    story.wait(86_401);
    assert_eq!(story.entries(), 0);
}

#[test]
fn udp_lives_for_thirty_seconds_and_as_a_stream_for_two_minutes() {
    let mut story = Story::begin(cluster(&[ONE, TWO], true, Dialect::V1_30));
    assert_eq!(story.open(UDP), "demo/one");
    story.wait(29);
    assert_eq!(story.again(), "demo/one");
    story.wait(119);
    assert_eq!(story.again(), "demo/one", "it has become a stream");
    story.wait(121);
    assert_eq!(story.again(), "demo/two", "forgotten, and drawn anew");
}

#[test]
fn a_flow_outlives_its_rules() {
    for cleaning in [Cleaning::KubeProxy, Cleaning::Off] {
        let mut story = Story::begin(cluster(&[ONE], true, Dialect::V1_30));
        assert_eq!(story.open(TCP), "demo/one");
        let none = "spec: {clusterIP: 10.43.0.10, selector: {app: none}, ports: [{name: tcp, port: 53, targetPort: 5353}]}";
        let cleaned = story.becomes(cluster_of(none, &[ONE], true, Dialect::V1_30), cleaning);
        assert!(cleaned.iter().all(|c| !c.contains("tcp")), "{cleaned:?}");
        assert_eq!(story.again(), "demo/one", "conntrack remembers");
        assert_ne!(story.open(TCP), "demo/one", "the rules refuse");
    }
}

#[test]
fn udp_to_a_pod_that_died_is_lost_unless_kube_proxy_cleans() {
    for dialect in Dialect::ALL {
        let mut story = Story::begin(cluster(&[ONE], true, dialect));
        assert_eq!(story.open(UDP), "demo/one");
        let why = match dialect {
            Dialect::Newest => "node1: No serving endpoint of demo/dns:dns answers for this entry.",
            _ => "node1: 10.42.1.16 is no ready endpoint of demo/dns:dns any more.",
        };
        let cleaned = story.becomes(cluster(&[TWO], true, dialect), Cleaning::KubeProxy);
        assert_eq!(cleaned, [why]);
        assert_eq!(story.again(), "demo/two");

        let mut story = Story::begin(cluster(&[ONE], true, dialect));
        assert_eq!(story.open(UDP), "demo/one");
        assert_eq!(
            story.becomes(cluster(&[TWO], true, dialect), Cleaning::Off),
            [""; 0]
        );
        assert_ne!(story.again(), "demo/two", "the entry still names the dead");
        story.wait(31);
        assert_eq!(story.again(), "demo/two", "once it has timed out");
    }
}

#[test]
fn the_first_endpoint_of_a_udp_service_clears_the_black_hole() {
    for dialect in Dialect::ALL {
        for (cleaning, then) in [
            (Cleaning::KubeProxy, "demo/one"),
            (Cleaning::Off, "ENETUNREACH"),
        ] {
            let nobody = "spec: {clusterIP: 10.43.0.10, selector: {app: none}, ports: [{port: 9}]}";
            let mut story = Story::begin(cluster_of(nobody, &[ONE], true, dialect));
            // There is no rule for it yet: it goes to the default gateway, and an entry is left.
            let first = story.open(UDP);
            assert_ne!(first, "demo/one");
            assert_eq!(story.entries(), 1, "{first}");
            let cleaned = story.becomes(cluster(&[ONE], true, dialect), cleaning);
            assert_eq!(cleaned.is_empty(), cleaning == Cleaning::Off, "{cleaned:?}");
            let again = story.again();
            assert_eq!(
                again == "demo/one",
                then == "demo/one",
                "{dialect:?}: {again}"
            );
        }
    }
}

#[test]
fn not_ready_counts_as_gone_up_to_v1_30_and_not_serving_since() {
    let made = |state: &str, dialect| {
        let text = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: dns, namespace: demo}}\nspec: {{clusterIP: 10.43.0.10, ports: [{{port: 53, protocol: UDP}}]}}\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: s, namespace: demo, labels: {{kubernetes.io/service-name: dns}}}}\naddressType: IPv4\nports: [{{port: 5353, protocol: UDP}}]\nendpoints:\n- {{addresses: [10.42.1.16], conditions: {{{state}}}}}\n- {{addresses: [10.42.2.22], conditions: {{ready: true}}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: client, namespace: demo}}\nspec: {{nodeName: node1, containers: [{{name: c, image: c}}]}}\nstatus: {{podIP: 10.42.1.50}}\n"
        );
        let source = Source {
            name: "s.yaml".into(),
            text: text.into(),
        };
        Lab::load(
            &[source],
            Options {
                dialect,
                ..Options::default()
            },
        )
    };
    let leaving = "ready: false, serving: true, terminating: true";
    for (dialect, cleaned) in [
        (Dialect::V1_25, 1),
        (Dialect::V1_30, 1),
        (Dialect::Newest, 0),
    ] {
        let mut story = Story::begin(made("ready: true", dialect));
        story.open(UDP);
        let found = story.becomes(made(leaving, dialect), Cleaning::KubeProxy);
        assert_eq!(found.len(), cleaned, "{dialect:?}: {found:?}");
    }
}

#[test]
fn affinity_lasts_as_long_as_it_is_used_and_ends_after_its_time() {
    let spec = "spec: {clusterIP: 10.43.0.10, selector: {app: dns}, sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 600}}, ports: [{port: 53, targetPort: 5353}]}";
    let lab = || cluster_of(spec, &[ONE, TWO], true, Dialect::V1_30);
    let mut story = Story::begin(lab());
    assert_eq!(story.open(TCP), "demo/one");
    let ask = Ask::parse("pod/demo/client", TCP, None).expect("it is a question");
    let connect = |story: &mut Story| {
        let mut dice = Dice::scripted(vec![Forced::Miss], 1);
        let trip = story.lab.send(&mut story.memory, &ask, &mut dice);
        word(&trip.expect("it can be asked"))
    };
    assert_eq!(
        connect(&mut story),
        "demo/one",
        "again, from the same client"
    );
    story.wait(9 * 60);
    assert_eq!(connect(&mut story), "demo/one");
    story.wait(9 * 60);
    assert_eq!(connect(&mut story), "demo/one", "each use renews it");
    story.becomes(lab(), Cleaning::KubeProxy);
    assert_eq!(
        connect(&mut story),
        "demo/one",
        "rules written anew keep their lists"
    );
    story.wait(11 * 60);
    assert_eq!(
        connect(&mut story),
        "demo/two",
        "after 11 minutes the draw decides"
    );
}

#[test]
fn a_pod_made_anew_remembers_nothing() {
    let mut story = Story::begin(cluster(&[ONE, TWO], true, Dialect::V1_30));
    story.open(TCP);
    let carried = cluster(&["one 10.42.1.99 node1", TWO], true, Dialect::V1_30).carry(
        &story.lab,
        &story.memory,
        Cleaning::KubeProxy,
    );
    assert_eq!(carried.gone, [Ns::Pod("demo/one".into())]);
    assert_eq!(carried.rewritten, ["node1", "node2"]);
}

#[test]
fn nothing_changes_where_nothing_changed() {
    let mut story = Story::begin(cluster(&[ONE, TWO], true, Dialect::Newest));
    story.open(UDP);
    let same = cluster(&[ONE, TWO], true, Dialect::Newest);
    let carried = same.carry(&story.lab, &story.memory, Cleaning::KubeProxy);
    assert!(carried.rewritten.is_empty() && carried.gone.is_empty() && carried.cleaned.is_empty());
    let node = Ns::Node("node1".into());
    assert_eq!(
        carried.memory.conntrack(&node),
        story.memory.conntrack(&node)
    );
    let family = netfilter::Family::Ipv4;
    let counters = story.memory.counters(&node, family);
    assert!(!counters.is_empty());
    assert_eq!(carried.memory.counters(&node, family), counters);
}

#[test]
fn sysctls_of_the_network_set_how_long_entries_live() {
    let spec = "spec: {clusterIP: 10.43.0.10, selector: {app: dns}, ports: [{port: 53, targetPort: 5353, protocol: UDP}]}\n---\napiVersion: chainwalk/v1\nkind: Network\nspec: {sysctl: {net.netfilter.nf_conntrack_udp_timeout: '5'}}";
    let mut story = Story::begin(cluster_of(spec, &[ONE, TWO], true, Dialect::V1_30));
    assert_eq!(story.open(UDP), "demo/one");
    // Within two seconds it is no stream yet.
    story.wait(1);
    assert_eq!(story.again(), "demo/one");
    story.wait(6);
    assert_eq!(story.again(), "demo/two");
}

#[test]
fn tokens_of_a_limit_come_back_with_time() {
    let mut lab = cluster(&[ONE], true, Dialect::V1_30);
    let rules = "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A FORWARD -m limit --limit 1/min --limit-burst 2 -j ACCEPT\nCOMMIT\n";
    lab.replace_rules("node1", rules).expect("they are rules");
    let mut memory = Memory::default();
    let ask = Ask::parse("pod/demo/client", "10.42.1.16:5353", None).expect("it is a question");
    let mut connect = |wait: u64| {
        memory.wait(wait * 1000);
        let trip = lab.send(&mut memory, &ask, &mut Dice::seeded(1));
        word(&trip.expect("it can be asked"))
    };
    assert_eq!(connect(0), "demo/one");
    assert_eq!(connect(0), "demo/one", "two in a burst");
    assert_eq!(connect(0), "timeout");
    assert_eq!(connect(59), "timeout");
    assert_eq!(connect(1), "demo/one", "one a minute");
    assert_eq!(connect(0), "timeout");
    assert_eq!(connect(3600), "demo/one");
    assert_eq!(connect(0), "demo/one", "no more than the burst is saved");
    assert_eq!(connect(0), "timeout");
}

#[test]
fn a_connection_that_conntrack_lost_is_picked_up_midway_and_may_land_elsewhere() {
    // `nf_conntrack_tcp_loose`: the segment counts as new, so the rules are asked and draw once more.
    let mut story = Story::begin(cluster(&[ONE, TWO], true, Dialect::V1_30));
    assert_eq!(story.open(TCP), "demo/one");
    story.memory.flush_conntrack(&Ns::Node("node1".into()));
    assert_eq!(
        story.again(),
        "tcp-rst",
        "the other pod knows no such connection"
    );

    let mut story = Story::begin(cluster(&[ONE], true, Dialect::V1_30));
    assert_eq!(story.open(TCP), "demo/one");
    story.memory.flush_conntrack(&Ns::Node("node1".into()));
    assert_eq!(story.again(), "demo/one", "there is only one to go to");
}

#[test]
fn a_client_that_is_gone_sends_no_more() {
    let mut story = Story::begin(cluster(&[ONE], true, Dialect::V1_30));
    story.open(TCP);
    let source = Source {
        name: "nodes.yaml".into(),
        text: "apiVersion: v1\nkind: Node\nmetadata: {name: node1}\n".into(),
    };
    story.becomes(
        Lab::load(&[source], Options::default()),
        Cleaning::KubeProxy,
    );
    assert_eq!(story.again(), "nobody sends");
}

#[test]
fn chains_that_are_not_written_anew_go_on_counting() {
    let count = |memory: &Memory, chain: &str| -> u64 {
        let counters = memory.counters(&Ns::Node("node1".into()), netfilter::Family::Ipv4);
        let of_chain = counters.iter().filter(|(rule, _)| {
            rule.chain.as_str().starts_with(chain) && rule.table == lab::TableName::Nat
        });
        of_chain.map(|(_, count)| count).sum()
    };
    let other = "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: other, namespace: demo}\nspec: {clusterIP: 10.43.0.11, selector: {app: dns}, ports: [{port: 80}]}";
    let spec = "spec: {clusterIP: 10.43.0.10, selector: {app: dns}, ports: [{port: 53, targetPort: 5353}]}";
    for (dialect, service) in [
        (Dialect::V1_25, 0),
        (Dialect::V1_30, 1),
        (Dialect::Newest, 1),
    ] {
        let mut story = Story::begin(cluster_of(spec, &[ONE], true, dialect));
        assert_eq!(story.open(TCP), "demo/one");
        assert_eq!(count(&story.memory, "KUBE-SERVICES"), 1);
        assert_eq!(count(&story.memory, "KUBE-SVC-"), 1);
        let jumped = count(&story.memory, "PREROUTING");
        let more = format!("{spec}{other}");
        story.becomes(
            cluster_of(&more, &[ONE], true, dialect),
            Cleaning::KubeProxy,
        );
        assert_eq!(
            count(&story.memory, "PREROUTING"),
            jumped,
            "nobody wrote it"
        );
        assert_eq!(count(&story.memory, "KUBE-SERVICES"), 0);
        assert_eq!(count(&story.memory, "KUBE-SVC-"), service, "{dialect:?}");
    }
}

#[test]
fn an_sctp_association_that_conntrack_lost_is_not_picked_up() {
    // `sctp_new`: DATA begins nothing, so it is INVALID, no NAT is done, and KUBE-FORWARD drops it.
    let mut story = Story::begin(cluster(&[ONE], true, Dialect::V1_30));
    assert_eq!(story.open(SCTP), "demo/one");
    story.memory.flush_conntrack(&Ns::Node("node1".into()));
    assert_eq!(story.again(), "timeout");
}
