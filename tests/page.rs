//! The page drawn to text, without a browser: what stands on it, and under which names.

use std::cell::RefCell;
use std::rc::Rc;

use chainwalk_page::{App, AppProps, Near, Script};
use player::session::{Panel, Target};
use player::{Action, LabEngine};
use yew::LocalServerRenderer;

fn draw(text: Option<&str>, actions: Vec<Action>) -> String {
    let props = AppProps {
        text: text.map(|t| t.to_owned().into()),
        engine: Some(Near(Rc::new(RefCell::new(LabEngine::default())))),
        actions: Rc::new(actions.into_iter().map(Script).collect()),
        ..AppProps::default()
    };
    pollster::block_on(
        LocalServerRenderer::<App>::with_props(props)
            .hydratable(false)
            .render(),
    )
}

#[track_caller]
fn has(html: &str, what: &[&str]) {
    for part in what {
        assert!(html.contains(part), "the page has {part}");
    }
}

#[test]
fn the_demo_is_on_screen_and_walking() {
    let html = draw(None, vec![]);
    has(
        &html,
        &[
            "aria-label=\"Pause\"",
            "aria-label=\"Cluster map. ",
            "aria-label=\"Chain walk\"",
            "aria-label=\"Packet\"",
            "aria-label=\"Story\"",
            "demo-cluster-ip-svc",
            "10.43.169.48:8711",
        ],
    );
}

#[test]
fn the_demo_has_its_chains() {
    let html = draw(None, vec![Action::Next(Target::Draw)]);
    has(
        &html,
        &[
            "KUBE-SVC-P7QE5OVRKZMQ43FN",
            "KUBE-SEP-5GSOMUMCTEFLXZNQ",
            "KUBE-SEP-YDSBTQTOO7DVNDMV",
            "KUBE-SEP-3DAK6EL2JD2M5WTS",
            "0.33333333349",
            "0.50000000000",
            "The draw",
            "1/3 of the whole = 1/3",
            "all of the last 1/3 = 1/3",
        ],
    );
}

#[test]
fn every_control_has_its_name() {
    let html = draw(None, vec![Action::ToggleEditor]);
    for name in [
        "From",
        "To",
        "Protocol",
        "How much",
        "Seed",
        "Back",
        "Pause",
        "Step",
        "Next draw",
        "Next NAT",
        "Next verdict",
        "Event",
        "Speed",
        "Cluster YAML",
        "Close the YAML editor",
        "Light or dark",
        "Keys",
    ] {
        has(&html, &[&format!("aria-label=\"{name}\"")]);
    }
    has(&html, &[">Send<", ">Draw again<"]);
}

#[test]
fn the_demo_s_stated_addresses_are_folded() {
    let html = draw(None, vec![Action::ToggleEditor]);
    has(&html, &["folded here", "Unfold lines "]);
    assert!(!html.contains("podCIDR"));
    let html = draw(None, vec![Action::ToggleEditor, Action::Unfold(0)]);
    has(&html, &["podCIDR"]);
}

#[test]
fn a_broken_text_is_told_at_its_place_and_the_last_good_cluster_stays() {
    let html = draw(
        None,
        vec![Action::ToggleEditor, Action::Edited("kind: [\n".into())],
    );
    has(
        &html,
        &[
            "Last good cluster.",
            "role=\"alert\"",
            "1 error",
            "demo-cluster-ip-svc",
            "aria-invalid=\"true\"",
        ],
    );
}

#[test]
fn a_page_without_a_cluster_says_what_to_do() {
    for text in ["", "kind: [", "just words", "\u{0}", "---\n---\n"] {
        let html = draw(Some(text), vec![]);
        has(&html, &["aria-label=\"Chain walk\""]);
    }
    has(&draw(Some("kind: ["), vec![]), &["Paste YAML"]);
}

#[test]
fn the_current_step_is_marked_in_the_list_of_events() {
    let html = draw(None, vec![Action::Seek(4)]);
    let list = html
        .split("aria-label=\"Events of this walk\"")
        .nth(1)
        .expect("the list is there");
    let current = list
        .split("<li")
        .position(|item| item.contains("aria-current=\"step\""));
    assert_eq!(current, Some(5));
}

#[test]
fn a_phone_gets_tabs_and_a_small_map() {
    let html = draw(None, vec![Action::Resized(390, 844)]);
    has(&html, &["class=\"mini\"", "aria-label=\"Panels\""]);
    let wide = draw(None, vec![]);
    assert!(!wide.contains("class=\"mini\""));
}

#[test]
fn every_moment_of_every_kind_of_walk_can_be_drawn() {
    for from in ["node/pi-cp", "outside", "pod/demo/client", "10.9.9.9@pi-w2"] {
        for to in [
            "10.43.169.48:8711",
            "demo-cluster-ip-svc.demo.svc:8711",
            "10.42.2.22:8080",
            "10.42.2.22:1",
            "10.43.0.99:1",
            "pi-w2:22",
        ] {
            let count = 12;
            for i in 0..count {
                let html = draw(
                    None,
                    vec![
                        Action::From(from.into()),
                        Action::To(to.into()),
                        Action::Seek(i * 9),
                    ],
                );
                has(&html, &["aria-label=\"Story\""]);
            }
        }
    }
}

#[test]
fn the_keys_and_all_chains_can_be_opened() {
    has(
        &draw(None, vec![Action::Open(Panel::Help)]),
        &["role=\"dialog\"", "next draw"],
    );
    let panel = |chain: Option<&str>| Panel::Rules {
        node: "pi-w1".into(),
        table: lab::TableName::Nat,
        chain: chain.map(str::to_owned),
    };
    has(
        &draw(
            None,
            vec![
                Action::Next(Target::Draw),
                Action::Open(panel(Some("KUBE-SERVICES"))),
            ],
        ),
        &[
            "Back to the walk",
            "-d 10.43.169.48/32",
            "What a lookup costs on pi-w1: the first packet tries",
            "none in nat",
        ],
    );
    has(
        &draw(
            None,
            vec![Action::Next(Target::Draw), Action::Open(panel(None))],
        ),
        &["Choose a chain"],
    );
}

#[test]
fn nothing_a_person_writes_becomes_markup() {
    let evil = "apiVersion: v1\nkind: Service\nmetadata: {name: \"<b>x</b>\"}\n# <script>alert(1)</script>\n";
    // A text that a cluster refuses opens the editor by itself.
    let html = draw(Some(evil), vec![]);
    assert!(!html.contains("<script>alert"));
    assert!(!html.contains("<b>x</b>"));
    has(&html, &["&lt;script&gt;"]);
}

#[test]
fn a_what_if_stands_beside_what_it_came_to() {
    use player::whatif::Deed;
    let html = draw(
        None,
        vec![
            Action::Open(Panel::WhatIf),
            Action::WhatIf(Deed::Take("scale-down/0".into())),
        ],
    );
    has(
        &html,
        &[
            "aria-label=\"What if\"",
            "aria-label=\"What changed\"",
            "Scale demo 2 to 3",
            "<del>0.33333333349</del>",
            "<ins>0.50000000000</ins>",
            "aria-label=\"Open connections\"",
            "removed, rule ",
            "replicas: 2",
        ],
    );
}

#[test]
fn settings_say_what_a_version_stands_for() {
    use player::settings::Setting;
    use player::whatif::Deed;
    let set = |version: &str| Action::WhatIf(Deed::Set(Setting::Version(version.into())));
    let html = draw(None, vec![set("v1.28"), Action::Open(Panel::Settings)]);
    has(
        &html,
        &[
            "aria-label=\"Settings: kube-proxy v1.28\"",
            "The rules of v1.28 are shown as v1.30 wrote them",
            "chains and the canaries",
        ],
    );
}
