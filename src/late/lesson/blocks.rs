//! What a lesson says, as HTML made of elements alone: nothing of a lesson's text is ever read as markup.

use lesson::text::{Block, Inline};
use yew::prelude::*;

/// Paragraphs, lists, code.
pub fn blocks(all: &[Block]) -> Html {
    all.iter().map(block).collect()
}

fn block(block: &Block) -> Html {
    match block {
        Block::Paragraph(words) => html! { <p>{ inlines(words) }</p> },
        Block::List { first: None, items } => html! {
            <ul>for item in items { <li>{ blocks(&item.blocks) }</li> }</ul>
        },
        Block::List {
            first: Some(first),
            items,
        } => html! {
            <ol start={first.to_string()}>for item in items { <li>{ blocks(&item.blocks) }</li> }</ol>
        },
        Block::Quote(inner) => html! { <blockquote>{ blocks(inner) }</blockquote> },
        Block::Code { text, .. } => html! { <pre tabindex="0"><code>{ text }</code></pre> },
        Block::Heading { words, .. } => html! { <h4>{ inlines(words) }</h4> },
        Block::Rule => html! { <hr /> },
    }
}

/// Words.
pub fn inlines(all: &[Inline]) -> Html {
    all.iter().map(inline).collect()
}

fn inline(inline: &Inline) -> Html {
    match inline {
        Inline::Text(text) => html! { { text } },
        Inline::Code(text) => html! { <code>{ text }</code> },
        Inline::Strong(words) => html! { <strong>{ inlines(words) }</strong> },
        Inline::Emphasis(words) => html! { <em>{ inlines(words) }</em> },
        // The reader of lessons lets http, https and neighbours through, nothing else.
        Inline::Link { to, words } => html! {
            <a href={to.clone()} target="_blank" rel="noopener noreferrer">{ inlines(words) }</a>
        },
        Inline::Break => html! { <br /> },
    }
}
