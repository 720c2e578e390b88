//! What was drawn so far, as the actions need it that draw again or force a number.

use crate::session::Session;

/// How many draws were made before the one at the cursor.
pub(crate) fn draw_index(session: &Session) -> usize {
    let Some(play) = &session.play else { return 0 };
    let before = play.frames.iter().take(session.cursor);
    play.earlier.len() + before.filter(|f| f.draw.is_some()).count()
}

/// Every number drawn, in order.
pub(crate) fn drawn(session: &Session) -> Vec<u32> {
    let Some(play) = &session.play else {
        return Vec::new();
    };
    let here = play.frames.iter().filter_map(|f| f.draw.map(|d| d.drawn));
    play.earlier.iter().copied().chain(here).collect()
}

/// Where the walk came to the chain on screen and drew first.
pub(crate) fn first_draw(session: &Session) -> Option<usize> {
    let play = session.play.as_ref()?;
    let here = play.frame(session.cursor);
    let chain = here.at?.chain;
    play.frames.iter().position(|f| {
        f.kind.is_draw() && f.visit == here.visit && f.at.is_some_and(|at| at.chain == chain)
    })
}
