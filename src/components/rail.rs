//! The rail: the stops of this packet in this namespace, and which one it is at.

use player::{Action, Play};
use yew::prelude::*;

use crate::Dispatch;

/// The rail.
pub fn rail(play: &Play, cursor: usize, dispatch: &Dispatch) -> Html {
    let frame = play.frame(cursor);
    let Some(visit) = play.visits.get(frame.visit) else {
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
                        <small class={classes!(part_now(play, cursor, i, j).then_some("on"))}>
                            <button class="stop" onclick={dispatch.on(Action::Seek(*first))}>{ part }</button>
                        </small>
                    }
                </li>
            }
        </ol>
    }
}

/// Whether the moment is in this part of this stop.
fn part_now(play: &Play, cursor: usize, station: usize, part: usize) -> bool {
    let frame = play.frame(cursor);
    if station != frame.station {
        return false;
    }
    let parts = &play.visits[frame.visit].stations[station].parts;
    let begun = parts.iter().rposition(|(_, first)| *first <= cursor);
    match frame.table {
        None if frame.kind.is_nat() => parts[part].0 == "conntrack",
        Some(table) => parts[part].0.split(',').next() == Some(table.name()),
        None => begun == Some(part),
    }
}
