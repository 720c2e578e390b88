//! The line: every moment has its place, nothing stands outside, the number of marks is bounded, and what is
//! put back stands where it was written.

mod common;

use common::{Page, node_port};
use player::late::line::{Anchor, Extent, Form, Line, Shape, lay, twin};
use player::{Action, Kind, Play};

const SIZES: [(u32, u32); 4] = [(1048, 448), (1440, 640), (640, 300), (320, 280)];

fn demo() -> Page {
    Page::open(include_str!("../../../www/demo.yaml"))
}

fn to(text: &str, from: &str, to: &str) -> Page {
    let mut page = Page::open(text);
    if !from.is_empty() {
        page.act(Action::From(from.into()));
    }
    let to = page.destination(to);
    page.act(Action::To(to));
    page
}

fn three_nodes() -> Page {
    to(
        include_str!("../../../tests/e2e/ipv6-nodeport.yaml"),
        "outside",
        "web, worker-c:30080",
    )
}

fn refused() -> Page {
    to(node_port(), "", "empty")
}

/// A Service whose only pod asks itself.
fn hairpin() -> Page {
    let mut page = Page::open(
        "
apiVersion: v1
kind: Pod
metadata: {name: alone, namespace: shop, labels: {app: alone}}
spec:
  containers: [{name: c, image: x, ports: [{containerPort: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: alone, namespace: shop}
spec:
  selector: {app: alone}
  ports: [{port: 80}]
",
    );
    page.act(Action::From("pod/shop/alone".into()));
    page
}

/// externalTrafficPolicy: Local, asked at a node without an endpoint.
fn dropped() -> Page {
    let text = include_str!("../../../tests/e2e/ipv6-nodeport.yaml").replace(
        "type: NodePort",
        "type: NodePort\n  externalTrafficPolicy: Local",
    );
    to(&text, "outside", "web, worker-c:30080")
}

/// So many Services, and the last of them is asked.
fn many_services(count: usize) -> Page {
    let mut text = node_port().to_owned();
    for i in 0..count {
        text += &format!(
            "\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{i:04}, namespace: shop}}\nspec:\n  selector: {{app: web}}\n  ports: [{{port: 80}}]\n"
        );
    }
    to(&text, "", &format!("s{:04}", count - 1))
}

fn text_box(shape: &Shape) -> Option<(f64, f64, f64, f64)> {
    let Form::Text {
        at,
        anchor,
        words,
        turn: 0,
    } = &shape.form
    else {
        return None;
    };
    let width = words.chars().count() as f64 * 5.6;
    let left = match anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => width / 2.0,
        Anchor::End => width,
    };
    Some((at.0 - left, at.1 - 8.0, width, 9.0))
}

fn is_on_the_line(play: &Play, frame: usize) -> bool {
    !matches!(
        play.frame(frame).kind,
        Kind::Ending | Kind::Failed | Kind::Waited | Kind::Kept | Kind::Forgotten | Kind::Lookup
    )
}

fn holds(line: &Line, play: &Play, cursor: usize) {
    let said = format!("at {cursor} of {}, {:?}", play.frames.len(), line.size);
    for i in (0..play.frames.len()).filter(|i| is_on_the_line(play, *i)) {
        assert!(
            line.stops.iter().any(|s| s.frame == i),
            "{said}: {i} has a place"
        );
    }
    for stop in &line.stops {
        let (x, y) = stop.at;
        assert!(
            x >= 0.0 && x <= line.size.0 && y >= 0.0 && y <= line.size.1,
            "{said}: {stop:?}"
        );
        let found = line.nearest(stop.at).expect("a press on a stop means one");
        let same = line
            .stops
            .iter()
            .any(|s| s.frame == found && s.at == stop.at);
        assert!(same, "{said}: a press on {stop:?} means {found}");
    }
    assert!(
        line.shapes.len() <= 600,
        "{said}: {} marks",
        line.shapes.len()
    );
    let boxes: Vec<_> = line.shapes.iter().filter_map(text_box).collect();
    for (i, a) in boxes.iter().enumerate() {
        assert!(
            a.0 >= -1.0 && a.0 + a.2 <= line.size.0 + 1.0,
            "{said}: {a:?} is outside"
        );
        for b in &boxes[i + 1..] {
            let apart =
                a.0 + a.2 <= b.0 || b.0 + b.2 <= a.0 || a.1 + a.3 <= b.1 || b.1 + b.3 <= a.1;
            assert!(apart, "{said}: words over words, {a:?} and {b:?}");
        }
    }
    for shape in &line.shapes {
        if let Form::Path(d) = &shape.form {
            assert!(!d.contains("NaN") && !d.contains("inf"), "{said}: {d}");
        }
    }
}

#[track_caller]
fn check(page: &Page) {
    let play = page.play();
    for (k, size) in SIZES.into_iter().enumerate() {
        // Every moment at the usual size, and some of them at each other.
        for cursor in (k..play.frames.len()).step_by(1 + 12 * k.min(1)) {
            holds(&lay(play, cursor, size, Extent::Whole), play, cursor);
        }
    }
}

fn words(line: &Line) -> Vec<&str> {
    let said = line.shapes.iter().filter_map(|s| match &s.form {
        Form::Text { words, .. } => Some(words.as_str()),
        _ => None,
    });
    said.collect()
}

fn kind_at(page: &Page, kind: Kind) -> usize {
    let found = page.kinds().iter().position(|k| *k == kind);
    found.unwrap_or_else(|| panic!("{kind:?} among {:?}", page.kinds()))
}

fn place_of(line: &Line, frame: usize) -> (f64, f64) {
    let stop = line.stops.iter().rfind(|s| s.frame == frame);
    stop.expect("it has a place").at
}

#[test]
fn the_demo() {
    check(&demo());
}

#[test]
fn ipv6_over_three_nodes() {
    check(&three_nodes());
}

#[test]
fn a_refusal() {
    let page = refused();
    check(&page);
    let at = kind_at(&page, Kind::Reject);
    let line = lay(page.play(), at, SIZES[0], Extent::Whole);
    assert!(words(&line).contains(&"refused here"), "{:?}", words(&line));
}

#[test]
fn a_drop() {
    let page = dropped();
    check(&page);
    let at = kind_at(&page, Kind::Drop);
    let line = lay(page.play(), at, SIZES[0], Extent::Whole);
    assert!(words(&line).contains(&"dropped here"), "{:?}", words(&line));
}

#[test]
fn a_hairpin_returns_to_its_own_pod() {
    let page = hairpin();
    check(&page);
    let line = lay(page.play(), 0, SIZES[1], Extent::Whole);
    assert!(
        words(&line).iter().any(|w| w.ends_with("the same pod")),
        "{:?}",
        words(&line)
    );
}

#[test]
fn a_node_asks_by_itself() {
    check(&to(node_port(), "node/node1", "web"));
}

#[test]
fn a_long_conversation_stays_bounded() {
    let mut page = demo();
    for _ in 0..3 {
        page.act(Action::Then(player::conversation::Step::Again));
    }
    check(&page);
}

#[test]
fn hundreds_of_rules_are_folded() {
    let page = many_services(200);
    let play = page.play();
    let long = play.frames.iter().filter(|f| f.kind == Kind::Pass).count();
    assert!(
        long > 150,
        "the last of many Services is found late: {long}"
    );
    for cursor in [
        0,
        kind_at(&page, Kind::Jump),
        kind_at(&page, Kind::Pass) + 90,
        kind_at(&page, Kind::Dnat),
    ] {
        holds(&lay(play, cursor, SIZES[0], Extent::Whole), play, cursor);
    }
    let line = lay(play, kind_at(&page, Kind::Dnat), SIZES[0], Extent::Whole);
    assert!(
        words(&line).iter().any(|w| w.contains(" to #")),
        "{:?}",
        words(&line)
    );
}

#[test]
fn what_is_put_back_stands_where_it_was_written() {
    let page = demo();
    let line = lay(
        page.play(),
        kind_at(&page, Kind::UndoDnat),
        SIZES[0],
        Extent::Whole,
    );
    // The sign is beside the stop of its rule.
    let written = place_of(&line, kind_at(&page, Kind::Dnat)).0;
    let back = place_of(&line, kind_at(&page, Kind::UndoDnat)).0;
    assert!((written + 20.0 - back).abs() < 1.0, "{written} and {back}");
}

#[test]
fn a_request_runs_right_and_its_reply_left() {
    let page = demo();
    let line = lay(page.play(), 0, SIZES[0], Extent::Whole);
    let moves: Vec<usize> = (0..page.play().frames.len())
        .filter(|i| page.play().frame(*i).kind == Kind::Moved)
        .collect();
    let x: Vec<f64> = moves.iter().map(|i| place_of(&line, *i).0).collect();
    assert!(x[0] < x[1] && x[1] < x[2], "{x:?}");
    assert!(x[3] > x[4] && x[4] > x[5], "{x:?}");
}

#[test]
fn whoever_guesses_sees_no_more_than_has_happened() {
    let page = demo();
    let before = kind_at(&page, Kind::Miss) - 1;
    let line = lay(page.play(), before, SIZES[0], Extent::SoFar);
    assert!(line.stops.iter().all(|s| s.frame <= before));
    let said = words(&line).join(" ");
    assert!(
        !said.contains("drew") && !said.contains("10.42.2.22"),
        "{said}"
    );
}

#[test]
fn a_press_beside_everything_means_nothing() {
    let page = demo();
    let line = lay(page.play(), 0, SIZES[0], Extent::Whole);
    assert_eq!(line.nearest((line.size.0 / 2.0, 5.0)), None);
}

#[test]
fn the_twin_tells_every_moment_once_and_in_order() {
    for page in [demo(), three_nodes(), refused(), dropped(), hairpin()] {
        let passages = twin(page.play());
        let mut next = 0;
        for passage in &passages {
            assert_eq!(passage.frames.0, next, "{passage:?}");
            next = passage.frames.1 + 1;
        }
        assert_eq!(next, page.play().frames.len());
    }
}

#[test]
fn the_twin_says_what_happened() {
    let page = demo();
    let said: Vec<String> = twin(page.play())
        .into_iter()
        .map(|p| format!("{}: {}", p.place, p.what))
        .collect();
    assert!(
        said.contains(
            &"pi-w1, PREROUTING: 7 rules tried, 2 draws, destination 10.43.169.48:8711 becomes 10.42.2.22:8080"
                .to_owned()
        ),
        "{said:#?}"
    );
}
