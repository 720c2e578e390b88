//! The cluster map: nodes, pods, clients, the wire between them, and the packet on its way.

use fabric::Ns;
use player::layout::{self, Map, PlacedNode, PlacedPod, Point, Rect, Space, Trail};
use player::{Kind, Play, Shared};
use yew::prelude::*;

use super::glyph::{n, shape, tone};
use super::mini_map::mini_map;
use crate::browser;

/// What the map shows.
#[derive(PartialEq, Properties)]
pub struct MapProps {
    /// The walk.
    pub play: Option<Shared<Play>>,
    /// The moment.
    pub cursor: usize,
    /// The room it has.
    pub width: u32,
    /// Whether the page is a phone's.
    pub phone: bool,
    /// How much height it has.
    pub space: Space,
    /// Where the first error stands, while the text is not the one on screen.
    pub stale: Option<(usize, usize)>,
}

/// The cluster map.
#[component]
pub fn ClusterMap(props: &MapProps) -> Html {
    let token = use_node_ref();
    let map = use_memo(
        (props.play.clone(), props.width, props.space),
        |(play, width, space)| {
            play.as_ref()
                .map(|play| layout::map(&play.scene, *width, *space, layout::longest_label(play)))
        },
    );
    let trail = match (&props.play, &*map) {
        (Some(play), Some(map)) => layout::trail(map, play, props.cursor),
        _ => Trail::default(),
    };
    {
        let (token, at) = (token.clone(), trail.token);
        use_effect_with(
            (at.map(|(x, y)| (x as i32, y as i32)), props.phone),
            move |_| {
                if let (Some((x, y)), Some(element)) = (at, token.cast()) {
                    browser::place(&element, x, y);
                }
            },
        );
    }
    let said = props
        .play
        .as_ref()
        .map(|play| play.frame(props.cursor).caption.text());
    let name = format!("Cluster map. {}", said.unwrap_or_default());
    html! {
        <section class="map" aria-label="Cluster map">
            if let Some((line, column)) = props.stale {
                <p class="stale" role="alert">
                    <b>{ "Last good cluster." }</b>
                    <span>{ format!("The text is wrong at line {line}, column {column}, so it is not applied: this is the cluster before it.") }</span>
                </p>
            }
            if let (Some(play), Some(map)) = (&props.play, &*map) {
                if props.phone {
                    { mini_map(play, props.cursor, props.width, name) }
                } else {
                    <svg width={n(map.size.0)} height={n(map.size.1)} role="img" aria-label={name}>
                        { wires(map) }
                        { ghost(map, play) }
                        for host in &map.hosts {
                            { box_of(host.rect, "box") }
                            <text class="name" x={n(host.rect.x + 12.0)} y={n(host.rect.y + 25.0)}>{ &host.host.name }</text>
                            <text class="mono faint" text-anchor="end" x={n(host.rect.x + host.rect.w - 12.0)} y={n(host.rect.y + 25.0)}>{ &host.host.addr }</text>
                        }
                        for node in &map.nodes {
                            { node_of(node, &Now::of(play, props.cursor), map.token.0) }
                        }
                        { more_nodes(map) }
                        { way(&trail) }
                        { token_of(map, play, props.cursor, &trail, token) }
                    </svg>
                }
            }
        </section>
    }
}

fn box_of(rect: Rect, class: &'static str) -> Html {
    html! {
        <rect {class} x={n(rect.x + 0.5)} y={n(rect.y + 0.5)} width={n(rect.w - 1.0)} height={n(rect.h)} rx="4" />
    }
}

fn wires(map: &Map) -> Html {
    let mut xs: Vec<(f64, f64)> = map
        .nodes
        .iter()
        .map(|p| (p.rect.mid(), p.rect.bottom()))
        .collect();
    xs.extend(map.hosts.last().map(|h| (h.rect.mid(), h.rect.bottom())));
    let left = xs.iter().map(|x| x.0).fold(f64::INFINITY, f64::min);
    if !left.is_finite() {
        return Html::default();
    }
    html! {
        <>
            <path class="wire" d={format!("M{} {}H{}", left, map.wire, map.size.0 - 16.0)} />
            for (x, y) in xs {
                <path class="wire" d={format!("M{x} {y}V{}", map.wire)} />
            }
            <text class="faint small" text-anchor="end" x={n(map.size.0 - 16.0)} y={n(map.wire + 13.0)}>{ "wire" }</text>
        </>
    }
}

fn ghost(map: &Map, play: &Play) -> Html {
    let (Some(rect), Some(ghost)) = (map.ghost, &play.scene.ghost) else {
        return Html::default();
    };
    let letters = ((rect.w - 24.0) / 7.25) as usize;
    html! {
        <>
            { box_of(rect, "ghost") }
            <text class="name" x={n(rect.x + 12.0)} y={n(rect.y + 20.0)}>{ player::text::elide(&ghost.name, letters) }</text>
            <text class="mono second" x={n(rect.x + 12.0)} y={n(rect.y + 38.0)}>{ player::text::elide(&ghost.addr, letters) }</text>
            <text class="small faint" x={n(rect.x + 12.0)} y={n(rect.y + 55.0)}>
                {
                    match (rect.h < 60.0, rect.w < 230.0) {
                        (true, _) => "",
                        (_, true) => "Service: only in rules",
                        _ => "Service: on no interface, only in rules",
                    }
                }
            </text>
        </>
    }
}

fn node_of(placed: &PlacedNode, now: &Now<'_>, token: f64) -> Html {
    let rect = placed.rect;
    let here = now.here == Some(&placed.node.ns);
    let tracked = now.tracked.contains(&&placed.node.ns);
    let kernel = placed.kernel;
    html! {
        <>
            { box_of(rect, if here { "node here" } else { "node" }) }
            <text class="name" x={n(rect.x + 12.0)} y={n(rect.y + 19.0)}>{ &placed.label }</text>
            <text class="mono small faint" text-anchor="end" x={n(rect.x + rect.w - 12.0)} y={n(rect.y + 19.0)}>{ &placed.node.addr }</text>
            <rect class="kernel" x={n(kernel.x)} y={n(kernel.y)} width={n(kernel.w)} height={n(kernel.h)} rx="3" />
            <text class="small faint" x={n(kernel.x + 8.0)} y={n(kernel.y + 18.0)}>{ "kernel" }</text>
            if tracked && (!here || kernel.w - token > 70.0) {
                <text class="small faint" x={n(kernel.x + 8.0)} y={n(kernel.y + 34.0)}>{ "conntrack" }</text>
            }
            if placed.more > 0 {
                <text class="small faint" text-anchor="end" x={n(rect.x + rect.w - 12.0)} y={n(kernel.y - 2.0)}>
                    { format!("and {} more", player::text::count(placed.more, "pod", "pods")) }
                </text>
            }
            for pod in &placed.pods {
                { pod_of(pod, now) }
            }
            <rect class="port" x={n(rect.mid() - 4.0)} y={n(rect.bottom() - 3.0)} width="8" height="8" />
        </>
    }
}

fn pod_of(placed: &PlacedPod, now: &Now<'_>) -> Html {
    let rect = placed.rect;
    let kind = now
        .choices
        .iter()
        .rev()
        .find(|(addr, _)| *addr == placed.pod.addr);
    let (word, kind) = match kind.map(|(_, kind)| *kind).filter(|_| placed.pod.endpoint) {
        Some(Kind::Miss) => ("missed", Some(Kind::Miss)),
        Some(_) => ("picked", Some(Kind::Hit)),
        None if placed.pod.endpoint && !placed.pod.ready => ("unready", None),
        None => ("", None),
    };
    let picked = kind == Some(Kind::Hit);
    let class = match picked {
        true => "pod picked",
        false if !placed.pod.ready => "pod unready",
        false => "pod",
    };
    html! {
        <>
            <rect {class} x={n(rect.x + 0.5)} y={n(rect.y + 0.5)} width={n(rect.w - 1.0)} height={n(rect.h)} rx="3" />
            <text class="name" x={n(rect.x + 8.0)} y={n(rect.y + 17.0)}>{ &placed.label }</text>
            <text class="mono small second" x={n(rect.x + 8.0)} y={n(rect.y + 33.0)}>{ &placed.addr }</text>
            if let (Some(kind), true) = (kind, placed.narrow()) {
                <g class={tone(kind)}>{ shape(kind.glyph(), rect.x + rect.w - 12.0, rect.y + 12.0, 4.0) }</g>
            } else {
                <text class={if picked { "small chosen" } else { "small faint" }} text-anchor="end" x={n(rect.x + rect.w - 8.0)} y={n(rect.y + 17.0)}>{ word }</text>
            }
        </>
    }
}

/// What the moment says of namespaces and pods, worked out once.
struct Now<'a> {
    here: Option<&'a Ns>,
    tracked: Vec<&'a Ns>,
    /// Every draw so far by the address that it was about, and the jump that took what was left.
    choices: Vec<(&'a str, Kind)>,
}

impl<'a> Now<'a> {
    fn of(play: &'a Play, cursor: usize) -> Now<'a> {
        let about = |frame: &'a player::Frame| {
            let socket = play.rule(frame.at?)?.leads_to.as_deref()?;
            let host = socket.rsplit_once(':').map_or(socket, |(host, _)| host);
            Some((host.trim_matches(['[', ']']), frame.kind))
        };
        Now {
            here: play.frame(cursor).ns.as_ref(),
            tracked: play.connections(cursor).iter().map(|c| &c.ns).collect(),
            choices: play
                .frames
                .iter()
                .take(cursor + 1)
                .filter(|f| matches!(f.kind, Kind::Hit | Kind::Miss | Kind::Jump))
                .filter_map(about)
                .collect(),
        }
    }
}

fn more_nodes(map: &Map) -> Html {
    let Some(last) = map.nodes.last().filter(|_| map.more > 0) else {
        return Html::default();
    };
    let x = last.rect.x + last.rect.w + 24.0;
    html! {
        <>
            <text class="faint" x={n(x)} y={n(last.rect.y + 60.0)}>{ format!("and {}", map.more) }</text>
            <text class="faint" x={n(x)} y={n(last.rect.y + 76.0)}>{ if map.more == 1 { "more node" } else { "more nodes" } }</text>
        </>
    }
}

fn line_of(points: &[Point]) -> String {
    let mut d = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        d.push(if i == 0 { 'M' } else { 'L' });
        d.push_str(&format!("{x:.1} {y:.1}"));
    }
    d
}

fn way(trail: &Trail) -> Html {
    html! {
        <>
            for past in &trail.past {
                <path class="way past" d={line_of(past)} />
            }
            if trail.now.len() > 1 {
                <path class={if trail.reply { "way reply" } else { "way" }} d={line_of(&trail.now)} />
            }
        </>
    }
}

fn token_of(map: &Map, play: &Play, cursor: usize, trail: &Trail, node: NodeRef) -> Html {
    let frame = play.frame(cursor);
    let Some((x, y)) = trail.token else {
        return Html::default();
    };
    let (w, h) = map.token;
    let (src, dst) = changed(play, cursor);
    html! {
        <g class="token" ref={node} transform={format!("translate({x:.1} {y:.1})")}>
            <rect width={n(w)} height={n(h)} rx="3" />
            <circle cx="13" cy="20" r="5" />
            <text class={classes!("mono", src)} text-anchor="end" x={n(w - 10.0)} y="16">{ &frame.header.src }</text>
            <text class={classes!("mono", dst)} text-anchor="end" x={n(w - 10.0)} y="32">
                <tspan class="faint">{ "→ " }</tspan>
                { &frame.header.dst }
            </text>
        </g>
    }
}

/// The classes of an address that this moment changed: source, destination.
pub(super) fn changed(play: &Play, cursor: usize) -> (Option<String>, Option<String>) {
    let frame = play.frame(cursor);
    let class = || Some(format!("new {}", super::glyph::tone(frame.kind)));
    match &frame.before {
        Some((src, dst)) => (
            (*src != frame.header.src).then(class).flatten(),
            (*dst != frame.header.dst).then(class).flatten(),
        ),
        None => (None, None),
    }
}
