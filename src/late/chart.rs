//! Draws a [`Chart`]: the lines of the endpoints inside the band that chance allows.

use player::chart::Chart;
use player::layout::Point;
use yew::prelude::*;

use crate::components::draw::{anchored, n, path, polyline, text, text_to};

/// The chart; `said` is the same in words.
pub fn chart(chart: &Chart, width: f64, height: f64, said: String) -> Html {
    let (left, top, right, bottom) = chart.area;
    let mut out: Vec<Html> = Vec::new();
    for (x, words) in &chart.across {
        out.push(polyline("grid", &[(*x, top), (*x, bottom)]));
        let anchor = match *x > right - 20.0 {
            true => "end",
            false => "middle",
        };
        out.push(anchored(
            "mono small second",
            (*x, bottom + 18.0),
            anchor,
            words,
        ));
    }
    for (y, words) in &chart.up {
        out.push(polyline("grid", &[(left, *y), (right, *y)]));
        out.push(text_to("mono small second", (left - 8.0, y + 4.0), words));
    }
    for band in &chart.bands {
        out.push(path("band", format!("{}z", line_of(band))));
    }
    for (y, words) in &chart.expected {
        out.push(path(
            "expected",
            format!("M{} {}H{}", n(left), n(*y), n(right)),
        ));
        out.push(text_to(
            "mono small expected-text",
            (left - 8.0, y + 4.0),
            words,
        ));
    }
    // A run that has not come to where the chart begins has no lines yet.
    for line in chart.lines.iter().filter(|l| !l.points.is_empty()) {
        let d = line_of(&line.points);
        out.push(match line.dash {
            Some(dash) => html! { <path class={format!("run dash-{dash}")} {d} /> },
            None => path("run faint-run", d),
        });
    }
    for label in &chart.labels {
        let lead = [
            label.from,
            (label.at.0 - 16.0, label.at.1),
            (label.at.0 - 5.0, label.at.1),
        ];
        out.push(polyline("lead", &lead));
        let words = format!("{}  {}", label.name, label.share);
        out.push(text("small name", (label.at.0, label.at.1 + 4.0), &words));
    }
    html! {
        <svg class="chart" width={n(width)} height={n(height)} role="img" aria-label={said}>
            { for out }
        </svg>
    }
}

fn line_of(points: &[Point]) -> String {
    let mut d = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        d.push_str(if i == 0 { "M" } else { "L" });
        d.push_str(&format!("{x:.1} {y:.1}"));
    }
    d
}
