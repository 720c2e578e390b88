//! The packet's header and mark, what conntrack remembers, and where the rule at hand comes from.

use fabric::TupleView;
use player::chains::OriginView;
use player::conversation::{Listing, Step};
use player::frames::ConnectionView;
use player::frames::Frame;
use player::session::Panel;
use player::text::socket;
use player::{Action, Kind, Play, Shared};
use yew::prelude::*;

use super::draw_box::Chance;
use super::glyph::{icon, tone};
use super::odds::odds_part;
use crate::Dispatch;

/// What the side shows.
pub struct SideProps {
    /// The walk.
    pub play: Option<Shared<Play>>,
    /// The moment.
    pub cursor: usize,
    /// What is known about chance.
    pub chance: Chance,
    /// Hands actions up.
    pub dispatch: Dispatch,
}

/// The side.
pub fn side(props: &SideProps) -> Html {
    let Some(play) = &props.play else {
        return html! { <section class="side" aria-label="Packet" /> };
    };
    let frame = play.frame(props.cursor);
    let connections = play.connections(props.cursor);
    let most = match frame.at.is_some() {
        true => 2,
        false => 3,
    };
    html! {
        <section class="side" aria-label="Packet" tabindex="0">
            { packet(play, frame) }
            { odds_part(play, props.cursor, &props.chance, &props.dispatch) }
            for (i, connection) in connections.iter().take(most).enumerate() {
                { conntrack(connection, frame, i == 0) }
            }
            if let Some(rule) = frame.at.and_then(|at| play.rule(at)) {
                { origin(rule.origin.as_ref(), &props.dispatch) }
            }
            for listing in &play.listings {
                { listed(listing, &props.dispatch) }
            }
        </section>
    }
}

fn packet(play: &Play, frame: &Frame) -> Html {
    let header = &frame.header;
    if header.src.is_empty() {
        let why = match frame.kind {
            Kind::Lookup => "not sent yet",
            _ => "none on its way",
        };
        return html! {
            <div class="part"><h2>{ "Packet" }<span class="faint">{ why }</span></h2></div>
        };
    }
    let mut devices = vec![header.transport.clone()];
    devices.extend(header.in_dev.as_ref().map(|d| format!("in {d}")));
    devices.extend(header.out_dev.as_ref().map(|d| format!("out {d}")));
    let (before_src, before_dst) = frame
        .before
        .clone()
        .unwrap_or((header.src.clone(), header.dst.clone()));
    let tag = match frame.kind {
        Kind::Dnat => "DNAT",
        Kind::Snat => "SNAT",
        Kind::Again => "as before",
        _ => "put back",
    };
    let field = |label: &'static str, before: &String, after: &String| {
        html! {
            <>
                <dt>{ label }</dt>
                if before == after {
                    <dd class="mono">{ after }</dd>
                } else {
                    <dd class="mono">
                        <s>{ before }</s>
                        <b class={classes!("new", tone(frame.kind))}>{ after }</b>
                        <span class={classes!("tag", tone(frame.kind))}>{ icon(frame.kind) }{ tag }</span>
                    </dd>
                }
            </>
        }
    };
    html! {
        <div class="part">
            <h2>{ "Packet" }<span class="faint">{ devices.join(", ") }</span></h2>
            <dl class="header">
                { field("source", &before_src, &header.src) }
                { field("destination", &before_dst, &header.dst) }
                <dt>{ "fwmark" }</dt>
                <dd class="mono">
                    { player::text::mark(header.mark) }
                    <span class="faint aside">{ mark_note(play, frame) }</span>
                </dd>
            </dl>
            { bits(header.mark, play.masquerade_bit) }
        </div>
    }
}

fn mark_note(play: &Play, frame: &Frame) -> String {
    let asks = 1u32.checked_shl(play.masquerade_bit.into()).unwrap_or(0);
    match (frame.header.mark & asks != 0, frame.mark_before) {
        (true, _) => "masquerade me".into(),
        (false, Some(before)) if before & asks != 0 => "cleared by this rule".into(),
        (false, _) => format!(
            "bit {} is {}",
            play.masquerade_bit,
            player::text::mark(asks)
        ),
    }
}

fn bits(mark: u32, named: u8) -> Html {
    let set = 1u32
        .checked_shl(named.into())
        .is_some_and(|bit| mark & bit != 0);
    let said = format!(
        "32 mark bits, bit {named} {}",
        if set { "set" } else { "clear" }
    );
    html! {
        <div class="bits" role="img" aria-label={said}>
            for nibble in (0..8u32).rev() {
                <span>
                    for bit in (0..4u32).rev().map(|b| nibble * 4 + b) {
                        <i class={classes!(
                            (bit == u32::from(named)).then_some("named"),
                            (mark >> bit & 1 == 1).then_some("on"),
                        )} />
                    }
                </span>
            }
        </div>
    }
}

fn conntrack(c: &ConnectionView, frame: &Frame, first: bool) -> Html {
    let name = player::names::short(&c.ns);
    let state = match c.confirmed {
        true => c.ctstate.to_string(),
        false => format!("{}, unconfirmed", c.ctstate),
    };
    let own = c.protocol_state.as_deref().filter(|_| c.confirmed);
    let own = own.map(|word| match c.assured {
        true => format!("{word} [ASSURED]"),
        false => word.to_owned(),
    });
    let dnat = c.reply.src != c.original.dst || c.reply.sport != c.original.dport;
    let snat = c.reply.dst != c.original.src || c.reply.dport != c.original.sport;
    let tuple = |t: &TupleView, left: Option<&'static str>, right: Option<&'static str>| {
        html! {
            <dd class="mono">
                <span class={classes!(left)}>{ end(t.src, t.sport) }</span>
                <span class="faint">{ " → " }</span>
                <span class={classes!(right)}>{ end(t.dst, t.dport) }</span>
            </dd>
        }
    };
    html! {
        <div class="part">
            <h2>{ format!("conntrack on {name}") }<span class="faint">{ state }</span></h2>
            <dl class="tuples">
                <dt>{ "original" }</dt>
                { tuple(&c.original, None, None) }
                <dt>{ "reply" }</dt>
                { tuple(&c.reply, dnat.then_some("new tone-dnat"), snat.then_some("new tone-snat")) }
                if let Some(own) = own {
                    <dt>{ "state" }</dt>
                    <dd class="mono">{ own }</dd>
                }
            </dl>
            if first {
                <p class="note">{ meaning(dnat, snat, frame) }</p>
            }
        </div>
    }
}

fn end(addr: std::net::IpAddr, port: u16) -> String {
    socket(addr, (port != 0).then_some(port))
}

fn meaning(dnat: bool, snat: bool, frame: &Frame) -> &'static str {
    match (dnat, snat, frame.packet) {
        (false, false, _) => "A mirror image: no NAT here so far.",
        (true, true, 0) => {
            "Both ends of the reply line differ from the original: DNAT on the left, SNAT on the right."
        }
        (true, false, 0) => {
            "The reply line no longer mirrors the original: that difference is the NAT. Every later packet is rewritten from here, without the nat table."
        }
        (false, true, 0) => {
            "The reply line ends elsewhere than the original begins: that difference is the SNAT."
        }
        _ => "No packet after the first asks the nat table. This entry does the work.",
    }
}

/// What `conntrack -L` prints on a node once this part of the conversation is over.
fn listed(listing: &Listing, dispatch: &Dispatch) -> Html {
    let run = |args: &str| {
        dispatch.on(Action::Then(Step::Conntrack {
            node: listing.node.clone(),
            args: args.to_owned(),
        }))
    };
    let node = &listing.node;
    html! {
        <details class="part listed">
            <summary>
                <code>{ "conntrack -L" }</code>{ format!(" on {node} ") }
                <span class="faint">{ "when this is over" }</span>
            </summary>
            <ul aria-label={format!("conntrack -L on {node}")}>
                for entry in &listing.entries {
                    <li>
                        <code>{ &entry.line }</code>
                        <button class="button small" title={format!("conntrack {}", entry.delete)} onclick={run(&entry.delete)}>{ "Delete it" }</button>
                    </li>
                }
            </ul>
            <button class="button small" title="conntrack -F" onclick={run("-F")}>{ format!("Flush all on {node}") }</button>
        </details>
    }
}

fn origin(origin: Option<&OriginView>, dispatch: &Dispatch) -> Html {
    html! {
        <div class="part origin">
            <h2>{ "Where this rule comes from" }</h2>
            if let Some(origin) = origin {
                <p>{ &origin.why }</p>
                <p>
                    if let Some(object) = &origin.object {
                        <b>{ object }</b>
                    } else {
                        { format!("No line of your YAML: {} writes it on every node.", origin.written_by) }
                    }
                    if !origin.field.is_empty() {
                        { ", " }<code>{ &origin.field }</code>
                    }
                    if let Some(span) = origin.span {
                        { ", " }
                        <button class="link" onclick={dispatch.on(Action::Reveal(span.line))}>{ format!("line {}", span.line) }</button>
                    }
                </p>
                if let Some(span) = origin.span {
                    <p><button class="link" onclick={dispatch.on(Action::Open(Panel::Made(span.line)))}>{ "All rules from there" }</button></p>
                }
            } else {
                <p>{ "No line of the YAML says." }</p>
            }
        </div>
    }
}
