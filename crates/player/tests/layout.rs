//! The map as numbers: nothing lies over anything else, whatever the width and the cluster.

mod common;

use common::{Page, node_port, v6_node_port};
use player::Action;
use player::layout::{Map, Rect, Space, longest_label, map, mini, trail};

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

fn boxes(map: &Map) -> Vec<Rect> {
    let mut out: Vec<Rect> = map.nodes.iter().map(|n| n.rect).collect();
    out.extend(map.ghost);
    out.extend(map.hosts.iter().map(|h| h.rect));
    out
}

fn clusters() -> Vec<Page> {
    let mut outside = Page::open(node_port());
    outside.act(Action::From("outside".into()));
    outside.act(Action::To("node2:30080".into()));
    let mut v6 = Page::open(v6_node_port());
    v6.act(Action::From("outside".into()));
    v6.act(Action::To("worker-b:30080".into()));
    vec![Page::open(node_port()), outside, v6]
}

#[test]
fn nothing_overlaps_at_any_width() {
    for page in clusters() {
        let play = page.play();
        for width in (861..=2560).step_by(37) {
            for space in [Space::Full, Space::Banner, Space::Low] {
                let map = map(&play.scene, width, space, longest_label(play));
                let all = boxes(&map);
                for (i, a) in all.iter().enumerate() {
                    assert!(a.x + a.w <= f64::from(width), "{width}: {a:?}");
                    assert!(a.y + a.h <= map.wire, "{width}: {a:?}");
                    for b in &all[i + 1..] {
                        assert!(!overlap(a, b), "{width}: {a:?} {b:?}");
                    }
                }
                for node in &map.nodes {
                    for (i, pod) in node.pods.iter().enumerate() {
                        assert!(pod.rect.x + pod.rect.w <= node.rect.x + node.rect.w);
                        assert!(!overlap(&pod.rect, &node.kernel));
                        for other in &node.pods[i + 1..] {
                            assert!(!overlap(&pod.rect, &other.rect), "{width}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_packet_is_on_the_map_at_every_moment_that_is_somewhere() {
    for page in clusters() {
        let play = page.play();
        for width in [900, 1400, 2560] {
            let map = map(&play.scene, width, Space::Full, longest_label(play));
            for (i, frame) in play.frames.iter().enumerate() {
                let trail = trail(&map, play, i);
                let shown = frame
                    .ns
                    .as_ref()
                    .is_some_and(|ns| map.nodes.iter().any(|n| n.node.ns == *ns));
                if shown {
                    let (x, y) = trail.token.expect("a token");
                    assert!(
                        x >= 0.0 && x + map.token.0 <= f64::from(width),
                        "{width} {i}"
                    );
                    assert!(y >= 0.0 && y + map.token.1 <= map.size.1, "{width} {i}");
                }
            }
        }
    }
}

#[test]
fn a_way_only_grows_while_one_packet_travels() {
    for page in clusters() {
        let play = page.play();
        let map = map(&play.scene, 1400, Space::Full, longest_label(play));
        for i in 1..play.frames.len() {
            if play.frames[i].packet == play.frames[i - 1].packet {
                let (before, after) = (trail(&map, play, i - 1).now, trail(&map, play, i).now);
                assert!(after.starts_with(&before), "{i}");
            }
        }
    }
}

#[test]
fn a_phone_shows_the_nodes_that_matter() {
    for page in clusters() {
        let play = page.play();
        for width in [320, 360, 390, 640, 860] {
            for cursor in 0..play.frames.len() {
                let mini = mini(&play.scene, width, play, cursor);
                assert!(!mini.boxes.is_empty());
                for place in &mini.boxes {
                    assert!(
                        place.rect.x + place.rect.w <= f64::from(width) - 15.0,
                        "{width}"
                    );
                }
            }
        }
    }
}
