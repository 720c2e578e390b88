//! The line: the whole journey as one drawing, in the place of the walk or on paper. What stands where was
//! worked out before; a press on it goes to the moment that stands there.

use std::rc::Rc;

use player::late::line::{Extent, Form, Line, Passage, Shape, lay, twin};
use player::stage::Stage;
use player::{Action, Play, Session, Shared};
use yew::prelude::*;

use crate::components::draw::n;
use crate::components::glyph;
use crate::components::walk::{place, stages};
use crate::{Dispatch, browser, room};

/// What the line shows.
#[derive(PartialEq, Properties)]
struct LineProps {
    play: Shared<Play>,
    cursor: usize,
    size: (u32, u32),
    extent: Extent,
    dispatch: Dispatch,
}

/// The line in the place of the walk.
pub fn line(session: &Rc<Session>, dispatch: &Dispatch) -> Html {
    let Some(play) = &session.play else {
        return Html::default();
    };
    html! {
        <Stretch
            play={play.clone()}
            cursor={session.cursor}
            size={room::line_size(session)}
            extent={extent(session)}
            dispatch={dispatch.clone()}
        />
    }
}

/// Whoever guesses first is not shown what comes.
pub fn extent(session: &Session) -> Extent {
    match session.guess.on {
        true => Extent::SoFar,
        false => Extent::Whole,
    }
}

/// Whether the drawing is seen, or the same in words.
#[derive(Clone, Copy, PartialEq)]
enum Face {
    Drawn,
    Words,
}

#[component]
fn Stretch(props: &LineProps) -> Html {
    let (scroller, picture) = (use_node_ref(), use_node_ref());
    let face = use_state(|| Face::Drawn);
    let line = use_memo(
        (props.play.clone(), props.cursor, props.size, props.extent),
        |(play, cursor, size, extent)| lay(play, *cursor, *size, *extent),
    );
    let passages = use_memo(
        (props.play.clone(), props.extent, props.cursor),
        |(play, extent, cursor)| {
            let mut all = twin(play);
            if *extent == Extent::SoFar {
                all.retain(|p| p.frames.1 <= *cursor);
            }
            all
        },
    );
    {
        let (scroller, here) = (scroller.clone(), line.here);
        use_effect_with(
            (props.cursor, props.size, *face == Face::Words),
            move |(_, _, words)| {
                if let Some(element) = scroller.cast() {
                    match words {
                        true => browser::show_current(&element),
                        false => browser::keep_in_view(&element, here),
                    }
                }
            },
        );
    }
    let press = {
        let (line, dispatch, picture) = (line.clone(), props.dispatch.clone(), picture.clone());
        Callback::from(move |event: MouseEvent| {
            let found = picture
                .cast()
                .map(|p| browser::within(&event, &p, line.size.0));
            if let Some(frame) = found.and_then(|at| line.nearest(at)) {
                dispatch.send(Action::Seek(frame));
            }
        })
    };
    let turn = {
        let face = face.clone();
        Callback::from(move |_: MouseEvent| {
            face.set(match *face {
                Face::Drawn => Face::Words,
                Face::Words => Face::Drawn,
            });
        })
    };
    let words = *face == Face::Words;
    html! {
        <section class="walk the-line" aria-label="The line">
            <div class="walk-head">
                <h2>{ "The line" }</h2>
                <span class="faint">{ place(props.play.frame(props.cursor)) }</span>
                <span class="grow" />
                <button class="button small toggle" aria-pressed={words.to_string()} onclick={turn}>{ "In words" }</button>
                { stages(Stage::Line, &props.dispatch) }
            </div>
            <div class="line-scroll" ref={scroller} tabindex="0" role="region" aria-label="The whole journey">
                if !words {
                    { drawing(&line, &name(&props.play, props.cursor), picture, press) }
                }
                { in_words(&passages, props, words) }
            </div>
        </section>
    }
}

/// The picture's name says what its moment says.
pub fn name(play: &Play, cursor: usize) -> String {
    format!("The line. {}", play.frame(cursor).caption.text())
}

/// Every passage, its own moment marked; where the drawing is seen, for those alone who don't see it.
fn in_words(passages: &[Passage], props: &LineProps, shown: bool) -> Html {
    let class = match shown {
        true => "line-words",
        false => "hidden",
    };
    let current = |p: &Passage| (p.frames.0..=p.frames.1).contains(&props.cursor);
    html! {
        <ol {class} aria-label="The line in words">
            for passage in passages {
                <li aria-current={current(passage).then_some("step")}>
                    if shown {
                        <button onclick={props.dispatch.on(Action::Seek(passage.frames.0))}><b>{ &passage.place }</b></button>
                    } else {
                        { &passage.place }
                    }
                    if !passage.what.is_empty() {
                        <span>{ if shown { "" } else { ": " } }{ &passage.what }</span>
                    }
                </li>
            }
        </ol>
    }
}

/// The drawing.
pub fn drawing(line: &Line, name: &str, node: NodeRef, press: Callback<MouseEvent>) -> Html {
    let (w, h) = line.size;
    html! {
        <svg
            class="line-drawing"
            ref={node}
            width={n(w)}
            height={n(h)}
            viewBox={format!("0 0 {w:.0} {h:.0}")}
            role="img"
            aria-label={name.to_owned()}
            onclick={press}
        >
            for shape in &line.shapes {
                { mark(shape) }
            }
        </svg>
    }
}

fn mark(shape: &Shape) -> Html {
    let class = shape.class;
    match &shape.form {
        Form::Box(at, round) => html! {
            <rect {class} x={n(at.x)} y={n(at.y)} width={n(at.w)} height={n(at.h)} rx={n(*round)} />
        },
        Form::Path(d) => html! { <path {class} d={d.clone()} /> },
        Form::Circle(at, r) => html! { <circle {class} cx={n(at.0)} cy={n(at.1)} r={n(*r)} /> },
        Form::Text {
            at,
            anchor,
            words,
            turn,
        } => {
            let transform = (*turn != 0).then(|| format!("rotate({turn} {:.1} {:.1})", at.0, at.1));
            html! {
                <text {class} text-anchor={anchor.word()} x={n(at.0)} y={n(at.1)} {transform}>{ words }</text>
            }
        }
        Form::Sign(sign, at) => html! { <g {class}>{ glyph::shape(*sign, at.0, at.1, 4.0) }</g> },
    }
}
