//! A walk or a lesson in the fragment of an address, and back.
//!
//! [`encode`] and [`decode`] are total and know no page and no cluster: what a text means is for those who
//! load it. A fragment never leaves the browser, and opening one can do no more than show.
//!
//! The forms, each with its `#`:
//!
//! ```text
//! #view=PAYLOAD                    a walk, to look at
//! #edit=PAYLOAD                    a walk, with its text open
//! #lesson=NAME&step=3              a lesson of the site
//! #lesson=~PAYLOAD&step=3          a lesson that the link carries
//! #workshop=NAME&lesson=2&step=3   a list of lessons of the site
//! #workshop=~PAYLOAD&lesson=2      one that the link carries
//! ```
//!
//! A payload is base64url (RFC 4648, section 5, without padding) of one byte of version and a zlib stream
//! (RFC 1950), whose checksum tells a link that was cut or changed on its way from a whole one.

mod payload;
mod v1;

pub use payload::MOST_TEXT;

/// A mail client may break or cut an address that is longer: RFC 5322 allows 998 characters in a line, and
/// Outlook and others cut at about 2,000.
pub const MAIL: usize = 2_000;

/// No browser takes a longer address (Chromium 2 MiB, Firefox 1 MiB), and nothing longer is looked at.
pub const LONGEST: usize = 1 << 20;

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// A walk.
    Walk(Mode, Box<Walk>),
    /// A lesson or a list of lessons.
    Lesson(Lesson),
}

/// What is done with a walk first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// It is looked at: the text is out of the way.
    #[default]
    View,
    /// It is worked on: the text is open.
    Edit,
}

/// Everything that a walk on screen is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Walk {
    /// The manifests.
    pub text: String,
    /// Who sends, as `chainwalk walk --from` takes it.
    pub from: String,
    /// To whom, as `--to` takes it, without the protocol.
    pub to: String,
    /// Over what.
    pub protocol: Protocol,
    /// How much of the exchange is told.
    pub extent: Extent,
    /// The seed of the draws.
    pub seed: u64,
    /// Numbers forced on the first draws, in parts of 2^31.
    pub forced: Vec<u32>,
    /// Which of them were forced by hand, by index.
    pub by_hand: Vec<u32>,
    /// The endpoint for whose sake they were forced.
    pub chosen: Option<String>,
    /// What follows the first connection.
    pub then: Vec<Then>,
    /// Which part of that is on screen: 0 is the first connection.
    pub part: u32,
    /// The event on screen, from 0.
    pub step: u32,
    /// kube-proxy's version: `v1.30`, `newest`.
    pub version: String,
    /// Whether kubelet's chains and the canaries are there.
    pub companions: Companions,
    /// The kind of cluster that fills in what the text leaves open: `k3s`; empty where the text says it.
    pub plan: String,
    /// What is looked at.
    pub view: View,
}

/// A transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Protocol {
    /// TCP
    #[default]
    Tcp,
    /// UDP
    Udp,
    /// SCTP
    Sctp,
    /// A ping.
    Icmp,
}

/// How much of an exchange is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Extent {
    /// The first packet and the answer to it.
    #[default]
    FirstAndReply,
    /// Every packet.
    Whole,
}

/// Whether kubelet's chains and the canaries are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Companions {
    /// They are.
    #[default]
    Shown,
    /// They are not.
    Hidden,
}

/// One thing that follows the first connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Then {
    /// The client sends once more.
    Again,
    /// The client connects anew.
    Connect,
    /// So many milliseconds pass.
    Wait(u64),
    /// Somebody runs `conntrack` on a node.
    Conntrack {
        /// The node.
        node: String,
        /// What stands behind the command.
        args: String,
    },
}

/// What is looked at. A view that a page doesn't know is the walk.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum View {
    /// The chain walk with everything around it.
    #[default]
    Walk,
    /// The map alone.
    Map,
    /// The chains alone.
    Chains,
    /// The draw alone.
    Draw,
    /// The story in words.
    Story,
    /// Many connections.
    Many,
    /// What-ifs.
    WhatIf,
    /// The whole journey as one drawing.
    Line,
    /// The console.
    Console,
    /// The rules browser: a node, a table, perhaps a chain.
    Rules {
        /// The node.
        node: String,
        /// `nat`, `filter` and so on.
        table: String,
        /// The chain that is open.
        chain: Option<String>,
    },
}

impl View {
    /// The views that need no more than their name.
    pub const NAMED: [(&str, View); 9] = [
        ("walk", View::Walk),
        ("map", View::Map),
        ("chains", View::Chains),
        ("draw", View::Draw),
        ("story", View::Story),
        ("many", View::Many),
        ("what-if", View::WhatIf),
        ("line", View::Line),
        ("console", View::Console),
    ];

    /// Its name.
    pub fn name(&self) -> &'static str {
        let named = View::NAMED.iter().find(|(_, view)| view == self);
        named.map_or("rules", |(name, _)| name)
    }

    /// The view of a name.
    pub fn named(name: &str) -> Option<View> {
        let named = View::NAMED.iter().find(|(n, _)| *n == name);
        named.map(|(_, view)| view.clone())
    }
}

/// A lesson, or a list of them, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lesson {
    /// Whether it is one lesson or a list.
    pub what: What,
    /// Where its text is.
    pub text: Place,
    /// Which lesson of a list, from 1.
    pub lesson: Option<u32>,
    /// Which step of the lesson, from 1.
    pub step: Option<u32>,
}

/// One lesson or many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// One.
    Lesson,
    /// A list with its own title.
    Workshop,
}

/// Where a lesson's text is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// Beside the page, under this name; see [`name_is_good`].
    Site(String),
    /// In the link.
    Carried(String),
}

/// Why a fragment is no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Error {
    /// It is of none of the forms: nobody meant a link.
    NoLink,
    /// Longer than [`LONGEST`].
    TooLong,
    /// A character that no link has.
    Garbled,
    /// The end is missing, or something in it was changed.
    Damaged,
    /// Made by a later page, in a form that this one doesn't know.
    Newer,
    /// Unpacked it is longer than anything a link may carry.
    TooBig,
    /// A lesson's name that is no name.
    BadName,
}

impl Error {
    /// What is wrong, and what to do about it, as two sentences for whoever opened the link.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Error::NoLink => (
                "This address leads to nothing here.",
                "Ask for the link again.",
            ),
            Error::TooLong => (
                "This link is longer than any that Chainwalk makes.",
                "Ask for a file instead, and open that.",
            ),
            Error::Garbled => (
                "This link holds a character that no link has.",
                "Copy it again, whole and by itself.",
            ),
            Error::Damaged => (
                "This link is damaged: its end is missing, or something in it was changed.",
                "Mail programs cut long links. Ask for it again, or for a file.",
            ),
            Error::Newer => (
                "This link was made by a newer Chainwalk than this one.",
                "Load the page again to get the newer one.",
            ),
            Error::TooBig => (
                "Unpacked, this link is larger than a link may be.",
                "Nothing of it was opened. Ask for a file instead.",
            ),
            Error::BadName => (
                "This link names a lesson in a way that no lesson is named.",
                "Ask for the link again.",
            ),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.words().0)
    }
}

impl std::error::Error for Error {}

/// Whether a fragment is meant as a link, without looking into it. With or without its `#`.
pub fn is_link(fragment: &str) -> bool {
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
    ["view=", "edit=", "lesson=", "workshop="]
        .iter()
        .any(|form| fragment.starts_with(form))
}

/// Whether a name can be that of a file among the site's lessons: no way leads from it to anywhere else.
pub fn name_is_good(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=80).contains(&name.len()) && name.chars().all(plain)
}

/// The fragment of a link, without its `#`.
pub fn encode(link: &Link) -> String {
    match link {
        Link::Walk(mode, walk) => {
            let form = match mode {
                Mode::View => "view",
                Mode::Edit => "edit",
            };
            format!("{form}={}", payload::pack(&v1::walk(walk)))
        }
        Link::Lesson(lesson) => {
            let mut out = match lesson.what {
                What::Lesson => "lesson=".to_owned(),
                What::Workshop => "workshop=".to_owned(),
            };
            match &lesson.text {
                Place::Site(name) => out.push_str(name),
                Place::Carried(text) => {
                    out.push('~');
                    out.push_str(&payload::pack(&v1::text(text)));
                }
            }
            if let Some(n) = lesson.lesson {
                out.push_str(&format!("&lesson={n}"));
            }
            if let Some(n) = lesson.step {
                out.push_str(&format!("&step={n}"));
            }
            out
        }
    }
}

/// The link of a fragment, with or without its `#`.
pub fn decode(fragment: &str) -> Result<Link, Error> {
    if fragment.len() > LONGEST {
        return Err(Error::TooLong);
    }
    // What a mail program or a chat puts around a link is not part of it.
    let fragment = fragment.trim();
    let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
    let (form, rest) = fragment.split_once('=').ok_or(Error::NoLink)?;
    match form {
        "view" => walk(Mode::View, rest),
        "edit" => walk(Mode::Edit, rest),
        "lesson" => lesson(What::Lesson, rest),
        "workshop" => lesson(What::Workshop, rest),
        _ => Err(Error::NoLink),
    }
}

fn walk(mode: Mode, rest: &str) -> Result<Link, Error> {
    let walk = v1::read_walk(&payload::unpack(rest)?)?;
    Ok(Link::Walk(mode, Box::new(walk)))
}

fn lesson(what: What, rest: &str) -> Result<Link, Error> {
    let mut parts = rest.split('&');
    let first = parts.next().unwrap_or_default();
    let text = match first.strip_prefix('~') {
        Some(packed) => Place::Carried(v1::read_text(&payload::unpack(packed)?)?),
        None if name_is_good(first) => Place::Site(first.to_owned()),
        None => return Err(Error::BadName),
    };
    let (mut lesson, mut step) = (None, None);
    for part in parts {
        let (name, number) = part.split_once('=').ok_or(Error::Damaged)?;
        let number = number.parse().ok().filter(|n| *n > 0);
        let number = Some(number.ok_or(Error::Damaged)?);
        match name {
            "lesson" => lesson = number,
            "step" => step = number,
            // A later page may say more; what this one knows stands.
            _ => {}
        }
    }
    Ok(Link::Lesson(Lesson {
        what,
        text,
        lesson,
        step,
    }))
}
