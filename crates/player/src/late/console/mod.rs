//! The console: what stands on its screen, what is being typed, and what of both the core is asked.
//!
//! What a line means and prints is the core's to say; here are the prompt, the history, the
//! completions on offer and the packets that can be watched.

mod said;

use std::rc::Rc;
use std::sync::Arc;

use crate::editor::Editor;
use crate::engine::{Lane, Request};
use crate::history::Doing;
use crate::late;
use crate::probe::Question;
use crate::session::{Panel, Session, Shared, Tab};
use crate::whatif::{ChangedLines, LineMark};

pub use said::{Ask, Changed, Done, Leads, Packet, Piece, Say, Spot, Text};

/// A line that was run, and what it printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The prompt before it.
    pub prompt: String,
    /// The line.
    pub line: String,
    /// What it printed.
    pub out: Vec<Piece>,
    /// Whether it failed.
    pub failed: bool,
    /// The packets that it sent.
    pub packets: Vec<Packet>,
}

/// Completions on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The line up to the word.
    pub before: String,
    /// What the word may become.
    pub words: Vec<String>,
    /// Which of them stands in the line.
    pub chosen: Option<usize>,
}

/// The console's own part of the page.
#[derive(Debug, Clone, Default)]
pub struct Console {
    /// Where the next line runs, once the core has said so.
    pub spot: Option<Spot>,
    /// What stands on the screen.
    pub entries: Vec<Rc<Entry>>,
    /// What is being typed.
    pub draft: String,
    /// Lines that were run, the newest last.
    pub lines: Vec<String>,
    /// Which of them stands in the field, where one does.
    pub recalled: Option<usize>,
    /// What was being typed before one was recalled.
    drafted: String,
    /// Completions on offer.
    pub offered: Option<Offered>,
    /// Whether the next Tab leaves the field.
    pub released: bool,
    /// The line that runs, and the text over which it was asked.
    running: Option<(u64, String, Arc<str>)>,
    /// Lines that wait for it.
    waiting: Vec<String>,
    /// How many lines this core has run.
    ran: u32,
}

/// As many lines are remembered.
const REMEMBERED: usize = 200;
/// As many outputs stay on the screen.
const ON_SCREEN: usize = 100;
/// As many pieces of output stay on the screen: each is an element of the page.
const PIECES: usize = 4000;

/// What a person does at the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Types.
    Typed(String),
    /// Runs what was typed, or takes the completion that is chosen.
    Enter,
    /// Runs a line.
    Run(String),
    /// To the line before, or the completion before.
    Up,
    /// To the line after, or the completion after.
    Down,
    /// Completes the word, or takes the next completion.
    Tab,
    /// Takes this completion.
    Take(usize),
    /// Closes the completions; where there are none, lets the next Tab leave the field.
    Escape,
    /// Goes elsewhere: `node/NAME` or `pod/NAMESPACE/NAME`.
    Go(String),
    /// Shows the walk of a packet.
    Watch(u64),
    /// Goes where a word leads.
    Follow(Leads),
    /// Wipes the screen.
    Clear,
    /// Lines of an earlier visit come back.
    Remembered(Vec<String>),
}

impl Console {
    /// Whether a line runs.
    pub fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    /// The prompt before the line that runs, and the line.
    pub fn running_line(&self) -> Option<(&str, &str)> {
        let (_, line, _) = self
            .running
            .as_ref()
            .filter(|(_, l, _)| !l.trim().is_empty())?;
        Some((self.spot.as_ref().map_or("", |s| &s.prompt), line))
    }

    fn write(&mut self, line: String) {
        self.draft = line;
        self.offered = None;
        self.released = false;
    }

    fn remember(&mut self, line: &str) {
        if self.lines.last().is_none_or(|last| last != line) {
            self.lines.push(line.to_owned());
        }
        let over = self.lines.len().saturating_sub(REMEMBERED);
        self.lines.drain(..over);
    }

    fn recall(&mut self, at: Option<usize>) {
        let line = match at {
            Some(at) => self.lines.get(at).cloned().unwrap_or_default(),
            None => std::mem::take(&mut self.drafted),
        };
        self.write(line);
        self.recalled = at;
    }

    fn up(&mut self) {
        let at = self.recalled.unwrap_or(self.lines.len());
        if self.recalled.is_none() {
            self.drafted.clone_from(&self.draft);
        }
        if at > 0 {
            self.recall(Some(at - 1));
        }
    }

    fn down(&mut self) {
        if let Some(at) = self.recalled {
            self.recall((at + 1 < self.lines.len()).then_some(at + 1));
        }
    }

    /// Puts a completion into the line.
    fn choose(&mut self, step: Step) {
        let Some(offered) = &mut self.offered else {
            return;
        };
        let count = offered.words.len();
        let next = match (step, offered.chosen) {
            (Step::To(at), _) => at.min(count - 1),
            (Step::On, None) => 0,
            (Step::On, Some(at)) => (at + 1) % count,
            (Step::Back, None | Some(0)) => count - 1,
            (Step::Back, Some(at)) => at - 1,
        };
        offered.chosen = Some(next);
        self.draft = format!("{}{}", offered.before, offered.words[next]);
    }

    /// The core said what the word may become.
    fn offer(&mut self, words: Vec<String>) {
        let at = word_of(&self.draft);
        let (before, word) = self.draft.split_at(at);
        let before = before.to_owned();
        let words: Vec<String> = words.into_iter().filter(|w| w.starts_with(word)).collect();
        match words.as_slice() {
            [] => self.offered = None,
            [one] => {
                // Behind an `=` comes its value.
                let end = if one.ends_with('=') { "" } else { " " };
                self.draft = format!("{before}{one}{end}");
                self.offered = None;
            }
            [first, rest @ ..] => {
                let common = rest.iter().fold(first.as_str(), |common, word| {
                    let same = common.chars().zip(word.chars()).take_while(|(a, b)| a == b);
                    let bytes: usize = same.map(|(c, _)| c.len_utf8()).sum();
                    &common[..bytes]
                });
                self.draft = format!("{before}{common}");
                self.offered = Some(Offered {
                    before,
                    words,
                    chosen: None,
                });
            }
        }
    }

    fn show(&mut self, entry: Entry) {
        self.entries.push(Rc::new(entry));
        let mut pieces = 0;
        let kept = self.entries.iter().rev().take(ON_SCREEN).take_while(|e| {
            let fits = pieces == 0 || pieces + e.out.len() <= PIECES;
            pieces += e.out.len();
            fits
        });
        let over = self.entries.len() - kept.count();
        self.entries.drain(..over);
    }
}

/// Which completion is chosen next.
#[derive(Debug, Clone, Copy)]
enum Step {
    On,
    Back,
    To(usize),
}

/// Where the last word of a line begins.
fn word_of(line: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || matches!(c, '|' | ';' | '&');
    line.char_indices()
        .rev()
        .find(|(_, c)| ends(*c))
        .map_or(0, |(at, c)| at + c.len_utf8())
}

/// Does one of these things.
pub(crate) fn act(session: &mut Session, deed: Deed) -> Vec<Request> {
    let mut console = session.console();
    let mut requests = Vec::new();
    let mut lines = Vec::new();
    match deed {
        Deed::Typed(text) => {
            console.write(text);
            console.recalled = None;
        }
        Deed::Enter => match console.offered.as_ref().and_then(|o| o.chosen) {
            Some(_) => {
                console.offered = None;
                console.draft.push(' ');
            }
            None => {
                lines.push(std::mem::take(&mut console.draft));
                console.write(String::new());
                console.recalled = None;
            }
        },
        Deed::Run(line) => lines.push(line),
        Deed::Up if console.offered.is_some() => console.choose(Step::Back),
        Deed::Up => console.up(),
        Deed::Down if console.offered.is_some() => console.choose(Step::On),
        Deed::Down => console.down(),
        Deed::Tab if console.offered.is_some() => console.choose(Step::On),
        Deed::Tab => {
            let line = console.draft.clone();
            let place = console.spot.as_ref().map(|s| s.place.clone());
            requests.push(session.ask_late(late::Ask::Console(Ask::Words { line, place })));
        }
        Deed::Take(at) => {
            console.choose(Step::To(at));
            console.offered = None;
            console.draft.push(' ');
        }
        Deed::Escape if console.offered.is_some() => console.offered = None,
        Deed::Escape => console.released = true,
        Deed::Go(place) => {
            console.spot = Some(Spot {
                place,
                prompt: String::new(),
            });
            lines.push(String::new());
        }
        Deed::Watch(id) => {
            let all = console.entries.iter().flat_map(|e| &e.packets);
            if let Some(packet) = all.into_iter().find(|p| p.id == id).cloned() {
                requests.push(watch(session, &packet));
            }
        }
        Deed::Follow(Leads::Line { line, .. }) => session.reveal(line),
        Deed::Follow(Leads::Chain {
            node,
            family,
            table,
            chain,
        }) => {
            let chain = Some(chain);
            session.browse(node.clone(), table, chain.clone());
            if let Some(browser) = &mut session.browser {
                browser.ask.family = family;
            }
            session.panel = Panel::Rules { node, table, chain };
        }
        Deed::Clear => {
            console.entries.clear();
            console.offered = None;
        }
        Deed::Remembered(mut earlier) => {
            earlier.append(&mut console.lines);
            let over = earlier.len().saturating_sub(REMEMBERED);
            earlier.drain(..over);
            console.lines = earlier;
        }
    }
    for line in lines {
        if !line.trim().is_empty() {
            console.remember(line.trim());
        }
        if line.trim() == "clear" {
            console.entries.clear();
        } else if console.running.is_some() {
            console.waiting.push(line);
        } else {
            requests.push(ask(session, &mut console, line));
        }
    }
    session.desk.console = Some(Shared::new(console));
    requests
}

fn ask(session: &mut Session, console: &mut Console, line: String) -> Request {
    let request = session.ask_late(late::Ask::Console(Ask::Line {
        line: line.clone(),
        place: console.spot.as_ref().map(|s| s.place.clone()),
        ran: console.ran,
        text: match session.may_edit() {
            true => Text::Shown,
            false => Text::Behind,
        },
    }));
    console.running = Some((request.number, line, session.editor.text().clone()));
    request
}

fn watch(session: &mut Session, packet: &Packet) -> Request {
    session.question = Question {
        from: packet.from.clone(),
        to: packet.to.clone(),
        transport: packet.transport,
        extent: session.question.extent,
    };
    session.seed = packet.seed;
    session.seed_draft = None;
    session.forced.clear();
    session.by_hand.clear();
    session.chosen = None;
    session.talk = Default::default();
    session.panel = Panel::None;
    session.begin = Some(0);
    session.playing = true;
    session.ask_late(late::Ask::Console(Ask::Watch { packet: packet.id }))
}

/// The core said something.
pub(crate) fn said(session: &mut Session, number: u64, say: Say) -> Vec<Request> {
    let mut console = session.console();
    let mut requests = Vec::new();
    match say {
        Say::Walk(walked) => session.walked(walked),
        Say::Words(words) => console.offer(words),
        Say::Done(done) => {
            let Some((asked, line, text)) = console.running.take() else {
                return requests;
            };
            if asked != number {
                return requests;
            }
            let before = console.spot.replace(done.spot);
            let mut out = done.out;
            if let Some(changed) = done.changed {
                requests.extend(take_over(session, &line, &text, changed, &mut out));
            }
            if !line.trim().is_empty() {
                console.ran += 1;
                console.show(Entry {
                    prompt: before.map(|s| s.prompt).unwrap_or_default(),
                    line,
                    out,
                    failed: done.status != 0,
                    packets: done.packets,
                });
            }
            if !console.waiting.is_empty() {
                let next = console.waiting.remove(0);
                requests.push(ask(session, &mut console, next));
            }
        }
    }
    session.desk.console = Some(Shared::new(console));
    requests
}

/// The page has what the line changed: text, rules and sysctls are one history with what hand and
/// click change.
fn take_over(
    session: &mut Session,
    line: &str,
    asked_over: &Arc<str>,
    changed: Changed,
    out: &mut Vec<Piece>,
) -> Vec<Request> {
    let mut settings = session.settings.clone();
    settings.by_hand = changed.by_hand;
    if changed.text.is_some() && session.editor.text() != asked_over {
        out.push(plain(
            "# The YAML was edited meanwhile, so this was not written into it. Run it again.\n",
        ));
        return vec![session.load()];
    }
    let text = changed
        .text
        .unwrap_or_else(|| session.editor.text().clone());
    let back = session
        .history
        .last()
        .is_some_and(|past| past.editor.text() == &text && past.settings == settings);
    if text != *session.editor.text() {
        let lines = difference(session.editor.text(), &text);
        if let Some(first) = lines.first() {
            out.push(plain("# The YAML says so now: "));
            out.push(Piece {
                text: format!("line {}", first.first),
                to: Some(Leads::Line {
                    name: "what was changed".into(),
                    line: first.first,
                }),
            });
            out.push(plain("\n"));
        }
        if !back {
            session.remember(doing(line));
            session.editor = Shared::new(session.editor.with_text(text, &lines));
            session.whatif.lines = Rc::new(lines);
        }
    } else if !back && settings != session.settings {
        session.remember(doing(line));
    }
    if back {
        return session.undo();
    }
    session.settings = settings;
    vec![session.load()]
}

fn doing(line: &str) -> Doing {
    Doing::Done {
        label: line.trim().to_owned(),
        about: String::new(),
    }
}

fn plain(text: &str) -> Piece {
    Piece {
        text: text.to_owned(),
        to: None,
    }
}

/// The lines in which a text differs from the one before: all between what they begin and end with.
fn difference(before: &str, after: &str) -> Vec<ChangedLines> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - same;
    let ends = old.iter().rev().zip(new.iter().rev());
    let end = ends.take(most).take_while(|(a, b)| a == b).count();
    let (first, last) = (same + 1, new.len() - end);
    let mark = match first <= last {
        true => LineMark::Written,
        false => LineMark::Gone,
    };
    vec![ChangedLines {
        first: first.min(new.len().max(1)),
        last: last.max(first).min(new.len().max(1)),
        mark,
    }]
}

/// It is opened: where that is, the core says.
pub(crate) fn open(session: &mut Session) -> Option<Request> {
    let mut console = session.console();
    let unknown = console.spot.is_none() && !console.is_busy();
    let request = unknown.then(|| ask(session, &mut console, String::new()));
    session.desk.console = Some(Shared::new(console));
    request
}

/// A line that nobody will answer any more is said to be lost.
pub(crate) fn after(session: &mut Session) {
    let Some(console) = &session.desk.console else {
        return;
    };
    let asked = console.running.as_ref().map(|(number, ..)| *number);
    if asked.is_none() || session.asked.get(&Lane::Console).copied() == asked {
        return;
    }
    let mut console = session.console();
    console.waiting.clear();
    if let Some((_, line, _)) = console
        .running
        .take()
        .filter(|(_, l, _)| !l.trim().is_empty())
    {
        let prompt = console.spot.as_ref().map(|s| s.prompt.clone());
        console.show(Entry {
            prompt: prompt.unwrap_or_default(),
            line,
            out: vec![plain("# Stopped before there was an answer.\n")],
            failed: true,
            packets: Vec::new(),
        });
    }
    session.desk.console = Some(Shared::new(console));
}

impl Session {
    /// The console as it stands, to be changed.
    fn console(&self) -> Console {
        let console = self.desk.console.as_ref();
        console.map_or_else(Console::default, |c| Console::clone(c))
    }

    /// Shows a line of the text.
    pub(crate) fn reveal(&mut self, line: usize) {
        self.editor = Shared::new(self.editor.unfold_line(line));
        self.editor_open = true;
        self.tab = Tab::Yaml;
        self.playing = false;
        let times = self.reveal.map_or(0, |(_, n)| n + 1);
        self.reveal = Some((line, times));
    }

    /// A phone's tab lies under the console.
    pub(crate) fn show_tab(&mut self, tab: Tab) {
        self.tab = tab;
        if self.panel == Panel::Console {
            self.panel = Panel::None;
        }
    }
}

impl Editor {
    /// Another text, folded as this one is, but for the lines that were written.
    fn with_text(&self, text: Arc<str>, lines: &[ChangedLines]) -> Editor {
        crate::whatifs::shown(self, text, lines)
    }
}
