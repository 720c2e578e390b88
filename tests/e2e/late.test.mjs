// What the first view does without comes in a second download. Nobody notices where it comes in time; where
// it doesn't, what was wished for is done once it is there, and what failed can be tried again.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { behind, launch, open } from './harness.mjs';

const isLate = (url) => /\/late-[0-9a-f]+\.wasm$/.test(url);

/** A door that the second download waits at. */
function door() {
  let open;
  const opened = new Promise((resolve) => { open = resolve; });
  return { open, wait: async (url) => { if (isLate(url)) await opened; } };
}

describe('what comes after the first view', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(() => browser?.close());

  test('comes by itself, once the core has answered', async () => {
    let asked = 0;
    const server = await behind({ wait: async (url) => { asked += isLate(url); } });
    const app = await open(browser, { url: server.url });
    await app.page.waitForFunction(() => performance.getEntriesByName('chainwalk:late').length > 0);
    const order = await app.page.evaluate(() => ['ready', 'live', 'late'].map((name) => performance.getEntriesByName(`chainwalk:${name}`)[0].startTime));
    assert.deepEqual(order, order.toSorted((a, b) => a - b));
    assert.equal(asked, 1);
    await app.close();
    server.end();
  });

  test('is waited for by whoever wants it, and then shown, with the keyboard in it', async () => {
    const late = door();
    const server = await behind({ wait: late.wait });
    const app = await open(browser, { url: server.url });
    await app.page.keyboard.press('?');
    await app.until('status', '', (text) => text.includes('Loading this part of the page'));
    assert.equal(await app.has('dialog', 'Keys'), false);
    // The walk goes on meanwhile.
    await app.page.keyboard.press('Home');
    await app.page.keyboard.press('ArrowRight');
    assert.equal((await app.cursor()).at, 2);
    late.open();
    await app.get('dialog', 'Keys');
    await app.page.waitForFunction(() => document.activeElement?.closest('[role=dialog]'));
    await app.page.keyboard.press('Escape');
    await app.page.waitForFunction(() => !document.querySelector('[role=dialog]'));
    await app.close();
    server.end();
  });

  test('does in order what was wished for', async () => {
    const late = door();
    const server = await behind({ wait: late.wait });
    const app = await open(browser, { url: server.url });
    await app.page.keyboard.press('m');
    await app.page.keyboard.press('Escape');
    await app.page.keyboard.press('w');
    late.open();
    await app.get('region', 'What changed');
    assert.equal(await app.has('region', 'Many connections'), false);
    await app.close();
    server.end();
  });

  test('says where it could not be loaded, and is tried again', async () => {
    let refuses = true;
    const server = await behind({ refuse: (url) => isLate(url) && refuses });
    const app = await open(browser, { url: server.url });
    await app.page.keyboard.press('?');
    await app.until('alert', '', (text) => text.includes('could not be loaded'));
    await app.page.keyboard.press('End');
    const { at, last } = await app.cursor();
    assert.equal(at, last);
    refuses = false;
    await app.click('button', 'Try again');
    await app.get('dialog', 'Keys');
    // The browser itself says that a file could not be had.
    assert.ok(app.trouble.length > 0);
    app.trouble.length = 0;
    await app.close();
    server.end();
  });
});
