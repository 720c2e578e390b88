//! The cluster map on a phone: one box for each node, and the packet's label under them.

use player::Play;
use player::layout;
use yew::prelude::*;

use super::cluster_map::changed;
use super::glyph::n;

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
                <path class="wire" d={format!("M{} 68H{}", first.rect.mid(), last.rect.mid())} />
            }
            for (i, place) in mini.boxes.iter().enumerate() {
                <path class="wire" d={format!("M{} 56V68", place.rect.mid())} />
                <rect
                    class={if mini.here == Some(i) { "box here" } else { "box" }}
                    x={n(place.rect.x + 0.5)} y={n(place.rect.y + 0.5)}
                    width={n(place.rect.w - 1.0)} height={n(place.rect.h)} rx="4"
                />
                <text class="name" x={n(place.rect.x + 7.0)} y={n(place.rect.y + 18.0)}>{ &place.label }</text>
                <text class="small second" x={n(place.rect.x + 7.0)} y={n(place.rect.y + 38.0)}>{ &place.note }</text>
                if mini.here == Some(i) {
                    <circle class="disc" cx={n(place.rect.x + place.rect.w - 11.0)} cy={n(place.rect.y + 13.0)} r="5" />
                }
            }
            if mini.more > 0 {
                <text class="small faint" text-anchor="end" x={n(mini.size.0 - 16.0)} y="80">
                    { format!("and {} more", player::text::count(mini.more, "node", "nodes")) }
                </text>
            }
            if long {
                <text class="mono small" text-anchor="middle" x={middle.clone()} y="86"><tspan class={classes!(src)}>{ &frame.header.src }</tspan></text>
                <text class="mono small" text-anchor="middle" x={middle} y="100"><tspan class="faint">{ "→ " }</tspan><tspan class={classes!(dst)}>{ &frame.header.dst }</tspan></text>
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
