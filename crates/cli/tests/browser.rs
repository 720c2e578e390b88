//! What the page's rules browser hands out is what the command prints.

mod support;

use lab::TableName;
use player::late::browser::{Deed, Take};
use player::late::rules::{Opt, View};
use player::session::Panel;
use player::{Action, Engine, LabEngine, Session, update};

use support::{DEMO, out, root, run};

/// What is copied on the page that shows the demo, before anything was sent.
fn copied(view: View, chain: Option<&str>, options: &[Opt]) -> String {
    let text = std::fs::read_to_string(root().join(DEMO)).expect("the demo is there");
    let (mut session, mut requests) = Session::new(text.into());
    let mut engine = LabEngine::default();
    let mut actions = vec![
        Action::Home,
        Action::Open(Panel::Rules {
            node: "pi-w1".into(),
            table: TableName::Nat,
            chain: chain.map(str::to_owned),
        }),
        Action::Rules(Deed::View(view)),
    ];
    actions.extend(
        options
            .iter()
            .map(|option| Action::Rules(Deed::Option(*option))),
    );
    actions.push(Action::Rules(Deed::Take(Take::Copy)));
    actions.reverse();
    loop {
        while let Some(request) = requests.pop() {
            let answered = Action::Answered(engine.answer(request).into());
            let (next, more) = update(&session, answered);
            session = next;
            requests.extend(more);
        }
        let Some(action) = actions.pop() else { break };
        (session, requests) = update(&session, action);
    }
    let browser = session.browser.expect("it is open");
    browser.taken.expect("it was copied").text.clone()
}

fn printed(more: &[&str]) -> String {
    let mut arguments = vec!["rules", DEMO, "--node", "pi-w1"];
    // The page shows what a node really has.
    if !more.contains(&"restore") {
        arguments.extend(
            ["kubelet", "canary", "plugin"]
                .iter()
                .flat_map(|who| ["--with", who]),
        );
    }
    arguments.extend(more);
    out(&run(&arguments))
}

#[test]
fn a_list_of_a_chain() {
    let options = [
        "--as",
        "list",
        "-t",
        "nat",
        "--chain",
        "KUBE-SERVICES",
        "-n",
        "-v",
        "--line-numbers",
    ];
    assert_eq!(
        copied(View::List, Some("KUBE-SERVICES"), &[]),
        printed(&options)
    );
}

#[test]
fn a_list_of_a_table_with_and_without_each_option() {
    let all = ["-n", "-v", "--line-numbers"];
    let each = [Opt::Numeric, Opt::Verbose, Opt::Numbers];
    for (left_out, option) in each.into_iter().enumerate() {
        let mut options = vec!["--as", "list", "-t", "nat"];
        let kept = all.iter().enumerate().filter(|(i, _)| *i != left_out);
        options.extend(kept.map(|(_, option)| *option));
        assert_eq!(copied(View::List, None, &[option]), printed(&options));
    }
}

#[test]
fn the_other_forms() {
    for (view, options) in [
        (View::Spec, &["--as", "spec", "-t", "nat", "-v"][..]),
        (View::Save, &["--as", "save", "-t", "nat", "-c"]),
        (View::Rules, &["--as", "spec", "-t", "nat"]),
        (View::Restore, &["--as", "restore"]),
    ] {
        assert_eq!(copied(view, None, &[]), printed(options), "{}", view.name());
    }
}
