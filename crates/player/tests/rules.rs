//! The rules browser without a page: windows, search, counters, folding, the way back, and what a lookup
//! costs.

mod common;

use common::{Page, node_port, v6_node_port};
use lab::{IpFamily, TableName};
use player::late::browser::{Browser, Deed, Take};
use player::late::rules::{Body, Counting, Found, Head, INDEX, Line, Opt, PAGE, Row, Show, View};
use player::session::{Panel, Target};
use player::{Action, Kind};

fn open(page: &mut Page, chain: Option<&str>) {
    page.act(Action::Open(Panel::Rules {
        node: "node1".into(),
        table: TableName::Nat,
        chain: chain.map(str::to_owned),
    }));
}

/// The page of five pods behind a NodePort, with the browser open at a chain.
fn opened(chain: Option<&str>) -> Page {
    let mut page = Page::open(node_port());
    page.act(Action::From("node/node1".into()));
    let to = page.destination("web:80");
    page.act(Action::To(to));
    page.act(Action::Home);
    open(&mut page, chain);
    page
}

fn browser(page: &Page) -> &Browser {
    page.session.browser.as_ref().expect("it is open")
}

fn found(page: &Page) -> &Found {
    browser(page).found.as_ref().expect("the core answered")
}

#[track_caller]
fn chain(page: &Page) -> (&Head, Vec<&Row>) {
    match &found(page).body {
        Body::Chain { head, lines } => {
            let rows = lines.rows.iter().filter_map(|line| match line {
                Line::Rule(row) => Some(&**row),
                Line::Folded(_) => None,
            });
            (head, rows.collect())
        }
        other => panic!("a chain is open, not {other:?}"),
    }
}

#[track_caller]
fn text(page: &Page) -> Vec<String> {
    match &found(page).body {
        Body::Text(lines) => lines.rows.clone(),
        other => panic!("a text is shown, not {other:?}"),
    }
}

#[track_caller]
fn hits(page: &mut Page, search: &str) -> Vec<String> {
    page.act(Action::Rules(Deed::Search(search.into())));
    match &found(page).body {
        Body::Hits(rows, Counting::Exact) => {
            rows.rows.iter().map(|r| r.rule.full.clone()).collect()
        }
        other => panic!("rules were found, not {other:?}"),
    }
}

#[test]
fn a_table_says_how_large_it_is_and_what_its_chains_are_for() {
    let page = opened(None);
    let found = found(&page);
    let nat = found.sizes.iter().find(|s| s.table == TableName::Nat);
    let nat = nat.expect("there is a nat table");
    assert_eq!(nat.chains, found.index.total);
    let listed: usize = found.index.rows.iter().map(|c| c.rules).sum();
    assert_eq!(nat.rules, listed);
    let Body::Purposes(told) = &found.body else {
        panic!("no chain is chosen");
    };
    assert!(
        told.iter()
            .any(|(name, why)| name == "KUBE-SERVICES" && !why.is_empty())
    );
    assert_eq!(found.command, "iptables -t nat -S");
}

#[test]
fn a_chain_says_who_wrote_each_rule_and_where_that_stands() {
    let page = opened(Some("KUBE-NODEPORTS"));
    let (head, rows) = chain(&page);
    assert_eq!(head.references, 1);
    assert_eq!(head.callers[0].0, "KUBE-SERVICES");
    let origin = rows[0].rule.origin.as_ref().expect("it is accounted for");
    assert_eq!(origin.written_by, "kube-proxy");
    assert_eq!(origin.object.as_deref(), Some("Service shop/web"));
    let line = origin.span.expect("it stands in the text").line;
    let text = node_port().lines().nth(line - 1).expect("the text has it");
    assert!(text.contains("nodePort: 30080"), "{text}");
}

#[test]
fn who_else_writes_rules_is_named() {
    let plugin =
        "---\napiVersion: chainwalk/v1\nkind: Network\nspec: {attach: bridge, masquerade: true}\n";
    let mut page = Page::open(&format!("{}{plugin}", node_port()));
    open(&mut page, Some("POSTROUTING"));
    let rows = chain(&page).1.into_iter();
    let written_by: Vec<&str> = rows
        .filter_map(|r| Some(r.rule.origin.as_ref()?.written_by.as_str()))
        .collect();
    assert!(written_by.contains(&"kube-proxy"), "{written_by:?}");
    assert!(written_by.iter().any(|who| *who != "kube-proxy"));
}

#[test]
fn counters_go_up_as_packets_pass() {
    let mut page = opened(Some("KUBE-SERVICES"));
    let counted = |page: &Page| -> u64 { chain(page).1.iter().map(|r| r.counters.0).sum() };
    assert_eq!(counted(&page), 0);
    let jump = page
        .play()
        .frames
        .iter()
        .position(|f| f.kind == Kind::Jump && at_chain(&page, f) == Some("KUBE-SERVICES"))
        .expect("the walk leaves KUBE-SERVICES");
    page.act(Action::Seek(jump - 1));
    assert_eq!(counted(&page), 0);
    page.act(Action::Seek(jump));
    assert_eq!(counted(&page), 1);
    let (_, rows) = chain(&page);
    // IP header, TCP header and the options of a SYN.
    assert!(rows.iter().any(|r| r.counters == (1, 60)));
    page.act(Action::End);
    assert_eq!(counted(&page), 1);
    page.act(Action::Home);
    assert_eq!(counted(&page), 0);
}

fn at_chain<'a>(page: &'a Page, frame: &player::Frame) -> Option<&'a str> {
    Some(&page.play().chains[frame.at?.chain].name)
}

#[test]
fn earlier_parts_of_the_conversation_are_counted_too() {
    let mut page = opened(Some("KUBE-SERVICES"));
    page.act(Action::Then(player::conversation::Step::Connect));
    page.act(Action::Home);
    let sum = |page: &Page| -> u64 { chain(page).1.iter().map(|r| r.counters.0).sum() };
    assert_eq!(sum(&page), 1);
    page.act(Action::End);
    assert_eq!(sum(&page), 2);
}

#[test]
fn a_listing_shows_the_counters() {
    let mut page = opened(Some("KUBE-SERVICES"));
    page.act(Action::Rules(Deed::View(View::List)));
    let zero = |lines: &[String]| {
        lines[2..]
            .iter()
            .all(|l| l[4..].trim_start().starts_with("0 "))
    };
    assert_eq!(text(&page)[0], "Chain KUBE-SERVICES (2 references)");
    assert!(zero(&text(&page)), "{:#?}", text(&page));
    page.act(Action::End);
    assert!(!zero(&text(&page)));
    page.act(Action::Rules(Deed::Option(Opt::Verbose)));
    assert!(
        text(&page)[1].starts_with("num  target"),
        "{:#?}",
        text(&page)
    );
    assert_eq!(
        found(&page).command,
        "iptables -t nat -L KUBE-SERVICES -n --line-numbers"
    );
}

#[test]
fn rules_are_found_by_chain_text_service_pod_and_address() {
    let mut page = opened(None);
    let services = hits(&mut page, "kube-services node1");
    assert_eq!(services, Vec::<String>::new());
    for (search, must) in [
        ("shop/web:http", "-j KUBE-SVC-"),
        ("KUBE-NODEPORTS", "-A KUBE-NODEPORTS"),
        ("--probability 0.2000", "--probability 0.20000000019"),
        ("masquerade FULLY", "-j MASQUERADE --random-fully"),
    ] {
        let found = hits(&mut page, search);
        assert!(
            found.iter().any(|r| r.contains(must)),
            "{search}: {found:#?}"
        );
    }
    let pod = page
        .session
        .loaded
        .as_ref()
        .expect("loaded")
        .choices
        .from
        .iter()
        .flat_map(|g| &g.choices)
        .find_map(|c| {
            c.value
                .strip_prefix("pod/shop/web-")
                .map(|rest| format!("web-{rest}"))
        })
        .expect("a pod can send");
    let of_pod = hits(&mut page, &pod);
    assert!(
        of_pod.iter().any(|r| r.contains("-j DNAT")),
        "{pod}: {of_pod:#?}"
    );
    let socket = page.destination("web:80");
    let of_socket = hits(&mut page, &socket);
    assert!(
        of_socket.iter().any(|r| r.starts_with("-A KUBE-SERVICES")),
        "{socket}: {of_socket:#?}"
    );
    assert_eq!(hits(&mut page, "no such words"), Vec::<String>::new());
    page.act(Action::Rules(Deed::Search("  ".into())));
    assert!(matches!(found(&page).body, Body::Purposes(_)));
}

#[test]
fn what_the_walk_does_not_touch_is_folded() {
    let mut page = opened(Some("KUBE-SERVICES"));
    let all = chain(&page).1.len();
    page.act(Action::Rules(Deed::Show(Show::Matched)));
    let (head, rows) = chain(&page);
    assert_eq!((head.rules, rows.len()), (all, 1));
    assert_eq!(rows[0].tried, (1, 1));
    let Body::Chain { lines, .. } = &found(&page).body else {
        unreachable!("a chain is open");
    };
    let folded: usize = lines
        .rows
        .iter()
        .map(|l| match l {
            Line::Folded(n) => *n,
            Line::Rule(_) => 0,
        })
        .sum();
    assert_eq!(folded + rows.len(), all);
    page.act(Action::Rules(Deed::Show(Show::Tried)));
    assert!(chain(&page).1.iter().all(|r| r.tried.0 == 1));
    // The index then has the chains that the walk comes to.
    assert!(found(&page).index.rows.iter().all(|c| c.walked));
}

#[test]
fn one_goes_from_chain_to_chain_and_back() {
    let mut page = opened(Some("KUBE-SERVICES"));
    page.act(Action::Rules(Deed::Chain(
        TableName::Nat,
        "KUBE-NODEPORTS".into(),
    )));
    page.act(Action::Rules(Deed::Chain(
        TableName::Nat,
        "KUBE-MARK-MASQ".into(),
    )));
    assert_eq!(chain(&page).0.name, "KUBE-MARK-MASQ");
    assert_eq!(browser(&page).trail.len(), 2);
    page.act(Action::Rules(Deed::Back(1)));
    assert_eq!(chain(&page).0.name, "KUBE-NODEPORTS");
    page.act(Action::Rules(Deed::Back(0)));
    assert_eq!(chain(&page).0.name, "KUBE-SERVICES");
    assert_eq!(browser(&page).trail.len(), 0);
    // Back to a place that is none changes nothing.
    page.act(Action::Rules(Deed::Back(7)));
    assert_eq!(chain(&page).0.name, "KUBE-SERVICES");
}

#[test]
fn the_second_packet_is_not_asked_about_in_nat() {
    let page = opened(None);
    let cost = found(&page).cost.as_ref().expect("the walk comes here");
    let nat = |tables: &[(player::late::rules::Table, usize)]| {
        tables
            .iter()
            .find(|(t, _)| t.0 == TableName::Nat)
            .map(|(_, n)| *n)
    };
    assert!(nat(&cost.first).is_some_and(|n| n > 5));
    assert_eq!(cost.second.as_ref().map(|s| nat(s)), Some(None));
    assert!(!cost.nat_again);
}

#[test]
fn a_node_that_the_walk_does_not_meet_has_no_cost() {
    let mut page = Page::open(v6_node_port());
    page.act(Action::From("node/worker-a".into()));
    let to = page.destination("web:80");
    page.act(Action::To(to));
    page.act(Action::Open(Panel::Rules {
        node: "worker-a".into(),
        table: TableName::Nat,
        chain: None,
    }));
    assert_eq!(browser(&page).ask.family, IpFamily::Ipv6);
    assert!(found(&page).command.starts_with("ip6tables "));
    assert!(found(&page).cost.is_some());
    page.act(Action::Rules(Deed::Family(IpFamily::Ipv4)));
    assert!(found(&page).cost.is_none());
}

#[test]
fn an_edit_keeps_the_browser_open_and_shows_the_new_rules() {
    let mut page = opened(Some("KUBE-NODEPORTS"));
    page.act(Action::Edited(node_port().replace("30080", "30090")));
    assert!(matches!(page.session.panel, Panel::Rules { .. }));
    let (_, rows) = chain(&page);
    assert!(
        rows[0].rule.full.contains("--dport 30090"),
        "{}",
        rows[0].rule.full
    );
    // Without a NodePort there is still the chain, with nothing in it.
    let without = node_port()
        .replace("type: NodePort", "type: ClusterIP")
        .replace(", nodePort: 30080", "");
    page.act(Action::Edited(without));
    assert_eq!(chain(&page).1.len(), 0);
}

#[test]
fn what_is_not_there_is_said() {
    let mut page = opened(Some("KUBE-SVC-NOBODYNOBODYNOBO"));
    assert_eq!(
        found(&page).body,
        Body::NoChain("KUBE-SVC-NOBODYNOBODYNOBO".into())
    );
    page.act(Action::Rules(Deed::View(View::List)));
    assert!(matches!(found(&page).body, Body::NoChain(_)));
    page.act(Action::Rules(Deed::Node("nobody".into())));
    assert_eq!(browser(&page).ask.node, found(&page).node);
}

#[test]
fn a_chain_is_found_whichever_table_it_is_in() {
    let page = opened(Some("KUBE-FORWARD"));
    assert_eq!(chain(&page).0.table, TableName::Filter);
    assert_eq!(browser(&page).ask.table, TableName::Filter);
}

#[test]
fn the_whole_text_is_taken_once() {
    let mut page = opened(Some("KUBE-SERVICES"));
    page.act(Action::Rules(Deed::View(View::Spec)));
    let shown = text(&page);
    page.act(Action::Rules(Deed::Take(Take::Download)));
    let taken = browser(&page).taken.clone().expect("it came");
    assert_eq!(
        taken.text.lines().map(str::to_owned).collect::<Vec<_>>(),
        shown
    );
    assert_eq!(taken.file, "node1-nat-KUBE-SERVICES.rules.txt");
    assert_eq!((taken.take, taken.number), (Take::Download, 1));
    assert!(browser(&page).taking.is_none());
    assert_eq!(text(&page), shown);
    page.act(Action::Rules(Deed::Take(Take::Copy)));
    assert_eq!(browser(&page).taken.as_ref().map(|t| t.number), Some(2));
}

#[test]
fn a_large_table_comes_in_parts() {
    let mut text = node_port().to_owned();
    for i in 0..300 {
        text.push_str(&format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{i}, namespace: shop}}\nspec:\n  selector: {{app: web}}\n  ports: [{{port: 80}}]\n"
        ));
    }
    let mut page = Page::open(&text);
    open(&mut page, Some("KUBE-SERVICES"));
    let part = |page: &Page| match &found(page).body {
        Body::Chain { lines, .. } => (lines.from, lines.rows.len(), lines.total),
        other => panic!("a chain is open, not {other:?}"),
    };
    let total = part(&page).2;
    assert!(total > 300);
    assert_eq!(part(&page), (0, PAGE, total));
    page.act(Action::Rules(Deed::Page(PAGE)));
    assert_eq!(part(&page), (PAGE, total - PAGE, total));
    page.act(Action::Rules(Deed::Page(1_000_000)));
    assert_eq!(part(&page).0, 0);
    assert_eq!(found(&page).index.rows.len(), INDEX);
    page.act(Action::Rules(Deed::Index(INDEX)));
    assert_eq!(found(&page).index.from, INDEX);
    page.act(Action::Rules(Deed::View(View::Save)));
    assert_eq!(self::text(&page).len(), PAGE);
}

#[test]
fn closed_it_asks_for_nothing() {
    let mut page = opened(Some("KUBE-SERVICES"));
    page.act(Action::Open(Panel::None));
    let before = page.session.request;
    page.act(Action::Next(Target::Verdict));
    page.act(Action::Rules(Deed::Search("x".into())));
    assert_eq!(page.session.request, before);
}

#[test]
fn it_opens_at_the_chain_of_the_moment() {
    let mut page = opened(None);
    page.act(Action::Open(Panel::None));
    page.act(Action::Next(Target::Draw));
    let here = at_chain(&page, page.frame()).map(str::to_owned);
    page.act(
        page.session
            .rules_here()
            .map(Action::Open)
            .expect("a walk is on screen"),
    );
    assert_eq!(Some(chain(&page).0.name.clone()), here);
    assert_eq!(
        player::keys::action(&page.session, "t").map(|a| format!("{a:?}")),
        Some("Open(None)".into())
    );
}
