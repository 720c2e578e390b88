// The core, where it runs: as the script of a Web Worker, or opened in the page's own thread by
// www/line.js. ENGINE names follow wasm-bindgen's; a site that is published has its own.
import init, { Core } from './engine.js';

/** A core in this thread: gives what is to be called with each request. `say` gets bytes. */
export async function open(say) {
  await init({ module_or_path: new URL('./engine_bg.wasm', import.meta.url) });
  const core = new Core();
  return (request) => core.answer(request, say);
}

const trouble = (error) => postMessage({ trouble: String(error?.message ?? error) });

async function serve() {
  try {
    const answer = await open((bytes) => postMessage(bytes, [bytes.buffer]));
    onmessage = ({ data }) => {
      try {
        answer(data);
      } catch (error) {
        trouble(error);
      }
    };
    postMessage('up');
  } catch (error) {
    trouble(error);
  }
}

if (globalThis.DedicatedWorkerGlobalScope && globalThis instanceof DedicatedWorkerGlobalScope) serve();
