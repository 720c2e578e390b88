//! A console over somebody's lab: what is lent, what is remembered, what was changed by hand.

use console::by_hand::{self, Cluster};
use console::{Console, Desk, Link};
use lab::{IpFamily, Lab, Options, Source};

fn demo() -> Source {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../www/demo.yaml");
    let text = std::fs::read_to_string(path).expect("the demo is there");
    Source {
        name: "demo.yaml".into(),
        text: text.into(),
    }
}

fn lab(source: &Source) -> Lab {
    Lab::load(std::slice::from_ref(source), Options::default())
}

fn rules(lab: &Lab) -> String {
    lab.rules("pi-cp", IpFamily::Ipv4).ruleset.to_string()
}

const CHAIN: &str = "KUBE-SVC-P7QE5OVRKZMQ43FN";

/// What the lines leave behind.
fn after(lines: &[&str]) -> Console {
    let source = demo();
    let mut console = Console::over(lab(&source), source, Desk::new(1));
    for line in lines {
        let answer = console.run(line);
        assert_eq!(answer.status, 0, "{line}: {}", answer.errors);
    }
    console
}

const BROKEN: [&str; 4] = [
    "iptables -P FORWARD DROP",
    "iptables -t nat -I KUBE-SVC-P7QE5OVRKZMQ43FN -j RETURN",
    "iptables -A INPUT -p tcp --dport 22 -j DROP",
    "sysctl -w net.ipv4.ip_forward=0",
];

#[test]
fn what_was_changed_by_hand_comes_back_in_another_lab() {
    let console = after(&BROKEN);
    let text = by_hand::write(console.lab().options());
    let mut fresh = lab(&demo());
    by_hand::apply(&text, &mut fresh, Cluster::Same);
    assert_eq!(rules(&fresh), rules(console.lab()));
    assert_eq!(
        fresh.sysctl("pi-cp", "net.ipv4.ip_forward").as_deref(),
        Some("0")
    );
    assert_eq!(by_hand::write(fresh.options()), text);
    assert_eq!(by_hand::write(lab(&demo()).options()), "");
}

#[test]
fn kube_proxy_mends_its_own_chains_and_nothing_else() {
    let console = after(&BROKEN);
    let text = by_hand::write(console.lab().options());
    let mut edited = lab(&demo());
    by_hand::apply(&text, &mut edited, Cluster::Edited);
    let rules = rules(&edited);
    assert!(!rules.contains(&format!("-A {CHAIN} -j RETURN")), "{rules}");
    assert!(rules.contains(":FORWARD DROP"), "{rules}");
    assert!(rules.contains("-A INPUT -p tcp -m tcp --dport 22 -j DROP"));
}

#[test]
fn chains_of_a_service_that_is_gone_go_too() {
    let console = after(&BROKEN);
    let text = by_hand::write(console.lab().options());
    let without = Source {
        text: demo().text.replace("8711", "8712").into(),
        ..demo()
    };
    let mut edited = lab(&without);
    by_hand::apply(&text, &mut edited, Cluster::Edited);
    let text = text.replace(CHAIN, "KUBE-SVC-AAAAAAAAAAAAAAAA");
    by_hand::apply(&text, &mut edited, Cluster::Edited);
    assert!(!rules(&edited).contains("KUBE-SVC-AAAAAAAAAAAAAAAA"));
}

#[test]
fn nonsense_changes_nothing() {
    let mut fresh = lab(&demo());
    for text in [
        "node nobody ipv4\n*filter\nCOMMIT\n",
        "node pi-cp ipv4\n*filter\n-A NOPE\n",
        "sysctl nobody a=b",
        "sysctl pi-cp",
        "node",
        "\u{0}\n",
    ] {
        by_hand::apply(text, &mut fresh, Cluster::Same);
    }
    assert_eq!(by_hand::write(fresh.options()), "");
}

#[test]
fn a_step_back_elsewhere_is_one_here() {
    let mut console = after(&[
        "curl 10.43.169.48:8711",
        "conntrack -F",
        "iptables -F INPUT",
    ]);
    let entries = console.run("conntrack -L").out;
    assert_eq!(entries, "");
    let (changed, source, mut desk) = console.leave();
    // Somebody takes both changes of rules back elsewhere; conntrack -F changed none.
    let before = lab(&demo());
    desk.moved(&changed, &before, &source.text);
    let mut console = Console::over(before, source, desk);
    assert_eq!(console.undoable(), Some("conntrack -F"));
    console.run("undo");
    assert_ne!(console.run("conntrack -L").out, "");
}

#[test]
fn another_text_ends_what_can_be_undone() {
    let console = after(&["curl 10.43.169.48:8711", "iptables -P INPUT DROP"]);
    let (before, source, mut desk) = console.leave();
    let edited = Source {
        text: source.text.replace("replicas: 3", "replicas: 2").into(),
        ..source
    };
    let lab = lab(&edited);
    desk.moved(&before, &lab, &edited.text);
    let mut console = Console::over(lab, edited, desk);
    assert_eq!(console.undoable(), None);
    assert_ne!(console.run("conntrack -L").out, "", "connections live on");
}

#[test]
fn a_held_text_is_not_changed() {
    let mut console = after(&[]);
    console.hold_text("the YAML has an error");
    let answer = console.run("kubectl scale deploy demo -n demo --replicas=1");
    assert_eq!(answer.errors, "error: the YAML has an error\n");
    assert_eq!(answer.text, None);
    assert_eq!(console.run("iptables -P INPUT DROP").status, 0);
}

/// The links of what a line prints, as `word -> what`.
fn links(line: &str) -> Vec<String> {
    let mut console = after(&[]);
    let answer = console.run(line);
    let found = console.links(&answer, &answer.out);
    let mut told: Vec<String> = found
        .iter()
        .map(|link| {
            let word = &answer.out[link.at.clone()];
            match &link.to {
                Link::Chain { node, table, .. } => format!("{word} -> {table} on {node}"),
                Link::Object { name, line } => format!("{word} -> {name}, line {line}"),
            }
        })
        .collect();
    told.dedup();
    told
}

#[test]
fn chains_and_objects_are_links() {
    assert_eq!(
        links("iptables -t nat -L KUBE-SERVICES -n | grep cluster-ip-svc"),
        [
            "KUBE-SVC-P7QE5OVRKZMQ43FN -> nat on pi-cp",
            "demo-cluster-ip-svc -> Service demo-cluster-ip-svc, line 24",
        ]
    );
    assert_eq!(
        links("ssh pi-w1 iptables-save -t filter | grep KUBE-FORWARD | head -1"),
        ["KUBE-FORWARD -> filter on pi-w1"]
    );
    assert_eq!(
        links("kubectl get deploy,svc -n demo"),
        [
            "demo -> Deployment demo, line 2",
            "demo-cluster-ip-svc -> Service demo-cluster-ip-svc, line 24",
        ]
    );
    // In "It saw the client as …" the client is no pod.
    assert_eq!(
        links("kubectl exec -n demo client -- curl 10.43.169.48:8711"),
        ["demo-5f7b8c9d64-2vhkn -> Pod demo-5f7b8c9d64-2vhkn, line 88"]
    );
    assert_eq!(links("sysctl -a | head -1"), Vec::<String>::new());
}
