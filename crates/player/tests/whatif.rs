//! What-ifs, undo and settings, asked as the page asks them.

mod common;

use common::{Page, affinity, node_port};
use player::Action;
use player::comparison::{Change, Comparison, Words};
use player::session::Panel;
use player::settings::{Companions, Setting};
use player::whatif::{Against, Deed, LineMark};

const DEMO: &str = include_str!("../../../www/demo.yaml");

fn at(text: &str) -> Page {
    let mut page = Page::open(text);
    page.act(Action::Open(Panel::WhatIf));
    page
}

fn take(page: &mut Page, id: &str) {
    let offers = page
        .session
        .whatif
        .offers
        .clone()
        .expect("offers are known");
    let endpoints = offers.endpoints.iter().flat_map(|e| &e.offers);
    let mut all = offers
        .scale
        .iter()
        .chain(endpoints)
        .chain(&offers.fields)
        .chain(&offers.proxy)
        .chain(&offers.network);
    let offer = all
        .find(|o| o.id.starts_with(id))
        .unwrap_or_else(|| panic!("{id} is on offer"));
    page.act(Action::WhatIf(Deed::Take(offer.id.clone())));
}

fn found(page: &Page) -> &Comparison {
    let found = page
        .session
        .whatif
        .comparison
        .as_ref()
        .expect("it was compared");
    found
        .0
        .as_ref()
        .as_ref()
        .expect("there is something to compare with")
}

fn text(page: &Page) -> &str {
    page.session.editor.text()
}

/// Every chain and rule that differs, a line each.
fn lines(found: &Comparison) -> Vec<String> {
    let mut out = Vec::new();
    for group in &found.nodes {
        out.push(format!("{} {}", group.family, group.place()));
        for chain in &group.chains {
            out.push(format!(
                "{} {}: {}",
                chain.table,
                chain.name,
                chain.summary()
            ));
            for rule in &chain.rules {
                let words: Vec<String> = rule
                    .words
                    .iter()
                    .map(|w| match w {
                        Words::Same(text) => text.clone(),
                        Words::Gone(text) => format!("[-{text}-]"),
                        Words::Came(text) => format!("[+{text}+]"),
                    })
                    .collect();
                out.push(format!(
                    "{} {} {}",
                    rule.change.sign().0,
                    rule.number,
                    words.join(" ")
                ));
            }
        }
    }
    out
}

#[test]
fn nothing_is_compared_before_anything_changed() {
    let page = at(DEMO);
    assert!(page.session.whatif.comparison.is_none());
    assert!(
        !page.session.playing,
        "who compares does not watch a packet"
    );
    let offers = page
        .session
        .whatif
        .offers
        .as_ref()
        .expect("offers are known");
    assert_eq!(offers.service.as_deref(), Some("demo/demo-cluster-ip-svc"));
}

#[test]
fn the_demo_scaled_to_four() {
    let mut page = at(DEMO);
    take(&mut page, "scale-up");
    assert!(text(&page).contains("  replicas: 4\n"));
    let changed: Vec<(usize, LineMark)> = page
        .session
        .whatif
        .lines
        .iter()
        .map(|l| (l.first, l.mark))
        .collect();
    assert_eq!(changed, [(8, LineMark::Written)]);
    let found = found(&page);
    assert_eq!(
        lines(found),
        [
            "IPv4 on pi-w1; the same on pi-cp, pi-w2 and pi-w5",
            // The new pod's address sorts first, so its rule comes first, and the others stay as they are.
            "nat KUBE-SVC-P7QE5OVRKZMQ43FN: 1 added, 4 unchanged",
            "+ 2 -m statistic --mode random --probability 0.25000000000 -j KUBE-SEP-MO2ENTHJOUDXI2WU",
            "nat KUBE-SEP-MO2ENTHJOUDXI2WU: new chain, 2 rules",
            "+ 1 -s 10.42.0.2/32 -j KUBE-MARK-MASQ",
            "+ 2 -p tcp -m tcp -j DNAT --to-destination 10.42.0.2:8080",
        ],
    );
    assert_eq!(found.shares.len(), 4);
    assert!(found.shares.iter().all(|s| (s.after - 0.25).abs() < 1e-6));
    assert_eq!(found.shares.iter().filter(|s| s.before == 0.0).count(), 1);
    assert!(
        found.running.len() == 3 && found.running.iter().all(|r| r.lives),
        "{:?}",
        found.running
    );
    assert_eq!(
        found.summary,
        "3 rules added, 1 chain new, on pi-w1; the same on pi-cp, pi-w2 and pi-w5. Each endpoint had 1/3 (33.3 %), and has 1/4 (25 %) now. Open connections go on as if nothing had happened: conntrack keeps their endpoint."
    );
}

#[test]
fn the_demo_scaled_to_two() {
    let mut page = at(DEMO);
    take(&mut page, "scale-down");
    let told = lines(found(&page));
    assert_eq!(
        told[1..4],
        [
            "nat KUBE-SVC-P7QE5OVRKZMQ43FN: 2 rewritten, 1 removed, 1 unchanged",
            "~ 2 -m statistic --mode random --probability [-0.33333333349-] [+0.50000000000+] -j KUBE-SEP-5GSOMUMCTEFLXZNQ",
            "~ 3 [--m statistic --mode random --probability 0.50000000000-] -j KUBE-SEP-YDSBTQTOO7DVNDMV",
        ],
    );
}

#[test]
fn a_click_is_undone_and_done_again() {
    let mut page = at(DEMO);
    take(&mut page, "affinity");
    let with = text(&page).to_owned();
    assert!(with.contains("sessionAffinity: ClientIP"));
    page.act(Action::Undo);
    assert_eq!(text(&page), DEMO);
    assert!(
        page.session.whatif.comparison.is_none(),
        "there is nothing before"
    );
    assert!(page.session.whatif.lines.is_empty());
    page.act(Action::Redo);
    assert_eq!(text(&page), with);
    assert!(!lines(found(&page)).is_empty());
    page.act(Action::Redo);
    assert_eq!(text(&page), with);
}

#[test]
fn a_killed_pod_takes_its_connections_along() {
    let mut page = at(DEMO);
    take(&mut page, "kill/demo/demo-5f7b8c9d64-8xqtz");
    let found = found(&page);
    let lost: Vec<&str> = found
        .running
        .iter()
        .filter(|r| !r.lives)
        .map(|r| r.name.as_str())
        .collect();
    assert_eq!(lost, ["demo-5f7b8c9d64-8xqtz"], "{:?}", found.running);
    assert!(
        found
            .summary
            .contains("Open connections go on, but not that to demo-5f7b8c9d64-8xqtz"),
        "{}",
        found.summary
    );
}

#[test]
fn an_unready_pod_keeps_what_it_has() {
    let mut page = at(DEMO);
    take(&mut page, "unready/demo/demo-5f7b8c9d64-8xqtz");
    let found = found(&page);
    assert!(found.running.iter().all(|r| r.lives), "{:?}", found.running);
    let gone: Vec<f64> = found
        .shares
        .iter()
        .filter(|s| s.after == 0.0)
        .map(|s| s.before)
        .collect();
    assert_eq!(gone.len(), 1);
}

#[test]
fn a_selector_that_matches_nothing_refuses_whoever_comes() {
    let mut page = at(DEMO);
    take(&mut page, "selector");
    let found = found(&page);
    assert!(
        found
            .summary
            .contains("No endpoint is reached any more: refused"),
        "{}",
        found.summary
    );
    assert!(
        found.running.iter().all(|r| r.lives),
        "conntrack keeps what is open: {:?}",
        found.running
    );
    let gone = found.nodes[0]
        .chains
        .iter()
        .filter(|c| c.whole == Some(Change::Removed));
    assert_eq!(gone.count(), 4);
}

#[test]
fn an_edit_by_hand_is_compared_too() {
    let mut page = at(DEMO);
    let shown = page
        .session
        .editor
        .shown()
        .replace("replicas: 3", "replicas: 5");
    page.act(Action::Edited(shown));
    assert!(
        lines(found(&page)).iter().any(|l| l.contains("2 added")),
        "{:?}",
        lines(found(&page))
    );
    page.act(Action::Undo);
    assert_eq!(text(&page), DEMO);
}

#[test]
fn the_beginning_is_further_back_than_the_last_change() {
    let mut page = at(node_port());
    take(&mut page, "scale-up");
    take(&mut page, "scale-up");
    let added = |page: &Page| {
        let chains = &found(page).nodes[0].chains;
        chains
            .iter()
            .filter(|c| c.whole == Some(Change::Added))
            .count()
    };
    assert_eq!(added(&page), 1);
    page.act(Action::WhatIf(Deed::Against(Against::Beginning)));
    assert_eq!(added(&page), 2);
    page.act(Action::Replaced(DEMO.into()));
    assert!(page.session.whatif.comparison.is_none());
    page.act(Action::Undo);
    assert!(
        text(&page).contains("replicas: 7"),
        "a paste is undone, too"
    );
}

#[test]
fn a_text_with_an_error_is_not_edited_by_click() {
    let mut page = at(DEMO);
    page.act(Action::Edited("kind: [".into()));
    let id = Deed::Take("affinity".into());
    page.act(Action::WhatIf(id));
    assert_eq!(text(&page), "kind: [");
}

#[test]
fn another_version_is_a_change_like_any_other() {
    let mut page = at(node_port());
    let web = page.destination("web");
    page.act(Action::To(web));
    page.act(Action::WhatIf(Deed::Set(Setting::Version("v1.20".into()))));
    assert_eq!(page.session.settings.version, "v1.20");
    assert!(
        lines(found(&page))
            .iter()
            .any(|l| l.contains("KUBE-MARK-DROP"))
    );
    page.act(Action::Undo);
    assert_eq!(page.session.settings.version, "v1.30");
}

#[test]
fn versions_that_stand_for_others_say_so() {
    let mut page = Page::open(DEMO);
    let notes = |page: &Page| {
        page.session
            .loaded
            .as_ref()
            .expect("a cluster")
            .proxy
            .join(" ")
    };
    assert_eq!(notes(&page), "");
    for (typed, says) in [
        ("1.28", "The rules of v1.28 are shown as v1.30 wrote them"),
        ("v1.99", "newer than any kube-proxy read here"),
        ("soon", "names no version of Kubernetes"),
    ] {
        page.act(Action::WhatIf(Deed::Set(Setting::Version(typed.into()))));
        assert!(notes(&page).contains(says), "{typed}: {}", notes(&page));
    }
    let ignored = DEMO.replace(
        "  type: ClusterIP\n",
        "  type: ClusterIP\n  internalTrafficPolicy: Local\n",
    );
    page.act(Action::Replaced(ignored.as_str().into()));
    page.act(Action::WhatIf(Deed::Set(Setting::Version("v1.20".into()))));
    assert!(
        notes(&page).contains("kube-proxy v1.20 knows nothing of internal traffic policies"),
        "{}",
        notes(&page)
    );
}

#[test]
fn another_mode_is_told() {
    for (mode, says) in [("ipvs", "virtual servers"), ("nftables", "writes nftables")] {
        let text = format!(
            "{DEMO}---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: {mode}\n"
        );
        let page = Page::open(&text);
        let said = page
            .session
            .loaded
            .as_ref()
            .expect("a cluster")
            .proxy
            .join(" ");
        assert!(said.contains(says), "{mode}: {said}");
    }
}

#[test]
fn companions_stand_there_until_they_are_switched_off() {
    let mut page = Page::open(DEMO);
    let canaries = |page: &Page| {
        let tables = page.play().tables.values().flat_map(|t| t.values());
        tables
            .flat_map(|table| &table.listed)
            .filter(|(chain, _)| chain.contains("CANARY"))
            .count()
    };
    assert!(canaries(&page) > 0);
    page.act(Action::WhatIf(Deed::Set(Setting::Companions(
        Companions::Hidden,
    ))));
    assert_eq!(canaries(&page), 0);
}

#[test]
fn affinity_is_compared_with_none() {
    let mut page = at(affinity());
    take(&mut page, "affinity");
    assert!(text(&page).contains("sessionAffinity: None"));
    assert!(
        lines(found(&page))
            .iter()
            .any(|l| l.contains("[--m recent")),
        "{:?}",
        lines(found(&page))
    );
}

#[test]
fn another_network_plugin_brings_its_rules() {
    let mut page = at(DEMO);
    take(&mut page, "network/flannel");
    assert!(text(&page).ends_with("  network: vxlan\n  masquerade: true\n"));
    let told = lines(found(&page));
    assert!(
        told.iter()
            .any(|l| l.contains("FLANNEL-POSTRTG: new chain")),
        "{told:?}"
    );
    let said = &found(&page).summary;
    assert!(
        said.contains("on pi-w1; and others on 3 more nodes."),
        "{said}"
    );
    take(&mut page, "network/none");
    assert!(text(&page).contains("masquerade: false"));
}

#[test]
fn a_step_names_whom_it_was_done_to() {
    use player::history::Doing;
    let mut page = at(DEMO);
    take(&mut page, "kill/demo/demo-5f7b8c9d64-8xqtz");
    let last = page.session.history.last().map(|p| p.next.clone());
    let Some(Doing::Done { label, .. }) = last else {
        panic!("{last:?}")
    };
    assert_eq!(label, "Kill demo-5f7…8xqtz");
}
