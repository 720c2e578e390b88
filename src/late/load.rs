//! Gets what is in here. A page that is cut in two gets it in a second download; any other has it from the
//! beginning.

use player::Action;

use super::Parts;
use crate::Dispatch;

#[cfg(not(feature = "split"))]
mod way {
    use super::*;

    /// They are there.
    pub fn parts() -> Option<&'static Parts> {
        Some(&super::super::PARTS)
    }

    /// There is nothing to load.
    pub fn load(dispatch: &Dispatch) {
        dispatch.send(Action::LateCame(super::super::PARTS.hooks));
    }
}

#[cfg(feature = "split")]
mod way {
    use std::cell::Cell;

    use wasm_split_helpers::{SplitLoaderError, wasm_split};

    use super::*;

    thread_local! {
        /// Where they are, once they are there: code is the same for everyone who asks.
        static PARTS: Cell<Option<&'static Parts>> = const { Cell::new(None) };
    }

    /// The one function that stands in the second file, with all that it names and the first view doesn't.
    #[wasm_split(late, fallible)]
    fn fetched() -> Result<&'static Parts, SplitLoaderError> {
        Ok(&super::super::PARTS)
    }

    /// The parts, once they are there.
    pub fn parts() -> Option<&'static Parts> {
        PARTS.get()
    }

    /// Fetches them, and says whether they came.
    pub fn load(dispatch: &Dispatch) {
        let dispatch = dispatch.clone();
        yew::platform::spawn_local(async move {
            dispatch.send(match fetched().await {
                Ok(parts) => {
                    PARTS.set(Some(parts));
                    Action::LateCame(parts.hooks)
                }
                Err(_) => Action::LateLost,
            });
        });
    }
}

pub use way::load;
pub(super) use way::parts;
