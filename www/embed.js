// <chain-walk>: a live walk in somebody else's page. Documented in docs/embed.md.
//
// It stands in the host, under the host's policy, and does little: waits until it is seen, fetches a manifest where
// one is named, makes a frame, tells it what to show, and hands on what it says. Nothing of the frame's is ever made
// into markup here.

const HOME = new URL('./', import.meta.url);
const WORDS = ['from', 'to', 'seed', 'step', 'view', 'controls', 'autoplay', 'theme'];
const VIEWS = { walk: 660, map: 330, chains: 520, draw: 520, story: 200, many: 640, 'what-if': 720, rules: 640 };
/** How long the frame may be silent before it is said that it can't start, in milliseconds. */
const PATIENCE = 30_000;
const LONGEST = 4_000_000;

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  :host { display: block; max-width: 860px; margin: 1rem auto; contain: content; }
  :host([hidden]) { display: none; }
  .box { position: relative; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 4px; overflow: hidden; }
  iframe { display: block; width: 100%; border: 0; color-scheme: auto; }
  iframe.waits { position: absolute; inset: 0; visibility: hidden; }
  .still { box-sizing: border-box; padding: 1rem; overflow: auto; }
  .still p { margin: 0 0 .5rem; font: 500 .9375rem/1.5 system-ui, sans-serif; }
  .still small { font: .8125rem/1.5 system-ui, sans-serif; opacity: .8; }
  .way { display: flex; gap: .75rem; align-items: center; margin: 0 0 .75rem; font: .8125rem/1.5 ui-monospace, monospace; }
  .way span { padding: .25rem .5rem; border: 1px solid currentColor; border-radius: 4px; overflow-wrap: anywhere; }
  .way i { flex: 1; min-width: 1rem; border-top: 1px dashed currentColor; }
  ::slotted(*) { max-width: 100%; }
  @media print { iframe.waits { display: none; } }
`);

/** Frames that are there, by their windows. */
const frames = new Map();
addEventListener('message', (event) => {
  const walk = frames.get(event.source);
  if (!walk || event.data?.chainwalk !== 1) return;
  // A sandboxed frame has no origin; that it is this one, its window says.
  if (event.origin !== (walk.sandboxed ? 'null' : HOME.origin)) return;
  walk.hear(event.data);
});

/** One begins after the other, so that the first is there soon and a page of many stays quick. */
let turn = Promise.resolve();

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) target.begin();
}, { rootMargin: '200px' });

class ChainWalk extends HTMLElement {
  static observedAttributes = ['src', 'height', 'sandbox', ...WORDS];

  #frame;
  #box;
  #told;
  #begun = false;
  #again = 0;
  #up = () => {};
  #watch;

  connectedCallback() {
    if (!this.shadowRoot) {
      this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [sheet];
      this.#box = make('div', 'box');
      this.shadowRoot.append(this.#box);
    }
    this.#still();
    seen.observe(this);
  }

  disconnectedCallback() {
    seen.unobserve(this);
    this.#end();
  }

  attributeChangedCallback(name, before, now) {
    // Before it stands somewhere there is nothing to change.
    if (!this.#box || !this.isConnected || before === now) return;
    if (!this.#begun) this.#still();
    else if (name === 'theme') this.#say('theme', { theme: this.#theme() });
    else if (name === 'height') this.#size(this.#frame?.offsetHeight ?? 0);
    else {
      // Several may change at once.
      clearTimeout(this.#again);
      this.#again = setTimeout(() => { this.#end(); this.#still(); this.begin(); });
    }
  }

  get sandboxed() {
    return this.hasAttribute('sandbox');
  }

  /** What is there before the walk: whatever the host put in, or who sends to whom. */
  #still(trouble) {
    const still = make('div', 'still');
    // A manifest in a script is no picture.
    let picture = make('slot');
    if (!this.querySelector(':scope > :not(script, template)')) {
      picture = make('div', 'way');
      picture.setAttribute('aria-hidden', 'true');
      picture.append(make('span', '', this.getAttribute('from') || 'a client'), make('i'), make('span', '', this.getAttribute('to') || 'a Service'));
    }
    this.#told = make('small', '', trouble ?? 'A packet is walked here once this is seen.');
    this.#told.setAttribute('role', 'status');
    still.append(picture, this.#told);
    if (trouble) {
      const link = make('a', '', 'Open Chainwalk');
      link.href = HOME.href;
      link.target = '_blank';
      link.rel = 'noopener';
      this.#told.append(' ', link);
    }
    this.#box.replaceChildren(still);
    const tall = this.#wanted();
    still.style.minHeight = `${tall}px`;
  }

  /** The height that is kept free. */
  #wanted() {
    const height = Number(this.getAttribute('height'));
    return height > 0 ? Math.min(height, 2000) : VIEWS[this.getAttribute('view')] ?? VIEWS.walk;
  }

  #size(height) {
    if (!this.#frame) return;
    const fixed = Number(this.getAttribute('height')) > 0;
    const tall = fixed ? this.#wanted() : Math.max(120, Math.min(2000, height));
    this.#frame.style.height = `${tall}px`;
  }

  /** Begins, once. */
  begin() {
    if (this.#begun) return;
    this.#begun = true;
    seen.unobserve(this);
    const mine = turn.then(() => this.#load());
    turn = mine.catch(() => {});
  }

  async #load() {
    if (!this.isConnected || !this.#begun) return;
    let text;
    try {
      text = await this.#text();
    } catch (error) {
      this.#still(`The manifest could not be loaded: ${error.message}`);
      return;
    }
    const setup = {};
    for (const word of WORDS) if (this.hasAttribute(word)) setup[word] = this.getAttribute(word) || 'yes';
    setup.theme = this.#theme();
    if (text !== undefined) setup.text = text;
    const frame = make('iframe', 'waits');
    frame.title = `Chainwalk: ${this.getAttribute('from') || 'a packet'} to ${this.getAttribute('to') || 'a Service'}`;
    if (this.sandboxed) frame.setAttribute('sandbox', 'allow-scripts');
    frame.src = new URL('?embed', HOME);
    this.#frame = frame;
    this.#box.append(frame);
    frame.style.height = `${this.#wanted()}px`;
    frames.set(frame.contentWindow, this);
    this.setup = setup;
    await new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#end();
        this.#still('Chainwalk could not start here: the frame does not answer. The page may forbid frames, or the network is gone.');
        resolve();
      }, PATIENCE);
      this.#up = () => { clearTimeout(late); resolve(); };
    });
  }

  /** The manifest: inline, or fetched by the host. */
  async #text() {
    const src = this.getAttribute('src');
    if (src) {
      const response = await fetch(new URL(src, document.baseURI));
      if (!response.ok) throw new Error(`${src}: ${response.status}`);
      const text = await response.text();
      if (text.length > LONGEST) throw new Error(`${src} is longer than 4 MB`);
      return text;
    }
    const inline = this.querySelector('script[type$="yaml"], template, textarea, pre');
    const text = inline?.content?.textContent ?? inline?.value ?? inline?.textContent;
    return text?.trim() ? text : undefined;
  }

  /** What the frame says. */
  hear(data) {
    const tell = (detail) => this.dispatchEvent(new CustomEvent(data.kind, { detail }));
    const number = (n) => (Number.isFinite(n) ? n : 0);
    const words = (text) => String(text ?? '').slice(0, 2000);
    switch (data.kind) {
      case 'hello':
        this.#say('show', { setup: this.setup });
        break;
      case 'ready':
        this.#frame.classList.remove('waits');
        this.#box.querySelector('.still')?.remove();
        this.#follow();
        this.#up();
        tell({ steps: number(data.steps) });
        break;
      case 'step':
        tell({ step: number(data.step), steps: number(data.steps), told: words(data.told) });
        break;
      case 'ending':
        tell({ ending: words(data.ending), told: words(data.told) });
        break;
      case 'solved':
        tell({ task: words(data.task) });
        break;
      case 'height':
        this.#size(number(data.height));
        tell({ height: number(data.height) });
        break;
      case 'open': {
        // A frame without an origin asks its host, which opens the site's own pages alone.
        const url = URL.parse ? URL.parse(data.url) : new URL(data.url);
        if (url?.href.startsWith(HOME.href)) window.open(url, '_blank', 'noopener');
        break;
      }
      default:
    }
  }

  #say(kind, more) {
    this.#frame?.contentWindow?.postMessage({ chainwalk: 1, kind, ...more }, this.sandboxed ? '*' : HOME.origin);
  }

  #theme() {
    const asked = this.getAttribute('theme');
    if (asked === 'light' || asked === 'dark') return asked;
    return isDark(this) ? 'dark' : 'light';
  }

  /** The host may change between light and dark at any time, each in its own way. */
  #follow() {
    const dress = () => this.#say('theme', { theme: this.#theme() });
    const watch = new MutationObserver(dress);
    for (const root of [document.documentElement, document.body]) watch.observe(root, { attributes: true });
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', dress);
    this.#watch = () => { watch.disconnect(); system.removeEventListener('change', dress); };
  }

  #end() {
    this.#watch?.();
    this.#up();
    if (this.#frame) {
      frames.delete(this.#frame.contentWindow);
      this.#frame.remove();
      this.#frame = undefined;
    }
    this.#begun = false;
  }
}

function make(name, className = '', text = '') {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

/** Whether what an element stands on is dark. */
function isDark(element) {
  for (let on = element; on; on = on.parentElement ?? on.getRootNode().host) {
    const [r, g, b, alpha = 1] = getComputedStyle(on).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
    if (b !== undefined && alpha > 0.5) return 0.299 * r + 0.587 * g + 0.114 * b < 128;
  }
  return matchMedia('(prefers-color-scheme: dark)').matches && getComputedStyle(document.documentElement).colorScheme.includes('dark');
}

if (!customElements.get('chain-walk')) customElements.define('chain-walk', ChainWalk);
