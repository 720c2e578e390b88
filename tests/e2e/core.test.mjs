// The core is a program of its own: the page begins without it, uses it where it runs, and lives on when it
// is slow, stopped or gone.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { behind, launch, open } from './harness.mjs';

/** The demo as a person would write it, at a port that the demo doesn't have. */
const OTHER = `apiVersion: apps/v1
kind: Deployment
metadata: {name: demo, namespace: demo}
spec:
  replicas: 3
  selector: {matchLabels: {app: demo}}
  template:
    metadata: {labels: {app: demo}}
    spec:
      containers:
      - name: echo
        image: hashicorp/http-echo:1.0
        ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: demo-cluster-ip-svc, namespace: demo}
spec:
  selector: {app: demo}
  ports: [{port: 9911, targetPort: 8080}]
`;

/** More than a core reads in the time that nobody notices. */
function large(services) {
  const one = (n) => `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d${n}}
spec:
  replicas: 2
  selector: {matchLabels: {app: d${n}}}
  template:
    metadata: {labels: {app: d${n}}}
    spec: {containers: [{name: c, image: c, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: s${n}}
spec: {selector: {app: d${n}}, ports: [{port: 80, targetPort: 8080}]}
`;
  return Array.from({ length: services }, (_, n) => one(n)).join('');
}

const ofTheCore = (url) => /\/(core|engine)(-[0-9a-f]+)?\.(js|wasm)$/.test(new URL(url).pathname);

/** Lets the core's files through for as long as `allows` says so. */
function gate(allows) {
  return async (page) => {
    await page.setRequestInterception(true);
    page.on('request', (request) => (ofTheCore(request.url()) && !allows() ? request.abort() : request.continue()).catch(() => {}));
  };
}

const live = (ui) => ui.page.waitForFunction(() => performance.getEntriesByName('chainwalk:live').length > 0, { timeout: 30_000 });

/** Takes out what the browser itself says of requests that were refused above. */
function forgive(ui) {
  const kept = ui.trouble.filter((text) => !/net::ERR_|Failed to (load|fetch)/.test(text));
  ui.trouble.splice(0, ui.trouble.length, ...kept);
}

describe('the core', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });

  test('the page begins without it, says that it is missing, and goes on once it is there', async () => {
    let allowed = false;
    const ui = await open(browser, { prepare: gate(() => allowed) });
    const notice = await ui.page.waitForSelector('[role="alert"]');
    assert.match(await notice.evaluate((e) => e.innerText), /core has stopped.*(Ask again|load the page)/s);
    await ui.pause();
    const { at } = await ui.cursor();
    await ui.click('button', 'Step');
    assert.notEqual((await ui.cursor()).at, at, 'what was kept can be walked');
    allowed = true;
    // A worker's own requests are held for good while the browser's are held at all.
    await ui.page.setRequestInterception(false);
    await ui.click('button', 'Ask again');
    await live(ui);
    assert.equal(await ui.page.$('[role="alert"]'), null);
    forgive(ui);
    await ui.close();
  });

  test('what it answers at last is what was kept, byte for byte', async () => {
    const prepare = (page) => page.evaluateOnNewDocument(() => {
      globalThis.said = [];
      const Real = globalThis.Worker;
      globalThis.Worker = class extends Real {
        constructor(...args) {
          super(...args);
          this.addEventListener('message', ({ data }) => { if (data instanceof Uint8Array) globalThis.said.push([...data]); });
        }
      };
    });
    const ui = await open(browser, { prepare });
    await live(ui);
    const { said, kept } = await ui.page.evaluate(async () => {
      const response = await fetch(document.querySelector('link[data-kept]').href);
      return { said: globalThis.said, kept: [...new Uint8Array(await response.arrayBuffer())] };
    });
    // Each begins with what it is: progress 0, an answer 1. What is kept begins with a fingerprint.
    const answer = said.find((bytes) => bytes[0] === 1).slice(1);
    const fingerprint = kept.findIndex((byte) => byte < 128) + 1;
    assert.ok(answer.length > 1000, 'there is an answer');
    assert.deepEqual(kept.slice(fingerprint), answer);
    await ui.close();
  });

  test('it runs in the page where no worker can start', async () => {
    const prepare = (page) => page.evaluateOnNewDocument(() => {
      globalThis.Worker = class { constructor() { throw new DOMException('no', 'SecurityError'); } };
    });
    const ui = await open(browser, { prepare });
    await live(ui);
    await ui.pause();
    await ui.paste(OTHER);
    await ui.until('region', 'Story', (text) => text.includes(':9911'));
    await ui.close();
  });

  test('it runs under a strict Content-Security-Policy', async () => {
    // The site says its own in each page; a server's also binds the worker.
    const named = await readFile(new URL('../../hosting/_headers', import.meta.url), 'utf8');
    const [, policy] = named.match(/Content-Security-Policy: (.*)/);
    const server = await behind({ headers: { 'content-security-policy': policy } });
    const ui = await open(browser, { url: server.url });
    await live(ui);
    await ui.paste(OTHER);
    await ui.until('region', 'Story', (text) => text.includes(':9911'));
    await ui.close();
    server.end();
  });

  test('what takes long says how far it is, and can be stopped', async () => {
    const ui = await open(browser);
    await live(ui);
    await ui.pause();
    await ui.paste(large(2500));
    await ui.click('button', 'Cancel');
    const notice = await ui.page.waitForSelector('[role="alert"]');
    assert.match(await notice.evaluate((e) => e.innerText), /Stopped/);
    assert.equal(await ui.page.$('.working progress'), null);
    // The page is alive, and the core that begins anew knows the last good cluster.
    await ui.click('button', 'Draw again');
    await ui.page.waitForFunction(() => !document.querySelector('[role="alert"]'));
    await ui.until('region', 'Story', (text) => text.includes(':8711'));
    await ui.close();
  });

  test('a newer text overtakes one that is still being read', async () => {
    const ui = await open(browser);
    await live(ui);
    await ui.pause();
    await ui.paste(large(2500));
    await ui.get('button', 'Cancel');
    await ui.paste(OTHER);
    await ui.until('region', 'Story', (text) => text.includes(':9911'));
    assert.equal(await ui.has('button', 'Cancel'), false);
    await ui.close();
  });
});
