//! `chainwalk rules` as a person runs it: every form, the tools' own options, companions, origins.

mod support;

use serde_json::Value;

use support::{DEMO, json, out, recorded, root, run, run_with};

/// A recorded cluster, in the text and with the addresses that were recorded.
fn rules(case: &str, more: &[&str]) -> String {
    let input = recorded(case, "input.yaml");
    let config: Value = serde_json::from_str(&recorded(case, "config.json")).expect("JSON");
    let mut arguments = vec!["rules", "-"];
    let addresses = config["interfaceAddresses"].as_array();
    for address in addresses.into_iter().flatten() {
        arguments.extend(["--address", address.as_str().expect("text")]);
    }
    arguments.extend(more);
    out(&run_with(&input, &arguments))
}

#[test]
fn every_recorded_cluster_has_its_recorded_text() {
    let mut seen = 0;
    let folder = root().join("tests/oracle/kube-proxy/cases");
    for entry in std::fs::read_dir(&folder).expect("the recordings are there") {
        let entry = entry.expect("readable");
        let case = entry.file_name().into_string().expect("UTF-8");
        for (file, more) in [
            ("iptables.txt", &["--as", "restore"][..]),
            ("iptables-newest.txt", &["--kube-proxy", "newest"]),
            ("iptables-save.txt", &["--as", "save"]),
            ("ip6tables.txt", &["--family", "ipv6"]),
            ("ip6tables-save.txt", &["--family", "ipv6", "--as", "save"]),
        ] {
            if entry.path().join(file).exists() {
                assert_eq!(rules(&case, more), recorded(&case, file), "{case}/{file}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 28 * 3, "{seen}");
}

const SVC: &str = "KUBE-SVC-P7QE5OVRKZMQ43FN";

fn demo(more: &[&str]) -> String {
    let mut arguments = vec!["rules", DEMO];
    arguments.extend(more);
    out(&run(&arguments))
}

#[test]
fn a_listing_is_what_a_learners_own_node_prints() {
    let listed = demo(&["--as", "list", "-t", "nat", "--chain", SVC, "-n"]);
    let wanted = "\
Chain KUBE-SVC-P7QE5OVRKZMQ43FN (1 references)
target     prot opt source               destination         
KUBE-MARK-MASQ  tcp  -- !10.42.0.0/16         10.43.169.48         /* demo/demo-cluster-ip-svc cluster IP */ tcp dpt:8711
KUBE-SEP-5GSOMUMCTEFLXZNQ  all  --  0.0.0.0/0            0.0.0.0/0            /* demo/demo-cluster-ip-svc -> 10.42.1.16:8080 */ statistic mode random probability 0.33333333349
KUBE-SEP-YDSBTQTOO7DVNDMV  all  --  0.0.0.0/0            0.0.0.0/0            /* demo/demo-cluster-ip-svc -> 10.42.2.22:8080 */ statistic mode random probability 0.50000000000
KUBE-SEP-3DAK6EL2JD2M5WTS  all  --  0.0.0.0/0            0.0.0.0/0            /* demo/demo-cluster-ip-svc -> 10.42.5.23:8080 */
";
    assert_eq!(listed, wanted);
}

#[test]
fn the_tools_options_reach_the_listings() {
    let chain = ["-t", "nat", "--chain", SVC];
    let with = |form: &str, more: &[&str]| demo(&[&["--as", form], &chain[..], more].concat());
    let line = |text: &str, at: usize| text.lines().nth(at).unwrap_or_default().to_owned();
    let verbose = with("list", &["-v", "-n", "--line-numbers"]);
    assert_eq!(
        line(&verbose, 1),
        "num   pkts bytes target     prot opt in     out     source               destination         "
    );
    assert!(
        line(&verbose, 3).starts_with("2        0     0 KUBE-SEP-5GSOMUMCTEFLXZNQ  all  --  *")
    );
    let exact = with("list", &["-v", "-x", "-n"]);
    assert!(line(&exact, 1).starts_with("    pkts      bytes target"));
    assert!(with("list", &[]).contains("anywhere"));
    let third = format!(
        "-A {SVC} -m comment --comment \"demo/demo-cluster-ip-svc -> 10.42.2.22:8080\" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-YDSBTQTOO7DVNDMV\n"
    );
    assert_eq!(with("spec", &["--rule", "3"]), third);
    let whole = with("spec", &[]);
    assert_eq!(line(&whole, 0), format!("-N {SVC}"));
    assert_eq!(whole.lines().count(), 5);
    let counted = with("spec", &["-v", "--rule", "3"]);
    assert!(counted.ends_with("-c 0 0 -j KUBE-SEP-YDSBTQTOO7DVNDMV\n"));
    // Without -t, as iptables does it.
    assert!(demo(&["--as", "spec"]).starts_with("-P INPUT ACCEPT\n-P FORWARD ACCEPT\n"));
    let heads = |more: &[&str]| -> Vec<String> {
        let text = demo(&[&["--as", "save"], more].concat());
        let tables = text.lines().filter(|l| l.starts_with('*'));
        tables.map(str::to_owned).collect()
    };
    assert_eq!(heads(&[]), ["*filter", "*nat"]);
    assert_eq!(heads(&["--backend", "nft"]), ["*filter", "*nat"]);
    assert_eq!(heads(&["--backend", "legacy"]), ["*nat", "*filter"]);
    assert_eq!(heads(&["-t", "nat"]), ["*nat"]);
    let counters = demo(&["--as", "save", "-t", "nat", "-c"]);
    assert!(counters.contains("\n[0:0] -A KUBE-MARK-MASQ -j MARK"));
}

#[test]
fn what_a_node_lacks_is_left_out() {
    let whole = demo(&["--kube-proxy", "newest"]);
    assert!(whole.contains("--random-fully") && whole.contains("-m nfacct"));
    let bare = demo(&["--kube-proxy", "newest", "--lacks", "random-fully,nfacct"]);
    assert!(!bare.contains("random-fully") && !bare.contains("nfacct"));
    assert!(bare.contains("-j MASQUERADE\n"));
}

#[test]
fn companions_stand_beside_and_say_who_they_are() {
    let plain = demo(&["--as", "save"]);
    assert!(!plain.contains("CANARY") && !plain.contains("*mangle"));
    let kubelet = demo(&["--as", "save", "--with", "kubelet"]);
    assert!(kubelet.starts_with("*mangle\n"));
    assert!(kubelet.contains("\n:KUBE-IPTABLES-HINT - [0:0]\n"));
    assert_eq!(kubelet.matches(":KUBE-KUBELET-CANARY").count(), 3);
    assert!(!kubelet.contains("KUBE-PROXY-CANARY"));
    let both = demo(&["--as", "spec", "-t", "mangle", "--with", "kubelet,canary"]);
    assert!(
        both.ends_with("-N KUBE-IPTABLES-HINT\n-N KUBE-KUBELET-CANARY\n-N KUBE-PROXY-CANARY\n")
    );
    let old = ["--kube-proxy", "v1.23", "--with", "kubelet"];
    let told = demo(
        &[
            &["--as", "spec", "--chain", "KUBE-FIREWALL", "--origins"],
            &old[..],
        ]
        .concat(),
    );
    assert!(told.contains("\n# kubelet: "), "{told}");
}

#[test]
fn the_plugin_s_rules_are_listed_where_they_are_asked_for() {
    for (preset, chain) in [
        ("k3s", "FLANNEL-POSTRTG"),
        ("kind", "KIND-MASQ-AGENT"),
        ("calico", "cali-nat-outgoing"),
    ] {
        let preset = ["--preset", preset, "--as", "spec", "-t", "nat"];
        assert!(!demo(&preset).contains(chain), "kube-proxy's alone");
        let told = demo(&[&preset[..], &["--with", "plugin", "--chain", chain]].concat());
        assert!(told.contains(" -j MASQUERADE"), "{told}");
    }
    let none = ["--as", "save", "--with", "plugin"];
    assert_eq!(demo(&none), demo(&["--as", "save"]));
}

#[test]
fn each_rule_tells_its_origin() {
    let third = ["-t", "nat", "--chain", "KUBE-SERVICES", "--rule", "1"];
    let told = demo(&[&["--as", "spec", "--origins"], &third[..]].concat());
    assert!(
        told.starts_with(
            "# kube-proxy, for Service demo/demo-cluster-ip-svc spec.clusterIP (www/demo.yaml:"
        ),
        "{told}"
    );
    // Comments change nothing of the text itself.
    for form in ["restore", "save", "spec"] {
        let told = demo(&["--as", form, "--origins"]);
        let bare: String = told
            .split_inclusive('\n')
            .filter(|line| !line.starts_with("# "))
            .collect();
        assert_eq!(bare, demo(&["--as", form]), "{form}");
        let rules = bare.lines().filter(|l| l.contains("-A ")).count();
        let from = told
            .lines()
            .filter(|l| l.starts_with("# kube-proxy"))
            .count();
        assert_eq!(from, rules, "{form}: one comment for each rule");
    }
}

#[test]
fn the_json_has_every_rule_with_its_origin() {
    let all = json(&run(&["rules", DEMO, "--json", "--with", "kubelet,canary"]));
    assert_eq!(
        (&all["node"], &all["family"]),
        (&"pi-cp".into(), &"ipv4".into())
    );
    assert_eq!(all["kube_proxy"], "v1.30");
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let save = demo(&["--as", "save", "--with", "kubelet,canary"]);
    let mut rules = 0;
    for table in list(&all["tables"]) {
        for chain in list(&table["chains"]) {
            let user = chain["policy"].is_null();
            assert_eq!(chain["purpose"].is_string(), user, "{chain}");
            for rule in list(&chain["rules"]) {
                let line = format!(
                    "-A {} {}\n",
                    chain["chain"].as_str().expect("text"),
                    rule["rule"].as_str().expect("text")
                );
                assert!(save.contains(&line), "{line}");
                assert_eq!(rule["written_by"], "kube-proxy");
                assert!(
                    rule["why"].as_str().is_some_and(|why| !why.is_empty()),
                    "{rule}"
                );
                assert_eq!(rule["object"].is_object(), rule["line"].is_u64(), "{rule}");
                rules += 1;
            }
        }
    }
    assert_eq!(rules, save.lines().filter(|l| l.starts_with("-A")).count());
    let one = json(&run(&[
        "rules", DEMO, "--json", "-t", "nat", "--chain", SVC,
    ]));
    let rule = &one["tables"][0]["chains"][0]["rules"][0];
    assert_eq!(rule["object"]["kind"], "Service");
    assert_eq!(rule["object"]["name"], "demo-cluster-ip-svc");
    assert_eq!(rule["file"], DEMO);
}

#[test]
fn a_service_of_another_proxy_has_no_rules_and_it_is_said() {
    let yaml = "apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {service.kubernetes.io/service-proxy-name: other}}\nspec: {ports: [{port: 80}]}\n";
    let output = run_with(yaml, &["rules", "-"]);
    let said = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    assert!(!out(&output).contains("default/web"));
    assert!(
        said.contains("keeps Service default/web from kube-proxy"),
        "{said}"
    );
}

#[test]
fn what_does_not_go_together_is_refused() {
    for (arguments, said) in [
        (&["-t", "nat"][..], "-t is for --as list, spec and save"),
        (&["--as", "save", "-n"], "-n is for --as list and spec"),
        (&["--as", "list", "-c"], "-c is for --as save"),
        (
            &["--with", "kubelet"],
            "--with is for --as list, spec and save",
        ),
        (&["--as", "list", "--origins"], "--origins is for"),
        (
            &["--as", "list", "--chain", SVC],
            "table filter has no chain KUBE-SVC-P7QE5OVRKZMQ43FN; it is in -t nat",
        ),
        (
            &["--as", "spec", "--chain", "NONE"],
            "table filter has no chain NONE\n",
        ),
        (&["--json", "--chain", "NONE"], "has no chain NONE"),
        (
            &["--as", "list", "--chain", SVC, "--rule", "0"],
            "0 is not in",
        ),
        (
            &["--as", "list", "-t", "route"],
            "the tables are raw, mangle",
        ),
    ] {
        let output = run(&[&["rules", DEMO], arguments].concat());
        let error = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(error.contains(said), "{arguments:?}: {error}");
    }
}
