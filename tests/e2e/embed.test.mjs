// <chain-walk> in somebody else's page, from another origin: what it shows, when it loads, what it says, and what it
// does not let happen. docs/embed.md is held to this.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { behind, launch } from './harness.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PATIENCE = 60_000;

const YAML = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: x, ports: [{containerPort: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  clusterIP: 10.43.0.10
  ports: [{port: 80}]
`;
const INLINE = `<script type="text/yaml">${YAML}</script>`;
const WALK = 'from="node/node1" to="10.43.0.10:80" seed="3"';

describe('an embed', () => {
  let browser;
  let site;
  let asked = [];
  before(async () => {
    browser = await launch();
    // As a site is given out: anybody may read it, and files with a hash in their names are kept.
    const headers = { 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=600' };
    site = await behind({ headers, wait: async (url) => { asked.push(url); } });
  });
  after(async () => { await browser.close(); site.end(); });

  /** A host's page with this in its body. */
  const at = (name, body, run, { head = '', headers = {}, files = {}, script = true } = {}) => test(name, { timeout: 90_000 }, async () => {
    asked = [];
    const record = "<script>window.said = []; addEventListener('DOMContentLoaded', () => document.querySelectorAll('chain-walk').forEach((e) => ['ready', 'step', 'ending', 'height'].forEach((k) => e.addEventListener(k, (v) => said.push([k, v.detail])))))</script>";
    const inline = headers['content-security-policy'] ? '' : record;
    const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A host</title>${head}${inline}<script type="module" src="${site.url}embed.js"></script></head><body><main><h1>A host</h1>${body}</main></body></html>`;
    const host = createServer((request, response) => {
      const file = files[request.url];
      const found = request.url === '/' || file !== undefined;
      response.writeHead(found ? 200 : request.url === '/favicon.ico' ? 204 : 404, { 'content-type': file === undefined ? 'text/html' : 'text/plain', ...headers });
      response.end(found ? file ?? html : 'not here');
    });
    await new Promise((resolve) => { host.listen(0, '127.0.0.1', resolve); });
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    const trouble = [];
    page.on('pageerror', (error) => trouble.push(String(error)));
    page.on('console', (message) => { if (message.type() === 'error') trouble.push(message.text()); });
    await page.setViewport({ width: 900, height: 800 });
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }, { name: 'prefers-color-scheme', value: 'light' }]);
    await page.setJavaScriptEnabled(script);
    try {
      await page.goto(`http://127.0.0.1:${host.address().port}/`);
      await run(page, trouble);
    } finally {
      await context.close();
      host.close();
    }
  });
  /** The frame of the embed with this number, once it shows a walk. */
  const frame = async (page, index = 0) => {
    await page.waitForFunction((i) => document.querySelectorAll('chain-walk')[i]?.shadowRoot?.querySelector('iframe:not(.waits)'), { timeout: PATIENCE }, index);
    const handle = await page.evaluateHandle((i) => document.querySelectorAll('chain-walk')[i].shadowRoot.querySelector('iframe'), index);
    return handle.contentFrame();
  };
  const said = (page, kind) => page.evaluate((k) => said.filter(([kind]) => kind === k).map(([, detail]) => detail), kind);
  const seen = (inside, selector) => inside.$$eval(selector, (all) => all.some((e) => e.getClientRects().length > 0));

  at('shows the walk that was asked for, at its step, and tells the host', `<chain-walk ${WALK} step="5">${INLINE}</chain-walk>`, async (page, trouble) => {
    const inside = await frame(page);
    await page.waitForFunction(() => said.some(([k]) => k === 'step'));
    assert.deepEqual((await said(page, 'step'))[0].step, 5);
    const [{ steps }] = await said(page, 'ready');
    assert.ok(steps > 20, `${steps} steps`);
    assert.equal(await inside.$eval('.app', (e) => e.dataset.at), '5');
    const events = await inside.$$eval('ol[aria-label="Events of this walk"] > li', (all) => all.map((e) => e.textContent));
    assert.match(events[0], /node1 sends/i);
    assert.ok(!(await seen(inside, '.top, .yaml')), 'neither head nor editor');
    await inside.focus('[role="slider"]');
    await page.keyboard.press('End');
    await page.waitForFunction(() => said.some(([k]) => k === 'ending'));
    const [{ ending, told }] = await said(page, 'ending');
    assert.equal(ending, 'answered');
    assert.match(told, /got its answer/);
    const [height] = (await said(page, 'height')).slice(-1);
    const tall = await page.$eval('chain-walk', (e) => e.shadowRoot.querySelector('iframe').offsetHeight);
    assert.equal(tall, Math.max(120, height.height));
    const over = await inside.evaluate(() => [document.documentElement.scrollHeight - innerHeight, document.documentElement.scrollWidth - innerWidth]);
    assert.ok(over[0] <= 1 && over[1] <= 0, `nothing scrolls: ${over}`);
    assert.deepEqual(trouble, []);
  });

  at('what is not seen is not loaded, and twelve load one program',
    Array.from({ length: 12 }, (_, i) => `<p class="gap">${i}</p><chain-walk ${WALK} view="story" height="200">${INLINE}</chain-walk>`).join(''),
    async (page) => {
      await frame(page);
      const count = () => page.$$eval('chain-walk', (all) => all.filter((e) => e.shadowRoot.querySelector('iframe')).length);
      assert.ok(await count() < 6, 'those far below are not there');
      for (let i = 1; i < 12; i += 1) {
        await page.evaluate((n) => document.querySelectorAll('chain-walk')[n].scrollIntoView({ block: 'center' }), i);
        await frame(page, i);
      }
      assert.equal(await count(), 12);
      const programs = asked.filter((url) => url.endsWith('.wasm'));
      assert.deepEqual([...new Set(programs)].sort(), programs.sort(), 'each once');
    }, { head: '<style>.gap { height: 500px; }</style>' });

  at('sandboxed it works too, without storage', `<chain-walk sandbox ${WALK} step="3">${INLINE}</chain-walk>`, async (page) => {
    const inside = await frame(page);
    assert.equal(await inside.evaluate(() => self.origin), 'null');
    await page.waitForFunction(() => said.some(([k]) => k === 'step'));
    await inside.focus('[role="slider"]');
    await page.keyboard.press('End');
    await page.waitForFunction(() => said.some(([k]) => k === 'ending'));
  });

  at('follows the host between light and dark', `<chain-walk ${WALK} view="story">${INLINE}</chain-walk>`, async (page) => {
    const inside = await frame(page);
    const theme = (t) => inside.waitForFunction((want) => document.documentElement.dataset.theme === want, {}, t);
    await theme('light');
    await page.evaluate(() => { document.body.className = 'night'; });
    await theme('dark');
    await page.$eval('chain-walk', (e) => e.setAttribute('theme', 'light'));
    await theme('light');
  }, { head: '<style>body { background: white; } body.night { background: #111; color: #eee; }</style>' });

  at('a manifest of the host is fetched by the host', `<chain-walk src="web.yaml" ${WALK} view="chains"></chain-walk>`, async (page) => {
    const inside = await frame(page);
    assert.match(await inside.$eval('ol[aria-label="Events of this walk"] > li', (e) => e.textContent), /10\.43\.0\.10/);
    assert.ok(!asked.some((url) => url.includes('web.yaml')), 'the site was not asked for it');
  }, { files: { '/web.yaml': YAML } });

  at('one that is not there leaves the still, with why', `<chain-walk src="gone.yaml" ${WALK}><p slot>A picture</p></chain-walk>`, async (page) => {
    await page.waitForFunction(() => /gone\.yaml: 404/.test(document.querySelector('chain-walk').shadowRoot.textContent));
    assert.ok(await page.$eval('chain-walk p', (e) => e.getClientRects().length > 0));
  });

  for (const [view, there, gone] of [
    ['walk', ['.map', '.walk', '.story', '.bar'], ['.side', '.rules']],
    ['map', ['.map', '.story', '.bar'], ['.walk', '.side']],
    ['chains', ['.walk', '.story', '.bar'], ['.map']],
    ['draw', ['.moment.draw', '.story', '.bar'], ['.map', '.frames']],
    ['story', ['.story', '.bar'], ['.map', '.walk']],
    ['many', ['.many'], ['.walk']],
    ['rules', ['.rules', '.bar'], ['.walk', '.map']],
  ]) {
    at(`view ${view} shows that alone`, `<chain-walk ${WALK} view="${view}">${INLINE}</chain-walk>`, async (page) => {
      const inside = await frame(page);
      for (const part of there) await inside.waitForFunction((s) => document.querySelector(s)?.getClientRects().length > 0, { timeout: PATIENCE }, part);
      for (const part of gone) assert.ok(!(await seen(inside, part)), `${part} is not there`);
    });
  }

  at('without buttons', `<chain-walk ${WALK} view="map" controls="none">${INLINE}</chain-walk>`, async (page) => {
    const inside = await frame(page);
    assert.ok(!(await seen(inside, '.bar')));
  });

  at('nobody else is believed', `<chain-walk ${WALK} view="story">${INLINE}</chain-walk>`, async (page) => {
    await frame(page);
    const before = await page.$eval('chain-walk', (e) => e.shadowRoot.querySelector('iframe').offsetHeight);
    await page.evaluate(async () => {
      const other = document.createElement('iframe');
      other.srcdoc = "<script>parent.postMessage({ chainwalk: 1, kind: 'height', height: 1900 }, '*'); parent.postMessage('done', '*')</script>";
      const done = new Promise((resolve) => addEventListener('message', (e) => { if (e.data === 'done') resolve(); }));
      document.body.append(other);
      postMessage({ chainwalk: 1, kind: 'height', height: 1900 }, '*');
      await done;
    });
    assert.equal(await page.$eval('chain-walk', (e) => e.shadowRoot.querySelector('iframe').offsetHeight), before);
  });

  at('a hostile manifest does nothing to the host',
    `<chain-walk ${WALK} from="&lt;img src=x onerror=parent.pwned=1&gt;" view="walk"><script type="text/yaml">apiVersion: v1\nkind: Service\nmetadata: {name: "<img src=x onerror='parent.pwned=1'>"}\n# &lt;/script>\nspec: [</script></chain-walk>`,
    async (page) => {
      await page.waitForFunction(() => document.querySelector('chain-walk').shadowRoot.querySelector('iframe'));
      await page.waitForFunction(() => performance.now() > 1500);
      assert.equal(await page.evaluate(() => [window.pwned, document.querySelectorAll('img').length, document.querySelector('chain-walk').shadowRoot.querySelectorAll('img').length].join()), ',0,0');
    });

  at('under a host\'s strict policy', `<chain-walk ${WALK} view="story">${INLINE.replace('<script', '<pre').replace('script>', 'pre>').replace(' type="text/yaml"', '')}</chain-walk>`, async (page, trouble) => {
    await frame(page);
    assert.deepEqual(trouble, []);
  }, { headers: { get 'content-security-policy'() { return `default-src 'none'; script-src ${site.url}; frame-src ${site.url}; connect-src 'self'`; } } });

  at('without script there is what the host put in', `<chain-walk ${WALK}><pre>${YAML}</pre></chain-walk>`, async (page) => {
    const text = await page.$('chain-walk pre');
    assert.ok(await text.isVisible());
  }, { script: false });

  at('comes and goes with its page', `<chain-walk ${WALK} view="story">${INLINE}</chain-walk>`, async (page) => {
    await frame(page);
    await page.evaluate(() => { window.kept = document.querySelector('chain-walk'); kept.remove(); });
    assert.equal(await page.evaluate(() => kept.shadowRoot.querySelector('iframe')), null);
    await page.evaluate(() => { document.querySelector('main').append(kept); });
    await frame(page);
  });

  for (const [how, attribute] of [['', ''], [', from a sandbox', 'sandbox']]) {
    at(`"Open in Chainwalk" carries the walk over${how}`, `<chain-walk ${attribute} ${WALK} step="9">${INLINE}</chain-walk>`, async (page) => {
      const inside = await frame(page);
      const told = await inside.$eval('.sentence', (e) => e.textContent);
      const button = await inside.waitForSelector('.embed-foot button');
      await button.click();
      const target = await browser.waitForTarget((t) => t.type() === 'page' && t.url().startsWith(`${site.url}#view=`), { timeout: PATIENCE });
      const whole = await target.page();
      await whole.waitForFunction(() => performance.getEntriesByName('chainwalk:ready').length > 0, { timeout: PATIENCE });
      assert.equal(await whole.$eval('.sentence', (e) => e.textContent), told);
      assert.equal(await whole.$eval('[role="slider"]', (e) => e.getAttribute('aria-valuenow')), '9');
    });
  }

  at('axe finds nothing in it', `<chain-walk ${WALK}>${INLINE}</chain-walk>`, async (page) => {
    const inside = await frame(page);
    await inside.evaluate(AXE);
    const { violations } = await inside.evaluate(() => globalThis.axe.run(document, { rules: { 'page-has-heading-one': { enabled: false } } }));
    assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`), []);
  });
});
