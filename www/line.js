// The page's end of the line to the core. Everything that crosses is bytes; what they mean is
// player::wire's business.

/** Where the core is: index.html says, where its file has a name of its own. */
const where = () => new URL(document.querySelector('meta[name="core"]')?.content ?? './core.js', document.baseURI);

/** A browser that wants a script's address vouched for gets it from here, for the site's own files alone. */
const policy = globalThis.trustedTypes?.createPolicy('chainwalk-core', {
  createScriptURL(url) {
    if (new URL(url).origin !== location.origin && !url.startsWith('blob:')) throw new TypeError(`not a file of this site: ${url}`);
    return url;
  },
});

/** Calls `done` with what was kept beside the page: bytes, or nothing. */
export async function kept(done) {
  const link = document.querySelector('link[data-kept]');
  let bytes;
  try {
    const response = link && await fetch(link.href);
    if (response?.ok) bytes = new Uint8Array(await response.arrayBuffer());
  } catch {
    // It would only have been sooner: the core is asked all the same.
  }
  done(bytes);
}

/** Loads a module of the site and calls `done` once it is there. */
export async function bring(address, done) {
  try {
    await import(new URL(address, document.baseURI));
  } catch {
    return;
  }
  done();
}

/** A core. `hear` gets bytes for each thing it says, `lost` a sentence once it will say nothing more. */
export class Line {
  constructor(hear, lost) {
    this.hear = hear;
    this.lost = lost;
    this.waiting = [];
    try {
      this.worker = new Worker(policy?.createScriptURL(where().href) ?? where(), { type: 'module' });
    } catch {
      // A sandboxed page may start none.
      this.near();
      return;
    }
    this.worker.onmessage = ({ data }) => {
      if (data.life) navigator.locks.request(data.life, () => this.fail('the browser ended its worker')).catch(() => {});
      else if (data === 'up') this.up((request) => this.worker.postMessage(request, [request.buffer]));
      else if (data.trouble) this.fail(data.trouble);
      else this.hear(data);
    };
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.fail(event.message ?? 'its program could not be loaded');
    };
  }

  /** Sends a request, now or as soon as the core is there. */
  ask(request) {
    if (this.send) this.send(request);
    else this.waiting.push(request);
  }

  /** Ends it, whatever it is doing. Nothing is heard of it any more. */
  end() {
    this.worker?.terminate();
    this.hear = () => {};
    this.lost = () => {};
  }

  up(send) {
    this.send = send;
    this.waiting.splice(0).forEach(send);
  }

  /** A worker that never came up may be one that the browser doesn't allow. */
  fail(why) {
    this.worker?.terminate();
    if (this.worker && !this.send) this.near();
    else this.lost(why);
  }

  /** The same core in this thread: it answers just so, but nothing else can be done meanwhile. */
  async near() {
    this.worker = undefined;
    try {
      const { open } = await import(where());
      const answer = await open((bytes) => this.hear(bytes));
      // Later, so that the page is drawn before.
      this.up((request) => setTimeout(() => {
        try {
          answer(request);
        } catch (error) {
          this.lost(String(error?.message ?? error));
        }
      }));
    } catch (error) {
      this.lost(String(error?.message ?? error));
    }
  }
}

/** Lets the person choose a text file, and calls `done` with its name and text once they did. */
export function pick(done) {
  const input = document.createElement('input');
  input.type = 'file';
  input.addEventListener('change', async () => {
    const [file] = input.files;
    // What is larger is none of the texts that are read here.
    if (file && file.size <= 4_000_000) done(file.name, await file.text());
  });
  input.click();
}
