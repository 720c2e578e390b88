//! Many connections and exact odds, asked as the page asks them.

mod common;

use common::{Page, node_port};
use player::many::{Deed, sentence};
use player::session::{Panel, Target};
use player::{Action, Kind};

/// Goes on until all are made, as the page's clock does.
fn finish(page: &mut Page) {
    for _ in 0..10_000 {
        if !page.session.many.running {
            return;
        }
        page.act(Action::Many(Deed::On));
    }
    panic!("it never ends");
}

fn counted(page: &Page) -> &player::many::Tallies {
    page.session.many.shown.as_ref().expect("some are made")
}

fn web(page: &mut Page) {
    let web = page.destination("web");
    page.act(Action::To(web));
}

#[test]
fn ten_thousand_are_made_in_parts_and_judged() {
    let mut page = Page::open(node_port());
    web(&mut page);
    page.act(Action::Open(Panel::Many));
    assert!(page.session.many.running);
    assert!(!page.session.playing, "one thing moves at a time");
    let first = counted(&page).made;
    assert!(first > 0 && first < 10_000, "{first}");
    assert!(sentence(counted(&page)).contains("of 10,000 so far"));
    finish(&mut page);
    let all = counted(&page);
    assert_eq!(all.made, 10_000);
    assert_eq!(all.endpoints.iter().map(|l| l.count).sum::<u64>(), 10_000);
    assert_eq!(all.endings.iter().map(|l| l.count).sum::<u64>(), 10_000);
    assert_eq!(all.endpoints.len(), 5);
    for lane in &all.endpoints {
        assert_eq!(lane.expected(all.made).map(|e| e.round()), Some(2_000.0));
        assert_eq!(lane.band, Some((1_922, 2_079)));
        assert!(lane.inside().is_some());
    }
    assert_eq!(all.bands.len(), 1, "equal shares have one band");
    let said = sentence(all);
    assert!(said.starts_with("The largest gap is "), "{said}");
    assert!(said.contains(" runs"), "{said}");
    assert!(all.test.starts_with("chi-square "), "{}", all.test);
    assert_eq!(all.samples.last().map(|s| s.made), Some(10_000));
    assert_eq!(
        all.samples.last().map(|s| s.counts.clone()),
        Some(all.endpoints.iter().map(|l| l.count).collect::<Vec<_>>())
    );
}

#[test]
fn a_run_is_stopped_and_goes_on_where_it_was() {
    let mut page = Page::open(node_port());
    web(&mut page);
    page.act(Action::Open(Panel::Many));
    page.act(Action::Many(Deed::Toggle));
    let made = counted(&page).made;
    page.act(Action::Many(Deed::On));
    assert_eq!(counted(&page).made, made, "nothing is made while stopped");
    page.act(Action::Many(Deed::Toggle));
    assert!(counted(&page).made > made);
    finish(&mut page);
    let stopped = counted(&page).clone();
    let mut other = Page::open(node_port());
    web(&mut other);
    other.act(Action::Open(Panel::Many));
    finish(&mut other);
    assert_eq!(stopped.endpoints, counted(&other).endpoints);
}

#[test]
fn another_seed_is_another_run_and_the_same_seed_the_same() {
    let run = |seed: &str| {
        let mut page = Page::open(node_port());
        web(&mut page);
        page.act(Action::Open(Panel::Many));
        page.act(Action::Seed(seed.into()));
        finish(&mut page);
        counted(&page).clone()
    };
    assert_eq!(run("3").endpoints, run("3").endpoints);
    assert_ne!(run("3").endpoints, run("4").endpoints);
    assert_eq!(run("4").seed, 4);
}

#[test]
fn any_number_can_be_typed() {
    let mut page = Page::open(node_port());
    web(&mut page);
    page.act(Action::Open(Panel::Many));
    page.act(Action::Many(Deed::Typed("1,234".into())));
    finish(&mut page);
    assert_eq!(counted(&page).made, 1_234);
    page.act(Action::Many(Deed::Typed("none".into())));
    assert_eq!(page.session.many.draft.as_deref(), Some("none"));
    assert_eq!(counted(&page).made, 1_234);
    page.act(Action::Many(Deed::Make(1)));
    assert_eq!((counted(&page).made, &page.session.many.draft), (1, &None));
    assert!(sentence(counted(&page)).starts_with("The one connection went to "));
}

#[test]
fn ten_are_too_few_to_judge() {
    let mut page = Page::open(node_port());
    web(&mut page);
    page.act(Action::Open(Panel::Many));
    page.act(Action::Many(Deed::Make(10)));
    finish(&mut page);
    let said = sentence(counted(&page));
    assert!(said.contains("too few connections to judge"), "{said}");
}

#[test]
fn affinity_is_told_as_the_reason() {
    let text = node_port().replacen(
        "  type: NodePort\n",
        "  type: NodePort\n  sessionAffinity: ClientIP\n",
        1,
    );
    let mut page = Page::open(&text);
    web(&mut page);
    page.act(Action::Open(Panel::Many));
    page.act(Action::Many(Deed::Make(1_000)));
    finish(&mut page);
    let all = counted(&page);
    assert_eq!(all.endpoints.iter().filter(|l| l.count > 0).count(), 1);
    let said = sentence(all);
    assert!(said.starts_with("All 1,000 went to web-"), "{said}");
    assert!(said.contains("ClientIP affinity"), "{said}");
    assert!(said.contains(" of KUBE-SVC-"), "{said}");
    assert!(said.contains("10,800 s"), "{said}");
    assert!(all.bands.is_empty(), "no chance, no band");
}

#[test]
fn where_nobody_is_chosen_the_endings_are_told() {
    let mut page = Page::open(node_port());
    let empty = page.destination("empty");
    page.act(Action::To(empty));
    page.act(Action::Open(Panel::Many));
    page.act(Action::Many(Deed::Make(100)));
    finish(&mut page);
    assert_eq!(
        sentence(counted(&page)),
        "All 100 ended alike: refused (ICMP port unreachable). No endpoint was chosen."
    );
}

#[test]
fn what_cannot_be_asked_says_so_here_too() {
    let mut page = Page::open(node_port());
    page.act(Action::To("nowhere".into()));
    page.act(Action::Open(Panel::Many));
    assert!(page.session.many.refusal.is_some());
    assert!(!page.session.many.running);
}

#[test]
fn odds_are_known_at_a_draw_and_lead_to_each_endpoint() {
    let mut page = Page::open(node_port());
    web(&mut page);
    page.act(Action::Home);
    assert!(
        page.session.odds.known.is_none(),
        "nobody looks at them yet"
    );
    page.act(Action::Next(Target::Draw));
    let odds = page.session.odds.known.clone().expect("a draw has odds");
    let endpoints: Vec<(String, f64)> = odds
        .endpoints()
        .into_iter()
        .map(|(_, socket, share)| (socket.to_owned(), share))
        .collect();
    assert_eq!(endpoints.len(), 5);
    assert!(
        endpoints
            .iter()
            .all(|(_, share)| (share - 0.2).abs() < 1e-8)
    );
    assert!(odds.summary.contains("5 endpoints, each with 1/5 (20 %)"));
    for (socket, _) in endpoints {
        page.act(Action::Choose(socket.clone()));
        let reached = page.play().frames.iter().find(|f| f.kind == Kind::Dnat);
        assert_eq!(reached.expect("it is rewritten").header.dst, socket);
        assert_eq!(page.session.chosen.as_deref(), Some(socket.as_str()));
        assert!((0..page.session.forced.len()).all(|i| page.session.is_forced(i)));
    }
    page.act(Action::Unpin);
    assert!(page.session.forced.is_empty() && page.session.chosen.is_none());
    assert!(!page.session.is_forced(0));
}

#[test]
fn a_pinned_draw_is_the_only_one_by_hand() {
    let mut page = Page::open(node_port());
    web(&mut page);
    page.act(Action::Next(Target::Draw));
    page.act(Action::Pin((1 << 31) - 1));
    page.act(Action::Next(Target::Draw));
    assert!(page.frame().kind.is_draw());
    page.act(Action::Pin(0));
    assert_eq!(page.frame().kind, Kind::Hit);
    assert!(page.session.is_forced(0) && page.session.is_forced(1));
    assert!(!page.session.is_forced(2));
    page.act(Action::Unpin);
    page.act(Action::Home);
    page.act(Action::Next(Target::Draw));
    page.act(Action::Next(Target::Draw));
    if page.frame().kind.is_draw() {
        page.act(Action::Pin(0));
        assert!(
            !page.session.is_forced(0),
            "what chance had drawn before it"
        );
        assert!(page.session.is_forced(1));
    }
}
