//! The cluster map: nodes, pods, clients, the wire between them, and the packet on its way.

use fabric::Ns;
use player::engine::Loaded;
use player::layout::{self, Map, PlacedHost, PlacedNode, PlacedPod, Rect, Space, Trail};
use player::probe::Question;
use player::text::{count, elide};
use player::{Kind, Play, Shared};
use yew::prelude::*;

use super::draw::{circle, n, polyline, rect, text, text_to};
use super::glyph::{shape, tone};
use super::mini_map::mini_map;
use super::spots::Spots;
use crate::{Dispatch, browser};

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
    /// Who sends to whom.
    pub question: Question,
    /// Who can.
    #[prop_or_default]
    pub loaded: Option<Shared<Loaded>>,
    /// Hands actions up.
    pub dispatch: Dispatch,
    /// Where the first error stands, while the text is not the one on screen.
    #[prop_or_default]
    pub stale: Option<(usize, usize)>,
}

/// The cluster map.
#[component]
pub fn ClusterMap(props: &MapProps) -> Html {
    let token = use_node_ref();
    let scroller = use_node_ref();
    let view = use_state(|| View::Path);
    let whole = match (&*view, &props.play) {
        (View::Whole(_), Some(play)) if !props.phone => {
            let width = layout::whole_width(&play.scene, layout::longest_label(play));
            Some(width.max(props.width))
        }
        _ => None,
    };
    let width = whole.unwrap_or(props.width);
    let map = use_memo(
        (props.play.clone(), width, props.space),
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
    {
        let (scroller, at, zoom) = (scroller.clone(), trail.token, view.percent());
        use_effect_with((at.map(|(x, _)| x as i32), zoom), move |_| {
            if let (Some((x, y)), Some(element)) = (at, scroller.cast()) {
                let scale = f64::from(zoom) / 100.0;
                browser::keep_in_view(&element, ((x + 90.0) * scale, y * scale));
            }
        });
    }
    let said = props
        .play
        .as_ref()
        .map(|play| play.frame(props.cursor).caption.text());
    let name = format!("Cluster map. {}", said.unwrap_or_default());
    let onwheel = {
        let (scroller, view) = (scroller.clone(), view.clone());
        Callback::from(move |event: WheelEvent| match event.ctrl_key() {
            true => {
                event.prevent_default();
                view.set(view.zoomed(if event.delta_y() < 0.0 { 1 } else { -1 }));
            }
            false => browser::pan(&scroller, event.delta_y()),
        })
    };
    let onpointermove = {
        let scroller = scroller.clone();
        Callback::from(move |event: PointerEvent| {
            // A finger scrolls by itself.
            if event.buttons() & 1 != 0 && event.pointer_type() == "mouse" {
                browser::pan(&scroller, -f64::from(event.movement_x()));
            }
        })
    };
    let onkeydown = {
        let (scroller, view) = (scroller.clone(), view.clone());
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "+" | "=" => view.set(view.zoomed(1)),
                "-" => view.set(view.zoomed(-1)),
                "ArrowLeft" if browser::is_on(&event, &scroller) => browser::pan(&scroller, -120.0),
                "ArrowRight" if browser::is_on(&event, &scroller) => browser::pan(&scroller, 120.0),
                _ => return,
            }
            event.prevent_default();
        })
    };
    html! {
        <section class="map" aria-label="Cluster map">
            if let Some((line, column)) = props.stale {
                <p class="stale" role="alert">
                    <b>{ "Last good cluster." }</b>
                    <span>{ format!("Line {line}, column {column} is wrong, so the text is not applied.") }</span>
                </p>
            }
            if let (Some(play), Some(map)) = (&props.play, &*map) {
                if props.phone {
                    { mini_map(play, props.cursor, props.width, name) }
                    { spots(props, play, props.width) }
                } else if whole.is_some() {
                    <div class="map-scroll" ref={scroller.clone()} tabindex="0" role="group" aria-label="All nodes" data-pans="" {onwheel} {onpointermove} {onkeydown}>
                        <div class="map-inner" data-zoom={view.percent().to_string()}>
                            { picture(props, play, map, &trail, token, name) }
                            { spots(props, play, width) }
                        </div>
                    </div>
                } else {
                    { picture(props, play, map, &trail, token, name) }
                    { spots(props, play, width) }
                }
                if !props.phone && props.loaded.is_some() && (map.more > 0 || whole.is_some()) {
                    { views(&view) }
                }
            }
        </section>
    }
}

/// What of the cluster is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    /// The nodes of the path, as many as there is room for; the others are counted.
    Path,
    /// Every node, so large: a place in [`ZOOMS`].
    Whole(usize),
}

/// How large the whole cluster is drawn, in percent; `cluster_map.css` has the same numbers.
const ZOOMS: [u32; 4] = [50, 75, 100, 150];

impl View {
    fn percent(self) -> u32 {
        match self {
            View::Path => 100,
            View::Whole(at) => ZOOMS[at],
        }
    }

    fn zoomed(self, by: isize) -> View {
        match self {
            View::Path => View::Path,
            View::Whole(at) => View::Whole(at.saturating_add_signed(by).min(ZOOMS.len() - 1)),
        }
    }
}

/// The buttons that say what of a cluster with many nodes is drawn.
fn views(view: &UseStateHandle<View>) -> Html {
    let to = |next: View| {
        let view = view.clone();
        Callback::from(move |_: MouseEvent| view.set(next))
    };
    html! {
        <div class="map-views" role="group" aria-label="What the map shows">
            if **view == View::Path {
                <button class="button small" onclick={to(View::Whole(1))}>{ "All nodes" }</button>
            } else {
                <button class="button small" aria-label="Smaller" onclick={to(view.zoomed(-1))}>{ "−" }</button>
                <button class="button small" aria-label="Larger" onclick={to(view.zoomed(1))}>{ "+" }</button>
                <button class="button small" onclick={to(View::Path)}>{ "The path" }</button>
            }
        </div>
    }
}

fn spots(props: &MapProps, play: &Shared<Play>, width: u32) -> Option<Html> {
    let loaded = props.loaded.as_ref()?;
    Some(html! {
        <Spots
            play={play.clone()}
            {width}
            space={props.space}
            phone={props.phone}
            question={props.question.clone()}
            loaded={loaded.clone()}
            dispatch={props.dispatch.clone()}
        />
    })
}

fn picture(
    props: &MapProps,
    play: &Play,
    map: &Map,
    trail: &Trail,
    token: NodeRef,
    name: String,
) -> Html {
    html! {
        <svg width={n(map.size.0)} height={n(map.size.1)} role="img" aria-label={name}>
            { wires(map) }
            { ghost(map, play) }
            for host in &map.hosts {
                { rect("box", host.rect, "4") }
                { host_label(host) }
            }
            for node in &map.nodes {
                { node_of(node, &Now::of(play, props.cursor), map.token.0) }
            }
            { more_nodes(map) }
            { way(trail) }
            { token_of(map, play, props.cursor, trail, token) }
        </svg>
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
    let right = map.size.0 - 16.0;
    let mut out = vec![polyline("wire", &[(left, map.wire), (right, map.wire)])];
    for (x, y) in xs {
        out.push(polyline("wire", &[(x, y), (x, map.wire)]));
    }
    out.push(text_to("faint small", (right, map.wire + 13.0), "wire"));
    all(out)
}

/// Several shapes, in order.
fn all(shapes: Vec<Html>) -> Html {
    shapes.into_iter().collect()
}

/// A host's name and address: on one line where both fit, else one above the other.
fn host_label(placed: &PlacedHost) -> Html {
    let (at, name, addr) = (placed.rect, &placed.host.name, &placed.host.addr);
    // A letter of the map's type is at most 8 px wide.
    let room = ((at.w - 24.0) / 8.0) as usize;
    if name.len() + addr.len() + 2 <= room {
        html! {<>
            { text("name", (at.x + 12.0, at.y + 25.0), name) }
            { text_to("mono faint", (at.x + at.w - 12.0, at.y + 25.0), addr) }
        </>}
    } else {
        html! {<>
            { text("name", (at.x + 12.0, at.y + 17.0), &elide(name, room)) }
            { text("mono faint", (at.x + 12.0, at.y + 33.0), &elide(addr, room)) }
        </>}
    }
}

fn ghost(map: &Map, play: &Play) -> Html {
    let (Some(at), Some(ghost)) = (map.ghost, &play.scene.ghost) else {
        return Html::default();
    };
    let letters = ((at.w - 24.0) / 7.25) as usize;
    let note = match (at.h < 60.0, at.w < 230.0) {
        (true, _) => "",
        (_, true) => "Service: only in rules",
        _ => "Service: on no interface, only in rules",
    };
    let x = at.x + 12.0;
    all(vec![
        rect("ghost", at, "4"),
        text("name", (x, at.y + 20.0), &elide(&ghost.name, letters)),
        text(
            "mono second",
            (x, at.y + 38.0),
            &elide(&ghost.addr, letters),
        ),
        text("small faint", (x, at.y + 55.0), note),
    ])
}

fn node_of(placed: &PlacedNode, now: &Now<'_>, token: f64) -> Html {
    let (at, kernel) = (placed.rect, placed.kernel);
    let here = now.here == Some(&placed.node.ns);
    let right = at.x + at.w - 12.0;
    let mut out = vec![
        rect(if here { "node here" } else { "node" }, at, "4"),
        text("name", (at.x + 12.0, at.y + 19.0), &placed.label),
        text_to("mono small faint", (right, at.y + 19.0), &placed.node.addr),
        rect("kernel", kernel, "3"),
        text("small faint", (kernel.x + 8.0, kernel.y + 18.0), "kernel"),
    ];
    let room = !here || kernel.w - token > 70.0;
    if room && now.tracked.contains(&&placed.node.ns) {
        let at = (kernel.x + 8.0, kernel.y + 34.0);
        out.push(text("small faint", at, "conntrack"));
    }
    if placed.more > 0 {
        let more = format!("and {} more", count(placed.more, "pod", "pods"));
        out.push(text_to("small faint", (right, kernel.y - 2.0), &more));
    }
    out.extend(placed.pods.iter().map(|pod| pod_of(pod, now)));
    let port = Rect {
        x: at.mid() - 4.0,
        y: at.bottom() - 3.0,
        w: 9.0,
        h: 8.0,
    };
    out.push(rect("port", port, "0"));
    all(out)
}

fn pod_of(placed: &PlacedPod, now: &Now<'_>) -> Html {
    let at = placed.rect;
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
    let mut out = vec![
        rect(class, at, "3"),
        text("name", (at.x + 8.0, at.y + 17.0), &placed.label),
        text("mono small second", (at.x + 8.0, at.y + 33.0), &placed.addr),
    ];
    if let (Some(kind), true) = (kind, placed.narrow()) {
        // Beside the address, which is shorter than the name.
        let glyph = shape(kind.glyph(), at.x + at.w - 12.0, at.y + 29.0, 4.0);
        out.push(html! { <g class={tone(kind)}>{ glyph }</g> });
    } else {
        let class = match picked {
            true => "small chosen",
            false => "small faint",
        };
        out.push(text_to(class, (at.x + at.w - 8.0, at.y + 17.0), word));
    }
    all(out)
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
    let nodes = match map.more {
        1 => "more node",
        _ => "more nodes",
    };
    all(vec![
        text(
            "faint",
            (x, last.rect.y + 60.0),
            &format!("and {}", map.more),
        ),
        text("faint", (x, last.rect.y + 76.0), nodes),
    ])
}

fn way(trail: &Trail) -> Html {
    let past = trail.past.iter().map(|way| polyline("way past", way));
    let now = match trail.reply {
        true => "way reply",
        false => "way",
    };
    past.chain((trail.now.len() > 1).then(|| polyline(now, &trail.now)))
        .collect()
}

fn token_of(map: &Map, play: &Play, cursor: usize, trail: &Trail, node: NodeRef) -> Html {
    let frame = play.frame(cursor);
    let Some((x, y)) = trail.token.filter(|_| !frame.header.src.is_empty()) else {
        return Html::default();
    };
    let (w, h) = map.token;
    let (src, dst) = changed(play, cursor);
    html! {
        <g class="token" ref={node} transform={format!("translate({x:.1} {y:.1})")}>
            { rect("", Rect { x: -0.5, y: -0.5, w: w + 1.0, h }, "3") }
            { circle("", (13.0, 20.0), 5.0) }
            { text_to(&format!("mono {}", src.unwrap_or_default()), (w - 10.0, 16.0), &frame.header.src) }
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
