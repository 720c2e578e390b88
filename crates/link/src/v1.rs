//! The first form of what a link carries. It is never changed: another form is another version.
//!
//! The bytes are postcard's (its wire format is fixed), in the order of the fields below.

use serde::{Deserialize, Serialize};

use crate::payload::MOST_TEXT;
use crate::{Companions, Error, Extent, Protocol, Then, View, Walk};

#[derive(Serialize, Deserialize)]
struct Form {
    text: String,
    from: String,
    to: String,
    protocol: u8,
    extent: u8,
    seed: u64,
    forced: Vec<u32>,
    by_hand: Vec<u32>,
    chosen: Option<String>,
    then: Vec<Thing>,
    part: u32,
    step: u32,
    version: String,
    companions: u8,
    plan: String,
    view: String,
    /// What a view needs besides its name, in an order of its own.
    of_view: Vec<String>,
}

#[derive(Serialize, Deserialize)]
enum Thing {
    Again,
    Connect,
    Wait(u64),
    Conntrack(String, String),
}

const PROTOCOLS: [Protocol; 4] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp, Protocol::Icmp];
const EXTENTS: [Extent; 2] = [Extent::FirstAndReply, Extent::Whole];
const COMPANIONS: [Companions; 2] = [Companions::Shown, Companions::Hidden];

fn place<T: PartialEq>(all: &[T], one: &T) -> u8 {
    let at = all.iter().position(|t| t == one);
    u8::try_from(at.expect("the list is whole")).expect("the list is short")
}

fn at<T: Copy>(all: &[T], place: u8) -> Result<T, Error> {
    all.get(usize::from(place)).copied().ok_or(Error::Damaged)
}

fn write<T: Serialize>(form: &T) -> Vec<u8> {
    postcard::to_allocvec(form).expect("plain data can always be written")
}

fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Error> {
    let (form, rest) = postcard::take_from_bytes(bytes).map_err(|_| Error::Damaged)?;
    match rest.is_empty() {
        true => Ok(form),
        false => Err(Error::Damaged),
    }
}

/// A walk as bytes.
pub(crate) fn walk(walk: &Walk) -> Vec<u8> {
    let of_view = match &walk.view {
        View::Rules { node, table, chain } => {
            let mut parts = vec![node.clone(), table.clone()];
            parts.extend(chain.clone());
            parts
        }
        _ => Vec::new(),
    };
    let then = walk.then.iter().map(|then| match then {
        Then::Again => Thing::Again,
        Then::Connect => Thing::Connect,
        Then::Wait(milliseconds) => Thing::Wait(*milliseconds),
        Then::Conntrack { node, args } => Thing::Conntrack(node.clone(), args.clone()),
    });
    write(&Form {
        text: walk.text.clone(),
        from: walk.from.clone(),
        to: walk.to.clone(),
        protocol: place(&PROTOCOLS, &walk.protocol),
        extent: place(&EXTENTS, &walk.extent),
        seed: walk.seed,
        forced: walk.forced.clone(),
        by_hand: walk.by_hand.clone(),
        chosen: walk.chosen.clone(),
        then: then.collect(),
        part: walk.part,
        step: walk.step,
        version: walk.version.clone(),
        companions: place(&COMPANIONS, &walk.companions),
        plan: walk.plan.clone(),
        view: walk.view.name().to_owned(),
        of_view,
    })
}

/// The walk in some bytes.
pub(crate) fn read_walk(bytes: &[u8]) -> Result<Walk, Error> {
    let form: Form = read(bytes)?;
    if form.text.len() > MOST_TEXT {
        return Err(Error::TooBig);
    }
    let mut of_view = form.of_view.into_iter();
    let view = match (&*form.view, of_view.next(), of_view.next()) {
        ("rules", Some(node), Some(table)) => View::Rules {
            node,
            table,
            chain: of_view.next(),
        },
        (name, ..) => View::named(name).unwrap_or_default(),
    };
    let then = form.then.into_iter().map(|thing| match thing {
        Thing::Again => Then::Again,
        Thing::Connect => Then::Connect,
        Thing::Wait(milliseconds) => Then::Wait(milliseconds),
        Thing::Conntrack(node, args) => Then::Conntrack { node, args },
    });
    Ok(Walk {
        text: form.text,
        from: form.from,
        to: form.to,
        protocol: at(&PROTOCOLS, form.protocol)?,
        extent: at(&EXTENTS, form.extent)?,
        seed: form.seed,
        forced: form.forced,
        by_hand: form.by_hand,
        chosen: form.chosen,
        then: then.collect(),
        part: form.part,
        step: form.step,
        version: form.version,
        companions: at(&COMPANIONS, form.companions)?,
        plan: form.plan,
        view,
    })
}

/// A text alone, as bytes.
pub(crate) fn text(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

/// The text in some bytes.
pub(crate) fn read_text(bytes: &[u8]) -> Result<String, Error> {
    if bytes.len() > MOST_TEXT {
        return Err(Error::TooBig);
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| Error::Damaged)
}
