//! What is done with an element: laid, scrolled to, focused, measured. Storage, keys and the window are
//! [`super`]'s.

use super::*;

/// Scrolls to an element as far as it takes to see it.
pub fn show(selector: &str) {
    let element = document().and_then(|d| d.query_selector(selector).ok()?);
    if let Some(element) = element {
        element.scroll_into_view_with_bool(false);
    }
}

/// Moves an element of the map by the browser's own means, so that the way there can be animated.
pub fn place(element: &Element, x: f64, y: f64) {
    if let Some(element) = element.dyn_ref::<web_sys::SvgElement>() {
        let _ = element
            .style()
            .set_property("transform", &format!("translate({x}px, {y}px)"));
    }
}

/// Where along an element a pointer is, 0 to 1, with so many pixels of margin at both ends.
pub fn along(event: &web_sys::PointerEvent, element: &Element, margin: f64) -> f64 {
    let rect = element.get_bounding_client_rect();
    let width = rect.width() - 2.0 * margin;
    if width <= 0.0 {
        return 0.0;
    }
    ((f64::from(event.client_x()) - rect.left() - margin) / width).clamp(0.0, 1.0)
}

/// Where in an element a pointer is, from its upper left corner, where the element is so wide in units of its own.
pub fn within(event: &web_sys::MouseEvent, element: &Element, width: f64) -> (f64, f64) {
    let rect = element.get_bounding_client_rect();
    let scale = width / rect.width().max(1.0);
    (
        (f64::from(event.client_x()) - rect.left()) * scale,
        (f64::from(event.client_y()) - rect.top()) * scale,
    )
}

/// Scrolls an element across.
pub fn pan(node: &yew::NodeRef, by: f64) {
    if let Some(element) = node.cast::<Element>() {
        element.set_scroll_left(element.scroll_left() + by as i32);
    }
}

/// Whether an event came from an element itself, and not from what is in it.
pub fn is_on(event: &Event, node: &yew::NodeRef) -> bool {
    let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
    target.is_some() && target == node.cast::<Element>()
}

/// Scrolls a container until a point of what is in it can be seen, with some room around.
pub fn keep_in_view(container: &Element, (x, y): (f64, f64)) {
    let along = |at: f64, now: i32, view: i32| {
        let (now, view) = (f64::from(now), f64::from(view));
        let room = 60.0_f64.min(view / 3.0);
        let free = (now + room..=now + view - room).contains(&at);
        (!free).then_some((at - view / 2.0).max(0.0) as i32)
    };
    if let Some(left) = along(x, container.scroll_left(), container.client_width()) {
        container.set_scroll_left(left);
    }
    if let Some(top) = along(y, container.scroll_top(), container.client_height()) {
        container.set_scroll_top(top);
    }
}

/// Keeps a pointer's moves coming to an element after it has left it.
pub fn capture(event: &web_sys::PointerEvent, element: &Element) {
    let _ = element.set_pointer_capture(event.pointer_id());
}

/// Scrolls an element's part into its view, and no further out.
pub fn scroll_within(container: &Element, top: f64, height: f64) {
    let view = f64::from(container.client_height());
    let now = f64::from(container.scroll_top());
    if top < now || top + height > now + view {
        container.set_scroll_top((top - (view - height) / 2.0).max(0.0) as i32);
    }
}

/// Shows the end of what scrolls.
pub fn scroll_to_end(element: &Element) {
    element.set_scroll_top(element.scroll_height());
}

/// Scrolls an element and the page's main part, where that scrolls, back to their beginnings.
pub fn scroll_to_top(element: &Element) {
    element.set_scroll_top(0);
    if let Ok(Some(main)) = element.closest("main") {
        main.set_scroll_top(0);
    }
}

/// Scrolls the current part of a list into view, within the list alone.
pub fn show_current(container: &Element) {
    let Ok(Some(current)) = container.query_selector("[aria-current]") else {
        return;
    };
    let (outer, inner) = (
        container.get_bounding_client_rect(),
        current.get_bounding_client_rect(),
    );
    if inner.top() < outer.top() || inner.bottom() > outer.bottom() {
        let by = inner.bottom() - outer.bottom();
        let by = match inner.top() < outer.top() {
            true => inner.top() - outer.top(),
            false => by + 8.0,
        };
        container.set_scroll_top(container.scroll_top() + by as i32);
    }
}

/// Scrolls the current part of a row into view, within the row alone.
pub fn show_current_across(container: &Element) {
    let Ok(Some(current)) = container.query_selector("[aria-current]") else {
        return;
    };
    let (outer, inner) = (
        container.get_bounding_client_rect(),
        current.get_bounding_client_rect(),
    );
    let by = match inner.left() < outer.left() {
        true => inner.left() - outer.left(),
        false => (inner.right() - outer.right()).max(0.0),
    };
    container.set_scroll_left(container.scroll_left() + by as i32);
}

/// Puts an element somewhere, by means that a strict content policy allows.
pub fn lay(element: &Element, left: i32, top: i32) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let style = element.style();
        let _ = style.set_property("left", &format!("{left}px"));
        let _ = style.set_property("top", &format!("{top}px"));
    }
}

/// Puts an element's children somewhere: left, top, width, height of each.
pub fn lay_children(container: &Element, places: &[(i32, i32, i32, i32)]) {
    let children = container.children();
    for (i, &(left, top, width, height)) in (0..).zip(places) {
        let Some(child) = children.item(i) else { break };
        lay(&child, left, top);
        if let Some(child) = child.dyn_ref::<HtmlElement>() {
            let _ = child.style().set_property("width", &format!("{width}px"));
            let _ = child.style().set_property("height", &format!("{height}px"));
        }
    }
}

/// Puts the keyboard into a child.
pub fn focus_child(container: &Element, index: usize) {
    let child = u32::try_from(index)
        .ok()
        .and_then(|i| container.children().item(i));
    if let Some(child) = child.and_then(|c| c.dyn_into::<HtmlElement>().ok()) {
        let _ = child.focus();
    }
}

/// Puts the keyboard into the element before or after the one that has it, among its siblings.
pub fn focus_neighbour(step: i32) {
    let Some(here) = document().and_then(|d| d.active_element()) else {
        return;
    };
    let next = match step < 0 {
        true => here.previous_element_sibling(),
        false => here.next_element_sibling(),
    };
    if let Some(next) = next.and_then(|n| n.dyn_into::<HtmlElement>().ok()) {
        let _ = next.focus();
    }
}
