//! The rail: the stops of this packet in this namespace, and which one it is at.

use player::{Action, Play, Shared};
use yew::prelude::*;

use crate::use_dispatch;

/// What the rail shows.
#[derive(Debug, PartialEq, Properties)]
pub struct RailProps {
    /// The walk.
    pub play: Shared<Play>,
    /// The moment.
    pub cursor: usize,
}

/// The rail.
#[component]
pub fn Rail(props: &RailProps) -> Html {
    let dispatch = use_dispatch();
    let frame = props.play.frame(props.cursor);
    let Some(visit) = props.play.visits.get(frame.visit) else {
        return Html::default();
    };
    html! {
        <ol class="rail" aria-label={format!("Stops in {}", visit.label)}>
            for (i, station) in visit.stations.iter().enumerate() {
                <li
                    class={classes!(
                        station.door.then_some("door"),
                        (i < frame.station).then_some("done"),
                        (i == frame.station).then_some("now"),
                    )}
                    aria-current={(i == frame.station).then_some("step")}
                >
                    <button class="stop" onclick={dispatch.on(Action::Seek(station.first))}>{ &station.label }</button>
                    for (j, (part, first)) in station.parts.iter().enumerate() {
                        <small class={classes!(part_now(props, i, j).then_some("on"))}>
                            <button class="stop" onclick={dispatch.on(Action::Seek(*first))}>{ part }</button>
                        </small>
                    }
                </li>
            }
        </ol>
    }
}

/// Whether the moment is in this part of this stop.
fn part_now(props: &RailProps, station: usize, part: usize) -> bool {
    let frame = props.play.frame(props.cursor);
    if station != frame.station {
        return false;
    }
    let parts = &props.play.visits[frame.visit].stations[station].parts;
    let begun = parts.iter().rposition(|(_, first)| *first <= props.cursor);
    match frame.table {
        Some(table) => parts[part].0.split(',').next() == Some(table.name()),
        None => begun == Some(part),
    }
}
