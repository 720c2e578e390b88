//! A listing in the rules browser, as a tool prints it; the names of chains lead to them.

use player::late::browser::{Browser, Deed};
use player::late::rules::{Found, Window};
use yew::prelude::*;

use super::act;
use crate::Dispatch;

/// The lines.
pub fn text(state: &Browser, found: &Found, lines: &Window<String>, dispatch: &Dispatch) -> Html {
    let label = match found.command.is_empty() {
        true => "iptables-restore".to_owned(),
        false => found.command.clone(),
    };
    html! {
        <pre class="rules-scroll rules-text" tabindex="0" role="group" aria-label={label}>
            for line in &lines.rows {
                { one(state, found, line, dispatch) }{ "\n" }
            }
        </pre>
    }
}

fn one(state: &Browser, found: &Found, line: &str, dispatch: &Dispatch) -> Html {
    let is_chain = |word: &str| {
        word.starts_with("KUBE-") || found.index.rows.iter().any(|chain| chain.name == word)
    };
    let mut parts = Vec::new();
    let mut plain = String::new();
    for piece in line.split_inclusive([' ', ':']) {
        let word = piece.trim_end_matches([' ', ':']);
        if !is_chain(word) {
            plain.push_str(piece);
            continue;
        }
        parts.push(html! { { std::mem::take(&mut plain) } });
        parts.push(html! {
            <button class="link" onclick={act(dispatch, Deed::Chain(state.ask.table, word.to_owned()))}>{ word }</button>
        });
        plain.push_str(&piece[word.len()..]);
    }
    parts.push(html! { { plain } });
    html! { <>{ for parts }</> }
}
