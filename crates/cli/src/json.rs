//! The command's JSON: plain mirror types at this edge, documented in docs/json.md.
//!
//! The words are those of the recorded kernel cases, so that both can be laid side by side.

use std::collections::BTreeMap;
use std::net::IpAddr;

use cluster::Kind;
use fabric::Ending;
use lab::{Ask, Diagnostic, Ns, Source, Totals, Trip, text};
use serde::Serialize;

use crate::{Failure, check};

/// Appends a value and a newline.
pub fn write(out: &mut String, value: &impl Serialize) -> Result<(), Failure> {
    out.push_str(&serde_json::to_string_pretty(value)?);
    out.push('\n');
    Ok(())
}

/// One entry of `check --json`.
#[derive(Serialize)]
pub struct DiagnosticJson<'a> {
    severity: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    field: &'a str,
    file: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
    help: &'a str,
    server: bool,
}

/// The list of `check --json`.
pub fn diagnostics<'a>(list: &'a [Diagnostic], sources: &'a [Source]) -> Vec<DiagnosticJson<'a>> {
    list.iter()
        .map(|d| DiagnosticJson {
            severity: check::word(d.severity),
            kind: kind(d.kind),
            field: &d.field,
            file: d
                .span
                .and_then(|s| sources.get(s.source))
                .map_or("", |s| s.name.as_str()),
            line: d.span.map(|s| s.line),
            column: d.span.map(|s| s.column),
            message: &d.message,
            help: &d.help,
            server: d.server,
        })
        .collect()
}

/// The API machinery's word, as the recordings of the API server spell it.
fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Required => "Required",
        Kind::Invalid => "Invalid",
        Kind::Duplicate => "Duplicate",
        Kind::NotSupported => "NotSupported",
        Kind::Forbidden => "Forbidden",
        Kind::TooLong => "TooLong",
        Kind::TooMany => "TooMany",
        Kind::NotFound => "NotFound",
        Kind::StrictDecode => "StrictDecode",
        Kind::Decode => "Decode",
        Kind::Client => "Client",
        Kind::NoMatch => "NoMatch",
        Kind::InternalError => "InternalError",
        Kind::Note => "Note",
    }
}

/// `walk --json`.
#[derive(Serialize)]
pub struct TripJson {
    from: String,
    to: String,
    seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved: Option<ResolvedJson>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_seen: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_port: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal_from: Option<IpAddr>,
    first_packet: Vec<(String, Vec<String>)>,
    draws: Vec<DrawJson>,
    packets: serde_json::Value,
}

#[derive(Serialize)]
struct ResolvedJson {
    name: String,
    address: IpAddr,
}

#[derive(Serialize)]
struct DrawJson {
    node: String,
    rule: String,
    threshold: u32,
    drawn: u32,
    hit: bool,
}

/// The object of `walk --json`.
pub fn trip(trip: &Trip, ask: &Ask, seed: u64) -> TripJson {
    let mut json = TripJson {
        from: ask.from.to_string(),
        to: ask.to_words(),
        seed,
        resolved: trip
            .resolved
            .clone()
            .map(|(name, address)| ResolvedJson { name, address }),
        outcome: trip.journey.ending.word(),
        what: None,
        answered_by: None,
        source_seen: None,
        source_port: None,
        signal_from: None,
        first_packet: recording::first_packet(&trip.journey),
        draws: draws(trip),
        packets: recording::packets(&trip.journey),
    };
    match &trip.journey.ending {
        Ending::Reply {
            by,
            source_seen,
            port_kept,
        } => {
            json.answered_by = Some(own_name(by));
            json.source_seen = Some(*source_seen);
            json.source_port = Some(if *port_kept { "kept" } else { "rewritten" });
        }
        Ending::TcpReset { from } | Ending::IcmpUnreachable { from, .. } => {
            json.signal_from = Some(*from)
        }
        Ending::Unmodelled { what } => json.what = Some(what.clone()),
        Ending::NetUnreachable | Ending::NotPermitted | Ending::Invalid | Ending::Timeout => {}
    }
    json
}

/// A pod's own name, without its namespace, as the recordings name who answered.
fn own_name(ns: &Ns) -> String {
    match ns {
        Ns::Pod(name) | Ns::Node(name) | Ns::External(name) => {
            name.rsplit('/').next().unwrap_or(name).to_owned()
        }
        Ns::Router => "router".into(),
    }
}

fn draws(trip: &Trip) -> Vec<DrawJson> {
    let throws = trip.journey.throws.iter();
    throws
        .map(|t| DrawJson {
            node: own_name(&t.ns),
            rule: t.rule.to_string(),
            threshold: t.draw.threshold.0,
            drawn: t.draw.drawn,
            hit: t.draw.hit,
        })
        .collect()
}

/// `walk --connections N --json`.
#[derive(Serialize)]
pub struct TotalsJson {
    connections: u64,
    seed: u64,
    outcomes: BTreeMap<&'static str, u64>,
    endpoints: BTreeMap<String, u64>,
    masqueraded: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<String>,
}

/// The object of `walk --connections N --json`.
pub fn totals(totals: &Totals, seed: u64) -> TotalsJson {
    let endpoints = totals.endpoints.iter();
    TotalsJson {
        connections: totals.connections,
        seed,
        outcomes: totals.outcomes.clone(),
        endpoints: endpoints
            .map(|((a, p), n)| (text::endpoint(*a, Some(*p)), *n))
            .collect(),
        masqueraded: totals.masqueraded,
        what: totals.unmodelled.clone(),
    }
}

/// One entry of `walk --odds --json`.
#[derive(Serialize)]
pub struct OddsJson {
    endpoint: Option<String>,
    outcome: &'static str,
    probability: f64,
    force: Vec<&'static str>,
}

/// The list of `walk --odds --json`.
pub fn odds(list: &[lab::Odds]) -> Vec<OddsJson> {
    list.iter()
        .map(|odds| OddsJson {
            endpoint: odds
                .endpoint
                .map(|(addr, port)| text::endpoint(addr, Some(port))),
            outcome: odds.outcome,
            probability: odds.probability,
            force: odds.draws.iter().map(|&d| text::forced(d)).collect(),
        })
        .collect()
}
