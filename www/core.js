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

/** Holds a lock for as long as this worker lives, by which the page notices when the browser ends it. */
async function lives() {
  const life = globalThis.crypto?.randomUUID?.();
  // Both are for secure pages only; elsewhere a worker that is ended is missed when it doesn't answer.
  if (!life || !navigator.locks) return;
  await new Promise((held) => {
    navigator.locks.request(life, () => {
      held();
      return new Promise(() => {});
    }).catch(held);
  });
  postMessage({ life });
}

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
    await lives();
    postMessage('up');
  } catch (error) {
    trouble(error);
  }
}

if (globalThis.DedicatedWorkerGlobalScope && globalThis instanceof DedicatedWorkerGlobalScope) serve();
