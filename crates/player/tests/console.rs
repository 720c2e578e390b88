//! The console as a page without a browser has it.

mod common;

use common::Page;
use player::Session;
use player::late::browser::Browser;
use player::late::console::{Console, Deed, Leads};
use player::late::rules::{Body, Line};
use player::session::{Action, Panel};

const DEMO: &str = include_str!("../../../www/demo.yaml");
const SVC: &str = "KUBE-SVC-P7QE5OVRKZMQ43FN";

fn open() -> Page {
    let mut page = Page::open(DEMO);
    page.act(Action::Open(Panel::Console));
    page
}

fn act(page: &mut Page, deed: Deed) {
    page.act(Action::Console(deed));
}

/// Types a line, and gives what it printed.
fn run(page: &mut Page, line: &str) -> String {
    act(page, Deed::Typed(line.into()));
    act(page, Deed::Enter);
    let entry = console(page).entries.last().expect("it is answered");
    assert_eq!(entry.line, line);
    entry.out.iter().map(|piece| piece.text.as_str()).collect()
}

fn console(page: &Page) -> &Console {
    state(&page.session)
}

fn state(session: &Session) -> &Console {
    session.desk.console.as_ref().expect("it was opened")
}

fn prompt(page: &Page) -> &str {
    let spot = console(page).spot.as_ref();
    &spot.expect("the core has said where").prompt
}

/// The rules of a chain, as the rules browser shows them.
fn chain(page: &mut Page, table: lab::TableName, chain: &str) -> String {
    page.act(Action::Open(Panel::Rules {
        node: "pi-cp".into(),
        table,
        chain: Some(chain.into()),
    }));
    let browser = page.session.browser.as_ref().expect("it is open");
    opened(browser).join("\n")
}

/// The rules of the chain that is open.
fn opened(browser: &Browser) -> Vec<String> {
    let found = browser.found.as_ref().expect("the core answered");
    let Body::Chain { lines, .. } = &found.body else {
        panic!("a chain is open, not {:?}", found.body);
    };
    let rules = lines.rows.iter().map(|line| match line {
        Line::Rule(row) => row.rule.full.clone(),
        Line::Folded(count) => format!("{count} folded"),
    });
    rules.collect()
}

#[test]
fn opens_where_the_cluster_begins_and_goes_elsewhere() {
    let mut page = open();
    assert_eq!(page.session.panel, Panel::Console);
    assert_eq!(prompt(&page), "root@pi-cp:~#");
    assert!(console(&page).entries.is_empty());
    act(&mut page, Deed::Go("pod/demo/client".into()));
    assert_eq!(prompt(&page), "client:/#");
    act(&mut page, Deed::Go("node/pi-w1".into()));
    assert_eq!(run(&mut page, "hostname"), "pi-w1\n");
    run(&mut page, "ssh pi-w2");
    assert_eq!(prompt(&page), "root@pi-w2:~#");
    run(&mut page, "exit");
    assert_eq!(prompt(&page), "root@pi-w1:~#");
    page.act(Action::Open(Panel::None));
    assert_eq!(page.session.panel, Panel::None);
}

#[test]
fn chains_and_objects_lead_somewhere() {
    let mut page = open();
    run(&mut page, "iptables -t nat -L KUBE-SERVICES -n | grep 8711");
    let entry = console(&page).entries.last().cloned();
    let links: Vec<Leads> = entry
        .iter()
        .flat_map(|e| &e.out)
        .filter_map(|piece| piece.to.clone())
        .collect();
    let [
        chain @ Leads::Chain { .. },
        object @ Leads::Line { line: 24, .. },
    ] = links.as_slice()
    else {
        panic!("{links:?}");
    };
    act(&mut page, Deed::Follow(object.clone()));
    assert_eq!(page.session.reveal.map(|(line, _)| line), Some(24));
    assert_eq!(page.session.panel, Panel::Console);
    act(&mut page, Deed::Follow(chain.clone()));
    let browser = page.session.browser.as_ref().expect("it is open");
    assert_eq!(browser.ask.chain.as_deref(), Some(SVC));
    assert_eq!(opened(browser).len(), 4);
}

#[test]
fn a_packet_is_watched_as_it_went() {
    let mut page = open();
    for line in [
        "curl 10.43.169.48:8711",
        "kubectl exec -n demo client -- ping -c 2 10.42.5.23",
    ] {
        run(&mut page, line);
    }
    let sent: Vec<_> = console(&page)
        .entries
        .iter()
        .flat_map(|e| e.packets.clone())
        .collect();
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[0].outcome, "answered by demo-5f7b8…2vhkn");
    act(&mut page, Deed::Watch(sent[0].id));
    assert_eq!(page.session.panel, Panel::None);
    assert_eq!(page.session.question.from, "node/pi-cp");
    assert_eq!(page.session.question.to, "10.43.169.48:8711");
    assert_eq!(page.session.seed, sent[0].seed);
    assert!(page.play().frames.iter().any(|f| f.draw.is_some()));
    assert_eq!(page.play().turns.len(), 1);
    act(&mut page, Deed::Watch(sent[2].id));
    assert_eq!(page.session.question.from, "pod/demo/client");
    assert_eq!(
        page.session
            .question
            .ask()
            .expect("it can be asked")
            .to_words(),
        "10.42.5.23/icmp"
    );
}

#[test]
fn a_walk_that_is_not_kept_is_said() {
    let mut page = open();
    for _ in 0..45 {
        run(&mut page, "ping 10.42.5.23");
    }
    let first = console(&page).entries[0].packets[0].id;
    act(&mut page, Deed::Watch(first));
    let refusal = page.session.refusal.as_ref().expect("it is said");
    assert_eq!(
        refusal.message,
        "The walk of this packet is no longer kept."
    );
}

#[test]
fn counters_go_up() {
    let mut page = open();
    let count = |page: &mut Page| {
        let listed = run(page, &format!("iptables -t nat -vnL {SVC} | grep MASQ"));
        listed.split_whitespace().next().map(str::to_owned)
    };
    assert_eq!(count(&mut page).as_deref(), Some("0"));
    run(&mut page, "curl 10.43.169.48:8711; curl 10.43.169.48:8711");
    assert_eq!(count(&mut page).as_deref(), Some("2"));
}

#[test]
fn kubectl_writes_into_the_yaml_and_undo_takes_it_back() {
    let mut page = open();
    let out = run(
        &mut page,
        "kubectl scale deployment demo -n demo --replicas=2",
    );
    assert_eq!(
        out,
        "deployment.apps/demo scaled\n# The YAML says so now: line 8\n"
    );
    assert!(page.session.editor.text().contains("replicas: 2"));
    assert_eq!(page.session.whatif.lines[0].first, 8);
    let rules = chain(&mut page, lab::TableName::Nat, SVC);
    assert_eq!(rules.lines().count(), 3, "{rules}");
    assert_eq!(
        run(&mut page, "undo").lines().next(),
        Some("taken back: kubectl scale deployment demo -n demo --replicas=2")
    );
    assert_eq!(&**page.session.editor.text(), DEMO);
    assert_eq!(page.session.history.last(), None);
    assert_eq!(run(&mut page, "undo"), "undo: nothing was changed\n");
}

#[test]
fn rules_changed_by_hand_are_changed_everywhere() {
    let mut page = open();
    run(&mut page, &format!("iptables -t nat -I {SVC} -j RETURN"));
    assert_eq!(
        page.session.history.last().map(|p| p.next.clone()),
        Some(player::history::Doing::Done {
            label: format!("iptables -t nat -I {SVC} -j RETURN"),
            about: String::new(),
        })
    );
    let rules = chain(&mut page, lab::TableName::Nat, SVC);
    assert_eq!(
        rules.lines().next(),
        Some(format!("-A {SVC} -j RETURN").as_str())
    );
    page.act(Action::From("node/pi-cp".into()));
    let walked = page
        .play()
        .chains
        .iter()
        .find(|c| c.name == SVC)
        .map(|c| c.rules[0].full.clone());
    assert_eq!(walked, Some(format!("-A {SVC} -j RETURN")));
    // What was done at the console is undone at the page, and the console knows.
    page.act(Action::Undo);
    let rules = chain(&mut page, lab::TableName::Nat, SVC);
    assert!(!rules.contains("RETURN"), "{rules}");
    assert_eq!(run(&mut page, "undo"), "undo: nothing was changed\n");
}

#[test]
fn kube_proxy_mends_its_chains_when_the_yaml_is_edited() {
    let mut page = open();
    run(&mut page, &format!("iptables -t nat -I {SVC} -j RETURN"));
    run(&mut page, "iptables -P FORWARD DROP");
    page.act(Action::Edited(
        page.session
            .editor
            .shown()
            .replace("replicas: 3", "replicas: 2"),
    ));
    let rules = chain(&mut page, lab::TableName::Nat, SVC);
    assert!(!rules.contains("RETURN"), "{rules}");
    assert_eq!(
        run(&mut page, "iptables -S FORWARD | head -1"),
        "-P FORWARD DROP\n"
    );
    page.act(Action::Undo);
    let rules = chain(&mut page, lab::TableName::Nat, SVC);
    assert!(
        rules.contains("RETURN"),
        "the text is again the one that was tampered with: {rules}"
    );
}

#[test]
fn what_was_changed_by_hand_outlives_a_reload_and_a_core() {
    let mut page = open();
    run(&mut page, "iptables -P FORWARD DROP");
    run(&mut page, "sysctl -w net.ipv4.ip_forward=0");
    let bytes = player::saved::save(&page.session).expect("it is short");
    let (session, requests) = player::saved::resume(&bytes).expect("it is whole");
    let mut page = Page::resume(session, requests);
    page.act(Action::Open(Panel::Console));
    assert_eq!(
        run(&mut page, "iptables -S FORWARD | head -1"),
        "-P FORWARD DROP\n"
    );
    assert_eq!(run(&mut page, "sysctl -n net.ipv4.ip_forward"), "0\n");
}

#[test]
fn a_core_that_began_anew_says_so() {
    let mut page = open();
    run(&mut page, "curl 10.43.169.48:8711");
    let mut again = Page::resume(page.session.clone(), vec![]);
    again.act(Action::Replaced(DEMO.into()));
    let said = run(&mut again, "conntrack -L");
    assert!(said.starts_with("# The core has begun anew"), "{said}");
    assert!(said.contains("0 flow entries"), "{said}");
    assert!(!run(&mut again, "conntrack -L").contains("begun anew"));
}

#[test]
fn a_text_with_errors_is_not_written_over() {
    let mut page = open();
    let broken = page
        .session
        .editor
        .shown()
        .replace("replicas: 3", "replicas: [");
    page.act(Action::Edited(broken.clone()));
    assert!(page.session.stale);
    let said = run(&mut page, "kubectl scale deploy demo -n demo --replicas=1");
    assert!(said.contains("the YAML has errors"), "{said}");
    assert_eq!(page.session.editor.shown(), broken);
    assert!(run(&mut page, "kubectl get deploy -n demo").contains("3/3"));
}

#[test]
fn up_and_down_recall_lines() {
    let mut page = open();
    for line in ["hostname", "hostname", "whoami"] {
        run(&mut page, line);
    }
    act(&mut page, Deed::Typed("dig".into()));
    let draft = |page: &Page| console(page).draft.clone();
    let walk = [
        (Deed::Up, "whoami"),
        (Deed::Up, "hostname"),
        (Deed::Up, "hostname"),
        (Deed::Down, "whoami"),
        (Deed::Down, "dig"),
        (Deed::Down, "dig"),
    ];
    for (deed, expected) in walk {
        act(&mut page, deed);
        assert_eq!(draft(&page), expected);
    }
    act(&mut page, Deed::Clear);
    assert!(console(&page).entries.is_empty());
    act(&mut page, Deed::Remembered(vec!["echo earlier".into()]));
    assert_eq!(console(&page).lines, ["echo earlier", "hostname", "whoami"]);
}

#[test]
fn tab_completes_lists_and_lets_go() {
    let mut page = open();
    let tab = |page: &mut Page, line: &str| {
        act(page, Deed::Typed(line.into()));
        act(page, Deed::Tab);
        console(page).draft.clone()
    };
    assert_eq!(tab(&mut page, "iptables-s"), "iptables-save ");
    assert_eq!(
        tab(&mut page, "iptables -t nat -L KUBE-SV"),
        format!("iptables -t nat -L {SVC} ")
    );
    assert_eq!(
        tab(&mut page, "iptables -t nat -S | gr"),
        "iptables -t nat -S | grep "
    );
    assert_eq!(tab(&mut page, "frob"), "frob");
    assert_eq!(tab(&mut page, "ssh p"), "ssh pi-");
    let offered = |page: &Page| console(page).offered.clone().expect("some are on offer");
    assert_eq!(offered(&page).words, ["pi-cp", "pi-w1", "pi-w2", "pi-w5"]);
    act(&mut page, Deed::Tab);
    act(&mut page, Deed::Down);
    assert_eq!(console(&page).draft, "ssh pi-w1");
    act(&mut page, Deed::Enter);
    assert_eq!(console(&page).draft, "ssh pi-w1 ");
    assert!(
        console(&page).entries.is_empty(),
        "the first Enter only takes it"
    );
    act(&mut page, Deed::Enter);
    assert_eq!(prompt(&page), "root@pi-w1:~#");
    act(&mut page, Deed::Escape);
    assert!(console(&page).released);
    act(&mut page, Deed::Typed("x".into()));
    assert!(!console(&page).released);
}

#[test]
fn long_outputs_are_cut_and_say_so() {
    let mut text = DEMO.to_owned();
    for n in 0..400 {
        text += &format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{n}, namespace: demo}}\nspec: {{selector: {{app: demo}}, ports: [{{port: 80, targetPort: 8080}}]}}\n"
        );
    }
    let mut page = Page::open(&text);
    page.act(Action::Open(Panel::Console));
    let out = run(&mut page, "iptables-save");
    assert_eq!(out.lines().count(), 1001);
    assert!(
        out.contains("more lines, not shown. Pipe it into grep"),
        "{out}"
    );
    assert!(
        run(&mut page, "iptables-save | wc -l")
            .trim()
            .parse::<usize>()
            .is_ok_and(|n| n > 1000)
    );
}

#[test]
fn without_a_cluster_it_says_so() {
    let mut page = Page::open("kind: [");
    page.act(Action::Open(Panel::Console));
    assert!(run(&mut page, "iptables -L").contains("There is no cluster yet"));
}

#[test]
fn lines_typed_ahead_are_run_in_turn() {
    let page = open();
    let type_ahead = |session: &Session, line: &str| {
        let (session, _) = player::update(session, Action::Console(Deed::Typed(line.into())));
        player::update(&session, Action::Console(Deed::Enter))
    };
    let (session, first) = type_ahead(&page.session, "hostname");
    let (session, second) = type_ahead(&session, "whoami");
    assert_eq!((first.len(), second.len()), (1, 0));
    let (lost, _) = player::update(&session, Action::Lost("it ended".into()));
    let out = &state(&lost).entries.last().expect("it is said").out[0].text;
    assert_eq!(out, "# Stopped before there was an answer.\n");
    assert!(!state(&lost).is_busy());
}
