//! What crosses the boundary to the core arrives as it left, and nothing else is taken for it.

mod common;

use std::collections::BTreeMap;

use common::Page;
use lab::{IpFamily, Severity, TableName};
use netfilter::Hook;
use player::conversation::{Step, Talk};
use player::engine::{Outcome, Work};
use player::late::{Ask, Reply, rules};
use player::wire::{self, Plain};
use player::{Action, Answer, Progress, Request, Said};
use proptest::prelude::*;

#[track_caller]
fn crosses(answer: Answer) {
    let said = Said::Answer(answer);
    let bytes = wire::encode(&said);
    let back: Said = wire::decode(&bytes).expect("it can be read");
    // Debug prints every field, so nothing is lost on the way.
    assert_eq!(format!("{back:?}"), format!("{said:?}"));
    if let Said::Answer(Answer {
        what: Outcome::Late(_, bytes),
        ..
    }) = back
    {
        let reply: Reply = wire::decode(&bytes).expect("it can be read");
        assert_eq!(wire::encode(&reply), bytes);
    }
}

fn requests(text: &str, asks: &[(&str, &str)]) -> Vec<Request> {
    let load = Work::Load {
        text: text.into(),
        good: Some("kind: List".into()),
        question: Default::default(),
        chosen: None,
        seed: 3,
        talk: Default::default(),
        settings: Default::default(),
    };
    let send = asks.iter().map(|(from, to)| Work::Send {
        question: player::probe::Question {
            from: (*from).into(),
            to: (*to).into(),
            ..Default::default()
        },
        seed: u64::MAX,
        forced: vec![0, (1 << 31) - 1],
        talk: Talk {
            steps: vec![Step::Connect, Step::Wait(u64::MAX)],
            shown: 1,
        },
    });
    let rules = Ask::Rules(Box::new(rules::Ask {
        node: "a".into(),
        family: IpFamily::Ipv6,
        table: TableName::Nat,
        chain: Some("KUBE-SERVICES".into()),
        view: rules::View::Rules,
        switches: Default::default(),
        search: "shop".into(),
        show: rules::Show::Tried,
        amount: rules::Amount::Page,
        from: 1,
        index_from: 2,
        counted: Default::default(),
    }));
    let question = player::probe::Question {
        from: "outside".into(),
        to: "node1:30080".into(),
        ..Default::default()
    };
    let odds = Ask::Odds {
        question: question.clone(),
        seed: 1,
        talk: Default::default(),
        earlier: vec![],
    };
    let offers = Ask::Offers {
        question: question.clone(),
    };
    let edit = Ask::Edit {
        question: question.clone(),
        id: "scale 9".into(),
    };
    let compare = Ask::Compare {
        text: "".into(),
        settings: Default::default(),
        question: question.clone(),
        seed: 1,
        walked: vec!["node1".into()],
    };
    let many = Ask::Many {
        question,
        seed: 1,
        wanted: 500,
        made: 0,
    };
    let all = std::iter::once(load)
        .chain(send)
        .chain([rules, odds, many, offers, edit, compare].map(Work::from));
    (1..)
        .zip(all)
        .map(|(number, what)| Request { number, what })
        .collect()
}

#[test]
fn requests_arrive_as_they_left() {
    let mut page = Page::open(common::node_port());
    page.act(Action::Edited("kind: [".into()));
    for request in requests("kind: List\n# ä\u{0}\n", &[("outside", "10.0.0.1:80")]) {
        let back: Request = wire::decode(&wire::encode(&request)).expect("it can be read");
        assert_eq!(back, request);
    }
}

#[test]
fn answers_arrive_as_they_left() {
    for text in [common::node_port(), "", "kind: [", "\u{0}"] {
        let mut page = Page::open(text);
        let asks = [
            ("outside", "node1:30080"),
            ("node/node1", "10.43.0.10:80"),
            ("nobody", "nowhere"),
        ];
        for request in requests(text, &asks) {
            crosses(page.answer(&request));
        }
    }
}

#[test]
fn what_a_lower_room_lists_crosses_whole() {
    fn same<T: Plain + PartialEq + std::fmt::Debug>(all: &[T]) {
        for value in all {
            assert_eq!(T::unpack(value.pack()).as_ref(), Some(value));
        }
    }
    same(&[IpFamily::Ipv4, IpFamily::Ipv6]);
    same(&[Severity::Error, Severity::Warning, Severity::Remark]);
    same(&[
        Hook::Prerouting,
        Hook::Input,
        Hook::Forward,
        Hook::Output,
        Hook::Postrouting,
    ]);
    same(&[
        TableName::Raw,
        TableName::Mangle,
        TableName::Nat,
        TableName::Filter,
        TableName::Security,
    ]);
}

#[test]
fn an_answer_is_the_same_bytes_each_time() {
    let bytes = || {
        let mut page = Page::open("");
        let request = &requests(common::node_port(), &[])[0];
        wire::encode(&page.answer(request))
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn fingerprints_are_those_of_the_standard() {
    // RFC 9923's test vectors for 64 bits.
    let known = BTreeMap::from([
        ("", 0xcbf2_9ce4_8422_2325),
        ("a", 0xaf63_dc4c_8601_ec8c),
        ("foobar", 0x8594_4171_f739_67e8),
    ]);
    for (text, print) in known {
        assert_eq!(wire::fingerprint(text.as_bytes()), print);
    }
}

#[test]
fn a_long_request_tells_how_far_it_is() {
    use player::Engine;
    let mut told: Vec<Progress> = Vec::new();
    let mut engine = player::LabEngine::default();
    let request = requests(common::node_port(), &[]).remove(0);
    let answer = engine.answer_telling(request, &mut |progress| told.push(progress));
    assert!(matches!(answer.what, Outcome::Loaded { good: Some(_), .. }));
    let counted: Vec<_> = told.iter().filter_map(|p| p.part).collect();
    let nodes = counted.len() as u64;
    assert!(nodes >= 3);
    assert_eq!(counted, (0..nodes).map(|n| (n, nodes)).collect::<Vec<_>>());
    assert!(told.iter().all(|p| !p.stage.is_empty()));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = wire::decode::<Said>(&bytes);
        let _ = wire::decode::<Request>(&bytes);
    }
}
