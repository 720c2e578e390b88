// In a frame of somebody else's page: takes from the host what the page shall show, and tells it what happens.
// www/embed.js is the other end. A message has `chainwalk: 1` and a `kind`; docs/embed.md lists them.

/** Longer than any cluster; the page itself has limits of its own. */
const LONGEST = 4_000_000;
const WORDS = ['from', 'to', 'seed', 'step', 'view', 'controls', 'autoplay', 'theme'];

const host = window.parent;
/** Where the host is from, once it has spoken; what is said before holds nothing. */
let origin = '*';
const say = (kind, more) => { if (host !== window) host.postMessage({ chainwalk: 1, kind, ...more }, origin); };

const clean = (said) => {
  const setup = {};
  for (const word of WORDS) if (typeof said?.[word] === 'string') setup[word] = said[word].slice(0, 1000);
  if (typeof said?.text === 'string' && said.text.length <= LONGEST) setup.text = said.text;
  return setup;
};

const setup = await new Promise((resolve) => {
  // By itself, and not in a frame, it does as its address says.
  if (host === window) resolve(Object.fromEntries(new URLSearchParams(location.search)));
  addEventListener('message', (event) => {
    const { data } = event;
    if (event.source !== host || data?.chainwalk !== 1) return;
    if (data.kind === 'show') {
      // A frame without an origin has a host that may have none; then anybody may read what is said to it.
      origin = event.origin === 'null' ? '*' : event.origin;
      resolve(data.setup);
    }
    if (data.kind === 'theme') dress(data.theme);
  });
  say('hello');
});
globalThis.chainwalkSetup = clean(setup);

function dress(theme) {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
}

/** Yew draws into the body; whatever stands on it is told from there. */
let at;
let ended;
let ready = false;
const watch = new MutationObserver(tell);
watch.observe(document.body, { subtree: true, childList: true, attributeFilter: ['data-at', 'data-last', 'data-ended'] });

function tell() {
  const app = document.querySelector('.app');
  const { at: now, last, ended: end } = app?.dataset ?? {};
  if (!last) return;
  const told = () => document.querySelector('.sentence')?.textContent ?? '';
  if (!ready) {
    ready = true;
    sizes.observe(app);
    say('ready', { steps: Number(last) });
  }
  if (now !== at) {
    at = now;
    say('step', { step: Number(now), steps: Number(last), told: told() });
  }
  if (end !== ended) {
    ended = end;
    if (end) say('ending', { ending: end, told: told() });
  }
}

/** The frame grows with what is in it and doesn't shrink again: a host's page must not jump at each step. */
let width = 0;
let height = 0;
const sizes = new ResizeObserver(() => {
  const app = document.querySelector('.app');
  if (!app) return;
  if (app.clientWidth !== width) {
    width = app.clientWidth;
    height = 0;
  }
  const now = Math.ceil(app.getBoundingClientRect().height);
  if (now > height) {
    height = now;
    say('height', { height });
  }
});

/** An address is opened by the host where this frame may not. */
globalThis.chainwalkOpen = (url) => {
  if (self.origin === 'null') say('open', { url });
  else window.open(url, '_blank', 'noopener');
};
