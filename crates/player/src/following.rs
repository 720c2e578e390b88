//! A link is followed: the core is asked what it holds, and the page becomes that, or says why it can't.

use std::sync::Arc;

use crate::engine::{Request, Work};
use crate::history::Doing;
use crate::saved;
use crate::session::{Notice, Panel, Refusal, Session};

/// The fragment of an address, where it is meant as a link to a walk: `#view=…`, `…/#edit=…`.
pub fn linked(text: &str) -> Option<&str> {
    let text = text.trim();
    let fragment = text.rsplit_once('#').map_or(text, |(_, fragment)| fragment);
    let meant = fragment.starts_with("view=") || fragment.starts_with("edit=");
    (meant && !text.contains(char::is_whitespace)).then_some(fragment)
}

impl Session {
    /// The state of a page that begins with a link: until that is read it shows nothing, and where it can't
    /// be, this text.
    pub fn following(text: Arc<str>, link: &str) -> (Session, Vec<Request>) {
        let (mut session, _) = Session::new(text);
        session.asked = Default::default();
        let request = session.follow(link);
        (session, vec![request])
    }

    /// Asks what a link holds.
    pub(crate) fn follow(&mut self, link: &str) -> Request {
        let link: Arc<str> = link.into();
        self.notice = None;
        self.wanted = Some(link.clone());
        self.request(Work::Open(link))
    }

    /// What a link holds.
    pub(crate) fn followed(&mut self, found: Result<Vec<u8>, Refusal>) -> Vec<Request> {
        let link = self.wanted.take();
        let refusal = match found {
            Ok(bytes) => match self.become_saved(&bytes) {
                Some(requests) => {
                    self.link = link;
                    return requests;
                }
                None => Refusal {
                    message: "This link was made by another build of Chainwalk.".into(),
                    help: "Load the page again.".into(),
                },
            },
            Err(refusal) => refusal,
        };
        self.notice = Some(Notice {
            message: refusal.message,
            help: refusal.help,
        });
        match self.loaded {
            Some(_) => Vec::new(),
            None => vec![self.load()],
        }
    }

    /// Becomes what was written down elsewhere; what was here can be gone back to.
    pub fn become_saved(&mut self, bytes: &[u8]) -> Option<Vec<Request>> {
        let (mut next, mut requests) = saved::resume(bytes)?;
        if self.loaded.is_some() {
            self.remember(Doing::Replaced);
        }
        next.history = self.history.clone();
        // What asked before must not be taken for an answer to this.
        let before = self.request;
        for request in &mut requests {
            request.number += before;
        }
        next.request += before;
        for number in next.asked.values_mut() {
            *number += before;
        }
        next.viewport = self.viewport;
        next.screen = self.screen;
        next.present = self.present;
        next.theme = self.theme;
        next.speed = self.speed;
        next.grain = self.grain;
        next.field = self.field;
        next.desk = self.desk.clone();
        // What has been loaded of the page is there for whatever it shows.
        next.late = self.late.clone();
        *self = next;
        Some(requests)
    }

    /// What a page that was come back to is to open once it has a walk.
    pub(crate) fn opens(&mut self) -> Option<Panel> {
        if self.play.is_none() || self.opening == Panel::None {
            return None;
        }
        Some(std::mem::take(&mut self.opening))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_or_its_end_is_a_link() {
        for text in [
            "view=AXja",
            "#view=AXja",
            " https://a.example/b/#view=AXja\n",
        ] {
            assert_eq!(linked(text), Some("view=AXja"), "{text}");
        }
        assert_eq!(linked("x#edit=A"), Some("edit=A"));
    }

    #[test]
    fn yaml_is_none() {
        for text in ["", "kind: Service", "a: 1 # view=x y", "view=\nkind: Pod"] {
            assert_eq!(linked(text), None, "{text}");
        }
    }
}
