// Presenter's mode: larger, fewer things, driven by a remote's keys, left with Escape.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { launch, open } from './harness.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PROJECTORS = [{ width: 1280, height: 720 }, { width: 1920, height: 1080 }];

describe("presenter's mode", () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser.close(); });

  async function presented(viewport) {
    const ui = await open(browser, { viewport });
    await ui.pause();
    await ui.click('button', 'Next draw');
    await ui.page.keyboard.press('p');
    await ui.page.waitForSelector('.app[data-present]');
    return ui;
  }

  for (const viewport of PROJECTORS) {
    const name = `${viewport.width} by ${viewport.height}`;

    test(`fills a projector and hides what is for hands, ${name}`, async () => {
      const ui = await presented(viewport);
      for (const [role, what] of [['combobox', 'From'], ['button', 'Send'], ['region', 'Packet'], ['button', 'Play']]) {
        assert.ok(!(await ui.has(role, what)), `${what} is gone`);
      }
      const seen = await ui.page.evaluate(() => {
        const size = (selector) => document.querySelector(selector).getBoundingClientRect();
        const [app, story, bar] = ['.app', '.story', '.bar'].map(size);
        // The smallest words that anybody reads, as they are on the screen.
        const zoom = app.width / document.querySelector('.app').clientWidth || 1;
        return {
          app: [app.width, app.height],
          bottom: bar.bottom,
          over: document.documentElement.scrollWidth - innerWidth,
          sentence: story.height,
          zoom,
        };
      });
      assert.ok(Math.abs(seen.app[0] - viewport.width) < 2 && Math.abs(seen.app[1] - viewport.height) < 2, `${seen.app}`);
      assert.ok(seen.over <= 0 && seen.bottom <= viewport.height + 1);
      const factor = await ui.page.$eval('.app', (app) => Number(app.dataset.present));
      assert.equal(factor, viewport.width === 1920 ? 150 : 100);
      await ui.close();
    });

    test(`the draw is whole, ${name}`, async () => {
      const ui = await presented(viewport);
      const cut = await ui.page.evaluate(() => {
        const box = document.querySelector('section[aria-label="The draw"]');
        const inner = box.getBoundingClientRect();
        const outer = document.querySelector('.walk').getBoundingClientRect();
        return [inner.bottom - outer.bottom, box.scrollHeight - box.clientHeight];
      });
      assert.ok(cut[0] <= 1 && cut[1] <= 1, `${cut}`);
      await ui.close();
    });
  }

  test("a remote's keys go on and back, blank the screen, and Escape leaves", async () => {
    const ui = await presented(PROJECTORS[0]);
    const { at } = await ui.cursor();
    await ui.page.keyboard.press('PageDown');
    assert.equal((await ui.cursor()).at, at + 1);
    await ui.page.keyboard.press('PageUp');
    await ui.page.keyboard.press('PageUp');
    assert.equal((await ui.cursor()).at, at - 1);
    for (const key of ['b', '.']) {
      await ui.page.keyboard.press(key);
      await ui.page.waitForSelector('.blank');
      await ui.page.keyboard.press('PageDown');
      await ui.page.waitForSelector('.blank', { hidden: true });
      assert.equal((await ui.cursor()).at, at - 1, 'the first press only shows the page again');
    }
    await ui.page.keyboard.press('l');
    await ui.page.waitForSelector('.line-drawing');
    await ui.page.keyboard.press('Escape');
    await ui.page.waitForSelector('.app:not([data-present])');
    assert.ok(await ui.has('button', 'Send'));
    await ui.close();
  });

  test('what is not shown to a room does nothing by its key there', async () => {
    const ui = await presented(PROJECTORS[0]);
    for (const key of ['e', 'm', 'w', 'x']) await ui.page.keyboard.press(key);
    assert.equal(await ui.page.$eval('.app', (app) => app.dataset.panel ?? ''), '');
    assert.equal(await ui.page.$('[role="dialog"]'), null);
    await ui.close();
  });

  test('axe finds nothing', async () => {
    const ui = await presented(PROJECTORS[1]);
    await ui.page.evaluate(AXE);
    const found = await ui.page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(', ')}`), []);
    await ui.close();
  });
});
