//! Choosing on the map: every pod, node, host and Service drawn there is a button that says what may be
//! asked from it or of it.
//!
//! The buttons lie over the drawing, which stays a picture. One of them is in the order of Tab; the
//! arrow keys lead to the others.

use player::asking::{Offer, Pods, Thing};
use player::engine::Loaded;
use player::layout::{self, Map, Mini, Rect, Space};
use player::probe::Question;
use player::scene::Scene;
use player::{Action, Play, Shared};
use yew::prelude::*;

use crate::{Dispatch, browser};

/// A thing and its place.
type Spot<'a> = (Thing<'a>, Rect);

/// Everything on the map.
fn on_map<'a>(map: &'a Map, scene: &'a Scene) -> Vec<Spot<'a>> {
    let ghost = map.ghost.zip(scene.ghost.as_ref());
    let mut spots: Vec<Spot> = Vec::new();
    spots.extend(ghost.map(|(at, ghost)| (Thing::Service(ghost), at)));
    spots.extend(map.hosts.iter().map(|h| (Thing::Host(&h.host), h.rect)));
    for node in &map.nodes {
        // Its pods stand in its middle; its name and its kernel are its own.
        let head = Rect {
            h: 26.0,
            ..node.rect
        };
        spots.push((Thing::Node(&node.node, Pods::Apart), head));
        spots.extend(node.pods.iter().map(|p| (Thing::Pod(&p.pod), p.rect)));
    }
    spots
}

/// Everything on a phone's map.
fn on_mini<'a>(mini: &'a Mini, scene: &'a Scene) -> Vec<Spot<'a>> {
    let thing = |place: &player::layout::MiniBox| {
        let node = scene.nodes.iter().find(|n| n.ns == place.ns);
        let host = || scene.hosts.iter().find(|h| h.ns == place.ns);
        let thing = node.map(|node| Thing::Node(node, Pods::Within));
        let thing = thing.or_else(|| host().map(Thing::Host));
        Some((thing?, place.rect))
    };
    mini.boxes.iter().filter_map(thing).collect()
}

/// What the layer needs to know. The moment is not among it: things stay where they are.
#[derive(PartialEq, Properties)]
pub struct SpotsProps {
    /// The walk.
    pub play: Shared<Play>,
    /// The room that the map has.
    pub width: u32,
    /// How much height.
    pub space: Space,
    /// Whether the page is a phone's.
    pub phone: bool,
    /// Who sends to whom.
    pub question: Question,
    /// Who can.
    pub loaded: Shared<Loaded>,
    /// Hands actions up.
    pub dispatch: Dispatch,
}

/// A thing, made ready to be drawn.
struct Ready {
    name: String,
    /// Left, top, width, height.
    place: (i32, i32, i32, i32),
    offers: Vec<Offer>,
}

fn ready(props: &SpotsProps) -> Vec<Ready> {
    let scene = &props.play.scene;
    let all = |spots: Vec<Spot>| {
        let ready = spots.iter().map(|(thing, at)| Ready {
            name: thing.name(),
            place: (at.x as i32, at.y as i32, at.w as i32, at.h as i32),
            offers: thing.offers(&props.loaded, &props.question),
        });
        ready.collect()
    };
    match props.phone {
        true => all(on_mini(
            &layout::mini(scene, props.width, &props.play, 0),
            scene,
        )),
        false => {
            let longest = layout::longest_label(&props.play);
            let map = layout::map(scene, props.width, props.space, longest);
            all(on_map(&map, scene))
        }
    }
}

/// How wide a list is, in pixels; `spots.css` has the same number.
const LIST: i32 = 272;

/// The layer of buttons over the map.
#[component]
pub fn Spots(props: &SpotsProps) -> Html {
    let layer = use_node_ref();
    let list = use_node_ref();
    let at = use_state(|| 0usize);
    let open = use_state(|| None::<usize>);
    let things = use_memo(
        (
            props.play.clone(),
            (props.width, props.space, props.phone),
            props.question.clone(),
            props.loaded.clone(),
        ),
        |_| ready(props),
    );
    let here = (*at).min(things.len().saturating_sub(1));
    let shown = open.filter(|i| *i < things.len());
    let places: Vec<(i32, i32, i32, i32)> = things.iter().map(|t| t.place).collect();
    {
        let layer = layer.clone();
        use_effect_with(places, move |places| {
            if let Some(element) = layer.cast() {
                browser::lay_children(&element, places);
            }
        });
    }
    {
        let list = list.clone();
        let place = shown.map(|i| things[i].place);
        let width = props.width as i32;
        use_effect_with((place, width), move |_| {
            if let (Some((x, y, _, h)), Some(element)) = (place, list.cast()) {
                let x = x.min(width - LIST - 8).max(8);
                browser::lay(&element, x, y + h + 4);
                browser::focus_child(&element, 0);
            }
        });
    }
    let onkeydown = {
        let (layer, at, open, count) = (layer.clone(), at.clone(), open.clone(), things.len());
        Callback::from(move |event: KeyboardEvent| {
            let to = match event.key().as_str() {
                "ArrowRight" | "ArrowDown" => (here + 1) % count.max(1),
                "ArrowLeft" | "ArrowUp" => (here + count.max(1) - 1) % count.max(1),
                "Escape" if open.is_some() => here,
                _ => return,
            };
            event.prevent_default();
            open.set(None);
            at.set(to);
            if let Some(element) = layer.cast() {
                browser::focus_child(&element, to);
            }
        })
    };
    let spot = |i: usize, name: &String| {
        let (at, open) = (at.clone(), open.clone());
        let toggle = Callback::from(move |_: MouseEvent| {
            at.set(i);
            open.set(match *open == Some(i) {
                true => None,
                false => Some(i),
            });
        });
        html! {
            <button
                class="spot"
                tabindex={if i == here { "0" } else { "-1" }}
                aria-label={format!("Ask from or to {name}")}
                title={format!("Ask from or to {name}")}
                aria-expanded={(shown == Some(i)).to_string()}
                onclick={toggle}
            />
        }
    };
    html! {
        <>
            <div class="spots" ref={layer.clone()} role="toolbar" aria-label="Choose on the map" {onkeydown}>
                for (i, thing) in things.iter().enumerate() {
                    { spot(i, &thing.name) }
                }
            </div>
            if let Some(i) = shown {
                { offers(&things[i], list, &open, &props.dispatch, onkeydown_of_list(&open, &layer, here)) }
            }
        </>
    }
}

/// Escape leads back to the thing; the arrow keys go on in the list.
fn onkeydown_of_list(
    open: &UseStateHandle<Option<usize>>,
    layer: &NodeRef,
    here: usize,
) -> Callback<KeyboardEvent> {
    let (open, layer) = (open.clone(), layer.clone());
    Callback::from(move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowDown" | "ArrowRight" => 1,
            "ArrowUp" | "ArrowLeft" => -1,
            "Escape" => {
                event.prevent_default();
                open.set(None);
                if let Some(element) = layer.cast() {
                    browser::focus_child(&element, here);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        browser::focus_neighbour(step);
    })
}

fn offers(
    thing: &Ready,
    list: NodeRef,
    open: &UseStateHandle<Option<usize>>,
    dispatch: &Dispatch,
    onkeydown: Callback<KeyboardEvent>,
) -> Html {
    let pick = |action: Option<Action>| {
        let (dispatch, open) = (dispatch.clone(), open.clone());
        Callback::from(move |_: MouseEvent| {
            open.set(None);
            if let Some(action) = action.clone() {
                dispatch.send(action);
            }
        })
    };
    html! {
        <div class="offers" ref={list} role="group" aria-label={thing.name.clone()} {onkeydown}>
            for offer in &thing.offers {
                <button aria-pressed={offer.now.to_string()} onclick={pick(Some(offer.action.clone()))}>{ &offer.label }</button>
            }
            if thing.offers.is_empty() {
                <button onclick={pick(None)}>{ "Nothing can be asked here" }</button>
            }
        </div>
    }
}
