//! From a line of the text to the rules that its object made, and back.

mod common;

use common::{Page, node_port, v6_node_port};
use player::Action;
use player::made::Made;
use player::session::Panel;

/// The first line of the text that says this, counted from 1.
fn line_of(text: &str, what: &str) -> usize {
    let at = text.lines().position(|l| l.contains(what));
    at.expect("the text says so") + 1
}

fn made(page: &mut Page, line: usize) -> Option<Made> {
    page.act(Action::Open(Panel::Made(line)));
    let found = page.session.made.clone().expect("the core answered");
    found.map(|made| (*made).clone())
}

#[test]
fn a_service_made_its_own_chains_and_one_rule_for_each_of_its_addresses() {
    let text = node_port();
    let mut page = Page::open(text);
    let line = line_of(text, "nodePort: 30080");
    let made = made(&mut page, line).expect("the line is a Service's");
    assert_eq!(made.object, "Service shop/web");
    let chains: Vec<&str> = made.chains.iter().map(|c| c.chain.as_str()).collect();
    assert!(chains.contains(&"KUBE-SERVICES"), "{chains:?}");
    assert!(chains.contains(&"KUBE-NODEPORTS"), "{chains:?}");
    assert!(chains.iter().any(|c| c.starts_with("KUBE-SVC-")));
    assert_eq!(
        made.count,
        made.chains.iter().map(|c| c.rules.len()).sum::<usize>()
    );
    for rule in made.chains.iter().flat_map(|c| &c.rules) {
        assert!(rule.full.starts_with("-A KUBE-"), "{}", rule.full);
        assert!(!rule.why.is_empty());
        assert_eq!(rule.nodes, "every node");
    }
}

#[test]
fn every_rule_s_line_leads_back_to_the_rule() {
    for text in [node_port(), v6_node_port()] {
        let mut page = Page::open(text);
        let rules: Vec<(String, usize)> = page
            .play()
            .frames
            .iter()
            .filter_map(|f| page.play().rule(f.at?))
            .filter_map(|r| Some((r.full.clone(), r.origin.as_ref()?.span?.line)))
            .collect();
        assert!(!rules.is_empty());
        for (full, line) in rules {
            let made = made(&mut page, line).expect("the line is an object's");
            let all: Vec<&str> = made
                .chains
                .iter()
                .flat_map(|c| &c.rules)
                .map(|r| r.full.as_str())
                .collect();
            assert!(all.contains(&full.as_str()), "{full} is among {all:#?}");
        }
    }
}

#[test]
fn a_line_of_no_object_says_so() {
    let mut page = Page::open(node_port());
    for line in [0, 1, 100_000] {
        assert_eq!(made(&mut page, line), None, "line {line}");
    }
}

#[test]
fn an_object_without_rules_has_none() {
    let text = node_port();
    let mut page = Page::open(text);
    let made = made(&mut page, line_of(text, "name: client")).expect("a Pod's line");
    assert_eq!(made.object, "Pod shop/client");
    assert_eq!(made.count, 0);
}
