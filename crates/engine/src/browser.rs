//! What JavaScript calls.

use js_sys::{Function, Uint8Array};
use player::{Engine, LabEngine, Progress, Said, wire};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// The core with the cluster that it read last.
#[wasm_bindgen]
#[derive(Default)]
pub struct Core(LabEngine);

#[wasm_bindgen]
impl Core {
    /// One that has read nothing.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Core {
        Core::default()
    }

    /// Answers a request; what it says is handed to `say`, the answer last.
    ///
    /// # Errors
    /// The bytes are no request.
    pub fn answer(&mut self, request: &[u8], say: &Function) -> Result<(), JsValue> {
        // Both ends come from one build, but a cache between may mix two.
        let request = wire::decode(request)
            .ok_or_else(|| JsValue::from_str("the page and its core are of two builds"))?;
        let say = |said: Said| {
            let bytes = Uint8Array::from(wire::encode(&said).as_slice());
            // A page that cannot be told anything is not there any more.
            let _ = say.call1(&JsValue::NULL, &bytes);
        };
        let tell = &mut |progress: Progress| say(Said::Progress(progress));
        let answer = self.0.answer_telling(request, tell);
        say(Said::Answer(answer));
        self.0.tidy();
        Ok(())
    }
}
