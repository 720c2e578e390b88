//! An answer kept beside the page: what the core says to the request that a page begins with.
//!
//! It is a cache of one entry and knows nothing of what is in it. The page shows it only where the
//! request it is about to make is the one that was answered, and asks the core all the same.

use crate::engine::{Answer, Request};
use crate::wire;

/// A request's fingerprint and what was answered, as bytes.
pub fn keep(request: &Request, answer: Answer) -> Vec<u8> {
    let print = wire::fingerprint(&wire::encode(request));
    wire::encode(&(print, answer))
}

/// The answer, where it is to this very request.
pub fn recall(bytes: &[u8], request: &Request) -> Option<Answer> {
    let (print, answer): (u64, Answer) = wire::decode(bytes)?;
    (print == wire::fingerprint(&wire::encode(request))).then_some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Engine, LabEngine, Session};

    fn first(text: &str) -> Request {
        Session::new(text.into()).1.remove(0)
    }

    fn kept(text: &str) -> Vec<u8> {
        keep(&first(text), LabEngine::default().answer(first(text)))
    }

    #[test]
    fn the_same_request_gets_what_was_kept() {
        let live = LabEngine::default().answer(first("kind: ["));
        let back = recall(&kept("kind: ["), &first("kind: [")).expect("it is the same");
        assert_eq!(wire::encode(&back), wire::encode(&live));
    }

    #[test]
    fn another_request_gets_nothing() {
        assert!(recall(&kept("kind: ["), &first("kind: [ ")).is_none());
        let other = Request {
            number: 2,
            ..first("kind: [")
        };
        assert!(recall(&kept("kind: ["), &other).is_none());
    }

    #[test]
    fn what_is_no_answer_is_none() {
        assert!(recall(&[], &first("")).is_none());
        assert!(recall(b"<!doctype html>", &first("")).is_none());
    }
}
