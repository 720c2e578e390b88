//! How much room each view has, in CSS pixels, as the stylesheets share it out.

use player::Session;
use player::layout::Space;
use player::session::Tab;
use player::stage::Present;

/// A page lower than this has a lower map, too; `layout.css` has the same number.
const LOW_PAGE: u32 = 820;

/// Whether the page is laid out for a room; `present.css` has the heights.
fn presents(session: &Session) -> bool {
    session.present != Present::Off && !session.is_phone()
}

/// How much height the map has.
pub fn space(session: &Session) -> Space {
    if presents(session) {
        return Space::Full;
    }
    match (session.stale, session.viewport.1 < LOW_PAGE) {
        (_, true) => Space::Low,
        (true, false) => Space::Banner,
        (false, false) => Space::Full,
    }
}

/// How wide a lesson's text is beside the views; `lesson.css` has the same number.
const LESSON: u32 = 340;

/// The map's width.
pub fn map_width(session: &Session) -> u32 {
    if presents(session) {
        return session.viewport.0;
    }
    let editor = match session.editor_open {
        true => 392,
        false => 40,
    };
    let lesson = match session.desk.learning.is_full() {
        true => LESSON,
        false => 0,
    };
    match session.is_phone() {
        true => session.viewport.0,
        false => session.viewport.0.saturating_sub(editor + lesson),
    }
}

/// The width of the box under the chain.
pub fn walk_width(session: &Session) -> u32 {
    match session.is_phone() {
        true => map_width(session).saturating_sub(58),
        false if presents(session) => map_width(session).saturating_sub(160 + 24 + 34),
        false => map_width(session).saturating_sub(352 + 160 + 24 + 34),
    }
}

/// The width of the chart of many connections.
pub fn many_width(session: &Session) -> u32 {
    match session.is_phone() {
        true => map_width(session).saturating_sub(24),
        false => map_width(session).saturating_sub(side_width(session) + 36),
    }
}

/// The side's width; `layout.css` has the same numbers.
fn side_width(session: &Session) -> u32 {
    if presents(session) {
        return 0;
    }
    match (session.viewport.0 <= 1240, session.editor_open) {
        (true, true) => 0,
        (true, false) => 304,
        (false, _) => 352,
    }
}

/// The height that the chains and the box under them share: what the other rows leave.
pub fn walk_height(session: &Session) -> u32 {
    if presents(session) {
        return session.viewport.1.max(600) - 352;
    }
    match session.viewport.1 < LOW_PAGE {
        true => session.viewport.1.max(700) - 444,
        false => session.viewport.1 - 484,
    }
}

/// The size of the line: the walk's, without its head.
pub fn line_size(session: &Session) -> (u32, u32) {
    let head = match (session.is_phone(), session.viewport.1 < LOW_PAGE) {
        (true, _) => 0,
        _ if presents(session) => 0,
        (false, true) => 28,
        (false, false) => 36,
    };
    let beside = match session.is_phone() {
        true => 0,
        false => side_width(session),
    };
    let width = map_width(session).saturating_sub(beside + 1);
    (width, (walk_height(session) + 34).saturating_sub(head))
}

/// Whether the editor can be seen.
pub fn editor_seen(session: &Session) -> bool {
    !session.is_phone() || session.tab == Tab::Yaml
}
