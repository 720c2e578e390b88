//! Where one is in a node's rules and has been, and what is to be asked for that.
//!
//! What is asked and what comes back is in [`super::rules`]; drawing it is the page's.

use lab::{IpFamily, TableName};

use super::rules::{Amount, Ask, Body, Counted, Found, Opt, Show, Switches, View};
use crate::engine::{Lane, Request};
use crate::frames::Play;
use crate::session::{Panel, Session, Shared};

/// Where one has been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The table.
    pub table: TableName,
    /// The chain.
    pub chain: Option<String>,
}

/// What is done with the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// It goes to the clipboard.
    Copy,
    /// It becomes a file.
    Download,
}

/// A whole text that came, and what is to be done with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Which one, so that each is done once.
    pub number: u32,
    /// What is done with it.
    pub take: Take,
    /// The text.
    pub text: String,
    /// What a file of it is called.
    pub file: String,
}

/// What happens in the browser.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Another node.
    Node(String),
    /// iptables or ip6tables.
    Family(IpFamily),
    /// Another table.
    Table(TableName),
    /// A chain is opened, from wherever its name stands.
    Chain(TableName, String),
    /// Back to this place of the trail.
    Back(usize),
    /// Another way to show them.
    View(View),
    /// An option of a listing is switched.
    Option(Opt),
    /// Something is searched for.
    Search(String),
    /// Which rules are shown.
    Show(Show),
    /// To the page that begins here.
    Page(usize),
    /// To the part of the index that begins here.
    Index(usize),
    /// The whole text is copied, or kept as a file.
    Take(Take),
}

/// The browser as it is open.
#[derive(Debug, Clone, PartialEq)]
pub struct Browser {
    /// What is asked.
    pub ask: Ask,
    /// Where one has been before, oldest first.
    pub trail: Vec<Place>,
    /// What came back last.
    pub found: Option<Shared<Found>>,
    /// What was asked last, whether or not it was answered yet.
    asked: Option<Ask>,
    /// The whole text that is being fetched.
    pub taking: Option<Take>,
    /// The one that came last.
    pub taken: Option<Shared<Taken>>,
}

/// How many places one can go back.
const TRAIL: usize = 20;

impl Browser {
    /// One that opens here.
    pub fn new(node: String, family: IpFamily, table: TableName, chain: Option<String>) -> Browser {
        Browser {
            ask: Ask {
                node,
                family,
                table,
                chain,
                view: View::Rules,
                switches: Switches::default(),
                search: String::new(),
                show: Show::All,
                amount: Amount::Page,
                from: 0,
                index_from: 0,
                counted: Counted::default(),
            },
            trail: Vec::new(),
            found: None,
            asked: None,
            taking: None,
            taken: None,
        }
    }

    /// Goes on to a place, from wherever it is named.
    pub fn go(&mut self, node: String, table: TableName, chain: Option<String>) {
        if self.ask.node != node {
            self.trail.clear();
            self.ask.node = node;
        }
        self.move_to(table, chain);
    }

    fn move_to(&mut self, table: TableName, chain: Option<String>) {
        if (self.ask.table, &self.ask.chain) != (table, &chain) {
            self.trail.push(Place {
                table: self.ask.table,
                chain: self.ask.chain.take(),
            });
            let over = self.trail.len().saturating_sub(TRAIL);
            self.trail.drain(..over);
        }
        if self.ask.table != table {
            self.ask.index_from = 0;
        }
        self.ask.table = table;
        self.ask.chain = chain;
        self.ask.from = 0;
    }

    /// Does it. What is to be asked then is [`Browser::ask`].
    pub fn act(&mut self, deed: Deed) {
        match deed {
            Deed::Node(node) => {
                self.trail.clear();
                self.ask.node = node;
                self.ask.from = 0;
                self.ask.index_from = 0;
            }
            Deed::Family(family) => {
                self.ask.family = family;
                self.ask.from = 0;
                self.ask.index_from = 0;
            }
            Deed::Table(table) => self.move_to(table, None),
            Deed::Chain(table, chain) => {
                self.move_to(table, Some(chain));
                // These show no chain alone.
                if matches!(self.ask.view, View::Save | View::Restore) {
                    self.ask.view = View::Rules;
                }
            }
            Deed::Back(at) => {
                self.trail.truncate(at + 1);
                if let Some(place) = self.trail.pop() {
                    self.ask.table = place.table;
                    self.ask.chain = place.chain;
                    self.ask.from = 0;
                }
            }
            Deed::View(view) => {
                self.ask.view = view;
                self.ask.from = 0;
            }
            Deed::Option(option) => {
                let switches = &mut self.ask.switches;
                let which = match option {
                    Opt::Numeric => &mut switches.numeric,
                    Opt::Verbose => &mut switches.verbose,
                    Opt::Numbers => &mut switches.numbers,
                };
                *which = which.other();
            }
            Deed::Search(text) => {
                // What is found stands where a chain would.
                if !text.trim().is_empty() && self.ask.view == View::Rules {
                    self.move_to(self.ask.table, None);
                }
                self.ask.search = text;
                self.ask.from = 0;
                self.ask.index_from = 0;
            }
            Deed::Show(show) => {
                self.ask.show = show;
                self.ask.from = 0;
            }
            Deed::Page(from) => self.ask.from = from,
            Deed::Index(from) => self.ask.index_from = from,
            Deed::Take(take) => self.taking = Some(take),
        }
    }

    /// What is to be asked now: for a page of it, or for the whole text that is to be taken.
    fn asks(&self, counted: Counted) -> Ask {
        Ask {
            amount: match self.taking {
                Some(_) => Amount::Whole,
                None => Amount::Page,
            },
            counted,
            ..self.ask.clone()
        }
    }

    /// The core answered.
    pub fn answered(&mut self, found: Found) {
        if let Body::Whole(text) = found.body {
            if let Some(take) = self.taking.take() {
                let number = self.taken.as_ref().map_or(0, |taken| taken.number) + 1;
                self.taken = Some(Shared::new(Taken {
                    number,
                    take,
                    text,
                    file: self.file(&found.node),
                }));
            }
            return;
        }
        // A node that is no more was answered by another, and a chain's table is where it was found.
        for ask in std::iter::once(&mut self.ask).chain(&mut self.asked) {
            ask.node.clone_from(&found.node);
            if let Body::Chain { head, .. } = &found.body {
                ask.table = head.table;
            }
        }
        self.found = Some(Shared::new(found));
    }

    /// What a file of the text is called: `node1-nat-KUBE-SERVICES.list.txt`.
    fn file(&self, node: &str) -> String {
        let mut name = node.to_owned();
        if self.ask.view != View::Restore {
            name.push('-');
            name.push_str(self.ask.table.name());
        }
        if let (Some(chain), View::Rules | View::List | View::Spec) =
            (&self.ask.chain, self.ask.view)
        {
            name.push('-');
            name.push_str(chain);
        }
        let ending = match self.ask.view {
            View::Rules | View::Spec => "rules",
            View::List => "list",
            View::Save => "save",
            View::Restore => "restore",
        };
        let family = match self.ask.family {
            IpFamily::Ipv4 => "",
            IpFamily::Ipv6 => "-ipv6",
        };
        format!("{name}{family}.{ending}.txt")
    }
}

/// Of which family the walk on screen is.
pub(crate) fn family(play: Option<&Play>, cursor: usize) -> IpFamily {
    let dst = play.map(|play| play.frame(cursor).header.dst.as_str());
    let is_ipv6 = |dst: &str| dst.starts_with('[') || dst.matches(':').count() > 1;
    match dst.is_some_and(is_ipv6) {
        true => IpFamily::Ipv6,
        false => IpFamily::Ipv4,
    }
}

impl Session {
    /// Opens the browser, or goes on in it.
    pub(crate) fn browse(&mut self, node: String, table: TableName, chain: Option<String>) {
        let open = self.browsing();
        match &mut self.browser {
            Some(browser) if open => browser.go(node, table, chain),
            browser => {
                let family = family(self.play.as_deref(), self.cursor);
                let mut opened = Browser::new(node, family, table, chain);
                if let Some(before) = browser {
                    opened.ask.switches = before.ask.switches;
                }
                *browser = Some(opened);
            }
        }
    }

    /// The browser, opened at the chain of the moment on screen, or at the nat table of the node nearest
    /// to it.
    pub fn rules_here(&self) -> Option<Panel> {
        let play = self.play.as_ref()?;
        let frame = play.frame(self.cursor);
        let node = frame.ns.as_ref().map(crate::names::short);
        let chain = frame.at.and_then(|at| play.chains.get(at.chain));
        Some(Panel::Rules {
            node: match node {
                Some(node) if play.tables.contains_key(&node) => node,
                _ => play.tables.keys().next()?.clone(),
            },
            table: chain.map_or(TableName::Nat, |chain| chain.table),
            chain: chain.map(|chain| chain.name.clone()),
        })
    }

    fn browsing(&self) -> bool {
        matches!(self.panel, Panel::Rules { .. })
    }

    /// Something happens in the browser.
    pub(crate) fn browse_deed(&mut self, deed: Deed) {
        if let Some(browser) = &mut self.browser {
            browser.act(deed);
        }
    }

    /// What was found is of rules that may be no more.
    pub(crate) fn browse_anew(&mut self) {
        if let Some(browser) = &mut self.browser {
            browser.asked = None;
            browser.taking = None;
        }
    }

    /// The core answered.
    pub(crate) fn browsed(&mut self, found: Option<Found>) {
        if let (Some(browser), Some(found)) = (&mut self.browser, found) {
            browser.answered(found);
        }
    }

    /// What has to be asked since the last time, while the browser is open: it shows the counters of the
    /// moment on screen.
    pub(crate) fn browse_request(&mut self) -> Option<Request> {
        // One at a time: a large table takes its time, and what comes then is soon asked for again.
        if !self.browsing() || self.asked.contains_key(&Lane::Rules) {
            return None;
        }
        let counted = Counted {
            question: self.question.clone(),
            seed: self.seed,
            forced: self.forced.clone(),
            talk: self.talk.clone(),
            until: self.tried(),
        };
        let browser = self.browser.as_mut()?;
        let ask = browser.asks(counted);
        if browser.asked.as_ref() == Some(&ask) {
            return None;
        }
        browser.asked = Some(ask.clone());
        Some(self.ask_late(super::Ask::Rules(Box::new(ask))))
    }

    /// How many rules were tried before the moment on screen was over.
    fn tried(&self) -> usize {
        let frames = self.play.as_ref().map(|play| play.frames.as_slice());
        let passed = frames.unwrap_or_default().iter().take(self.cursor + 1);
        passed.filter(|frame| frame.at.is_some()).count()
    }
}
