// The second half of the program. `cargo xtask dist` appends this to the glue that wasm-bindgen
// makes, in whose scope `wasm` is, and writes the file's name in place of REST_FILE.
const restAt = new URL('./REST_FILE', import.meta.url);
let rest;

/** Instantiated, the second half puts its functions where the first half looks for them. */
function join(module) {
  rest ??= new WebAssembly.Instance(module, { rest: wasm });
}

/** What the first half imports: called before it uses the second, and done when that is there. */
const restImports = {
  load() {
    if (rest) return;
    try {
      // Wasm cannot wait, so this request must. It is rare: the file is fetched ahead below.
      const request = new XMLHttpRequest();
      request.open('GET', restAt, false);
      // The only way to bytes in a request that does not return before it is done.
      request.overrideMimeType('text/plain; charset=x-user-defined');
      request.send();
      if (request.status !== 200) throw new Error(`the server answered ${request.status}`);
      join(new WebAssembly.Module(Uint8Array.from(request.responseText, (c) => c.charCodeAt(0))));
    } catch (error) {
      const notice = document.createElement('p');
      notice.setAttribute('role', 'alert');
      notice.textContent = `The rest of Chainwalk could not be loaded (${error.message}). Load the page again once the network is back.`;
      document.body.prepend(notice);
      throw new Error(notice.textContent);
    }
  },
};

/** Fetches and compiles off the main thread, so that `load` finds it done. */
async function fetchRest() {
  try {
    join(await WebAssembly.compileStreaming(fetch(restAt)));
  } catch {
    // Whatever went wrong, `load` tries again when it matters, and says so if it fails.
  }
}

new PerformanceObserver((list, observer) => {
  if (list.getEntriesByName('chainwalk:ready').length === 0) return;
  observer.disconnect();
  (window.requestIdleCallback ?? setTimeout)(fetchRest);
}).observe({ type: 'mark', buffered: true });
