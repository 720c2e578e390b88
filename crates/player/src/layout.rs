//! The cluster map as numbers: drawn to the page's real width, so that no text is ever scaled.

use fabric::{Direction, Ns};

use crate::frames::{Kind, Play};
use crate::scene::{Scene, SceneHost, SceneNode, ScenePod};
use crate::text::elide;

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    /// Left.
    pub x: f64,
    /// Top.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Rect {
    /// Its middle, from left to right.
    pub fn mid(&self) -> f64 {
        self.x + self.w / 2.0
    }
    /// Its lower edge.
    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }
}

/// How much height the map has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Space {
    /// All it wants.
    #[default]
    Full,
    /// A banner hangs from its upper edge.
    Banner,
    /// The page is low.
    Low,
}

impl Space {
    /// The map's height, the top of its boxes, a node's height, and the wire.
    fn heights(self) -> (f64, f64, f64, f64) {
        match self {
            Space::Full => (200.0, 16.0, 136.0, 184.0),
            Space::Banner => (200.0, 32.0, 128.0, 184.0),
            Space::Low => (168.0, 8.0, 124.0, 152.0),
        }
    }
}

/// A pod, placed.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedPod {
    /// The pod.
    pub pod: ScenePod,
    /// Its name as far as there is room.
    pub label: String,
    /// Its address as far as there is room.
    pub addr: String,
    /// Where.
    pub rect: Rect,
}

/// A pod narrower than this has room for a glyph and for no word.
const NARROW: f64 = 120.0;

impl PlacedPod {
    /// Whether a glyph has to do for a word.
    pub fn narrow(&self) -> bool {
        self.rect.w < NARROW
    }
}

/// A node, placed.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedNode {
    /// The node.
    pub node: SceneNode,
    /// Its name as far as there is room.
    pub label: String,
    /// Where.
    pub rect: Rect,
    /// Its kernel.
    pub kernel: Rect,
    /// The pods that have room.
    pub pods: Vec<PlacedPod>,
    /// How many more it has.
    pub more: usize,
}

/// A host outside, placed.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedHost {
    /// The host.
    pub host: SceneHost,
    /// Where.
    pub rect: Rect,
}

/// The map.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// Its size.
    pub size: (f64, f64),
    /// The Service.
    pub ghost: Option<Rect>,
    /// Hosts outside.
    pub hosts: Vec<PlacedHost>,
    /// Nodes that have room.
    pub nodes: Vec<PlacedNode>,
    /// How many more there are.
    pub more: usize,
    /// Height of the wire.
    pub wire: f64,
    /// The packet's label.
    pub token: (f64, f64),
}

/// Widths of a character at 12 and 11 px: the widest common faces, so that nothing is clipped elsewhere.
const TEXT_12: f64 = 8.0;
const MONO_12: f64 = 7.25;
const MONO_11: f64 = 6.65;

const PAD: f64 = 16.0;
const GAP: f64 = 24.0;

/// Lays the map out. `token` is the longest label that the packet will have, in characters.
pub fn map(scene: &Scene, width: u32, space: Space, token: usize) -> Map {
    let width = f64::from(width).max(320.0);
    let (height, top, node_height, wire) = space.heights();
    let left_width = match width {
        w if w > 1360.0 => 232.0,
        w if w > 1200.0 => 216.0,
        _ => 176.0,
    };
    let token = (((token as f64 + 2.0) * MONO_12 + 34.0).max(160.0), 40.0);
    let ghost_height = match space {
        Space::Full => 64.0,
        Space::Banner | Space::Low => 56.0,
    };
    let ghost = scene.ghost.as_ref().map(|_| Rect {
        x: PAD,
        y: top,
        w: left_width,
        h: ghost_height,
    });
    // The client outside stands where the wire begins; without one the Service has the column.
    let mut hosts = Vec::new();
    let mut y = top + ghost.map_or(0.0, |g| g.h + 16.0);
    for host in scene.hosts.iter().take(2) {
        if y + 40.0 > wire - 8.0 {
            break;
        }
        hosts.push(PlacedHost {
            host: host.clone(),
            rect: Rect {
                x: PAD,
                y,
                w: left_width,
                h: 40.0,
            },
        });
        y += 48.0;
    }
    let nodes_x = match ghost.is_none() && hosts.is_empty() {
        true => PAD,
        false => PAD + left_width + GAP,
    };
    let room = width - nodes_x - PAD;
    let least = (token.0 + 26.0).max(216.0);
    let fits = (((room + GAP) / (least + GAP)).floor() as usize).max(1);
    let mut chosen: Vec<usize> = (0..scene.nodes.len()).collect();
    let mut more = 0;
    let mut room_for_nodes = room;
    if chosen.len() > fits {
        let aside = 64.0;
        room_for_nodes = room - aside - GAP;
        let fits = (((room_for_nodes + GAP) / (least + GAP)).floor() as usize).max(1);
        chosen.sort_by_key(|&i| (scene.nodes[i].rank, i));
        more = chosen.len() - fits;
        chosen.truncate(fits);
        chosen.sort_unstable();
    }
    let n = chosen.len().max(1) as f64;
    let node_width = ((room_for_nodes - (n - 1.0) * GAP) / n).floor().min(440.0);
    let nodes = chosen
        .into_iter()
        .enumerate()
        .map(|(i, index)| {
            let rect = Rect {
                x: nodes_x + i as f64 * (node_width + GAP),
                y: top,
                w: node_width,
                h: node_height,
            };
            place_node(&scene.nodes[index], rect, space)
        })
        .collect();
    Map {
        size: (width, height),
        ghost,
        hosts,
        nodes,
        more,
        wire,
        token,
    }
}

/// The width at which every node has room, up to a number that can still be looked over.
pub fn whole_width(scene: &Scene, token: usize) -> u32 {
    const MOST: usize = 40;
    let least = ((token as f64 + 2.0) * MONO_12 + 60.0).max(216.0);
    let nodes = scene.nodes.len().min(MOST) as f64;
    (PAD * 2.0 + 232.0 + (nodes + 1.0) * (least + GAP)) as u32
}

fn place_node(node: &SceneNode, rect: Rect, space: Space) -> PlacedNode {
    let inner = (rect.w - 24.0).max(24.0);
    let longest = node.pods.iter().map(|p| p.addr.len()).max().unwrap_or(0);
    let least = (longest as f64 * MONO_11 + 18.0).max(92.0).min(inner);
    let fits = (((inner + 8.0) / (least + 8.0)).floor() as usize).max(1);
    // A lone pod keeps half of the node: pods look alike on every node.
    // What the journey touches is shown, however narrow.
    let touched = node.pods.iter().filter(|p| p.rank == 0).count().min(3);
    let columns = node.pods.len().min(fits).max(2.min(fits)).max(touched);
    let mut shown: Vec<&ScenePod> = node.pods.iter().collect();
    if shown.len() > columns {
        shown.sort_by_key(|p| p.rank);
        shown.truncate(columns);
        shown.sort_by_key(|p| node.pods.iter().position(|q| q == *p));
    }
    let count = columns as f64;
    let width = ((inner - (count - 1.0) * 8.0) / count).floor();
    let pods: Vec<PlacedPod> = shown
        .iter()
        .enumerate()
        .map(|(j, pod)| {
            let rect = Rect {
                x: rect.x + 12.0 + j as f64 * (width + 8.0),
                y: rect.y + 28.0,
                w: width,
                h: 40.0,
            };
            // The state of an endpoint stands at the right of its name, as a word or a glyph.
            let aside = match (pod.endpoint, rect.w < NARROW) {
                (true, false) => 48.0,
                (true, true) => 12.0,
                (false, _) => 0.0,
            };
            PlacedPod {
                label: elide(&pod.name, ((width - 16.0 - aside) / TEXT_12) as usize),
                addr: elide(&pod.addr, ((width - 14.0) / MONO_11) as usize),
                pod: (*pod).clone(),
                rect,
            }
        })
        .collect();
    let up = match space {
        Space::Full => 54.0,
        Space::Banner | Space::Low => 50.0,
    };
    let spare = rect.w - 24.0 - node.addr.len() as f64 * MONO_11 - 12.0;
    PlacedNode {
        label: elide(&node.name, (spare / TEXT_12).max(6.0) as usize),
        more: node.pod_count.max(node.pods.len()) - pods.len().min(node.pod_count),
        pods,
        kernel: Rect {
            x: rect.x + 12.0,
            y: rect.bottom() - up,
            w: rect.w - 24.0,
            h: 44.0,
        },
        node: node.clone(),
        rect,
    }
}

/// A point.
pub type Point = (f64, f64);

/// What is drawn of the way so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trail {
    /// Earlier packets' ways.
    pub past: Vec<Vec<Point>>,
    /// This packet's way.
    pub now: Vec<Point>,
    /// Whether this packet is a reply.
    pub reply: bool,
    /// The token's upper left corner, where its place is on the map.
    pub token: Option<Point>,
}

/// The way up to the cursor.
pub fn trail(map: &Map, play: &Play, cursor: usize) -> Trail {
    let frame = play.frame(cursor);
    let mut trail = Trail {
        reply: frame.direction == Direction::Reply,
        ..Trail::default()
    };
    let mut way: Vec<Point> = Vec::new();
    let mut packet = 0;
    for step in play.frames.iter().take(cursor + 1) {
        if step.packet != packet {
            if way.len() > 1 && !trail.past.contains(&way) && trail.past.len() < 6 {
                trail.past.push(std::mem::take(&mut way));
            }
            way.clear();
            packet = step.packet;
        }
        let Some(ns) = &step.ns else { continue };
        if way.is_empty() {
            way.extend(rest(map, ns));
        }
        if let (Kind::Moved, Some(to)) = (step.kind, &step.to) {
            way.extend(leg(map, ns, to));
        }
    }
    trail.now = way;
    trail.token = token_at(map, play, cursor);
    trail
}

fn token_at(map: &Map, play: &Play, cursor: usize) -> Option<Point> {
    let frame = play.frame(cursor);
    let ns = frame.ns.as_ref()?;
    let (w, h) = map.token;
    let clamp = |x: f64| x.clamp(4.0, (map.size.0 - w - 4.0).max(4.0));
    if let (Kind::Moved, Some(to)) = (frame.kind, &frame.to) {
        let crosses = !matches!(ns, Ns::Pod(_)) && !matches!(to, Ns::Pod(_));
        if crosses && let (Some(a), Some(b)) = (rest(map, ns), rest(map, to)) {
            return Some((clamp((a.0 + b.0) / 2.0 - w / 2.0), map.wire - h + 8.0));
        }
        return place(map, to, w, h).map(|(x, y)| (clamp(x), y));
    }
    place(map, ns, w, h).map(|(x, y)| (clamp(x), y))
}

/// Where the token rests in a namespace.
fn place(map: &Map, ns: &Ns, w: f64, h: f64) -> Option<Point> {
    for node in &map.nodes {
        if node.node.ns == *ns {
            // To the right, so that the word at the left stays readable.
            return Some((node.kernel.x + node.kernel.w - w - 2.0, node.kernel.y + 2.0));
        }
    }
    let (x, y) = rest(map, ns)?;
    // A pod's keeps its name and address free, and stays within the node where it fits.
    let home = map
        .nodes
        .iter()
        .find(|n| n.pods.iter().any(|p| p.pod.ns == *ns));
    match home.map(|n| n.rect) {
        Some(node) if node.w > w + 16.0 => {
            let left = (x - w / 2.0).clamp(node.x + 8.0, node.x + node.w - w - 8.0);
            Some((left, y - 1.0))
        }
        Some(_) => Some((x - w / 2.0, y - 1.0)),
        None => Some((x - w / 2.0, y - h / 2.0)),
    }
}

/// Where a namespace's end of a way is.
fn rest(map: &Map, ns: &Ns) -> Option<Point> {
    for node in &map.nodes {
        if node.node.ns == *ns {
            return Some((node.rect.mid(), node.kernel.y + 22.0));
        }
        if let Some(pod) = node.pods.iter().find(|p| p.pod.ns == *ns) {
            return Some((pod.rect.mid(), pod.rect.bottom()));
        }
    }
    let host = map.hosts.iter().find(|h| h.host.ns == *ns)?;
    Some((host.rect.mid(), host.rect.bottom()))
}

fn leg(map: &Map, from: &Ns, to: &Ns) -> Vec<Point> {
    let (Some(a), Some(b)) = (rest(map, from), rest(map, to)) else {
        return Vec::new();
    };
    match (from, to) {
        (Ns::Pod(_), Ns::Node(_)) => vec![(a.0, b.1), b],
        (Ns::Node(_), Ns::Pod(_)) => vec![(b.0, a.1), b],
        _ => vec![(a.0, map.wire), (b.0, map.wire), b],
    }
}

/// One box of the phone's map.
#[derive(Debug, Clone, PartialEq)]
pub struct MiniBox {
    /// Whose.
    pub ns: Ns,
    /// Its name as far as there is room.
    pub label: String,
    /// Its pods, or what it is.
    pub note: String,
    /// Where.
    pub rect: Rect,
}

/// The phone's map.
#[derive(Debug, Clone, PartialEq)]
pub struct Mini {
    /// Its size.
    pub size: (f64, f64),
    /// Hosts and nodes.
    pub boxes: Vec<MiniBox>,
    /// How many nodes have no room.
    pub more: usize,
    /// The box the packet is in.
    pub here: Option<usize>,
}

/// Lays the phone's map out for a moment.
pub fn mini(scene: &Scene, width: u32, play: &Play, cursor: usize) -> Mini {
    let width = f64::from(width).max(320.0);
    let fits = ((width - 32.0 + 8.0) / (76.0 + 8.0)).floor() as usize;
    let client = play.frames.iter().find_map(|f| f.ns.as_ref());
    let hosts = scene.hosts.iter().filter(|h| Some(&h.ns) == client);
    let host_count = hosts.clone().count();
    let mut order: Vec<usize> = (0..scene.nodes.len()).collect();
    order.sort_by_key(|&i| (scene.nodes[i].rank, i));
    let more = order
        .len()
        .saturating_sub(fits.saturating_sub(host_count).max(1));
    order.truncate(fits.saturating_sub(host_count).max(1));
    order.sort_unstable();
    let count = (order.len() + host_count).max(1) as f64;
    let w = ((width - 32.0 - (count - 1.0) * 8.0) / count)
        .floor()
        .min(260.0);
    let rect = |i: usize| Rect {
        x: 16.0 + i as f64 * (w + 8.0),
        y: 8.0,
        w,
        h: 48.0,
    };
    let letters = ((w - 14.0) / 7.2) as usize;
    let mut boxes: Vec<MiniBox> = hosts
        .map(|host| MiniBox {
            ns: host.ns.clone(),
            label: elide(&host.name, letters),
            note: elide("client", letters),
            rect: rect(0),
        })
        .collect();
    for index in order {
        let node = &scene.nodes[index];
        let key = node.pods.iter().find(|p| p.rank == 0).or(node.pods.first());
        let note = match (key, node.pod_count) {
            (None, _) => "no pods".to_owned(),
            (Some(pod), 0 | 1) => elide(&pod.name, letters),
            (Some(pod), n) => {
                let more = format!(" +{}", n - 1);
                format!(
                    "{}{more}",
                    elide(&pod.name, letters.saturating_sub(more.len()).max(3))
                )
            }
        };
        boxes.push(MiniBox {
            ns: node.ns.clone(),
            // A dot stands at the right of the name.
            label: elide(&node.name, letters.saturating_sub(2).max(3)),
            note,
            rect: rect(boxes.len()),
        });
    }
    let here = play.frame(cursor).ns.as_ref().and_then(|ns| {
        let home = scene
            .nodes
            .iter()
            .find(|n| n.pods.iter().any(|p| p.ns == *ns))
            .map(|n| &n.ns)
            .unwrap_or(ns);
        boxes.iter().position(|b| b.ns == *home)
    });
    Mini {
        size: (width, 104.0),
        boxes,
        more,
        here,
    }
}

/// The longest label that the packet has in a play, in characters.
pub fn longest_label(play: &Play) -> usize {
    play.frames
        .iter()
        .map(|f| f.header.src.len().max(f.header.dst.len()))
        .max()
        .unwrap_or(0)
}
