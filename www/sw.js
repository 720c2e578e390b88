// The service worker: keeps the site at hand without a network, and changes to a newer one only when the person
// says so. What it keeps is written into it when the site is made (xtask/src/publish/offline.rs).
const VERSION = 'VERSION';
/** Files whose names carry a hash: what the browser has of them already is as good. */
const HASHED = ['HASHED'];
/** Files that keep their name while their content changes. */
const NAMED = ['NAMED'];

const OURS = `chainwalk ${registration.scope} `;
const APP = OURS + VERSION;
/** What is read along the way: documents and their pictures. */
const READ = `${OURS}read`;

addEventListener('install', (event) => {
  const all = [...HASHED.map((file) => new Request(file)), ...NAMED.map((file) => new Request(file, { cache: 'reload' }))];
  event.waitUntil(caches.open(APP).then((cache) => cache.addAll(all)));
});

addEventListener('activate', (event) => {
  const stale = (name) => name.startsWith(OURS) && name !== APP && name !== READ;
  event.waitUntil((async () => {
    const names = await caches.keys();
    await Promise.all(names.filter(stale).map((name) => caches.delete(name)));
    await clients.claim();
  })());
});

// The page asks for this once the person agreed to load the newer site.
addEventListener('message', ({ data }) => {
  if (data === 'go') skipWaiting();
});

addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(registration.scope)) return;
  event.respondWith(answer(request));
});

async function answer(request) {
  const app = await caches.open(APP);
  const inside = request.url.slice(registration.scope.length).replace(/[?#].*$/, '');
  const wanted = inside === 'index.html' ? registration.scope : request;
  const kept = await app.match(wanted, { ignoreSearch: true });
  if (kept) return kept;
  const read = await caches.open(READ);
  try {
    const fresh = await fetch(request);
    if (fresh.ok && fresh.type === 'basic') await read.put(request, fresh.clone());
    return fresh;
  } catch (error) {
    const before = await read.match(request, { ignoreSearch: true });
    if (before) return before;
    throw error;
  }
}
