//! Links go round, old ones stay readable, and what is none is said to be none.

use std::path::Path;

use link::{
    Companions, Error, Extent, LONGEST, Lesson, Link, MOST_TEXT, Mode, Place, Protocol, Then, View,
    Walk, What, decode, encode,
};
use proptest::prelude::*;

fn walk() -> Walk {
    Walk {
        text: "kind: Service\nmetadata:\n  name: web # ünïcode\n".into(),
        from: "pod/default/client".into(),
        to: "shop/web:80".into(),
        protocol: Protocol::Udp,
        extent: Extent::Whole,
        seed: u64::MAX,
        forced: vec![0, 7, (1 << 31) - 1],
        by_hand: vec![1],
        chosen: Some("10.42.1.7:8080".into()),
        then: vec![
            Then::Again,
            Then::Connect,
            Then::Wait(660_000),
            Then::Conntrack {
                node: "node1".into(),
                args: "-D -p udp".into(),
            },
        ],
        part: 3,
        step: 12,
        version: "v1.25".into(),
        companions: Companions::Hidden,
        plan: "k3s".into(),
        view: View::Rules {
            node: "node1".into(),
            table: "nat".into(),
            chain: Some("KUBE-SERVICES".into()),
        },
    }
}

#[track_caller]
fn round(link: Link) {
    let fragment = encode(&link);
    assert!(link::is_link(&fragment), "{fragment}");
    // RFC 3986, section 3.5: none of these needs an escape in a fragment.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_~=&".contains(c);
    assert!(fragment.chars().all(plain), "{fragment}");
    assert_eq!(decode(&fragment), Ok(link.clone()));
    assert_eq!(decode(&format!(" #{fragment}\n")), Ok(link));
}

#[test]
fn a_walk_goes_round() {
    round(Link::Walk(Mode::View, Box::new(walk())));
    round(Link::Walk(Mode::Edit, Box::default()));
}

#[test]
fn each_view_goes_round() {
    for (name, view) in View::NAMED {
        assert_eq!(view.name(), name);
        let walk = Walk { view, ..walk() };
        round(Link::Walk(Mode::View, Box::new(walk)));
    }
}

#[test]
fn lessons_go_round() {
    for what in [What::Lesson, What::Workshop] {
        for text in [
            Place::Site("the-first-packet".into()),
            Place::Carried("# A title\n".into()),
        ] {
            for (lesson, step) in [(None, None), (Some(2), Some(3)), (None, Some(1))] {
                let text = text.clone();
                round(Link::Lesson(Lesson {
                    what,
                    text,
                    lesson,
                    step,
                }));
            }
        }
    }
}

#[test]
fn what_is_no_link_is_refused() {
    let good = encode(&Link::Walk(Mode::View, Box::new(walk())));
    let half = &good[..good.len() / 2];
    let newer = {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(&good.as_bytes()[5..]);
        let mut bytes = bytes.expect("it is base64url");
        bytes[0] = 2;
        format!("view={}", data_encoding::BASE64URL_NOPAD.encode(&bytes))
    };
    for (fragment, error) in [
        ("", Error::NoLink),
        ("#", Error::NoLink),
        ("top", Error::NoLink),
        ("javascript:alert(1)", Error::NoLink),
        ("see=AXja", Error::NoLink),
        ("view=", Error::Damaged),
        ("view=A", Error::Damaged),
        ("view=AAAA", Error::Damaged),
        ("view=AQ", Error::Damaged),
        ("view=AXja", Error::Damaged),
        ("view=<script>", Error::Garbled),
        ("view=%41%58", Error::Garbled),
        (half, Error::Damaged),
        (&newer, Error::Newer),
        ("lesson=", Error::BadName),
        ("lesson=../index", Error::BadName),
        ("lesson=https://example.com/x", Error::BadName),
        ("lesson=//example.com", Error::BadName),
        ("lesson=a%2Fb", Error::BadName),
        ("lesson=nat&step=0", Error::Damaged),
        ("lesson=nat&step=-1", Error::Damaged),
        ("lesson=nat&step", Error::Damaged),
        ("lesson=~AQ", Error::Damaged),
    ] {
        assert_eq!(decode(fragment), Err(error), "{fragment}");
        assert!(error.words().0.ends_with('.') && error.words().1.ends_with('.'));
    }
    let long = format!("view={}", "A".repeat(LONGEST));
    assert_eq!(decode(&long), Err(Error::TooLong));
}

#[test]
fn a_name_of_a_later_page_is_passed_over() {
    let lesson = Link::Lesson(Lesson {
        what: What::Lesson,
        text: Place::Site("nat".into()),
        lesson: None,
        step: Some(4),
    });
    assert_eq!(decode("lesson=nat&hint=2&step=4"), Ok(lesson));
}

/// A payload of the newest form with these bytes in it.
fn packed(bytes: &[u8]) -> String {
    let mut all = vec![1];
    all.extend(miniz_oxide::deflate::compress_to_vec_zlib(bytes, 9));
    data_encoding::BASE64URL_NOPAD.encode(&all)
}

#[test]
fn ten_megabytes_of_zeros_are_refused() {
    let zeros = packed(&vec![0; 10 << 20]);
    assert!(zeros.len() < 20_000, "short enough to be sent");
    for form in ["view=", "edit=", "lesson=~", "workshop=~"] {
        assert_eq!(decode(&format!("{form}{zeros}")), Err(Error::TooBig));
    }
    let text = "a".repeat(MOST_TEXT + 1);
    let walk = Walk { text, ..walk() };
    let link = encode(&Link::Walk(Mode::View, Box::new(walk)));
    assert_eq!(decode(&link), Err(Error::TooBig));
}

#[test]
fn a_length_that_lies_allocates_nothing() {
    // A text that says it has 2^60 bytes.
    let lie = packed(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, b'a']);
    assert_eq!(decode(&format!("view={lie}")), Err(Error::Damaged));
    let more = packed(b"");
    assert_eq!(decode(&format!("view={more}")), Err(Error::Damaged));
}

#[test]
fn a_change_on_the_way_is_noticed() {
    let good = encode(&Link::Walk(Mode::View, Box::new(walk())));
    for at in 6..good.len() {
        let mut bad = good.clone().into_bytes();
        bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
        let bad = String::from_utf8(bad).expect("it is ASCII");
        // A few bits pad deflate's last byte and mean nothing.
        let same = decode(&bad) == decode(&good);
        assert!(decode(&bad).is_err() || same, "character {at}");
    }
}

/// With `UPDATE_LINKS` set, the links that this page makes are kept, each under a name that isn't taken.
#[test]
fn new_links_are_kept() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/links");
    if std::env::var_os("UPDATE_LINKS").is_none() {
        return;
    }
    let demo = std::fs::read_to_string(folder.join("../../www/demo.yaml")).expect("the demo");
    let shared = Walk {
        text: demo,
        from: "pod/shop/client".into(),
        to: "shop/web:8711".into(),
        seed: 7,
        step: 20,
        version: "v1.30".into(),
        ..Walk::default()
    };
    let lesson = |what, text, lesson, step| {
        Link::Lesson(Lesson {
            what,
            text,
            lesson,
            step,
        })
    };
    let carried = Place::Carried("# Where does a packet go?\n".into());
    let site = |name: &str| Place::Site(name.into());
    for (name, link) in [
        ("1-all", Link::Walk(Mode::View, Box::new(walk()))),
        ("1-demo", Link::Walk(Mode::Edit, Box::new(shared))),
        (
            "1-lesson",
            lesson(What::Lesson, site("the-draw"), None, Some(3)),
        ),
        ("1-carried", lesson(What::Lesson, carried, None, None)),
        (
            "1-workshop",
            lesson(What::Workshop, site("first-course"), Some(2), Some(5)),
        ),
    ] {
        let path = folder.join(format!("{name}.txt"));
        if !path.exists() {
            let text = format!("{}\n{link:#?}\n", encode(&link));
            std::fs::write(path, text).expect("it is kept");
        }
    }
}

/// Every link in this folder was made by a page that was out in the world, and has to be readable for
/// ever. The folder only grows.
#[test]
fn old_links_stay_readable() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/links");
    let mut seen = 0;
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    names.sort();
    for path in names {
        if path.extension().is_none_or(|end| end != "txt") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a text");
        let (fragment, meant) = text.split_once('\n').expect("a link and what it says");
        let link = decode(fragment).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        // A later page may know more of a link than was said then.
        let read = format!("{link:#?}");
        let mut rest = read.as_str();
        for line in meant.lines() {
            let at = rest.find(line);
            let at = at.unwrap_or_else(|| panic!("{}: {line}\n{read}", path.display()));
            rest = &rest[at + line.len()..];
        }
        seen += 1;
    }
    assert!(seen >= 4, "only {seen} links in {}", folder.display());
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC*", form in "(#?(view|edit|lesson|workshop)=~?)?") {
        let _ = decode(&text);
        let _ = decode(&format!("{form}{text}"));
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&format!("view={}", packed(&bytes)));
        let _ = decode(&format!("view={}", data_encoding::BASE64URL_NOPAD.encode(&bytes)));
    }

    #[test]
    fn any_walk_goes_round(
        text in "\\PC{0,200}", from in "\\PC{0,20}", to in "\\PC{0,20}", seed: u64,
        forced in prop::collection::vec(any::<u32>(), 0..8), step: u32, part: u32,
    ) {
        let walk = Walk { text, from, to, seed, forced, step, part, ..walk() };
        let link = Link::Walk(Mode::View, Box::new(walk));
        prop_assert_eq!(decode(&encode(&link)), Ok(link));
    }
}
