//! How much is read and made, and what is said beyond. Each limit is a sentence at its place with what to
//! do, and an error, so that the last good cluster stays: half a cluster would be a guess.
//!
//! Pods beyond their limit alone are left out with a warning, since a few of them show the same.
//! Names need no limit of ours: the API server's own are 63 and 253 characters.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Kind, Severity};
use crate::report::Report;
use crate::source::Span;
use crate::state::EndpointSlice;
use crate::yaml::{Node, Value};

/// The longest text that is read: 10,000 Services with ten endpoints each are half of it.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;

/// How many documents a text may have, and how many objects a cluster: twice the 10,000 Services and
/// their slices, and then some.
pub const MOST_DOCUMENTS: usize = 50_000;

/// How deep values may nest. Go stops at 10,000; a browser's stack is smaller.
pub const MAX_DEPTH: usize = 256;

/// How many bytes of values anchors and aliases may repeat, roughly counted.
pub const MAX_REPEATED: usize = 16 * 1024 * 1024;

/// The API server's own: `MaxRequestBodyBytes` in apiserver/pkg/server/config.go.
pub const MOST_OBJECT_BYTES: usize = 3 * 1024 * 1024;

/// How many pods are made in all. More would be accepted by a cluster and shown by nobody.
pub const MOST_PODS: u64 = 5_000;

/// How many endpoints are made for all Services: twice those of 10,000 Services with ten each.
pub const MOST_ENDPOINTS: usize = 200_000;

/// How many findings are told. Nobody reads more, and each of a text's lines could have one.
const MOST_FINDINGS: usize = 1_000;

/// What stands in a name or value is quoted up to here.
const LONGEST_WORD: usize = 253;
const SHORTENED: usize = 60;

/// A limit was met at this place.
fn beyond(span: Option<Span>, field: &str, message: String, help: &str) -> Diagnostic {
    Diagnostic {
        span,
        severity: Severity::Error,
        kind: Kind::TooMany,
        field: field.to_owned(),
        message,
        help: help.to_owned(),
        server: false,
    }
}

/// More objects than a cluster may have, by way of lists.
pub fn too_many_objects(span: Span) -> Diagnostic {
    beyond(
        Some(span),
        "",
        format!("A cluster here has at most {MOST_DOCUMENTS} objects; this is one more."),
        "Leave out what this question does not need: other namespaces, custom resources.",
    )
}

/// An object that is too large for any server, if it is.
pub fn too_large(root: &Node) -> Option<Diagnostic> {
    (least_json(root) > MOST_OBJECT_BYTES).then(|| {
        beyond(
            Some(root.span),
            "",
            "This object is larger than 3 MiB, the most that an API server takes in one request."
                .to_owned(),
            "Split it: several Services, or slices of at most 1,000 endpoints each.",
        )
    })
}

/// How many bytes a value has at least as JSON, which is how it is sent.
fn least_json(node: &Node) -> usize {
    2 + match &node.value {
        Value::Str(text) => text.len(),
        Value::Seq(items) => items.iter().map(least_json).sum(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, value)| 3 + key.name.len() + least_json(value))
            .sum(),
        _ => 0,
    }
}

/// Drops the slices beyond [`MOST_ENDPOINTS`] that were made, and says so at each Service that lost some.
pub fn bound_endpoints(slices: &mut Vec<EndpointSlice>, report: &mut Report) {
    let mut endpoints = 0;
    let mut cut = BTreeSet::new();
    slices.retain(|slice| {
        endpoints += slice.endpoints.len();
        let keep = endpoints <= MOST_ENDPOINTS;
        if !keep {
            cut.insert(slice.object);
        }
        keep
    });
    if let Some(&first) = cut.first() {
        let also = match cut.len() {
            1 => String::new(),
            n => format!(" So do {} more Services.", n - 1),
        };
        let span = report.origins.span(first, "spec.selector");
        report.diagnostics.push(beyond(
            span,
            "spec.selector",
            format!(
                "At most {MOST_ENDPOINTS} endpoints are made for all Services; this one goes beyond.{also}"
            ),
            "Ask for fewer replicas, or let fewer Services select the same pods.",
        ));
    }
}

/// Makes findings fit to be read: no more than anybody reads, errors before others, and in each no
/// character that can't be seen and no endless word.
pub fn bound(diagnostics: &mut Vec<Diagnostic>) {
    for diagnostic in diagnostics.iter_mut() {
        for text in [
            &mut diagnostic.message,
            &mut diagnostic.help,
            &mut diagnostic.field,
        ] {
            if let Some(plain) = plain(text) {
                *text = plain;
            }
        }
    }
    let all = diagnostics.len();
    if all <= MOST_FINDINGS {
        return;
    }
    let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    let errors = diagnostics.iter().filter(|one| is_error(one)).count();
    let (mut error, mut other) = (0, 0);
    diagnostics.retain(|one| match is_error(one) {
        // The last error is the one at which reading stopped, if it did.
        true => {
            error += 1;
            error < MOST_FINDINGS || error == errors
        }
        false => {
            other += 1;
            other + errors <= MOST_FINDINGS
        }
    });
    let last = diagnostics.last().and_then(|one| one.span);
    diagnostics.push(Diagnostic {
        span: last,
        severity: Severity::Remark,
        kind: Kind::Note,
        field: String::new(),
        message: format!("{} more findings are not told.", all - diagnostics.len()),
        help: "Mend these first; the others come up as they go.".to_owned(),
        server: false,
    });
}

/// The text with what can't be seen written out and overlong words cut, where there is any.
fn plain(text: &str) -> Option<String> {
    let long = text.split(' ').any(|word| word.len() > LONGEST_WORD);
    if !long && !text.chars().any(unseen) {
        return None;
    }
    let words = text.split(' ').map(|word| {
        let all = word.chars().count();
        let keep = match all > LONGEST_WORD {
            true => SHORTENED,
            false => all,
        };
        let mut plain = String::new();
        for c in word.chars().take(keep) {
            match unseen(c) {
                true => plain.extend(c.escape_unicode()),
                false => plain.push(c),
            }
        }
        if keep < all {
            plain.push('…');
            // Quotes stay in pairs.
            plain.extend(word.chars().rev().take(3).filter(|&c| c == '`'));
        }
        plain
    });
    Some(words.collect::<Vec<_>>().join(" "))
}

/// Controls and characters that have no shape of their own: those that turn the direction of others
/// (UAX #9), joiners, marks of byte order, tags.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}
