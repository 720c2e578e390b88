// Around the page, whatever becomes of it: says plainly when a part of it could not be loaded, keeps it at hand
// without a network, and offers a newer site once it is there. Words only; the page itself is the wasm's.

/** A line at the foot of the window with what can be done about it. */
function say(text, ...choices) {
  document.querySelector('.site-note')?.remove();
  const note = document.createElement('div');
  note.className = 'site-note';
  note.setAttribute('role', 'status');
  const words = document.createElement('span');
  words.textContent = text;
  note.append(words);
  for (const [name, act] of choices) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = name;
    button.addEventListener('click', () => { note.remove(); act?.(); });
    note.append(button);
  }
  document.body.append(note);
}

/** Until the page is drawn, a missing file means that nothing will come. */
function missing(what) {
  if (document.querySelector('.app')) return;
  const name = what ? ` (${what})` : '';
  say(`Chainwalk is not here in whole: a file could not be loaded${name}. `
    + (navigator.onLine ? 'The site may just be changing.' : 'This device seems to be offline, and Chainwalk has not been kept on it yet.'),
    ['Try again', () => location.reload()]);
}
addEventListener('error', ({ target }) => {
  const url = target?.src ?? target?.href;
  missing(url && String(url).split('/').pop());
}, true);
addEventListener('unhandledrejection', () => missing());

const worker = document.querySelector('meta[name="offline"]')?.content;
// A frame is its host's; only the page itself is kept.
if (worker && globalThis.top === globalThis && 'serviceWorker' in navigator) {
  // After the page's own files, so that nothing waits for this.
  if (document.readyState === 'complete') keep();
  else addEventListener('load', keep, { once: true });
}

async function keep() {
  const policy = globalThis.trustedTypes?.createPolicy('chainwalk-offline', { createScriptURL: (url) => url });
  try {
    const there = await navigator.serviceWorker.register(policy?.createScriptURL(worker) ?? worker, { updateViaCache: 'none' });
    let asked = false;
    navigator.serviceWorker.addEventListener('controllerchange', () => { if (asked) location.reload(); });
    const offer = () => {
      if (!there.waiting || !navigator.serviceWorker.controller) return;
      say('A newer Chainwalk is ready. Your cluster and your place are kept.',
        ['Load it', () => { asked = true; there.waiting?.postMessage('go'); }], ['Later']);
    };
    offer();
    there.addEventListener('updatefound', () => there.installing?.addEventListener('statechange', offer));
  } catch {
    // Refused by the browser or its settings: the page works all the same, with a network.
  }
}
