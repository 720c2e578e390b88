//! What a browser keeps, for a tab and for all of them, and the files that come from outside it.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::Event;

use super::{Listener, string, window};

/// What was written down under a name, in this tab. `None` too where the browser keeps nothing.
pub fn stored(name: &str) -> Option<Vec<u8>> {
    let storage = window()?.session_storage().ok()??;
    let text = storage.get_item(name).ok()??;
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}

/// Writes bytes down under a name, in this tab, or forgets them. A browser may refuse, and may be full.
pub fn store(name: &str, bytes: Option<&[u8]>) -> bool {
    let Some(Ok(Some(storage))) = window().map(|w| w.session_storage()) else {
        return false;
    };
    let done = match bytes {
        Some(bytes) => {
            let text: String = bytes.iter().map(|b| char::from(*b)).collect();
            storage.set_item(name, &text)
        }
        None => storage.remove_item(name),
    };
    done.is_ok()
}

/// What all tabs of this site share, where the browser keeps anything.
fn shelf() -> Option<web_sys::Storage> {
    window()?.local_storage().ok()?
}

/// Keeps a text under a name for all tabs; says whether the browser did.
pub fn keep(name: &str, text: &str) -> bool {
    shelf().is_some_and(|shelf| shelf.set_item(name, text).is_ok())
}

/// Forgets what was kept under a name.
pub fn forget(name: &str) {
    if let Some(shelf) = shelf() {
        // What the browser doesn't let go it never kept.
        let _ = shelf.remove_item(name);
    }
}

/// Everything kept for all tabs, by its name.
pub fn kept_all() -> Vec<(String, String)> {
    let Some(shelf) = shelf() else {
        return Vec::new();
    };
    let names = (0..shelf.length().unwrap_or(0)).filter_map(|i| shelf.key(i).ok()?);
    names
        .filter_map(|name| {
            let text = shelf.get_item(&name).ok()??;
            Some((name, text))
        })
        .collect()
}

/// This tab's number, which a reload keeps; `None` before the tab has kept anything.
pub fn tab() -> Option<String> {
    let bytes = stored(TAB)?;
    String::from_utf8(bytes).ok()
}

/// Gives this tab a new number, and says the one it had.
pub fn new_tab() -> (Option<String>, String) {
    let had = tab();
    let drawn = (js_sys::Math::random() * 1e6) as u64;
    let number = format!("{}{drawn:06}", now());
    store(TAB, Some(number.as_bytes()));
    (had, number)
}

/// The name of a tab's number.
const TAB: &str = "chainwalk.tab";

/// Milliseconds since 1970.
pub fn now() -> u64 {
    js_sys::Date::now() as u64
}

/// A time as people here write it.
pub fn moment(milliseconds: u64) -> String {
    let date = js_sys::Date::new(&JsValue::from_f64(milliseconds as f64));
    String::from(date.to_locale_string("default", &JsValue::UNDEFINED))
}

/// Another tab has kept or forgotten something.
pub fn on_storage(run: impl Fn() + 'static) -> Listener {
    Listener::new("storage", move |_| run())
}

/// The page is left, for good or for a while.
pub fn on_leave(run: impl Fn() + Clone + 'static) -> [Listener; 2] {
    let again = run.clone();
    // A phone may end a page that is out of sight without another word.
    [
        Listener::new("pagehide", move |_| run()),
        Listener::new("blur", move |_| again()),
    ]
}

/// Hands on the names and texts of the files that were chosen in a field.
pub fn read_files(event: &Event, done: impl FnOnce(Vec<(String, String)>) + 'static) {
    let field = event.target();
    let Some(field) = field.and_then(|t| t.dyn_into::<web_sys::HtmlInputElement>().ok()) else {
        return;
    };
    if let Some(files) = field.files() {
        read_list(&files, done);
    }
    // The same file can be chosen again.
    field.set_value("");
}

fn read_list(files: &web_sys::FileList, done: impl FnOnce(Vec<(String, String)>) + 'static) {
    let files: Vec<web_sys::File> = (0..files.length()).filter_map(|i| files.item(i)).collect();
    js_sys::futures::spawn_local(async move {
        let mut texts = Vec::new();
        for file in files {
            let text = js_sys::futures::JsFuture::from(file.text()).await;
            if let Some(text) = text.ok().and_then(|text| text.as_string()) {
                texts.push((file.name(), text));
            }
        }
        done(texts);
    });
}

/// Files dropped anywhere on the page.
pub fn on_drop(run: impl Fn(Vec<(String, String)>) + Clone + 'static) -> [Listener; 2] {
    // Whoever wants a drop must take the drag.
    let over = Listener::new("dragover", |event| {
        let files = event.dyn_ref::<web_sys::DragEvent>();
        let types = files.and_then(|e| e.data_transfer()).map(|d| d.types());
        if types.is_some_and(|types| types.includes(&string("Files"), 0)) {
            event.prevent_default();
        }
    });
    let drop = Listener::new("drop", move |event| {
        let files = event.dyn_ref::<web_sys::DragEvent>();
        let files = files.and_then(|e| e.data_transfer()?.files());
        if let Some(files) = files.filter(|files| files.length() > 0) {
            event.prevent_default();
            read_list(&files, run.clone());
        }
    });
    [over, drop]
}
