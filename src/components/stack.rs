//! Open chains as a call stack: callers wait, the innermost chain shows its rules.

use fabric::Ns;
use player::chains::RuleView;
use player::frames::ConnectionView;
use player::frames::{At, Frame};
use player::rows::{Line, RowState, rows};
use player::session::Panel;
use player::{Action, Kind, Play};
use yew::prelude::*;

use super::glyph::{icon, tone};
use super::moment::moment_box;
use super::walk::WalkProps;

/// More callers than this are folded into one frame, so that the rules keep their room.
fn most_callers(height: u32) -> usize {
    match height < LOW {
        true => 1,
        false => 3,
    }
}

/// A walk that is lower than this has to make do; `moment.css` has the page's height for it.
pub(super) const LOW: u32 = 336;

/// The stack. `scroller` is the part that scrolls, `stairs` the drawing that can be dragged.
pub fn stack(props: &WalkProps, play: &Play, scroller: NodeRef, stairs: NodeRef) -> Html {
    let frame = play.frame(props.cursor);
    html! {
        <div class="stack">
            <div class="frames" ref={scroller} tabindex="0" role="group" aria-label="Open chains">
                if frame.at.is_some() {
                    { callers(play, frame, most_callers(props.height)) }
                    { card(play, props.cursor, room(props, play), &props.dispatch) }
                    { rest(props, play, spare_rows(props, play)) }
                } else if matches!(frame.kind, Kind::Ending | Kind::Failed) {
                    { way(props, play) }
                } else {
                    { plain_card(play, props.cursor) }
                }
            </div>
            { moment_box(props, play, stairs) }
        </div>
    }
}

/// How many lines are left under the open chain.
fn spare_rows(props: &WalkProps, play: &Play) -> usize {
    if props.phone {
        return 0;
    }
    let frame = play.frame(props.cursor);
    let lines = rows(play, props.cursor, room(props, play)).len();
    let callers = frame.callers.len().min(most_callers(props.height));
    let chains = HEAD + ROW * lines.max(1) + CALLER * callers;
    let left = (props.height as usize).saturating_sub(chains + below(props, play) + 12 + 12 + 22);
    (left / 22).min(6)
}

/// Heights in pixels, as the stylesheets have them: a card's head, a row, a caller.
const HEAD: usize = 34;
const ROW: usize = 29;
const CALLER: usize = 32;

/// How many rows the open chain may have.
fn room(props: &WalkProps, play: &Play) -> usize {
    if props.phone {
        // A draw's box wants its place on the same screen.
        let draws = matches!(
            player::moment::moment(play, props.cursor),
            Some(player::moment::Moment::Draw(_))
        );
        return match draws || props.chance.question.is_some() {
            true => 4,
            false => 9,
        };
    }
    let frame = play.frame(props.cursor);
    let callers = frame.callers.len().min(most_callers(props.height));
    let taken = HEAD + CALLER * callers + below(props, play) + 12;
    (props.height as usize).saturating_sub(taken) / ROW
}

/// The height of the box at the bottom.
fn below(props: &WalkProps, play: &Play) -> usize {
    let (head, stairs) = match (
        &props.chance.question,
        player::moment::moment(play, props.cursor),
    ) {
        (Some(question), _) => (52, question.stairs.clone()),
        (None, Some(player::moment::Moment::Draw(stairs))) => (52, stairs),
        (None, Some(_)) => return 164,
        (None, None) => return 0,
    };
    let low = if props.height < LOW { 10 } else { 0 };
    head - low + super::stairs::height(props, &stairs) as usize
}

/// The table's other chains, as far as there is room: those the packet has been in first.
fn rest(props: &WalkProps, play: &Play, rows: usize) -> Html {
    let dispatch = &props.dispatch;
    let frame = play.frame(props.cursor);
    let (Some(ns), Some(table), true) = (&frame.ns, frame.table, rows > 0) else {
        return Html::default();
    };
    let node = player::names::short(ns);
    let Some(all) = play.tables.get(&node).and_then(|t| t.get(&table)) else {
        return Html::default();
    };
    let open: Vec<String> = frame
        .callers
        .iter()
        .chain(&frame.at)
        .map(|at| chain_name(play, *at))
        .collect();
    let visited: std::collections::BTreeSet<&str> = play
        .frames
        .iter()
        .take(props.cursor)
        .filter(|f| f.ns == frame.ns && f.table == frame.table)
        .filter_map(|f| f.at)
        .filter_map(|at| play.chains.get(at.chain))
        .map(|c| c.name.as_str())
        .collect();
    let others_count = all.count.saturating_sub(open.len());
    let mut others: Vec<&str> = all
        .listed
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !open.iter().any(|o| o == name))
        .collect();
    others.sort_by_key(|name| !visited.contains(name));
    let shown = others.len().min(rows * 3);
    if others.is_empty() {
        return Html::default();
    }
    html! {
        <div class="others">
            <p class="faint">
                { format!("{} in {table} on {node}", player::text::count(others_count, "other chain", "other chains")) }
                if shown < others_count {
                    { format!(", {shown} shown") }
                }
            </p>
            <ul>
                for name in &others[..shown] {
                    <li>
                        <button class="mono" onclick={dispatch.on(Action::Open(Panel::Rules { node: node.clone(), table, chain: Some((*name).to_owned()) }))}>{ *name }</button>
                        if visited.contains(name) {
                            <span class="faint">{ "visited" }</span>
                        }
                    </li>
                }
            </ul>
        </div>
    }
}

fn chain_name(play: &Play, at: At) -> String {
    play.chains
        .get(at.chain)
        .map(|c| c.name.clone())
        .unwrap_or_default()
}

/// A chain's name without its hash.
fn short(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((prefix, hash)) if hash.len() == 16 => prefix,
        _ => name,
    }
}

fn callers(play: &Play, frame: &Frame, most: usize) -> Html {
    let all = &frame.callers;
    let folded = match all.len() > most {
        true => all.len() - (most - 1),
        false => 0,
    };
    let depth = all.len() - folded + usize::from(folded > 0);
    let names: Vec<String> = all[..folded]
        .iter()
        .map(|at| short(&chain_name(play, *at)).to_owned())
        .collect();
    let crumbs: Vec<String> = all
        .iter()
        .map(|at| short(&chain_name(play, *at)).to_owned())
        .collect();
    html! {
        <>
            if !crumbs.is_empty() {
                <p class="crumbs mono">
                    if crumbs.len() > 2 {
                        { "… › " }
                    }
                    { crumbs[crumbs.len().saturating_sub(2)..].join(" › ") }{ " ›" }
                </p>
            }
            if folded > 0 {
                <div class={format!("caller depth-{depth}")}>
                    <span class="mono"><b>{ names.join(" › ") }</b></span>
                    <span />
                    <span class="faint">{ player::text::count(folded, "chain waits here", "chains wait here") }</span>
                </div>
            }
            for (i, at) in all[folded..].iter().enumerate() {
                <div class={format!("caller depth-{}", all.len() - folded - i)}>
                    <span class="mono"><b>{ chain_name(play, *at) }</b></span>
                    <span class="mono rest">{ format!("rule {}: {}", at.number, condition(play.rule(*at))) }</span>
                    <span class="faint">{ "returns here" }</span>
                </div>
            }
        </>
    }
}

fn condition(rule: Option<&RuleView>) -> String {
    match rule {
        Some(rule) if rule.conditions.is_empty() => "no condition".into(),
        Some(rule) => rule.conditions.clone(),
        None => String::new(),
    }
}

fn card(play: &Play, cursor: usize, room: usize, dispatch: &crate::Dispatch) -> Html {
    let frame = play.frame(cursor);
    let Some(at) = frame.at else {
        return Html::default();
    };
    let Some(chain) = play.chains.get(at.chain) else {
        return Html::default();
    };
    html! {
        <section class={classes!("card", tone(frame.kind))} key={chain.name.clone()} aria-label={chain.name.clone()}>
            <header>
                <h3 class="mono">
                    if let Some(node) = frame.ns.as_ref().map(player::names::short) {
                        <button class="chain-open" title="All of it, in the rules browser" onclick={dispatch.on(Action::Open(Panel::Rules { node, table: chain.table, chain: Some(chain.name.clone()) }))}>{ &chain.name }</button>
                    }
                </h3>
                <span class="faint about">{ chain.about() }</span>
                <span class="grow" />
                <span class="faint count">{ format!("{} table, {}", chain.table, player::text::count(chain.count(), "rule", "rules")) }</span>
            </header>
            <ol class="rows">
                for line in rows(play, cursor, room) {
                    { row(&line, chain, frame) }
                }
            </ol>
        </section>
    }
}

fn row(line: &Line, chain: &player::chains::ChainView, frame: &Frame) -> Html {
    match line {
        Line::Rule {
            number,
            state,
            note,
            draw,
        } => {
            let lit = *state == RowState::Lit;
            let class = match state {
                RowState::Lit => "row lit",
                RowState::Done => "row done",
                RowState::Next => "row next",
            };
            html! {
                <li {class} aria-current={lit.then_some("step")}>
                    <span class="number mono">{ number }</span>
                    <code class="rule">{ rule_text(chain.rule(*number), lit.then_some(frame.kind)) }</code>
                    <span class="why">
                        if lit {
                            { icon(frame.kind) }
                        } else if let Some(hit) = draw {
                            { icon(if *hit { Kind::Hit } else { Kind::Miss }) }
                        }
                        { note }
                    </span>
                </li>
            }
        }
        Line::Fold { numbers, note } => html! {
            <li class="row fold">
                <span class="number mono">{ "⋮" }</span>
                <span class="faint">
                    {
                        match numbers.0 == numbers.1 {
                            true => format!("rule {}", numbers.0),
                            false => format!("rules {} to {}", numbers.0, numbers.1),
                        }
                    }
                </span>
                <span class="why">{ note }</span>
            </li>
        },
        Line::End { lit, text, note } => html! {
            <li class={if *lit { "row lit" } else { "row" }} aria-current={lit.then_some("step")}>
                <span class="number" />
                <span>{ text }</span>
                <span class="why">{ icon(frame.kind) }{ note }</span>
            </li>
        },
    }
}

/// A rule, with the part that decides this moment made to stand out.
pub(super) fn rule_text(rule: Option<&RuleView>, lit: Option<Kind>) -> Html {
    let Some(rule) = rule else {
        return Html::default();
    };
    let gap = match rule.conditions.is_empty() || rule.target.is_empty() {
        true => "",
        false => " ",
    };
    match lit {
        Some(kind) if kind.is_draw() => {
            let needle = rule
                .probability
                .as_ref()
                .map(|(p, _)| format!("--probability {p}"));
            let cut = needle
                .as_deref()
                .and_then(|n| rule.conditions.split_once(n));
            match (cut, needle.as_deref()) {
                (Some((before, after)), Some(needle)) => html! {
                    <>{ before }<b class="hot">{ needle }</b>{ after }{ gap }{ &rule.target }</>
                },
                _ => html! { <>{ &rule.conditions }{ gap }{ &rule.target }</> },
            }
        }
        Some(Kind::Pass | Kind::Jump | Kind::Continue) | None => {
            html! { <>{ &rule.conditions }{ gap }{ &rule.target }</> }
        }
        Some(_) => html! { <>{ &rule.conditions }{ gap }<b class="hot">{ &rule.target }</b></> },
    }
}

/// What conntrack does by its entry alone.
fn entry_card(entry: &ConnectionView, frame: &Frame) -> Html {
    let end = |addr, port: u16| player::text::socket(addr, (port != 0).then_some(port));
    let undo_dnat = frame.kind == Kind::UndoDnat;
    let undo_snat = frame.kind == Kind::UndoSnat;
    let hot = |on: bool| on.then(|| format!("new {}", tone(frame.kind)));
    let node = player::names::short(&entry.ns);
    html! {
        <section class={classes!("card", tone(frame.kind))} aria-label="conntrack" aria-current="step">
            <header>
                { icon(frame.kind) }
                <h3 class="mono">{ "conntrack" }</h3>
                <span class="faint about">{ format!("what {node} remembers about this connection") }</span>
                <span class="grow" />
                <span class="faint">{ entry.ctstate.clone() }</span>
            </header>
            <div class="entry">
                <span class="faint" />
                <span class="faint">{ "source" }</span>
                <span />
                <span class="faint">{ "destination" }</span>
                <span />
                <span>{ "original" }</span>
                <code class={classes!(hot(undo_snat))}>{ end(entry.original.src, entry.original.sport) }</code>
                <span class="faint">{ "→" }</span>
                <code class={classes!(hot(undo_dnat))}>{ end(entry.original.dst, entry.original.dport) }</code>
                <span class="faint">{ if undo_dnat || undo_snat { "2. this address is put back" } else { "1. the packet is recognised by this line" } }</span>
                <span>{ "reply" }</span>
                <code class={classes!(hot(undo_dnat))}>{ end(entry.reply.src, entry.reply.sport) }</code>
                <span class="faint">{ "→" }</span>
                <code class={classes!(hot(undo_snat))}>{ end(entry.reply.dst, entry.reply.dport) }</code>
                <span class="faint">{ if undo_dnat || undo_snat { "1. the reply is recognised by this line" } else { "2. this line says what it becomes" } }</span>
            </div>
            <p class="plain entry-note">{ "The two lines are not mirror images. The difference between them is the NAT, and it is written down nowhere else." }</p>
        </section>
    }
}

/// What decided the way, from the end: every draw, mark, rewriting and refusal.
fn way(props: &WalkProps, play: &Play) -> Html {
    let dispatch = &props.dispatch;
    let frame = play.frame(props.cursor);
    // Between a pod and its node there is one way only; the wire is where a choice shows.
    let crosses = |f: &Frame| {
        let outside_pods = |ns: &Option<Ns>| !matches!(ns, Some(Ns::Pod(_)));
        f.kind == Kind::Moved && outside_pods(&f.ns) && outside_pods(&f.to)
    };
    let told = |kind: Kind| {
        kind.is_draw()
            || kind.is_nat()
            || matches!(
                kind,
                Kind::Lookup
                    | Kind::Mark
                    | Kind::Delivered
                    | Kind::Drop
                    | Kind::Reject
                    | Kind::NoRoute
                    | Kind::Gone
                    | Kind::Answered
                    | Kind::Unmodelled
            )
    };
    html! {
        <section class={classes!("card", tone(frame.kind))} aria-label="The way it took">
            <header>
                { icon(frame.kind) }
                <h3>{ "The way it took" }</h3>
                <span class="faint about">{ "what decided it, in order" }</span>
            </header>
            <ol class="rows">
                for (i, step) in play.frames.iter().enumerate().filter(|(_, f)| told(f.kind) || crosses(f)) {
                    <li class="row done way-step">
                        { icon(step.kind) }
                        <button onclick={dispatch.on(Action::Seek(i))}>{ step.caption.text() }</button>
                        <span class="why faint">{ super::walk::place(step) }</span>
                    </li>
                }
            </ol>
        </section>
    }
}

/// A moment at which no chain is open.
fn plain_card(play: &Play, cursor: usize) -> Html {
    let frame = play.frame(cursor);
    if let (Some(entry), true) = (&frame.connection, frame.kind.is_nat()) {
        return entry_card(entry, frame);
    }
    let node = frame
        .ns
        .as_ref()
        .map(player::names::spoken)
        .unwrap_or_default();
    let (title, text) = match frame.kind {
        Kind::Lookup => ("name to address".into(), "A packet knows addresses only. Who asks for a name asks the cluster's DNS first; that exchange is left out here.".to_owned()),
        Kind::Sent => (format!("{node} sends"), "The packet begins here. Nothing of the cluster's rules has seen it yet.".into()),
        Kind::Enter => (
            format!("hook {}", frame.hook.map(|h| h.name()).unwrap_or_default()),
            "The kernel calls everything that is registered at this hook, in order of priority.".into(),
        ),
        Kind::Conntrack => ("conntrack".into(), "The table of known connections is searched for these addresses and ports.".into()),
        Kind::Routed | Kind::NoRoute => (
            "routing decision".into(),
            match &frame.machine {
                Some(route) => format!("The routing table of {node} answers: {route}"),
                None => format!("The routing table of {node} has no answer."),
            },
        ),
        Kind::Confirmed => ("conntrack".into(), "Until now the entry was only a draft that this packet carried along.".into()),
        Kind::NotAsked => (
            format!("{} {}", frame.table.map(|t| t.name()).unwrap_or_default(), frame.hook.map(|h| h.name()).unwrap_or_default()),
            frame.why.clone(),
        ),
        Kind::Moved => match (&frame.ns, &frame.to) {
            (Some(Ns::Pod(_)), _) | (_, Some(Ns::Pod(_))) => ("between pod and node".into(), "A pod has a network namespace of its own: its kernel side ends here, the node's begins.".to_owned()),
            _ => ("on the wire".into(), "Between two kernels there are no marks, no chains and no conntrack: only the header.".into()),
        },
        Kind::Tunnel => ("tunnel".into(), "Between the nodes only the outer header counts. Rules see both packets, one after the other, and conntrack keeps an entry for each.".into()),
        Kind::Delivered => (format!("{node} has it"), "A process that listens there reads the packet.".into()),
        Kind::Gone => ("gone".into(), frame.why.clone()),
        Kind::Answered => ("an answer from the kernel".into(), frame.why.clone()),
        Kind::Unmodelled => ("not modelled".into(), frame.why.clone()),
        Kind::Waited => ("meanwhile".into(), "Every kernel gives each entry a time to live, and sets it anew with each packet of the connection. Nothing is sent now, so the times only run down.".into()),
        Kind::Kept | Kind::Forgotten => ("conntrack".into(), frame.machine.clone().unwrap_or_else(|| frame.why.clone())),
        _ => ("conntrack".into(), "What the entry says is done to the packet. No rule is asked.".into()),
    };
    html! {
        <section class={classes!("card", tone(frame.kind))} aria-label={title.clone()}>
            <header>
                { icon(frame.kind) }
                <h3 class="mono">{ title }</h3>
                <span class="grow" />
                if let Some(c) = frame.connection.as_ref().filter(|_| !matches!(frame.kind, Kind::Moved | Kind::Sent)) {
                    <span class="faint">{ c.ctstate.clone() }</span>
                }
            </header>
            <p class="plain" aria-current="step">{ text }</p>
        </section>
    }
}
