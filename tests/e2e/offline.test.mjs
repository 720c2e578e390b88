// The site that was visited once works without a network, changes to a newer one only when the person says so,
// and says plainly when it could not come in whole.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { behind, launch, open } from './harness.mjs';

/** Waits until the site is kept: its worker is there and answers for the page. */
const kept = (ui) => ui.page.waitForFunction(async () => {
  const there = await navigator.serviceWorker.ready;
  return there.active?.state === 'activated' && navigator.serviceWorker.controller;
});

describe('the site itself', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });

  test('after one visit it works without a network, the core and the editor too', async () => {
    const server = await behind({});
    const ui = await open(browser, { url: server.url, keeps: true });
    await kept(ui);
    server.end();
    await ui.page.reload();
    await ui.page.waitForFunction(() => performance.getEntriesByName('chainwalk:live').length > 0);
    await ui.pause();
    await ui.click('button', 'Open the YAML editor');
    await ui.page.waitForSelector('yaml-editor >>> .cm-content');
    const text = await ui.value('textbox', 'Cluster YAML');
    await ui.fill('textbox', 'Cluster YAML', text.replace('port: 8711', 'port: 9911'));
    await ui.until('region', 'Story', (story) => story.includes(':9911'));
    await ui.close();
  });

  test('a newer site is offered, and comes only when the person says so', async () => {
    let newer = false;
    // The same site, as its makers would publish it next: another title, so another version of the worker.
    const change = (url, bytes) => {
      if (!newer) return bytes;
      const text = bytes.toString();
      if (url.endsWith('sw.js')) return Buffer.from(text.replace(/"[0-9a-f]{16}"/, '"0000000000000000"'));
      return url === '/' ? Buffer.from(text.replace('<title>Chainwalk</title>', '<title>Chainwalk, newer</title>')) : bytes;
    };
    const server = await behind({ change });
    const ui = await open(browser, { url: server.url, keeps: true });
    await kept(ui);
    await ui.pause();
    const seed = await ui.page.$('[aria-label="Seed"]');
    await seed.click({ count: 3 });
    await seed.type('8');
    await ui.page.keyboard.press('Enter');
    newer = true;
    await ui.page.reload();
    assert.equal(await ui.page.title(), 'Chainwalk', 'the one that is there is shown at once');
    const note = await ui.page.waitForSelector('.site-note');
    assert.match(await note.evaluate((e) => e.innerText), /A newer Chainwalk is ready/);
    await Promise.all([ui.page.waitForNavigation(), ui.click('button', 'Load it')]);
    await ui.page.waitForFunction(() => document.title === 'Chainwalk, newer' && performance.getEntriesByName('chainwalk:ready').length > 0);
    assert.equal(await ui.page.evaluate(() => document.querySelector('[aria-label="Seed"]').value), '8', 'nothing is lost');
    assert.equal(await ui.page.$('.site-note'), null);
    await ui.close();
    server.end();
  });

  test('a first visit that loses its network says so', async () => {
    const server = await behind({ refuse: (url) => url.endsWith('.wasm') });
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    await page.goto(server.url);
    const note = await page.waitForSelector('.site-note');
    assert.match(await note.evaluate((e) => e.innerText), /a file could not be loaded[\s\S]*Try again/);
    await context.close();
    server.end();
  });

  test('the policy of the page stops a script that got into it', async () => {
    const ui = await open(browser);
    const ran = await ui.page.evaluate(async () => {
      const script = document.createElement('script');
      script.append('globalThis.ran = 1');
      document.body.append(script);
      let listened = true;
      try { document.body.setAttribute('onclick', 'globalThis.ran = 2'); } catch { listened = false; }
      try { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); } catch { listened ||= false; }
      const refused = await fetch('https://example.org/').then(() => false, () => true);
      await new Promise(requestAnimationFrame);
      return { ran: globalThis.ran ?? 'nothing', listened, refused, put: document.querySelector('body > b') !== null };
    });
    assert.deepEqual(ran, { ran: 'nothing', listened: false, refused: true, put: false });
    assert.ok(ui.trouble.length >= 2, 'the browser said what it stopped');
    ui.trouble.length = 0;
    await ui.close();
  });
});
