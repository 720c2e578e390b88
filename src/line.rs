//! The page's end of the line to the core, and what was kept beside the page: `www/line.js`, as Rust
//! sees it.
//!
//! Natively there is no JavaScript and no line; nothing opens one there.

use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/www/line.js")]
extern "C" {
    #[wasm_bindgen(js_name = kept)]
    fn kept_beside(done: &JsValue);

    #[wasm_bindgen(js_name = bring)]
    fn bring_module(address: &str, done: &JsValue);

    #[wasm_bindgen(js_name = pick)]
    fn pick_file(done: &JsValue);

    #[wasm_bindgen(js_name = Line)]
    type JsLine;
    #[wasm_bindgen(constructor, js_class = "Line")]
    fn new(hear: &Closure<dyn FnMut(Vec<u8>)>, lost: &Closure<dyn FnMut(String)>) -> JsLine;
    #[wasm_bindgen(method)]
    fn ask(this: &JsLine, request: Vec<u8>);
    #[wasm_bindgen(method)]
    fn end(this: &JsLine);
}

/// A core that may take its time. It ends when it is dropped, whatever it is doing.
pub struct Line {
    line: JsLine,
    _hear: Closure<dyn FnMut(Vec<u8>)>,
    _lost: Closure<dyn FnMut(String)>,
}

impl Line {
    /// Starts a core. `hear` gets the bytes of each thing it says, `lost` why it will say no more.
    pub fn open(hear: impl Fn(Vec<u8>) + 'static, lost: impl Fn(String) + 'static) -> Line {
        let hear = Closure::wrap(Box::new(hear) as Box<dyn FnMut(Vec<u8>)>);
        let lost = Closure::wrap(Box::new(lost) as Box<dyn FnMut(String)>);
        Line {
            line: JsLine::new(&hear, &lost),
            _hear: hear,
            _lost: lost,
        }
    }

    /// Asks it.
    pub fn ask(&self, request: Vec<u8>) {
        self.line.ask(request);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.line.end();
    }
}

/// Hands on the bytes that were kept beside the page, where there are any.
pub fn kept(done: impl FnOnce(Option<Vec<u8>>) + 'static) {
    kept_beside(&Closure::once_into_js(done));
}

/// Loads a module of the site, and runs something once it is there. What a network does not bring leaves the page
/// as it was.
pub fn bring(address: &str, arrived: impl FnOnce() + 'static) {
    bring_module(address, &Closure::once_into_js(arrived));
}

/// Lets the person choose a text file, and hands on its name and its text.
pub fn pick(chosen: impl FnOnce(String, String) + 'static) {
    pick_file(&Closure::once_into_js(chosen));
}
