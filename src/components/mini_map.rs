//! The cluster map on a phone: one box for each node, and the packet's label under them.

use player::Play;
use player::layout;
use player::text::count;
use yew::prelude::*;

use super::cluster_map::changed;
use super::draw::{anchored, circle, n, path, rect, text, text_to};

/// The map at a moment.
pub fn mini_map(play: &Play, cursor: usize, width: u32, name: String) -> Html {
    let mini = layout::mini(&play.scene, width, play, cursor);
    let frame = play.frame(cursor);
    let (src, dst) = changed(play, cursor);
    let (first, last) = (mini.boxes.first(), mini.boxes.last());
    // Two long addresses stand one under the other.
    let long = frame.header.src.len() + frame.header.dst.len() > 48;
    let middle = n(mini.size.0 / 2.0);
    html! {
        <svg class="mini" width={n(mini.size.0)} height={n(mini.size.1)} role="img" aria-label={name}>
            if let (Some(first), Some(last)) = (first, last) {
                { path("wire", format!("M{} 68H{}", first.rect.mid(), last.rect.mid())) }
            }
            for (i, place) in mini.boxes.iter().enumerate() {
                { path("wire", format!("M{} 56V68", place.rect.mid())) }
                { rect(if mini.here == Some(i) { "box here" } else { "box" }, place.rect, "4") }
                { text("name", (place.rect.x + 7.0, place.rect.y + 18.0), &place.label) }
                { text("small second", (place.rect.x + 7.0, place.rect.y + 38.0), &place.note) }
                if mini.here == Some(i) {
                    { circle("disc", (place.rect.x + place.rect.w - 11.0, place.rect.y + 13.0), 5.0) }
                }
            }
            if mini.more > 0 {
                { text_to("small faint", (mini.size.0 - 16.0, 80.0), &format!("and {} more", count(mini.more, "node", "nodes"))) }
            }
            if long {
                { anchored(&format!("mono small {}", src.unwrap_or_default()), (mini.size.0 / 2.0, 86.0), "middle", &frame.header.src) }
                { anchored(&format!("mono small {}", dst.unwrap_or_default()), (mini.size.0 / 2.0, 100.0), "middle", &format!("→ {}", frame.header.dst)) }
            } else {
                <text class="mono" text-anchor="middle" x={middle} y="96">
                    <tspan class={classes!(src)}>{ &frame.header.src }</tspan>
                    <tspan class="faint">{ " → " }</tspan>
                    <tspan class={classes!(dst)}>{ &frame.header.dst }</tspan>
                </text>
            }
        </svg>
    }
}
