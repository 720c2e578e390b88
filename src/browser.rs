//! The browser's own interfaces. No other file than this and its own parts names `web_sys`.
//!
//! Natively, where a test draws the page to text, nothing here has anything to do: there is no window.

mod elements;
mod kept;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, Event, HtmlElement, KeyboardEvent, Window};

pub use elements::*;
pub use kept::*;

fn window() -> Option<Window> {
    // `web_sys::window` panics where there is no JavaScript.
    match cfg!(target_arch = "wasm32") {
        true => web_sys::window(),
        false => None,
    }
}

fn document() -> Option<Document> {
    window()?.document()
}

/// The page's width and height in CSS pixels.
pub fn viewport() -> Option<(u32, u32)> {
    let window = window()?;
    let size = |v: Result<JsValue, _>| v.ok()?.as_f64();
    Some((
        size(window.inner_width())? as u32,
        size(window.inner_height())? as u32,
    ))
}

/// A listener that ends when it is dropped.
pub struct Listener {
    target: Option<Window>,
    kind: &'static str,
    closure: Closure<dyn FnMut(Event)>,
}

impl Listener {
    fn new(kind: &'static str, run: impl FnMut(Event) + 'static) -> Listener {
        let closure = Closure::wrap(Box::new(run) as Box<dyn FnMut(Event)>);
        let target = window();
        if let Some(target) = &target {
            // A window always takes a listener.
            let _ = target.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref());
        }
        Listener {
            target,
            kind,
            closure,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(target) = &self.target {
            let callback = self.closure.as_ref().unchecked_ref();
            let _ = target.remove_event_listener_with_callback(self.kind, callback);
        }
    }
}

/// A timeout that is called off when it is dropped.
pub struct Timeout {
    id: Option<i32>,
    _closure: Closure<dyn FnMut()>,
}

impl Timeout {
    /// Runs something once, later.
    pub fn new(milliseconds: u32, run: impl FnOnce() + 'static) -> Timeout {
        let closure = Closure::once(run);
        let id = window().and_then(|window| {
            window
                .set_timeout_with_callback_and_timeout_and_arguments_0(
                    closure.as_ref().unchecked_ref(),
                    i32::try_from(milliseconds).unwrap_or(i32::MAX),
                )
                .ok()
        });
        Timeout {
            id,
            _closure: closure,
        }
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        if let (Some(id), Some(window)) = (self.id, window()) {
            window.clear_timeout_with_handle(id);
        }
    }
}

/// Keys pressed where nothing else wants them; `run` says whether it did something with one.
pub fn on_key(run: impl Fn(&str) -> bool + 'static) -> Listener {
    Listener::new("keydown", move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
            return;
        };
        let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        let key = event.key();
        if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() {
            return;
        }
        if target.is_some_and(|t| wants(&t, &key)) {
            return;
        }
        if run(&key) {
            event.prevent_default();
        }
    })
}

/// Whether an element has a use of its own for a key.
fn wants(target: &Element, key: &str) -> bool {
    match target.tag_name().to_ascii_lowercase().as_str() {
        "input" | "textarea" => key != "Escape",
        // In the editor Escape lets the next Tab leave it.
        EDITOR => true,
        "select" => true,
        "button" | "a" | "summary" => matches!(key, " " | "Enter"),
        // What can be panned across keeps the keys for it.
        _ if target.has_attribute("data-pans") => matches!(key, "ArrowLeft" | "ArrowRight"),
        // A part that scrolls keeps the keys that scroll up and down, and no others.
        _ => false,
    }
}

/// The page's new size.
pub fn on_resize(run: impl Fn(u32, u32) + 'static) -> Listener {
    Listener::new("resize", move |_| {
        if let Some((width, height)) = viewport() {
            run(width, height);
        }
    })
}

/// Before the browser prints, and after it did.
pub fn on_print(before: impl Fn() + 'static, after: impl Fn() + 'static) -> [Listener; 2] {
    [
        Listener::new("beforeprint", move |_| before()),
        Listener::new("afterprint", move |_| after()),
    ]
}

/// Text pasted anywhere but into a field.
pub fn on_paste(run: impl Fn(String) + 'static) -> Listener {
    Listener::new("paste", move |event| {
        let Some(event) = event.dyn_ref::<web_sys::ClipboardEvent>() else {
            return;
        };
        let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        let field = target.is_some_and(|t| {
            matches!(
                t.tag_name().to_ascii_lowercase().as_str(),
                "input" | "textarea" | EDITOR
            )
        });
        if field {
            return;
        }
        let text = event
            .clipboard_data()
            .and_then(|data| data.get_data("text/plain").ok())
            .filter(|text| !text.trim().is_empty());
        if let Some(text) = text {
            event.prevent_default();
            run(text);
        }
    })
}

/// Puts a text on the clipboard.
pub fn copy(text: &str) {
    if let Some(window) = window() {
        // Whether the browser allows it is the browser's to say; there is nothing to do about a refusal.
        let _ = window.navigator().clipboard().write_text(text);
    }
}

/// Puts a text on the clipboard, and says whether the browser let it.
pub fn copy_telling(text: &str, done: impl FnOnce(bool) + 'static) {
    let Some(window) = window() else { return };
    let clipboard = js_sys::Reflect::get(&window.navigator(), &string("clipboard"));
    if clipboard.is_ok_and(|there| there.is_undefined()) {
        // There is none where a page is not given out securely.
        return done(false);
    }
    let written = window.navigator().clipboard().write_text(text);
    js_sys::futures::spawn_local(async move {
        done(js_sys::futures::JsFuture::from(written).await.is_ok());
    });
}

/// Selects all that stands in a field.
pub fn select_all(event: &Event) {
    let field = event.target();
    if let Some(field) = field.and_then(|t| t.dyn_into::<web_sys::HtmlInputElement>().ok()) {
        field.select();
    }
}

/// Whether the page was asked to show itself in somebody else's: `?embed` in its address.
pub fn is_embedded() -> bool {
    let search = window().and_then(|w| w.location().search().ok());
    search.is_some_and(|search| search.starts_with("?embed"))
}

/// What the host says the page shall show, as `www/frame.js` has put it down: a text, and the rest.
pub fn setup() -> (Option<String>, player::embed::Setup) {
    let said = js_sys::Reflect::get(&js_sys::global(), &string("chainwalkSetup"));
    let said = said.unwrap_or(JsValue::UNDEFINED);
    let word = |name: &str| {
        let value = js_sys::Reflect::get(&said, &string(name)).ok();
        value.and_then(|v| v.as_string())
    };
    let setup = player::embed::Setup {
        from: word("from").unwrap_or_default(),
        to: word("to").unwrap_or_default(),
        seed: word("seed").unwrap_or_default(),
        step: word("step").unwrap_or_default(),
        view: word("view").unwrap_or_default(),
        controls: word("controls").unwrap_or_default(),
        autoplay: word("autoplay").unwrap_or_default(),
        theme: word("theme").unwrap_or_default(),
    };
    (word("text"), setup)
}

/// Opens an address as a page of its own, from somebody else's frame, as `www/frame.js` knows how.
pub fn hand_over(address: &str) {
    let global = js_sys::global();
    let open = js_sys::Reflect::get(&global, &string("chainwalkOpen")).ok();
    if let Some(open) = open.and_then(|o| o.dyn_into::<js_sys::Function>().ok()) {
        let _ = open.call1(&JsValue::NULL, &string(address));
    }
}

/// Hands a text to whoever looks on as a file.
pub fn download(file: &str, text: &str) {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let kind = web_sys::BlobPropertyBag::new();
    kind.set_type("text/plain;charset=utf-8");
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &kind);
    let Some((blob, document)) = blob.ok().zip(document()) else {
        return;
    };
    let Ok(address) = web_sys::Url::create_object_url_with_blob(&blob) else {
        return;
    };
    let link = document.create_element("a").ok();
    if let Some(link) = link.and_then(|l| l.dyn_into::<HtmlElement>().ok()) {
        let _ = link.set_attribute("href", &address);
        let _ = link.set_attribute("download", file);
        link.click();
    }
    let _ = web_sys::Url::revoke_object_url(&address);
}

/// The fragment of the page's address, without its `#`.
pub fn fragment() -> String {
    let hash = window().and_then(|w| w.location().hash().ok());
    hash.unwrap_or_default().trim_start_matches('#').to_owned()
}

/// The page's address without its fragment.
pub fn address() -> String {
    let address = window().and_then(|w| w.location().href().ok());
    let address = address.unwrap_or_default();
    address.split('#').next().unwrap_or_default().to_owned()
}

/// Puts another fragment into the address, or none; nothing is loaded for it and Back stays as it was.
pub fn set_fragment(fragment: Option<&str>) {
    let history = window().and_then(|w| w.history().ok());
    let address = match fragment {
        Some(fragment) => format!("#{fragment}"),
        None => address(),
    };
    if let Some(history) = history {
        // A page in a frame without an origin may not; its address is nobody's to copy.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}

/// The address has another fragment now.
pub fn on_fragment(run: impl Fn(String) + 'static) -> Listener {
    Listener::new("hashchange", move |_| run(fragment()))
}

/// Whether the system asks for a dark page.
pub fn system_is_dark() -> bool {
    window()
        .and_then(|w| w.match_media("(prefers-color-scheme: dark)").ok()?)
        .is_some_and(|query| query.matches())
}

/// Sets or clears the page's own choice between light and dark.
pub fn set_theme(theme: Option<&str>) {
    let Some(root) = document().and_then(|d| d.document_element()) else {
        return;
    };
    let _ = match theme {
        Some(theme) => root.set_attribute("data-theme", theme),
        None => root.remove_attribute("data-theme"),
    };
}

/// Notes a moment for those who measure.
pub fn mark(name: &str) {
    if let Some(performance) = window().and_then(|w| w.performance()) {
        let _ = performance.mark(name);
    }
}

/// Notes how long it is since a mark.
pub fn measure(name: &str, since: &str) {
    if let Some(performance) = window().and_then(|w| w.performance()) {
        let _ = performance.measure_with_start_mark(name, since);
    }
}

/// The line of the whole text that the caret of a field is in.
pub fn caret_line(selector: &str) -> Option<usize> {
    let field = document()?.query_selector(selector).ok()??;
    if let Some(area) = field.dyn_ref::<web_sys::HtmlTextAreaElement>() {
        // What is folded away counts: the field says for each of its lines which one that is.
        let before = area.selection_start().ok()?? as usize;
        let units = area
            .value()
            .encode_utf16()
            .take(before)
            .collect::<Vec<u16>>();
        let shown = units.iter().filter(|u| **u == u16::from(b'\n')).count();
        let numbers = area.get_attribute("data-lines").unwrap_or_default();
        let number = numbers.split(' ').nth(shown).and_then(|n| n.parse().ok());
        return Some(number.unwrap_or(shown + 1));
    }
    let line = js_sys::Reflect::get(&field, &"line".into())
        .ok()?
        .as_f64()?;
    Some(line as usize)
}

/// Puts the keyboard into the first element that fits.
pub fn focus(selector: &str) {
    let element = document().and_then(|d| d.query_selector(selector).ok()?);
    if let Some(element) = element.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// What the browser keeps under a name from one visit to the next.
pub fn remembered(name: &str) -> Option<String> {
    window()?.local_storage().ok()??.get_item(name).ok()?
}

/// Has the browser keep a text. One that keeps nothing leaves the page as it is.
pub fn remember(name: &str, text: &str) {
    if let Some(Ok(Some(storage))) = window().map(|w| w.local_storage()) {
        // Full or refused: the next visit begins anew.
        let _ = storage.set_item(name, text);
    }
}

/// The text of a field or the choice of a list that an event came from.
pub fn value(event: &Event) -> String {
    let Some(target) = event.target() else {
        return String::new();
    };
    if let Some(area) = target.dyn_ref::<web_sys::HtmlTextAreaElement>() {
        return area.value();
    }
    if let Some(input) = target.dyn_ref::<web_sys::HtmlInputElement>() {
        return input.value();
    }
    if target
        .dyn_ref::<Element>()
        .is_some_and(|e| e.local_name() == EDITOR)
    {
        let value = js_sys::Reflect::get(&target, &string("value"));
        return value.ok().and_then(|v| v.as_string()).unwrap_or_default();
    }
    target
        .dyn_ref::<web_sys::HtmlSelectElement>()
        .map(|s| s.value())
        .unwrap_or_default()
}

/// The element of `www/editor`.
const EDITOR: &str = "yaml-editor";

/// A text as a property of an element takes it.
pub fn string(text: &str) -> JsValue {
    JsValue::from_str(text)
}

/// Loads a module that stands beside the page; a second time does nothing.
pub fn load_module(file: &str) {
    if window().is_some() {
        crate::line::bring(file, || ());
    }
}

/// Loads the editor's element, and runs something once it is there. A page that says nowhere where it is, or
/// a network that does not bring it, leaves the page as it was.
pub fn load_editor(arrived: impl FnOnce() + 'static) {
    let Some(document) = document() else { return };
    let named = document.query_selector("meta[name=chainwalk-editor]");
    let address = named
        .ok()
        .flatten()
        .and_then(|m| m.get_attribute("content"));
    if let Some(address) = address {
        crate::line::bring(&address, arrived);
    }
}

/// Fetches a file that stands beside the page, and hands its text on, or that there is none.
pub fn fetch_text(file: &str, arrived: impl FnOnce(Option<String>) + 'static) {
    let Some(window) = window() else { return };
    let asked = window.fetch_with_str(file);
    js_sys::futures::spawn_local(async move {
        arrived(text_of(asked).await);
    });
}

async fn text_of(asked: js_sys::Promise) -> Option<String> {
    let response = js_sys::futures::JsFuture::from(asked).await.ok()?;
    let response: web_sys::Response = response.dyn_into().ok()?;
    let text = response.ok().then(|| response.text().ok())??;
    let text = js_sys::futures::JsFuture::from(text).await.ok()?;
    text.as_string()
}
