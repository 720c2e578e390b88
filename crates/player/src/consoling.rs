//! The console on the core's side of the boundary: lends it the lab that everything else looks at, keeps
//! the walks of the packets that it sent, and puts back what was changed by hand.

use std::collections::VecDeque;
use std::sync::Arc;

use console::by_hand::{self, Cluster};
use console::{Console, Desk, Link, Place, Sent};
use lab::{IpFamily, Lab, Source};

use crate::compose::compose;
use crate::frames::Play;
use crate::lab_engine::Book;
use crate::late::console::{Ask, Changed, Done, Leads, Packet, Piece, Say, Spot, Text};
use crate::probe::{Extent, Transport};
use crate::replay::{listings, outcome, turn_of};
use crate::session::Refusal;
use crate::settings::Settings;
use crate::wire;

/// The console, between two lines.
#[derive(Default)]
pub struct Consoling {
    desk: Desk,
    /// The walks of the packets that were sent last, by number.
    plays: VecDeque<(u64, Play)>,
    /// The number of the next packet.
    next: u64,
    /// How many lines were run.
    ran: u32,
}

/// As many walks are kept.
const PLAYS: usize = 40;
/// As many lines of an output are shown.
const LINES: usize = 1000;

/// What the console works on.
pub struct Over {
    /// The cluster.
    pub lab: Lab,
    /// Its text.
    pub text: Arc<str>,
    /// What is stated beside it.
    pub settings: Settings,
}

impl Consoling {
    /// The cluster became another.
    pub fn moved(&mut self, before: &Lab, after: &Lab, text: &str) {
        self.desk.moved(before, after, text);
    }

    /// Answers.
    pub fn answer(&mut self, ask: Ask, over: Over) -> (Over, Say) {
        let Over {
            lab,
            text,
            settings,
        } = over;
        let source = Source {
            name: "cluster.yaml".into(),
            text,
        };
        let mut console = Console::over(lab, source, std::mem::take(&mut self.desk));
        let (say, settings) = match ask {
            Ask::Words { line, place } => {
                go(&mut console, place.as_deref());
                let words = console.complete(&line);
                (Say::Words(words), settings)
            }
            Ask::Line {
                line,
                place,
                ran,
                text,
            } => {
                go(&mut console, place.as_deref());
                if text == Text::Behind {
                    console.hold_text(
                        "the YAML has errors; mend them first, since this would write into it",
                    );
                }
                let (done, settings) = self.run(&mut console, &line, ran, settings);
                (Say::Done(Box::new(done)), settings)
            }
            Ask::Watch { packet } => {
                let kept = self.plays.iter().find(|(id, _)| *id == packet);
                let walked = kept.map(|(_, play)| Box::new(play.clone()));
                (Say::Walk(walked.ok_or_else(forgotten)), settings)
            }
        };
        let (lab, source, desk) = console.leave();
        self.desk = desk;
        let over = Over {
            lab,
            text: source.text,
            settings,
        };
        (over, say)
    }

    fn run(
        &mut self,
        console: &mut Console,
        line: &str,
        ran: u32,
        mut settings: Settings,
    ) -> (Done, Settings) {
        let mut screen = Screen::default();
        if ran > self.ran {
            screen.print("# The core has begun anew: conntrack and counters are empty, and nothing can be undone.\n", &[]);
        }
        self.ran = ran + u32::from(!line.trim().is_empty());
        let before = by_hand::write(console.lab().options());
        let mut packets = Vec::new();
        let mut printed = (0, 0);
        let answer = console.run_each(line, &mut |console, answer| {
            for sent in answer.trips.iter().skip(packets.len()) {
                packets.push(self.keep(console, sent));
            }
            for (text, from) in [
                (&answer.out, &mut printed.0),
                (&answer.errors, &mut printed.1),
            ] {
                let new = &text[*from..];
                *from = text.len();
                screen.print(new, &console.links(answer, new));
            }
        });
        // A line that could not be read has run nothing.
        screen.print(&answer.errors[printed.1..], &[]);
        let after = by_hand::write(console.lab().options());
        let text = answer.text.clone();
        let changed = (text.is_some() || after != before).then(|| {
            let by_hand = written(&after, console.text(), &settings);
            settings.by_hand = by_hand.clone();
            Changed { text, by_hand }
        });
        let done = Done {
            spot: spot(console.place()),
            out: screen.shown(),
            status: answer.status,
            packets,
            changed,
        };
        (done, settings)
    }

    /// Keeps the walk of a packet, as the rules stand that it has met.
    fn keep(&mut self, console: &Console, sent: &Sent) -> Packet {
        let lab = console.lab();
        let family = match sent.trip.dst.is_ipv4() {
            true => IpFamily::Ipv4,
            false => IpFamily::Ipv6,
        };
        let book = Book { lab, family };
        let play = compose(lab.cluster(), &book, &sent.trip, Extent::default());
        let play = Play {
            turns: vec![turn_of("connection".into(), &sent.trip)],
            listings: listings(lab, console.memory()),
            ..play
        };
        let id = self.next;
        self.next += 1;
        if self.plays.len() >= PLAYS {
            self.plays.pop_front();
        }
        self.plays.push_back((id, play));
        let (to, transport) = transport(&sent.to);
        Packet {
            id,
            from: sent.from.clone(),
            to: to.to_owned(),
            transport,
            seed: sent.seed,
            outcome: outcome(&sent.trip.journey.ending),
        }
    }
}

/// A destination's words without the protocol, and the protocol.
fn transport(to: &str) -> (&str, Transport) {
    let named = [
        ("/udp", Transport::Udp),
        ("/sctp", Transport::Sctp),
        ("/icmp", Transport::Icmp),
    ];
    let found = named
        .into_iter()
        .find_map(|(suffix, transport)| Some((to.strip_suffix(suffix)?, transport)));
    found.unwrap_or((to, Transport::Tcp))
}

/// Goes where the page is. A place that is gone is left.
fn go(console: &mut Console, place: Option<&str>) {
    let place = place.and_then(|words| match words.split_once('/')? {
        ("node", name) => Some(Place::Node(name.to_owned())),
        ("pod", rest) => rest.split_once('/').map(|(namespace, name)| Place::Pod {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }),
        _ => None,
    });
    if let Some(place) = place.filter(|place| place != console.place() && console.has(place)) {
        console.go(place);
    }
}

fn spot(place: &Place) -> Spot {
    Spot {
        place: match place {
            Place::Node(name) => format!("node/{name}"),
            Place::Pod { namespace, name } => format!("pod/{namespace}/{name}"),
        },
        prompt: place.prompt(),
    }
}

fn forgotten() -> Refusal {
    Refusal {
        message: "The walk of this packet is no longer kept.".into(),
        help: "Run its command once more, or send it anew from here.".into(),
    }
}

/// What is said where nothing was read yet.
pub fn without_a_cluster(ask: Ask) -> Say {
    match ask {
        Ask::Words { .. } => Say::Words(Vec::new()),
        Ask::Watch { .. } => Say::Walk(Err(forgotten())),
        Ask::Line { .. } => Say::Done(Box::new(Done {
            spot: Spot {
                place: String::new(),
                prompt: "#".into(),
            },
            out: vec![Piece {
                text: "# There is no cluster yet: the YAML has errors.\n".into(),
                to: None,
            }],
            status: 1,
            packets: Vec::new(),
            changed: None,
        })),
    }
}

/// The lines of an output that are shown, and how many are not.
#[derive(Default)]
struct Screen {
    pieces: Vec<Piece>,
    lines: usize,
    left_out: usize,
}

impl Screen {
    fn print(&mut self, text: &str, links: &[console::Linked]) {
        let room = LINES.saturating_sub(self.lines);
        let lines = text.split_inclusive('\n');
        let end: usize = lines.clone().take(room).map(str::len).sum();
        let all = lines.count();
        self.lines += all.min(room);
        self.left_out += all.saturating_sub(room);
        let mut at = 0;
        for link in links.iter().take_while(|l| l.at.end <= end) {
            self.push(&text[at..link.at.start], None);
            self.push(&text[link.at.clone()], Some(leads(&link.to)));
            at = link.at.end;
        }
        self.push(&text[at..end], None);
    }

    fn push(&mut self, text: &str, to: Option<Leads>) {
        match self.pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.to.is_none() && to.is_none() => last.text.push_str(text),
            _ => self.pieces.push(Piece {
                text: text.to_owned(),
                to,
            }),
        }
    }

    fn shown(mut self) -> Vec<Piece> {
        if self.left_out > 0 {
            let more = crate::text::count(self.left_out, "more line", "more lines");
            self.push(
                &format!("# {more}, not shown. Pipe it into grep, head or wc.\n"),
                None,
            );
        }
        self.pieces
    }
}

fn leads(to: &Link) -> Leads {
    match to {
        Link::Chain {
            node,
            family,
            table,
            chain,
        } => Leads::Chain {
            node: node.clone(),
            family: *family,
            table: *table,
            chain: chain.clone(),
        },
        Link::Object { name, line } => Leads::Line {
            name: name.clone(),
            line: *line,
        },
    }
}

/// What was changed by hand, and over which cluster.
fn written(changes: &str, text: &str, settings: &Settings) -> Arc<str> {
    match changes.is_empty() {
        true => "".into(),
        false => format!("of {:016x}\n{changes}", cluster(text, settings)).into(),
    }
}

/// Does to a lab what was done by hand. Over a text or a kube-proxy that is another since, kube-proxy
/// has synced.
pub fn put_back(lab: &mut Lab, text: &str, settings: &Settings) {
    let Some((of, changes)) = settings.by_hand.split_once('\n') else {
        return;
    };
    let same = of == format!("of {:016x}", cluster(text, settings));
    let of = match same {
        true => Cluster::Same,
        false => Cluster::Edited,
    };
    by_hand::apply(changes, lab, of);
}

/// Tells a cluster from others.
fn cluster(text: &str, settings: &Settings) -> u64 {
    let stated = (&settings.version, settings.companions, settings.plan);
    wire::fingerprint(&wire::encode(&(text, stated)))
}
